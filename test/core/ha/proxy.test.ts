import { describe, expect, it } from 'vitest';
import { BROADCAST_MAC, ipv4, ipv6, mac, UNSPECIFIED6 } from '../../../src/base/address.js';
import type { ArpMessage } from '../../../src/wire/arp.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { decodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import {
  advertise,
  Bench,
  HA_MAC,
  HOA,
  HOA4,
  HOA4_2,
  HOA_LINK_LOCAL,
  HOME_LINK,
  ipv4Home,
  OTHER_MAC,
  solicit,
} from './harness.js';

const HOST = ipv6('fe80::77');

describe('proxy neighbour discovery, RFC 6275 §10.4.1', () => {
  it('claims the home address three times, a second apart: override, not solicited, no router', () => {
    const bench = new Bench().update().wait(10);
    const claim = `NA ${HOA} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`;
    expect(bench.take('NA')).toEqual([`0 ${claim}`, `1 ${claim}`, `2 ${claim}`]);
  });

  it('gives its own link-layer address, with hop limit 255', () => {
    const [frame] = new Bench().update().effects.filter((e) => e.kind === 'frame');
    const packet = decodeIpv6(frame!.payload);
    expect(packet.hopLimit).toBe(255);
    const message = decodeIcmpv6(packet.payload, packet.source, packet.destination);
    expect(message).toMatchObject({ options: [{ kind: 'targetLinkLayer', address: HA_MAC }] });
  });

  it.each([
    {
      what: 'to who asks by multicast: solicited, without override, RFC 4861 §7.2.8',
      message: solicit(HOA, OTHER_MAC),
      from: {},
      answer: `NA ${HOA} flags S from 2001:db8::1 to ${HOST} at ${OTHER_MAC}`,
    },
    {
      what: 'to who asks by unicast and without its own link-layer address',
      message: solicit(HOA),
      from: { destination: HOA },
      answer: `NA ${HOA} flags S from 2001:db8::1 to ${HOST} at ${OTHER_MAC}`,
    },
    {
      what: 'to the link-layer address of the option',
      message: solicit(HOA, mac('02:00:00:00:00:55')),
      from: {},
      answer: `NA ${HOA} flags S from 2001:db8::1 to ${HOST} at 02:00:00:00:00:55`,
    },
    {
      what: 'to all nodes when somebody probes the address, RFC 4861 §7.2.4',
      message: solicit(HOA),
      from: { source: UNSPECIFIED6 },
      answer: `NA ${HOA} flags - from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`,
    },
  ])('answers $what', ({ message, from, answer }) => {
    expect(settled().nd(message, from).take()).toEqual([`10 ${answer}`]);
  });

  it.each([
    ['another address', ipv6('2001:db8::101'), 'AH'],
    ['the link-local address when L was clear', HOA_LINK_LOCAL, 'AH'],
  ])('does not answer for %s', (_, target, flags) => {
    expect(settled({ flags }).nd(solicit(target)).take()).toEqual([]);
  });

  it('answers for the link-local address when L was set', () => {
    const bench = settled({ flags: 'AHL' }).nd(solicit(HOA_LINK_LOCAL));
    expect(bench.take('NA')).toHaveLength(1);
  });

  it('stops for the link-local address when a refresh clears L', () => {
    const bench = settled({ flags: 'AHL' }).update({ sequence: 16 });
    bench.take();
    expect(bench.nd(solicit(HOA_LINK_LOCAL)).nd(solicit(HOA)).take('NA')).toHaveLength(1);
  });

  it.each([
    ['deregistration from home', (b: Bench) => b.updateFromHome({ sequence: 16 })],
    ['deregistration from away', (b: Bench) => b.update({ sequence: 16, lifetime: 0 })],
    ['the end of the lifetime', (b: Bench) => b.wait(420)],
  ])('releases the addresses with %s', (_, end) => {
    const bench = end(settled({ flags: 'AHL' }));
    bench.take();
    const ask = [HOA, HOA_LINK_LOCAL].flatMap((a) => [solicit(a), advertise(a)]);
    for (const message of ask) bench.nd(message);
    bench.nd(solicit(HOA), { source: UNSPECIFIED6 });
    expect(bench.take('NA')).toEqual([]);
  });

  it('defends the address against an advertisement of another, at most once in 10 s', () => {
    const bench = settled();
    for (let i = 0; i < 25; i++) bench.nd(advertise(HOA)).wait(1);
    const claim = `NA ${HOA} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`;
    expect(bench.take('NA')).toEqual([`10 ${claim}`, `20 ${claim}`, `30 ${claim}`]);
  });

  it('does not hear itself', () => {
    const bench = settled().nd(advertise(HOA), { mac: HA_MAC }).nd(solicit(HOA), { mac: HA_MAC });
    expect(bench.take()).toEqual([]);
  });

  it('claims anew, spaced, when the home link comes back or has another address', () => {
    const bench = settled();
    bench.update({ homeAddress: ipv6('2001:db8::101') }).wait(5);
    bench.link({ ...HOME_LINK, up: false }).take();
    expect(bench.nd(solicit(HOA)).take('NA')).toEqual([]); // no carrier, no frames
    bench.link({ ...HOME_LINK, carrierUps: 2 }).wait(0.5);
    expect(bench.take('NA').map((line) => line.split(' ').slice(0, 3))).toEqual([
      ['15', 'NA', HOA],
      ['15.001', 'NA', '2001:db8::101'],
    ]);
    bench.wait(5).take();
    bench.link({ ...HOME_LINK, carrierUps: 2, mac: mac('02:00:00:00:00:02') }).wait(0.5);
    expect(bench.take('NA')).toHaveLength(2);
    bench.link({ ...HOME_LINK, carrierUps: 2, mac: mac('02:00:00:00:00:02'), mtu: 1400 });
    expect(bench.wait(0.4).take('NA')).toHaveLength(0); // the second claims are due after a second
  });

  it('speaks from an address of the link when its own is on another', () => {
    const addresses = [{ address: ipv6('fe80::1'), prefixLength: 64 }];
    const bench = new Bench({}, new Map(), [{ ...HOME_LINK, addresses }]).update();
    expect(bench.take('NA')[0]).toContain('from fe80::1 to ff02::1');
  });
});

