/** RFC 6275 §10.6 through the whole home agent: which prefixes it has, what bindings get of them, who is told when. */
import { describe, expect, it } from 'vitest';
import { ipv6, type Ipv6 } from '../../../src/base/address.js';
import { MAX_LEARNT_PREFIXES } from '../../../src/core/ha/prefix-information.js';
import { toHex } from '../../../src/base/bytes.js';
import { hex } from '../../wire/octets.js';
import { ROWS } from '../../wire/golden/rows.js';
import { encodeIcmpv6Packet } from '../../../src/wire/mobility-packet.js';
import {
  Bench,
  COA,
  COA2,
  COA4,
  HA,
  HOA,
  HOME,
  HOME_LINK,
  NAT4,
  PRIVATE4,
  udpFrom,
  type AdvertisedHomePrefix,
  ANYCAST,
} from './harness.js';

const OLD = '2001:db8::/64';
const NEW = '2001:db8:1::/64';
const NEW_HOA = ipv6('2001:db8:1::100');
const NEW_HA = ipv6('2001:db8:1::1');
const NEW_ANYCAST = ipv6('2001:db8:1:0:fdff:ffff:ffff:fffe');
const FOR_EVER = 0xffffffff;

describe('a Mobile Prefix Solicitation', () => {
  it('is answered with all home prefixes, by type 2 routing header, its identifier copied', () => {
    const bench = bound().routerAdvertises(ra(OLD, 7200, 3600), ra(NEW, 86400, 14400));
    bench.take();
    bench.wait(10);
    expect(bench.solicit(77).take('MPA')).toEqual([
      `10 MPA 77 from ${HA} to ${COA} for ${HOA}, ${HA}/64 7190 3590, 2001:db8:1::/64 86390 14390`,
    ]);
  });

  it('is what the figures of the RFC draw, octet by octet, and so is its answer', () => {
    const bench = bound().routerAdvertises(ra(OLD, 7200, 3600));
    bench.take();
    bench.packet(hex(golden('mobile prefix solicitation as it leaves')));
    expect(bench.sent().map(({ octets }) => toHex(octets))).toEqual([
      golden('mobile prefix advertisement as it leaves'),
    ]);
  });

  it('names the address of the home agent in each prefix where it has one, RFC 6275 §7.2', () => {
    const bench = bound()
      .link(withAddress(NEW_HA))
      .routerAdvertises(ra(NEW, 86400, 14400));
    bench.take();
    expect(bench.solicit(1).take('MPA')).toEqual([
      `0 MPA 1 from ${HA} to ${COA} for ${HOA}, ${HA}/64 ${FOR_EVER} ${FOR_EVER}, ${NEW_HA}/64 86400 14400`,
    ]);
  });

  it.each([
    { what: 'in UDP, behind a NAT', arrival: udpFrom(NAT4, 5000), bench: behindNat },
    { what: 'in IPv4', arrival: { kind: 'tunnel', source: COA4 } as const, bench: inIpv4 },
  ])('through the tunnel $what is answered through it, RFC 5555 §4.5', ({ arrival, bench }) => {
    expect(bench().packet(tunnelled(9), arrival).take('MPA', 'DROPPED')).toEqual([
      `0 MPA 9 from ${HA} to ${HOA}, ${HA}/64 ${FOR_EVER} ${FOR_EVER}`,
    ]);
  });

  it.each([
    { what: 'from another port', arrival: udpFrom(NAT4, 5001), home: HOA },
    { what: 'from another address', arrival: udpFrom(COA4, 5000), home: HOA },
    { what: 'out of UDP', arrival: { kind: 'tunnel', source: NAT4 } as const, home: HOA },
    { what: 'of nobody bound', arrival: udpFrom(NAT4, 5000), home: ipv6('2001:db8::999') },
  ])('through a tunnel $what gets nothing, RFC 6275 §10.4.5', ({ arrival, home }) => {
    const bench = behindNat().packet(tunnelled(9, home), arrival);
    expect(bench.take('MPA')).toEqual([]);
    expect(bench.view().counters['icmpv6-tunnel']).toBe(1);
  });

  it('of a mobile node that is not bound draws a Binding Error, RFC 6275 §9.3.1', () => {
    const bench = new Bench().solicit(1);
    expect(bench.take('BE', 'MPA')).toEqual([`0 BE 1 home ${HOA} to ${COA}`]);
  });

  it('from another care-of address than the bound one too', () => {
    const bench = bound().solicit(1, { careOf: COA2 });
    expect(bench.take('BE', 'MPA')).toEqual([`0 BE 1 home ${HOA} to ${COA2}`]);
  });

  it('is left alone where the administrator wants that, RFC 6275 §8.4', () => {
    const bench = bound({ prefixAdvertisements: false }).solicit(1);
    expect(bench.take('MPA')).toEqual([]);
    expect(bench.wait(90_000).take('MPA')).toEqual([]);
  });
});

