/**
 * `--expect`: what an answer has to be like, read once and then asked of every answer.
 *
 *   status=0   status<128   lifetime>=60   flags=K   natDetection.refresh=110   natDetection   !natDetection
 *   answer=ba  answer=error  answer=silence  silence
 */
import { parseAddress } from '../../base/address.js';
import { UsageError } from '../../base/error.js';
import { didYouMean } from '../../daemon/config/suggest.js';
import { messageEntries, messageParts } from '../../diagnostics/craft/catalogue.js';
import type { AnswerClass } from '../../diagnostics/craft/match.js';
import { ICMPV6_BODIES, ND_OPTION_FORMAT } from '../../diagnostics/layers/icmpv6-layout.js';
import { isObject, type JsonObject } from '../../diagnostics/layers/json.js';
import { MOBILITY_OPTIONS } from '../../diagnostics/layers/mobility.js';
import type { DecodedLayer, Fields } from '../../diagnostics/layers/model.js';
import type { TlvRow } from '../../diagnostics/layers/tlv.js';
import { normal } from './names.js';

/** What came, as far as an expectation looks at it; null: nothing. */
export interface Seen {
  readonly class: AnswerClass;
  readonly layers: readonly DecodedLayer[];
}

export interface Expectation {
  /** As typed. */
  readonly text: string;
  readonly holds: (seen: Seen | null) => boolean;
}

/** Throws `UsageError` `SEND_EXPECT`. */
export function readExpectation(text: string): Expectation {
  const [, not, name, sign, value] =
    /^(!?)\s*([\w -]+?(?:\.\w+)?)\s*(?:(!=|<=|>=|[=<>])\s*(.*))?$/.exec(text.trim()) ?? [];
  if (name === undefined) {
    throw new UsageError(
      'SEND_EXPECT',
      `--expect wants NAME, !NAME or NAME=VALUE (also != < <= > >=), came "${text}".`,
    );
  }
  if (normal(name) === SILENCE && sign === undefined) {
    return { text, holds: (seen) => (seen === null) === (not === '') };
  }
  if (normal(name) === 'answer') return expectClass(text, sign, value);
  const read = reader(name);
  if (sign === undefined) {
    return {
      text,
      holds: (seen) => seen !== null && (read(seen) === undefined) === (not === '!'),
    };
  }
  if (value === undefined || value === '' || not === '!') {
    throw new UsageError('SEND_EXPECT', `--expect ${text}: expected a value after ${sign}.`);
  }
  return {
    text,
    holds: (seen) => {
      const actual = seen === null ? undefined : read(seen);
      return actual !== undefined && compare(actual, sign as Sign, value);
    },
  };
}

function expectClass(text: string, sign: string | undefined, value = ''): Expectation {
  const key = normal(value);
  const entry = messageEntries().find(({ word, kind, name }) =>
    [word, kind, name].some((n) => normal(n) === key),
  );
  const plain = [SILENCE, 'error', ...Object.keys(ICMPV6_ERRORS)];
  if ((sign !== '=' && sign !== '!=') || (!entry && !plain.includes(key))) {
    const names = [...plain, ...messageEntries().map(({ word }) => word)];
    throw new UsageError(
      'SEND_EXPECT',
      `--expect ${text}: expected answer=NAME.`,
      didYouMean(value, names) || `Names are ${names.join(', ')}.`,
    );
  }
  const is = (seen: Seen | null): boolean => {
    if (seen === null) return key === SILENCE;
    if (key === 'error') return seen.class === 'error';
    const message = messageLayer(seen);
    const type = numberIn(message?.fields['type']);
    if (entry) return message?.layer === entry.layer && type === entry.type;
    return message?.layer === 'icmpv6' && type === ICMPV6_ERRORS[key];
  };
  return { text, holds: (seen) => is(seen) === (sign === '=') };
}

