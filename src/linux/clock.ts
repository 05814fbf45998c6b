/** The monotonic clock of the machine, in milliseconds since it started; the same for every process on it. */
import { readFileSync } from 'node:fs';
import type { Instant } from '../base/time.js';
import type { Clock } from '../ports/index.js';

export class LinuxClock implements Clock {
  now(): Instant {
    const [seconds, nanoseconds] = process.hrtime();
    return (seconds * 1000 + nanoseconds / 1e6) as Instant;
  }

  /** Never early: a timer of Node that fires a fraction too soon is set again. */
  wake(at: Instant, call: () => void): () => void {
    let timer: NodeJS.Timeout | undefined;
    const arm = (): void => {
      const left = at - this.now();
      timer = setTimeout(fire, Math.min(Math.max(Math.ceil(left), 0), LONGEST));
    };
    const fire = (): void => {
      if (this.now() < at) arm();
      else call();
    };
    arm();
    return () => clearTimeout(timer);
  }
}

/** Which clock that is: another one after every start of the machine. Undefined where the kernel does not tell. */
export function clockName(): string | undefined {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim() || undefined;
  } catch {
    return undefined;
  }
}

const LONGEST = 2 ** 31 - 1; // setTimeout takes no more
