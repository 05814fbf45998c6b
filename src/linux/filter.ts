/**
 * Classic BPF for packet sockets. Offsets count from the network header, so that one program serves Ethernet and
 * interfaces without a link header.
 */
import { ETHERTYPE, ICMPV6, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import {
  JEQ,
  JGT,
  NETWORK,
  Program,
  SKF_AD_PKTTYPE,
  SKF_AD_PROTOCOL,
  SKF_AD_VLAN_TAG_PRESENT,
} from './bpf.js';

/**
 * Passes what a mobility daemon reads from a link, whole: ARP, neighbour discovery, DHCPv4, Mobility Headers and
 * what may stand before one, tunnels, and the ICMP errors that speak of them. Nothing else wakes the process.
 * Frames to others, VLAN frames of another interface and our own are out.
 */
export function signallingFilter(): Uint8Array {
  const p = new Program();
  p.load(SKF_AD_PKTTYPE).when(JGT, PACKET_MULTICAST, 'drop');
  p.load(SKF_AD_VLAN_TAG_PRESENT).when(JGT, 0, 'drop');
  p.load(SKF_AD_PROTOCOL)
    .when(JEQ, ETHERTYPE.arp, 'accept')
    .when(JEQ, ETHERTYPE.ipv6, 'six')
    .when(JEQ, ETHERTYPE.ipv4, 'four')
    .jump('drop');

  p.label('six').loadByte(NETWORK + 6);
  for (const next of BEFORE_OR_MOBILITY) p.when(JEQ, next, 'accept');
  p.when(JEQ, PROTOCOL.icmpv6, 'icmp6').jump('drop');
  p.label('icmp6').loadByte(NETWORK + 40);
  for (const type of ICMPV6_TYPES) p.when(JEQ, type, 'accept');
  p.jump('drop');

  p.label('four').loadByte(NETWORK + 9);
  p.when(JEQ, PROTOCOL.ipv6, 'accept').when(JEQ, PROTOCOL.ipv4, 'accept');
  p.when(JEQ, PROTOCOL.icmp, 'icmp4').when(JEQ, PROTOCOL.udp, 'udp').jump('drop');
  p.label('icmp4').firstFragmentOnly().loadHeaderLength().loadByteAfterHeader(0);
  p.when(JEQ, ICMP_DESTINATION_UNREACHABLE, 'accept').jump('drop');
  p.label('udp').firstFragmentOnly().loadHeaderLength().loadHalfAfterHeader(2);
  p.when(JEQ, UDP_PORT.dhcpServer, 'accept').when(JEQ, UDP_PORT.dhcpClient, 'accept');

  p.label('drop').give(0);
  p.label('accept').give(WHOLE);
  return p.assemble();
}

/** Passes nothing: for sockets that only send. */
export function nothingFilter(): Uint8Array {
  return new Program().give(0).assemble();
}

const BEFORE_OR_MOBILITY = [
  PROTOCOL.hopByHop,
  PROTOCOL.ipv4,
  PROTOCOL.ipv6,
  PROTOCOL.routing,
  PROTOCOL.fragment,
  PROTOCOL.destinationOptions,
  PROTOCOL.mobility,
];
const ICMPV6_TYPES = [
  ICMPV6.destinationUnreachable,
  ICMPV6.packetTooBig,
  ICMPV6.timeExceeded,
  ICMPV6.parameterProblem,
  ICMPV6.routerSolicitation,
  ICMPV6.routerAdvertisement,
  ICMPV6.neighborSolicitation,
  ICMPV6.neighborAdvertisement,
  ICMPV6.redirect,
  ICMPV6.homeAgentDiscoveryRequest,
  ICMPV6.homeAgentDiscoveryReply,
  ICMPV6.mobilePrefixSolicitation,
  ICMPV6.mobilePrefixAdvertisement,
];
const ICMP_DESTINATION_UNREACHABLE = 3;
const PACKET_MULTICAST = 2; // sll_pkttype: 0 to us, 1 broadcast, 2 multicast; above: to others, outgoing
const WHOLE = 0x40000;
