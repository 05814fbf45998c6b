/**
 * IPv6 of a simulated host: input, forwarding, neighbour discovery, echo, errors.
 * No reassembly, no redirects, no router advertisement of its own: roles do what they need of that.
 *
 * Spec: RFC 8200, RFC 4443, RFC 4861 §7.
 */
import {
  ALL_NODES,
  isLinkLocal,
  isMulticast,
  multicastMac,
  solicitedNode,
  UNSPECIFIED6,
  type Ipv6,
  type MacAddress,
} from '../base/address.js';
import { WireError } from '../base/error.js';
import type { LinkName } from '../core/input.js';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6Message } from '../wire/icmpv6.js';
import { encodeIpv6 } from '../wire/ipv6-codec.js';
import type { NdMessage, NdOption } from '../wire/nd/message.js';
import { ETHERTYPE, ICMPV6, PROTOCOL } from '../wire/protocol.js';
import { UDP_HEADER } from '../wire/udp.js';
import type { Host } from './host.js';
import { frameSource, type Interface } from './interface.js';
import { ipv6At, mendChecksum, trim6, u16, upperLayer } from './octets.js';
import type { Route } from './routing.js';

export class Ipv6Stack {
  readonly #host: Host;

  constructor(host: Host) {
    this.#host = host;
  }

  /** `on` and `frame` are undefined for a packet out of a device. */
  receive(link: LinkName, octets: Uint8Array, on: Interface | undefined, frame?: Uint8Array): void {
    const packet = trim6(octets);
    if (!packet) return this.#host.count('ip6-header');
    const destination = ipv6At(packet, 24);
    const multicast = packet[24] === 0xff;
    if (on && isNd(packet)) {
      this.#host.offerFrame(on, frame!);
      if (multicast || this.#host.isLocal(destination)) return this.#neighbourDiscovery(on, packet);
    }
    if (multicast || this.#isMine(link, destination)) {
      return this.#local(link, packet, frame && frameSource(frame));
    }
    this.#forward(link, packet);
  }

  send(packet: Uint8Array, link: LinkName | undefined): void {
    const host = this.#host;
    if (!trim6(packet)) return host.count('send-truncated');
    const destination = ipv6At(packet, 24);
    const source = ipv6At(packet, 8);
    if (isMulticast(destination) || isLinkLocal(destination)) {
      const on = host.interface(link ?? '') ?? this.#holder(source);
      if (!on) return host.count('no-link');
      if (on.addresses.has(destination)) return this.#loop(on.name, packet);
      if (isMulticast(destination)) {
        if (!on.transmit(multicastMac(destination), ETHERTYPE.ipv6, packet))
          host.count('link-down');
      } else this.#toNeighbour(on, destination, packet);
      return;
    }
    if (host.isLocal(destination)) return this.#loop(link ?? LOOPBACK, packet);
    const route = host.routing.lookup(
      { octets: packet, at: 24, address: destination },
      { octets: packet, at: 8, address: source },
      link,
    );
    if (!route) return host.count('no-route');
    const on = host.interface(route.link);
    if (on && packet.length > on.mtu) return host.count('too-big-local');
    this.#emit(route, destination, packet);
  }

  sendEcho(
    source: Ipv6,
    destination: Ipv6,
    identifier: number,
    sequence: number,
    data: Uint8Array,
  ): void {
    this.#sendIcmp(
      { kind: 'echoRequest', identifier, sequence, data },
      source,
      destination,
      HOP_LIMIT,
    );
  }

