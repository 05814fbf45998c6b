/**
 * The home network of one configured home address: its prefixes as last heard, and the home addresses that follow from
 * them. Renumbering is this: a prefix comes, an address is made of it; a prefix ends, its address goes.
 *
 * Spec: RFC 6275 §11.4.3 (advertisements are taken as if they came on the home link), §11.4.2 (before the address
 * ends); RFC 4862 §5.5.3 (addresses of prefixes, their lifetimes); RFC 6275 §7.2 (bit R names the home agent).
 */
import {
  formatPrefix,
  ipv6FromOctets,
  ipv6Octets,
  isRoutableUnicast,
  prefixOf,
  samePrefix,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import type { NdOption } from '../../wire/nd/message.js';
import { earlierEnd, lifetimeLeft, untilOf, validUntilAfter } from '../prefix-lifetime.js';

/** Where the home prefix was last heard of. */
export type PrefixSource = 'configured' | 'kept' | 'home agent' | 'home link';

export interface HomeNetworkPrefix {
  readonly prefix: Prefix<Ipv6>;
  /** The home address in it: given, or made of the interface identifier of the one given. */
  readonly homeAddress: Ipv6;
  /** The home agent's own address in it, where it has said so. */
  readonly agent: Ipv6 | null;
  /** Null: for ever, or nobody has said yet. */
  readonly validUntil: Instant | null;
  readonly preferredUntil: Instant | null;
  readonly source: PrefixSource;
}

/** One prefix as a router or the home agent tells it. */
export interface ToldPrefix {
  readonly prefix: Prefix<Ipv6>;
  readonly autonomous: boolean;
  readonly agent: Ipv6 | null;
  readonly validUntil: Instant | null;
  readonly preferredUntil: Instant | null;
}

export class HomeNetwork {
  readonly #given: Ipv6;
  readonly #follows: boolean;
  readonly #prefixes: Known[] = [];

  /** `follows` false: no home address is ever made of a prefix that is not the given one. */
  constructor(homeAddress: Ipv6, homePrefix: Prefix<Ipv6>, follows: boolean) {
    this.#given = homeAddress;
    this.#follows = follows;
    this.#prefixes.push(known(homePrefix, homeAddress, 'configured'));
  }

  /** Preferred ones first, otherwise in the order in which they came. */
  list(now: Instant): HomeNetworkPrefix[] {
    const deprecated = (p: HomeNetworkPrefix) => (isOver(p.preferredUntil, now) ? 1 : 0);
    return [...this.#prefixes].sort((a, b) => deprecated(a) - deprecated(b));
  }

  of(homeAddress: Ipv6): HomeNetworkPrefix | undefined {
    return this.#prefixes.find((p) => p.homeAddress === homeAddress);
  }

  has(prefix: Prefix<Ipv6>): boolean {
    return this.#prefixes.some((p) => samePrefix(p.prefix, prefix));
  }

  /**
   * What one advertisement says. `authenticated`: by IPsec, which lets it end a prefix at once (RFC 4862 §5.5.3 e).
   * True when a lifetime has changed by more than time passing, or a prefix has come.
   */
  learn(
    told: readonly ToldPrefix[],
    source: 'home agent' | 'home link',
    authenticated: boolean,
    now: Instant,
  ): boolean {
    let changed = false;
    for (const each of told) changed = this.#learn(each, source, authenticated, now) || changed;
    return changed;
  }

  /** Forgets those that are over, but for the last: whether that one is good for anything is the home agent's to say. */
  prune(now: Instant): HomeNetworkPrefix[] {
    const gone = this.#prefixes.filter((p) => isOver(p.validUntil, now));
    if (gone.length === this.#prefixes.length) gone.shift();
    for (const each of gone) this.#prefixes.splice(this.#prefixes.indexOf(each), 1);
    return gone;
  }

  /** When the preferred or valid lifetime of one of them ends. */
  nextEnd(now: Instant): Instant | undefined {
    let at: Instant | null = null;
    for (const { validUntil, preferredUntil } of this.#prefixes) {
      for (const end of [validUntil, preferredUntil])
        if (!isOver(end, now)) at = earlierEnd(at, end);
    }
    return at ?? undefined;
  }

  /** §11.4.2: when to ask anew about the prefix of this home address, before it is deprecated, or ends. */
  askAt(homeAddress: Ipv6, now: Instant): Instant | undefined {
    const prefix = this.of(homeAddress);
    if (!prefix) return undefined;
    const { validUntil, preferredUntil } = prefix;
    const end = isOver(preferredUntil, now) ? validUntil : (preferredUntil ?? validUntil);
    if (end === null) return undefined;
    return after(now, Math.max(LEAST_WAIT, (end - now) * ASK_FRACTION));
  }

  /** For the store: what a later run cannot know from its configuration. Undefined: nothing. */
  keep(): string | undefined {
    const prefixes = this.#prefixes.map(({ prefix, agent }) => ({
      prefix: formatPrefix(prefix),
      agent,
    }));
    const [only] = this.#prefixes;
    const asConfigured = this.#prefixes.length === 1 && only!.homeAddress === this.#given;
    return asConfigured ? undefined : JSON.stringify(prefixes);
  }

  /** Of an earlier run. What no version of ours has written is left out. */
  revive(kept: readonly { readonly prefix: Prefix<Ipv6>; readonly agent: Ipv6 | null }[]): void {
    if (!this.#follows || kept.length === 0) return;
    const given = this.#prefixes[0]!;
    if (!kept.some((k) => samePrefix(k.prefix, given.prefix))) this.#prefixes.shift();
    for (const { prefix, agent } of kept.slice(0, MAX_HOME_PREFIXES)) {
      const there = this.#prefixes.find((p) => samePrefix(p.prefix, prefix));
      if (there) there.agent = agent;
      else this.#prefixes.push({ ...known(prefix, this.#addressIn(prefix), 'kept'), agent });
    }
    if (this.#prefixes.length === 0) this.#prefixes.push(given);
  }

  #learn(
    told: ToldPrefix,
    source: 'home agent' | 'home link',
    authenticated: boolean,
    now: Instant,
  ): boolean {
    const { prefix, validUntil, preferredUntil, agent } = told;
    const held = this.#prefixes.find((p) => samePrefix(p.prefix, prefix));
    if (!held) {
      // RFC 4862 §5.5.3: autonomous, and an interface identifier of 64 bits fills the rest.
      const fits = told.autonomous && prefix.length === 64 && !isOver(preferredUntil, now);
      if (!fits || !this.#follows || this.#prefixes.length >= MAX_HOME_PREFIXES) return false;
      const fresh = known(prefix, this.#addressIn(prefix), source);
      this.#prefixes.push({ ...fresh, agent, validUntil, preferredUntil });
      return true;
    }
    const valid = authenticated ? validUntil : validUntilAfter(held.validUntil, validUntil, now);
    const unchanged =
      near(held.validUntil, valid, now) && near(held.preferredUntil, preferredUntil, now);
    held.validUntil = valid;
    held.preferredUntil = earlierEnd(preferredUntil, valid);
    held.source = source;
    if (agent !== null) held.agent = agent;
    return !unchanged;
  }

  /** The same interface identifier in another prefix. */
  #addressIn(prefix: Prefix<Ipv6>): Ipv6 {
    const octets = ipv6Octets(prefix.address).slice();
    octets.set(ipv6Octets(this.#given).subarray(8), 8);
    return ipv6FromOctets(octets);
  }
}

/** What an advertisement tells of prefixes; the rest of it is not for home addresses. */
export function toldPrefixes(options: readonly NdOption[], now: Instant): ToldPrefix[] {
  return options.flatMap((option) => {
    if (option.kind !== 'prefixInformation' || !isRoutableUnicast(option.prefix)) return [];
    const { validLifetime, preferredLifetime, autonomous } = option;
    if (preferredLifetime > validLifetime) return []; // RFC 4862 §5.5.3 c
    const prefix = prefixOf(option.prefix, option.prefixLength);
    return [
      {
        prefix,
        autonomous,
        agent: option.routerAddress ? option.prefix : null,
        validUntil: untilOf(validLifetime, now),
        preferredUntil: untilOf(preferredLifetime, now),
      },
    ];
  });
}

export const isOver = (end: Instant | null, now: Instant): boolean => end !== null && end <= now;

interface Known extends HomeNetworkPrefix {
  agent: Ipv6 | null;
  validUntil: Instant | null;
  preferredUntil: Instant | null;
  source: PrefixSource;
}

const known = (prefix: Prefix<Ipv6>, homeAddress: Ipv6, source: PrefixSource): Known => ({
  prefix,
  homeAddress,
  agent: null,
  validUntil: null,
  preferredUntil: null,
  source,
});

const near = (a: Instant | null, b: Instant | null, now: Instant): boolean =>
  Math.abs(lifetimeLeft(a, now) - lifetimeLeft(b, now)) <= ROUNDING;

/** Ours: home addresses that one configured home address may come to have. */
export const MAX_HOME_PREFIXES = 4;
const ASK_FRACTION = 0.9; // as UMIP; §11.4.2 asks before the address ends, not when
const LEAST_WAIT = seconds(30); // ours: what is about to end is not asked about without pause
const ROUNDING = 2; // seconds
