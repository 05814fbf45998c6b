/** What the packet socket passes on from a link, and what it keeps away. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  addressOctets,
  ipv6,
  macOctets,
  multicastMac,
  solicitedNode,
  type MacAddress,
} from '../../src/base/address.js';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { transportChecksum } from '../../src/base/checksum.js';
import type { DatapathItem } from '../../src/core/datapath/model.js';
import type { ReceivedFrame, ReceivedPacket, WorldInput } from '../../src/core/input.js';
import { Capture, LinuxWorld, native, type CapturedFrame } from '../../src/linux/index.js';
import { linkSocketAddress } from '../../src/linux/sockaddr.js';
import { NONE, SEND, type NativeHandle } from '../../src/linux/native.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

const OWN = ipv6('2001:db8:1::1');
const PEER = ipv6('2001:db8:1::2');

describe.skipIf(!isRoot)('receiving from a link', () => {
  let ns: Namespace;
  let peer: Namespace;
  let world: LinuxWorld;
  let wire: NativeHandle;
  let inputs: WorldInput[];

  beforeEach(async () => {
    ns = namespace('ha');
    peer = namespace('peer');
    cable(ns, 'eth0', peer, 'eth0');
    ns.setUp(`ip addr add ${OWN}/64 dev eth0`);
    peer.setUp(`ip addr add ${PEER}/64 dev eth0`);
    world = await LinuxWorld.open({
      name: ns.name,
      netns: ns.path,
      links: ['eth0'],
      storeFile: null,
      stateFile: `/tmp/${ns.name}.state.json`,
      onEvent: () => {},
    });
    inputs = [];
    world.listen((input) => inputs.push(input));
    const signalling: DatapathItem = { kind: 'signalling', addresses: [OWN], udp: null };
    await world.datapath.apply({ items: [signalling] });
    wire = native().openSocket(peer.path, 17, 3, 0); // AF_PACKET SOCK_RAW
    wire.bind(linkSocketAddress(native().linkIndex(peer.path, 'eth0'), 0));
  });
  afterEach(async () => {
    wire.close();
    await world.close();
    removeNamespaces();
  });

  it('passes a solicitation for an address whose group the kernel has not joined', async () => {
    const group = solicitedNode(ipv6('2001:db8:1::abcd'));
    put(multicastMac(group), '86dd', six(58, PEER, group, `87000000 00000000 ${hex(OWN)}`));
    const { source, payload, checksumDeferred } = await frame();
    expect(source).toBe(peerMac());
    expect(payload[40]).toBe(135);
    expect(checksumDeferred).toBeUndefined();
  });

  it('passes ARP and keeps the padding of the link, which is the decoder’s to judge', async () => {
    put(
      'ff:ff:ff:ff:ff:ff' as MacAddress,
      '0806',
      `0001080006040001${'00'.repeat(20)}${'00'.repeat(18)}`,
    );
    const { etherType, payload, destination } = await frame();
    expect([etherType, payload.length, destination]).toEqual([0x806, 46, 'ff:ff:ff:ff:ff:ff']);
  });

  it('marks a checksum that the sender left to its hardware', async () => {
    // A DHCP discover sent by an ordinary socket over veth: the kernel never computed it.
    const udp = native().openSocket(peer.path, 2, 2, 0);
    udp.setOption(1, 6, 1); // SO_BROADCAST
    peer.setUp('ip addr add 192.0.2.9/24 dev eth0');
    const to = Uint8Array.of(2, 0, 0, 67, 255, 255, 255, 255, 0, 0, 0, 0, 0, 0, 0, 0);
    peer.setUp('ip route add 255.255.255.255/32 dev eth0');
    sendTo(udp, new Uint8Array(240), to);
    udp.close();
    const received = await eventually(
      () => frames().find((f) => f.etherType === 0x800),
      'the discover',
    );
    expect(received.checksumDeferred).toBe(true);
  });

  it('passes a Mobility Header to a signalling address with who sent the frame', async () => {
    put(ownMac(), '86dd', six(135, PEER, OWN, '3b00050000000000'));
    const { arrival, octets, link } = await packet();
    expect(arrival).toEqual({ kind: 'native', linkSource: peerMac() });
    expect([link, octets.length]).toEqual(['eth0', 48]);
  });

  it('passes a Home Address option before anything, so that it can be refused', async () => {
    put(ownMac(), '86dd', six(60, PEER, OWN, `${homeAddressOption(17)} 1234567800080000`));
    expect((await packet()).octets[6]).toBe(60);
  });

  it('passes a type 2 routing header, and not type 0', async () => {
    put(ownMac(), '86dd', six(43, PEER, OWN, `3b020001 00000000 ${hex('2001:db8:a::100')}`));
    put(ownMac(), '86dd', six(43, PEER, OWN, `3b020201 00000000 ${hex('2001:db8:a::100')}`));
    expect((await packet()).octets[42]).toBe(2);
    await quiet();
    expect(packets()).toHaveLength(1);
  });

  it.each([
    ['discovery of home agents', '9000 0000 00010000'],
    ['a prefix solicitation', '9200 0000 00010000'],
    [
      'an error about a Binding Update',
      `0100 0000 00000000 ${six(135, OWN, PEER, '3b00050000000000')}`,
    ],
  ])('passes %s', async (_, body) => {
    put(ownMac(), '86dd', six(58, PEER, OWN, body));
    expect((await packet()).octets[6]).toBe(58);
  });

  it('keeps away what is for others, what is ordinary, and what is broken', async () => {
    put('02:00:00:00:00:99' as MacAddress, '86dd', six(135, PEER, OWN, '3b00050000000000'));
    put(ownMac(), '86dd', six(135, PEER, ipv6('2001:db8:1::77'), '3b00050000000000'));
    put(ownMac(), '86dd', six(58, PEER, OWN, '8000 0000 00010001'));
    put(ownMac(), '86dd', six(6, PEER, OWN, '00'.repeat(20)));
    put(ownMac(), '86dd', six(60, PEER, OWN, '11ff'));
    put(ownMac(), '86dd', `60000000 ffff 8740 ${hex(PEER)} ${hex(OWN)}`);
    put(ownMac(), '86dd', '6000');
    put(ownMac(), '0800', '4f00');
    put(ownMac(), '8100', `0005 86dd ${six(135, PEER, OWN, '3b00050000000000')}`);
    put(ownMac(), '86dd', six(135, PEER, OWN, '3b00ff00000000ff')); // the last one marks the end
    await eventually(() => packets().some((p) => p.octets[42] === 0xff), 'the last packet');
    expect(packets().map((p) => p.octets[42])).toEqual([0xff]);
    expect(world.counters['malformed']).toBeGreaterThanOrEqual(2);
  });

  it('keeps the kernel from answering what is ours', async () => {
    const seen: CapturedFrame[] = [];
    const capture = Capture.open({ netns: peer.path, link: 'eth0' }, (f) => seen.push(f));
    put(ownMac(), '86dd', six(60, PEER, OWN, homeAddressOption(59)));
    put(ownMac(), '86dd', six(43, PEER, OWN, `3b020201 00000000 ${hex('2001:db8:a::100')}`));
    put(ownMac(), '86dd', six(41, PEER, OWN, six(59, PEER, OWN, '')));
    put(ownMac(), '86dd', six(135, PEER, OWN, '3b00050000000000'));
    put(ownMac(), '86dd', six(58, PEER, OWN, echoRequest()));
    await eventually(
      () => seen.find((f) => f.octets[54] === 129),
      'an echo reply, after all the others',
    );
    const errors = seen.filter((f) => f.octets[20] === 58 && f.octets[54]! < 128);
    expect(errors.map((f) => toHex(f.octets))).toEqual([]);
    const ours = seen.filter((f) => f.direction === 'out' && f.octets[54] !== 136);
    const headers = ours.filter(
      (f) => toHex(f.octets.subarray(0, 6)) === toHex(macOctets(ownMac())),
    );
    expect(headers.map((f) => f.octets[20])).toEqual([60, 43, 41, 135, 58]);
    capture.close();
  });

  it('survives a storm of netlink notices, and is right at the end', async () => {
    // Blocks this process: nothing is read meanwhile, and the socket's buffer overflows.
    ns.batch([
      ...Array.from({ length: STORM }, (_, i) => `link set eth0 alias storm-${i}`),
      'link set eth0 mtu 1400',
    ]);
    await eventually(() => world.links.list()[0]!.mtu === 1400, 'the last change');
    await eventually(() => inputs.some((i) => i.kind === 'link' && i.link.mtu === 1400), 'told');
    expect(world.counters['netlink-overrun']).toBeGreaterThan(0);
  }, 30_000);

  const frames = (): ReceivedFrame[] =>
    inputs.flatMap((i) => (i.kind === 'frame' ? [i.frame] : []));
  const packets = (): ReceivedPacket[] =>
    inputs.flatMap((i) => (i.kind === 'packet' ? [i.packet] : []));
  const packet = () => eventually(() => packets()[0], 'a packet');
  /** The first that this test sent, by its padding or its source. */
  const frame = () =>
    eventually(() => frames().find((f) => f.source === peerMac() && isTest(f)), 'a frame');
  const isTest = (f: ReceivedFrame) =>
    f.etherType === 0x806 || toHex(f.payload).includes(toHex(fromHex(hex(OWN))!));
  const ownMac = (): MacAddress => world.links.list()[0]!.mac;
  const peerMac = (): MacAddress => peer.mac('eth0');
  const quiet = () => new Promise((resolve) => setTimeout(resolve, 50));

  function put(to: MacAddress, etherType: string, body: string): void {
    const frameHex = `${to}${peerMac()}${etherType}${body}`;
    sendTo(wire, fromHex(frameHex)!);
  }
});

