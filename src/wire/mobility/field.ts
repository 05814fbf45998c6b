/** Fields that options and messages share. */
import { copyOf, type ByteReader } from '../../base/bytes.js';
import { UsageError } from '../../base/error.js';

/** Reserved bits a peer did set are kept, so that its octets survive; absent when zero. */
export interface Reserved {
  readonly reserved?: number;
}

export const reservedBits = (reserved: number): Reserved => (reserved === 0 ? {} : { reserved });

/** Octets of its own: a decoded value outlives the buffer it came in. */
export function copyOctets(r: ByteReader, n: number): Uint8Array {
  const at = r.offset - r.base;
  r.skip(n);
  return copyOf(r.bytes, at, at + n);
}

/** Octets of a field of fixed size. Throws `UsageError` `FIELD_LENGTH`. */
export function fixedOctets(octets: Uint8Array, size: number, field: string): Uint8Array {
  if (octets.length !== size) {
    throw new UsageError('FIELD_LENGTH', `${field} is ${size} octets, came ${octets.length}.`);
  }
  return octets;
}
