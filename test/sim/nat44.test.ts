import { describe, expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { encodeIpv4 } from '../../src/wire/ipv4.js';
import { PROTOCOL } from '../../src/wire/protocol.js';
import type { UdpArrival } from '../../src/sim/host.js';
import type { Nat44Options } from '../../src/sim/nat44.js';
import { Network } from '../../src/sim/network.js';

describe('a translator, RFC 4787', () => {
  it('REQ-1: one mapping an inside endpoint, whoever it sends to', () => {
    const { send, run, seen } = natted();
    send('in1', 5000, '198.51.100.10', 53);
    send('in1', 5000, '198.51.100.11', 53);
    run(50);
    expect(seen).toEqual([
      'out1 192.0.2.1:5000 > 198.51.100.10:53',
      'out2 192.0.2.1:5000 > 198.51.100.11:53',
    ]);
  });

  it('gives two inside hosts with one port different outside ports', () => {
    const { send, run, seen, net, nat } = natted();
    send('in1', 4191, '198.51.100.10', 53);
    send('in2', 4191, '198.51.100.10', 53);
    run(50);
    const [first, second] = nat.mappings(net.clock.now());
    expect(first).toMatchObject({ inside: '10.1.0.2', insidePort: 4191, outsidePort: 4191 });
    expect(second).toMatchObject({ inside: '10.1.0.3', insidePort: 4191 });
    expect(second!.outsidePort).not.toBe(4191);
    expect(seen[1]).toBe(`out1 192.0.2.1:${second!.outsidePort} > 198.51.100.10:53`);
  });

  it('without port preservation the outside port is another', () => {
    const { send, run, seen } = natted({ portPreservation: false });
    send('in1', 5000, '198.51.100.10', 53);
    run(50);
    expect(seen[0]).not.toContain('192.0.2.1:5000');
  });

  it('lets the answer back in, checksum and all', () => {
    const { send, answer, run, seen } = natted();
    send('in1', 5000, '198.51.100.10', 53);
    run(50);
    answer('out1', 53, 5000);
    run(50);
    expect(seen.at(-1)).toBe('in1 198.51.100.10:53 > 10.1.0.2:5000');
  });

  it('REQ-5: forgets a mapping that was idle for longer than its time, and not before', () => {
    const { send, answer, run, seen } = natted({ udpTimeout: 30_000 });
    send('in1', 5000, '198.51.100.10', 53);
    run(29_990);
    answer('out1', 53, 5000);
    run(10_000); // REQ-6: only packets from the inside keep it
    expect(seen.at(-1)).toMatch(/^in1/);
    const before = seen.length;
    answer('out1', 53, 5000);
    run(100);
    expect(seen.length).toBe(before);
  });

  it('REQ-6: a packet from the inside keeps the mapping', () => {
    const { send, answer, run, seen } = natted({ udpTimeout: 30_000 });
    for (let i = 0; i < 5; i++) {
      send('in1', 5000, '198.51.100.10', 53);
      run(20_000);
    }
    answer('out1', 53, 5000);
    run(100);
    expect(seen.at(-1)).toMatch(/^in1/);
  });

  it.each([
    { filtering: 'endpointIndependent', sameHost: true, other: true },
    { filtering: 'addressDependent', sameHost: true, other: false },
    { filtering: 'addressAndPortDependent', sameHost: false, other: false },
  ] as const)('REQ-8: $filtering filtering', ({ filtering, sameHost, other }) => {
    const { send, answer, run, seen } = natted({ filtering });
    send('in1', 5000, '198.51.100.10', 53);
    run(50);
    const comesIn = (from: string, port: number) => {
      const before = seen.length;
      answer(from, port, 5000);
      run(50);
      return seen.length > before;
    };
    expect(comesIn('out1', 99)).toBe(sameHost);
    expect(comesIn('out2', 53)).toBe(other);
  });

  it('REQ-9: hairpins between two inside hosts', () => {
    const { send, run, seen, nat, net } = natted({ filtering: 'endpointIndependent' });
    send('in2', 6000, '198.51.100.10', 53);
    run(50);
    expect(nat.mappings(net.clock.now())[0]!.outsidePort).toBe(6000);
    send('in1', 5000, '192.0.2.1', 6000);
    run(50);
    expect(seen.at(-1)).toBe('in2 192.0.2.1:5000 > 10.1.0.3:6000');
  });

  it('RFC 5508 §3: translates echo identifiers, and two hosts with one identifier both get answers', () => {
    const { net } = natted();
    const pings = ['in1', 'in2'].map((host) =>
      net.ping(host, { destination: ipv4('198.51.100.10'), interval: 100 }),
    );
    for (const ping of pings) ping.start();
    net.runFor(1000);
    for (const ping of pings) ping.stop();
    net.runFor(100);
    for (const ping of pings) {
      expect(ping.summary).toMatchObject({ sent: 11, received: 11, duplicates: 0 });
    }
  });

  it('RFC 4787 REQ-10: an error from outside reaches the inside host that caused it', () => {
    const { net, send, run } = natted();
    send('in1', 5000, '198.51.100.10', 99); // nobody listens there
    run(50);
    expect(net.host('in1').counters['icmp4-destinationUnreachable']).toBe(1);
    expect(net.host('in1').counters['icmp4-WIRE_CHECKSUM']).toBeUndefined();
  });

  it.each([PROTOCOL.ipv6, PROTOCOL.ipv4, PROTOCOL.esp])('drops protocol %i', (protocol) => {
    const { net, nat, run } = natted();
    net.host('in1').send(
      encodeIpv4({
        tos: 0,
        identification: 1,
        dontFragment: true,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol,
        source: ipv4('10.1.0.2'),
        destination: ipv4('198.51.100.10'),
        options: new Uint8Array(0),
        payload: new Uint8Array(20),
      }),
    );
    run(50);
    expect(nat.counters[`protocol-${protocol}`]).toBe(1);
    expect(net.host('out1').counters[`protocol-${protocol}`]).toBeUndefined();
  });
});

/** in1, in2 — inside 10.1.0.0/24 — nat — outside 192.0.2.0/24 — core — 198.51.100.0/24 — out1, out2. */
function natted(options: Partial<Nat44Options> = {}) {
  const net = new Network('nat');
  for (const link of ['inside', 'outside', 'far']) net.addLink(link);
  for (const [i, name] of ['in1', 'in2'].entries()) {
    net.addHost(name);
    net.addInterface(name, 'eth0', { link: 'inside', addresses: [`10.1.0.${i + 2}/24`] });
    net.addRoute(name, '0.0.0.0/0', { via: '10.1.0.1', link: 'eth0' });
  }
  net.addHost('nat', { forwarding: true });
  net.addInterface('nat', 'lan', { link: 'inside', addresses: ['10.1.0.1/24'] });
  net.addInterface('nat', 'wan', { link: 'outside', addresses: ['192.0.2.1/24'] });
  net.addRoute('nat', '0.0.0.0/0', { via: '192.0.2.2', link: 'wan' });
  const nat = net.addNat('nat', { inside: 'lan', outside: 'wan', ...options });
  net.addHost('core', { forwarding: true });
  net.addInterface('core', 'eth0', { link: 'outside', addresses: ['192.0.2.2/24'] });
  net.addInterface('core', 'eth1', { link: 'far', addresses: ['198.51.100.1/24'] });
  for (const [i, name] of ['out1', 'out2'].entries()) {
    net.addHost(name);
    net.addInterface(name, 'eth0', { link: 'far', addresses: [`198.51.100.${i + 10}/24`] });
    net.addRoute(name, '0.0.0.0/0', { via: '198.51.100.1', link: 'eth0' });
  }
  const seen: string[] = [];
  const listen = (host: string, port: number) =>
    net.host(host).openUdp(null, port, (d: UdpArrival) => {
      seen.push(`${host} ${d.source}:${d.sourcePort} > ${d.destination}:${d.destinationPort}`);
    });
  listen('out1', 53);
  listen('out2', 53);
  listen('in1', 5000);
  listen('in2', 6000);
  const send = (host: string, sourcePort: number, to: string, destinationPort: number) =>
    net.host(host).sendUdp({
      sourcePort,
      destination: ipv4(to),
      destinationPort,
      payload: Uint8Array.of(1, 2, 3),
    });
  const answer = (host: string, sourcePort: number, destinationPort: number) =>
    send(host, sourcePort, '192.0.2.1', destinationPort);
  return { net, nat, seen, send, answer, run: (ms: number) => net.runFor(ms) };
}
