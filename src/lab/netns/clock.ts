/** The clock of a lab on this machine. The kernel stamps packets by the wall clock, daemons events by the monotonic one. */
import type { LabTime } from '../world.js';

export class LabClock {
  readonly #start = process.hrtime.bigint();
  /** What the wall clock showed at the start, ns since 1970. */
  readonly #wall: bigint;

  constructor() {
    this.#wall = wallAt(this.#start);
  }

  now(): LabTime {
    return Number(process.hrtime.bigint() - this.#start) / 1e6;
  }

  /** Of CLOCK_MONOTONIC in ms, which all processes of a machine share. */
  ofMonotonic(millis: number): LabTime {
    return millis - Number(this.#start) / 1e6;
  }

  /** Of CLOCK_REALTIME. */
  ofWall(nanoseconds: bigint): LabTime {
    return Number(nanoseconds - this.#wall) / 1e6;
  }

  toWall(at: LabTime): bigint {
    return this.#wall + BigInt(Math.round(at * 1e6));
  }
}

/**
 * What the wall clock showed at `instant` of the monotonic one, ns since 1970. `Date.now` counts whole milliseconds: at
 * the moment that it steps, it is exact, as far as nothing came between two looks at it. So the best of some steps is taken.
 */
function wallAt(instant: bigint): bigint {
  let best = { wall: 0n, at: 0n, doubt: NEVER };
  for (let n = 0; n < MAX_STEPS && best.doubt > GOOD; n++) {
    const before = Date.now();
    let wall = before;
    let since = process.hrtime.bigint();
    let at = since;
    while (wall === before) {
      since = at;
      wall = Date.now();
      at = process.hrtime.bigint();
    }
    if (at - since < best.doubt) best = { wall: BigInt(wall) * 1_000_000n, at, doubt: at - since };
  }
  return best.wall - (best.at - instant);
}

const GOOD = 5000n; // ns between two looks: no phase of a handover is that short
const MAX_STEPS = 20; // ms at most
const NEVER = 1n << 62n;
