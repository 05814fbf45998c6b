import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5568 §6.2.3: answers a Fast Binding Update. `status` as in `CODES.fastBindingAck`; `flags` as in a Binding
 * Acknowledgement; `lifetime` in seconds, up to 65535.
 */
export interface FastBindingAck extends WithOptions {
  readonly kind: 'fastBindingAck';
  readonly status: number;
  readonly flags: number;
  readonly sequence: number;
  readonly lifetime: number;
}

/** | status 8 | flags 8 | sequence 16 | lifetime 16 | */
export const FAST_BINDING_ACK: MessageRow<FastBindingAck> = {
  type: 9,
  kind: 'fastBindingAck',
  name: 'Fast Binding Acknowledgment',
  clause: 'RFC 5568 §6.2.3',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'fastBindingAck',
    status: r.u8(),
    flags: r.u8(),
    sequence: r.u16(),
    lifetime: r.u16(),
    options,
  }),
  encode: (w, m) => void w.u8(m.status).u8(m.flags).u16(m.sequence).u16(m.lifetime),
};
