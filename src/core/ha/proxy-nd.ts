/**
 * Proxy Neighbour Discovery: while a mobile node is away, the home agent's link-layer address stands for its
 * home address, and for its link-local address when L was set.
 *
 * Spec: RFC 6275 §10.4.1; RFC 4861 §7.2.4 and §7.2.8 (flags of a proxy's answers).
 */
import {
  ALL_NODES,
  isIpv6,
  isLinkLocal,
  UNSPECIFIED6,
  type Ipv6,
  type MacAddress,
} from '../../base/address.js';
import { seconds, type Instant } from '../../base/time.js';
import type { NdMessage, NeighborSolicitation } from '../../wire/nd/message.js';
import type { FrameEffect } from '../effect.js';
import type { LinkName, LinkState } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { Claims, type ClaimPolicy } from './claims.js';
import { ndFrame } from '../frames.js';

export type ProxyNdWhy = 'claim a home address';

export interface ReceivedNd {
  readonly link: LinkName;
  readonly linkSource: MacAddress;
  readonly source: Ipv6;
  readonly message: NdMessage;
}

export class ProxyNd implements Machine<FrameEffect, ProxyNdWhy> {
  readonly #links: ReadonlyMap<LinkName, LinkState>;
  readonly #own: Ipv6;
  readonly #claims = new Claims<Ipv6>(POLICY);
  readonly #effects: FrameEffect[] = [];

  /** `links` is read, never written; `own` is the home agent's address. */
  constructor(links: ReadonlyMap<LinkName, LinkState>, own: Ipv6) {
    this.#links = links;
    this.#own = own;
  }

  /** Announces from `at` on and answers from now on. */
  claim(address: Ipv6, link: LinkName, at: Instant): void {
    this.#claims.add(address, link, at);
  }

  /** RFC 6275 §10.3.2: nothing is said; the mobile node advertises itself. */
  release(address: Ipv6, link: LinkName): void {
    this.#claims.remove(address, link);
  }

  claims(address: Ipv6, link: LinkName): boolean {
    return this.#claims.has(address, link);
  }

  handleNd({ link, linkSource, source, message }: ReceivedNd, now: Instant): void {
    if (message.kind === 'neighborSolicitation') {
      if (this.#claims.has(message.target, link)) this.#answer(link, linkSource, source, message);
    } else if (message.kind === 'neighborAdvertisement') {
      // RFC 6275 §10.3.1: kept unique for as long as the binding lives. At a bounded rate, or two would shout for ever.
      if (this.#claims.mayDefend(message.target, link, now)) this.#announce(link, message.target);
    }
  }

  /** The link came up, or has another link-layer address. */
  handleLinkUp(link: LinkName, now: Instant): void {
    this.#claims.again(link, now);
  }

  handleTimeout(now: Instant): void {
    for (let due = this.#claims.takeDue(now); due; due = this.#claims.takeDue(now)) {
      this.#announce(due.link, due.address);
    }
  }

  pollTimeout(): Deadline<ProxyNdWhy> | undefined {
    const at = this.#claims.next();
    return at === undefined ? undefined : { at, why: 'claim a home address' };
  }

  pollEffect(): FrameEffect | undefined {
    return this.#effects.shift();
  }

  /** RFC 6275 §10.4.1: to all nodes, R and S clear, O set. */
  #announce(link: LinkName, target: Ipv6): void {
    this.#advertise(link, ALL_NODES, target, { solicited: false, override: true });
  }

  #answer(link: LinkName, linkSource: MacAddress, source: Ipv6, asked: NeighborSolicitation): void {
    // RFC 4861 §7.2.8: "All solicited proxy Neighbor Advertisement messages MUST have the Override flag set to
    // zero." A node that finds the address taken by its own probe hears it with all nodes, RFC 4861 §7.2.4.
    if (source === UNSPECIFIED6) {
      return this.#advertise(link, ALL_NODES, asked.target, { solicited: false, override: false });
    }
    const option = asked.options.find((o) => o.kind === 'sourceLinkLayer');
    const to = option?.kind === 'sourceLinkLayer' ? option.address : linkSource;
    this.#advertise(link, source, asked.target, { solicited: true, override: false }, to);
  }

  #advertise(
    link: LinkName,
    destination: Ipv6,
    target: Ipv6,
    flags: { readonly solicited: boolean; readonly override: boolean },
    to?: MacAddress,
  ): void {
    const state = this.#links.get(link);
    if (!state?.up) return;
    const message = {
      kind: 'neighborAdvertisement',
      router: false,
      ...flags,
      target,
      options: [{ kind: 'targetLinkLayer', address: state.mac }],
    } as const;
    this.#effects.push(ndFrame(link, this.#sourceOn(state), destination, message, to));
  }

  /** RFC 6275 §10.4.1: the home agent's address on the interface used. */
  #sourceOn(state: LinkState): Ipv6 {
    const there = state.addresses.flatMap(({ address }) => (isIpv6(address) ? [address] : []));
    if (there.length === 0 || there.includes(this.#own)) return this.#own;
    return there.find((address) => isLinkLocal(address)) ?? there[0]!;
  }
}

const POLICY: ClaimPolicy = {
  transmits: 3, // RFC 4861 §10: MAX_NEIGHBOR_ADVERTISEMENT
  interval: seconds(1), // RFC 4861 §7.2.6: at least RetransTimer apart
  defendInterval: seconds(10), // ours, as RFC 5227 §1.1 has for ARP
};
