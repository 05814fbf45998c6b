/** A line while it runs, and how it is interrupted: asked to end at first, left alone when it does not. */
import { ControlError } from '../../control/error.js';

export class Attendance {
  readonly #abort = new AbortController();
  readonly #left: Promise<void>;
  #leave: () => void = () => undefined;
  #isLeft = false;

  constructor() {
    this.#left = new Promise((done) => (this.#leave = done));
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** Nobody waits for it any more. */
  get left(): boolean {
    return this.#isLeft;
  }

  /** What `work` gives, or undefined once it was left alone. */
  async attend<T>(work: Promise<T>): Promise<T | undefined> {
    const done = Promise.race([work, this.#left]);
    // Who left does not hear what comes of it.
    work.catch(() => undefined);
    return (await done) ?? undefined;
  }

  /** The first call asks for an end, the second leaves. */
  interrupt(): void {
    if (!this.#abort.signal.aborted)
      return this.#abort.abort(new ControlError('CANCELLED', 'Cancelled.'));
    this.#isLeft = true;
    this.#leave();
  }
}
