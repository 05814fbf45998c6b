import { readdirSync } from 'node:fs';
import { UsageError } from '../base/error.js';
import { storeDirectory, storeOfName } from '../daemon/store-path.js';

/**
 * The store that is meant: --store, --name, or the only one there is.
 * Throws `UsageError` `WHICH_STORE` naming the choices.
 */
export function storePath(
  flags: { store?: string | undefined; name?: string | undefined },
  environment: Readonly<Record<string, string | undefined>>,
): string {
  if (flags.store !== undefined) return flags.store;
  if (flags.name !== undefined) return storeOfName(flags.name, environment);
  const directory = storeDirectory(environment);
  const names = storeNames(directory);
  if (names.length === 1) return storeOfName(names[0]!, environment);
  if (names.length === 0) {
    throw new UsageError(
      'WHICH_STORE',
      `No daemon has kept anything in ${directory}.`,
      'Name a file with --store, or a gateway with --gateway, --mac and --address.',
    );
  }
  throw new UsageError(
    'WHICH_STORE',
    `Several daemons have kept something in ${directory}: ${names.join(', ')}.`,
    'Choose one with --name.',
  );
}

function storeNames(directory: string): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.store'))
      .map((name) => name.slice(0, -'.store'.length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
