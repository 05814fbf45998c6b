/** A broadcast Ethernet segment with the faults of real ones, drawn from a seed. */
import { after, instant, type Instant, type Millis } from '../base/time.js';
import type { SimClock } from './clock.js';
import type { SeededRandom } from './random.js';

export interface LinkFaults {
  /** One way. */
  readonly latency: Millis;
  /** Added on top of latency, uniform in [0, jitter); order is kept. */
  readonly jitter: Millis;
  /** Probabilities in [0, 1], drawn for each receiver. */
  readonly loss: number;
  readonly duplication: number;
  /** A frame drawn for it waits up to `reorderDelay` more, and later frames overtake it. */
  readonly reordering: number;
  readonly reorderDelay: Millis;
}

export const PERFECT_LINK: LinkFaults = {
  latency: 1,
  jitter: 0,
  loss: 0,
  duplication: 0,
  reordering: 0,
  reorderDelay: 0,
};

/** What sits at the end of a cable. */
export interface LinkPort {
  /** Would the card take this frame? It looks at the destination only. */
  accepts(frame: Uint8Array): boolean;
  receive(frame: Uint8Array): void;
  carrier(up: boolean): void;
}

/** Every frame as it is put on a link, before loss. `octets` start with the Ethernet header. */
export type LinkTap = (link: string, at: Instant, octets: Uint8Array) => void;

export interface LinkCounters {
  sent: number;
  delivered: number;
  lost: number;
  duplicated: number;
  reordered: number;
  /** Over `MAX_IN_FLIGHT`. */
  overflowed: number;
  /** Of a kind that is not carried. */
  refused: number;
}

export class SimLink {
  readonly name: string;
  faults: LinkFaults;
  tap: LinkTap | undefined;
  readonly counters: LinkCounters = {
    sent: 0,
    delivered: 0,
    lost: 0,
    duplicated: 0,
    reordered: 0,
    overflowed: 0,
    refused: 0,
  };

  readonly #clock: SimClock;
  readonly #random: SeededRandom;
  readonly #ends = new Map<LinkPort, End>();
  readonly #refused = new Set<number>();
  #up = true;
  #inFlight = 0;

  constructor(
    name: string,
    clock: SimClock,
    random: SeededRandom,
    faults: Partial<LinkFaults> = {},
  ) {
    this.name = name;
    this.#clock = clock;
    this.#random = random;
    this.faults = { ...PERFECT_LINK, ...faults };
  }

  get up(): boolean {
    return this.#up;
  }

  /** The segment goes down or comes up for everyone on it. */
  setCarrier(up: boolean): void {
    if (up === this.#up) return;
    this.#up = up;
    for (const port of [...this.#ends.keys()]) port.carrier(up);
  }

  /** Frames of this EtherType are lost from now on, though carrier stays; `passes`: no longer. */
  setCarried(etherType: number, passes: boolean): void {
    if (passes) this.#refused.delete(etherType);
    else this.#refused.add(etherType);
  }

  connect(port: LinkPort): void {
    if (this.#ends.has(port)) return;
    this.#ends.set(port, { lastArrival: instant(0), connected: true });
    if (this.#up) port.carrier(true);
  }

  /** Frames on their way to the port are lost. */
  disconnect(port: LinkPort): void {
    const end = this.#ends.get(port);
    if (!end) return;
    end.connected = false;
    this.#ends.delete(port);
    if (this.#up) port.carrier(false);
  }

  /** `frame` is shared by all receivers and must not change after. */
  transmit(from: LinkPort, frame: Uint8Array): void {
    if (!this.#up || !this.#ends.has(from)) return;
    this.counters.sent++;
    this.tap?.(this.name, this.#clock.now(), frame);
    if (this.#refused.size > 0 && this.#refused.has((frame[12]! << 8) | frame[13]!)) {
      this.counters.refused++;
      return;
    }
    for (const [port, end] of this.#ends) {
      if (port === from || !port.accepts(frame)) continue;
      if (this.#random.chance(this.faults.loss)) {
        this.counters.lost++;
        continue;
      }
      this.#carry(port, end, frame);
      if (this.#random.chance(this.faults.duplication)) {
        this.counters.duplicated++;
        this.#carry(port, end, frame);
      }
    }
  }

  #carry(port: LinkPort, end: End, frame: Uint8Array): void {
    if (this.#inFlight >= MAX_IN_FLIGHT) {
      this.counters.overflowed++;
      return;
    }
    const { latency, jitter, reordering, reorderDelay } = this.faults;
    const now = this.#clock.now();
    let arrival = after(now, jitter > 0 ? latency + jitter * this.#random.fraction() : latency);
    if (arrival < end.lastArrival) arrival = end.lastArrival;
    if (this.#random.chance(reordering)) {
      this.counters.reordered++;
      arrival = after(arrival, reorderDelay * this.#random.fraction());
    } else end.lastArrival = arrival;
    this.#inFlight++;
    this.#clock.schedule(arrival, () => {
      this.#inFlight--;
      if (!end.connected || !this.#up) return;
      this.counters.delivered++;
      port.receive(frame);
    });
  }
}

interface End {
  lastArrival: Instant;
  connected: boolean;
}

const MAX_IN_FLIGHT = 65_536;
