import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 7109 §6.1: the home agent moves flows, or the mobile node answers. `flowBindingType` 1 is an
 * indication, its `code` a trigger (`CODES.flowTrigger`), 0x80 of its `flags` A; 2 is an acknowledgement, its
 * `code` a status (`CODES.flowStatus`).
 */
export interface FlowBinding extends WithOptions {
  readonly kind: 'flowBinding';
  readonly flowBindingType: number;
  readonly sequence: number;
  readonly code: number;
  readonly flags: number;
}

/** | flow binding type 16 | sequence 16 | code 8 | flags 8 | */
export const FLOW_BINDING: MessageRow<FlowBinding> = {
  type: 21,
  kind: 'flowBinding',
  name: 'Flow Binding',
  clause: 'RFC 7109 §6.1',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'flowBinding',
    flowBindingType: r.u16(),
    sequence: r.u16(),
    code: r.u8(),
    flags: r.u8(),
    options,
  }),
  encode: (w, m) => void w.u16(m.flowBindingType).u16(m.sequence).u8(m.code).u8(m.flags),
};
