/**
 * The words of `--field`, `--flag` and `--option` as the JSON that the encoder takes. Names and what they hold come from
 * the tables of the wire.
 *
 *   --field NAME=VALUE          lifetime=60, cookie=0x0102030405060708, addresses=2001:db8:a::1,2001:db8:a::2
 *   --flag LETTERS              A, AH, acknowledge; named flags take the place of the usual ones
 *   --option NAME               redirectCapability
 *   --option NAME=VALUE         alternateCareOf=2001:db8:b::5, ipv4HomeAddress=192.0.2.100/32
 *   --option NAME:FIELD=VALUE,… natDetection:refresh=110,forceUdp=true
 *   --option 99:data=0x0102     a type without a row
 *   --option '{"type":31,…}'    JSON, as "decode" prints it
 */
import { UsageError } from '../../base/error.js';
import { toHex } from '../../base/bytes.js';
import { messageParts, type MessageEntry } from '../../diagnostics/craft/catalogue.js';
import { takes, type FieldInfo } from '../../diagnostics/layers/field-info.js';
import { isObject, type JsonObject } from '../../diagnostics/layers/json.js';
import type { FieldKind } from '../../diagnostics/layers/value.js';
import type { TlvRow } from '../../diagnostics/layers/tlv.js';
import { findField, findFlags, findOption } from './names.js';

export interface Typed {
  readonly field: readonly string[];
  readonly flag: readonly string[];
  readonly option: readonly string[];
}

/** What was named, and only that. Throws `UsageError`: `SEND_FIELD`, `SEND_FLAG`, `SEND_OPTION`. */
export function readTyped(
  entry: MessageEntry,
  typed: Typed,
): { readonly fields: JsonObject; readonly options: readonly JsonObject[] } {
  return {
    fields: { ...readFlags(entry, typed.flag), ...readFields(entry, typed.field) },
    options: typed.option.filter((text) => text !== NO_OPTION).map((o) => readOption(entry, o)),
  };
}

/** `--option none`: not even those that are added by themselves. */
export const NO_OPTION = 'none';

function readFields(entry: MessageEntry, texts: readonly string[]): JsonObject {
  const { fields } = messageParts(entry);
  return Object.fromEntries(
    texts.map((text) => {
      const { name, value } = pair(text, '--field', 'SEND_FIELD');
      const field = findField(entry, fields, name);
      return [field.name, readValue(field, value)];
    }),
  );
}

function readFlags(entry: MessageEntry, texts: readonly string[]): JsonObject {
  if (texts.length === 0) return {};
  const { flags } = messageParts(entry);
  const named = texts.flatMap((text) => findFlags(entry, flags, text));
  const out: JsonObject = {};
  for (const { field, letter, own } of named) {
    out[field] = own ? true : `${(out[field] as string | undefined) ?? ''}${letter}`;
  }
  return out;
}

function readOption(entry: MessageEntry, text: string): JsonObject {
  const { options: format } = messageParts(entry);
  if (!format) throw new UsageError('SEND_OPTION', `${entry.name} has no options.`);
  if (text.startsWith('{')) return readJson(text, '--option', 'SEND_OPTION') as JsonObject;
  const [, name, sign, rest] = /^([^:=]*)([:=]?)(.*)$/s.exec(text)!;
  const { type, row } = findOption(entry, format, name!);
  const named =
    sign === ':'
      ? rest!.split(',').map((part) => pair(part, `--option ${name}`, 'SEND_OPTION'))
      : [];
  const given: JsonObject = {};
  for (const { name: wanted, value } of named) {
    const field = row ? findField({ ...entry, name: row.name }, fieldsOf(row), wanted) : RAW;
    given[field.name] = readValue(field, value);
  }
  if (sign === '=') Object.assign(given, row ? mainValue(row, rest!) : { data: rest });
  const raw = given['data'] !== undefined && !row?.names().includes('data');
  return { type, ...(row && !raw ? zeros(row, given) : {}), ...given };
}

