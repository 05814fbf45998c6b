import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, mac } from '../../src/base/address.js';
import { decodeArp, encodeArp, type ArpMessage } from '../../src/wire/arp.js';
import { anyIpv4, anyMac, hex, refusesEveryCut, survives } from './octets.js';

/** The second is what Linux 6 answers to the first. */
const VECTORS: { what: string; message: ArpMessage; wire: string }[] = [
  {
    what: 'a request for 192.0.2.1',
    message: {
      operation: 'request',
      senderMac: mac('02:00:00:00:00:01'),
      senderAddress: ipv4('192.0.2.9'),
      targetMac: mac('00:00:00:00:00:00'),
      targetAddress: ipv4('192.0.2.1'),
    },
    wire: '0001 0800 06 04 0001 020000000001 c0000209 000000000000 c0000201',
  },
  {
    what: 'the reply of Linux',
    message: {
      operation: 'reply',
      senderMac: mac('02:00:00:00:00:02'),
      senderAddress: ipv4('192.0.2.1'),
      targetMac: mac('02:00:00:00:00:01'),
      targetAddress: ipv4('192.0.2.9'),
    },
    wire: '0001 0800 06 04 0002 020000000002 c0000201 020000000001 c0000209',
  },
];

describe.each(VECTORS)('$what', ({ message, wire }) => {
  it('reads both ways', () => {
    expect(decodeArp(hex(wire))).toEqual(message);
    expect(encodeArp(message)).toEqual(hex(wire));
  });

  it('ignores link padding', () => {
    expect(decodeArp(Uint8Array.of(...hex(wire), 0, 0, 0))).toEqual(message);
  });

  refusesEveryCut(hex(wire), decodeArp);
});

it('gives back any message', () => {
  const any = fc.record({
    operation: fc.constantFrom('request', 'reply'),
    senderMac: anyMac,
    senderAddress: anyIpv4,
    targetMac: anyMac,
    targetAddress: anyIpv4,
  });
  fc.assert(fc.property(any, (m) => void expect(decodeArp(encodeArp(m))).toEqual(m)));
});

it.each([
  { what: 'hardware', at: 1, value: 6, offset: 0 },
  { what: 'protocol', at: 3, value: 6, offset: 2 },
  { what: 'hardware length', at: 4, value: 8, offset: 4 },
  { what: 'protocol length', at: 5, value: 16, offset: 5 },
  { what: 'operation', at: 7, value: 3, offset: 6 },
])('refuses another $what at its octet, RFC 826', ({ at, value, offset }) => {
  const octets = hex(VECTORS[0]!.wire);
  octets[at] = value;
  const expected = expect.objectContaining({ code: 'WIRE_VALUE', offset });
  expect(() => decodeArp(octets)).toThrow(expected);
});

survives(decodeArp, [hex(VECTORS[0]!.wire)]);
