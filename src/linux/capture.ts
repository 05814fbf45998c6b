/** Whole frames as an interface carries them, both ways, with the kernel's time stamps: for traces and pcap files. */
import type { LinkName } from '../core/input.js';
import { ETHERTYPE } from '../wire/protocol.js';
import { LinuxError, linuxError } from './error.js';
import { restoreTotalLength } from './fou-length.js';
import { native, RECEIVE, type NativeHandle, type NetNamespace } from './native.js';
import { AF_PACKET, LITTLE, linkSocketAddress, SOCK_RAW } from './sockaddr.js';

export interface CapturedFrame {
  /** Wall clock, as pcap has it. */
  readonly seconds: number;
  readonly nanoseconds: number;
  /** Name of the interface when the capture began, or its index in digits. */
  readonly link: LinkName;
  readonly index: number;
  readonly direction: 'in' | 'out';
  /** `raw` has no link header: a tunnel device. */
  readonly linkType: 'ethernet' | 'raw';
  /** A copy; cut at `snapLength`. */
  readonly octets: Uint8Array;
  /** octets on the wire */
  readonly wireLength: number;
}

export interface CaptureOptions {
  readonly netns?: NetNamespace;
  /** Absent or null: every interface of the namespace. */
  readonly link?: LinkName | null;
  /** Classic BPF, as of `tcpdump -dd`: 8 octets an instruction. */
  readonly filter?: Uint8Array;
  /** octets; 65535 by default */
  readonly snapLength?: number;
}

export class Capture {
  readonly #handle: NativeHandle;
  readonly #onFrame: (frame: CapturedFrame) => void;
  readonly #netns: NetNamespace;
  readonly #name: LinkName | null;
  readonly #slotSize: number;
  readonly #buffer: Uint8Array;
  readonly #table = new Uint32Array(SLOTS * RECEIVE.words);
  readonly #names = new DataView(this.#table.buffer);
  #dropped = 0;

  private constructor(
    handle: NativeHandle,
    options: CaptureOptions,
    onFrame: (frame: CapturedFrame) => void,
  ) {
    this.#handle = handle;
    this.#onFrame = onFrame;
    this.#netns = options.netns ?? null;
    this.#name = options.link ?? null;
    this.#slotSize = Math.min(Math.max(options.snapLength ?? MAX_FRAME, 64), MAX_FRAME);
    this.#buffer = new Uint8Array(SLOTS * this.#slotSize);
    handle.poll(() => this.#drain());
  }

  /** Throws `LinuxError`; `ENODEV` when there is no such interface. */
  static open(options: CaptureOptions, onFrame: (frame: CapturedFrame) => void): Capture {
    const netns = options.netns ?? null;
    const name = options.link ?? null;
    let handle: NativeHandle | undefined;
    try {
      const index = name === null ? 0 : native().linkIndex(netns, name);
      if (name !== null && index === 0) {
        throw new LinuxError('SOCKET', `There is no interface ${name}.`, { errno: 'ENODEV' });
      }
      handle = native().openSocket(netns, AF_PACKET, SOCK_RAW, 0);
      if (options.filter) handle.filter(options.filter);
      handle.setOption(SOL_PACKET, PACKET_AUXDATA, 1);
      handle.setOption(SOL_SOCKET, SO_TIMESTAMPNS, 1);
      try {
        handle.setOption(SOL_SOCKET, SO_RCVBUFFORCE, RECEIVE_BUFFER);
      } catch {
        // the default buffer; `dropped` tells when it was too small
      }
      handle.bind(linkSocketAddress(index, ETH_P_ALL));
      return new Capture(handle, options, onFrame);
    } catch (error) {
      handle?.close();
      throw linuxError('SOCKET', `capture on ${name ?? 'any interface'}`, error);
    }
  }

  /** Frames that the kernel had no room for, since the start. */
  get dropped(): number {
    const statistics = this.#handle.getOption(SOL_PACKET, PACKET_STATISTICS, 8);
    this.#dropped += new DataView(statistics.buffer).getUint32(4, LITTLE); // reading sets it to 0
    return this.#dropped;
  }

  /** Hands over what has arrived and not been read yet. */
  flush(): void {
    this.#drain();
  }

  /** Whether the capture keeps the process alive. */
  ref(on: boolean): void {
    this.#handle.ref(on);
  }

  close(): void {
    this.#handle.close();
  }

  #drain(): void {
    for (let round = 0; round < ROUNDS; round++) {
      const got = this.#handle.receive(this.#buffer, this.#slotSize, 0, this.#table, SLOTS);
      for (let i = 0; i < got; i++) this.#frame(i);
      if (got < SLOTS) return;
    }
  }

  #frame(i: number): void {
    const row = i * RECEIVE.words;
    const name = 4 * (row + RECEIVE.name); // struct sockaddr_ll
    const index = this.#table[row + RECEIVE.name + 1]!;
    const hardware = this.#names.getUint16(name + 8, LITTLE);
    const length = this.#table[row + RECEIVE.length]!;
    const start = i * this.#slotSize;
    const linkType = hardware === ARPHRD_ETHER || hardware === ARPHRD_LOOPBACK ? 'ethernet' : 'raw';
    const octets = this.#buffer.slice(start, start + length);
    const wireLength = this.#table[row + RECEIVE.wireLength] || length;
    if (this.#names.getUint16(name + 2) === ETHERTYPE.ipv4) {
      restoreTotalLength(octets, linkType === 'ethernet' ? ETHERNET_HEADER : 0, wireLength);
    }
    this.#onFrame({
      seconds: this.#table[row + RECEIVE.seconds]!,
      nanoseconds: this.#table[row + RECEIVE.nanoseconds]!,
      link: this.#name ?? this.#linkName(index),
      index,
      direction: this.#names.getUint8(name + 10) === PACKET_OUTGOING ? 'out' : 'in',
      linkType,
      octets,
      wireLength,
    });
  }

  readonly #linkNames = new Map<number, LinkName>();

  #linkName(index: number): LinkName {
    let name = this.#linkNames.get(index);
    if (name === undefined) {
      name = native().linkName(this.#netns, index) || String(index);
      this.#linkNames.set(index, name);
    }
    return name;
  }
}

const SLOTS = 32; // ours
const ROUNDS = 4; // ours: batches before other events have their turn
const MAX_FRAME = 65535 + 14;
const RECEIVE_BUFFER = 16 << 20; // ours, octets
const ETHERNET_HEADER = 14;
const ETH_P_ALL = 3;
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const PACKET_OUTGOING = 4;
const SOL_SOCKET = 1;
const SO_RCVBUFFORCE = 33;
const SO_TIMESTAMPNS = 35;
const SOL_PACKET = 263;
const PACKET_STATISTICS = 6;
const PACKET_AUXDATA = 8;
