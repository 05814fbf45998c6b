/**
 * The DHCPv4 client of one link, in whole frames.
 *
 * Spec: RFC 2131 §4.4 and figure 5; RFC 3442 (classless routes); RFC 4436 (a known gateway's answer proves that
 * the link is the old one); RFC 5227 §2.1 (address conflicts).
 *
 *   down ─link up, lease known→ rebooting ─ack→ bound     rebooting ─other offer→ requesting, else ─nak→ selecting
 *   down ─link up→ selecting ─offer→ requesting ─ack→ bound    requesting ─nak, silence→ selecting
 *   bound ─T1→ renewing ─T2→ rebinding ─end of lease, nak→ selecting      any ─carrier lost→ down
 *
 * Rebooting asks for the known lease and, beside it, discovers: on the old network the one is answered in a round
 * trip, on another the other need not wait for a refusal, which many servers do not send. Ours; RFC 4436 §2.1 has
 * the same thought.
 *
 * The random delay of 1 to 10 s before the first message (§4.4.1) is left out: it spreads hosts that boot
 * together after a power failure. A node that moves arrives alone, and the delay would be its handover.
 */
import {
  BROADCAST4,
  BROADCAST_MAC,
  ipv4Octets,
  isMulticast,
  macOctets,
  parseIpv4,
  UNSPECIFIED4,
  type Ipv4,
  type MacAddress,
} from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { ArpMessage } from '../../wire/arp.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../wire/dhcpv4/message.js';
import type { EventEffect, FrameEffect, StoreEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';
import { arpFrame } from '../frames.js';
import { dhcpFrame } from './dhcp-frame.js';

export type DhcpState =
  'down' | 'rebooting' | 'selecting' | 'requesting' | 'bound' | 'renewing' | 'rebinding';
export type DhcpTimer =
  'DHCP retransmission' | 'DHCP T1' | 'DHCP T2' | 'end of the lease' | 'address conflict probe';
export type DhcpEffect = FrameEffect | EventEffect | StoreEffect;

export interface Lease {
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly router: Ipv4 | null;
  readonly server: Ipv4;
  /** seconds */
  readonly lifetime: number;
  /** Null: for ever. */
  readonly expiresAt: Instant | null;
}

export class DhcpClient implements Machine<DhcpEffect, DhcpTimer> {
  readonly #link: LinkName;
  readonly #random: Random;
  readonly #timers = new Timers<DhcpTimer>();
  readonly #effects: DhcpEffect[] = [];
  #state: DhcpState = 'down';
  #mac: MacAddress = '00:00:00:00:00:00' as MacAddress;
  #xid = 0;
  /** Transaction of the DISCOVER that runs beside a reboot; 0 for none. */
  #besideXid = 0;
  #startedAt = 0 as Instant;
  #sentAt = 0 as Instant;
  #tries = 0;
  #refusals = 0;
  /** What this link last gave us: asked for again on the next link up. */
  #remembered: Lease | undefined;
  /** In use now. */
  #lease: Lease | undefined;
  #offer: { address: Ipv4; server: Ipv4 } | undefined;
  /** Who sent the lease's frames: the server, or the relay on this link. */
  #serverMac: MacAddress | undefined;
  #routerMac: MacAddress | undefined;
  /** RFC 4436: when T1 and T2 of the remembered lease are due. */
  #due: { t1: Instant; t2: Instant } | undefined;

  constructor(link: LinkName, random: Random, kept?: string) {
    this.#link = link;
    this.#random = random;
    this.#remembered = kept === undefined ? undefined : leaseFromStore(kept);
  }

  get state(): DhcpState {
    return this.#state;
  }

  /** Null unless the address may be used. */
  get lease(): Lease | null {
    return this.#lease ?? null;
  }

  linkUp(mac: MacAddress, now: Instant): void {
    this.#timers.stopAll();
    this.#mac = mac;
    this.#lease = undefined;
    this.#refusals = 0;
    const known = this.#remembered;
    if (!known || (known.expiresAt !== null && known.expiresAt <= now)) return this.#discover(now);
    this.#begin('rebooting', now);
    // RFC 4436 §2.1: in parallel, whichever answers first. To the known gateway's link-layer address only.
    if (this.#routerMac !== undefined && known.router !== null && this.#due) {
      this.#arp(this.#routerMac, known.address, known.router);
    }
  }

  linkDown(): void {
    this.#timers.stopAll();
    this.#state = 'down';
    this.#lease = undefined;
    this.#offer = undefined;
  }

  handle(message: DhcpMessage, from: MacAddress, now: Instant): void {
    if (message.op !== 2 || message.clientHardware !== this.#mac) return;
    const type = optionOf(message.options, 'messageType')?.type;
    const server = optionOf(message.options, 'serverIdentifier')?.address;
    if (server === undefined) return; // RFC 2131 table 3: a MUST in all three answers
    if (type === 'offer') return this.#offered(message, server, now);
    if (message.xid !== this.#xid || !this.#awaiting) return;
    if (type === 'nak') return this.#refused(server, now);
    if (type !== 'ack') return;
    if (this.#state === 'requesting' && server !== this.#offer?.server) return;
    const lease = leaseOf(message, server, this.#sentAt);
    if (lease) this.#bind(lease, message, from, now);
  }

  #offered(message: DhcpMessage, server: Ipv4, now: Instant): void {
    const address = message.yourAddress;
    const beside = this.#state === 'rebooting' && message.xid === this.#besideXid;
    const asked = this.#state === 'selecting' && message.xid === this.#xid;
    if (!(beside || asked) || !canBeLeased(address)) return;
    this.#offer = { address, server };
    this.#report('DHCP_OFFERED', { server, address });
    // The known address: the acknowledgement of the reboot is on its way. Another: it is not to be had here.
    if (beside && address === this.#remembered?.address) return;
    this.#takeOffer(now);
  }

  /** §4.4.1: the request carries the xid of the offer. */
  #takeOffer(now: Instant): void {
    if (this.#state === 'rebooting') this.#xid = this.#besideXid;
    this.#begin('requesting', now);
  }

  /** Conflicts with our address, and the gateway's link-layer address. */
  handleArp(message: ArpMessage, now: Instant): void {
    const known = this.#lease ?? this.#remembered;
    if (!known || this.#state === 'down' || message.senderMac === this.#mac) return;
    if (this.#lease && message.senderAddress === this.#lease.address) {
      if (this.#timers.armed('address conflict probe')) this.#decline(message.senderMac, now);
      return;
    }
    if (message.operation !== 'reply' || message.senderAddress !== known.router) return;
    if (this.#state !== 'rebooting') this.#routerMac = message.senderMac;
    else if (message.senderMac === this.#routerMac) this.#sameLink(known, now);
  }

  /** RFC 2131 §4.4.6: gives the lease back and stops. */
  release(): void {
    const lease = this.#lease;
    if (lease) {
      this.#xid = this.#newXid();
      const options: DhcpOption[] = [{ kind: 'serverIdentifier', address: lease.server }];
      this.#send('release', options, lease.address, lease.server);
      this.#forget();
    }
    this.linkDown();
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'DHCP retransmission':
          this.#again(now);
          break;
        case 'DHCP T1':
          this.#begin('renewing', now);
          break;
        case 'DHCP T2':
          this.#begin('rebinding', now);
          break;
        case 'end of the lease': {
          const address = this.#lease?.address ?? null;
          this.#report('DHCP_EXPIRED', { address });
          this.#forget();
          this.#discover(now);
          break;
        }
        case 'address conflict probe': // nobody objected
          break;
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<DhcpTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): DhcpEffect | undefined {
    return this.#effects.shift();
  }

  get #awaiting(): boolean {
    return this.#state !== 'down' && this.#state !== 'selecting' && this.#xid !== 0;
  }

  #discover(now: Instant): void {
    this.#timers.stopAll();
    this.#offer = undefined;
    this.#begin('selecting', now);
  }

  /** Nobody here knows the lease: the DISCOVER beside the reboot is retransmitted. */
  #goOnBeside(now: Instant): void {
    this.#state = 'selecting';
    this.#xid = this.#besideXid;
    this.#tries = 1;
    this.#again(now);
  }

  /** A new exchange: its own transaction, its own count of seconds. */
  #begin(state: DhcpState, now: Instant): void {
    if (state !== 'requesting') {
      this.#xid = this.#newXid();
      this.#startedAt = now;
    }
    this.#state = state;
    this.#tries = 0;
    this.#again(now);
  }

  #again(now: Instant): void {
    const tries = this.#tries++;
    switch (this.#state) {
      case 'down':
      case 'bound':
        return;
      case 'rebooting': {
        const known = this.#remembered;
        if (!known) return this.#discover(now);
        if (tries > 0) return this.#offer ? this.#takeOffer(now) : this.#goOnBeside(now);
        const wanted: DhcpOption = { kind: 'requestedAddress', address: known.address };
        this.#timers.set('DHCP retransmission', after(now, REBOOT_PATIENCE));
        this.#transmit('request', [wanted], now);
        const reboot = this.#xid;
        this.#xid = this.#besideXid = this.#newXid();
        this.#transmit('discover', [wanted], now);
        this.#report('DHCP_DISCOVER', {});
        this.#xid = reboot;
        return;
      }
      case 'selecting': {
        this.#timers.set('DHCP retransmission', after(now, this.#backoff(tries)));
        const known = this.#remembered;
        this.#transmit(
          'discover',
          known ? [{ kind: 'requestedAddress', address: known.address }] : [],
          now,
        );
        this.#report('DHCP_DISCOVER', {});
        return;
      }
      case 'requesting': {
        const offer = this.#offer;
        if (tries >= MAX_REQUESTS || !offer) return this.#discover(now);
        this.#timers.set('DHCP retransmission', after(now, this.#backoff(tries)));
        const options: DhcpOption[] = [
          { kind: 'requestedAddress', address: offer.address },
          { kind: 'serverIdentifier', address: offer.server },
        ];
        this.#transmit('request', options, now);
        return;
      }
      case 'renewing':
        return this.#extend(this.#timers.at('DHCP T2'), now);
      case 'rebinding':
        return this.#extend(this.#timers.at('end of the lease'), now);
      default:
        this.#state satisfies never;
    }
  }

  /** §4.4.5: half of what is left, at least 60 s; unicast first, broadcast after T2. */
  #extend(until: Instant | undefined, now: Instant): void {
    const left = until === undefined ? 0 : until - now;
    if (left / 2 >= RENEWAL_PAUSE) this.#timers.set('DHCP retransmission', after(now, left / 2));
    else if (left > RENEWAL_PAUSE)
      this.#timers.set('DHCP retransmission', after(now, RENEWAL_PAUSE));
    else this.#timers.stop('DHCP retransmission');
    this.#transmit('request', [], now);
  }

  #bind(lease: Lease, message: DhcpMessage, from: MacAddress, now: Instant): void {
    const fresh = lease.address !== this.#lease?.address;
    this.#timers.stopAll();
    this.#state = 'bound';
    this.#xid = 0; // a second copy of the answer is nothing new
    this.#refusals = 0;
    this.#offer = undefined;
    if (this.#remembered?.router !== lease.router) this.#routerMac = undefined;
    this.#lease = this.#remembered = lease;
    this.#serverMac = from;
    this.#due = undefined;
    if (lease.expiresAt !== null) {
      const whole = seconds(lease.lifetime);
      const t1 = optionOf(message.options, 'renewalTime');
      const t2 = optionOf(message.options, 'rebindingTime');
      // §4.4.5: T1 before T2 before the end; what does not fit takes the default.
      const rebind = t2 && seconds(t2.seconds) < whole ? seconds(t2.seconds) : whole * 0.875;
      const renew =
        t1 && seconds(t1.seconds) < rebind ? seconds(t1.seconds) : Math.min(whole / 2, rebind);
      this.#due = { t1: after(this.#sentAt, renew), t2: after(this.#sentAt, rebind) };
      this.#armLease(lease);
    }
    this.#effects.push({ kind: 'store', key: `lease ${this.#link}`, value: leaseToStore(lease) });
    this.#report('DHCP_BOUND', { address: lease.address, lifetime: lease.lifetime });
    if (fresh) this.#probeConflict(lease.address, now);
  }

  #armLease(lease: Lease): void {
    if (lease.expiresAt === null || !this.#due) return;
    this.#timers.set('DHCP T1', this.#due.t1);
    this.#timers.set('DHCP T2', this.#due.t2);
    this.#timers.set('end of the lease', lease.expiresAt);
  }

  /** RFC 4436: the old gateway answers, so the lease holds; a late word of the server still overrules. */
  #sameLink(lease: Lease, now: Instant): void {
    if (lease.expiresAt !== null && lease.expiresAt <= now) return;
    this.#timers.stop('DHCP retransmission');
    this.#state = 'bound';
    this.#lease = lease;
    this.#armLease(lease);
    this.#report('DHCP_BOUND', {
      address: lease.address,
      lifetime: lease.lifetime,
      reason: 'gateway answered',
    });
  }

  #refused(server: Ipv4, now: Instant): void {
    const address = this.#offer?.address ?? this.#remembered?.address ?? null;
    this.#report('DHCP_NAK', { server, address });
    this.#forget();
    const wait = this.#backoff(this.#refusals - 1);
    if (this.#refusals++ === 0) {
      if (this.#state !== 'rebooting') return this.#discover(now);
      // The offer of the DISCOVER beside it is on its way.
      this.#state = 'selecting';
      this.#xid = this.#besideXid;
      this.#tries = 1;
      this.#timers.set('DHCP retransmission', after(now, this.#backoff(0)));
      return;
    }
    // A server that offers what it then refuses must not be asked at the speed of the network.
    this.#timers.stopAll();
    this.#state = 'selecting';
    this.#xid = this.#newXid();
    this.#startedAt = now;
    this.#tries = 0;
    this.#timers.set('DHCP retransmission', after(now, wait));
  }

  /** RFC 2131 §4.4.1: the address is used while its probe is out, or it would cost the handover a second. */
  #probeConflict(address: Ipv4, now: Instant): void {
    this.#timers.set('address conflict probe', after(now, CONFLICT_WAIT));
    this.#arp(BROADCAST_MAC, UNSPECIFIED4, address);
  }

  #decline(by: MacAddress, now: Instant): void {
    const lease = this.#lease!;
    this.#report('ADDRESS_DUPLICATE', { address: lease.address, by });
    this.#timers.stopAll();
    this.#xid = this.#newXid();
    this.#sendBroadcast('decline', [
      { kind: 'requestedAddress', address: lease.address },
      { kind: 'serverIdentifier', address: lease.server },
    ]);
    this.#forget();
    this.#state = 'selecting';
    this.#xid = this.#newXid();
    this.#startedAt = now;
    this.#tries = 0;
    this.#timers.set('DHCP retransmission', after(now, DECLINE_PAUSE));
  }

  #forget(): void {
    this.#lease = undefined;
    this.#remembered = undefined;
    this.#offer = undefined;
    this.#due = undefined;
    this.#effects.push({ kind: 'store', key: `lease ${this.#link}`, value: undefined });
  }

  /** DISCOVER and REQUEST; a renewal comes from the address and goes to the server. */
  #transmit(type: DhcpType, options: readonly DhcpOption[], now: Instant): void {
    this.#sentAt = now;
    const secs = Math.min(0xffff, Math.floor((now - this.#startedAt) / 1000));
    const asked: DhcpOption[] = [...options, { kind: 'parameterRequest', codes: PARAMETERS }];
    const lease = this.#lease;
    if (this.#state === 'renewing' && lease) {
      return this.#send(type, asked, lease.address, lease.server, secs);
    }
    this.#sendBroadcast(type, asked, lease?.address ?? UNSPECIFIED4, secs);
  }

  #sendBroadcast(
    type: DhcpType,
    options: readonly DhcpOption[],
    client: Ipv4 = UNSPECIFIED4,
    secs = 0,
  ): void {
    const message = this.#message(type, options, client, secs);
    this.#effects.push(dhcpFrame(this.#link, BROADCAST_MAC, client, BROADCAST4, message));
  }

  #send(type: DhcpType, options: readonly DhcpOption[], from: Ipv4, to: Ipv4, secs = 0): void {
    const message = this.#message(type, options, from, secs);
    this.#effects.push(dhcpFrame(this.#link, this.#serverMac ?? BROADCAST_MAC, from, to, message));
  }

  #message(
    type: DhcpType,
    options: readonly DhcpOption[],
    client: Ipv4,
    secs: number,
  ): DhcpMessage {
    return {
      op: 1,
      xid: this.#xid,
      secs,
      broadcast: false, // frames are read below IP, so unicast answers arrive
      clientAddress: client,
      yourAddress: UNSPECIFIED4,
      serverAddress: UNSPECIFIED4,
      relayAddress: UNSPECIFIED4,
      clientHardware: this.#mac,
      options: [
        { kind: 'messageType', type },
        { kind: 'clientIdentifier', data: Uint8Array.of(1, ...macOctets(this.#mac)) },
        ...options,
      ],
    };
  }

  #arp(to: MacAddress, senderAddress: Ipv4, targetAddress: Ipv4): void {
    this.#effects.push(
      arpFrame(this.#link, to, {
        operation: 'request',
        senderMac: this.#mac,
        senderAddress,
        targetMac: '00:00:00:00:00:00' as MacAddress,
        targetAddress,
      }),
    );
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

  #report(code: EventCode, fields: MipEvent['fields']): void {
    this.#effects.push({ kind: 'event', event: event(code, { link: this.#link, ...fields }) });
  }
}

