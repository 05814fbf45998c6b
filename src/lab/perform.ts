/** Does what a script says, in whatever world: every act is real there, or the world throws why it cannot. */
import type { Millis } from '../base/time.js';
import type { Lab } from './model.js';
import { withServices, type Act } from './script.js';
import type { LabTime, LabWorld } from './world.js';

/** What was plugged last, and when. */
export interface Plugged {
  readonly node: string;
  readonly interface: string;
  /** Null: the cable stayed out. */
  readonly to: string | null;
  /** When that move began. */
  readonly startedAt: LabTime;
  /** When its cable was in. */
  readonly at: LabTime | null;
}

export interface Performed {
  /** Null: no cable was touched. */
  readonly plugged: Plugged | null;
  /** What the lab is from now on. */
  readonly lab: Lab;
}

/** `step` is what each wait goes through: it may throw. */
export async function perform(
  act: Act,
  lab: Lab,
  world: LabWorld,
  step: <T>(work: Promise<T>) => Promise<T>,
): Promise<Performed> {
  const move = async (node: string, on: string, to: string | null, gap: Millis) => {
    const startedAt = world.now();
    const at = await step(world.move(node, on, to, gap));
    return { node, interface: on, to, startedAt, at: to === null ? null : at };
  };
  switch (act.kind) {
    case 'move':
      return { plugged: await move(act.node, act.interface, act.to, act.gap), lab };
    case 'alternate': {
      const begun = world.now();
      let plugged: Plugged | null = null;
      for (let n = 0; n < act.count; n++) {
        // Each has its place in time: one that takes long does not delay those after it.
        const wait = begun + n * act.every - world.now();
        if (wait > 0) await step(world.wait(wait));
        plugged = await move(act.node, act.interface, act.between[n % 2]!, 0);
      }
      return { plugged, lab };
    }
    case 'family':
      await step(world.carry(act.link, act.family, act.passes));
      return { plugged: null, lab };
    case 'advertise':
    case 'dhcp': {
      const changed = withServices(lab, act);
      await step(world.serve(changed));
      return { plugged: null, lab: changed };
    }
    default:
      return act satisfies never;
  }
}
