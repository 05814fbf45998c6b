/**
 * A simulated host as the world of one role: the ports of `src/ports` over the host's stacks.
 *
 * The tunnel device, and who may come in through it, is the core's own `Forwarder`. Several roles may live on
 * one host: each has its own world, its own datapath state and its own tunnel device.
 */
import { type IpAddress, type Ipv4, type MacAddress } from '../base/address.js';
import { type Instant } from '../base/time.js';
import { diff, type DatapathOperation } from '../core/datapath/diff.js';
import { Forwarder, HEADROOM, type Verdict } from '../core/datapath/forwarder.js';
import {
  keyOf,
  NO_DATAPATH,
  TUNNEL_LINK,
  type AddressItem,
  type DatapathItem,
  type DatapathState,
  type SignallingItem,
} from '../core/datapath/model.js';
import type { FrameEffect, PacketEffect } from '../core/effect.js';
import type { MipEvent } from '../core/event.js';
import type { Arrival, LinkName, LinkState, ReceivedFrame, WorldInput } from '../core/input.js';
import type { Clock, Datapath, Journal, Links, PacketIo, Store, World } from '../ports/index.js';
import { ICMPV6, PROTOCOL } from '../wire/protocol.js';
import type { Consumer, Host, UdpArrival } from './host.js';
import { ipv4At, ipv6At, u16, u32, upperLayer } from './octets.js';
import type { Route, Rule } from './routing.js';

export interface SimWorldOptions {
  /** Names the role on its host: what it leaves behind is found again by it. */
  readonly name: string;
  readonly journal?: (event: MipEvent, at: Instant) => void;
  /** Kept over restarts by whoever made it. */
  readonly store?: Map<string, string>;
}

export class SimWorld implements World {
  readonly name: string;
  readonly io: PacketIo;
  readonly links: Links;
  readonly datapath: Datapath;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly store: Store;
  readonly forwarder = new Forwarder();
  readonly counters: Record<string, number> = {};

  readonly #host: Host;
  readonly #tunnelLink: LinkName;
  readonly #detach: () => void;
  readonly #inputs: WorldInput[] = [];
  #deliver: ((input: WorldInput) => void) | undefined;
  #flushing = false;
  #closed = false;
  #installed: Installed;
  #closeUdp: (() => void) | undefined;
  #signalling: SignallingItem | undefined;
  #signallingAddresses: ReadonlySet<IpAddress> = new Set();

