/** What a lab knows of the guest kernel that it runs in: the environment says it, set by `play-in-guest.ts`. */
import { release } from 'node:os';
import type { GuestKind } from './guest.js';

export interface GuestAround {
  readonly kind: GuestKind;
  /** In words, such as `user-mode-linux 6.1.176`. */
  readonly name: string;
}

/** Undefined outside of a guest. */
export function guestAround(environment: NodeJS.ProcessEnv = process.env): GuestAround | undefined {
  const kind = environment[GUEST];
  return kind === 'uml' || kind === 'vm' ? { kind, name: guestName(kind, release()) } : undefined;
}

export const guestEnvironment = (kind: GuestKind): Readonly<Record<string, string>> => ({
  [GUEST]: kind,
});

export const guestName = (kind: GuestKind, kernel: string): string =>
  kind === 'uml' ? `user-mode-linux ${kernel}` : `Linux ${kernel} in QEMU`;

const GUEST = 'MIP6_LAB_GUEST';
