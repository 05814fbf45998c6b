/** Enhanced route optimization, RFC 4866 §5. None has an alignment. */
import { copyOctets, fixedOctets } from '../field.js';
import { ANYWHERE, atLeast, exactly, type OptionRow } from './row.js';

export type Rfc4866Option = Readonly<
  /** RFC 4866 §5.6 */
  | { kind: 'cgaParametersRequest' }
  /** RFC 4866 §5.1; the options of a message, in order, are one CGA Parameters structure in pieces of 255 */
  | { kind: 'cgaParameters'; parameters: Uint8Array }
  /** RFC 4866 §5.2; follows the parameters */
  | { kind: 'signature'; signature: Uint8Array }
  /** RFC 4866 §5.3; encrypted */
  | { kind: 'permanentHomeToken'; token: Uint8Array }
  /** RFC 4866 §5.4 */
  | { kind: 'careOfTestInitOption' }
  /** RFC 4866 §5.5; 8 octets */
  | { kind: 'careOfTestOption'; token: Uint8Array }
>;

type Row<K extends Rfc4866Option['kind']> = OptionRow<Extract<Rfc4866Option, { kind: K }>>;

export const RFC4866_OPTIONS: { readonly [K in Rfc4866Option['kind']]: Row<K> } = {
  cgaParametersRequest: {
    type: 11,
    kind: 'cgaParametersRequest',
    name: 'CGA Parameters Request',
    clause: 'RFC 4866 §5.6',
    length: exactly(0),
    align: ANYWHERE,
    decode: () => ({ kind: 'cgaParametersRequest' }),
    encode: () => undefined,
  },
  cgaParameters: {
    type: 12,
    kind: 'cgaParameters',
    name: 'CGA Parameters',
    clause: 'RFC 4866 §5.1',
    length: atLeast(0),
    align: ANYWHERE,
    decode: (r, length) => ({ kind: 'cgaParameters', parameters: copyOctets(r, length) }),
    encode: (w, o) => void w.octets(o.parameters),
  },
  signature: {
    type: 13,
    kind: 'signature',
    name: 'Signature',
    clause: 'RFC 4866 §5.2',
    length: atLeast(0),
    align: ANYWHERE,
    decode: (r, length) => ({ kind: 'signature', signature: copyOctets(r, length) }),
    encode: (w, o) => void w.octets(o.signature),
  },
  permanentHomeToken: {
    type: 14,
    kind: 'permanentHomeToken',
    name: 'Permanent Home Keygen Token',
    clause: 'RFC 4866 §5.3',
    length: atLeast(0),
    align: ANYWHERE,
    decode: (r, length) => ({ kind: 'permanentHomeToken', token: copyOctets(r, length) }),
    encode: (w, o) => void w.octets(o.token),
  },
  careOfTestInitOption: {
    type: 15,
    kind: 'careOfTestInitOption',
    name: 'Care-of Test Init',
    clause: 'RFC 4866 §5.4',
    length: exactly(0),
    align: ANYWHERE,
    decode: () => ({ kind: 'careOfTestInitOption' }),
    encode: () => undefined,
  },
  careOfTestOption: {
    type: 16,
    kind: 'careOfTestOption',
    name: 'Care-of Test',
    clause: 'RFC 4866 §5.5',
    length: exactly(8),
    align: ANYWHERE,
    decode: (r) => ({ kind: 'careOfTestOption', token: copyOctets(r, 8) }),
    encode: (w, o) => void w.octets(fixedOctets(o.token, 8, 'A keygen token')),
  },
};
