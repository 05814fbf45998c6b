/**
 * IPv6 packets to octets and back: fixed header and extension header chain.
 *
 * Spec: RFC 8200 §3, §4; RFC 6275 §6.3 (Home Address option), §6.4 (type 2 routing header).
 */
import type { Ipv6 } from '../base/address.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { UsageError, WireError } from '../base/error.js';
import type { DestinationOption, ExtensionHeader, Ipv6Packet } from './ipv6.js';
import { PROTOCOL } from './protocol.js';

/**
 * Octets past the payload length are link padding and left out. `payload` and data are views. The chain is
 * followed up to a header that is none of `ExtensionHeader` or up to a real fragment: what follows a Fragment
 * header is then opaque, and `isFragment` says so.
 *
 * Throws `WireError`: `WIRE_TRUNCATED`, `WIRE_VERSION`, `WIRE_OPTION_LENGTH`, and `WIRE_LIMIT` for more than
 * `MAX_EXTENSION_HEADERS`.
 */
export function decodeIpv6(octets: Uint8Array, base = 0): Ipv6Packet {
  const r = new ByteReader(octets, base);
  const first = r.u32();
  if (first >>> 28 !== 6) throw new WireError('WIRE_VERSION', base, `IP version ${first >>> 28}`);
  const payloadLength = r.u16();
  let protocol = r.u8();
  const hopLimit = r.u8();
  const source = r.ipv6();
  const destination = r.ipv6();
  const body = r.sub(payloadLength);
  const headers: ExtensionHeader[] = [];
  while (isExtension(protocol)) {
    if (headers.length === MAX_EXTENSION_HEADERS) {
      const detail = `more than ${MAX_EXTENSION_HEADERS} extension headers`;
      throw new WireError('WIRE_LIMIT', body.offset, detail);
    }
    const next = body.u8();
    const header = decodeHeader(protocol, body);
    headers.push(header);
    protocol = next;
    if (header.kind === 'fragment' && (header.more || header.offset > 0)) break;
  }
  const payloadOffset = body.offset;
  return {
    trafficClass: (first >>> 20) & 0xff,
    flowLabel: first & 0xfffff,
    hopLimit,
    source,
    destination,
    headers,
    protocol,
    payload: body.rest(),
    payloadOffset,
  };
}

/**
 * Payload length, next headers and padding are filled in. Option padding given explicitly is kept as it is;
 * without any, the table's alignment is applied (Home Address at 8n+6). A header always ends on 8 octets.
 * Throws `UsageError` `PACKET_SIZE` when a length field cannot hold its value.
 */
export function encodeIpv6(packet: Ipv6Packet): Uint8Array {
  const w = new ByteWriter(FIXED_HEADER + 64 + packet.payload.length);
  const { headers } = packet;
  const nextAfter = (i: number): number => {
    const header = headers[i];
    return header ? HEADER_NUMBER[header.kind] : packet.protocol;
  };
  w.u32(((6 << 28) | (packet.trafficClass << 20) | packet.flowLabel) >>> 0)
    .u16(0)
    .u8(nextAfter(0))
    .u8(packet.hopLimit)
    .ipv6(packet.source)
    .ipv6(packet.destination);
  for (const [i, header] of headers.entries()) encodeHeader(w, header, nextAfter(i + 1));
  w.octets(packet.payload);
  const payloadLength = w.length - FIXED_HEADER;
  if (payloadLength > 0xffff) {
    throw new UsageError('PACKET_SIZE', `An IPv6 payload of ${payloadLength} octets does not fit.`);
  }
  return w.patch16(4, payloadLength).finish();
}

/** The address of the Home Address option, where there is one in a Destination Options header. */
export function homeAddressOption(packet: Ipv6Packet): Ipv6 | undefined {
  for (const header of packet.headers) {
    if (header.kind !== 'destinationOptions') continue;
    for (const option of header.options) if (option.kind === 'homeAddress') return option.address;
  }
  return undefined;
}

/** The type 2 routing header, where there is one. */
export function routing2(
  packet: Ipv6Packet,
): Extract<ExtensionHeader, { kind: 'routing2' }> | undefined {
  return packet.headers.find((header) => header.kind === 'routing2');
}

/** A part of a packet whose rest is elsewhere: `payload` is then no whole upper layer. RFC 8200 §4.5 */
export const isFragment = (packet: Ipv6Packet): boolean =>
  packet.headers.some((header) => header.kind === 'fragment' && (header.more || header.offset > 0));

