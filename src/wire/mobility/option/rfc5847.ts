/** Small options of Proxy Mobile IPv6: RFC 5847 (restarts), RFC 5845 (GRE), RFC 6602 (groups), RFC 6705 (local routing). */
import type { Ipv6 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import { ANYWHERE, exactly, oneOf, type OptionRow } from './row.js';

export type Rfc5847Option = Readonly<
  /** RFC 5847 §3.4 */
  | { kind: 'restartCounter'; counter: number }
  /** RFC 5845; without a key it asks for one */
  | ({ kind: 'greKey'; key: number | null } & Reserved)
  /** RFC 6602 */
  | ({ kind: 'nodeGroupIdentifier'; subtype: number; group: number } & Reserved)
  /** RFC 6705 §11.1; `addressLength` is 128 */
  | ({ kind: 'gatewayAddress'; addressLength: number; address: Ipv6 } & Reserved)
>;

type Row<K extends Rfc5847Option['kind']> = OptionRow<Extract<Rfc5847Option, { kind: K }>>;

export const RFC5847_OPTIONS: { readonly [K in Rfc5847Option['kind']]: Row<K> } = {
  restartCounter: {
    type: 28,
    kind: 'restartCounter',
    name: 'Restart Counter',
    clause: 'RFC 5847 §3.4',
    length: exactly(4),
    align: [4, 2],
    decode: (r) => ({ kind: 'restartCounter', counter: r.u32() }),
    encode: (w, o) => void w.u32(o.counter),
  },
  /** | reserved 16 | nothing, or GRE key 32 | */
  greKey: {
    type: 33,
    kind: 'greKey',
    name: 'GRE Key',
    clause: 'RFC 5845',
    length: oneOf(2, 6),
    align: [4, 0],
    decode: (r, length) => ({
      kind: 'greKey',
      ...reservedBits(r.u16()),
      key: length === 2 ? null : r.u32(),
    }),
    encode: (w, o) => {
      w.u16(o.reserved ?? 0);
      if (o.key !== null) w.u32(o.key);
    },
  },
  /** | subtype 8 | reserved 8 | group 32 | */
  nodeGroupIdentifier: {
    type: 50,
    kind: 'nodeGroupIdentifier',
    name: 'Mobile Node Group Identifier',
    clause: 'RFC 6602',
    length: exactly(6),
    align: ANYWHERE,
    decode: (r) => ({
      kind: 'nodeGroupIdentifier',
      subtype: r.u8(),
      ...reservedBits(r.u8()),
      group: r.u32(),
    }),
    encode: (w, o) =>
      void w
        .u8(o.subtype)
        .u8(o.reserved ?? 0)
        .u32(o.group),
  },
  /** | reserved 8 | address length 8 | address 128 | */
  gatewayAddress: {
    type: 51,
    kind: 'gatewayAddress',
    name: 'MAG IPv6 Address',
    clause: 'RFC 6705 §11.1',
    length: exactly(18),
    align: [8, 4],
    decode: (r) => ({
      kind: 'gatewayAddress',
      ...reservedBits(r.u8()),
      addressLength: r.u8(),
      address: r.ipv6(),
    }),
    encode: (w, o) =>
      void w
        .u8(o.reserved ?? 0)
        .u8(o.addressLength)
        .ipv6(o.address),
  },
};
