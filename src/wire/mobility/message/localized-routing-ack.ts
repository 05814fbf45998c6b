import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 6705 §10.2: answers a Localized Routing Initiation. `flags` are 8 bits: 0x80 U, unsolicited; `status` as in
 * `CODES.localizedRouting`; `lifetime` in seconds.
 */
export interface LocalizedRoutingAck extends WithOptions {
  readonly kind: 'localizedRoutingAck';
  readonly sequence: number;
  readonly flags: number;
  readonly status: number;
  readonly lifetime: number;
}

/** | sequence 16 | U 1 | reserved 7 | status 8 | lifetime 16 | */
export const LOCALIZED_ROUTING_ACK: MessageRow<LocalizedRoutingAck> = {
  type: 18,
  kind: 'localizedRoutingAck',
  name: 'Localized Routing Acknowledgment',
  clause: 'RFC 6705 §10.2',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'localizedRoutingAck',
    sequence: r.u16(),
    flags: r.u8(),
    status: r.u8(),
    lifetime: r.u16(),
    options,
  }),
  encode: (w, m) => void w.u16(m.sequence).u8(m.flags).u8(m.status).u16(m.lifetime),
};
