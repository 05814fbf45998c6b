/** Every world that a lab can be played in, and whether this machine has it. */
import { DEBIAN_KERNELS } from './guest/debian-kernel.js';
import { guestName } from './guest/around.js';
import { umlRefusal, umlRelease } from './guest/uml.js';
import { vmRefusal } from './guest/vm.js';
import { probeNetns } from './netns/probe.js';
import type { WorldKind, WorldRefusal } from './world.js';

export interface WorldSummary {
  readonly world: WorldKind;
  readonly here: boolean;
  /** What it is, or why it is not to be had. */
  readonly what: string;
  /** What to do about that; null where there is nothing to do. */
  readonly way: string | null;
}

/** Found out by trying, but for guest kernels, which are not booted for this. */
export async function worldsHere(): Promise<WorldSummary[]> {
  const netns = await probeNetns();
  return [
    netns.kind === 'no' ? absent('netns', netns.refusal) : present('netns', netns.why),
    guest('uml', umlRefusal(), () => guestName('uml', umlRelease() ?? '')),
    guest('vm', vmRefusal(), () => guestName('vm', Object.keys(DEBIAN_KERNELS).join(' or '))),
    present('sim', 'virtual time, no kernel'),
  ];
}

const present = (world: WorldKind, what: string): WorldSummary => ({
  world,
  here: true,
  what,
  way: null,
});

const absent = (world: WorldKind, { reason, way }: WorldRefusal): WorldSummary => ({
  world,
  here: false,
  what: reason,
  way,
});

const guest = (
  world: WorldKind,
  refusal: WorldRefusal | undefined,
  name: () => string,
): WorldSummary => (refusal ? absent(world, refusal) : present(world, name()));
