/** Lists of type, length and value: mobility, neighbour discovery, DHCP and IPv6 options, all by the tables of `wire`. */
import { ByteReader, ByteWriter, sameOctets } from '../../base/bytes.js';
import { WireError } from '../../base/error.js';
import {
  arrayOf,
  EncodeError,
  hexJson,
  isObject,
  numberOf,
  objectOf,
  octetsOf,
  rejectUnknown,
  type JsonObject,
} from './json.js';
import { layoutInfo, shapeInfo, type FieldInfo } from './field-info.js';
import { decodeLayout, encodeLayout, layoutLength, layoutNames, type Field } from './layout.js';
import type { Fields } from './model.js';
import {
  checkReadsBack,
  encoding,
  learnShape,
  valueJson,
  valueOf,
  type Annotations,
  type Shape,
} from './value.js';

/** One option's data as JSON fields. */
export interface TlvRow {
  readonly type: number;
  readonly name: string;
  /** As in code, such as `alternateCareOf`; absent where only diagnosis splits it. */
  readonly kind?: string;
  readonly clause: string;
  /** Undefined when the data are not as the clause draws them. */
  decode(data: Uint8Array): Fields | undefined;
  encode(fields: JsonObject, path: string): Uint8Array;
  names(): readonly string[];
  fields(): readonly FieldInfo[];
}

/** How the list is laid out. */
export interface TlvFormat {
  /** Types of one octet without a length. */
  readonly single: ReadonlySet<number>;
  /** Ends the list: what follows is padding. */
  readonly end?: number;
  /** Option Length: octets of data, or units of 8 octets of the whole option. */
  readonly unit: 'octets' | 'eights';
  row(type: number): TlvRow | undefined;
  name(type: number): string | undefined;
  /** All rows, for names instead of numbers. */
  rows(): readonly TlvRow[];
}

export interface TlvList {
  readonly options: Fields[];
  /** Where reading stopped: the end, or what could not be read. */
  readonly end: number;
  readonly broken?: { readonly offset: number; readonly sentence: string };
}

export function decodeTlvs(
  format: TlvFormat,
  octets: Uint8Array,
  from: number,
  end: number,
): TlvList {
  const options: Fields[] = [];
  const head = 2;
  for (let at = from; at < end;) {
    const type = octets[at]!;
    const named = { type: { value: type, name: format.name(type) ?? 'unassigned' }, offset: at };
    if (format.single.has(type) || type === format.end) {
      options.push(named);
      at++;
      if (type === format.end) return { options, end: at };
      continue;
    }
    const stop = (sentence: string): TlvList => ({
      options,
      end: at,
      broken: { offset: at, sentence },
    });
    if (at + head > end) return stop(`option ${type} has no length`);
    const length = octets[at + 1]!;
    if (format.unit === 'eights' && length === 0)
      return stop(`option ${type} has a length of zero`);
    const size = format.unit === 'eights' ? length * 8 : head + length;
    if (at + size > end) {
      return stop(`option ${type} is ${size} octets long, ${end - at} are left`);
    }
    const data = octets.subarray(at + head, at + size);
    options.push({ ...named, length, ...decodeData(format.row(type), data) });
    at += size;
  }
  return { options, end };
}

export interface EncodedTlv {
  readonly type: number;
  readonly octets: Uint8Array;
}

export function encodeTlvs(format: TlvFormat, json: unknown, path: string): EncodedTlv[] {
  return arrayOf(json, path).map((option, i) => encodeTlv(format, option, `${path}[${i}]`));
}

