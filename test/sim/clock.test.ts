import { describe, expect, it } from 'vitest';
import { instant } from '../../src/base/time.js';
import { SimClock } from '../../src/sim/clock.js';
import { SeededRandom } from '../../src/sim/random.js';

describe('virtual time', () => {
  it('makes calls in order of time, equal times in order of asking', () => {
    const clock = new SimClock();
    const seen: string[] = [];
    const at = (t: number, name: string) =>
      clock.wake(instant(t), () => seen.push(`${clock.now()} ${name}`));
    at(5, 'b');
    at(5, 'c');
    at(1, 'a');
    at(9, 'd');
    clock.runUntil(instant(5));
    expect(seen).toEqual(['1 a', '5 b', '5 c']);
    expect(clock.next).toBe(9);
    clock.runUntil(instant(20));
    expect(seen.at(-1)).toBe('9 d');
    expect(clock.now()).toBe(20);
  });

  it('does not make a cancelled call, and forgets a thousand of them', () => {
    const clock = new SimClock();
    let calls = 0;
    const cancels = Array.from({ length: 5000 }, (_, i) => clock.wake(instant(i), () => calls++));
    for (const [i, cancel] of cancels.entries()) if (i % 5 !== 0) cancel();
    cancels[1]!(); // twice is once
    expect(clock.pending).toBe(1000);
    clock.runUntil(instant(5000));
    expect(calls).toBe(1000);
    expect(clock.pending).toBe(0);
  });

  it('keeps the order of a sorted list for any insertion order and any cancellations', () => {
    const random = new SeededRandom('heap');
    const clock = new SimClock();
    const wanted: number[] = [];
    const seen: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const t = random.below(500);
      const cancel = clock.wake(instant(t), () => seen.push(t));
      if (random.chance(0.5)) cancel();
      else wanted.push(t);
    }
    while (clock.step());
    expect(seen).toEqual(wanted.sort((a, b) => a - b));
  });

  it('takes a time that has passed as now', () => {
    const clock = new SimClock();
    clock.runUntil(instant(10));
    let at: number | undefined;
    clock.wake(instant(3), () => (at = clock.now()));
    clock.step();
    expect(at).toBe(10);
  });

  it('reports calls that breed at one instant instead of hanging', () => {
    const clock = new SimClock();
    const again = () => void clock.delay(0, again);
    again();
    expect(() => clock.runUntil(instant(1))).toThrow(
      expect.objectContaining({ code: 'SIM_LIVELOCK' }),
    );
  });
});

describe('seeded randomness', () => {
  it('gives the same numbers for the same seed, others for another', () => {
    const draw = (seed: string) => {
      const r = new SeededRandom(seed);
      return [r.u32(), r.fraction(), [...r.octets(4)], r.below(10)];
    };
    expect(draw('1')).toEqual(draw('1'));
    expect(draw('1')).not.toEqual(draw('2'));
  });

  it('forks streams that do not move each other', () => {
    const a = new SeededRandom(7);
    const first = a.fork('x').u32();
    a.u32();
    expect(a.fork('x').u32()).toBe(first);
    expect(a.fork('y').u32()).not.toBe(first);
  });

  it('is uniform enough: 60,000 draws over ten bins stay within 5 % of even', () => {
    const r = new SeededRandom('bins');
    const bins = new Array<number>(10).fill(0);
    for (let i = 0; i < 60_000; i++) bins[r.below(10)]!++;
    for (const n of bins) expect(Math.abs(n - 6000)).toBeLessThan(300);
  });
});
