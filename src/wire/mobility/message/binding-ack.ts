import { lifetimeFromUnits, lifetimeToUnits, type MessageRow, type WithOptions } from './row.js';

/**
 * RFC 6275 §6.1.8. `status` as in `bindingAckStatus`; `flags` are the 8 bits after it, see `BA_FLAG`;
 * `lifetime` in seconds, without meaning when refused.
 */
export interface BindingAck extends WithOptions {
  readonly kind: 'bindingAck';
  readonly status: number;
  readonly flags: number;
  readonly sequence: number;
  readonly lifetime: number;
}

/** | status 8 | flags 8 | sequence 16 | lifetime 16 | */
export const BINDING_ACK: MessageRow<BindingAck> = {
  type: 6,
  kind: 'bindingAck',
  name: 'Binding Acknowledgement',
  clause: 'RFC 6275 §6.1.8',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'bindingAck',
    status: r.u8(),
    flags: r.u8(),
    sequence: r.u16(),
    lifetime: lifetimeFromUnits(r.u16()),
    options,
  }),
  encode: (w, m) =>
    void w.u8(m.status).u8(m.flags).u16(m.sequence).u16(lifetimeToUnits(m.lifetime)),
};
