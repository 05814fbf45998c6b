/**
 * Everything that arrives for us from links: one packet socket for the whole namespace, read before the kernel
 * drops or answers. Frames and signalling go to the role as copies; tunnelled packets are handed on in place.
 */
import {
  addressFromOctets,
  addressOctets,
  ipv4FromOctets,
  ipv6FromOctets,
  macFromOctets,
  type IpAddress,
  type Ipv4,
} from '../base/address.js';
import type { LinkName, ReceivedPacket, WorldInput } from '../core/input.js';
import { ETHERTYPE, ICMPV6, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import { UDP_HEADER } from '../wire/udp.js';
import type { Clock } from '../ports/index.js';
import { isOurs } from './datapath/marks.js';
import { clearOffload, OFFLOAD_HEADER } from './datapath/offload.js';
import { linuxError } from './error.js';
import { restoreTotalLength } from './fou-length.js';
import { signallingFilter, type SignallingFilter } from './filter.js';
import type { LinuxLinks } from './links.js';
import { MAX_BATCH, native, RECEIVE, type NativeHandle, type NetNamespace } from './native.js';
import { Reassembly } from './reassembly.js';
import { AF_PACKET, LITTLE, linkSocketAddress, SOCK_RAW } from './sockaddr.js';

export interface InletHandler {
  input(input: WorldInput): void;
  /** A whole packet with a Mobility Header to one of our addresses, alone or behind other headers. */
  mobility(packet: ReceivedPacket): void;
  /**
   * A whole outer packet at [start, end) of `view`, protocol 41 or 4 inside; `offload` is where the virtio header
   * of its frame stands. Gone after `batchDone`.
   */
  tunnelled(view: BufferView, start: number, end: number, link: LinkName, offload: number): void;
  /** A datagram to the UDP port that `udpPort` names: its payload is [start, end). */
  datagram(view: BufferView, start: number, end: number, from: DatagramSource): void;
  /** The path to `remote` takes at most `mtu` octets. */
  tooBig(remote: IpAddress, mtu: number): void;
  /** All of a batch has been handed over: write what it led to. */
  batchDone(buffer: Uint8Array): void;
}

export interface DatagramSource {
  readonly link: LinkName;
  readonly source: Ipv4;
  readonly sourcePort: number;
  readonly destination: Ipv4;
  readonly destinationPort: number;
}

/** One buffer under two views. */
export interface BufferView {
  readonly octets: Uint8Array;
  readonly data: DataView;
}

export class Inlet {
  /** Index of our own TUN device: what we write there is not to be read back. */
  tunnelIndex = 0;
  /** UDP port of which datagrams are handed on; see `SignallingFilter`. */
  #udpPort: number | null = null;
  readonly #tunnels: SignallingFilter['tunnels'];

  readonly #handle: NativeHandle;
  readonly #links: LinuxLinks;
  readonly #handler: InletHandler;
  readonly #clock: Clock;
  readonly #counters: Record<string, number>;
  readonly #buffer = new Uint8Array(SLOTS * SLOT_SIZE);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #both: BufferView = { octets: this.#buffer, data: this.#view };
  readonly #table = new Uint32Array(SLOTS * RECEIVE.words);
  readonly #names = new DataView(this.#table.buffer);
  readonly #place: Place;
  readonly #whole: BufferView;
  readonly #reassembly = new Reassembly();
  #local: readonly Uint8Array[] = [];
  #allMulticast = new Set<number>();

  /** Throws `LinuxError`. */
  constructor(
    netns: NetNamespace,
    links: LinuxLinks,
    handler: InletHandler,
    counters: Record<string, number>,
    clock: Clock,
    tunnels: SignallingFilter['tunnels'],
  ) {
    this.#tunnels = tunnels;
    this.#links = links;
    this.#clock = clock;
    this.#handler = handler;
    this.#counters = counters;
    const whole = new Uint8Array(SLOT_SIZE);
    this.#whole = { octets: whole, data: new DataView(whole.buffer) };
    this.#place = {
      view: this.#both,
      frame: 0,
      framed: false,
      start: 0,
      end: 0,
      etherType: 0,
      deferred: false,
      link: '',
      configured: false,
    };
    let handle: NativeHandle | undefined;
    try {
      // Protocol 0 until the filter is on: nothing unfiltered gets in before.
      handle = native().openSocket(netns, AF_PACKET, SOCK_RAW, 0);
      handle.filter(signallingFilter({ tunnels, udpPort: null }));
      handle.setOption(SOL_PACKET, PACKET_AUXDATA, 1);
      handle.setOption(SOL_PACKET, PACKET_VNET_HDR, 1);
      tryOption(handle, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
      tryOption(handle, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
      handle.bind(linkSocketAddress(0, ETH_P_ALL));
      // A group of one, for its reassembly: tunnels in IPv4 may be fragmented on the way (RFC 2003 §5.1).
      tryOption(handle, SOL_PACKET, PACKET_FANOUT, FANOUT_DEFRAGMENT);
    } catch (error) {
      handle?.close();
      throw linuxError('SOCKET', 'open a packet socket', error);
    }
    this.#handle = handle;
    handle.poll((errno) => {
      if (errno !== 0) this.#count(`receive-errno-${errno}`);
      this.drain();
    });
  }

  /** Reads Mobility Headers in datagrams to `port` too: the kernel has it, and hides where they came from. */
  setUdp(port: number | null): void {
    if (port === this.#udpPort) return;
    this.#udpPort = port;
    this.#handle.filter(signallingFilter({ tunnels: this.#tunnels, udpPort: port }));
  }

  /** Addresses whose Mobility Headers, routing headers and tunnels are ours. */
  setLocal(addresses: readonly IpAddress[]): void {
    this.#local = addresses.map(addressOctets);
  }

  /**
   * Takes all multicast of a link: neighbour solicitations for addresses that we stand in for, or probe, go to
   * groups that the kernel has not joined.
   */
  takeMulticast(index: number): void {
    if (this.#allMulticast.has(index)) return;
    const request = new Uint8Array(16); // struct packet_mreq
    const view = new DataView(request.buffer);
    view.setInt32(0, index, LITTLE);
    view.setUint16(4, PACKET_MR_ALLMULTI, LITTLE);
    try {
      this.#handle.setOption(SOL_PACKET, PACKET_ADD_MEMBERSHIP, request);
      this.#allMulticast.add(index);
    } catch {
      this.#count('all-multicast-refused'); // the interface has just gone
    }
  }

  /** The interface went: its membership went with it. */
  forgetLink(index: number): void {
    this.#allMulticast.delete(index);
  }

  close(): void {
    this.#handle.close();
  }

  /** Hands over what has arrived so far. */
  drain(): void {
    for (let round = 0; round < ROUNDS; round++) {
      const got = this.#handle.receive(this.#buffer, SLOT_SIZE, 0, this.#table, SLOTS);
      if (got <= 0) {
        if (got < 0) this.#count(`receive-errno-${-got}`);
        return;
      }
      for (let i = 0; i < got; i++) this.#frame(i);
      this.#handler.batchDone(this.#buffer);
      if (got < SLOTS) return;
    }
  }

  #frame(i: number): void {
    const row = i * RECEIVE.words;
    const name = 4 * (row + RECEIVE.name); // struct sockaddr_ll
    const index = this.#table[row + RECEIVE.name + 1]!;
    if (index === this.tunnelIndex || isOurs(index)) return;
    const link = this.#links.byIndex(index);
    if (!link || link.loopback) return;
    const configured = this.#links.isConfigured(link.name);
    // A port of a bridge or bond: the bridge or bond shows the same frame again.
    if (link.master !== 0 && !configured) return;
    if (configured && !link.running) this.#links.refresh(index);
    if (this.#table[row + RECEIVE.flags]! & MSG_TRUNC) return this.#count('truncated');
    const hardware = this.#names.getUint16(name + 8, LITTLE);
    const framed = hardware === ARPHRD_ETHER || hardware === ARPHRD_LOOPBACK;
    const slot = i * SLOT_SIZE;
    const frame = slot + OFFLOAD_HEADER;
    const start = frame + (framed ? ETHERNET_HEADER : 0);
    const end = slot + this.#table[row + RECEIVE.length]!;
    const etherType = this.#names.getUint16(name + 2); // as the kernel has it, network order
    const deferred = (this.#table[row + RECEIVE.status]! & TP_STATUS_CSUMNOTREADY) !== 0;
    const at = this.#place;
    at.view = this.#both;
    at.frame = frame;
    at.framed = framed;
    at.start = start;
    at.end = end;
    at.etherType = etherType;
    at.deferred = deferred;
    at.link = link.name;
    at.configured = configured;
    if (etherType === ETHERTYPE.ipv6) this.#six(at);
    else if (etherType === ETHERTYPE.ipv4) this.#four(at);
    else if (etherType === ETHERTYPE.arp) this.#toRole(at);
  }

  #six(at: Place): void {
    const b = at.view.octets;
    const { start } = at;
    if (at.end - start < 40 || b[start]! >> 4 !== 6) return this.#count('malformed');
    const stop = start + 40 + at.view.data.getUint16(start + 4);
    if (stop > at.end) return this.#count('malformed');
    let next = b[start + 6]!;
    let nextAt = start + 6;
    let offset = start + 40;
    let mobile = false;
    for (let n = 0; n < MAX_EXTENSION_HEADERS; n++) {
      switch (next) {
        case PROTOCOL.ipv6:
        case PROTOCOL.ipv4:
          // A routing header means that this is not a plain tunnel: the role is to judge it.
          if (!mobile) return this.#tunnelled(at, stop, start + 24, 16);
          return this.#signalling(at, stop, false);
        case PROTOCOL.mobility:
          return this.#signalling(at, stop, true);
        case PROTOCOL.icmpv6:
          return this.#icmp6(at, offset, stop, mobile);
        case PROTOCOL.destinationOptions:
        case PROTOCOL.routing:
        case PROTOCOL.hopByHop: {
          if (offset + 8 > stop) return this.#count('malformed');
          const length = 8 * (b[offset + 1]! + 1);
          if (offset + length > stop) return this.#count('malformed');
          mobile ||= next === PROTOCOL.routing && b[offset + 2] === 2;
          mobile ||= next === PROTOCOL.destinationOptions && hasHomeAddress(b, offset, length);
          next = b[offset]!;
          nextAt = offset;
          offset += length;
          break;
        }
        case PROTOCOL.fragment:
          return this.#fragment(at, nextAt, offset, stop);
        default:
          if (mobile) this.#signalling(at, stop, false);
          return;
      }
    }
  }

  #fragment(at: Place, nextAt: number, header: number, stop: number): void {
    const b = at.view.octets;
    if (header + 8 > stop || at.view === this.#whole) return this.#count('malformed');
    if (!FRAGMENTED.has(b[header]!) || !this.#isLocal(b, at.start + 24, 16)) return;
    const packet = this.#reassembly.add(
      { b, start: at.start, header, nextAt, stop },
      this.#clock.now(),
    );
    if (!packet) return;
    // Under the link header of the last piece, and complete: no offload.
    const { octets, data } = this.#whole;
    const link = at.start - at.frame;
    if (OFFLOAD_HEADER + link + packet.length > octets.length) return this.#count('malformed');
    octets.set(b.subarray(at.frame, at.start), OFFLOAD_HEADER);
    octets.set(packet, OFFLOAD_HEADER + link);
    clearOffload(data, 0);
    this.#handler.batchDone(b);
    at.view = this.#whole;
    at.frame = OFFLOAD_HEADER;
    at.start = OFFLOAD_HEADER + link;
    at.end = at.start + packet.length;
    this.#six(at);
    this.#handler.batchDone(octets);
  }

  #icmp6(at: Place, offset: number, stop: number, mobile: boolean): void {
    if (offset + 8 > stop) return this.#count('malformed');
    const b = at.view.octets;
    const type = b[offset]!;
    if (type >= ICMPV6.routerSolicitation && type <= ICMPV6.redirect) return this.#toRole(at);
    if (type < 128) {
      const quoted = offset + 8;
      if (!this.#isLocal(b, at.start + 24, 16)) return;
      if (stop - quoted >= 40 && isTunnel6(b, quoted, stop)) {
        if (type !== ICMPV6.packetTooBig) return;
        return this.#handler.tooBig(
          ipv6FromOctets(b, quoted + 24),
          at.view.data.getUint32(offset + 4),
        );
      }
      return this.#signalling(at, stop, false);
    }
    const discovery =
      type >= ICMPV6.homeAgentDiscoveryRequest && type <= ICMPV6.mobilePrefixAdvertisement;
    if (discovery || mobile) this.#signalling(at, stop, false);
  }

  #four(at: Place): void {
    const b = at.view.octets;
    const { start } = at;
    if (at.end - start < 20 || b[start]! >> 4 !== 4) return this.#count('malformed');
    const header = 4 * (b[start]! & 15);
    if (this.#udpPort !== null) restoreTotalLength(b, start, at.end);
    const stop = start + at.view.data.getUint16(start + 2);
    if (header < 20 || stop > at.end || start + header > stop) return this.#count('malformed');
    const payload = start + header;
    switch (b[start + 9]) {
      case PROTOCOL.ipv6:
      case PROTOCOL.ipv4:
        return this.#tunnelled(at, stop, start + 16, 4);
      case PROTOCOL.icmp: {
        // RFC 1191 §4: code 4, next-hop MTU in the last two octets of the header, then the packet it is about.
        const quoted = payload + 8;
        if (stop - quoted < 20 || b[payload] !== 3 || b[payload + 1] !== 4) return;
        if (!this.#isLocal(b, start + 16, 4) || !isTunnel4(b, quoted, stop)) return;
        const mtu = at.view.data.getUint16(payload + 6);
        return this.#handler.tooBig(ipv4FromOctets(b, quoted + 16), mtu || LEAST_MTU4);
      }
      case PROTOCOL.udp: {
        if (stop - payload < 8) return this.#count('malformed');
        const port = at.view.data.getUint16(payload + 2);
        if (port === UDP_PORT.dhcpServer || port === UDP_PORT.dhcpClient) return this.#toRole(at);
        if (port !== this.#udpPort || !this.#isLocal(b, start + 16, 4)) return;
        return this.#handler.datagram(at.view, payload + UDP_HEADER, stop, {
          link: at.link,
          source: ipv4FromOctets(b, start + 12),
          sourcePort: at.view.data.getUint16(payload),
          destination: ipv4FromOctets(b, start + 16),
          destinationPort: port,
        });
      }
      default:
        return;
    }
  }

  #tunnelled(at: Place, stop: number, destination: number, length: number): void {
    // Tunnels that this host merely forwards are not ours.
    if (this.#isLocal(at.view.octets, destination, length)) {
      this.#handler.tunnelled(at.view, at.start, stop, at.link, at.frame - OFFLOAD_HEADER);
    }
  }

  #isLocal(b: Uint8Array, offset: number, length: number): boolean {
    next: for (const address of this.#local) {
      if (address.length !== length) continue;
      for (let i = length - 1; i >= 0; i--) if (address[i] !== b[offset + i]) continue next;
      return true;
    }
    return false;
  }

  /** A frame of neighbour discovery, ARP or DHCP. */
  #toRole(at: Place): void {
    if (!at.configured) return;
    const b = at.view.octets;
    this.#handler.input({
      kind: 'frame',
      frame: {
        link: at.link,
        source: at.framed ? macFromOctets(b, at.frame + 6) : NO_MAC,
        destination: at.framed ? macFromOctets(b, at.frame) : NO_MAC,
        etherType: at.etherType,
        payload: b.slice(at.start, at.end),
        ...(at.deferred ? { checksumDeferred: true } : {}),
      },
    });
  }

  /** A whole packet to one of our signalling addresses. */
  #signalling(at: Place, stop: number, mobility: boolean): void {
    const b = at.view.octets;
    if (!this.#isLocal(b, at.start + 24, 16)) return;
    const packet: ReceivedPacket = {
      link: at.link,
      octets: b.slice(at.start, stop),
      arrival: {
        kind: 'native',
        ...(at.framed ? { linkSource: macFromOctets(b, at.frame + 6) } : {}),
      },
      protected: false,
    };
    if (mobility) this.#handler.mobility(packet);
    else this.#handler.input({ kind: 'packet', packet });
  }

  #count(reason: string): void {
    this.#counters[reason] = (this.#counters[reason] ?? 0) + 1;
  }
}

