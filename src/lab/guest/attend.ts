/** What every guest has in common: its output is passed on, its reports are read, and it does not run for ever. */
import type { Readable } from 'node:stream';
import { GuestError, type GuestEnd, type GuestRun } from './guest.js';

/** A guest that has been started. */
export interface Machine {
  readonly name: string;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Lines `up`, when the command starts, and `rc CODE`, when it has ended. */
  readonly control: Readable;
  /** What its kernel says. */
  readonly console: readonly Readable[];
  /** Resolves when it is gone. */
  readonly gone: Promise<void>;
  /** At once. */
  kill(): void;
}

/** ms, of the boot: up to the command's start. */
export const BOOT_PATIENCE = 300_000;

/** Resolves when the machine is gone and all that it said has been passed on. Throws `GuestError`, or why it was aborted. */
export async function attend(machine: Machine, options: GuestRun): Promise<GuestEnd> {
  const { name } = machine;
  const begun = performance.now();
  let code: number | undefined;
  let failure: Error | undefined;
  let timer: NodeJS.Timeout;
  const give = (error: Error) => {
    failure ??= error;
    machine.kill();
  };
  const within = (span: number, error: () => GuestError) => {
    clearTimeout(timer);
    timer = setTimeout(() => give(error()), span);
  };
  const said = tail(machine.console, () =>
    within(PANIC_PATIENCE, () => new GuestError('GUEST_DIED', `${name} stopped: ${said()}.`)),
  );
  const aborted = () => give(options.signal!.reason as Error);
  if (options.signal?.aborted) aborted();
  else options.signal?.addEventListener('abort', aborted);
  within(
    BOOT_PATIENCE,
    () =>
      new GuestError(
        'GUEST_TIMEOUT',
        `${name} did not boot within ${inSeconds(BOOT_PATIENCE)}: ${said()}.`,
      ),
  );
  options.onProgress?.(`${name} boots`, false);
  eachLine(machine.control, (line) => {
    const ended = /^rc (\d+)$/.exec(line)?.[1];
    if (line === 'up') {
      options.onProgress?.(`${name} is up after ${inSeconds(performance.now() - begun)}`, true);
      within(options.timeoutMs, () => {
        const what = `The command in ${name} did not end within ${inSeconds(options.timeoutMs)}.`;
        return new GuestError('GUEST_TIMEOUT', what);
      });
    } else if (ended !== undefined) {
      code = Number(ended);
      within(END_PATIENCE, () => new GuestError('GUEST_DIED', `${name} did not power off.`));
    }
  });
  machine.stdout.on('data', (octets: Buffer) => options.onOutput('stdout', octets));
  machine.stderr.on('data', (octets: Buffer) => options.onOutput('stderr', octets));
  const streams = [machine.stdout, machine.stderr, machine.control, ...machine.console];
  await Promise.all([machine.gone, ...streams.map(closed)]);
  clearTimeout(timer!);
  options.signal?.removeEventListener('abort', aborted);
  // Once the command's exit code is known, a kernel that does not power off has cost nothing but time.
  if (code !== undefined && !options.signal?.aborted) return { code };
  throw failure ?? new GuestError('GUEST_DIED', `${name} stopped: ${said()}.`);
}

function closed(stream: Readable): Promise<void> {
  return new Promise((done) => {
    if (stream.closed) done();
    stream.once('close', done).once('error', () => stream.destroy());
  });
}

function eachLine(stream: Readable, take: (line: string) => void): void {
  let rest = '';
  stream.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split(/\r?\n/);
    rest = lines.pop()!.slice(0, MAX_LINE);
    for (const line of lines) take(line);
  });
}

/**
 * What it said last, in one line: of a panic what it was about, rather than the stack that follows. `onPanic` is called
 * once: a kernel that panics may hang instead of going away.
 */
function tail(streams: readonly Readable[], onPanic: () => void): () => string {
  let text = '';
  let panicked = false;
  const add = (more: string) => {
    text = (text + more).slice(-MAX_SAID);
    if (panicked || !PANIC.test(text)) return;
    panicked = true;
    onPanic();
  };
  for (const stream of streams) stream.setEncoding('utf8').on('data', add);
  return () => lastWords(text);
}

export function lastWords(text: string): string {
  const lines = text
    .split(/\r?\n/)
    .map((line) => line.replace(/^\[ *\d+\.\d+\]/, '').trim())
    .filter((line) => line !== '');
  const telling = lines.filter((line) => TELLING.test(line));
  return (
    (telling.length > 0 ? telling : lines).slice(-LAST).join(' / ') || 'its kernel said nothing'
  );
}

const inSeconds = (ms: number): string =>
  `${ms < 10_000 ? (ms / 1000).toFixed(1) : Math.round(ms / 1000)} s`;

/** ms: to write back what it has and power off. */
const END_PATIENCE = 15_000;
/** ms: to say why, and to stop. */
const PANIC_PATIENCE = 5_000;
const PANIC = /kernel panic - not syncing/i;
const MAX_LINE = 256; // characters
const MAX_SAID = 16_384; // characters
const LAST = 4; // lines
/** `init:` is the first process of ours. */
const TELLING = /kernel panic|\binit: /i;
