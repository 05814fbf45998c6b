import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 7077 §4.2: answers an Update Notification. `status` as in `CODES.updateStatus`. */
export interface UpdateNotificationAck extends WithOptions, Reserved {
  readonly kind: 'updateNotificationAck';
  readonly sequence: number;
  readonly status: number;
}

/** | sequence 16 | status 8 | reserved 24 | */
export const UPDATE_NOTIFICATION_ACK: MessageRow<UpdateNotificationAck> = {
  type: 20,
  kind: 'updateNotificationAck',
  name: 'Update Notification Acknowledgement',
  clause: 'RFC 7077 §4.2',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'updateNotificationAck',
    sequence: r.u16(),
    status: r.u8(),
    ...reservedBits(r.u8() * 0x10000 + r.u16()),
    options,
  }),
  encode: (w, m) =>
    void w
      .u16(m.sequence)
      .u8(m.status)
      .u8((m.reserved ?? 0) >>> 16)
      .u16((m.reserved ?? 0) & 0xffff),
};
