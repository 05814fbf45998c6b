/** Virtual time: an event queue that jumps from deadline to deadline. Two hours cost microseconds. */
import { UsageError } from '../base/error.js';
import { after, instant, type Instant, type Millis } from '../base/time.js';
import type { Clock } from '../ports/index.js';

/** One call to come. Opaque: hand it to `cancel`. */
export interface Scheduled {
  readonly at: Instant;
  readonly order: number;
  call: (() => void) | undefined;
}

export class SimClock implements Clock {
  #now = instant(0);
  #order = 0;
  #cancelled = 0;
  #atThisInstant = 0;
  readonly #heap: Scheduled[] = [];

  now(): Instant {
    return this.#now;
  }

  wake(at: Instant, call: () => void): () => void {
    const scheduled = this.schedule(at, call);
    return () => this.cancel(scheduled);
  }

  /** Like `wake`, without a closure for the cancel. A time that has passed means now, after what is due already. */
  schedule(at: Instant, call: () => void): Scheduled {
    const scheduled = { at: at < this.#now ? this.#now : at, order: this.#order++, call };
    this.#push(scheduled);
    return scheduled;
  }

  /** After `wait` ms. */
  delay(wait: Millis, call: () => void): Scheduled {
    return this.schedule(after(this.#now, wait), call);
  }

  cancel(scheduled: Scheduled): void {
    if (!scheduled.call) return;
    scheduled.call = undefined;
    this.#cancelled++;
    if (this.#cancelled > COMPACT_ABOVE && this.#cancelled * 2 > this.#heap.length) this.#compact();
  }

  /** Calls that are still to come. */
  get pending(): number {
    return this.#heap.length - this.#cancelled;
  }

  /** When the next call comes; undefined when none is to come. */
  get next(): Instant | undefined {
    this.#shed();
    return this.#heap[0]?.at;
  }

  /**
   * Makes the next call, if it comes not after `until`. False when there is none.
   * Throws `UsageError` `SIM_LIVELOCK` when calls breed at one instant without end.
   */
  step(until = Infinity): boolean {
    this.#shed();
    const first = this.#heap[0];
    if (!first || first.at > until) return false;
    this.#pop();
    if (first.at > this.#now) {
      this.#now = first.at;
      this.#atThisInstant = 0;
    } else if (++this.#atThisInstant > MAX_CALLS_AT_ONE_INSTANT) {
      throw new UsageError(
        'SIM_LIVELOCK',
        `Over ${MAX_CALLS_AT_ONE_INSTANT} calls at ${this.#now} ms.`,
      );
    }
    const call = first.call!;
    first.call = undefined;
    call();
    return true;
  }

  /** Makes every call up to `until` and stands there. */
  runUntil(until: Instant): void {
    while (this.step(until));
    if (until > this.#now) {
      this.#now = until;
      this.#atThisInstant = 0;
    }
  }

  #shed(): void {
    while (this.#heap.length > 0 && !this.#heap[0]!.call) {
      this.#pop();
      this.#cancelled--;
    }
  }

  #compact(): void {
    const live = this.#heap.filter((s) => s.call);
    // A sorted array is a heap.
    live.sort((a, b) => (before(a, b) ? -1 : 1));
    this.#heap.length = 0;
    for (const s of live) this.#heap.push(s);
    this.#cancelled = 0;
  }

  #push(item: Scheduled): void {
    const heap = this.#heap;
    let i = heap.length;
    heap.push(item);
    while (i > 0) {
      const up = (i - 1) >> 1;
      const parent = heap[up]!;
      if (before(parent, item)) break;
      heap[i] = parent;
      i = up;
    }
    heap[i] = item;
  }

  #pop(): void {
    const heap = this.#heap;
    const last = heap.pop()!;
    if (heap.length === 0) return;
    let i = 0;
    for (;;) {
      let down = 2 * i + 1;
      if (down >= heap.length) break;
      if (down + 1 < heap.length && before(heap[down + 1]!, heap[down]!)) down++;
      if (before(last, heap[down]!)) break;
      heap[i] = heap[down]!;
      i = down;
    }
    heap[i] = last;
  }
}

/** Equal times keep the order in which they were asked for. */
const before = (a: Scheduled, b: Scheduled): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);

const COMPACT_ABOVE = 1024;
const MAX_CALLS_AT_ONE_INSTANT = 200_000;
