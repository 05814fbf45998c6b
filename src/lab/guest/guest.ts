/**
 * A second kernel on this machine, booted to run one command as root. The command sees this machine's files, and
 * what it writes is gone afterwards, but for the folders that are given to it. It has a network of its own, with
 * nothing in it but `lo`.
 */
export type GuestKind = 'uml' | 'vm';

export interface Guest {
  readonly kind: GuestKind;
  /** For people, such as `user-mode-linux 6.1.176`. */
  readonly name: string;
  /** How many times as long as on this machine things may take there; 1 where it is as fast. */
  readonly slowness: number;
  /**
   * Boots, runs the command, and ends everything that was started, also where this process is killed. Throws
   * `GuestError`, and the signal's reason when it is aborted.
   */
  run(command: readonly string[], options: GuestRun): Promise<GuestEnd>;
}

export interface GuestRun {
  /** Absolute. */
  readonly cwd: string;
  /** Beside PATH, HOME, TERM and LANG, which the guest sets. */
  readonly environment: Readonly<Record<string, string>>;
  /** Folders of this machine, absolute, that the guest may write to. They are made where they are missing. */
  readonly writable: readonly string[];
  /** MiB */
  readonly memory: number;
  /** For the command; the boot has a limit of its own. */
  readonly timeoutMs: number;
  /** As it comes, in any pieces. Standard input is empty. */
  readonly onOutput: (stream: 'stdout' | 'stderr', octets: Uint8Array) => void;
  /** A sentence without a full stop, when something begins that takes its time; `done` when the command begins. */
  readonly onProgress?: ((sentence: string, done: boolean) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface GuestEnd {
  /** Exit code of the command. */
  readonly code: number;
}

export type GuestErrorCode =
  | 'NO_CAPABILITY' // something that it needs is missing on this machine
  | 'GUEST_KERNEL' // the package of the kernel cannot be had
  | 'GUEST_DIED' // the kernel did not boot, or stopped before the command ended
  | 'GUEST_TIMEOUT'; // the command, or the boot, took longer than it may

export class GuestError extends Error {
  override readonly name = 'GuestError';
  readonly code: GuestErrorCode;

  constructor(code: GuestErrorCode, sentence: string, way?: string | null) {
    super([sentence, way].filter(Boolean).join(' '));
    this.code = code;
  }
}