  constructor(host: Host, options: SimWorldOptions) {
    this.name = options.name;
    this.#host = host;
    this.#tunnelLink = `${TUNNEL_LINK}:${options.name}`;
    this.#installed = installedBy(host, options.name);
    host.addDevice(this.#tunnelLink, (packet) => this.#encapsulate(packet));
    // What an earlier run left on the tunnel device went with its file descriptor, as with a TUN device.
    this.#dropDeviceItems();
    this.clock = host.clock;
    this.io = { sendFrame: (f) => this.#sendFrame(f), sendPacket: (p) => this.#sendPacket(p) };
    this.links = { list: () => [...host.interfaces].map((on) => on.state) };
    this.datapath = {
      apply: (want) => this.#apply(want),
      snapshot: () => this.#installed.state,
      carriedBy: (tunnel) =>
        this.#installed.state.items.some((i) => i.kind === 'tunnel' && i.key === tunnel)
          ? 'user space'
          : undefined,
      clean: () => this.#apply(NO_DATAPATH),
    };
    const { journal, store = new Map<string, string>() } = options;
    this.journal = { event: (event, at) => journal?.(event, at) };
    this.store = storeOf(store);
    this.forwarder.onFirstPacket = (tunnel, direction) =>
      this.#input({ kind: 'firstPacket', tunnel, direction });
    const consumer: Consumer = {
      frame: (frame: ReceivedFrame) => this.#input({ kind: 'frame', frame }),
      packet: (link, octets, linkSource) => this.#packet(link, octets, linkSource),
      linkChanged: (state: LinkState) => this.#input({ kind: 'link', link: state }),
    };
    this.#detach = host.attachConsumer(consumer);
  }

  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
  }

  /** The process ends: the datapath stays as it is, like a kernel's. `datapath.clean()` first for an orderly end. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#detach();
    this.#closeUdp?.();
    this.#deliver = undefined;
    this.#dropDeviceItems();
    this.#host.removeDevice(this.#tunnelLink);
  }

  // Inputs: queued, and handed over in their own turn, so that no port call ever calls back.

  #input(input: WorldInput): void {
    if (!this.#deliver) return; // `links.list()` tells a role that starts how things stand
    const last = this.#inputs.at(-1);
    if (input.kind === 'link' && last?.kind === 'link' && last.link.name === input.link.name) {
      // Changes at one instant are one: a quick down and up shows in `carrierUps` only.
      this.#inputs[this.#inputs.length - 1] = input;
      return;
    }
    if (this.#inputs.length >= MAX_INPUTS) return this.#count('input-overflow');
    this.#inputs.push(input);
    this.#flushSoon();
  }

  #flushSoon(): void {
    if (this.#flushing) return;
    this.#flushing = true;
    this.#host.clock.schedule(this.#host.clock.now(), () => this.#flush());
  }

  #flush(): void {
    this.#flushing = false;
    for (const input of this.#inputs.splice(0)) this.#deliver?.(input);
  }

  // PacketIo

  #sendFrame(frame: FrameEffect): void {
    this.#host.sendFrame(frame.link, frame.destination, frame.etherType, frame.payload);
  }

  #sendPacket(packet: PacketEffect): void {
    const { udp, octets, link } = packet;
    if (!udp) return this.#host.send(octets, link);
    this.#host.sendUdp({ ...udp, payload: octets, link });
  }

  // Datapath

  #apply(want: DatapathState): void {
    const have = this.#installed.state;
    const operations = diff(have, want);
    if (operations.length === 0) return;
    for (const operation of operations) this.#execute(operation);
    this.#installed.state = { items: keepUnchanged(have.items, want.items, operations) };
    if (operations.some((o) => FORWARDED.has(o.item.kind))) this.#updateForwarder();
  }

  #execute(operation: DatapathOperation): void {
    const { op, item } = operation;
    const installed = this.#installed;
    const { routing } = this.#host;
    switch (item.kind) {
      case 'address':
        if (op === 'replace') this.#removeAddress(operation.was as AddressItem);
        return op === 'remove' ? this.#removeAddress(item) : this.#addAddress(item);
      case 'anycast':
        return op === 'remove'
          ? this.#host.removeAnycast(item.link, item.address, this.name)
          : this.#host.addAnycast(item.link, item.address, this.name);
      case 'route': {
        const was = installed.routes.get(keyOf(item));
        if (op === 'remove') installed.routes.delete(keyOf(item));
        else {
          const route: Route = { ...item, link: this.#device(item.link) };
          routing.addRoute(route);
          installed.routes.set(keyOf(item), route);
        }
        // The new one stands before the old one goes: no packet finds neither.
        if (was) routing.removeRoute(was);
        return;
      }
      case 'rule': {
        const was = installed.rules.get(keyOf(item));
        if (op === 'remove') installed.rules.delete(keyOf(item));
        else {
          const rule: Rule = { ...item };
          routing.addRule(rule);
          installed.rules.set(keyOf(item), rule);
        }
        if (was) routing.removeRule(was);
        return;
      }
      case 'signalling':
        return this.#setSignalling(op === 'remove' ? undefined : item);
      case 'tunnel':
        return; // the forwarder is told of all of them at once
      case 'homeAddress':
        return; // packets leave as the role made them
      default:
        item satisfies never;
    }
  }

  #removeAddress({ link, address }: AddressItem): void {
    if (this.#hasLink(link)) this.#host.removeAddress(this.#device(link), address, this.name);
  }

  #addAddress(item: AddressItem): void {
    if (!this.#hasLink(item.link)) return this.#count('no-link');
    this.#host.addAddress(this.#device(item.link), item.address, item.prefixLength, {
      owner: this.name,
      onLinkPrefix: item.onLinkPrefix,
    });
  }

  #setSignalling(item: SignallingItem | undefined): void {
    const before = this.#signalling?.udp;
    this.#signalling = item;
    this.#signallingAddresses = new Set(item?.addresses);
    const udp = item?.udp ?? null;
    if (before && udp && before.address === udp.address && before.port === udp.port) return;
    this.#closeUdp?.();
    this.#closeUdp = udp
      ? this.#host.openUdp(udp.address, udp.port, (datagram) => this.#udp(datagram))
      : undefined;
  }

  #updateForwarder(): void {
    const want = this.#installed.state;
    const tunnels = want.items.filter((item) => item.kind === 'tunnel');
    const local = new Set<IpAddress>(this.#signallingAddresses);
    for (const item of want.items) if (item.kind === 'address') local.add(item.address);
    this.forwarder.update(tunnels, [...local]);
  }

  #device(link: LinkName): LinkName {
    return link === TUNNEL_LINK ? this.#tunnelLink : link;
  }

  #hasLink(link: LinkName): boolean {
    const name = this.#device(link);
    return this.#host.interface(name) !== undefined || this.#host.device(name) !== undefined;
  }

  /** Addresses, routes, tunnels and sockets that live and die with the process. */
  #dropDeviceItems(): void {
    const kept: DatapathItem[] = [];
    for (const item of this.#installed.state.items) {
      const gone =
        item.kind === 'tunnel' ||
        item.kind === 'signalling' ||
        item.kind === 'anycast' ||
        ('link' in item && item.link === TUNNEL_LINK);
      if (gone) this.#execute({ op: 'remove', item });
      else kept.push(item);
    }
    this.#installed.state = kept.length > 0 ? { items: kept } : NO_DATAPATH;
  }

