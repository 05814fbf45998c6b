/**
 * Everything that leaves: frames by packet socket, whole IP packets by IPPROTO_RAW, UDP on the declared port.
 * Signalling goes one by one; tunnelled packets are queued in place and leave in batches.
 */
import { randomInt } from 'node:crypto';
import {
  addressOctets,
  ipv4FromOctets,
  ipv6FromOctets,
  macOctets,
  type IpAddress,
  type Ipv4,
} from '../base/address.js';
import type { SignallingItem, TunnelItem } from '../core/datapath/model.js';
import type { FrameEffect, PacketEffect } from '../core/effect.js';
import { PROTOCOL } from '../wire/protocol.js';
import { encodeUdp, UDP_HEADER } from '../wire/udp.js';
import { Fragmenter } from './datapath/fragment.js';
import { LinuxError, linuxError } from './error.js';
import type { Failures } from './failures.js';
import { nothingFilter } from './filter.js';
import type { LinuxLinks } from './links.js';
import { MAX_BATCH, native, NONE, SEND, type NativeHandle, type NetNamespace } from './native.js';
import {
  AF_INET,
  AF_INET6,
  AF_PACKET,
  ipSocketAddress,
  linkSocketAddress,
  SOCK_DGRAM,
  SOCK_RAW,
} from './sockaddr.js';

type Udp = NonNullable<SignallingItem['udp']>;

/** Sends a packet whose headers the kernel is to make; true when it did, or tried. */
export type SendByKernel = (packet: Uint8Array, link: number) => boolean;

export class Outlet {
  /** A tunnelled packet did not fit the interface towards `remote`. */
  onTooBig: ((remote: IpAddress, mtu: number) => void) | undefined;

  readonly #netns: NetNamespace;
  readonly #links: LinuxLinks;
  readonly #failures: Failures;
  readonly #frames: NativeHandle;
  readonly #raw6: Batch;
  readonly #raw4: Batch;
  #udp: { readonly batch: Batch; readonly wanted: Udp } | undefined;
  /** The kernel has this port: datagrams from it leave whole, by the raw socket. */
  #rawUdpPort = 0;
  #byKernel: SendByKernel | undefined;
  readonly #one = new Uint32Array(SEND.words);
  readonly #oneOctets = new Uint8Array(this.#one.buffer);
  readonly #fragmenter = new Fragmenter(randomInt(2 ** 32));
  readonly #ways = new Map<TunnelItem, Way>();
  #lastTunnel: TunnelItem | undefined;
  #lastWay: Way | undefined;

