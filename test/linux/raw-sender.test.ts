/** Whole packets out of a namespace as they are, what a filter for signalling lets in, and a host that keeps quiet. */
import { afterEach, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { encodeLayers } from '../../src/diagnostics/layers/encode-layers.js';
import { Capture, type CapturedFrame } from '../../src/linux/capture.js';
import { mobilityFilter } from '../../src/linux/filter.js';
import { QuietListener, RawSender } from '../../src/linux/raw-sender.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

const SELF = '2001:db8:1::1';
const PEER = '2001:db8:1::2';
const SELF4 = '192.0.2.1';
const PEER4 = '192.0.2.2';
type Layer = { layer: string; fields: object };

const UPDATE: Layer = { layer: 'mh', fields: { type: 5, sequence: 7, flags: 'AH', lifetime: 60 } };
const HOME: Layer = {
  layer: 'destopt',
  fields: { options: [{ type: 'Home Address', address: '2001:db8:9::9' }] },
};
const TCP: Layer = {
  layer: 'tcp',
  fields: {
    sourcePort: 1,
    destinationPort: 2,
    sequence: 0,
    acknowledgement: 0,
    flags: 'A',
    window: 0,
    urgent: 0,
  },
};
const udp = (sourcePort: number, destinationPort: number): Layer => ({
  layer: 'udp',
  fields: { sourcePort, destinationPort },
});
const icmpv6 = (type: number, fields: object): Layer => ({
  layer: 'icmpv6',
  fields: { type, code: 0, ...fields },
});
const UNREACHABLE: Layer = { layer: 'icmp', fields: { type: 3, code: 1, mtu: 0 } };
const ECHO: Layer = { layer: 'icmp', fields: { type: 8, code: 0, identifier: 1, sequence: 1 } };
const DATA: Layer = { layer: 'data', fields: { octets: '0x0102030405060708' } };
const TARGET = { target: PEER };

describe.skipIf(!isRoot)('a raw sender', () => {
  afterEach(removeNamespaces);

  it('sends any source and any fault; only identification and checksum of IPv4 are the kernel’s', async () => {
    const { a, seen, close } = await ends();
    const sender = RawSender.open({ netns: a.path });
    const foreign = six([UPDATE], { source: '2001:db8:dead::1', hopLimit: 1 });
    const broken = six([HOME, UPDATE]);
    broken[broken.length - 9]! ^= 0xff;
    const four = encodeLayers([
      v4({ source: '203.0.113.77' }),
      udp(4191, 4191),
      { layer: 'ipv6', fields: v6() },
      UPDATE,
    ]);
    for (const octets of [foreign, broken, four]) sender.send(octets);
    await eventually(() => seen.length === 3, 'three packets');
    expect(toHex(packetOf(seen[0]!))).toBe(toHex(foreign));
    expect(toHex(packetOf(seen[1]!))).toBe(toHex(broken));
    const got = packetOf(seen[2]!);
    const own = (octets: Uint8Array) => octets.filter((_, at) => ![4, 5, 10, 11].includes(at));
    expect(toHex(own(got))).toBe(toHex(own(four)));
    sender.close();
    close();
  });

  it('reaches a link-local address by the interface that is named', async () => {
    const { a, seen, close } = await ends();
    const octets = six([UPDATE], { destination: 'fe80::2' });
    a.setUp(`ip neigh add fe80::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent`);
    const sender = RawSender.open({ netns: a.path, link: 'eth0' });
    sender.send(octets);
    await eventually(() => seen.length === 1, 'one packet');
    expect(toHex(packetOf(seen[0]!))).toBe(toHex(octets));
    sender.close();
    close();
  });

  it.each([
    [
      'no route',
      six([UPDATE], { destination: '2001:db8:ffff::1' }),
      'ENETUNREACH',
      'no route to it',
    ],
    ['no route', four([udp(1, 2), DATA], { destination: '8.8.8.8' }), 'ENETUNREACH', 'no route'],
    [
      'too large',
      six([udp(1, 2), { layer: 'data', fields: { octets: `0x${'00'.repeat(1600)}` } }]),
      'EMSGSIZE',
      'larger',
    ],
    ['nothing', new Uint8Array(0), undefined, 'no whole IP header'],
    ['another version', new Uint8Array(60).fill(0x50), undefined, 'no whole IP header'],
  ])('what the kernel does not send is told: %s', async (_, octets, errno, said) => {
    const { a, close } = await ends();
    const sender = RawSender.open({ netns: a.path });
    let error: unknown;
    try {
      sender.send(octets);
    } catch (thrown) {
      error = thrown;
    }
    expect(error).toMatchObject({ code: 'SOCKET', errno });
    expect((error as Error).message).toContain(said);
    sender.close();
    close();
  });

  it('an interface that is not there is refused at once', () => {
    const a = namespace('a');
    expect(() => RawSender.open({ netns: a.path, link: 'eth9' })).toThrow(
      'There is no interface eth9.',
    );
  });
});

describe.skipIf(!isRoot)('the filter for signalling', () => {
  afterEach(removeNamespaces);

  const inner: Layer = { layer: 'ipv6', fields: v6() };
  const PASSES: readonly [string, Uint8Array][] = [
    ['a Mobility Header', six([UPDATE])],
    ['one behind a Home Address option', six([HOME, UPDATE])],
    ['one in IPv6', six([inner, UPDATE])],
    ['one in IPv4', four([inner, UPDATE])],
    ['one in UDP', four([udp(40_000, 4191), inner, UPDATE])],
    ['one in UDP, back', four([udp(4191, 40_000), inner, HOME, UPDATE])],
    ['a discovery', six([icmpv6(144, { identifier: 1, mobileRouter: false })])],
    ['an error', six([icmpv6(4, { pointer: 1 }), DATA])],
    ['an error in UDP', four([udp(4191, 4191), inner, icmpv6(4, { pointer: 1 }), DATA])],
    ['an error of IPv4', four([UNREACHABLE, DATA])],
  ];
  const STAYS: readonly [string, Uint8Array][] = [
    ['TCP', six([TCP])],
    ['TCP in a tunnel', six([inner, TCP])],
    ['TCP in a tunnel over IPv4', four([inner, TCP])],
    ['TCP in UDP', four([udp(4191, 4191), inner, TCP])],
    ['an echo request', six([icmpv6(128, { identifier: 1, sequence: 1 })])],
    ['a neighbour solicitation', six([icmpv6(135, TARGET)])],
    ['UDP of others', four([udp(53, 53), DATA])],
    ['an echo of IPv4', four([ECHO, DATA])],
  ];

  it('lets in, both ways, what may hold a message or an error, and nothing else', async () => {
    const { a, b, close } = await ends();
    const heard: CapturedFrame[] = [];
    const out: CapturedFrame[] = [];
    const filter = mobilityFilter();
    const captures = [
      Capture.open({ netns: b.path, filter }, (f) => f.direction === 'in' && heard.push(f)),
      Capture.open({ netns: a.path, filter }, (f) => f.direction === 'out' && out.push(f)),
    ];
    const sender = RawSender.open({ netns: a.path });
    const last = six([UPDATE], { source: '2001:db8:dead::1' });
    for (const [, octets] of [...STAYS, ...PASSES]) sender.send(octets);
    sender.send(last);
    const came = (frames: CapturedFrame[]) =>
      frames.some((f) => toHex(packetOf(f)) === toHex(last));
    await eventually(() => came(heard) && came(out), 'the last one');
    const name = (f: CapturedFrame) =>
      [...PASSES, ...STAYS].find(([, o]) => same(packetOf(f), o))?.[0];
    const names = (frames: CapturedFrame[]) => frames.map(name).filter((n) => n !== undefined);
    expect(names(heard)).toEqual(PASSES.map(([n]) => n));
    expect(names(out)).toEqual(PASSES.map(([n]) => n));
    for (const capture of captures) capture.close();
    sender.close();
    close();
  });
});

describe.skipIf(!isRoot)('a quiet listener', () => {
  afterEach(removeNamespaces);

  it('keeps the kernel from answering for what nobody listens to', async () => {
    const { a, b, close } = await ends();
    const errors: string[] = [];
    const capture = Capture.open({ netns: a.path, filter: mobilityFilter([4191]) }, (f) => {
      const octets = packetOf(f);
      if (f.direction === 'in') errors.push(octets[0]! >> 4 === 6 ? 'six' : 'four');
    });
    const sender = RawSender.open({ netns: a.path });
    const ask = () => {
      sender.send(six([UPDATE]));
      sender.send(four([udp(4191, 4191), DATA]));
    };
    // Asked again: the first packets over a fresh cable may be lost.
    ask();
    const again = setInterval(ask, 400);
    await eventually(() => new Set(errors).size === 2, 'both are refused');
    clearInterval(again);
    await pause(100);
    const before = errors.length;
    const quiet = QuietListener.open(b.path, [4191]);
    ask();
    quiet.close();
    sender.send(four([udp(4191, 4191), DATA]));
    await eventually(() => errors.length > before, 'one more');
    expect(errors.slice(before)).toEqual(['four']);
    capture.close();
    sender.close();
    close();
  });
});

/** Two namespaces and a cable that carries; `seen` is what comes to `b` of signalling. */
async function ends() {
  const a = namespace('a');
  const b = namespace('b');
  cable(a, 'eth0', b, 'eth0');
  addresses(a, SELF, SELF4);
  addresses(b, PEER, PEER4);
  // Nothing is to wait for a neighbour, nor to be asked for one.
  a.setUp(`ip neigh add ${PEER} lladdr ${b.mac('eth0')} dev eth0 nud permanent
    ip neigh add ${PEER4} lladdr ${b.mac('eth0')} dev eth0 nud permanent`);
  b.setUp(`ip neigh add ${SELF} lladdr ${a.mac('eth0')} dev eth0 nud permanent
    ip neigh add ${SELF4} lladdr ${a.mac('eth0')} dev eth0 nud permanent`);
  for (const ns of [a, b]) await carries(ns);
  const seen: CapturedFrame[] = [];
  const capture = Capture.open(
    { netns: b.path, link: 'eth0', filter: mobilityFilter() },
    (f) => f.direction === 'in' && seen.push(f),
  );
  return { a, b, seen, close: () => capture.close() };
}

/** Until then the kernel drops what is sent, and says nothing. */
async function carries(ns: Namespace): Promise<void> {
  for (let tries = 0; tries < 500; tries++) {
    const link = await ns.run('ip', '-o', 'link', 'show', 'dev', 'eth0');
    const local = await ns.run('ip', '-6', '-o', 'address', 'show', 'dev', 'eth0', 'scope', 'link');
    if (link.includes('state UP') && local !== '') return;
  }
  throw new Error('the cable does not carry');
}

function addresses(ns: Namespace, address: string, address4: string): void {
  ns.setUp(`ip addr add ${address}/64 dev eth0 nodad
    ip addr add ${address4}/24 dev eth0`);
}

/** The kernel's part of an IPv4 header left out. */
const same = (a: Uint8Array, b: Uint8Array): boolean =>
  a.length === b.length && toHex(a.subarray(20)) === toHex(b.subarray(20)) && a[0] === b[0];

const packetOf = (frame: CapturedFrame): Uint8Array => frame.octets.subarray(14);

function v6(more: object = {}) {
  return {
    version: 6,
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 64,
    source: SELF,
    destination: PEER,
    ...more,
  };
}

function v4(more: object = {}): Layer {
  const fields = {
    version: 4,
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
  };
  return {
    layer: 'ipv4',
    fields: { ...fields, fragmentOffset: 0, ttl: 64, source: SELF4, destination: PEER4, ...more },
  };
}

function six(layers: readonly Layer[], more: object = {}): Uint8Array {
  return encodeLayers([{ layer: 'ipv6', fields: v6(more) }, ...layers]);
}

function four(layers: readonly Layer[], more: object = {}): Uint8Array {
  return encodeLayers([v4(more), ...layers]);
}

const pause = (milliseconds: number): Promise<void> =>
  new Promise((done) => setTimeout(done, milliseconds));
