/** Link-layer payloads that a mobile node builds itself: neighbour discovery, ARP and DHCP. */
import type { Ipv4, Ipv6, MacAddress } from '../../base/address.js';
import { encodeArp, type ArpMessage } from '../../wire/arp.js';
import { encodeDhcp } from '../../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../../wire/dhcpv4/message.js';
import { encodeIcmpv6 } from '../../wire/icmpv6.js';
import { encodeIpv4 } from '../../wire/ipv4.js';
import { encodeIpv6 } from '../../wire/ipv6-codec.js';
import type { NdMessage } from '../../wire/nd/message.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../../wire/protocol.js';
import { encodeUdp } from '../../wire/udp.js';
import type { FrameEffect } from '../effect.js';
import type { LinkName } from '../input.js';

/** RFC 4861 §4: every neighbour discovery message leaves with hop limit 255. */
export function ndFrame(
  link: LinkName,
  to: MacAddress,
  source: Ipv6,
  destination: Ipv6,
  message: NdMessage,
): FrameEffect {
  const payload = encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 255,
    source,
    destination,
    headers: [],
    protocol: PROTOCOL.icmpv6,
    payload: encodeIcmpv6(message, source, destination),
  });
  return { kind: 'frame', link, destination: to, etherType: ETHERTYPE.ipv6, payload };
}

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

export function arpFrame(link: LinkName, to: MacAddress, message: ArpMessage): FrameEffect {
  return {
    kind: 'frame',
    link,
    destination: to,
    etherType: ETHERTYPE.arp,
    payload: encodeArp(message),
  };
}
