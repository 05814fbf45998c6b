import { afterEach, describe, expect, it, vi } from 'vitest';
import { after } from '../../src/base/time.js';
import { clockName, LinuxClock } from '../../src/linux/clock.js';
import { SleepMeter } from '../../src/linux/sleep-meter.js';

describe('a machine that sleeps', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('the sleep counts, from a second after its end on', () => {
    const machine = new Machine();
    const meter = machine.meter();
    machine.runs(5000);
    expect(meter.now()).toBe(5000);
    machine.sleeps(HOUR);
    machine.runs(999);
    expect(meter.now()).toBe(5999);
    machine.runs(1);
    expect(meter.now()).toBe(6000 + HOUR);
  });

  it('each sleep counts, and once', () => {
    const machine = new Machine();
    const meter = machine.meter();
    for (let i = 1; i <= 3; i++) {
      machine.sleeps(HOUR);
      machine.runs(1000);
      expect(meter.now()).toBe(i * HOUR + (2 * i - 1) * 1000);
      machine.runs(1000);
      expect(meter.now()).toBe(i * HOUR + 2 * i * 1000);
    }
  });

  it.each([
    { what: 'what was slept before the process began', before: HOUR, noise: 0 },
    { what: 'what two readings of two clocks differ by', before: 0, noise: 999 },
  ])('$what does not count', ({ before, noise }) => {
    const machine = new Machine();
    machine.sleeps(before);
    const meter = machine.meter();
    machine.sleeps(noise);
    machine.runs(2000);
    expect(meter.now()).toBe(2000);
    expect(meter.before).toBe(before);
  });

  it('a process that has to wait between two readings has not slept', () => {
    const machine = new Machine();
    const meter = machine.meter();
    machine.runs(2000);
    machine.waitBetween = 5000;
    expect(meter.now()).toBe(2000);
    machine.waitBetween = 0;
    machine.runs(2000);
    expect(meter.now()).toBe(9000);
  });

  it('nor has one that could not read both when it began, and can later', () => {
    const machine = new Machine();
    machine.sleeps(HOUR);
    machine.waitBetween = 5000;
    const meter = machine.meter();
    expect(meter.before).toBeUndefined();
    machine.waitBetween = 0;
    const began = meter.now();
    machine.runs(2000);
    expect(meter.now()).toBe(began + 2000);
  });

  it('a kernel that does not tell has the monotonic clock', () => {
    const machine = new Machine();
    const meter = new SleepMeter(machine.monotonic, () => undefined);
    machine.sleeps(HOUR);
    machine.runs(2000);
    expect([meter.now(), meter.before]).toEqual([2000, undefined]);
  });

  it('a timer that was due in sleep fires within ten seconds of its end', () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const machine = new Machine();
    const clock = new LinuxClock(machine.meter());
    let fired = 0;
    clock.wake(after(clock.now(), HOUR), () => fired++);
    machine.runs(3000);
    vi.advanceTimersByTime(3000);
    machine.sleeps(HOUR);
    machine.runs(6999);
    vi.advanceTimersByTime(6999);
    expect(fired).toBe(0);
    machine.runs(1);
    vi.advanceTimersByTime(1);
    expect(fired).toBe(1);
  });
});

describe('the clock’s name', () => {
  it('is the same at each question', () => {
    expect(clockName()).toMatch(/^[0-9a-f-]{36} -?\d+$/);
    expect(clockName()).toBe(clockName());
  });
});

class Machine {
  waitBetween = 0;
  #monotonic = 0;
  #slept = 0;

  readonly monotonic = (): number => this.#monotonic;

  readonly uptime = (): number => {
    this.#monotonic += this.waitBetween;
    return this.#monotonic + this.#slept;
  };

  meter(): SleepMeter {
    return new SleepMeter(this.monotonic, this.uptime);
  }

  runs(millis: number): void {
    this.#monotonic += millis;
  }

  sleeps(millis: number): void {
    this.#slept += millis;
  }
}

const HOUR = 3_600_000;
