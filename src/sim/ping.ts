/** `ping` in virtual time: sends every `interval`, remembers when each request left and when its answer came. */
import type { IpAddress } from '../base/address.js';
import type { Instant, Millis } from '../base/time.js';
import type { Scheduled } from './clock.js';
import type { Host } from './host.js';
import { put32, u32 } from './octets.js';

export interface PingOptions {
  /** Undefined: as the host's routing chooses, each time. */
  readonly source?: IpAddress;
  readonly destination: IpAddress;
  readonly interval: Millis;
  /** Octets of data, at least 4. */
  readonly size?: number;
}

export interface PingSummary {
  readonly sent: number;
  readonly received: number;
  readonly duplicates: number;
  /** Round trips of the answered, ms. */
  readonly minimum: Millis;
  readonly median: Millis;
  readonly maximum: Millis;
}

/** Requests without an answer, in a row. */
export interface Outage {
  readonly from: Instant;
  /** When the next answered request left; undefined: to the end. */
  readonly to: Instant | undefined;
  readonly lost: number;
}

export class Ping {
  readonly options: PingOptions;
  /** By sequence, from 0. */
  readonly sentAt: Instant[] = [];
  /** By sequence; a hole where no answer has come. */
  readonly answeredAt: (Instant | undefined)[] = [];
  duplicates = 0;

  readonly #host: Host;
  readonly #identifier: number;
  readonly #data: Uint8Array;
  #next: Scheduled | undefined;
  #close: (() => void) | undefined;

  /** `identifier` is 16 bits, and the only one of its number on the host. */
  constructor(host: Host, identifier: number, options: PingOptions) {
    this.options = options;
    this.#host = host;
    this.#identifier = identifier;
    this.#data = new Uint8Array(Math.max(4, options.size ?? DEFAULT_SIZE));
  }

  start(): void {
    if (this.#close) return;
    this.#close = this.#host.onEcho(this.#identifier, ({ data }) => {
      if (data.length >= 4) this.#answered(u32(data, 0));
    });
    this.#send();
  }

  /** Answers on their way are still counted until `close`. */
  stop(): void {
    if (this.#next) this.#host.clock.cancel(this.#next);
    this.#next = undefined;
  }

  close(): void {
    this.stop();
    this.#close?.();
    this.#close = undefined;
  }

  get summary(): PingSummary {
    const trips = this.roundTrips.sort((a, b) => a - b);
    return {
      sent: this.sentAt.length,
      received: trips.length,
      duplicates: this.duplicates,
      minimum: trips[0] ?? 0,
      median: trips[trips.length >> 1] ?? 0,
      maximum: trips.at(-1) ?? 0,
    };
  }

  get roundTrips(): Millis[] {
    const out: Millis[] = [];
    for (let i = 0; i < this.sentAt.length; i++) {
      const answered = this.answeredAt[i];
      if (answered !== undefined) out.push(answered - this.sentAt[i]!);
    }
    return out;
  }

  /** Runs of at least `least` requests without an answer. */
  outages(least = 1): Outage[] {
    const out: Outage[] = [];
    for (let i = 0; i < this.sentAt.length;) {
      if (this.answeredAt[i] !== undefined) {
        i++;
        continue;
      }
      const first = i;
      while (i < this.sentAt.length && this.answeredAt[i] === undefined) i++;
      if (i - first >= least) {
        out.push({ from: this.sentAt[first]!, to: this.sentAt[i], lost: i - first });
      }
    }
    return out;
  }

  /** Of the requests that left in [from, to). */
  counted(from: Instant, to: Instant): { readonly sent: number; readonly received: number } {
    let sent = 0;
    let received = 0;
    for (let i = 0; i < this.sentAt.length; i++) {
      if (this.sentAt[i]! < from || this.sentAt[i]! >= to) continue;
      sent++;
      if (this.answeredAt[i] !== undefined) received++;
    }
    return { sent, received };
  }

  #send(): void {
    const n = this.sentAt.length;
    if (n >= MAX_REQUESTS) return;
    this.sentAt.push(this.#host.clock.now());
    put32(this.#data, 0, n);
    const { source, destination, interval } = this.options;
    this.#host.sendEcho(source, destination, this.#identifier, n & 0xffff, this.#data);
    this.#next = this.#host.clock.delay(interval, () => this.#send());
  }

  #answered(n: number): void {
    if (n >= this.sentAt.length) return;
    if (this.answeredAt[n] !== undefined) this.duplicates++;
    else this.answeredAt[n] = this.#host.clock.now();
  }
}

const DEFAULT_SIZE = 56; // as ping(8)
const MAX_REQUESTS = 10_000_000; // ours
