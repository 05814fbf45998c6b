/**
 * The home network prefixes of a home agent: what it is configured with, what the addresses of its home links say,
 * and what routers advertise there.
 *
 * Spec: RFC 6275 §10.6.1 (the list), §10.6.2 (which changes count), §10.3.1, §10.6.4 (bindings end with their prefix);
 * RFC 4861 §6.3.4, RFC 4862 §5.5.3 (lifetimes).
 *
 *   (none) ─advertised, or an address of ours─→ here ─its valid lifetime is over→ gone
 *   here ─preferred lifetime over, or our address gone→ deprecated
 *   gone ─advertised again→ here
 */
import {
  formatPrefix,
  inPrefix,
  isIpv6,
  isRoutableUnicast,
  parsePrefix,
  prefixOf,
  samePrefix,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import type { NdOption, RouterAdvertisement } from '../../wire/nd/message.js';
import type { EventEffect, StoreEffect } from '../effect.js';
import { event } from '../event.js';
import type { LinkName, LinkState } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import {
  earlierEnd,
  FOR_EVER,
  lifetimeLeft,
  lifetimeText,
  untilOf,
  validUntilAfter,
} from '../prefix-lifetime.js';
import type { HomeAgentOptions } from './options.js';

export interface HomePrefix {
  readonly link: LinkName;
  readonly prefix: Prefix<Ipv6>;
  /** Null: for ever. */
  readonly validUntil: Instant | null;
  readonly preferredUntil: Instant | null;
  readonly autonomous: boolean;
  /** Served, but not on the home link: for mobile routers, and told to nobody. */
  readonly offLink: boolean;
  readonly source: 'configured' | 'address' | 'router';
}

export type PrefixEffect =
  | EventEffect
  | StoreEffect
  /** For a reason other than time passing, RFC 6275 §10.6.2. */
  | { readonly kind: 'changed'; readonly prefix: HomePrefix; readonly added: boolean }
  /** Bindings of home addresses in it end now, RFC 6275 §10.3.1. */
  | { readonly kind: 'gone'; readonly prefix: HomePrefix };

export class HomePrefixes implements Machine<PrefixEffect> {
  readonly #entries: Entry[] = [];
  /** Links whose prefixes are those of our addresses there. */
  readonly #following: ReadonlySet<LinkName>;
  readonly #links: ReadonlySet<LinkName>;
  readonly #effects: PrefixEffect[] = [];
  #version = 0;

  constructor(options: Pick<HomeAgentOptions, 'homeLinks' | 'prefixesOfAddresses'>) {
    this.#following = new Set(options.prefixesOfAddresses);
    for (const { link, prefix, offLink = false } of options.homeLinks) {
      const source = this.#following.has(link) && !offLink ? 'address' : 'configured';
      this.#entries.push({ ...newEntry(link, prefix, { offLink, source }), present: true });
    }
    this.#links = new Set(options.homeLinks.map(({ link }) => link));
  }

  /** Rises with every change of the list. */
  get version(): number {
    return this.#version;
  }

  /** In the order in which they came. */
  list(): HomePrefix[] {
    return this.#entries.filter((e) => !e.over);
  }

  of(homeAddress: Ipv6): HomePrefix | undefined {
    return this.#entries.find((e) => !e.over && inPrefix(homeAddress, e.prefix));
  }

  /** What an earlier run learnt: it lives on for its lifetime, which runs anew. */
  revive(kept: ReadonlyMap<string, string>, now: Instant): void {
    for (const [key, value] of kept) {
      const [word, link, text] = key.split(' ');
      if (`${word} ` !== KEPT_PREFIX || !link || !text) continue;
      const entry = readKept(link, text, value, now);
      const known = entry && this.#find(link, entry.prefix);
      if (entry && !known && this.#links.has(link) && this.#mayLearn()) this.#entries.push(entry);
      else this.#effects.push({ kind: 'store', key, value: undefined });
    }
    this.#version++;
  }

  /** Of any router of the link: what it says of a prefix that is configured holds for that one too. */
  handleAdvertisement(link: LinkName, ra: RouterAdvertisement, now: Instant): void {
    if (!this.#links.has(link)) return;
    for (const option of ra.options) {
      if (option.kind === 'prefixInformation' && option.onLink) this.#learn(link, option, now);
    }
  }

  /** A home link that the configuration names no prefixes of has those of our addresses there. */
  handleLink(state: LinkState, now: Instant): void {
    if (!this.#following.has(state.name)) return;
    const there = state.addresses.flatMap(({ address, prefixLength }) =>
      isIpv6(address) && isRoutableUnicast(address) && prefixLength < 128
        ? [prefixOf(address, prefixLength)]
        : [],
    );
    for (const prefix of there) this.#present(state.name, prefix);
    for (const entry of this.#entries) {
      if (entry.link !== state.name || entry.source !== 'address' || !entry.present) continue;
      if (!there.some((prefix) => samePrefix(prefix, entry.prefix))) this.#absent(entry, now);
    }
  }

  handleTimeout(now: Instant): void {
    for (const entry of this.#entries.filter((e) => !e.over && isOver(e, now))) {
      entry.over = true;
      this.#version++;
      this.#report('HOME_PREFIX_GONE', entry, now);
      this.#effects.push({ kind: 'gone', prefix: entry });
      if (entry.source === 'configured') continue; // it may be advertised again
      this.#entries.splice(this.#entries.indexOf(entry), 1);
      this.#store(entry, undefined);
    }
  }

  pollTimeout(): Deadline | undefined {
    let at: Instant | null = null;
    for (const entry of this.#entries) if (!entry.over) at = earlierEnd(at, endOf(entry));
    return at === null ? undefined : { at, why: 'a home prefix ends' };
  }

  pollEffect(): PrefixEffect | undefined {
    return this.#effects.shift();
  }

  #learn(link: LinkName, option: PrefixOption, now: Instant): void {
    const prefix = prefixOf(option.prefix, option.prefixLength);
    if (!isRoutableUnicast(option.prefix)) return;
    const known = this.#find(link, prefix);
    const { validLifetime: valid, preferredLifetime: preferred, autonomous } = option;
    if (preferred > valid) return; // RFC 4862 §5.5.3 c
    if (!known) {
      if (valid <= LIFETIME_STEP || !this.#mayLearn()) return;
      const entry = newEntry(link, prefix, { offLink: false, source: 'router' });
      this.#entries.push(entry);
      this.#take(entry, option, untilOf(valid, now), now);
      return this.#changed(entry, true, now);
    }
    const unchanged =
      !known.over &&
      known.autonomous === autonomous &&
      goesOn(known.said?.valid, known.validUntil, valid, now) &&
      goesOn(known.said?.preferred, known.preferredUntil, preferred, now);
    const fresh = untilOf(valid, now);
    // What is over was agreed to be so: there is nothing to protect.
    const wasOver = known.over;
    const until = wasOver ? fresh : validUntilAfter(known.validUntil, fresh, now);
    this.#take(known, option, until, now);
    if (!unchanged && !(wasOver && known.over)) this.#changed(known, false, now);
  }

  #take(entry: Entry, option: PrefixOption, until: Instant | null, now: Instant): void {
    const { validLifetime: valid, preferredLifetime: preferred, autonomous } = option;
    entry.validUntil = until;
    entry.preferredUntil = earlierEnd(untilOf(preferred, now), until);
    entry.autonomous = autonomous;
    entry.said = { valid, preferred };
    entry.over = isOver(entry, now);
    if (entry.source === 'address') entry.source = 'router';
  }

  #present(link: LinkName, prefix: Prefix<Ipv6>): void {
    const known = this.#find(link, prefix);
    if (known && (known.source !== 'address' || known.present)) return;
    if (!known && !this.#mayLearn()) return;
    const entry = known ?? newEntry(link, prefix, { offLink: false, source: 'address' });
    if (!known) this.#entries.push(entry);
    entry.present = true;
    entry.validUntil = entry.preferredUntil = null;
    this.#changed(entry, !known, NEVER);
  }

  /** Ours: somebody may be about to put it back, so that bindings are not taken away for it at once. */
  #absent(entry: Entry, now: Instant): void {
    entry.present = false;
    entry.validUntil = after(now, GRACE);
    entry.preferredUntil = now;
    this.#changed(entry, false, now);
  }

  #changed(entry: Entry, added: boolean, now: Instant): void {
    this.#version++;
    this.#report(added ? 'HOME_PREFIX_ADDED' : 'HOME_PREFIX_CHANGED', entry, now);
    this.#effects.push({ kind: 'changed', prefix: entry, added });
    if (entry.source === 'router') this.#store(entry, JSON.stringify(entry.said));
  }

  #store({ link, prefix }: HomePrefix, value: string | undefined): void {
    this.#effects.push({
      kind: 'store',
      key: `${KEPT_PREFIX}${link} ${formatPrefix(prefix)}`,
      value,
    });
  }

  #find(link: LinkName, prefix: Prefix<Ipv6>): Entry | undefined {
    return this.#entries.find((e) => e.link === link && samePrefix(e.prefix, prefix));
  }

  #mayLearn(): boolean {
    return this.#entries.filter((e) => e.source !== 'configured').length < MAX_LEARNT_PREFIXES;
  }

  #report(
    code: 'HOME_PREFIX_ADDED' | 'HOME_PREFIX_CHANGED' | 'HOME_PREFIX_GONE',
    entry: HomePrefix,
    now: Instant,
  ): void {
    const { link, prefix, validUntil, preferredUntil } = entry;
    const fields = {
      link,
      prefix: formatPrefix(prefix),
      valid: lifetimeText(validUntil, now),
      preferred: lifetimeText(preferredUntil, now),
    };
    this.#effects.push({ kind: 'event', event: event(code, fields) });
  }
}

