/**
 * The two hot loops: tunnel device → outer packets, and outer packets → tunnel device. Packets stay where the
 * kernel put them; headers go on and off in place, whole batches at a time, without an allocation a packet.
 */
import { ipv4FromOctets, type IpAddress } from '../../base/address.js';
import { Forwarder, HEADROOM, type Verdict } from '../../core/datapath/forwarder.js';
import type { LinkName, WorldInput } from '../../core/input.js';
import { outerSource, type BufferView } from '../inlet.js';
import type { LinuxLinks } from '../links.js';
import { MAX_BATCH, NONE, RECEIVE, type NativeHandle } from '../native.js';
import type { Outlet } from '../outlet.js';
import { clearOffload, moveOffload, OFFLOAD_HEADER } from './offload.js';
import type { TunnelDevice } from './tunnel-device.js';

export class Tunnels {
  readonly forwarder = new Forwarder();
  readonly #outlet: Outlet;
  readonly #links: LinuxLinks;
  readonly #input: (input: WorldInput) => void;
  readonly #counters: Record<string, number>;
  #device: TunnelDevice | undefined;

  /** Packets of the current batch that are to be written to the device: offset and length. */
  readonly #writes = new Uint32Array(2 * MAX_BATCH);
  #writeCount = 0;

  #udp: NativeHandle | undefined;
  #udpPort = 0;
  readonly #buffer = new Uint8Array(SLOTS * SLOT_SIZE);
  readonly #view = new DataView(this.#buffer.buffer);
  readonly #replies = new Uint8Array(MAX_REPLY);
  readonly #table = new Uint32Array(SLOTS * RECEIVE.words);
  readonly #names = new DataView(this.#table.buffer);
  readonly #nameOctets = new Uint8Array(this.#table.buffer);

  constructor(
    outlet: Outlet,
    links: LinuxLinks,
    counters: Record<string, number>,
    input: (input: WorldInput) => void,
  ) {
    this.#outlet = outlet;
    this.#links = links;
    this.#counters = counters;
    this.#input = input;
    this.forwarder.onFirstPacket = (tunnel, direction) =>
      input({ kind: 'firstPacket', tunnel, direction });
    outlet.onTooBig = (remote, mtu) => this.pathTooBig(remote, mtu);
  }

  /** The path to `remote` takes at most `mtu` octets: senders are told, and what must go is fragmented. */
  pathTooBig(remote: IpAddress, mtu: number): void {
    this.forwarder.pathTooBig(remote, mtu);
    this.#outlet.pathTooBig(remote, mtu);
  }

  setDevice(device: TunnelDevice | undefined): void {
    this.#device = device;
    device?.poll((errno) => {
      if (errno !== 0) this.#count(`tunnel-errno-${errno}`);
      else this.#fromDevice(device);
    });
  }

  /** The outlet has opened or closed its UDP socket. */
  setUdp(handle: NativeHandle | undefined, port: number): void {
    this.#udp = handle;
    this.#udpPort = port;
    handle?.poll((errno) => {
      if (errno !== 0) this.#count(`udp-errno-${errno}`); // an ICMP error of an earlier datagram
      this.#fromUdp(handle);
    });
  }

