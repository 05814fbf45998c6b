import type { MessageRow, WithOptions } from './row.js';

/** RFC 7161 §4.3.2: answers a Subscription Query. `flags` are 8 bits: 0x80 I, there is multicast information in the options. */
export interface SubscriptionResponse extends WithOptions {
  readonly kind: 'subscriptionResponse';
  readonly sequence: number;
  readonly flags: number;
}

/** | sequence 8 | I 1 | reserved 7 | */
export const SUBSCRIPTION_RESPONSE: MessageRow<SubscriptionResponse> = {
  type: 23,
  kind: 'subscriptionResponse',
  name: 'Subscription Response',
  clause: 'RFC 7161 §4.3.2',
  size: 8,
  minHeaderLength: 0,
  decode: (r, options) => ({
    kind: 'subscriptionResponse',
    sequence: r.u8(),
    flags: r.u8(),
    options,
  }),
  encode: (w, m) => void w.u8(m.sequence).u8(m.flags),
};
