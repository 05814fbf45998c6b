import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 6275 §6.1.2: a correspondent node asks for a new Binding Update. */
export interface BindingRefreshRequest extends WithOptions, Reserved {
  readonly kind: 'bindingRefreshRequest';
}

/** | reserved 16 | */
export const BINDING_REFRESH_REQUEST: MessageRow<BindingRefreshRequest> = {
  type: 0,
  kind: 'bindingRefreshRequest',
  name: 'Binding Refresh Request',
  clause: 'RFC 6275 §6.1.2',
  size: 8,
  minHeaderLength: 0,
  decode: (r, options) => ({ kind: 'bindingRefreshRequest', ...reservedBits(r.u16()), options }),
  encode: (w, m) => void w.u16(m.reserved ?? 0),
};
