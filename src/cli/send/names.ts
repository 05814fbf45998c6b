/** What people type for messages, fields, flags and options: words, names or numbers, without case and signs. */
import { UsageError } from '../../base/error.js';
import { didYouMean } from '../../daemon/config/suggest.js';
import {
  icmpv6Entry,
  messageEntries,
  mobilityEntry,
  type FlagInfo,
  type MessageEntry,
} from '../../diagnostics/craft/catalogue.js';
import type { FieldInfo } from '../../diagnostics/layers/field-info.js';
import type { TlvFormat, TlvRow } from '../../diagnostics/layers/tlv.js';

/** `bu`, `Binding Update`, `bindingUpdate`, 5, `mh99`, 144. Throws `UsageError` `SEND_MESSAGE`. */
export function findMessage(text: string): MessageEntry {
  const key = normal(text);
  const found = messageEntries().find((entry) =>
    [entry.word, entry.kind, entry.name].some((name) => normal(name) === key),
  );
  if (found) return found;
  const number = /^(mh)?(\d{1,3})$/.exec(key);
  const type = Number(number?.[2]);
  // Mobility Header types end far below the four of ICMPv6.
  const icmpv6 = number && number[1] === undefined ? icmpv6Entry(type) : undefined;
  if (icmpv6) return icmpv6;
  if (number && type <= 0xff) return mobilityEntry(type);
  const words = messageEntries().flatMap(({ word, name }) => [word, name]);
  throw unknown('SEND_MESSAGE', `There is no message "${text}".`, text, words, 'send --fields');
}

/** Throws `UsageError` `SEND_FIELD`. */
export function findField(entry: MessageEntry, fields: readonly FieldInfo[], text: string) {
  return (
    fields.find(({ name }) => normal(name) === normal(text)) ??
    fail(
      unknown(
        'SEND_FIELD',
        `${entry.name} has no field "${text}".`,
        text,
        fields.map(({ name }) => name),
        `send ${entry.word} --fields`,
      ),
    )
  );
}

/** Several letters in one word, or a name. Throws `UsageError` `SEND_FLAG`. */
export function findFlags(entry: MessageEntry, flags: readonly FlagInfo[], text: string) {
  const named = flags.find(({ name }) => normal(name) === normal(text));
  if (named) return [named];
  const letters = [...text].map((letter) =>
    flags.find((flag) => flag.letter === letter.toUpperCase()),
  );
  if (letters.length > 0 && letters.every((flag) => flag !== undefined)) return letters;
  if (flags.length === 0) {
    throw new UsageError('SEND_FLAG', `${entry.name} has no flags.`);
  }
  const list = flags.map(({ letter, name }) => `${letter} ${name}`).join(', ');
  throw new UsageError('SEND_FLAG', `${entry.name} has no flag "${text}".`, `It has ${list}.`);
}

/** Of the table, or a number that has no row. Throws `UsageError` `SEND_OPTION`. */
export function findOption(
  entry: MessageEntry,
  format: TlvFormat,
  text: string,
): { readonly type: number; readonly row: TlvRow | undefined } {
  if (/^\d{1,3}$/.test(text) && Number(text) <= 0xff) {
    return { type: Number(text), row: format.row(Number(text)) };
  }
  const key = normal(text);
  const kind = OPTION_ALIASES[key];
  const row = format
    .rows()
    .find((r) => normal(r.name) === key || (r.kind && (normal(r.kind) === key || r.kind === kind)));
  if (row) return { type: row.type, row };
  const names = [
    ...format.rows().flatMap((r) => [r.name, ...(r.kind ? [r.kind] : [])]),
    ...Object.keys(OPTION_ALIASES),
  ];
  throw unknown(
    'SEND_OPTION',
    `There is no option "${text}".`,
    text,
    names,
    `send ${entry.word} --fields`,
  );
}

/** Without case, spaces and signs. */
export const normal = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');

function unknown(
  code: string,
  sentence: string,
  text: string,
  names: readonly string[],
  help: string,
): UsageError {
  return new UsageError(code, sentence, didYouMean(text, names) || `"mip6 ${help}" lists them.`);
}

function fail(error: Error): never {
  throw error;
}

/** As lines of `mip6 trace` have them. */
const OPTION_ALIASES: Readonly<Record<string, string>> = {
  altcoa: 'alternateCareOf',
  v4hoa: 'ipv4HomeAddress',
  v4coa: 'ipv4CareOf',
  v4ack: 'ipv4AddressAck',
  nat: 'natDetection',
  refresh: 'bindingRefreshAdvice',
  nonces: 'nonceIndices',
  mnp: 'mobileNetworkPrefix',
  mnid: 'mobileNodeIdentifier',
  bid: 'bindingIdentifier',
  auth: 'bindingAuthorization',
  prefix: 'prefixInformation',
};
