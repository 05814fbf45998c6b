/**
 * How long the machine sleeps (suspend): CLOCK_MONOTONIC stands still then, CLOCK_BOOTTIME goes on. Node reads only
 * the first; the kernel tells the second in /proc/uptime, which is looked at once a second.
 */
import type { Millis } from '../base/time.js';

export class SleepMeter {
  /** Asleep before this process began; undefined where the kernel does not tell. */
  readonly before: Millis | undefined;
  readonly #monotonic: () => Millis;
  readonly #uptime: () => Millis | undefined;
  #slept: Millis = 0;
  /** How far ahead uptime was when last counted. */
  #counted: Millis | undefined;
  #lookedAt: Millis;

  /** `uptime` is undefined where the kernel does not tell. */
  constructor(monotonic: () => Millis, uptime: () => Millis | undefined) {
    this.#monotonic = monotonic;
    this.#uptime = uptime;
    this.before = this.#ahead(FIRST_TRIES);
    this.#counted = this.before;
    this.#lookedAt = monotonic();
  }

  /** Monotonic time, and the sleep since this process began that has been noticed: up to a second after its end. */
  now(): Millis {
    const at = this.#monotonic();
    if (at - this.#lookedAt >= EVERY) {
      this.#lookedAt = at;
      this.#count(this.#ahead(1));
    }
    return at + this.#slept;
  }

  #count(ahead: Millis | undefined): void {
    if (ahead === undefined) return;
    const more = ahead - (this.#counted ??= ahead);
    if (more < LEAST) return;
    this.#slept += more;
    this.#counted = ahead;
  }

  /** How far uptime is ahead. Two clocks are read one after the other: a pause between would look like sleep. */
  #ahead(tries: number): Millis | undefined {
    for (let i = 0; i < tries; i++) {
      const from = this.#monotonic();
      const uptime = this.#uptime();
      if (uptime === undefined) return undefined;
      if (this.#monotonic() - from < CLOSE) return uptime - from;
    }
    return undefined;
  }
}

const EVERY: Millis = 1000;
/** Less is what the two readings differ by. */
const LEAST: Millis = 1000;
const CLOSE: Millis = 100;
const FIRST_TRIES = 20;