type PrefixOption = Extract<NdOption, { kind: 'prefixInformation' }>;

interface Entry extends HomePrefix {
  validUntil: Instant | null;
  preferredUntil: Instant | null;
  autonomous: boolean;
  source: HomePrefix['source'];
  /** Seconds, as last advertised. */
  said: { readonly valid: number; readonly preferred: number } | undefined;
  /** Of source `address`: the address is there. */
  present: boolean;
  /** Its end has been told of. */
  over: boolean;
}

const newEntry = (
  link: LinkName,
  prefix: Prefix<Ipv6>,
  rest: Pick<HomePrefix, 'offLink' | 'source'>,
): Entry => ({
  link,
  prefix,
  validUntil: null,
  preferredUntil: null,
  // RFC 4291 §2.5.1: only then does an interface identifier fit.
  autonomous: !rest.offLink && prefix.length === 64,
  said: undefined,
  present: false,
  over: false,
  ...rest,
});

/** When there is no more of it left than can be granted: RFC 6275 §6.1.7 counts in steps of 4 s. */
const endOf = ({ validUntil }: HomePrefix): Instant | null =>
  validUntil === null ? null : after(validUntil, -seconds(LIFETIME_STEP));

const isOver = (entry: HomePrefix, now: Instant): boolean => {
  const end = endOf(entry);
  return end !== null && end <= now;
};

