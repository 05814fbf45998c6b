/** The Internet checksum, RFC 1071, and the pseudo-headers of RFC 8200 §8.1 and RFC 768. */
import { addressWordSum, type IpAddress } from './address.js';

/** Running one's-complement sum; feed parts of even length, the last may be odd. */
export function sum16(bytes: Uint8Array, start = 0): number {
  let sum = start;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even !== bytes.length) sum += bytes[even]! << 8;
  return sum;
}

/** Folds a sum and complements it: what goes on the wire. A range of octets that verifies gives 0. */
export function fold16(sum: number): number {
  let s = sum;
  while (s > 0xffff) s = (s & 0xffff) + Math.floor(s / 0x10000);
  return ~s & 0xffff;
}

export function checksum(bytes: Uint8Array): number {
  return fold16(sum16(bytes));
}

/**
 * Transport checksum under a pseudo-header; both addresses of one family.
 * For a Mobility Header under a Home Address option or type 2 routing header, pass the home address
 * as source or destination: RFC 6275 §6.1.1, RFC 8200 §8.1.
 */
export function transportChecksum(
  source: IpAddress,
  destination: IpAddress,
  protocol: number,
  payload: Uint8Array,
): number {
  const pseudo = addressWordSum(source) + addressWordSum(destination);
  const length = payload.length;
  return fold16(sum16(payload, pseudo + protocol + (length >>> 16) + (length & 0xffff)));
}
