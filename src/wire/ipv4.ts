/** IPv4 packets, RFC 791 §3.1. Options are kept as octets; nobody here reads them. */
import type { Ipv4 } from '../base/address.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { checksum } from '../base/checksum.js';
import { UsageError, WireError } from '../base/error.js';

export interface Ipv4Packet {
  /** DSCP and ECN, 8 bits */
  readonly tos: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** octets, a multiple of 8 */
  readonly fragmentOffset: number;
  readonly ttl: number;
  readonly protocol: number;
  readonly source: Ipv4;
  readonly destination: Ipv4;
  /** 0 to 40 octets */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

/**
 * Octets past the total length are link padding and left out. `payload` and `options` are views.
 * Throws `WireError`: truncated, wrong version, header length, total length or header checksum.
 */
export function decodeIpv4(octets: Uint8Array, base = 0): Ipv4Packet {
  const r = new ByteReader(octets, base);
  const first = r.u8();
  if (first >>> 4 !== 4) throw new WireError('WIRE_VERSION', base, `IP version ${first >>> 4}`);
  const headerLength = (first & 15) * 4;
  if (headerLength < FIXED_HEADER) {
    throw new WireError('WIRE_HEADER_LENGTH', base, `header of ${headerLength} octets`, CLAUSE);
  }
  const tos = r.u8();
  const total = r.u16();
  if (total < headerLength) {
    throw new WireError('WIRE_HEADER_LENGTH', base + 2, `total length ${total}`, CLAUSE);
  }
  if (total > octets.length) {
    const detail = `total length ${total}, have ${octets.length}`;
    throw new WireError('WIRE_TRUNCATED', base + 2, detail, CLAUSE);
  }
  const identification = r.u16();
  const fragment = r.u16();
  const ttl = r.u8();
  const protocol = r.u8();
  r.skip(2);
  if (checksum(octets.subarray(0, headerLength)) !== 0) {
    throw new WireError('WIRE_CHECKSUM', base + 10, 'IPv4 header checksum', CLAUSE);
  }
  const source = r.ipv4();
  const destination = r.ipv4();
  return {
    tos,
    identification,
    dontFragment: (fragment & DONT_FRAGMENT) !== 0,
    moreFragments: (fragment & MORE_FRAGMENTS) !== 0,
    fragmentOffset: (fragment & 0x1fff) * 8,
    ttl,
    protocol,
    source,
    destination,
    options: r.octets(headerLength - FIXED_HEADER),
    payload: r.octets(total - headerLength),
  };
}

/** Lengths and header checksum are filled in. Throws `UsageError` `PACKET_SIZE` past 65535 octets. */
export function encodeIpv4(packet: Ipv4Packet): Uint8Array {
  const optionsLength = (packet.options.length + 3) & ~3;
  const headerLength = FIXED_HEADER + optionsLength;
  const total = headerLength + packet.payload.length;
  if (optionsLength > 40 || total > 0xffff) {
    throw new UsageError('PACKET_SIZE', `An IPv4 packet of ${total} octets does not exist.`);
  }
  const flags =
    (packet.dontFragment ? DONT_FRAGMENT : 0) | (packet.moreFragments ? MORE_FRAGMENTS : 0);
  const w = new ByteWriter(total)
    .u8(0x40 | (headerLength / 4))
    .u8(packet.tos)
    .u16(total)
    .u16(packet.identification)
    .u16(flags | (packet.fragmentOffset / 8))
    .u8(packet.ttl)
    .u8(packet.protocol)
    .u16(0)
    .ipv4(packet.source)
    .ipv4(packet.destination)
    .octets(packet.options)
    .zeros(optionsLength - packet.options.length);
  return w.patch16(10, checksum(w.view())).octets(packet.payload).finish();
}

const FIXED_HEADER = 20;
const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const CLAUSE = 'RFC 791 §3.1';
