/**
 * Dynamic Home Agent Address Discovery, answering side: who serves the subnet that a mobile node asks about.
 *
 * Spec: RFC 6275 §10.5, §6.5, §6.6. IPv6 only: RFC 5555 has nothing of the kind for IPv4.
 */
import type { Ipv6 } from '../../base/address.js';
import { homeAgentsAnycast } from '../../base/anycast.js';
import type { Instant } from '../../base/time.js';
import { encodeIcmpv6Packet } from '../../wire/mobility-packet.js';
import type { DatapathItem } from '../datapath/model.js';
import type { RoleEffect } from '../effect.js';
import { event } from '../event.js';
import type { Icmpv6Ingress } from '../ingress.js';
import type { Random } from '../random.js';
import { RateLimit } from '../rate-limit.js';
import type { HomeAgentsList } from './home-agents-list.js';
import type { HomeAgentOptions } from './options.js';

/** Each home prefix's anycast address, on its home link. */
export function anycastItems(homeLinks: HomeAgentOptions['homeLinks']): DatapathItem[] {
  return homeLinks.flatMap(({ link, prefix }): DatapathItem[] => {
    const address = homeAgentsAnycast(prefix);
    return address === null ? [] : [{ kind: 'anycast', link, address }];
  });
}

export class DiscoveryAnswers {
  readonly #own: Pick<HomeAgentOptions, 'address' | 'homeLinks'>;
  readonly #list: HomeAgentsList;
  readonly #random: Random;
  readonly #rate = new RateLimit(ANSWERS_PER_SECOND, ANSWERS_PER_SECOND);

  constructor(
    own: Pick<HomeAgentOptions, 'address' | 'homeLinks'>,
    list: HomeAgentsList,
    random: Random,
  ) {
    this.#own = own;
    this.#list = list;
    this.#random = random;
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
    const addresses = this.#list.addresses(link, this.#random).slice(0, MAX_TOLD);
    const octets = encodeIcmpv6Packet({
      source: this.#own.address,
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

  /** Of a home prefix's anycast address, or of our own. */
  #askedAbout(destination: Ipv6): string | undefined {
    const { address, homeLinks } = this.#own;
    if (destination === address) return this.#list.linkOf(address) ?? homeLinks[0]?.link;
    return homeLinks.find(({ prefix }) => homeAgentsAnycast(prefix) === destination)?.link;
  }
}

/** RFC 6275 §10.5: so many fit the minimum IPv6 MTU, 1280 octets, behind 40 of IPv6 and 8 of ICMPv6. */
export const MAX_TOLD = (1280 - 40 - 8) >> 4;
/** Ours: an answer is longer than its question, and anybody may ask. */
const ANSWERS_PER_SECOND = 20;
