/** What routers advertise and lease on a link of a lab. References are worked out here; `model.ts` calls. */
import {
  formatPrefix,
  inPrefix,
  isIpv6,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../base/address.js';
import type { Millis } from '../base/time.js';
import type { AdvertisedText, LinkText } from './schema.js';

/** RFC 4861 §6.2.1 and RFC 6275 §7.5. `from` is the node that advertises. */
export interface RouterAdvertising {
  readonly from: string;
  readonly prefixes: readonly AdvertisedPrefix[];
  readonly minInterval: Millis;
  readonly maxInterval: Millis;
  /** The H bit, and R with the router's whole address. RFC 6275 §7.1, §7.2 */
  readonly homeAgent: boolean;
}

/** Lifetimes in seconds. */
export interface AdvertisedPrefix {
  readonly prefix: Prefix<Ipv6>;
  readonly validLifetime: number;
  readonly preferredLifetime: number;
}

export interface DhcpServing {
  /** The node that serves; its address on the link is the server's and the router's. */
  readonly server: string;
  readonly from: Ipv4;
  readonly to: Ipv4;
  /** seconds */
  readonly lease: number;
  readonly replyDelay: Millis;
}

/** A node that can advertise or lease on the link, with its addresses there. */
export interface Able {
  readonly name: string;
  readonly addresses: readonly IpAddress[];
}

/** Of the link that the services are on. */
export interface LinkPlace {
  readonly prefixes6: readonly Prefix<Ipv6>[];
  readonly prefix4: Prefix<Ipv4> | null;
  readonly able: readonly Able[];
}

/** Told what is wrong below which key. */
export type Wrong = (path: (string | number)[], what: string) => void;

export function advertisings(text: LinkText, place: LinkPlace, wrong: Wrong): RouterAdvertising[] {
  const list = text.ra ?? [];
  return list.map(({ router, prefixes, minInterval, maxInterval, homeAgent }, i) => {
    const here = itemOf(list, i, wrong);
    if (minInterval > maxInterval) here(['minInterval'], 'is above maxInterval');
    const from = serverOf(router, 6, place, here);
    const routed = place.prefixes6.filter((p) => addressIn(place, from, p) !== undefined);
    return {
      from,
      prefixes: advertised(prefixes ?? routed.map((prefix) => ({ prefix })), place, here),
      minInterval,
      maxInterval,
      homeAgent: homeAgent ?? false,
    };
  });
}

/** A router may advertise what the link has, each prefix once. */
export function advertised(
  list: readonly AdvertisedText[],
  { prefixes6 }: LinkPlace,
  wrong: Wrong,
): AdvertisedPrefix[] {
  return list.map(({ prefix, valid, preferred }, i) => {
    const told = formatPrefix(prefix);
    if (!prefixes6.some((p) => formatPrefix(p) === told)) {
      const known = prefixes6.map(formatPrefix).join(', ');
      wrong(['prefixes', i], `expected one of the link's prefixes ${known}, came ${told}`);
    }
    if (list.findIndex((other) => formatPrefix(other.prefix) === told) !== i)
      wrong(['prefixes', i], `${told} is there twice`);
    const validLifetime = (valid ?? VALID_LIFETIME) / 1000;
    const preferredLifetime = Math.min(validLifetime, (preferred ?? PREFERRED_LIFETIME) / 1000);
    return { prefix, validLifetime, preferredLifetime };
  });
}

export function servings(text: LinkText, place: LinkPlace, wrong: Wrong): DhcpServing[] {
  const list = text.dhcp ?? [];
  return list.map(({ router, from, to, lease, replyDelay }, i) => {
    const here = itemOf(list, i, wrong);
    poolOnLink({ from, to }, place, here);
    return {
      server: serverOf(router, 4, place, here),
      from,
      to,
      lease: lease / 1000,
      replyDelay: replyDelay ?? 0,
    };
  });
}

export function poolOnLink(
  pool: { readonly from?: Ipv4 | undefined; readonly to?: Ipv4 | undefined },
  { prefix4 }: LinkPlace,
  wrong: Wrong,
): void {
  for (const key of ['from', 'to'] as const) {
    const address = pool[key];
    if (address && prefix4 && !inPrefix(address, prefix4))
      wrong([key], `${address} is not on the link`);
  }
}

/** The one that is meant where the file need not say. `given` is checked. */
export function whichOf(
  names: readonly string[],
  given: string | undefined,
  what: { readonly none: string; readonly several: (names: string) => string },
  wrong: Wrong,
): string {
  if (given !== undefined) {
    if (!names.includes(given))
      wrong(['router'], `expected one of the nodes ${names.join(', ')}, came "${given}"`);
    return given;
  }
  if (names.length === 1) return names[0]!;
  wrong([], names.length === 0 ? what.none : what.several(names.join(' and ')));
  return '';
}

function serverOf(
  given: string | undefined,
  family: 4 | 6,
  { prefixes6, prefix4, able }: LinkPlace,
  wrong: Wrong,
): string {
  const missing = family === 6 ? prefixes6.length === 0 : prefix4 === null;
  if (missing) wrong([], `the link has no prefix${family}`);
  const names = able
    .filter(({ addresses }) => addresses.some((a) => isIpv6(a) === (family === 6)))
    .map(({ name }) => name);
  const none = `no router has an address${family} on this link`;
  const several = (all: string) => `${all} have an address${family} here; say which in "router"`;
  return whichOf(names, given, { none, several }, wrong);
}

/** One that stands without its list has no place in it. */
const itemOf = (list: readonly unknown[], i: number, wrong: Wrong): Wrong =>
  list.length === 1 ? wrong : (path, what) => wrong([i, ...path], what);

const addressIn = ({ able }: LinkPlace, node: string, prefix: Prefix<Ipv6>) =>
  able.find(({ name }) => name === node)?.addresses.find((a) => inPrefix(a, prefix));

const VALID_LIFETIME: Millis = 86_400_000;
const PREFERRED_LIFETIME: Millis = 14_400_000;
