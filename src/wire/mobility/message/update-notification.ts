import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 7077 §4.1: tells a gateway that a session changed. `reason` as in `CODES.updateReason`; `flags` are 16
 * bits: 0x8000 A, acknowledge; 0x4000 D, sent again.
 */
export interface UpdateNotification extends WithOptions {
  readonly kind: 'updateNotification';
  readonly sequence: number;
  readonly reason: number;
  readonly flags: number;
}

/** | sequence 16 | reason 16 | A 1 | D 1 | reserved 14 | */
export const UPDATE_NOTIFICATION: MessageRow<UpdateNotification> = {
  type: 19,
  kind: 'updateNotification',
  name: 'Update Notification',
  clause: 'RFC 7077 §4.1',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'updateNotification',
    sequence: r.u16(),
    reason: r.u16(),
    flags: r.u16(),
    options,
  }),
  encode: (w, m) => void w.u16(m.sequence).u16(m.reason).u16(m.flags),
};
