/** Numbers with names, where no codec table has them. */
import { ICMPV6, PROTOCOL } from '../../wire/protocol.js';

type Names = Readonly<Record<number, string>>;
const by =
  (names: Names) =>
  (value: number): string | undefined =>
    names[value];

/** https://www.iana.org/assignments/protocol-numbers */
export const PROTOCOL_NAMES: Names = {
  0: 'IPv6 Hop-by-Hop Options',
  1: 'ICMP',
  2: 'IGMP',
  4: 'IPv4',
  6: 'TCP',
  17: 'UDP',
  41: 'IPv6',
  43: 'Routing header',
  44: 'Fragment header',
  46: 'RSVP',
  47: 'GRE',
  50: 'ESP',
  51: 'AH',
  58: 'ICMPv6',
  59: 'No Next Header',
  60: 'Destination Options',
  89: 'OSPF',
  103: 'PIM',
  108: 'IPComp',
  115: 'L2TP',
  132: 'SCTP',
  135: 'Mobility Header',
  139: 'HIP',
  140: 'Shim6',
};
export const protocolName = by(PROTOCOL_NAMES);

export const etherTypeName = by({
  0x0800: 'IPv4',
  0x0806: 'ARP',
  0x6558: 'Transparent Ethernet Bridging',
  0x8100: 'VLAN',
  0x86dd: 'IPv6',
  0x88a8: 'Service VLAN',
  0x88cc: 'LLDP',
  0x8863: 'PPPoE Discovery',
  0x8864: 'PPPoE Session',
  0x888e: 'EAP over LAN',
});

export const ICMPV6_NAMES: Names = {
  1: 'Destination Unreachable',
  2: 'Packet Too Big',
  3: 'Time Exceeded',
  4: 'Parameter Problem',
  128: 'Echo Request',
  129: 'Echo Reply',
  130: 'Multicast Listener Query',
  131: 'Multicast Listener Report',
  132: 'Multicast Listener Done',
  133: 'Router Solicitation',
  134: 'Router Advertisement',
  135: 'Neighbor Solicitation',
  136: 'Neighbor Advertisement',
  137: 'Redirect',
  143: 'Version 2 Multicast Listener Report',
  144: 'Home Agent Address Discovery Request',
  145: 'Home Agent Address Discovery Reply',
  146: 'Mobile Prefix Solicitation',
  147: 'Mobile Prefix Advertisement',
  148: 'Certification Path Solicitation',
  149: 'Certification Path Advertisement',
  154: 'FMIPv6 Messages',
  155: 'RPL Control',
};
export const icmpv6Name = by(ICMPV6_NAMES);

/** RFC 4443 §3 */
const ICMPV6_CODES: Readonly<Record<number, Names>> = {
  [ICMPV6.destinationUnreachable]: {
    0: 'No route to destination',
    1: 'Communication with destination administratively prohibited',
    2: 'Beyond scope of source address',
    3: 'Address unreachable',
    4: 'Port unreachable',
    5: 'Source address failed ingress/egress policy',
    6: 'Reject route to destination',
  },
  [ICMPV6.timeExceeded]: {
    0: 'Hop limit exceeded in transit',
    1: 'Fragment reassembly time exceeded',
  },
  [ICMPV6.parameterProblem]: {
    0: 'Erroneous header field encountered',
    1: 'Unrecognized Next Header type encountered',
    2: 'Unrecognized IPv6 option encountered',
    3: 'IPv6 First Fragment has incomplete IPv6 Header Chain',
  },
};
/** Types that have one code leave it without a name. */
export const icmpv6CodeName =
  (type: number) =>
  (code: number): string | undefined =>
    ICMPV6_CODES[type]?.[code] ?? (code === 0 ? 'none' : undefined);

export const icmpv4Name = by({
  0: 'Echo Reply',
  3: 'Destination Unreachable',
  4: 'Source Quench',
  5: 'Redirect',
  8: 'Echo Request',
  9: 'Router Advertisement',
  10: 'Router Solicitation',
  11: 'Time Exceeded',
  12: 'Parameter Problem',
});

const ICMPV4_CODES: Readonly<Record<number, Names>> = {
  3: {
    0: 'Net unreachable',
    1: 'Host unreachable',
    2: 'Protocol unreachable',
    3: 'Port unreachable',
    4: 'Fragmentation needed and DF set',
    5: 'Source route failed',
    9: 'Network administratively prohibited',
    10: 'Host administratively prohibited',
    13: 'Communication administratively prohibited',
  },
  11: { 0: 'TTL exceeded in transit', 1: 'Fragment reassembly time exceeded' },
};
export const icmpv4CodeName =
  (type: number) =>
  (code: number): string | undefined =>
    ICMPV4_CODES[type]?.[code] ?? (code === 0 ? 'none' : undefined);

export const arpOperationName = by({
  1: 'request',
  2: 'reply',
  8: 'InARP request',
  9: 'InARP reply',
});
export const arpHardwareName = by({ 1: 'Ethernet', 6: 'IEEE 802', 772: 'loopback', 65534: 'none' });
export const bootpOpName = by({ 1: 'request', 2: 'reply' });
export const routingTypeName = by({
  0: 'source route (deprecated)',
  2: 'type 2, Mobile IPv6',
  3: 'RPL source route',
  4: 'Segment Routing',
});
export const sllPacketTypeName = by({
  0: 'to us',
  1: 'broadcast',
  2: 'multicast',
  3: 'to another host',
  4: 'from us',
});
/** https://www.iana.org/assignments/ipv6-parameters, destination and hop-by-hop options */
export const ipv6OptionName = by({
  0: 'Pad1',
  1: 'PadN',
  4: 'Tunnel Encapsulation Limit',
  5: 'Router Alert',
  7: 'CALIPSO',
  8: 'SMF_DPD',
  15: 'PDM',
  38: 'Quick-Start',
  99: 'RPL Option',
  138: 'Endpoint Identification (deprecated)',
  139: 'ILNP Nonce',
  140: 'Line-Identification Option',
  194: 'Jumbo Payload',
  201: 'Home Address',
});

/** The protocol number of a layer that may follow an IP header; for encoding without one. */
export const PROTOCOL_OF_LAYER: Readonly<Record<string, number>> = {
  hopopt: PROTOCOL.hopByHop,
  icmp: PROTOCOL.icmp,
  ipv4: PROTOCOL.ipv4,
  tcp: PROTOCOL.tcp,
  udp: PROTOCOL.udp,
  ipv6: PROTOCOL.ipv6,
  rthdr: PROTOCOL.routing,
  fragment: PROTOCOL.fragment,
  gre: 47,
  esp: PROTOCOL.esp,
  ah: PROTOCOL.ah,
  icmpv6: PROTOCOL.icmpv6,
  destopt: PROTOCOL.destinationOptions,
  mh: PROTOCOL.mobility,
};
export const ETHERTYPE_OF_LAYER: Readonly<Record<string, number>> = {
  ipv4: 0x0800,
  arp: 0x0806,
  vlan: 0x8100,
  ipv6: 0x86dd,
};