describe('the lifetime of a binding, RFC 6275 §10.3.1', () => {
  it.each([
    { valid: 86400, preferred: 14400, asked: 420, granted: 420, status: 0 },
    { valid: 86400, preferred: 300, asked: 420, granted: 420, status: 1, why: 'deprecated before' },
    { valid: 86400, preferred: 0, asked: 420, granted: 420, status: 1, why: 'deprecated now' },
    {
      valid: 7205,
      preferred: 7205,
      asked: 7300,
      granted: 7204,
      status: 1,
      why: 'it is the prefix’s',
    },
    { valid: 86400, preferred: 422, asked: 420, granted: 420, status: 0, why: 'units of 4 s' },
    { valid: 86400, preferred: 419, asked: 420, granted: 420, status: 1, why: 'units of 4 s' },
    { valid: FOR_EVER, preferred: FOR_EVER, asked: 420, granted: 420, status: 0 },
  ])(
    'of a prefix valid $valid s, preferred $preferred s: $asked s gives $granted s, status $status',
    ({ valid, preferred, asked, granted, status }) => {
      const bench = new Bench().routerAdvertises(ra(OLD, valid, preferred));
      bench.update({ lifetime: asked });
      expect(bench.acks()).toMatchObject([{ status, lifetime: granted }]);
    },
  );

  it('ends with the prefix, for bindings made before it was shortened', () => {
    const bench = bound({}, 86400).routerAdvertises(ra(OLD, 7200, 0));
    expect(bench.wait(7200).take('event HOME_PREFIX_GONE', 'event HA_UNBOUND')).toEqual([
      '7196 event HOME_PREFIX_GONE',
      '7196 event HA_UNBOUND',
    ]);
    bench.update({ sequence: 16 });
    expect(bench.acks()).toMatchObject([{ status: 132 }]);
    bench.routerAdvertises(ra(OLD, 86400, 14400)).take();
    bench.update({ sequence: 17 });
    expect(bench.acks()).toMatchObject([{ status: 0 }]);
  });

  it('is not cut below two hours by an advertisement that anybody may send, RFC 4862 §5.5.3', () => {
    const bench = bound({}, 86400).routerAdvertises(ra(OLD, 10, 10));
    expect(bench.wait(7190).take('event HA_UNBOUND')).toEqual([]);
    expect(bench.wait(10).take('event HA_UNBOUND')).toEqual(['7196 event HA_UNBOUND']);
  });
});

describe('a new home prefix', () => {
  it('serves home addresses as soon as a router advertises it', () => {
    const bench = new Bench().update({ homeAddress: NEW_HOA });
    expect(bench.acks()).toMatchObject([{ status: 132 }]);
    bench.routerAdvertises(ra(NEW, 86400, 14400)).take();
    bench.update({ homeAddress: NEW_HOA, sequence: 16 });
    expect(bench.acks()).toMatchObject([{ status: 0 }]);
    expect([...bench.tunnels.keys()]).toEqual([NEW_HOA]);
  });

  it('is told to all who are bound, until they answer', () => {
    const bench = bound().routerAdvertises(ra(NEW, 86400, 14400));
    const told = `from ${HA} to ${COA} for ${HOA}, ${HA}/64 ${FOR_EVER} ${FOR_EVER}, 2001:db8:1::/64`;
    expect(bench.wait(604).take('MPA')).toEqual([
      `600 MPA 0 ${told} 85800 13800`,
      `603 MPA 0 ${told} 85797 13797`,
    ]);
    bench.solicit(5);
    expect(bench.wait(300).take('MPA')).toEqual([`604 MPA 5 ${told} 85796 13796`]);
  });

  it('counts once: what a router repeats, or counts down, is no change', () => {
    const bench = new Bench().routerAdvertises(ra(NEW, 86400, 14400));
    bench.wait(1000).routerAdvertises(ra(NEW, 86400, 14400));
    bench.wait(1000).routerAdvertises(ra(NEW, 85400, 13400));
    bench.wait(1000).routerAdvertises(ra(NEW, 86400, 0));
    expect(bench.take('event HOME_PREFIX')).toEqual([
      '0 event HOME_PREFIX_ADDED',
      '3000 event HOME_PREFIX_CHANGED',
    ]);
  });

  it('is none when it is not on the link, or nonsense', () => {
    const bench = new Bench();
    bench.routerAdvertises({ ...ra(NEW, 86400, 14400), onLink: false });
    bench.routerAdvertises(ra(NEW, 100, 200), ra('fe80::/64', 86400, 14400), ra(NEW, 0, 0));
    expect(bench.take('event HOME_PREFIX')).toEqual([]);
  });

  it('is learnt so often and no more', () => {
    const bench = new Bench();
    for (let i = 1; i < 40; i++) bench.routerAdvertises(ra(`2001:db8:${i}::/64`, 86400, 14400));
    expect(bench.take('event HOME_PREFIX_ADDED')).toHaveLength(MAX_LEARNT_PREFIXES);
  });

  it('outlives a restart, with the bindings in it', () => {
    const before = new Bench().routerAdvertises(ra(NEW, 86400, 14400));
    before.update({ homeAddress: NEW_HOA, lifetime: 1000 });
    const again = new Bench({}, before.kept);
    expect(again.view().bc).toMatchObject([{ homeAddress: NEW_HOA, lifetime: 1000 }]);
    expect(again.wait(86400).take('event HOME_PREFIX_GONE', 'forget home')).toEqual([
      '86396 event HOME_PREFIX_GONE',
      `86396 forget home-prefix ${HOME} ${NEW}`,
    ]);
  });
});