  /** Throws `LinuxError`. */
  constructor(netns: NetNamespace, links: LinuxLinks, failures: Failures) {
    this.#netns = netns;
    this.#links = links;
    this.#failures = failures;
    const opened: NativeHandle[] = [];
    const open = (family: number, type: number, protocol: number): NativeHandle => {
      const handle = native().openSocket(netns, family, type, protocol);
      opened.push(handle);
      tryOption(handle, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
      return handle;
    };
    try {
      this.#frames = open(AF_PACKET, SOCK_DGRAM, 0);
      this.#frames.filter(nothingFilter());
      const raw6 = open(AF_INET6, SOCK_RAW, IPPROTO_RAW);
      // A care-of address may still be optimistic, or a moment old; the packet names its source itself.
      tryOption(raw6, SOL_IPV6, IPV6_FREEBIND, 1);
      this.#raw6 = new Batch(raw6);
      this.#raw4 = new Batch(open(AF_INET, SOCK_RAW, IPPROTO_RAW));
    } catch (error) {
      for (const handle of opened) handle.close();
      throw linuxError('SOCKET', 'open the sending sockets', error);
    }
  }

  /** The socket of port 4191 while one is declared. */
  get udp(): NativeHandle | undefined {
    return this.#udp?.batch.handle;
  }

  get udpPort(): number {
    return this.#udp?.wanted.port ?? 0;
  }

  /** Offers every packet that names no outer header to `send` first. */
  setKernel(send: SendByKernel | undefined): void {
    this.#byKernel = send;
  }

  /** Datagrams leave from the kernel's own port `port`; 0 ends that. */
  setRawUdp(port: number): void {
    this.#rawUdpPort = port;
  }

  /** Opens, moves or closes the UDP socket. Throws `LinuxError` `PORT_IN_USE` and others. */
  setUdp(wanted: Udp | null): void {
    const have = this.#udp?.wanted;
    if (have?.port === wanted?.port && have?.address === wanted?.address) return;
    this.#udp?.batch.handle.close();
    this.#udp = undefined;
    if (wanted) this.#udp = { batch: new Batch(openUdp(this.#netns, wanted)), wanted };
  }

  sendFrame(frame: FrameEffect): void {
    const link = this.#links.byName(frame.link);
    if (!link) return this.#failures.add('frame', ENODEV, frame.link);
    const to = linkSocketAddress(link.index, frame.etherType, macOctets(frame.destination));
    this.#send(this.#frames, 'frame', frame.payload, to, frame.link);
  }

  sendPacket(packet: PacketEffect): void {
    const { octets, udp } = packet;
    const link = packet.link === undefined ? 0 : (this.#links.byName(packet.link)?.index ?? -1);
    if (link < 0) return this.#failures.add('packet', ENODEV, packet.link!);
    if (udp && udp.sourcePort === this.#rawUdpPort) {
      const { source: local, destination: remote, sourcePort, destinationPort } = udp;
      const whole = new Uint8Array(DATAGRAM_HEADER + octets.length);
      const header = datagramHeader(local, remote, sourcePort, destinationPort);
      putDatagramHeader(header, whole, DATAGRAM_HEADER, whole.length, 0);
      whole.set(
        encodeUdp({ ...udp, payload: octets }, local, remote),
        DATAGRAM_HEADER - UDP_HEADER,
      );
      const to = ipSocketAddress(udp.destination);
      const source = addressOctets(udp.source);
      return this.#send(this.#raw4.handle, 'udp', whole, to, udp.destination, 4, source, link);
    }
    if (udp) {
      const socket = this.#udp;
      if (socket?.wanted.port !== udp.sourcePort) {
        return this.#failures.add(
          'udp',
          EADDRNOTAVAIL,
          `${udp.destination}:${udp.destinationPort}`,
        );
      }
      const to = ipSocketAddress(udp.destination, udp.destinationPort);
      const source = addressOctets(udp.source);
      return this.#send(socket.batch.handle, 'udp', octets, to, udp.destination, 4, source, link);
    }
    if (this.#byKernel?.(octets, link)) return;
    if (octets.length >= 40 && octets[0]! >> 4 === 6) {
      const destination = ipv6FromOctets(octets, 24);
      const to = ipSocketAddress(destination, 0, link);
      const source = octets.subarray(8, 24);
      this.#send(this.#raw6.handle, 'packet', octets, to, destination, 6, source, link);
    } else if (octets.length >= 20 && octets[0]! >> 4 === 4) {
      const destination = ipv4FromOctets(octets, 16);
      const to = ipSocketAddress(destination);
      const source = octets.subarray(12, 16);
      this.#send(this.#raw4.handle, 'packet', octets, to, destination, 4, source, link);
    } else this.#failures.add('packet', EINVAL, 'neither IPv4 nor IPv6');
  }

  /**
   * One encapsulated packet, which stays where it is in `buffer` until `flush` of the same buffer.
   * True when the batch is full: flush then.
   */
  queue(
    buffer: Uint8Array,
    tunnel: TunnelItem,
    start: number,
    end: number,
    trafficClass: number,
  ): boolean {
    const way = tunnel === this.#lastTunnel ? this.#lastWay : this.#way(tunnel);
    if (!way) return false;
    if (way.header) start = putDatagramHeader(way.header, buffer, start, end, trafficClass);
    if (end - start > way.pathMtu) {
      this.#fragment(way, buffer, start, end);
      return false;
    }
    return way.batch.add(way, start, end, way.udp ? trafficClass : NONE);
  }

  flush(buffer: Uint8Array): void {
    if (this.#raw6.count > 0) this.#flush(this.#raw6, buffer);
    if (this.#raw4.count > 0) this.#flush(this.#raw4, buffer);
    if (this.#udp && this.#udp.batch.count > 0) this.#flush(this.#udp.batch, buffer);
  }

  /** Larger packets to `remote` that have to go all the same are fragmented from now on. */
  pathTooBig(remote: IpAddress, mtu: number): void {
    for (const way of this.#ways.values()) {
      if (way.tunnel.remote === remote && !way.udp) way.pathMtu = Math.min(way.pathMtu, mtu);
    }
  }

  /** A tunnel has changed or gone. */
  forgetWay(tunnel: TunnelItem): void {
    this.#ways.delete(tunnel);
    this.#lastTunnel = this.#lastWay = undefined;
  }

  /** Interfaces or the UDP socket have changed: what was prepared for every tunnel is stale. */
  forgetWays(): void {
    this.#ways.clear();
    this.#lastTunnel = this.#lastWay = undefined;
  }

  close(): void {
    this.setUdp(null);
    this.#frames.close();
    this.#raw6.handle.close();
    this.#raw4.handle.close();
  }

  #way(tunnel: TunnelItem): Way | undefined {
    let way = this.#ways.get(tunnel);
    if (!way) {
      way = this.#prepare(tunnel);
      if (way) this.#ways.set(tunnel, way);
    }
    this.#lastTunnel = tunnel;
    this.#lastWay = way;
    return way;
  }

  #prepare(tunnel: TunnelItem): Way | undefined {
    const source = addressOctets(tunnel.local);
    const raw = tunnel.udp?.localPort === this.#rawUdpPort ? this.#rawUdpPort : 0;
    const own = source.length === 16 ? this.#raw6 : this.#raw4;
    const batch = tunnel.udp && !raw ? this.#udp?.batch : own;
    if (!batch || (tunnel.udp && !raw && tunnel.udp.localPort !== this.#udp?.wanted.port)) {
      this.#failures.add('data', EADDRNOTAVAIL, tunnel.remote);
      return undefined;
    }
    const link = tunnel.link === undefined ? undefined : this.#links.byName(tunnel.link);
    const row = new Uint32Array(SEND.words);
    const octets = new Uint8Array(row.buffer);
    const to = ipSocketAddress(tunnel.remote, raw ? 0 : (tunnel.udp?.remotePort ?? 0));
    row[SEND.link] = link?.index ?? 0;
    row[SEND.family] = source.length === 16 ? 6 : 4;
    row[SEND.nameLength] = to.length;
    octets.set(to, SEND.name * 4);
    octets.set(source, SEND.source * 4);
    return {
      batch,
      row,
      tunnel,
      header: raw
        ? datagramHeader(tunnel.local, tunnel.remote, raw, tunnel.udp!.remotePort)
        : undefined,
      udp: tunnel.udp !== undefined && !raw,
      pathMtu: Infinity,
    };
  }

  #fragment(way: Way, buffer: Uint8Array, start: number, end: number): void {
    const { octets, pieces } = this.#fragmenter;
    const count = this.#fragmenter.cut(buffer, start, end, way.pathMtu);
    if (count === 0) return this.#failures.add('data', EMSGSIZE, way.tunnel.remote);
    const row = this.#one;
    for (let i = 0; i < count; i++) {
      row.set(way.row);
      row[SEND.offset] = pieces[2 * i]!;
      row[SEND.length] = pieces[2 * i + 1]!;
      row[SEND.trafficClass] = NONE;
      const sent = way.batch.handle.send(octets, row, 0, 1);
      if (sent < 0) return this.#failures.add('data', -sent, way.tunnel.remote);
    }
  }

  #flush(batch: Batch, buffer: Uint8Array): void {
    let first = 0;
    while (first < batch.count) {
      const sent = batch.handle.send(buffer, batch.table, first, batch.count - first);
      if (sent > 0) {
        first += sent;
        continue;
      }
      const tunnel = batch.tunnels[first]!;
      const way = this.#ways.get(tunnel);
      if (sent === -EMSGSIZE && way && !way.udp) {
        this.onTooBig?.(tunnel.remote, this.#linkMtu(tunnel));
        const start = batch.table[first * SEND.words + SEND.offset]!;
        this.#fragment(way, buffer, start, start + batch.table[first * SEND.words + SEND.length]!);
      } else this.#failures.add('data', -sent, tunnel.remote);
      first++;
    }
    batch.count = 0;
  }

  /** Of the interface that the tunnel leaves by, or the smallest that it could. */
  #linkMtu(tunnel: TunnelItem): number {
    const known = tunnel.link === undefined ? undefined : this.#links.byName(tunnel.link);
    if (known) return known.mtu;
    let least = Infinity;
    for (const link of this.#links.all()) {
      if (link.running && !link.loopback) least = Math.min(least, link.mtu);
    }
    return least === Infinity ? 0 : least;
  }

  #send(
    handle: NativeHandle,
    what: 'frame' | 'packet' | 'udp',
    octets: Uint8Array,
    to: Uint8Array,
    destination: string,
    family: 0 | 4 | 6 = 0,
    source?: Uint8Array,
    link = 0,
  ): void {
    const row = this.#one;
    row.fill(0);
    row[SEND.length] = octets.length;
    row[SEND.trafficClass] = NONE;
    row[SEND.nameLength] = to.length;
    this.#oneOctets.set(to, SEND.name * 4);
    if (source) {
      row[SEND.family] = family;
      row[SEND.link] = link;
      this.#oneOctets.set(source, SEND.source * 4);
    }
    const sent = handle.send(octets, row, 0, 1);
    if (sent < 0) this.#failures.add(what, -sent, destination);
  }
}

/** How the packets of one tunnel leave: a row ready but for place, length and traffic class. */
interface Way {
  readonly batch: Batch;
  readonly row: Uint32Array;
  readonly tunnel: TunnelItem;
  /** IPv4 and UDP, where no socket makes them. */
  readonly header: Uint8Array | undefined;
  /** By the UDP socket. */
  readonly udp: boolean;
  /** As far as ICMP or the interface have told; of a UDP tunnel the kernel keeps it. */
  pathMtu: number;
}

class Batch {
  readonly handle: NativeHandle;
  readonly table = new Uint32Array(MAX_BATCH * SEND.words);
  readonly tunnels: (TunnelItem | undefined)[] = new Array<undefined>(MAX_BATCH).fill(undefined);
  count = 0;

