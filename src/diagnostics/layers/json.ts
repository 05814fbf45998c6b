/** JSON values read as what a field wants; what does not fit is an `EncodeError` that says where. */
import { parseIpv4, parseIpv6, parseMac } from '../../base/address.js';
import { fromHex, toHex } from '../../base/bytes.js';
import { UsageError } from '../../base/error.js';

/** `path` is as in JavaScript: `layers[1].fields.hopLimit`. */
export class EncodeError extends UsageError {
  readonly path: string;
  readonly expected: string;
  readonly came: string;

  constructor(code: string, path: string, expected: string, came: unknown) {
    const text = shown(came);
    super(code, `${path}: expected ${expected}, came ${text}.`);
    this.path = path;
    this.expected = expected;
    this.came = text;
  }
}

export type JsonObject = Record<string, unknown>;

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

export function objectOf(value: unknown, path: string): JsonObject {
  if (isObject(value)) return value;
  throw new EncodeError('ENCODE_FIELD', path, 'an object', value);
}

export function arrayOf(value: unknown, path: string): unknown[] {
  if (Array.isArray(value)) return value;
  throw new EncodeError('ENCODE_FIELD', path, 'an array', value);
}

/** A number, `{value}` as the decoder names it, or hexadecimal such as `"0x1f"`. */
export function numberOf(value: unknown, path: string, max: number): number {
  const inner = isObject(value) ? value['value'] : value;
  const n =
    typeof inner === 'string' && /^0x[0-9a-f]{1,12}$/i.test(inner)
      ? Number.parseInt(inner, 16)
      : inner;
  if (typeof n === 'number' && Number.isInteger(n) && n >= 0 && n <= max) return n;
  throw new EncodeError('ENCODE_FIELD', path, `a whole number from 0 to ${max}`, inner);
}

export function booleanOf(value: unknown, path: string): boolean {
  if (typeof value === 'boolean') return value;
  throw new EncodeError('ENCODE_FIELD', path, 'true or false', value);
}

/** `size` undefined: any number of octets. */
export function octetsOf(value: unknown, path: string, size?: number): Uint8Array {
  const octets = typeof value === 'string' ? fromHex(value.replace(/^0x/i, '')) : undefined;
  if (octets && (size === undefined || octets.length === size)) return octets;
  const many = size === undefined ? 'octets' : `${size} octets`;
  throw new EncodeError('ENCODE_FIELD', path, `${many} as "0x…"`, value);
}

const PARSERS = { ipv6: parseIpv6, ipv4: parseIpv4, mac: parseMac } as const;
const ADDRESS_NAMES = {
  ipv6: 'an IPv6 address',
  ipv4: 'an IPv4 address',
  mac: 'a link-layer address such as "02:00:00:00:00:01"',
} as const;

export function addressOf(value: unknown, kind: keyof typeof PARSERS, path: string): string {
  const address = typeof value === 'string' ? PARSERS[kind](value) : undefined;
  if (address !== undefined) return address;
  throw new EncodeError('ENCODE_FIELD', path, ADDRESS_NAMES[kind], value);
}

export interface Letter {
  readonly bit: number;
  readonly letter: string;
  readonly name: string;
}

/** `{value, letters, names}`: flags as the decoder shows them. */
export const flagsJson = (value: number, rows: readonly Letter[]) => {
  const set = rows.filter((row) => value & row.bit);
  return {
    value,
    letters: set.map((row) => row.letter).join(''),
    names: set.map((row) => row.name),
  };
};

/** That object, a number, `{letters}`, or letters alone such as `"AH"`. */
export function flagsOf(
  value: unknown,
  rows: readonly Letter[],
  path: string,
  max: number,
): number {
  const letters =
    typeof value === 'string'
      ? value
      : isObject(value) && value['value'] === undefined
        ? value['letters']
        : undefined;
  if (typeof letters !== 'string' || letters.startsWith('0x')) return numberOf(value, path, max);
  let sum = 0;
  for (const letter of letters) {
    const row = rows.find((r) => r.letter === letter);
    if (!row) {
      const known = rows.map((r) => r.letter).join('');
      throw new EncodeError('ENCODE_FIELD', path, `letters of ${known}, or a number`, value);
    }
    sum += sum & row.bit ? 0 : row.bit;
  }
  return sum;
}

export const hexJson = (octets: Uint8Array): string => `0x${toHex(octets)}`;

/** Names that an object has and nobody reads: mostly a misspelling. */
export function rejectUnknown(object: JsonObject, known: readonly string[], path: string): void {
  for (const key of Object.keys(object)) {
    if (!known.includes(key)) {
      throw new EncodeError('ENCODE_FIELD', `${path}.${key}`, `one of ${known.join(', ')}`, key);
    }
  }
}

function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : (JSON.stringify(value) ?? String(value));
  return text.length > MAX_SHOWN ? `${text.slice(0, MAX_SHOWN)}…` : text;
}

const MAX_SHOWN = 60; // characters of a wrong value in an error
