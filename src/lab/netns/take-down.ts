/** Namespaces of a lab, ended and removed by name. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { tryRun } from './command.js';

/** Ends what still runs in them, then the namespaces; those that are gone already are no error. */
export async function removeNamespaces(names: readonly string[]): Promise<void> {
  const there = names.filter((name) => existsSync(namespacePath(name)));
  for (const name of there) await endProcesses(name);
  for (const name of there) await tryRun(['ip', 'netns', 'del', name]);
}

export const namespacePath = (name: string): string => `/run/netns/${name}`;
export const socketOf = (folder: string, node: string): string => join(folder, `${node}.sock`);

/** Processes whose network is this namespace. */
async function endProcesses(namespace: string): Promise<void> {
  const listed = await tryRun(['ip', 'netns', 'pids', namespace]);
  const pids = listed.stdout
    .split('\n')
    .map(Number)
    .filter((pid) => pid > 1 && pid !== process.pid);
  for (const signal of ['SIGTERM', 'SIGKILL'] as const) {
    for (const pid of pids) send(pid, signal);
    for (let waited = 0; waited < STOP_PATIENCE && pids.some(isAlive); waited += POLL) {
      await new Promise((done) => setTimeout(done, POLL));
    }
    if (!pids.some(isAlive)) return;
  }
}

function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it has ended
  }
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** ms: a daemon deregisters for two seconds at most. */
const STOP_PATIENCE = 4000;
const POLL = 20; // ms
