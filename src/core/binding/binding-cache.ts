/**
 * The Binding Cache: one entry for each home address, bounded, every entry with the instant it ends.
 *
 * Spec: RFC 6275 §9.1 (contents), §9.5.2 (an entry is deleted when its lifetime is over).
 */
import type { Ipv6 } from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import { Deadlines } from './deadlines.js';

/** What the cache itself looks at; home agents and correspondent nodes add theirs. */
export interface CacheEntry {
  readonly homeAddress: Ipv6;
  readonly expiresAt: Instant;
}

export class BindingCache<Entry extends CacheEntry> {
  /** Entries at most. */
  readonly limit: number;
  readonly #entries = new Map<Ipv6, Entry>();
  readonly #expiries = new Deadlines<Ipv6>();

  constructor(limit: number) {
    this.limit = limit;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(homeAddress: Ipv6): Entry | undefined {
    return this.#entries.get(homeAddress);
  }

  /** Adds or replaces. False when it would be one entry too many: nothing has changed then. */
  put(entry: Entry): boolean {
    if (this.size >= this.limit && !this.#entries.has(entry.homeAddress)) return false;
    this.#entries.set(entry.homeAddress, entry);
    this.#expiries.set(entry.homeAddress, entry.expiresAt);
    return true;
  }

  delete(homeAddress: Ipv6): Entry | undefined {
    const entry = this.#entries.get(homeAddress);
    this.#entries.delete(homeAddress);
    this.#expiries.delete(homeAddress);
    return entry;
  }

  /** In the order in which home addresses came. */
  values(): IterableIterator<Entry> {
    return this.#entries.values();
  }

  nextExpiry(): Instant | undefined {
    return this.#expiries.next();
  }

  /** Removes and returns one entry whose end has come. */
  takeExpired(now: Instant): Entry | undefined {
    const homeAddress = this.#expiries.takeDue(now);
    if (homeAddress === undefined) return undefined;
    const entry = this.#entries.get(homeAddress);
    this.#entries.delete(homeAddress);
    return entry;
  }
}