function sendTo(handle: NativeHandle, octets: Uint8Array, to?: Uint8Array): void {
  const row = new Uint32Array(SEND.words);
  row[SEND.length] = octets.length;
  row[SEND.trafficClass] = NONE;
  if (to) {
    row[SEND.nameLength] = to.length;
    new Uint8Array(row.buffer).set(to, SEND.name * 4);
  }
  expect(handle.send(octets, row, 0, 1)).toBe(1);
}

const hex = (address: string): string => toHex(addressOctets(ipv6(address)));

/** An IPv6 packet in hexadecimal, hop limit 255. */
function six(next: number, source: string, destination: string, body: string): string {
  const octets = fromHex(body)!;
  const length = octets.length.toString(16).padStart(4, '0');
  const head = `60000000${length}${next.toString(16).padStart(2, '0')}ff`;
  return `${head}${hex(source)}${hex(destination)}${toHex(octets)}`;
}

/** A Destination Options header of 24 octets: padding to 8n+6, option 201. RFC 6275 §6.3 */
const homeAddressOption = (next: number): string =>
  `${next.toString(16).padStart(2, '0')}02 01020000 c910 ${hex('2001:db8:a::100')}`;

function echoRequest(): string {
  const octets = fromHex('8000000000010001')!;
  new DataView(octets.buffer).setUint16(2, transportChecksum(PEER, OWN, 58, octets));
  return toHex(octets);
}

const STORM = 12_000;
