/** Which world a lab runs in: the one asked for, or the best that this machine gives. */
import { release } from 'node:os';
import { UsageError } from '../base/error.js';
import { guestAround } from './guest/around.js';
import { probeNetns } from './netns/probe.js';
import type { WorldKind } from './world.js';

export interface Choice {
  /** Inside a guest that is `netns` too. */
  readonly made: MadeHere;
  readonly kind: WorldKind;
  /** Release of the kernel, such as 6.1.176; null in virtual time. */
  readonly kernel: string | null;
  /** In words, for people. */
  readonly why: string;
  /** How many times as long things may take; above 1 in a guest kernel only. */
  readonly patience: number;
  /** `netns` only after starting ourselves again inside a user namespace. */
  readonly again: boolean;
}

/** Worlds that this process builds; the others are this program again, inside a guest. */
export type MadeHere = 'netns' | 'sim';

/** Not to be had here, and it was asked for by name. */
export class WorldError extends UsageError {
  constructor(reason: string, way: string | null) {
    super(
      'NO_CAPABILITY',
      `Network namespaces cannot be used here: ${reason}.`,
      way === null ? undefined : `${WAY}: ${way}`,
    );
  }
}

/** Throws `WorldError` when `netns` is asked for and not to be had. */
export async function chooseWorld(asked: MadeHere | undefined): Promise<Choice> {
  const sim = { made: 'sim', kind: 'sim', kernel: null, patience: 1, again: false } as const;
  if (asked === 'sim') return { ...sim, why: 'virtual time, as asked' };
  const ability = await probeNetns();
  if (ability.kind !== 'no') {
    const around = guestAround();
    return {
      made: 'netns',
      kind: around?.kind ?? 'netns',
      patience: around?.slowness ?? 1,
      kernel: release(),
      why: ability.why,
      again: ability.kind === 'userNamespace',
    };
  }
  const { reason, way } = ability.refusal;
  if (asked === 'netns') throw new WorldError(reason, way);
  const remedy = way === null ? '' : `. ${WAY}: ${way}`;
  return {
    ...sim,
    why: `virtual time, since network namespaces cannot be used: ${reason}${remedy}`,
  };
}

const WAY = 'To have them';
