/** Debian's own kernels, from their packages into a folder of the user, once. Nothing is installed. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { run } from '../netns/command.js';
import { GuestError } from './guest.js';

/** Kernels that `--kernel` names → the package that stands for the newest of its kind. */
export const DEBIAN_KERNELS = {
  '6.1': 'linux-image-cloud-amd64',
  '6.12': 'linux-image-6.12-cloud-amd64',
} as const;
export type KernelName = keyof typeof DEBIAN_KERNELS;

export interface KernelTree {
  /** Such as `6.1.0-56-cloud-amd64`. */
  readonly release: string;
  /** bzImage */
  readonly image: string;
  /** Folder with `modules.dep`. */
  readonly modules: string;
  /** What is made of it may be kept here. */
  readonly folder: string;
}

/** Fetches it where it is not there yet; `say` is told before that. Throws `GuestError` `GUEST_KERNEL`. */
export async function debianKernel(
  name: KernelName,
  say: (sentence: string) => void,
): Promise<KernelTree> {
  const meta = DEBIAN_KERNELS[name];
  const cache = kernelCache();
  const known = join(cache, `${meta}.package`);
  try {
    // What was fetched once is taken again: no network is asked for news.
    const remembered = existsSync(known) ? readFileSync(known, 'utf8').trim() : undefined;
    if (remembered !== undefined && existsSync(join(cache, remembered))) {
      return treeAt(join(cache, remembered));
    }
    mkdirSync(cache, { recursive: true });
    const real = realPackage(meta, await run(['apt-cache', 'depends', meta]));
    if (!existsSync(join(cache, real))) {
      say(`${real} is fetched into ${cache}`);
      await fetchPackage(real, cache);
    }
    const tree = treeAt(join(cache, real));
    writeFileSync(known, `${real}\n`);
    return tree;
  } catch (error) {
    if (error instanceof GuestError) throw error;
    const why = error instanceof Error ? error.message : String(error);
    throw new GuestError(
      'GUEST_KERNEL',
      `The kernel of Debian's ${meta} cannot be had: ${why}.`,
      'It comes by "apt-get download", on a Debian system that has done "apt-get update".',
    );
  }
}

export function kernelCache(environment: NodeJS.ProcessEnv = process.env): string {
  return join(environment['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'mip6', 'kernels');
}

/** The package with the kernel in it, of the output of `apt-cache depends`; the package itself where it is one. */
export const realPackage = (meta: string, depends: string): string =>
  /^ *\|?Depends: (linux-image-\d\S*)$/m.exec(depends)?.[1] ?? meta;

/** Beside its place and then moved there: nobody sees half of it. */
async function fetchPackage(name: string, cache: string): Promise<void> {
  const work = mkdtempSync(join(cache, 'fetch-'));
  try {
    await run(['sh', '-c', 'cd "$1" && apt-get -q download "$2"', 'sh', work, name]);
    const file = readdirSync(work).find((f) => f.endsWith('.deb'));
    if (file === undefined) throw new Error('apt-get brought no package');
    const tree = join(work, 'tree');
    await run(['dpkg-deb', '-x', join(work, file), tree]);
    const { release, modules } = treeAt(tree);
    // The package makes these when it is installed.
    const base = modules.slice(0, modules.indexOf('/lib/modules/'));
    await run(['depmod', '-b', base, release]);
    try {
      renameSync(tree, join(cache, name));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOTEMPTY') throw error; // else another was first
    }
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}

function treeAt(folder: string): KernelTree {
  const boot = join(folder, 'boot');
  const image = readdirSync(boot).find((f) => f.startsWith(IMAGE));
  if (image === undefined) throw new Error(`there is no kernel in ${boot}`);
  const release = image.slice(IMAGE.length);
  const places = ['lib', 'usr/lib'].map((lib) => join(folder, lib, 'modules', release));
  const modules = places.find((place) => existsSync(place));
  if (modules === undefined) throw new Error(`there are no modules in ${places[0]}`);
  return { release, image: join(boot, image), modules, folder };
}

const IMAGE = 'vmlinuz-';
