/**
 * No more than MAX_UPDATE_RATE Binding Updates within a second to one peer, whichever home address they are for.
 * A limit that delays: nothing is dropped.
 *
 * Spec: RFC 6275 §11.8, §12.
 */
import { after, seconds, type Instant } from '../../base/time.js';

export class UpdateRate {
  readonly #sent: Instant[] = [];

  /** The first moment, not before `now`, at which the next one may leave. */
  earliest(now: Instant): Instant {
    const third = this.#sent.length < MAX_UPDATE_RATE ? undefined : this.#sent[0]!;
    const free = third === undefined ? now : after(third, WINDOW);
    return free > now ? free : now;
  }

  /** One leaves now. */
  take(now: Instant): void {
    this.#sent.push(now);
    if (this.#sent.length > MAX_UPDATE_RATE) this.#sent.shift();
  }
}

export const MAX_UPDATE_RATE = 3; // RFC 6275 §12
const WINDOW = seconds(1);