function leaseOf(message: DhcpMessage, server: Ipv4, from: Instant): Lease | undefined {
  const address = message.yourAddress;
  if (!canBeLeased(address)) return undefined;
  const lifetime = optionOf(message.options, 'leaseTime')?.seconds ?? DEFAULT_LEASE;
  if (lifetime === 0) return undefined;
  const mask = optionOf(message.options, 'subnetMask')?.mask;
  return {
    address,
    prefixLength: (mask === undefined ? undefined : maskLength(mask)) ?? classLength(address),
    router: routerOf(message.options, address),
    server,
    lifetime,
    expiresAt: lifetime === FOR_EVER ? null : after(from, seconds(lifetime)),
  };
}

/** RFC 3442: with classless routes the router option is ignored. */
function routerOf(options: readonly DhcpOption[], own: Ipv4): Ipv4 | null {
  const routes = optionOf(options, 'classlessRoutes')?.routes;
  const router = routes
    ? routes.find((r) => r.prefixLength === 0)?.router
    : optionOf(options, 'router')?.addresses[0];
  return router !== undefined && canBeLeased(router) && router !== own ? router : null;
}

function maskLength(mask: Ipv4): number | undefined {
  const o = ipv4Octets(mask);
  const value = ((o[0]! << 24) | (o[1]! << 16) | (o[2]! << 8) | o[3]!) >>> 0;
  const length = Math.clz32(~value);
  const whole = length === 0 ? 0 : (0xffffffff << (32 - length)) >>> 0;
  return length > 0 && whole === value ? length : undefined;
}

