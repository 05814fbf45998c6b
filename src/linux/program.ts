/** A program of the host, started inside a namespace and fed by standard input. */
import { spawn } from 'node:child_process';
import { native, type NetNamespace } from './native.js';

export interface ProgramEnd {
  /** Null when a signal ended it or it could not be started. */
  readonly code: number | null;
  /** Its standard error, or why it could not be started. */
  readonly said: string;
  /** There is no such program. */
  readonly missing: boolean;
}

/** Never throws for what the program does; `LinuxError` when the namespace cannot be entered. */
export function runProgram(
  netns: NetNamespace,
  command: readonly [string, ...string[]],
  input = '',
): Promise<ProgramEnd> {
  const [program, ...rest] = command;
  return new Promise((done) => {
    const child = native().inNamespace(netns, () =>
      spawn(program, rest, { stdio: ['pipe', 'ignore', 'pipe'] }),
    );
    let said = '';
    child.stderr.setEncoding('utf8');
    child.stderr.on('data', (text: string) => (said = (said + text).slice(0, MAX_SAID)));
    child.stdin.on('error', () => {}); // it ended before reading; its exit says why
    child.on('error', (error: NodeJS.ErrnoException) =>
      done({ code: null, said: error.message, missing: error.code === 'ENOENT' }),
    );
    child.on('close', (code) => done({ code, said: said.trim(), missing: false }));
    child.stdin.end(input);
  });
}

const MAX_SAID = 4096; // characters
