import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6, mac, type Ipv6 } from '../../../src/base/address.js';
import { ByteReader, ByteWriter } from '../../../src/base/bytes.js';
import { decodeIcmpv6, encodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import {
  decodeNd,
  decodeNdOptions,
  encodeNdOptions,
  ND_OPTIONS,
} from '../../../src/wire/nd/codec.js';
import type { NdMessage, NdOption } from '../../../src/wire/nd/message.js';
import { anyIpv6, anyMac, anyU16, anyU32, anyU8, hex, survives } from '../octets.js';

interface Vector {
  what: string;
  source: Ipv6;
  destination: Ipv6;
  message: NdMessage;
  wire: string;
  /** lengths at which the message is whole: before each option */
  whole: number[];
}

/** Of the captures `basic-ha-c0` and `basic-ha-hl0`: Linux 6.1 and radvd with the home agent options. */
const VECTORS: Vector[] = [
  {
    what: 'a Router Solicitation',
    source: ipv6('fe80::90d9:46ff:fe4e:acd2'),
    destination: ipv6('ff02::2'),
    message: {
      kind: 'routerSolicitation',
      options: [{ kind: 'sourceLinkLayer', address: mac('92:d9:46:4e:ac:d2') }],
    },
    wire: '8500733900000000 010192d9464eacd2',
    whole: [8],
  },
  {
    what: 'a Router Advertisement of a home agent',
    source: ipv6('fe80::5cba:f0ff:fe42:f1ca'),
    destination: ipv6('ff02::1'),
    message: {
      kind: 'routerAdvertisement',
      hopLimit: 64,
      managed: false,
      otherConfig: false,
      homeAgent: true,
      preference: 0,
      routerLifetime: 9,
      reachableTime: 0,
      retransTimer: 0,
      options: [
        {
          kind: 'prefixInformation',
          prefixLength: 64,
          onLink: true,
          autonomous: true,
          routerAddress: true,
          validLifetime: 120000,
          preferredLifetime: 60000,
          prefix: ipv6('2001:db8:a::1'),
        },
        { kind: 'sourceLinkLayer', address: mac('5e:ba:f0:42:f1:ca') },
        { kind: 'advertisementInterval', interval: 3000 },
        { kind: 'homeAgentInformation', mobileRouter: false, preference: 10, lifetime: 1800 },
      ],
    },
    wire: `860069a6402000090000000000000000
      030440e00001d4c00000ea600000000020010db8000a00000000000000000001
      01015ebaf042f1ca 0701000000000bb8 08010000000a0708`,
    whole: [16, 48, 56, 64],
  },
  {
    what: 'a Neighbor Solicitation',
    source: ipv6('fe80::50ca:a9ff:fe6a:85bf'),
    destination: ipv6('ff02::1:ff00:1'),
    message: {
      kind: 'neighborSolicitation',
      target: ipv6('2001:db8:f::1'),
      options: [{ kind: 'sourceLinkLayer', address: mac('52:ca:a9:6a:85:bf') }],
    },
    wire: '87004c6b00000000 20010db8000f00000000000000000001 010152caa96a85bf',
    whole: [24],
  },
  {
    what: 'a probe with a nonce (RFC 7527), which stays unknown',
    source: ipv6('::'),
    destination: ipv6('ff02::1:ffb6:36c2'),
    message: {
      kind: 'neighborSolicitation',
      target: ipv6('fe80::dce3:fdff:feb6:36c2'),
      options: [{ kind: 'unknown', type: 14, data: hex('b6c34d57da4b') }],
    },
    wire: '870047e200000000 fe80000000000000dce3fdfffeb636c2 0e01b6c34d57da4b',
    whole: [24],
  },
  {
    what: 'a Neighbor Advertisement of a router',
    source: ipv6('2001:db8:f::1'),
    destination: ipv6('fe80::50ca:a9ff:fe6a:85bf'),
    message: {
      kind: 'neighborAdvertisement',
      router: true,
      solicited: true,
      override: true,
      target: ipv6('2001:db8:f::1'),
      options: [{ kind: 'targetLinkLayer', address: mac('56:5a:a3:46:c0:74') }],
    },
    wire: '88000286 e0000000 20010db8000f00000000000000000001 0201565aa346c074',
    whole: [24],
  },
];

describe.each(VECTORS)('$what', ({ source, destination, message, wire, whole }) => {
  it('reads both ways', () => {
    expect(decodeIcmpv6(hex(wire), source, destination)).toEqual(message);
    expect(encodeIcmpv6(message, source, destination)).toEqual(hex(wire));
  });

  it('is refused when cut anywhere but before an option', () => {
    const octets = hex(wire);
    for (let n = 0; n < octets.length; n++) {
      const decode = () =>
        decodeIcmpv6(octets.subarray(0, n), source, destination, { verify: false });
      if (whole.includes(n)) expect(decode).not.toThrow();
      else expect(decode, `cut at ${n}`).toThrow(/WIRE_TRUNCATED/);
    }
  });
});

describe('options', () => {
  const decode = (text: string) => decodeNdOptions(new ByteReader(hex(text)));
  const encode = (options: readonly NdOption[]) => {
    const w = new ByteWriter();
    encodeNdOptions(w, options);
    return w.finish();
  };

  it('of length zero are refused at the length, RFC 4861 §4.6', () => {
    expect(() => decode('0101020000000001 0100')).toThrow(
      expect.objectContaining({
        code: 'WIRE_OPTION_LENGTH',
        offset: 9,
        clause: 'RFC 4861 §4.6',
      }),
    );
  });

  it.each(Object.entries(ND_OPTIONS).filter(([, row]) => row.largest === undefined))(
    '%s of another length stays unknown, its octets kept',
    (_, row) => {
      const units = row.units + 1;
      const data = new Uint8Array(units * 8 - 2).fill(7);
      const wire = Uint8Array.of(row.type, units, ...data);
      const options = decodeNdOptions(new ByteReader(wire));
      expect(options).toEqual([{ kind: 'unknown', type: row.type, data }]);
      expect(encode(options)).toEqual(wire);
    },
  );

  it('keep a prefix length that no prefix has as unknown', () => {
    const wire = `0304 81e0 00000001 00000001 00000000 20010db8000000000000000000000000`;
    expect(decode(wire)).toEqual([
      { kind: 'unknown', type: 3, data: hex(wire.replaceAll(' ', '')).slice(2) },
    ]);
  });

  it('of no row are padded to eight octets', () => {
    expect(encode([{ kind: 'unknown', type: 200, data: hex('0102030405060708') }])).toEqual(
      hex('c802 0102030405060708 000000000000'),
    );
  });

  it('carry R of a mobile router, RFC 3963 §7.1', () => {
    const option: NdOption = {
      kind: 'homeAgentInformation',
      mobileRouter: true,
      preference: 1,
      lifetime: 2,
    };
    expect(encode([option])).toEqual(hex('0801 8000 0001 0002'));
    expect(decode('0801 8000 0001 0002')).toEqual([option]);
  });

  it('own their octets, so that they may be kept', () => {
    const octets = hex('0e01b6c34d57da4b');
    const [option] = decodeNdOptions(new ByteReader(octets));
    octets.fill(0);
    expect(option).toEqual({ kind: 'unknown', type: 14, data: hex('b6c34d57da4b') });
  });
});

it.each([
  { bits: 0x08, preference: 1 },
  { bits: 0x00, preference: 0 },
  { bits: 0x18, preference: -1 },
  { bits: 0x10, preference: 0 },
])('reads preference bits $bits as $preference, RFC 4191 §2.2', ({ bits, preference }) => {
  const body = Uint8Array.of(64, bits, 0, 9, 0, 0, 0, 0, 0, 0, 0, 0);
  expect(decodeNd(134, new ByteReader(body))).toMatchObject({ preference });
});

it('gives back any message', () => {
  const option: fc.Arbitrary<NdOption> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('sourceLinkLayer' as const, 'targetLinkLayer' as const),
      address: anyMac,
    }),
    fc.record({
      kind: fc.constant('prefixInformation' as const),
      prefixLength: fc.nat(128),
      onLink: fc.boolean(),
      autonomous: fc.boolean(),
      routerAddress: fc.boolean(),
      validLifetime: anyU32,
      preferredLifetime: anyU32,
      prefix: anyIpv6,
    }),
    fc.record({ kind: fc.constant('mtu' as const), mtu: anyU32 }),
    fc.record({ kind: fc.constant('advertisementInterval' as const), interval: anyU32 }),
    fc.record({
      kind: fc.constant('homeAgentInformation' as const),
      mobileRouter: fc.boolean(),
      preference: anyU16,
      lifetime: anyU16,
    }),
    fc.record({
      kind: fc.constant('redirectedHeader' as const),
      quoted: fc.nat(3).chain((n) => fc.uint8Array({ minLength: 8 * n, maxLength: 8 * n })),
    }),
    fc.record({
      kind: fc.constant('routeInformation' as const),
      prefixLength: fc.integer({ min: 65, max: 128 }),
      preference: fc.constantFrom(-1 as const, 0 as const, 1 as const),
      lifetime: anyU32,
      prefix: anyIpv6,
    }),
    fc.record({
      kind: fc.constant('recursiveDns' as const),
      lifetime: anyU32,
      addresses: fc.array(anyIpv6, { minLength: 1, maxLength: 3 }),
    }),
    fc.record({
      kind: fc.constant('unknown' as const),
      type: fc.constantFrom(14, 31, 255),
      data: fc.nat(2).chain((n) => fc.uint8Array({ minLength: 6 + 8 * n, maxLength: 6 + 8 * n })),
    }),
  );
  const options = fc.array(option, { maxLength: 5 });
  const message: fc.Arbitrary<NdMessage> = fc.oneof(
    fc.record({ kind: fc.constant('routerSolicitation' as const), options }),
    fc.record({
      kind: fc.constant('routerAdvertisement' as const),
      hopLimit: anyU8,
      managed: fc.boolean(),
      otherConfig: fc.boolean(),
      homeAgent: fc.boolean(),
      preference: fc.constantFrom(-1 as const, 0 as const, 1 as const),
      routerLifetime: anyU16,
      reachableTime: anyU32,
      retransTimer: anyU32,
      options,
    }),
    fc.record({ kind: fc.constant('neighborSolicitation' as const), target: anyIpv6, options }),
    fc.record({
      kind: fc.constant('neighborAdvertisement' as const),
      router: fc.boolean(),
      solicited: fc.boolean(),
      override: fc.boolean(),
      target: anyIpv6,
      options,
    }),
  );
  fc.assert(
    fc.property(message, anyIpv6, anyIpv6, (m, source, destination) => {
      expect(decodeIcmpv6(encodeIcmpv6(m, source, destination), source, destination)).toEqual(m);
    }),
    { numRuns: Number(process.env['MIP6_RUNS'] ?? 10_000) },
  );
});

survives(
  (octets) => decodeIcmpv6(octets, VECTORS[0]!.source, VECTORS[0]!.destination, { verify: false }),
  VECTORS.map(({ wire }) => hex(wire)),
);
