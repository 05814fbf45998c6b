/** Capture files from a disk or a pipe: pcap and pcapng, gzip or not, cut or whole. */
import { createReadStream } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { Readable } from 'node:stream';
import { constants, createGunzip, gunzipSync } from 'node:zlib';
import { UsageError } from '../base/error.js';
import type { Start } from './layers/model.js';
import { CaptureReader, LINKTYPE, readCapture, type CapturedPacket } from './pcapng.js';
import { Reassembler } from './reassembly.js';

export interface FilePacket extends CapturedPacket {
  /** From 1, in the order of the file. */
  readonly number: number;
  /** Put together from fragments: it follows the last of them and has its number. */
  readonly reassembled: boolean;
}

/** Opens standard input; throws where it is not to be read. */
export type StandardInput = () => AsyncIterable<Uint8Array>;

/**
 * The packets of a file, `-` for standard input, as they come, and after the last fragment of a datagram the whole of it.
 * Throws `UsageError` `CAPTURE_FORMAT`, `CAPTURE_LIMIT`, `CAPTURE_GZIP`, or what the file system says.
 */
export async function* readCaptureFile(
  file: string,
  standardInput: StandardInput = () => process.stdin,
): AsyncGenerator<FilePacket, void, undefined> {
  const reader = new CaptureReader();
  const whole = new Wholes();
  const octets = file === '-' ? standardInput() : createReadStream(file);
  for await (const chunk of unzippedStream(octets)) {
    for (const packet of reader.push(chunk)) yield* whole.with(packet);
  }
  reader.end();
}

/** The same from the octets of a file that has been opened by `unzipped`. */
export function* capturePackets(octets: Uint8Array): Generator<FilePacket, void, undefined> {
  const whole = new Wholes();
  for (const packet of readCapture(octets)) yield* whole.with(packet);
}

/** Numbers packets, and adds what is whole with their last fragment. */
class Wholes {
  readonly #reassembler = new Reassembler();
  #number = 0;

  *with(packet: CapturedPacket): Generator<FilePacket, void, undefined> {
    const number = ++this.#number;
    yield { ...packet, number, reassembled: false };
    const { linkType } = packet.interface;
    const whole = this.#reassembler.push(packet.octets, linkType, packet.nanoseconds);
    if (whole) {
      yield { ...packet, octets: whole, originalLength: whole.length, number, reassembled: true };
    }
  }
}

/** What is behind gzip, as it comes. A stream that is cut gives what stands before the cut. */
async function* unzippedStream(
  stream: AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array, void, undefined> {
  const chunks = stream[Symbol.asyncIterator]();
  // Two octets tell, and they may come one by one.
  let head: Uint8Array = new Uint8Array(0);
  let ended = false;
  while (head.length < 2 && !ended) {
    const next = await chunks.next();
    if (next.done) ended = true;
    else head = Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Uint8Array, void, undefined> {
    try {
      yield head;
      while (!ended) {
        const next = await chunks.next();
        if (next.done) return;
        yield next.value;
      }
    } finally {
      await chunks.return?.();
    }
  };
  if (!isGzip(head)) return yield* all();
  const gunzip = createGunzip({ finishFlush: constants.Z_SYNC_FLUSH });
  const source = Readable.from(all(), { objectMode: false });
  source.on('error', (error) => gunzip.destroy(error));
  try {
    for await (const chunk of source.pipe(gunzip)) yield chunk as Buffer;
  } catch (error) {
    throw gzipError(error);
  } finally {
    source.destroy();
  }
}

/** The file as it is behind gzip. */
export async function captureOctets(
  file: string,
  standardInput: StandardInput = () => process.stdin,
): Promise<Uint8Array> {
  return unzipped(file === '-' ? await readAll(standardInput()) : await readFile(file));
}

/** A gzip file that is cut gives what stands before the cut. */
export function unzipped(octets: Uint8Array): Uint8Array {
  if (!isGzip(octets)) return octets;
  try {
    return gunzipSync(octets, {
      finishFlush: constants.Z_SYNC_FLUSH,
      maxOutputLength: MAX_CAPTURE,
    });
  } catch (error) {
    throw gzipError(error);
  }
}

function gzipError(error: unknown): unknown {
  const code = (error as { code?: unknown }).code;
  if (code === 'ERR_BUFFER_TOO_LARGE') return tooLarge();
  if (typeof code !== 'string' || !code.startsWith('Z_')) return error;
  return new UsageError('CAPTURE_GZIP', `The gzip file is damaged (${code}).`);
}

const isGzip = (octets: Uint8Array): boolean => octets[0] === 0x1f && octets[1] === 0x8b;

export const isCapture = (octets: Uint8Array): boolean =>
  octets.length >= 4 && MAGIC.has(new DataView(octets.buffer, octets.byteOffset).getUint32(0));

/** Where the octets of a packet start; undefined for a link type that nobody here opens. */
export function startOf(linkType: number, octets: Uint8Array): Start | undefined {
  switch (linkType) {
    case LINKTYPE.ethernet:
      return 'ethernet';
    case LINKTYPE.linuxSll:
      return 'sll';
    case LINKTYPE.linuxSll2:
      return 'sll2';
    case LINKTYPE.ipv6:
      return 'ipv6';
    case LINKTYPE.ipv4:
      return 'ipv4';
    case LINKTYPE.raw:
      return octets.length > 0 && octets[0]! >>> 4 === 4 ? 'ipv4' : 'ipv6';
    default:
      return undefined;
  }
}

/** Throws `UsageError` `CAPTURE_LIMIT`. */
export async function readAll(stream: AsyncIterable<Uint8Array | string>): Promise<Uint8Array> {
  const parts: Buffer[] = [];
  let length = 0;
  for await (const chunk of stream) {
    const part = Buffer.from(chunk as Uint8Array);
    length += part.length;
    if (length > MAX_CAPTURE) throw tooLarge();
    parts.push(part);
  }
  return Buffer.concat(parts);
}

const tooLarge = (): UsageError =>
  new UsageError(
    'CAPTURE_LIMIT',
    `More than ${MAX_CAPTURE / 2 ** 20} MiB are not read.`,
    'Cut the capture with editcap -c.',
  );

/** Ours: octets of a capture, which is held whole. */
export const MAX_CAPTURE = 2 ** 30;
const MAGIC: ReadonlySet<number> = new Set([
  0x0a0d0d0a, 0xa1b2c3d4, 0xd4c3b2a1, 0xa1b23c4d, 0x4d3cb2a1,
]);
