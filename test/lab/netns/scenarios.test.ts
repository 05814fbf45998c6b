/** Every scenario on this kernel, with the real daemons; several at a time, since most of it is waiting. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { labNames, loadLab } from '../../../src/lab/library.js';
import { NetnsLab } from '../../../src/lab/netns/netns-lab.js';
import { probeNetns } from '../../../src/lab/netns/probe.js';
import { runLab } from '../../../src/lab/run.js';
import { spanOf } from '../../../src/lab/script.js';
import type { LabWorld } from '../../../src/lab/world.js';
import { failures } from '../failures.js';

const ability = await probeNetns();

describe.skipIf(ability.kind !== 'ready')('in namespaces of this kernel', () => {
  let folder: string;
  const ended = new Map<string, Promise<string[]>>();

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
    process.env['MIP6_LAB_DIR'] = folder;
    const queue = longestFirst();
    const told = new Map(queue.map((name) => [name, later<string[]>()]));
    for (const [name, { promise }] of told) ended.set(name, promise);
    const worker = async () => {
      for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
        const { done, fail } = told.get(name)!;
        await play(name).then(done, fail);
      }
    };
    for (let n = 0; n < AT_A_TIME; n++) void worker();
  });

  afterAll(async () => {
    await Promise.allSettled(ended.values());
    delete process.env['MIP6_LAB_DIR'];
    rmSync(folder, { recursive: true, force: true });
  }, LIMIT);

  it.each(longestFirst())(
    '%s ends as it should',
    async (name) => {
      expect(await ended.get(name)).toEqual([]);
    },
    LIMIT,
  );
});

/** What does not hold. */
async function play(name: string): Promise<string[]> {
  const file = loadLab(name);
  const options = { ...file, userNamespace: false, purpose: 'run' } as const;
  const world: LabWorld = new NetnsLab(file.lab, options);
  try {
    const here = { world: 'netns', kernel: null, why: 'test', patience: 1 } as const;
    return failures(await runLab(world, here));
  } finally {
    await world.down();
  }
}

/** The long one must not be the last to begin. */
function longestFirst(): string[] {
  const span = (name: string) => {
    const { moves } = loadLab(name).lab;
    return moves.reduce((sum, { act, settle }) => sum + settle + spanOf(act), 0);
  };
  return labNames()
    .filter((name) => name.startsWith('scenarios/'))
    .sort((a, b) => span(b) - span(a));
}

function later<T>() {
  let done!: (value: T) => void;
  let fail!: (reason: unknown) => void;
  const promise = new Promise<T>((d, f) => ([done, fail] = [d, f]));
  promise.catch(() => {}); // told where it is waited for
  return { promise, done, fail };
}

const AT_A_TIME = 4;
const LIMIT = 300_000; // ms
