import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, multicastMac, prefix, solicitedNode } from '../../src/base/address.js';
import { decodeArp } from '../../src/wire/arp.js';
import { decodeEthernet } from '../../src/wire/ethernet.js';
import { decodeIcmpv4 } from '../../src/wire/icmpv4.js';
import { decodeIcmpv6, encodeIcmpv6 } from '../../src/wire/icmpv6.js';
import { decodeIpv4 } from '../../src/wire/ipv4.js';
import { decodeIpv6, encodeIpv6 } from '../../src/wire/ipv6-codec.js';
import { ETHERTYPE, PROTOCOL } from '../../src/wire/protocol.js';
import { Network } from '../../src/sim/network.js';

describe('two hosts and a router', () => {
  it.each([
    // The router asks for `right` from its link-local address, so `right` must ask for its router itself.
    { family: 'IPv6', destination: ipv6('2001:db8:b::2'), first: 10 },
    // ARP asks from the address that `right` will send to: one exchange teaches both.
    { family: 'IPv4', destination: ipv4('192.0.2.130'), first: 8 },
  ])('echo goes there and back by $family, after resolution', ({ destination, first }) => {
    const net = routed();
    const ping = net.ping('left', { destination, interval: 100 });
    ping.start();
    net.runFor(1000);
    ping.stop();
    net.runFor(100);
    expect(ping.summary).toMatchObject({ sent: 11, received: 11, duplicates: 0 });
    expect(ping.roundTrips[0]).toBe(first);
    expect(ping.summary.median).toBe(4);
  });

  it('decrements the hop limit a router, and not in between', () => {
    const { net, lines } = tapped();
    net.host('left').sendEcho(undefined, ipv6('2001:db8:b::2'), 1, 0, new Uint8Array(4));
    net.runFor(100);
    const hops = lines().filter((l) => l.includes('echo'));
    expect(hops).toEqual([
      'a 2001:db8:a::2 > 2001:db8:b::2 hl 64 echoRequest',
      'b 2001:db8:a::2 > 2001:db8:b::2 hl 63 echoRequest',
      'b 2001:db8:b::2 > 2001:db8:a::2 hl 64 echoReply',
      'a 2001:db8:b::2 > 2001:db8:a::2 hl 63 echoReply',
    ]);
  });

  it('RFC 4443 §3.3: a hop limit that runs out is reported', () => {
    const { net, lines } = tapped();
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:b::2', { hopLimit: 1 }));
    net.runFor(100);
    expect(lines().at(-1)).toBe('a 2001:db8:a::1 > 2001:db8:a::2 hl 64 timeExceeded');
    expect(net.host('router').counters['hop-limit']).toBe(1);
  });

  it('RFC 4443 §3.1: no route is code 0, no neighbour is code 3 after three seconds', () => {
    const { net, icmp } = tapped();
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:dead::1'));
    net.runFor(100);
    expect(icmp().at(-1)).toMatchObject({ kind: 'destinationUnreachable', code: 0 });
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:b::99'));
    net.runFor(2900);
    expect(icmp().filter((m) => m.kind === 'destinationUnreachable')).toHaveLength(1);
    net.runFor(200);
    expect(icmp().at(-1)).toMatchObject({ kind: 'destinationUnreachable', code: 3 });
  });

  it('RFC 4443 §3.2: Packet Too Big names the MTU of the link ahead and quotes 1232 octets at most', () => {
    const { net, icmp } = tapped({ mtuB: 1280 });
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:b::2', { size: 1400 }));
    net.runFor(100);
    const error = icmp().at(-1);
    expect(error).toMatchObject({ kind: 'packetTooBig', mtu: 1280 });
    expect(error && 'quoted' in error && error.quoted.length).toBe(1232);
  });

  it('RFC 1191 §4: fragmentation needed names the MTU', () => {
    const net = routed({ mtuB: 1280 });
    const seen: unknown[] = [];
    net.tap = (_, __, octets) => {
      const frame = decodeEthernet(octets);
      if (frame.etherType !== ETHERTYPE.ipv4) return;
      const packet = decodeIpv4(frame.payload);
      const message = decodeIcmpv4(packet.payload);
      if (message.kind === 'destinationUnreachable') seen.push([message.code, message.mtu]);
    };
    net.host('left').sendEcho(undefined, ipv4('192.0.2.130'), 1, 0, new Uint8Array(1300));
    net.runFor(100);
    expect(seen).toEqual([[4, 1280]]);
  });

  it('RFC 4443 §2.4(e): errors are never reported about errors', () => {
    const { net, icmp } = tapped();
    const quoted = new Uint8Array(40);
    const error = { kind: 'timeExceeded', code: 0, quoted } as const;
    net.host('left').send(icmp6('2001:db8:a::2', '2001:db8:dead::1', error));
    net.runFor(100);
    expect(icmp().map((m) => m.kind)).toEqual([
      'neighborSolicitation',
      'neighborAdvertisement',
      'timeExceeded',
    ]);
  });

  it('RFC 4443 §3.4: a Mobility Header to a host without a role is an unknown next header', () => {
    const { net, icmp } = tapped();
    net.host('left').send(
      encodeIpv6({
        ...header('2001:db8:a::2', '2001:db8:b::2'),
        protocol: PROTOCOL.mobility,
        payload: new Uint8Array(8),
      }),
    );
    net.runFor(100);
    expect(icmp().at(-1)).toMatchObject({ kind: 'parameterProblem', code: 1, pointer: 6 });
  });

  it('does not forward from or to link-local addresses', () => {
    const net = routed();
    const host = net.host('left');
    const linkLocal = [...host.interface('eth0')!.addresses].find((a) => a.startsWith('fe80'))!;
    host.send(echo6(linkLocal, '2001:db8:b::2'));
    net.runFor(100);
    expect(net.host('router').counters['scope']).toBe(1);
  });

  it('keeps routes apart by source where a rule says so', () => {
    const net = routed();
    const host = net.host('left');
    host.addAddress('eth0', ipv6('2001:db8:a::3'), 64, { onLinkPrefix: false });
    const destination = prefix('::/0');
    host.addDevice('away', () => void seen.push('away'));
    const seen: string[] = [];
    host.routing.addRoute({ table: 'home', destination, link: 'away', metric: 1 });
    host.routing.addRule({ priority: 10, from: prefix('2001:db8:a::3/128'), table: 'home' });
    host.send(echo6('2001:db8:a::3', '2001:db8:b::2'));
    expect(seen).toEqual(['away']);
    host.send(echo6('2001:db8:a::2', '2001:db8:b::2'));
    expect(seen).toEqual(['away']);
  });
});

