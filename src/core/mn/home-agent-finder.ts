/**
 * The home agent of one home address: the one that serves, and how another is found when it does not.
 *
 * Spec: RFC 6275 §11.4.1. The configured home agent, then those that answered the last discovery, in their order;
 * discovery when none is known, or all have failed. It is for IPv6 alone: RFC 5555 has no such thing for IPv4.
 */
import { isUnspecified, parseIpv6, type Ipv4, type Ipv6, type Prefix } from '../../base/address.js';
import { homeAgentsAnycast } from '../../base/anycast.js';
import { after, seconds, type Instant } from '../../base/time.js';
import type { EventEffect, PacketEffect, StoreEffect } from '../effect.js';
import { event } from '../event.js';
import type { IngressOf } from '../ingress.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';
import type { HomeAgentsView } from '../view.js';
import { AgentDiscovery, type AskedFrom } from './agent-discovery.js';
import { KnownAgents, type Agent, type AgentChange } from './known-agents.js';

export interface FinderSettings {
  readonly homeAddress: Ipv6;
  readonly homePrefix: Prefix<Ipv6>;
  /** `::`: none is configured. */
  readonly homeAgent: Ipv6;
  readonly homeAgent4: Ipv4 | null;
  /** Home Agent Address Discovery may be used. */
  readonly discovery: boolean;
}

export type FinderEffect = PacketEffect | EventEffect | StoreEffect;
export type FinderTimer =
  | 'home agent discovery retransmission'
  | 'home agent discovery again'
  | 'another try of a home agent';

/** Where the mobile node is, as far as questions can leave from there. */
export type Whereabouts =
  /** Questions leave from this care-of address. */
  | { readonly kind: 'ipv6'; readonly from: AskedFrom }
  /** Only IPv4 is there. */
  | { readonly kind: 'ipv4' }
  | { readonly kind: 'home' }
  | { readonly kind: 'nowhere' };

export class HomeAgentFinder implements Machine<FinderEffect, FinderTimer> {
  readonly #set: FinderSettings;
  readonly #agents = new KnownAgents();
  readonly #discovery: AgentDiscovery | undefined;
  readonly #timers = new Timers<'home agent discovery again' | 'another try of a home agent'>();
  readonly #effects: FinderEffect[] = [];
  #where: Whereabouts = { kind: 'nowhere' };
  /** A person asked for it. */
  #wanted = false;
  /** The one in the store: it has accepted, and is not configured. */
  #served: Ipv6 | undefined;
  #outcome: HomeAgentsView['outcome'] = null;
  /** Who was last heard at home. */
  #heard = '';
  /** Why there is no home agent, as last told. */
  #told = '';