/** Outer source of a tunnelled packet, for people and for roles. */
export function outerSource(b: Uint8Array, start: number): IpAddress {
  const six = b[start]! >> 4 === 6;
  return addressFromOctets(
    six ? b.subarray(start + 8, start + 24) : b.subarray(start + 12, start + 16),
  );
}

/** Where a frame lies in the buffer. One object, reused: tunnelled packets cost no allocation. */
interface Place {
  view: BufferView;
  /** The virtio header stands before it. */
  frame: number;
  /** There is an Ethernet header at `frame`. */
  framed: boolean;
  start: number;
  end: number;
  etherType: number;
  deferred: boolean;
  link: LinkName;
  configured: boolean;
}

/** Does an ICMPv6 error quote a tunnelled packet? */
function isTunnel6(b: Uint8Array, quoted: number, stop: number): boolean {
  const next = b[quoted + 6]!;
  if (next === PROTOCOL.destinationOptions && quoted + 48 <= stop) {
    return b[quoted + 40] === PROTOCOL.ipv6 || b[quoted + 40] === PROTOCOL.ipv4;
  }
  return next === PROTOCOL.ipv6 || next === PROTOCOL.ipv4;
}

function isTunnel4(b: Uint8Array, quoted: number, stop: number): boolean {
  const protocol = b[quoted + 9]!;
  if (protocol === PROTOCOL.ipv6 || protocol === PROTOCOL.ipv4) return true;
  const udp = quoted + 4 * (b[quoted]! & 15);
  return protocol === PROTOCOL.udp && udp + 4 <= stop;
}

