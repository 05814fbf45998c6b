/** Whole IPv6 packets of Mobile IPv6 signalling: header, type 2 routing header, Home Address option, upper layer. */
import type { Ipv6 } from '../base/address.js';
import { encodeIcmpv6, type Icmpv6Message } from './icmpv6.js';
import type { ExtensionHeader } from './ipv6.js';
import { encodeIpv6 } from './ipv6-codec.js';
import { encodeMobility } from './mobility/codec.js';
import type { MobilityMessage } from './mobility/message.js';
import { PROTOCOL } from './protocol.js';

export interface SignallingPath {
  /** Of the IPv6 header: the care-of address when away. */
  readonly source: Ipv6;
  /** Of the IPv6 header: the care-of address when `routingHome` is given. */
  readonly destination: Ipv6;
  /** Sender's home address, in a Home Address option. RFC 6275 §6.3 */
  readonly homeAddress?: Ipv6;
  /** Receiver's home address, in a type 2 routing header. RFC 6275 §6.4 */
  readonly routingHome?: Ipv6;
  /** Default 64. */
  readonly hopLimit?: number;
}

/** The Mobility Header's checksum runs over the home addresses, RFC 6275 §6.1.1. */
export function encodeMobilityPacket(
  packet: SignallingPath & { readonly message: MobilityMessage },
): Uint8Array {
  return wrap(packet, PROTOCOL.mobility, encodeMobility(packet.message, ...endpoints(packet)));
}

/** The same around ICMPv6: mobile prefix solicitations carry a Home Address option, RFC 6275 §6.7. */
export function encodeIcmpv6Packet(
  packet: SignallingPath & { readonly message: Icmpv6Message },
): Uint8Array {
  return wrap(packet, PROTOCOL.icmpv6, encodeIcmpv6(packet.message, ...endpoints(packet)));
}

/** The addresses that the upper layer sees, RFC 8200 §8.1 and RFC 6275 §9.3.1. */
function endpoints(path: SignallingPath): [source: Ipv6, destination: Ipv6] {
  return [path.homeAddress ?? path.source, path.routingHome ?? path.destination];
}

function wrap(path: SignallingPath, protocol: number, payload: Uint8Array): Uint8Array {
  const headers: ExtensionHeader[] = [];
  // RFC 6275 §6.3: the option comes after a routing header.
  if (path.routingHome !== undefined) {
    headers.push({ kind: 'routing2', segmentsLeft: 1, homeAddress: path.routingHome });
  }
  if (path.homeAddress !== undefined) {
    const option = { kind: 'homeAddress', address: path.homeAddress } as const;
    headers.push({ kind: 'destinationOptions', options: [option] });
  }
  return encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: path.hopLimit ?? DEFAULT_HOP_LIMIT,
    source: path.source,
    destination: path.destination,
    headers,
    protocol,
    payload,
  });
}

const DEFAULT_HOP_LIMIT = 64;
