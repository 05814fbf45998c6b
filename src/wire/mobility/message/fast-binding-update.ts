import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5568 §6.2.2: asks the previous access router to tunnel to the new care-of address. `flags` as in a
 * Binding Update; `lifetime` in seconds, up to 65535.
 */
export interface FastBindingUpdate extends WithOptions {
  readonly kind: 'fastBindingUpdate';
  readonly sequence: number;
  readonly flags: number;
  readonly lifetime: number;
}

/** | sequence 16 | flags 16 | lifetime 16 | */
export const FAST_BINDING_UPDATE: MessageRow<FastBindingUpdate> = {
  type: 8,
  kind: 'fastBindingUpdate',
  name: 'Fast Binding Update',
  clause: 'RFC 5568 §6.2.2',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'fastBindingUpdate',
    sequence: r.u16(),
    flags: r.u16(),
    lifetime: r.u16(),
    options,
  }),
  encode: (w, m) => void w.u16(m.sequence).u16(m.flags).u16(m.lifetime),
};
