/**
 * What home addresses were given of the pools: theirs while they are bound and for a while after, so that a mobile
 * node that comes back finds the IPv4 home address it had. When a pool is used up, the one longest gone gives way.
 *
 *   (none) ─hold→ bound ─let go→ waiting ─hold→ bound
 *                                waiting ─time, or somebody in need→ (none)
 *
 * Spec: RFC 5555 §4.5 ("the home agent MUST store that address"). How long is ours.
 */
import {
  parseIpv4,
  parseIpv6,
  prefixOf,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import type { EventEffect, StoreEffect } from '../effect.js';
import { event, type EventCode } from '../event.js';
import type { Deadline, Machine } from '../machine.js';
import { PrefixSpace } from './prefix-space.js';

export interface Reservation {
  readonly address: Ipv4 | null;
  readonly prefix: Prefix<Ipv4> | null;
}

export interface ReservationOptions {
  readonly ipv4Pool: readonly Prefix<Ipv4>[];
  readonly ipv4PrefixPool: readonly Prefix<Ipv4>[];
  /** Seconds that a reservation outlives its binding. */
  readonly ipv4Hold: number;
}

export type ReservationWhy = 'free an IPv4 home address';

export class Ipv4Reservations implements Machine<EventEffect | StoreEffect, ReservationWhy> {
  readonly #addresses: PrefixSpace;
  readonly #prefixes: PrefixSpace;
  readonly #hold: number;
  readonly #held = new Map<Ipv6, Reservation>();
  /** The longest gone first. */
  readonly #waiting = new Map<Ipv6, Instant>();
  readonly #effects: (EventEffect | StoreEffect)[] = [];

  /** `mayGive`: nobody else has this address, and it can be a host's. */
  constructor(options: ReservationOptions, mayGive: (address: Ipv4) => boolean) {
    this.#addresses = new PrefixSpace(options.ipv4Pool, (p) => mayGive(p.address));
    this.#prefixes = new PrefixSpace(options.ipv4PrefixPool, () => true);
    this.#hold = options.ipv4Hold;
  }

  get(homeAddress: Ipv6): Reservation | undefined {
    return this.#held.get(homeAddress);
  }

  /** It may be given to `homeAddress`: free, or its own already. */
  isOpenTo(homeAddress: Ipv6, address: Ipv4): boolean {
    return (
      this.#held.get(homeAddress)?.address === address || this.#addresses.isFree(host(address))
    );
  }

  isPrefixOpenTo(homeAddress: Ipv6, prefix: Prefix<Ipv4>): boolean {
    const own = this.#held.get(homeAddress)?.prefix;
    const isOwn = own?.address === prefix.address && own.length === prefix.length;
    return isOwn || this.#prefixes.isFree(prefix);
  }

  /** Of the pool, whoever has it. */
  isPooled(address: Ipv4): boolean {
    return this.#addresses.holds(host(address));
  }

  get givesPrefixes(): boolean {
    return !this.#prefixes.isEmpty;
  }

  /** A free address; if need be, of the one longest gone. */
  findAddress(): Ipv4 | undefined {
    const found = this.#addresses.find(32);
    if (found) return found.address;
    for (const homeAddress of this.#waiting.keys()) {
      const { address } = this.#held.get(homeAddress)!;
      if (address === null) continue;
      this.#forget(homeAddress, 'needed for another');
      return address;
    }
    return undefined;
  }

  /** A free prefix of this length, or of the next longer one that there is, up to 30. */
  findPrefix(length: number): Prefix<Ipv4> | undefined {
    for (let l = length; l <= LONGEST_PREFIX; l++) {
      const found = this.#prefixes.find(l);
      if (found) return found;
    }
    for (const homeAddress of this.#waiting.keys()) {
      const { prefix } = this.#held.get(homeAddress)!;
      if (prefix === null || prefix.length > length) continue;
      this.#forget(homeAddress, 'needed for another');
      return prefixOf(prefix.address, length);
    }
    return undefined;
  }

  /** Bound now. What of it is of no pool is not noted; of what was given before, the rest is free. */
  hold(homeAddress: Ipv6, { address, prefix }: Reservation, now: Instant): void {
    const was = this.#held.get(homeAddress);
    const next: Reservation = {
      address: address !== null && this.isPooled(address) ? address : null,
      prefix: prefix !== null && this.#prefixes.holds(prefix) ? prefix : null,
    };
    if (next.address === null && next.prefix === null) return this.letGo(homeAddress, now);
    this.#waiting.delete(homeAddress);
    if (was && textOf(was) === textOf(next)) return;
    if (was) this.#release(was);
    this.#take(next);
    this.#held.set(homeAddress, next);
    this.#effects.push({ kind: 'store', key: keyOf(homeAddress), value: textOf(next) });
    this.#tell('HA_IPV4_GIVEN', homeAddress, next);
  }

  /** Not bound any more, or not with any of it. */
  letGo(homeAddress: Ipv6, now: Instant): void {
    if (!this.#held.has(homeAddress) || this.#waiting.has(homeAddress)) return;
    if (this.#waiting.size >= MAX_WAITING) {
      this.#forget(this.#waiting.keys().next().value!, 'too many wait');
    }
    this.#waiting.set(homeAddress, after(now, seconds(this.#hold)));
  }

  /** Of an earlier run: time did not go on, so it waits anew until it is bound. False when it cannot be. */
  restore(key: string, value: string, now: Instant): boolean {
    const homeAddress = parseIpv6(key.slice(RESERVATION_PREFIX.length));
    const kept = readText(value);
    if (!homeAddress || !kept || this.#held.has(homeAddress)) return false;
    const { address, prefix } = kept;
    if (address !== null && !this.#addresses.isFree(host(address))) return false;
    if (prefix !== null && !this.#prefixes.isFree(prefix)) return false;
    this.#take(kept);
    this.#held.set(homeAddress, kept);
    this.letGo(homeAddress, now);
    return true;
  }

  handleTimeout(now: Instant): void {
    for (const [homeAddress, until] of this.#waiting) {
      if (until > now) return;
      this.#forget(homeAddress, 'not asked for any more');
    }
  }

  pollTimeout(): Deadline<ReservationWhy> | undefined {
    const first = this.#waiting.values().next().value;
    return first === undefined ? undefined : { at: first, why: 'free an IPv4 home address' };
  }

  pollEffect(): EventEffect | StoreEffect | undefined {
    return this.#effects.shift();
  }

  #take({ address, prefix }: Reservation): void {
    if (address !== null) this.#addresses.take(host(address));
    if (prefix !== null) this.#prefixes.take(prefix);
  }

  #release({ address, prefix }: Reservation): void {
    if (address !== null) this.#addresses.release(host(address));
    if (prefix !== null) this.#prefixes.release(prefix);
  }

  #forget(homeAddress: Ipv6, reason: string): void {
    const was = this.#held.get(homeAddress)!;
    this.#held.delete(homeAddress);
    this.#waiting.delete(homeAddress);
    this.#release(was);
    this.#effects.push({ kind: 'store', key: keyOf(homeAddress), value: undefined });
    this.#tell('HA_IPV4_FREED', homeAddress, was, reason);
  }

  #tell(code: EventCode, homeAddress: Ipv6, { address, prefix }: Reservation, reason = ''): void {
    const given = [address, prefix && `${prefix.address}/${prefix.length}`];
    const fields = { homeAddress, address: given.filter(Boolean).join(' and '), reason };
    this.#effects.push({ kind: 'event', event: event(code, fields) });
  }
}

export const RESERVATION_PREFIX = 'home4 ';
const keyOf = (homeAddress: Ipv6): string => `${RESERVATION_PREFIX}${homeAddress}`;

const host = (address: Ipv4): Prefix<Ipv4> => ({ address, length: 32 });

/** `192.0.2.7`, `198.51.100.16/28`, or both with a space between. */
function textOf({ address, prefix }: Reservation): string {
  return [address, prefix && `${prefix.address}/${prefix.length}`].filter(Boolean).join(' ');
}

function readText(text: string): Reservation | undefined {
  let [address, prefix]: [Ipv4 | null, Prefix<Ipv4> | null] = [null, null];
  for (const word of text.split(' ')) {
    const [network, length] = word.split('/');
    const parsed = parseIpv4(network!);
    if (parsed === undefined) return undefined;
    if (length === undefined) address = parsed;
    else if (/^\d{1,2}$/.test(length) && Number(length) <= 32) {
      prefix = prefixOf(parsed, Number(length));
    } else return undefined;
  }
  return { address, prefix };
}

/** Ours: reservations without a binding. */
const MAX_WAITING = 100_000;
/** Ours: a network of two hosts. */
const LONGEST_PREFIX = 30;
