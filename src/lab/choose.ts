/** Which world a lab runs in: the one asked for, or the best that this machine gives. */
import { UsageError } from '../base/error.js';
import { probeNetns } from './netns/probe.js';
import type { WorldKind } from './world.js';

export interface Choice {
  readonly kind: WorldKind;
  /** In words, for people. */
  readonly why: string;
  /** `netns` only after starting ourselves again inside a user namespace. */
  readonly again: boolean;
}

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
export async function chooseWorld(asked: WorldKind | undefined): Promise<Choice> {
  if (asked === 'sim') return { kind: 'sim', why: 'virtual time, as asked', again: false };
  const ability = await probeNetns();
  if (ability.kind !== 'no') {
    return { kind: 'netns', why: ability.why, again: ability.kind === 'userNamespace' };
  }
  const { reason, way } = ability.refusal;
  if (asked === 'netns') throw new WorldError(reason, way);
  return {
    kind: 'sim',
    why: `virtual time, since network namespaces cannot be used: ${reason}${way === null ? '' : `. ${WAY}: ${way}`}`,
    again: false,
  };
}

const WAY = 'To have them';
