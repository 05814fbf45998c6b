/** Echo requests from inside a namespace at a steady pace, and when each was answered, by the kernel's stamp. */
import { randomInt } from 'node:crypto';
import { isIpv6, type Ipv4 } from '../../base/address.js';
import { decodeIcmpv4, encodeIcmpv4 } from '../../wire/icmpv4.js';
import { ICMPV6, PROTOCOL } from '../../wire/protocol.js';
import { MAX_BATCH, native, RECEIVE, SEND, type NativeHandle } from '../../linux/native.js';
import { AF_INET, AF_INET6, ipSocketAddress, LITTLE, SOCK_RAW } from '../../linux/sockaddr.js';
import type { PingSpec } from '../model.js';
import type { PingSample, PingSeries } from '../world.js';
import type { LabClock } from './clock.js';

export class Pinger implements PingSeries {
  readonly spec: PingSpec;
  readonly #socket: NativeHandle;
  readonly #clock: LabClock;
  readonly #identifier = randomInt(0x10000);
  readonly #samples: { sequence: number; sentAt: number; receivedAt: number | null }[] = [];
  readonly #six: boolean;
  readonly #limit: number;
  readonly #begun: number;
  readonly #buffer = new Uint8Array(MAX_BATCH * SLOT);
  readonly #table = new Uint32Array(MAX_BATCH * RECEIVE.words);
  readonly #request = new Uint8Array(ICMP_HEADER + DATA);
  readonly #row = new Uint32Array(SEND.words);
  #timer: NodeJS.Timeout | undefined;
  #closed = false;

  /** `namespace` is a path; `count` undefined: until stopped. Throws `LinuxError`. */
  constructor(namespace: string, spec: PingSpec, clock: LabClock, count?: number) {
    this.spec = spec;
    this.#clock = clock;
    this.#limit = Math.min(count ?? Infinity, MAX_SAMPLES);
    this.#six = isIpv6(spec.to);
    this.#socket = native().openSocket(
      namespace,
      this.#six ? AF_INET6 : AF_INET,
      SOCK_RAW,
      this.#six ? PROTOCOL.icmpv6 : PROTOCOL.icmp,
    );
    const only = echoReplyFilter(this.#six);
    this.#socket.setOption(only.level, 1, only.filter); // ICMP6_FILTER and ICMP_FILTER are both 1
    this.#socket.setOption(SOL_SOCKET, SO_TIMESTAMPNS, 1);
    const name = ipSocketAddress(spec.to);
    this.#row[SEND.length] = this.#request.length;
    this.#row[SEND.nameLength] = name.length;
    new Uint8Array(this.#row.buffer).set(name, SEND.name * 4);
    this.#socket.poll((errno) => {
      if (errno === 0) this.#receive();
    });
    this.#begun = clock.now();
    this.#send();
  }

  samples(): readonly PingSample[] {
    return this.#samples;
  }

  /** No more requests, and no more ears for replies. */
  stop(): void {
    if (this.#closed) return;
    this.#closed = true;
    clearTimeout(this.#timer);
    this.#receive();
    this.#socket.poll(null);
    this.#socket.close();
  }

  /** Each request has its place in time: one that comes late does not delay those after it. */
  #send(): void {
    if (this.#closed) return;
    const { interval } = this.spec;
    for (let now = this.#clock.now(); this.#samples.length < this.#limit; now = this.#clock.now()) {
      const due = this.#begun + this.#samples.length * interval;
      if (due > now) {
        this.#timer = setTimeout(() => this.#send(), due - now);
        return;
      }
      const sequence = this.#samples.length;
      this.#samples.push({ sequence, sentAt: now, receivedAt: null });
      this.#fill(sequence);
      // A full buffer or an unreachable network is a lost ping, which is what is being counted.
      this.#socket.send(this.#request, this.#row, 0, 1);
    }
  }

  #fill(sequence: number): void {
    const view = new DataView(this.#request.buffer);
    view.setUint32(ICMP_HEADER, sequence);
    if (this.#six) {
      // RFC 3542 §3.1: the kernel fills the checksum in.
      this.#request[0] = ICMPV6.echoRequest;
      view.setUint16(4, this.#identifier);
      view.setUint16(6, sequence & 0xffff);
      return;
    }
    const data = this.#request.slice(ICMP_HEADER);
    const echo = {
      kind: 'echoRequest',
      identifier: this.#identifier,
      sequence: sequence & 0xffff,
      data,
    } as const;
    this.#request.set(encodeIcmpv4(echo));
  }

  #receive(): void {
    for (;;) {
      const n = this.#socket.receive(this.#buffer, SLOT, 0, this.#table, MAX_BATCH);
      for (let i = 0; i < n; i++) this.#take(i);
      if (n < MAX_BATCH) return;
    }
  }

  #take(slot: number): void {
    const row = slot * RECEIVE.words;
    const octets = this.#buffer.subarray(
      slot * SLOT,
      slot * SLOT + this.#table[row + RECEIVE.length]!,
    );
    const sequence = this.#six ? this.#ofReply6(octets) : this.#ofReply4(octets, row);
    const sample = sequence === undefined ? undefined : this.#samples[sequence];
    if (!sample || sample.receivedAt !== null) return;
    const seconds = this.#table[row + RECEIVE.seconds]!;
    const stamp =
      BigInt(seconds) * 1_000_000_000n + BigInt(this.#table[row + RECEIVE.nanoseconds]!);
    const at = seconds === 0 ? this.#clock.now() : this.#clock.ofWall(stamp);
    sample.receivedAt = Math.max(at, sample.sentAt);
  }

  #ofReply6(octets: Uint8Array): number | undefined {
    if (octets.length < ICMP_HEADER + DATA) return undefined;
    const view = new DataView(octets.buffer, octets.byteOffset);
    return view.getUint16(4) === this.#identifier ? view.getUint32(ICMP_HEADER) : undefined;
  }

  /** A raw IPv4 socket gives the IP header too. */
  #ofReply4(octets: Uint8Array, row: number): number | undefined {
    const name = new Uint8Array(this.#table.buffer, (row + RECEIVE.name) * 4, 8);
    const from = `${name[4]}.${name[5]}.${name[6]}.${name[7]}` as Ipv4;
    if (from !== this.spec.to || octets.length < 20) return undefined;
    const message = octets.subarray((octets[0]! & 15) * 4);
    if (message.length < ICMP_HEADER + DATA) return undefined;
    const reply = decodeIcmpv4(message, { verify: false });
    if (reply.kind !== 'echoReply' || reply.identifier !== this.#identifier) return undefined;
    return new DataView(reply.data.buffer, reply.data.byteOffset).getUint32(0);
  }
}

/** Blocks every type but echo replies. RFC 3542 §3.2; ICMP_FILTER of raw(7). */
function echoReplyFilter(six: boolean): { level: number; filter: Uint8Array } {
  const filter = new Uint8Array(six ? 32 : 4).fill(0xff);
  const view = new DataView(filter.buffer);
  const type = six ? ICMPV6.echoReply : 0;
  const word = 4 * (type >> 5);
  view.setUint32(word, view.getUint32(word, LITTLE) & ~(1 << (type & 31)), LITTLE);
  return { level: six ? PROTOCOL.icmpv6 : SOL_RAW, filter };
}

const ICMP_HEADER = 8;
const DATA = 56; // octets, as ping(8)
const SLOT = 256; // octets: an IPv4 header with options and the reply
const SOL_SOCKET = 1;
const SO_TIMESTAMPNS = 35;
const SOL_RAW = 255;
/** Ours: some eleven hours at 20 ms. */
const MAX_SAMPLES = 2_000_000;
