/** Authentication without IPsec, RFC 4285. */
import { copyOctets } from '../field.js';
import { atLeast, exactly, type OptionRow } from './row.js';

export type Rfc4285Option = Readonly<
  /** RFC 4285 §5; `subtype` 1 MN-HA, 2 MN-AAA; 12 octets of `data` for HMAC-SHA1 */
  | { kind: 'authentication'; subtype: number; spi: number; data: Uint8Array }
  /** RFC 4285 §6, an NTP time stamp: `seconds` since 1900, `fraction` in 2^-32 s */
  | { kind: 'messageIdentifier'; seconds: number; fraction: number }
>;

type Row<K extends Rfc4285Option['kind']> = OptionRow<Extract<Rfc4285Option, { kind: K }>>;

export const RFC4285_OPTIONS: { readonly [K in Rfc4285Option['kind']]: Row<K> } = {
  /** | subtype 8 | SPI 32 | authentication data … | */
  authentication: {
    type: 9,
    kind: 'authentication',
    name: 'Mobility Message Authentication',
    clause: 'RFC 4285 §5',
    length: atLeast(5),
    align: [4, 1],
    decode: (r, length) => ({
      kind: 'authentication',
      subtype: r.u8(),
      spi: r.u32(),
      data: copyOctets(r, length - 5),
    }),
    encode: (w, o) => void w.u8(o.subtype).u32(o.spi).octets(o.data),
  },
  /** | time stamp 64 | */
  messageIdentifier: {
    type: 10,
    kind: 'messageIdentifier',
    name: 'Mobility Message Replay Protection',
    clause: 'RFC 4285 §6',
    length: exactly(8),
    align: [8, 2],
    decode: (r) => ({ kind: 'messageIdentifier', seconds: r.u32(), fraction: r.u32() }),
    encode: (w, o) => void w.u32(o.seconds).u32(o.fraction),
  },
};
