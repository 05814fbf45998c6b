/** This program, to be started again. */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

/** Where an executable named `mip6` is. */
export function programFolder(): string {
  let folder = dirname(fileURLToPath(import.meta.url));
  while (!existsSync(join(folder, 'bin', 'run.js')) && dirname(folder) !== folder) {
    folder = dirname(folder);
  }
  return join(folder, 'bin');
}

/** Compiled where we are compiled, else from source. */
export function programCommand(): readonly string[] {
  const folder = programFolder();
  if (import.meta.url.endsWith('.js')) return [process.execPath, join(folder, 'run.js')];
  const loader = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;
  return [process.execPath, '--import', loader, join(folder, 'dev.js')];
}
