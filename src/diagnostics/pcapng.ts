/**
 * Capture files: pcapng written and read, classic pcap read. Times are nanoseconds since 1970, as bigint.
 *
 * Source: draft-ietf-opsawg-pcapng (Section Header, Interface Description, Enhanced and Simple Packet Block);
 * draft-ietf-opsawg-pcap (classic format). Little-endian when written, both orders when read.
 */
import { UsageError } from '../base/error.js';

/** https://www.tcpdump.org/linktypes.html */
export const LINKTYPE = {
  ethernet: 1,
  raw: 101,
  linuxSll: 113,
  ipv4: 228,
  ipv6: 229,
  linuxSll2: 276,
} as const;

export interface CaptureInterface {
  readonly name: string;
  /** See `LINKTYPE`. */
  readonly linkType: number;
}

export interface CapturedPacket {
  readonly interface: CaptureInterface;
  readonly nanoseconds: bigint;
  /** What was kept of it. */
  readonly octets: Uint8Array;
  /** How long it was on the wire. */
  readonly originalLength: number;
}

/** Hands whole blocks to `write` as they come: a file that a crash cuts is good up to the last block. */
export class PcapngWriter {
  readonly #write: (octets: Uint8Array) => void;
  #interfaces = 0;

  constructor(write: (octets: Uint8Array) => void, application = 'mip6') {
    this.#write = write;
    const body = new Uint8Array(16);
    const view = new DataView(body.buffer);
    view.setUint32(0, BYTE_ORDER_MAGIC, true);
    view.setUint16(4, 1, true);
    view.setBigInt64(8, -1n, true); // section length: not told
    this.#block(BLOCK.section, [
      body,
      option(OPTION.application, text(application)),
      END_OF_OPTIONS,
    ]);
  }

  /** Its number, to be given to `packet`. */
  interface(name: string, linkType: number = LINKTYPE.ethernet): number {
    const body = new Uint8Array(8);
    new DataView(body.buffer).setUint16(0, linkType, true);
    const resolution = option(OPTION.timeResolution, Uint8Array.of(9)); // 10^-9 s
    this.#block(BLOCK.interface, [
      body,
      option(OPTION.interfaceName, text(name)),
      resolution,
      END_OF_OPTIONS,
    ]);
    return this.#interfaces++;
  }

  packet(
    id: number,
    nanoseconds: bigint,
    octets: Uint8Array,
    originalLength = octets.length,
  ): void {
    const head = new Uint8Array(20);
    const view = new DataView(head.buffer);
    view.setUint32(0, id, true);
    view.setUint32(4, Number(nanoseconds >> 32n), true);
    view.setUint32(8, Number(nanoseconds & 0xffffffffn), true);
    view.setUint32(12, octets.length, true);
    view.setUint32(16, originalLength, true);
    this.#block(BLOCK.enhancedPacket, [head, padded(octets)]);
  }

  #block(type: number, parts: readonly Uint8Array[]): void {
    const total = parts.reduce((sum, part) => sum + part.length, 12);
    const out = new Uint8Array(total);
    const view = new DataView(out.buffer);
    view.setUint32(0, type, true);
    view.setUint32(4, total, true);
    let at = 8;
    for (const part of parts) {
      out.set(part, at);
      at += part.length;
    }
    view.setUint32(at, total, true);
    this.#write(out);
  }
}

/**
 * Packets of a whole file, pcapng or pcap. A file cut in the middle of a block gives all before it. Unknown blocks
 * are passed over. Throws `UsageError` `CAPTURE_FORMAT` when it is neither, or a block contradicts itself.
 */
export function* readCapture(file: Uint8Array): Generator<CapturedPacket, void, undefined> {
  const reader = new CaptureReader();
  yield* reader.push(file);
  reader.end();
}

/** The same for a file that comes in pieces: no more is held than the block that is not whole yet. */
export class CaptureReader {
  /** Octets of the file before `#rest`. */
  #offset = 0;
  #rest: Uint8Array = NOTHING;
  #format: Format | undefined;

