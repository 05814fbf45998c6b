import type { Ipv6 } from '../../../base/address.js';
import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 6275 §6.1.9. `status` as in `bindingErrorStatus`; `homeAddress` is `::` when there was none. */
export interface BindingError extends WithOptions, Reserved {
  readonly kind: 'bindingError';
  readonly status: number;
  readonly homeAddress: Ipv6;
}

/** | status 8 | reserved 8 | home address 128 | */
export const BINDING_ERROR: MessageRow<BindingError> = {
  type: 7,
  kind: 'bindingError',
  name: 'Binding Error',
  clause: 'RFC 6275 §6.1.9',
  size: 24,
  minHeaderLength: 2,
  decode: (r, options) => ({
    kind: 'bindingError',
    status: r.u8(),
    ...reservedBits(r.u8()),
    homeAddress: r.ipv6(),
    options,
  }),
  encode: (w, m) =>
    void w
      .u8(m.status)
      .u8(m.reserved ?? 0)
      .ipv6(m.homeAddress),
};
