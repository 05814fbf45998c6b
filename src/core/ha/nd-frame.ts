/** Neighbour Discovery messages as frames of a link. RFC 4861 §4.3, §4.4: the hop limit is 255. */
import { isMulticast, multicastMac, type Ipv6, type MacAddress } from '../../base/address.js';
import { encodeIcmpv6Packet } from '../../wire/mobility-packet.js';
import type { NdMessage } from '../../wire/nd/message.js';
import { ETHERTYPE } from '../../wire/protocol.js';
import type { FrameEffect } from '../effect.js';
import type { LinkName } from '../input.js';

/** `to` may be left out for a multicast destination. */
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
