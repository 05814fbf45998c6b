/**
 * Kernel settings of a namespace that we change for a while. What was there before stands in a state file, so that
 * it can be put back after a crash.
 */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { linuxError } from './error.js';
import { native, type NetNamespace } from './native.js';

export class Sysctls {
  readonly #netns: NetNamespace;
  readonly #file: string;

  /** `file` is the state file, such as /run/mip6/mn.state.json. */
  constructor(netns: NetNamespace, file: string) {
    this.#netns = netns;
    this.#file = file;
  }

  read(key: string): string | undefined {
    return readSetting(this.#netns, key);
  }

  /** Not remembered: for devices that go away with us. False when it cannot be set. */
  write(key: string, value: string): boolean {
    return writeSetting(this.#netns, key, value);
  }

  /** Sets and remembers, in that a crash between the two loses nothing. Throws `LinuxError` `SYSCTL`. */
  change(settings: Readonly<Record<string, string>>): void {
    const state = this.#load();
    let news = false;
    for (const [key, ours] of Object.entries(settings)) {
      const before = this.read(key);
      if (before === undefined || before === ours || state[key]) continue;
      state[key] = { before, ours };
      news = true;
    }
    if (news) this.#save(state);
    for (const [key, value] of Object.entries(settings)) {
      if (this.read(key) === undefined || this.read(key) === value) continue;
      if (!this.write(key, value)) throw linuxError('SYSCTL', `set ${key} to ${value}`, 'refused');
    }
  }

  /** Puts back what still has our value; someone else's later choice stands. */
  restore(): void {
    if (!existsSync(this.#file)) return;
    for (const [key, { before, ours }] of Object.entries(this.#load())) {
      if (this.read(key) === ours) this.write(key, before);
    }
    rmSync(this.#file, { force: true });
  }

  #load(): State {
    if (!existsSync(this.#file)) return {};
    try {
      const read: unknown = JSON.parse(readFileSync(this.#file, 'utf8'));
      return isState(read) ? read : {};
    } catch {
      return {}; // cut off by a crash: nothing was set yet then
    }
  }

  #save(state: State): void {
    try {
      mkdirSync(dirname(this.#file), { recursive: true, mode: 0o755 });
      writeFileSync(`${this.#file}.new`, JSON.stringify(state), { mode: 0o600 });
      renameSync(`${this.#file}.new`, this.#file);
    } catch (error) {
      throw linuxError('STORE', `write ${this.#file}`, error);
    }
  }
}

/** `key` below /proc/sys/net, such as `ipv6/conf/eth0/accept_ra`. Undefined when there is no such setting. */
export function readSetting(netns: NetNamespace, key: string): string | undefined {
  return native().inNamespace(netns, () => {
    try {
      return readFileSync(path(key), 'utf8').trim();
    } catch {
      return undefined;
    }
  });
}

/** False when it cannot be set, or is not there. */
export function writeSetting(netns: NetNamespace, key: string, value: string): boolean {
  return native().inNamespace(netns, () => {
    try {
      writeFileSync(path(key), value);
      return true;
    } catch {
      return false;
    }
  });
}

type State = Record<string, { readonly before: string; readonly ours: string }>;

function isState(value: unknown): value is State {
  if (typeof value !== 'object' || value === null) return false;
  return Object.entries(value).every(([key, v]) => !key.includes('..') && isChange(v));
}

function isChange(value: unknown): boolean {
  const v = value as { before?: unknown; ours?: unknown } | null;
  return typeof v?.before === 'string' && typeof v.ours === 'string';
}

const path = (key: string): string => `/proc/sys/net/${key}`;
