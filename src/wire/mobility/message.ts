/**
 * Mobility Header messages as plain data, RFC 6275 §6.1. Lifetimes are in seconds (4 s steps on the wire for
 * Binding Update and Acknowledgement). Flags are the numbers of the wire, named in `flag.ts`.
 */
import type { Ipv6 } from '../../base/address.js';
import type { MobilityOption } from './option.js';

interface WithOptions {
  readonly options: readonly MobilityOption[];
}
/** RFC 6275 §6.1.2 */
export interface BindingRefreshRequest extends WithOptions { readonly kind: 'bindingRefreshRequest' }
/** RFC 6275 §6.1.3; `cookie` is 8 octets. */
export interface HomeTestInit extends WithOptions { readonly kind: 'homeTestInit'; readonly cookie: Uint8Array }
/** RFC 6275 §6.1.4 */
export interface CareOfTestInit extends WithOptions { readonly kind: 'careOfTestInit'; readonly cookie: Uint8Array }
/** RFC 6275 §6.1.5; cookie and token are 8 octets each. */
export interface HomeTest extends WithOptions {
  readonly kind: 'homeTest';
  readonly nonceIndex: number;
  readonly cookie: Uint8Array;
  readonly token: Uint8Array;
}
/** RFC 6275 §6.1.6 */
export interface CareOfTest extends WithOptions {
  readonly kind: 'careOfTest';
  readonly nonceIndex: number;
  readonly cookie: Uint8Array;
  readonly token: Uint8Array;
}
/** RFC 6275 §6.1.7; `flags` 16 bits, see `BU_FLAG`; `lifetime` in seconds, a multiple of 4 up to 262140. */
export interface BindingUpdate extends WithOptions {
  readonly kind: 'bindingUpdate';
  readonly sequence: number;
  readonly flags: number;
  readonly lifetime: number;
}
/** RFC 6275 §6.1.8; `flags` 8 bits, see `BA_FLAG`; `lifetime` in seconds. */
export interface BindingAck extends WithOptions {
  readonly kind: 'bindingAck';
  readonly status: number;
  readonly flags: number;
  readonly sequence: number;
  readonly lifetime: number;
}
/** RFC 6275 §6.1.9 */
export interface BindingError extends WithOptions {
  readonly kind: 'bindingError';
  readonly status: number;
  readonly homeAddress: Ipv6;
}
/** A type we do not split; `data` is everything after the checksum. */
export interface UnknownMessage { readonly kind: 'unknown'; readonly type: number; readonly data: Uint8Array }

export type MobilityMessage =
  | BindingRefreshRequest
  | HomeTestInit
  | CareOfTestInit
  | HomeTest
  | CareOfTest
  | BindingUpdate
  | BindingAck
  | BindingError
  | UnknownMessage;
