// CPU time of `mip6 --version` beside a bare `node`, in pairs, one after the other.
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { table } from './measure.js';

const ROUNDS = 15;

export default function startup() {
  const program = fileURLToPath(new URL('../bin/run.js', import.meta.url));
  const bare = [];
  const version = [];
  for (let i = 0; i < ROUNDS; i++) {
    bare.push(cpuMillis(`${process.execPath} -e 0`));
    version.push(cpuMillis(`${process.execPath} ${program} --version`));
  }
  const b = median(bare);
  const v = median(version);
  table([
    ['start', 'CPU ms, median', ''],
    ['node -e 0', b.toFixed(0), ''],
    [
      'mip6 --version',
      v.toFixed(0),
      `${(v - b).toFixed(0)} ms over bare node, ${(v / b).toFixed(1)}x`,
    ],
  ]);
}

/** The shell's `times` has the children's CPU time, which Node itself does not tell. */
function cpuMillis(command) {
  const shell = spawnSync('bash', ['-c', `${command} >/dev/null 2>&1; times`], {
    encoding: 'utf8',
  });
  const children = shell.stdout.trim().split('\n').at(-1);
  let total = 0;
  for (const [, minutes, seconds] of children.matchAll(/(\d+)m([\d.]+)s/g))
    total += minutes * 60_000 + seconds * 1000;
  return total;
}

const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
