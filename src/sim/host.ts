/**
 * A host with an IPv4 and an IPv6 stack on simulated links: what a kernel does, without the kernel.
 * Octets in, octets out. What a stack leaves out is said at its head.
 */
import {
  bits,
  eui64Address,
  isIpv4,
  isIpv6,
  isLinkLocal,
  prefixOf,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type MacAddress,
} from '../base/address.js';
import { UsageError } from '../base/error.js';
import type { LinkName, LinkState, ReceivedFrame } from '../core/input.js';
import { ETHERNET_HEADER } from '../wire/ethernet.js';
import { ETHERTYPE } from '../wire/protocol.js';
import { AddressSet } from './address-set.js';
import type { SimClock } from './clock.js';
import { frameDestination, frameSource, Interface } from './interface.js';
import { Ipv4Stack } from './ipv4-stack.js';
import { Ipv6Stack } from './ipv6-stack.js';
import type { Nat44 } from './nat44.js';
import { Neighbours } from './neighbours.js';
import { addressBytes, u16 } from './octets.js';
import type { SeededRandom } from './random.js';
import { Routing, type Route } from './routing.js';

export interface HostOptions {
  /** A router. Default false. */
  readonly forwarding?: boolean;
}

/** A program that watches the host's links: the port adapter of a role. */
export interface Consumer {
  /** Neighbour discovery, ARP and DHCP as they come in. The host's own stack sees them too. */
  frame(frame: ReceivedFrame): void;
  /** An IP packet to an address of the host. True: taken, the stack must not answer. */
  packet(link: LinkName, octets: Uint8Array, linkSource: MacAddress | undefined): boolean;
  linkChanged(state: LinkState): void;
}

/** A datagram as it came. The payload is [start, end) of `packet`. */
export interface UdpArrival {
  readonly packet: Uint8Array;
  readonly start: number;
  readonly end: number;
  readonly source: IpAddress;
  readonly sourcePort: number;
  readonly destination: IpAddress;
  readonly destinationPort: number;
  readonly trafficClass: number;
}

/** An echo reply as it came. */
export interface EchoReply {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sequence: number;
  readonly data: Uint8Array;
}

/** A link without Ethernet, such as a TUN device. */
export interface Device {
  readonly name: LinkName;
  readonly addresses: AddressSet;
  /** A packet that the host routed to it; the receiver may keep it but not write to it. */
  send(packet: Uint8Array): void;
}

export class Host {
  readonly name: string;
  readonly clock: SimClock;
  readonly random: SeededRandom;
  readonly routing = new Routing();
  readonly forwarding: boolean;
  readonly counters: Record<string, number> = {};
  nat: Nat44 | undefined;

  readonly #interfaces = new Map<LinkName, Interface>();
  readonly #devices = new Map<LinkName, Device>();
  readonly #consumers = new Set<Consumer>();
  readonly #local = new Map<IpAddress, number>();
  readonly #udp = new Map<string, (datagram: UdpArrival) => void>();
  readonly #echo = new Map<number, (reply: EchoReply) => void>();
  readonly #prefixRoutes = new Map<string, Route>();
  readonly #v4: Ipv4Stack;
  readonly #v6: Ipv6Stack;
  #errorTokens = ICMP_ERROR_BURST;
  #errorTokensAt = 0;

  constructor(name: string, clock: SimClock, random: SeededRandom, options: HostOptions = {}) {
    this.name = name;
    this.clock = clock;
    this.random = random;
    this.forwarding = options.forwarding ?? false;
    this.#v4 = new Ipv4Stack(this);
    this.#v6 = new Ipv6Stack(this);
  }

  // Links

