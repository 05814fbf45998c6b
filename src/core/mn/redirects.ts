/**
 * Better first hops to home agents, as the routers of one link tell. For what other programs send, the kernel heeds
 * redirects by itself; of the packets of a tunnel it does not know whose they are.
 *
 * Spec: RFC 4861 §8.1 (from the current first hop only), §8.3.
 */
import { prefixOf, type Ipv6, type Prefix } from '../../base/address.js';

export interface RedirectedRoute {
  readonly destination: Prefix<Ipv6>;
  /** Null: the destination is on the link itself. */
  readonly router: Ipv6 | null;
}

export class Redirects {
  readonly #targets = new Map<Ipv6, Ipv6>();
  /** The default router that they are from, and end with. */
  #router: Ipv6 | null = null;

  /** `router`: the default router of the link. False when it is not from the first hop to `destination`. */
  handle(source: Ipv6, destination: Ipv6, target: Ipv6, router: Ipv6 | null): boolean {
    this.follow(router);
    if (router === null || source !== (this.#targets.get(destination) ?? router)) return false;
    if (!this.#targets.has(destination) && this.#targets.size >= MAX_REDIRECTS) return false;
    if (target === router) this.#targets.delete(destination);
    else this.#targets.set(destination, target);
    return true;
  }

  /** With another default router, or none, what the last one said is over. */
  follow(router: Ipv6 | null): void {
    if (router === this.#router) return;
    this.#targets.clear();
    this.#router = router;
  }

  routes(): RedirectedRoute[] {
    return [...this.#targets].map(([destination, target]) => ({
      destination: prefixOf(destination, 128),
      router: target === destination ? null : target,
    }));
  }
}

/** Destinations of one link. */
export const MAX_REDIRECTS = 16;
