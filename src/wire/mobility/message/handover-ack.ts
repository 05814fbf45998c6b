import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 5568 §6.2.1.2: answers a Handover Initiate. `code` as in `CODES.handoverAck`. */
export interface HandoverAck extends WithOptions, Reserved {
  readonly kind: 'handoverAck';
  readonly sequence: number;
  readonly code: number;
}

/** | sequence 16 | reserved 8 | code 8 | */
export const HANDOVER_ACK: MessageRow<HandoverAck> = {
  type: 15,
  kind: 'handoverAck',
  name: 'Handover Acknowledge',
  clause: 'RFC 5568 §6.2.1.2',
  size: 10,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'handoverAck',
    sequence: r.u16(),
    ...reservedBits(r.u8()),
    code: r.u8(),
    options,
  }),
  encode: (w, m) =>
    void w
      .u16(m.sequence)
      .u8(m.reserved ?? 0)
      .u8(m.code),
};
