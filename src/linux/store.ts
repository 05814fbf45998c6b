/**
 * Small values in one file of JSON lines, appended as they change and rewritten whole when opened, or when the
 * lines outnumber the values by far. A line cut off by a crash is skipped. Mode 0600: it may hold keys.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import type { Store } from '../ports/index.js';
import { linuxError } from './error.js';

export class FileStore implements Store {
  readonly #path: string;
  readonly #values: Map<string, string>;
  #fd = -1;
  #lines = 0;

  /** Throws `LinuxError` `STORE`. */
  constructor(path: string) {
    this.#path = path;
    try {
      mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
      this.#values = existsSync(path) ? parse(readFileSync(path, 'utf8')) : new Map();
      this.#rewrite();
    } catch (error) {
      throw linuxError('STORE', `open the store ${path}`, error);
    }
  }

  entries(): ReadonlyMap<string, string> {
    return this.#values;
  }

  set(key: string, value: string | undefined): void {
    if (this.#values.get(key) === value) return;
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
    try {
      writeSync(this.#fd, line(key, value));
      this.#lines++;
      if (this.#lines > SLACK + 2 * this.#values.size) this.#rewrite();
    } catch (error) {
      throw linuxError('STORE', `write the store ${this.#path}`, error);
    }
  }

  close(): void {
    if (this.#fd >= 0) closeSync(this.#fd);
    this.#fd = -1;
  }

  /** Beside the file, then in its place: a crash leaves the old one or the new one. */
  #rewrite(): void {
    const fresh = `${this.#path}.new`;
    const fd = openSync(fresh, 'w', 0o600);
    let text = '';
    for (const [key, value] of this.#values) text += line(key, value);
    writeSync(fd, text);
    fsyncSync(fd);
    renameSync(fresh, this.#path);
    this.close();
    this.#fd = fd; // after the rename it is the file itself, at its end
    this.#lines = this.#values.size;
  }
}

/** What another program keeps, without touching its file. Throws `LinuxError` `STORE`. */
export function readStore(path: string): ReadonlyMap<string, string> {
  try {
    return parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw linuxError('STORE', `read the store ${path}`, error);
  }
}

/** For laboratories and tests: nothing survives. */
export class MemoryStore implements Store {
  readonly #values = new Map<string, string>();

  entries(): ReadonlyMap<string, string> {
    return this.#values;
  }

  set(key: string, value: string | undefined): void {
    if (value === undefined) this.#values.delete(key);
    else this.#values.set(key, value);
  }
}

const line = (key: string, value: string | undefined): string =>
  `${JSON.stringify(value === undefined ? { key } : { key, value })}\n`;

function parse(text: string): Map<string, string> {
  const values = new Map<string, string>();
  for (const row of text.split('\n')) {
    const entry = parseLine(row);
    if (!entry) continue;
    if (entry.value === undefined) values.delete(entry.key);
    else values.set(entry.key, entry.value);
  }
  return values;
}

function parseLine(row: string): { key: string; value: string | undefined } | undefined {
  try {
    const read: unknown = JSON.parse(row);
    if (typeof read !== 'object' || read === null) return undefined;
    const { key, value } = read as { key?: unknown; value?: unknown };
    if (typeof key !== 'string') return undefined;
    if (value !== undefined && typeof value !== 'string') return undefined;
    return { key, value };
  } catch {
    return undefined; // cut off, or not ours
  }
}

const SLACK = 10_000; // ours: lines beyond the live values before the file is rewritten