describe('neighbours', () => {
  it('RFC 4861 §7.2.2: asks three times, a second apart, from the address that wants to send', () => {
    const { net, lines } = tapped();
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:a::99'));
    net.runFor(10_000);
    const group = solicitedNode(ipv6('2001:db8:a::99'));
    const asked = `a 2001:db8:a::2 > ${group} hl 255 neighborSolicitation`;
    expect(lines()).toEqual([asked, asked, asked]);
    expect(net.host('left').counters['neighbour-unreachable']).toBe(1);
  });

  it('RFC 4861 §7.3.3: confirms a stale neighbour five seconds after use, by unicast', () => {
    const { net, lines } = tapped();
    const send = () => net.host('left').send(echo6('2001:db8:a::2', '2001:db8:a::1'));
    send();
    net.runFor(31_000);
    const state = () => net.host('left').interface('eth0')!.neighbours.state(ipv6('2001:db8:a::1'));
    expect(state()?.state).toBe('stale');
    send();
    expect(state()?.state).toBe('delay');
    net.runFor(4000);
    const before = lines().length;
    net.runFor(1500);
    // The router had learnt us from our solicitation; its own check runs beside ours.
    expect(lines().slice(before)).toContain(
      'a 2001:db8:a::2 > 2001:db8:a::1 hl 255 neighborSolicitation'.replace(
        '2001:db8:a::2',
        linkLocal(net, 'left'),
      ),
    );
    expect(state()?.state).toBe('reachable');
  });

  it('RFC 4861 §7.2.5: an overriding advertisement moves an address, another does not', () => {
    const net = routed();
    const router = net.host('router').interface('eth0')!;
    net.addHost('thief');
    const thief = net.addInterface('thief', 'eth0', { link: 'a' });
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:a::1'));
    net.runFor(10);
    const cache = net.host('left').interface('eth0')!.neighbours;
    const target = ipv6('2001:db8:a::1');
    expect(cache.state(target)).toEqual({ state: 'reachable', mac: router.mac });
    advertise(net, 'thief', target, { override: false });
    net.runFor(10);
    expect(cache.state(target)).toEqual({ state: 'stale', mac: router.mac });
    advertise(net, 'thief', target, { override: true });
    net.runFor(10);
    expect(cache.state(target)).toEqual({ state: 'stale', mac: thief.mac });
  });

  it('RFC 4861 §7.2.5: an advertisement of somebody unknown makes no entry', () => {
    const net = routed();
    const target = ipv6('2001:db8:a::77');
    advertise(net, 'router', target, { override: true });
    net.runFor(10);
    expect(net.host('left').interface('eth0')!.neighbours.state(target)).toBeUndefined();
  });

  it('RFC 4862 §5.4.3: answers the probe of another node for an address of ours, to all nodes', () => {
    const { net, lines } = tapped();
    const target = ipv6('2001:db8:a::2');
    const group = solicitedNode(target);
    const probe = icmp6('::', group, { kind: 'neighborSolicitation', target, options: [] }, 255);
    net.host('router').sendFrame('eth0', multicastMac(group), ETHERTYPE.ipv6, probe);
    net.runFor(10);
    expect(lines().at(-1)).toBe('a 2001:db8:a::2 > ff02::1 hl 255 neighborAdvertisement');
  });

  it('forgets them all when carrier goes, and the packets that waited', () => {
    const net = routed();
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:a::1'));
    net.runFor(10);
    net.detach('left', 'eth0');
    const cache = net.host('left').interface('eth0')!.neighbours;
    expect(cache.state(ipv6('2001:db8:a::1'))).toBeUndefined();
    net.host('left').send(echo6('2001:db8:a::2', '2001:db8:a::1'));
    expect(net.host('left').counters['link-down']).toBe(1);
  });

  it('RFC 826: answers ARP for its addresses, learns who asks, follows announcements', () => {
    const net = routed();
    const arps: string[] = [];
    net.tap = (link, _, octets) => {
      const frame = decodeEthernet(octets);
      if (frame.etherType !== ETHERTYPE.arp) return;
      const m = decodeArp(frame.payload);
      arps.push(`${link} ${m.operation} ${m.senderAddress} ${m.targetAddress}`);
    };
    net.host('left').sendEcho(undefined, ipv4('192.0.2.1'), 1, 0, new Uint8Array(4));
    net.runFor(100);
    expect(arps).toEqual(['a request 192.0.2.2 192.0.2.1', 'a reply 192.0.2.1 192.0.2.2']);
    const cache = net.host('router').interface('eth0')!.neighbours;
    expect(cache.state(ipv4('192.0.2.2'))?.mac).toBe(net.host('left').interface('eth0')!.mac);
  });
});

