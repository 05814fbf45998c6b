/** docs/scenarios.md says what the scenario files say, and shows what they print. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { labNames, loadLab } from '../../src/lab/library.js';
import { parseLab } from '../../src/lab/model.js';
import { headLines, resultLines } from '../../src/lab/report.js';
import { runLab } from '../../src/lab/run.js';
import { SimLab } from '../../src/lab/sim/sim-lab.js';

const doc = readFileSync('docs/scenarios.md', 'utf8');
const names = labNames().filter((name) => name.startsWith('scenarios/'));

it('has a row for each scenario, with its purpose and clause', () => {
  const rows = [...doc.matchAll(/^\| `(scenarios\/[^`]+)` +\|([^|]+)\|([^|]+)\|$/gm)].map((row) =>
    row.slice(1).map((cell) => cell.trim()),
  );
  expect(rows).toEqual(
    names.map((name) => {
      const { lab } = loadLab(name);
      return [name, lab.purpose?.trim(), lab.clause];
    }),
  );
});

it('shows what a run prints', async () => {
  const [, name, told] = /^\$ mip6 lab run (\S+) --world sim\n([^]*?)\n```$/m.exec(doc)!;
  const world = new SimLab(loadLab(name!).lab, '1');
  try {
    const result = await runLab(world, { world: 'sim', kernel: null, why: '', patience: 1 });
    const [head, tail] = told!.split('\n...\n');
    expect(head!.split('\n')).toEqual(headLines(world.lab, PLAIN));
    expect(tail!.split('\n')).toEqual(resultLines(result, PLAIN).slice(1));
  } finally {
    await world.down();
  }
});

it('has an example of every step, and a lab can take it', () => {
  const [, moves] = /^```yaml\n(moves:\n[^]*?)^```$/m.exec(doc)!;
  const { text } = loadLab('scenarios/v6-dies');
  const lab = parseLab(text.replace(/^moves:\n[^]*?(?=^checks:)/m, moves!), 'doc.yaml');
  expect(new Set(lab.moves.map(({ act }) => act.kind))).toEqual(
    new Set(['move', 'alternate', 'family', 'advertise', 'dhcp']),
  );
});

const same = (text: string): string => text;
const PLAIN = { good: same, error: same, dim: same, strong: same };
