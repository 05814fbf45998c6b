/** A DHCP client's message as a frame: it speaks before the host has an address to speak from. */
import type { Ipv4, MacAddress } from '../../base/address.js';
import { encodeDhcp } from '../../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../../wire/dhcpv4/message.js';
import { encodeIpv4 } from '../../wire/ipv4.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../../wire/protocol.js';
import { encodeUdp } from '../../wire/udp.js';
import type { FrameEffect } from '../effect.js';
import type { LinkName } from '../input.js';

/** RFC 2131 §4.1: from port 68 to port 67. */
export function dhcpFrame(
  link: LinkName,
  to: MacAddress,
  source: Ipv4,
  destination: Ipv4,
  message: DhcpMessage,
): FrameEffect {
  const datagram = {
    sourcePort: UDP_PORT.dhcpClient,
    destinationPort: UDP_PORT.dhcpServer,
    payload: encodeDhcp(message),
  };
  const payload = encodeIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol: PROTOCOL.udp,
    source,
    destination,
    options: new Uint8Array(0),
    payload: encodeUdp(datagram, source, destination),
  });
  return { kind: 'frame', link, destination: to, etherType: ETHERTYPE.ipv4, payload };
}
