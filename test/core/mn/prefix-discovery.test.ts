import { describe, expect, it } from 'vitest';
import { ipv6, type Ipv6 } from '../../../src/base/address.js';
import { PrefixDiscovery } from '../../../src/core/mn/prefix-discovery.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { decodeIpv6, homeAddressOption } from '../../../src/wire/ipv6-codec.js';
import { encodeIcmpv6Packet } from '../../../src/wire/mobility-packet.js';
import type { NdOption } from '../../../src/wire/nd/message.js';
import { PROTOCOL } from '../../../src/wire/protocol.js';
import { at, drive } from '../../helpers/drive.js';
import { HOA, HOME_AGENT, network, ScriptedNetwork, seeded } from './scripted-network.js';

describe('asking, RFC 6275 §11.8', () => {
  it('is repeated after 3, 6, 12 and 24 s, then every 32 s, and given up for an hour', () => {
    const discovery = new PrefixDiscovery(HOA, seeded(1));
    discovery.solicit(at(0));
    expect(trace(discovery, 0, 3700)).toEqual([
      '0 solicit 1',
      '3 solicit 2',
      '9 solicit 3',
      '21 solicit 4',
      '45 solicit 5',
      '77 solicit 6',
      '109 PREFIXES_UNANSWERED',
    ]);
    expect(discovery.pollTimeout()).toEqual({ at: at(3709), why: 'asking for home prefixes' });
  });

  it('is answered once, by its own identifier; anything else is asked about', () => {
    const discovery = new PrefixDiscovery(HOA, seeded(1));
    discovery.solicit(at(0));
    const asked = identifierOf(discovery);
    expect(discovery.advertised((asked + 1) & 0xffff, at(1))).toBe(false);
    expect(discovery.advertised(asked, at(1))).toBe(true);
    expect(discovery.asking).toBe(false);
    expect(discovery.advertised(asked, at(2))).toBe(false); // "no other advertisement yet received"
    expect(discovery.asking).toBe(true);
  });

  it('has another identifier every time, and never 0', () => {
    const zeros = { octets: () => new Uint8Array(2), fraction: () => 0 };
    const discovery = new PrefixDiscovery(HOA, zeros);
    discovery.solicit(at(0));
    expect(identifierOf(discovery)).toBe(0xffff);
    const other = new PrefixDiscovery(HOA, seeded(1));
    const seen = Array.from({ length: 3 }, (_, i) => {
      other.solicit(at(i));
      const id = identifierOf(other);
      other.advertised(id, at(i));
      return id;
    });
    expect(new Set(seen).size).toBe(3);
  });

  it('is not done at every handover because lifetimes are short', () => {
    const discovery = new PrefixDiscovery(HOA, seeded(1));
    discovery.necessary(at(0));
    discovery.advertised(identifierOf(discovery), at(0));
    discovery.necessary(at(59));
    expect(discovery.asking).toBe(false);
    discovery.necessary(at(60));
    expect(discovery.asking).toBe(true);
  });
});

describe('a mobile node away from home asks', () => {
  it('after status 1, from its care-of address with a Home Address option, RFC 6275 §11.4.2', () => {
    const net = away(1);
    expect(solicitations(net)).toEqual([`0.03 ${COA} hao ${HOA} → ${HOME_AGENT}`]);
  });

  it('not after status 0', () => {
    expect(solicitations(away(0).run(1000))).toEqual([]);
  });

  it('when it is told unasked, and believes the answer alone', () => {
    const net = away(0);
    advertise(net, 0, [information('2001:db8:1::/64', 100, 50)]);
    expect(net.take('PREFIXES_LEARNT')).toEqual([]);
    expect(solicitations(net)).toHaveLength(1);
    answer(net, [information('2001:db8:1::/64', 86400, 14400)]);
    expect(net.take('PREFIXES_LEARNT')).toHaveLength(1);
  });

  it('again before its home address is deprecated, and before it ends', () => {
    const net = away(1);
    answer(net, [information('2001:db8:1::/64', 86400, 1000)]);
    net.take();
    net.run(1000);
    expect(net.take('PREFIXES_SOLICITED')[0]).toMatch(/^901 /); // nine tenths of 1000 s, from second 1
    net.homeAgent = () => ({});
    answer(net, [information('2001:db8:1::/64', 7200, 0)]);
    net.take();
    expect(net.run(7500).take('PREFIXES_SOLICITED')[0]).toMatch(/^7480 /);
  });

  it('not at all where the administrator wants that', () => {
    const net = away(1, { prefixDiscovery: false });
    advertise(net, 0, [information('2001:db8:1::/64', 86400, 14400)]);
    expect(solicitations(net.run(200))).toEqual([]);
  });

  it('and binds for no longer than its prefix is valid', () => {
    const net = away(1);
    net.take();
    answer(net, [information('2001:db8:1::/64', 7200, 3600)]);
    expect(net.take('BU')[0]).toMatch(/^1 BU .* 7200 s alt /);
  });
});

describe('an advertisement is dropped, RFC 6275 §11.4.3', () => {
  it.each([
    { what: 'from somebody else', part: { source: ipv6('2001:db8:1::2') }, count: 'mpa-peer' },
    {
      what: 'for another home address',
      part: { home: ipv6('2001:db8:1::101') },
      count: 'mpa-peer',
    },
    { what: 'without a type 2 routing header', part: { routing: false }, count: 'mpa-path' },
  ])('$what', ({ part, count }) => {
    const net = away(1);
    answer(net, [information('2001:db8:2::/64', 86400, 14400)], part);
    expect(net.take('PREFIXES_LEARNT', 'HOME_ADDRESS_ADDED')).toEqual([]);
    expect(net.node.view(net.now).counters[count]).toBe(1);
  });

  it('a second time', () => {
    const net = away(1);
    const identifier = answer(net, [information('2001:db8:1::/64', 86400, 14400)]);
    advertise(net, identifier, [information('2001:db8:2::/64', 86400, 14400)]);
    expect(net.take('HOME_ADDRESS_ADDED')).toEqual([]);
    expect(net.node.view(net.now).counters['mpa-unsolicited']).toBe(1);
  });
});

