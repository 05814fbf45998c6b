import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 5846 §5: withdraws a binding, or answers that. `revocationType` 1 is an indication, its `code` a
 * trigger (`CODES.revocationTrigger`); 2 is an acknowledgement, its `code` a status
 * (`CODES.revocationStatus`). `flags` are 16 bits: 0x8000 P, of a proxy binding; 0x4000 V, of the IPv4 home
 * address only; 0x2000 G, of all bindings.
 */
export interface BindingRevocation extends WithOptions {
  readonly kind: 'bindingRevocation';
  readonly revocationType: number;
  readonly code: number;
  readonly sequence: number;
  readonly flags: number;
}

/** | revocation type 8 | code 8 | sequence 16 | P 1 | V 1 | G 1 | reserved 13 | */
export const BINDING_REVOCATION: MessageRow<BindingRevocation> = {
  type: 16,
  kind: 'bindingRevocation',
  name: 'Binding Revocation',
  clause: 'RFC 5846 §5',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'bindingRevocation',
    revocationType: r.u8(),
    code: r.u8(),
    sequence: r.u16(),
    flags: r.u16(),
    options,
  }),
  encode: (w, m) => void w.u8(m.revocationType).u8(m.code).u16(m.sequence).u16(m.flags),
};