describe('source addresses', () => {
  it('RFC 6724 §5: scope first, then the longest common prefix; a route may say its own', () => {
    const net = routed();
    const host = net.host('left');
    host.addAddress('eth0', ipv6('2001:db8:b:1::2'), 64);
    expect(host.chooseSource(ipv6('2001:db8:a::1'))).toBe('2001:db8:a::2');
    expect(host.chooseSource(ipv6('2001:db8:b::1'))).toBe('2001:db8:b:1::2');
    expect(host.chooseSource(ipv6('fe80::1'), 'eth0')).toBe(linkLocal(net, 'left'));
    expect(host.chooseSource(ipv4('192.0.2.129'))).toBe('192.0.2.2');
    host.routing.addRoute({
      table: 'main',
      destination: prefix('2001:db8:b::/48'),
      link: 'eth0',
      metric: 1,
      preferredSource: ipv6('2001:db8:a::2'),
    });
    expect(host.chooseSource(ipv6('2001:db8:b::1'))).toBe('2001:db8:a::2');
  });
});

/** left — a — router — b — right, both families. */
function routed(options: { mtuB?: number } = {}): Network {
  const net = new Network('routed');
  net.addLink('a');
  net.addLink('b');
  net.addHost('left');
  net.addHost('router', { forwarding: true });
  net.addHost('right');
  net.addInterface('left', 'eth0', { link: 'a', addresses: ['2001:db8:a::2/64', '192.0.2.2/25'] });
  net.addInterface('router', 'eth0', {
    link: 'a',
    addresses: ['2001:db8:a::1/64', '192.0.2.1/25'],
  });
  net.addInterface('router', 'eth1', {
    link: 'b',
    addresses: ['2001:db8:b::1/64', '192.0.2.129/25'],
    ...(options.mtuB ? { mtu: options.mtuB } : {}),
  });
  net.addInterface('right', 'eth0', {
    link: 'b',
    addresses: ['2001:db8:b::2/64', '192.0.2.130/25'],
  });
  net.addRoute('left', '::/0', { via: '2001:db8:a::1', link: 'eth0' });
  net.addRoute('left', '0.0.0.0/0', { via: '192.0.2.1', link: 'eth0' });
  net.addRoute('right', '::/0', { via: '2001:db8:b::1', link: 'eth0' });
  net.addRoute('right', '0.0.0.0/0', { via: '192.0.2.129', link: 'eth0' });
  return net;
}