describe('what it tells', () => {
  it.each([
    { what: 'a new prefix', option: information('2001:db8:2::/64', 86400, 14400), homes: 2 },
    { what: 'one that is not autonomous', option: { autonomous: false }, homes: 1 },
    { what: 'one that is deprecated', option: { preferredLifetime: 0 }, homes: 1 },
    { what: 'one that is not a /64', option: { prefixLength: 48 }, homes: 1 },
    { what: 'nonsense', option: { preferredLifetime: 86401 }, homes: 1 },
    { what: 'what is not known here', option: { kind: 'mtu', mtu: 1400 } as NdOption, homes: 1 },
  ])('$what makes $homes home addresses', ({ option, homes }) => {
    const net = away(1);
    answer(net, [{ ...information('2001:db8:2::/64', 86400, 14400), ...option } as NdOption]);
    expect(net.node.view(net.now).homes).toHaveLength(homes);
  });

  it('makes a few home addresses and no more, RFC 4862 §5.5.3 taken with care', () => {
    const net = away(1);
    const many = Array.from({ length: 20 }, (_, i) =>
      information(`2001:db8:${(i + 2).toString(16)}::/64`, 86400, 14400),
    );
    answer(net, many);
    expect(net.node.view(net.now).homes).toHaveLength(4);
  });

  it('cannot end a home address within two hours, unless IPsec vouches for it', () => {
    const net = away(1);
    answer(net, [
      information('2001:db8:1::/64', 10, 10),
      information('2001:db8:2::/64', 86400, 14400),
    ]);
    net.take();
    expect(net.run(7300).take('HOME_ADDRESS_OVER')).toEqual(['7201 HOME_ADDRESS_OVER']);
  });

  it('never ends the last home address: that is the home agent’s to refuse', () => {
    const net = away(1);
    answer(net, [information('2001:db8:1::/64', 7200, 0)]);
    expect(net.run(9000).node.view(net.now).homes).toHaveLength(1);
  });
});

const COA = '2001:db8:a::ff:fe00:10';

function away(status: number, options = {}): ScriptedNetwork {
  const net = new ScriptedNetwork({
    ...options,
  });
  net.homeAgent = () => ({ status });
  net.plug(
    'eth0',
    network({ prefixes: ['2001:db8:a::/64'], routerLifetime: 9000, interval: 1000 }),
  );
  net.run(1);
  return net;
}

const information = (text: string, valid: number, preferred: number): NdOption => ({
  kind: 'prefixInformation',
  prefixLength: Number(text.split('/')[1]),
  onLink: true,
  autonomous: true,
  routerAddress: false,
  validLifetime: valid,
  preferredLifetime: preferred,
  prefix: ipv6(text.split('/')[0]!),
});

interface Part {
  readonly source?: Ipv6;
  readonly home?: Ipv6;
  readonly routing?: boolean;
}

function advertise(
  net: ScriptedNetwork,
  identifier: number,
  options: NdOption[],
  { source = HOME_AGENT, home = HOA, routing = true }: Part = {},
): void {
  const message = {
    kind: 'mobilePrefixAdvertisement',
    identifier,
    managed: false,
    otherConfig: false,
    options,
  } as const;
  const path = routing
    ? { source, destination: ipv6(COA), routingHome: home }
    : { source, destination: home };
  const octets = encodeIcmpv6Packet({ ...path, message });
  const packet = { link: 'eth0', octets, arrival: { kind: 'native' }, protected: false } as const;
  net.input({ kind: 'packet', packet });
}

/** The answer to the last solicitation; its identifier. */
function answer(net: ScriptedNetwork, options: NdOption[], part?: Part): number {
  const asked = net.packets.flatMap(({ octets }) => readSolicitation(octets) ?? []).at(-1);
  advertise(net, asked!.identifier, options, part);
  return asked!.identifier;
}

function readSolicitation(octets: Uint8Array) {
  const packet = decodeIpv6(octets);
  if (packet.protocol !== PROTOCOL.icmpv6) return undefined;
  const source = homeAddressOption(packet) ?? packet.source;
  const message = decodeIcmpv6(packet.payload, source, packet.destination);
  if (message.kind !== 'mobilePrefixSolicitation') return undefined;
  const hao = homeAddressOption(packet) === undefined ? '' : ` hao ${source}`;
  const path = `${packet.source}${hao} → ${packet.destination}`;
  return { identifier: message.identifier, path };
}

const solicitations = (net: ScriptedNetwork): string[] => {
  const times = net.lines.filter((line) => line.includes(' PREFIXES_SOLICITED'));
  const sent = net.packets.flatMap(({ octets }) => readSolicitation(octets) ?? []);
  return sent.map(({ path }, i) => `${times[i]?.split(' ')[0]} ${path}`);
};

function identifierOf(discovery: PrefixDiscovery): number {
  let found = -1;
  for (let e = discovery.pollEffect(); e; e = discovery.pollEffect()) {
    if (e.kind === 'solicit') found = e.identifier;
  }
  return found;
}

const trace = (discovery: PrefixDiscovery, from: number, until: number): string[] =>
  [...drive(discovery, at(from), at(until))].flatMap(([second, e]) => {
    if (e.kind === 'solicit') return [`${second} solicit ${e.attempt}`];
    return e.event.code === 'PREFIXES_SOLICITED' ? [] : [`${second} ${e.event.code}`];
  });