  // Tunnels

  /** The host routed `packet` to the tunnel device. */
  #encapsulate(packet: Uint8Array): void {
    const buffer = new Uint8Array(HEADROOM + packet.length);
    buffer.set(packet, HEADROOM);
    const v = this.forwarder.encapsulate(buffer, HEADROOM, buffer.length);
    switch (v.outcome) {
      case 'send': {
        const { tunnel, trafficClass } = v;
        const octets = buffer.subarray(v.start, v.end);
        if (!tunnel!.udp) return this.#host.send(octets, tunnel!.link);
        return this.#host.sendUdp({
          source: tunnel!.local as Ipv4,
          sourcePort: tunnel!.udp.localPort,
          destination: tunnel!.remote as Ipv4,
          destinationPort: tunnel!.udp.remotePort,
          payload: octets,
          trafficClass,
          link: tunnel!.link,
        });
      }
      case 'reply': {
        const reply = v.reply!;
        this.#host.clock.delay(0, () => this.#host.inject(this.#tunnelLink, reply));
        return;
      }
      default:
        return this.#count(`tunnel-${v.reason}`);
    }
  }

  /** For an address of this host. True when it is no business of the host's own stack. */
  #packet(link: LinkName, octets: Uint8Array, linkSource: MacAddress | undefined): boolean {
    if (octets[0]! >> 4 === 4) return this.#packet4(link, octets);
    if (octets[24] === 0xff) return false;
    const upper = upperLayer(octets);
    if (!upper || upper.fragment) return false;
    const declared = this.#signallingAddresses.has(ipv6At(octets, 24));
    const { protocol, offset } = upper;
    if (protocol === PROTOCOL.ipv6 || protocol === PROTOCOL.ipv4) {
      if (!declared || upper.homeAddressOption || upper.routing2) return false;
      this.#decapsulate(link, octets, ipv6At(octets, 8));
      return true;
    }
    if (protocol === PROTOCOL.mobility || upper.homeAddressOption || upper.routing2) {
      this.#role(link, octets, linkSource ? { kind: 'native', linkSource } : { kind: 'native' });
      return declared;
    }
    if (protocol !== PROTOCOL.icmpv6 || offset >= octets.length) return false;
    const type = octets[offset]!;
    if (type === ICMPV6.packetTooBig) this.#tooBig6(octets, offset);
    if (!isForRole(type)) return false;
    this.#role(link, octets, linkSource ? { kind: 'native', linkSource } : { kind: 'native' });
    return type >= ICMPV6.homeAgentDiscoveryRequest;
  }

  #packet4(link: LinkName, octets: Uint8Array): boolean {
    if ((u16(octets, 6) & 0x3fff) !== 0) return false;
    const protocol = octets[9]!;
    if (protocol === PROTOCOL.icmp) this.#tooBig4(octets);
    if (protocol !== PROTOCOL.ipv6 && protocol !== PROTOCOL.ipv4) return false;
    if (!this.#signallingAddresses.has(ipv4At(octets, 16))) return false;
    this.#decapsulate(link, octets, ipv4At(octets, 12));
    return true;
  }

  #decapsulate(link: LinkName, octets: Uint8Array, source: IpAddress): void {
    const own = octets.slice(); // ECN may be written into it
    const v = this.forwarder.decapsulateIp(own, 0, own.length);
    this.#received(link, own, v, { kind: 'tunnel', source });
  }

  #udp(d: UdpArrival): void {
    const own = d.packet.slice();
    const source = u32(own, 12);
    const v = this.forwarder.decapsulateUdp(
      own,
      d.start,
      d.end,
      source,
      d.sourcePort,
      d.trafficClass,
    );
    this.#received(this.#linkOf(d.destination), own, v, {
      kind: 'udp',
      source: d.source as Ipv4,
      sourcePort: d.sourcePort,
      destination: d.destination as Ipv4,
      destinationPort: d.destinationPort,
    });
  }

  #received(link: LinkName, own: Uint8Array, v: Verdict, arrival: Arrival): void {
    switch (v.outcome) {
      case 'deliver':
        return this.#host.inject(this.#tunnelLink, own.subarray(v.start, v.end));
      case 'control':
        return this.#role(link, own.subarray(v.start, v.end), arrival);
      default:
        return this.#count(`tunnel-${v.reason}`);
    }
  }

  #role(on: LinkName, octets: Uint8Array, arrival: Arrival): void {
    const link = on === this.#tunnelLink ? TUNNEL_LINK : on;
    this.#input({ kind: 'packet', packet: { link, octets, arrival, protected: false } });
  }

  /** A socket tells the address a datagram came to, and so the link. */
  #linkOf(address: IpAddress): LinkName {
    for (const on of this.#host.interfaces) if (on.addresses.has(address)) return on.name;
    return '';
  }

  /** RFC 2473 §7.1: an error about a tunnel packet of ours tells the tunnel's path MTU. */
  #tooBig6(octets: Uint8Array, at: number): void {
    const quoted = at + 8;
    if (octets.length < quoted + 40 || octets[quoted]! >> 4 !== 6) return;
    this.forwarder.pathTooBig(ipv6At(octets, quoted + 24), u32(octets, at + 4));
  }

  #tooBig4(octets: Uint8Array): void {
    const at = (octets[0]! & 15) * 4;
    const quoted = at + 8;
    if (octets[at] !== 3 || octets[at + 1] !== 4 || octets.length < quoted + 20) return;
    const mtu = u16(octets, at + 6);
    if (mtu > 0) this.forwarder.pathTooBig(ipv4At(octets, quoted + 16), mtu);
  }

  #count(reason: string): void {
    this.counters[reason] = (this.counters[reason] ?? 0) + 1;
  }
}

