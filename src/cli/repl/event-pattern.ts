/** Which event is meant: `BINDING_ACCEPTED where careOf=2001:db8::1 lifetime=60`. */
import { parseAddress } from '../../base/address.js';
import { UsageError } from '../../base/error.js';
import type { EventNotice } from '../../control/api.js';
import { EVENTS, type EventCode, type EventField } from '../../core/event.js';
import { didYouMean } from '../../daemon/config/suggest.js';

export interface EventPattern {
  readonly code: EventCode;
  /** All of them must hold. */
  readonly fields: readonly (readonly [name: string, value: string])[];
}

/** Words from the code on, up to the one that is no condition. Throws `UsageError` `REPL_EVENT`. */
export function parsePattern(words: readonly string[]): {
  readonly pattern: EventPattern;
  readonly rest: readonly string[];
} {
  const [typed, where, ...more] = words;
  if (typed === undefined)
    throw new UsageError('REPL_EVENT', 'Which event?', 'Such as BINDING_ACCEPTED.');
  const code = typed.toUpperCase();
  if (!isCode(code)) {
    const hint = didYouMean(code, Object.keys(EVENTS));
    throw new UsageError('REPL_EVENT', `There is no event ${typed}.`, hint);
  }
  if (where !== 'where') return { pattern: { code, fields: [] }, rest: words.slice(1) };
  const fields: (readonly [string, string])[] = [];
  for (const word of more) {
    const found = /^([A-Za-z]\w*)=(.*)$/s.exec(word);
    if (!found) break;
    fields.push([found[1]!, found[2]!]);
  }
  if (fields.length === 0) {
    const what = `After "where" come conditions, not "${more[0] ?? ''}".`;
    const way = `FIELD=VALUE; ${code} has ${fieldNames(code).join(', ') || 'no fields'}.`;
    throw new UsageError('REPL_EVENT', what, way);
  }
  return { pattern: { code, fields }, rest: more.slice(fields.length) };
}

export const matches = (pattern: EventPattern, notice: EventNotice): boolean =>
  notice.code === pattern.code &&
  pattern.fields.every(([name, value]) => holds(notice.fields[name], value));

export const patternText = ({ code, fields }: EventPattern): string =>
  fields.length === 0 ? code : `${code} where ${fields.map(([n, v]) => `${n}=${v}`).join(' ')}`;

/** The fields that the event's sentence names. */
export const fieldNames = (code: EventCode): readonly string[] => [
  ...new Set([...EVENTS[code].sentence.matchAll(/\{(\w+)\}/g)].map((m) => m[1]!)),
];

export const isCode = (text: string): text is EventCode => Object.hasOwn(EVENTS, text);

/** As text; an address is the same however it is written. */
function holds(field: EventField | undefined, value: string): boolean {
  if (field === undefined) return false;
  return String(field) === value || (field !== '' && field === parseAddress(value));
}
