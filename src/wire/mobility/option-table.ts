/** All mobility options, one row each. Add a member to the union and the compiler asks for its row. */
import { RFC3963_OPTIONS } from './option/rfc3963.js';
import { RFC5555_OPTIONS } from './option/rfc5555.js';
import { RFC6275_OPTIONS } from './option/rfc6275.js';
import type { OptionRow } from './option/row.js';
import type { KnownOption } from './option.js';

export const OPTION_ROWS: {
  readonly [K in KnownOption['kind']]: OptionRow<Extract<KnownOption, { kind: K }>>;
} = {
  ...RFC6275_OPTIONS,
  ...RFC3963_OPTIONS,
  ...RFC5555_OPTIONS,
};

/** Undefined for a type without a row. */
export const optionRow = (type: number): OptionRow<KnownOption> | undefined => BY_TYPE[type];

/** Rows in the order of their type. */
export const optionRows = (): OptionRow<KnownOption>[] =>
  BY_TYPE.filter((row) => row !== undefined);

const BY_TYPE: readonly (OptionRow<KnownOption> | undefined)[] = (() => {
  const table: (OptionRow<KnownOption> | undefined)[] = new Array(256).fill(undefined);
  for (const row of Object.values(OPTION_ROWS)) table[row.type] = row as OptionRow<KnownOption>;
  return table;
})();
