/**
 * Values of the wire tables (messages, options) as JSON and back. What a row's value looks like is learnt from the
 * row itself, by decoding samples: the table stays the only place where a layout is written.
 */
import { parseIpv4, parseIpv6, parseMac } from '../../base/address.js';
import { fromHex } from '../../base/bytes.js';
import { UsageError } from '../../base/error.js';
import {
  addressOf,
  booleanOf,
  EncodeError,
  flagsJson,
  flagsOf,
  hexJson,
  isObject,
  numberOf,
  octetsOf,
  type JsonObject,
  type Letter,
} from './json.js';
import { nameOf } from './layout.js';
import type { Fields } from './model.js';

/** How a number of a value is named, by field. */
export type Annotations = Readonly<
  Record<string, { readonly names: Naming } | { readonly letters: readonly Letter[] }>
>;
/** `beside` are the other fields: some codes are read by them. */
export type Naming = (value: number, beside: Readonly<JsonObject>) => string | undefined;

/** What a field of a value is. */
export type FieldKind =
  'number' | 'boolean' | 'ipv6' | 'ipv4' | 'mac' | 'octets' | 'text' | 'null' | 'json';
/** Kinds by field; `optional` when not every sample had it. */
export type Shape = ReadonlyMap<
  string,
  { readonly kinds: ReadonlySet<FieldKind>; readonly optional: boolean }
>;

/** `kind` and `options` are left out: the layer and its list say them. */
export function valueJson(value: object, annotations: Annotations = {}): Fields {
  const out: Fields = {};
  for (const [key, inner] of Object.entries(value)) {
    if (LEFT_OUT.has(key)) continue;
    const rule = annotations[key];
    if (typeof inner === 'number' && rule) {
      out[key] =
        'letters' in rule
          ? flagsJson(inner, rule.letters)
          : nameOf(inner, (n) => rule.names(n, value as JsonObject));
    } else out[key] = plain(inner);
  }
  return out;
}

/** The value for a row's encoder. Throws `EncodeError`. */
export function valueOf(
  json: JsonObject,
  shape: Shape,
  path: string,
  annotations: Annotations = {},
): JsonObject {
  const out: JsonObject = {};
  for (const [key, { kinds, optional }] of shape) {
    const given = json[key];
    const at = `${path}.${key}`;
    if (given === undefined) {
      if (optional || kinds.has('null')) {
        if (kinds.has('null')) out[key] = null;
        continue;
      }
      throw new EncodeError('ENCODE_MISSING', at, kindsText(kinds), undefined);
    }
    const rule = annotations[key];
    out[key] =
      rule && 'letters' in rule
        ? flagsOf(given, rule.letters, at, MAX_NUMBER)
        : fieldOf(given, kinds, at);
  }
  return out;
}

/** `decode` gives undefined, or throws, where a sample does not suit it. */
export function learnShape(
  decode: (sample: Uint8Array) => object | undefined,
  lengths: readonly number[],
): Shape {
  const kinds = new Map<string, { kinds: Set<FieldKind>; count: number }>();
  let samples = 0;
  for (const length of lengths) {
    for (const fill of FILLS) {
      let value: object | undefined;
      try {
        value = decode(new Uint8Array(length).fill(fill));
      } catch {
        continue;
      }
      if (!value) continue;
      samples++;
      for (const [key, inner] of Object.entries(value)) {
        if (LEFT_OUT.has(key)) continue;
        const entry = kinds.get(key) ?? { kinds: new Set<FieldKind>(), count: 0 };
        entry.kinds.add(kindOf(inner));
        entry.count++;
        kinds.set(key, entry);
      }
    }
  }
  return new Map(
    [...kinds].map(([key, entry]) => [
      key,
      { kinds: entry.kinds, optional: key === 'reserved' || entry.count < samples },
    ]),
  );
}

/**
 * What was written must read back as what was meant. Throws `EncodeError` at the first field that the octets
 * cannot hold.
 */
