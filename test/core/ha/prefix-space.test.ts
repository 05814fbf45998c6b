import { describe, expect, it } from 'vitest';
import {
  formatPrefix,
  inPrefix,
  prefix,
  type Ipv4,
  type Prefix,
} from '../../../src/base/address.js';
import { MAX_SEARCH, PrefixSpace } from '../../../src/core/ha/prefix-space.js';

describe('prefixes handed out of larger ones', () => {
  it('are the lowest free ones of their length, aligned to it', () => {
    const space = new PrefixSpace([p('192.0.2.0/24')], () => true);
    expect(take(space, 32)).toBe('192.0.2.0/32');
    expect(take(space, 28)).toBe('192.0.2.16/28');
    expect(take(space, 25)).toBe('192.0.2.128/25');
    expect(take(space, 32)).toBe('192.0.2.1/32');
    expect(take(space, 26)).toBe('192.0.2.64/26');
    expect(take(space, 26)).toBeUndefined();
    expect(take(space, 27)).toBe('192.0.2.32/27');
  });

  it('come from the next pool when the first has none', () => {
    const space = new PrefixSpace([p('192.0.2.0/31'), p('198.51.100.0/31')], () => true);
    expect([32, 32, 32, 32, 32].map((length) => take(space, length))).toEqual([
      '192.0.2.0/32',
      '192.0.2.1/32',
      '198.51.100.0/32',
      '198.51.100.1/32',
      undefined,
    ]);
  });

  it('are free again once released, and a block only with all that is inside', () => {
    const space = new PrefixSpace([p('192.0.2.0/30')], () => true);
    for (let i = 0; i < 4; i++) take(space, 32);
    expect(space.find(30)).toBeUndefined();
    for (const last of [0, 1, 2]) space.release(p(`192.0.2.${last}/32`));
    expect(space.find(30)).toBeUndefined();
    space.release(p('192.0.2.3/32'));
    expect(formatPrefix(space.find(30)!)).toBe('192.0.2.0/30');
    expect(space.size).toBe(0);
  });

  it('pass over what may not be used', () => {
    const space = new PrefixSpace(
      [p('192.0.2.0/29')],
      (c) => !inPrefix(p('192.0.2.1/32').address, c),
    );
    expect([32, 32].map((length) => take(space, length))).toEqual(['192.0.2.0/32', '192.0.2.2/32']);
    expect(take(space, 30)).toBe('192.0.2.4/30');
  });

  it('what lies outside, or around a pool, is none of ours', () => {
    const space = new PrefixSpace([p('192.0.2.0/24')], () => true);
    expect(['198.51.100.0/28', '192.0.0.0/16'].map((text) => space.isFree(p(text)))).toEqual([
      false,
      false,
    ]);
    expect(space.find(16)).toBeUndefined();
  });

  it('a large pool is searched so far at a time, then behind that', () => {
    let asked = 0;
    const space = new PrefixSpace([p('10.0.0.0/8')], () => {
      asked++;
      return false;
    });
    expect(space.find(32)).toBeUndefined();
    expect(asked).toBe(MAX_SEARCH);
    expect(space.find(32)).toBeUndefined();
    expect(asked).toBe(2 * MAX_SEARCH);
  });

  it('in any order of taking and releasing no two overlap', () => {
    const space = new PrefixSpace([p('10.0.0.0/26')], () => true);
    const have: Prefix<Ipv4>[] = [];
    let state = 7;
    const dice = (n: number) =>
      ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
    for (let step = 0; step < 3000; step++) {
      if (dice(3) === 0 && have.length > 0) {
        space.release(have.splice(dice(have.length), 1)[0]!);
      } else {
        const found = space.find(26 + dice(7));
        if (!found) continue;
        for (const other of have) {
          expect(inPrefix(found.address, other) || inPrefix(other.address, found)).toBe(false);
        }
        space.take(found);
        have.push(found);
      }
    }
    for (const one of have) space.release(one);
    expect(formatPrefix(space.find(26)!)).toBe('10.0.0.0/26');
  });
});

function take(space: PrefixSpace, length: number): string | undefined {
  const found = space.find(length);
  if (found) space.take(found);
  return found && formatPrefix(found);
}

const p = (text: string) => prefix(text) as Prefix<Ipv4>;