describe('prefixes of our own addresses', () => {
  const following = { prefixesOfAddresses: [HOME] };

  it('come with the address, and stay deprecated for two hours after it', () => {
    const bench = new Bench(following).link(withAddress(NEW_HA));
    expect(bench.take('event HOME_PREFIX')).toEqual(['0 event HOME_PREFIX_ADDED']);
    bench.link(HOME_LINK);
    bench.update({ homeAddress: NEW_HOA });
    expect(bench.acks()).toMatchObject([{ status: 1, lifetime: 420 }]);
    expect(bench.take('event HOME_PREFIX')).toEqual(['0 event HOME_PREFIX_CHANGED']);
    expect(bench.wait(7200).take('event HOME_PREFIX')).toEqual(['7196 event HOME_PREFIX_GONE']);
  });

  it('are for ever again when the address comes back', () => {
    const bench = new Bench(following).link(withAddress(NEW_HA)).link(HOME_LINK);
    bench.link(withAddress(NEW_HA)).take();
    expect(bench.wait(8000).take('event HOME_PREFIX')).toEqual([]);
  });

  it('are where Binding Updates may be sent, and answered from', () => {
    const bench = new Bench(following).link(withAddress(NEW_HA));
    bench.update({ homeAddress: NEW_HOA, destination: NEW_HA, lifetime: 1000 });
    expect(bench.take('BA')).toEqual([`0 BA 0 seq 15 life 1000 to ${COA} for ${NEW_HOA}`]);
    expect(bench.tunnels.get(NEW_HOA)).toMatchObject({ local: NEW_HA, remote: COA });
    expect(bench.declared.find((i) => i.kind === 'signalling')).toMatchObject({
      addresses: [HA, NEW_HA, ANYCAST, NEW_ANYCAST, '192.0.2.1'],
    });
    bench.wait(600);
    expect(bench.take('MPA')[0]).toContain(`MPA 0 from ${NEW_HA} to ${COA} for ${NEW_HOA}`);
  });
});

const golden = (name: string): string => ROWS.find((row) => row.name === name)!.hex;

const ra = (text: string, valid: number, preferred: number): AdvertisedHomePrefix => ({
  text,
  valid,
  preferred,
});

function bound(options = {}, lifetime = 262140): Bench {
  const bench = new Bench(options).update({ lifetime });
  bench.take();
  return bench;
}

const withAddress = (address: Ipv6) => ({
  ...HOME_LINK,
  addresses: [...HOME_LINK.addresses, { address, prefixLength: 64 }],
});

function behindNat(): Bench {
  const bench = new Bench().updateInUdp({ careOf4: PRIVATE4 }, { source: NAT4, port: 5000 });
  bench.take();
  return bench;
}

function inIpv4(): Bench {
  const bench = new Bench().updateInUdp();
  bench.take();
  return bench;
}

function tunnelled(identifier: number, source = HOA): Uint8Array {
  const message = { kind: 'mobilePrefixSolicitation', identifier } as const;
  return encodeIcmpv6Packet({ source, destination: HA, message });
}
