import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../src/base/address.js';
import {
  decodeIcmpv6,
  encodeIcmpv6,
  icmpv6Type,
  type Icmpv6Message,
} from '../../src/wire/icmpv6.js';
import { anyIpv6, anyU16, anyU32, anyU8, hex, survives } from './octets.js';

const HOME = ipv6('2001:db8:a::100');
const HOME_AGENT = ipv6('2001:db8:a::1');
const CARE_OF = ipv6('2001:db8:b:0:dce3:fdff:feb6:36c2');
const PEER = ipv6('2001:db8:f::c');
const PING =
  '6b0000000068a9040000000000101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637';

/**
 * Echoes are of the capture `basic-ha-c0`. The four of Mobile IPv6 are ours; tshark 4.0 splits them so and finds
 * the checksums right.
 */
const VECTORS: {
  what: string;
  source: typeof HOME;
  destination: typeof HOME;
  message: Icmpv6Message;
  wire: string;
}[] = [
  {
    what: 'an echo request of Linux',
    source: HOME,
    destination: PEER,
    message: {
      kind: 'echoRequest',
      identifier: 0x01aa,
      sequence: 1,
      data: hex(`e2c103${PING}`),
    },
    wire: `80000f9a01aa0001e2c103${PING}`,
  },
  {
    what: 'its echo reply',
    source: PEER,
    destination: HOME,
    message: { kind: 'echoReply', identifier: 0x01aa, sequence: 1, data: hex(`e2c103${PING}`) },
    wire: `81000e9a01aa0001e2c103${PING}`,
  },
  {
    what: 'a Home Agent Address Discovery Request of a mobile router, RFC 6275 §6.5',
    source: CARE_OF,
    destination: ipv6('2001:db8:a:0:fdff:ffff:ffff:fffe'),
    message: { kind: 'homeAgentDiscoveryRequest', identifier: 0x1234, mobileRouter: true },
    wire: '900073a512348000',
  },
  {
    what: 'a Home Agent Address Discovery Reply, RFC 6275 §6.6',
    source: HOME_AGENT,
    destination: CARE_OF,
    message: {
      kind: 'homeAgentDiscoveryReply',
      identifier: 0x1234,
      mobileRouter: false,
      addresses: [HOME_AGENT, ipv6('2001:db8:a::2')],
    },
    wire: '910094fa12340000 20010db8000a00000000000000000001 20010db8000a00000000000000000002',
  },
  {
    what: 'a Mobile Prefix Solicitation, RFC 6275 §6.7',
    source: HOME,
    destination: HOME_AGENT,
    message: { kind: 'mobilePrefixSolicitation', identifier: 0x4321 },
    wire: '9200ce1443210000',
  },
  {
    what: 'a Mobile Prefix Advertisement, RFC 6275 §6.8',
    source: HOME_AGENT,
    destination: HOME,
    message: {
      kind: 'mobilePrefixAdvertisement',
      identifier: 0x4321,
      managed: false,
      otherConfig: true,
      options: [
        {
          kind: 'prefixInformation',
          prefixLength: 64,
          onLink: true,
          autonomous: true,
          routerAddress: true,
          validLifetime: 86400,
          preferredLifetime: 14400,
          prefix: HOME_AGENT,
        },
      ],
    },
    wire: '9300918a43214000 030440e0000151800000384000000000 20010db8000a00000000000000000001',
  },
];

describe.each(VECTORS)('$what', ({ source, destination, message, wire }) => {
  it('reads both ways', () => {
    expect(decodeIcmpv6(hex(wire), source, destination)).toEqual(message);
    expect(encodeIcmpv6(message, source, destination)).toEqual(hex(wire));
  });

  it('is refused by its checksum with any bit changed or any octet gone', () => {
    for (let at = 0; at < hex(wire).length; at++) {
      const octets = hex(wire);
      octets[at]! ^= 0x04;
      expect(() => decodeIcmpv6(octets, source, destination)).toThrow(/WIRE_CHECKSUM/);
      const cut = () => decodeIcmpv6(hex(wire).subarray(0, at), source, destination);
      expect(cut).toThrow(/WIRE_(CHECKSUM|TRUNCATED)/);
    }
  });

  it('is refused for other addresses, RFC 4443 §2.3', () => {
    expect(() => decodeIcmpv6(hex(wire), source, CARE_OF === destination ? HOME : CARE_OF)).toThrow(
      expect.objectContaining({ code: 'WIRE_CHECKSUM', offset: 2 }),
    );
  });

  it('refuses a fixed part cut at any octet when nobody verifies', () => {
    for (let n = 0; n < 8; n++) {
      const cut = hex(wire).subarray(0, n);
      expect(() => decodeIcmpv6(cut, source, destination, { verify: false })).toThrow(
        /WIRE_TRUNCATED/,
      );
    }
  });
});

describe('any message', () => {
  const data = fc.uint8Array({ maxLength: 40 });
  const kind = <K extends string>(k: K) => fc.constant(k);
  const any: fc.Arbitrary<Icmpv6Message> = fc.oneof(
    fc.record({
      kind: fc.constantFrom('echoRequest' as const, 'echoReply' as const),
      identifier: anyU16,
      sequence: anyU16,
      data,
    }),
    fc.record({
      kind: fc.constantFrom('destinationUnreachable' as const, 'timeExceeded' as const),
      code: anyU8,
      quoted: data,
    }),
    fc.record({ kind: kind('packetTooBig'), mtu: anyU32, quoted: data }),
    fc.record({ kind: kind('parameterProblem'), code: anyU8, pointer: anyU32, quoted: data }),
    fc.record({
      kind: kind('homeAgentDiscoveryRequest'),
      identifier: anyU16,
      mobileRouter: fc.boolean(),
    }),
    fc.record({
      kind: kind('homeAgentDiscoveryReply'),
      identifier: anyU16,
      mobileRouter: fc.boolean(),
      addresses: fc.array(anyIpv6, { maxLength: 5 }),
    }),
    fc.record({ kind: kind('mobilePrefixSolicitation'), identifier: anyU16 }),
    fc.record({
      kind: kind('mobilePrefixAdvertisement'),
      identifier: anyU16,
      managed: fc.boolean(),
      otherConfig: fc.boolean(),
      options: fc.constant([]),
    }),
    fc.record({
      kind: kind('unknownIcmp'),
      type: fc.constantFrom(100, 143, 200),
      code: anyU8,
      data,
    }),
  );

  it('comes back as it was', () => {
    fc.assert(
      fc.property(any, anyIpv6, anyIpv6, (message, source, destination) => {
        const wire = encodeIcmpv6(message, source, destination);
        expect(wire[0]).toBe(icmpv6Type(message));
        expect(decodeIcmpv6(wire, source, destination)).toEqual(message);
      }),
      { numRuns: Number(process.env['MIP6_RUNS'] ?? 10_000) },
    );
  });
});

it('refuses a discovery reply whose last address is cut', () => {
  const octets = hex(VECTORS[3]!.wire).subarray(0, 39);
  expect(() => decodeIcmpv6(octets, HOME, HOME, { verify: false })).toThrow(
    expect.objectContaining({ code: 'WIRE_TRUNCATED', offset: 24 }),
  );
});

survives(
  (octets) => decodeIcmpv6(octets, HOME, HOME_AGENT, { verify: false }),
  VECTORS.map(({ wire }) => hex(wire)),
);
