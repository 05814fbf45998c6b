/**
 * What a lab of namespaces has made, written down before it is made, so that `lab down` can take it away after a crash.
 * It removes what stands here and nothing else.
 */
import { randomBytes } from 'node:crypto';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { UsageError } from '../../base/error.js';

const STATE = v.object({
  version: v.literal(1),
  lab: v.string(),
  id: v.pipe(v.string(), v.regex(/^[0-9a-f]{4,16}$/)),
  /** The lab file, absolute. */
  file: v.string(),
  /** The process that keeps it up, and when that started (clock ticks since boot): a pid alone may be somebody else's. */
  pid: v.number(),
  startedAt: v.string(),
  /** Its namespaces are inside a user namespace: they end with that process. */
  userNamespace: v.boolean(),
  /** `run` plays its script and ends by itself; `up` stays. */
  purpose: v.picklist(['run', 'up']),
  switch: v.string(),
  namespaces: v.array(v.pipe(v.string(), v.regex(/^mip6-[a-z0-9-]+$/))),
  daemons: v.array(
    v.object({
      node: v.string(),
      socket: v.string(),
      pid: v.optional(v.number()),
      startedAt: v.optional(v.string()),
    }),
  ),
});
export type LabState = v.InferOutput<typeof STATE>;

/** Where labs of this user keep their files: below /run for root, else in the temporary folder, closed to others. */
export function labFolder(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['MIP6_LAB_DIR'];
  if (given) return given;
  const uid = process.getuid?.() ?? 0;
  return uid === 0 ? '/run/mip6-lab' : join(tmpdir(), `mip6-lab-${uid}`);
}

/** Makes it where it is missing. Throws `UsageError` `LAB_FOLDER` when another user could have put things there. */
export function makeLabFolder(folder = labFolder()): string {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const found = lstatSync(folder);
  const uid = process.getuid?.() ?? 0;
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o022) !== 0) {
    const what = `${folder} is not a folder that only you can write to.`;
    throw new UsageError('LAB_FOLDER', what, 'Remove it, or set MIP6_LAB_DIR.');
  }
  return folder;
}

/** A folder for one lab, and the lab's id. */
export function makeRunFolder(folder = labFolder()): { id: string; path: string } {
  const id = randomBytes(2).toString('hex');
  const path = join(makeLabFolder(folder), id);
  mkdirSync(path, { mode: 0o700 });
  return { id, path };
}

export function writeState(path: string, state: LabState): void {
  writeFileSync(join(path, 'state.new'), `${JSON.stringify(state, null, 2)}\n`, { mode: 0o600 });
  renameSync(join(path, 'state.new'), join(path, FILE));
}

/** Undefined when there is none, or it is none of ours. */
export function readState(path: string): LabState | undefined {
  try {
    const read = v.safeParse(STATE, JSON.parse(readFileSync(join(path, FILE), 'utf8')));
    return read.success ? read.output : undefined;
  } catch {
    return undefined;
  }
}

export interface KnownLab {
  readonly path: string;
  readonly state: LabState;
  /** The process that keeps it up lives. */
  readonly running: boolean;
}

export function knownLabs(folder = labFolder()): KnownLab[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder).flatMap((name) => {
    const path = join(folder, name);
    const state = readState(path);
    return state ? [{ path, state, running: isRunning(state) }] : [];
  });
}

export const isRunning = (state: Pick<LabState, 'pid' | 'startedAt'>): boolean =>
  state.startedAt !== '' && startOf(state.pid) === state.startedAt;

/** Clock ticks since boot at which a process started; empty when there is none. proc(5), field 22 of stat. */
export function startOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may hold anything; what follows it counts from field 3.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '';
  } catch {
    return '';
  }
}

export const removeRunFolder = (path: string): void =>
  rmSync(path, { recursive: true, force: true });

/** A copy of the lab file. */
export const LAB_FILE = 'lab.yaml';
const FILE = 'state.json';