  /** As Linux does: from the waiting packet's source if that is on the link, else link-local. */
  solicit(
    on: Interface,
    target: Ipv6,
    to: MacAddress | undefined,
    waiting: Uint8Array | undefined,
  ): void {
    const wanted = waiting && ipv6At(waiting, 8);
    const source = wanted && on.addresses.has(wanted) ? wanted : linkLocalOf(on);
    const options: NdOption[] = [{ kind: 'sourceLinkLayer', address: on.mac }];
    const destination = to ? target : solicitedNode(target);
    this.#sendNd(on, to ?? multicastMac(destination), source, destination, {
      kind: 'neighborSolicitation',
      target,
      options,
    });
  }

  /** RFC 4443 §3.1 code 3. */
  neighbourUnreachable(packet: Uint8Array): void {
    this.#host.count('neighbour-unreachable');
    this.#error(packet, { kind: 'destinationUnreachable', code: 3, quoted: packet });
  }

  #emit(route: Route, destination: Ipv6, packet: Uint8Array): void {
    const device = this.#host.device(route.link);
    if (device) return device.send(packet);
    const on = this.#host.interface(route.link);
    if (!on) return this.#host.count('no-link');
    this.#toNeighbour(on, (route.via as Ipv6 | undefined) ?? destination, packet);
  }

  #toNeighbour(on: Interface, next: Ipv6, packet: Uint8Array): void {
    if (!on.up) return this.#host.count('link-down');
    on.neighbours.send(next, packet);
  }

  /** Link-local addresses belong to their own link only. */
  #isMine(link: LinkName, destination: Ipv6): boolean {
    if (!this.#host.isLocal(destination)) return false;
    if (!isLinkLocal(destination)) return true;
    return this.#host.interface(link)?.addresses.has(destination) ?? false;
  }

  #isAnycast(address: Ipv6): boolean {
    for (const on of this.#host.interfaces) if (on.anycast.has(address)) return true;
    return false;
  }

  #holder(source: Ipv6): Interface | undefined {
    for (const on of this.#host.interfaces) if (on.addresses.has(source)) return on;
    return undefined;
  }

  /** Not from inside a send: like the kernel, in its own turn. */
  #loop(link: LinkName, packet: Uint8Array): void {
    this.#host.clock.delay(0, () => this.#local(link, packet, undefined));
  }

  #forward(link: LinkName, packet: Uint8Array): void {
    const host = this.#host;
    if (!host.forwarding) return host.count('not-for-us');
    const destination = ipv6At(packet, 24);
    const source = ipv6At(packet, 8);
    if (isLinkLocal(destination) || isLinkLocal(source)) return host.count('scope');
    if (packet[7]! <= 1) {
      host.count('hop-limit');
      return this.#error(packet, { kind: 'timeExceeded', code: 0, quoted: packet }, link);
    }
    const route = host.routing.lookup(
      { octets: packet, at: 24, address: destination },
      { octets: packet, at: 8, address: source },
    );
    if (!route) {
      host.count('no-route');
      return this.#error(packet, { kind: 'destinationUnreachable', code: 0, quoted: packet }, link);
    }
    const mtu = host.interface(route.link)?.mtu ?? Infinity;
    if (packet.length > mtu) {
      host.count('too-big');
      return this.#error(packet, { kind: 'packetTooBig', mtu, quoted: packet }, link);
    }
    const onward = packet.slice();
    onward[7]!--;
    this.#emit(route, destination, onward);
  }

  #local(link: LinkName, packet: Uint8Array, linkSource: MacAddress | undefined): void {
    const host = this.#host;
    if (host.offer(link, packet, linkSource)) return;
    const upper = upperLayer(packet);
    if (!upper) return host.count('ip6-extension');
    if (upper.fragment) return host.count('fragment');
    if (upper.homeAddressOption) {
      // RFC 6275 §9.3.1 is for nodes that know the option; for others RFC 8200 §4.2: type bits 11, code 2.
      const pointer = 40;
      return this.#error(
        packet,
        { kind: 'parameterProblem', code: 2, pointer, quoted: packet },
        link,
      );
    }
    switch (upper.protocol) {
      case PROTOCOL.icmpv6:
        return this.#icmp(link, packet, upper.offset);
      case PROTOCOL.udp:
        return this.#udp(link, packet, upper.offset);
      case PROTOCOL.none:
        return;
      default: {
        host.count(`protocol-${upper.protocol}`);
        const pointer = upper.offset === 40 ? 6 : 40;
        const problem = { kind: 'parameterProblem', code: 1, pointer, quoted: packet } as const;
        return this.#error(packet, problem, link);
      }
    }
  }

  #icmp(link: LinkName, packet: Uint8Array, at: number): void {
    const host = this.#host;
    const message = this.#decode(packet, at);
    if (!message) return;
    if (message.kind === 'echoReply') {
      const source = ipv6At(packet, 8);
      const destination = ipv6At(packet, 24);
      const { sequence, data } = message;
      return host.echoListener(message.identifier)?.({ source, destination, sequence, data });
    }
    if (message.kind !== 'echoRequest') return host.count(`icmp6-${message.kind}`);
    if (packet[24] === 0xff) {
      const source = host.chooseSource(ipv6At(packet, 8), link) as Ipv6 | undefined;
      if (source === undefined) return host.count('no-route');
      const reply = { ...message, kind: 'echoReply' } as const;
      return this.#sendIcmp(reply, source, ipv6At(packet, 8), HOP_LIMIT, link);
    }
    const reply = new Uint8Array(packet.length - at + 40);
    reply.set(packet.subarray(0, 40));
    reply[6] = PROTOCOL.icmpv6;
    reply[7] = HOP_LIMIT;
    reply.set(packet.subarray(24, 40), 8);
    reply.set(packet.subarray(8, 24), 24);
    reply.set(packet.subarray(at), 40);
    const length = packet.length - at;
    reply[4] = length >>> 8;
    reply[5] = length;
    reply[40] = ICMPV6.echoReply;
    mendChecksum(reply, 42, 0x0100);
    this.send(reply, packet[8] === 0xfe ? link : undefined);
  }

  #udp(link: LinkName, packet: Uint8Array, at: number): void {
    if (at + UDP_HEADER > packet.length) return this.#host.count('udp-header');
    const destination = ipv6At(packet, 24);
    const listener = this.#host.udpListener(destination, u16(packet, at + 2));
    if (!listener) {
      return this.#error(packet, { kind: 'destinationUnreachable', code: 4, quoted: packet }, link);
    }
    listener({
      packet,
      start: at + UDP_HEADER,
      end: Math.min(packet.length, at + Math.max(UDP_HEADER, u16(packet, at + 4))),
      source: ipv6At(packet, 8),
      sourcePort: u16(packet, at),
      destination,
      destinationPort: u16(packet, at + 2),
      trafficClass: ((packet[0]! & 15) << 4) | (packet[1]! >> 4),
    });
  }

  #neighbourDiscovery(on: Interface, packet: Uint8Array): void {
    if (packet[7] !== ND_HOP_LIMIT) return this.#host.count('nd-hop-limit'); // RFC 4861 §7.1
    const message = this.#decode(packet, 40);
    const source = ipv6At(packet, 8);
    switch (message?.kind) {
      case 'neighborSolicitation':
        return this.#solicited(
          on,
          source,
          message.target,
          linkLayer(message.options, 'sourceLinkLayer'),
        );
      case 'neighborAdvertisement':
        return on.neighbours.advertised(
          message.target,
          linkLayer(message.options, 'targetLinkLayer'),
          message,
        );
      case 'routerSolicitation':
      case 'routerAdvertisement': {
        const mac = linkLayer(message.options, 'sourceLinkLayer');
        if (mac && source !== UNSPECIFIED6) on.neighbours.learn(source, mac);
        return;
      }
      default:
    }
  }

  #solicited(on: Interface, source: Ipv6, target: Ipv6, mac: MacAddress | undefined): void {
    const anycast = !on.addresses.has(target);
    if (anycast && !on.anycast.has(target)) return;
    const probe = source === UNSPECIFIED6; // RFC 4862 §5.4.3: somebody's duplicate address detection
    if (!probe && mac) on.neighbours.learn(source, mac);
    const destination = probe ? ALL_NODES : source;
    const packet = icmpPacket(
      {
        kind: 'neighborAdvertisement',
        router: this.#host.forwarding,
        solicited: !probe,
        override: !anycast, // RFC 4861 §7.2.4
        target,
        options: [{ kind: 'targetLinkLayer', address: on.mac }],
      },
      anycast ? linkLocalOf(on) : target,
      destination,
      ND_HOP_LIMIT,
    );
    if (probe) on.transmit(multicastMac(destination), ETHERTYPE.ipv6, packet);
    else this.#toNeighbour(on, destination, packet);
  }

  #sendNd(
    on: Interface,
    to: MacAddress,
    source: Ipv6,
    destination: Ipv6,
    message: NdMessage,
  ): void {
    if (!on.transmit(to, ETHERTYPE.ipv6, icmpPacket(message, source, destination, ND_HOP_LIMIT))) {
      this.#host.count('link-down');
    }
  }

  #decode(packet: Uint8Array, at: number): Icmpv6Message | undefined {
    try {
      return decodeIcmpv6(packet.subarray(at), ipv6At(packet, 8), ipv6At(packet, 24));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      this.#host.count(`icmp6-${error.code}`);
      return undefined;
    }
  }

  /** Reports `message` about `packet` to its source, where RFC 4443 §2.4(e) allows it. */
  #error(packet: Uint8Array, message: ErrorMessage, link?: LinkName): void {
    const host = this.#host;
    const to = ipv6At(packet, 8);
    if (to === UNSPECIFIED6 || isMulticast(to) || host.isLocal(to)) return;
    if (packet[24] === 0xff && message.kind !== 'packetTooBig') return;
    const upper = upperLayer(packet);
    if (upper?.protocol === PROTOCOL.icmpv6 && packet[upper.offset]! < 128) return;
    if (!host.mayReportError()) return host.count('icmp6-rate');
    const about = ipv6At(packet, 24);
    const source =
      host.isLocal(about) && !this.#isAnycast(about)
        ? about
        : host.chooseSource(to, isLinkLocal(to) ? link : undefined);
    if (source === undefined) return host.count('no-route');
    const quoted = packet.subarray(0, MAX_ERROR - 48);
    this.#sendIcmp(
      { ...message, quoted },
      source as Ipv6,
      to,
      HOP_LIMIT,
      isLinkLocal(to) ? link : undefined,
    );
  }

  #sendIcmp(
    message: Icmpv6Message,
    source: Ipv6,
    destination: Ipv6,
    hopLimit: number,
    link?: LinkName,
  ): void {
    this.send(icmpPacket(message, source, destination, hopLimit), link);
  }
}

