/**
 * Authentication Header, RFC 4302 §2. What it protects follows it in the clear.
 *
 *   | next header 8 | payload length 8 | reserved 16 | SPI 32 | sequence 32 | integrity check value … |
 */
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { UsageError, WireError } from '../base/error.js';
import { copyOctets, reservedBits, type Reserved } from './mobility/field.js';

export interface AhHeader extends Reserved {
  readonly nextHeader: number;
  readonly spi: number;
  /** The low 32 bits, where sequence numbers are extended. */
  readonly sequence: number;
  /** With its padding: a multiple of 4 octets. */
  readonly checkValue: Uint8Array;
  /** A view of what follows. */
  readonly payload: Uint8Array;
}

/** Throws `WireError`: `WIRE_TRUNCATED`, `WIRE_HEADER_LENGTH` for a length below the fixed layout. */
export function decodeAh(octets: Uint8Array, base = 0): AhHeader {
  const r = new ByteReader(octets, base);
  const nextHeader = r.u8();
  // §2.2: in 4 octets, minus 2.
  const length = (r.u8() + 2) * 4;
  const reserved = reservedBits(r.u16());
  const spi = r.u32();
  const sequence = r.u32();
  if (length < FIXED) {
    throw new WireError('WIRE_HEADER_LENGTH', base + 1, `header of ${length} octets`, CLAUSE);
  }
  const checkValue = copyOctets(r, length - FIXED);
  return { nextHeader, ...reserved, spi, sequence, checkValue, payload: r.rest() };
}

/** Throws `UsageError` `FIELD_LENGTH` for a check value that the length cannot tell. */
export function encodeAh(header: AhHeader): Uint8Array {
  const length = FIXED + header.checkValue.length;
  if (length % 4 !== 0 || length > MAX) {
    throw new UsageError('FIELD_LENGTH', `A check value of ${header.checkValue.length} octets.`);
  }
  return new ByteWriter(length + header.payload.length)
    .u8(header.nextHeader)
    .u8(length / 4 - 2)
    .u16(header.reserved ?? 0)
    .u32(header.spi)
    .u32(header.sequence)
    .octets(header.checkValue)
    .octets(header.payload)
    .finish();
}

const FIXED = 12;
const MAX = 4 * (255 + 2);
const CLAUSE = 'RFC 4302 §2.2';
