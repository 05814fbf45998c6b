/** A daemon as a process: signals, the journal's file, and an end that leaves nothing in the kernel. */
import { openSync, writeSync } from 'node:fs';
import { Daemon, type DaemonOptions } from './daemon.js';
import { DaemonError } from './error.js';
import { openLinuxHost } from './linux-host.js';

export type RunOptions = Omit<DaemonOptions, 'write' | 'openHost' | 'createRole'>;

/** Resolves with the exit code when it has ended. Throws what `Daemon.start` throws. */
export async function runDaemon(options: RunOptions): Promise<number> {
  const write = journalWriter(options.config.settings.logFile);
  const starting = Daemon.start({ ...options, write, openHost: openLinuxHost });
  let ending = false;
  let failed = false;
  const end = () => {
    // The second signal: whoever sends it does not want to wait.
    if (ending) process.exit(1);
    ending = true;
    starting.then(
      (daemon) => void daemon.stop(),
      () => undefined, // reported by whoever awaits the start
    );
  };
  const crash = (error: unknown) => {
    if (failed) process.exit(1);
    failed = true;
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    write(
      options.logJson
        ? JSON.stringify({ code: 'CRASHED', severity: 'error', sentence: text })
        : text,
    );
    end();
  };
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  process.on('uncaughtException', crash);
  process.on('unhandledRejection', crash);
  try {
    const daemon = await starting;
    await daemon.finished;
    return failed ? 1 : 0;
  } finally {
    process.off('SIGTERM', end);
    process.off('SIGINT', end);
    process.off('uncaughtException', crash);
    process.off('unhandledRejection', crash);
  }
}

/** Appends, so that a rotated file can be replaced while we run only by a restart. */
function journalWriter(file: string | null): (line: string) => void {
  let descriptor = STDERR;
  try {
    if (file !== null) descriptor = openSync(file, 'a', 0o640);
  } catch (error) {
    const why = (error as NodeJS.ErrnoException).code ?? String(error);
    throw new DaemonError('LOG_FILE', `Cannot write DebugLogFile ${file}: ${why}.`);
  }
  return (line) => {
    try {
      writeSync(descriptor, `${line}\n`);
    } catch {
      // A journal that nobody reads, or a full disk, must not end a node's mobility.
    }
  };
}

const STDERR = 2;