  /** What has become whole with these octets. Throws as `readCapture`, and `CAPTURE_LIMIT` for a block that no writer makes. */
  *push(chunk: Uint8Array): Generator<CapturedPacket, void, undefined> {
    const octets = this.#rest.length === 0 ? chunk : joined(this.#rest, chunk);
    const view = new DataView(octets.buffer, octets.byteOffset, octets.byteLength);
    let at = 0;
    this.#format ??= octets.length >= 4 ? formatOf(octets, view) : undefined;
    for (let take = this.#take(view, at); take !== undefined; take = this.#take(view, at)) {
      const packet = this.#format!.read(octets, view, at, this.#offset + at);
      at += take;
      if (packet) yield packet;
    }
    this.#offset += at;
    // A copy: a small rest must not keep a large chunk.
    this.#rest = octets.slice(at);
  }

  /** Throws `CAPTURE_FORMAT` where not even a beginning came. */
  end(): void {
    if (!this.#format) throw wrongFormat();
  }

  /** Octets of the next block when it is whole. */
  #take(view: DataView, at: number): number | undefined {
    const have = view.byteLength - at;
    const length = this.#format?.lengthAt(view, at, this.#offset + at);
    if (length !== undefined && length > MAX_BLOCK) {
      const what = `A block at octet ${this.#offset + at} says it has ${length} octets.`;
      throw new UsageError('CAPTURE_LIMIT', what, `Blocks have ${MAX_BLOCK} at most.`);
    }
    return length === undefined || length > have ? undefined : length;
  }
}

/** How a file is divided, and what stands in a part of it. */
interface Format {
  /** Octets of the block at `at`; undefined where too little has come to tell. `offset` is that of the file. */
  lengthAt(view: DataView, at: number, offset: number): number | undefined;
  read(octets: Uint8Array, view: DataView, at: number, offset: number): CapturedPacket | undefined;
}

function formatOf(octets: Uint8Array, view: DataView): Format {
  if (view.getUint32(0, false) === BLOCK.section) return new Pcapng();
  for (const little of [true, false]) {
    const magic = view.getUint32(0, little);
    if (magic === PCAP_MICRO || magic === PCAP_NANO) {
      return new Pcap(little, magic === PCAP_NANO ? 1n : 1000n);
    }
  }
  throw wrongFormat();
}

class Pcapng implements Format {
  #little = true;
  #interfaces: { shown: CaptureInterface; tick: (count: bigint) => bigint }[] = [];

  lengthAt(view: DataView, at: number, offset: number): number | undefined {
    if (view.byteLength - at < 12) return undefined;
    if (view.getUint32(at, false) === BLOCK.section) {
      this.#little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    }
    const total = view.getUint32(at + 4, this.#little);
    if (total < 12 || total % 4 !== 0) {
      const what = `A block at octet ${offset} says it has ${total} octets.`;
      throw new UsageError('CAPTURE_FORMAT', what);
    }
    return total;
  }

  read(file: Uint8Array, view: DataView, at: number, offset: number): CapturedPacket | undefined {
    const little = this.#little;
    const type = view.getUint32(at, little);
    const body = at + 8;
    const end = at + view.getUint32(at + 4, little) - 4;
    if (type === BLOCK.section) this.#interfaces = [];
    else if (type === BLOCK.interface && end - body >= 8) {
      if (this.#interfaces.length >= MAX_INTERFACES) {
        const what = `More than ${MAX_INTERFACES} interfaces in a section are not read.`;
        throw new UsageError('CAPTURE_LIMIT', what);
      }
      const found = options(file, view, body + 8, end, little);
      const name = found.get(OPTION.interfaceName);
      this.#interfaces.push({
        shown: {
          name: name ? decodeText(name) : `interface ${this.#interfaces.length}`,
          linkType: view.getUint16(body, little),
        },
        tick: nanosecondsOf(found.get(OPTION.timeResolution)?.[0] ?? 6),
      });
    } else if (type === BLOCK.enhancedPacket && end - body >= 20) {
      const on = this.#interfaces[view.getUint32(body, little)];
      const length = view.getUint32(body + 12, little);
      if (!on || body + 20 + length > end) {
        throw new UsageError('CAPTURE_FORMAT', `The packet at octet ${offset} contradicts itself.`);
      }
      const count =
        (BigInt(view.getUint32(body + 4, little)) << 32n) |
        BigInt(view.getUint32(body + 8, little));
      return {
        interface: on.shown,
        nanoseconds: on.tick(count),
        octets: file.subarray(body + 20, body + 20 + length),
        originalLength: view.getUint32(body + 16, little),
      };
    } else if (type === BLOCK.simplePacket && end - body >= 4 && this.#interfaces[0]) {
      const originalLength = view.getUint32(body, little);
      const octets = file.subarray(body + 4, Math.min(end, body + 4 + originalLength));
      return { interface: this.#interfaces[0].shown, nanoseconds: 0n, octets, originalLength };
    }
    return undefined;
  }
}

class Pcap implements Format {
  readonly #little: boolean;
  readonly #tick: bigint;
  #on: CaptureInterface | undefined;

