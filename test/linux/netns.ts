/** Network namespaces for tests: unique names, removed at the end. Root only. */
import { execFile, execFileSync } from 'node:child_process';
import { promisify } from 'node:util';
import type { MacAddress } from '../../src/base/address.js';

export const isRoot = process.getuid?.() === 0;

export interface Namespace {
  readonly name: string;
  readonly path: string;
  /** Runs a command there without blocking, so that a world in this process can serve it. Rejects on failure. */
  run(...command: string[]): Promise<string>;
  /** Its output also where it fails. */
  attempt(...command: string[]): Promise<string>;
  /** Blocking; for set-up. One command a line. */
  setUp(script: string): void;
  /** Many `ip` commands in one process; blocking. */
  batch(lines: readonly string[]): void;
  mac(link: string): MacAddress;
  /** All that mip6 could leave behind, as text. */
  state(): string;
}

const made: string[] = [];
let count = 0;

/** Without duplicate address detection, so that its state does not change by itself. */
export function namespace(label: string): Namespace {
  const name = `mip6t-${process.pid}-${label}${count++}`;
  execFileSync('ip', ['netns', 'add', name]);
  made.push(name);
  const exec = (...command: string[]): string =>
    execFileSync('ip', ['netns', 'exec', name, ...command], { encoding: 'utf8' });
  const ns: Namespace = {
    name,
    path: `/run/netns/${name}`,
    run: async (...command) =>
      (await promisify(execFile)('ip', ['netns', 'exec', name, ...command])).stdout,
    attempt: (...command) =>
      new Promise((resolve) => {
        execFile('ip', ['netns', 'exec', name, ...command], (_, out, err) => resolve(out + err));
      }),
    setUp: (script) => {
      for (const line of script.split('\n')) {
        const words = line.trim().split(/\s+/);
        if (words[0]) exec(...words);
      }
    },
    batch: (lines) =>
      void execFileSync('ip', ['-n', name, '-batch', '-'], { input: lines.join('\n') }),
    mac: (link) => exec('cat', `/sys/class/net/${link}/address`).trim() as MacAddress,
    state: () =>
      [
        exec('ip', '-o', 'link').replace(/state \w+/g, ''),
        exec('ip', '-o', 'addr'),
        exec('ip', '-4', 'route', 'show', 'table', 'all'),
        exec('ip', '-6', 'route', 'show', 'table', 'all'),
        exec('ip', '-4', 'rule'),
        exec('ip', '-6', 'rule'),
        exec('nft', 'list', 'ruleset'),
        exec(
          'sh',
          '-c',
          'cat /proc/sys/net/ipv6/conf/*/accept_ra /proc/sys/net/ipv6/conf/*/autoconf',
        ),
      ].join('---\n'),
  };
  ns.setUp(`sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0
    ip link set lo up`);
  return ns;
}

/** A cable: `a` has interface `nameA`, `b` has `nameB`, both up. */
export function cable(a: Namespace, nameA: string, b: Namespace, nameB: string): void {
  const between = ['type', 'veth', 'peer', 'name', nameB, 'netns', b.name];
  execFileSync('ip', ['link', 'add', nameA, 'netns', a.name, ...between]);
  a.setUp(`ip link set ${nameA} up`);
  b.setUp(`ip link set ${nameB} up`);
}

export function removeNamespaces(): void {
  for (const name of made.splice(0)) execFileSync('ip', ['netns', 'del', name]);
}

/** Polls until `ready` gives something; the deadline only bounds a failure. */
export async function eventually<T>(
  ready: () => T | undefined | false | null,
  what: string,
  milliseconds = 5000,
): Promise<T> {
  for (let waited = 0; waited < milliseconds; waited += 5) {
    const value = ready();
    if (value !== undefined && value !== false && value !== null) return value;
    await new Promise((r) => setTimeout(r, 5));
  }
  throw new Error(`did not happen: ${what}`);
}
