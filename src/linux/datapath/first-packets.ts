/**
 * Tells of the first packet each way through a tunnel that the kernel carries: a packet socket that is open only
 * while somebody waits, and takes no more than the headers of packets of those who do.
 */
import { addressOctets, type IpAddress } from '../../base/address.js';
import type { TunnelItem } from '../../core/datapath/model.js';
import { linuxError } from '../error.js';
import { tunnelFilter } from '../filter.js';
import { MAX_BATCH, native, RECEIVE, type NativeHandle, type NetNamespace } from '../native.js';
import { AF_PACKET, linkSocketAddress, SOCK_DGRAM } from '../sockaddr.js';

export type Direction = 'in' | 'out';

export class FirstPackets {
  readonly #netns: NetNamespace;
  readonly #tell: (tunnel: string, direction: Direction) => void;
  readonly #waiting = new Map<string, Waiting>();
  readonly #buffer = new Uint8Array(SLOTS * SLOT_SIZE);
  readonly #table = new Uint32Array(SLOTS * RECEIVE.words);
  readonly #names = new DataView(this.#table.buffer);
  #handle: NativeHandle | undefined;

  constructor(netns: NetNamespace, tell: (tunnel: string, direction: Direction) => void) {
    this.#netns = netns;
    this.#tell = tell;
  }

  /** The tunnel has come or changed. Beyond a few who wait, the oldest is given up. */
  watch(tunnel: TunnelItem, device: number): void {
    const hosts = [...tunnel.send, ...tunnel.accept].flatMap(({ source, destination }) =>
      [source, destination].flatMap((p) => (p ? [p.address] : [])),
    );
    clearTimeout(this.#waiting.get(tunnel.key)?.timer);
    this.#waiting.delete(tunnel.key);
    if (this.#waiting.size === MAX_WAITING) this.forget(this.#waiting.keys().next().value!);
    const timer = setTimeout(() => this.forget(tunnel.key), PATIENCE);
    timer.unref();
    const unique = [...new Set(hosts)].slice(0, MAX_HOSTS);
    this.#waiting.set(tunnel.key, { device, hosts: unique, left: new Set(['in', 'out']), timer });
    this.#filter();
  }

  forget(tunnel: string): void {
    const waiting = this.#waiting.get(tunnel);
    if (!waiting) return;
    clearTimeout(waiting.timer);
    this.#waiting.delete(tunnel);
    this.#filter();
  }

  close(): void {
    for (const { timer } of this.#waiting.values()) clearTimeout(timer);
    this.#waiting.clear();
    this.#filter();
  }

  #filter(): void {
    if (this.#waiting.size === 0) {
      this.#handle?.close();
      this.#handle = undefined;
      return;
    }
    const all = [...this.#waiting.values()];
    const devices = [...new Set(all.map((w) => w.device))];
    const hosts = [...new Set(all.flatMap((w) => w.hosts))];
    const handle = this.#handle ?? this.#open();
    handle.filter(tunnelFilter(devices, hosts));
    if (this.#handle === handle) return;
    this.#handle = handle;
    handle.bind(linkSocketAddress(0, ETH_P_ALL));
    handle.poll(() => this.#drain());
  }

  #open(): NativeHandle {
    try {
      return native().openSocket(this.#netns, AF_PACKET, SOCK_DGRAM, 0);
    } catch (error) {
      throw linuxError('SOCKET', 'open a packet socket', error);
    }
  }

  #drain(): void {
    const handle = this.#handle;
    const got = handle ? handle.receive(this.#buffer, SLOT_SIZE, 0, this.#table, SLOTS) : 0;
    for (let i = 0; i < got; i++) {
      const row = i * RECEIVE.words + RECEIVE.name; // struct sockaddr_ll
      const out = this.#names.getUint8(4 * row + 10) === PACKET_OUTGOING;
      const start = i * SLOT_SIZE;
      const packet = this.#buffer.subarray(start, start + SLOT_SIZE);
      this.#packet(this.#table[row + 1]!, packet, out ? 'out' : 'in');
    }
  }

  #packet(device: number, packet: Uint8Array, direction: Direction): void {
    for (const [tunnel, waiting] of this.#waiting) {
      if (waiting.device !== device || !waiting.left.has(direction)) continue;
      if (!waiting.hosts.some((host) => names(packet, host))) continue;
      waiting.left.delete(direction);
      if (waiting.left.size === 0) this.forget(tunnel);
      this.#tell(tunnel, direction);
    }
  }
}

interface Waiting {
  readonly device: number;
  readonly hosts: readonly IpAddress[];
  readonly left: Set<Direction>;
  readonly timer: NodeJS.Timeout;
}

/** Is `host` the source or the destination of the packet? */
function names(packet: Uint8Array, host: IpAddress): boolean {
  const octets = addressOctets(host);
  const at = octets.length === 16 ? 8 : 12;
  if (packet[0]! >> 4 !== (octets.length === 16 ? 6 : 4)) return false;
  return [at, at + octets.length].some((from) => octets.every((o, i) => packet[from + i] === o));
}

const MAX_WAITING = 4; // ours: who waits beyond that is not told
const MAX_HOSTS = 2; // ours: an IPv6 and an IPv4 home address
const PATIENCE = 60_000; // ours, ms
const SLOTS = Math.min(16, MAX_BATCH);
const SLOT_SIZE = 64; // octets: `tunnelFilter` gives no more
const ETH_P_ALL = 3;
const PACKET_OUTGOING = 4; // sll_pkttype
