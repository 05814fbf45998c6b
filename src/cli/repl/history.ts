/**
 * The lines that were typed, in this session and those before. In a file only its owner can read: $XDG_STATE_HOME/mip6/history.
 * Several sessions may write it at once; what is not a file of ours is left alone, and the session goes on without.
 */
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  mkdirSync,
  openSync,
  readSync,
  renameSync,
  rmSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { dirname, isAbsolute, join } from 'node:path';

/** XDG Base Directory Specification 0.8: a relative path is to be ignored. */
export function historyFile(environment: NodeJS.ProcessEnv = process.env): string {
  const given = environment['XDG_STATE_HOME'];
  const state = given && isAbsolute(given) ? given : join(homedir(), '.local', 'state');
  return join(state, 'mip6', 'history');
}

export class History {
  readonly #file: string;
  /** Newest first. */
  #lines: string[] = [];
  #problem: string | undefined;

  constructor(file: string) {
    this.#file = file;
    this.#attempt(() => this.#load());
  }

  /** Newest first, at most `MAX_HISTORY`. */
  get lines(): readonly string[] {
    return this.#lines;
  }

  /** Why nothing is kept, a sentence. */
  get problem(): string | undefined {
    return this.#problem;
  }

  /** Not kept: the line before once more, one that begins with a blank, one that is longer than any that was typed. */
  add(typed: string): void {
    const line = typed.trimEnd(); // a completion leaves a blank
    if (/^\s|^$/.test(line) || line === this.#lines[0] || line.length > MAX_LENGTH) return;
    this.#lines.unshift(line);
    this.#lines.length = Math.min(this.#lines.length, MAX_HISTORY);
    if (this.#problem === undefined) this.#attempt(() => this.#append(line));
  }

  #load(): void {
    mkdirSync(dirname(this.#file), { recursive: true, mode: 0o700 });
    const text = this.#within(constants.O_RDWR | constants.O_CREAT, (fd) => {
      const { size } = fstatSync(fd);
      const octets = Buffer.alloc(Math.min(size, MAX_OCTETS));
      return octets.toString(
        'utf8',
        0,
        readSync(fd, octets, 0, octets.length, size - octets.length),
      );
    });
    const lines = text.split('\n').filter((line) => line !== '' && line.length <= MAX_LENGTH);
    this.#lines = lines.slice(-MAX_HISTORY).reverse();
    if (lines.length > MAX_HISTORY * 2 || text.length >= MAX_OCTETS) this.#rewrite();
  }

  #append(line: string): void {
    const flags = constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT;
    this.#within(flags, (fd) => writeSync(fd, `${line}\n`));
  }

  #rewrite(): void {
    const other = `${this.#file}.${process.pid}`;
    try {
      const text = `${[...this.#lines].reverse().join('\n')}\n`;
      writeFileSync(other, text, { mode: 0o600, flag: 'wx' });
      renameSync(other, this.#file);
    } finally {
      rmSync(other, { force: true });
    }
  }

  #within<T>(flags: number, work: (fd: number) => T): T {
    const fd = openSync(this.#file, flags | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
    try {
      if (!fstatSync(fd).isFile()) throw new Error('it is no file');
      fchmodSync(fd, 0o600);
      return work(fd);
    } finally {
      closeSync(fd);
    }
  }

  #attempt(work: () => void): void {
    try {
      work();
    } catch (error) {
      const { code, message } = error as NodeJS.ErrnoException;
      this.#problem = `The history is not kept in ${this.#file}: ${code ?? message}.`;
    }
  }
}

export const MAX_HISTORY = 1000; // lines
const MAX_LENGTH = 4096; // characters of a line
const MAX_OCTETS = 1_048_576; // of the file that are read