export function checkReadsBack(meant: JsonObject, back: object | undefined, path: string): void {
  if (!back) throw new EncodeError('ENCODE_FIELD', path, 'values that this layout allows', meant);
  const read = back as JsonObject;
  for (const key of Object.keys(meant)) {
    if (LEFT_OUT.has(key) || (meant[key] === 0 && read[key] === undefined)) continue;
    const [a, b] = [JSON.stringify(plain(meant[key])), JSON.stringify(plain(read[key]))];
    if (a === b) continue;
    const hint = read[key] === undefined ? '' : ` (what is left of it reads ${b})`;
    throw new EncodeError(
      'ENCODE_FIELD',
      `${path}.${key}`,
      `a value that the field holds${hint}`,
      plain(meant[key]),
    );
  }
}

/** An encoder of the wire tables, with its complaints told where they belong. */
export function encoding<T>(path: string, encode: () => T): T {
  try {
    return encode();
  } catch (error) {
    if (error instanceof EncodeError) throw error;
    if (error instanceof UsageError)
      throw new EncodeError('ENCODE_FIELD', path, sentence(error), 'this');
    if (error instanceof TypeError || error instanceof RangeError)
      throw new EncodeError('ENCODE_FIELD', path, 'the fields of this kind', 'others');
    throw error;
  }
}

function plain(value: unknown): unknown {
  if (value instanceof Uint8Array) return hexJson(value);
  if (Array.isArray(value)) return value.map(plain);
  if (!isObject(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
}

/** `plain` undone: `0x…` are octets, `{value}` is a number. */
function revive(value: unknown): unknown {
  if (typeof value === 'string' && /^0x([0-9a-f]{2})*$/i.test(value))
    return fromHex(value.slice(2));
  if (Array.isArray(value)) return value.map(revive);
  if (!isObject(value)) return value;
  if (typeof value['value'] === 'number') return value['value'];
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, revive(inner)]));
}

function fieldOf(given: unknown, kinds: ReadonlySet<FieldKind>, path: string): unknown {
  if (kinds.has('json')) {
    const value = revive(given);
    if (Array.isArray(value)) return value;
    if (isObject(value) && kinds.size === 1) return value;
    throw new EncodeError('ENCODE_FIELD', path, 'an array', given);
  }
  if (given === null && kinds.has('null')) return null;
  if (kinds.has('number')) return numberOf(given, path, MAX_NUMBER);
  if (kinds.has('boolean')) return booleanOf(given, path);
  if (kinds.has('octets')) return octetsOf(given, path);
  if (typeof given === 'string') {
    if (kinds.has('text')) return given;
    if (kinds.has('mac')) return addressOf(given, 'mac', path);
    if (kinds.has('ipv6') && (!kinds.has('ipv4') || given.includes(':')))
      return addressOf(given, 'ipv6', path);
    if (kinds.has('ipv4')) return addressOf(given, 'ipv4', path);
  }
  throw new EncodeError('ENCODE_FIELD', path, kindsText(kinds), given);
}

function kindOf(value: unknown): FieldKind {
  if (value === null) return 'null';
  if (value instanceof Uint8Array) return 'octets';
  if (typeof value === 'number') return 'number';
  if (typeof value === 'boolean') return 'boolean';
  if (typeof value !== 'string') return 'json';
  if (parseMac(value)) return 'mac';
  if (parseIpv6(value)) return 'ipv6';
  return parseIpv4(value) ? 'ipv4' : 'text';
}

const kindsText = (kinds: ReadonlySet<FieldKind>): string =>
  [...kinds].map((kind) => KIND_TEXT[kind]).join(' or ');
const sentence = (error: UsageError): string => error.message.replace(/\.$/, '');

const KIND_TEXT: Readonly<Record<FieldKind, string>> = {
  number: 'a whole number',
  boolean: 'true or false',
  ipv6: 'an IPv6 address',
  ipv4: 'an IPv4 address',
  mac: 'a link-layer address',
  octets: 'octets as "0x…"',
  text: 'text',
  null: 'null',
  json: 'an array',
};
const FILLS = [0x00, 0x01, 0x55, 0x80, 0xff];
const LEFT_OUT: ReadonlySet<string> = new Set(['kind', 'options', 'verbatim']);
/** The widest numbers are 48 bits, RFC 5213 §8.8; what a narrower field cannot hold does not read back. */
const MAX_NUMBER = 2 ** 48 - 1;
