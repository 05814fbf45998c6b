/**
 * The DHCPv4 client of one link, in whole frames.
 *
 * Spec: RFC 2131 §4.4 and figure 5; RFC 3442 (classless routes); RFC 4436 (a known gateway's answer proves that
 * the link is the old one); RFC 5227 (address conflicts).
 *
 * Its states and what leads from one to the next are in `dhcp-transitions.ts`.
 *
 * Rebooting asks for the known lease and, beside it, discovers: on the old network the one is answered in a round
 * trip, on another the other need not wait for a refusal, which many servers do not send. Ours; RFC 4436 §2.1 has
 * the same thought. At the same time the gateways of known networks are asked by ARP, and the first answer counts.
 * A later word of the server about that address overrules it.
 *
 * An address that is granted is used at once, while the probes of RFC 5227 are out: see `address-conflict.ts`.
 *
 * The first offer that has a router is taken at once: waiting for a better one would be paid at every move. The
 * others are kept for when it fails; `rankOffers` has the order.
 *
 * The random delay of 1 to 10 s before the first message (§4.4.1) is left out: it spreads hosts that boot
 * together after a power failure. A node that moves arrives alone, and the delay would be its handover. For the
 * same reason §3.2's use of an old lease on a silent network is not made: it may be another network.
 */
