/**
 * Home prefixes of a home agent, and how its mobile nodes come to know them: the list, the schedule, the packets.
 *
 * Spec: RFC 6275 §10.6, §6.8 (the message), §10.3.1 (lifetime and status of a registration); RFC 5555 §4.5 (to the home
 * address, through the tunnel, when the mobile node is bound over IPv4).
 */
import {
  formatPrefix,
  inPrefix,
  isIpv6,
  isRoutableUnicast,
  type Ipv6,
} from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import { encodeIcmpv6Packet } from '../../wire/mobility-packet.js';
import { BA_STATUS } from '../../wire/mobility/status.js';
import type { NdOption } from '../../wire/nd/message.js';
import type { EventEffect, PacketEffect, StoreEffect } from '../effect.js';
import { event } from '../event.js';
import type { Icmpv6Ingress } from '../ingress.js';
import type { LinkName, LinkState } from '../input.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import { lifetimeLeft } from '../prefix-lifetime.js';
import type { Random } from '../random.js';
import type { HomePrefixView } from '../view.js';
import type { ReceivedNd } from './proxy-nd.js';
import type { HomeBinding } from './home-binding.js';
import type { HomeAgentOptions } from './options.js';
import { PrefixAdvertiser, type AdvertiseEffect } from './prefix-advertisement.js';
import { HomePrefixes, type HomePrefix } from './prefix-information.js';

export type DistributionEffect =
  | EventEffect
  | StoreEffect
  | PacketEffect
  /** The binding has no home any more. */
  | { readonly kind: 'homeless'; readonly homeAddress: Ipv6 };

/** Of the home agent: read, never written. */
export interface Bindings {
  get(homeAddress: Ipv6): HomeBinding | undefined;
  values(): Iterable<HomeBinding>;
}

export class PrefixDistribution implements Machine<DistributionEffect> {
  readonly prefixes: HomePrefixes;
  readonly #advertiser: PrefixAdvertiser;
  readonly #options: HomeAgentOptions;
  readonly #bindings: Bindings;
  readonly #links: ReadonlyMap<LinkName, LinkState>;
  readonly #effects: DistributionEffect[] = [];
  #addresses: readonly Ipv6[] = [];
  /** Version of the prefixes that `#addresses` are of; undefined: to be found anew. */
  #ownAt: number | undefined;

