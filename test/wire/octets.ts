/** What every codec test needs: octets from hexadecimal, cuts, and arbitrary addresses. */
import fc from 'fast-check';
import { expect, it } from 'vitest';
import {
  ipv4FromOctets,
  ipv6FromOctets,
  macFromOctets,
  type Ipv4,
  type Ipv6,
  type MacAddress,
} from '../../src/base/address.js';
import { fromHex } from '../../src/base/bytes.js';
import { WireError } from '../../src/base/error.js';

export function hex(text: string): Uint8Array {
  const octets = fromHex(text);
  if (!octets) throw new Error(`not hexadecimal: ${text}`);
  return octets;
}

/** Every proper prefix of `octets` must be refused by a `WireError`. */
export function refusesEveryCut(octets: Uint8Array, decode: (cut: Uint8Array) => unknown): void {
  it('refuses with a WireError when cut at any octet', () => {
    for (let n = 0; n < octets.length; n++) {
      expect(() => decode(octets.subarray(0, n)), `cut at ${n}`).toThrow(WireError);
    }
  });
}

/** Whatever the octets, `decode` returns or throws a `WireError`. */
export function survives(
  decode: (octets: Uint8Array) => unknown,
  valid: readonly Uint8Array[],
): void {
  it('returns or throws a WireError for any octets, random or mutated', () => {
    fc.assert(
      fc.property(fc.oneof(fc.uint8Array({ maxLength: 400 }), mutation(valid)), (octets) => {
        try {
          decode(octets);
        } catch (error) {
          if (!(error instanceof WireError)) throw error;
        }
      }),
      { numRuns: 2000 },
    );
  });
}

/** A valid packet with a few octets overwritten, perhaps cut. */
export const mutation = (valid: readonly Uint8Array[]): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      fc.constantFrom(...valid),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }),
      fc.oneof({ weight: 3, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: fc.nat() }),
    )
    .map(([octets, changes, cut]) => {
      const out = octets.slice(0, cut === null ? octets.length : cut % (octets.length + 1));
      for (const [at, value] of changes) if (out.length > 0) out[at % out.length] = value;
      return out;
    });

const octets = (n: number) => fc.uint8Array({ minLength: n, maxLength: n });
export const anyIpv6: fc.Arbitrary<Ipv6> = octets(16).map((o) => ipv6FromOctets(o));
export const anyIpv4: fc.Arbitrary<Ipv4> = octets(4).map((o) => ipv4FromOctets(o));
export const anyMac: fc.Arbitrary<MacAddress> = octets(6).map((o) => macFromOctets(o));
export const anyU8 = fc.nat(0xff);
export const anyU16 = fc.nat(0xffff);
export const anyU32 = fc.nat(0xffffffff);

export type Next = () => number;

/** Octets without end out of one number: xorshift, with every fourth octet zero so that flags are clear at times. */
export function octetsFrom(seed: number): Next {
  let state = seed ^ 0x9e3779b9 || 1;
  let count = 0;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (count++ + seed) % 4 === 0 ? 0 : state & 0xff;
  };
}
