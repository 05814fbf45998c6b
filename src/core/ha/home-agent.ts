/**
 * A home agent: routes inputs to its machines and puts what they say in order.
 *
 * Spec: RFC 6275 §10; RFC 5555 §4.5.
 *
 *   (none) ─update admitted→ waiting ─unique→ bound ─update→ bound
 *                            waiting ─duplicate→ (none), 134
 *          ─optimistic, off→ bound ─duplicate→ (none), revoked
 *                            bound ─lifetime over→ (none)
 *                            bound ─deregistered→ departed ─10 s→ (none)
 *
 * For each input the datapath is declared at most once, before anything that lets packets flow: advertisements
 * on the home link and the Binding Acknowledgement.
 */
import { inPrefix, type Ipv4, type Ipv6 } from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../wire/mobility-packet.js';
import { BU_FLAG, BU_FLAGS, flagLetters } from '../../wire/mobility/flag.js';
import type { MobilityOption } from '../../wire/mobility/option.js';
import { BA_STATUS, ipv4AckStatus, isRefusal, statusText } from '../../wire/mobility/status.js';
import { BindingCache, type CacheEntry } from '../binding/binding-cache.js';
import { sequenceAdvances } from '../binding/sequence.js';
import { sameItem } from '../datapath/diff.js';
import { NO_DATAPATH, type DatapathItem } from '../datapath/model.js';
import type { RoleEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';
import {
  ingressFrame,
  ingressPacket,
  refusalPacket,
  refuseUnknownBinding,
  type Icmpv6Ingress,
  type MobilityIngress,
  type Refusal,
} from '../ingress.js';
import type {
  Arrival,
  LinkName,
  LinkState,
  ReceivedFrame,
  ReceivedPacket,
  WorldInput,
} from '../input.js';
import { earlier, type Deadline } from '../machine.js';
import type { Random } from '../random.js';
import type { Role } from '../role.js';
import type { BcView, PrefixesView, RoleView } from '../view.js';
import { acknowledge, refreshAdvice } from './acknowledgement.js';
import { DUPLICATE_ADDRESS, refusalOf, type AdmissionContext } from './admission.js';
import { CLAIM_SPACING } from './claims.js';
import { DAD_TIME, DadForMobileNode } from './dad-for-mobile-node.js';
import { bindingItems, DeclaredItems, signallingItem } from './datapath.js';
import { DiscoveryAnswers } from './discovery-answers.js';
import { HomeAgentsList, type ListedHomeAgent } from './home-agents-list.js';
import type { Attachment, HomeBinding } from './home-binding.js';
import {
  Ipv4HomePool,
  type Ipv4Assignment,
  type Ipv4Home,
  type Ipv4Request,
} from './ipv4-home-pool.js';
import { RESERVATION_PREFIX } from './ipv4-reservations.js';
import { keepBinding, keptKey, KEPT_PREFIX, readKept, type KeptBinding } from './kept-binding.js';
import { NatLifetimes } from './nat-lifetime.js';
import type { BindingAcl, HomeAgentOptions } from './options.js';
import { PrefixDistribution } from './prefix-distribution.js';
import { ProxyArp } from './proxy-arp.js';
import { ProxyNd } from './proxy-nd.js';
import { RateLimit } from '../rate-limit.js';
import {
  defendedLinkLocal,
  grantLifetime,
  isBindingUpdate,
  makeBinding,
  natOption,
  readRequest,
  type HomeLink,
  type RegistrationRequest,
} from './registration.js';

export class HomeAgent implements Role {
  readonly #options: HomeAgentOptions;
  readonly #declared: DeclaredItems;
  readonly #acl: ReadonlyMap<Ipv6, BindingAcl>;
  readonly #links = new Map<LinkName, LinkState>();
  readonly #cache: BindingCache<HomeBinding>;
  readonly #departed: BindingCache<Departed>;
  readonly #waiting = new Map<Ipv6, Waiting>();
  /** Bound in optimistic mode while the probe runs: the update that would be answered with 134. */
  readonly #trying = new Map<Ipv6, RegistrationRequest>();
  readonly #dad = new DadForMobileNode();
  readonly #proxyNd: ProxyNd;
  readonly #proxyArp: ProxyArp;
  readonly #pool: Ipv4HomePool;
  readonly #nats = new NatLifetimes();
  readonly #distribution: PrefixDistribution;
  readonly #agents: HomeAgentsList;
  readonly #discovery: DiscoveryAnswers;
  /** What is declared whatever the bindings. */
  #own: readonly DatapathItem[];
  /** Of which addresses and prefixes that is. */
  #ownAt: { readonly addresses?: readonly Ipv6[]; readonly version?: number } = {};
  readonly #errors = new RateLimit(ERRORS_PER_SECOND, ERRORS_AT_ONCE);
  readonly #counters: Record<string, number> = {};
  #effects: RoleEffect[] = [];
  #taken = 0;
  /** Effects that the datapath goes before. */
  readonly #later: RoleEffect[] = [];
  #dirty = false;
  #stopped = false;

  constructor(options: HomeAgentOptions, random: Random) {
    this.#options = options;
    this.#acl = new Map(options.acl.map((row) => [row.homeAddress, row]));
    this.#cache = new BindingCache(options.maxBindings);
    this.#departed = new BindingCache(options.maxBindings);
    this.#distribution = new PrefixDistribution(options, random, this.#cache, this.#links);
    this.#agents = new HomeAgentsList(options.preference, this.#distribution);
    this.#discovery = new DiscoveryAnswers(this.#distribution, this.#agents, random);
    this.#own = this.#ownItems();
    this.#declared = new DeclaredItems(this.#own);
    this.#proxyNd = new ProxyNd(this.#links, options.address);
    this.#proxyArp = new ProxyArp(this.#links);
    this.#pool = new Ipv4HomePool(options, (address) => this.#isOwn(address));
  }

  start(links: readonly LinkState[], kept: ReadonlyMap<string, string>, now: Instant): void {
    for (const link of links) this.#links.set(link.name, link);
    this.#tell('STARTED', { role: 'ha' });
    this.#reserveAgain(kept, now);
    this.#distribution.prefixes.revive(kept, now);
    for (const link of links) this.#distribution.handleLink(link, now);
    let claimAt = now;
    for (const [key, value] of kept) {
      if (!key.startsWith(KEPT_PREFIX)) continue;
      const binding = this.#revive(readKept(key, value), now);
      if (binding) {
        this.#defend(binding, claimAt);
        claimAt = after(claimAt, CLAIM_SPACING);
      } else {
        this.#count('kept-refused');
        this.#effects.push({ kind: 'store', key, value: undefined });
      }
    }
    this.#dirty = true;
    this.#finish(now);
  }

  handle(input: WorldInput, now: Instant): void {
    if (this.#stopped) return;
    switch (input.kind) {
      case 'frame':
        this.#frame(input.frame, now);
        break;
      case 'packet':
        this.#packet(input.packet, now);
        break;
      case 'link':
        this.#linkChanged(input.link, now);
        break;
      case 'linkGone':
        this.#linkGone(input.name);
        break;
      case 'firstPacket':
        this.#tell('FIRST_PACKET', { tunnel: input.tunnel, direction: input.direction });
        break;
      default:
        input satisfies never;
    }
    this.#finish(now);
  }

  handleTimeout(now: Instant): void {
    if (this.#stopped) return;
    this.#dad.handleTimeout(now);
    this.#agents.handleTimeout(now);
    this.#distribution.handleTimeout(now);
    for (let gone = this.#cache.takeExpired(now); gone; gone = this.#cache.takeExpired(now)) {
      this.#count('expired');
      this.#forget(gone, 'lifetime over', now);
    }
    while (this.#departed.takeExpired(now));
    for (let home = this.#nats.takeDue(now); home; home = this.#nats.takeDue(now)) {
      this.#askThroughNat(home);
    }
    this.#pool.reservations.handleTimeout(now);
    this.#finish(now);
  }

  pollTimeout(): Deadline | undefined {
    if (this.#stopped) return undefined;
    let next: Deadline | undefined = this.#dad.pollTimeout();
    next = earlier<string>(next, deadline(this.#cache.nextExpiry(), 'a binding expires'));
    next = earlier<string>(next, deadline(this.#nats.nextDue(), 'ask through a NAT'));
    next = earlier<string>(next, this.#agents.pollTimeout());
    next = earlier<string>(next, this.#distribution.pollTimeout());
    next = earlier<string>(next, this.#proxyNd.pollTimeout());
    next = earlier<string>(next, this.#proxyArp.pollTimeout());
    next = earlier<string>(next, this.#pool.reservations.pollTimeout());
    return earlier(next, deadline(this.#departed.nextExpiry(), 'forget a deregistration'));
  }

  pollEffect(): RoleEffect | undefined {
    const effect = this.#effects[this.#taken];
    if (effect) {
      this.#taken++;
    } else if (this.#taken > 0) {
      this.#effects = [];
      this.#taken = 0;
    }
    return effect;
  }

  /** The bindings stay in the store: mobile nodes go on as if we were there, and so we are again after a restart. */
  stop(_now: Instant): void {
    if (this.#stopped) return;
    this.#tell('STOPPING', { role: 'ha' });
    this.#effects.push({ kind: 'datapath', want: NO_DATAPATH });
    this.#stopped = true;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  /** The Home Agents List, RFC 6275 §10.1. */
  homeAgents(): readonly ListedHomeAgent[] {
    return this.#agents.list();
  }

  /** Costs a pass over all bindings. */
  view(_now: Instant): RoleView {
    const { address, address4, dsmip } = this.#options;
    const bc: BcView[] = [];
    for (const waiting of this.#waiting.values()) bc.push(viewWaiting(waiting));
    for (const binding of this.#cache.values()) {
      const { homeAddress } = binding;
      bc.push(viewBinding(binding, this.#trying.has(homeAddress), this.#pool.isGiven(homeAddress)));
    }
    return {
      role: 'ha',
      bul: [],
      bc,
      counters: { ...this.#counters },
      next: this.pollTimeout() ?? null,
      links: [...this.#links.values()].map((link) => ({
        name: link.name,
        up: link.up,
        routers: [],
        addresses: link.addresses.map((a) => `${a.address}/${a.prefixLength}`),
        dhcp: null,
        home: this.#isHomeLink(link.name),
      })),
      homeAgent: { address, address4: dsmip ? address4 : null },
      homes: [],
    };
  }

  prefixes(_now: Instant): PrefixesView {
    return { home: this.#distribution.view(), visited: [] };
  }

  #frame(frame: ReceivedFrame, now: Instant): void {
    const result = ingressFrame(frame);
    if (!result.ok) return this.#refused(result.refusal, now);
    const { value } = result;
    if (value.kind === 'dhcp' || value.kind === 'redirect') return; // RFC 4861 §8.2: not for routers
    if (value.linkSource === this.#links.get(value.link)?.mac) {
      // Our own frames come back on links that loop multicast. They tell nothing about others, but a router beside us
      // is one of the home link: RFC 6275 §10.6.1.
      if (value.kind === 'nd') this.#distribution.handleNd(value, now);
      return;
    }
    if (value.kind === 'arp') return this.#proxyArp.handleArp(value.link, value.message, now);
    this.#dad.handleNd(value.link, value.source, value.message);
    this.#proxyNd.handleNd(value, now);
    this.#agents.handleNd(value, now);
    this.#distribution.handleNd(value, now);
  }

  #packet(packet: ReceivedPacket, now: Instant): void {
    const result = ingressPacket(packet);
    if (!result.ok) return this.#refused(result.refusal, now);
    const { value } = result;
    if (value.kind === 'icmpv6' && value.message.kind === 'homeAgentDiscoveryRequest') {
      return this.#discover(value, now);
    }
    const own = this.#distribution.ownAddresses().includes(value.destination);
    if (value.kind === 'icmpv6' && !value.homeAddressOption) {
      // Out of a tunnel the mobile node speaks as its home address, RFC 6275 §10.4.5. All else is the host's own.
      if (own && value.received.arrival.kind !== 'native') this.#tunnelled(value, now);
      return;
    }
    if (!own) return this.#drop('not-ours', value.careOf);
    if (value.kind === 'icmpv6') return this.#icmpv6(value, now);
    if (isBindingUpdate(value)) return this.#bindingUpdate(readRequest(value), now);
    this.#mobility(value);
  }

  /** RFC 6275 §9.3.1 exempts Mobility Headers from the test for a binding; what we have no use for ends here. */
  #mobility(ingress: MobilityIngress): void {
    this.#drop(`unused-${ingress.message.kind}`, ingress.careOf);
  }

  /** With a Home Address option. */
  #icmpv6(ingress: Icmpv6Ingress, now: Instant): void {
    const { source, careOf, message } = ingress;
    const binding = this.#cache.get(source);
    const here = binding?.attachment.path === 'ipv6' && binding.attachment.remote === careOf;
    if (!here) return this.#refused(refuseUnknownBinding(ingress), now);
    this.#distribution.solicited(ingress, binding, now);
    if (message.kind !== 'echoRequest') return;
    // RFC 6275 §10.4.2: towards the mobile node itself, a home agent is its correspondent node.
    const path = { source: ingress.destination, destination: careOf, routingHome: source };
    const octets = encodeIcmpv6Packet({ ...path, message: { ...message, kind: 'echoReply' } });
    this.#effects.push({ kind: 'packet', octets });
  }

  /** Without a Home Address option, from a mobile node that is bound over IPv4. */
  #tunnelled(ingress: Icmpv6Ingress, now: Instant): void {
    const binding = this.#cache.get(ingress.source);
    if (!binding || !cameFrom(ingress.received.arrival, binding.attachment)) {
      return this.#drop('icmpv6-tunnel', ingress.source);
    }
    this.#distribution.solicited(ingress, binding, now);
  }

  #bindingUpdate(request: RegistrationRequest, now: Instant): void {
    const { homeAddress, deregistration, sequence } = request;
    this.#count('bu');
    const home = this.#homeOf(homeAddress);
    const refused = refusalOf(request, this.#context(request, home));
    if (refused?.status === 'silence') return this.#drop(refused.rule.name, request.packetSource);
    this.#tell('HA_BU_RECEIVED', { homeAddress, careOf: request.careOf, sequence });
    const waiting = this.#waiting.get(homeAddress);
    if (waiting && !sequenceAdvances(sequence, waiting.request.sequence)) {
      return this.#count('absorbed'); // late or repeated; the newest will be answered
    }
    if (refused) {
      if (waiting && deregistration) this.#stopWaiting(homeAddress);
      if (refused.status === BA_STATUS.notHomeAgent && home) this.#depart(request, false, now);
      return this.#refuse(request, refused.status as number, refused.rule.name, refused.sequence);
    }
    if (deregistration) return this.#deregister(request, now);
    if (!home) return; // not reached: admission refuses
    if (this.#cache.get(homeAddress)) return this.#bind(request, home, now);
    if (waiting) return this.#waitOn(waiting, request, now);
    switch (this.#options.dadMode) {
      case 'strict':
        this.#waiting.set(homeAddress, { request, home, until: after(now, DAD_TIME) });
        return this.#probe(request, home, now);
      case 'optimistic':
        this.#trying.set(homeAddress, request);
        this.#probe(request, home, now);
        return this.#bind(request, home, now);
      case 'off':
        return this.#bind(request, home, now);
      default:
        this.#options.dadMode satisfies never;
    }
  }

  /** RFC 6275 §10.3.1. Runs before the answer in strict mode and beside it in optimistic mode. */
  #probe(request: RegistrationRequest, home: HomeLink, now: Instant): void {
    const { homeAddress, flags } = request;
    this.#tell('HA_DAD_STARTED', { homeAddress, link: home.link });
    this.#dad.start(homeAddress, home.link, defendedLinkLocal(homeAddress, home, flags), now);
    this.#drainDad(now);
  }

  /** A newer update takes the place of the one that waits, and only then: one answer, to the newest. */
  #waitOn(waiting: Waiting, request: RegistrationRequest, now: Instant): void {
    const { home } = waiting;
    const sameProbe = ((waiting.request.flags ^ request.flags) & BU_FLAG.linkLocal) === 0;
    const until = sameProbe ? waiting.until : after(now, DAD_TIME);
    this.#waiting.set(request.homeAddress, { request, home, until });
    this.#count('absorbed');
    if (!sameProbe) this.#probe(request, home, now);
  }

  #stopWaiting(homeAddress: Ipv6): void {
    this.#waiting.delete(homeAddress);
    this.#dad.cancel(homeAddress);
  }

  #drainDad(now: Instant): void {
    for (let effect = this.#dad.pollEffect(); effect; effect = this.#dad.pollEffect()) {
      switch (effect.kind) {
        case 'frame':
          this.#effects.push(effect);
          break;
        case 'unique':
          this.#unique(effect.homeAddress, now);
          break;
        case 'duplicate':
          this.#duplicate(effect.homeAddress, effect.address, now);
          break;
        default:
          effect satisfies never;
      }
    }
  }

  #drainDistribution(now: Instant): void {
    const distribution = this.#distribution;
    for (let e = distribution.pollEffect(); e; e = distribution.pollEffect()) {
      if (e.kind !== 'homeless') {
        (e.kind === 'event' ? this.#effects : this.#later).push(e);
        continue;
      }
      const binding = this.#cache.delete(e.homeAddress);
      if (binding) this.#forget(binding, 'its home prefix is no longer valid', now);
    }
    const addresses = distribution.ownAddresses();
    const { version } = distribution.prefixes;
    if (addresses === this.#ownAt.addresses && version === this.#ownAt.version) return;
    this.#ownAt = { addresses, version };
    const own = this.#ownItems();
    if (sameItem(own, this.#own)) return;
    this.#declare(this.#own, own);
    this.#own = own;
  }

  #ownItems(): readonly DatapathItem[] {
    const anycast = this.#discovery.anycastItems();
    const at = anycast.map(({ address }) => address);
    return [signallingItem(this.#options, this.#distribution.ownAddresses(), at), ...anycast];
  }

  #discover(request: Icmpv6Ingress, now: Instant): void {
    const answer = this.#discovery.answer(request, now);
    if (typeof answer === 'string') return this.#drop(answer, request.careOf);
    this.#count('dhaad');
    this.#effects.push(...answer);
  }

  #unique(homeAddress: Ipv6, now: Instant): void {
    const waiting = this.#waiting.get(homeAddress);
    const binding = this.#cache.get(homeAddress);
    if (waiting) {
      const { request, home } = waiting;
      // A second has passed: what was true of others may be no longer.
      const refused = refusalOf(request, this.#context(request, home));
      this.#waiting.delete(homeAddress);
      if (!refused) return this.#bind(request, home, now);
      const status = refused.status === 'silence' ? BA_STATUS.reasonUnspecified : refused.status;
      return this.#refuse(request, status, refused.rule.name, refused.sequence);
    }
    this.#trying.delete(homeAddress);
    if (binding) this.#defend(binding, now);
  }

  /** RFC 6275 §10.3.1: the complete Binding Update is rejected, whichever of its addresses is in use. */
  #duplicate(homeAddress: Ipv6, address: Ipv6, now: Instant): void {
    const link = this.#homeOf(homeAddress)?.link ?? null;
    this.#tell('HA_DAD_FAILED', { homeAddress: address, link });
    const { status, name } = DUPLICATE_ADDRESS;
    const waiting = this.#waiting.get(homeAddress);
    const tried = this.#trying.get(homeAddress);
    this.#waiting.delete(homeAddress);
    if (waiting) this.#refuse(waiting.request, status, name);
    if (!tried) return;
    const binding = this.#cache.delete(homeAddress);
    if (binding) this.#forget(binding, 'duplicate address', now);
    this.#tell('HA_REVOKED', { homeAddress, reason: 'duplicate address' });
    this.#refuse(tried, status, name);
  }

  /** Creates or renews: RFC 6275 §10.3.1, RFC 5555 §4.5. */
  #bind(request: RegistrationRequest, home: HomeLink, now: Instant): void {
    const { homeAddress, careOf, sequence } = request;
    if (careOf === null) return; // not reached: admission refuses
    const previous = this.#cache.get(homeAddress);
    const ipv4 = this.#assignIpv4(request, previous);
    const binding = makeBinding(
      { ...request, careOf },
      home,
      ipv4,
      this.#options,
      this.#distribution.longestLifetime(homeAddress, now),
      previous,
      now,
    );
    if (!this.#cache.put(binding)) {
      return this.#refuse(request, BA_STATUS.insufficientResources, 'cache-full');
    }
    this.#departed.delete(homeAddress);
    this.#declare(previous?.items ?? [], binding.items);
    if (previous) this.#letGo(previous, binding);
    this.#pool.hold(homeAddress, ipv4, now);
    if (this.#trying.has(homeAddress)) this.#trying.set(homeAddress, request);
    else this.#defend(binding, now);
    this.#count(previous ? 'renewed' : 'bound');
    this.#tellBound(binding, previous);
    this.#tellIpv4(homeAddress, ipv4);
    this.#later.push({ kind: 'store', key: keptKey(homeAddress), value: keepBinding(binding) });
    const { lifetime } = binding;
    const options = [...refreshAdvice(this.#options.refreshAdvice, lifetime), ...ipv4.acks];
    this.#watchNat(binding, now);
    const status = this.#distribution.acceptedStatus(homeAddress, lifetime, now);
    this.#answer(request, status, sequence, lifetime, options);
    this.#distribution.bound(binding, now);
  }

  /** RFC 6275 §10.3.2. */
  #deregister(request: RegistrationRequest, now: Instant): void {
    const { homeAddress, sequence } = request;
    const binding = this.#cache.delete(homeAddress);
    this.#count('deregistered');
    if (binding) this.#forget(binding, 'deregistered', now);
    this.#depart(request, true, now);
    this.#answer(request, BA_STATUS.accepted, sequence, 0);
  }

  /** An update that was overtaken must not bind afterwards: the number is remembered for a while. */
  #depart({ homeAddress, sequence }: RegistrationRequest, wasBound: boolean, now: Instant): void {
    const expiresAt = after(now, MAX_DELETE_BCE_TIMEOUT);
    this.#departed.put({ homeAddress, sequence, wasBound, expiresAt });
  }

  #refuse(
    request: RegistrationRequest,
    status: number,
    reason: string,
    sequence = request.sequence,
  ): void {
    const { homeAddress, flags } = request;
    const forceUdp = (flags & BU_FLAG.forceUdp) !== 0;
    this.#count(reason);
    this.#tell('HA_REFUSED', { homeAddress, status, meaning: statusText(status, { forceUdp }) });
    this.#answer(request, status, sequence, 0);
  }

  #answer(
    request: RegistrationRequest,
    status: number,
    sequence: number,
    lifetime: number,
    options: readonly MobilityOption[] = [],
  ): void {
    const { homeAddress } = request;
    const nat = natOption(request, this.#options, this.#natRefresh(request.arrival));
    const fields = { status, sequence, lifetime, options: nat ? [...options, nat] : options };
    const link = this.#homeOf(homeAddress)?.link;
    // A deregistration out of the tunnel is answered through it, while it is there.
    const queue = request.arrival.kind === 'tunnel' ? this.#effects : this.#later;
    queue.push(acknowledge(request, fields, link));
    queue.push(eventEffect(event('BA_SENT', { homeAddress, sequence, status })));
  }

  /** What is left to do for a binding that is out of the cache. */
  #forget(binding: HomeBinding, reason: string, now: Instant): void {
    const { homeAddress } = binding;
    if (this.#trying.delete(homeAddress)) this.#dad.cancel(homeAddress);
    this.#nats.forget(homeAddress);
    this.#distribution.unbound(homeAddress);
    this.#letGo(binding, undefined);
    this.#pool.letGo(homeAddress, now);
    this.#declare(binding.items, []);
    this.#later.push({ kind: 'store', key: keptKey(homeAddress), value: undefined });
    this.#tell('HA_UNBOUND', { homeAddress, reason });
  }

  #defend(binding: HomeBinding, at: Instant): void {
    const { homeAddress, homeAddress4, homePrefix4, link, linkLocal } = binding;
    this.#proxyNd.claim(homeAddress, link, at);
    if (linkLocal !== null) this.#proxyNd.claim(linkLocal, link, at);
    // RFC 5555 §4.5: prefixes are routed to us; no link has them.
    const routed = homePrefix4 && homeAddress4 !== null && inPrefix(homeAddress4, homePrefix4);
    if (homeAddress4 !== null && !routed) this.#proxyArp.claim(homeAddress4, link, at);
  }

  /** Releases what `was` had and `is` has not. */
  #letGo(was: HomeBinding, is: HomeBinding | undefined): void {
    const { homeAddress, homeAddress4, link, linkLocal } = was;
    if (!is) this.#proxyNd.release(homeAddress, link);
    if (linkLocal !== null && is?.linkLocal !== linkLocal) this.#proxyNd.release(linkLocal, link);
    if (homeAddress4 === null || is?.homeAddress4 === homeAddress4) return;
    this.#proxyArp.release(homeAddress4, link);
  }

  #assignIpv4(request: RegistrationRequest, previous: HomeBinding | undefined): Ipv4Assignment {
    const wanted = request.options.filter((o): o is Ipv4Request => o.kind === 'ipv4HomeAddress');
    // A home agent without RFC 5555 skips the option, and says nothing of it.
    if (!this.#options.dsmip || wanted.length === 0) return { ...NO_IPV4, acks: [] };
    return this.#pool.assign(request.homeAddress, wanted, previous ? ipv4Of(previous) : NO_IPV4);
  }

  #context(request: RegistrationRequest, home: HomeLink | undefined): AdmissionContext {
    const { homeAddress } = request;
    const binding = this.#cache.get(homeAddress);
    const departed = this.#departed.get(homeAddress);
    // A deregistration that had nothing to remove is not repeated with success.
    const counts = departed && (departed.wasBound || !request.deregistration);
    const taken = this.#cache.size + this.#waiting.size;
    return {
      options: this.#options,
      binding,
      lastSequence: binding?.sequence ?? (counts ? departed.sequence : undefined),
      home,
      homeLinkUp: home !== undefined && this.#links.get(home.link)?.up === true,
      aclStatus: this.#aclStatus(homeAddress),
      room: this.#waiting.has(homeAddress) || taken < this.#options.maxBindings,
      isHomeAddressHere: (address) => this.#cache.get(address as Ipv6) !== undefined,
    };
  }

  #aclStatus(homeAddress: Ipv6): number {
    return this.#acl.get(homeAddress)?.status ?? this.#options.defaultStatus;
  }

  #homeOf(homeAddress: Ipv6): HomeLink | undefined {
    const found = this.#distribution.prefixes.of(homeAddress);
    return found && { link: found.link, prefixLength: found.prefix.length };
  }

  #isHomeLink(name: LinkName): boolean {
    return this.#options.homeLinks.some(({ link }) => link === name);
  }

  /** A binding of an earlier run, when the configuration of this one would allow it. */
  #revive(kept: KeptBinding | undefined, now: Instant): HomeBinding | undefined {
    if (!kept) return undefined;
    const { homeAddress, flags } = kept;
    const options = this.#options;
    const home = this.#homeOf(homeAddress);
    if (!home || isRefusal(this.#aclStatus(homeAddress))) return undefined;
    if (kept.attachment.path !== 'ipv6' && !options.dsmip) return undefined;
    const ipv4 = options.dsmip ? this.#pool.allowed(homeAddress, ipv4Of(kept)) : NO_IPV4;
    const { address: homeAddress4, prefix: homePrefix4 } = ipv4;
    const own = this.#distribution.ownAddresses();
    const agent = kept.agent !== null && own.includes(kept.agent) ? kept.agent : options.address;
    const attachment =
      kept.attachment.path === 'ipv6' ? { ...kept.attachment, local: agent } : kept.attachment;
    const longest = this.#distribution.longestLifetime(homeAddress, now);
    const lifetime = grantLifetime(kept.lifetime, longest);
    const binding: HomeBinding = {
      ...kept,
      homeAddress4,
      homePrefix4,
      agent,
      lifetime,
      expiresAt: after(now, seconds(lifetime)),
      link: home.link,
      linkLocal: defendedLinkLocal(homeAddress, home, flags),
      attachment,
      items: bindingItems({ homeAddress, homeAddress4, homePrefix4, attachment }),
    };
    if (!this.#cache.put(binding)) return undefined;
    this.#declare([], binding.items);
    this.#pool.hold(homeAddress, ipv4, now);
    this.#distribution.bound(binding, now);
    return binding;
  }

  /** What mobile nodes were given in an earlier run, before anybody else asks. */
  #reserveAgain(kept: ReadonlyMap<string, string>, now: Instant): void {
    for (const [key, value] of kept) {
      if (!key.startsWith(RESERVATION_PREFIX)) continue;
      if (this.#pool.reservations.restore(key, value, now)) continue;
      this.#effects.push({ kind: 'store', key, value: undefined });
    }
  }

  #isOwn(address: Ipv4): boolean {
    if (address === this.#options.address4) return true;
    const links = [...this.#links.values()];
    return links.some((link) => link.addresses.some((own) => own.address === address));
  }

  #linkChanged(link: LinkState, now: Instant): void {
    const was = this.#links.get(link.name);
    this.#links.set(link.name, link);
    this.#distribution.handleLink(link, now);
    const { name, up } = link;
    if (!up) {
      if (was?.up) this.#linkLost(name, 'LINK_DOWN');
      return;
    }
    const back = !was?.up || was.carrierUps !== link.carrierUps;
    if (back && this.#isHomeLink(name)) this.#tell('LINK_UP', { link: name });
    if (back || was.mac !== link.mac) {
      this.#proxyNd.handleLinkUp(name, now);
      this.#proxyArp.handleLinkUp(name, now);
    }
  }

  #linkGone(name: LinkName): void {
    if (this.#links.delete(name)) this.#linkLost(name, 'LINK_GONE');
  }

  /** Probes on a link without carrier prove nothing. */
  #linkLost(name: LinkName, code: EventCode): void {
    if (this.#isHomeLink(name)) this.#tell(code, { link: name });
    for (const [homeAddress, { request, home }] of this.#waiting) {
      if (home.link !== name) continue;
      this.#stopWaiting(homeAddress);
      this.#refuse(request, BA_STATUS.reasonUnspecified, 'home-link-down');
    }
  }

  #refused(refusal: Refusal, now: Instant): void {
    this.#drop(refusal.reason, refusal.source);
    if (refusal.answer.kind === 'silence') return;
    if (!this.#errors.take(now)) return this.#count('error-rate-limited');
    const octets = refusalPacket(refusal, this.#options.address);
    if (octets) this.#effects.push({ kind: 'packet', octets });
  }

  #drop(reason: string, source: string | null): void {
    this.#count(reason);
    this.#tell('DROPPED', { reason, source });
  }

  #tellBound(binding: HomeBinding, previous: HomeBinding | undefined): void {
    const { homeAddress, careOf, lifetime, attachment } = binding;
    const { path } = attachment;
    const nat = path === 'udp' && attachment.nat;
    const wasNat = previous?.attachment.path === 'udp' && previous.attachment.nat;
    if (previous?.careOf !== careOf || binding.items !== previous.items) {
      this.#tell('HA_BOUND', { homeAddress, careOf, path, lifetime });
    }
    if (nat && !wasNat) {
      const refresh = this.#options.natAdaptive
        ? this.#nats.suggest(attachment.remote)
        : this.#options.natRefresh;
      this.#tell('NAT_FOUND', { homeAddress, refresh });
    } else if (wasNat && !nat) {
      this.#tell('NAT_NONE', { homeAddress });
    } else if (nat && wasNat && previous.careOf === careOf) {
      // The datapath follows before the answer leaves, which takes the new way too.
      const [was, is] = [endOf(previous.attachment), endOf(attachment)];
      if (was !== is) this.#tell('NAT_CHANGED', { homeAddress, was, is });
    }
  }

  #natRefresh(arrival: RegistrationRequest['arrival']): number {
    const { natAdaptive, natRefresh } = this.#options;
    return natAdaptive && arrival.kind === 'udp' ? this.#nats.suggest(arrival.source) : natRefresh;
  }

  #watchNat({ homeAddress, attachment }: HomeBinding, now: Instant): void {
    if (!this.#options.natAdaptive) return;
    if (attachment.path !== 'udp' || !attachment.nat) return this.#nats.forget(homeAddress);
    const mapping = { address: attachment.remote, port: attachment.remotePort };
    const { lesson, refresh } = this.#nats.handleUpdate(homeAddress, mapping, now);
    if (!lesson) return;
    const fields = { homeAddress, nat: mapping.address, refresh };
    if (lesson.kind === 'lived') this.#tell('NAT_LIVED', { ...fields, silence: lesson.lived });
    else this.#tell('NAT_LOST', { ...fields, silence: lesson.lost });
  }

  /** RFC 6275 §6.1.2: through the mapping, if it is still there. */
  #askThroughNat(homeAddress: Ipv6): void {
    const binding = this.#cache.get(homeAddress);
    if (binding?.attachment.path !== 'udp') return;
    const { local, localPort, remote, remotePort } = binding.attachment;
    const message = { kind: 'bindingRefreshRequest', options: [] } as const;
    const path = { source: binding.agent, destination: homeAddress };
    const octets = encodeMobilityPacket({ ...path, message });
    const udp = { source: local, sourcePort: localPort };
    const to = { destination: remote, destinationPort: remotePort };
    this.#effects.push({ kind: 'packet', octets, udp: { ...udp, ...to } });
    this.#count('nat-asked');
  }

  #tellIpv4(homeAddress: Ipv6, { acks }: Ipv4Assignment): void {
    for (const { address, status } of acks) {
      if (!isRefusal(status)) continue;
      const meaning = ipv4AckStatus(status)?.name ?? null;
      this.#tell('IPV4_HOME_REFUSED', { homeAddress, address, status, meaning });
    }
  }

  #tell(code: EventCode, fields: MipEvent['fields']): void {
    this.#effects.push(eventEffect(event(code, fields)));
  }

  #count(reason: string): void {
    this.#counters[reason] = (this.#counters[reason] ?? 0) + 1;
  }

  #declare(was: readonly DatapathItem[], is: readonly DatapathItem[]): void {
    if (was === is) return;
    this.#declared.replace(was, is);
    this.#dirty = true;
  }

  /** The end of every input: the datapath, then what needs it. */
  #finish(now: Instant): void {
    this.#drainDad(now);
    for (let e = this.#agents.pollEffect(); e; e = this.#agents.pollEffect()) this.#effects.push(e);
    this.#drainDistribution(now);
    const { reservations } = this.#pool;
    for (let e = reservations.pollEffect(); e; e = reservations.pollEffect()) this.#effects.push(e);
    if (this.#dirty) {
      this.#dirty = false;
      this.#effects.push({ kind: 'datapath', want: this.#declared.state() });
    }
    for (const proxy of [this.#proxyNd, this.#proxyArp]) {
      proxy.handleTimeout(now);
      for (let frame = proxy.pollEffect(); frame; frame = proxy.pollEffect()) {
        this.#effects.push(frame);
      }
    }
    for (const effect of this.#later.splice(0)) this.#effects.push(effect);
  }
}

/** A first registration while strict Duplicate Address Detection runs. */
interface Waiting {
  readonly request: RegistrationRequest;
  readonly home: HomeLink;
  readonly until: Instant;
}

/** What RFC 6275 §10.3.2 calls an entry marked as invalid. */
interface Departed extends CacheEntry {
  readonly sequence: number;
  /** False: it deregistered without a binding, RFC 6275 §10.3.2 status 133. */
  readonly wasBound: boolean;
}

const endOf = ({ remote, remotePort }: Extract<Attachment, { path: 'udp' }>): string =>
  `${remote}:${remotePort}`;

const eventEffect = (what: MipEvent): RoleEffect => ({ kind: 'event', event: what });

const deadline = (at: Instant | undefined, why: string): Deadline | undefined =>
  at === undefined ? undefined : { at, why };

const ipv4Of = ({
  homeAddress4,
  homePrefix4,
}: Pick<HomeBinding, 'homeAddress4' | 'homePrefix4'>) => ({
  address: homeAddress4,
  prefix: homePrefix4,
});

/** RFC 6275 §10.4.5: only where the binding says that the mobile node is. */
function cameFrom(arrival: Arrival, attachment: Attachment): boolean {
  switch (arrival.kind) {
    case 'native':
      return false;
    case 'tunnel':
      return attachment.path !== 'udp' && attachment.remote === arrival.source;
    case 'udp': {
      if (attachment.path !== 'udp') return false;
      return attachment.remote === arrival.source && attachment.remotePort === arrival.sourcePort;
    }
    default:
      return arrival satisfies never;
  }
}

function viewBinding(binding: HomeBinding, probing: boolean, dynamic4: boolean): BcView {
  const { attachment } = binding;
  const { homeAddress, homeAddress4, homePrefix4, careOf, sequence, lifetime, expiresAt } = binding;
  return {
    homeAddress,
    homeAddress4,
    homePrefix4,
    dynamic4,
    careOf,
    mapped:
      attachment.path === 'udp' && attachment.nat
        ? { address: attachment.remote, port: attachment.remotePort }
        : null,
    path: attachment.path,
    state: probing ? 'probing' : 'bound',
    home: true,
    flags: flagLetters(binding.flags, BU_FLAGS),
    sequence,
    lifetime,
    expiresAt,
  };
}

function viewWaiting({ request, until }: Waiting): BcView {
  const { homeAddress, careOf, flags, sequence, lifetime, packetSource, arrival } = request;
  return {
    homeAddress,
    homeAddress4: null,
    homePrefix4: null,
    dynamic4: false,
    careOf: careOf ?? packetSource,
    mapped: null,
    path: arrival.kind === 'udp' ? 'udp' : 'ipv6',
    state: 'probing',
    home: true,
    flags: flagLetters(flags, BU_FLAGS),
    sequence,
    lifetime,
    expiresAt: until,
  };
}

const NO_IPV4: Ipv4Home = { address: null, prefix: null };
const MAX_DELETE_BCE_TIMEOUT = seconds(10); // RFC 6275 §12
/** Ours, as RFC 4443 §2.4(f) suggests for a small device. */
const ERRORS_PER_SECOND = 10;
const ERRORS_AT_ONCE = 10;