  constructor(little: boolean, tick: bigint) {
    this.#little = little;
    this.#tick = tick;
  }

  lengthAt(view: DataView, at: number): number | undefined {
    if (!this.#on) return PCAP_HEADER;
    return view.byteLength - at < 16 ? undefined : 16 + view.getUint32(at + 8, this.#little);
  }

  read(octets: Uint8Array, view: DataView, at: number): CapturedPacket | undefined {
    const little = this.#little;
    if (!this.#on) {
      this.#on = { name: '', linkType: view.getUint32(at + 20, little) & 0xffff };
      return undefined;
    }
    const length = view.getUint32(at + 8, little);
    return {
      interface: this.#on,
      nanoseconds:
        BigInt(view.getUint32(at, little)) * 1_000_000_000n +
        BigInt(view.getUint32(at + 4, little)) * this.#tick,
      octets: octets.subarray(at + 16, at + 16 + length),
      originalLength: view.getUint32(at + 12, little),
    };
  }
}

/** `if_tsresol`: a power of ten, or of two with the top bit set. */
function nanosecondsOf(resolution: number): (count: bigint) => bigint {
  const power = BigInt(resolution & 0x7f);
  if (resolution & 0x80) return (count) => (count * 1_000_000_000n) >> power;
  return power <= 9n
    ? (count) => count * 10n ** (9n - power)
    : (count) => count / 10n ** (power - 9n);
}

function options(
  file: Uint8Array,
  view: DataView,
  from: number,
  end: number,
  little: boolean,
): Map<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = from; at + 4 <= end;) {
    const code = view.getUint16(at, little);
    const length = view.getUint16(at + 2, little);
    if (code === 0 || at + 4 + length > end) break;
    found.set(code, file.subarray(at + 4, at + 4 + length));
    at += 4 + ((length + 3) & ~3);
  }
  return found;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const out = new Uint8Array(4 + ((value.length + 3) & ~3));
  const view = new DataView(out.buffer);
  view.setUint16(0, code, true);
  view.setUint16(2, value.length, true);
  out.set(value, 4);
  return out;
}

function padded(octets: Uint8Array): Uint8Array {
  if (octets.length % 4 === 0) return octets;
  const out = new Uint8Array((octets.length + 3) & ~3);
  out.set(octets);
  return out;
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

const wrongFormat = (): UsageError =>
  new UsageError('CAPTURE_FORMAT', 'Neither a pcapng nor a pcap file.');
const text = (value: string): Uint8Array => new TextEncoder().encode(value);
const decodeText = (octets: Uint8Array): string =>
  new TextDecoder().decode(octets).replace(/\0+$/, '');

const BLOCK = { section: 0x0a0d0d0a, interface: 1, simplePacket: 3, enhancedPacket: 6 };
const OPTION = { interfaceName: 2, application: 4, timeResolution: 9 };
const BYTE_ORDER_MAGIC = 0x1a2b3c4d;
const END_OF_OPTIONS = new Uint8Array(4);
const PCAP_MICRO = 0xa1b2c3d4;
const PCAP_NANO = 0xa1b23c4d;
const PCAP_HEADER = 24;
const NOTHING = new Uint8Array(0);
/** Ours: octets of a block, or of a packet of a pcap file. Wireshark writes no more. */
const MAX_BLOCK = 16 * 2 ** 20;
/** Ours: in a section. */
const MAX_INTERFACES = 4096;
