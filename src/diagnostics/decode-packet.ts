/**
 * A frame or packet taken apart for people, layer by layer, as deep as it goes. Nothing here throws: octets that are
 * cut or wrong end in a `broken` layer that says where and why, after as much as could be read.
 */
import type { IpAddress, Ipv6, MacAddress } from '../base/address.js';
import { WireError } from '../base/error.js';
import { decodeAh, type AhHeader } from '../wire/ah.js';
import { decodeArp, type ArpMessage } from '../wire/arp.js';
import { decodeDhcp } from '../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../wire/dhcpv4/message.js';
import { decodeEsp } from '../wire/esp.js';
import { decodeEthernet, ETHERNET_HEADER } from '../wire/ethernet.js';
import { decodeIcmpv4, type Icmpv4Message } from '../wire/icmpv4.js';
import { decodeIcmpv6, type Icmpv6Message } from '../wire/icmpv6.js';
import { decodeIpv4, type Ipv4Packet } from '../wire/ipv4.js';
import { decodeIpv6, homeAddressOption, isFragment, routing2 } from '../wire/ipv6-codec.js';
import type { Ipv6Packet } from '../wire/ipv6.js';
import { decodeMobility, verifyMobility, type MobilityHeader } from '../wire/mobility/codec.js';
import { messageName, messageRow } from '../wire/mobility/message-table.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import { LINKTYPE } from './pcapng.js';

/** `offset` counts octets from the start of the whole. */
export type Layer = Readonly<
  { offset: number } & (
    | { kind: 'ethernet'; source: MacAddress; destination: MacAddress; etherType: number }
    | { kind: 'arp'; message: ArpMessage }
    | { kind: 'ipv6'; packet: Ipv6Packet }
    | { kind: 'ipv4'; packet: Ipv4Packet }
    | { kind: 'udp'; sourcePort: number; destinationPort: number; length: number }
    | { kind: 'tcp'; sourcePort: number; destinationPort: number; flags: string; length: number }
    /** `checksumGood` null: there were not enough octets to tell. */
    | { kind: 'mobility'; header: MobilityHeader; checksumGood: boolean | null }
    | { kind: 'icmpv6'; message: Icmpv6Message }
    | { kind: 'icmpv4'; message: Icmpv4Message }
    | { kind: 'dhcp'; message: DhcpMessage }
    | { kind: 'esp'; spi: number; sequence: number; length: number }
    | { kind: 'ah'; header: Omit<AhHeader, 'payload'> }
    /** RFC 3948 §2.3 */
    | { kind: 'natKeepalive' }
    /** Octets that nobody here splits: `protocol` says what they are. */
    | { kind: 'data'; protocol: string; octets: Uint8Array }
    /** `what` could not be read at `offset`; `code` as in `WireError`. */
    | { kind: 'broken'; what: string; code: string; detail: string; octets: Uint8Array }
  )
>;

/** By the link type of a capture; an unknown one gives a `data` layer. */
export function decodeCaptured(octets: Uint8Array, linkType: number): Layer[] {
  switch (linkType) {
    case LINKTYPE.ethernet:
      return decodeFrame(octets);
    case LINKTYPE.raw:
    case LINKTYPE.ipv4:
    case LINKTYPE.ipv6:
      return decodePacket(octets);
    case LINKTYPE.linuxSll: {
      const layers: Layer[] = [];
      if (octets.length < SLL_HEADER) broken(layers, 'Linux cooked header', 0, octets, CUT);
      else
        byEtherType(
          (octets[14]! << 8) | octets[15]!,
          octets.subarray(SLL_HEADER),
          SLL_HEADER,
          layers,
        );
      return layers;
    }
    case LINKTYPE.linuxSll2: {
      const layers: Layer[] = [];
      if (octets.length < SLL2_HEADER) broken(layers, 'Linux cooked header', 0, octets, CUT);
      else {
        const etherType = (octets[0]! << 8) | octets[1]!;
        byEtherType(etherType, octets.subarray(SLL2_HEADER), SLL2_HEADER, layers);
      }
      return layers;
    }
    default:
      return [{ kind: 'data', offset: 0, protocol: `link type ${linkType}`, octets }];
  }
}

