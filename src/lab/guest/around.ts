/** What a lab knows of the guest kernel that it runs in: the environment says it, set by `play-in-guest.ts`. */
import { release } from 'node:os';
import type { Guest, GuestKind } from './guest.js';

export interface GuestAround {
  readonly kind: GuestKind;
  /** In words, such as `user-mode-linux 6.1.176`. */
  readonly name: string;
  /** See `Guest`. */
  readonly slowness: number;
}

/** Undefined outside of a guest. */
export function guestAround(environment: NodeJS.ProcessEnv = process.env): GuestAround | undefined {
  const kind = environment[GUEST];
  if (kind !== 'uml' && kind !== 'vm') return undefined;
  const slowness = Math.max(1, Number(environment[SLOWNESS]) || 1);
  return { kind, name: guestName(kind, release()), slowness };
}

export const guestEnvironment = ({
  kind,
  slowness,
}: Pick<Guest, 'kind' | 'slowness'>): Readonly<Record<string, string>> => ({
  [GUEST]: kind,
  [SLOWNESS]: String(slowness),
});

export const guestName = (kind: GuestKind, kernel: string): string =>
  kind === 'uml' ? `user-mode-linux ${kernel}` : `Linux ${kernel} in QEMU`;

const GUEST = 'MIP6_LAB_GUEST';
const SLOWNESS = 'MIP6_LAB_SLOWNESS';
