/** Mobility options of Mobile IPv6 itself, RFC 6275 §6.2. */
import type { Ipv6 } from '../../../base/address.js';
import { copyOctets } from '../field.js';
import { ANYWHERE, atLeast, ENDING, exactly, type OptionRow } from './row.js';

export type Rfc6275Option = Readonly<
  /** RFC 6275 §6.2.2 */
  | { kind: 'pad1' }
  /** RFC 6275 §6.2.3; `data` is what follows the length, zeros when the peer obeys. */
  | { kind: 'padN'; data: Uint8Array }
  /** RFC 6275 §6.2.4, seconds in steps of 4 up to 262140 */
  | { kind: 'bindingRefreshAdvice'; interval: number }
  /** RFC 6275 §6.2.5 */
  | { kind: 'alternateCareOf'; address: Ipv6 }
  /** RFC 6275 §6.2.6 */
  | { kind: 'nonceIndices'; home: number; careOf: number }
  /** RFC 6275 §6.2.7; must be last; 12 octets in the return routability procedure */
  | { kind: 'bindingAuthorization'; authenticator: Uint8Array }
>;

type Row<K extends Rfc6275Option['kind']> = OptionRow<Extract<Rfc6275Option, { kind: K }>>;

export const RFC6275_OPTIONS: { readonly [K in Rfc6275Option['kind']]: Row<K> } = {
  /** A single octet: the codec never reads a length or data. */
  pad1: {
    type: 0,
    kind: 'pad1',
    name: 'Pad1',
    clause: 'RFC 6275 §6.2.2',
    length: exactly(0),
    align: ANYWHERE,
    decode: () => ({ kind: 'pad1' }),
    encode: () => undefined,
  },
  padN: {
    type: 1,
    kind: 'padN',
    name: 'PadN',
    clause: 'RFC 6275 §6.2.3',
    length: atLeast(0),
    align: ANYWHERE,
    decode: (r, length) => ({ kind: 'padN', data: copyOctets(r, length) }),
    encode: (w, o) => void w.octets(o.data),
  },
  bindingRefreshAdvice: {
    type: 2,
    kind: 'bindingRefreshAdvice',
    name: 'Binding Refresh Advice',
    clause: 'RFC 6275 §6.2.4',
    length: exactly(2),
    align: [2, 0],
    essential: true,
    decode: (r) => ({ kind: 'bindingRefreshAdvice', interval: r.u16() * 4 }),
    // Rounded down: the advice must stay below the lifetime.
    encode: (w, o) => void w.u16(Math.min(Math.floor(o.interval / 4), 0xffff)),
  },
  alternateCareOf: {
    type: 3,
    kind: 'alternateCareOf',
    name: 'Alternate Care-of Address',
    clause: 'RFC 6275 §6.2.5',
    length: exactly(16),
    align: [8, 6],
    essential: true,
    decode: (r) => ({ kind: 'alternateCareOf', address: r.ipv6() }),
    encode: (w, o) => void w.ipv6(o.address),
  },
  nonceIndices: {
    type: 4,
    kind: 'nonceIndices',
    name: 'Nonce Indices',
    clause: 'RFC 6275 §6.2.6',
    length: exactly(4),
    align: [2, 0],
    essential: true,
    decode: (r) => ({ kind: 'nonceIndices', home: r.u16(), careOf: r.u16() }),
    encode: (w, o) => void w.u16(o.home).u16(o.careOf),
  },
  /** §6.2.7 names no length: it varies with the algorithm. 12 octets stand at 8n + 2. */
  bindingAuthorization: {
    type: 5,
    kind: 'bindingAuthorization',
    name: 'Authorization Data',
    clause: 'RFC 6275 §6.2.7',
    length: atLeast(0),
    align: ENDING,
    essential: true,
    last: true,
    decode: (r, length) => ({
      kind: 'bindingAuthorization',
      authenticator: copyOctets(r, length),
    }),
    encode: (w, o) => void w.octets(o.authenticator),
  },
};
