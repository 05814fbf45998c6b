import { readdirSync } from 'node:fs';
import { UsageError } from '../base/error.js';
import { ControlError } from '../control/error.js';

export const SOCKET_DIRECTORY = '/run/mip6';

/** Which daemon is meant. */
export interface DaemonFlags {
  readonly socket?: string | undefined;
  readonly name?: string | undefined;
}

export const socketOfName = (name: string, directory = SOCKET_DIRECTORY): string =>
  `${directory}/${name}.sock`;

/**
 * The daemon that is meant: --socket, --name, $MIP6_SOCKET, or the only socket there is.
 * Throws `ControlError` `NO_DAEMON`, or `UsageError` `WHICH_DAEMON` naming the choices.
 */
export function socketPath(
  flags: DaemonFlags,
  environment: Readonly<Record<string, string | undefined>>,
  directory = SOCKET_DIRECTORY,
): string {
  if (flags.socket !== undefined) return flags.socket;
  if (flags.name !== undefined) return socketOfName(flags.name, directory);
  const fromEnvironment = environment['MIP6_SOCKET'];
  if (fromEnvironment) return fromEnvironment;
  const names = socketNames(directory);
  if (names.length === 1) return socketOfName(names[0]!, directory);
  if (names.length === 0) {
    throw new ControlError(
      'NO_DAEMON',
      `No mip6 daemon in ${directory}. Start one with "mip6 daemon -c FILE".`,
    );
  }
  throw new UsageError(
    'WHICH_DAEMON',
    `Several daemons run here: ${names.join(', ')}.`,
    'Choose one with --name.',
  );
}

/** Of the sockets there are, without their end. */
export function socketNames(directory = SOCKET_DIRECTORY): string[] {
  try {
    return readdirSync(directory)
      .filter((name) => name.endsWith('.sock'))
      .map((name) => name.slice(0, -'.sock'.length))
      .sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}
