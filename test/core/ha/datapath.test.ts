import { describe, expect, it } from 'vitest';
import { bindingItems, DeclaredItems, signallingItem } from '../../../src/core/ha/datapath.js';
import { COA, COA2, HA, HOA, HOA2, HOA4, OPTIONS } from './harness.js';

const own = [signallingItem(OPTIONS, [HA])];
const at = (remote: typeof COA, homeAddress = HOA, homeAddress4: typeof HOA4 | null = null) =>
  ({ homeAddress, homeAddress4, attachment: { path: 'ipv6', local: HA, remote } }) as const;

describe('items of a binding', () => {
  it('are the same array when nothing changes', () => {
    const was = bindingItems(at(COA, HOA, HOA4));
    expect(was).toHaveLength(3);
    expect(bindingItems(at(COA, HOA, HOA4), was)).toBe(was);
  });

  it('keep their routes over a handover', () => {
    const was = bindingItems(at(COA, HOA, HOA4));
    const is = bindingItems(at(COA2, HOA, HOA4), was);
    expect([is[0] === was[0], is[1] === was[1], is[2] === was[2]]).toEqual([false, true, true]);
  });

  it('change their tunnel when an IPv4 home address comes or goes', () => {
    const without = bindingItems(at(COA));
    const withIt = bindingItems(at(COA, HOA, HOA4), without);
    expect(withIt[0]).toMatchObject({ send: [{}, { destination: { address: HOA4 } }] });
    expect(withIt[1]).toBe(without[1]);
    expect(bindingItems(at(COA), withIt)).toEqual(without);
  });
});

describe('what is declared', () => {
  const a = bindingItems(at(COA));
  const b = bindingItems(at(COA2), a);
  const c = bindingItems(at(COA, HOA2, HOA4));

  it('is all items of all bindings, each once', () => {
    const declared = new DeclaredItems(own);
    declared.replace([], a);
    declared.replace([], c);
    expect(new Set(declared.state().items)).toEqual(new Set([...own, ...a, ...c]));
    declared.replace(a, b);
    expect(new Set(declared.state().items)).toEqual(new Set([...own, ...b, ...c]));
    expect(declared.state().items).toHaveLength(1 + b.length + c.length);
    declared.replace(b, a); // back again
    declared.replace(c, []);
    expect(new Set(declared.state().items)).toEqual(new Set([...own, ...a]));
    declared.replace(a, []);
    expect(declared.state().items).toEqual(own);
  });

  it('does not change afterwards', () => {
    const declared = new DeclaredItems(own);
    declared.replace([], a);
    const before = declared.state();
    declared.replace(a, c);
    expect(before.items).toEqual([...own, ...a]);
  });
});
