/** The root file system that a virtual machine starts with: a static busybox, and modules of its kernel. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { cpio, type CpioEntry } from './cpio.js';
import type { KernelTree } from './debian-kernel.js';
import { loadOrder, withoutSignature } from './kernel-modules.js';
import { FIRST_MODULES, LATER_MODULES } from './vm-init.js';

/** Octets of an archive, kept beside the kernel for the next time. What a run adds to it follows it. */
export function baseInitramfs(kernel: KernelTree, busybox: string): Uint8Array {
  const first = loadOrder(dependencies(kernel), FIRST_MODULES);
  const later = loadOrder(dependencies(kernel), LATER_MODULES).filter((m) => !first.includes(m));
  const program = readFileSync(busybox);
  const key = createHash('sha256')
    .update(program)
    .update([...first, '', ...later].join('\n'))
    .digest('hex')
    .slice(0, 16);
  const file = join(kernel.folder, `${PREFIX}${key}`);
  if (existsSync(file)) return readFileSync(file);
  const archive = cpio([
    ...FOLDERS.map((path): CpioEntry => ({ kind: 'folder', path })),
    { kind: 'file', path: 'bin/busybox', data: program, executable: true },
    ...[...first, ...later].map((path): CpioEntry => ({
      kind: 'file',
      path: `modules/${loaded(path)}`,
      data: withoutSignature(unpacked(join(kernel.modules, path))),
    })),
    { kind: 'file', path: 'first', data: lines(first.map(loaded)) },
    { kind: 'file', path: 'later', data: lines(later.map(loaded)) },
  ]);
  for (const old of readdirSync(kernel.folder).filter((f) => f.startsWith(PREFIX))) {
    rmSync(join(kernel.folder, old), { force: true });
  }
  writeFileSync(`${file}.${process.pid}`, archive);
  renameSync(`${file}.${process.pid}`, file);
  return archive;
}

const dependencies = (kernel: KernelTree): string =>
  readFileSync(join(kernel.modules, 'modules.dep'), 'utf8');

/** Name of the file in the archive: unpacked, and no two modules have one name. */
const loaded = (path: string): string => path.replace(/^.*\//, '').replace(/\.(xz|zst)$/, '');

/** Throws `Error` when its program fails. */
function unpacked(file: string): Uint8Array {
  const program = file.endsWith('.xz') ? 'xz' : file.endsWith('.zst') ? 'zstd' : undefined;
  if (program === undefined) return readFileSync(file);
  const { status, stdout, error } = spawnSync(program, ['-dc', file], { maxBuffer: MAX_MODULE });
  if (status !== 0)
    throw new Error(`${program} cannot unpack ${file}${error ? `: ${error.message}` : ''}`);
  return stdout;
}

const lines = (all: readonly string[]): Uint8Array =>
  Buffer.from(all.map((l) => `${l}\n`).join(''));

const PREFIX = 'initramfs-';
const FOLDERS = ['bin', 'dev', 'proc', 'sys', 'modules', 'lower', 'upper', 'new'];
const MAX_MODULE = 64 * 1024 * 1024; // octets
