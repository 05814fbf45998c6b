/**
 * IPv4 of a simulated host: ARP, input, forwarding, address translation, echo, errors.
 * No fragmentation and no reassembly: what does not fit is reported, or counted and dropped.
 *
 * Spec: RFC 791, RFC 792, RFC 826, RFC 1122, RFC 1812; ARP as Linux does by default (`arp_ignore` 0).
 */
import {
  BROADCAST4,
  BROADCAST_MAC,
  inPrefix,
  isIpv4,
  isMulticast,
  multicastMac,
  prefixOf,
  UNSPECIFIED4,
  type Ipv4,
  type MacAddress,
} from '../base/address.js';
import { checksum, fold16, sum16 } from '../base/checksum.js';
import { WireError } from '../base/error.js';
import type { LinkName } from '../core/input.js';
import { decodeArp, encodeArp, type ArpMessage } from '../wire/arp.js';
import { ETHERNET_HEADER } from '../wire/ethernet.js';
import { decodeIcmpv4, encodeIcmpv4, type Icmpv4Message } from '../wire/icmpv4.js';
import { encodeIpv4 } from '../wire/ipv4.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import { encodeUdp, UDP_HEADER } from '../wire/udp.js';
import type { Host } from './host.js';
import { frameDestination, frameSource, type Interface } from './interface.js';
import { addressBytes, ipv4At, mendChecksum, trim4, u16, u32 } from './octets.js';
import type { Route } from './routing.js';

export interface UdpToSend {
  readonly source?: Ipv4 | undefined;
  readonly sourcePort: number;
  readonly destination: Ipv4;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
  readonly trafficClass?: number;
  readonly link?: LinkName | undefined;
}

export class Ipv4Stack {
  readonly #host: Host;
  #identification: number;

  constructor(host: Host) {
    this.#host = host;
    this.#identification = host.random.below(0x10000);
  }

  /** `on` and `frame` are undefined for a packet out of a device. */
  receive(
    link: LinkName,
    octets: Uint8Array,
    on: Interface | undefined,
    frame: Uint8Array | undefined,
  ): void {
    const host = this.#host;
    let packet = trim4(octets);
    if (!packet) return host.count('ip4-header');
    if (checksum(packet.subarray(0, (packet[0]! & 15) * 4)) !== 0)
      return host.count('ip4-checksum');
    const dhcp = isDhcp(packet);
    if (dhcp && on) host.offerFrame(on, frame!);
    if (host.nat && link === host.nat.options.outside && ipv4At(packet, 16) === this.#outside()) {
      const inward = host.nat.inbound(packet, host.clock.now());
      if (!inward) return host.count('nat-drop');
      if (inward !== 'local') packet = inward;
    }
    const destination = ipv4At(packet, 16);
    if (host.nat?.hairpins(link, packet, host.clock.now()) && destination === this.#outside()) {
      return this.#forward(link, packet);
    }
    if (host.isLocal(destination) || this.#isGroup(on, packet)) {
      return this.#local(link, packet, frame && frameSource(frame));
    }
    if (dhcp) return; // on its way to an address that is not there yet
    this.#forward(link, packet);
  }

