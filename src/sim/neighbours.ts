/**
 * Link-layer addresses of neighbours and the packets that wait for them, ARP and Neighbour Discovery alike.
 *
 * Spec: RFC 4861 §7.2 (resolution), §7.3 (unreachability detection); RFC 826.
 *
 *   incomplete ─answer→ reachable ─30 s→ stale ─use→ delay ─5 s→ probe ─answer→ reachable
 *   incomplete, probe ─3 unanswered→ gone
 */
import type { IpAddress, MacAddress } from '../base/address.js';
import { after, type Instant, type Millis } from '../base/time.js';
import type { Scheduled, SimClock } from './clock.js';

export type NeighbourState = 'incomplete' | 'reachable' | 'stale' | 'delay' | 'probe';

export interface NeighbourCalls {
  /** Puts a packet on the link. */
  transmit(to: MacAddress, packet: Uint8Array): void;
  /** Asks for `address`: all who may have it, or `to` alone. `waiting` is the packet that wants to go there. */
  solicit(address: IpAddress, to: MacAddress | undefined, waiting: Uint8Array | undefined): void;
  /** Nobody answered for `address`; these packets are lost. */
  unreachable(address: IpAddress, packets: readonly Uint8Array[]): void;
}

export class Neighbours {
  readonly #clock: SimClock;
  readonly #calls: NeighbourCalls;
  readonly #entries = new Map<IpAddress, Entry>();

  constructor(clock: SimClock, calls: NeighbourCalls) {
    this.#clock = clock;
    this.#calls = calls;
  }

  /** Sends at once where the neighbour is known, else asks and keeps the packet for the answer. */
  send(to: IpAddress, packet: Uint8Array): void {
    const entry = this.#entries.get(to) ?? this.#create(to);
    if (!entry.mac) {
      // RFC 4861 §7.2.2: the newest packets replace the oldest.
      if (entry.waiting.length >= MAX_WAITING) entry.waiting.shift();
      entry.waiting.push(packet);
      if (!entry.timer) this.#ask(to, entry);
      return;
    }
    if (this.#stateOf(entry) === 'stale') {
      entry.state = 'delay';
      entry.timer = this.#clock.delay(DELAY_FIRST_PROBE_TIME, () => this.#probe(to, entry));
    }
    this.#calls.transmit(entry.mac, packet);
  }

  /** The sender of a solicitation or ARP request: RFC 4861 §7.2.3. Makes an entry where there is none. */
  learn(address: IpAddress, mac: MacAddress): void {
    const entry = this.#entries.get(address) ?? this.#create(address);
    if (entry.mac === mac) return;
    this.#set(address, entry, mac, 'stale');
  }

  /** An advertisement or ARP reply: RFC 4861 §7.2.5. Without an entry it means nothing to us. */
  advertised(
    address: IpAddress,
    mac: MacAddress | undefined,
    flags: { readonly solicited: boolean; readonly override: boolean },
  ): void {
    const entry = this.#entries.get(address);
    if (!entry) return;
    if (!entry.mac) {
      if (mac) this.#set(address, entry, mac, flags.solicited ? 'reachable' : 'stale');
      return;
    }
    const same = mac === undefined || mac === entry.mac;
    if (!same && !flags.override) {
      if (this.#stateOf(entry) === 'reachable') entry.state = 'stale';
      return;
    }
    if (flags.solicited) this.#set(address, entry, mac ?? entry.mac, 'reachable');
    else if (!same) this.#set(address, entry, mac, 'stale');
  }

  state(address: IpAddress): { state: NeighbourState; mac: MacAddress | undefined } | undefined {
    const entry = this.#entries.get(address);
    return entry && { state: this.#stateOf(entry), mac: entry.mac };
  }

  /** Carrier went: what was known of this link is worth nothing. Waiting packets are lost. */
  flush(): void {
    for (const entry of this.#entries.values()) if (entry.timer) this.#clock.cancel(entry.timer);
    this.#entries.clear();
  }

  #create(address: IpAddress): Entry {
    if (this.#entries.size >= MAX_NEIGHBOURS) this.#evict();
    const entry: Entry = {
      state: 'incomplete',
      mac: undefined,
      confirmed: this.#clock.now(),
      tries: 0,
      timer: undefined,
      waiting: [],
    };
    this.#entries.set(address, entry);
    return entry;
  }

  #evict(): void {
    for (const [address, entry] of this.#entries) {
      this.#delete(address, entry);
      return;
    }
  }

  #delete(address: IpAddress, entry: Entry): void {
    if (entry.timer) this.#clock.cancel(entry.timer);
    this.#entries.delete(address);
  }

  /** Reachability runs out by itself; nobody needs a timer for it. */
  #stateOf(entry: Entry): NeighbourState {
    if (entry.state === 'reachable' && this.#clock.now() > after(entry.confirmed, REACHABLE_TIME)) {
      entry.state = 'stale';
    }
    return entry.state;
  }

  #set(address: IpAddress, entry: Entry, mac: MacAddress, state: 'reachable' | 'stale'): void {
    if (entry.timer) this.#clock.cancel(entry.timer);
    entry.timer = undefined;
    entry.mac = mac;
    entry.state = state;
    entry.confirmed = this.#clock.now();
    entry.tries = 0;
    for (const packet of entry.waiting.splice(0)) this.send(address, packet);
  }

  #ask(address: IpAddress, entry: Entry): void {
    if (entry.tries >= MAX_SOLICIT) {
      this.#delete(address, entry);
      this.#calls.unreachable(address, entry.waiting);
      return;
    }
    entry.tries++;
    entry.timer = this.#clock.delay(RETRANS_TIMER, () => this.#ask(address, entry));
    this.#calls.solicit(address, undefined, entry.waiting[0]);
  }

  #probe(address: IpAddress, entry: Entry): void {
    if (entry.tries >= MAX_SOLICIT) {
      this.#delete(address, entry);
      return;
    }
    entry.state = 'probe';
    entry.tries++;
    entry.timer = this.#clock.delay(RETRANS_TIMER, () => this.#probe(address, entry));
    this.#calls.solicit(address, entry.mac, undefined);
  }
}

interface Entry {
  state: NeighbourState;
  mac: MacAddress | undefined;
  confirmed: Instant;
  tries: number;
  timer: Scheduled | undefined;
  readonly waiting: Uint8Array[];
}

const REACHABLE_TIME: Millis = 30_000; // RFC 4861 §10
const RETRANS_TIMER: Millis = 1000; // RFC 4861 §10
const DELAY_FIRST_PROBE_TIME: Millis = 5000; // RFC 4861 §10
const MAX_SOLICIT = 3; // RFC 4861 §10: MAX_MULTICAST_SOLICIT and MAX_UNICAST_SOLICIT
const MAX_WAITING = 16; // ours: packets a neighbour
const MAX_NEIGHBOURS = 1024; // ours, as Linux gc_thresh3