/** The value that a name means, undefined where the answer has no such thing. */
function reader(name: string): (seen: Seen) => unknown {
  const [first, second] = name.split('.') as [string, string | undefined];
  const field = FIELD_NAMES().get(normal(name));
  if (field !== undefined) return (seen) => messageLayer(seen)?.fields[field];
  const row = optionRow(first);
  const inner =
    second === undefined ? undefined : row?.names().find((n) => normal(n) === normal(second));
  if (row && (second === undefined || inner !== undefined)) {
    return (seen) => {
      const found = optionIn(messageLayer(seen)?.fields, row.type);
      return inner === undefined ? found : found?.[inner];
    };
  }
  const known = row
    ? row.names().map((n) => `${first}.${n}`)
    : [SILENCE, 'answer', ...FIELD_NAMES().values(), ...ROWS().flatMap((r) => r.kind ?? [])];
  throw new UsageError(
    'SEND_EXPECT',
    `No answer has "${name}".`,
    didYouMean(name, known) || 'Name a field of the answer, or an option of it.',
  );
}

type Sign = '=' | '!=' | '<' | '<=' | '>' | '>=';

function compare(actual: unknown, sign: Sign, expected: string): boolean {
  switch (sign) {
    case '=':
      return equal(actual, expected);
    case '!=':
      return !equal(actual, expected);
    default: {
      const [a, b] = [numberIn(actual), Number(expected)];
      if (a === undefined || Number.isNaN(b)) return false;
      if (sign === '<') return a < b;
      if (sign === '<=') return a <= b;
      return sign === '>' ? a > b : a >= b;
    }
  }
}

/** Numbers by value or by the name that they have; flags by their letters; of a list, one of it. */
function equal(actual: unknown, expected: string): boolean {
  if (Array.isArray(actual)) return actual.some((one) => equal(one, expected));
  if (isObject(actual) && typeof actual['letters'] === 'string') {
    const letters = (text: string) => [...text.toUpperCase()].sort().join('');
    if (letters(actual['letters']) === letters(expected)) return true;
  } else if (isObject(actual) && normal(String(actual['name'])) === normal(expected)) return true;
  const number = numberIn(actual);
  if (number !== undefined) return expected !== '' && number === Number(expected);
  const [a, b] = [parseAddress(String(actual)), parseAddress(expected)];
  return a !== undefined && b !== undefined ? a === b : String(actual) === expected;
}

const numberIn = (value: unknown): number | undefined => {
  const inner = isObject(value) ? value['value'] : value;
  return typeof inner === 'number' ? inner : undefined;
};

/** The innermost message: what an error quotes comes after it. */
const messageLayer = ({ layers }: Seen): DecodedLayer | undefined =>
  layers.filter(({ layer, quoted }) => !quoted && MESSAGES.has(layer)).at(-1);

function optionIn(fields: Fields | undefined, type: number): JsonObject | undefined {
  const options = fields?.['options'];
  if (!Array.isArray(options)) return undefined;
  return (options as JsonObject[]).find((option) => numberIn(option['type']) === type);
}

function optionRow(name: string): TlvRow | undefined {
  const key = normal(name);
  return ROWS().find((row) => normal(row.name) === key || (row.kind && normal(row.kind) === key));
}

const ROWS = (): readonly TlvRow[] => [...MOBILITY_OPTIONS.rows(), ...ND_OPTION_FORMAT.rows()];

/** Fields that an answer can have, by their name without signs. */
function FIELD_NAMES(): ReadonlyMap<string, string> {
  const errors = Object.values(ICMPV6_ERRORS).flatMap((type) => ICMPV6_BODIES[type]!.layout);
  const names = [
    'type',
    ...messageEntries().flatMap((entry) => messageParts(entry).fields.map(({ name }) => name)),
    ...errors.map(({ name }) => name),
  ];
  return new Map(names.map((name) => [normal(name), name]));
}

const SILENCE = 'silence';
const MESSAGES: ReadonlySet<string> = new Set(['mh', 'icmpv6', 'icmp']);
const ICMPV6_ERRORS: Readonly<Record<string, number>> = {
  unreachable: 1,
  packettoobig: 2,
  timeexceeded: 3,
  parameterproblem: 4,
};
