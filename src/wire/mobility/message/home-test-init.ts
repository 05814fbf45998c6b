import { reservedBits, copyOctets, fixedOctets, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 6275 §6.1.3: asks a correspondent node, by way of the home agent, for a home keygen token. `cookie` is 8 octets. */
export interface HomeTestInit extends WithOptions, Reserved {
  readonly kind: 'homeTestInit';
  readonly cookie: Uint8Array;
}

/** | reserved 16 | cookie 64 | */
export const HOME_TEST_INIT: MessageRow<HomeTestInit> = {
  type: 1,
  kind: 'homeTestInit',
  name: 'Home Test Init',
  clause: 'RFC 6275 §6.1.3',
  size: 16,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'homeTestInit',
    ...reservedBits(r.u16()),
    cookie: copyOctets(r, 8),
    options,
  }),
  encode: (w, m) => void w.u16(m.reserved ?? 0).octets(fixedOctets(m.cookie, 8, 'A cookie')),
};