/** Where option `index` of header `at` starts, in octets from the packet's start. For decoded packets. */
export function optionOffset(packet: Ipv6Packet, at: number, index: number): number {
  let offset = headerOffset(packet, at) + 2;
  const header = packet.headers[at];
  if (header?.kind === 'hopByHop' || header?.kind === 'destinationOptions') {
    for (const option of header.options.slice(0, index)) offset += optionLength(option);
  }
  return offset;
}

/** Where extension header `at` starts, in octets from the packet's start. For decoded packets. */
export function headerOffset(packet: Ipv6Packet, at: number): number {
  let offset = FIXED_HEADER;
  for (const header of packet.headers.slice(0, at)) offset += headerLength(header);
  return offset;
}

/** What a receiver that does not know an option type must do with the packet, RFC 8200 §4.2. */
export function unknownOptionAction(type: number): UnknownOptionAction {
  return UNKNOWN_OPTION_ACTIONS[type >>> 6]!;
}
export type UnknownOptionAction = 'skip' | 'discard' | 'report' | 'reportUnlessMulticast';

function decodeHeader(kind: number, body: ByteReader): ExtensionHeader {
  const at = body.offset - 1; // the next header octet is read
  const second = body.u8();
  if (kind === PROTOCOL.fragment) {
    const word = body.u16();
    const fragment = { kind: 'fragment', offset: word & 0xfff8, more: (word & 1) !== 0 } as const;
    return { ...fragment, identification: body.u32() };
  }
  const length = second * 8 + 6;
  const content = body.sub(length);
  if (kind === PROTOCOL.routing) {
    const type = content.u8();
    const segmentsLeft = content.u8();
    // RFC 6275 §6.4.1: Hdr Ext Len is 2. Another length keeps its octets and is refused by who looks for type 2.
    if (type === ROUTING_TYPE_2 && length === ROUTING_2_LENGTH - 2) {
      content.skip(4);
      return { kind: 'routing2', segmentsLeft, homeAddress: content.ipv6() };
    }
    return { kind: 'routing', type, segmentsLeft, data: content.rest() };
  }
  if (kind === PROTOCOL.hopByHop) {
    return { kind: 'hopByHop', options: decodeOptions(content, false) };
  }
  if (kind === PROTOCOL.destinationOptions) {
    const options = decodeOptions(content, true);
    const header = { kind: 'destinationOptions', options } as const;
    return isPadded(options) || isAligned(options) ? header : { ...header, verbatim: true };
  }
  throw new WireError('WIRE_VALUE', at, `header ${kind} is no extension header`);
}

/** The Home Address option exists in Destination Options only; elsewhere its type is an unknown one. */
function decodeOptions(r: ByteReader, destination: boolean): DestinationOption[] {
  const options: DestinationOption[] = [];
  while (r.remaining > 0) {
    const at = r.offset;
    const type = r.u8();
    if (type === PAD1) {
      options.push({ kind: 'pad1' });
      continue;
    }
    const body = r.sub(r.u8());
    const row = destination ? ROW_BY_TYPE.get(type) : undefined;
    if (row) {
      if (body.remaining !== row.length) {
        const detail = `${row.name} option of ${body.remaining} octets`;
        throw new WireError('WIRE_OPTION_LENGTH', at, detail, row.clause);
      }
      options.push(row.decode(body));
    } else if (type === PADN) {
      options.push({ kind: 'padN', data: body.rest() });
    } else {
      options.push({ kind: 'unknown', type, data: body.rest() });
    }
  }
  return options;
}

function encodeHeader(w: ByteWriter, header: ExtensionHeader, next: number): void {
  const start = w.length;
  w.u8(next).u8(0);
  switch (header.kind) {
    case 'hopByHop':
    case 'destinationOptions':
      encodeOptions(w, start, header);
      break;
    case 'routing2':
      w.u8(ROUTING_TYPE_2).u8(header.segmentsLeft).u32(0).ipv6(header.homeAddress);
      break;
    case 'routing':
      w.u8(header.type).u8(header.segmentsLeft).octets(header.data);
      w.zeros(-(w.length - start) & 7);
      break;
    case 'fragment':
      w.u16(header.offset | (header.more ? 1 : 0)).u32(header.identification);
      return; // the second octet is reserved, not a length
    default:
      header satisfies never;
  }
  const units = (w.length - start) / 8 - 1;
  if (units > 0xff) {
    throw new UsageError('PACKET_SIZE', `An extension header of ${w.length - start} octets.`);
  }
  w.patch8(start + 1, units);
}