export function encodeTlv(format: TlvFormat, json: unknown, path: string): EncodedTlv {
  const option = objectOf(json, path);
  const type = typeOf(format, option['type'], `${path}.type`);
  if (format.single.has(type) || type === format.end) return { type, octets: Uint8Array.of(type) };
  const row = format.row(type);
  const own = row?.names() ?? [];
  rejectUnknown(option, [...new Set(['type', 'offset', 'length', 'data', ...own])], path);
  // Data alone stand for an option that could not be split, even where one of its fields has that name.
  const split = own.filter((name) => name !== 'data');
  const unsplit = split.every((name) => option[name] === undefined);
  const raw = option['data'] !== undefined && (unsplit || !own.includes('data'));
  const data = raw || !row ? octetsOf(option['data'], `${path}.data`) : row.encode(option, path);
  const fill =
    format.unit === 'eights' && option['length'] === undefined ? -(data.length + 2) & 7 : 0;
  const natural = format.unit === 'eights' ? (data.length + 2 + fill) / 8 : data.length;
  const length =
    option['length'] === undefined ? natural : numberOf(option['length'], `${path}.length`, 255);
  if (length > 255) throw new EncodeError('ENCODE_FIELD', `${path}.length`, 'at most 255', length);
  const octets = new ByteWriter(data.length + 2 + fill)
    .u8(type)
    .u8(length)
    .octets(data)
    .zeros(fill)
    .finish();
  return { type, octets };
}

interface WireRow {
  readonly type: number;
  readonly name: string;
  readonly clause: string;
}

/** A row of a table of `wire`. */
export function wireRow(
  row: WireRow,
  codec: {
    decode(r: ByteReader, length: number): object | undefined;
    encode(w: ByteWriter, value: never): void;
    readonly kind: string;
    /** Lengths of data to learn the shape from. */
    readonly lengths: readonly number[];
  },
  annotations: Annotations = {},
): TlvRow {
  let learnt: Shape | undefined;
  const read = (data: Uint8Array): object | undefined => {
    try {
      return codec.decode(new ByteReader(data), data.length);
    } catch (error) {
      if (error instanceof WireError) return undefined;
      throw error;
    }
  };
  const write = (value: object): Uint8Array => {
    const w = new ByteWriter(64);
    codec.encode(w, value as never);
    return w.finish();
  };
  const shape = () => (learnt ??= learnShape(read, codec.lengths));
  return {
    ...row,
    kind: codec.kind,
    names: () => [...shape().keys()],
    fields: () => shapeInfo(shape(), annotations),
    decode: (data) => {
      const value = read(data);
      if (!value) return undefined;
      const fields = valueJson(value, annotations);
      if (sameOctets(write(value), data)) return fields;
      return 'data' in fields ? undefined : { ...fields, data: hexJson(data) };
    },
    encode: (fields, path) => {
      const value = { kind: codec.kind, ...valueOf(fields, shape(), path, annotations) };
      const data = encoding(path, () => write(value));
      checkReadsBack(value, read(data), path);
      return data;
    },
  };
}

/** A row of fixed layout, and octets after it under the name `rest`, where it may have some. */
export function layoutRow(row: WireRow, layout: readonly Field[], rest?: string): TlvRow {
  const size = layoutLength(layout);
  return {
    ...row,
    names: () => [...layoutNames(layout), ...(rest ? [rest] : [])],
    fields: () => [
      ...layoutInfo(layout),
      ...(rest ? [{ name: rest, kinds: ['octets'] as const, optional: true }] : []),
    ],
    decode: (data) => {
      if (rest ? data.length < size : data.length !== size) return undefined;
      const fields = decodeLayout(layout, data, 0, size);
      if (rest) fields[rest] = hexJson(data.subarray(size));
      return fields;
    },
    encode: (fields, path) => {
      const { octets } = encodeLayout(layout, fields, path);
      const tail = rest ? octetsOf(fields[rest] ?? '0x', `${path}.${rest}`) : new Uint8Array(0);
      return new ByteWriter(size + tail.length).octets(octets).octets(tail).finish();
    },
  };
}

function decodeData(row: TlvRow | undefined, data: Uint8Array): Fields {
  return row?.decode(data) ?? { data: hexJson(data) };
}

/** A number, `{value}`, or the option's name. */
function typeOf(format: TlvFormat, json: unknown, path: string): number {
  const name =
    typeof json === 'string'
      ? json
      : isObject(json) && json['value'] === undefined
        ? json['name']
        : undefined;
  if (typeof name !== 'string') return numberOf(json, path, 255);
  const row = format.rows().find((r) => r.name.toLowerCase() === name.toLowerCase());
  if (row) return row.type;
  return numberOf(json, path, 255);
}
