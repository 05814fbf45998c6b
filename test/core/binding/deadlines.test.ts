import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { instant } from '../../../src/base/time.js';
import { Deadlines } from '../../../src/core/binding/deadlines.js';

describe('deadlines', () => {
  it('come in the order of their instants, and of equal ones in the order they were set', () => {
    const deadlines = new Deadlines<string>();
    deadlines.set('c', instant(30));
    deadlines.set('a', instant(10));
    deadlines.set('b', instant(10));
    deadlines.set('a', instant(10)); // set again: now after b
    expect(drain(deadlines, 9)).toEqual([]);
    expect(drain(deadlines, 10)).toEqual(['b', 'a']);
    expect(deadlines.next()).toBe(30);
    expect(drain(deadlines, 1000)).toEqual(['c']);
    expect(deadlines.next()).toBeUndefined();
  });

  it('move and go', () => {
    const deadlines = new Deadlines<string>();
    for (const [key, at] of [
      ['a', 1],
      ['b', 2],
      ['c', 3],
    ] as const)
      deadlines.set(key, instant(at));
    deadlines.set('a', instant(9));
    expect(deadlines.delete('b')).toBe(true);
    expect(deadlines.delete('b')).toBe(false);
    expect([deadlines.at('a'), deadlines.at('b'), deadlines.size]).toEqual([9, undefined, 2]);
    expect(drain(deadlines, 9)).toEqual(['c', 'a']);
    deadlines.set('d', instant(1));
    deadlines.clear();
    expect([deadlines.size, deadlines.next()]).toEqual([0, undefined]);
  });

  it('agree with a sorted list, whatever is done to them', () => {
    const move = fc.oneof(
      fc.record({ op: fc.constant('set' as const), key: fc.nat(30), at: fc.nat(50) }),
      fc.record({ op: fc.constant('delete' as const), key: fc.nat(30), at: fc.constant(0) }),
      fc.record({ op: fc.constant('take' as const), key: fc.constant(0), at: fc.nat(50) }),
    );
    fc.assert(
      fc.property(fc.array(move, { maxLength: 200 }), (moves) => {
        const deadlines = new Deadlines<number>();
        let model: { key: number; at: number }[] = [];
        for (const { op, key, at } of moves) {
          if (op === 'take') {
            const first = model.reduce<(typeof model)[0] | undefined>(
              (best, item) => (!best || item.at < best.at ? item : best),
              undefined,
            );
            const due = first && first.at <= at ? first : undefined;
            expect(deadlines.takeDue(instant(at))).toBe(due?.key);
            model = model.filter((item) => item !== due);
          } else {
            model = model.filter((item) => item.key !== key);
            if (op === 'delete') deadlines.delete(key);
            else {
              deadlines.set(key, instant(at));
              model.push({ key, at });
            }
          }
          expect(deadlines.size).toBe(model.length);
          expect(deadlines.next()).toBe(
            model.length ? Math.min(...model.map((item) => item.at)) : undefined,
          );
        }
      }),
      { numRuns: 300 },
    );
  });
});

function drain(deadlines: Deadlines<string>, until: number): string[] {
  const keys: string[] = [];
  for (let k = deadlines.takeDue(instant(until)); k; k = deadlines.takeDue(instant(until))) {
    keys.push(k);
  }
  return keys;
}