import {
  BROADCAST4,
  BROADCAST_MAC,
  UNSPECIFIED4,
  type Ipv4,
  type MacAddress,
} from '../../base/address.js';
import { sameOctets } from '../../base/bytes.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { ArpMessage } from '../../wire/arp.js';
import { dhcpType, findDhcpOption } from '../../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../../wire/dhcpv4/message.js';
import type { EventEffect, FrameEffect, StoreEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';
import { arpFrame } from '../frames.js';
import type { LinkName } from '../input.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import type { Random } from '../random.js';
import { RateLimit } from '../rate-limit.js';
import { Timers } from '../timers.js';
import type { DhcpVerdict, DhcpView } from '../view.js';
import { AddressConflict, type ConflictTimer } from './address-conflict.js';
import { dhcpFrame } from './dhcp-frame.js';
import {
  addressFromStore,
  canBeHost,
  isOver,
  leaseOf,
  leaseToStore,
  termsOf,
  type Lease,
  type Terms,
} from './dhcp-lease.js';
import { rankOffers } from './dhcp-offer.js';
import { clientIdentifier, DHCP_PURPOSES, dhcpRequest, type DhcpPurpose } from './dhcp-request.js';
import { DHCP_TRANSITIONS, type DhcpInput, type DhcpState } from './dhcp-transitions.js';
import { answersProbe, gatewayProbe } from './gateway-probe.js';
import { KnownNetworks, type KnownNetwork } from './known-networks.js';

export type DhcpTimer =
  | 'DHCP retransmission'
  | 'DHCP offers'
  | 'DHCP pause'
  | 'DHCP T1'
  | 'DHCP T2'
  | 'end of the lease'
  | ConflictTimer;
export type DhcpEffect = FrameEffect | EventEffect | StoreEffect;

/** A REQUEST that waits for its answer. */
interface Asked {
  readonly xid: number;
  readonly address: Ipv4;
  /** The only one that may answer; null: any. */
  readonly server: Ipv4 | null;
  /** §4.4.1: from then on the lease counts. */
  readonly sentAt: Instant;
}

export class DhcpClient implements Machine<DhcpEffect, DhcpTimer> {
  readonly #link: LinkName;
  readonly #random: Random;
  readonly #networks: KnownNetworks;
  readonly #timers = new Timers<Exclude<DhcpTimer, ConflictTimer>>();
  readonly #conflict: AddressConflict;
  readonly #probing = new RateLimit(LINK_UPS_PER_SECOND, LINK_UPS_AT_ONCE);
  readonly #effects: DhcpEffect[] = [];
  #state: DhcpState = 'down';
  #mac = UNKNOWN_MAC;
  /** Of the DISCOVER whose offers are taken; 0 for none. */
  #discoverXid = 0;
  #asked: Asked | undefined;
  #startedAt = 0 as Instant;
  #tries = 0;
  #refusals = 0;
  #conflicts = 0;
  /** What this link last gave us: asked for again on the next link up. Only its address, after a restart. */
  #remembered: Lease | { readonly address: Ipv4 } | undefined;
  /** In use now. */
  #lease: Lease | undefined;
  #vouchedBy: 'server' | 'gateway' = 'server';
  /** Of the DISCOVER that runs, without the one that is asked for. At most `MAX_OFFERS`. */
  #offers: readonly Terms[] = [];
  #offer: Terms | undefined;
  /** How long the request for it goes on, whatever the number of tries. */
  #patience: Millis = 0;
  /** The router of the lease in use, as far as it has shown itself. */
  #gatewayMac: MacAddress | undefined;
  /** Whose gateways have been asked since carrier came. */
  #probed: readonly KnownNetwork[] = [];

  /** `kept`: what the store has of this link's last lease. */
  constructor(link: LinkName, random: Random, kept?: string, networks = new KnownNetworks()) {
    this.#link = link;
    this.#random = random;
    this.#networks = networks;
    this.#conflict = new AddressConflict(link, random);
    const address = kept === undefined ? undefined : addressFromStore(kept);
    if (address) this.#remembered = { address };
  }

  get state(): DhcpState {
    return this.#state;
  }

  /** Null unless the address may be used. */
  get lease(): Lease | null {
    return this.#lease ?? null;
  }

  linkUp(mac: MacAddress, now: Instant): void {
    this.#forgetAttachment();
    this.#mac = mac;
    this.#refusals = this.#conflicts = 0;
    this.#start(now);
  }

  linkDown(): void {
    this.#move('carrier lost');
    this.#forgetAttachment();
  }

  /** `from` sent the frame, `source` the packet in it. */
  handle(message: DhcpMessage, from: MacAddress, now: Instant, source?: Ipv4): void {
    if (message.op !== 2 || message.clientHardware !== this.#mac) return;
    const server = findDhcpOption(message.options, 'serverIdentifier')?.address;
    // RFC 2131 table 3: a MUST in all three answers.
    if (server === undefined || !canBeHost(server)) return;
    const identifier = findDhcpOption(message.options, 'clientIdentifier')?.data;
    // RFC 6842 §3: the answer to somebody else.
    if (identifier && !sameOctets(identifier, clientIdentifier(this.#mac))) return;
    switch (dhcpType(message)) {
      case 'offer':
        return this.#offered(message, server, now);
      case 'ack':
        return this.#acknowledged(message, server, from, source, now);
      case 'nak':
        return this.#refused(message, server, from, now);
      default:
        return;
    }
  }

  /** Conflicts with our address, and what gateways answer. `message` is not from an interface of this host. */
  handleArp(message: ArpMessage, now: Instant): void {
    if (message.senderMac === this.#mac) return;
    const lease = this.#lease;
    if (!lease) {
      this.#gatewayAnswered(message, now);
      return;
    }
    const verdict = this.#conflict.handleArp(message, now);
    this.#drainConflict();
    if (verdict === 'lost') return this.#decline(lease, message.senderMac, now);
    if (verdict === 'defended') {
      this.#report('ADDRESS_DEFENDED', { address: lease.address, by: message.senderMac });
    }
    // The first one to say so: who comes later may be anybody.
    if (message.senderAddress !== lease.router || message.operation !== 'reply') return;
    if (this.#gatewayMac === undefined) this.#gatewayFound(lease, message.senderMac, now);
  }

  /** §4.4.5: a client may extend its lease before T1. */
  renew(now: Instant): DhcpVerdict {
    const lease = this.#lease;
    if (!lease || !this.#move('renew')) return this.#no('there is no lease to renew');
    this.#timers.stop('DHCP T1');
    this.#begin(now);
    const whom = this.#state === 'renewing' ? lease.server : 'any server';
    return this.#yes(`asks ${whom} to extend ${lease.address}`);
  }

  /** Asks for a lease now, also after a release and in a pause. */
  request(now: Instant): DhcpVerdict {
    switch (this.#state) {
      case 'down':
        return this.#no('the link has no carrier');
      case 'bound':
      case 'renewing':
      case 'rebinding':
        return this.#no(`${this.#lease!.address} is leased already: renew it, or release it first`);
      case 'rebooting':
      case 'requesting':
        return this.#no('the request is on its way');
      case 'init':
      case 'selecting':
      case 'released':
        this.#start(now);
        return this.#yes(
          this.#asked ? `asks for ${this.#asked.address}, and for any` : 'asks for an address',
        );
      default:
        return this.#state satisfies never;
    }
  }

  /** §4.4.6: gives the lease back and stops until carrier comes again, or a request. */
  release(): DhcpVerdict {
    const lease = this.#lease;
    if (!this.#move('release')) {
      return this.#no(this.#state === 'down' ? 'the link has no carrier' : 'nothing is leased');
    }
    if (lease) {
      this.#send('release', this.#newXid(), lease, 0, lease.serverMac);
      this.#forget(lease);
      this.#report('LEASE_RELEASED', { address: lease.address, server: lease.server });
    }
    this.#forgetAttachment();
    return this.#yes(lease ? `gives ${lease.address} back to ${lease.server}` : 'asks no more');
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'DHCP retransmission':
          this.#again(now);
          break;
        case 'DHCP offers':
          this.#takeOffer(now);
          break;
        case 'DHCP pause':
          if (this.#move('pause over')) this.#discover(now);
          break;
        case 'DHCP T1':
          if (this.#move('T1')) this.#begin(now);
          break;
        case 'DHCP T2':
          if (this.#move('T2')) this.#begin(now);
          break;
        case 'end of the lease':
          this.#expire(now);
          break;
        default:
          why satisfies never;
      }
    }
    this.#conflict.handleTimeout(now);
    this.#drainConflict();
  }

  pollTimeout(): Deadline<DhcpTimer> | undefined {
    return earlier<DhcpTimer>(this.#timers.next(), this.#conflict.pollTimeout());
  }

  pollEffect(): DhcpEffect | undefined {
    return this.#effects.shift();
  }

  view(): DhcpView {
    const remembered = this.#remembered;
    const lease = this.#lease;
    return {
      link: this.#link,
      state: this.#state,
      lease: lease ?? null,
      vouchedBy: lease ? this.#vouchedBy : null,
      gatewayMac: this.#gatewayMac ?? null,
      remembered: remembered?.address ?? null,
      next: this.pollTimeout() ?? null,
    };
  }

  /** Where the table leads; false where the input means nothing now. */
  #move(input: DhcpInput): boolean {
    const next = DHCP_TRANSITIONS[this.#state][input];
    if (next === undefined) return false;
    this.#state = next;
    return true;
  }

  #may(input: DhcpInput): boolean {
    return DHCP_TRANSITIONS[this.#state][input] !== undefined;
  }

  /** Asks for what this link gave last, or for anything, and whether this is a network that is known. */
  #start(now: Instant): void {
    const known = this.#remembered;
    this.#timers.stopAll();
    this.#asked = undefined;
    this.#startedAt = now;
    if (known && !('server' in known && isOver(known, now))) {
      this.#move('carrier, lease known');
      this.#ask('reboot', this.#newXid(), known.address, null, now);
      this.#timers.set('DHCP retransmission', after(now, REBOOT_PATIENCE));
      this.#openDiscover();
      this.#transmitDiscover(now);
    } else {
      this.#move('carrier');
      this.#discover(now);
    }
    this.#probeGateways(now);
  }

  /** RFC 4436 §2.1: in parallel with DHCP, whichever answers first. */
  #probeGateways(now: Instant): void {
    this.#effects.push(...this.#networks.forgetExpired(now));
    const own = this.#networks.list(now).filter((network) => network.client === this.#mac);
    if (own.length === 0 || !this.#probing.take(now)) return;
    this.#probed = own.slice(0, MAX_PROBED_NETWORKS);
    for (const network of this.#probed) this.#effects.push(gatewayProbe(this.#link, network));
    this.#report('GATEWAYS_PROBED', { count: this.#probed.length });
  }

  #gatewayAnswered(message: ArpMessage, now: Instant): void {
    const network = this.#probed.find((n) => answersProbe(n, message));
    if (!network || (network.timed && isOver(network.lease, now))) return;
    if (network.timed) this.#useKnown(network, now);
    else this.#askFor(network, now);
  }

  /** The old gateway answers, so the lease holds. */
  #useKnown({ lease, gatewayMac }: KnownNetwork, now: Instant): void {
    const wasAsked = this.#asked?.address === lease.address;
    if (!this.#move('gateway')) return;
    this.#timers.stopAll();
    this.#discoverXid = this.#refusals = 0;
    this.#offers = this.#probed = [];
    this.#lease = this.#remembered = lease;
    this.#vouchedBy = 'gateway';
    this.#gatewayMac = gatewayMac;
    this.#arm(lease);
    this.#conflict.watch(lease.address, this.#mac);
    this.#report('DHCP_BOUND', {
      address: lease.address,
      lifetime: lease.lifetime,
      reason: 'gateway answered',
    });
    if (wasAsked) return;
    // Ours: the server is to hear of it too. A refusal overrules, an acknowledgement extends; silence changes nothing.
    this.#store(lease);
    this.#startedAt = now;
    this.#ask('reboot', this.#newXid(), lease.address, null, now);
  }

  /** What is left of the lease is not known: its server is asked, in the place of the one before. */
  #askFor({ lease }: KnownNetwork, now: Instant): void {
    if (this.#asked?.address === lease.address) return;
    if (!this.#move('gateway, time not known')) return;
    this.#ask('reboot', this.#newXid(), lease.address, null, now);
    this.#timers.set('DHCP retransmission', after(now, REBOOT_PATIENCE));
  }

  #offered(message: DhcpMessage, server: Ipv4, now: Instant): void {
    if (message.xid !== this.#discoverXid || this.#offers.length >= MAX_OFFERS) return;
    const terms = termsOf(message, server);
    if (!terms) return;
    const { address, router } = terms;
    const known = this.#offer ? [this.#offer, ...this.#offers] : this.#offers;
    if (known.some((o) => o.server === server && o.address === address)) return;
    this.#offers = [...this.#offers, terms];
    this.#report('DHCP_OFFERED', { server, address });
    if (!this.#may('offer')) return; // kept for when the one that is asked fails
    // The known address: the acknowledgement of the reboot is on its way. Another: it is not to be had here.
    if (this.#state === 'rebooting' && address === this.#asked?.address) return;
    if (router !== null) this.#takeOffer(now);
    else if (!this.#timers.armed('DHCP offers')) {
      this.#timers.set('DHCP offers', after(now, OFFER_PATIENCE));
    }
  }

  /** §4.4.1: the request carries the xid of the offer. */
  #takeOffer(now: Instant): void {
    const [best, ...others] = rankOffers(this.#offers, this.#remembered);
    if (!best || !(this.#move('offer') || this.#move('another offer'))) return;
    this.#timers.stop('DHCP offers');
    this.#offer = best;
    this.#offers = others;
    // Ours: who takes long for the offer takes long for the acknowledgement.
    this.#patience = Math.min(2 * (now - this.#startedAt), MAX_REQUEST_PATIENCE);
    this.#asked = undefined;
    this.#tries = 0;
    this.#again(now);
  }

  #acknowledged(
    message: DhcpMessage,
    server: Ipv4,
    from: MacAddress,
    source: Ipv4 | undefined,
    now: Instant,
  ): void {
    const asked = this.#asked;
    if (!asked || message.xid !== asked.xid || !this.#may('ack')) return;
    if (asked.server !== null && server !== asked.server) return;
    // §4.3.2 has the server acknowledge what was asked for; another address is none that we asked for.
    if (message.yourAddress !== asked.address) return;
    const lease = leaseOf(message, server, from, asked.sentAt, this.#random.fraction());
    if (!lease || isOver(lease, now)) return;
    this.#bind(lease, source === lease.router ? from : undefined, now);
  }

  #bind(lease: Lease, gatewayMac: MacAddress | undefined, now: Instant): void {
    const was = this.#lease;
    const newAddress = was?.address !== lease.address;
    const newRouter = newAddress || was?.router !== lease.router;
    this.#move('ack');
    this.#timers.stopAll();
    this.#asked = this.#offer = undefined; // a second copy of the answer is nothing new
    this.#discoverXid = this.#refusals = 0;
    this.#offers = this.#probed = [];
    if (newRouter) this.#gatewayMac = undefined;
    this.#gatewayMac ??= gatewayMac;
    this.#lease = this.#remembered = lease;
    this.#vouchedBy = 'server';
    this.#arm(lease);
    this.#store(lease);
    if (this.#gatewayMac !== undefined) this.#gatewayFound(lease, this.#gatewayMac, now);
    this.#report('DHCP_BOUND', { address: lease.address, lifetime: lease.lifetime });
    if (newAddress) {
      this.#conflict.begin(lease.address, this.#mac, now);
      this.#drainConflict();
    }
    // RFC 4436 §2 needs its link-layer address. Broadcast, as the host's stack is about to ask it anyway.
    if (lease.router !== null && newRouter && this.#gatewayMac === undefined) {
      this.#askForGateway(lease.address, lease.router);
    }
  }

  #arm({ renewAt, rebindAt, expiresAt }: Lease): void {
    if (renewAt === null || rebindAt === null || expiresAt === null) return;
    this.#timers.set('DHCP T1', renewAt);
    this.#timers.set('DHCP T2', rebindAt);
    this.#timers.set('end of the lease', expiresAt);
  }

  #gatewayFound(lease: Lease, gatewayMac: MacAddress, now: Instant): void {
    if (lease.router === null) return;
    this.#gatewayMac = gatewayMac;
    const network = { gateway: lease.router, gatewayMac, client: this.#mac, lease, timed: true };
    this.#effects.push(...this.#networks.learn(network, now));
  }

  #refused(message: DhcpMessage, server: Ipv4, from: MacAddress, now: Instant): void {
    const asked = this.#asked;
    if (!asked || message.xid !== asked.xid || !this.#may('nak')) return;
    if (asked.server !== null && server !== asked.server) return;
    const { address } = asked;
    this.#report('DHCP_NAK', { server, address });
    this.#asked = undefined;
    this.#offers = this.#offers.filter((o) => o.server !== server || o.address !== address);
    // RFC 4436 §2.1: its gateway may still answer, and has no say any more.
    this.#probed = this.#probed.filter((n) => n.lease.address !== address);
    if (this.#lease) this.#forget(this.#lease);
    else if (this.#remembered?.address === address) {
      this.#effects.push(...this.#networks.forget(this.#mac, { address, server, serverMac: from }));
      this.#forgetRemembered();
    }
    this.#stopUsing();
    const refusals = this.#refusals++;
    if (this.#state === 'requesting' && this.#offers.length > 0) return this.#takeOffer(now);
    const discovering = this.#state === 'rebooting';
    if (refusals === 0 && this.#move('nak')) {
      if (!discovering) return this.#discover(now);
      // The offer of the DISCOVER beside it is on its way.
      if (this.#offers.length > 0) return this.#takeOffer(now);
      this.#tries = 1;
      this.#timers.set('DHCP retransmission', after(now, this.#backoff(0)));
    } else if (this.#move('nak again')) {
      // A server that offers what it then refuses must not be asked at the speed of the network.
      this.#pause(this.#backoff(refusals - 1), now);
    }
  }

  #expire(now: Instant): void {
    const lease = this.#lease;
    if (!lease || !this.#move('end of lease')) return;
    this.#report('DHCP_EXPIRED', { address: lease.address });
    this.#forget(lease);
    this.#stopUsing();
    this.#discover(now);
  }

  /** §4.4.1: the address belongs to somebody else. */
  #decline(lease: Lease, by: MacAddress, now: Instant): void {
    if (!this.#move('conflict')) return;
    this.#report('ADDRESS_DUPLICATE', { address: lease.address, by });
    this.#send('decline', this.#newXid(), lease, 0);
    this.#forget(lease);
    this.#stopUsing();
    // RFC 5227 §2.1.1
    const pause = ++this.#conflicts >= MAX_CONFLICTS ? RATE_LIMIT_INTERVAL : DECLINE_PAUSE;
    this.#pause(pause, now);
  }

  #pause(wait: Millis, now: Instant): void {
    this.#timers.stopAll();
    this.#discoverXid = 0;
    this.#offers = [];
    this.#timers.set('DHCP pause', after(now, wait));
  }

  /** A new DISCOVER, from `selecting`. */
  #discover(now: Instant): void {
    this.#timers.stopAll();
    this.#asked = undefined;
    this.#openDiscover();
    this.#startedAt = now;
    this.#tries = 0;
    this.#again(now);
  }

  #openDiscover(): void {
    this.#discoverXid = this.#newXid();
    this.#offers = [];
    this.#offer = undefined;
  }

  /** A new exchange to keep the lease: its own count of seconds. */
  #begin(now: Instant): void {
    this.#startedAt = now;
    this.#tries = 0;
    this.#again(now);
  }

  #again(now: Instant): void {
    const tries = this.#tries++;
    switch (this.#state) {
      case 'down':
      case 'init':
      case 'bound':
      case 'released':
        return;
      case 'rebooting':
        // Nobody here knows the lease. There is an offer, or the DISCOVER beside it goes on.
        if (this.#offers.length > 0) return this.#takeOffer(now);
        this.#move('silence');
        this.#asked = undefined;
        this.#tries = 1;
        return this.#again(now);
      case 'selecting':
        this.#timers.set('DHCP retransmission', after(now, this.#backoff(tries)));
        return this.#transmitDiscover(now);
      case 'requesting': {
        const offer = this.#offer;
        const others = this.#offers.length > 0;
        const most = others ? MAX_REQUESTS_OF_SEVERAL : MAX_REQUESTS;
        const waited = this.#asked ? now - this.#asked.sentAt : 0;
        if (!offer || (tries >= most && (others || waited >= this.#patience))) {
          if (others) return this.#takeOffer(now);
          this.#move('given up');
          return this.#discover(now);
        }
        this.#timers.set('DHCP retransmission', after(now, this.#backoff(tries)));
        return this.#ask('request', this.#discoverXid, offer.address, offer.server, now);
      }
      case 'renewing':
        return this.#extend('renew', this.#timers.at('DHCP T2'), now);
      case 'rebinding':
        return this.#extend('rebind', this.#timers.at('end of the lease'), now);
      default:
        this.#state satisfies never;
    }
  }

  /** §4.4.5: half of what is left, at least 60 s; unicast first, broadcast after T2. */
  #extend(purpose: 'renew' | 'rebind', until: Instant | undefined, now: Instant): void {
    // A lease for ever has no T2: only a person has it renewed.
    const left = until === undefined ? 2 * RENEWAL_PAUSE : until - now;
    if (left / 2 >= RENEWAL_PAUSE) this.#timers.set('DHCP retransmission', after(now, left / 2));
    else if (left > RENEWAL_PAUSE)
      this.#timers.set('DHCP retransmission', after(now, RENEWAL_PAUSE));
    else this.#timers.stop('DHCP retransmission');
    // A fresh xid each time: the answer then tells which of them it is to, and so from when the lease counts.
    this.#ask(purpose, this.#newXid(), this.#lease!.address, null, now);
  }

  /** A REQUEST. What is sent again with the same xid counts from the first time on, to be safe. */
  #ask(purpose: DhcpPurpose, xid: number, address: Ipv4, server: Ipv4 | null, now: Instant): void {
    const sentAt = this.#asked?.xid === xid ? this.#asked.sentAt : now;
    this.#asked = { xid, address, server, sentAt };
    const lease = this.#lease;
    const to = { address, server: server ?? lease?.server ?? null };
    this.#send(purpose, xid, to, this.#seconds(now), lease?.serverMac);
  }

  #transmitDiscover(now: Instant): void {
    const address = this.#remembered?.address ?? null;
    this.#send('discover', this.#discoverXid, { address, server: null }, this.#seconds(now));
    this.#report('DHCP_DISCOVER', {});
  }

  #send(
    purpose: DhcpPurpose,
    xid: number,
    { address, server }: { readonly address: Ipv4 | null; readonly server: Ipv4 | null },
    secs: number,
    serverMac: MacAddress = BROADCAST_MAC,
  ): void {
    const { unicast, ownsAddress } = DHCP_PURPOSES[purpose];
    const message = dhcpRequest(purpose, { xid, secs, mac: this.#mac, address, server });
    const from = ownsAddress ? (address ?? UNSPECIFIED4) : UNSPECIFIED4;
    const to = unicast ? (server ?? BROADCAST4) : BROADCAST4;
    const mac = unicast ? serverMac : BROADCAST_MAC;
    this.#effects.push(dhcpFrame(this.#link, mac, from, to, message));
  }

  #seconds(now: Instant): number {
    return Math.floor((now - this.#startedAt) / 1000);
  }

  /** The store and the known networks lose this lease: it is not ours any more. */
  #forget(lease: Lease): void {
    this.#forgetRemembered();
    this.#effects.push(...this.#networks.forget(this.#mac, lease));
  }

  #forgetRemembered(): void {
    this.#remembered = undefined;
    this.#effects.push({ kind: 'store', key: `lease ${this.#link}`, value: undefined });
  }

  #store(lease: Lease): void {
    this.#effects.push({ kind: 'store', key: `lease ${this.#link}`, value: leaseToStore(lease) });
  }

  #stopUsing(): void {
    this.#lease = this.#gatewayMac = undefined;
    this.#conflict.stop();
  }

  /** All that belongs to one stay on a link. */
  #forgetAttachment(): void {
    this.#timers.stopAll();
    this.#stopUsing();
    this.#asked = this.#offer = undefined;
    this.#discoverXid = 0;
    this.#offers = this.#probed = [];
  }

  #askForGateway(senderAddress: Ipv4, targetAddress: Ipv4): void {
    this.#effects.push(
      arpFrame(this.#link, BROADCAST_MAC, {
        operation: 'request',
        senderMac: this.#mac,
        senderAddress,
        targetMac: UNKNOWN_MAC,
        targetAddress,
      }),
    );
  }

  #drainConflict(): void {
    for (let e = this.#conflict.pollEffect(); e; e = this.#conflict.pollEffect()) {
      this.#effects.push(e);
    }
  }

  /** §4.1: exponential, spread by a tenth so that neighbours do not stay in step. */
  #backoff(tries: number): Millis {
    const base = Math.min(FIRST_WAIT * 2 ** Math.max(0, tries), MAX_WAIT);
    return base * (0.9 + 0.2 * this.#random.fraction());
  }

  #newXid(): number {
    const o = this.#random.octets(4);
    return ((o[0]! << 24) | (o[1]! << 16) | (o[2]! << 8) | o[3]!) >>> 0 || 1;
  }

  #yes(reason: string): DhcpVerdict {
    return { accepted: true, reason, link: this.#link, state: this.#state };
  }

  #no(reason: string): DhcpVerdict {
    return { accepted: false, reason, link: this.#link, state: this.#state };
  }

  #report(code: EventCode, fields: MipEvent['fields']): void {
    this.#effects.push({ kind: 'event', event: event(code, { link: this.#link, ...fields }) });
  }
}

