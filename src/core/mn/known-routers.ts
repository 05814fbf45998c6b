/**
 * The routers that one interface has met and is away from: whom to ask, when carrier comes, whether this is their
 * link. What they advertised lives on by its lifetimes.
 *
 * Spec: RFC 6059 §4 (a router is its link-local and its link-layer address: fe80::1 is on many links), §5.5.2,
 * §5.7.1, §5.9 and §5.10.
 */
import type { Ipv6, MacAddress } from '../../base/address.js';
import type { Instant, Millis } from '../../base/time.js';
import type { AdvertisedPrefix } from './movement-detector.js';

export interface KnownRouter {
  readonly address: Ipv6;
  readonly mac: MacAddress;
  readonly homeAgent: boolean;
  readonly agentPreference: number;
  readonly isDefault: boolean;
  readonly preference: -1 | 0 | 1;
  readonly prefixes: readonly AdvertisedPrefix[];
  readonly retransTimer: Millis;
  readonly mtu: number | undefined;
  /** Of the Advertisement Interval option. */
  readonly interval: Millis | undefined;
  /** When its router lifetime is over; undefined for a home agent that is no default router. */
  readonly until: Instant | undefined;
}

export class KnownRouters {
  /** Longest left first. */
  readonly #routers = new Map<string, KnownRouter>();

  /** It is left behind: its link is gone, or it does not answer any more. */
  remember(router: KnownRouter): void {
    const key = keyOf(router.address, router.mac);
    this.#routers.delete(key); // to the end: the last one left
    if (this.#routers.size >= MAX_KNOWN_ROUTERS) {
      const [oldest] = this.#routers.keys();
      this.#routers.delete(oldest!);
    }
    this.#routers.set(key, router);
  }

  /** Whom to ask, the last one left first. RFC 6059 §5.5.2: only of whom a prefix is still valid. */
  candidates(now: Instant): KnownRouter[] {
    this.#forgetExpired(now);
    return [...this.#routers.values()].reverse().slice(0, MAX_ASKED);
  }

  /** It answers: it is here again, with what is still valid of what it advertised. */
  take(address: Ipv6, mac: MacAddress, now: Instant): KnownRouter | undefined {
    this.#forgetExpired(now);
    const key = keyOf(address, mac);
    const router = this.#routers.get(key);
    this.#routers.delete(key);
    return router && { ...router, prefixes: valid(router, now) };
  }

  forget(address: Ipv6, mac: MacAddress): void {
    this.#routers.delete(keyOf(address, mac));
  }

  #forgetExpired(now: Instant): void {
    for (const [key, router] of this.#routers) {
      const over = router.until !== undefined && router.until <= now;
      if (over || valid(router, now).length === 0) this.#routers.delete(key);
    }
  }
}

const valid = (router: KnownRouter, now: Instant): AdvertisedPrefix[] =>
  router.prefixes.filter((p) => p.validUntil === null || p.validUntil > now);

const keyOf = (address: Ipv6, mac: MacAddress): string => `${address} ${mac}`;

/** Ours: of one interface. */
export const MAX_KNOWN_ROUTERS = 16;
/** RFC 6059 §5.5.3: at most six are asked. */
export const MAX_ASKED = 6;