/** An Ethernet frame. */
export function decodeFrame(octets: Uint8Array): Layer[] {
  const layers: Layer[] = [];
  try {
    const { source, destination, etherType, payload } = decodeEthernet(octets);
    layers.push({ kind: 'ethernet', offset: 0, source, destination, etherType });
    byEtherType(etherType, payload, ETHERNET_HEADER, layers);
  } catch (error) {
    broken(layers, 'Ethernet', 0, octets, error);
  }
  return layers;
}

/** An IPv4 or IPv6 packet, by its first four bits. */
export function decodePacket(octets: Uint8Array): Layer[] {
  const layers: Layer[] = [];
  ip(octets, 0, layers);
  return layers;
}

function byEtherType(
  etherType: number,
  payload: Uint8Array,
  offset: number,
  layers: Layer[],
): void {
  if (etherType === ETHERTYPE.ipv4 || etherType === ETHERTYPE.ipv6)
    return ip(payload, offset, layers);
  if (etherType === ETHERTYPE.arp) {
    return attempt(layers, 'ARP', offset, payload, () => ({
      kind: 'arp',
      offset,
      message: decodeArp(payload),
    }));
  }
  layers.push({
    kind: 'data',
    offset,
    protocol: `ethertype 0x${etherType.toString(16).padStart(4, '0')}`,
    octets: payload,
  });
}

function ip(octets: Uint8Array, offset: number, layers: Layer[]): void {
  if (layers.length >= MAX_LAYERS) {
    return void layers.push({ kind: 'data', offset, protocol: TOO_DEEP, octets });
  }
  const version = octets.length > 0 ? octets[0]! >>> 4 : 0;
  if (version === 6) ipv6(octets, offset, layers);
  else if (version === 4) ipv4(octets, offset, layers);
  else
    layers.push({
      kind: 'data',
      offset,
      protocol: octets.length === 0 ? 'nothing' : `IP version ${version}`,
      octets,
    });
}

function ipv6(octets: Uint8Array, offset: number, layers: Layer[]): void {
  let packet: Ipv6Packet;
  let missing = 0;
  try {
    try {
      packet = decodeIpv6(octets);
    } catch (error) {
      missing =
        octets.length < IPV6_HEADER
          ? 0
          : IPV6_HEADER + ((octets[4]! << 8) | octets[5]!) - octets.length;
      if (missing <= 0) throw error;
      packet = decodeIpv6(withLength(octets, 4, octets.length - IPV6_HEADER));
    }
  } catch (error) {
    return broken(layers, 'IPv6', offset, octets, error);
  }
  layers.push({ kind: 'ipv6', offset, packet });
  const at = offset + (packet.payloadOffset ?? IPV6_HEADER);
  if (isFragment(packet)) {
    layers.push({ kind: 'data', offset: at, protocol: 'fragment', octets: packet.payload });
  } else {
    const source = homeAddressOption(packet) ?? packet.source;
    const destination = routing2(packet)?.homeAddress ?? packet.destination;
    upper(packet.protocol, packet.payload, at, source, destination, missing > 0, layers);
  }
  cut(layers, 'IPv6', offset + octets.length, missing);
}

function ipv4(octets: Uint8Array, offset: number, layers: Layer[]): void {
  let packet: Ipv4Packet;
  let missing = 0;
  try {
    const total = octets.length >= IPV4_HEADER ? (octets[2]! << 8) | octets[3]! : 0;
    missing = Math.max(0, total - octets.length);
    packet = decodeIpv4(missing > 0 ? withLength(octets, 2, octets.length, 10) : octets);
  } catch (error) {
    return broken(layers, 'IPv4', offset, octets, error);
  }
  layers.push({ kind: 'ipv4', offset, packet });
  const at = offset + IPV4_HEADER + packet.options.length;
  if (packet.moreFragments || packet.fragmentOffset > 0) {
    layers.push({ kind: 'data', offset: at, protocol: 'fragment', octets: packet.payload });
  } else
    upper(
      packet.protocol,
      packet.payload,
      at,
      packet.source,
      packet.destination,
      missing > 0,
      layers,
    );
  cut(layers, 'IPv4', offset + octets.length, missing);
}

