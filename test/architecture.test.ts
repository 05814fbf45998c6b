/** Imports point inward. `LADDER` is the architecture; this file is what keeps it true. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';
import { expect, it } from 'vitest';

/** A file may import from its own folder or from any rung above it in this list; siblings on a rung never meet. */
const LADDER: readonly (readonly string[])[] = [
  ['src/base'],
  ['src/wire'],
  ['src/core'],
  ['src/ports'],
  ['src/linux', 'src/sim', 'src/control'],
  ['src/diagnostics'],
  ['src/daemon', 'src/lab'],
  ['src/cli'],
  ['commands'],
];
const PURE = ['src/base', 'src/wire', 'src/core', 'src/ports'];
const IMPURE =
  /\b(Date\.now|performance\.now|Math\.random|setTimeout|setInterval|process\.|console\.)/;

const files = ['src', 'commands'].flatMap((top) =>
  readdirSync(top, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.ts'))
    .map((name) => join(top, name)),
);

it.each(files)('%s imports only inward', (file) => {
  const home = rung(file);
  if (!home) return; // src/index.ts, the public face, may see everything
  for (const target of imports(file)) {
    if (!target.startsWith('.')) continue;
    const there = rung(normalize(join(dirname(file), target)));
    expect(there && (there.folder === home.folder || there.rank < home.rank), target).toBe(true);
  }
});

it.each(files.filter((f) => PURE.some((p) => f.startsWith(p))))('%s is pure', (file) => {
  expect(imports(file).filter((target) => !target.startsWith('.'))).toEqual([]);
  expect(readFileSync(file, 'utf8')).not.toMatch(IMPURE);
});

function rung(path: string): { folder: string; rank: number } | undefined {
  for (const [rank, folders] of LADDER.entries()) {
    const folder = folders.find((f) => path.startsWith(`${f}/`));
    if (folder) return { folder, rank };
  }
  return undefined;
}

function imports(file: string): string[] {
  const source = readFileSync(file, 'utf8');
  return [...source.matchAll(/^(?:import|export)[^'"]*from '([^']+)'/gm)].map((m) => m[1]!);
}
