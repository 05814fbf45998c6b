import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 7161 §4.3.1: which multicast groups does a mobile node hear? `sequence` has 8 bits. */
export interface SubscriptionQuery extends WithOptions, Reserved {
  readonly kind: 'subscriptionQuery';
  readonly sequence: number;
}

/** | sequence 8 | reserved 8 | */
export const SUBSCRIPTION_QUERY: MessageRow<SubscriptionQuery> = {
  type: 22,
  kind: 'subscriptionQuery',
  name: 'Subscription Query',
  clause: 'RFC 7161 §4.3.1',
  size: 8,
  minHeaderLength: 0,
  decode: (r, options) => ({
    kind: 'subscriptionQuery',
    sequence: r.u8(),
    ...reservedBits(r.u8()),
    options,
  }),
  encode: (w, m) => void w.u8(m.sequence).u8(m.reserved ?? 0),
};