function upper(
  protocol: number,
  payload: Uint8Array,
  offset: number,
  source: IpAddress,
  destination: IpAddress,
  truncated: boolean,
  layers: Layer[],
): void {
  const at = { offset } as const;
  switch (protocol) {
    case PROTOCOL.mobility:
      return mobility(payload, offset, source as Ipv6, destination as Ipv6, layers);
    case PROTOCOL.icmpv6:
      return attempt(layers, 'ICMPv6', offset, payload, () => {
        const message = decodeIcmpv6(payload, source as Ipv6, destination as Ipv6, UNVERIFIED);
        return { kind: 'icmpv6', ...at, message };
      });
    case PROTOCOL.icmp:
      return attempt(layers, 'ICMP', offset, payload, () => {
        return { kind: 'icmpv4', ...at, message: decodeIcmpv4(payload, UNVERIFIED) };
      });
    case PROTOCOL.udp:
      return udp(payload, offset, layers);
    case PROTOCOL.ipv6:
    case PROTOCOL.ipv4:
      return ip(payload, offset, layers);
    case PROTOCOL.esp:
      return attempt(layers, 'ESP', offset, payload, () => esp(payload, offset));
    case PROTOCOL.ah:
      return ah(payload, offset, source, destination, truncated, layers);
    case PROTOCOL.tcp:
      return attempt(layers, 'TCP', offset, payload, () => tcp(payload, offset));
    case PROTOCOL.none:
      return;
    default:
      if (!truncated || payload.length > 0) {
        layers.push({ kind: 'data', ...at, protocol: `protocol ${protocol}`, octets: payload });
      }
  }
}

/** A message that is cut or bent is shown with its fixed part and the options before the damage. */
function mobility(
  payload: Uint8Array,
  offset: number,
  source: Ipv6,
  destination: Ipv6,
  layers: Layer[],
): void {
  try {
    const header = decodeMobility(payload, offset);
    const checksumGood = verifyMobility(payload, source, destination);
    layers.push({ kind: 'mobility', offset, header, checksumGood });
  } catch (error) {
    const name = payload.length > 2 ? messageName(payload[2]!) : 'Mobility Header';
    const readable = readablePart(payload, offset);
    if (!readable) return broken(layers, name, offset, payload, error);
    const { header, end } = readable;
    layers.push({ kind: 'mobility', offset, header, checksumGood: null });
    broken(layers, name, offset + end, payload.subarray(end), error);
  }
}

/**
 * The longest beginning that makes sense, up to the end of an option. An error tells where the fault is, so a few tries are
 * enough, and no octet is made up for those that are missing: work and memory stay linear in what is there.
 */
function readablePart(
  payload: Uint8Array,
  offset: number,
): { readonly header: MobilityHeader; readonly end: number } | undefined {
  const row = payload.length > 2 ? messageRow(payload[2]!) : undefined;
  if (!row) return undefined;
  const have = payload.subarray(0, 8 * (payload[1]! + 1));
  const least = 8 * (row.minHeaderLength + 1);
  const ends = optionEnds(have, EARLY_OPTIONS.has(row.type) ? 12 : least);
  for (let end = ends.pop(); end !== undefined;) {
    const whole = new Uint8Array(Math.max(end + (-end & 7), least));
    whole.set(have.subarray(0, end));
    whole[1] = whole.length / 8 - 1;
    try {
      return { header: { ...decodeMobility(whole, offset), headerLength: payload[1]! }, end };
    } catch (error) {
      const fault: number = error instanceof WireError ? error.offset - offset : 0;
      do end = ends.pop();
      while (end !== undefined && end > fault);
    }
  }
  return undefined;
}

/** Where the fixed part and each whole option after it end. RFC 6275 §6.2.1 */
function optionEnds(octets: Uint8Array, fixed: number): number[] {
  const ends: number[] = [];
  for (let at = fixed; at <= octets.length;) {
    ends.push(at);
    at += octets[at] === 0 ? 1 : 2 + (octets[at + 1] ?? octets.length);
  }
  return ends;
}

function udp(payload: Uint8Array, offset: number, layers: Layer[]): void {
  if (payload.length < UDP_HEADER) return broken(layers, 'UDP', offset, payload, CUT);
  const u16 = (at: number) => (payload[at]! << 8) | payload[at + 1]!;
  const sourcePort = u16(0);
  const destinationPort = u16(2);
  const length = u16(4);
  layers.push({
    kind: 'udp',
    offset,
    sourcePort,
    destinationPort,
    length: Math.max(0, length - UDP_HEADER),
  });
  const data = payload.subarray(UDP_HEADER, Math.max(UDP_HEADER, length));
  const at = offset + UDP_HEADER;
  const port = (n: number) => sourcePort === n || destinationPort === n;
  if (port(UDP_PORT.dhcpServer) || port(UDP_PORT.dhcpClient)) {
    return attempt(layers, 'DHCP', at, data, () => ({
      kind: 'dhcp',
      offset: at,
      message: decodeDhcp(data),
    }));
  }
  if (data.length === 1 && data[0] === 0xff)
    return void layers.push({ kind: 'natKeepalive', offset: at });
  if (port(UDP_PORT.dsmip) && data.length > 0) return ip(data, at, layers);
  if (
    port(UDP_PORT.ikeNat) &&
    data.length >= 8 &&
    (data[0]! | data[1]! | data[2]! | data[3]!) !== 0
  ) {
    return void layers.push(esp(data, at));
  }
}