/** Errors, and the four messages of Mobile IPv6. */
function isForRole(type: number): boolean {
  const mobile =
    type >= ICMPV6.homeAgentDiscoveryRequest && type <= ICMPV6.mobilePrefixAdvertisement;
  return type < ICMPV6.echoRequest || mobile;
}

/** What did not change stays the same object: by that the forwarder knows a tunnel that it must not start anew. */
function keepUnchanged(
  had: readonly DatapathItem[],
  want: readonly DatapathItem[],
  operations: readonly DatapathOperation[],
): DatapathItem[] {
  const changed = new Set(operations.map((o) => o.item));
  const before = new Map(had.map((item) => [keyOf(item), item]));
  return want.map((item) => (changed.has(item) ? item : (before.get(keyOf(item)) ?? item)));
}

/** What a role's world put into its host: it outlives the world, as a kernel outlives a process. */
interface Installed {
  state: DatapathState;
  /** By `keyOf` of the item. */
  readonly routes: Map<string, Route>;
  readonly rules: Map<string, Rule>;
}

function installedBy(host: Host, name: string): Installed {
  let byName = INSTALLED.get(host);
  if (!byName) INSTALLED.set(host, (byName = new Map()));
  let installed = byName.get(name);
  if (!installed) {
    installed = { state: NO_DATAPATH, routes: new Map(), rules: new Map() };
    byName.set(name, installed);
  }
  return installed;
}

function storeOf(entries: Map<string, string>): Store {
  return {
    entries: () => new Map(entries),
    set: (key, value) => {
      if (value === undefined) entries.delete(key);
      else entries.set(key, value);
    },
  };
}

const FORWARDED: ReadonlySet<DatapathItem['kind']> = new Set(['tunnel', 'address', 'signalling']);
const INSTALLED = new WeakMap<Host, Map<string, Installed>>();
const MAX_INPUTS = 65_536; // ours: waiting for one role
