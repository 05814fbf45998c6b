/** A network namespace as people name it. */
import { existsSync } from 'node:fs';
import { UsageError } from '../base/error.js';

/** A name of `ip netns`, or a path such as /proc/PID/ns/net; absent: null, this process's own. Throws `UsageError`. */
export function namespacePath(given: string | undefined): string | null {
  if (given === undefined) return null;
  const path = given.includes('/') ? given : `/run/netns/${given}`;
  if (existsSync(path)) return path;
  throw new UsageError(
    'NETNS',
    `There is no network namespace ${path}.`,
    '`ip netns list` names those that have a name.',
  );
}