function esp(payload: Uint8Array, offset: number): Layer {
  const { spi, sequence } = decodeEsp(payload, offset);
  return { kind: 'esp', offset, spi, sequence, length: payload.length };
}

/** What it protects is in the clear, and goes on after it. */
function ah(
  octets: Uint8Array,
  offset: number,
  source: IpAddress,
  destination: IpAddress,
  truncated: boolean,
  layers: Layer[],
): void {
  if (layers.length >= MAX_LAYERS) {
    return void layers.push({ kind: 'data', offset, protocol: TOO_DEEP, octets });
  }
  let header: AhHeader;
  try {
    header = decodeAh(octets, offset);
  } catch (error) {
    return broken(layers, 'AH', offset, octets, error);
  }
  const { payload, ...clear } = header;
  layers.push({ kind: 'ah', offset, header: clear });
  const at = offset + octets.length - payload.length;
  upper(header.nextHeader, payload, at, source, destination, truncated, layers);
}

function tcp(payload: Uint8Array, offset: number): Layer {
  if (payload.length < 20) throw CUT;
  const u16 = (at: number) => (payload[at]! << 8) | payload[at + 1]!;
  const flags = [...'FSRPAU'].filter((_, bit) => payload[13]! & (1 << bit)).join('');
  const length = Math.max(0, payload.length - (payload[12]! >>> 4) * 4);
  return { kind: 'tcp', offset, sourcePort: u16(0), destinationPort: u16(2), flags, length };
}

function attempt(
  layers: Layer[],
  what: string,
  offset: number,
  octets: Uint8Array,
  read: () => Layer,
): void {
  try {
    layers.push(read());
  } catch (error) {
    broken(layers, what, offset, octets, error);
  }
}

function broken(
  layers: Layer[],
  what: string,
  offset: number,
  octets: Uint8Array,
  error: unknown,
): void {
  const known = error instanceof WireError;
  const code = known ? error.code : 'WIRE_VALUE';
  const detail = error instanceof Error ? error.message : String(error);
  layers.push({ kind: 'broken', offset, what, code, detail, octets });
}

function cut(layers: Layer[], what: string, offset: number, missing: number): void {
  if (missing <= 0 || layers.at(-1)?.kind === 'broken') return;
  const detail = `${missing} octets are missing`;
  layers.push({
    kind: 'broken',
    offset,
    what,
    code: 'WIRE_TRUNCATED',
    detail,
    octets: new Uint8Array(0),
  });
}

/** A copy with its length field at `at` saying `length`, and the 16-bit checksum at `sumAt` made right again. */
function withLength(octets: Uint8Array, at: number, length: number, sumAt?: number): Uint8Array {
  const copy = octets.slice();
  const view = new DataView(copy.buffer);
  const was = view.getUint16(at);
  view.setUint16(at, length);
  if (sumAt !== undefined) {
    // RFC 1624 §3: HC' = ~(~HC + ~m + m')
    let sum = (~view.getUint16(sumAt) & 0xffff) + (~was & 0xffff) + length;
    while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
    view.setUint16(sumAt, ~sum & 0xffff);
  }
  return copy;
}

/** Binding Update and Acknowledgement: their options begin before the shortest message ends. RFC 6275 §6.1.7, §6.1.8 */
const EARLY_OPTIONS: ReadonlySet<number> = new Set([5, 6]);
const UNVERIFIED = { verify: false } as const;
const CUT = new WireError('WIRE_TRUNCATED', 0, 'the header is cut');
/** Ours: deeper nesting is shown as octets. */
const MAX_LAYERS = 16;
const TOO_DEEP = 'more layers than are shown';
const IPV6_HEADER = 40;
const IPV4_HEADER = 20;
const UDP_HEADER = 8;
const SLL_HEADER = 16;
const SLL2_HEADER = 20;
