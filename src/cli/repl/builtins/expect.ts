/** `expect EVENT`: waits for an event, also for one that came since the last command that changed something began. */
import { UsageError } from '../../../base/error.js';
import type { EventNotice } from '../../../control/api.js';
import { eventText } from '../../render/event.js';
import { parseDuration } from '../duration.js';
import type { Logged } from '../event-log.js';
import { matches, parsePattern, patternText, type EventPattern } from '../event-pattern.js';
import { expanded, type Builtin } from './builtin.js';

/** It did not come. */
export class ExpectationError extends Error {
  override readonly name = 'ExpectationError';
  readonly code = 'DID_NOT_COME';
}

const USAGE = 'expect EVENT [where FIELD=VALUE …] [within TIME]';

export const expectEvent: Builtin = {
  usage: USAGE,
  summary: 'wait for an event, 5s unless told otherwise; fails when it does not come',
  async run(session, call) {
    const words = expanded(session, call, USAGE, 1);
    const { pattern, rest } = parsePattern(words);
    const time = within(rest);
    const connection = session.daemons.current;
    await connection.client();
    const { log, mark } = connection;
    const missed = log.missed;
    const found = await log.wait((e) => matches(pattern, e), mark, time, call.running.signal);
    if (!found) {
      const lost = log.missed - missed;
      throw new ExpectationError(failure(pattern, time, log.since(mark), lost));
    }
    // What comes next is looked for behind it.
    connection.mark = found.number + 1;
    return { text: eventText(found.notice, session.style), value: found.notice };
  },
};

function within(words: readonly string[]): number {
  const [keyword, time, ...more] = words;
  if (keyword === undefined) return DEFAULT_TIME;
  if (keyword === 'within' && time !== undefined && more.length === 0) return parseDuration(time);
  const wrong = keyword === 'within' ? (more[0] ?? keyword) : keyword;
  throw new UsageError('USAGE', `"${wrong}" does not fit there.`, `It is ${USAGE}.`);
}

function failure(
  pattern: EventPattern,
  time: number,
  came: readonly Logged[],
  missed: number,
): string {
  const head = `${patternText(pattern)} did not come within ${time / 1000} s.`;
  const alike = came
    .map((e) => e.notice)
    .reverse()
    .find((e) => e.code === pattern.code);
  const what = alike ? `It came with ${differing(pattern, alike)}.` : `${sinceThen(came)}.`;
  const lost = missed > 0 ? ` ${missed} events were left out by the daemon.` : '';
  return `${head} ${what}${lost}`;
}

/** What the event had instead. */
function differing(pattern: EventPattern, notice: EventNotice): string {
  const wanted = pattern.fields.filter(
    (field) => !matches({ code: pattern.code, fields: [field] }, notice),
  );
  return wanted
    .map(([name]) => {
      const there = Object.hasOwn(notice.fields, name);
      if (there) return `${name}=${String(notice.fields[name])}`;
      return `no ${name}, but ${Object.keys(notice.fields).join(', ') || 'no fields'}`;
    })
    .join(', ');
}

function sinceThen(came: readonly Logged[]): string {
  if (came.length === 0) return 'No event came';
  const counts = new Map<string, number>();
  for (const { notice } of came) counts.set(notice.code, (counts.get(notice.code) ?? 0) + 1);
  const names = [...counts].map(([code, n]) => (n === 1 ? code : `${code} ×${n}`));
  const shown = names.slice(-MAX_NAMED).join(', ');
  return `There came ${names.length > MAX_NAMED ? `… ${shown}` : shown}`;
}

const DEFAULT_TIME = 5000; // ms
const MAX_NAMED = 8; // events in a sentence
