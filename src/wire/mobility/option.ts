/**
 * Mobility options as plain data, RFC 6275 §6.2; the members stand in `option/`, by RFC. Padding is kept when
 * decoded (so that octets survive) and may be left out when encoding: the table's alignment is then applied.
 */
import type { Rfc3963Option } from './option/rfc3963.js';
import type { Rfc5555Option } from './option/rfc5555.js';
import type { Rfc6275Option } from './option/rfc6275.js';

/** RFC 6275 §6.2.1: skipped by machines, kept for people and re-encoding. */
export type UnknownOption = Readonly<{ kind: 'unknown'; type: number; data: Uint8Array }>;
/** Options that have a row in the table. */
export type KnownOption = Rfc6275Option | Rfc3963Option | Rfc5555Option;
export type MobilityOption = KnownOption | UnknownOption;

export type OptionKind = MobilityOption['kind'];
export type OptionOf<K extends OptionKind> = Extract<MobilityOption, { kind: K }>;

/** The first option of a kind: what RFC 6275 asks receivers to look at. */
export function findOption<K extends OptionKind>(
  options: readonly MobilityOption[],
  kind: K,
): OptionOf<K> | undefined {
  return options.find((option): option is OptionOf<K> => option.kind === kind);
}

/** Every option of a kind, in order: for those that may be repeated, such as Mobile Network Prefix. */
export function findOptions<K extends OptionKind>(
  options: readonly MobilityOption[],
  kind: K,
): OptionOf<K>[] {
  return options.filter((option): option is OptionOf<K> => option.kind === kind);
}

export const isPadding = (option: MobilityOption): boolean =>
  option.kind === 'pad1' || option.kind === 'padN';

/** What was meant, without what was needed to align it: for editing a decoded list, and for comparing. */
export const withoutPadding = (options: readonly MobilityOption[]): MobilityOption[] =>
  options.filter((option) => !isPadding(option));