  receiveArp(on: Interface, frame: Uint8Array): void {
    this.#host.offerFrame(on, frame);
    const message = this.#decodeArp(frame.subarray(ETHERNET_HEADER));
    if (!message) return;
    const { operation, senderAddress, senderMac, targetAddress } = message;
    const announcement = senderAddress === targetAddress;
    if (operation === 'request' && !announcement && this.#host.isLocal(targetAddress)) {
      // RFC 5227 §2.1.1: a probe has no sender address, and is answered like any other.
      if (senderAddress !== UNSPECIFIED4) on.neighbours.learn(senderAddress, senderMac);
      this.#sendArp(on, senderMac, {
        operation: 'reply',
        senderMac: on.mac,
        senderAddress: targetAddress,
        targetMac: senderMac,
        targetAddress: senderAddress,
      });
      return;
    }
    if (senderAddress === UNSPECIFIED4) return;
    // RFC 826: whoever is known already is brought up to date.
    const solicited = operation === 'reply' && frameDestination(frame) === on.mac;
    on.neighbours.advertised(senderAddress, senderMac, { solicited, override: true });
  }

  send(packet: Uint8Array, link: LinkName | undefined): void {
    const host = this.#host;
    if (!trim4(packet)) return host.count('send-truncated');
    const destination = ipv4At(packet, 16);
    if (destination === BROADCAST4 || isMulticast(destination)) {
      const on = host.interface(link ?? '');
      if (!on) return host.count('no-link');
      const to = destination === BROADCAST4 ? BROADCAST_MAC : multicastMac(destination);
      if (!on.transmit(to, ETHERTYPE.ipv4, packet)) host.count('link-down');
      return;
    }
    if (host.isLocal(destination)) {
      host.clock.delay(0, () => this.#local(link ?? LOOPBACK, packet, undefined));
      return;
    }
    const route = this.#lookup(packet, destination, link);
    if (!route) return host.count('no-route');
    const on = host.interface(route.link);
    if (on && packet.length > on.mtu) return host.count('too-big-local');
    this.#emit(route, destination, packet);
  }

  sendUdp(d: UdpToSend): void {
    const source = d.source ?? (this.#host.chooseSource(d.destination, d.link) as Ipv4 | undefined);
    if (source === undefined) return this.#host.count('no-route');
    const packet = encodeIpv4({
      ...this.#header(source, d.destination, PROTOCOL.udp),
      tos: d.trafficClass ?? 0,
      payload: encodeUdp(d, source, d.destination),
    });
    this.send(packet, d.link);
  }

  sendEcho(
    source: Ipv4,
    destination: Ipv4,
    identifier: number,
    sequence: number,
    data: Uint8Array,
  ): void {
    this.#sendIcmp({ kind: 'echoRequest', identifier, sequence, data }, source, destination);
  }

  /** As Linux does (`arp_announce` 0): from the waiting packet's source, else an address of the target's network. */
  solicit(
    on: Interface,
    target: Ipv4,
    to: MacAddress | undefined,
    waiting: Uint8Array | undefined,
  ): void {
    const wanted = waiting && ipv4At(waiting, 12);
    const senderAddress = wanted && this.#host.isLocal(wanted) ? wanted : near(on, target);
    this.#sendArp(on, to ?? BROADCAST_MAC, {
      operation: 'request',
      senderMac: on.mac,
      senderAddress,
      targetMac: NO_MAC,
      targetAddress: target,
    });
  }

  /** RFC 1812 §5.2.7.1: host unreachable. */
  neighbourUnreachable(packet: Uint8Array): void {
    this.#host.count('neighbour-unreachable');
    this.#error(packet, { kind: 'destinationUnreachable', code: 1, mtu: 0, quoted: packet });
  }

  #lookup(packet: Uint8Array, destination: Ipv4, link?: LinkName): Route | undefined {
    return this.#host.routing.lookup(
      { octets: packet, at: 16, address: destination },
      { octets: packet, at: 12, address: ipv4At(packet, 12) },
      link,
    );
  }

  #emit(route: Route, destination: Ipv4, packet: Uint8Array): void {
    const host = this.#host;
    const device = host.device(route.link);
    if (device) return device.send(packet);
    const on = host.interface(route.link);
    if (!on) return host.count('no-link');
    if (!on.up) return host.count('link-down');
    const next = (route.via as Ipv4 | undefined) ?? destination;
    if (!route.via && isSubnetBroadcast(on, u32(packet, 16))) {
      on.transmit(BROADCAST_MAC, ETHERTYPE.ipv4, packet);
    } else on.neighbours.send(next, packet);
  }

  #forward(link: LinkName, packet: Uint8Array): void {
    const host = this.#host;
    if (!host.forwarding) return host.count('not-for-us');
    if (packet[8]! <= 1) {
      host.count('hop-limit');
      return this.#error(packet, { kind: 'timeExceeded', code: 0, quoted: packet });
    }
    let onward: Uint8Array = packet.slice();
    onward[8]!--;
    mendChecksum(onward, 10, 0xfeff); // the word with the TTL is less by 0x0100
    let destination = ipv4At(packet, 16);
    const { nat } = host;
    if (nat && link === nat.options.inside && this.#leaves(packet, destination)) {
      const outside = this.#outside();
      const address = outside && host.interface(nat.options.outside)!.addresses;
      if (!outside || !address) return host.count('nat-no-address');
      const now = host.clock.now();
      const translated = nat.outbound(onward, addressNumber(outside), now);
      if (!translated) return host.count('nat-drop');
      onward = translated;
      if (destination === outside) {
        // RFC 4787 REQ-9: hairpin, back inside.
        const back = nat.inbound(onward, now);
        if (!back || back === 'local') return host.count('nat-hairpin');
        onward = back;
        destination = ipv4At(onward, 16);
      }
    }
    const route = this.#lookup(onward, destination);
    if (!route) {
      host.count('no-route');
      return this.#error(packet, {
        kind: 'destinationUnreachable',
        code: 0,
        mtu: 0,
        quoted: packet,
      });
    }
    const mtu = host.interface(route.link)?.mtu ?? Infinity;
    if (onward.length > mtu) {
      host.count('too-big');
      if ((packet[6]! & 0x40) === 0) return; // would be fragmented
      return this.#error(packet, { kind: 'destinationUnreachable', code: 4, mtu, quoted: packet });
    }
    this.#emit(route, destination, onward);
  }

  #local(link: LinkName, packet: Uint8Array, linkSource: MacAddress | undefined): void {
    const host = this.#host;
    if (host.offer(link, packet, linkSource)) return;
    if ((u16(packet, 6) & 0x3fff) !== 0) return host.count('fragment');
    const at = (packet[0]! & 15) * 4;
    switch (packet[9]) {
      case PROTOCOL.icmp:
        return this.#icmp(packet, at);
      case PROTOCOL.udp:
        return this.#udp(packet, at);
      default:
        host.count(`protocol-${packet[9]}`);
        return this.#error(packet, {
          kind: 'destinationUnreachable',
          code: 2,
          mtu: 0,
          quoted: packet,
        });
    }
  }

  #icmp(packet: Uint8Array, at: number): void {
    const host = this.#host;
    const message = this.#decodeIcmp(packet.subarray(at));
    if (!message) return;
    const source = ipv4At(packet, 12);
    const destination = ipv4At(packet, 16);
    if (message.kind === 'echoReply') {
      const { sequence, data } = message;
      return host.echoListener(message.identifier)?.({ source, destination, sequence, data });
    }
    if (message.kind !== 'echoRequest') return host.count(`icmp4-${message.kind}`);
    if (!host.isLocal(destination)) return; // RFC 1122 §3.2.2.6: broadcasts may go unanswered
    this.#sendIcmp({ ...message, kind: 'echoReply' }, destination, source);
  }

  #udp(packet: Uint8Array, at: number): void {
    const host = this.#host;
    if (at + UDP_HEADER > packet.length) return host.count('udp-header');
    const destination = ipv4At(packet, 16);
    const destinationPort = u16(packet, at + 2);
    if (u16(packet, at + 6) !== 0 && !udpVerifies(packet, at)) return host.count('udp-checksum');
    const listener = host.udpListener(destination, destinationPort);
    if (!listener) {
      if (isDhcp(packet)) return; // the role has it
      const quoted = packet;
      return this.#error(packet, { kind: 'destinationUnreachable', code: 3, mtu: 0, quoted });
    }
    listener({
      packet,
      start: at + UDP_HEADER,
      end: Math.min(packet.length, at + Math.max(UDP_HEADER, u16(packet, at + 4))),
      source: ipv4At(packet, 12),
      sourcePort: u16(packet, at),
      destination,
      destinationPort,
      trafficClass: packet[1]!,
    });
  }

  #isGroup(on: Interface | undefined, packet: Uint8Array): boolean {
    const destination = u32(packet, 16);
    if (destination >>> 28 === 14 || destination === 0xffffffff) return true;
    return on !== undefined && isSubnetBroadcast(on, destination);
  }

  /** What a translator looks at: packets from the inside that are not for the inside. */
  #leaves(packet: Uint8Array, destination: Ipv4): boolean {
    const { nat } = this.#host;
    if (destination === this.#outside()) return true;
    return this.#lookup(packet, destination)?.link === nat!.options.outside;
  }

  #outside(): Ipv4 | undefined {
    const on = this.#host.interface(this.#host.nat!.options.outside);
    if (on) for (const address of on.addresses) if (isIpv4(address)) return address;
    return undefined;
  }

  #decodeArp(octets: Uint8Array): ArpMessage | undefined {
    return this.#guard('arp', () => decodeArp(octets));
  }

  #decodeIcmp(octets: Uint8Array): Icmpv4Message | undefined {
    return this.#guard('icmp4', () => decodeIcmpv4(octets));
  }

  #guard<T>(what: string, decode: () => T): T | undefined {
    try {
      return decode();
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#host.count(`${what}-${error.code}`);
      return undefined;
    }
  }

  #sendArp(on: Interface, to: MacAddress, message: ArpMessage): void {
    if (!on.transmit(to, ETHERTYPE.arp, encodeArp(message))) this.#host.count('link-down');
  }

  /** Reports `message` about `packet` to its source, where RFC 1122 §3.2.2 allows it. */
  #error(packet: Uint8Array, message: ErrorMessage): void {
    const host = this.#host;
    const to = ipv4At(packet, 12);
    const about = ipv4At(packet, 16);
    if (to === UNSPECIFIED4 || isMulticast(to) || to === BROADCAST4 || host.isLocal(to)) return;
    if (isMulticast(about) || about === BROADCAST4 || (u16(packet, 6) & 0x1fff) !== 0) return;
    const at = (packet[0]! & 15) * 4;
    if (packet[9] === PROTOCOL.icmp && packet[at] !== 8 && packet[at] !== 0) return;
    if (!host.mayReportError()) return host.count('icmp4-rate');
    const source = host.isLocal(about) ? about : host.chooseSource(to);
    if (source === undefined) return host.count('no-route');
    this.#sendIcmp({ ...message, quoted: packet.subarray(0, MAX_ERROR - 28) }, source as Ipv4, to);
  }

  #sendIcmp(message: Icmpv4Message, source: Ipv4, destination: Ipv4): void {
    const header = this.#header(source, destination, PROTOCOL.icmp);
    this.send(encodeIpv4({ ...header, payload: encodeIcmpv4(message) }), undefined);
  }

  #header(source: Ipv4, destination: Ipv4, protocol: number) {
    this.#identification = (this.#identification + 1) & 0xffff;
    return {
      tos: 0,
      identification: this.#identification,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: TTL,
      protocol,
      source,
      destination,
      options: NO_OCTETS,
    };
  }
}

