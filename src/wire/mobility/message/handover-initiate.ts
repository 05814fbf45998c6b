import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5568 §6.2.1.1: from the previous access router to the new one. `flags` are 8 bits: 0x80 S, assign an
 * address; 0x40 U, buffer.
 */
export interface HandoverInitiate extends WithOptions {
  readonly kind: 'handoverInitiate';
  readonly sequence: number;
  readonly flags: number;
  readonly code: number;
}

/** | sequence 16 | S 1 | U 1 | reserved 6 | code 8 | */
export const HANDOVER_INITIATE: MessageRow<HandoverInitiate> = {
  type: 14,
  kind: 'handoverInitiate',
  name: 'Handover Initiate',
  clause: 'RFC 5568 §6.2.1.1',
  size: 10,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'handoverInitiate',
    sequence: r.u16(),
    flags: r.u8(),
    code: r.u8(),
    options,
  }),
  encode: (w, m) => void w.u16(m.sequence).u8(m.flags).u8(m.code),
};
