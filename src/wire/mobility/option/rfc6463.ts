/** Runtime assignment of local mobility anchors, RFC 6463 §4. */
import { addressOctets, isIpv6, type IpAddress, type Ipv4 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import { exactly, oneOf, type OptionRow } from './row.js';

export type Rfc6463Option = Readonly<
  /** RFC 6463 §4.1 */
  | ({ kind: 'redirectCapability' } & Reserved)
  /** RFC 6463 §4.2; K and N follow from the family */
  | ({ kind: 'redirect'; address: IpAddress } & Reserved)
  /** RFC 6463 §4.3; capacities in kilobytes per second */
  | {
      kind: 'loadInformation';
      priority: number;
      sessions: number;
      maxSessions: number;
      capacity: number;
      maxCapacity: number;
    }
  /** RFC 6463 §4.4 */
  | { kind: 'alternateIpv4CareOf'; address: Ipv4 }
>;

type Row<K extends Rfc6463Option['kind']> = OptionRow<Extract<Rfc6463Option, { kind: K }>>;

export const RFC6463_OPTIONS: { readonly [K in Rfc6463Option['kind']]: Row<K> } = {
  redirectCapability: {
    type: 46,
    kind: 'redirectCapability',
    name: 'Redirect-Capability',
    clause: 'RFC 6463 §4.1',
    length: exactly(2),
    align: [4, 0],
    decode: (r) => ({ kind: 'redirectCapability', ...reservedBits(r.u16()) }),
    encode: (w, o) => void w.u16(o.reserved ?? 0),
  },
  /** | K 1 | N 1 | reserved 14 | IPv6 address (K) or IPv4 address (N) | */
  redirect: {
    type: 47,
    kind: 'redirect',
    name: 'Redirect',
    clause: 'RFC 6463 §4.2',
    length: oneOf(6, 18),
    align: [4, 0],
    decode: (r, length) => {
      const bits = r.u16();
      if (bits >>> 14 !== (length === 18 ? K : N)) return undefined;
      const address = length === 18 ? r.ipv6() : r.ipv4();
      return { kind: 'redirect', ...reservedBits(bits & 0x3fff), address };
    },
    encode: (w, o) =>
      void w
        .u16(((isIpv6(o.address) ? K : N) << 14) | ((o.reserved ?? 0) & 0x3fff))
        .octets(addressOctets(o.address)),
  },
  /** | priority 16 | sessions in use 32 | maximum 32 | capacity used 32 | maximum 32 | */
  loadInformation: {
    type: 48,
    kind: 'loadInformation',
    name: 'Load Information',
    clause: 'RFC 6463 §4.3',
    length: exactly(18),
    align: [4, 0],
    decode: (r) => ({
      kind: 'loadInformation',
      priority: r.u16(),
      sessions: r.u32(),
      maxSessions: r.u32(),
      capacity: r.u32(),
      maxCapacity: r.u32(),
    }),
    encode: (w, o) =>
      void w.u16(o.priority).u32(o.sessions).u32(o.maxSessions).u32(o.capacity).u32(o.maxCapacity),
  },
  alternateIpv4CareOf: {
    type: 49,
    kind: 'alternateIpv4CareOf',
    name: 'Alternate IPv4 Care-of Address',
    clause: 'RFC 6463 §4.4',
    length: exactly(4),
    align: [4, 2],
    decode: (r) => ({ kind: 'alternateIpv4CareOf', address: r.ipv4() }),
    encode: (w, o) => void w.ipv4(o.address),
  },
};

const K = 2; // of the two bits K and N
const N = 1;
