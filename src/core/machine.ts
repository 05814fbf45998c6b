/**
 * The face of every protocol part (a *machine*): inputs in, effects out, time as an argument.
 * The driver's rule: one input, drain `pollEffect` dry, then the next input. See ARCHITECTURE.md.
 */
import type { Instant } from '../base/time.js';

/** When a machine wants `handleTimeout`, and the reason, in words that `mip6 status` prints. */
export interface Deadline<Why extends string = string> {
  readonly at: Instant;
  readonly why: Why;
}

export interface Machine<Effect, Why extends string = string> {
  /** Early, late and repeated calls are harmless. */
  handleTimeout(now: Instant): void;
  /** May change after any `handle…` call and after nothing else. */
  pollTimeout(): Deadline<Why> | undefined;
  /** Oldest first; undefined when there is nothing to do. */
  pollEffect(): Effect | undefined;
}

/** The earlier of two deadlines; either may be absent. */
export function earlier<W extends string>(
  a: Deadline<W> | undefined,
  b: Deadline<W> | undefined,
): Deadline<W> | undefined {
  if (!a || !b) return a ?? b;
  return b.at < a.at ? b : a;
}
