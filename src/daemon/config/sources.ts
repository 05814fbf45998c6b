/** Configuration text from files. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { isAbsolute, join } from 'node:path';
import type { Sources } from './parser.js';

/** Relative names are relative to the daemon's working directory, as in every UMIP. */
export const fileSources: Sources = {
  read: (file) => readFileSync(file, 'utf8'),
  glob,
};

/** `*`, `?` and `[…]` in any part of the path; a name without them stands for itself. */
function glob(pattern: string): string[] {
  if (!/[*?[]/.test(pattern)) return [pattern];
  let found = [isAbsolute(pattern) ? '/' : ''];
  for (const part of pattern.split('/').filter(Boolean)) {
    found = /[*?[]/.test(part)
      ? found.flatMap((directory) =>
          entries(directory)
            .filter(matcher(part))
            .map((name) => join(directory, name)),
        )
      : found.map((directory) => join(directory, part));
  }
  return found.filter((name) => existsSync(name)).sort();
}

function entries(directory: string): string[] {
  try {
    return readdirSync(directory || '.');
  } catch {
    return []; // not a directory, or not ours to see: nothing matches there
  }
}

/** glob(7): a leading dot must be written; a bracket that nothing closes is an ordinary character. */
function matcher(part: string): (name: string) => boolean {
  const source = part.replace(/\[[^\]/]+\]|[\\^$.*+?()[\]{}|]/g, (found) => {
    if (found === '*') return '.*';
    if (found === '?') return '.';
    if (found.length === 1) return `\\${found}`;
    const inside = found.slice(1, -1).replace(/^!/, '^').replace(/\\/g, '\\\\');
    return `[${inside}]`;
  });
  const expression = new RegExp(`^${source}$`);
  return (name) => expression.test(name) && (!name.startsWith('.') || part.startsWith('.'));
}