  constructor(
    options: HomeAgentOptions,
    random: Random,
    bindings: Bindings,
    links: ReadonlyMap<LinkName, LinkState>,
  ) {
    this.#options = options;
    this.#bindings = bindings;
    this.#links = links;
    this.prefixes = new HomePrefixes(options);
    this.#advertiser = new PrefixAdvertiser(
      {
        ...options,
        unsolicitedPrefixAdvertisements:
          options.prefixAdvertisements && options.unsolicitedPrefixAdvertisements,
      },
      random,
    );
  }

  /**
   * Where Binding Updates may come to: the address of the configuration, and ours in each home prefix (bit R). The same
   * array until it has changed.
   */
  ownAddresses(): readonly Ipv6[] {
    const { version } = this.prefixes;
    if (this.#ownAt === version) return this.#addresses;
    const found = this.prefixes.list().flatMap((prefix) => this.#ownIn(prefix) ?? []);
    const fresh = [...new Set([this.#options.address, ...found])];
    if (this.#addresses.join() !== fresh.join()) this.#addresses = fresh;
    this.#ownAt = version;
    return this.#addresses;
  }

  view(): HomePrefixView[] {
    return this.prefixes.list().map((each) => {
      const { link, prefix, validUntil, preferredUntil, source } = each;
      const agent = this.#ownIn(each) ?? null;
      return { link, prefix, homeAddress: null, agent, validUntil, preferredUntil, source };
    });
  }

  handleNd({ link, message }: ReceivedNd, now: Instant): void {
    if (message.kind !== 'routerAdvertisement') return;
    this.prefixes.handleAdvertisement(link, message, now);
    this.#follow(now);
  }

  /** The link is in `links` as it is now. */
  handleLink(state: LinkState, now: Instant): void {
    this.#ownAt = undefined;
    this.prefixes.handleLink(state, now);
    this.#follow(now);
  }

  /** Seconds that a registration of this home address may last at most, RFC 6275 §10.3.1. */
  longestLifetime(homeAddress: Ipv6, now: Instant): number {
    const { maxBindingLifetime } = this.#options;
    const prefix = this.prefixes.of(homeAddress);
    return prefix
      ? Math.min(maxBindingLifetime, lifetimeLeft(prefix.validUntil, now))
      : maxBindingLifetime;
  }

  /**
   * RFC 6275 §10.3.1: 1 when the prefix is deprecated, or will be before the binding ends, or is invalid when it ends.
   * Compared in units of four seconds.
   */
  acceptedStatus(homeAddress: Ipv6, lifetime: number, now: Instant): number {
    const prefix = this.prefixes.of(homeAddress);
    if (!prefix || !this.#options.prefixAdvertisements) return BA_STATUS.accepted;
    const units = (n: number) => Math.floor(n / 4);
    const preferred = units(lifetimeLeft(prefix.preferredUntil, now));
    const valid = units(lifetimeLeft(prefix.validUntil, now));
    return preferred < units(lifetime) || valid <= units(lifetime)
      ? BA_STATUS.prefixDiscoveryNecessary
      : BA_STATUS.accepted;
  }

  bound({ homeAddress }: HomeBinding, now: Instant): void {
    this.#advertiser.bound(homeAddress, this.#preferred(homeAddress, now), now);
  }

  unbound(homeAddress: Ipv6): void {
    this.#advertiser.unbound(homeAddress);
  }

  /** Of a mobile node that `binding` is of: the home agent has seen to that. */
  solicited(ingress: Icmpv6Ingress, binding: HomeBinding, now: Instant): void {
    const { message } = ingress;
    if (message.kind !== 'mobilePrefixSolicitation' || !this.#options.prefixAdvertisements) return;
    const { homeAddress } = binding;
    const preferred = this.#preferred(homeAddress, now);
    this.#advertiser.solicited(homeAddress, message.identifier, preferred, now);
    this.#follow(now);
  }

  handleTimeout(now: Instant): void {
    this.prefixes.handleTimeout(now);
    this.#advertiser.handleTimeout(now);
    this.#follow(now);
  }

  pollTimeout(): Deadline | undefined {
    return earlier(this.prefixes.pollTimeout(), this.#advertiser.pollTimeout());
  }

  pollEffect(): DistributionEffect | undefined {
    return this.#effects.shift();
  }

  #follow(now: Instant): void {
    for (let e = this.prefixes.pollEffect(); e; e = this.prefixes.pollEffect()) {
      switch (e.kind) {
        case 'event':
        case 'store':
          this.#effects.push(e);
          break;
        case 'changed':
          this.#spread(e.prefix, now);
          break;
        case 'gone':
          for (const { homeAddress } of this.#bindings.values()) {
            if (!inPrefix(homeAddress, e.prefix.prefix)) continue;
            this.#effects.push({ kind: 'homeless', homeAddress });
          }
          break;
        default:
          e satisfies never;
      }
    }
    for (let e = this.#advertiser.pollEffect(); e; e = this.#advertiser.pollEffect()) {
      this.#advertise(e, now);
    }
  }

  /** §10.6.2: to every mobile node of the link, whether its own prefix changed, another one, or one came. */
  #spread({ link, offLink }: HomePrefix, now: Instant): void {
    if (offLink) return;
    for (const binding of this.#bindings.values()) {
      if (binding.link !== link) continue;
      const { homeAddress } = binding;
      this.#advertiser.changed(homeAddress, this.#preferred(homeAddress, now), now);
    }
  }

  #preferred(homeAddress: Ipv6, now: Instant): number {
    const prefix = this.prefixes.of(homeAddress);
    return prefix ? lifetimeLeft(prefix.preferredUntil, now) : 0;
  }

  #advertise({ homeAddress, identifier, reason }: AdvertiseEffect, now: Instant): void {
    const binding = this.#bindings.get(homeAddress);
    const told = binding && this.#toldOf(binding);
    if (!told || told.length === 0) return;
    const message = {
      kind: 'mobilePrefixAdvertisement',
      identifier,
      // RFC 6275 §6.8: clear, since no DHCPv6 of the home network is offered to mobile nodes.
      managed: false,
      otherConfig: false,
      options: told.map((prefix) => this.#option(prefix, now)),
    } as const;
    const { attachment, agent: source } = binding;
    // §6.8: to the care-of address; over IPv4 the tunnel leads there.
    const path =
      attachment.path === 'ipv6'
        ? { source, destination: attachment.remote, routingHome: homeAddress }
        : { source, destination: homeAddress };
    this.#effects.push({ kind: 'packet', octets: encodeIcmpv6Packet({ ...path, message }) });
    const prefixes = told.map(({ prefix }) => formatPrefix(prefix)).join(' ');
    const fields = { homeAddress, reason, prefixes };
    this.#effects.push({ kind: 'event', event: event('HA_PREFIXES_SENT', fields) });
  }

  /** The mobile node's own prefix first: if not all of them fit, that one does. */
  #toldOf({ link, homeAddress }: HomeBinding): HomePrefix[] {
    const own = this.prefixes.of(homeAddress);
    const others = this.prefixes.list().filter((p) => p !== own && p.link === link && !p.offLink);
    return (own && !own.offLink ? [own, ...others] : others).slice(0, MAX_TOLD);
  }

  #option(prefix: HomePrefix, now: Instant): NdOption {
    const own = this.#ownIn(prefix);
    return {
      kind: 'prefixInformation',
      prefixLength: prefix.prefix.length,
      onLink: true,
      autonomous: prefix.autonomous,
      // RFC 6275 §7.2: the whole address of the home agent stands for the prefix.
      routerAddress: own !== undefined,
      validLifetime: lifetimeLeft(prefix.validUntil, now),
      preferredLifetime: lifetimeLeft(prefix.preferredUntil, now),
      prefix: own ?? prefix.prefix.address,
    };
  }

  #ownIn({ link, prefix, offLink }: HomePrefix): Ipv6 | undefined {
    const { address } = this.#options;
    if (offLink || inPrefix(address, prefix)) return offLink ? undefined : address;
    for (const own of this.#links.get(link)?.addresses ?? []) {
      if (isIpv6(own.address) && isRoutableUnicast(own.address) && inPrefix(own.address, prefix)) {
        return own.address;
      }
    }
    return undefined;
  }
}

/** RFC 8200 §5: 1280 octets hold the headers and this many options of 32 octets. */
export const MAX_TOLD = 32;