describe('proxy ARP for IPv4 home addresses, RFC 5555 §4.5', () => {
  const announce = `ARP request ${HOA4} is ${HA_MAC}, target ${HOA4} to ${BROADCAST_MAC}`;

  it('announces the address twice, two seconds apart, RFC 5227 §2.3', () => {
    const bench = new Bench().update({ options: [ipv4Home(HOA4)] }).wait(10);
    expect(bench.take('ARP')).toEqual([`0 ${announce}`, `2 ${announce}`]);
  });

  it('answers requests, also probes from 0.0.0.0, RFC 5227 §2.1.1', () => {
    const bench = settled4().arp(request('192.0.2.50')).arp(request('0.0.0.0'));
    expect(bench.take('ARP')).toEqual([
      `10 ARP reply ${HOA4} is ${HA_MAC}, target 192.0.2.50 to ${OTHER_MAC}`,
      `10 ARP reply ${HOA4} is ${HA_MAC}, target 0.0.0.0 to ${OTHER_MAC}`,
    ]);
  });

  it('does not answer for others, nor to replies', () => {
    const bench = settled4().arp(request('192.0.2.50', HOA4_2));
    bench.arp({ ...request('192.0.2.50'), operation: 'reply' });
    expect(bench.take()).toEqual([]);
  });

  it('defends against another sender, one announcement in 10 s, RFC 5227 §2.4', () => {
    const bench = settled4();
    for (let i = 0; i < 15; i++) bench.arp(request(HOA4, ipv4('192.0.2.3'))).wait(1);
    expect(bench.take('ARP')).toEqual([`10 ${announce}`, `20 ${announce}`]);
  });

  it.each([
    ['deregistration', (b: Bench) => b.updateFromHome({ sequence: 16 })],
    ['a refresh without the option', (b: Bench) => b.update({ sequence: 16 })],
    ['the end of the lifetime', (b: Bench) => b.wait(420)],
  ])('releases the address with %s', (_, end) => {
    const bench = end(settled4());
    bench.take();
    bench.arp(request('192.0.2.50')).arp(request(HOA4)).wait(5);
    expect(bench.take('ARP')).toEqual([]);
  });

  it('moves with a refresh that asks for another address', () => {
    const bench = settled4().update({ sequence: 16, options: [ipv4Home(HOA4_2)] });
    bench.take();
    bench.arp(request('192.0.2.50')).arp(request('192.0.2.50', HOA4_2));
    expect(bench.take('ARP reply')).toEqual([
      `10 ARP reply ${HOA4_2} is ${HA_MAC}, target 192.0.2.50 to ${OTHER_MAC}`,
    ]);
  });
});

const request = (sender: string, targetAddress = HOA4): ArpMessage => ({
  operation: 'request',
  senderMac: OTHER_MAC,
  senderAddress: ipv4(sender),
  targetMac: mac('00:00:00:00:00:00'),
  targetAddress,
});

/** Bound, all claims made, nothing to take; at 10 s. */
function settled(fields: Parameters<Bench['update']>[0] = {}): Bench {
  const bench = new Bench().update(fields).wait(10);
  bench.take();
  return bench;
}
const settled4 = () => settled({ options: [ipv4Home(HOA4)] });
