/**
 * The addresses that one interface had by the routers it has met: back on a router's link, they are taken up again
 * without duplicate address detection, which they have passed there.
 *
 * Spec: RFC 6059 §5.1 (an entry for each router and address), §5.8 (no DAD for what is confirmed), §5.10.
 */
import { formatPrefix, type Ipv6, type Prefix } from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import type { Router } from './movement-detector.js';

export interface KnownAddress {
  readonly address: Ipv6;
  /** Addresses that DAD has found taken in this prefix, before this one. */
  readonly conflicts: number;
}

/** Which router it is, RFC 6059 §4: its link-local address alone recurs on other links. */
export const routerKey = ({ address, mac }: Router): string => `${address} ${mac}`;

export class KnownAddresses {
  /** Longest left first. */
  readonly #addresses = new Map<string, KnownAddress & { readonly until: Instant | null }>();

  /** The link is left. `routers` are the keys of those that advertise the prefix. */
  remember(
    routers: readonly string[],
    prefix: Prefix<Ipv6>,
    address: KnownAddress,
    until: Instant | null,
  ): void {
    for (const router of routers) {
      const key = keyOf(router, prefix);
      this.#addresses.delete(key); // to the end: the last one left
      if (this.#addresses.size >= MAX_KNOWN_ADDRESSES) {
        const [oldest] = this.#addresses.keys();
        this.#addresses.delete(oldest!);
      }
      this.#addresses.set(key, { ...address, until });
    }
  }

  /** One of `routers` is there again, with the prefix. */
  find(routers: readonly string[], prefix: Prefix<Ipv6>, now: Instant): KnownAddress | undefined {
    for (const router of routers) {
      const known = this.#addresses.get(keyOf(router, prefix));
      if (known && (known.until === null || known.until > now)) return known;
    }
    return undefined;
  }

  clear(): void {
    this.#addresses.clear();
  }
}

const keyOf = (router: string, prefix: Prefix<Ipv6>): string => `${router} ${formatPrefix(prefix)}`;

/** Ours: of one interface. */
export const MAX_KNOWN_ADDRESSES = 32;
