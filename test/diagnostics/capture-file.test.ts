import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { checksum } from '../../src/base/checksum.js';
import {
  capturePackets,
  isCapture,
  readCaptureFile,
  startOf,
  unzipped,
  type FilePacket,
} from '../../src/diagnostics/capture-file.js';
import { LINKTYPE, PcapngWriter } from '../../src/diagnostics/pcapng.js';
import { MAX_DATAGRAMS, Reassembler } from '../../src/diagnostics/reassembly.js';
import { octets, PACKETS, REGISTRATION } from './layers/packets.js';

const FRAME = octets('020000000002 020000000001 86dd');
/** Fragments of an IPv6 packet without extension headers before the cut; sizes are of the parts but the last. */
function fragments6(packet: Uint8Array, size: number, id = 7): Uint8Array[] {
  const rest = packet.subarray(40);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < rest.length; at += size) {
    const data = rest.subarray(at, at + size);
    const more = at + size < rest.length ? 1 : 0;
    const part = Uint8Array.of(
      ...packet.subarray(0, 40),
      packet[6]!,
      0,
      at >> 8,
      (at & 0xf8) | more,
      0,
      0,
      0,
      id,
      ...data,
    );
    part[6] = 44;
    part[4] = (8 + data.length) >> 8;
    part[5] = 8 + data.length;
    parts.push(part);
  }
  return parts;
}

function fragments4(packet: Uint8Array, size: number): Uint8Array[] {
  const rest = packet.subarray(20);
  const parts: Uint8Array[] = [];
  for (let at = 0; at < rest.length; at += size) {
    const data = rest.subarray(at, at + size);
    const part = Uint8Array.of(...packet.subarray(0, 20), ...data);
    part[2] = part.length >> 8;
    part[3] = part.length;
    part[6] = at + size < rest.length ? 0x20 : 0;
    part[7] = at / 8;
    part[10] = part[11] = 0;
    const sum = checksum(part.subarray(0, 20));
    part[10] = sum >> 8;
    part[11] = sum;
    parts.push(part);
  }
  return parts;
}

describe('a capture from a pipe', () => {
  const written = (count: number): Uint8Array => {
    const blocks: Uint8Array[] = [];
    const writer = new PcapngWriter((block) => blocks.push(block));
    const id = writer.interface('net', LINKTYPE.raw);
    for (let i = 0; i < count; i++) writer.packet(id, BigInt(i), REGISTRATION);
    return Buffer.concat(blocks);
  };
  const numbers = async (pieces: Iterable<Uint8Array> | AsyncIterable<Uint8Array>) => {
    const found: number[] = [];
    for await (const p of readCaptureFile('-', async function* () {
      yield* pieces;
    }))
      found.push(p.number);
    return found;
  };

  it.each([1, 3, 100])('comes in pieces of %i octets, gzip or not', async (size) => {
    for (const file of [written(3), gzipSync(written(3))]) {
      const pieces = Array.from({ length: Math.ceil(file.length / size) }, (_, i) =>
        file.subarray(i * size, (i + 1) * size),
      );
      expect(await numbers(pieces)).toEqual([1, 2, 3]);
    }
  });

  it('gives a packet while the next has not been written', async () => {
    const file = written(2);
    let seen = 0;
    const packets = readCaptureFile('-', async function* () {
      yield file.subarray(0, -10);
      expect(seen).toBe(1);
      yield file.subarray(-10);
    });
    for await (const packet of packets) seen = packet.number;
    expect(seen).toBe(2);
  });

  it.each([0, 1, 3])('of %i octets is no capture', async (length) => {
    await expect(numbers([written(1).subarray(0, length)])).rejects.toThrow('Neither a pcapng');
  });

  it('refuses a block larger than a writer makes, before it has come', async () => {
    const file = written(1);
    const huge = Buffer.from([6, 0, 0, 0, 0xf0, 0xff, 0xff, 0x7f, 0, 0, 0, 0]);
    await expect(numbers([file, huge])).rejects.toThrow('2147483632 octets');
  });
});

