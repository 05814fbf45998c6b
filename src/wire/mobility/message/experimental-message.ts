import { copyOctets } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5096 §3. `data` is everything after the checksum, 8n + 6 octets: what of it are options is the
 * experiment's to say, so `options` stays empty.
 */
export interface ExperimentalMessage extends WithOptions {
  readonly kind: 'experimental';
  readonly data: Uint8Array;
}

export const EXPERIMENTAL_MESSAGE: MessageRow<ExperimentalMessage> = {
  type: 11,
  kind: 'experimental',
  name: 'Experimental Mobility Header',
  clause: 'RFC 5096 §3',
  size: 8,
  minHeaderLength: 0,
  decode: (r, options) => ({ kind: 'experimental', data: copyOctets(r, r.remaining), options }),
  encode: (w, m) => void w.octets(m.data),
};
