/**
 * IPv4 prefixes to hand out, none of them twice: free ones of any length within a few larger ones. An address is a
 * prefix of 32.
 */
import {
  ipv4FromNumber,
  ipv4ToNumber,
  prefixOf,
  type Ipv4,
  type Prefix,
} from '../../base/address.js';

export class PrefixSpace {
  readonly #pools: readonly Prefix<Ipv4>[];
  readonly #isUsable: (prefix: Prefix<Ipv4>) => boolean;
  readonly #taken = new Set<string>();
  /** How many taken ones each block has inside, itself included. */
  readonly #inside = new Map<string, number>();
  /** By length: below this number nothing is free. */
  readonly #from = new Map<number, number>();

  /** What `isUsable` once refused may be passed over until something near it is released. */
  constructor(pools: readonly Prefix<Ipv4>[], isUsable: (prefix: Prefix<Ipv4>) => boolean) {
    const aligned = pools.map((p) => prefixOf(p.address, p.length));
    this.#pools = aligned.sort((a, b) => ipv4ToNumber(a.address) - ipv4ToNumber(b.address));
    this.#isUsable = isUsable;
  }

  get size(): number {
    return this.#taken.size;
  }

  /** There is nothing to hand out, and never was. */
  get isEmpty(): boolean {
    return this.#pools.length === 0;
  }

  /** It lies within what may be handed out, taken or not. */
  holds(prefix: Prefix<Ipv4>): boolean {
    return this.#poolOf(prefix) !== undefined;
  }

  isFree(prefix: Prefix<Ipv4>): boolean {
    const pool = this.#poolOf(prefix);
    if (!pool || this.#inside.has(keyOf(prefix))) return false;
    for (const block of blocksAround(prefix, pool)) if (this.#taken.has(block)) return false;
    return this.#isUsable(prefix);
  }

  /** The lowest free one, looked for from where the last search ended. Undefined when there is none. */
  find(length: number): Prefix<Ipv4> | undefined {
    const from = this.#from.get(length) ?? 0;
    const step = 2 ** (32 - length);
    let searched = 0;
    for (const pool of this.#pools) {
      const first = ipv4ToNumber(pool.address);
      const end = length < pool.length ? first : first + 2 ** (32 - pool.length);
      for (let n = Math.max(first, from); n < end; n += step) {
        if (searched++ === MAX_SEARCH) {
          this.#from.set(length, n);
          return undefined;
        }
        const prefix = { address: ipv4FromNumber(n), length };
        if (this.isFree(prefix)) {
          this.#from.set(length, n);
          return prefix;
        }
      }
    }
    this.#from.set(length, 2 ** 32);
    return undefined;
  }

  /** It is free. */
  take(prefix: Prefix<Ipv4>): void {
    this.#taken.add(keyOf(prefix));
    this.#count(prefix, 1);
  }

  release(prefix: Prefix<Ipv4>): void {
    if (!this.#taken.delete(keyOf(prefix))) return;
    this.#count(prefix, -1);
    for (const [length, from] of this.#from) {
      const block = ipv4ToNumber(prefixOf(prefix.address, Math.min(length, prefix.length)).address);
      if (block < from) this.#from.set(length, block);
    }
  }

  #count(prefix: Prefix<Ipv4>, by: 1 | -1): void {
    const pool = this.#poolOf(prefix);
    if (!pool) return;
    for (const block of blocksAround(prefix, pool)) {
      const count = (this.#inside.get(block) ?? 0) + by;
      if (count > 0) this.#inside.set(block, count);
      else this.#inside.delete(block);
    }
  }

  #poolOf({ address, length }: Prefix<Ipv4>): Prefix<Ipv4> | undefined {
    return this.#pools.find(
      (pool) => pool.length <= length && prefixOf(address, pool.length).address === pool.address,
    );
  }
}

const keyOf = ({ address, length }: Prefix<Ipv4>): string => `${address}/${length}`;

/** The prefix and all that contain it, up to the pool. */
function* blocksAround(prefix: Prefix<Ipv4>, pool: Prefix<Ipv4>): Generator<string> {
  for (let length = prefix.length; length >= pool.length; length--) {
    yield keyOf(prefixOf(prefix.address, length));
  }
}

/** Ours: candidates that one search looks at; the next one goes on behind them. */
export const MAX_SEARCH = 65_536;
