import { describe, expect, it } from 'vitest';
import { ipv6, type Ipv6 } from '../../../src/base/address.js';
import { instant } from '../../../src/base/time.js';
import { BindingCache, type CacheEntry } from '../../../src/core/binding/binding-cache.js';

const A = ipv6('2001:db8::a');
const B = ipv6('2001:db8::b');
const C = ipv6('2001:db8::c');

describe('the Binding Cache, RFC 6275 §9.1', () => {
  it('refuses what is one entry too many, and still replaces what it has', () => {
    const cache = new BindingCache<CacheEntry>(2);
    expect([cache.put(entry(A, 10)), cache.put(entry(B, 20)), cache.put(entry(C, 30))]).toEqual([
      true,
      true,
      false,
    ]);
    expect(cache.put(entry(A, 40))).toBe(true);
    expect([cache.size, cache.get(C), cache.get(A)?.expiresAt]).toEqual([2, undefined, 40]);
  });

  it('gives up entries when their lifetime is over, RFC 6275 §9.5.2', () => {
    const cache = new BindingCache<CacheEntry>(8);
    cache.put(entry(A, 30));
    cache.put(entry(B, 20));
    cache.put(entry(C, 10));
    cache.put(entry(C, 25)); // renewed
    expect(cache.nextExpiry()).toBe(20);
    expect(cache.takeExpired(instant(19))).toBeUndefined();
    expect(cache.takeExpired(instant(30))?.homeAddress).toBe(B);
    expect(cache.takeExpired(instant(30))?.homeAddress).toBe(C);
    expect(cache.delete(A)?.homeAddress).toBe(A);
    expect([cache.size, cache.nextExpiry(), [...cache.values()]]).toEqual([0, undefined, []]);
    expect(cache.delete(A)).toBeUndefined();
  });
});

const entry = (homeAddress: Ipv6, at: number): CacheEntry => ({
  homeAddress,
  expiresAt: instant(at),
});
