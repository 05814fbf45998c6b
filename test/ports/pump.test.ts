import { describe, expect, it } from 'vitest';
import { instant } from '../../src/base/time.js';
import { NO_DATAPATH } from '../../src/core/datapath/model.js';
import type { RoleEffect } from '../../src/core/effect.js';
import { event, type MipEvent } from '../../src/core/event.js';
import type { Role } from '../../src/core/role.js';
import type { World } from '../../src/ports/index.js';
import { Pump } from '../../src/ports/pump.js';

const DECLARE: RoleEffect = { kind: 'datapath', want: NO_DATAPATH };
const STARTED: RoleEffect = { kind: 'event', event: event('STARTED', { role: 'mn' }) };

describe('a declared datapath', () => {
  it('is told of when it is in force, and what follows waits for that', async () => {
    let answer = (): void => {};
    const { told, pump } = running(
      [DECLARE, STARTED],
      () => new Promise((done) => (answer = done)),
    );
    expect(told).toEqual([]);
    answer();
    await pump.settled();
    expect(told).toEqual(['DATAPATH_READY', 'STARTED']);
  });

  it('is told of at once where nothing need be waited for', () => {
    const { told } = running([DECLARE, STARTED], () => {});
    expect(told).toEqual(['DATAPATH_READY', 'STARTED']);
  });

  it('that the kernel refuses is not said to be in force, and the rest goes on', async () => {
    const { told, pump } = running([DECLARE, STARTED], () => Promise.reject(new Error('EBUSY')));
    await pump.settled();
    expect(told).toEqual(['DATAPATH_FAILED', 'STARTED']);
  });
});

/** A role that has these effects at its start, in a world that only hears of events. */
function running(
  effects: RoleEffect[],
  apply: World['datapath']['apply'],
): { told: string[]; pump: Pump } {
  const told: string[] = [];
  const role = {
    start: () => {},
    pollEffect: () => effects.shift(),
    pollTimeout: () => undefined,
  } as unknown as Role;
  const world = {
    listen: () => {},
    links: { list: () => [] },
    store: { entries: () => new Map() },
    clock: { now: () => instant(0) },
    journal: { event: (e: MipEvent) => void told.push(e.code) },
    datapath: { apply },
  } as unknown as World;
  const pump = new Pump(role, world);
  pump.start();
  return { told, pump };
}
