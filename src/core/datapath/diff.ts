/** From what is in force to what is wanted, in an order that never leaves a route without its device or source. */
import { keyOf, type DatapathChange, type DatapathItem, type DatapathState } from './model.js';

export type DatapathOperation =
  | { readonly op: 'add'; readonly item: DatapathItem }
  | { readonly op: 'replace'; readonly item: DatapathItem; readonly was: DatapathItem }
  | { readonly op: 'remove'; readonly item: DatapathItem };

/**
 * Additions and changes first, lower layers before what stands on them; then removals, the other way round.
 * So a handover never has a moment with neither the old path nor the new one.
 * Items that are the same object (`===`) are not compared further.
 */
export function diff(have: DatapathState, want: DatapathState): DatapathOperation[] {
  if (have === want) return [];
  const had = new Map(have.items.map((item) => [keyOf(item), item]));
  const make: DatapathOperation[] = [];
  for (const item of want.items) {
    const key = keyOf(item);
    const was = had.get(key);
    had.delete(key);
    if (!was) make.push({ op: 'add', item });
    else if (!sameItem(was, item)) make.push({ op: 'replace', item, was });
  }
  const drop: DatapathOperation[] = [...had.values()].map((item) => ({ op: 'remove', item }));
  return inOrder(make, drop);
}

/** What `diff` would find, from what is said to have changed. `have` is what is in force, by key. */
export function diffOfChange(
  have: ReadonlyMap<string, DatapathItem>,
  change: DatapathChange,
): DatapathOperation[] {
  const make: DatapathOperation[] = [];
  const put = new Set<string>();
  for (const item of change.put) {
    const key = keyOf(item);
    put.add(key);
    const was = have.get(key);
    if (!was) make.push({ op: 'add', item });
    else if (!sameItem(was, item)) make.push({ op: 'replace', item, was });
  }
  const drop: DatapathOperation[] = [];
  for (const { key, item } of change.drop.map((i) => ({ key: keyOf(i), item: i }))) {
    if (!put.has(key) && have.has(key)) drop.push({ op: 'remove', item });
  }
  return inOrder(make, drop);
}

function inOrder(make: DatapathOperation[], drop: DatapathOperation[]): DatapathOperation[] {
  make.sort((a, b) => ORDER[a.item.kind] - ORDER[b.item.kind]);
  drop.sort((a, b) => ORDER[b.item.kind] - ORDER[a.item.kind]);
  return [...make, ...drop];
}

/** Equal in every field; key order does not matter. */
export function sameItem(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  const left = a as Record<string, unknown>;
  const right = b as Record<string, unknown>;
  const names = new Set([...Object.keys(left), ...Object.keys(right)]);
  for (const name of names) if (!sameItem(left[name], right[name])) return false;
  return true;
}

/** One line a change, as `ip` would say it: `+ address …`, `~ tunnel …`, `- rule …`. */
export function formatOperation(operation: DatapathOperation): string {
  const sign = { add: '+', replace: '~', remove: '-' }[operation.op];
  return `${sign} ${keyOf(operation.item)}`;
}

/** Signalling is let through first; a route needs its address, a rule its table's routes, a tunnel its local address. */
const ORDER: Record<DatapathItem['kind'], number> = {
  signalling: 0,
  address: 1,
  anycast: 1,
  tunnel: 2,
  route: 3,
  rule: 4,
  homeAddress: 5,
};
