/** Programs of the host: run, waited for, and their complaint passed on. */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { delimiter, join } from 'node:path';
import type { ExecResult } from '../world.js';

/** A program of the host said no. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
  readonly code = 'LAB_COMMAND';
  readonly result: ExecResult;

  constructor(command: readonly string[], result: ExecResult) {
    const said = result.stderr.trim() || result.stdout.trim() || `exit code ${result.code}`;
    super(`${command.join(' ')}: ${said}`);
    this.result = result;
  }
}

/** Throws `CommandError` when it does not end with 0. */
export async function run(command: readonly string[], input?: string): Promise<string> {
  const result = await tryRun(command, input);
  if (result.code !== 0) throw new CommandError(command, result);
  return result.stdout;
}

/** Never throws: a program that cannot be started is a result with code 127. */
export function tryRun(command: readonly string[], input = ''): Promise<ExecResult> {
  return new Promise((done) => {
    const child = spawn(find(command[0]!) ?? command[0]!, command.slice(1), { stdio: 'pipe' });
    let stdout = '';
    let stderr = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout = kept(stdout, text)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = kept(stderr, text)));
    child.on('error', (error) => done({ code: 127, stdout, stderr: error.message }));
    child.on('close', (code, signal) => done({ code: code ?? (signal ? 128 : 1), stdout, stderr }));
    child.stdin.on('error', () => {}); // it may end before it has read all
    child.stdin.end(input);
  });
}

/** One `ip -batch` with all lines; says which line it was. `entrance` leads into another user namespace. */
export async function ipBatch(
  lines: readonly string[],
  namespace?: string,
  entrance: readonly string[] = [],
): Promise<void> {
  if (lines.length === 0) return;
  const command = [
    ...entrance,
    'ip',
    ...(namespace === undefined ? [] : ['-n', namespace]),
    '-batch',
    '-',
  ];
  const result = await tryRun(command, `${lines.join('\n')}\n`);
  if (result.code === 0) return;
  const at = /Command failed -:(\d+)/.exec(result.stderr)?.[1];
  const line = at === undefined ? undefined : lines[Number(at) - 1];
  throw new CommandError(line === undefined ? command : [...command.slice(0, -2), line], result);
}

/** With our terminal as its own. Gives its exit code; 127 when it cannot be started, 128 and the signal when one ended it. */
export function runInTerminal(
  command: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  return new Promise((done) => {
    const child = spawn(find(command[0]!) ?? command[0]!, command.slice(1), {
      stdio: 'inherit',
      env: { ...process.env, ...environment },
    });
    // The terminal sends Ctrl-C to both: it is the child's to act on, and we end with it.
    const pass = (signal: NodeJS.Signals) => void (signal === 'SIGTERM' && child.kill(signal));
    for (const signal of PASSED) process.on(signal, pass);
    const end = (code: number) => {
      for (const signal of PASSED) process.off(signal, pass);
      done(code);
    };
    child.on('error', () => end(127));
    child.on('close', (code, signal) =>
      end(code ?? 128 + (signal ? constants.signals[signal] : 0)),
    );
  });
}

const PASSED: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** Where a program is; ordinary users have no sbin in their path. */
export function find(program: string): string | undefined {
  if (program.includes('/')) return existsSync(program) ? program : undefined;
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  return folders
    .filter(Boolean)
    .map((folder) => join(folder, program))
    .find((file) => existsSync(file));
}

const kept = (text: string, more: string): string =>
  text.length < MAX_OUTPUT ? (text + more).slice(0, MAX_OUTPUT) : text;
const MAX_OUTPUT = 8 * 1024 * 1024; // characters of each stream
