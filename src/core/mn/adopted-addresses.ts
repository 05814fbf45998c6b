/**
 * The care-of addresses of an interface that another program configures: its addresses as they are, and through whom
 * they reach the world. Nothing is configured here; routers are listened to all the same, since the kernel keeps
 * the addresses of a link that is left.
 *
 * An IPv6 address counts
 * - as long as a router that is known to be here advertises its prefix; or
 * - where the owner's default router is here and advertises no prefix at all (DHCPv6); or
 * - where no router says anything: on a point-to-point link at once, elsewhere after `ROUTER_PATIENCE`.
 *
 * An IPv4 address counts: its owner takes it away when the link is another one.
 */
import { inPrefix, isIpv6, isRoutableUnicast, NO_MAC, type IpAddress } from '../../base/address.js';
import { seconds, type Instant, type Millis } from '../../base/time.js';
import type { LinkAddress, LinkState } from '../input.js';
import type { Router } from './movement-detector.js';

export interface AdoptedAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly validUntil: Instant | null;
  readonly deprecated: boolean;
  /** Next hop; null where its owner has none, or needs none. */
  readonly router: IpAddress | null;
  /** The owner's default route has no next hop: everything is on the link itself. */
  readonly onLink: boolean;
  readonly confirmed: boolean;
  readonly routerPreference: -1 | 0 | 1;
}

/** `patient`: routers have had their time. `except`: addresses that are ours, or homes. */
export function adoptedAddresses(
  state: LinkState,
  routers: readonly Router[],
  patient: boolean,
  except: (address: IpAddress) => boolean,
): AdoptedAddress[] {
  const out: AdoptedAddress[] = [];
  for (const own of state.addresses) {
    if (out.length >= MAX_ADOPTED) break;
    const { address, prefixLength, temporary = false } = own;
    if (!isRoutableUnicast(address) || temporary || except(address)) continue;
    const family = isIpv6(address) ? 6 : 4;
    const route = state.routers?.find((r) => r.family === family);
    const via = route?.via ?? null;
    const onLink = route !== undefined && route.via === null;
    const { validUntil = null, deprecated = false } = own;
    const adopted = { address, prefixLength, validUntil, deprecated, onLink };
    if (family === 4) {
      out.push({ ...adopted, router: via, confirmed: true, routerPreference: 0 });
      continue;
    }
    const there = advertiser(own, routers, via);
    if (there) {
      const { address: router, confirmed, preference } = there;
      out.push({ ...adopted, onLink: false, router, confirmed, routerPreference: preference });
    } else if (routers.length === 0 && (patient || state.mac === NO_MAC)) {
      out.push({ ...adopted, router: via, confirmed: true, routerPreference: 0 });
    }
  }
  return out;
}

function advertiser(
  { address }: LinkAddress,
  routers: readonly Router[],
  via: IpAddress | null,
): Router | undefined {
  const fit = routers.filter(
    (r) =>
      r.isDefault &&
      (r.prefixes.some((p) => inPrefix(address, p.prefix)) ||
        (r.prefixes.length === 0 && r.address === via)),
  );
  const rank = (r: Router) => (r.confirmed ? 10 : 0) + r.preference;
  return fit.sort((a, b) => rank(b) - rank(a))[0];
}

/** Ours: from carrier on; all but the last of the router solicitations have then been out for half a second. */
export const ROUTER_PATIENCE: Millis = seconds(2);
/** Of one interface. */
export const MAX_ADOPTED = 8;
