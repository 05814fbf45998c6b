/** Which world can be built here, found out by trying, and why not the other. */
import { accessSync, constants } from 'node:fs';
import { release } from 'node:os';
import { native } from '../../linux/native.js';
import { guestAround } from '../guest/around.js';
import { missingPrograms } from '../programs.js';
import type { WorldRefusal } from '../world.js';
import { tryRun } from './command.js';

export type NetnsAbility =
  /** As we are. */
  | { readonly kind: 'ready'; readonly why: string }
  /** After starting ourselves again inside a user namespace: `userNamespaceCommand`. */
  | { readonly kind: 'userNamespace'; readonly why: string }
  | { readonly kind: 'no'; readonly refusal: WorldRefusal };

export async function probeNetns(
  environment: NodeJS.ProcessEnv = process.env,
): Promise<NetnsAbility> {
  if (process.platform !== 'linux') return no(`this is ${process.platform}, not Linux`, null);
  const missing = missingPrograms(PROGRAMS);
  if (missing) return { kind: 'no', refusal: missing };
  try {
    native();
  } catch (error) {
    return no(error instanceof Error ? error.message : String(error), null);
  }
  try {
    accessSync('/dev/net/tun', constants.R_OK | constants.W_OK);
  } catch (error) {
    const denied = (error as NodeJS.ErrnoException).code === 'EACCES';
    return denied
      ? no(
          '/dev/net/tun may not be opened by you',
          'chmod 0666 /dev/net/tun, as most systems have it',
        )
      : no('there is no /dev/net/tun', 'modprobe tun, or give the container --device /dev/net/tun');
  }
  if (environment[INSIDE] !== undefined) {
    return { kind: 'ready', why: `${OURS}, inside an unprivileged user namespace` };
  }
  if ((await tryRun(['unshare', '-n', '-m', 'true'])).code === 0) {
    return { kind: 'ready', why: OURS };
  }
  const inside = await tryRun(['unshare', '-Urnm', 'mount', '-t', 'tmpfs', 'tmpfs', '/run']);
  if (inside.code === 0) {
    return { kind: 'userNamespace', why: `${OURS}, inside an unprivileged user namespace` };
  }
  const said = inside.stderr.trim().split('\n')[0];
  return no(
    `neither root nor user namespaces are to be had (${said})`,
    'run as root, or allow user namespaces: sysctl kernel.unprivileged_userns_clone=1 kernel.apparmor_restrict_unprivileged_userns=0',
  );
}

/**
 * The command that starts `command` again as root of a user namespace with a /run of its own. Files of the lab stay
 * where the user outside finds them: `environment` says where.
 */
export function userNamespaceCommand(
  command: readonly string[],
  folder: string,
): { readonly command: readonly string[]; readonly environment: Readonly<Record<string, string>> } {
  const script = 'mount -t tmpfs tmpfs /run && exec "$@"';
  return {
    command: ['unshare', '-Urnm', 'sh', '-c', script, 'sh', ...command],
    environment: { [INSIDE]: '1', MIP6_LAB_DIR: folder },
  };
}

/** True in a process that `userNamespaceCommand` started. */
export const insideUserNamespace = (environment: NodeJS.ProcessEnv = process.env): boolean =>
  environment[INSIDE] !== undefined;

const no = (reason: string, way: string | null): NetnsAbility => ({
  kind: 'no',
  refusal: { reason, way },
});

/** Which kernel that is. */
const OURS = `network namespaces of ${guestAround()?.name ?? `this kernel, ${release()}`}`;
const INSIDE = 'MIP6_LAB_INSIDE';
/** Program → Debian package. */
const PROGRAMS = { ip: 'iproute2', nft: 'nftables', unshare: 'util-linux' };
