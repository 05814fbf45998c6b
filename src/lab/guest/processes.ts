/** Processes that end with us, however we end. */
import { spawn, type ChildProcess } from 'node:child_process';
import { find } from '../netns/command.js';

export class Processes {
  readonly #children: ChildProcess[] = [];

  /**
   * Each is the leader of a group of its own, so that a Ctrl-C at the terminal is ours to act on. Standard input is
   * empty; 1 and 2 are pipes, and so are 3, 4 … as many as `pipes` says.
   */
  start(
    command: readonly string[],
    environment: Readonly<Record<string, string>> = {},
    pipes = 0,
  ): ChildProcess {
    const [program, ...rest] = command;
    const child = spawn('sh', ['-c', LIFELINE, 'sh', find(program!) ?? program!, ...rest], {
      stdio: ['pipe', 'pipe', 'pipe', ...Array.from({ length: pipes }, () => 'pipe' as const)],
      env: { ...process.env, ...environment },
      detached: true,
    });
    child.stdin!.on('error', () => {}); // it has ended
    // What it leaves behind must not hold its pipes open.
    child.on('exit', () => child.stdin!.destroy());
    this.#children.push(child);
    return child;
  }

  /** At once, with everything that they have started. Harmless when called again. */
  kill(): void {
    for (const { pid } of this.#children.splice(0)) {
      if (pid === undefined) continue;
      try {
        process.kill(-pid, 'SIGKILL');
      } catch {
        // it has ended
      }
    }
  }
}

/**
 * Standard input is a pipe whose other end only we hold. It closes when we do so and when we die, even by SIGKILL;
 * then the whole group is killed. A death signal (PR_SET_PDEATHSIG) would reach the leader alone.
 */
const LIFELINE = `exec 9<&0
(cat <&9; kill -KILL 0) >/dev/null 2>&1 3>&- 4>&- 5>&- 6>&- &
exec "$@" </dev/null 9<&-`;