/** `ADDRESS/LENGTH` where an option holds both; the whole length where none is given. */
function mainValue(row: TlvRow, text: string): JsonObject {
  const main = [...row.fields()].sort((a, b) => rank(a) - rank(b))[0];
  if (!main) throw new UsageError('SEND_OPTION', `${row.name} holds nothing.`);
  const length = row.fields().find(({ name }) => name === 'prefixLength');
  if (!length || main === length) return { [main.name]: readValue(main, text) };
  const [address, prefixLength] = text.split('/');
  const whole = main.kinds.includes('ipv6') ? '128' : '32';
  return {
    [main.name]: readValue(main, address!),
    prefixLength: readValue(length, prefixLength ?? whole),
  };
}

/** What an option is about stands for it. */
function rank({ kinds, optional }: FieldInfo): number {
  if (kinds.includes('ipv6') || kinds.includes('ipv4')) return 0;
  if (optional) return 3;
  return kinds.includes('boolean') ? 2 : 1;
}

/** As in messages, what is not named is zero. */
function zeros(row: TlvRow, given: JsonObject): JsonObject {
  return Object.fromEntries(
    row
      .fields()
      .filter(({ name, optional }) => !optional && given[name] === undefined)
      .map(({ name, kinds }) => [name, ZEROS.find(([kind]) => kinds.includes(kind))?.[1]] as const)
      .filter(([, zero]) => zero !== undefined),
  );
}

function readValue(field: FieldInfo, text: string): unknown {
  const { kinds, letters } = field;
  if (letters) return /^\d+$/.test(text) ? Number(text) : text;
  if (text === 'null' && kinds.includes('null')) return null;
  if (kinds.includes('json')) return readList(field, text);
  if (kinds.includes('number') && /^(\d+|0x[0-9a-f]+)$/i.test(text)) return Number(text);
  if (kinds.includes('boolean')) {
    const word = BOOLEANS[text.toLowerCase()];
    if (word !== undefined) return word;
  }
  if (kinds.includes('octets') && text.startsWith(TEXT)) {
    return `0x${toHex(new TextEncoder().encode(text.slice(TEXT.length)))}`;
  }
  if (kinds.every((kind) => kind === 'number' || kind === 'boolean' || kind === 'null')) {
    throw new UsageError('SEND_FIELD', `${field.name}: expected ${takes(field)}, came "${text}".`);
  }
  return text;
}

function readList(field: FieldInfo, text: string): unknown {
  if (/^[[{]/.test(text)) return readJson(text, field.name, 'SEND_FIELD');
  return text === ''
    ? []
    : text.split(',').map((part) => (/^\d+$/.test(part) ? Number(part) : part));
}

function readJson(text: string, what: string, code: string): unknown {
  try {
    const json: unknown = JSON.parse(text);
    if (isObject(json) || Array.isArray(json)) return json;
  } catch {
    // said below
  }
  throw new UsageError(code, `${what}: expected JSON, came ${text}.`);
}

function pair(text: string, flag: string, code: string): { name: string; value: string } {
  const at = text.indexOf('=');
  if (at > 0) return { name: text.slice(0, at), value: text.slice(at + 1) };
  throw new UsageError(code, `${flag} wants NAME=VALUE, came "${text}".`);
}

/** Of an address nothing is zero: it has to be named. */
const ZEROS: readonly (readonly [FieldKind, unknown])[] = [
  ['number', 0],
  ['boolean', false],
  ['octets', '0x'],
  ['json', []],
];

const fieldsOf = (row: TlvRow): FieldInfo[] => [
  ...row.fields(),
  RAW,
  { name: 'length', kinds: ['number'], optional: true },
];

/** The octets of an option, where they are not to be split. */
const RAW: FieldInfo = { name: 'data', kinds: ['octets'], optional: true };
const TEXT = 'text:';
const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  on: true,
  '1': true,
  false: false,
  no: false,
  off: false,
  '0': false,
};