  constructor(
    settings: FinderSettings,
    kept: ReadonlyMap<string, string>,
    random: Random,
    now: Instant,
  ) {
    this.#set = settings;
    const { homeAddress, homePrefix, homeAgent, homeAgent4 } = settings;
    const configured = isUnspecified(homeAgent)
      ? []
      : [{ address: homeAgent, address4: homeAgent4 }];
    this.#agents.learn('configuration', configured, now);
    const anycast = homeAgentsAnycast(homePrefix);
    if (!settings.discovery || anycast === null) return;
    this.#discovery = new AgentDiscovery(homeAddress, anycast, random);
    this.#agents.learn('discovery', this.#withIpv4(readList(kept.get(this.#listKey))), now);
    // §11.4.1: with a registration, its home agent comes first.
    const served = parseIpv6(kept.get(this.#servedKey) ?? '');
    this.#served = served;
    const bound = kept.has(`bound ${homeAddress}`);
    if (served && (bound || configured.length === 0)) this.#agents.prefer(served);
  }

  /** Undefined while none is known. */
  get agent(): Agent | undefined {
    return this.#agents.current;
  }

  /** To be told whenever it may have changed; questions begin and end with it. */
  at(where: Whereabouts, now: Instant): void {
    const moved = where.kind === 'ipv6' && !sameWhere(where, this.#where);
    this.#where = where;
    if (moved) this.#timers.stop('home agent discovery again');
    this.#follow(now);
  }

  /** Router advertisements of the home link name its home agents, RFC 6275 §7.2. `bound`: one has a registration. */
  heardAtHome(agents: readonly Ipv6[], bound: boolean, now: Instant): void {
    const heard = agents.join(' ');
    if (!this.#discovery || heard === '' || heard === this.#heard) return;
    this.#heard = heard;
    const change = this.#agents.learn('advertisement', this.#withIpv4(agents), now);
    this.#changed(change, AT_HOME);
    // Without a registration nothing holds us to the one before.
    if (!bound) this.#changed(this.#agents.best(now), AT_HOME);
  }

  /** Updates have had no answer. */
  silent(now: Instant): void {
    this.#failed('it does not answer', 'it does not answer', now);
  }

  /** It answers, with a refusal that another one may not have. */
  refused(meaning: string, now: Instant): void {
    this.#failed(meaning, `it refuses: ${meaning}`, now);
  }

  /** It has accepted a registration. */
  accepted(now: Instant): void {
    const { current } = this.#agents;
    if (!current) return;
    this.#agents.alive(current.address);
    const configured = this.#agents.originOf(current) === 'configuration';
    const served = configured ? undefined : current.address;
    if (served !== this.#served) this.#keep(this.#servedKey, served);
    this.#served = served;
    this.#follow(now);
  }

  /** Has another home agent been left for this one lately? Then that one may still hold the home address. */
  get fellOver(): boolean {
    return this.#agents.list().some(({ state }) => state === 'failed');
  }

  /** Asks now. Why not, where it cannot. */
  discover(now: Instant): string | undefined {
    const why = this.#cannotAsk();
    if (why !== undefined) return why;
    this.#wanted = true;
    this.#outcome = null;
    this.#follow(now);
    return undefined;
  }

  /** False when nobody had asked. */
  handleReply(reply: IngressOf<'icmpv6'>, now: Instant): boolean {
    if (!this.#discovery?.handleReply(reply)) return false;
    this.#drain(now);
    this.#follow(now);
    return true;
  }

  handleTimeout(now: Instant): void {
    this.#discovery?.handleTimeout(now);
    this.#drain(now);
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'home agent discovery again':
          break; // followed up below
        case 'another try of a home agent':
          this.#changed(this.#agents.best(now), 'it did not answer, and another may again');
          break;
        default:
          why satisfies never;
      }
    }
    this.#follow(now);
  }

  pollTimeout(): Deadline<FinderTimer> | undefined {
    return earlier<FinderTimer>(this.#timers.next(), this.#discovery?.pollTimeout());
  }

  pollEffect(): FinderEffect | undefined {
    return this.#effects.shift();
  }

  /** Nothing of it is wanted any more. */
  forget(): void {
    this.#discovery?.stop();
    this.#timers.stopAll();
    if (!this.#discovery) return;
    this.#keep(this.#servedKey, undefined);
    this.#keep(this.#listKey, undefined);
  }

  stop(): void {
    this.#discovery?.stop();
    this.#timers.stopAll();
    this.#where = { kind: 'nowhere' };
  }

  view(): HomeAgentsView {
    const { homeAddress, homePrefix } = this.#set;
    return {
      homeAddress,
      anycast: homeAgentsAnycast(homePrefix),
      discovery: this.#discovery ? (this.#discovery.asking ? 'asking' : 'ready') : 'disabled',
      outcome: this.#outcome,
      why: this.#cannotAsk() ?? null,
      agents: this.#agents.list(),
    };
  }

  /** Does what follows from where we are and whom we know. */
  #follow(now: Instant): void {
    const again = this.#agents.againAt;
    if (again === undefined) this.#timers.stop('another try of a home agent');
    else this.#timers.set('another try of a home agent', again);
    const discovery = this.#discovery;
    const needed =
      this.#agents.atEnd && this.#where.kind !== 'home' && this.#where.kind !== 'nowhere';
    if (needed && this.agent === undefined) this.#explain();
    if (!discovery) return;
    if (this.#where.kind !== 'ipv6') return discovery.stop();
    if (discovery.asking || this.#wanted) discovery.ask(this.#where.from, now);
    else if (needed && !this.#timers.armed('home agent discovery again')) {
      discovery.ask(this.#where.from, now);
    }
    this.#wanted = false;
    if (!needed) this.#timers.stop('home agent discovery again');
    this.#drain(now);
  }

  #drain(now: Instant): void {
    const discovery = this.#discovery;
    for (let e = discovery?.pollEffect(); e; e = discovery?.pollEffect()) {
      switch (e.kind) {
        case 'packet':
        case 'event':
          this.#effects.push(e);
          break;
        case 'found': {
          this.#outcome = 'answered';
          this.#keep(this.#listKey, e.agents.join(' '));
          this.#agents.alive(e.by);
          const change = this.#agents.learn('discovery', this.#withIpv4(e.agents), now);
          this.#changed(change, `${e.by} names it`);
          // One that has failed and is all that there is will not be better for being named again.
          this.#timers.set('home agent discovery again', after(now, PAUSE));
          break;
        }
        case 'unanswered':
          this.#outcome = 'unanswered';
          this.#timers.set('home agent discovery again', after(now, PAUSE));
          break;
        default:
          e satisfies never;
      }
    }
  }

  #failed(why: string, reason: string, now: Instant): void {
    // The only one there can be goes on being asked.
    if (!this.#discovery && this.#agents.list().length < 2) return;
    this.#changed(this.#agents.fail(why, now), reason);
    this.#follow(now);
  }

  #changed(change: AgentChange | undefined, reason: string): void {
    if (!change || change.from?.address === change.to.address) return;
    this.#told = '';
    const { homeAddress } = this.#set;
    const fields = { homeAddress, from: change.from?.address ?? null, to: change.to.address };
    const code = change.from ? 'HOME_AGENT_CHANGED' : 'HOME_AGENT_FOUND';
    this.#effects.push({ kind: 'event', event: event(code, { ...fields, reason }) });
  }

  /** Says once why nothing is registered. */
  #explain(): void {
    const reason = this.#cannotAsk();
    if (reason === undefined || reason === this.#told) return;
    this.#told = reason;
    const { homeAddress } = this.#set;
    this.#effects.push({
      kind: 'event',
      event: event('HOME_AGENT_UNKNOWN', { homeAddress, reason }),
    });
  }

  #cannotAsk(): string | undefined {
    if (!this.#discovery) return 'home agent discovery is disabled (`UseDhaad`)';
    switch (this.#where.kind) {
      case 'ipv6':
        return undefined;
      case 'ipv4':
        return 'home agent discovery needs an IPv6 care-of address: there is none for IPv4';
      case 'home':
        return 'at home routers say who the home agents are';
      case 'nowhere':
        return 'there is no care-of address';
      default:
        return this.#where satisfies never;
    }
  }

  /** Ours: without a home agent of its own, the configured IPv4 address is that of whoever is found. */
  #withIpv4(addresses: readonly Ipv6[]): Agent[] {
    const { homeAgent, homeAgent4 } = this.#set;
    const address4 = isUnspecified(homeAgent) ? homeAgent4 : null;
    return addresses.map((address) => ({ address, address4 }));
  }

  #keep(key: string, value: string | undefined): void {
    this.#effects.push({ kind: 'store', key, value });
  }

  get #listKey(): string {
    return `agents ${this.#set.homeAddress}`;
  }

  get #servedKey(): string {
    return `agent ${this.#set.homeAddress}`;
  }
}

const sameWhere = (a: Whereabouts, b: Whereabouts): boolean =>
  a.kind === 'ipv6' &&
  b.kind === 'ipv6' &&
  a.from.careOf === b.from.careOf &&
  a.from.link === b.from.link;

/** The store is a file that others may have written to. */
const readList = (text = ''): Ipv6[] => text.split(' ').flatMap((word) => parseIpv6(word) ?? []);

const AT_HOME = 'it advertises itself on the home link';
const PAUSE = seconds(60); // ours: from an answer that did not help, or none, to the next question