  constructor(handle: NativeHandle) {
    this.handle = handle;
  }

  add(way: Way, start: number, end: number, trafficClass: number): boolean {
    const at = this.count * SEND.words;
    this.table.set(way.row, at);
    this.table[at + SEND.offset] = start;
    this.table[at + SEND.length] = end - start;
    this.table[at + SEND.trafficClass] = trafficClass;
    this.tunnels[this.count] = way.tunnel;
    return ++this.count === MAX_BATCH;
  }
}

/** IPv4 and UDP headers of a tunnel; lengths are for each packet, sums the kernel's (RFC 768: none for UDP). */
function datagramHeader(
  local: IpAddress,
  remote: IpAddress,
  localPort: number,
  remotePort: number,
): Uint8Array {
  const header = new Uint8Array(DATAGRAM_HEADER);
  const view = new DataView(header.buffer);
  header[0] = 0x45;
  header[8] = HOP_LIMIT;
  header[9] = PROTOCOL.udp;
  header.set(addressOctets(local), 12);
  header.set(addressOctets(remote), 16);
  view.setUint16(20, localPort);
  view.setUint16(22, remotePort);
  return header;
}

/** In the octets before `start`; returns where the packet begins now. */
function putDatagramHeader(
  header: Uint8Array,
  buffer: Uint8Array,
  start: number,
  end: number,
  trafficClass: number,
): number {
  const at = start - DATAGRAM_HEADER;
  buffer.set(header, at);
  const total = end - at;
  buffer[at + 1] = trafficClass;
  buffer[at + 2] = total >>> 8;
  buffer[at + 3] = total;
  buffer[at + 24] = (total - 20) >>> 8;
  buffer[at + 25] = total - 20;
  return at;
}

function openUdp(netns: NetNamespace, wanted: Udp): NativeHandle {
  const handle = native().openSocket(netns, AF_INET, SOCK_DGRAM, 0);
  try {
    // The address may be about to come; the port is ours alone, so no reuse.
    handle.setOption(SOL_IP, IP_FREEBIND, 1);
    handle.setOption(SOL_IP, IP_PKTINFO, 1);
    handle.setOption(SOL_IP, IP_RECVTOS, 1);
    handle.setOption(SOL_IP, IP_MTU_DISCOVER, IP_PMTUDISC_WANT);
    tryOption(handle, SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
    tryOption(handle, SOL_SOCKET, SO_SNDBUFFORCE, SEND_BUFFER);
    handle.bind(ipSocketAddress(wanted.address ?? ('0.0.0.0' as Ipv4), wanted.port));
    return handle;
  } catch (error) {
    handle.close();
    const { code } = error as { code?: string };
    if (code !== 'EADDRINUSE') throw linuxError('SOCKET', `open UDP port ${wanted.port}`, error);
    throw new LinuxError('PORT_IN_USE', `UDP port ${wanted.port} is in use by another program.`, {
      errno: code,
      way: `\`ss -ulpn sport = :${wanted.port}\` names it; stop it, or choose another port.`,
    });
  }
}

function tryOption(handle: NativeHandle, level: number, name: number, value: number): void {
  try {
    handle.setOption(level, name, value);
  } catch {
    // the default serves, only less well
  }
}

const DATAGRAM_HEADER = 28; // octets
const HOP_LIMIT = 64; // as ip(7) ip_default_ttl
const SEND_BUFFER = 4 << 20; // ours, octets
const RECEIVE_BUFFER = 8 << 20; // ours, octets
const IPPROTO_RAW = 255;
const SOL_SOCKET = 1;
const SO_SNDBUFFORCE = 32;
const SO_RCVBUFFORCE = 33;
const SOL_IP = 0;
const IP_PKTINFO = 8;
const IP_MTU_DISCOVER = 10;
const IP_RECVTOS = 13;
const IP_FREEBIND = 15;
const IP_PMTUDISC_WANT = 1;
const SOL_IPV6 = 41;
const IPV6_FREEBIND = 78;
const ENODEV = 19;
const EINVAL = 22;
const EMSGSIZE = 90;
const EADDRNOTAVAIL = 99;
