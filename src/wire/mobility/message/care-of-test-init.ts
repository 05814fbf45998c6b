import { reservedBits, copyOctets, fixedOctets, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 6275 §6.1.4: asks a correspondent node, from the care-of address, for a care-of keygen token. `cookie` is 8 octets. */
export interface CareOfTestInit extends WithOptions, Reserved {
  readonly kind: 'careOfTestInit';
  readonly cookie: Uint8Array;
}

/** | reserved 16 | cookie 64 | */
export const CARE_OF_TEST_INIT: MessageRow<CareOfTestInit> = {
  type: 2,
  kind: 'careOfTestInit',
  name: 'Care-of Test Init',
  clause: 'RFC 6275 §6.1.4',
  size: 16,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'careOfTestInit',
    ...reservedBits(r.u16()),
    cookie: copyOctets(r, 8),
    options,
  }),
  encode: (w, m) => void w.u16(m.reserved ?? 0).octets(fixedOctets(m.cookie, 8, 'A cookie')),
};
