/** The virtual clock of transcripts. */
import type { Instant } from '../../src/base/time.js';
import type { Machine } from '../../src/core/machine.js';

export const at = (seconds: number): Instant => (seconds * 1000) as Instant;

/** Jumps from deadline to deadline up to `until`, yielding each effect with its second. */
export function* drive<E>(
  machine: Machine<E>,
  from: Instant,
  until: Instant,
): Generator<readonly [second: number, effect: E]> {
  for (let now = from; ;) {
    for (let e = machine.pollEffect(); e; e = machine.pollEffect()) yield [now / 1000, e] as const;
    const next = machine.pollTimeout();
    if (!next || next.at > until) return;
    now = Math.max(now, next.at) as Instant;
    machine.handleTimeout(now);
  }
}