  /** A whole outer packet at [start, end); see `InletHandler`. */
  tunnelled(view: BufferView, start: number, end: number, link: LinkName, offload: number): void {
    const buffer = view.octets;
    const verdict = this.forwarder.decapsulateIp(buffer, start, end);
    if (verdict.outcome === 'deliver') {
      moveOffload(view.data, offload, verdict.start);
      this.#toDevice(buffer, verdict);
    } else if (verdict.outcome === 'control') {
      this.#input({
        kind: 'packet',
        packet: {
          link,
          octets: buffer.slice(verdict.start, verdict.end),
          arrival: { kind: 'tunnel', source: outerSource(buffer, start) },
          protected: false,
        },
      });
    }
  }

  /** Writes what the batch in `buffer` has left for the device. */
  batchDone(buffer: Uint8Array): void {
    const count = this.#writeCount;
    if (count === 0) return;
    this.#writeCount = 0;
    const written = this.#device?.write(buffer, this.#writes, count) ?? 0;
    if (written < count) this.#count('tunnel-write', count - written);
  }

  /** The offload header stands before the packet already. */
  #toDevice(buffer: Uint8Array, verdict: Verdict): void {
    this.#writes[2 * this.#writeCount] = verdict.start - OFFLOAD_HEADER;
    this.#writes[2 * this.#writeCount + 1] = verdict.end - verdict.start + OFFLOAD_HEADER;
    if (++this.#writeCount === MAX_BATCH) this.batchDone(buffer);
  }

  #fromDevice(device: TunnelDevice): void {
    const { buffer, slotSize, lengths } = device;
    for (let round = 0; round < ROUNDS && device === this.#device; round++) {
      const got = device.read();
      if (got < 0) return this.#count(`tunnel-errno-${-got}`);
      for (let i = 0; i < got; i++) {
        const read = i * slotSize + HEADROOM;
        const start = read + OFFLOAD_HEADER;
        const v = this.forwarder.encapsulate(buffer, start, read + lengths[i]!);
        if (v.outcome === 'send') {
          if (this.#outlet.queue(buffer, v.tunnel!, v.start, v.end, v.trafficClass)) {
            this.#outlet.flush(buffer);
          }
        } else if (v.outcome === 'reply') this.#reply(device, v.reply!);
      }
      this.#outlet.flush(buffer);
      if (got < MAX_BATCH) return;
    }
  }

  #reply(device: TunnelDevice, octets: Uint8Array): void {
    this.#replies.set(octets, OFFLOAD_HEADER);
    const row = Uint32Array.of(0, OFFLOAD_HEADER + octets.length);
    if (device.write(this.#replies, row, 1) < 1) this.#count('tunnel-write');
  }

  #fromUdp(handle: NativeHandle): void {
    for (let round = 0; round < ROUNDS && handle === this.#udp; round++) {
      const got = handle.receive(this.#buffer, SLOT_SIZE, OFFLOAD_HEADER, this.#table, SLOTS);
      if (got < 0) this.#count(`udp-errno-${-got}`);
      for (let i = 0; i < got; i++) this.#datagram(i);
      this.batchDone(this.#buffer);
      if (got < SLOTS) return;
    }
  }

  #datagram(i: number): void {
    const row = i * RECEIVE.words;
    const length = this.#table[row + RECEIVE.length]!;
    const start = i * SLOT_SIZE + OFFLOAD_HEADER;
    const first = length > 0 ? this.#buffer[start]! >> 4 : 0;
    // RFC 5555 §4.1: the first octet is that of an IPv6 or IPv4 header; anything else is no packet of ours.
    if (first !== 6 && first !== 4) return this.#count('udp-malformed');
    const name = 4 * (row + RECEIVE.name); // struct sockaddr_in
    const source = this.#names.getUint32(name + 4);
    const sourcePort = this.#names.getUint16(name + 2);
    const tos = this.#table[row + RECEIVE.trafficClass]!;
    const verdict = this.forwarder.decapsulateUdp(
      this.#buffer,
      start,
      start + length,
      source,
      sourcePort,
      tos === NONE ? 0 : tos,
    );
    if (verdict.outcome === 'deliver') {
      clearOffload(this.#view, verdict.start - OFFLOAD_HEADER);
      this.#toDevice(this.#buffer, verdict);
    } else if (verdict.outcome === 'control') {
      this.#input({
        kind: 'packet',
        packet: {
          link: this.#links.byIndex(this.#table[row + RECEIVE.link]!)?.name ?? '',
          octets: this.#buffer.slice(verdict.start, verdict.end),
          arrival: {
            kind: 'udp',
            source: ipv4FromOctets(this.#nameOctets, name + 4),
            sourcePort,
            destination: ipv4FromOctets(this.#nameOctets, 4 * (row + RECEIVE.destination)),
            destinationPort: this.#udpPort,
          },
          protected: false,
        },
      });
    }
  }

  #count(reason: string, by = 1): void {
    this.#counters[reason] = (this.#counters[reason] ?? 0) + by;
  }
}

const ROUNDS = 4; // ours: batches before other events have their turn
const SLOTS = Math.min(32, MAX_BATCH); // ours
const SLOT_SIZE = 65536 + 64; // the largest datagram and its offload header
const MAX_REPLY = 2048; // RFC 4443 §2.4(c): an error is at most 1280 octets