const UNKNOWN_MAC = '00:00:00:00:00:00' as MacAddress;
/** Ours: offers to one DISCOVER; more servers than that are an attack. */
export const MAX_OFFERS = 8;
/** Ours: gateways asked at one link up, the most recently used ones. RFC 4436 §2 says a subset. */
export const MAX_PROBED_NETWORKS = 16;
/** Ours: RFC 4436 §2.1 recommends once a second, against link ups that are none; ours move as often as this. */
const LINK_UPS_PER_SECOND = 5;
const LINK_UPS_AT_ONCE = 10;
const REBOOT_PATIENCE: Millis = 500; // ours: the first retransmission of the DISCOVER beside the reboot
const OFFER_PATIENCE: Millis = 200; // ours: what a poor offer waits for a better one
const FIRST_WAIT: Millis = 500; // ours: §4.1 suggests 4 s; frames lost just after link up are the usual case
const MAX_WAIT = seconds(64); // RFC 2131 §4.1
const MAX_REQUESTS = 4; // RFC 2131 §3.1: at most four retransmissions or so
const MAX_REQUESTS_OF_SEVERAL = 2; // ours: another server has offered too
const MAX_REQUEST_PATIENCE = seconds(60); // RFC 2131 §3.1: the total delay before the client begins anew
const RENEWAL_PAUSE = seconds(60); // RFC 2131 §4.4.5
const DECLINE_PAUSE = seconds(10); // RFC 2131 §3.1
const MAX_CONFLICTS = 10; // RFC 5227 §1.1
const RATE_LIMIT_INTERVAL = seconds(60); // RFC 5227 §1.1
