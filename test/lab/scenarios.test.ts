/** Every scenario in virtual time, with several seeds. */
import { expect, it, vi } from 'vitest';
import { labNames, loadLab } from '../../src/lab/library.js';
import { runLab } from '../../src/lab/run.js';
import { SimLab } from '../../src/lab/sim/sim-lab.js';
import { failures } from './failures.js';

// Virtual time costs processor time all the same, on a busy machine more than the usual limit.
vi.setConfig({ testTimeout: 120_000 });

const SEEDS = [1, 2, 3];
const scenarios = labNames().filter((name) => name.startsWith('scenarios/'));

it.each(scenarios.flatMap((name) => SEEDS.map((seed) => ({ name, seed }))))(
  '$name with seed $seed ends as it should',
  async ({ name, seed }) => {
    const world = new SimLab(loadLab(name).lab, seed);
    try {
      const result = await runLab(world, { world: 'sim', kernel: null, why: 'test', patience: 1 });
      expect(failures(result)).toEqual([]);
    } finally {
      await world.down();
    }
  },
);

it.each(scenarios)('%s says what it shows and by which clause, and ends with traffic', (name) => {
  const { lab } = loadLab(name);
  expect(lab.purpose).toMatch(/\.$/);
  expect(lab.clause).toMatch(/^RFC \d+ §/);
  const last = lab.moves.at(-1)!.checks.map((c) => c.kind);
  expect(last).toContain('registered');
  expect(last).toContain('ping');
});
