/** IPv4 in Proxy Mobile IPv6, RFC 5844 §3.3. */
import type { Ipv4 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import { ANYWHERE, exactly, type OptionRow } from './row.js';

export type Rfc5844Option = Readonly<
  /** RFC 5844 §3.3.1; 0.0.0.0 asks for any */
  | ({ kind: 'ipv4HomeAddressRequest'; prefixLength: number; address: Ipv4 } & Reserved)
  /** RFC 5844 §3.3.2; `status` as in `CODES.ipv4HomeAddressReply` */
  | ({
      kind: 'ipv4HomeAddressReply';
      status: number;
      prefixLength: number;
      address: Ipv4;
    } & Reserved)
  /** RFC 5844 §3.3.3 */
  | ({ kind: 'ipv4DefaultRouter'; address: Ipv4 } & Reserved)
  /** RFC 5844 §3.3.4; `server` is S: the gateway is a DHCP server, else a relay */
  | ({ kind: 'ipv4DhcpMode'; server: boolean } & Reserved)
>;

type Row<K extends Rfc5844Option['kind']> = OptionRow<Extract<Rfc5844Option, { kind: K }>>;

export const RFC5844_OPTIONS: { readonly [K in Rfc5844Option['kind']]: Row<K> } = {
  /** | prefix length 6 | reserved 10 | IPv4 home address 32 | */
  ipv4HomeAddressRequest: {
    type: 36,
    kind: 'ipv4HomeAddressRequest',
    name: 'IPv4 Home Address Request',
    clause: 'RFC 5844 §3.3.1',
    length: exactly(6),
    align: [4, 0],
    decode: (r) => {
      const bits = r.u16();
      return {
        kind: 'ipv4HomeAddressRequest',
        prefixLength: bits >>> 10,
        ...reservedBits(bits & 0x3ff),
        address: r.ipv4(),
      };
    },
    encode: (w, o) =>
      void w.u16(((o.prefixLength & 0x3f) << 10) | ((o.reserved ?? 0) & 0x3ff)).ipv4(o.address),
  },
  /** | status 8 | prefix length 6 | reserved 2 | IPv4 home address 32 | */
  ipv4HomeAddressReply: {
    type: 37,
    kind: 'ipv4HomeAddressReply',
    name: 'IPv4 Home Address Reply',
    clause: 'RFC 5844 §3.3.2',
    length: exactly(6),
    align: [4, 0],
    decode: (r) => {
      const status = r.u8();
      const bits = r.u8();
      return {
        kind: 'ipv4HomeAddressReply',
        status,
        prefixLength: bits >>> 2,
        ...reservedBits(bits & 3),
        address: r.ipv4(),
      };
    },
    encode: (w, o) =>
      void w
        .u8(o.status)
        .u8(((o.prefixLength & 0x3f) << 2) | ((o.reserved ?? 0) & 3))
        .ipv4(o.address),
  },
  /** | reserved 16 | IPv4 address 32 | */
  ipv4DefaultRouter: {
    type: 38,
    kind: 'ipv4DefaultRouter',
    name: 'IPv4 Default-Router Address',
    clause: 'RFC 5844 §3.3.3',
    length: exactly(6),
    align: [4, 0],
    decode: (r) => ({ kind: 'ipv4DefaultRouter', ...reservedBits(r.u16()), address: r.ipv4() }),
    encode: (w, o) => void w.u16(o.reserved ?? 0).ipv4(o.address),
  },
  /** | reserved 15 | S 1 | */
  ipv4DhcpMode: {
    type: 39,
    kind: 'ipv4DhcpMode',
    name: 'IPv4 DHCP Support Mode',
    clause: 'RFC 5844 §3.3.4',
    length: exactly(2),
    align: ANYWHERE,
    decode: (r) => {
      const bits = r.u16();
      return { kind: 'ipv4DhcpMode', server: (bits & 1) !== 0, ...reservedBits(bits >>> 1) };
    },
    encode: (w, o) => void w.u16(((o.reserved ?? 0) << 1) | (o.server ? 1 : 0)),
  },
};
