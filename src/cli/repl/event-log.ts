/** The last events of a daemon, numbered as they came, and who waits for one. */
import type { EventNotice } from '../../control/api.js';

export interface Logged {
  /** Counts events from 0 on; none has a number again. */
  readonly number: number;
  readonly notice: EventNotice;
}

export class EventLog {
  readonly #events: Logged[] = [];
  readonly #waiting = new Set<Waiting>();
  #next = 0;
  #missed = 0;

  /** The number of the event that comes next. */
  get next(): number {
    return this.#next;
  }

  /** Events that the daemon left out since the log began. */
  get missed(): number {
    return this.#missed;
  }

  push(notice: EventNotice): Logged {
    const logged = { number: this.#next++, notice };
    this.#events.push(logged);
    if (this.#events.length > MAX_EVENTS) this.#events.shift();
    for (const waiting of this.#waiting) if (waiting.wants(notice)) waiting.done(logged);
    return logged;
  }

  miss(count: number): void {
    this.#missed += count;
  }

  /** Nothing comes any more: who waits gets the error. */
  fail(error: Error): void {
    for (const waiting of this.#waiting) waiting.fail(error);
  }

  /** From this number on, oldest first. */
  since(number: number): readonly Logged[] {
    return this.#events.filter((e) => e.number >= number);
  }

  /**
   * The first event from this number on that is wanted: one that is there, or one that comes in time (ms). Undefined
   * when its time is over. Throws the reason of `signal`, and the error of `fail`.
   */
  async wait(
    wants: (notice: EventNotice) => boolean,
    from: number,
    time: number,
    signal: AbortSignal,
  ): Promise<Logged | undefined> {
    signal.throwIfAborted();
    const there = this.since(from).find((e) => wants(e.notice));
    if (there) return there;
    return new Promise((done, fail) => {
      const end = () => {
        clearTimeout(timer);
        signal.removeEventListener('abort', abort);
        this.#waiting.delete(waiting);
      };
      const waiting: Waiting = {
        wants,
        done: (logged) => (end(), done(logged)),
        fail: (error) => (end(), fail(error)),
      };
      const abort = () => waiting.fail(signal.reason as Error);
      const timer = setTimeout(() => waiting.done(undefined), time);
      signal.addEventListener('abort', abort);
      this.#waiting.add(waiting);
    });
  }
}

interface Waiting {
  readonly wants: (notice: EventNotice) => boolean;
  readonly done: (logged: Logged | undefined) => void;
  readonly fail: (error: Error) => void;
}

const MAX_EVENTS = 4096;
