/** Neighbour discovery and ARP as frames of a link, for every role. */
import { isMulticast, multicastMac, type Ipv6, type MacAddress } from '../base/address.js';
import { encodeArp, type ArpMessage } from '../wire/arp.js';
import { encodeIcmpv6Packet } from '../wire/mobility-packet.js';
import type { NdMessage } from '../wire/nd/message.js';
import { ETHERTYPE } from '../wire/protocol.js';
import type { FrameEffect } from './effect.js';
import type { LinkName } from './input.js';

/** RFC 4861 §4: the hop limit is 255. `to` may be left out for a multicast destination. */
export function ndFrame(
  link: LinkName,
  source: Ipv6,
  destination: Ipv6,
  message: NdMessage,
  to?: MacAddress,
): FrameEffect {
  return {
    kind: 'frame',
    link,
    destination: to === undefined || isMulticast(destination) ? multicastMac(destination) : to,
    etherType: ETHERTYPE.ipv6,
    payload: encodeIcmpv6Packet({ source, destination, hopLimit: 255, message }),
  };
}

export function arpFrame(link: LinkName, to: MacAddress, message: ArpMessage): FrameEffect {
  return {
    kind: 'frame',
    link,
    destination: to,
    etherType: ETHERTYPE.arp,
    payload: encodeArp(message),
  };
}
