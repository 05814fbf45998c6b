/**
 * What each visited network did with Binding Updates over its IPv6 or its IPv4, so that the family that worked there
 * is taken first when the node comes back.
 *
 * Spec: RFC 5555 §4.4.1: the family is not changed upon movement, unless the node is aware that it is in another
 * domain, where the problem may not be present. Ours: a network is known by its router; what is known is forgotten
 * after a while, since networks are repaired.
 *
 * In the store: `family <network>` and a JSON value. Its time is an instant of the world's clock; under another clock
 * (`CLOCK_KEY`) nobody knows how old it is, and its time begins anew.
 */
import {
  formatPrefix,
  type Ipv4,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { after, instant, seconds, type Instant, type Millis } from '../../base/time.js';
import type { StoreEffect } from '../effect.js';
import { CLOCK_KEY } from '../role.js';

/** One family of one network. */
export type NetworkKey = string;

export const network6 = (router: MacAddress, prefix: Prefix<Ipv6>): NetworkKey =>
  `6 ${router} ${formatPrefix(prefix)}`;
/** `mac` of who sent the lease's frames: the router of most networks, or its relay. */
export const network4 = (mac: MacAddress, router: Ipv4): NetworkKey => `4 ${mac} ${router}`;

export interface Remembered {
  /** Binding Updates had an answer; false: not, while the other family's had. */
  readonly answered: boolean;
  /** IPv4: data came through only in UDP, so F is set. */
  readonly forceUdp: boolean;
}

export class FamilyMemory {
  /** Least recently learned first. */
  readonly #networks = new Map<NetworkKey, Remembered & { readonly until: Instant }>();
  readonly #clock: string | undefined;
  readonly #span: Millis;

  /** `span` in seconds; 0: nothing is kept. */
  constructor(kept: ReadonlyMap<string, string>, span: number, now: Instant) {
    this.#clock = kept.get(CLOCK_KEY);
    this.#span = seconds(span);
    if (span === 0) return;
    for (const [key, value] of kept) {
      if (!key.startsWith(KEY) || this.#networks.size >= MAX_FAMILIES) continue;
      const record = readRecord(value);
      if (!record) continue; // no version of ours has written it
      const { clock, until, ...what } = record;
      const known = clock !== undefined && clock === this.#clock;
      const end = after(now, this.#span);
      this.#networks.set(key.slice(KEY.length), {
        ...what,
        until: known && until < end ? until : end,
      });
    }
  }

  recall(network: NetworkKey | null): Remembered | undefined {
    return network === null ? undefined : this.#networks.get(network);
  }

  /** When it is forgotten. */
  until(network: NetworkKey | null): Instant | undefined {
    return network === null ? undefined : this.#networks.get(network)?.until;
  }

  /** Said again before half of its time is over, it costs nothing. */
  learn(network: NetworkKey | null, what: Partial<Remembered>, now: Instant): StoreEffect[] {
    if (network === null || this.#span === 0) return [];
    const was = this.#networks.get(network);
    const is = { ...(was ?? NOTHING), ...what };
    const same = was && was.answered === is.answered && was.forceUdp === is.forceUdp;
    // That IPv6 failed is not said again by every later answer over IPv4: it ends, and IPv6 is tried.
    if (same && (!is.answered || after(now, this.#span / 2) < was.until)) return [];
    const effects = this.#remove(network);
    if (this.#networks.size >= MAX_FAMILIES) {
      const [oldest] = this.#networks.keys();
      effects.push(...this.#remove(oldest!));
    }
    const record = { ...is, until: after(now, this.#span) };
    this.#networks.set(network, record);
    const value = JSON.stringify({ ...record, clock: this.#clock });
    effects.push({ kind: 'store', key: `${KEY}${network}`, value });
    return effects;
  }

  forgetExpired(now: Instant): StoreEffect[] {
    const over = [...this.#networks].filter(([, { until }]) => until <= now);
    return over.flatMap(([network]) => this.#remove(network));
  }

  nextExpiry(): Instant | undefined {
    let next: Instant | undefined;
    for (const { until } of this.#networks.values()) {
      if (next === undefined || until < next) next = until;
    }
    return next;
  }

  #remove(network: NetworkKey): StoreEffect[] {
    if (!this.#networks.delete(network)) return [];
    return [{ kind: 'store', key: `${KEY}${network}`, value: undefined }];
  }
}

function readRecord(
  text: string,
): (Remembered & { until: Instant; clock: string | undefined }) | undefined {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return undefined; // a store that was cut short
  }
  if (typeof value !== 'object' || value === null) return undefined;
  const { answered, forceUdp, until, clock } = value as Record<string, unknown>;
  if (typeof answered !== 'boolean' || typeof forceUdp !== 'boolean') return undefined;
  if (typeof until !== 'number' || !Number.isFinite(until) || until < 0) return undefined;
  const name = typeof clock === 'string' ? clock : undefined;
  return { answered, forceUdp, until: instant(until), clock: name };
}

const NOTHING: Remembered = { answered: true, forceUdp: false };
const KEY = 'family ';
/** Ours: two families of the networks that one carries from place to place. */
export const MAX_FAMILIES = 64;