function encodeOptions(w: ByteWriter, start: number, header: OptionsHeader): void {
  const { options } = header;
  const asListed = isPadded(options) || ('verbatim' in header && header.verbatim === true);
  for (const option of options) {
    switch (option.kind) {
      case 'pad1':
        w.u8(PAD1);
        break;
      case 'padN':
        w.u8(PADN).u8(option.data.length).octets(option.data);
        break;
      case 'unknown':
        w.u8(option.type).u8(option.data.length).octets(option.data);
        break;
      case 'homeAddress': {
        const row = DESTINATION_OPTIONS.homeAddress;
        if (!asListed) pad(w, start, row.align);
        row.encode(w.u8(row.type).u8(row.length), option);
        break;
      }
      default:
        option satisfies never;
    }
  }
  pad(w, start, [8, 0]);
}

const isPadded = (options: readonly DestinationOption[]): boolean =>
  options.some((option) => option.kind === 'pad1' || option.kind === 'padN');

/** Whether each option stands where its row wants it, in a header that begins with its two fixed octets. */
function isAligned(options: readonly DestinationOption[]): boolean {
  let at = 2;
  for (const option of options) {
    if (option.kind === 'homeAddress') {
      const [x, y] = DESTINATION_OPTIONS.homeAddress.align;
      if (at % x !== y) return false;
    }
    at += optionLength(option);
  }
  return true;
}

/** RFC 8200 §4.2: `xn + y` counts from the header's start. */
function pad(w: ByteWriter, start: number, [x, y]: Alignment): void {
  const gap = (((y - (w.length - start)) % x) + x) % x;
  if (gap === 1) w.u8(PAD1);
  if (gap > 1)
    w.u8(PADN)
      .u8(gap - 2)
      .zeros(gap - 2);
}

function headerLength(header: ExtensionHeader): number {
  switch (header.kind) {
    case 'routing2':
      return ROUTING_2_LENGTH;
    case 'fragment':
      return 8;
    case 'routing':
      return (4 + header.data.length + 7) & ~7;
    case 'hopByHop':
    case 'destinationOptions':
      return (header.options.reduce((sum, option) => sum + optionLength(option), 2) + 7) & ~7;
    default:
      return header satisfies never;
  }
}

function optionLength(option: DestinationOption): number {
  if (option.kind === 'pad1') return 1;
  if (option.kind === 'homeAddress') return 2 + DESTINATION_OPTIONS.homeAddress.length;
  return 2 + option.data.length;
}

function isExtension(protocol: number): boolean {
  return (
    protocol === PROTOCOL.hopByHop ||
    protocol === PROTOCOL.destinationOptions ||
    protocol === PROTOCOL.routing ||
    protocol === PROTOCOL.fragment
  );
}

type OptionsHeader = Extract<ExtensionHeader, { kind: 'hopByHop' | 'destinationOptions' }>;
type Alignment = readonly [x: number, y: number];
type Known = Exclude<DestinationOption, { kind: 'pad1' | 'padN' | 'unknown' }>;

interface Row<O = Known> {
  readonly type: number;
  readonly name: string;
  /** octets after type and length */
  readonly length: number;
  readonly align: Alignment;
  readonly clause: string;
  decode(body: ByteReader): O;
  encode(w: ByteWriter, option: O): void;
}

/** Destination options that we split, one row each. */
export const DESTINATION_OPTIONS: {
  readonly [K in Known['kind']]: Row<Extract<Known, { kind: K }>>;
} = {
  homeAddress: {
    type: 201,
    name: 'Home Address',
    length: 16,
    align: [8, 6],
    clause: 'RFC 6275 §6.3',
    decode: (b) => ({ kind: 'homeAddress', address: b.ipv6() }),
    encode: (w, o) => void w.ipv6(o.address),
  },
};

/** Ours: RFC 8200 §4.1 recommends at most seven, each once save Destination Options. */
export const MAX_EXTENSION_HEADERS = 8;

const ROW_BY_TYPE = new Map<number, Row>(
  Object.values(DESTINATION_OPTIONS).map((row) => [row.type, row as Row]),
);
const HEADER_NUMBER: Readonly<Record<ExtensionHeader['kind'], number>> = {
  hopByHop: PROTOCOL.hopByHop,
  destinationOptions: PROTOCOL.destinationOptions,
  routing2: PROTOCOL.routing,
  routing: PROTOCOL.routing,
  fragment: PROTOCOL.fragment,
};
const UNKNOWN_OPTION_ACTIONS: readonly UnknownOptionAction[] = [
  'skip',
  'discard',
  'report',
  'reportUnlessMulticast',
];
const FIXED_HEADER = 40;
const ROUTING_TYPE_2 = 2;
const ROUTING_2_LENGTH = 24;
const PAD1 = 0;
const PADN = 1;
