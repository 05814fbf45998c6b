/** Options whose meaning is someone else's: vendors (RFC 5094), experiments (RFC 5096), services (RFC 5149). */
import { copyOctets } from '../field.js';
import { ANYWHERE, atLeast, type OptionRow } from './row.js';

export type Rfc5094Option = Readonly<
  /** RFC 5094 §3; `vendor` is a private enterprise number */
  | { kind: 'vendorSpecific'; vendor: number; subtype: number; data: Uint8Array }
  /** RFC 5096 §4 */
  | { kind: 'experimental'; data: Uint8Array }
  /** RFC 5149 §3; UTF-8 */
  | { kind: 'serviceSelection'; identifier: Uint8Array }
>;

type Row<K extends Rfc5094Option['kind']> = OptionRow<Extract<Rfc5094Option, { kind: K }>>;

export const RFC5094_OPTIONS: { readonly [K in Rfc5094Option['kind']]: Row<K> } = {
  /** | vendor 32 | subtype 8 | data … | */
  vendorSpecific: {
    type: 19,
    kind: 'vendorSpecific',
    name: 'Vendor Specific Mobility Option',
    clause: 'RFC 5094 §3',
    length: atLeast(5),
    align: [4, 2],
    decode: (r, length) => ({
      kind: 'vendorSpecific',
      vendor: r.u32(),
      subtype: r.u8(),
      data: copyOctets(r, length - 5),
    }),
    encode: (w, o) => void w.u32(o.vendor).u8(o.subtype).octets(o.data),
  },
  experimental: {
    type: 18,
    kind: 'experimental',
    name: 'Experimental Mobility Option',
    clause: 'RFC 5096 §4',
    length: atLeast(0),
    align: ANYWHERE,
    decode: (r, length) => ({ kind: 'experimental', data: copyOctets(r, length) }),
    encode: (w, o) => void w.octets(o.data),
  },
  serviceSelection: {
    type: 20,
    kind: 'serviceSelection',
    name: 'Service Selection',
    clause: 'RFC 5149 §3',
    length: atLeast(1),
    align: ANYWHERE,
    decode: (r, length) => ({ kind: 'serviceSelection', identifier: copyOctets(r, length) }),
    encode: (w, o) => void w.octets(o.identifier),
  },
};
