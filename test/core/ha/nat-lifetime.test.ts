import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import {
  LEAD,
  MAX_NATS,
  MAX_REFRESH,
  MIN_REFRESH,
  NatLifetimes,
} from '../../../src/core/ha/nat-lifetime.js';
import { at } from '../../helpers/drive.js';

const HOME = ipv6('2001:db8::1');
const NAT = ipv4('192.0.2.1');

describe('behind a NAT whose mappings live a while', () => {
  it.each([25, 30, 60, 90, 120, 300, 1000])(
    '%i s: the keep-alive ends below that and not far from it, and few mappings are lost on the way',
    (lifetime) => {
      const { refreshes, lost } = live(lifetime, 40);
      const last = refreshes.at(-1)!;
      expect(last).toBeLessThan(lifetime);
      expect(last).toBeGreaterThan(lifetime * 0.7);
      expect(refreshes.slice(-10)).toEqual(Array.from({ length: 10 }, () => last));
      expect(lost).toBeLessThanOrEqual(4);
    },
  );

  it('for ever: the keep-alive ends at its limit', () => {
    expect(live(1e9, 40).refreshes.at(-1)).toBe(MAX_REFRESH);
  });

  it('hardly at all: never below the least', () => {
    const { refreshes } = live(5, 40);
    expect(Math.min(...refreshes)).toBeGreaterThanOrEqual(MIN_REFRESH);
  });

  it('shorter than before: it backs off', () => {
    const nats = new NatLifetimes();
    const before = live(300, 30, nats).refreshes.at(-1)!;
    const after = live(60, 30, nats, 100_000).refreshes.at(-1)!;
    expect(before).toBeGreaterThan(200);
    expect(after).toBeLessThan(60);
  });
});

describe('what teaches nothing', () => {
  it('a Binding Update before there was silence enough', () => {
    const nats = new NatLifetimes();
    nats.handleUpdate(HOME, { address: NAT, port: 1 }, at(0));
    expect(nats.handleUpdate(HOME, { address: NAT, port: 2 }, at(5)).lesson).toBeUndefined();
  });

  it('one from behind another NAT', () => {
    const nats = new NatLifetimes();
    nats.handleUpdate(HOME, { address: NAT, port: 1 }, at(0));
    nats.takeDue(at(27));
    const elsewhere = { address: ipv4('192.0.2.2'), port: 1 };
    expect(nats.handleUpdate(HOME, elsewhere, at(28)).lesson).toBeUndefined();
  });

  it('one that is gone', () => {
    const nats = new NatLifetimes();
    nats.handleUpdate(HOME, { address: NAT, port: 1 }, at(0));
    nats.forget(HOME);
    expect(nats.nextDue()).toBeUndefined();
  });
});

it('asks twice, a second apart, and another port tells that the mapping was lost', () => {
  const nats = new NatLifetimes();
  const { refresh } = nats.handleUpdate(HOME, { address: NAT, port: 1 }, at(0));
  const due = refresh - LEAD;
  expect(nats.takeDue(at(due - 0.1))).toBeUndefined();
  expect([nats.takeDue(at(due)), nats.takeDue(at(due))]).toEqual([HOME, undefined]);
  expect([nats.takeDue(at(due + 1)), nats.nextDue()]).toEqual([HOME, undefined]);
  const { lesson } = nats.handleUpdate(HOME, { address: NAT, port: 2 }, at(due + 1.1));
  expect(lesson).toEqual({ kind: 'lost', lost: due });
});

it('nodes behind one NAT learn for each other; a bounded number of NATs is remembered', () => {
  const nats = new NatLifetimes();
  live(300, 30, nats);
  expect(nats.suggest(NAT)).toBeGreaterThan(200);
  for (let i = 0; i < MAX_NATS; i++) {
    const mapping = { address: ipv4(`10.0.${i >> 8}.${i & 255}`), port: 1 };
    nats.handleUpdate(HOME, mapping, at(1e6 + i * 100));
    nats.takeDue(at(1e6 + i * 100 + 50));
    nats.handleUpdate(HOME, mapping, at(1e6 + i * 100 + 51));
  }
  expect(nats.suggest(NAT)).toBe(new NatLifetimes().suggest(NAT));
});

/** A quiet mobile node behind a NAT that keeps its port, as most do. */
function live(lifetime: number, rounds: number, nats = new NatLifetimes(), from = 0) {
  const refreshes: number[] = [];
  let lost = 0;
  let now = from;
  const mapping = { address: NAT, port: 40_000 };
  let { refresh } = nats.handleUpdate(HOME, mapping, at(now));
  for (let round = 0; round < rounds; round++) {
    const silence = refresh - LEAD;
    expect(nats.takeDue(at(now + silence))).toBe(HOME);
    const alive = silence < lifetime;
    if (!alive) lost++;
    now += alive ? silence + 1 : refresh;
    ({ refresh } = nats.handleUpdate(HOME, mapping, at(now)));
    refreshes.push(refresh);
  }
  return { refreshes, lost };
}
