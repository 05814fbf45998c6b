/** What every Clock does. */
import { describe, expect, it } from 'vitest';
import { after } from '../../src/base/time.js';
import type { MakeClockBench } from './bench.js';

export function clockContract(adapter: string, make: MakeClockBench): void {
  describe(`Clock of ${adapter}`, () => {
    it('never goes back', async () => {
      const { clock, pass } = await make();
      const first = clock.now();
      await pass(5);
      expect(clock.now()).toBeGreaterThanOrEqual(first);
    });

    it('calls back once, and not before its time', async () => {
      const { clock, pass } = await make();
      const at = after(clock.now(), 20);
      const called: number[] = [];
      clock.wake(at, () => called.push(clock.now()));
      expect(called).toEqual([]);
      await pass(60);
      expect(called).toHaveLength(1);
      expect(called[0]).toBeGreaterThanOrEqual(at);
    });

    it('never calls back from inside `wake`, even for a time that has passed', async () => {
      const { clock, pass } = await make();
      let calls = 0;
      clock.wake(after(clock.now(), -5), () => calls++);
      expect(calls).toBe(0);
      await pass(20);
      expect(calls).toBe(1);
    });

    it('does not call what was cancelled; cancelling twice, or late, is harmless', async () => {
      const { clock, pass } = await make();
      let calls = 0;
      const cancel = clock.wake(after(clock.now(), 10), () => calls++);
      const late = clock.wake(after(clock.now(), 10), () => calls++);
      cancel();
      cancel();
      await pass(40);
      late();
      expect(calls).toBe(1);
    });

    it('calls in order of time', async () => {
      const { clock, pass } = await make();
      const order: string[] = [];
      clock.wake(after(clock.now(), 30), () => order.push('later'));
      clock.wake(after(clock.now(), 10), () => order.push('sooner'));
      await pass(80);
      expect(order).toEqual(['sooner', 'later']);
    });
  });
}
