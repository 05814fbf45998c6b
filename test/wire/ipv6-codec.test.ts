import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../src/base/address.js';
import { UsageError } from '../../src/base/error.js';
import type { DestinationOption, ExtensionHeader, Ipv6Packet } from '../../src/wire/ipv6.js';
import {
  decodeIpv6,
  encodeIpv6,
  headerOffset,
  homeAddressOption,
  isFragment,
  MAX_EXTENSION_HEADERS,
  optionOffset,
  routing2,
  unknownOptionAction,
} from '../../src/wire/ipv6-codec.js';
import { anyIpv6, anyU32, anyU8, hex, refusesEveryCut, survives } from './octets.js';

const CARE_OF = ipv6('2001:db8:b:0:dce3:fdff:feb6:36c2');
const HOME = ipv6('2001:db8:a::100');
const HOME_AGENT = ipv6('2001:db8:a::1');

/** Of UMIP on Linux 6.1; the option padding is theirs. */
const VECTORS: { what: string; packet: Ipv6Packet; wire: string }[] = [
  {
    what: 'a Binding Update under a Home Address option',
    packet: {
      trafficClass: 0,
      flowLabel: 0x2541f,
      hopLimit: 63,
      source: CARE_OF,
      destination: HOME_AGENT,
      headers: [
        {
          kind: 'destinationOptions',
          options: [
            { kind: 'padN', data: hex('0000') },
            { kind: 'homeAddress', address: HOME },
          ],
        },
      ],
      protocol: 135,
      payload: hex('3b0305001ee64120c00000960100031020010db8000b0000dce3fdfffeb636c2'),
      payloadOffset: 64,
    },
    wire: `6002541f00383c3f 20010db8000b0000dce3fdfffeb636c2 20010db8000a00000000000000000001
      870201020000c91020010db8000a00000000000000000100
      3b0305001ee64120c00000960100031020010db8000b0000dce3fdfffeb636c2`,
  },
  {
    what: 'a Binding Acknowledgement under a type 2 routing header',
    packet: {
      trafficClass: 0,
      flowLabel: 0x6cf97,
      hopLimit: 64,
      source: HOME_AGENT,
      destination: CARE_OF,
      headers: [{ kind: 'routing2', segmentsLeft: 1, homeAddress: HOME }],
      protocol: 135,
      payload: hex('3b0106001f2800004120009601020000'),
      payloadOffset: 64,
    },
    wire: `6006cf9700282b40 20010db8000a00000000000000000001 20010db8000b0000dce3fdfffeb636c2
      870202010000000020010db8000a00000000000000000100 3b0106001f2800004120009601020000`,
  },
  {
    what: 'a multicast listener report under a Router Alert',
    packet: {
      trafficClass: 0,
      flowLabel: 0,
      hopLimit: 1,
      source: ipv6('fe80::dce3:fdff:feb6:36c2'),
      destination: ipv6('ff02::16'),
      headers: [
        {
          kind: 'hopByHop',
          options: [
            { kind: 'unknown', type: 5, data: hex('0000') },
            { kind: 'padN', data: hex('') },
          ],
        },
      ],
      protocol: 58,
      payload: hex('8f0029340000000104000000ff0200000000000000000001ffb636c2'),
      payloadOffset: 48,
    },
    wire: `6000000000240001 fe80000000000000dce3fdfffeb636c2 ff020000000000000000000000000016
      3a00050200000100 8f0029340000000104000000ff0200000000000000000001ffb636c2`,
  },
];

describe.each(VECTORS)('$what', ({ packet, wire }) => {
  it('reads both ways', () => {
    expect(decodeIpv6(hex(wire))).toEqual(packet);
    expect(encodeIpv6(packet)).toEqual(hex(wire));
  });

  it('leaves out link padding', () => {
    expect(decodeIpv6(Uint8Array.of(...hex(wire), 0, 0, 0))).toEqual(packet);
  });

  refusesEveryCut(hex(wire), decodeIpv6);
});

