/** Lifetimes of prefixes: as options carry them, and as instants. Null stands for ever. */
import { after, seconds, type Instant } from '../base/time.js';

/** `lifetime` in seconds, of a Prefix Information option. */
export const untilOf = (lifetime: number, now: Instant): Instant | null =>
  lifetime >= FOR_EVER ? null : after(now, seconds(lifetime));

/** Whole seconds that are left, as an option carries them; never negative. */
export function lifetimeLeft(until: Instant | null, now: Instant): number {
  if (until === null) return FOR_EVER;
  return Math.min(Math.max(0, Math.floor((until - now) / 1000)), FOR_EVER - 1);
}

/** For people. */
export const lifetimeText = (until: Instant | null, now: Instant): string =>
  until === null ? 'for ever' : `${lifetimeLeft(until, now)} s`;

/** The earlier of two ends. */
export function earlierEnd(a: Instant | null, b: Instant | null): Instant | null {
  if (a === null || b === null) return a ?? b;
  return a < b ? a : b;
}

/**
 * RFC 4862 §5.5.3 e: what is not authenticated must not end an address within two hours. Ours: the same for the
 * prefix, since nobody has a use for one without the other.
 */
export function validUntilAfter(
  held: Instant | null,
  fresh: Instant | null,
  now: Instant,
): Instant | null {
  const twoHours = after(now, TWO_HOURS);
  if (fresh === null || fresh > twoHours) return fresh;
  if (held === null || held > twoHours) return twoHours;
  return fresh > held ? fresh : held;
}

/** RFC 4861 §4.6.2: all ones, seconds. */
export const FOR_EVER = 0xffffffff;
const TWO_HOURS = seconds(7200);
