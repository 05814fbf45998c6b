/**
 * Classic BPF for packet sockets. Offsets count from the network header, so that one program serves Ethernet and
 * interfaces without a link header.
 */
import { addressOctets, type IpAddress } from '../base/address.js';
import { ETHERTYPE, ICMPV6, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import { UDP_HEADER } from '../wire/udp.js';
import {
  JEQ,
  JGT,
  NETWORK,
  Program,
  SKF_AD_IFINDEX,
  SKF_AD_PKTTYPE,
  SKF_AD_PROTOCOL,
  SKF_AD_VLAN_TAG_PRESENT,
} from './bpf.js';

/** Who carries the tunnels decides how much of them is read. */
export interface SignallingFilter {
  /** `all` of them, for a datapath in this process; or only `mobility` headers inside, for the kernel's. */
  readonly tunnels: 'all' | 'mobility';
  /** The UDP port of which Mobility Headers inside are read too; null where a socket of ours has it. */
  readonly udpPort: number | null;
}

/**
 * Passes what a mobility daemon reads from a link, whole: ARP, neighbour discovery, DHCPv4, Mobility Headers and
 * what may stand before one, tunnels, and the ICMP errors that speak of them. Nothing else wakes the process.
 * Frames to others, VLAN frames of another interface and our own are out.
 */
export function signallingFilter({ tunnels, udpPort }: SignallingFilter): Uint8Array {
  const p = new Program();
  const ipv4Inside = tunnels === 'all' ? 'accept' : 'drop';
  /** Of the packet inside, an octet of which `load` reads: signalling, and nothing else of a tunnel of the kernel's. */
  const inside = (load: (at: number) => Program): void => {
    load(6).when(JEQ, PROTOCOL.mobility, 'accept');
    p.when(JEQ, PROTOCOL.destinationOptions, 'accept').unless(JEQ, PROTOCOL.icmpv6, 'drop');
    load(40).when(JGT, ICMPV6.mobilePrefixAdvertisement, 'drop');
    p.when(JGT, ICMPV6.homeAgentDiscoveryRequest - 1, 'accept').jump('drop');
  };
  p.load(SKF_AD_PKTTYPE).when(JGT, PACKET_MULTICAST, 'drop');
  p.load(SKF_AD_VLAN_TAG_PRESENT).when(JGT, 0, 'drop');
  p.load(SKF_AD_PROTOCOL)
    .when(JEQ, ETHERTYPE.arp, 'accept')
    .when(JEQ, ETHERTYPE.ipv6, 'six')
    .when(JEQ, ETHERTYPE.ipv4, 'four')
    .jump('drop');

  p.label('six').loadByte(NETWORK + 6);
  p.when(JEQ, PROTOCOL.mobility, 'accept').when(JEQ, PROTOCOL.icmpv6, 'icmp6');
  for (const next of BEFORE) p.when(JEQ, next, 'before');
  p.when(JEQ, PROTOCOL.ipv6, 'in6').when(JEQ, PROTOCOL.ipv4, ipv4Inside).jump('drop');
  p.label('icmp6').loadByte(NETWORK + 40);
  for (const type of ICMPV6_TYPES) p.when(JEQ, type, 'accept');
  p.jump('drop');
  p.label('before');
  if (tunnels === 'mobility') {
    // A tunnel behind one more header, such as a Tunnel Encapsulation Limit (RFC 2473 §4.1.1), or in fragments.
    p.loadByte(NETWORK + 40)
      .when(JEQ, PROTOCOL.ipv6, 'drop')
      .when(JEQ, PROTOCOL.ipv4, 'drop');
  }
  p.jump('accept');
  p.label('in6');
  if (tunnels === 'mobility') inside((at) => p.loadByte(NETWORK + 40 + at));
  else p.jump('accept');

  p.label('four').loadByte(NETWORK + 9);
  p.when(JEQ, PROTOCOL.ipv6, 'four6').when(JEQ, PROTOCOL.ipv4, ipv4Inside);
  p.when(JEQ, PROTOCOL.icmp, 'icmp4').when(JEQ, PROTOCOL.udp, 'udp').jump('drop');
  p.label('icmp4').firstFragmentOnly().loadHeaderLength().loadByteAfterHeader(0);
  p.when(JEQ, ICMP_DESTINATION_UNREACHABLE, 'accept').jump('drop');
  p.label('udp').firstFragmentOnly().loadHeaderLength().loadHalfAfterHeader(2);
  p.when(JEQ, UDP_PORT.dhcpServer, 'accept').when(JEQ, UDP_PORT.dhcpClient, 'accept');
  if (udpPort !== null) p.when(JEQ, udpPort, 'datagram');
  p.jump('drop');
  if (udpPort !== null) {
    p.label('datagram');
    inside((at) => p.loadByteAfterHeader(UDP_HEADER + at));
  }
  p.label('four6');
  if (tunnels === 'mobility') {
    p.firstFragmentOnly().loadHeaderLength();
    inside((at) => p.loadByteAfterHeader(at));
  } else p.jump('accept');

  p.label('drop').give(0);
  p.label('accept').give(WHOLE);
  return p.assemble();
}

/**
 * Passes, both ways and whole, what may hold a message of Mobile IPv6 or an error about one: bare, in a tunnel, or in
 * UDP from or to one of `ports`. What else goes through tunnels does not wake the process.
 */
export function mobilityFilter(ports: readonly number[] = [UDP_PORT.dsmip]): Uint8Array {
  const p = new Program();
  const sixWith = (label: string, load: () => Program): void => {
    p.label(label);
    load();
    for (const next of [...UP_TO_MOBILITY, PROTOCOL.icmpv6]) p.when(JEQ, next, 'accept');
    p.jump('drop');
  };
  p.load(SKF_AD_PROTOCOL)
    .when(JEQ, ETHERTYPE.ipv6, 'six')
    .when(JEQ, ETHERTYPE.ipv4, 'four')
    .jump('drop');

  p.label('six').loadByte(NETWORK + 6);
  for (const next of UP_TO_MOBILITY) p.when(JEQ, next, 'accept');
  p.when(JEQ, PROTOCOL.ipv6, 'six in six').when(JEQ, PROTOCOL.icmpv6, 'icmp6').jump('drop');
  p.label('icmp6').loadByte(NETWORK + 40);
  for (const type of MOBILITY_ICMPV6_TYPES) p.when(JEQ, type, 'accept');
  p.jump('drop');
  sixWith('six in six', () => p.loadByte(NETWORK + 40 + 6));

  p.label('four')
    .firstFragmentOnly()
    .loadHeaderLength()
    .loadByte(NETWORK + 9);
  p.when(JEQ, PROTOCOL.ipv6, 'six in four').when(JEQ, PROTOCOL.icmp, 'icmp4');
  p.when(JEQ, PROTOCOL.udp, 'udp').jump('drop');
  p.label('icmp4').loadByteAfterHeader(0);
  for (const type of ICMP_ERRORS) p.when(JEQ, type, 'accept');
  p.jump('drop');
  p.label('udp');
  for (const at of [0, 2]) {
    p.loadHalfAfterHeader(at);
    for (const port of ports) p.when(JEQ, port, 'six in udp');
  }
  p.jump('drop');
  sixWith('six in four', () => p.loadByteAfterHeader(6));
  sixWith('six in udp', () => p.loadByteAfterHeader(8 + 6));

  p.label('drop').give(0);
  p.label('accept').give(WHOLE);
  return p.assemble();
}

/** Passes packets of one of the home addresses `hosts` that go out of, or came out of, one of our tunnel devices. */
export function tunnelFilter(devices: readonly number[], hosts: readonly IpAddress[]): Uint8Array {
  const p = new Program();
  p.load(SKF_AD_IFINDEX);
  for (const index of devices) p.when(JEQ, index, 'ours');
  p.jump('drop');
  p.label('ours').load(SKF_AD_PROTOCOL);
  p.when(JEQ, ETHERTYPE.ipv6, 'six').when(JEQ, ETHERTYPE.ipv4, 'four').jump('drop');
  for (const [label, at, length] of [
    ['six', 8, 16],
    ['four', 12, 4],
  ] as const) {
    p.label(label);
    const ofFamily = hosts.map(addressOctets).filter((o) => o.length === length);
    for (const [n, octets] of ofFamily.entries()) {
      for (const [m, where] of [at, at + length].entries()) {
        const next = `${label} ${n} ${m}`;
        for (let i = 0; i < length; i += 4) {
          const word = new DataView(octets.buffer, octets.byteOffset).getUint32(i);
          p.load(NETWORK + where + i).unless(JEQ, word, next);
        }
        p.jump('accept').label(next);
      }
    }
    p.jump('drop');
  }
  p.label('drop').give(0);
  p.label('accept').give(HEADERS);
  return p.assemble();
}

/** Passes nothing: for sockets that only send. */
export function nothingFilter(): Uint8Array {
  return new Program().give(0).assemble();
}

/** What may stand before a Mobility Header. */
const BEFORE = [
  PROTOCOL.hopByHop,
  PROTOCOL.routing,
  PROTOCOL.fragment,
  PROTOCOL.destinationOptions,
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
const UP_TO_MOBILITY = [...BEFORE, PROTOCOL.mobility];
const MOBILITY_ICMPV6_TYPES = ICMPV6_TYPES.filter(
  (type) => type < ICMPV6.echoRequest || type >= ICMPV6.homeAgentDiscoveryRequest,
);
const ICMP_DESTINATION_UNREACHABLE = 3;
const ICMP_ERRORS = [ICMP_DESTINATION_UNREACHABLE, 11, 12]; // time exceeded, parameter problem
const PACKET_MULTICAST = 2; // sll_pkttype: 0 to us, 1 broadcast, 2 multicast; above: to others, outgoing
const WHOLE = 0x40000;
const HEADERS = 64; // octets: who and whose is all that matters
