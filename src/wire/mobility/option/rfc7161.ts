/** Multicast subscriptions at a handover, RFC 7161 §4.1. */
import { copyOctets } from '../field.js';
import { atLeast, type OptionRow } from './row.js';

export type Rfc7161Option = Readonly<
  /** `protocol` is the type of an IGMP report; `context` its group record */
  | { kind: 'activeMulticast4'; protocol: number; context: Uint8Array }
  /** `protocol` is the type of an MLD report: 143 MLDv2, 131 MLDv1; `context` its address record */
  | { kind: 'activeMulticast6'; protocol: number; context: Uint8Array }
>;

type Row<K extends Rfc7161Option['kind']> = OptionRow<Extract<Rfc7161Option, { kind: K }>>;

export const RFC7161_OPTIONS: { readonly [K in Rfc7161Option['kind']]: Row<K> } = {
  /** | protocol 8 | context … | */
  activeMulticast4: {
    type: 56,
    kind: 'activeMulticast4',
    name: 'Active Multicast Subscription IPv4',
    clause: 'RFC 7161 §6.1',
    length: atLeast(1),
    align: [4, 1],
    decode: (r, length) => ({
      kind: 'activeMulticast4',
      protocol: r.u8(),
      context: copyOctets(r, length - 1),
    }),
    encode: (w, o) => void w.u8(o.protocol).octets(o.context),
  },
  activeMulticast6: {
    type: 57,
    kind: 'activeMulticast6',
    name: 'Active Multicast Subscription IPv6',
    clause: 'RFC 7161 §4.1.2',
    length: atLeast(1),
    align: [8, 1],
    decode: (r, length) => ({
      kind: 'activeMulticast6',
      protocol: r.u8(),
      context: copyOctets(r, length - 1),
    }),
    encode: (w, o) => void w.u8(o.protocol).octets(o.context),
  },
};
