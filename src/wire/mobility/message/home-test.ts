import { copyOctets, fixedOctets } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 6275 §6.1.5: answers a Home Test Init. `cookie` is copied from it; cookie and keygen token are 8 octets each. */
export interface HomeTest extends WithOptions {
  readonly kind: 'homeTest';
  readonly nonceIndex: number;
  readonly cookie: Uint8Array;
  readonly token: Uint8Array;
}

/** | nonce index 16 | cookie 64 | keygen token 64 | */
export const HOME_TEST: MessageRow<HomeTest> = {
  type: 3,
  kind: 'homeTest',
  name: 'Home Test',
  clause: 'RFC 6275 §6.1.5',
  size: 24,
  minHeaderLength: 2,
  decode: (r, options) => ({
    kind: 'homeTest',
    nonceIndex: r.u16(),
    cookie: copyOctets(r, 8),
    token: copyOctets(r, 8),
    options,
  }),
  encode: (w, m) =>
    void w
      .u16(m.nonceIndex)
      .octets(fixedOctets(m.cookie, 8, 'A cookie'))
      .octets(fixedOctets(m.token, 8, 'A keygen token')),
};
