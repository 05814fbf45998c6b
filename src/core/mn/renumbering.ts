/**
 * Home addresses that follow the prefixes of their home networks: what is heard goes in, what home addresses there
 * should be comes out.
 *
 * Spec: RFC 6275 §11.4.2, §11.4.3, §11.7.3 (status 1); RFC 4192 (a prefix comes before the old one goes).
 *
 *   prefix heard for the first time → `appear`
 *   lifetimes changed → `changed`: the order of preference, and how long bindings may last
 *   prefix over, and there is another → `retire`
 */
import {
  formatPrefix,
  parseIpv6,
  parsePrefix,
  isIpv6,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import type { NdOption } from '../../wire/nd/message.js';
import type { EventEffect, StoreEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import { lifetimeText } from '../prefix-lifetime.js';
import type { Random } from '../random.js';
import {
  HomeNetwork,
  isOver,
  toldPrefixes,
  type HomeNetworkPrefix,
  type ToldPrefix,
} from './home-network.js';
import type { HomeOptions, MobileNodeOptions } from './options.js';
import { PrefixDiscovery } from './prefix-discovery.js';

export type RenumberingEffect =
  | EventEffect
  | StoreEffect
  /** A Mobile Prefix Solicitation for this home address. */
  | { readonly kind: 'solicit'; readonly homeAddress: Ipv6; readonly identifier: number }
  | { readonly kind: 'appear'; readonly options: HomeOptions }
  | { readonly kind: 'retire'; readonly homeAddress: Ipv6 }
  | { readonly kind: 'changed' };

export class Renumbering implements Machine<RenumberingEffect> {
  readonly #networks: Network[] = [];
  readonly #random: Random;
  readonly #solicits: boolean;
  readonly #effects: RenumberingEffect[] = [];

  constructor(
    options: Pick<MobileNodeOptions, 'homes' | 'prefixDiscovery'>,
    kept: ReadonlyMap<string, string>,
    random: Random,
  ) {
    this.#random = random;
    this.#solicits = options.prefixDiscovery;
    for (const given of options.homes) {
      const { homeAddress, homePrefix, renumber = true } = given;
      const prefixes = new HomeNetwork(homeAddress, homePrefix, renumber);
      prefixes.revive(readKept(kept.get(keptKey(homeAddress))));
      const network: Network = { given, prefixes, discoveries: new Map(), ends: undefined };
      for (const prefix of prefixes.list(NO_TIME)) this.#discover(network, prefix.homeAddress);
      this.#networks.push(network);
    }
  }

  /** The home addresses to begin with. */
  homes(): HomeOptions[] {
    return this.#networks.flatMap((network) =>
      network.prefixes.list(NO_TIME).map((prefix) => optionsOf(network.given, prefix)),
    );
  }

  /** By home network, as given: their prefixes, preferred ones first. */
  list(
    now: Instant,
  ): { readonly given: HomeOptions; readonly prefixes: readonly HomeNetworkPrefix[] }[] {
    return this.#networks.map(({ given, prefixes }) => ({ given, prefixes: prefixes.list(now) }));
  }

  /** Is this a prefix of the network that the home address belongs to? */
  isHome(homeAddress: Ipv6, prefix: Prefix<Ipv6>): boolean {
    return this.#of(homeAddress)?.prefixes.has(prefix) ?? false;
  }

  /** Is this a prefix of every home network? Then nobody is away on it. */
  isHomeToAll(prefix: Prefix<Ipv6>): boolean {
    return this.#networks.every(({ prefixes }) => prefixes.has(prefix));
  }

  /** Where it stands among all home addresses: lower is preferred. */
  rank(homeAddress: Ipv6, now: Instant): number {
    const all = this.#networks.flatMap(({ prefixes }) => prefixes.list(now));
    const order = all.filter((p) => !isOver(p.preferredUntil, now));
    order.push(...all.filter((p) => isOver(p.preferredUntil, now)));
    return order.findIndex((p) => p.homeAddress === homeAddress);
  }

  /** Until when the home address is valid; null: for ever, as far as known. */
  validUntil(homeAddress: Ipv6): Instant | null {
    return this.#of(homeAddress)?.prefixes.of(homeAddress)?.validUntil ?? null;
  }

  /** The home agent has bound it. */
  bound(homeAddress: Ipv6, now: Instant): void {
    const network = this.#of(homeAddress);
    const discovery = network?.discoveries.get(homeAddress);
    if (!discovery || !this.#solicits || discovery.asking) return;
    // Of an earlier run: how long it still is valid for, nobody knows any more.
    if (network!.prefixes.of(homeAddress)?.source === 'kept') discovery.necessary(now);
    else discovery.askAt(network!.prefixes.askAt(homeAddress, now));
    this.#collect();
  }

  /** RFC 6275 §11.7.3: an acknowledgement said so. */
  necessary(homeAddress: Ipv6, now: Instant): void {
    if (this.#solicits) this.#of(homeAddress)?.discoveries.get(homeAddress)?.necessary(now);
    this.#collect();
  }

  /** A person asks. */
  solicit(homeAddress: Ipv6, now: Instant): void {
    this.#of(homeAddress)?.discoveries.get(homeAddress)?.solicit(now);
    this.#collect();
  }

  /**
   * A Mobile Prefix Advertisement of the home agent, which came the right way. False when it was no answer: it is
   * dropped then, and asked for.
   */
  advertised(
    homeAddress: Ipv6,
    identifier: number,
    options: readonly NdOption[],
    authenticated: boolean,
    now: Instant,
  ): boolean {
    const network = this.#of(homeAddress);
    const discovery = network?.discoveries.get(homeAddress);
    if (!network || !discovery || (!this.#solicits && !discovery.asking)) return false;
    const solicited = discovery.advertised(identifier, now);
    if (solicited) {
      const told = toldPrefixes(options, now);
      const prefixes = told.map(sayPrefix(now)).join('; ');
      this.#report('PREFIXES_LEARNT', { homeAddress, prefixes });
      this.#learn(network, told, 'home agent', authenticated, now);
      if (this.#solicits) discovery.askAt(network.prefixes.askAt(homeAddress, now));
    }
    this.#collect();
    return solicited;
  }

  /** What the routers of its home link advertise, while the home address is there. */
  heardAtHome(homeAddress: Ipv6, told: readonly ToldPrefix[], now: Instant): void {
    const network = this.#of(homeAddress);
    if (!network) return;
    network.discoveries.get(homeAddress)?.stop();
    this.#learn(network, told, 'home link', true, now); // the link port has judged the lifetimes
    this.#collect();
  }

  handleTimeout(now: Instant): void {
    for (const network of this.#networks) {
      for (const discovery of network.discoveries.values()) discovery.handleTimeout(now);
      if (network.ends !== undefined && network.ends <= now) this.#settle(network, now);
    }
    this.#collect();
  }

  pollTimeout(): Deadline | undefined {
    let next: Deadline | undefined;
    for (const { discoveries, ends } of this.#networks) {
      if (ends !== undefined) next = earlier(next, { at: ends, why: 'a home prefix ends' });
      for (const [homeAddress, discovery] of discoveries) {
        const own = discovery.pollTimeout();
        if (own && (!next || own.at < next.at)) {
          next = { at: own.at, why: `${own.why} of ${homeAddress}` };
        }
      }
    }
    return next;
  }

  pollEffect(): RenumberingEffect | undefined {
    return this.#effects.shift();
  }

  #of(homeAddress: Ipv6): Network | undefined {
    return this.#networks.find(({ prefixes }) => prefixes.of(homeAddress));
  }

  #discover(network: Network, homeAddress: Ipv6): void {
    network.discoveries.set(homeAddress, new PrefixDiscovery(homeAddress, this.#random));
  }

  #learn(
    network: Network,
    told: readonly ToldPrefix[],
    source: 'home agent' | 'home link',
    authenticated: boolean,
    now: Instant,
  ): void {
    if (network.prefixes.learn(told, source, authenticated, now)) {
      this.#effects.push({ kind: 'changed' });
    }
    this.#settle(network, now);
  }

  /** Home addresses follow prefixes. */
  #settle(network: Network, now: Instant): void {
    const { given, prefixes, discoveries } = network;
    const gone = prefixes.prune(now);
    for (const prefix of prefixes.list(now)) {
      const { homeAddress } = prefix;
      if (discoveries.has(homeAddress)) continue;
      this.#discover(network, homeAddress);
      this.#report('HOME_ADDRESS_ADDED', { homeAddress, of: given.homeAddress });
      this.#effects.push({ kind: 'appear', options: optionsOf(given, prefix) });
    }
    for (const { homeAddress } of gone) {
      discoveries.delete(homeAddress);
      this.#report('HOME_ADDRESS_OVER', { homeAddress });
      this.#effects.push({ kind: 'retire', homeAddress });
    }
    const ends = prefixes.nextEnd(now);
    const passed = network.ends !== undefined && network.ends <= now;
    if (passed || gone.length > 0) this.#effects.push({ kind: 'changed' });
    network.ends = ends;
    const value = prefixes.keep();
    if (value === network.kept) return;
    network.kept = value;
    this.#effects.push({ kind: 'store', key: keptKey(given.homeAddress), value });
  }

  #collect(): void {
    for (const { discoveries } of this.#networks) {
      for (const [homeAddress, discovery] of discoveries) {
        for (let e = discovery.pollEffect(); e; e = discovery.pollEffect()) {
          this.#effects.push(
            e.kind === 'event' ? e : { kind: 'solicit', homeAddress, identifier: e.identifier },
          );
        }
      }
    }
  }

  #report(code: EventCode, fields: MipEvent['fields']): void {
    this.#effects.push({ kind: 'event', event: event(code, fields) });
  }
}

interface Network {
  readonly given: HomeOptions;
  readonly prefixes: HomeNetwork;
  /** By home address. */
  readonly discoveries: Map<Ipv6, PrefixDiscovery>;
  /** When a lifetime ends next. */
  ends: Instant | undefined;
  /** What the store has of it. */
  kept?: string | undefined;
}

/** A home address in another prefix of the same home network, with all that the given one has. */
function optionsOf(
  given: HomeOptions,
  { homeAddress, prefix, agent }: HomeNetworkPrefix,
): HomeOptions {
  if (homeAddress === given.homeAddress) return given;
  return { ...given, homeAddress, homePrefix: prefix, homeAgent: agent ?? given.homeAgent };
}

const sayPrefix =
  (now: Instant) =>
  ({ prefix, validUntil, preferredUntil }: ToldPrefix): string =>
    `${formatPrefix(prefix)} valid ${lifetimeText(validUntil, now)}, preferred ${lifetimeText(preferredUntil, now)}`;

/** Nothing for what no version of ours has written. */
function readKept(value: string | undefined): { prefix: Prefix<Ipv6>; agent: Ipv6 | null }[] {
  let rows: unknown;
  try {
    rows = JSON.parse(value ?? '[]');
  } catch {
    return []; // a store that was cut short
  }
  if (!Array.isArray(rows)) return [];
  return rows.flatMap((row: unknown) => {
    const { prefix, agent } = (row ?? {}) as Record<string, unknown>;
    const parsed = typeof prefix === 'string' ? parsePrefix(prefix) : undefined;
    if (!parsed || !isIpv6(parsed.address) || parsed.length !== 64) return [];
    const own = typeof agent === 'string' ? parseIpv6(agent) : undefined;
    return [{ prefix: { address: parsed.address, length: parsed.length }, agent: own ?? null }];
  });
}

const keptKey = (homeAddress: Ipv6): string => `home prefixes ${homeAddress}`;
const NO_TIME = 0 as Instant; // before anything was heard nothing ends
