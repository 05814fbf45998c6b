import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5847 §3.3: is the peer alive? `flags` are 16 bits: 0x0002 U, an answer nobody asked for; 0x0001 R, an
 * answer.
 */
export interface Heartbeat extends WithOptions {
  readonly kind: 'heartbeat';
  readonly flags: number;
  readonly sequence: number;
}

/** | reserved 14 | U 1 | R 1 | sequence 32 | */
export const HEARTBEAT: MessageRow<Heartbeat> = {
  type: 13,
  kind: 'heartbeat',
  name: 'Heartbeat',
  clause: 'RFC 5847 §3.3',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'heartbeat',
    flags: r.u16(),
    sequence: r.u32(),
    options,
  }),
  encode: (w, m) => void w.u16(m.flags).u32(m.sequence),
};