/** RFC 6275 §6.3: option type 201 in the Destination Options header at `offset`. */
function hasHomeAddress(b: Uint8Array, offset: number, length: number): boolean {
  const end = offset + length;
  for (let at = offset + 2; at < end;) {
    const type = b[at]!;
    if (type === HOME_ADDRESS_OPTION) return true;
    at += type === 0 ? 1 : 2 + (b[at + 1] ?? 0);
  }
  return false;
}

function tryOption(handle: NativeHandle, level: number, name: number, value: number): void {
  try {
    handle.setOption(level, name, value);
  } catch {
    // an older kernel: outgoing frames are then dropped by the filter; a smaller buffer is only less
  }
}

const NO_MAC = macFromOctets(new Uint8Array(6));
const HOME_ADDRESS_OPTION = 201;
const LEAST_MTU4 = 576; // RFC 1191 §5: a router that tells no MTU; ours: the safe choice
const MAX_EXTENSION_HEADERS = 8; // ours
/** What a fragmented packet of ours may begin with, behind its fragment header. */
const FRAGMENTED: ReadonlySet<number> = new Set([
  PROTOCOL.ipv6,
  PROTOCOL.ipv4,
  PROTOCOL.mobility,
  PROTOCOL.destinationOptions,
]);
const SLOTS = Math.min(32, MAX_BATCH); // ours
const SLOT_SIZE = 65536 + 64; // receive offload may have merged several packets into one
const ROUNDS = 4; // ours: batches before other events have their turn
const ETHERNET_HEADER = 14;
const RECEIVE_BUFFER = 8 << 20; // ours, octets
const ETH_P_ALL = 3;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const MSG_TRUNC = 0x20;
const TP_STATUS_CSUMNOTREADY = 8;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SOL_PACKET = 263;
const PACKET_ADD_MEMBERSHIP = 1;
const PACKET_MR_ALLMULTI = 2;
const PACKET_AUXDATA = 8;
const PACKET_VNET_HDR = 15;
const PACKET_FANOUT = 18;
const PACKET_IGNORE_OUTGOING = 23;
/** PACKET_FANOUT_HASH with PACKET_FANOUT_FLAG_DEFRAG and _UNIQUEID, in the upper half; the id is the kernel's. */
const FANOUT_DEFRAGMENT = 0xa000 << 16;
