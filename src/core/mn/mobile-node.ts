/**
 * The mobile node: a port for every link, a Binding Update List entry for every home address, and what decides
 * between them.
 *
 * Whatever comes in goes to the machine it is for; then `#reconcile` looks at the whole and does what follows from
 * it, in the order that the wire needs: choose, declare the datapath (the care-of address is there), send the
 * Binding Update. When the answer comes: report it, declare the tunnel. The home agent drops what comes from a
 * care-of address it has not accepted (RFC 6275 §10.4.5), so the tunnel moves with the acknowledgement, and the old
 * one serves until then where its link still does.
 *
 * Spec: RFC 6275 §11; RFC 5555 §4.4.
 */
import {
  inPrefix,
  ipv6FromOctets,
  ipv6Octets,
  isUnspecified,
  linkLocalAddress,
  parseIpv4,
  prefixOf,
  samePrefix,
  UNSPECIFIED6,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { UsageError } from '../../base/error.js';
import { after, instant, seconds, type Instant } from '../../base/time.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../wire/mobility-packet.js';
import type { BindingUpdate } from '../../wire/mobility/message.js';
import { BA_STATUS, statusText } from '../../wire/mobility/status.js';
import { ETHERTYPE, UDP_PORT } from '../../wire/protocol.js';
import type { Sha256 } from '../digest.js';
import { NO_DATAPATH } from '../datapath/model.js';
import type { RoleEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';
import {
  ingressFrame,
  ingressPacket,
  refusalPacket,
  type IngressOf,
  type Refusal,
} from '../ingress.js';
import type { LinkName, LinkState, ReceivedFrame, ReceivedPacket, WorldInput } from '../input.js';
import type { Deadline } from '../machine.js';
import type { Random } from '../random.js';
import type { BindingCommand, DhcpAction, HandoverTarget, Reservation, Role } from '../role.js';
import { RateLimit } from '../rate-limit.js';
import { Timers } from '../timers.js';
import type {
  BindingVerdict,
  ChoiceView,
  DhcpVerdict,
  DhcpView,
  DiscoveryVerdict,
  HomeAgentsView,
  KnownNetworkView,
  PrefixesView,
  RoleView,
} from '../view.js';
import { consequenceOf } from './ack-consequence.js';
import { judgeCommand, noSuchHome } from './binding-command.js';
import {
  BulEntry,
  pathOf,
  sameAttachment,
  type Attachment,
  type AwayAttachment,
  type BulEffect,
  type BulEntrySettings,
} from './bul-entry.js';
import {
  chooseCareOf,
  describeTarget,
  matches,
  type Candidate,
  type Candidate6,
  type Choice,
} from './care-of-choice.js';
import { describeOthers, viewChoice } from './choice-view.js';
import {
  mobileNodeDatapath,
  type HomeSituation,
  type MobileNodeSituation,
  type TunnelSituation,
} from './datapath.js';
import { FamilyMemory, type NetworkKey } from './family-memory.js';
import {
  eui64Addresses,
  keptSecret,
  stableAddresses,
  type MakeAddress,
} from './interface-identifier.js';
import { HomeAgentFinder, type Whereabouts } from './home-agent-finder.js';
import type { Agent } from './known-agents.js';
import { KnownNetworks } from './known-networks.js';
import type { Router } from './movement-detector.js';
import { LinkPort, type HomeSighting } from './link-port.js';
import { ipv4HomeKey } from './ipv4-home.js';
import {
  staticIpv4Home,
  type HomeOptions,
  type MobileNodeOptions,
  type StaticIpv4Home,
} from './options.js';
import { Renumbering } from './renumbering.js';
import { ReturningHome } from './returning-home.js';
import { SilentTunnel } from './silent-tunnel.js';
import { UpdateRate } from './update-rate.js';

export interface HandoverVerdict {
  readonly accepted: boolean;
  readonly reason: string;
  readonly careOf: IpAddress | null;
}

/** What a handover would lead to, without it. */
export interface HandoverPlan extends HandoverVerdict {
  /** One for each home address: what would be chosen, also where the target is refused. */
  readonly choices: readonly ChoiceView[];
}

interface Home {
  readonly options: HomeOptions;
  /** Which routing table it has. */
  readonly slot: number;
  readonly finder: HomeAgentFinder;
  /** The home agent that `entry` is of; `NOBODY` while none is known. */
  agent: Agent;
  entry: BulEntry;
  readonly returning: ReturningHome;
  sighting: HomeSighting | undefined;
  choice: Choice | undefined;
  /** Three Binding Updates over IPv6 had no answer: where, and until when that counts. */
  ipv6Unanswered: { readonly network: NetworkKey | null; readonly until: Instant } | undefined;
  readonly silence: SilentTunnel;
  /** The IPv4 router of the home link, as DHCP there last named it. */
  router4: Ipv4 | null;
  /** Its prefix is over: it is deregistered, and forgotten then. */
  retired: boolean;
  /** A person has deleted the binding. */
  held: boolean;
}

type OwnTimer = 'care-of address choice' | 'another try over IPv6' | 'end of deregistration';

export class MobileNode implements Role {
  readonly #options: MobileNodeOptions;
  readonly #random: Random;
  readonly #sha256: Sha256 | undefined;
  readonly #ports = new Map<LinkName, LinkPort>();
  readonly #homes: Home[] = [];
  readonly #rates = new Map<Ipv6, UpdateRate>();
  #renumbering: Renumbering;
  /** To be sent once the tunnel is declared that they may go through. */
  readonly #solicitations: { readonly homeAddress: Ipv6; readonly identifier: number }[] = [];
  #networks = new KnownNetworks();
  #families: FamilyMemory;
  readonly #timers = new Timers<OwnTimer>();
  readonly #effects: RoleEffect[] = [];
  readonly #counters = new Map<string, number>();
  readonly #answers = new RateLimit(ANSWERS_PER_SECOND, ANSWERS_PER_SECOND);
  #forced: HandoverTarget = AUTO;
  /** The next registration overrules a refusal: a person asked for it. */
  #insist = false;
  /** The situation that the datapath was last declared for. */
  #declared = '';
  #stopping = false;
  #stopped = false;

  /** `sha256` may be left out with EUI-64 addresses. Throws `UsageError` `SHA256_MISSING` where it is needed. */
  constructor(options: MobileNodeOptions, random: Random, sha256?: Sha256) {
    if (options.addressGeneration === 'stable' && !sha256) {
      throw new UsageError('SHA256_MISSING', 'Stable addresses (RFC 7217) need a digest function.');
    }
    this.#options = options;
    this.#random = random;
    this.#sha256 = sha256;
    this.#families = new FamilyMemory(new Map(), options.familyMemory, instant(0));
    this.#renumbering = new Renumbering(options, new Map(), random);
  }

  start(links: readonly LinkState[], kept: ReadonlyMap<string, string>, now: Instant): void {
    this.#renumbering = new Renumbering(this.#options, kept, this.#random);
    for (const options of this.#renumbering.homes()) {
      this.#homes.push(this.#newHome(options, kept, now));
    }
    this.#networks = new KnownNetworks(kept);
    this.#families = new FamilyMemory(kept, this.#options.familyMemory, now);
    const makeAddress = this.#addressMaker(kept);
    for (const { name, preference, dhcp } of this.#linksToUse()) {
      const port = new LinkPort(
        {
          name,
          preference,
          dhcp: dhcp && this.#options.dsmip,
          optimisticDad: this.#options.optimisticDad,
          makeAddress,
          routerProbes: this.#options.routerProbes,
          ipv6HeadStart: this.#options.ipv6HeadStart,
          homes: {
            isHomeAddress: (address) =>
              this.#homes.some(
                ({ options, entry }) =>
                  options.homeAddress === address ||
                  staticIpv4Home(options)?.address === address ||
                  entry.ipv4.address === address,
              ),
            isHomeAgent: (address) => this.#homes.some((h) => h.agent.address === address),
            isHomeToAll: (prefix) => this.#renumbering.isHomeToAll(prefix),
          },
          keptLease: kept.get(`lease ${name}`),
          networks: this.#networks,
          families: this.#families,
        },
        this.#random,
      );
      this.#ports.set(name, port);
    }
    this.#report('STARTED', { role: 'mn' });
    for (const link of links) this.#ports.get(link.name)?.handleLink(link, now);
    this.#proceed(now);
  }

  handle(input: WorldInput, now: Instant): void {
    if (this.#stopped) return;
    switch (input.kind) {
      case 'frame':
        this.#handleFrame(input.frame, now);
        break;
      case 'packet':
        this.#handlePacket(input.packet, now);
        break;
      case 'link':
        this.#ports.get(input.link.name)?.handleLink(input.link, now);
        break;
      case 'linkGone':
        this.#ports.get(input.name)?.handleGone(now);
        break;
      case 'firstPacket':
        this.#report('FIRST_PACKET', { tunnel: input.tunnel, direction: input.direction });
        // A tunnel goes by the home address.
        this.#homes
          .find(({ options }) => options.homeAddress === input.tunnel)
          ?.silence.handleFirstPacket(input.direction, now);
        break;
      default:
        input satisfies never;
    }
    this.#proceed(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#stopped) return;
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'care-of address choice':
          break; // made below
        case 'another try over IPv6':
          for (const home of this.#homes) {
            if ((home.ipv6Unanswered?.until ?? now) <= now) home.ipv6Unanswered = undefined;
          }
          break;
        case 'end of deregistration':
          this.#finish(now);
          return;
        default:
          why satisfies never;
      }
    }
    for (const port of this.#ports.values()) port.handleTimeout(now);
    this.#renumbering.handleTimeout(now);
    for (const { entry, returning, silence, finder } of this.#homes) {
      entry.handleTimeout(now);
      returning.handleTimeout(now);
      silence.handleTimeout(now);
      finder.handleTimeout(now);
    }
    this.#proceed(now);
  }

  pollTimeout(): Deadline | undefined {
    if (this.#stopped) return undefined;
    let next: Deadline | undefined = this.#timers.next();
    const take = (deadline: Deadline | undefined, of = '') => {
      if (deadline && (!next || deadline.at < next.at))
        next = { at: deadline.at, why: deadline.why + of };
    };
    for (const port of this.#ports.values()) take(port.pollTimeout());
    take(this.#renumbering.pollTimeout());
    for (const { entry, returning, silence, finder, options } of this.#homes) {
      take(finder.pollTimeout(), ` for ${options.homeAddress}`);
      take(silence.pollTimeout(), ` for ${options.homeAddress}`);
      take(entry.pollTimeout(), ` for ${options.homeAddress}`);
      take(returning.pollTimeout(), ` for ${options.homeAddress}`);
    }
    return next;
  }

  pollEffect(): RoleEffect | undefined {
    return this.#effects.shift();
  }

  /** What may be forced is decided by the first home address; the others follow where they can. */
  handover(target: HandoverTarget, now: Instant): HandoverVerdict {
    const refusal = this.#refusalOf(target, now);
    if (refusal !== undefined) return { accepted: false, reason: refusal, careOf: null };
    for (const each of this.#homes) each.held = false;
    this.#forced = target.kind === 'home' ? { kind: 'auto' } : target;
    this.#insist = true;
    this.#report('FORCED', { target: describeTarget(target) });
    this.#proceed(now);
    this.#insist = false;
    const { returning, choice, options } = this.#homes[0]!;
    if (returning.state !== 'away') {
      return { accepted: true, reason: 'at home', careOf: options.homeAddress };
    }
    return {
      accepted: true,
      reason: choice?.reason ?? 'nothing to choose from',
      careOf: choice?.chosen?.address ?? null,
    };
  }

  /** What `handover` would do; nothing is done. Null: what would be chosen now, as things are. */
  planHandover(target: HandoverTarget | null, now: Instant): HandoverPlan {
    const refusal = this.#refusalOf(target ?? { kind: 'auto' }, now);
    const forced = target?.kind === 'home' ? AUTO : (target ?? this.#forced);
    const choices = this.#homes.map((home) => this.#viewChoice(home, forced, now));
    if (refusal !== undefined) return { accepted: false, reason: refusal, careOf: null, choices };
    const { careOf, reason, rule, homeAddress } = choices[0]!;
    return { accepted: true, reason, careOf: rule === 'at-home' ? homeAddress : careOf, choices };
  }

  /** Why a handover to there is not made. */
  #refusalOf(target: HandoverTarget, now: Instant): string | undefined {
    const home = this.#homes[0];
    if (!home) return 'there is no home address';
    if (this.#stopping) return 'the mobile node is stopping';
    if (target.kind === 'auto') return undefined;
    if (target.kind === 'home')
      return this.#sight(home, target) ? undefined : 'no router advertises the home prefix';
    const choice = this.#choose(home, target, now);
    if (choice.chosen && matches(choice.chosen, target)) return undefined;
    const why = choice.rejected.find((r) => matches(r.candidate, target))?.why;
    return why ?? `no care-of address on ${describeTarget(target)}`;
  }

  #viewChoice(home: Home, forced: HandoverTarget, now: Instant): ChoiceView {
    return viewChoice(this.#choose(home, forced, now), {
      homeAddress: home.options.homeAddress,
      homeOn: this.#homeSeen(home, forced)?.home.link ?? null,
      current: currentOf(home),
      retryIpv6At: this.#retryIpv6At(home),
      links: [...this.#ports.values()].map((port) => port.linkSituation),
    });
  }

  /** Without a home address: of the only one that there is. `dryRun`: what would follow, and nothing follows. */
  commandBinding(
    command: BindingCommand,
    homeAddress: string | null,
    dryRun: boolean,
    now: Instant,
  ): BindingVerdict {
    const home = homeAddress === null ? this.#only() : this.#homeOf(homeAddress);
    if (!home)
      return noSuchHome(
        this.#homes.map(({ options }) => options.homeAddress),
        homeAddress,
      );
    const { entry, options, returning } = home;
    const { verdict, then } = judgeCommand(command, {
      homeAddress: options.homeAddress,
      homeAgent: home.agent.address,
      homeAgentKnown: home.agent !== NOBODY,
      entry,
      stopping: this.#stopping || home.retired,
      atHome: returning.state !== 'away',
      held: home.held,
      careOf: home.choice?.chosen?.address ?? null,
    });
    if (dryRun || then === 'nothing') return verdict;
    switch (then) {
      case 'register':
        home.held = false;
        this.#insist = true;
        break;
      case 'update':
        if (command.kind === 'set') entry.lifetime = command.lifetime;
        entry.refresh(now);
        break;
      case 'deregister':
        home.held = true;
        entry.deregister(entry.attachment!, ASKED_FOR, now);
        break;
      case 'solicit':
        this.#renumbering.solicit(options.homeAddress, now);
        break;
      default:
        then satisfies never;
    }
    this.#proceed(now);
    this.#insist = false;
    return verdict;
  }

  prefixes(now: Instant): PrefixesView {
    const home = this.#renumbering
      .list(now)
      .flatMap(({ prefixes }) => prefixes.map((p) => ({ ...p, link: null })));
    const visited = [...this.#ports.values()].flatMap((port) =>
      port.detector.routers.flatMap(({ address, prefixes }) =>
        prefixes
          .filter(({ prefix }) => !home.some((h) => samePrefix(h.prefix, prefix)))
          .map(({ prefix, onLink, autonomous, validUntil, preferredUntil }) => ({
            link: port.name,
            prefix,
            router: address,
            onLink,
            autonomous,
            validUntil,
            preferredUntil,
          })),
      ),
    );
    return { home, visited };
  }

  /** What happened lately and what is remembered both keep IPv6 back: until the later of them ends. */
  #retryIpv6At({ ipv6Unanswered }: Home): Instant | null {
    const ends = this.#candidates()
      .filter((c) => c.answered === false)
      .map((c) => this.#families.until(c.network) ?? 0);
    const at = Math.max(ipv6Unanswered?.until ?? 0, ends.length > 0 ? Math.min(...ends) : 0);
    return at > 0 ? instant(at) : null;
  }

  /** Sequence numbers for Binding Updates that are sent by hand: ours go on behind them. */
  reserveSequences(homeAddress: string, count: number, now: Instant): Reservation {
    const home = this.#homeOf(homeAddress);
    if (!home || this.#stopping) {
      return { ok: false, reason: home ? 'the mobile node is stopping' : 'it is no home address' };
    }
    const first = home.entry.reserveSequences(count);
    if (first === undefined) return { ok: false, reason: 'a Binding Update waits for its answer' };
    this.#proceed(now);
    return { ok: true, first };
  }

  /** The home agents that it knows of, and which serve. */
  homeAgents(): readonly HomeAgentsView[] {
    return this.#homes.map(({ finder }) => finder.view());
  }

  /** Asks for home agents now: RFC 6275 §11.4.1. Without a home address: for all of them. */
  discoverHomeAgents(homeAddress: string | null, now: Instant): DiscoveryVerdict {
    const no = (reason: string) => ({ accepted: false, reason });
    if (this.#stopping) return no('the mobile node is stopping');
    const homes = this.#homes.filter(
      ({ options }) => homeAddress === null || options.homeAddress === homeAddress,
    );
    if (homes.length === 0) return no('it is no home address');
    const whyNot = homes.map(({ finder }) => finder.discover(now));
    this.#proceed(now);
    const asked = whyNot.some((why) => why === undefined);
    return asked ? { accepted: true, reason: 'asked' } : no(whyNot[0]!);
  }

  /** The DHCP clients of its links, and the networks that it has leases of. */
  dhcp(now: Instant): { clients: readonly DhcpView[]; networks: readonly KnownNetworkView[] } {
    const clients = [...this.#ports.values()].flatMap(({ dhcp }) => dhcp?.view() ?? []);
    return { clients, networks: this.#networks.list(now) };
  }

  /** Without a link: of the only one that there is. */
  doDhcp(action: DhcpAction, link: LinkName | null, now: Instant): DhcpVerdict {
    const no = (reason: string) => ({ accepted: false, reason, link, state: null });
    const clients = [...this.#ports.values()].filter(({ dhcp }) => dhcp !== undefined);
    const names = clients.map(({ name }) => name).join(', ');
    if (this.#stopping) return no('the mobile node is stopping');
    if (clients.length === 0) return no('no link has a DHCP client (`UseDhcp enabled;`)');
    if (link === null && clients.length > 1)
      return no(`several links have a DHCP client: ${names}`);
    const port = link === null ? clients[0] : clients.find(({ name }) => name === link);
    const verdict = port?.doDhcp(action, now);
    if (!verdict) return no(`${link} has no DHCP client; these have one: ${names}`);
    this.#proceed(now);
    return verdict;
  }

  stop(now: Instant): void {
    if (this.#stopping) return;
    this.#stopping = true;
    this.#report('STOPPING', { role: 'mn' });
    for (const home of this.#homes) {
      const { entry, returning } = home;
      const attachment = entry.attachment;
      if (entry.state === 'deregistering') continue;
      if (!entry.mayBeBound || !attachment || attachment.kind === 'home') {
        entry.detach();
      } else entry.deregister(attachment, 'the mobile node stops', now, STOP_RETRANSMISSION);
      if (returning.state === 'resolving') returning.leave();
      home.finder.stop();
    }
    this.#timers.stopAll();
    this.#timers.set('end of deregistration', after(now, STOP_PATIENCE));
    this.#proceed(now);
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  view(now: Instant): RoleView {
    return {
      role: 'mn',
      bul: this.#homes.map((home) =>
        home.entry.view(this.#stopped ? null : this.#viewChoice(home, this.#forced, now)),
      ),
      bc: [],
      counters: Object.fromEntries(this.#counters),
      next: this.pollTimeout() ?? null,
      links: [...this.#ports.values()].map((port) => ({
        name: port.name,
        up: port.up,
        routers: port.detector.routers.map((r) => r.address),
        addresses: port.situation().map((s) => s.address),
        dhcp: port.dhcp?.state ?? null,
        home: this.#homes.some((h) => h.sighting?.home.link === port.name),
        ...adoptedFrom(port),
      })),
      homes: this.#homes.map((home) => ({
        homeAddress: home.options.homeAddress,
        homeAddress4: ipv4HomeOf(home, this.#options.dsmip)?.address ?? null,
        ...(prefix4Of(home) && { homePrefix4: prefix4Of(home)! }),
        ...(home.entry.ipv4.isDynamic && { dynamic4: true }),
        where: whereOf(home),
      })),
    };
  }

  #newHome(options: HomeOptions, kept: ReadonlyMap<string, string>, now: Instant): Home {
    const { homeAddress, homeAgent, discovery = isUnspecified(homeAgent) } = options;
    const o = this.#options;
    const configured = o.dsmip ? options.homeAddress4 : null;
    const homeAddress4 = configured === 'dynamic' ? null : (configured?.address ?? null);
    const random = this.#random.octets(2);
    const last = Number.parseInt(kept.get(`seq ${homeAddress}`) ?? '', 10);
    const finder = new HomeAgentFinder({ ...options, discovery }, kept, this.#random, now);
    const agent = finder.agent ?? NOBODY;
    const sequence = Number.isNaN(last) ? (random[0]! << 8) | random[1]! : last;
    const slots = new Set(this.#homes.map((home) => home.slot));
    let slot = 0;
    while (slots.has(slot)) slot++;
    const home: Home = {
      options,
      slot,
      finder,
      agent,
      entry: this.#newEntry(options, agent, {
        sequence,
        mayBeBound: kept.has(`bound ${homeAddress}`),
        keptIpv4: kept.get(ipv4HomeKey(homeAddress)),
      }),
      returning: new ReturningHome({
        homeAddress,
        homeAddress4,
        homeAgent: () => home.agent.address,
      }),
      sighting: undefined,
      choice: undefined,
      ipv6Unanswered: undefined,
      silence: new SilentTunnel(),
      router4: parseIpv4(kept.get(`router4 ${homeAddress}`) ?? '') ?? null,
      retired: false,
      held: false,
    };
    return home;
  }

  #newEntry(
    options: HomeOptions,
    agent: Agent,
    known: Pick<BulEntrySettings, 'sequence' | 'mayBeBound' | 'keptIpv4'>,
  ): BulEntry {
    const o = this.#options;
    const configured = o.dsmip ? options.homeAddress4 : null;
    return new BulEntry({
      ...known,
      homeAddress: options.homeAddress,
      homeAddress4: configured === 'dynamic' ? configured : (configured?.address ?? null),
      ipv4PrefixLength: options.ipv4PrefixLength ?? null,
      peer: agent.address,
      peer4: o.dsmip ? agent.address4 : null,
      lifetime: o.bindingLifetime,
      initialTimeoutFirstReg: o.initialBindAckTimeoutFirstReg,
      initialTimeoutReReg: o.initialBindAckTimeoutReReg,
      forceUdp: o.forceUdp,
      useAlternateCareOf: o.useAlternateCareOf,
      natKeepalive: o.natKeepalive,
      rate: this.#rateTo(agent.address),
    });
  }

  /** Of all home addresses together. */
  #rateTo(agent: Ipv6): UpdateRate {
    const rate = this.#rates.get(agent) ?? new UpdateRate();
    // Discovery may name one after the other; those that nobody asks need no limit.
    for (const other of this.#rates.keys()) {
      if (this.#rates.size < MAX_RATES) break;
      if (this.#homes.every((home) => home.agent.address !== other)) this.#rates.delete(other);
    }
    this.#rates.set(agent, rate);
    return rate;
  }

  /** Another home agent: the list entry of the one before ends without a word, and its tunnel with it. */
  #followAgent(home: Home, now: Instant): void {
    const { finder, options, returning, retired } = home;
    const agent = finder.agent ?? NOBODY;
    if (agent.address === home.agent.address && agent.address4 === home.agent.address4) return;
    if (retired || this.#stopping || returning.state === 'deregistering') return;
    const { sequence, mayBeBound, lifetime, ipv4 } = home.entry;
    home.entry.detach();
    this.#drainEntry(home, now);
    home.agent = agent;
    home.entry = this.#newEntry(options, agent, { sequence, mayBeBound, keptIpv4: ipv4.kept });
    home.entry.lifetime = lifetime;
    home.entry.limit(this.#renumbering.validUntil(options.homeAddress), now);
    home.ipv6Unanswered = undefined;
  }

  #whereabouts({ returning, choice }: Home): Whereabouts {
    if (returning.state !== 'away') return { kind: 'home' };
    const chosen = choice?.chosen;
    if (chosen?.family === 6) {
      return { kind: 'ipv6', from: { careOf: chosen.address, link: chosen.link } };
    }
    // Where IPv4 is chosen, IPv6 may be there all the same: second, as long as a home agent does not answer.
    const other = this.#candidates().find((c): c is Candidate6 => c.family === 6 && c.usable);
    if (other) return { kind: 'ipv6', from: { careOf: other.address, link: other.link } };
    return this.#candidates().length > 0 ? { kind: 'ipv4' } : { kind: 'nowhere' };
  }

  #addressMaker(kept: ReadonlyMap<string, string>): MakeAddress {
    if (!this.#sha256 || this.#options.addressGeneration === 'eui64') {
      return eui64Addresses(this.#random);
    }
    const { secret, keep } = keptSecret(kept, this.#random);
    if (keep) this.#effects.push(keep);
    return stableAddresses(this.#sha256, secret);
  }

  /** A home link that no `links` entry names is used all the same. */
  #linksToUse(): MobileNodeOptions['links'] {
    const named = new Map(this.#options.links.map((link) => [link.name, link]));
    for (const { homeLink } of this.#options.homes) {
      if (homeLink !== null && !named.has(homeLink)) {
        named.set(homeLink, { name: homeLink, preference: DEFAULT_PREFERENCE, dhcp: false });
      }
    }
    return [...named.values()];
  }

  #handleFrame(frame: ReceivedFrame, now: Instant): void {
    const port = this.#ports.get(frame.link);
    const own = port?.state?.mac;
    if (!port || !port.up || frame.source === own) return;
    if (isUnicastMac(frame.destination) && frame.destination !== own) return;
    const result = ingressFrame(frame);
    if (!result.ok) return this.#count(result.refusal.reason);
    const ingress = result.value;
    switch (ingress.kind) {
      case 'nd':
        port.handleNd(ingress, now);
        this.#drainPort(port);
        for (const { returning } of this.#homes) {
          if (returning.link !== port.name) continue;
          returning.handleNd(ingress.message, ingress.source, ingress.linkSource, now);
        }
        break;
      case 'redirect':
        port.handleRedirect(ingress, now);
        break;
      case 'arp':
        // RFC 5227 §2.1.1: an interface beside this one, on the same network, is no other host.
        if (!this.#isOwnMac(ingress.message.senderMac)) port.handleArp(ingress, now);
        break;
      case 'dhcp':
        port.handleDhcp(ingress, now);
        break;
      default:
        ingress satisfies never;
    }
  }

  #isOwnMac(mac: MacAddress): boolean {
    for (const port of this.#ports.values()) if (port.state?.mac === mac) return true;
    return false;
  }

  #handlePacket(packet: ReceivedPacket, now: Instant): void {
    const result = ingressPacket(packet);
    if (!result.ok) return this.#refuse(result.refusal, packet, now);
    const ingress = result.value;
    if (ingress.kind === 'icmpv6') return this.#handleIcmpv6(ingress, now);
    const { message } = ingress;
    switch (message.kind) {
      case 'bindingAck':
        return this.#handleAck(ingress, message, now);
      case 'bindingRefreshRequest':
        for (const { entry, options, agent } of this.#homes) {
          // RFC 6275 §11.7.4: only from whom the list has an entry for.
          if (ingress.source === agent.address && ingress.destination === options.homeAddress) {
            entry.refresh(now);
          }
        }
        return;
      case 'bindingError':
        if (!this.#answers.take(now)) return this.#count('binding-error-rate');
        this.#report('BINDING_ERROR', {
          status: message.status,
          peer: ingress.source,
          homeAddress: message.homeAddress,
        });
        return;
      default:
        // Route optimisation and what is for home agents and correspondents: none of it is served here.
        this.#count(`mh ${message.kind}`);
    }
  }

  #handleIcmpv6(ingress: IngressOf<'icmpv6'>, now: Instant): void {
    const { message, received } = ingress;
    if (message.kind === 'homeAgentDiscoveryReply') {
      const heard = this.#homes.some(({ finder }) => finder.handleReply(ingress, now));
      return heard ? undefined : this.#count('dhaad-unasked');
    }
    if (message.kind !== 'mobilePrefixAdvertisement') return this.#count(`icmpv6 ${message.kind}`);
    // RFC 6275 §11.4.3: from the home agent, by type 2 routing header; anything else is silently discarded.
    const home = this.#homes.find(
      ({ options, agent }) =>
        ingress.source === agent.address && ingress.destination === options.homeAddress,
    );
    if (!home || ingress.homeAddressOption) return this.#count('mpa-peer');
    if (home.entry.attachment?.kind === 'home' || !cameRight(ingress, home)) {
      return this.#count('mpa-path');
    }
    const { identifier, options } = message;
    const { homeAddress } = home.options;
    const { protected: authenticated } = received;
    if (!this.#renumbering.advertised(homeAddress, identifier, options, authenticated, now)) {
      this.#count('mpa-unsolicited');
    }
  }

  #handleAck(
    ingress: IngressOf<'mobility'>,
    ack: Extract<IngressOf<'mobility'>['message'], { kind: 'bindingAck' }>,
    now: Instant,
  ): void {
    const home = this.#homes.find(
      ({ options, agent }) =>
        ingress.source === agent.address && ingress.destination === options.homeAddress,
    );
    if (!home || ingress.homeAddressOption) return this.#count('ba-peer');
    if (!cameRight(ingress, home)) return this.#count('ba-path');
    const family = home.entry.attachment?.kind;
    const verdict = home.entry.handleAck(ack, now);
    if (verdict === 'ignored') return this.#count('ba-sequence');
    if (family === 'ipv6') home.ipv6Unanswered = undefined;
    if (verdict === 'accepted') {
      home.finder.accepted(now);
      this.#learn(home, now);
    }
    if (verdict !== 'refused' || home.entry.state !== 'refused') return;
    // A duplicate is perhaps only kept by the home agent that was left for this one.
    const duplicate = ack.status === BA_STATUS.duplicateAddress && home.finder.fellOver;
    if (!consequenceOf(ack.status).anotherAgent && !duplicate) return;
    home.finder.refused(statusText(ack.status), now);
  }

  #refuse(refusal: Refusal, packet: ReceivedPacket, now: Instant): void {
    this.#count(refusal.reason);
    if (!this.#answers.take(now)) return;
    this.#report('DROPPED', { reason: refusal.reason, source: refusal.source });
    const own = this.#ownDestination(packet.octets);
    const octets = own && refusalPacket(refusal, own);
    if (octets) this.#effects.push({ kind: 'packet', octets });
  }

  /** RFC 6275 §9.3.3: an error comes from the address that the packet was sent to. */
  #ownDestination(octets: Uint8Array): Ipv6 | undefined {
    if (octets.length < 40) return undefined;
    const to = ipv6FromOctets(octets, 24);
    if (this.#homes.some(({ options }) => options.homeAddress === to)) return to;
    for (const port of this.#ports.values()) {
      if (port.situation().some(({ address }) => address === to)) return to;
    }
    return undefined;
  }

  /** What was said is passed on, what follows is done, until nothing more follows. */
  #proceed(now: Instant): void {
    for (const port of this.#ports.values()) this.#drainPort(port);
    this.#effects.push(...this.#families.forgetExpired(now));
    for (const home of [...this.#homes]) {
      this.#drainEntry(home, now);
      this.#drainSilence(home, now);
    }
    for (let round = 0; round < MAX_ROUNDS; round++) {
      if (this.#stopping) {
        for (const home of this.#homes) this.#drainReturning(home, now);
        if (this.#homes.every(({ entry }) => entry.state !== 'deregistering')) this.#finish(now);
        return;
      }
      if (!this.#reconcile(now)) return;
    }
  }

  /** Returns whether something changed that may ask for more. */
  #reconcile(now: Instant): boolean {
    this.#renumber(now);
    for (const home of this.#homes) {
      this.#followAgent(home, now);
      if (!home.retired) this.#decide(home, now);
      this.#learnRouter4(home);
    }
    this.#armChoice();
    this.#declare();
    for (const s of this.#solicitations.splice(0))
      this.#solicitPrefixes(s.homeAddress, s.identifier);
    let changed = false;
    for (const home of [...this.#homes]) {
      if (!home.retired) changed = this.#act(home, now) || changed;
    }
    return changed;
  }

  /** Home addresses come and go with the prefixes of their networks. */
  #renumber(now: Instant): void {
    for (const home of this.#homes) this.#hearAtHome(home, now);
    for (let e = this.#renumbering.pollEffect(); e; e = this.#renumbering.pollEffect()) {
      switch (e.kind) {
        case 'event':
        case 'store':
          this.#effects.push(e);
          break;
        case 'solicit':
          this.#solicitations.push(e);
          break;
        case 'appear':
          this.#homes.push(this.#newHome(e.options, new Map(), now));
          break;
        case 'retire':
          this.#retire(e.homeAddress, now);
          break;
        case 'changed':
          this.#rehome(now);
          break;
        default:
          e satisfies never;
      }
    }
  }

  #hearAtHome({ options, returning, sighting, retired }: Home, now: Instant): void {
    const link = sighting?.home.link;
    if (returning.state !== 'home' || link === undefined || retired) return;
    const { homeAddress } = options;
    // Right after a move without loss of carrier, routers of the next link are heard here too. Those of the home link
    // are the ones that go on advertising a prefix of it.
    const ofHome = ({ confirmed, prefixes }: Router) =>
      confirmed && prefixes.some((p) => this.#renumbering.isHome(homeAddress, p.prefix));
    const routers = this.#ports.get(link)?.detector.routers.filter(ofHome) ?? [];
    const told = routers.flatMap(({ prefixes }) =>
      prefixes.map((p) => ({ ...p, agent: p.routerAddress })),
    );
    if (told.length > 0) this.#renumbering.heardAtHome(homeAddress, told, now);
  }

  /** Preferred ones first, and no binding longer than its home address is valid. */
  #rehome(now: Instant): void {
    const rank = ({ options, retired }: Home) =>
      retired ? this.#homes.length : this.#renumbering.rank(options.homeAddress, now);
    this.#homes.sort((a, b) => rank(a) - rank(b));
    for (const { entry, options, retired } of this.#homes) {
      if (!retired) entry.limit(this.#renumbering.validUntil(options.homeAddress), now);
    }
    for (const port of this.#ports.values()) {
      port.rehome(now);
      this.#drainPort(port);
    }
  }

  #retire(homeAddress: Ipv6, now: Instant): void {
    const home = this.#homeOf(homeAddress);
    if (!home) return;
    const { entry, returning } = home;
    home.retired = true;
    const attachment = entry.attachment;
    if (returning.state === 'away' && entry.mayBeBound && attachment) {
      entry.deregister(attachment, 'its home prefix is no longer valid', now);
      this.#drainEntry(home, now);
    } else this.#forget(home);
  }

  #forget(home: Home): void {
    const { homeAddress } = home.options;
    home.returning.leave();
    home.finder.forget();
    this.#drainFinder(home);
    this.#homes.splice(this.#homes.indexOf(home), 1);
    const keys = ['seq', 'bound', 'router4'].map((key) => `${key} ${homeAddress}`);
    for (const key of [...keys, ipv4HomeKey(homeAddress)]) {
      this.#effects.push({ kind: 'store', key, value: undefined });
    }
  }

  #homeOf(homeAddress: string): Home | undefined {
    return this.#homes.find(({ options }) => options.homeAddress === homeAddress);
  }

  #only(): Home | undefined {
    return this.#homes.length === 1 ? this.#homes[0] : undefined;
  }

  /** RFC 6275 §11.4.2; over IPv4 through the tunnel, as the home address. */
  #solicitPrefixes(homeAddress: Ipv6, identifier: number): void {
    const home = this.#homeOf(homeAddress);
    const attachment = home?.entry.binding?.attachment;
    if (!home || !attachment || home.returning.state !== 'away') return; // as if it were lost
    const message = { kind: 'mobilePrefixSolicitation', identifier } as const;
    const destination = home.agent.address;
    if (attachment.kind === 'ipv6') {
      const { careOf: source, link } = attachment;
      const octets = encodeIcmpv6Packet({ source, destination, homeAddress, message });
      this.#effects.push({ kind: 'packet', octets, link });
    } else {
      const octets = encodeIcmpv6Packet({ source: homeAddress, destination, message });
      this.#effects.push({ kind: 'packet', octets });
    }
  }

  /** At home, or which care-of address. */
  #decide(home: Home, now: Instant): void {
    const { returning } = home;
    const there = this.#homeSeen(home, this.#forced);
    if (there && returning.link === there.home.link) {
      home.sighting = there;
      home.finder.heardAtHome(there.agents, home.entry.mayBeBound, now);
      if (there.home.homeAgentMac !== null) returning.resolved(there.home.homeAgentMac, now);
      return;
    }
    if (returning.state !== 'away') this.#leaveHome(home);
    home.sighting = there;
    if (there) {
      home.finder.heardAtHome(there.agents, home.entry.mayBeBound, now);
      this.#followAgent(home, now);
      const { entry } = home;
      this.#setChoice(home, undefined);
      const linkLocalToo = entry.linkLocalToo && this.#sameInterfaceId(home, there.home.link);
      const mayBeBound = entry.mayBeBound && home.agent !== NOBODY;
      returning.begin(there.home, mayBeBound, linkLocalToo, now);
      if (returning.state === 'home') entry.detach();
      return;
    }
    this.#setChoice(home, this.#choose(home, this.#forced, now));
  }

  /**
   * Nothing of Mobile IPv6 names the IPv4 router of the home link. The one that DHCP named there is kept, so that
   * IPv4 need not wait for a lease at every return.
   */
  #learnRouter4(home: Home): void {
    const { homeAddress } = home.options;
    const homeAddress4 = staticIpv4Home(home.options);
    const link = home.sighting?.home.link;
    const router = link === undefined ? undefined : this.#ports.get(link)?.dhcp?.lease?.router;
    if (!router || !homeAddress4 || router === home.router4) return;
    if (!inPrefix(router, prefixOf(homeAddress4.address, homeAddress4.prefixLength))) return;
    home.router4 = router;
    this.#effects.push({ kind: 'store', key: `router4 ${homeAddress}`, value: router });
  }

  #leaveHome({ returning, entry }: Home): void {
    returning.leave();
    if (entry.state === 'deregistering') entry.detach();
  }

  /** A suspect router keeps a node at home, but does not bring it there. */
  #homeSeen(home: Home, forced: HandoverTarget): HomeSighting | undefined {
    const sighting = this.#sight(home, forced);
    return sighting?.confirmed || home.returning.state !== 'away' ? sighting : undefined;
  }

  #sight(home: Home, forced: HandoverTarget): HomeSighting | undefined {
    const { homePrefix, homeLink } = home.options;
    let found: HomeSighting | undefined;
    for (const port of this.#ports.values()) {
      if (homeLink !== null && port.name !== homeLink) continue;
      if (this.#keepsAway(forced, port.name)) continue;
      const sighting = port.sight(homePrefix, home.agent.address);
      if (!sighting) continue;
      if (sighting.home.link === home.returning.link) return sighting; // no reason to change
      if (!found || (sighting.confirmed && !found.confirmed)) found = sighting;
    }
    return found;
  }

  /** A forced link, family or address keeps the node from being home on another link, as long as it is there. */
  #keepsAway(forced: HandoverTarget, link: LinkName): boolean {
    if (forced.kind === 'auto' || forced.kind === 'home') return false;
    if (forced.kind === 'link' && forced.link === link) return false;
    return this.#candidates().some((c) => c.usable && matches(c, forced));
  }

  #choose(home: Home, forced: HandoverTarget, now: Instant): Choice {
    const { options, ipv6Unanswered } = home;
    return chooseCareOf(
      this.#candidates(),
      {
        homePrefix: options.homePrefix,
        ipv4: this.#options.dsmip && home.agent.address4 !== null,
        ipv6Unanswered: ipv6Unanswered && now < ipv6Unanswered.until ? ipv6Unanswered : null,
        forced,
        current: currentOf(home),
      },
      now,
    );
  }

  #candidates(): Candidate[] {
    return [...this.#ports.values()].flatMap((port) => port.candidates());
  }

  #setChoice(home: Home, choice: Choice | undefined): void {
    const was = home.choice?.chosen;
    const is = choice?.chosen;
    home.choice = choice;
    const { homeAddress } = home.options;
    if (is && (was?.address !== is.address || was.link !== is.link)) {
      const { reason, rule } = choice;
      const fields = { homeAddress, careOf: is.address, link: is.link, reason, rule };
      this.#report('CARE_OF_CHOSEN', { ...fields, others: describeOthers(choice) });
    } else if (was && choice && !is) {
      this.#report('CARE_OF_LOST', { homeAddress, reason: choice.reason });
    }
  }

  #armChoice(): void {
    const soonest = (times: readonly (Instant | null | undefined)[]): Instant | undefined => {
      const known = times.filter((at) => at !== null && at !== undefined);
      return known.length === 0 ? undefined : (Math.min(...known) as Instant);
    };
    const choice = soonest(this.#homes.map((h) => h.choice?.again));
    if (choice !== undefined) this.#timers.set('care-of address choice', choice);
    else this.#timers.stop('care-of address choice');
    const retry = soonest([
      ...this.#homes.map((h) => h.ipv6Unanswered?.until),
      this.#families.nextExpiry(),
    ]);
    if (retry !== undefined) this.#timers.set('another try over IPv6', retry);
    else this.#timers.stop('another try over IPv6');
  }

  #declare(): void {
    const best = this.#homes[0]?.choice?.chosen;
    const careOf = [...this.#ports.values()].flatMap((port) => port.situation());
    // The first one's router gets the default route. Array.sort is stable: otherwise the order of the links stays.
    const rank = (s: (typeof careOf)[number]) =>
      s.address === best?.address ? 0 : s.link === best?.link ? 1 : 2;
    careOf.sort((a, b) => rank(a) - rank(b));
    const situation: MobileNodeSituation = {
      homes: this.#homes.map((home) => this.#situationOf(home)),
      careOf,
      udpPort: this.#options.dsmip ? this.#options.udpPort : null,
    };
    // Most inputs change nothing here, and the text is a tenth of the work of the state.
    const text = JSON.stringify(situation);
    if (text === this.#declared) return;
    this.#declared = text;
    this.#effects.push({ kind: 'datapath', want: mobileNodeDatapath(situation) });
  }

  #situationOf(home: Home): HomeSituation {
    const { options, entry, returning, sighting } = home;
    const base = {
      homeAddress: options.homeAddress,
      slot: home.slot,
      homeAddress4: ipv4HomeOf(home, this.#options.dsmip),
      homePrefix4: prefix4Of(home),
    };
    if (returning.inUse && sighting) {
      const { link } = sighting.home;
      const router4 = home.router4;
      const { length } = options.homePrefix;
      return {
        ...base,
        where: { kind: 'home', link, prefixLength: length, router: sighting.router, router4 },
      };
    }
    const tunnel = this.#tunnelOf(home);
    const ipv4Bound = (entry.binding?.homeAddress4 ?? null) !== null;
    const prefixBound = (entry.binding?.homePrefix4 ?? null) !== null;
    const signalling = this.#signallingOf(home);
    return { ...base, where: { kind: 'away', tunnel, ipv4Bound, prefixBound, signalling } };
  }

  /** Declared with the choice, before the Binding Update that follows from it. */
  #signallingOf({ agent, choice }: Home): { peer: Ipv6; careOf: Ipv6 } | null {
    const chosen = choice?.chosen;
    if (chosen?.family !== 6 || agent === NOBODY) return null;
    return { peer: agent.address, careOf: chosen.address };
  }

  /** To where the home agent has accepted us, while that address is still ours. */
  #tunnelOf({ entry, agent }: Home): TunnelSituation | null {
    const binding = entry.binding;
    if (!binding) return null;
    const { attachment, udp } = binding;
    const port = this.#ports.get(attachment.link);
    if (!port?.situation().some(({ address }) => address === attachment.careOf)) return null;
    const remote = attachment.kind === 'ipv6' ? agent.address : agent.address4;
    if (remote === null) return null;
    return {
      local: attachment.careOf,
      remote,
      link: attachment.link,
      udp: udp ? { localPort: this.#options.udpPort, remotePort: UDP_PORT.dsmip } : null,
      pathMtu: port.mtu(attachment.kind === 'ipv6' ? 6 : 4),
    };
  }

  #act(home: Home, now: Instant): boolean {
    const { entry, choice, returning, agent } = home;
    let changed = this.#drainReturning(home, now);
    home.finder.at(this.#whereabouts(home), now);
    this.#drainFinder(home);
    if (returning.state !== 'away') {
      home.held = false;
      return changed;
    }
    const known = choice?.chosen && agent !== NOBODY;
    const wanted = known ? this.#attachmentOf(home, choice.chosen) : undefined;
    const have = entry.attachment;
    if (home.held) {
      // On the way out it may move once more.
      const moved = wanted && have && !sameAttachment(have, wanted);
      if (moved && entry.state === 'deregistering') entry.deregister(wanted, ASKED_FOR, now);
    } else if (!wanted) {
      if (have) {
        entry.detach();
        changed = true;
      }
    } else if (
      have &&
      sameAttachment(have, wanted) &&
      !(this.#insist && entry.state === 'refused')
    ) {
      entry.extend(wanted);
    } else {
      entry.register(wanted, this.#linkLocalToo(home), now, this.#insist);
      changed = true;
    }
    this.#drainEntry(home, now);
    return changed;
  }

  #attachmentOf({ silence }: Home, candidate: Candidate): AwayAttachment {
    const { link, validUntil } = candidate;
    if (candidate.family === 6)
      return { kind: 'ipv6', careOf: candidate.address, link, validUntil };
    const { address, network } = candidate;
    const known = this.#families.recall(network)?.forceUdp ?? false;
    const forceUdp = known || silence.wants(address, link);
    return { kind: 'ipv4', careOf: address, link, validUntil, forceUdp };
  }

  #networkOf({ careOf, link }: Attachment): NetworkKey | null {
    const here = this.#candidates().find((c) => c.address === careOf && c.link === link);
    // With an address of before this may be another network already.
    return here?.confirmed ? here.network : null;
  }

  /** The home agent has accepted: what worked in this network, and what did not. */
  #learn({ entry, silence, ipv6Unanswered }: Home, now: Instant): void {
    const { binding, attachment } = entry;
    if (!binding || !attachment || attachment.kind === 'home') return;
    const { careOf, link, kind } = attachment;
    silence.handleBinding({ careOf, link, path: pathOf(binding) });
    const learn = (network: NetworkKey | null, answered: boolean) =>
      this.#effects.push(...this.#families.learn(network, { answered }, now));
    learn(this.#networkOf(attachment), true);
    // Had the home agent been away, its first Binding Update over IPv4 would have been lost as well.
    if (kind === 'ipv4' && ipv6Unanswered && entry.attempts === 1) {
      learn(ipv6Unanswered.network, false);
    }
  }

  #drainSilence({ silence, entry, options }: Home, now: Instant): void {
    for (let e = silence.pollEffect(); e; e = silence.pollEffect()) {
      if (e !== 'proved') {
        this.#report('TUNNEL_SILENT', { homeAddress: options.homeAddress, then: SILENCE[e] });
      } else if (entry.attachment) {
        const network = this.#networkOf(entry.attachment);
        this.#effects.push(...this.#families.learn(network, { forceUdp: true }, now));
      }
    }
  }

  /** RFC 6275 §11.7.1: L, when the link-local address has the interface identifier of the home address. */
  #linkLocalToo(home: Home): boolean {
    return [...this.#ports.keys()].some((link) => this.#sameInterfaceId(home, link));
  }

  #sameInterfaceId({ options }: Home, link: LinkName): boolean {
    const mac = this.#ports.get(link)?.state?.mac;
    if (!mac) return false;
    const own = ipv6Octets(linkLocalAddress(mac));
    const home = ipv6Octets(options.homeAddress);
    return own.subarray(8).every((octet, i) => octet === home[8 + i]);
  }

  #drainPort(port: LinkPort): void {
    for (let e = port.pollEffect(); e; e = port.pollEffect()) this.#effects.push(e);
  }

  #drainReturning(home: Home, now: Instant): boolean {
    const { returning, entry, options } = home;
    let changed = false;
    for (let e = returning.pollEffect(); e; e = returning.pollEffect()) {
      if (e.kind !== 'deregister') {
        this.#effects.push(e);
        continue;
      }
      const { link, homeAgentMac } = e;
      const attachment = { kind: 'home', careOf: options.homeAddress, link, homeAgentMac } as const;
      entry.deregister(attachment, 'at home', now);
      this.#drainEntry(home, now);
      changed = true;
    }
    return changed;
  }

  #drainFinder({ finder }: Home): void {
    for (let e = finder.pollEffect(); e; e = finder.pollEffect()) this.#effects.push(e);
  }

  #drainEntry(home: Home, now: Instant): void {
    const { entry } = home;
    for (let e = entry.pollEffect(); e; e = entry.pollEffect()) this.#doEntryEffect(home, e, now);
  }

  #doEntryEffect(home: Home, effect: BulEffect, now: Instant): void {
    switch (effect.kind) {
      case 'event':
        this.#effects.push(effect);
        if (effect.event.code === 'BINDING_ACCEPTED') {
          this.#renumbering.bound(home.options.homeAddress, now);
        }
        return;
      case 'store':
        this.#effects.push(effect);
        return;
      case 'transmit':
        this.#transmit(home, effect.message, effect.attachment);
        return;
      case 'unanswered':
        this.#unanswered(home, effect.attachment, now);
        return;
      case 'removed':
        if (home.retired) this.#forget(home);
        else home.returning.deregistered(now);
        return;
      case 'learnPrefixes':
        this.#renumbering.necessary(home.options.homeAddress, now);
        return;
      default:
        effect satisfies never;
    }
  }

  /** Another way to the home agent, and if there is none, perhaps another home agent. */
  #unanswered(home: Home, attachment: Attachment, now: Instant): void {
    if (attachment.kind === 'home' || this.#stopping || home.retired) return;
    if (attachment.kind === 'ipv6') {
      // RFC 4861 §7.3.3: a first hop that does not answer is chosen anew.
      this.#ports.get(attachment.link)?.forgetRedirects();
      home.ipv6Unanswered = {
        network: this.#networkOf(attachment),
        until: after(now, IPV6_RETRY),
      };
    }
    const { chosen } = this.#choose(home, this.#forced, now);
    if (chosen && sameAttachment(this.#attachmentOf(home, chosen), attachment)) {
      home.finder.silent(now);
    }
    // Before the fourth leaves: another choice, or another home agent, drops it from the entry's queue.
    this.#reconcile(now);
  }

  #transmit({ options, agent }: Home, message: BindingUpdate, attachment: Attachment): void {
    const { homeAddress } = options;
    const { address: destination, address4: homeAgent4 } = agent;
    switch (attachment.kind) {
      case 'ipv6': {
        const { careOf: source, link } = attachment;
        const octets = encodeMobilityPacket({ source, destination, homeAddress, message });
        this.#effects.push({ kind: 'packet', octets, link });
        return;
      }
      case 'ipv4': {
        if (homeAgent4 === null) return; // never chosen then
        const octets = encodeMobilityPacket({ source: homeAddress, destination, message });
        const udp = {
          source: attachment.careOf,
          sourcePort: this.#options.udpPort,
          destination: homeAgent4,
          destinationPort: UDP_PORT.dsmip,
        };
        this.#effects.push({ kind: 'packet', octets, link: attachment.link, udp });
        return;
      }
      case 'home':
        this.#effects.push({
          kind: 'frame',
          link: attachment.link,
          destination: attachment.homeAgentMac,
          etherType: ETHERTYPE.ipv6,
          payload: encodeMobilityPacket({ source: homeAddress, destination, message }),
        });
        return;
      default:
        attachment satisfies never;
    }
  }

  #finish(now: Instant): void {
    for (const port of this.#ports.values()) {
      port.release(now);
      this.#drainPort(port);
    }
    this.#effects.push({ kind: 'datapath', want: NO_DATAPATH });
    for (const home of this.#homes) home.choice = home.sighting = undefined;
    this.#stopped = true;
  }

  #count(reason: string): void {
    this.#counters.set(reason, (this.#counters.get(reason) ?? 0) + 1);
  }

  #report(code: EventCode, fields: MipEvent['fields']): void {
    this.#effects.push({ kind: 'event', event: event(code, fields) });
  }
}

