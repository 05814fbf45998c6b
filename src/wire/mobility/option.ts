/**
 * Mobility options as plain data, RFC 6275 §6.2. Padding is kept when decoded (so that octets survive) and
 * may be left out when encoding: the table's alignment is then applied.
 */
import type { Ipv4, Ipv6 } from '../../base/address.js';

export type MobilityOption = Readonly<
  | { kind: 'pad1' }
  | { kind: 'padN'; data: Uint8Array }
  /** RFC 6275 §6.2.4, seconds in steps of 4 */
  | { kind: 'bindingRefreshAdvice'; interval: number }
  /** RFC 6275 §6.2.5 */
  | { kind: 'alternateCareOf'; address: Ipv6 }
  /** RFC 6275 §6.2.6 */
  | { kind: 'nonceIndices'; home: number; careOf: number }
  /** RFC 6275 §6.2.7; must be last */
  | { kind: 'bindingAuthorization'; authenticator: Uint8Array }
  /** RFC 3963 §4.3 */
  | { kind: 'mobileNetworkPrefix'; prefixLength: number; prefix: Ipv6 }
  /** RFC 5555 §3.1.1; `prefixRequested` is P */
  | { kind: 'ipv4HomeAddress'; prefixLength: number; prefixRequested: boolean; address: Ipv4 }
  /** RFC 5555 §3.1.2 */
  | { kind: 'ipv4CareOf'; address: Ipv4 }
  /** RFC 5555 §3.2.1 */
  | { kind: 'ipv4AddressAck'; status: number; prefixLength: number; address: Ipv4 }
  /** RFC 5555 §3.2.2; `refresh` in seconds, 0 ignored, 0xffffffff no keep-alive; `forceUdp` is F */
  | { kind: 'natDetection'; forceUdp: boolean; refresh: number }
  /** RFC 6275 §6.2.1: skipped by machines, kept for people and re-encoding. */
  | { kind: 'unknown'; type: number; data: Uint8Array }
>;

export type OptionKind = MobilityOption['kind'];
export type OptionOf<K extends OptionKind> = Extract<MobilityOption, { kind: K }>;

/** The first option of a kind: what RFC 6275 asks receivers to look at. */
export function findOption<K extends OptionKind>(options: readonly MobilityOption[], kind: K): OptionOf<K> | undefined {
  return options.find((option): option is OptionOf<K> => option.kind === kind);
}
