/** Mobile node identifiers, RFC 4283; subtypes beyond 1 by RFC 8371. */
import { copyOctets } from '../field.js';
import { ANYWHERE, atLeast, type OptionRow } from './row.js';

export type Rfc4283Option = Readonly<
  /** `subtype` 1 is a network access identifier, see `CODES.identifierSubtype` */
  { kind: 'mobileNodeIdentifier'; subtype: number; identifier: Uint8Array }
>;

export const RFC4283_OPTIONS: { readonly mobileNodeIdentifier: OptionRow<Rfc4283Option> } = {
  /** | subtype 8 | identifier … | */
  mobileNodeIdentifier: {
    type: 8,
    kind: 'mobileNodeIdentifier',
    name: 'Mobile Node Identifier',
    clause: 'RFC 4283 §3',
    length: atLeast(1),
    align: ANYWHERE,
    decode: (r, length) => ({
      kind: 'mobileNodeIdentifier',
      subtype: r.u8(),
      identifier: copyOctets(r, length - 1),
    }),
    encode: (w, o) => void w.u8(o.subtype).octets(o.identifier),
  },
};
