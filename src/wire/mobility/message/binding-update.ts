import { lifetimeFromUnits, lifetimeToUnits, type MessageRow, type WithOptions } from './row.js';

/**
 * RFC 6275 §6.1.7. `flags` are the 16 bits after the sequence number, see `BU_FLAG`; `lifetime` in seconds, a
 * multiple of 4 up to 262140, zero deletes the binding.
 */
export interface BindingUpdate extends WithOptions {
  readonly kind: 'bindingUpdate';
  readonly sequence: number;
  readonly flags: number;
  readonly lifetime: number;
}

/** | sequence 16 | flags 16 | lifetime 16 | */
export const BINDING_UPDATE: MessageRow<BindingUpdate> = {
  type: 5,
  kind: 'bindingUpdate',
  name: 'Binding Update',
  clause: 'RFC 6275 §6.1.7',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'bindingUpdate',
    sequence: r.u16(),
    flags: r.u16(),
    lifetime: lifetimeFromUnits(r.u16()),
    options,
  }),
  encode: (w, m) => void w.u16(m.sequence).u16(m.flags).u16(lifetimeToUnits(m.lifetime)),
};
