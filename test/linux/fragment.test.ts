import { describe, expect, it } from 'vitest';
import { instant } from '../../src/base/time.js';
import { Fragmenter } from '../../src/linux/datapath/fragment.js';
import { Reassembly } from '../../src/linux/reassembly.js';
import { decodeIpv6 } from '../../src/wire/ipv6-codec.js';

describe('an outer packet in pieces', () => {
  it.each([1281, 1320, 2528, 2529, 9000])('of IPv6, %d octets, comes together again', (length) => {
    const fragmenter = new Fragmenter(0xffffffff);
    const packet = outer6(length);
    const pieces = cut(fragmenter, packet, 1280);
    for (const piece of pieces) {
      expect(piece.length).toBeLessThanOrEqual(1280);
      const { headers, protocol } = decodeIpv6(piece);
      expect([headers.map((h) => h.kind), protocol]).toEqual([['fragment'], 41]);
    }
    const reassembly = new Reassembly();
    const whole = pieces.map((b) =>
      reassembly.add({ b, start: 0, header: 40, nextAt: 6, stop: b.length }, instant(0)),
    );
    expect(whole.at(-1)).toEqual(packet);
    expect(whole.slice(0, -1).every((w) => w === undefined)).toBe(true);
  });

  it('of IPv4 have one identification, no Don’t Fragment, and offsets that join', () => {
    const packet = new Uint8Array(1480).fill(7);
    packet.set([
      0x45,
      0,
      1480 >> 8,
      1480 & 255,
      0,
      0,
      0x40,
      0,
      64,
      4,
      0,
      0,
      192,
      0,
      2,
      1,
      192,
      0,
      2,
      2,
    ]);
    const pieces = cut(new Fragmenter(5), packet, 600);
    let at = 0;
    const identifications = new Set<number>();
    for (const [i, piece] of pieces.entries()) {
      const view = new DataView(piece.buffer, piece.byteOffset);
      expect(piece.length).toBeLessThanOrEqual(600);
      expect(view.getUint16(2)).toBe(piece.length);
      expect(view.getUint16(6)).toBe((at >> 3) | (i < pieces.length - 1 ? 0x2000 : 0));
      identifications.add(view.getUint16(4));
      expect([piece[0], piece[9]]).toEqual([0x45, 4]);
      at += piece.length - 20;
    }
    expect(at).toBe(1460);
    expect(identifications.size).toBe(1);
    expect(identifications.has(0)).toBe(false);
  });

  it('are not made below what every path takes, nor by the hundred', () => {
    const fragmenter = new Fragmenter(0);
    expect(cut(fragmenter, outer6(1320), 68)).toHaveLength(2);
    expect(fragmenter.cut(outer6(65_000), 0, 65_000, 1280)).toBeLessThanOrEqual(64);
    const four = new Uint8Array(65_000);
    four[0] = 0x45;
    expect(fragmenter.cut(four, 0, 65_000, 576)).toBe(0);
  });
});

function cut(fragmenter: Fragmenter, packet: Uint8Array, mtu: number): Uint8Array[] {
  const shifted = new Uint8Array(packet.length + 3);
  shifted.set(packet, 3);
  const count = fragmenter.cut(shifted, 3, shifted.length, mtu);
  return Array.from({ length: count }, (_, i) => {
    const start = fragmenter.pieces[2 * i]!;
    return fragmenter.octets.slice(start, start + fragmenter.pieces[2 * i + 1]!);
  });
}

function outer6(length: number): Uint8Array {
  const out = Uint8Array.from({ length }, (_, i) => i * 7);
  out.set([0x60, 0, 0, 0, (length - 40) >> 8, (length - 40) & 255, 41, 64]);
  return out;
}
