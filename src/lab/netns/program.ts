/** This program, to be started again. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Compiled where we are compiled, else from source. */
export function programCommand(): readonly string[] {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'bin', 'run.js')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  if (import.meta.url.endsWith('.js')) return [process.execPath, join(folder, 'bin', 'run.js')];
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', loader, join(folder, 'bin', 'dev.js')];
}
