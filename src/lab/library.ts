/** Lab files: those that come with the program, by name, and anybody's, by path. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { UsageError } from '../base/error.js';
import { labName, parseLab, type Lab } from './model.js';

export interface LabFile {
  readonly lab: Lab;
  readonly file: string;
  readonly text: string;
}

/**
 * `roam`, `scenarios/wired`, or `./mine.yaml`. Throws `UsageError`: `LAB_UNKNOWN`, or `LAB_SYNTAX` from the file.
 */
export function loadLab(nameOrPath: string, folder = shippedFolder()): LabFile {
  const shipped = labNames(folder).includes(nameOrPath);
  const file = shipped || !isPath(nameOrPath) ? join(folder, `${nameOrPath}.yaml`) : nameOrPath;
  if (!existsSync(file)) {
    const known = labNames(folder).join(', ');
    throw new UsageError(
      'LAB_UNKNOWN',
      `There is no lab ${nameOrPath}.`,
      `There are ${known}; a path to a file will do too.`,
    );
  }
  const text = readFileSync(file, 'utf8');
  return { lab: parseLab(text, file), file, text };
}

/** Names of the labs that come with the program, those of a folder below after its name. */
export function labNames(folder = shippedFolder()): string[] {
  if (!existsSync(folder)) return [];
  const names = (list: string[]) => list.filter((f) => f.endsWith('.yaml')).map(labName);
  const below = join(folder, SCENARIOS);
  const scenarios = existsSync(below) ? names(readdirSync(below)) : [];
  return [
    ...names(readdirSync(folder)).sort(),
    ...scenarios.map((name) => `${SCENARIOS}/${name}`).sort(),
  ];
}

const isPath = (text: string): boolean => text.includes('/') || /\.ya?ml$/.test(text);

/** `labs` of the package, from src/lab as from dist/src/lab. */
function shippedFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'labs')) && dirname(folder) !== folder) folder = dirname(folder);
  return join(folder, 'labs');
}

const SCENARIOS = 'scenarios';
