/** ICMP for IPv4, RFC 792; the MTU of "fragmentation needed" is RFC 1191 §4. */
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { checksum } from '../base/checksum.js';
import { WireError } from '../base/error.js';
import type { ChecksumOptions } from './udp.js';

export type Icmpv4Message = Readonly<
  | { kind: 'echoRequest' | 'echoReply'; identifier: number; sequence: number; data: Uint8Array }
  /** `mtu` in octets, with code 4 only, else 0; `quoted` is as much of the packet as came along. */
  | { kind: 'destinationUnreachable'; code: number; mtu: number; quoted: Uint8Array }
  | { kind: 'timeExceeded'; code: number; quoted: Uint8Array }
  /** `data` is everything after the checksum. */
  | { kind: 'unknownIcmp'; type: number; code: number; data: Uint8Array }
>;

/** Octets fields are views. Throws `WireError`: `WIRE_TRUNCATED`, `WIRE_CHECKSUM`. */
export function decodeIcmpv4(octets: Uint8Array, options: ChecksumOptions = {}): Icmpv4Message {
  const r = new ByteReader(octets);
  const type = r.u8();
  const code = r.u8();
  r.skip(2);
  if (options.verify !== false && checksum(octets) !== 0) {
    throw new WireError('WIRE_CHECKSUM', 2, 'ICMP checksum', 'RFC 792');
  }
  switch (type) {
    case ICMPV4.echoRequest:
    case ICMPV4.echoReply: {
      const kind = type === ICMPV4.echoRequest ? 'echoRequest' : 'echoReply';
      return { kind, identifier: r.u16(), sequence: r.u16(), data: r.rest() };
    }
    case ICMPV4.destinationUnreachable: {
      r.skip(2);
      return { kind: 'destinationUnreachable', code, mtu: r.u16(), quoted: r.rest() };
    }
    case ICMPV4.timeExceeded:
      r.skip(4);
      return { kind: 'timeExceeded', code, quoted: r.rest() };
    default:
      return { kind: 'unknownIcmp', type, code, data: r.rest() };
  }
}

/** Checksum filled in. */
export function encodeIcmpv4(message: Icmpv4Message): Uint8Array {
  const type = message.kind === 'unknownIcmp' ? message.type : ICMPV4[message.kind];
  const w = new ByteWriter(64)
    .u8(type)
    .u8('code' in message ? message.code : 0)
    .u16(0);
  switch (message.kind) {
    case 'echoRequest':
    case 'echoReply':
      w.u16(message.identifier).u16(message.sequence).octets(message.data);
      break;
    case 'destinationUnreachable':
      w.u16(0).u16(message.mtu).octets(message.quoted);
      break;
    case 'timeExceeded':
      w.u32(0).octets(message.quoted);
      break;
    case 'unknownIcmp':
      w.octets(message.data);
      break;
    default:
      message satisfies never;
  }
  return w.patch16(2, checksum(w.view())).finish();
}

export const ICMPV4 = {
  echoReply: 0,
  destinationUnreachable: 3,
  echoRequest: 8,
  timeExceeded: 11,
} as const;
