/** Whatever comes, in whatever order: no exception, no storm, nothing left over. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ipv4, ipv6, mac } from '../../../src/base/address.js';
import { keyOf, type DatapathState } from '../../../src/core/datapath/model.js';
import type { Arrival } from '../../../src/core/input.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import type { MobilityMessage } from '../../../src/wire/mobility/message.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import { ETHERTYPE } from '../../../src/wire/protocol.js';
import {
  HOA,
  HOA4,
  HOME_AGENT,
  HOME_AGENT4,
  MN_MAC,
  ScriptedNetwork,
  homeNetwork,
  mobileNodeOptions,
  network,
  type Network,
} from './scripted-network.js';

it('no input throws, storms or leaves a contradictory datapath', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 60 }), fc.nat(), (steps, seed) => {
      const net = world(seed);
      for (const one of steps) {
        one(net);
        check(net);
      }
      settles(net);
    }),
    { numRuns: 80, seed: 20240611 },
  );
}, 60_000);

it('after any life an orderly end takes two seconds at most', () => {
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 30 }), fc.nat(), (steps, seed) => {
      const net = world(seed);
      for (const one of steps) one(net);
      net.do((node, now) => node.stop(now));
      net.run(net.now / 1000 + 2);
      expect(net.node.stopped).toBe(true);
      expect(net.node.pollTimeout()).toBeUndefined();
      expect(net.datapath.items).toEqual([]);
    }),
    { numRuns: 60, seed: 20240612 },
  );
}, 60_000);

type Step = (net: ScriptedNetwork) => void;

const link = fc.constantFrom('eth0', 'eth1');
const place = fc.constantFrom<() => Network>(
  () => homeNetwork(),
  () => homeNetwork({ homeAgent: undefined }),
  () => network({ prefixes: ['2001:db8:a::/64'], routerMac: mac('02:00:00:00:00:0a') }),
  () =>
    network({ prefixes: ['2001:db8:b::/64'], routerMac: mac('02:00:00:00:00:0b'), interval: 50 }),
  () => network({ prefixes: ['2001:db8:c::/64'], validLifetime: 8, preferredLifetime: 4 }),
  () => network({ prefixes: ['2001:db8:d::/64'], ipv6Lost: true, dhcp: lease('10.0.0.5', 60) }),
  () => network({ dhcp: lease('10.1.0.5', 3600), nat: ipv4('203.0.113.7') }),
  () => network({ dhcp: lease('10.2.0.5', 0xffffffff) }),
  () => network(),
);

const status = fc.constantFrom(0, 0, 0, 1, 128, 129, 130, 132, 133, 134, 135, 144, 174, 255);
const option = fc.constantFrom<MobilityOption>(
  { kind: 'bindingRefreshAdvice', interval: 4 },
  { kind: 'natDetection', forceUdp: true, refresh: 0xffffffff },
  { kind: 'natDetection', forceUdp: false, refresh: 7 },
  { kind: 'natDetection', forceUdp: false, refresh: 0 },
  { kind: 'ipv4AddressAck', status: 0, prefixLength: 32, address: HOA4 },
  { kind: 'ipv4AddressAck', status: 131, prefixLength: 0, address: HOA4 },
  { kind: 'unknown', type: 200, data: Uint8Array.of(1, 2, 3) },
);
const sequence = fc.oneof(fc.nat({ max: 40 }), fc.nat({ max: 0xffff }));
const lifetime = fc.constantFrom(0, 4, 20, 600, 262140);
const message: fc.Arbitrary<MobilityMessage> = fc.oneof(
  fc.record({
    kind: fc.constant('bindingAck' as const),
    status,
    flags: fc.nat({ max: 255 }),
    sequence,
    lifetime,
    options: fc.array(option, { maxLength: 3 }),
  }),
  fc.constant({ kind: 'bindingRefreshRequest' as const, options: [] }),
  fc.constant({ kind: 'bindingError' as const, status: 1, homeAddress: HOA, options: [] }),
  fc.constant({ kind: 'homeTestInit' as const, cookie: new Uint8Array(8), options: [] }),
);
const arrival = fc.constantFrom<Arrival>(
  { kind: 'native' },
  { kind: 'tunnel', source: HOME_AGENT },
  { kind: 'tunnel', source: HOME_AGENT4 },
  {
    kind: 'udp',
    source: HOME_AGENT4,
    sourcePort: 4191,
    destination: ipv4('10.1.0.5'),
    destinationPort: 4191,
  },
);
const target = fc.constantFrom(
  { kind: 'auto' as const },
  { kind: 'home' as const },
  { kind: 'link' as const, link: 'eth1' },
  { kind: 'family' as const, family: 4 as const },
  { kind: 'family' as const, family: 6 as const },
);

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.tuple(link, place).map(
      ([l, p]): Step =>
        (net) =>
          net.plug(l, p()),
    ),
  },
  {
    weight: 2,
    arbitrary: link.map(
      (l): Step =>
        (net) =>
          net.unplug(l),
    ),
  },
  {
    weight: 1,
    arbitrary: link.map(
      (name): Step =>
        (net) =>
          net.input({ kind: 'linkGone', name }),
    ),
  },
  {
    weight: 6,
    arbitrary: fc.constantFrom(0.001, 0.05, 0.3, 1, 5, 40, 400).map(
      (wait): Step =>
        (net) =>
          void run(net, wait),
    ),
  },
  {
    weight: 1,
    arbitrary: link.map(
      (l): Step =>
        (net) =>
          net.advertise(l),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.tuple(message, arrival, fc.boolean()).map(([m, how, routed]): Step => (net) => {
      const careOf = ipv6('2001:db8:a::ff:fe00:10');
      const octets = encodeMobilityPacket({
        source: HOME_AGENT,
        destination: routed ? careOf : HOA,
        ...(routed ? { routingHome: HOA } : {}),
        message: m,
      });
      receive(net, octets, how);
    }),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(link, fc.uint8Array({ maxLength: 120 }), fc.nat({ max: 2 }))
      .map(([l, payload, which]): Step => (net) => {
        const etherType = [ETHERTYPE.ipv6, ETHERTYPE.arp, ETHERTYPE.ipv4][which]!;
        const source = mac('02:00:00:00:00:66');
        net.input({
          kind: 'frame',
          frame: { link: l, source, destination: MN_MAC, etherType, payload },
        });
      }),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(fc.uint8Array({ maxLength: 120 }), arrival).map(
      ([octets, how]): Step =>
        (net) =>
          receive(net, octets, how),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(message, fc.nat(), fc.nat({ max: 255 }), fc.nat())
      .map(([m, where, value, cut]): Step => (net) => {
        const octets = encodeMobilityPacket({ source: HOME_AGENT, destination: HOA, message: m });
        octets[where % octets.length] = value;
        receive(net, octets.subarray(0, octets.length - (cut % 9)), { kind: 'native' });
      }),
  },
  {
    weight: 1,
    arbitrary: target.map(
      (t): Step =>
        (net) =>
          void net.do((node, now) => node.handover(t, now)),
    ),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(status, lifetime, fc.array(option, { maxLength: 2 }), fc.boolean())
      .map(([s, l, options, silent]): Step => (net) => {
        net.homeAgent = () => (silent ? undefined : { status: s, lifetime: l, options });
      }),
  },
);

function world(seed: number): ScriptedNetwork {
  const home = {
    ...mobileNodeOptions().homes[0]!,
    homeAddress4: { address: HOA4, prefixLength: 24 },
  };
  const part = {
    dsmip: seed % 3 !== 0,
    optimisticDad: seed % 2 === 0,
    forceUdp: seed % 5 === 0,
    homes: [home],
  };
  return new ScriptedNetwork(part, seed % 7 === 0 ? { [`bound ${HOA}`]: '1' } : {});
}

function lease(address: string, seconds: number) {
  const router = ipv4(address.replace(/\.5$/, '.1'));
  return { address: ipv4(address), router, lease: seconds, delay: 5 };
}

function receive(net: ScriptedNetwork, octets: Uint8Array, how: Arrival): void {
  net.input({ kind: 'packet', packet: { link: 'eth0', octets, arrival: how, protected: false } });
}

/** A node in any state may wake up, but not more than a few times a second on average. */
function run(net: ScriptedNetwork, wait: number): void {
  const before = net.lines.length;
  net.run(net.now / 1000 + wait);
  expect(net.lines.length - before).toBeLessThan(200 + 40 * wait);
}

