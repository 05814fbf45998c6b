import { describe, expect, it } from 'vitest';
import { EventLog } from '../../../src/cli/repl/event-log.js';
import type { EventNotice } from '../../../src/control/api.js';

describe('the log of events', () => {
  it('keeps the newest, each with its number', () => {
    const log = new EventLog();
    for (let n = 0; n < 5000; n++) log.push(notice(n));
    expect(log.next).toBe(5000);
    expect(log.since(0).length).toBe(4096);
    expect(log.since(0)[0]!.number).toBe(5000 - 4096);
    expect(log.since(4998).map((e) => e.number)).toEqual([4998, 4999]);
  });

  it('gives one that is there before one that comes', async () => {
    const log = new EventLog();
    for (const n of [1, 2, 2]) log.push(notice(n));
    const two = (e: EventNotice) => e.monotonic === 2;
    expect(await log.wait(two, 0, 1, never)).toMatchObject({ number: 1 });
    expect(await log.wait(two, 2, 1, never)).toMatchObject({ number: 2 });
    const later = log.wait(two, 3, 60_000, never);
    log.push(notice(1));
    log.push(notice(2));
    expect(await later).toMatchObject({ number: 4 });
    expect(await log.wait(two, 5, 1, never)).toBeUndefined();
  });

  it('lets go of who waits when nothing comes any more, or nobody wants to know', async () => {
    const log = new EventLog();
    const waiting = log.wait(() => true, 0, 60_000, never);
    log.fail(new Error('gone'));
    await expect(waiting).rejects.toThrow('gone');
    const abort = new AbortController();
    const other = log.wait(() => true, 0, 60_000, abort.signal);
    abort.abort(new Error('enough'));
    await expect(other).rejects.toThrow('enough');
    await expect(log.wait(() => true, 0, 60_000, abort.signal)).rejects.toThrow('enough');
  });
});

const never = new AbortController().signal;
const notice = (monotonic: number): EventNotice => ({
  code: 'LINK_UP',
  severity: 'info',
  sentence: '',
  fields: {},
  at: '',
  monotonic,
  node: 'mn',
});
