/** Labs that are up, for the commands that come later: find one, act in it, take it down. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { UsageError } from '../../base/error.js';
import { findNode, parseLab, type Lab } from '../model.js';
import { ipBatch } from './command.js';
import { planLab, plannedNode, plugLines, portOf, unplugLines, type NetnsPlan } from './plan.js';
import { programFolder } from './program.js';
import {
  isRunning,
  knownLabs,
  labFolder,
  LAB_FILE,
  removeRunFolder,
  startOf,
  type KnownLab,
} from './state.js';
import { removeNamespaces, socketOf } from './take-down.js';

export interface RunningLab extends KnownLab {
  readonly lab: Lab;
  readonly plan: NetnsPlan;
}

/**
 * The lab of that name or id, or the only one that is up. Throws `UsageError`: `LAB_NOT_UP`, `LAB_WHICH`.
 */
export function findRunning(nameOrId: string | undefined, folder = labFolder()): RunningLab {
  const labs = knownLabs(folder).filter((l) => l.running && isNamed(l, nameOrId));
  if (labs.length === 0) {
    const which = nameOrId === undefined ? 'No lab is up' : `No lab ${nameOrId} is up`;
    throw new UsageError('LAB_NOT_UP', `${which}.`, 'Start one with "mip6 lab up roam".');
  }
  if (labs.length > 1) {
    const names = labs.map((l) => `${l.state.lab} (${l.state.id})`).join(', ');
    throw new UsageError('LAB_WHICH', `Several labs are up: ${names}.`, 'Choose one with --lab.');
  }
  const found = labs[0]!;
  const lab = parseLab(readFileSync(join(found.path, LAB_FILE), 'utf8'), `${found.state.lab}.yaml`);
  return { ...found, lab, plan: planLab(lab, found.state.id) };
}

/** A command to be run in a node: argument vector and what to add to the environment. */
export function commandIn(
  running: RunningLab,
  node: string,
  command: readonly string[],
): { readonly command: readonly string[]; readonly environment: Readonly<Record<string, string>> } {
  const known = nodeOf(running, node);
  const { namespace } = plannedNode(running.plan, known);
  const serves = running.state.daemons.some((d) => d.node === known);
  return {
    command: [...entrance(running), 'ip', 'netns', 'exec', namespace, ...command],
    environment: {
      // So that `mip6 bul` in there is this program, and means the daemon in there.
      PATH: `${programFolder()}:${process.env['PATH'] ?? ''}`,
      NODE: process.execPath,
      ...(serves && { MIP6_SOCKET: socketOf(running.path, known) }),
    },
  };
}

/** Throws `UsageError` for what the lab does not have. `interfaceName` undefined: the node's only one. */
export async function moveRunning(
  running: RunningLab,
  node: string,
  link: string | null,
  interfaceName: string | undefined,
): Promise<{ readonly node: string; readonly interface: string; readonly to: string | null }> {
  const { lab, plan } = running;
  const known = findNode(lab, nodeOf(running, node))!;
  const names = known.interfaces.map((i) => i.name);
  const chosen = interfaceName ?? (names.length === 1 ? names[0]! : undefined);
  if (chosen === undefined || !names.includes(chosen)) {
    const what =
      chosen === undefined
        ? `${node} has several interfaces`
        : `${node} has no interface ${chosen}`;
    throw new UsageError(
      'LAB_INTERFACE',
      `${what}: ${names.join(', ')}.`,
      'Name one with --interface.',
    );
  }
  const links = lab.links.map((l) => l.name);
  if (link !== null && !links.includes(link)) {
    throw new UsageError('LAB_LINK', `The lab has no link ${link}.`, `It has ${links.join(', ')}.`);
  }
  const port = portOf(plan, known.name, chosen);
  const lines = [...unplugLines(port), ...(link === null ? [] : plugLines(plan, port, link))];
  await ipBatch(lines, plan.switch, entrance(running));
  return { node: known.name, interface: chosen, to: link };
}

/** What `lab down` took down, or found already gone. */
export interface TakenDown {
  readonly lab: string;
  readonly id: string;
  /** False: its process had ended without cleaning up. */
  readonly wasRunning: boolean;
}

/**
 * Labs of that name or id, in any state; without one, those that `lab up` started and those whose process is gone.
 * Removes only what their state files name.
 */
export async function takeDown(
  nameOrId: string | undefined,
  folder = labFolder(),
): Promise<TakenDown[]> {
  const taken: TakenDown[] = [];
  for (const known of knownLabs(folder).filter((l) => isNamed(l, nameOrId))) {
    if (nameOrId === undefined && known.running && known.state.purpose === 'run') continue;
    const { state, path, running } = known;
    if (running) await end(state, HOST_PATIENCE);
    for (const daemon of state.daemons)
      if (daemon.pid !== undefined) await end(daemon, DAEMON_PATIENCE);
    if (!state.userNamespace) await removeNamespaces(state.namespaces);
    removeRunFolder(path);
    taken.push({ lab: state.lab, id: state.id, wasRunning: running });
  }
  return taken;
}

const isNamed = (l: KnownLab, name: string | undefined): boolean =>
  name === undefined || l.state.lab === name || l.state.id === name;

/** What leads into the user namespace of a lab that has one. */
function entrance({ state }: KnownLab): readonly string[] {
  if (!state.userNamespace) return [];
  return [
    'nsenter',
    '-t',
    String(state.pid),
    '-U',
    '-m',
    '-n',
    '--preserve-credentials',
    `--wd=${process.cwd()}`,
  ];
}

function nodeOf({ lab }: RunningLab, node: string): string {
  if (findNode(lab, node)) return node;
  throw new UsageError(
    'LAB_NODE',
    `The lab has no node ${node}.`,
    `It has ${lab.nodes.map((n) => n.name).join(', ')}.`,
  );
}

/** SIGTERM, then SIGKILL, to that very process and none that came after it under its number. */
async function end(
  process_: { pid?: number | undefined; startedAt?: string | undefined },
  patience: number,
): Promise<void> {
  const { pid, startedAt } = process_;
  if (pid === undefined || !startedAt) return;
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    if (startOf(pid) !== startedAt) return;
    process.kill(pid, signal);
    for (let waited = 0; waited < patience && isRunning({ pid, startedAt }); waited += POLL) {
      await new Promise((done) => setTimeout(done, POLL));
    }
  }
}

const HOST_PATIENCE = 15_000; // ms: it stops its daemons first
const DAEMON_PATIENCE = 4000; // ms
const POLL = 50; // ms
