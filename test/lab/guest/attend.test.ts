/** Machines of streams alone: what they say, and how they go. */
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { attend, type Machine } from '../../../src/lab/guest/attend.js';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

describe('a kernel that panics', () => {
  it('and hangs is ended with its last words', async () => {
    const { machine, console, running } = start();
    const end = expect(running).rejects.toMatchObject({
      code: 'GUEST_DIED',
      message: 'a guest stopped: Kernel panic - not syncing: sysrq triggered crash.',
    });
    console.write('[ 1.000000] Kernel panic - not syncing: sysrq trigg');
    console.write('ered crash\r\n[ 1.000001] Call Trace:\r\n');
    await new Promise((done) => setImmediate(done));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(machine.killed).toBe(true);
    await end;
  });

  it('and goes away by itself is not waited for', async () => {
    const { machine, console, running } = start();
    const end = expect(running).rejects.toMatchObject({ code: 'GUEST_DIED' });
    console.write('Kernel panic - not syncing: Attempted to kill init!\n');
    machine.go();
    await end;
    expect(machine.killed).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });
});

function start() {
  const streams = {
    stdout: new PassThrough(),
    stderr: new PassThrough(),
    control: new PassThrough(),
  };
  const console = new PassThrough();
  let leave: () => void;
  const gone = new Promise<void>((done) => (leave = done));
  const machine: Machine & { killed: boolean; go(): void } = {
    ...streams,
    name: 'a guest',
    console: [console],
    gone,
    killed: false,
    go() {
      for (const stream of [...Object.values(streams), console]) stream.destroy();
      leave();
    },
    kill() {
      this.killed = true;
      this.go();
    },
  };
  const running = attend(machine, {
    cwd: '/',
    environment: {},
    writable: [],
    memory: 256,
    timeoutMs: 1_000_000,
    onOutput: () => {},
  });
  return { machine, console, running };
}
