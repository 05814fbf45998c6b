/** May a program of this path run with the daemon's rights? Only if nobody with fewer can change it. */
import { realpath, stat } from 'node:fs/promises';
import type { Stats } from 'node:fs';
import { dirname } from 'node:path';

/** Undefined: yes. Else why not, for people. Never throws. */
export async function distrust(path: string): Promise<string | undefined> {
  try {
    // Who may rename a folder on the way may put another program there.
    for (let at = await realpath(path); ; at = dirname(at)) {
      const why = flaw(await stat(at));
      if (why !== undefined) return `${at} ${why}`;
      if (at === dirname(at)) return undefined;
    }
  } catch (error) {
    return `${path}: ${(error as NodeJS.ErrnoException).code ?? String(error)}`;
  }
}

function flaw({ mode, uid, ...of }: Stats): string | undefined {
  const own = process.geteuid?.() ?? 0;
  if (uid !== 0 && uid !== own) return `belongs to user ${uid}`;
  // In a sticky folder only the owner of an entry may replace it.
  const sticky = (mode & S_IFMT) === S_IFDIR && (mode & S_ISVTX) !== 0;
  if ((mode & WRITABLE_BY_OTHERS) === 0 || sticky) return undefined;
  // A group of root's alone is root.
  const onlyGroup = (mode & 0o002) === 0 && of.gid === 0;
  return onlyGroup ? undefined : 'may be written by others than its owner';
}

/** inode(7) */
const S_IFMT = 0o170000;
const S_IFDIR = 0o040000;
const S_ISVTX = 0o1000;
const WRITABLE_BY_OTHERS = 0o022;
