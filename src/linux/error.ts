/** The kernel's fault, or the host's: what was asked, what the kernel said, and the way out. */
import { getSystemErrorName } from 'node:util';

export type LinuxErrorCode =
  | 'NATIVE_MISSING' // native/build/mipio.node has not been built
  | 'NATIVE_BROKEN' // it is there and cannot be loaded
  | 'PERMISSION' // CAP_NET_ADMIN or CAP_NET_RAW is missing
  | 'NAMESPACE' // a network namespace cannot be entered
  | 'SOCKET' // a socket cannot be opened or set up
  | 'PORT_IN_USE' // UDP 4191 belongs to another program
  | 'TUN' // the tunnel device cannot be made
  | 'NETLINK' // an rtnetlink or nfnetlink request was refused
  | 'NFT' // nft, or iptables in its place, is missing or refused the rules
  | 'DATAPATH' // the kernel cannot be the datapath that was asked for
  | 'SYSCTL' // a kernel setting cannot be written
  | 'STORE'; // the state file cannot be written

export class LinuxError extends Error {
  override readonly name = 'LinuxError';
  readonly code: LinuxErrorCode;
  /** `EPERM` and the like; undefined when no system call failed. */
  readonly errno: string | undefined;
  /** A full sentence. */
  readonly way: string | undefined;

  constructor(
    code: LinuxErrorCode,
    sentence: string,
    detail: { errno?: string | undefined; way?: string } = {},
  ) {
    super([sentence, detail.way].filter(Boolean).join(' '));
    this.code = code;
    this.errno = detail.errno;
    this.way = detail.way;
  }
}

/** What happened, without the way out, and of what a program said the first line. */
export function sentenceOf({ message, way }: LinuxError): string {
  const whole = way === undefined ? message : message.replace(` ${way}`, '');
  const [first = ''] = whole.split('\n');
  return /[.!?]$/.test(first) ? first : `${first}.`;
}

/** `EEXIST` for 17 and for -17. */
export function errnoName(number: number): string {
  try {
    return getSystemErrorName(-Math.abs(number));
  } catch {
    return `errno ${Math.abs(number)}`;
  }
}

/** The symbolic name on an error of Node or of the addon. */
export function errnoOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | null)?.code;
  return typeof code === 'string' && /^E[A-Z0-9]+$/.test(code) ? code : undefined;
}

/** Wraps what a system call threw; permission errors get the usual way out. */
export function linuxError(
  code: LinuxErrorCode,
  doing: string,
  error: unknown,
  way?: string,
): LinuxError {
  if (error instanceof LinuxError) return error;
  const errno = errnoOf(error);
  const said = error instanceof Error ? error.message : String(error);
  const denied = errno === 'EPERM' || errno === 'EACCES';
  const hint = way ?? (denied ? NEEDS_PRIVILEGE : undefined);
  return new LinuxError(denied ? 'PERMISSION' : code, `Cannot ${doing}: ${said}.`, {
    errno,
    ...(hint === undefined ? {} : { way: hint }),
  });
}

const NEEDS_PRIVILEGE =
  'Run as root, or with CAP_NET_ADMIN and CAP_NET_RAW, or inside `unshare -Urnm`.';