/** The ICMPv6 messages that were sent, with a line for each. */
function tapped(options: { mtuB?: number } = {}) {
  const net = routed(options);
  const lines: string[] = [];
  const icmp: ReturnType<typeof decodeIcmpv6>[] = [];
  net.tap = (link, _, octets) => {
    const frame = decodeEthernet(octets);
    if (frame.etherType !== ETHERTYPE.ipv6) return;
    const packet = decodeIpv6(frame.payload);
    if (packet.protocol !== PROTOCOL.icmpv6) return;
    const { source, destination, hopLimit, payload } = packet;
    const message = decodeIcmpv6(payload, source, destination);
    icmp.push(message);
    lines.push(`${link} ${source} > ${destination} hl ${hopLimit} ${message.kind}`);
  };
  return { net, lines: () => lines, icmp: () => icmp };
}

function linkLocal(net: Network, host: string): string {
  return [...net.host(host).interface('eth0')!.addresses].find((a) => a.startsWith('fe80'))!;
}

function advertise(
  net: Network,
  host: string,
  target: ReturnType<typeof ipv6>,
  flags: { override: boolean },
): void {
  const on = net.host(host).interface('eth0')!;
  const message = {
    kind: 'neighborAdvertisement',
    router: false,
    solicited: false,
    ...flags,
    target,
    options: [{ kind: 'targetLinkLayer', address: on.mac }],
  } as const;
  const packet = icmp6(linkLocal(net, host), 'ff02::1', message, 255);
  net.host(host).sendFrame('eth0', multicastMac(ipv6('ff02::1')), ETHERTYPE.ipv6, packet);
}

function header(source: string, destination: string, hopLimit = 64) {
  return {
    trafficClass: 0,
    flowLabel: 0,
    hopLimit,
    source: ipv6(source),
    destination: ipv6(destination),
    headers: [],
  };
}

function icmp6(
  source: string,
  destination: string,
  message: Parameters<typeof encodeIcmpv6>[0],
  hopLimit = 64,
): Uint8Array {
  const payload = encodeIcmpv6(message, ipv6(source), ipv6(destination));
  const fields = header(source, destination, hopLimit);
  return encodeIpv6({ ...fields, protocol: PROTOCOL.icmpv6, payload });
}

function echo6(
  source: string,
  destination: string,
  options: { hopLimit?: number; size?: number } = {},
): Uint8Array {
  const data = new Uint8Array(options.size ?? 4);
  const message = { kind: 'echoRequest', identifier: 9, sequence: 1, data } as const;
  return icmp6(source, destination, message, options.hopLimit);
}
