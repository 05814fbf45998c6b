/** Bootstrapping, RFC 5026. */
import { copyOctets, reservedBits, type Reserved } from '../field.js';
import { ANYWHERE, atLeast, type OptionRow } from './row.js';

export type Rfc5026Option = Readonly<
  /** RFC 5026 §8.1; `status` as in `CODES.dnsUpdate`; `remove` is R; `name` is the fully qualified domain name */
  { kind: 'dnsUpdate'; status: number; remove: boolean; name: Uint8Array } & Reserved
>;

export const RFC5026_OPTIONS: { readonly dnsUpdate: OptionRow<Rfc5026Option> } = {
  /** | status 8 | R 1 | reserved 7 | name … | */
  dnsUpdate: {
    type: 17,
    kind: 'dnsUpdate',
    name: 'DNS Update',
    clause: 'RFC 5026 §8.1',
    length: atLeast(2),
    align: ANYWHERE,
    decode: (r, length) => {
      const status = r.u8();
      const bits = r.u8();
      return {
        kind: 'dnsUpdate',
        status,
        remove: (bits & 0x80) !== 0,
        ...reservedBits(bits & 0x7f),
        name: copyOctets(r, length - 2),
      };
    },
    encode: (w, o) =>
      void w
        .u8(o.status)
        .u8((o.remove ? 0x80 : 0) | ((o.reserved ?? 0) & 0x7f))
        .octets(o.name),
  },
};
