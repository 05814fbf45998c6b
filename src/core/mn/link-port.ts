/**
 * One interface of a mobile node: its routers, its stateless addresses, its lease. Level-triggered: `addresses`
 * follow what the routers advertise.
 *
 * Spec: RFC 6275 §11.5.3, §11.5.4.
 */
import {
  formatPrefix,
  isIpv6,
  isLinkLocal,
  NO_MAC,
  prefixOf,
  UNSPECIFIED6,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { after, type Instant } from '../../base/time.js';
import type { EventEffect, FrameEffect, StoreEffect } from '../effect.js';
import { event } from '../event.js';
import type { IngressOf } from '../ingress.js';
import type { LinkName, LinkOwner, LinkState } from '../input.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import type { Random } from '../random.js';
import type { DhcpAction } from '../role.js';
import type { DhcpVerdict } from '../view.js';
import { Timers } from '../timers.js';
import { adoptedAddresses, ROUTER_PATIENCE, type AdoptedAddress } from './adopted-addresses.js';
import { CareOfAddress } from './care-of-address.js';
import type { Candidate } from './care-of-choice.js';
import type { LinkSituation } from './choice-view.js';
import type { CareOfSituation } from './datapath.js';
import { DhcpClient } from './dhcp-client.js';
import { KnownAddresses, routerKey } from './known-addresses.js';
import { network4, network6, type FamilyMemory, type NetworkKey } from './family-memory.js';
import type { MakeAddress } from './interface-identifier.js';
import type { KnownNetworks } from './known-networks.js';
import {
  MovementDetector,
  type AdvertisedPrefix,
  type Router,
  type RouterProbes,
} from './movement-detector.js';
import { Redirects } from './redirects.js';
import type { HomeLink } from './returning-home.js';

export type PortEffect = FrameEffect | EventEffect | StoreEffect;

export interface LinkPortSettings {
  readonly name: LinkName;
  readonly preference: number;
  /** A DHCPv4 client runs here. */
  readonly dhcp: boolean;
  readonly optimisticDad: boolean;
  readonly makeAddress: MakeAddress;
  readonly routerProbes: RouterProbes;
  /** Milliseconds. */
  readonly ipv6HeadStart: number;
  readonly homes: HomesHere;
  /** What the store kept of this link's lease. */
  readonly keptLease: string | undefined;
  /** Of all links together. */
  readonly networks: KnownNetworks;
  readonly families: FamilyMemory;
}

/** What no care-of address may be, and whom it talks to. All change with time. */
export interface HomesHere {
  isHomeAddress(address: IpAddress): boolean;
  isHomeAgent(address: Ipv6): boolean;
  /** Of a prefix that is at home for every home address. */
  isHomeToAll(prefix: Prefix<Ipv6>): boolean;
}

/** A home link as this port sees it. */
export interface HomeSighting {
  /** Home agents of the link by what they advertise (R, RFC 6275 §7.2), the most preferred first. */
  readonly agents: readonly Ipv6[];
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
  readonly #set: LinkPortSettings;
  readonly #effects: PortEffect[] = [];
  readonly #addresses = new Map<string, Autoconfigured>();
  readonly #known = new KnownAddresses();
  readonly #redirects = new Redirects();
  readonly #dhcp: DhcpClient | undefined;
  readonly #timers = new Timers<'patience with routers'>();
  /** On an interface of another's: routers have had their time to be heard. */
  #patient = false;
  /** Of the interface that the addresses are of, while it is there and after. */
  #addressesOf: MacAddress | undefined;
  #state: LinkState | undefined;
  #upSince = 0 as Instant;

  constructor(settings: LinkPortSettings, random: Random) {
    this.name = settings.name;
    this.#set = settings;
    this.detector = new MovementDetector(settings.name, settings.routerProbes);
    if (settings.dhcp) {
      const { name, keptLease, networks } = settings;
      this.#dhcp = new DhcpClient(name, random, keptLease, networks);
    }
  }

  get state(): LinkState | undefined {
    return this.#state;
  }

  /** None where another program gives the interface its IPv4 addresses. */
  get dhcp(): DhcpClient | undefined {
    return this.#adopted?.leases ? undefined : this.#dhcp;
  }

  /** Who configures the interface, where that is another than this program. */
  get #adopted(): Extract<LinkOwner, { kind: 'other' }> | undefined {
    const owner = this.#state?.owner;
    return owner?.kind === 'other' ? owner : undefined;
  }

  get up(): boolean {
    return this.#state?.up ?? false;
  }

  /** Octets of the packets of a family that the link takes: what its interface, its routers and its lease say. */
  mtu(family: 4 | 6): number {
    const own = this.#state?.mtu ?? DEFAULT_MTU;
    if (family === 4) return Math.min(own, this.dhcp?.lease?.mtu ?? own);
    return Math.min(own, ...this.detector.routers.map((r) => r.mtu ?? own));
  }

  /** What `viewChoice` says of a link without a candidate. */
  get linkSituation(): LinkSituation {
    return {
      name: this.name,
      present: this.#state !== undefined,
      up: this.up,
      preference: this.#set.preference,
      routers: this.detector.routers.length,
      dhcp: this.dhcp?.state ?? null,
    };
  }

  get #unused(): boolean {
    return this.#set.preference === 0;
  }

  handleLink(state: LinkState, now: Instant): void {
    const was = this.#state;
    this.#state = state;
    if (state.owner && state.owner !== was?.owner) this.#reportOwner(state.owner);
    const wasUp = was?.up ?? false;
    const flapped = wasUp && (was!.carrierUps !== state.carrierUps || was!.mac !== state.mac);
    if (this.#addressesOf !== state.mac) {
      this.#addresses.clear(); // they were of another interface, or made of its address
      this.#known.clear();
      this.#addressesOf = state.mac;
    }
    // What was left to another is now ours to ask for, or the other way round.
    const handedOver = wasUp && was!.owner?.kind !== state.owner?.kind;
    if (state.up && (!wasUp || flapped || handedOver)) this.#up(state, now);
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

  /** For home agents: what else this host sends, the kernel redirects. */
  handleRedirect({ source, message }: IngressOf<'redirect'>, now: Instant): void {
    const { destination, target } = message;
    if (!this.#set.homes.isHomeAgent(destination)) return;
    if (!this.#redirects.handle(source, destination, target, this.#defaultRouter())) return;
    const fields = { link: this.name, router: source, address: destination, target };
    this.#effects.push({ kind: 'event', event: event('ROUTER_REDIRECTED', fields) });
    this.#settle(now);
  }

  /** What was sent by them had no answer. */
  forgetRedirects(): void {
    this.#redirects.follow(null);
  }

  handleArp(arp: IngressOf<'arp'>, now: Instant): void {
    this.dhcp?.handleArp(arp.message, now);
    this.#settle(now);
  }

  handleDhcp(dhcp: IngressOf<'dhcp'>, now: Instant): void {
    this.dhcp?.handle(dhcp.message, dhcp.linkSource, now, dhcp.source);
    this.#settle(now);
  }

  /** There are other home addresses, or home prefixes, than before. */
  rehome(now: Instant): void {
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
    if (this.#timers.takeDue(now)) this.#patient = true;
    this.detector.handleTimeout(now);
    this.dhcp?.handleTimeout(now);
    for (const { machine } of this.#addresses.values()) machine.handleTimeout(now);
    this.#settle(now);
  }

  pollTimeout(): Deadline | undefined {
    let next: Deadline | undefined = earlier<string>(
      this.detector.pollTimeout(),
      earlier<string>(this.dhcp?.pollTimeout(), this.#timers.next()),
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
    for (const [key, { machine, prefix }] of this.#addresses) {
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
        ...this.#remembered(network6(offer.router.mac, prefix)),
      });
    }
    const notBefore = (this.#upSince + this.#set.ipv6HeadStart) as Instant;
    for (const own of this.#adoptedAddresses()) {
      const { address, validUntil, deprecated, confirmed, routerPreference } = own;
      const network = this.#networkOf(own);
      const common = { link: this.name, preference, validUntil, deprecated, confirmed };
      if (isIpv6(address)) {
        out.push({
          ...common,
          ...this.#remembered(network),
          family: 6,
          address,
          usable: true,
          routerPreference,
        });
      } else
        out.push({
          ...common,
          ...this.#remembered(network),
          family: 4,
          address: address as Ipv4,
          usable: true,
          notBefore,
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
        notBefore,
        ...this.#remembered(network4(lease.serverMac, lease.router ?? lease.server)),
      });
    }
    return out;
  }

  /** Null: nobody has told the link-layer address of its router. */
  #networkOf({ address, prefixLength, router }: AdoptedAddress): NetworkKey | null {
    const known = this.detector.routers.find((r) => r.address === router);
    return isIpv6(address) && known ? network6(known.mac, prefixOf(address, prefixLength)) : null;
  }

  #remembered(network: NetworkKey | null): Pick<Candidate, 'network' | 'answered'> {
    return { network, answered: this.#set.families.recall(network)?.answered ?? null };
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
    for (const { address, prefixLength, router, onLink } of this.#adoptedAddresses()) {
      out.push({ address, prefixLength, link: this.name, router, adopted: true, onLink });
    }
    const six = out.findIndex(({ address }) => isIpv6(address));
    const redirected = this.#redirects.routes();
    if (six >= 0 && redirected.length > 0) out[six] = { ...out[six]!, routes: redirected };
    const lease = this.dhcp?.lease;
    if (lease) {
      const { address, prefixLength, router, routes } = lease;
      out.push({ address, prefixLength, link: this.name, router, routes });
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
    const best = [...agents].sort((a, b) => b.agentPreference - a.agentPreference);
    const told = best.flatMap((r) => r.prefixes.flatMap((p) => p.routerAddress ?? []));
    return {
      agents: [...new Set(told)],
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
    this.#patient = false;
    if (this.#adopted) this.#timers.set('patience with routers', after(now, ROUTER_PATIENCE));
    if (state.mac !== NO_MAC) this.detector.linkUp(state.mac, linkLocalOf(state), now);
    this.dhcp?.linkUp(state.mac, now);
  }

  /** RFC 6275 §11.5.4: what belongs to a link that is gone is of no use. */
  #down(code: 'LINK_DOWN' | 'LINK_GONE'): void {
    for (const own of this.#addresses.values()) this.#remember(own);
    this.#timers.stopAll();
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
        // RFC 7217 §6: another interface identifier, a few times.
        own.conflicts++;
        const address = this.#makeAddress(own.prefix, own.conflicts);
        own.machine = this.#configure(offer, address, false, now) ?? own.machine;
      } else own.machine.refresh(offer.prefix.validUntil, offer.prefix.preferredUntil, now);
    }
    this.#redirects.follow(this.#defaultRouter());
  }

  #begin(key: string, offer: Offered, now: Instant): void {
    const { prefix } = offer.prefix;
    const known = this.#known.find(offer.by, prefix, now);
    const address = known?.address ?? this.#makeAddress(prefix, 0);
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
    if (this.#set.homes.isHomeAddress(address)) return undefined;
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

  /** Of the first IPv6 address, which has the default route of the link. */
  #defaultRouter(): Ipv6 | null {
    const six = this.situation().find(({ address }) => isIpv6(address));
    return (six?.router ?? null) as Ipv6 | null;
  }

  #makeAddress(prefix: Prefix<Ipv6>, attempt: number): Ipv6 {
    const { name, mac } = this.#state!;
    return this.#set.makeAddress(prefix, { name, mac }, attempt);
  }

  #adoptedAddresses(): AdoptedAddress[] {
    const state = this.#state;
    if (!state?.up || this.#unused || !this.#adopted) return [];
    const lease = this.dhcp?.lease?.address;
    const ours = (address: IpAddress) =>
      address === lease || this.#set.homes.isHomeAddress(address);
    return adoptedAddresses(state, this.detector.routers, this.#patient, ours);
  }

  /** The prefixes to have an address of, each with the best router that advertises it. */
  #offers(): Map<string, Offered> {
    const offers = new Map<string, Offered>();
    if (!this.up || this.#unused || this.#adopted) return offers;
    for (const router of this.detector.routers) {
      if (!router.isDefault) continue;
      for (const prefix of router.prefixes) {
        // RFC 4862 §5.5.3: autonomous, and an identifier of 64 bits fills the rest.
        if (!prefix.autonomous || prefix.prefix.length !== 64) continue;
        if (this.#set.homes.isHomeToAll(prefix.prefix)) continue;
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

  #reportOwner(owner: LinkOwner): void {
    const { why: reason } = owner;
    const fields = { link: this.name, reason };
    const told =
      owner.kind === 'us'
        ? event('LINK_OWNED', fields)
        : event('LINK_ADOPTED', { ...fields, owner: owner.name });
    this.#effects.push({ kind: 'event', event: told });
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
