/** Time is an argument. Only adapters read a clock; everyone else is handed an `Instant`. */

/** A span in milliseconds; timers count in these. */
export type Millis = number;

/** A point on a world's monotonic clock, in milliseconds. Fractions are kept. */
export type Instant = number & { readonly __brand: 'Instant' };

/** Protocol lifetimes are in seconds; timers are in milliseconds. This is the only bridge. */
export const seconds = (n: number): Millis => n * 1000;
export const after = (from: Instant, wait: Millis): Instant => (from + wait) as Instant;
export const instant = (millis: number): Instant => millis as Instant;
