/**
 * One interface of a mobile node: its routers, its stateless addresses, its lease. Level-triggered: `addresses`
 * follow what the routers advertise.
 *
 * Spec: RFC 6275 §11.5.3, §11.5.4.
 */
import {
  eui64Address,
  formatPrefix,
  ipv6FromOctets,
  ipv6Octets,
  isIpv6,
  isLinkLocal,
  UNSPECIFIED6,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import type { EventEffect, FrameEffect, StoreEffect } from '../effect.js';
import { event } from '../event.js';
import type { IngressOf } from '../ingress.js';
import type { LinkName, LinkState } from '../input.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import type { Random } from '../random.js';
import type { DhcpAction } from '../role.js';
import type { DhcpVerdict } from '../view.js';
import { CareOfAddress } from './care-of-address.js';
import type { Candidate } from './care-of-choice.js';
import type { CareOfSituation } from './datapath.js';
import { DhcpClient } from './dhcp-client.js';
import { KnownAddresses, routerKey } from './known-addresses.js';
import type { KnownNetworks } from './known-networks.js';
import { MovementDetector, type AdvertisedPrefix, type Router } from './movement-detector.js';
import type { HomeLink } from './returning-home.js';

export type PortEffect = FrameEffect | EventEffect | StoreEffect;

export interface LinkPortSettings {
  readonly name: LinkName;
  readonly preference: number;
  /** A DHCPv4 client runs here. */
  readonly dhcp: boolean;
  readonly optimisticDad: boolean;
  /** Milliseconds. */
  readonly ipv6HeadStart: number;
  readonly homes: readonly { readonly homeAddress: Ipv6; readonly homePrefix: Prefix<Ipv6> }[];
  /** What the store kept of this link's lease. */
  readonly keptLease: string | undefined;
  /** Of all links together. */
  readonly networks: KnownNetworks;
}

/** A home link as this port sees it. */
export interface HomeSighting {
  readonly home: HomeLink;
  /** Its default router, link-local. */
  readonly router: Ipv6 | null;
  /** A router has confirmed it since carrier came up. */
  readonly confirmed: boolean;
}

interface Autoconfigured {
  readonly prefix: Prefix<Ipv6>;
  machine: CareOfAddress;
  conflicts: number;
  /** Keys of the routers that advertise the prefix. */
  by: readonly string[];
}

interface Offered {
  readonly prefix: AdvertisedPrefix;
  /** The best of those that advertise it. */
  readonly router: Router;
  /** Their keys. */
  readonly by: readonly string[];
}

export class LinkPort implements Machine<PortEffect> {
  readonly name: LinkName;
  readonly detector: MovementDetector;
  readonly dhcp: DhcpClient | undefined;
  readonly #set: LinkPortSettings;
  readonly #random: Random;
  readonly #effects: PortEffect[] = [];
  readonly #addresses = new Map<string, Autoconfigured>();
  readonly #known = new KnownAddresses();
  #state: LinkState | undefined;
  #upSince = 0 as Instant;

  constructor(settings: LinkPortSettings, random: Random) {
    this.name = settings.name;
    this.#set = settings;
    this.#random = random;
    this.detector = new MovementDetector(settings.name);
    if (settings.dhcp) {
      const { name, keptLease, networks } = settings;
      this.dhcp = new DhcpClient(name, random, keptLease, networks);
    }
  }

  get state(): LinkState | undefined {
    return this.#state;
  }

  get up(): boolean {
    return this.#state?.up ?? false;
  }

  get mtu(): number {
    return this.#state?.mtu ?? DEFAULT_MTU;
  }

  get #unused(): boolean {
    return this.#set.preference === 0;
  }

  handleLink(state: LinkState, now: Instant): void {
    const was = this.#state;
    this.#state = state;
    const wasUp = was?.up ?? false;
    const flapped = wasUp && (was!.carrierUps !== state.carrierUps || was!.mac !== state.mac);
    if (was && was.mac !== state.mac) {
      this.#addresses.clear(); // they were made of it
      this.#known.clear();
    }
    if (state.up && (!wasUp || flapped)) this.#up(state, now);
    else if (!state.up && wasUp) this.#down('LINK_DOWN');
    else this.detector.setLinkLocal(linkLocalOf(state));
    this.#settle(now);
  }

  handleGone(now: Instant): void {
    if (!this.#state) return;
    this.#down('LINK_GONE');
    this.#state = undefined;
    this.#settle(now);
  }

  handleNd(nd: IngressOf<'nd'>, now: Instant): void {
    const { message } = nd;
    switch (message.kind) {
      case 'routerAdvertisement':
        this.detector.handleAdvertisement(nd.source, nd.linkSource, message, now);
        break;
      case 'neighborAdvertisement':
        this.detector.handleNeighborAdvertisement(
          message.target,
          message.solicited,
          nd.linkSource,
          now,
        );
        this.#conflict(message.target, nd.linkSource);
        break;
      case 'neighborSolicitation':
        // RFC 4862 §5.4.3: from `::` somebody else is trying the same address.
        if (nd.source === UNSPECIFIED6) this.#conflict(message.target, nd.linkSource);
        break;
      case 'routerSolicitation':
        break;
      default:
        message satisfies never;
    }
    this.#settle(now);
  }

  handleArp(arp: IngressOf<'arp'>, now: Instant): void {
    this.dhcp?.handleArp(arp.message, now);
    this.#settle(now);
  }

  handleDhcp(dhcp: IngressOf<'dhcp'>, now: Instant): void {
    this.dhcp?.handle(dhcp.message, dhcp.linkSource, now, dhcp.source);
    this.#settle(now);
  }

  /** Gives the lease back. */
  release(now: Instant): void {
    this.doDhcp('release', now);
  }

  /** Undefined where no DHCP client runs. */
  doDhcp(action: DhcpAction, now: Instant): DhcpVerdict | undefined {
    const verdict = this.dhcp?.[action](now);
    this.#settle(now);
    return verdict;
  }

  handleTimeout(now: Instant): void {
    this.detector.handleTimeout(now);
    this.dhcp?.handleTimeout(now);
    for (const { machine } of this.#addresses.values()) machine.handleTimeout(now);
    this.#settle(now);
  }

  pollTimeout(): Deadline | undefined {
    let next: Deadline | undefined = earlier<string>(
      this.detector.pollTimeout(),
      this.dhcp?.pollTimeout(),
    );
    for (const { machine } of this.#addresses.values()) {
      const own = machine.pollTimeout();
      if (own && (!next || own.at < next.at)) {
        next = { at: own.at, why: `${own.why} of ${machine.address}` };
      }
    }
    return next && { at: next.at, why: `${next.why} on ${this.name}` };
  }

  pollEffect(): PortEffect | undefined {
    return this.#effects.shift();
  }

  /** What could be a care-of address, usable or not. */
  candidates(): Candidate[] {
    if (!this.up) return [];
    const { preference } = this.#set;
    const out: Candidate[] = [];
    const offers = this.#offers();
    for (const [key, { machine }] of this.#addresses) {
      const offer = offers.get(key);
      if (!offer || machine.state === 'duplicate' || machine.state === 'expired') continue;
      out.push({
        family: 6,
        address: machine.address,
        link: this.name,
        preference,
        validUntil: machine.validUntil,
        deprecated: machine.deprecated,
        confirmed: offer.router.confirmed,
        usable: machine.usable,
        routerPreference: offer.router.preference,
      });
    }
    const lease = this.dhcp?.lease;
    if (lease) {
      out.push({
        family: 4,
        address: lease.address,
        link: this.name,
        preference,
        validUntil: lease.expiresAt,
        deprecated: false,
        confirmed: true,
        usable: true,
        notBefore: (this.#upSince + this.#set.ipv6HeadStart) as Instant,
      });
    }
    return out;
  }

  /** The addresses that are in use on this link, with their next hops. */
  situation(): CareOfSituation[] {
    const out: CareOfSituation[] = [];
    if (!this.up) return out;
    const offers = this.#offers();
    for (const [key, { machine, prefix }] of this.#addresses) {
      const offer = offers.get(key);
      if (!offer || !machine.usable) continue;
      out.push({
        address: machine.address,
        prefixLength: prefix.length,
        link: this.name,
        router: offer.router.address,
      });
    }
    const lease = this.dhcp?.lease;
    if (lease) {
      const { address, prefixLength, router } = lease;
      out.push({ address, prefixLength, link: this.name, router });
    }
    return out;
  }

  /** RFC 6275 §11.5.2: this is the home link if a router advertises the home prefix. */
  sight(homePrefix: Prefix<Ipv6>, homeAgent: Ipv6): HomeSighting | undefined {
    const state = this.#state;
    if (!state?.up || this.#unused) return undefined;
    const there = this.detector.routers.filter((r) =>
      r.prefixes.some((p) => samePrefix6(p.prefix, homePrefix)),
    );
    const router = bestRouter(there);
    if (!router) return undefined;
    const agents = there.filter((r) => r.homeAgent);
    // Bit R says which home agent it is, RFC 6275 §7.2; without it, one alone leaves no doubt.
    const ours =
      agents.find((r) => r.prefixes.some((p) => p.routerAddress === homeAgent)) ??
      (agents.length === 1 ? agents[0] : undefined);
    return {
      home: {
        link: this.name,
        mac: state.mac,
        homeAgentMac: ours?.mac ?? null,
        routerMac: router.mac,
      },
      router: bestRouter(there.filter((r) => r.isDefault))?.address ?? null,
      confirmed: there.some((r) => r.confirmed),
    };
  }

  #up(state: LinkState, now: Instant): void {
    this.#upSince = now;
    this.#report('LINK_UP');
    if (this.#unused) return;
    this.detector.linkUp(state.mac, linkLocalOf(state), now);
    this.dhcp?.linkUp(state.mac, now);
  }

  /** RFC 6275 §11.5.4: what belongs to a link that is gone is of no use. */
  #down(code: 'LINK_DOWN' | 'LINK_GONE'): void {
    for (const own of this.#addresses.values()) this.#remember(own);
    this.detector.linkDown();
    this.dhcp?.linkDown();
    this.#addresses.clear();
    this.#report(code);
  }

  #conflict(target: Ipv6, by: MacAddress): void {
    for (const { machine } of this.#addresses.values()) {
      if (machine.address === target) machine.handleConflict(by);
    }
  }

  /** Only what has passed DAD: RFC 6059 §5.1. */
  #remember({ prefix, machine, conflicts, by }: Autoconfigured): void {
    const { address, state, validUntil } = machine;
    if (state !== 'preferred' && state !== 'deprecated') return;
    this.#known.remember(by, prefix, { address, conflicts }, validUntil);
  }

  /** After every input: addresses follow routers, and what the machines said is passed on in order. */
  #settle(now: Instant): void {
    this.#drain(this.detector);
    if (this.dhcp) this.#drain(this.dhcp);
    const offers = this.#offers();
    for (const [key, own] of this.#addresses) {
      this.#drain(own.machine);
      const offer = offers.get(key);
      // By none of the same routers: a link of the same prefix, but another one.
      if (offer?.by.some((router) => own.by.includes(router))) continue;
      this.#remember(own);
      this.#addresses.delete(key);
    }
    for (const [key, offer] of offers) {
      const own = this.#addresses.get(key);
      if (!own) {
        this.#begin(key, offer, now);
        continue;
      }
      own.by = offer.by;
      if (own.machine.state === 'duplicate' && own.conflicts < MAX_CONFLICTS) {
        // Ours, after RFC 7217 §6: another interface identifier, a few times; §5.4.5 of RFC 4862 would give up.
        own.conflicts++;
        const address = this.#randomAddress(own.prefix);
        own.machine = this.#configure(offer, address, false, now) ?? own.machine;
      } else own.machine.refresh(offer.prefix.validUntil, offer.prefix.preferredUntil, now);
    }
  }

  #begin(key: string, offer: Offered, now: Instant): void {
    const { prefix } = offer.prefix;
    const known = this.#known.find(offer.by, prefix, now);
    const address = known?.address ?? this.#firstAddress(prefix);
    const machine = this.#configure(offer, address, known !== undefined, now);
    if (!machine) return;
    const conflicts = known?.conflicts ?? 0;
    this.#addresses.set(key, { prefix, machine, conflicts, by: offer.by });
  }

  #configure(
    { prefix, router }: Offered,
    address: Ipv6,
    proved: boolean,
    now: Instant,
  ): CareOfAddress | undefined {
    // A home address on its home link belongs to returning home, §11.5.5.
    if (this.#set.homes.some((h) => h.homeAddress === address)) return undefined;
    const settings = {
      link: this.name,
      address,
      optimistic: this.#set.optimisticDad,
      retransTimer: router.retransTimer,
      proved,
    };
    const machine = new CareOfAddress(settings, prefix.validUntil, prefix.preferredUntil, now);
    this.#drain(machine);
    return machine;
  }

  #firstAddress(prefix: Prefix<Ipv6>): Ipv6 {
    return eui64Address(prefix.address, this.#state!.mac);
  }

  #randomAddress(prefix: Prefix<Ipv6>): Ipv6 {
    const octets = ipv6Octets(prefix.address).slice();
    octets.set(this.#random.octets(8), 8);
    octets[8]! &= 0xfd; // RFC 4291 §2.5.1: not derived from a global token
    return ipv6FromOctets(octets);
  }

  /** The prefixes to have an address of, each with the best router that advertises it. */
  #offers(): Map<string, Offered> {
    const offers = new Map<string, Offered>();
    if (!this.up || this.#unused) return offers;
    for (const router of this.detector.routers) {
      if (!router.isDefault) continue;
      for (const prefix of router.prefixes) {
        // RFC 4862 §5.5.3: autonomous, and an EUI-64 fills the rest.
        if (!prefix.autonomous || prefix.prefix.length !== 64) continue;
        if (this.#set.homes.every((h) => samePrefix6(h.homePrefix, prefix.prefix))) continue;
        const key = formatPrefix(prefix.prefix);
        const held = offers.get(key);
        if (!held && offers.size >= MAX_ADDRESSES) continue;
        const by = [...(held?.by ?? []), routerKey(router)];
        if (!held || better(router, held.router)) offers.set(key, { prefix, router, by });
        else offers.set(key, { ...held, by });
      }
    }
    return offers;
  }

  #drain(machine: Machine<PortEffect>): void {
    for (let e = machine.pollEffect(); e; e = machine.pollEffect()) this.#effects.push(e);
  }

  #report(code: 'LINK_UP' | 'LINK_DOWN' | 'LINK_GONE'): void {
    this.#effects.push({ kind: 'event', event: event(code, { link: this.name }) });
  }
}

function linkLocalOf(state: LinkState): Ipv6 | null {
  const own = state.addresses.find(({ address }) => isIpv6(address) && isLinkLocal(address));
  return own ? (own.address as Ipv6) : null;
}

const samePrefix6 = (a: Prefix<Ipv6>, b: Prefix<Ipv6>): boolean =>
  a.length === b.length && a.address === b.address;

const better = (a: Router, b: Router): boolean =>
  a.confirmed !== b.confirmed ? a.confirmed : a.preference > b.preference;

function bestRouter(routers: readonly Router[]): Router | undefined {
  let best: Router | undefined;
  for (const router of routers) if (!best || better(router, best)) best = router;
  return best;
}

/** Stateless addresses of one link at most. */
export const MAX_ADDRESSES = 8;
const MAX_CONFLICTS = 3; // RFC 7217 §7: IDGEN_RETRIES
const DEFAULT_MTU = 1500;