/** RFC 6275 §11.7.3, RFC 5555 §4.2: what the home agent says comes back the way Binding Updates go. */
function cameRight(ingress: IngressOf<'mobility' | 'icmpv6'>, { entry, agent }: Home): boolean {
  const { arrival } = ingress.received;
  const attachment = entry.attachment;
  switch (attachment?.kind) {
    case undefined:
      return false;
    case 'ipv6':
      return ingress.routing2 && ingress.packetDestination === attachment.careOf;
    case 'ipv4':
      return arrival.kind !== 'native' && arrival.source === agent.address4;
    case 'home':
      return arrival.kind === 'native';
    default:
      return attachment satisfies never;
  }
}

function currentOf({ entry }: Home): { address: IpAddress; link: LinkName } | null {
  const attachment = entry.attachment ?? entry.binding?.attachment;
  if (!attachment || attachment.kind === 'home') return null;
  return { address: attachment.careOf, link: attachment.link };
}

/** At home it is the home agent's again. */
const prefix4Of = ({ returning, entry }: Home): Prefix<Ipv4> | null =>
  returning.inUse ? null : entry.ipv4.prefix;

/** A static one is an address of the home link when at home; a given one is the home agent's again. */
function ipv4HomeOf({ options, entry, returning }: Home, dsmip: boolean): StaticIpv4Home | null {
  const configured = dsmip ? staticIpv4Home(options) : null;
  if (returning.inUse) return configured;
  const { address } = entry.ipv4;
  return address === null ? null : { address, prefixLength: configured?.prefixLength ?? 32 };
}

