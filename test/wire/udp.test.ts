import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../src/base/address.js';
import { UsageError } from '../../src/base/error.js';
import { decodeUdp, encodeUdp } from '../../src/wire/udp.js';
import { anyIpv4, anyIpv6, anyU16, hex, refusesEveryCut } from './octets.js';

const FROM = ipv4('192.0.2.9');
const TO = ipv4('192.0.2.1');

describe('a datagram that Linux 6 answered with port unreachable', () => {
  const wire = hex('105f 105f 0009 fb12 60');
  const datagram = { sourcePort: 4191, destinationPort: 4191, payload: Uint8Array.of(0x60) };

  it('reads both ways', () => {
    expect(decodeUdp(wire, FROM, TO)).toEqual(datagram);
    expect(encodeUdp(datagram, FROM, TO)).toEqual(wire);
  });

  it('leaves out what follows the UDP length', () => {
    expect(decodeUdp(Uint8Array.of(...wire, 0, 0), FROM, TO)).toEqual(datagram);
  });

  it('does not verify for another source', () => {
    const code = expect.objectContaining({ code: 'WIRE_CHECKSUM', offset: 6 });
    expect(() => decodeUdp(wire, ipv4('192.0.2.8'), TO)).toThrow(code);
    expect(decodeUdp(wire, ipv4('192.0.2.8'), TO, { verify: false })).toEqual(datagram);
  });

  refusesEveryCut(wire, (cut) => decodeUdp(cut, FROM, TO));
});

it('gives back any datagram over either family', () => {
  const datagram = fc.record({
    sourcePort: anyU16,
    destinationPort: anyU16,
    payload: fc.uint8Array({ maxLength: 60 }),
  });
  fc.assert(
    fc.property(datagram, anyIpv4, anyIpv4, (d, from, to) => {
      expect(decodeUdp(encodeUdp(d, from, to), from, to)).toEqual(d);
    }),
  );
  fc.assert(
    fc.property(datagram, anyIpv6, anyIpv6, (d, from, to) => {
      expect(decodeUdp(encodeUdp(d, from, to), from, to)).toEqual(d);
    }),
  );
});

it('takes a zero checksum over IPv4 for none (RFC 768) and refuses it over IPv6 (RFC 8200 §8.1)', () => {
  const wire = hex('0044 0043 0008 0000');
  expect(decodeUdp(wire, FROM, TO).destinationPort).toBe(67);
  expect(() => decodeUdp(wire, ipv6('::1'), ipv6('::2'))).toThrow(/WIRE_CHECKSUM/);
});

it('sends a checksum that sums to zero as all ones, RFC 768', () => {
  // 0.0.0.0 to 0.0.0.0, protocol 17, length 8 twice, and ports that make the sum ffff.
  const none = ipv4('0.0.0.0');
  const datagram = {
    sourcePort: 0xffff - 17 - 8 - 8,
    destinationPort: 0,
    payload: new Uint8Array(0),
  };
  const wire = encodeUdp(datagram, none, none);
  expect(wire.subarray(6)).toEqual(hex('ffff'));
  expect(decodeUdp(wire, none, none)).toEqual(datagram);
});

it('refuses a UDP length below the header', () => {
  const code = expect.objectContaining({ code: 'WIRE_HEADER_LENGTH', offset: 4 });
  expect(() => decodeUdp(hex('0044 0043 0007 0000'), FROM, TO)).toThrow(code);
});

it('will not make a datagram that the length field cannot hold', () => {
  const datagram = { sourcePort: 1, destinationPort: 2, payload: new Uint8Array(65528) };
  expect(() => encodeUdp(datagram, FROM, TO)).toThrow(UsageError);
});
