/**
 * IPv6 packets, RFC 8200: fixed header, extension header chain, upper layer octets.
 * Encoding and decoding are in this folder; the two headers of Mobile IPv6 are first-class here.
 */
import type { Ipv6 } from '../base/address.js';

/** RFC 8200 §4.2 options, padding kept; RFC 6275 §6.3 Home Address option (type 201). */
export type DestinationOption = Readonly<
  | { kind: 'pad1' }
  | { kind: 'padN'; data: Uint8Array }
  | { kind: 'homeAddress'; address: Ipv6 }
  | { kind: 'unknown'; type: number; data: Uint8Array }
>;

export type ExtensionHeader = Readonly<
  | { kind: 'hopByHop'; options: readonly DestinationOption[] }
  /** `verbatim`: a decoded list that stands unpadded where alignment would move it; it is encoded as listed. */
  | { kind: 'destinationOptions'; options: readonly DestinationOption[]; verbatim?: boolean }
  /** RFC 6275 §6.4: type 2, one address. */
  | { kind: 'routing2'; segmentsLeft: number; homeAddress: Ipv6 }
  /** Any other routing header; `data` after Segments Left. */
  | { kind: 'routing'; type: number; segmentsLeft: number; data: Uint8Array }
  /** RFC 8200 §4.5; `offset` in octets. */
  | { kind: 'fragment'; offset: number; more: boolean; identification: number }
>;

export interface Ipv6Packet {
  readonly trafficClass: number;
  readonly flowLabel: number;
  readonly hopLimit: number;
  readonly source: Ipv6;
  readonly destination: Ipv6;
  readonly headers: readonly ExtensionHeader[];
  /** Next header of the payload: 58 ICMPv6, 135 Mobility, 17 UDP, 41 IPv6, 4 IPv4, 59 none. */
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** Where `payload` starts in the octets decoded; absent when built by hand. */
  readonly payloadOffset?: number;
}
