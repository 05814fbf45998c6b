import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { findRunning, takeDown } from '../../../src/lab/netns/attach.js';
import {
  knownLabs,
  makeLabFolder,
  readState,
  startOf,
  writeState,
  type LabState,
} from '../../../src/lab/netns/state.js';

let folder: string;
let other: ChildProcess;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  other = spawn('sleep', ['60']);
});
afterEach(() => {
  other.kill();
  rmSync(folder, { recursive: true, force: true });
});

describe('a lab that its process left behind', () => {
  it('is known as such, is not one to act in, and goes with "lab down"', async () => {
    const path = written({ pid: other.pid!, startedAt: '1' });
    expect(knownLabs(folder)).toMatchObject([{ path, running: false }]);
    expect(() => findRunning(undefined, folder)).toThrow(
      'No lab is up. Start one with "mip6 lab up roam".',
    );
    expect(await takeDown(undefined, folder)).toEqual([
      { lab: 'roam', id: 'ab12', wasRunning: false },
    ]);
    expect(existsSync(path)).toBe(false);
  });

  it("a process that has its number now is left alone, and so are those with its daemons' numbers", async () => {
    const daemon = { node: 'mn', socket: '/x.sock', pid: other.pid!, startedAt: '2' };
    written({ pid: other.pid!, startedAt: '1', daemons: [daemon] });
    await takeDown(undefined, folder);
    expect(startOf(other.pid!)).not.toBe('');
    expect(other.killed || other.exitCode !== null || other.signalCode !== null).toBe(false);
  });

  it('its own daemons are ended', async () => {
    const daemon = {
      node: 'mn',
      socket: '/x.sock',
      pid: other.pid!,
      startedAt: startOf(other.pid!),
    };
    written({ pid: 999_999_999, startedAt: '1', daemons: [daemon] });
    const ended = once(other, 'exit');
    await takeDown(undefined, folder);
    expect((await ended)[1]).toBe('SIGTERM');
  });
});

describe('a lab that is up', () => {
  it('is ended by "lab down" when "lab up" started it', async () => {
    written({ pid: other.pid!, startedAt: startOf(other.pid!), purpose: 'up' });
    const ended = once(other, 'exit');
    expect(await takeDown(undefined, folder)).toMatchObject([{ wasRunning: true }]);
    await ended;
  });

  it('is ended by name only when it is a "lab run" that will end by itself', async () => {
    const path = written({ pid: other.pid!, startedAt: startOf(other.pid!), purpose: 'run' });
    expect(await takeDown(undefined, folder)).toEqual([]);
    expect(existsSync(path)).toBe(true);
    const ended = once(other, 'exit');
    expect(await takeDown('roam', folder)).toHaveLength(1);
    await ended;
  });
});

it('what is no state file of ours is passed over', () => {
  for (const [name, text] of [
    ['broken', '{'],
    ['foreign', '{"version":1}'],
    ['sly', JSON.stringify({ ...STATE, namespaces: ['../../etc'] })],
    ['alien', JSON.stringify({ ...STATE, namespaces: ['docker-net'] })],
  ] as const) {
    mkdirSync(join(folder, name));
    writeFileSync(join(folder, name, 'state.json'), text);
    expect(readState(join(folder, name))).toBeUndefined();
  }
  expect(knownLabs(folder)).toEqual([]);
});

it('a folder that others can write to is not used', () => {
  chmodSync(folder, 0o777);
  expect(() => makeLabFolder(folder)).toThrow('is not a folder that only you can write to');
  chmodSync(folder, 0o700);
  expect(makeLabFolder(folder)).toBe(folder);
});

const STATE: LabState = {
  version: 1,
  lab: 'roam',
  id: 'ab12',
  file: '/labs/roam.yaml',
  pid: 1,
  startedAt: '1',
  userNamespace: false,
  purpose: 'up',
  switch: 'mip6-roam-ab12-switch',
  namespaces: ['mip6-roam-ab12-switch', 'mip6-roam-ab12-mn'],
  daemons: [],
};

function written(state: Partial<LabState>): string {
  const path = join(folder, 'ab12');
  mkdirSync(path);
  writeState(path, { ...STATE, ...state });
  return path;
}
