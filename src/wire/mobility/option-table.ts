/** All mobility options, one row each. Add a member to the union and the compiler asks for its row. */
import { OPAQUE_OPTIONS } from './option/opaque.js';
import { RFC3963_OPTIONS } from './option/rfc3963.js';
import { RFC4283_OPTIONS } from './option/rfc4283.js';
import { RFC4285_OPTIONS } from './option/rfc4285.js';
import { RFC4866_OPTIONS } from './option/rfc4866.js';
import { RFC5026_OPTIONS } from './option/rfc5026.js';
import { RFC5094_OPTIONS } from './option/rfc5094.js';
import { RFC5213_OPTIONS } from './option/rfc5213.js';
import { RFC5555_OPTIONS } from './option/rfc5555.js';
import { RFC5568_OPTIONS } from './option/rfc5568.js';
import { RFC5648_OPTIONS } from './option/rfc5648.js';
import { RFC5844_OPTIONS } from './option/rfc5844.js';
import { RFC5847_OPTIONS } from './option/rfc5847.js';
import { RFC6089_OPTIONS } from './option/rfc6089.js';
import { RFC6275_OPTIONS } from './option/rfc6275.js';
import { RFC6463_OPTIONS } from './option/rfc6463.js';
import { RFC7161_OPTIONS } from './option/rfc7161.js';
import type { OptionRow } from './option/row.js';
import type { KnownOption } from './option.js';

export const OPTION_ROWS: {
  readonly [K in KnownOption['kind']]: OptionRow<Extract<KnownOption, { kind: K }>>;
} = {
  ...RFC6275_OPTIONS,
  ...RFC3963_OPTIONS,
  ...RFC4283_OPTIONS,
  ...RFC4285_OPTIONS,
  ...RFC4866_OPTIONS,
  ...RFC5026_OPTIONS,
  ...RFC5094_OPTIONS,
  ...RFC5213_OPTIONS,
  ...RFC5555_OPTIONS,
  ...RFC5568_OPTIONS,
  ...RFC5648_OPTIONS,
  ...RFC5844_OPTIONS,
  ...RFC5847_OPTIONS,
  ...RFC6089_OPTIONS,
  ...RFC6463_OPTIONS,
  ...RFC7161_OPTIONS,
  ...OPAQUE_OPTIONS,
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