type ErrorMessage = Extract<Icmpv6Message, { quoted: Uint8Array }>;

function icmpPacket(
  message: Icmpv6Message,
  source: Ipv6,
  destination: Ipv6,
  hopLimit: number,
): Uint8Array {
  return encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit,
    source,
    destination,
    headers: [],
    protocol: PROTOCOL.icmpv6,
    payload: encodeIcmpv6(message, source, destination),
  });
}

/** Router and neighbour solicitations and advertisements, redirects. */
function isNd(packet: Uint8Array): boolean {
  return (
    packet[6] === PROTOCOL.icmpv6 &&
    packet.length > 40 &&
    packet[40]! >= ICMPV6.routerSolicitation &&
    packet[40]! <= ICMPV6.redirect
  );
}

function linkLayer(
  options: readonly NdOption[],
  kind: 'sourceLinkLayer' | 'targetLinkLayer',
): MacAddress | undefined {
  for (const option of options) if (option.kind === kind) return option.address;
  return undefined;
}

function linkLocalOf(on: Interface): Ipv6 {
  for (const address of on.addresses)
    if (address.includes(':') && isLinkLocal(address)) return address as Ipv6;
  return UNSPECIFIED6;
}

const HOP_LIMIT = 64;
const ND_HOP_LIMIT = 255; // RFC 4861 §7.1
const MAX_ERROR = 1280; // RFC 4443 §2.4(c)
const LOOPBACK = 'lo';
