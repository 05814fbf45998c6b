/**
 * A token bucket for answers to octets that anybody may send.
 *
 * Spec: RFC 4443 §2.4(f); RFC 6275 §9.3.3 (Binding Errors in the same manner).
 */
import type { Instant } from '../base/time.js';

export class RateLimit {
  readonly #rate: number;
  readonly #burst: number;
  #tokens: number;
  #at: Instant | undefined;

  /** `rate` a second, `burst` at once. */
  constructor(rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#tokens = burst;
  }

  take(now: Instant): boolean {
    const gone = Math.max(0, now - (this.#at ?? now));
    this.#at = now;
    this.#tokens = Math.min(this.#burst, this.#tokens + (gone / 1000) * this.#rate);
    if (this.#tokens < 1) return false;
    this.#tokens--;
    return true;
  }
}
