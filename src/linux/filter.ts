/**
 * Classic BPF for packet sockets. Offsets count from the network header, so that one program serves Ethernet and
 * interfaces without a link header.
 */
import { ETHERTYPE, ICMPV6, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import { LITTLE } from './sockaddr.js';

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

/** Passes nothing: for sockets that only send. */
export function nothingFilter(): Uint8Array {
  return new Program().give(0).assemble();
}

interface Instruction {
  readonly code: number;
  readonly k: number;
  /** Where a conditional jump goes when true; it falls through when false. */
  readonly to?: string;
}

class Program {
  readonly #instructions: Instruction[] = [];
  readonly #labels = new Map<string, number>();

  label(name: string): this {
    this.#labels.set(name, this.#instructions.length);
    return this;
  }

  load(offset: number): this {
    return this.#push(LD | W | ABS, offset);
  }

  loadByte(offset: number): this {
    return this.#push(LD | B | ABS, offset);
  }

  firstFragmentOnly(): this {
    return this.#push(LD | H | ABS, NETWORK + 6).when(JSET, 0x1fff, 'drop');
  }

  /** X becomes the length of the IPv4 header. */
  loadHeaderLength(): this {
    return this.#push(LDX | B | MSH, NETWORK);
  }

  loadByteAfterHeader(offset: number): this {
    return this.#push(LD | B | IND, NETWORK + offset);
  }

  loadHalfAfterHeader(offset: number): this {
    return this.#push(LD | H | IND, NETWORK + offset);
  }

  when(condition: number, k: number, to: string): this {
    return this.#push(JMP | condition, k, to);
  }

  jump(to: string): this {
    return this.#push(JMP | JA, 0, to);
  }

  give(octets: number): this {
    return this.#push(RET, octets);
  }

  /** struct sock_filter: u16 code, u8 jt, u8 jf, u32 k. */
  assemble(): Uint8Array {
    const out = new Uint8Array(this.#instructions.length * 8);
    const view = new DataView(out.buffer);
    this.#instructions.forEach(({ code, k, to }, i) => {
      const skip = to === undefined ? 0 : this.#labels.get(to)! - i - 1;
      const always = code === (JMP | JA);
      view.setUint16(8 * i, code, LITTLE);
      out[8 * i + 2] = always ? 0 : skip;
      view.setUint32(8 * i + 4, (always ? skip : k) >>> 0, LITTLE);
    });
    return out;
  }

  #push(code: number, k: number, to?: string): this {
    this.#instructions.push(to === undefined ? { code, k } : { code, k, to });
    return this;
  }
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
/** The same without tunnels. */
const UP_TO_MOBILITY = BEFORE_OR_MOBILITY.filter(
  (next) => next !== PROTOCOL.ipv6 && next !== PROTOCOL.ipv4,
);
const MOBILITY_ICMPV6_TYPES = ICMPV6_TYPES.filter(
  (type) => type < ICMPV6.echoRequest || type >= ICMPV6.homeAgentDiscoveryRequest,
);
const ICMP_DESTINATION_UNREACHABLE = 3;
const ICMP_ERRORS = [ICMP_DESTINATION_UNREACHABLE, 11, 12]; // time exceeded, parameter problem
const PACKET_MULTICAST = 2; // sll_pkttype: 0 to us, 1 broadcast, 2 multicast; above: to others, outgoing
const WHOLE = 0x40000;

// linux/filter.h
const NETWORK = -0x100000;
const SKF_AD_PROTOCOL = -0x1000;
const SKF_AD_PKTTYPE = -0x1000 + 4;
const SKF_AD_VLAN_TAG_PRESENT = -0x1000 + 48;
const LD = 0x00;
const LDX = 0x01;
const JMP = 0x05;
const RET = 0x06;
const W = 0x00;
const H = 0x08;
const B = 0x10;
const ABS = 0x20;
const IND = 0x40;
const MSH = 0xa0;
const JA = 0x00;
const JEQ = 0x10;
const JGT = 0x20;
const JSET = 0x40;
