/** Proxy Mobile IPv6, RFC 5213 §8. */
import type { Ipv6 } from '../../../base/address.js';
import { copyOctets, reservedBits, type Reserved } from '../field.js';
import { ANYWHERE, atLeast, exactly, type OptionRow } from './row.js';

export type Rfc5213Option = Readonly<
  /** RFC 5213 §8.3 */
  | ({ kind: 'homeNetworkPrefix'; prefixLength: number; prefix: Ipv6 } & Reserved)
  /** RFC 5213 §8.4; `indicator` as in `CODES.handoffIndicator` */
  | ({ kind: 'handoffIndicator'; indicator: number } & Reserved)
  /** RFC 5213 §8.5; `technology` as in `CODES.accessTechnology` */
  | ({ kind: 'accessTechnology'; technology: number } & Reserved)
  /** RFC 5213 §8.6 */
  | ({ kind: 'linkLayerIdentifier'; identifier: Uint8Array } & Reserved)
  /** RFC 5213 §8.7 */
  | { kind: 'linkLocalAddress'; address: Ipv6 }
  /** RFC 5213 §8.8; `seconds` (48 bits) since 1970, `fraction` in 1/65536 s */
  | { kind: 'timestamp'; seconds: number; fraction: number }
>;

type Row<K extends Rfc5213Option['kind']> = OptionRow<Extract<Rfc5213Option, { kind: K }>>;

export const RFC5213_OPTIONS: { readonly [K in Rfc5213Option['kind']]: Row<K> } = {
  /** | reserved 8 | prefix length 8 | prefix 128 | */
  homeNetworkPrefix: {
    type: 22,
    kind: 'homeNetworkPrefix',
    name: 'Home Network Prefix',
    clause: 'RFC 5213 §8.3',
    length: exactly(18),
    align: [8, 4],
    decode: (r) => ({
      kind: 'homeNetworkPrefix',
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
  /** | reserved 8 | indicator 8 | */
  handoffIndicator: {
    type: 23,
    kind: 'handoffIndicator',
    name: 'Handoff Indicator',
    clause: 'RFC 5213 §8.4',
    length: exactly(2),
    align: ANYWHERE,
    decode: (r) => ({ kind: 'handoffIndicator', ...reservedBits(r.u8()), indicator: r.u8() }),
    encode: (w, o) => void w.u8(o.reserved ?? 0).u8(o.indicator),
  },
  /** | reserved 8 | technology 8 | */
  accessTechnology: {
    type: 24,
    kind: 'accessTechnology',
    name: 'Access Technology Type',
    clause: 'RFC 5213 §8.5',
    length: exactly(2),
    align: ANYWHERE,
    decode: (r) => ({ kind: 'accessTechnology', ...reservedBits(r.u8()), technology: r.u8() }),
    encode: (w, o) => void w.u8(o.reserved ?? 0).u8(o.technology),
  },
  /** | reserved 16 | identifier … | */
  linkLayerIdentifier: {
    type: 25,
    kind: 'linkLayerIdentifier',
    name: 'Mobile Node Link-layer Identifier',
    clause: 'RFC 5213 §8.6',
    length: atLeast(2),
    align: ANYWHERE,
    decode: (r, length) => ({
      kind: 'linkLayerIdentifier',
      ...reservedBits(r.u16()),
      identifier: copyOctets(r, length - 2),
    }),
    encode: (w, o) => void w.u16(o.reserved ?? 0).octets(o.identifier),
  },
  linkLocalAddress: {
    type: 26,
    kind: 'linkLocalAddress',
    name: 'Link-local Address',
    clause: 'RFC 5213 §8.7',
    length: exactly(16),
    align: [8, 6],
    decode: (r) => ({ kind: 'linkLocalAddress', address: r.ipv6() }),
    encode: (w, o) => void w.ipv6(o.address),
  },
  /** | seconds 48 | fraction 16 | */
  timestamp: {
    type: 27,
    kind: 'timestamp',
    name: 'Timestamp',
    clause: 'RFC 5213 §8.8',
    length: exactly(8),
    align: [8, 2],
    decode: (r) => ({
      kind: 'timestamp',
      seconds: r.u16() * 2 ** 32 + r.u32(),
      fraction: r.u16(),
    }),
    encode: (w, o) =>
      void w
        .u16(Math.floor(o.seconds / 2 ** 32))
        .u32(o.seconds % 2 ** 32)
        .u16(o.fraction),
  },
};
