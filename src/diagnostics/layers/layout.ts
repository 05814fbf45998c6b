/** Headers of fixed layout as rows of fields, high bits first: one table decodes and encodes. */
import {
  ipv4FromOctets,
  ipv4Octets,
  ipv6FromOctets,
  ipv6Octets,
  macFromOctets,
  macOctets,
  type Ipv4,
  type Ipv6,
  type MacAddress,
} from '../../base/address.js';
import {
  addressOf,
  booleanOf,
  EncodeError,
  flagsJson,
  flagsOf,
  hexJson,
  numberOf,
  octetsOf,
  type JsonObject,
  type Letter,
} from './json.js';
import type { Fields } from './model.js';

export interface Field {
  readonly name: string;
  readonly bits: number;
  readonly kind: 'uint' | 'flag' | 'ipv6' | 'ipv4' | 'mac' | 'octets';
  /** Shown as `{value, name}`. */
  readonly names?: (value: number) => string | undefined;
  /** Shown as `{value, letters, names}`. */
  readonly letters?: readonly Letter[];
  /** What one unit of the wire means. */
  readonly scale?: number;
  /** Left out when zero: reserved bits. */
  readonly quiet?: true;
  /** May be absent when encoding: the encoder computes it. */
  readonly auto?: true;
}

export const uint = (name: string, bits: number, more: Partial<Field> = {}): Field => ({
  name,
  bits,
  kind: 'uint',
  ...more,
});
export const coded = (
  name: string,
  bits: number,
  names: (value: number) => string | undefined,
  more: Partial<Field> = {},
): Field => uint(name, bits, { names, ...more });
export const reserved = (bits: number, name = 'reserved'): Field =>
  uint(name, bits, { quiet: true });
export const flag = (name: string): Field => ({ name, bits: 1, kind: 'flag' });
export const ipv6Field = (name: string): Field => ({ name, bits: 128, kind: 'ipv6' });
export const ipv4Field = (name: string): Field => ({ name, bits: 32, kind: 'ipv4' });
export const macField = (name: string): Field => ({ name, bits: 48, kind: 'mac' });
export const octetsField = (name: string, octets: number, more: Partial<Field> = {}): Field => ({
  name,
  bits: 8 * octets,
  kind: 'octets',
  ...more,
});

export const layoutLength = (layout: readonly Field[]): number =>
  layout.reduce((sum, field) => sum + field.bits, 0) / 8;

/** As many whole fields as stand before `end`. Field edges between octets are only those of numbers. */
export function decodeLayout(
  layout: readonly Field[],
  octets: Uint8Array,
  at: number,
  end: number,
): Fields {
  const out: Fields = {};
  let bit = at * 8;
  for (const field of layout) {
    if (bit + field.bits > end * 8) break;
    const value = readField(field, octets, bit);
    if (value !== undefined) out[field.name] = value;
    bit += field.bits;
  }
  return out;
}

export interface EncodedLayout {
  readonly octets: Uint8Array;
  /** Names of `auto` fields that were absent; zeros stand in their place. */
  readonly missing: ReadonlySet<string>;
}

export function encodeLayout(
  layout: readonly Field[],
  fields: JsonObject,
  path: string,
): EncodedLayout {
  const octets = new Uint8Array(layoutLength(layout));
  const missing = new Set<string>();
  let bit = 0;
  for (const field of layout) {
    const value = fields[field.name];
    if (value !== undefined) writeField(field, octets, bit, value, `${path}.${field.name}`);
    else if (field.auto) missing.add(field.name);
    else if (!field.quiet) {
      throw new EncodeError(
        'ENCODE_MISSING',
        `${path}.${field.name}`,
        describeField(field),
        undefined,
      );
    }
    bit += field.bits;
  }
  return { octets, missing };
}

export const layoutNames = (layout: readonly Field[]): string[] => layout.map((f) => f.name);

export const nameOf = (value: number, names: (value: number) => string | undefined) => ({
  value,
  name: names(value) ?? 'unassigned',
});

function readField(field: Field, octets: Uint8Array, bit: number): unknown {
  const at = bit >>> 3;
  switch (field.kind) {
    case 'uint': {
      const value = readBits(octets, bit, field.bits);
      if (field.quiet && value === 0) return undefined;
      if (field.names) return nameOf(value, field.names);
      if (field.letters) return flagsJson(value, field.letters);
      return value * (field.scale ?? 1);
    }
    case 'flag':
      return readBits(octets, bit, 1) === 1;
    case 'ipv6':
      return ipv6FromOctets(octets, at);
    case 'ipv4':
      return ipv4FromOctets(octets, at);
    case 'mac':
      return macFromOctets(octets, at);
    case 'octets': {
      const part = octets.subarray(at, at + field.bits / 8);
      return field.quiet && part.every((o) => o === 0) ? undefined : hexJson(part);
    }
    default:
      return field.kind satisfies never;
  }
}

function writeField(
  field: Field,
  out: Uint8Array,
  bit: number,
  value: unknown,
  path: string,
): void {
  const at = bit >>> 3;
  switch (field.kind) {
    case 'uint': {
      const max = 2 ** field.bits - 1;
      const { scale = 1, letters } = field;
      const number = letters
        ? flagsOf(value, letters, path, max)
        : numberOf(value, path, max * scale);
      if (number % scale !== 0) {
        throw new EncodeError('ENCODE_FIELD', path, `a multiple of ${scale}`, value);
      }
      return writeBits(out, bit, field.bits, number / scale);
    }
    case 'flag':
      return writeBits(out, bit, 1, booleanOf(value, path) ? 1 : 0);
    case 'ipv6':
      return out.set(ipv6Octets(addressOf(value, 'ipv6', path) as Ipv6), at);
    case 'ipv4':
      return out.set(ipv4Octets(addressOf(value, 'ipv4', path) as Ipv4), at);
    case 'mac':
      return out.set(macOctets(addressOf(value, 'mac', path) as MacAddress), at);
    case 'octets':
      return out.set(octetsOf(value, path, field.bits / 8), at);
    default:
      field.kind satisfies never;
  }
}

function describeField(field: Field): string {
  switch (field.kind) {
    case 'uint':
      return `a whole number from 0 to ${(2 ** field.bits - 1) * (field.scale ?? 1)}`;
    case 'flag':
      return 'true or false';
    case 'ipv6':
      return 'an IPv6 address';
    case 'ipv4':
      return 'an IPv4 address';
    case 'mac':
      return 'a link-layer address';
    case 'octets':
      return `${field.bits / 8} octets as "0x…"`;
    default:
      return field.kind satisfies never;
  }
}

/** At most 32 bits. */
function readBits(octets: Uint8Array, bit: number, bits: number): number {
  let value = 0;
  let at = bit;
  for (let left = bits; left > 0;) {
    const skip = at & 7;
    const take = Math.min(8 - skip, left);
    value = value * 2 ** take + ((octets[at >>> 3]! >>> (8 - skip - take)) & ((1 << take) - 1));
    at += take;
    left -= take;
  }
  return value;
}

function writeBits(out: Uint8Array, bit: number, bits: number, value: number): void {
  for (let i = 0; i < bits; i++) {
    if (Math.floor(value / 2 ** (bits - 1 - i)) % 2 === 1)
      out[(bit + i) >>> 3]! |= 0x80 >>> ((bit + i) & 7);
  }
}
