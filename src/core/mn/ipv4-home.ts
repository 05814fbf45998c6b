/**
 * The IPv4 home address of one home address, and its prefix: what a Binding Update asks for, and what the answer
 * makes of it.
 *
 * A dynamic address is the home agent's choice. The last one is kept and asked for again by name; where the home
 * agent has it no longer, any is asked for at once. A prefix that is refused is not asked for again as long as the
 * binding lives; an address without it is.
 *
 * Spec: RFC 5555 §3.1.1 (request), §3.2.1 (answer), §4.4.2 (what follows).
 */
import {
  inPrefix,
  ipv4FromNumber,
  ipv4ToNumber,
  isRoutableUnicast,
  parseIpv4,
  prefixOf,
  samePrefix,
  UNSPECIFIED4,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { findOptions, type MobilityOption, type OptionOf } from '../../wire/mobility/option.js';
import { ipv4AckStatus, isRefusal } from '../../wire/mobility/status.js';
import type { EventEffect, StoreEffect } from '../effect.js';
import { event, type EventCode, type MipEvent } from '../event.js';

export interface Ipv4HomeSettings {
  readonly homeAddress: Ipv6;
  readonly peer: Ipv6;
  readonly wanted: Ipv4 | 'dynamic' | null;
  /** Of a prefix to ask for; null: none. */
  readonly prefixLength: number | null;
  /** What the store has under `ipv4HomeKey`. */
  readonly kept: string | undefined;
}

export interface Ipv4Bound {
  readonly address: Ipv4 | null;
  readonly prefix: Prefix<Ipv4> | null;
}

export class Ipv4Home {
  readonly #set: Ipv4HomeSettings;
  readonly #effects: (EventEffect | StoreEffect)[] = [];
  /** What we are or were given: asked for by name. `address` of a static one is the configured one. */
  #held: Ipv4Bound;
  /** The home agent has said in this run that it is ours. */
  #confirmed = false;
  #bound: Ipv4Bound = NOTHING;
  #refused: number | 'unanswered' | null = null;
  #prefixRefused = false;
  #asked: OptionOf<'ipv4HomeAddress'>[] = [];

  constructor(settings: Ipv4HomeSettings) {
    this.#set = settings;
    const { wanted, prefixLength, kept = '' } = settings;
    const hint = wanted === null ? NOTHING : readKept(kept);
    this.#held = {
      address: wanted === 'dynamic' ? hint.address : wanted,
      prefix: prefixLength === null ? null : hint.prefix,
    };
  }

  get isDynamic(): boolean {
    return this.#set.wanted === 'dynamic';
  }

  /** To use while away. Null where there is none, it is refused, or nobody has given us one yet. */
  get address(): Ipv4 | null {
    if (this.isDynamic) return this.#confirmed ? this.#held.address : null;
    return this.#refused === null || this.#refused === 'unanswered' ? this.#held.address : null;
  }

  /** What is asked for by name, as the store has it; undefined: nothing. */
  get kept(): string | undefined {
    return textOf(this.#held) || undefined;
  }

  get prefix(): Prefix<Ipv4> | null {
    return this.#confirmed ? this.#held.prefix : null;
  }

  /** RFC 5555 §4.4.2: while the home agent refuses it, the address has no entry. */
  get isRefused(): boolean {
    return typeof this.#refused === 'number';
  }

  /** For the next Binding Update; §4.4.2 lets it ask every time. */
  requests(): readonly MobilityOption[] {
    const { wanted, prefixLength } = this.#set;
    if (wanted === null) return [];
    const { address, prefix } = this.#held;
    const withPrefix = prefixLength !== null && !this.#prefixRefused;
    const asked: OptionOf<'ipv4HomeAddress'>[] = [];
    // With a prefix a dynamic address comes of itself, §3.1.1: formed from it.
    if (wanted !== 'dynamic' || !withPrefix) {
      const outside = address !== null && !(prefix && inPrefix(address, prefix));
      asked.push(request(outside || wanted !== 'dynamic' ? address! : UNSPECIFIED4, 32, false));
    }
    if (withPrefix) {
      const known = wanted === 'dynamic' ? address : (prefix?.address ?? null);
      asked.push(
        prefix && known !== null
          ? request(known, prefix.length, true)
          : request(UNSPECIFIED4, prefixLength, true),
      );
    }
    this.#asked = asked;
    return asked;
  }

  /** Of an acknowledgement that accepts. `again`: another Binding Update is to ask for less, at once. */
  handleAck(options: readonly MobilityOption[]): Ipv4Bound & { readonly again: boolean } {
    if (this.#set.wanted === null) return { ...NOTHING, again: false };
    const acks = findOptions(options, 'ipv4AddressAck');
    const was = this.#bound;
    let again = false;
    this.#bound = NOTHING;
    if (acks.length === 0) this.#refuse('unanswered', UNSPECIFIED4, 'no answer to it');
    for (const [i, asked] of this.#asked.entries()) {
      const ack = acks[i];
      if (!ack) continue;
      if (isRefusal(ack.status)) again = this.#handleRefusal(asked, ack) || again;
      else this.#handleGrant(asked, ack);
    }
    this.#tellGranted(was);
    return { ...this.#bound, again };
  }

  /** At home, or told to stop: nothing is bound. What was given is asked for by name the next time. */
  unbound(): void {
    this.#bound = NOTHING;
    this.#confirmed = false;
    this.#prefixRefused = false;
    this.#refused = null;
  }

  /** The binding ran out; the address may still be kept for us. */
  lapsed(): void {
    this.#bound = NOTHING;
  }

  pollEffect(): EventEffect | StoreEffect | undefined {
    return this.#effects.shift();
  }

  #handleGrant(asked: OptionOf<'ipv4HomeAddress'>, ack: OptionOf<'ipv4AddressAck'>): void {
    const { address, prefixLength } = ack;
    if (asked.prefixRequested && prefixLength > 0 && prefixLength <= LONGEST_PREFIX) {
      const prefix = prefixOf(address, prefixLength);
      const own = address === prefix.address ? nextTo(address) : address;
      if (!isRoutableUnicast(own)) return this.#refuse(ack.status, address, 'not usable');
      this.#bound = { address: this.isDynamic ? own : this.#bound.address, prefix };
      if (this.isDynamic) this.#refused = null;
    } else if (this.isDynamic ? isRoutableUnicast(address) : address === this.#held.address) {
      this.#bound = { address, prefix: this.#bound.prefix };
      this.#refused = null;
    } else this.#refuse(ack.status, address, 'not the address asked for');
  }

  /** Returns whether less is to be asked for at once. */
  #handleRefusal(
    asked: OptionOf<'ipv4HomeAddress'>,
    { status }: OptionOf<'ipv4AddressAck'>,
  ): boolean {
    if (asked.address !== UNSPECIFIED4 && (this.isDynamic || asked.prefixRequested)) {
      // It is not ours any more: any is asked for.
      this.#hold(this.isDynamic ? NOTHING : { ...this.#held, prefix: null });
      return true;
    }
    const meaning = ipv4AckStatus(status)?.name ?? null;
    if (asked.prefixRequested) {
      this.#prefixRefused = true;
      const { prefixLength } = asked;
      this.#tell('IPV4_PREFIX_REFUSED', { prefixLength, status, meaning });
      return this.isDynamic;
    }
    this.#refuse(status, asked.address, meaning);
    return false;
  }

  #refuse(status: number | 'unanswered', address: Ipv4, meaning: string | null): void {
    if (this.isDynamic) this.#confirmed = false;
    if (this.#refused === status) return;
    this.#refused = status;
    const named = this.isDynamic ? address : this.#held.address;
    const said = status === 'unanswered' ? null : status;
    this.#tell('IPV4_HOME_REFUSED', { address: named, status: said, meaning });
  }

  #tellGranted(was: Ipv4Bound): void {
    const { address, prefix } = this.#bound;
    const { isDynamic } = this;
    if (address !== null && address !== was.address) {
      const before = this.#held.address;
      this.#tell('IPV4_HOME_ACCEPTED', { address, dynamic: isDynamic });
      if (isDynamic && before !== null && before !== address) {
        this.#tell('IPV4_HOME_CHANGED', { address, was: before });
      }
    }
    if (prefix && !(was.prefix && samePrefix(prefix, was.prefix))) {
      this.#tell('IPV4_PREFIX_ACCEPTED', { prefix: `${prefix.address}/${prefix.length}` });
    }
    if (address !== null || prefix) {
      this.#confirmed = true;
      this.#hold({ address: address ?? this.#held.address, prefix });
    }
  }

  #hold(held: Ipv4Bound): void {
    const before = textOf(this.#held);
    this.#held = held;
    const value = textOf(held);
    if (value === before || !(this.isDynamic || this.#set.prefixLength !== null)) return;
    const key = ipv4HomeKey(this.#set.homeAddress);
    this.#effects.push({ kind: 'store', key, value: value === '' ? undefined : value });
  }

  #tell(code: EventCode, fields: MipEvent['fields']): void {
    const { homeAddress, peer } = this.#set;
    this.#effects.push({ kind: 'event', event: event(code, { homeAddress, peer, ...fields }) });
  }
}

export const ipv4HomeKey = (homeAddress: Ipv6): string => `ipv4 home ${homeAddress}`;

const request = (
  address: Ipv4,
  prefixLength: number,
  prefixRequested: boolean,
): OptionOf<'ipv4HomeAddress'> => ({
  kind: 'ipv4HomeAddress',
  prefixLength,
  prefixRequested,
  address,
});

/** `192.0.2.7`, `198.51.100.16/28`, or both with a space between. */
const textOf = ({ address, prefix }: Ipv4Bound): string =>
  [address, prefix && `${prefix.address}/${prefix.length}`].filter(Boolean).join(' ');

function readKept(text: string): Ipv4Bound {
  let held = NOTHING;
  for (const word of text.split(' ')) {
    const [network = '', length] = word.split('/');
    const address = parseIpv4(network);
    if (address === undefined || !isRoutableUnicast(address)) continue;
    if (length === undefined) held = { ...held, address };
    else if (/^\d{1,2}$/.test(length) && Number(length) <= LONGEST_PREFIX && Number(length) > 0) {
      held = { ...held, prefix: prefixOf(address, Number(length)) };
    }
  }
  return held;
}

/** The address of the network itself is no host's. */
const nextTo = (network: Ipv4): Ipv4 => ipv4FromNumber(ipv4ToNumber(network) + 1);

const NOTHING: Ipv4Bound = { address: null, prefix: null };
const LONGEST_PREFIX = 30; // a network of two hosts
