/** The clock of a lab on this machine. The kernel stamps packets by the wall clock, daemons events by the monotonic one. */
import type { LabTime } from '../world.js';

export class LabClock {
  readonly #start = process.hrtime.bigint();
  /** What the wall clock showed at the start, ns since 1970. */
  readonly #wall: bigint;

  constructor() {
    this.#wall = wallNow() - (process.hrtime.bigint() - this.#start);
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

/** `Date.now` counts whole milliseconds: at the moment that it steps, it is exact. */
function wallNow(): bigint {
  const before = Date.now();
  let now = before;
  while (now === before) now = Date.now();
  return BigInt(now) * 1_000_000n;
}
