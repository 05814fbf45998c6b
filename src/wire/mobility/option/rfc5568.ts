/** Fast handovers, RFC 5568 §6.4. */
import type { Ipv6 } from '../../../base/address.js';
import { copyOctets } from '../field.js';
import { ANYWHERE, atLeast, ENDING, exactly, type OptionRow } from './row.js';

export type Rfc5568Option = Readonly<
  /** RFC 5568 §6.4.4; `code` 2: of the mobile node */
  | { kind: 'linkLayerAddress'; code: number; address: Uint8Array }
  /** RFC 5568 §6.4.5; must be last */
  | { kind: 'fastBindingAuthorization'; spi: number; authenticator: Uint8Array }
  /** RFC 5568 §6.4.2; `code` 1 old care-of, 2 new care-of, 3 router address, 4 router prefix */
  | { kind: 'ipv6AddressPrefix'; code: number; prefixLength: number; address: Ipv6 }
>;

type Row<K extends Rfc5568Option['kind']> = OptionRow<Extract<Rfc5568Option, { kind: K }>>;

export const RFC5568_OPTIONS: { readonly [K in Rfc5568Option['kind']]: Row<K> } = {
  /** | code 8 | link-layer address … | */
  linkLayerAddress: {
    type: 7,
    kind: 'linkLayerAddress',
    name: 'Mobility Header Link-Layer Address',
    clause: 'RFC 5568 §6.4.4',
    length: atLeast(1),
    align: ANYWHERE,
    decode: (r, length) => ({
      kind: 'linkLayerAddress',
      code: r.u8(),
      address: copyOctets(r, length - 1),
    }),
    encode: (w, o) => void w.u8(o.code).octets(o.address),
  },
  /** | SPI 32 | authenticator … |; Option Length counts both, whatever §6.4.5 says of the authenticator. */
  fastBindingAuthorization: {
    type: 21,
    kind: 'fastBindingAuthorization',
    name: 'Binding Authorization Data for FMIPv6',
    clause: 'RFC 5568 §6.4.5',
    length: atLeast(4),
    align: ENDING,
    last: true,
    decode: (r, length) => ({
      kind: 'fastBindingAuthorization',
      spi: r.u32(),
      authenticator: copyOctets(r, length - 4),
    }),
    encode: (w, o) => void w.u32(o.spi).octets(o.authenticator),
  },
  /** | code 8 | prefix length 8 | address 128 |; §6.4.2 prints type 17, which is that of the ND option. */
  ipv6AddressPrefix: {
    type: 34,
    kind: 'ipv6AddressPrefix',
    name: 'Mobility Header IPv6 Address/Prefix',
    clause: 'RFC 5568 §6.4.2',
    length: exactly(18),
    align: [8, 4],
    decode: (r) => ({
      kind: 'ipv6AddressPrefix',
      code: r.u8(),
      prefixLength: r.u8(),
      address: r.ipv6(),
    }),
    encode: (w, o) => void w.u8(o.code).u8(o.prefixLength).ipv6(o.address),
  },
};
