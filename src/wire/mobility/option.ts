/**
 * Mobility options as plain data, RFC 6275 §6.2; the members stand in `option/`, by RFC. Padding is kept when
 * decoded (so that octets survive) and may be left out when encoding: the table's alignment is then applied.
 */
import type { OpaqueOption } from './option/opaque.js';
import type { Rfc3963Option } from './option/rfc3963.js';
import type { Rfc4283Option } from './option/rfc4283.js';
import type { Rfc4285Option } from './option/rfc4285.js';
import type { Rfc4866Option } from './option/rfc4866.js';
import type { Rfc5026Option } from './option/rfc5026.js';
import type { Rfc5094Option } from './option/rfc5094.js';
import type { Rfc5213Option } from './option/rfc5213.js';
import type { Rfc5555Option } from './option/rfc5555.js';
import type { Rfc5568Option } from './option/rfc5568.js';
import type { Rfc5648Option } from './option/rfc5648.js';
import type { Rfc5844Option } from './option/rfc5844.js';
import type { Rfc5847Option } from './option/rfc5847.js';
import type { Rfc6089Option } from './option/rfc6089.js';
import type { Rfc6275Option } from './option/rfc6275.js';
import type { Rfc6463Option } from './option/rfc6463.js';
import type { Rfc7161Option } from './option/rfc7161.js';

export type { FlowSubOption } from './option/rfc6089.js';
export type { TrafficSelector } from './option/rfc6088.js';

/** RFC 6275 §6.2.1: skipped by machines, kept for people and re-encoding. */
export type UnknownOption = Readonly<{ kind: 'unknown'; type: number; data: Uint8Array }>;
/** Options that have a row in the table. */
export type KnownOption =
  | Rfc6275Option
  | Rfc3963Option
  | Rfc4283Option
  | Rfc4285Option
  | Rfc4866Option
  | Rfc5026Option
  | Rfc5094Option
  | Rfc5213Option
  | Rfc5555Option
  | Rfc5568Option
  | Rfc5648Option
  | Rfc5844Option
  | Rfc5847Option
  | Rfc6089Option
  | Rfc6463Option
  | Rfc7161Option
  | OpaqueOption;
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
