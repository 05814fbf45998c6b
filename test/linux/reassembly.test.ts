import { describe, expect, it } from 'vitest';
import { ipv6, ipv6Octets } from '../../src/base/address.js';
import { instant } from '../../src/base/time.js';
import { Reassembly } from '../../src/linux/reassembly.js';

const NOW = instant(1000);
/** 40 octets in pieces of 16, 16 and 8. */
const BODY = Uint8Array.from({ length: 40 }, (_, i) => i + 1);
const PIECES = [piece(0, 16, true), piece(16, 16, true), piece(32, 8, false)];

describe('IPv6 reassembly, RFC 8200 §4.5', () => {
  it.each([[[0, 1, 2]], [[0, 2, 1]], [[1, 0, 2]], [[1, 2, 0]], [[2, 0, 1]], [[2, 1, 0]]])(
    'gives the whole packet when the last of %s has come',
    (order) => {
      const reassembly = new Reassembly();
      const [first, second, third] = order.map((i) => reassembly.add(PIECES[i!]!, NOW));
      expect([first, second]).toEqual([undefined, undefined]);
      expect(third).toEqual(whole());
    },
  );

  it('keeps what stands before the fragment header, and names what came after it', () => {
    // A Destination Options header of 8 octets before; its next header is the fragment's, 41 after.
    const before = Uint8Array.of(44, 0, 1, 4, 0, 0, 0, 0);
    const reassembly = new Reassembly();
    reassembly.add(piece(0, 16, true, 1, before), NOW);
    const packet = reassembly.add(piece(16, 24, false, 1, before), NOW)!;
    expect(packet[6]).toBe(60);
    expect([...packet.subarray(40, 48)]).toEqual([41, 0, 1, 4, 0, 0, 0, 0]);
    expect(packet.subarray(48)).toEqual(BODY);
    expect((packet[4]! << 8) | packet[5]!).toBe(48);
  });

  it('takes a packet that is a fragment alone', () => {
    expect(new Reassembly().add(piece(0, 40, false), NOW)).toEqual(whole());
  });

  it('keeps packets of other identifications and senders apart', () => {
    const reassembly = new Reassembly();
    reassembly.add(piece(0, 16, true, 7), NOW);
    reassembly.add(piece(0, 16, true, 8), NOW);
    expect(reassembly.add(piece(16, 24, false, 9), NOW)).toBeUndefined();
    expect(reassembly.add(piece(16, 24, false, 8), NOW)).toEqual(whole());
  });

  it.each([
    ['overlap', [piece(0, 24, true), piece(16, 24, false)]],
    ['repeat', [PIECES[0]!, PIECES[0]!, piece(16, 24, false)]],
    ['end twice', [PIECES[2]!, piece(16, 24, false), PIECES[0]!, PIECES[1]!]],
    ['lie beyond the end', [piece(16, 8, false), piece(24, 16, true), PIECES[0]!]],
    ['are no multiple of 8', [piece(0, 15, true), piece(16, 24, false)]],
    ['are empty', [piece(0, 0, true), piece(0, 0, false)]],
    ['pass the length of a packet', [piece(65528, 16, false)]],
  ])('discards pieces that %s', (_, pieces) => {
    const reassembly = new Reassembly();
    for (const p of pieces) expect(reassembly.add(p, NOW)).toBeUndefined();
  });

  it('forgets after 60 seconds', () => {
    const reassembly = new Reassembly();
    reassembly.add(PIECES[0]!, NOW);
    reassembly.add(PIECES[1]!, instant(60_000));
    expect(reassembly.add(PIECES[2]!, instant(61_001))).toBeUndefined();
  });

  it('is bounded: the oldest of too many goes', () => {
    const reassembly = new Reassembly();
    reassembly.add(piece(0, 16, true, 0), NOW);
    for (let id = 1; id <= 64; id++) reassembly.add(piece(0, 16, true, id), NOW);
    expect(reassembly.add(piece(16, 24, false, 0), NOW)).toBeUndefined();
    expect(reassembly.add(piece(16, 24, false, 64), NOW)).toEqual(whole());
  });
});

function piece(offset: number, length: number, more: boolean, id = 1, before = new Uint8Array(0)) {
  const header = 5 + 40 + before.length; // the packet starts anywhere
  const b = new Uint8Array(header + 8 + length);
  b.set([0x60, 0, 0, 0, 0, 8 + length, before.length > 0 ? 60 : 44, 64], 5);
  b.set(ipv6Octets(ipv6('2001:db8::1')), 5 + 8);
  b.set(ipv6Octets(ipv6('2001:db8::2')), 5 + 24);
  b.set(before, 45);
  b.set([41, 0, offset >> 8, (offset & 0xf8) | (more ? 1 : 0), 0, 0, 0, id], header);
  b.set(BODY.subarray(offset, offset + length), header + 8);
  return { b, start: 5, header, nextAt: before.length > 0 ? 45 : 11, stop: b.length };
}

function whole(): Uint8Array {
  const out = new Uint8Array(80);
  out.set([0x60, 0, 0, 0, 0, 40, 41, 64]);
  out.set(ipv6Octets(ipv6('2001:db8::1')), 8);
  out.set(ipv6Octets(ipv6('2001:db8::2')), 24);
  out.set(BODY, 40);
  return out;
}