/**
 * Said again, or counting down in real time: both are what RFC 4861 §6.2.1 lets routers do with one and the same
 * lifetime.
 */
function goesOn(
  said: number | undefined,
  until: Instant | null,
  fresh: number,
  now: Instant,
): boolean {
  if (said !== undefined && Math.abs(said - fresh) <= ROUNDING) return true;
  if (until === null) return fresh === FOR_EVER;
  return Math.abs(lifetimeLeft(until, now) - fresh) <= ROUNDING;
}

function readKept(link: LinkName, text: string, value: string, now: Instant): Entry | undefined {
  const prefix = parsePrefix(text);
  const said = parseSaid(value);
  if (!prefix || !isIpv6(prefix.address) || !said) return undefined;
  const entry = newEntry(link, prefixOf(prefix.address, prefix.length), {
    offLink: false,
    source: 'router',
  });
  return {
    ...entry,
    said,
    validUntil: untilOf(said.valid, now),
    preferredUntil: untilOf(said.preferred, now),
  };
}

function parseSaid(value: string): Entry['said'] {
  try {
    const { valid, preferred } = JSON.parse(value) as Record<string, unknown>;
    const whole = (n: unknown): n is number => Number.isInteger(n) && (n as number) >= 0;
    return whole(valid) && whole(preferred) && valid > 0 ? { valid, preferred } : undefined;
  } catch {
    return undefined; // a store that was cut short
  }
}

const KEPT_PREFIX = 'home-prefix ';
/** Beyond those of the configuration: what the links say may be anybody's. */
export const MAX_LEARNT_PREFIXES = 16;
const LIFETIME_STEP = 4; // seconds
const ROUNDING = 2; // seconds
const GRACE = seconds(7200); // as RFC 4862 §5.5.3 e has it
const NEVER = 0 as Instant; // nothing is counted from it: the prefix is for ever