describe('reassembly', () => {
  const feed = (parts: readonly Uint8Array[], at = 0n) => {
    const reassembler = new Reassembler();
    return parts
      .map((part) => reassembler.push(part, LINKTYPE.raw, at))
      .filter((p) => p !== undefined);
  };

  it('gives the packet back, in whatever order its fragments come, RFC 8200 §4.5', () => {
    const parts = fragments6(REGISTRATION, 16);
    expect(parts).toHaveLength(4);
    for (const order of [
      parts,
      [...parts].reverse(),
      [parts[2]!, parts[0]!, parts[2]!, parts[3]!, parts[1]!],
    ]) {
      expect(feed(order).map(toHex)).toEqual([toHex(REGISTRATION)]);
    }
  });

  it('does so for IPv4, with flags and checksum made anew, RFC 791 §3.2', () => {
    const packet = PACKETS.find((p) => p.what === 'DSMIPv6 in UDP')!.octets.slice();
    packet[6] = 0; // may be fragmented
    packet[10] = packet[11] = 0;
    const sum = checksum(packet.subarray(0, 20));
    packet[10] = sum >> 8;
    packet[11] = sum;
    expect(feed(fragments4(packet, 24)).map(toHex)).toEqual([toHex(packet)]);
  });

  it('drops a datagram whose fragments overlap, RFC 5722', () => {
    const [a, b, c, d] = fragments6(REGISTRATION, 16);
    const overlapping = fragments6(REGISTRATION, 24)[0]!;
    expect(feed([a!, overlapping, b!, c!, d!])).toEqual([]);
  });

  it('waits 60 seconds and no longer', () => {
    const [a, ...rest] = fragments6(REGISTRATION, 16);
    const late = new Reassembler();
    late.push(a!, LINKTYPE.raw, 0n);
    expect(rest.map((part) => late.push(part, LINKTYPE.raw, 60_000_000_001n))).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
  });

  it('holds so many datagrams, and forgets the oldest', () => {
    const reassembler = new Reassembler();
    const all = Array.from({ length: 300 }, (_, id) => {
      const parts = fragments6(REGISTRATION, 32, id & 0xff);
      parts.forEach((part) => (part[46] = id >> 8));
      return parts;
    });
    for (const [first] of all) reassembler.push(first!, LINKTYPE.raw, 0n);
    expect(reassembler.waiting).toBe(MAX_DATAGRAMS);
    expect(reassembler.push(all[0]![1]!, LINKTYPE.raw, 0n)).toBeUndefined();
    expect(toHex(reassembler.push(all[299]![1]!, LINKTYPE.raw, 0n)!)).toBe(toHex(REGISTRATION));
  });
});

describe('capture files', () => {
  const parts: Uint8Array[] = [];
  const writer = new PcapngWriter((part) => parts.push(part));
  const link = writer.interface('home');
  for (const part of fragments6(REGISTRATION, 40))
    writer.packet(link, 5n, Uint8Array.of(...FRAME, ...part));
  const file = Uint8Array.from(parts.flatMap((part) => [...part]));
  const shown = (p: FilePacket) => `${p.number}${p.reassembled ? ' whole' : ''} ${p.octets.length}`;
  const expected = ['1 102', '2 78', '2 whole 110'].map(String);

  it('are numbered, and the whole packet follows its last fragment', () => {
    const lengths = [...capturePackets(file)].map(shown);
    expect(lengths.map((l) => l.replace(/ \d+$/, ''))).toEqual(
      expected.map((l) => l.replace(/ \d+$/, '')),
    );
    expect(toHex([...capturePackets(file)].at(-1)!.octets)).toBe(
      toHex(FRAME) + toHex(REGISTRATION),
    );
  });

  it('may be behind gzip, whole or cut', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'mip6-capture-'));
    try {
      const path = join(folder, 'a.pcapng.gz');
      writeFileSync(path, gzipSync(file));
      const packets: string[] = [];
      for await (const packet of readCaptureFile(path)) packets.push(shown(packet));
      expect(packets).toEqual([...capturePackets(file)].map(shown));
    } finally {
      rmSync(folder, { recursive: true });
    }
    const zipped = gzipSync(file);
    const cut = unzipped(zipped.subarray(0, zipped.length - 12));
    expect(toHex(file).startsWith(toHex(cut))).toBe(true);
    expect(() => unzipped(octets('1f8b0800ffffffffffffffffffffffffffff'))).toThrow('damaged');
  });

  it('are told from other octets, and their link types from those nobody opens', () => {
    expect([isCapture(file), isCapture(REGISTRATION), isCapture(octets('d4c3b2a1'))]).toEqual([
      true,
      false,
      true,
    ]);
    const starts = [LINKTYPE.ethernet, LINKTYPE.linuxSll, LINKTYPE.linuxSll2, LINKTYPE.ipv4, 147];
    expect(starts.map((type) => startOf(type, REGISTRATION))).toEqual([
      'ethernet',
      'sll',
      'sll2',
      'ipv4',
      undefined,
    ]);
    expect(startOf(LINKTYPE.raw, REGISTRATION)).toBe('ipv6');
    expect(startOf(LINKTYPE.raw, octets('45'))).toBe('ipv4');
  });
});