describe('the two headers of Mobile IPv6', () => {
  it('aligns the Home Address option at 8n+6 by itself, RFC 6275 §6.3', () => {
    const [update] = VECTORS;
    const option = { kind: 'homeAddress', address: HOME } as const;
    const headers = [{ kind: 'destinationOptions', options: [option] }] as const;
    expect(encodeIpv6({ ...update!.packet, headers })).toEqual(hex(update!.wire));
  });

  it('finds the home address in either', () => {
    expect(homeAddressOption(VECTORS[0]!.packet)).toBe(HOME);
    expect(homeAddressOption(VECTORS[1]!.packet)).toBeUndefined();
    expect(routing2(VECTORS[1]!.packet)?.homeAddress).toBe(HOME);
    expect(routing2(VECTORS[0]!.packet)).toBeUndefined();
  });

  it('refuses a Home Address option whose length is not 16, at the option', () => {
    const octets = hex(VECTORS[0]!.wire);
    octets[47] = 15;
    const expected = { code: 'WIRE_OPTION_LENGTH', offset: 1046, clause: 'RFC 6275 §6.3' };
    expect(() => decodeIpv6(octets, 1000)).toThrow(expect.objectContaining(expected));
  });

  it('keeps a type 2 routing header of another length as an opaque one', () => {
    const header = { kind: 'routing', type: 2, segmentsLeft: 1, data: new Uint8Array(36) } as const;
    const packet = { ...VECTORS[1]!.packet, headers: [header] };
    const decoded = decodeIpv6(encodeIpv6(packet));
    expect(decoded.headers).toEqual([header]);
    expect(routing2(decoded)).toBeUndefined();
  });

  it('gives back a misaligned Home Address option bit for bit', () => {
    const wire = `6000000000183c40 20010db8000b0000dce3fdfffeb636c2 20010db8000a00000000000000000001
      3b02c91020010db8000a000000000000000001001e020000`;
    const decoded = decodeIpv6(hex(wire));
    expect(homeAddressOption(decoded)).toBe(HOME);
    expect(encodeIpv6(decoded)).toEqual(hex(wire));
  });

  it('knows a Home Address option in Destination Options only', () => {
    const option = { kind: 'unknown', type: 201, data: new Uint8Array(16) } as const;
    const packet = {
      ...VECTORS[2]!.packet,
      headers: [{ kind: 'hopByHop', options: [option, { kind: 'padN', data: hex('00 00') }] }],
    } as const;
    const decoded = decodeIpv6(encodeIpv6(packet));
    expect(decoded.headers).toEqual(packet.headers);
    expect(homeAddressOption(decoded)).toBeUndefined();
  });
});

describe('fragments, RFC 8200 §4.5', () => {
  const fragment = (offset: number, more: boolean): Ipv6Packet => ({
    ...VECTORS[0]!.packet,
    headers: [
      { kind: 'fragment', offset, more, identification: 0xcafe },
      { kind: 'destinationOptions', options: [] },
    ],
  });

  it.each([
    { what: 'the first', offset: 0, more: true },
    { what: 'a middle one', offset: 1448, more: true },
    { what: 'the last', offset: 2896, more: false },
  ])('leaves what follows the header of $what opaque', ({ offset, more }) => {
    const decoded = decodeIpv6(encodeIpv6(fragment(offset, more)));
    expect(isFragment(decoded)).toBe(true);
    expect(decoded.headers).toEqual([{ kind: 'fragment', offset, more, identification: 0xcafe }]);
    expect(decoded.protocol).toBe(60);
    expect(decoded.payload).toEqual(
      Uint8Array.of(135, 0, 1, 4, 0, 0, 0, 0, ...VECTORS[0]!.packet.payload),
    );
  });

  it('reads on after an atomic one', () => {
    const decoded = decodeIpv6(encodeIpv6(fragment(0, false)));
    expect(isFragment(decoded)).toBe(false);
    expect(decoded.headers.map((h) => h.kind)).toEqual(['fragment', 'destinationOptions']);
    expect(decoded.protocol).toBe(135);
  });
});

describe('bounds', () => {
  const chain = (n: number): Ipv6Packet => ({
    ...VECTORS[0]!.packet,
    headers: Array.from(
      { length: n },
      () => ({ kind: 'destinationOptions', options: [] }) as const,
    ),
  });

  it('follows a chain up to its limit and no further', () => {
    const decoded = decodeIpv6(encodeIpv6(chain(MAX_EXTENSION_HEADERS)));
    expect(decoded.headers.length).toBe(MAX_EXTENSION_HEADERS);
    const expected = { code: 'WIRE_LIMIT', offset: 40 + 8 * MAX_EXTENSION_HEADERS };
    expect(() => decodeIpv6(encodeIpv6(chain(MAX_EXTENSION_HEADERS + 1)))).toThrow(
      expect.objectContaining(expected),
    );
  });

  it('refuses another version', () => {
    const octets = hex(VECTORS[0]!.wire);
    octets[0] = 0x40;
    expect(() => decodeIpv6(octets)).toThrow(expect.objectContaining({ code: 'WIRE_VERSION' }));
  });

  it('will not make what a length field cannot hold', () => {
    const packet = VECTORS[0]!.packet;
    expect(() => encodeIpv6({ ...packet, payload: new Uint8Array(65536) })).toThrow(UsageError);
    const data = new Uint8Array(255);
    const options = Array.from({ length: 8 }, () => ({ kind: 'unknown', type: 30, data }) as const);
    const headers = [{ kind: 'destinationOptions', options }] as const;
    expect(() => encodeIpv6({ ...packet, headers })).toThrow(UsageError);
  });
});