  addInterface(name: LinkName, mac: MacAddress, mtu = ETHERNET_MTU): Interface {
    if (this.#interfaces.has(name) || this.#interfaces.size >= MAX_INTERFACES) {
      throw new UsageError('SIM_INTERFACE', `${this.name} cannot have another ${name}.`);
    }
    const added = new Interface(name, this.#interfaces.size + 2, mac, mtu, {
      receive: (on, frame) => this.#receive(on, frame),
      carrierChanged: (on) => this.linkChanged(on),
    });
    added.neighbours = new Neighbours(this.clock, {
      transmit: (to, packet) => {
        const etherType = packet[0]! >> 4 === 6 ? ETHERTYPE.ipv6 : ETHERTYPE.ipv4;
        if (!added.transmit(to, etherType, packet)) this.count('link-down');
      },
      solicit: (address, to, waiting) =>
        isIpv6(address)
          ? this.#v6.solicit(added, address, to, waiting)
          : this.#v4.solicit(added, address as Ipv4, to, waiting),
      unreachable: (address, packets) => {
        for (const packet of packets) {
          if (isIpv6(address)) this.#v6.neighbourUnreachable(packet);
          else this.#v4.neighbourUnreachable(packet);
        }
      },
    });
    this.#interfaces.set(name, added);
    this.addAddress(name, eui64Address('fe80::' as Ipv6, mac), 64, { onLinkPrefix: false });
    return added;
  }

  interface(name: LinkName): Interface | undefined {
    return this.#interfaces.get(name);
  }

  get interfaces(): Iterable<Interface> {
    return this.#interfaces.values();
  }

  addDevice(name: LinkName, send: (packet: Uint8Array) => void): Device {
    const device = { name, addresses: new AddressSet(), send };
    this.#devices.set(name, device);
    return device;
  }

  removeDevice(name: LinkName): void {
    this.#devices.delete(name);
  }

  device(name: LinkName): Device | undefined {
    return this.#devices.get(name);
  }

  attachConsumer(consumer: Consumer): () => void {
    this.#consumers.add(consumer);
    return () => this.#consumers.delete(consumer);
  }

  get consumers(): Iterable<Consumer> {
    return this.#consumers;
  }

  linkChanged(on: Interface): void {
    const state = on.state;
    for (const consumer of this.#consumers) consumer.linkChanged(state);
  }

  // Addresses

  /** In use at once: no duplicate address detection. Throws `UsageError` when there is no such link. */
  addAddress(
    link: LinkName,
    address: IpAddress,
    prefixLength: number,
    options: { readonly owner?: string; readonly onLinkPrefix?: boolean } = {},
  ): void {
    const owner = options.owner ?? STATIC;
    if (this.#addressesOf(link).assign(address, prefixLength, owner)) {
      this.#local.set(address, (this.#local.get(address) ?? 0) + 1);
      const on = this.#interfaces.get(link);
      if (on) this.linkChanged(on);
    }
    const key = `${owner} ${link} ${address}`;
    if ((options.onLinkPrefix ?? true) && !this.#prefixRoutes.has(key)) {
      const destination = prefixOf(address, prefixLength);
      const route: Route = { table: 'main', destination, link, metric: PREFIX_ROUTE_METRIC };
      this.#prefixRoutes.set(key, route);
      this.routing.addRoute(route);
    }
  }

  removeAddress(link: LinkName, address: IpAddress, owner = STATIC): void {
    const key = `${owner} ${link} ${address}`;
    const route = this.#prefixRoutes.get(key);
    if (route) this.routing.removeRoute(route);
    this.#prefixRoutes.delete(key);
    if (!this.#addressesOf(link).withdraw(address, owner)) return;
    const left = (this.#local.get(address) ?? 1) - 1;
    if (left > 0) this.#local.set(address, left);
    else this.#local.delete(address);
    const on = this.#interfaces.get(link);
    if (on) this.linkChanged(on);
  }

  /** RFC 4291 §2.6: taken in, answered for without override, and never a source. */
  addAnycast(link: LinkName, address: Ipv6, owner: string): void {
    this.#interfaces.get(link)?.anycast.assign(address, 128, owner);
  }

  removeAnycast(link: LinkName, address: Ipv6, owner: string): void {
    this.#interfaces.get(link)?.anycast.withdraw(address, owner);
  }

  isLocal(address: IpAddress): boolean {
    if (this.#local.has(address)) return true;
    for (const on of this.#interfaces.values()) if (on.anycast.has(address)) return true;
    return false;
  }

  get addresses(): Iterable<IpAddress> {
    return this.#local.keys();
  }

  /** As RFC 6724 would, in short: the route's own choice, else the address of its link that fits best. */
  chooseSource(destination: IpAddress, link?: LinkName): IpAddress | undefined {
    const octets = addressBytes(destination);
    const where = { octets, at: 0, address: destination };
    const near = isLinkLocal(destination) && isIpv6(destination);
    const route = near ? undefined : this.routing.lookup(where, undefined, link);
    if (route?.preferredSource) return route.preferredSource;
    const out = route?.link ?? link;
    const here = out === undefined ? [] : this.#addressesOf(out);
    return (
      best(here, destination, octets) ??
      (near ? undefined : best(this.#local.keys(), destination, octets))
    );
  }

  // Packets

  /** A packet of this host's own making, whole, source filled in. Never throws: what cannot be sent is counted. */
  send(packet: Uint8Array, link?: LinkName): void {
    const version = packet.length > 0 ? packet[0]! >> 4 : 0;
    if (version === 6) this.#v6.send(packet, link);
    else if (version === 4) this.#v4.send(packet, link);
    else this.count('send-version');
  }

  sendFrame(link: LinkName, destination: MacAddress, etherType: number, payload: Uint8Array): void {
    const on = this.#interfaces.get(link);
    if (!on?.transmit(destination, etherType, payload)) this.count('link-down');
  }

  /** From `source`, or what routing chooses. */
  sendUdp(datagram: {
    readonly source?: Ipv4 | undefined;
    readonly sourcePort: number;
    readonly destination: Ipv4;
    readonly destinationPort: number;
    readonly payload: Uint8Array;
    readonly trafficClass?: number;
    readonly link?: LinkName | undefined;
  }): void {
    this.#v4.sendUdp(datagram);
  }

  /** Sends an echo request; the reply goes to the listener of `identifier`. */
  sendEcho(
    source: IpAddress | undefined,
    destination: IpAddress,
    identifier: number,
    sequence: number,
    data: Uint8Array,
  ): void {
    const from = source ?? this.chooseSource(destination);
    if (from === undefined) return this.count('no-route');
    if (isIpv4(destination)) {
      this.#v4.sendEcho(from as Ipv4, destination, identifier, sequence, data);
    } else this.#v6.sendEcho(from as Ipv6, destination, identifier, sequence, data);
  }

  /** A packet that comes out of a device, as if it had been received there. */
  inject(device: LinkName, packet: Uint8Array): void {
    if (packet[0]! >> 4 === 6) this.#v6.receive(device, packet, undefined);
    else this.#v4.receive(device, packet, undefined, undefined);
  }

  /** One listener a port; a null address listens on all. Returns the close. */
  openUdp(
    address: IpAddress | null,
    port: number,
    receive: (datagram: UdpArrival) => void,
  ): () => void {
    const key = `${address ?? '*'} ${port}`;
    this.#udp.set(key, receive);
    return () => {
      if (this.#udp.get(key) === receive) this.#udp.delete(key);
    };
  }

  onEcho(identifier: number, receive: (reply: EchoReply) => void): () => void {
    this.#echo.set(identifier, receive);
    return () => {
      if (this.#echo.get(identifier) === receive) this.#echo.delete(identifier);
    };
  }

  count(reason: string): void {
    this.counters[reason] = (this.counters[reason] ?? 0) + 1;
  }

  // For the stacks

  /** True when a consumer took the packet. All of them see it. */
  offer(link: LinkName, packet: Uint8Array, linkSource: MacAddress | undefined): boolean {
    let taken = false;
    for (const consumer of this.#consumers) {
      if (consumer.packet(link, packet, linkSource)) taken = true;
    }
    return taken;
  }

  offerFrame(on: Interface, frame: Uint8Array): void {
    if (this.#consumers.size === 0) return;
    const received: ReceivedFrame = {
      link: on.name,
      source: frameSource(frame),
      destination: frameDestination(frame),
      etherType: u16(frame, 12),
      payload: frame.subarray(ETHERNET_HEADER),
    };
    for (const consumer of this.#consumers) consumer.frame(received);
  }

  udpListener(address: IpAddress, port: number): ((d: UdpArrival) => void) | undefined {
    return this.#udp.get(`${address} ${port}`) ?? this.#udp.get(`* ${port}`);
  }

  echoListener(identifier: number): ((reply: EchoReply) => void) | undefined {
    return this.#echo.get(identifier);
  }

  /** RFC 4443 §2.4(f): errors are rate limited, by a token bucket. */
  mayReportError(): boolean {
    const now = this.clock.now();
    const fresh = ((now - this.#errorTokensAt) / 1000) * ICMP_ERRORS_PER_SECOND;
    this.#errorTokens = Math.min(ICMP_ERROR_BURST, this.#errorTokens + fresh);
    this.#errorTokensAt = now;
    if (this.#errorTokens < 1) return false;
    this.#errorTokens--;
    return true;
  }

  #receive(on: Interface, frame: Uint8Array): void {
    const payload = frame.subarray(ETHERNET_HEADER);
    switch (u16(frame, 12)) {
      case ETHERTYPE.ipv6:
        return this.#v6.receive(on.name, payload, on, frame);
      case ETHERTYPE.ipv4:
        return this.#v4.receive(on.name, payload, on, frame);
      case ETHERTYPE.arp:
        return this.#v4.receiveArp(on, frame);
      default:
        return this.count('ethertype');
    }
  }

  #addressesOf(link: LinkName): AddressSet {
    const addresses = this.#interfaces.get(link)?.addresses ?? this.#devices.get(link)?.addresses;
    if (!addresses) throw new UsageError('SIM_INTERFACE', `${this.name} has no ${link}.`);
    return addresses;
  }
}

/** RFC 6724 §5, rules 2 (scope) and 8 (longest common prefix). */
function best(
  candidates: Iterable<IpAddress>,
  destination: IpAddress,
  octets: Uint8Array,
): IpAddress | undefined {
  let chosen: IpAddress | undefined;
  let chosenLength = -1;
  for (const candidate of candidates) {
    if (bits(candidate) !== bits(destination)) continue;
    if (isIpv6(candidate) && isLinkLocal(candidate) !== isLinkLocal(destination)) continue;
    const common = commonLength(addressBytes(candidate), octets);
    if (common > chosenLength) {
      chosen = candidate;
      chosenLength = common;
    }
  }
  return chosen;
}

function commonLength(a: Uint8Array, b: Uint8Array): number {
  for (let i = 0; i < a.length; i++) {
    const differ = a[i]! ^ b[i]!;
    if (differ !== 0) return 8 * i + Math.clz32(differ) - 24;
  }
  return 8 * a.length;
}

const STATIC = 'static';
const ETHERNET_MTU = 1500;
const PREFIX_ROUTE_METRIC = 256; // as Linux for IPv6
const MAX_INTERFACES = 64; // ours
const ICMP_ERRORS_PER_SECOND = 100; // ours
const ICMP_ERROR_BURST = 50; // ours
