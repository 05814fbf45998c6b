/**
 * Addresses that the home agent answers for on a link: announced a few times, defended at a bounded rate,
 * announced again when the link comes back. The messages themselves are of `proxy-nd.ts` and `proxy-arp.ts`.
 */
import type { IpAddress } from '../../base/address.js';
import { after, type Instant, type Millis } from '../../base/time.js';
import { Deadlines } from '../binding/deadlines.js';
import type { LinkName } from '../input.js';

export interface ClaimPolicy {
  /** Announcements in all, and the wait between two. */
  readonly transmits: number;
  readonly interval: Millis;
  /** Between two announcements made in defence. */
  readonly defendInterval: Millis;
}

export interface Claim<A extends IpAddress> {
  readonly address: A;
  readonly link: LinkName;
}

export class Claims<A extends IpAddress> {
  readonly #policy: ClaimPolicy;
  readonly #claims = new Map<string, Entry<A>>();
  readonly #due = new Deadlines<string>();

  constructor(policy: ClaimPolicy) {
    this.#policy = policy;
  }

  /** Due for its first announcement at `at`. An address claimed already is left as it is. */
  add(address: A, link: LinkName, at: Instant): void {
    const key = keyOf(link, address);
    if (this.#claims.has(key)) return;
    this.#claims.set(key, { address, link, left: this.#policy.transmits, defendedAt: undefined });
    this.#due.set(key, at);
  }

  remove(address: A, link: LinkName): void {
    const key = keyOf(link, address);
    this.#claims.delete(key);
    this.#due.delete(key);
  }

  has(address: A, link: LinkName): boolean {
    return this.#claims.has(keyOf(link, address));
  }

  /** Announces all of a link anew, spread out so that a large cache is no burst. */
  again(link: LinkName, now: Instant): void {
    let at = now;
    for (const [key, claim] of this.#claims) {
      if (claim.link !== link) continue;
      claim.left = this.#policy.transmits;
      this.#due.set(key, at);
      at = after(at, CLAIM_SPACING);
    }
  }

  /** Somebody else uses the address: true when an announcement may answer now. */
  mayDefend(address: A, link: LinkName, now: Instant): boolean {
    const claim = this.#claims.get(keyOf(link, address));
    if (!claim) return false;
    const { defendedAt } = claim;
    if (defendedAt !== undefined && now < after(defendedAt, this.#policy.defendInterval))
      return false;
    claim.defendedAt = now;
    return true;
  }

  /** An announcement to make at or before `now`. */
  takeDue(now: Instant): Claim<A> | undefined {
    const key = this.#due.takeDue(now);
    const claim = key === undefined ? undefined : this.#claims.get(key);
    if (key === undefined || !claim) return undefined;
    claim.left--;
    if (claim.left > 0) this.#due.set(key, after(now, this.#policy.interval));
    return claim;
  }

  next(): Instant | undefined {
    return this.#due.next();
  }
}

interface Entry<A extends IpAddress> extends Claim<A> {
  left: number;
  defendedAt: Instant | undefined;
}

const keyOf = (link: LinkName, address: IpAddress): string => `${link} ${address}`;

/** Ours: between first announcements of two addresses after a restart or a link coming back. */
export const CLAIM_SPACING: Millis = 1;
