/** Writes the lines of a session to a file that can be run. */
import { closeSync, openSync, writeSync } from 'node:fs';
import { UsageError } from '../../base/error.js';

export class Recorder {
  #open: { readonly file: string; readonly fd: number; lines: number } | undefined;

  /** Throws `UsageError` `REPL_RECORD` when it records already, or the file cannot be made anew. */
  start(file: string): void {
    if (this.#open) {
      const what = `The lines go to ${this.#open.file} already.`;
      throw new UsageError('REPL_RECORD', what, '"stop" ends that.');
    }
    try {
      this.#open = { file, fd: openSync(file, 'wx'), lines: 0 };
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      if (code === 'EEXIST')
        throw new UsageError('REPL_RECORD', `${file} is there already.`, 'Name another file.');
      throw new UsageError('REPL_RECORD', `Cannot write ${file}: ${code ?? message}.`);
    }
  }

  add(line: string): void {
    if (!this.#open) return;
    writeSync(this.#open.fd, `${line}\n`);
    this.#open.lines++;
  }

  /** Throws `UsageError` `REPL_RECORD` when nothing is recorded. */
  stop(): { readonly file: string; readonly lines: number } {
    if (!this.#open)
      throw new UsageError('REPL_RECORD', 'Nothing is recorded.', '"record FILE" begins.');
    const { file, fd, lines } = this.#open;
    closeSync(fd);
    this.#open = undefined;
    return { file, lines };
  }

  close(): void {
    if (this.#open) this.stop();
  }
}
