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
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  if (file.length >= 4 && view.getUint32(0, false) === BLOCK.section)
    return yield* readPcapng(file, view);
  if (file.length >= 4) {
    for (const little of [true, false]) {
      const magic = view.getUint32(0, little);
      if (magic === PCAP_MICRO || magic === PCAP_NANO) {
        return yield* readPcap(file, view, little, magic === PCAP_NANO ? 1n : 1000n);
      }
    }
  }
  throw new UsageError('CAPTURE_FORMAT', 'Neither a pcapng nor a pcap file.');
}

function* readPcapng(file: Uint8Array, view: DataView): Generator<CapturedPacket, void, undefined> {
  let little = true;
  let interfaces: { shown: CaptureInterface; tick: (count: bigint) => bigint }[] = [];
  for (let at = 0; at + 12 <= file.length;) {
    const section = view.getUint32(at, false) === BLOCK.section;
    if (section) little = view.getUint32(at + 8, true) === BYTE_ORDER_MAGIC;
    const type = section ? BLOCK.section : view.getUint32(at, little);
    const total = view.getUint32(at + 4, little);
    if (total < 12 || total % 4 !== 0) {
      throw new UsageError('CAPTURE_FORMAT', `A block at octet ${at} says it has ${total} octets.`);
    }
    if (at + total > file.length) return; // cut
    const body = at + 8;
    const end = at + total - 4;
    if (section) interfaces = [];
    else if (type === BLOCK.interface && end - body >= 8) {
      const found = options(file, view, body + 8, end, little);
      const name = found.get(OPTION.interfaceName);
      interfaces.push({
        shown: {
          name: name ? decodeText(name) : `interface ${interfaces.length}`,
          linkType: view.getUint16(body, little),
        },
        tick: nanosecondsOf(found.get(OPTION.timeResolution)?.[0] ?? 6),
      });
    } else if (type === BLOCK.enhancedPacket && end - body >= 20) {
      const on = interfaces[view.getUint32(body, little)];
      const length = view.getUint32(body + 12, little);
      if (!on || body + 20 + length > end) {
        throw new UsageError('CAPTURE_FORMAT', `The packet at octet ${at} contradicts itself.`);
      }
      const count =
        (BigInt(view.getUint32(body + 4, little)) << 32n) |
        BigInt(view.getUint32(body + 8, little));
      yield {
        interface: on.shown,
        nanoseconds: on.tick(count),
        octets: file.subarray(body + 20, body + 20 + length),
        originalLength: view.getUint32(body + 16, little),
      };
    } else if (type === BLOCK.simplePacket && end - body >= 4 && interfaces[0]) {
      const originalLength = view.getUint32(body, little);
      const octets = file.subarray(body + 4, Math.min(end, body + 4 + originalLength));
      yield { interface: interfaces[0].shown, nanoseconds: 0n, octets, originalLength };
    }
    at += total;
  }
}

function* readPcap(
  file: Uint8Array,
  view: DataView,
  little: boolean,
  tick: bigint,
): Generator<CapturedPacket, void, undefined> {
  if (file.length < PCAP_HEADER) return;
  const on = { name: '', linkType: view.getUint32(20, little) & 0xffff };
  for (let at = PCAP_HEADER; at + 16 <= file.length;) {
    const length = view.getUint32(at + 8, little);
    if (at + 16 + length > file.length) return; // cut
    yield {
      interface: on,
      nanoseconds:
        BigInt(view.getUint32(at, little)) * 1_000_000_000n +
        BigInt(view.getUint32(at + 4, little)) * tick,
      octets: file.subarray(at + 16, at + 16 + length),
      originalLength: view.getUint32(at + 12, little),
    };
    at += 16 + length;
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
