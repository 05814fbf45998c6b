/**
 * Many deadlines of one kind, each with its key: the earliest is read in constant time, setting and removing
 * one costs O(log n). An indexed binary heap, exact to the instant, which slots of a timing wheel are not.
 */
import type { Instant } from '../../base/time.js';

export class Deadlines<Key> {
  readonly #heap: Item<Key>[] = [];
  readonly #items = new Map<Key, Item<Key>>();
  #orders = 0;

  get size(): number {
    return this.#heap.length;
  }

  /** Arms or moves the key's deadline. */
  set(key: Key, at: Instant): void {
    const order = this.#orders++;
    const known = this.#items.get(key);
    if (known) {
      known.at = at;
      known.order = order;
      this.#settle(known);
      return;
    }
    const item = { key, at, order, slot: this.#heap.length };
    this.#items.set(key, item);
    this.#heap.push(item);
    this.#rise(item);
  }

  delete(key: Key): boolean {
    const item = this.#items.get(key);
    if (!item) return false;
    this.#remove(item);
    return true;
  }

  at(key: Key): Instant | undefined {
    return this.#items.get(key)?.at;
  }

  next(): Instant | undefined {
    return this.#heap[0]?.at;
  }

  /** Disarms and names the earliest at or before `now`; of equals the one set first. */
  takeDue(now: Instant): Key | undefined {
    const first = this.#heap[0];
    if (!first || first.at > now) return undefined;
    this.#remove(first);
    return first.key;
  }

  clear(): void {
    this.#heap.length = 0;
    this.#items.clear();
  }

  #remove(item: Item<Key>): void {
    this.#items.delete(item.key);
    const last = this.#heap.pop()!;
    if (last === item) return;
    last.slot = item.slot;
    this.#heap[last.slot] = last;
    this.#settle(last);
  }

  #settle(item: Item<Key>): void {
    this.#rise(item);
    this.#sink(item);
  }

  #rise(item: Item<Key>): void {
    while (item.slot > 0) {
      const parent = this.#heap[(item.slot - 1) >> 1]!;
      if (!before(item, parent)) return;
      this.#swap(item, parent);
    }
  }

  #sink(item: Item<Key>): void {
    for (;;) {
      const left = this.#heap[2 * item.slot + 1];
      const right = this.#heap[2 * item.slot + 2];
      const child = left && right && before(right, left) ? right : left;
      if (!child || !before(child, item)) return;
      this.#swap(child, item);
    }
  }

  #swap(a: Item<Key>, b: Item<Key>): void {
    const slot = a.slot;
    a.slot = b.slot;
    b.slot = slot;
    this.#heap[a.slot] = a;
    this.#heap[b.slot] = b;
  }
}

interface Item<Key> {
  readonly key: Key;
  at: Instant;
  /** Later calls of `set` have higher ones. */
  order: number;
  slot: number;
}

const before = <K>(a: Item<K>, b: Item<K>): boolean =>
  a.at < b.at || (a.at === b.at && a.order < b.order);
