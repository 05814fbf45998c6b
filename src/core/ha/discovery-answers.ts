/**
 * Dynamic Home Agent Address Discovery, answering side: who serves the subnet that a mobile node asks about.
 *
 * Spec: RFC 6275 §10.5, §6.5, §6.6. IPv6 only: RFC 5555 has nothing of the kind for IPv4.
 */
import { inPrefix, type Ipv6 } from '../../base/address.js';
import { homeAgentsAnycast } from '../../base/anycast.js';
import type { Instant } from '../../base/time.js';
import { encodeIcmpv6Packet } from '../../wire/mobility-packet.js';
import type { AnycastItem } from '../datapath/model.js';
import type { RoleEffect } from '../effect.js';
import { event } from '../event.js';
import type { Icmpv6Ingress } from '../ingress.js';
import type { LinkName } from '../input.js';
import type { Random } from '../random.js';
import { RateLimit } from '../rate-limit.js';
import type { HomeAgentsList, OwnHome } from './home-agents-list.js';

export class DiscoveryAnswers {
  readonly #own: OwnHome;
  readonly #list: HomeAgentsList;
  readonly #random: Random;
  readonly #rate = new RateLimit(ANSWERS_PER_SECOND, ANSWERS_PER_SECOND);

  constructor(own: OwnHome, list: HomeAgentsList, random: Random) {
    this.#own = own;
    this.#list = list;
    this.#random = random;
  }

  /** Each home prefix's anycast address, on its home link. */
  anycastItems(): readonly AnycastItem[] {
    return this.#own.prefixes.list().flatMap(({ link, prefix, offLink }): AnycastItem[] => {
      const address = offLink ? null : homeAgentsAnycast(prefix);
      return address === null ? [] : [{ kind: 'anycast', link, address }];
    });
  }

  /** What follows from a request, or the reason why nothing does. */
  answer(request: Icmpv6Ingress, now: Instant): readonly RoleEffect[] | string {
    const { message, destination, careOf, packetDestination } = request;
    if (message.kind !== 'homeAgentDiscoveryRequest') return 'dhaad-type';
    // §6.5: from the care-of address, without the home address that is not bound yet.
    if (request.homeAddressOption || destination !== packetDestination) return 'dhaad-header';
    const link = this.#askedAbout(destination);
    if (link === undefined) return 'not-ours';
    if (!this.#rate.take(now)) return 'dhaad-rate';
    const own = this.#own.ownAddresses();
    const addresses = this.#list.addresses(link, this.#random).slice(0, MAX_TOLD);
    const octets = encodeIcmpv6Packet({
      // §6.6: one of our own; the one that was asked, if one was.
      source: own.includes(destination) ? destination : own[0]!,
      destination: careOf,
      message: {
        kind: 'homeAgentDiscoveryReply',
        identifier: message.identifier,
        mobileRouter: false,
        addresses,
      },
    });
    const fields = { careOf, count: addresses.length, link };
    return [
      { kind: 'packet', octets },
      { kind: 'event', event: event('DHAAD_ANSWERED', fields) },
    ];
  }

  /** Of a home prefix's anycast address, or of one of ours. */
  #askedAbout(destination: Ipv6): LinkName | undefined {
    const anycast = this.anycastItems().find(({ address }) => address === destination);
    if (anycast || !this.#own.ownAddresses().includes(destination)) return anycast?.link;
    const homes = this.#own.prefixes.list();
    return (homes.find(({ prefix }) => inPrefix(destination, prefix)) ?? homes[0])?.link;
  }
}

/** RFC 6275 §10.5: so many fit the minimum IPv6 MTU, 1280 octets, behind 40 of IPv6 and 8 of ICMPv6. */
export const MAX_TOLD = (1280 - 40 - 8) >> 4;
/** Ours: an answer is longer than its question, and anybody may ask. */
const ANSWERS_PER_SECOND = 20;
