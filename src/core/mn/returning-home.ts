/**
 * Coming home: one home address, from the moment its home link is there until it is an ordinary address on it.
 *
 * Spec: RFC 6275 §11.5.5 (order of things, what may be answered when), §11.5.2; RFC 5227 §2.3 (ARP announcements).
 *
 *   away ─home link, maybe bound─ home agent's link-layer address known → deregistering
 *                              └─ not known → resolving ─advertisement, or no answer→ deregistering
 *   away ─home link, surely not bound→ home (after DAD, which runs optimistically)
 *   deregistering ─acknowledged→ home ─advertised three times→ home
 *   deregistering ─first retransmission→ deregistering, home address in use: data flows, the asking goes on
 */
import {
  ALL_NODES,
  BROADCAST_MAC,
  linkLocalAddress,
  solicitedNode,
  UNSPECIFIED6,
  type Ipv4,
  type Ipv6,
  type MacAddress,
} from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { NdMessage } from '../../wire/nd/message.js';
import type { EventEffect, FrameEffect } from '../effect.js';
import { event } from '../event.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { Timers } from '../timers.js';
import { arpFrame, ndFrame } from '../frames.js';

export type ReturnState = 'away' | 'resolving' | 'deregistering' | 'home' | 'conflict';
export type ReturnTimer =
  | 'home agent resolution'
  | 'home address in use without an answer'
  | 'home address advertisement'
  | 'duplicate address detection of the home address';
export type ReturnEffect =
  | FrameEffect
  | EventEffect
  /** Send the Binding Update with lifetime zero to this link-layer address. */
  | { readonly kind: 'deregister'; readonly link: LinkName; readonly homeAgentMac: MacAddress };

export interface HomeLink {
  readonly link: LinkName;
  readonly mac: MacAddress;
  /** From the home agent's own advertisement; null when none came. */
  readonly homeAgentMac: MacAddress | null;
  /** A router of the home link: it forwards to the home agent if that cannot be found. */
  readonly routerMac: MacAddress;
}

export interface ReturningHomeSettings {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | null;
  /** As it is now. */
  readonly homeAgent: () => Ipv6;
}

export class ReturningHome implements Machine<ReturnEffect, ReturnTimer> {
  readonly #set: ReturningHomeSettings;
  readonly #timers = new Timers<ReturnTimer>();
  readonly #effects: ReturnEffect[] = [];
  #state: ReturnState = 'away';
  #home: HomeLink | undefined;
  #homeAgentMac: MacAddress | undefined;
  #inUse = false;
  #linkLocalToo = false;
  #questions = 0;
  #advertisements = 0;

  constructor(settings: ReturningHomeSettings) {
    this.#set = settings;
  }

  get state(): ReturnState {
    return this.#state;
  }

  get link(): LinkName | null {
    return this.#home?.link ?? null;
  }

  /** The home address belongs on the home link now. */
  get inUse(): boolean {
    return this.#inUse;
  }

  /**
   * The home link is there. `maybeBound`: the home agent may hold a binding and defends the address, so there must
   * be no DAD (§11.5.5). `linkLocalToo`: L was set, and it defends the link-local address as well.
   */
  begin(home: HomeLink, maybeBound: boolean, linkLocalToo: boolean, now: Instant): void {
    this.#reset();
    this.#home = home;
    this.#linkLocalToo = linkLocalToo;
    const { homeAddress } = this.#set;
    if (!maybeBound) {
      this.#detectDuplicates(now);
      return this.#settle(now);
    }
    const fields = { homeAddress, link: home.link };
    this.#effects.push({ kind: 'event', event: event('RETURNING_HOME', fields) });
    if (home.homeAgentMac !== null) return this.#deregister(home.homeAgentMac, now);
    this.#state = 'resolving';
    this.#ask(now);
  }

