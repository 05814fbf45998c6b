import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../src/base/address.js';
import { ByteReader, ByteWriter, fromHex, sameOctets, toHex } from '../../src/base/bytes.js';
import { checksum, transportChecksum } from '../../src/base/checksum.js';

it('reads what was written, network byte order', () => {
  const w = new ByteWriter(1)
    .u8(1)
    .u16(0x0203)
    .u32(0xfffefdfc)
    .ipv6(ipv6('2001:db8::1'))
    .ipv4(ipv4('192.0.2.1'))
    .zeros(2);
  const r = new ByteReader(w.finish());
  expect([r.u8(), r.u16(), r.u32(), r.ipv6(), r.ipv4(), r.remaining]).toEqual([
    1,
    0x0203,
    0xfffefdfc,
    '2001:db8::1',
    '192.0.2.1',
    2,
  ]);
});

it('an overrun is a WireError that names the offset in the whole', () => {
  const inner = new ByteReader(fromHex('0102030405')!).sub(4);
  inner.skip(3);
  expect(() => inner.u16()).toThrow(expect.objectContaining({ code: 'WIRE_TRUNCATED', offset: 3 }));
});

it('hexadecimal both ways; half octets and other letters are refused', () => {
  fc.assert(
    fc.property(fc.uint8Array(), (octets) => {
      expect(fromHex(toHex(octets))).toEqual(octets);
    }),
  );
  expect(fromHex('60:00 0a')).toEqual(Uint8Array.of(0x60, 0, 10));
  expect(fromHex('600')).toBeUndefined();
  expect(fromHex('zz')).toBeUndefined();
  expect(sameOctets(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
});

it('RFC 1071 §3: the sum of the example', () => {
  expect(checksum(fromHex('0001f203f4f5f6f7')!)).toBe(~0xddf2 & 0xffff);
});

it('octets that hold their own checksum sum to zero, odd lengths too', () => {
  const source = ipv6('2001:db8::1');
  const destination = ipv6('2001:db8::2');
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 61 }), (payload) => {
      payload.set([0, 0], 2);
      const sum = transportChecksum(source, destination, 58, payload);
      payload.set([sum >> 8, sum & 255], 2);
      expect([0, 0xffff]).toContain(transportChecksum(source, destination, 58, payload));
    }),
  );
});