function check(net: ScriptedNetwork): void {
  const { items } = net.datapath;
  expect(new Set(items.map(keyOf)).size).toBe(items.length);
  const next = net.node.pollTimeout();
  if (next) expect(Number.isFinite(next.at)).toBe(true);
  checkTunnel(net.datapath);
  checkUpdates(net);
  expect(JSON.parse(JSON.stringify(net.node.view(net.now)))).toBeDefined();
}

/** Tunnels start from addresses that are ours, and carry only home addresses. */
function checkTunnel({ items }: DatapathState): void {
  const own = new Set(
    items.flatMap((i) => (i.kind === 'address' ? [`${i.address} ${i.link}`] : [])),
  );
  for (const item of items) {
    if (item.kind !== 'tunnel') continue;
    expect(own).toContain(`${item.local} ${item.link}`);
    for (const { source } of item.send) expect([HOA, HOA4]).toContain(source?.address);
  }
}

/** RFC 6275 §11.8: at most three a second, and every sequence number above the last. */
function checkUpdates(net: ScriptedNetwork): void {
  const sent = net.events.filter(({ event }) =>
    ['BU_SENT', 'SEQUENCE_ADOPTED'].includes(event.code),
  );
  const times = sent.filter(({ event }) => event.code === 'BU_SENT').map(({ at }) => at);
  for (let i = 3; i < times.length; i++) expect(times[i]! - times[i - 3]!).toBeGreaterThan(0.9999);
  for (let i = 1; i < sent.length; i++) {
    if (sent[i]!.event.code !== 'BU_SENT') continue;
    const step =
      Number(sent[i]!.event.fields.sequence) - Number(sent[i - 1]!.event.fields.sequence);
    expect((step & 0xffff) > 0 && (step & 0xffff) < 4).toBe(true);
  }
  net.events.splice(0, Math.max(0, net.events.length - 8));
}

/** Without links nothing is sent, and in the end nothing is waited for. */
function settles(net: ScriptedNetwork): void {
  net.unplug('eth0');
  net.unplug('eth1');
  net.take();
  const sent = net.run(net.now / 1000 + 700).take('BU', 'RS', 'NS', 'DHCP', 'ARP');
  expect(sent).toEqual([]);
  net.run(net.now / 1000 + 400_000);
  expect(net.node.pollTimeout()).toBeUndefined();
}
