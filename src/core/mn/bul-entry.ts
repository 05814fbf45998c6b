/**
 * One Binding Update List entry: the registration of one home address with its home agent, sent until answered,
 * then refreshed, in the end taken back.
 *
 * Spec: RFC 6275 §11.1 (the list), §11.7.1 (sending), §11.7.3 (acknowledgements), §11.8 (retransmission, rate);
 * RFC 5555 §4.3 (keep-alives), §4.4 (options, fallback).
 *
 *   idle ─register→ pending ─accepted→ bound ─refresh, keep-alive, new care-of address→ pending
 *                   pending ─refused→ refused ─after a while, or a new care-of address→ pending
 *   any ─deregister→ deregistering ─acknowledged, or the binding's time is up→ idle
 *   any ─detach (no care-of address left)→ idle
 *
 * What the home agent holds (`binding`) outlives the states: it is kept while a new care-of address is pending,
 * so that the old tunnel serves until the new one does.
 */
import type { Ipv4, Ipv6, MacAddress, Prefix } from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import { BU_FLAG } from '../../wire/mobility/flag.js';
import type { BindingAck, BindingUpdate } from '../../wire/mobility/message.js';
import { findOption, type MobilityOption } from '../../wire/mobility/option.js';
import { BA_STATUS, isRefusal, statusText } from '../../wire/mobility/status.js';
import { nextSequence } from '../binding/sequence.js';
import type { EventEffect, StoreEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { earlierEnd } from '../prefix-lifetime.js';
import { Timers } from '../timers.js';
import type { BulView, ChoiceView } from '../view.js';
import { consequenceOf } from './ack-consequence.js';
import { Ipv4Home } from './ipv4-home.js';
import type { UpdateRate } from './update-rate.js';

/** Where Binding Updates leave from. */
export type Attachment = Readonly<
  /** RFC 6275 §11.7.1. `validUntil` null: for ever. */
  | { kind: 'ipv6'; careOf: Ipv6; link: LinkName; validUntil: Instant | null }
  /** RFC 5555 §4.4.2 */
  | {
      kind: 'ipv4';
      careOf: Ipv4;
      link: LinkName;
      validUntil: Instant | null;
      /** F, for this care-of address: §4.4.1, the last resort. */
      forceUdp?: boolean;
    }
  /** RFC 6275 §11.5.5: on the home link, straight to the home agent's link-layer address. */
  | { kind: 'home'; careOf: Ipv6; link: LinkName; homeAgentMac: MacAddress }
>;
export type AwayAttachment = Exclude<Attachment, { kind: 'home' }>;

/** What the home agent holds, as far as its acknowledgements say. */
export interface Binding {
  readonly attachment: AwayAttachment;
  /** Seconds granted. */
  readonly lifetime: number;
  readonly expiresAt: Instant;
  /** Data goes in UDP: RFC 5555 §4.2. */
  readonly udp: boolean;
  readonly nat: boolean;
  /** Seconds between keep-alives; null for none. */
  readonly natRefresh: number | null;
  /** The IPv4 home address that is bound too, and its prefix. */
  readonly homeAddress4: Ipv4 | null;
  readonly homePrefix4: Prefix<Ipv4> | null;
}

export interface BulEntrySettings {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | 'dynamic' | null;
  /** Of an IPv4 prefix to ask for. */
  readonly ipv4PrefixLength?: number | null;
  /** What of IPv4 an earlier run was given. */
  readonly keptIpv4?: string | undefined;
  readonly peer: Ipv6;
  /** Shown, not used here: null where updates do not go in UDP. */
  readonly peer4: Ipv4 | null;
  /** Asked for, seconds. */
  readonly lifetime: number;
  readonly initialTimeoutFirstReg: Millis;
  readonly initialTimeoutReReg: Millis;
  readonly forceUdp: boolean;
  readonly useAlternateCareOf: boolean;
  /** Seconds, when the home agent does not say. */
  readonly natKeepalive: number;
  /** The last one used, or any to start from. */
  readonly sequence: number;
  /** An earlier run left a binding at the home agent. */
  readonly mayBeBound: boolean;
  readonly rate: UpdateRate;
}

export type BulState = BulView['state'];
export type BulTimer =
  | 'Binding Update retransmission'
  | 'Binding Update rate limit'
  | 'binding refresh'
  | 'NAT keep-alive'
  | 'binding lifetime'
  | 'retry after refusal';

export type BulEffect = Readonly<
  | EventEffect
  | StoreEffect
  | { kind: 'transmit'; message: BindingUpdate; attachment: Attachment }
  /** Three Binding Updates in a row had no answer, RFC 5555 §4.4.1; the next one follows. */
  | { kind: 'unanswered'; attachment: Attachment }
  /** The home agent has no binding any more. */
  | { kind: 'removed' }
  /** Accepted, but prefix discovery is necessary: RFC 6275 §11.7.3. */
  | { kind: 'learnPrefixes' }
>;

/** What `handleAck` did with it; a role counts what was ignored. */
export type AckVerdict = 'accepted' | 'refused' | 'resent' | 'ignored';

export class BulEntry implements Machine<BulEffect, BulTimer> {
  readonly ipv4: Ipv4Home;
  readonly #set: BulEntrySettings;
  readonly #timers = new Timers<BulTimer>();
  #effects: BulEffect[] = [];
  #state: BulState = 'idle';
  #attachment: Attachment | undefined;
  #binding: Binding | undefined;
  #mayBeBound: boolean;
  #linkLocalToo = false;
  #sequence: number;
  #sentAt = 0 as Instant;
  #sentLifetime = 0;
  #interval: Millis = 0;
  #attempts = 0;
  #adoptions = 0;
  #refusals = 0;
  #lastStatus: number | null = null;
  /** The home agent has answered 144. */
  #forceUdpRefused = false;
  #removal = '';
  /** Asked for, seconds. */
  #lifetime: number;
  /** The end of the home address itself. */
  #validUntil: Instant | null = null;

  constructor(settings: BulEntrySettings) {
    this.#set = settings;
    this.#lifetime = settings.lifetime;
    this.#sequence = settings.sequence & 0xffff;
    this.#mayBeBound = settings.mayBeBound;
    const {
      homeAddress,
      peer,
      homeAddress4: wanted,
      ipv4PrefixLength = null,
      keptIpv4: kept,
    } = settings;
    const prefixLength = ipv4PrefixLength;
    this.ipv4 = new Ipv4Home({ homeAddress, peer, wanted, prefixLength, kept });
  }

  get state(): BulState {
    return this.#state;
  }

  /** Of the last Binding Update sent. */
  get sequence(): number {
    return this.#sequence;
  }

  get attachment(): Attachment | undefined {
    return this.#attachment;
  }

  get binding(): Binding | undefined {
    return this.#binding;
  }

  /** Binding Updates since the last one that was asked for, or accepted. */
  get attempts(): number {
    return this.#attempts;
  }

  /** False only when the home agent surely has no binding of ours. */
  get mayBeBound(): boolean {
    return this.#mayBeBound;
  }

  get linkLocalToo(): boolean {
    return this.#linkLocalToo;
  }

  /**
   * Registers a care-of address, or registers it anew. `linkLocalToo` sets L. A refusal that movement does not
   * cure waits for its time; `insist` does not.
   */
  register(attachment: AwayAttachment, linkLocalToo: boolean, now: Instant, insist = false): void {
    this.#attachment = attachment;
    this.#linkLocalToo = linkLocalToo;
    this.#dropQueued();
    if (this.#state === 'refused' && !insist && this.#refusalHolds) return;
    this.#begin('pending', now);
  }

  /** Takes the binding back. Without `interval`, as retransmissions of a known binding are. */
  deregister(attachment: Attachment, reason: string, now: Instant, interval?: Millis): void {
    this.#attachment = attachment;
    this.#removal = reason;
    this.#dropQueued();
    // Of a binding that an earlier run made we only know how long it may live.
    if (!this.#timers.armed('binding lifetime')) {
      this.#timers.set('binding lifetime', after(now, seconds(this.#lifetime)));
    }
    this.#begin('deregistering', now, interval);
  }

  /** The same care-of address with another lifetime: the next update asks accordingly. */
  extend(attachment: AwayAttachment): void {
    this.#attachment = attachment;
  }

  /**
   * §11.4.2: no binding lasts longer than the home address is valid; null: for ever. One that would is registered anew.
   */
  limit(validUntil: Instant | null, now: Instant): void {
    this.#validUntil = validUntil;
    const ends = this.#binding?.expiresAt;
    if (validUntil !== null && ends !== undefined && ends > validUntil) this.refresh(now);
  }

  /** Seconds to ask for from now on. */
  get lifetime(): number {
    return this.#lifetime;
  }

  set lifetime(wanted: number) {
    this.#lifetime = wanted;
  }

  /** There is nowhere to send from. */
  detach(): void {
    this.#dropQueued();
    const retry = this.#timers.at('retry after refusal');
    this.#stopSending();
    this.#attachment = undefined;
    if (this.#state !== 'refused') this.#state = 'idle';
    // A refusal goes on holding for its time, and no longer, wherever we are then.
    else if (retry !== undefined) this.#timers.set('retry after refusal', retry);
  }

  /** A Binding Refresh Request of the peer, or a person, asks for it. */
  refresh(now: Instant): void {
    if (this.#state === 'bound') this.#begin('pending', now);
  }

  /**
   * Gives the next `count` sequence numbers to someone who sends Binding Updates in our name, and says the first. None
   * while an answer is waited for: it would no longer fit.
   */
  reserveSequences(count: number): number | undefined {
    if (this.#state === 'pending' || this.#state === 'deregistering') return undefined;
    const first = nextSequence(this.#sequence);
    this.#sequence = (this.#sequence + count) & 0xffff;
    const { homeAddress } = this.#set;
    this.#effects.push({ kind: 'store', key: `seq ${homeAddress}`, value: String(this.#sequence) });
    return first;
  }

  handleAck(ack: BindingAck, now: Instant): AckVerdict {
    const attachment = this.#attachment;
    const waiting = this.#state === 'pending' || this.#state === 'deregistering';
    if (!attachment || !waiting || this.#sentLifetime < 0) return 'ignored';
    const adopt = consequenceOf(ack.status).then === 'adoptSequence';
    if (!adopt && ack.sequence !== this.#sequence) return 'ignored'; // §11.7.3
    this.#lastStatus = ack.status;
    const meaning = statusText(ack.status, { forceUdp: this.#forceUdpSent });
    this.#report('BA_RECEIVED', { sequence: ack.sequence, status: ack.status, meaning });
    if (adopt) return this.#adopt(ack.sequence, now);
    if (this.#state === 'deregistering') return this.#deregistered(ack, meaning);
    if (attachment.kind === 'home') return 'ignored';
    if (isRefusal(ack.status)) return this.#refused(ack.status, meaning, now);
    this.#accepted(ack, attachment, now);
    return 'accepted';
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'Binding Update retransmission':
          this.#interval = Math.min(this.#interval * 2, MAX_BINDACK_TIMEOUT);
          if (this.#attempts === ATTEMPTS_BEFORE_FALLBACK && this.#attachment) {
            this.#effects.push({ kind: 'unanswered', attachment: this.#attachment });
          }
          this.#send(now);
          break;
        case 'Binding Update rate limit':
          this.#send(now);
          break;
        case 'NAT keep-alive':
          this.#report('NAT_KEEPALIVE', {});
          this.#begin('pending', now);
          break;
        case 'binding refresh':
        case 'retry after refusal':
          if (this.#attachment) this.#begin('pending', now);
          break;
        case 'binding lifetime':
          this.#expire();
          break;
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<BulTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): BulEffect | undefined {
    return this.#effects.shift();
  }

  view(choice: ChoiceView | null): BulView {
    const binding = this.#binding;
    const attachment = this.#attachment;
    return {
      homeAddress: this.#set.homeAddress,
      homeAddress4: this.ipv4.address,
      homePrefix4: this.ipv4.prefix,
      dynamic4: this.ipv4.isDynamic,
      peer: this.#set.peer,
      peer4: this.#set.peer4,
      careOf: attachment?.careOf ?? binding?.attachment.careOf ?? null,
      link: attachment?.link ?? binding?.attachment.link ?? null,
      state: this.#state,
      path: binding ? pathOf(binding) : null,
      nat: binding?.nat ?? false,
      natRefresh: binding?.natRefresh ?? null,
      sequence: this.#sequence,
      lifetime: binding?.lifetime ?? 0,
      expiresAt: binding?.expiresAt ?? null,
      attempts: this.#attempts,
      lastStatus: this.#lastStatus,
      reason: choice?.reason ?? null,
      choice,
    };
  }

  get #forceUdpSent(): boolean {
    const attachment = this.#attachment;
    if (attachment?.kind !== 'ipv4' || this.#forceUdpRefused) return false;
    return this.#set.forceUdp || attachment.forceUdp === true;
  }

  /** Another care-of address does not cure it, nor has its time passed. */
  get #refusalHolds(): boolean {
    if (this.#lastStatus === null) return true;
    const { wait, moving } = consequenceOf(this.#lastStatus);
    return !moving && (wait === null || this.#timers.armed('retry after refusal'));
  }

  #begin(state: 'pending' | 'deregistering', now: Instant, interval?: Millis): void {
    this.#stopSending();
    this.#state = state;
    // §11.8: is there a binding at the home agent already? If not, it may take a second for DAD.
    const known = this.#binding !== undefined || state === 'deregistering';
    this.#interval =
      interval ?? (known ? this.#set.initialTimeoutReReg : this.#set.initialTimeoutFirstReg);
    this.#attempts = 0;
    this.#adoptions = 0;
    this.#sentLifetime = NOT_SENT;
    this.#send(now);
  }

  /** §11.8: every transmission has a sequence number above the last one's. */
  #send(now: Instant): void {
    const attachment = this.#attachment;
    if (!attachment) return;
    const from = this.#set.rate.earliest(now);
    if (from > now) {
      this.#timers.stop('Binding Update retransmission');
      this.#timers.set('Binding Update rate limit', from);
      return;
    }
    this.#set.rate.take(now);
    this.#sequence = nextSequence(this.#sequence);
    this.#sentAt = now;
    this.#sentLifetime = this.#state === 'deregistering' ? 0 : this.#lifetimeFor(attachment, now);
    this.#attempts++;
    this.#timers.stop('Binding Update rate limit');
    this.#timers.set('Binding Update retransmission', after(now, this.#interval));
    const { homeAddress } = this.#set;
    // Before the packet, so that not even a crash uses a number twice.
    this.#effects.push({ kind: 'store', key: `seq ${homeAddress}`, value: String(this.#sequence) });
    if (this.#sentLifetime > 0) this.#setMayBeBound(true);
    this.#effects.push({ kind: 'transmit', message: this.#message(attachment), attachment });
    this.#report('BU_SENT', {
      sequence: this.#sequence,
      careOf: attachment.careOf,
      link: attachment.link,
      attempt: this.#attempts,
      lifetime: this.#sentLifetime,
    });
  }

  /** §11.7.1: not beyond the life of the care-of address, nor of the home address. Steps of 4 s, RFC 6275 §6.1.7; never 0. */
  #lifetimeFor(attachment: Attachment, now: Instant): number {
    const until = attachment.kind === 'home' ? null : attachment.validUntil;
    const end = earlierEnd(until, this.#validUntil);
    const left = end === null ? MAX_LIFETIME : Math.max(0, end - now) / 1000;
    const wanted = Math.min(this.#lifetime, left, MAX_LIFETIME);
    return Math.max(LIFETIME_STEP, Math.floor(wanted / LIFETIME_STEP) * LIFETIME_STEP);
  }

  #message(attachment: Attachment): BindingUpdate {
    const options: MobilityOption[] = [];
    if (attachment.kind === 'ipv6' && this.#set.useAlternateCareOf) {
      options.push({ kind: 'alternateCareOf', address: attachment.careOf });
    }
    if (attachment.kind === 'ipv4')
      options.push({ kind: 'ipv4CareOf', address: attachment.careOf });
    if (this.#state !== 'deregistering') options.push(...this.ipv4.requests());
    const flags =
      BU_FLAG.acknowledge |
      BU_FLAG.home |
      (this.#linkLocalToo ? BU_FLAG.linkLocal : 0) |
      (this.#forceUdpSent ? BU_FLAG.forceUdp : 0);
    return {
      kind: 'bindingUpdate',
      sequence: this.#sequence,
      lifetime: this.#sentLifetime,
      flags,
      options,
    };
  }

  #accepted(ack: BindingAck, attachment: AwayAttachment, now: Instant): void {
    // §11.7.3: L_remain - (L_update - L_ack), which is: the lifetime granted, from when the update left.
    const lifetime = Math.min(ack.lifetime, this.#sentLifetime);
    if (lifetime <= 0) {
      this.#refused(BA_STATUS.reasonUnspecified, 'accepted for no time at all', now);
      return;
    }
    this.#stopSending();
    this.#state = 'bound';
    this.#refusals = 0;
    const was = this.#binding;
    const expiresAt = after(this.#sentAt, seconds(lifetime));
    const nat = attachment.kind === 'ipv4' ? natOf(ack, this.#set.natKeepalive) : NO_NAT;
    const { address: homeAddress4, prefix: homePrefix4, again } = this.ipv4.handleAck(ack.options);
    const binding: Binding = {
      attachment,
      lifetime,
      expiresAt,
      ...nat,
      homeAddress4,
      homePrefix4,
    };
    this.#binding = binding;
    this.#timers.set('binding lifetime', expiresAt);
    this.#timers.set('binding refresh', after(this.#sentAt, refreshAfter(ack, lifetime)));
    if (binding.natRefresh !== null) {
      this.#timers.set('NAT keep-alive', after(this.#sentAt, seconds(binding.natRefresh)));
    }
    if (!was || !sameAttachment(was.attachment, attachment)) {
      this.#report('BINDING_ACCEPTED', {
        careOf: attachment.careOf,
        link: attachment.link,
        lifetime,
      });
    }
    this.#reportNat(was, binding);
    for (let e = this.ipv4.pollEffect(); e; e = this.ipv4.pollEffect()) this.#effects.push(e);
    if (consequenceOf(ack.status).then === 'learnPrefixes') {
      this.#effects.push({ kind: 'learnPrefixes' });
    }
    if (again) this.#begin('pending', now);
  }

  #reportNat(was: Binding | undefined, binding: Binding): void {
    if (binding.attachment.kind !== 'ipv4') return;
    const same = was && sameAttachment(was.attachment, binding.attachment);
    if (same && was.nat === binding.nat && was.udp === binding.udp) {
      const { natRefresh: refresh } = binding;
      if (was.natRefresh !== refresh) this.#report('NAT_REFRESH', { refresh });
      return;
    }
    if (binding.nat) this.#report('NAT_FOUND', { refresh: binding.natRefresh });
    else this.#report('NAT_NONE', { udp: binding.udp });
  }

  /** §11.7.3: goes on from the peer's number, at once; not for ever, should the peer not like any number. */
  #adopt(sequence: number, now: Instant): AckVerdict {
    this.#sequence = sequence;
    this.#report('SEQUENCE_ADOPTED', { sequence });
    if (++this.#adoptions <= MAX_ADOPTIONS) this.#send(now);
    return 'resent';
  }

  #refused(status: number, meaning: string, now: Instant): AckVerdict {
    const { then, wait } = consequenceOf(status, { forceUdp: this.#forceUdpSent });
    if (then === 'withoutForceUdp') {
      this.#forceUdpRefused = true;
      this.#send(now);
      return 'resent';
    }
    this.#stopSending();
    this.#state = 'refused';
    const grown = wait && Math.min(wait * 2 ** Math.min(this.#refusals, 16), MAX_REFUSED_WAIT);
    if (grown !== null) this.#timers.set('retry after refusal', after(now, grown));
    this.#report('BINDING_REFUSED', {
      status,
      meaning,
      next: grown === null ? 'not tried again until a person asks' : `again in ${grown / 1000} s`,
    });
    this.#refusals++;
    return 'refused';
  }

  #deregistered(ack: BindingAck, meaning: string): AckVerdict {
    const refused = isRefusal(ack.status) && ack.status !== BA_STATUS.notHomeAgent;
    if (refused) {
      const next = 'nothing more is asked of it';
      this.#report('BINDING_REFUSED', { status: ack.status, meaning, next });
    }
    // Refused or not, there is nothing more to be asked: the binding is gone, or goes with its lifetime.
    this.#remove(refused ? `${this.#removal}; the home agent says ${meaning}` : this.#removal);
    return refused ? 'refused' : 'accepted';
  }

  #expire(): void {
    if (this.#state === 'deregistering') return this.#remove('its lifetime is over');
    this.#binding = undefined;
    this.ipv4.lapsed();
    this.#report('BINDING_EXPIRED', {});
    // A pending refresh goes on asking; without an address to ask from, nothing is bound any more.
    if (!this.#attachment) this.#setMayBeBound(false);
  }

  #remove(reason: string): void {
    this.#stopSending();
    this.#timers.stop('binding lifetime');
    this.#binding = undefined;
    this.#attachment = undefined;
    this.#state = 'idle';
    this.ipv4.unbound();
    this.#setMayBeBound(false);
    this.#report('BINDING_REMOVED', { reason });
    this.#effects.push({ kind: 'removed' });
  }

  #setMayBeBound(may: boolean): void {
    if (may === this.#mayBeBound) return;
    this.#mayBeBound = may;
    const value = may ? '1' : undefined;
    this.#effects.push({ kind: 'store', key: `bound ${this.#set.homeAddress}`, value });
  }

  #stopSending(): void {
    this.#timers.stop(
      'Binding Update retransmission',
      'Binding Update rate limit',
      'binding refresh',
      'NAT keep-alive',
      'retry after refusal',
    );
  }

  /** What was queued for a care-of address that is not wanted any more. */
  #dropQueued(): void {
    this.#effects = this.#effects.filter((e) => e.kind !== 'transmit' && !isBuSent(e));
  }

  #report(code: EventCode, fields: MipEvent['fields']): void {
    const { homeAddress, peer } = this.#set;
    this.#effects.push({ kind: 'event', event: event(code, { homeAddress, peer, ...fields }) });
  }
}

export const sameAttachment = (a: Attachment, b: Attachment): boolean =>
  a.kind === b.kind && a.careOf === b.careOf && a.link === b.link && forces(a) === forces(b);

const forces = (a: Attachment): boolean => a.kind === 'ipv4' && a.forceUdp === true;

export const pathOf = (binding: Binding): 'ipv6' | 'ipv4' | 'udp' =>
  binding.attachment.kind === 'ipv6' ? 'ipv6' : binding.udp ? 'udp' : 'ipv4';

/** RFC 6275 §6.2.4: advice at or beyond the lifetime is none. */
function refreshAfter(ack: BindingAck, lifetime: number): Millis {
  const advice = findOption(ack.options, 'bindingRefreshAdvice')?.interval ?? 0;
  const own = lifetime * REFRESH_FRACTION;
  return seconds(advice > 0 && advice < lifetime ? Math.min(advice, own) : own);
}

/**
 * RFC 5555 §3.2.2, §4.2, §4.3 read together: UDP when F says so or a NAT was found, and a NAT was found unless the
 * refresh time is all ones. Refresh time 0 says nothing.
 */
function natOf(ack: BindingAck, keepalive: number): Pick<Binding, 'udp' | 'nat' | 'natRefresh'> {
  const option = findOption(ack.options, 'natDetection');
  if (!option) return NO_NAT;
  const nat = option.refresh !== NO_KEEPALIVE;
  const natRefresh = nat ? option.refresh || keepalive : null;
  return { udp: nat || option.forceUdp, nat, natRefresh };
}

const isBuSent = (e: BulEffect): boolean => e.kind === 'event' && e.event.code === 'BU_SENT';

const NO_NAT = { udp: false, nat: false, natRefresh: null } as const;
const NO_KEEPALIVE = 0xffffffff; // RFC 5555 §3.2.2
const MAX_BINDACK_TIMEOUT = seconds(32); // RFC 6275 §12
const MAX_LIFETIME = 262140; // 0xffff steps of 4 s
const LIFETIME_STEP = 4;
const NOT_SENT = -1;
const ATTEMPTS_BEFORE_FALLBACK = 3; // RFC 5555 §4.4.1
const MAX_ADOPTIONS = 3; // ours: then the ordinary retransmission goes on
const REFRESH_FRACTION = 0.8; // ours: §11.7.1 asks for a refresh well before expiry, not when
const MAX_REFUSED_WAIT = seconds(3600); // ours: what waits in `ack-consequence.ts` double to
