/** Dual-stack Mobile IPv6, RFC 5555 §3. Values out of range are decoded: the home agent answers them. */
import type { Ipv4 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import { exactly, type OptionRow } from './row.js';

export type Rfc5555Option = Readonly<
  /** RFC 5555 §3.1.1; `prefixRequested` is P; a prefix length of 0 is an error, 0.0.0.0 asks for an address */
  | ({
      kind: 'ipv4HomeAddress';
      prefixLength: number;
      prefixRequested: boolean;
      address: Ipv4;
    } & Reserved)
  /** RFC 5555 §3.1.2 */
  | ({ kind: 'ipv4CareOf'; address: Ipv4 } & Reserved)
  /** RFC 5555 §3.2.1; `status` as in `ipv4AckStatus` */
  | ({ kind: 'ipv4AddressAck'; status: number; prefixLength: number; address: Ipv4 } & Reserved)
  /** RFC 5555 §3.2.2; `refresh` in seconds, 0 ignored, 0xffffffff no keep-alive; `forceUdp` is F */
  | ({ kind: 'natDetection'; forceUdp: boolean; refresh: number } & Reserved)
>;

type Row<K extends Rfc5555Option['kind']> = OptionRow<Extract<Rfc5555Option, { kind: K }>>;

export const RFC5555_OPTIONS: { readonly [K in Rfc5555Option['kind']]: Row<K> } = {
  /** | prefix length 6 | P 1 | reserved 9 | IPv4 home address 32 | */
  ipv4HomeAddress: {
    type: 29,
    kind: 'ipv4HomeAddress',
    name: 'IPv4 Home Address',
    clause: 'RFC 5555 §3.1.1',
    length: exactly(6),
    align: [4, 0],
    essential: true,
    decode: (r) => {
      const bits = r.u16();
      return {
        kind: 'ipv4HomeAddress',
        prefixLength: bits >>> 10,
        prefixRequested: (bits & 0x200) !== 0,
        ...reservedBits(bits & 0x1ff),
        address: r.ipv4(),
      };
    },
    encode: (w, o) =>
      void w
        .u16(
          ((o.prefixLength & 0x3f) << 10) |
            (o.prefixRequested ? 0x200 : 0) |
            ((o.reserved ?? 0) & 0x1ff),
        )
        .ipv4(o.address),
  },
  /** | status 8 | prefix length 6 | reserved 2 | IPv4 home address 32 | */
  ipv4AddressAck: {
    type: 30,
    kind: 'ipv4AddressAck',
    name: 'IPv4 Address Acknowledgement',
    clause: 'RFC 5555 §3.2.1',
    length: exactly(6),
    align: [4, 0],
    essential: true,
    decode: (r) => {
      const status = r.u8();
      const bits = r.u8();
      return {
        kind: 'ipv4AddressAck',
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
  /** | F 1 | reserved 15 | refresh time 32 | */
  natDetection: {
    type: 31,
    kind: 'natDetection',
    name: 'NAT Detection',
    clause: 'RFC 5555 §3.2.2',
    length: exactly(6),
    align: [4, 0],
    essential: true,
    decode: (r) => {
      const bits = r.u16();
      return {
        kind: 'natDetection',
        forceUdp: (bits & 0x8000) !== 0,
        ...reservedBits(bits & 0x7fff),
        refresh: r.u32(),
      };
    },
    encode: (w, o) =>
      void w.u16((o.forceUdp ? 0x8000 : 0) | ((o.reserved ?? 0) & 0x7fff)).u32(o.refresh),
  },
  /** | reserved 16 | IPv4 care-of address 32 | */
  ipv4CareOf: {
    type: 32,
    kind: 'ipv4CareOf',
    name: 'IPv4 Care-of Address',
    clause: 'RFC 5555 §3.1.2',
    length: exactly(6),
    align: [4, 0],
    essential: true,
    decode: (r) => ({ kind: 'ipv4CareOf', ...reservedBits(r.u16()), address: r.ipv4() }),
    encode: (w, o) => void w.u16(o.reserved ?? 0).ipv4(o.address),
  },
};