type ErrorMessage = Extract<Icmpv4Message, { quoted: Uint8Array }>;

/** UDP between the ports of DHCP. */
function isDhcp(packet: Uint8Array): boolean {
  const at = (packet[0]! & 15) * 4;
  if (packet[9] !== PROTOCOL.udp || (u16(packet, 6) & 0x3fff) !== 0 || packet.length < at + 4)
    return false;
  const port = u16(packet, at + 2);
  return port === UDP_PORT.dhcpServer || port === UDP_PORT.dhcpClient;
}

function udpVerifies(packet: Uint8Array, at: number): boolean {
  const length = packet.length - at;
  return (
    fold16(sum16(packet.subarray(at), sum16(packet.subarray(12, 20)) + PROTOCOL.udp + length)) === 0
  );
}

function isSubnetBroadcast(on: Interface, destination: number): boolean {
  if ((destination & 3) !== 3) return false; // a network this is the broadcast of has two host bits at least
  for (const address of on.addresses) {
    if (!isIpv4(address)) continue;
    const length = on.addresses.prefixLength(address)!;
    const hosts = length === 0 ? 0xffffffff : 2 ** (32 - length) - 1;
    const network = (destination ^ addressNumber(address)) & ~hosts;
    if (length <= 30 && network === 0 && (destination & hosts) >>> 0 === hosts) return true;
  }
  return false;
}

/** An address of the interface in the target's network, else its first one. */
function near(on: Interface, target: Ipv4): Ipv4 {
  let first: Ipv4 | undefined;
  for (const address of on.addresses) {
    if (!isIpv4(address)) continue;
    first ??= address;
    if (inPrefix(target, prefixOf(address, on.addresses.prefixLength(address)!))) return address;
  }
  return first ?? UNSPECIFIED4;
}

const addressNumber = (address: Ipv4): number => u32(addressBytes(address), 0);

const TTL = 64;
const MAX_ERROR = 576; // RFC 1812 §4.3.2.3
const LOOPBACK = 'lo';
const NO_MAC = '00:00:00:00:00:00' as MacAddress;
const NO_OCTETS = new Uint8Array(0);