/** RFC 2131 lets a server leave the mask out; then the address's class tells. */
function classLength(address: Ipv4): number {
  const first = Number.parseInt(address, 10);
  return first < 128 ? 8 : first < 192 ? 16 : 24;
}

function canBeLeased(a: Ipv4): boolean {
  const first = Number.parseInt(a, 10);
  return !isMulticast(a) && first !== 0 && first !== 127 && first < 240;
}

/** `address prefixLength router server lifetime`; when it ends is not kept, since clocks start anew. */
function leaseToStore(lease: Lease): string {
  return [
    lease.address,
    lease.prefixLength,
    lease.router ?? '-',
    lease.server,
    lease.lifetime,
  ].join(' ');
}

/** What was kept only chooses whom to ask: RFC 2131 §3.2. Undefined when it is not what we wrote. */
function leaseFromStore(text: string): Lease | undefined {
  const [address, prefixLength, router, server, lifetime] = text.split(' ');
  const a = parseIpv4(address ?? '');
  const s = parseIpv4(server ?? '');
  if (!a || !s || !canBeLeased(a)) return undefined;
  return {
    address: a,
    prefixLength: Number(prefixLength) || classLength(a),
    router: parseIpv4(router ?? '') ?? null,
    server: s,
    lifetime: Number(lifetime) || DEFAULT_LEASE,
    expiresAt: null,
  };
}

function optionOf<K extends DhcpOption['kind']>(
  options: readonly DhcpOption[],
  kind: K,
): Extract<DhcpOption, { kind: K }> | undefined {
  return options.find((o): o is Extract<DhcpOption, { kind: K }> => o.kind === kind);
}

/** RFC 3442: classless routes are asked for before the router. */
const PARAMETERS = [1, 121, 3, 26, 51, 58, 59];
const REBOOT_PATIENCE: Millis = 500; // ours: the first retransmission of the DISCOVER beside the reboot
const FIRST_WAIT: Millis = 500; // ours: §4.1 suggests 4 s; frames lost just after link up are the usual case
const MAX_WAIT = seconds(64); // RFC 2131 §4.1
const MAX_REQUESTS = 4; // RFC 2131 §3.1: at most four retransmissions or so
const RENEWAL_PAUSE = seconds(60); // RFC 2131 §4.4.5
const DECLINE_PAUSE = seconds(10); // RFC 2131 §3.1
const CONFLICT_WAIT = seconds(1); // ours: RFC 5227 takes three probes and 7 s
const DEFAULT_LEASE = 3600; // seconds; for servers that leave out option 51
const FOR_EVER = 0xffffffff;
