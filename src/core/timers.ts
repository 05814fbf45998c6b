import type { Instant } from '../base/time.js';
import type { Deadline } from './machine.js';

/** The named deadlines of one machine. Owns no clock and calls nobody back. */
export class Timers<Name extends string> {
  readonly #at = new Map<Name, Instant>();

  set(why: Name, at: Instant): void {
    this.#at.set(why, at);
  }

  stop(...names: Name[]): void {
    for (const why of names) this.#at.delete(why);
  }

  stopAll(): void {
    this.#at.clear();
  }

  armed(why: Name): boolean {
    return this.#at.has(why);
  }

  at(why: Name): Instant | undefined {
    return this.#at.get(why);
  }

  next(): Deadline<Name> | undefined {
    let first: Deadline<Name> | undefined;
    for (const [why, at] of this.#at) if (!first || at < first.at) first = { at, why };
    return first;
  }

  /** Disarms and names the earliest deadline at or before `now`. */
  takeDue(now: Instant): Name | undefined {
    const first = this.next();
    if (!first || first.at > now) return undefined;
    this.#at.delete(first.why);
    return first.why;
  }
}