function whereOf({ returning, entry }: Home): RoleView['homes'][number]['where'] {
  if (returning.state === 'home') return 'home';
  if (returning.state === 'resolving' || returning.state === 'deregistering') return 'returning';
  return entry.binding && entry.attachment ? 'away' : 'nowhere';
}

function adoptedFrom({ state }: LinkPort): Partial<RoleView['links'][number]> {
  const owner = state?.owner;
  return owner?.kind === 'other' ? { adopted: { from: owner.name, why: owner.why } } : {};
}

/** Not a group: RFC 7042 §2.1. */
const isUnicastMac = (mac: string): boolean => (Number.parseInt(mac.slice(0, 2), 16) & 1) === 0;

const SILENCE = {
  force: 'the F flag asks for UDP',
  relent: 'not in UDP either, so F is taken back',
} as const;
const AUTO: HandoverTarget = { kind: 'auto' };
/** No home agent: nothing is sent to it. */
const NOBODY: Agent = { address: UNSPECIFIED6, address4: null };
/** Ours: home agents whose rate of updates is kept, beside those that serve. */
const MAX_RATES = 64;
const ASKED_FOR = 'a person asked for it';
const MAX_ROUNDS = 8; // one decision leads to a few others, never to endless ones
const ANSWERS_PER_SECOND = 5; // RFC 4443 §2.4(f)
const DEFAULT_PREFERENCE = 5;
const STOP_PATIENCE = seconds(1.5);
const STOP_RETRANSMISSION = 750; // once within the patience
/** Ours: how long IPv6 is second after three Binding Updates had no answer; RFC 5555 §4.4.1 wants it to last. */
const IPV6_RETRY = seconds(300);
