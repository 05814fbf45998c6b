/**
 * The clock of the machine, in milliseconds: the monotonic one, and what the machine has slept since this process
 * began, since lifetimes go on meanwhile. The same for all processes that began since it last slept.
 */
import { readFileSync } from 'node:fs';
import type { Instant, Millis } from '../base/time.js';
import type { Clock } from '../ports/index.js';
import { SleepMeter } from './sleep-meter.js';

export class LinuxClock implements Clock {
  readonly #sleep: SleepMeter;

  /** Another meter in tests. */
  constructor(sleep: SleepMeter = sleepOfThisProcess()) {
    this.#sleep = sleep;
  }

  now(): Instant {
    return this.#sleep.now() as Instant;
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

/**
 * Which clock that is: another one after every start of the machine, and for a process that began after a sleep.
 * Undefined where the kernel does not tell.
 */
export function clockName(): string | undefined {
  try {
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    const { before } = sleepOfThisProcess();
    return boot && before !== undefined ? `${boot} ${Math.round(before / SAME)}` : undefined;
  } catch {
    return undefined;
  }
}

let measured: SleepMeter | undefined;

function sleepOfThisProcess(): SleepMeter {
  measured ??= new SleepMeter(monotonic, uptime);
  return measured;
}

function monotonic(): Millis {
  const [seconds, nanoseconds] = process.hrtime();
  return seconds * 1000 + nanoseconds / 1e6;
}

/** CLOCK_BOOTTIME, in hundredths of a second. */
function uptime(): Millis | undefined {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'utf8'));
    return Number.isFinite(seconds) ? seconds * 1000 : undefined;
  } catch {
    return undefined;
  }
}

/** Node's timers stand still in sleep too: so much later than due they fire at most. */
const LONGEST: Millis = 10_000;
/** Shorter sleeps make no other clock: leases and the like are of minutes. */
const SAME: Millis = 10_000;
