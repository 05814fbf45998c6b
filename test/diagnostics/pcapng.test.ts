import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import {
  LINKTYPE,
  PcapngWriter,
  readCapture,
  type CapturedPacket,
} from '../../src/diagnostics/pcapng.js';
import { fromHex, toHex } from '../../src/base/bytes.js';

it('gives back what was written, interface names and nanoseconds with it', () => {
  const file = written((w) => {
    const home = w.interface('home');
    const tunnel = w.interface('mip6', LINKTYPE.raw);
    w.packet(home, 1_700_000_000_123_456_789n, octets('0102030405'));
    w.packet(tunnel, 1_700_000_000_123_456_790n, octets('60'), 1500);
  });
  expect([...readCapture(file)].map(shown)).toEqual([
    'home/1 1700000000123456789 0102030405 of 5',
    'mip6/101 1700000000123456790 60 of 1500',
  ]);
});

it('writes blocks as the draft draws them: section, interface, packet', () => {
  const file = written((w) => w.packet(w.interface('a'), 0x1_0000_0002n, octets('aabbcc')), 'm');
  expect(toHex(file)).toBe(
    [
      // draft-ietf-opsawg-pcapng: type, length, magic, version 1.0, length unknown, shb_userappl "m", end of options
      '0a0d0d0a' +
        '28000000' +
        '4d3c2b1a' +
        '01000000' +
        'ffffffffffffffff' +
        '040001006d000000' +
        '00000000' +
        '28000000',
      // type, length, Ethernet, no snap length, if_name "a", if_tsresol 9, end of options
      '01000000' +
        '28000000' +
        '01000000' +
        '00000000' +
        '0200010061000000' +
        '0900010009000000' +
        '00000000' +
        '28000000',
      // type, length, interface 0, time high and low, captured, original, octets padded to 4
      '06000000' +
        '24000000' +
        '00000000' +
        '01000000' +
        '02000000' +
        '03000000' +
        '03000000' +
        'aabbcc00' +
        '24000000',
    ].join(''),
  );
});

describe('reading', () => {
  const micro = octets(
    'd4c3b2a1020004000000000000000000ffff000001000000' +
      '0100000002000000' +
      '02000000' +
      '04000000' +
      'beef',
  );

  it('takes classic pcap, in micro- and nanoseconds, in both byte orders', () => {
    const nano = micro.slice();
    nano.set(octets('4d3cb2a1'));
    const big = octets(
      'a1b2c3d4000200040000000000000000000000ff00000001' +
        '0000000100000002' +
        '00000002' +
        '00000004' +
        'beef',
    );
    expect([micro, nano, big].map((file) => [...readCapture(file)].map(shown).join())).toEqual([
      '/1 1000002000 beef of 4',
      '/1 1000000002 beef of 4',
      '/1 1000002000 beef of 4',
    ]);
  });

  it('takes time resolutions in powers of ten and of two', () => {
    const resolution = (value: string) => {
      const file = written((w) => w.packet(w.interface('a'), 3000n, octets('00')), 'm');
      file.set(octets(value), 40 + 24 + 4); // the value of if_tsresol
      return [...readCapture(file)][0]!.nanoseconds;
    };
    expect(resolution('06')).toBe(3_000_000n);
    expect(resolution('09')).toBe(3000n);
    expect(resolution('0c')).toBe(3n);
    expect(resolution('8a')).toBe((3000n * 1_000_000_000n) / 1024n);
  });

  it('gives all packets before the cut, wherever a file is cut', () => {
    const file = written((w) => {
      const on = w.interface('a');
      for (let i = 0; i < 3; i++) w.packet(on, 0n, Uint8Array.of(i, i, i));
    });
    const counts = new Set<number>();
    for (let length = 4; length <= file.length; length++) {
      counts.add([...readCapture(file.subarray(0, length))].length);
    }
    expect([...counts]).toEqual([0, 1, 2, 3]);
    for (let length = 4; length < micro.length; length++) {
      expect([...readCapture(micro.subarray(0, length))]).toEqual([]);
    }
  });

  it('passes over blocks it does not know', () => {
    const file = written((w) => w.packet(w.interface('a'), 0n, octets('01')));
    const unknown = octets('0500000010000000' + '00000000' + '10000000');
    const joined = Uint8Array.of(...file.subarray(0, 40), ...unknown, ...file.subarray(40));
    expect([...readCapture(joined)].map(shown)).toEqual(['a/1 0 01 of 1']);
  });

  it('refuses what is neither, and a block that contradicts itself', () => {
    expect(() => [...readCapture(octets('00112233445566'))]).toThrow(
      'Neither a pcapng nor a pcap file',
    );
    const file = written((w) => w.packet(w.interface('a'), 0n, octets('01')));
    file[4] = 3; // the section's length
    expect(() => [...readCapture(file)]).toThrow('says it has 3 octets');
  });

  if (captures())
    it('reads a capture of a real network', () => {
      const packets = [...readCapture(readFileSync(captures()!))];
      expect(packets.length).toBeGreaterThan(50);
      expect(packets.every((p) => p.interface.linkType === LINKTYPE.ethernet)).toBe(true);
      const times = packets.map((p) => p.nanoseconds);
      expect(times).toEqual([...times].sort((a, b) => Number(a - b)));
    });
});

function written(make: (writer: PcapngWriter) => void, application?: string): Uint8Array {
  const parts: Uint8Array[] = [];
  make(new PcapngWriter((part) => parts.push(part), application));
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

/** Set MIP6_CAPTURE to a pcap file to have it read too. */
function captures(): string | undefined {
  return process.env['MIP6_CAPTURE'];
}

const shown = (p: CapturedPacket) =>
  `${p.interface.name}/${p.interface.linkType} ${p.nanoseconds} ${toHex(p.octets)} of ${p.originalLength}`;
const octets = (hex: string) => fromHex(hex)!;
