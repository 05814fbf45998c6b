/** Network mobility, RFC 3963. */
import type { Ipv6 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import { exactly, type OptionRow } from './row.js';

export type Rfc3963Option = Readonly<
  /** RFC 3963 §4.3 */
  { kind: 'mobileNetworkPrefix'; prefixLength: number; prefix: Ipv6 } & Reserved
>;

export const RFC3963_OPTIONS: { readonly mobileNetworkPrefix: OptionRow<Rfc3963Option> } = {
  /** | reserved 8 | prefix length 8 | prefix 128 | */
  mobileNetworkPrefix: {
    type: 6,
    kind: 'mobileNetworkPrefix',
    name: 'Mobile Network Prefix',
    clause: 'RFC 3963 §4.3',
    length: exactly(18),
    align: [8, 4],
    essential: true,
    decode: (r) => ({
      kind: 'mobileNetworkPrefix',
      ...reservedBits(r.u8()),
      prefixLength: r.u8(),
      prefix: r.ipv6(),
    }),
    encode: (w, o) =>
      void w
        .u8(o.reserved ?? 0)
        .u8(o.prefixLength)
        .ipv6(o.prefix),
  },
};