  /** The home agent's own advertisement came after all. */
  resolved(homeAgentMac: MacAddress, now: Instant): void {
    if (this.#state === 'resolving') this.#deregister(homeAgentMac, now);
  }

  /** The home agent has no binding any more. */
  deregistered(now: Instant): void {
    if (this.#state === 'deregistering') this.#settle(now);
  }

  /** Not at home any more, or not wanted to be. */
  leave(): void {
    this.#reset();
  }

  handleNd(message: NdMessage, source: Ipv6, linkSource: MacAddress, now: Instant): void {
    const { homeAddress } = this.#set;
    if (message.kind === 'neighborAdvertisement' && message.target === homeAddress) {
      if (this.#state === 'resolving') {
        const option = message.options.find((o) => o.kind === 'targetLinkLayer');
        const mac = option?.kind === 'targetLinkLayer' ? option.address : linkSource;
        this.#deregister(mac, now);
      } else this.#conflict(linkSource);
    } else if (message.kind === 'neighborSolicitation' && message.target === homeAddress) {
      if (source === UNSPECIFIED6) this.#conflict(linkSource);
      else if (this.#isHomeAgent(source, linkSource)) this.#answer(source, linkSource);
    }
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'home agent resolution':
          if (this.#questions < MAX_QUESTIONS) this.#ask(now);
          else this.#deregister(this.#home!.routerMac, now);
          break;
        case 'home address in use without an answer':
          this.#inUse = true;
          break;
        case 'home address advertisement':
          this.#advertise(now);
          break;
        case 'duplicate address detection of the home address':
          break; // nobody objected
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<ReturnTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): ReturnEffect | undefined {
    return this.#effects.shift();
  }

  #reset(): void {
    this.#timers.stopAll();
    this.#effects.length = 0;
    this.#state = 'away';
    this.#home = undefined;
    this.#homeAgentMac = undefined;
    this.#inUse = false;
    this.#questions = 0;
    this.#advertisements = 0;
  }

  /** §11.5.5: from `::`, for our own home address, which the home agent defends to all nodes. */
  #ask(now: Instant): void {
    this.#questions++;
    this.#timers.set('home agent resolution', after(now, QUESTION_INTERVAL));
    this.#solicitHomeAddress();
  }

  #solicitHomeAddress(): void {
    const { homeAddress } = this.#set;
    const group = solicitedNode(homeAddress);
    this.#effects.push(
      ndFrame(this.#home!.link, UNSPECIFIED6, group, {
        kind: 'neighborSolicitation',
        target: homeAddress,
        options: [],
      }),
    );
  }

  #deregister(homeAgentMac: MacAddress, now: Instant): void {
    this.#timers.stop('home agent resolution');
    this.#state = 'deregistering';
    this.#homeAgentMac = homeAgentMac;
    this.#timers.set('home address in use without an answer', after(now, PATIENCE));
    this.#effects.push({ kind: 'deregister', link: this.#home!.link, homeAgentMac });
  }

  #settle(now: Instant): void {
    this.#timers.stop('home address in use without an answer');
    this.#state = 'home';
    this.#inUse = true;
    const fields = { homeAddress: this.#set.homeAddress, link: this.#home!.link };
    this.#effects.push({ kind: 'event', event: event('AT_HOME', fields) });
    this.#advertise(now);
  }

  /** §11.5.5: without a binding nobody has kept the address for us. RFC 4429 spares the second of waiting. */
  #detectDuplicates(now: Instant): void {
    this.#timers.set('duplicate address detection of the home address', after(now, RETRANS_TIMER));
    this.#solicitHomeAddress();
  }

  #conflict(by: MacAddress): void {
    if (!this.#timers.armed('duplicate address detection of the home address')) return;
    const { homeAddress } = this.#set;
    const fields = { address: homeAddress, link: this.#home!.link, by };
    this.#timers.stopAll();
    this.#state = 'conflict';
    this.#inUse = false;
    this.#effects.push({ kind: 'event', event: event('ADDRESS_DUPLICATE', fields) });
  }

  #isHomeAgent(source: Ipv6, linkSource: MacAddress): boolean {
    return source === this.#set.homeAgent() || linkSource === this.#homeAgentMac;
  }

  /** Its acknowledgement needs our link-layer address; everybody else still gets the home agent's own answer. */
  #answer(source: Ipv6, linkSource: MacAddress): void {
    const home = this.#home;
    if (!home || this.#state !== 'deregistering' || this.#inUse) return;
    const { homeAddress } = this.#set;
    this.#effects.push(
      ndFrame(
        home.link,
        homeAddress,
        source,
        {
          kind: 'neighborAdvertisement',
          router: false,
          solicited: true,
          override: true,
          target: homeAddress,
          options: [{ kind: 'targetLinkLayer', address: home.mac }],
        },
        linkSource,
      ),
    );
  }

  /** §11.5.5: to all nodes, override set, solicited clear, for every home address. */
  #advertise(now: Instant): void {
    const { link, mac } = this.#home!;
    const { homeAddress, homeAddress4 } = this.#set;
    const targets = this.#linkLocalToo ? [homeAddress, linkLocalAddress(mac)] : [homeAddress];
    for (const target of targets) {
      this.#effects.push(
        ndFrame(link, target, ALL_NODES, {
          kind: 'neighborAdvertisement',
          router: false,
          solicited: false,
          override: true,
          target,
          options: [{ kind: 'targetLinkLayer', address: mac }],
        }),
      );
    }
    if (homeAddress4 !== null) {
      this.#effects.push(
        arpFrame(link, BROADCAST_MAC, {
          operation: 'request',
          senderMac: mac,
          senderAddress: homeAddress4,
          targetMac: '00:00:00:00:00:00' as MacAddress,
          targetAddress: homeAddress4,
        }),
      );
    }
    if (++this.#advertisements < MAX_NEIGHBOR_ADVERTISEMENT) {
      this.#timers.set('home address advertisement', after(now, RETRANS_TIMER));
    }
  }
}

const MAX_QUESTIONS = 3; // RFC 4861 §10: MAX_MULTICAST_SOLICIT
const QUESTION_INTERVAL: Millis = 300; // ours: a home agent on the link answers in milliseconds
const PATIENCE = seconds(1); // RFC 6275 §12: INITIAL_BINDACK_TIMEOUT, when the first retransmission leaves
const MAX_NEIGHBOR_ADVERTISEMENT = 3; // RFC 4861 §10
const RETRANS_TIMER = seconds(1); // RFC 4861 §10
