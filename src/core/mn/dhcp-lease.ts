/**
 * What a DHCP server grants: its acknowledgement or offer, read and judged.
 *
 * Spec: RFC 2131 §4.4.1, §4.4.5 (T1 and T2); RFC 2132 §3.3, §3.5, §9.2; RFC 3442 (classless routes).
 */
import {
  ipv4Octets,
  isMulticast,
  parseIpv4,
  prefixOf,
  type Ipv4,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import { findDhcpOption } from '../../wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpOption } from '../../wire/dhcpv4/message.js';

export interface ClasslessRoute {
  readonly destination: Prefix<Ipv4>;
  /** Null: the destination is on the link itself, RFC 3442 "Local Subnet Routes". */
  readonly router: Ipv4 | null;
}

/** What an offer and an acknowledgement both say. */
export interface Terms {
  readonly address: Ipv4;
  readonly prefixLength: number;
  /** The default router. */
  readonly router: Ipv4 | null;
  /** RFC 3442, without the default route. At most `MAX_ROUTES`. */
  readonly routes: readonly ClasslessRoute[];
  readonly server: Ipv4;
  /** seconds */
  readonly lifetime: number;
  /** Octets, RFC 2132 §5.1; absent where the server does not say, or says less than any host must take. */
  readonly mtu?: number;
}

export interface Lease extends Terms {
  /** Who sent the frames: the server, or the relay on this link. */
  readonly serverMac: MacAddress;
  /** Null: for ever. */
  readonly expiresAt: Instant | null;
  /** T1 and T2; null with a lease for ever. */
  readonly renewAt: Instant | null;
  readonly rebindAt: Instant | null;
}

/** Undefined where no address is granted that a host could have. */
export function termsOf(message: DhcpMessage, server: Ipv4): Terms | undefined {
  const { yourAddress: address, options } = message;
  const lifetime = findDhcpOption(options, 'leaseTime')?.seconds ?? DEFAULT_LEASE;
  const mask = findDhcpOption(options, 'subnetMask')?.mask;
  const prefixLength = (mask && maskLength(mask)) ?? classLength(address);
  if (!canBeHost(address) || address === server || lifetime === 0) return undefined;
  if (isEdge(address, prefixLength)) return undefined;
  const { router, routes } = routesOf(options, address);
  const mtu = findDhcpOption(options, 'interfaceMtu')?.mtu ?? 0;
  const said = mtu >= LEAST_MTU ? { mtu } : {};
  return { address, prefixLength, router, routes, server, lifetime, ...said };
}

/**
 * `sentAt`: when the request left, from which the lease counts, §4.4.1. `fuzz` in [0, 1) moves T1 and T2 forward by
 * a twentieth at most, so that hosts that came together do not renew together (§4.4.5).
 */
export function leaseOf(
  message: DhcpMessage,
  server: Ipv4,
  serverMac: MacAddress,
  sentAt: Instant,
  fuzz: number,
): Lease | undefined {
  const terms = termsOf(message, server);
  if (!terms) return undefined;
  if (terms.lifetime === FOR_EVER) {
    return { ...terms, serverMac, expiresAt: null, renewAt: null, rebindAt: null };
  }
  const { t1, t2 } = renewalTimes(message.options, terms.lifetime);
  const factor = 1 - MAX_FUZZ * fuzz;
  return {
    ...terms,
    serverMac,
    expiresAt: after(sentAt, seconds(terms.lifetime)),
    renewAt: after(sentAt, seconds(t1) * factor),
    rebindAt: after(sentAt, seconds(t2) * factor),
  };
}

/** Seconds. §4.4.5: 0 < T1 < T2 < the end of the lease; what does not fit takes its default. */
export function renewalTimes(
  options: readonly DhcpOption[],
  lifetime: number,
): { t1: number; t2: number } {
  const said1 = findDhcpOption(options, 'renewalTime')?.seconds ?? 0;
  const said2 = findDhcpOption(options, 'rebindingTime')?.seconds ?? 0;
  const t2 = said2 > 0 && said2 < lifetime ? said2 : lifetime * T2_PART;
  // A T2 before half of the lease takes its T1 with it.
  const t1 =
    said1 > 0 && said1 < t2 ? said1 : Math.min(lifetime * T1_PART, (t2 * T1_PART) / T2_PART);
  return { t1, t2 };
}

export const isOver = ({ expiresAt }: Lease, now: Instant): boolean =>
  expiresAt !== null && expiresAt <= now;

/** An address of one host: neither of this network (0/8), of the machine itself, of a group nor reserved. */
export function canBeHost(a: Ipv4): boolean {
  const first = Number.parseInt(a, 10);
  return !isMulticast(a) && first !== 0 && first !== 127 && first < 240;
}

/** `address prefixLength router server lifetime`: what is asked for again, RFC 2131 §3.2. */
export function leaseToStore({ address, prefixLength, router, server, lifetime }: Lease): string {
  return [address, prefixLength, router ?? '-', server, lifetime].join(' ');
}

/** The address to ask for; undefined when the text is not what we wrote. */
export function addressFromStore(text: string): Ipv4 | undefined {
  const [address, , , server] = text.split(' ');
  const known = parseIpv4(address ?? '');
  return known && canBeHost(known) && parseIpv4(server ?? '') ? known : undefined;
}

/** RFC 3442: a server that sends classless routes has its router option ignored. */
function routesOf(
  options: readonly DhcpOption[],
  own: Ipv4,
): { router: Ipv4 | null; routes: readonly ClasslessRoute[] } {
  const usable = (router: Ipv4 | undefined): Ipv4 | null =>
    router !== undefined && canBeHost(router) && router !== own ? router : null;
  const list = findDhcpOption(options, 'classlessRoutes')?.routes;
  if (!list) return { router: usable(findDhcpOption(options, 'router')?.addresses[0]), routes: [] };
  const routes: ClasslessRoute[] = [];
  for (const { destination, prefixLength, router } of list) {
    if (prefixLength === 0 || routes.length >= MAX_ROUTES) continue;
    const onLink = router === '0.0.0.0';
    const next = onLink ? null : usable(router);
    if (!onLink && next === null) continue;
    // RFC 3442: bits beyond the mask are cleared.
    routes.push({ destination: prefixOf(destination, prefixLength), router: next });
  }
  return { router: usable(list.find((r) => r.prefixLength === 0)?.router), routes };
}

/** Undefined for a mask with holes, or of no bits. */
function maskLength(mask: Ipv4): number | undefined {
  const value = toNumber(mask);
  const length = Math.clz32(~value);
  const whole = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return length > 0 && whole === value ? length : undefined;
}

/** RFC 2131 lets a server leave the mask out; then the address's class tells. */
function classLength(address: Ipv4): number {
  const first = Number.parseInt(address, 10);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

/** RFC 1122 §3.2.1.3: the network itself, or all of its hosts. Of two addresses each is a host, RFC 3021. */
function isEdge(address: Ipv4, prefixLength: number): boolean {
  if (prefixLength > 30) return false;
  const hosts = 0xffffffff >>> prefixLength;
  const host = (toNumber(address) & hosts) >>> 0;
  return host === 0 || host === hosts;
}

function toNumber(a: Ipv4): number {
  const o = ipv4Octets(a);
  return ((o[0]! << 24) | (o[1]! << 16) | (o[2]! << 8) | o[3]!) >>> 0;
}

/** RFC 791 §3.1: what every host takes. Ours: a server that says less does not get to break the tunnel. */
export const LEAST_MTU = 576;
const FOR_EVER = 0xffffffff; // RFC 2131 §3.3
const DEFAULT_LEASE = 3600; // seconds; ours, for servers that leave out option 51
const T1_PART = 0.5; // RFC 2131 §4.4.5
const T2_PART = 0.875; // RFC 2131 §4.4.5
const MAX_FUZZ = 0.05; // ours: §4.4.5 says some
/** Ours: of one lease. */
export const MAX_ROUTES = 64;
