import fc from 'fast-check';
import { expect, it } from 'vitest';
import { prefix } from '../../../src/base/address.js';
import { DerivedState } from '../../../src/core/datapath/derived-state.js';
import { diff, diffOfChange, formatOperation } from '../../../src/core/datapath/diff.js';
import { keyOf, type DatapathItem, type DatapathState } from '../../../src/core/datapath/model.js';

it('is what the changes make of the first one, however they are read, and what came before stays as it was', () => {
  const moves = fc.array(fc.record({ n: fc.nat(9), drop: fc.boolean(), read: fc.boolean() }), {
    maxLength: 60,
  });
  fc.assert(
    fc.property(moves, (steps) => {
      let state: DatapathState = { items: [] };
      const model = new Map<string, DatapathItem>();
      const seen: { state: DatapathState; keys: string[] }[] = [];
      for (const { n, drop, read } of steps) {
        const item = rule(n);
        const old = model.get(keyOf(item));
        if (drop && !old) continue;
        if (drop) model.delete(keyOf(item));
        else model.set(keyOf(item), item);
        state = new DerivedState(state, drop ? [] : [item], old ? [old] : []);
        if (read) expect(keys(state)).toEqual([...model.keys()].sort());
        seen.push({ state, keys: [...model.keys()].sort() });
      }
      for (const s of seen) expect(keys(s.state)).toEqual(s.keys);
    }),
  );
});

it('tells the operations that a comparison of the whole would find', () => {
  const first: DatapathState = { items: [rule(1), rule(2), rule(3)] };
  const [one, two] = first.items;
  const next = new DerivedState(first, [rule(2, 'careOf6'), rule(4)], [one!, two!]);
  const have = new Map(first.items.map((item) => [keyOf(item), item]));
  const told = diffOfChange(have, next.change!).map(formatOperation);
  expect(told.sort()).toEqual(diff(first, next).map(formatOperation).sort());
  expect(told).toHaveLength(3);
});

it('lets go of what came before after many changes', () => {
  let state: DatapathState = { items: [] };
  let early: DerivedState | undefined;
  for (let n = 0; n < 3000; n++) {
    const item = rule(n);
    const next = new DerivedState(state, [item], []);
    if (n === 500) early = next;
    state = next;
  }
  expect(state.items).toHaveLength(3000);
  let depth = 0;
  for (let at: DatapathState | undefined = state; at?.change; at = at.change.from) depth++;
  expect(depth).toBeLessThan(2100);
  expect(early!.items).toHaveLength(501);
});

const keys = (state: DatapathState): string[] => state.items.map(keyOf).sort();

function rule(n: number, table: 'home' | 'careOf6' = 'home'): DatapathItem {
  return { kind: 'rule', priority: n, from: prefix('2001:db8::/64'), table };
}
