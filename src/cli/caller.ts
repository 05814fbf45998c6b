/** Who runs a command when it is not the shell: the REPL lends its connection and takes what the command answers. */
import { AsyncLocalStorage } from 'node:async_hooks';
import type { Control } from '../control/lease.js';
import type { DaemonFlags } from './socket-path.js';

export interface Caller {
  /** A share of the caller's connection, or a connection of its own to the daemon that the flags name. */
  control(flags: DaemonFlags): Promise<Control>;
  /** Takes each value that `--json` would print, and never throws; undefined: the command prints as it was told to. */
  readonly take: ((json: unknown) => void) | undefined;
  /** Aborted by Ctrl-C, beside the signal that the process gets. */
  readonly signal: AbortSignal;
  /** Where the line stands, put before the sentence of an error: `line 3: `. */
  readonly where: string;
  /** Nobody waits for the command any more: it is to say nothing. */
  readonly left: boolean;
}

/** Of the command that runs; none when it was started from a shell. */
export const callers = new AsyncLocalStorage<Caller>();