it('tells where headers and options stand', () => {
  const packet = decodeIpv6(
    encodeIpv6({
      ...VECTORS[0]!.packet,
      headers: [
        { kind: 'hopByHop', options: [{ kind: 'unknown', type: 5, data: hex('0000') }] },
        { kind: 'routing2', segmentsLeft: 1, homeAddress: HOME },
        {
          kind: 'destinationOptions',
          options: [
            { kind: 'homeAddress', address: HOME },
            { kind: 'unknown', type: 0xbe, data: hex('01') },
          ],
        },
      ],
    }),
  );
  expect([0, 1, 2, 3].map((at) => headerOffset(packet, at))).toEqual([40, 48, 72, 104]);
  expect(packet.payloadOffset).toBe(104);
  // padding, Home Address, the unknown option
  expect([0, 1, 2].map((index) => optionOffset(packet, 2, index))).toEqual([74, 78, 96]);
});

it('reads what to do with an unknown option from its two highest bits, RFC 8200 §4.2', () => {
  const actions = [0x1e, 0x5e, 0x9e, 0xc9].map(unknownOptionAction);
  expect(actions).toEqual(['skip', 'discard', 'report', 'reportUnlessMulticast']);
});

describe('any packet', () => {
  const anyOption: fc.Arbitrary<DestinationOption> = fc.oneof(
    fc.record({
      kind: fc.constant('unknown' as const),
      type: anyU8.filter((t) => t > 1 && t !== 201),
      data: fc.uint8Array({ maxLength: 20 }),
    }),
    fc.record({ kind: fc.constant('homeAddress' as const), address: anyIpv6 }),
  );
  const noHome = (o: DestinationOption) => o.kind !== 'homeAddress';
  const anyHeader: fc.Arbitrary<ExtensionHeader> = fc.oneof(
    fc.record({
      kind: fc.constant('hopByHop' as const),
      options: fc.array(anyOption.filter(noHome), { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant('destinationOptions' as const),
      options: fc.array(anyOption, { maxLength: 4 }),
    }),
    fc.record({
      kind: fc.constant('routing2' as const),
      segmentsLeft: anyU8,
      homeAddress: anyIpv6,
    }),
    fc.record({
      kind: fc.constant('routing' as const),
      type: anyU8.filter((t) => t !== 2),
      segmentsLeft: anyU8,
      data: fc.nat(4).chain((n) => fc.uint8Array({ minLength: 4 + 8 * n, maxLength: 4 + 8 * n })),
    }),
    fc.record({
      kind: fc.constant('fragment' as const),
      offset: fc.constant(0),
      more: fc.constant(false),
      identification: anyU32,
    }),
  );
  const anyPacket: fc.Arbitrary<Ipv6Packet> = fc.record({
    trafficClass: anyU8,
    flowLabel: fc.nat(0xfffff),
    hopLimit: anyU8,
    source: anyIpv6,
    destination: anyIpv6,
    headers: fc.array(anyHeader, { maxLength: MAX_EXTENSION_HEADERS }),
    protocol: fc.constantFrom(4, 17, 41, 50, 58, 59, 135),
    payload: fc.uint8Array({ maxLength: 64 }),
  });

  it('comes back as it was, padding aside', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        const decoded = decodeIpv6(encodeIpv6(packet));
        const { payloadOffset, ...rest } = decoded;
        expect(payloadOffset).toBe(headerOffset(decoded, decoded.headers.length));
        expect({ ...rest, headers: decoded.headers.map(unpadded) }).toEqual(packet);
      }),
    );
  });

  it('is encoded again bit for bit', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        const octets = encodeIpv6(packet);
        expect(encodeIpv6(decodeIpv6(octets))).toEqual(octets);
      }),
    );
  });

  it('has each Home Address option at 8n+6 of its header', () => {
    fc.assert(
      fc.property(anyPacket, (packet) => {
        const decoded = decodeIpv6(encodeIpv6(packet));
        for (const [at, header] of decoded.headers.entries()) {
          if (header.kind !== 'destinationOptions') continue;
          for (const [index, option] of header.options.entries()) {
            if (option.kind !== 'homeAddress') continue;
            expect((optionOffset(decoded, at, index) - headerOffset(decoded, at)) % 8).toBe(6);
          }
        }
      }),
    );
  });
});

survives(
  decodeIpv6,
  VECTORS.map(({ wire }) => hex(wire)),
);

function unpadded(header: ExtensionHeader): ExtensionHeader {
  if (header.kind !== 'hopByHop' && header.kind !== 'destinationOptions') return header;
  const options = header.options.filter((o) => o.kind !== 'pad1' && o.kind !== 'padN');
  return { ...header, options };
}
