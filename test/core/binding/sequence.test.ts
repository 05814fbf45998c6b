import { describe, expect, it } from 'vitest';
import { nextSequence, sequenceAdvances } from '../../../src/core/binding/sequence.js';

describe('sequence numbers are compared modulo 2^16, RFC 6275 §9.5.1', () => {
  it.each([
    { last: 15, stale: [0, 14, 15, 32783, 40000, 65535], fresh: [16, 100, 32781, 32782] },
    { last: 32783, stale: [32783, 32782, 15, 16], fresh: [32784, 65535, 0, 14] },
    { last: 65535, stale: [65535, 65534, 32767], fresh: [0, 1, 32766] },
    { last: 0, stale: [0, 65535, 32768], fresh: [1, 32767] },
  ])('after $last', ({ last, stale, fresh }) => {
    for (const n of stale) expect([n, sequenceAdvances(n, last)]).toEqual([n, false]);
    for (const n of fresh) expect([n, sequenceAdvances(n, last)]).toEqual([n, true]);
  });

  it('finds 32768 values and the last one itself stale for every last number', () => {
    for (let last = 0; last <= 0xffff; last += 4093) {
      let stale = 0;
      for (let n = 0; n <= 0xffff; n++) if (!sequenceAdvances(n, last)) stale++;
      expect(stale).toBe(32769);
    }
  });

  it('has a next number for every number, and it is greater', () => {
    let stuck = 0;
    for (let n = 0; n <= 0xffff; n++) if (!sequenceAdvances(nextSequence(n), n)) stuck++;
    expect(stuck).toBe(0);
    expect(nextSequence(0xffff)).toBe(0);
  });
});
