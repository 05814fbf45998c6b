/** Messages that come in another order than they left. */
import { expect, it } from 'vitest';
import { HOME, roam } from './roam-network.js';

it('a Binding Update that the deregistration overtook does not bind a mobile node that is at home', () => {
  const r = roam({ seed: 1, ha: { dadMode: 'off' } });
  r.net.runFor(20_000);
  const slow = r.net.link('core');
  slow.faults = { ...slow.faults, latency: 1000 };
  r.move('c');
  const codes = () => r.net.journal.filter((e) => e.at > 20_000).map((e) => e.event.code);
  expect(r.net.runUntil(() => codes().includes('BU_SENT'), 5000)).toBe(true);
  r.net.runFor(500);
  // The router at c has yet to find its next hop: the update waits there for two seconds more.
  expect(codes()).not.toContain('HA_BU_RECEIVED');
  r.move('home');
  expect(r.net.runUntil(() => codes().includes('AT_HOME'), 2000)).toBe(true);
  r.net.runFor(8000);
  const update = r.net.journal.find((e) => e.at > 20_000 && e.event.code === 'HA_BU_RECEIVED');
  expect(update?.event.fields).toMatchObject({ homeAddress: HOME, careOf: HOME });
  expect(codes().filter((code) => code === 'HA_BU_RECEIVED').length).toBeGreaterThan(1);
  expect(codes()).not.toContain('HA_BOUND');
  expect(r.ha.role.view(r.net.clock.now()).bc).toEqual([]);
});
