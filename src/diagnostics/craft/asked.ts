/** What was asked in a packet of ours, as its answer will refer to it. */
import type { Ipv6 } from '../../base/address.js';
import type { Icmpv6Message } from '../../wire/icmpv6.js';
import { homeAddressOption, routing2 } from '../../wire/ipv6-codec.js';
import type { MobilityMessage } from '../../wire/mobility/message.js';
import { decodePacket, type Layer } from '../decode-packet.js';

export interface Asked {
  /** Undefined for a packet that could not be read, or that holds something else. */
  readonly said: Said | undefined;
  /** The IPv6 packet as it was sent, faults and all; what errors quote. Undefined for one that is not IPv6. */
  readonly sent: Uint8Array | undefined;
  /** The IPv4 packet around it. */
  readonly outer: Uint8Array | undefined;
}

/** A message with the addresses that RFC 6275 §9.3.1 and §11.3.3 give it. */
export interface Said {
  readonly message: MobilityMessage | Icmpv6Message;
  /** Home address of the option, else the packet's source. */
  readonly source: Ipv6;
  /** Home address of the routing header, else the packet's destination. */
  readonly destination: Ipv6;
  /** Of the IPv6 header. */
  readonly packetSource: Ipv6;
  readonly packetDestination: Ipv6;
  readonly homeAddressOption: Ipv6 | undefined;
  /** False where the octets were whole and their checksum was wrong. */
  readonly checksumGood: boolean;
}

/** `meant` is `sent` without the faults of its octets. */
export function readAsked(packet: {
  readonly meant: Uint8Array;
  readonly sent: Uint8Array;
  readonly outer: Uint8Array | undefined;
}): Asked {
  const { meant, sent, outer } = packet;
  const said = saidIn(decodePacket(meant));
  const inner = sent === outer ? innerOf(sent) : sent;
  return { said, sent: inner, outer };
}

/** The innermost message, whatever it came in. */
export function saidIn(layers: readonly Layer[]): Said | undefined {
  for (let i = layers.length - 1; i > 0; i--) {
    const layer = layers[i]!;
    if (layer.kind !== 'mobility' && layer.kind !== 'icmpv6') continue;
    const around = layers[i - 1]!;
    if (around.kind !== 'ipv6') return undefined;
    const { packet } = around;
    const home = homeAddressOption(packet);
    return {
      message: layer.kind === 'mobility' ? layer.header.message : layer.message,
      source: home ?? packet.source,
      destination: routing2(packet)?.homeAddress ?? packet.destination,
      packetSource: packet.source,
      packetDestination: packet.destination,
      homeAddressOption: home,
      checksumGood: layer.kind !== 'mobility' || layer.checksumGood !== false,
    };
  }
  return undefined;
}

/** The innermost IPv6 packet of an IPv4 one. */
function innerOf(octets: Uint8Array): Uint8Array | undefined {
  const inner = decodePacket(octets)
    .filter((layer) => layer.kind === 'ipv6')
    .at(-1);
  return inner && octets.subarray(inner.offset);
}
