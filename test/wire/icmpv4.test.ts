import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeIcmpv4, encodeIcmpv4, type Icmpv4Message } from '../../src/wire/icmpv4.js';
import { anyU16, anyU8, hex, survives } from './octets.js';

/** Linux 6 took the request and sent the reply and the port unreachable. */
const VECTORS: { what: string; message: Icmpv4Message; wire: string }[] = [
  {
    what: 'an echo request',
    message: { kind: 'echoRequest', identifier: 0x1234, sequence: 1, data: hex('deadbeef') },
    wire: '0800482d12340001deadbeef',
  },
  {
    what: 'the echo reply of Linux',
    message: { kind: 'echoReply', identifier: 0x1234, sequence: 1, data: hex('deadbeef') },
    wire: '0000502d12340001deadbeef',
  },
  {
    what: 'the port unreachable of Linux',
    message: {
      kind: 'destinationUnreachable',
      code: 3,
      mtu: 0,
      quoted: hex('4500001d000740004011b6bec0000209c0000201105f105f0009fb1260'),
    },
    wire: '0303812200000000 4500001d000740004011b6bec0000209c0000201105f105f0009fb1260',
  },
];

describe.each(VECTORS)('$what', ({ message, wire }) => {
  it('reads both ways', () => {
    expect(decodeIcmpv4(hex(wire))).toEqual(message);
    expect(encodeIcmpv4(message)).toEqual(hex(wire));
  });

  it('does not verify with any single bit changed', () => {
    for (let at = 0; at < hex(wire).length; at++) {
      const octets = hex(wire);
      octets[at]! ^= 0x10;
      expect(() => decodeIcmpv4(octets), `octet ${at}`).toThrow(/WIRE_CHECKSUM/);
    }
  });

  it('refuses a header cut at any octet', () => {
    for (let n = 0; n < 8; n++) {
      const cut = hex(wire).subarray(0, n);
      expect(() => decodeIcmpv4(cut, { verify: false })).toThrow(/WIRE_TRUNCATED/);
    }
  });
});

it('gives back any message; the MTU of "fragmentation needed" is RFC 1191 §4', () => {
  const data = fc.uint8Array({ maxLength: 40 });
  const any: fc.Arbitrary<Icmpv4Message> = fc.oneof(
    fc.record({
      kind: fc.constant('echoReply' as const),
      identifier: anyU16,
      sequence: anyU16,
      data,
    }),
    fc.record({
      kind: fc.constant('destinationUnreachable' as const),
      code: anyU8,
      mtu: anyU16,
      quoted: data,
    }),
    fc.record({ kind: fc.constant('timeExceeded' as const), code: anyU8, quoted: data }),
    fc.record({
      kind: fc.constant('unknownIcmp' as const),
      type: fc.constantFrom(5, 9, 13),
      code: anyU8,
      data,
    }),
  );
  fc.assert(fc.property(any, (m) => void expect(decodeIcmpv4(encodeIcmpv4(m))).toEqual(m)));
});

survives(
  (octets) => decodeIcmpv4(octets, { verify: false }),
  VECTORS.map(({ wire }) => hex(wire)),
);
