/**
 * The Home Agents List: who else serves mobile nodes on each home link, and this home agent itself. Learned from
 * router advertisements with H set, forgotten with their lifetimes.
 *
 * Spec: RFC 6275 §10.1, §10.5.1 (learning), §10.5 (order of an answer), §7.2 (R), §7.4 (preference, lifetime).
 */
import { inPrefix, isRoutableUnicast, type Ipv6 } from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import type { RouterAdvertisement } from '../../wire/nd/message.js';
import { Deadlines } from '../binding/deadlines.js';
import type { EventEffect } from '../effect.js';
import { event } from '../event.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import type { HomePrefix } from './prefix-information.js';
import type { ReceivedNd } from './proxy-nd.js';

/** One home agent of one home link. */
export interface ListedHomeAgent {
  readonly link: LinkName;
  /** Null: this home agent. */
  readonly linkLocal: Ipv6 | null;
  readonly addresses: readonly Ipv6[];
  /** 0 to 65535, greater is better: RFC 6275 §7.4. */
  readonly preference: number;
  /** Null: for ever, this home agent. */
  readonly expiresAt: Instant | null;
}

/** Home prefixes as they are now, and where Binding Updates may come to. */
export interface OwnHome {
  readonly prefixes: { list(): readonly HomePrefix[] };
  ownAddresses(): readonly Ipv6[];
}

export class HomeAgentsList implements Machine<EventEffect, 'a home agent expires'> {
  readonly #preference: number;
  readonly #own: OwnHome;
  readonly #others = new Map<string, ListedHomeAgent>();
  readonly #expiry = new Deadlines<string>();
  readonly #effects: EventEffect[] = [];

  constructor(preference: number, own: OwnHome) {
    this.#preference = preference;
    this.#own = own;
  }

  /** The source of an advertisement that got here is link-local, RFC 4861 §6.1.2. */
  handleNd({ link, source, message: ra }: ReceivedNd, now: Instant): void {
    if (ra.kind !== 'routerAdvertisement' || !this.#links().has(link)) return;
    const key = `${link} ${source}`;
    const known = this.#others.get(key);
    const told = ra.options.find((option) => option.kind === 'homeAgentInformation');
    const lifetime = told?.lifetime ?? ra.routerLifetime;
    if (!ra.homeAgent || lifetime === 0) return this.#forget(key, 'it no longer serves');
    if (!known && this.#others.size >= MAX_HOME_AGENTS) return;
    const own = this.#own.ownAddresses();
    const heard = globalAddresses(ra).filter((address) => !own.includes(address));
    const agent: ListedHomeAgent = {
      link,
      linkLocal: source,
      // Ours: §10.5.1 only ever adds; addresses that an advertisement no longer has are let go.
      addresses: heard.length > 0 ? heard : (known?.addresses ?? []),
      preference: told?.preference ?? DEFAULT_PREFERENCE,
      expiresAt: after(now, seconds(lifetime)),
    };
    this.#others.set(key, agent);
    this.#expiry.set(key, agent.expiresAt!);
    if (!known || known.preference !== agent.preference || !sameList(known, agent)) {
      this.#tell('HOME_AGENT_HEARD', agent, { preference: agent.preference });
    }
  }

  handleTimeout(now: Instant): void {
    for (let key = this.#expiry.takeDue(now); key !== undefined; key = this.#expiry.takeDue(now)) {
      this.#forget(key, 'its lifetime is over');
    }
  }

  pollTimeout(): Deadline<'a home agent expires'> | undefined {
    const at = this.#expiry.next();
    return at === undefined ? undefined : { at, why: 'a home agent expires' };
  }

  pollEffect(): EventEffect | undefined {
    return this.#effects.shift();
  }

  /** This home agent first, then as heard. */
  list(): ListedHomeAgent[] {
    return [...[...this.#links()].map((link) => this.#self(link)), ...this.#others.values()];
  }

  /**
   * What a mobile node of `link` is told: best first, equals in an order that is new each time, and an agent's
   * addresses in any (RFC 6275 §10.5).
   */
  addresses(link: LinkName, random: Random): Ipv6[] {
    const agents = shuffled([this.#self(link), ...this.#on(link)], random);
    agents.sort((a, b) => b.preference - a.preference); // stable
    const all = agents.flatMap(({ addresses }) => shuffled(addresses, random));
    return [...new Set(all)];
  }

  *#on(link: LinkName): Generator<ListedHomeAgent> {
    for (const agent of this.#others.values()) if (agent.link === link) yield agent;
  }

  #self(link: LinkName): ListedHomeAgent {
    const all = this.#own.ownAddresses();
    const here = this.#own.prefixes.list().filter((home) => home.link === link);
    const there = all.filter((address) => here.some(({ prefix }) => inPrefix(address, prefix)));
    const addresses = there.length > 0 ? there : all.slice(0, 1);
    return { link, linkLocal: null, addresses, preference: this.#preference, expiresAt: null };
  }

  #links(): Set<LinkName> {
    return new Set(this.#own.prefixes.list().map(({ link }) => link));
  }

  #forget(key: string, reason: string): void {
    const known = this.#others.get(key);
    this.#others.delete(key);
    this.#expiry.delete(key);
    if (known) this.#tell('HOME_AGENT_GONE', known, { reason });
  }

  #tell(
    code: 'HOME_AGENT_HEARD' | 'HOME_AGENT_GONE',
    { link, linkLocal, addresses }: ListedHomeAgent,
    more: Readonly<Record<string, string | number>>,
  ): void {
    const agent = addresses[0] ?? linkLocal;
    this.#effects.push({ kind: 'event', event: event(code, { agent, link, ...more }) });
  }
}

/** RFC 6275 §10.5.1: those of the prefix information options that have R set, §7.2. */
function globalAddresses(ra: RouterAdvertisement): Ipv6[] {
  const all = ra.options.flatMap((option) =>
    option.kind === 'prefixInformation' && option.routerAddress && isRoutableUnicast(option.prefix)
      ? [option.prefix]
      : [],
  );
  return [...new Set(all)].slice(0, MAX_ADDRESSES);
}

const sameList = (a: ListedHomeAgent, b: ListedHomeAgent): boolean =>
  a.addresses.length === b.addresses.length && a.addresses.every((x) => b.addresses.includes(x));

/** Fisher and Yates: every order is as likely as any other. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random.fraction() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}

const DEFAULT_PREFERENCE = 0; // RFC 6275 §7.4
/** Ours: other home agents on all links; one more is not listed until another goes. */
export const MAX_HOME_AGENTS = 256;
/** Ours: of one home agent. */
const MAX_ADDRESSES = 8;
