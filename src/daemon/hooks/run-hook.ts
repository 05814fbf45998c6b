/** One hook, started, watched, and ended with all that it has started. */
import { spawn, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import type { EventCode } from '../../core/event.js';

export interface HookEnd {
  readonly code: Extract<EventCode, 'HOOK_RAN' | 'HOOK_FAILED' | 'HOOK_TIMEOUT'>;
  readonly reason: string;
}

export interface RunningHook {
  readonly ended: Promise<HookEnd>;
  /** SIGTERM now, SIGKILL soon. */
  stop(): void;
}

/** `limit` in milliseconds. The hook leads a process group: what it leaves behind ends with it. */
export function runHook(
  path: string,
  stage: string,
  environment: Readonly<Record<string, string>>,
  limit: number,
): RunningHook {
  let child: ChildProcessByStdio<null, null, Readable>;
  try {
    child = spawn(path, [stage], {
      cwd: '/',
      env: environment,
      detached: true,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
  } catch (error) {
    // A file that is being written (ETXTBSY), or no program at all (ENOEXEC).
    const reason = (error as NodeJS.ErrnoException).code ?? String(error);
    return { ended: Promise.resolve({ code: 'HOOK_FAILED', reason }), stop: () => undefined };
  }
  const signal = (name: NodeJS.Signals) => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, name);
    } catch {
      // The group is empty.
    }
  };
  let late = false;
  let killer: NodeJS.Timeout | undefined;
  const stop = () => {
    signal('SIGTERM');
    killer ??= setTimeout(() => signal('SIGKILL'), KILL_AFTER);
  };
  const timer = setTimeout(() => {
    late = true;
    stop();
  }, limit);
  let said = '';
  child.stderr.on('data', (text: Buffer) => {
    if (said.length < MAX_SAID) said += text.toString('utf8').slice(0, MAX_SAID - said.length);
  });
  const ended = new Promise<HookEnd>((done) => {
    const end = (code: HookEnd['code'], reason: string) => {
      clearTimeout(timer);
      clearTimeout(killer);
      signal('SIGKILL'); // children that it has left
      child.stderr.destroy();
      done({ code, reason });
    };
    child.once('error', (error: NodeJS.ErrnoException) =>
      end('HOOK_FAILED', error.code ?? error.message),
    );
    child.once('exit', (status, name) => {
      if (late) return end('HOOK_TIMEOUT', `it took longer than ${limit / 1000} s`);
      if (status === 0) return end('HOOK_RAN', 'exit code 0');
      const how = status === null ? `ended by ${name}` : `exit code ${status}`;
      const line = firstLine(said);
      end('HOOK_FAILED', line === '' ? how : `${how}: ${line}`);
    });
  });
  return { ended, stop };
}

const firstLine = (text: string): string =>
  text
    .split('\n')
    .map((line) => line.trim())
    .find((line) => line !== '')
    ?.replace(/[^ -~]/g, '?') ?? '';

/** Characters of its standard error that are kept. */
const MAX_SAID = 200;
/** From SIGTERM to SIGKILL, ms. */
const KILL_AFTER = 500;
