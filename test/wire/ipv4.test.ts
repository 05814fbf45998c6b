import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { UsageError } from '../../src/base/error.js';
import { decodeIpv4, encodeIpv4, type Ipv4Packet } from '../../src/wire/ipv4.js';
import { anyIpv4, anyU16, anyU8, hex, refusesEveryCut, survives } from './octets.js';

const NONE = new Uint8Array(0);

/** Linux 6 sent the second in answer to the first. */
const VECTORS: { what: string; packet: Ipv4Packet; wire: string }[] = [
  {
    what: 'an echo request',
    packet: {
      tos: 0,
      identification: 7,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 1,
      source: ipv4('192.0.2.9'),
      destination: ipv4('192.0.2.1'),
      options: NONE,
      payload: hex('0800482d12340001deadbeef'),
    },
    wire: '4500002000074000 4001b6cb c0000209 c0000201 0800482d12340001deadbeef',
  },
  {
    what: 'the echo reply of Linux',
    packet: {
      tos: 0,
      identification: 0x3100,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 1,
      source: ipv4('192.0.2.1'),
      destination: ipv4('192.0.2.9'),
      options: NONE,
      payload: hex('0000502d12340001deadbeef'),
    },
    wire: '4500002031000000 4001c5d2 c0000201 c0000209 0000502d12340001deadbeef',
  },
];

describe.each(VECTORS)('$what', ({ packet, wire }) => {
  it('reads both ways', () => {
    expect(decodeIpv4(hex(wire))).toEqual(packet);
    expect(encodeIpv4(packet)).toEqual(hex(wire));
  });

  it('leaves out link padding', () => {
    expect(decodeIpv4(Uint8Array.of(...hex(wire), 0, 0, 0, 0))).toEqual(packet);
  });

  it('refuses any single changed octet of the header, RFC 791 §3.1', () => {
    for (let at = 0; at < 20; at++) {
      const octets = hex(wire);
      octets[at]! ^= 0x01;
      expect(() => decodeIpv4(octets), `octet ${at}`).toThrow(/WIRE_/);
    }
  });

  refusesEveryCut(hex(wire), decodeIpv4);
});

it('gives back any packet, options padded to four octets', () => {
  const any = fc.record({
    tos: anyU8,
    identification: anyU16,
    dontFragment: fc.boolean(),
    moreFragments: fc.boolean(),
    fragmentOffset: fc.nat(0x1fff).map((n) => n * 8),
    ttl: anyU8,
    protocol: anyU8,
    source: anyIpv4,
    destination: anyIpv4,
    options: fc.nat(10).chain((n) => fc.uint8Array({ minLength: 4 * n, maxLength: 4 * n })),
    payload: fc.uint8Array({ maxLength: 100 }),
  });
  fc.assert(fc.property(any, (p) => void expect(decodeIpv4(encodeIpv4(p))).toEqual(p)));
});

it('counts error offsets from the base', () => {
  const expected = expect.objectContaining({ code: 'WIRE_VERSION', offset: 100 });
  expect(() => decodeIpv4(hex('60'), 100)).toThrow(expected);
});

it.each([
  { what: 'a header of 16 octets', at: 0, value: 0x44, code: 'WIRE_HEADER_LENGTH' },
  { what: 'a total length below the header', at: 3, value: 19, code: 'WIRE_HEADER_LENGTH' },
  { what: 'a wrong header checksum', at: 10, value: 0, code: 'WIRE_CHECKSUM' },
])('refuses $what', ({ at, value, code }) => {
  const octets = hex(VECTORS[0]!.wire);
  octets[at] = value;
  expect(() => decodeIpv4(octets)).toThrow(expect.objectContaining({ code }));
});

it('will not make a packet that its length fields cannot hold', () => {
  const { packet } = VECTORS[0]!;
  expect(() => encodeIpv4({ ...packet, payload: new Uint8Array(65516) })).toThrow(UsageError);
  expect(() => encodeIpv4({ ...packet, options: new Uint8Array(41) })).toThrow(UsageError);
});

survives(
  decodeIpv4,
  VECTORS.map(({ wire }) => hex(wire)),
);
