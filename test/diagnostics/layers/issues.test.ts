import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { ingressPacket } from '../../../src/core/ingress.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import type { Start } from '../../../src/diagnostics/layers/model.js';
import { ANSWER, octets, PACKETS, REGISTRATION } from './packets.js';

const codes = (bytes: Uint8Array, as: Start = 'ipv6') =>
  decodeLayers(bytes, as).issues.map((issue) => `${issue.code}@${issue.offset}`);

/** A copy with some octets replaced. */
function bent(
  bytes: Uint8Array,
  ...changes: readonly (readonly [at: number, value: number])[]
): Uint8Array {
  const out = bytes.slice();
  for (const [at, value] of changes) out[at] = value;
  return out;
}

it('a packet that every receiver takes has no issues', () => {
  expect(codes(REGISTRATION)).toEqual([]);
  expect(codes(ANSWER)).toEqual([]);
});

describe('what the strict receiver refuses is named, with its octet and its clause', () => {
  it('a checksum over the home addresses, RFC 6275 §6.1.1', () => {
    expect(decodeLayers(bent(REGISTRATION, [68, 0]), 'ipv6').issues).toEqual([
      {
        code: 'mh-checksum',
        layer: 'mh',
        offset: 68,
        clause: 'RFC 6275 §9.2',
        sentence: 'Mobility Header checksum',
        effect: 'refuse',
      },
    ]);
    const header = REGISTRATION.subarray(64);
    const ends = { src: ipv6('2001:db8:a::100'), dst: ipv6('2001:db8:a::1') };
    expect(decodeLayers(header, 'mh', ends).issues).toEqual([]);
    const wrong = decodeLayers(header, 'mh', { ...ends, src: ipv6('2001:db8:b::5') });
    expect(wrong.issues.map((i) => i.code)).toEqual(['mh-checksum']);
    expect(decodeLayers(header, 'mh').issues).toEqual([]); // nobody can tell
  });

  it.each([
    ['Payload Proto that is not 59, RFC 6275 §9.2', [[64, 58]], 'mh-payload-proto@64'],
    ['a Header Len past the packet', [[65, 9]], 'mh-header-length@65'],
    ['a message nobody knows', [[66, 99]], 'mh-type@66'],
    ['an option past the end, RFC 6275 §6.2.1', [[79, 17]], 'mh-malformed@78'],
    [
      'an essential option of wrong length, RFC 6275 §6.2.5',
      [
        [79, 15],
        [95, 0],
      ],
      'mh-option-length@78',
    ],
    ['a home address that is multicast, RFC 6275 §9.3.1', [[48, 0xff]], 'hao-address@48'],
    ['a source that is multicast', [[8, 0xff]], 'ipv6-source@8'],
    ['an option that must not be skipped, RFC 8200 §4.2', [[46, 0x80]], 'ipv6-option@46'],
  ] as const)('%s', (_what, changes, code) => {
    expect(codes(bent(REGISTRATION, ...changes))).toContain(code);
  });

  it.each([
    ['Segments Left that is not 1, RFC 6275 §11.3.3', [[43, 2]], 'rh2-segments@43'],
    ['a home address that is no unicast', [[48, 0xff]], 'rh2-address@48'],
  ] as const)('of the routing header: %s', (_what, changes, code) => {
    expect(codes(bent(ANSWER, ...changes))).toContain(code);
  });

  it('neighbour discovery from off the link, RFC 4861 §6.1', () => {
    const packet = PACKETS.find((p) => p.what === 'an advertisement of a home agent')!.octets;
    expect(codes(bent(packet, [7, 64]))).toEqual(['nd-hop-limit@7']);
  });

  it('every reason for which `core/ingress.ts` refuses a packet', () => {
    const seeds = PACKETS.filter((p) => p.as === 'ipv6').map((p) => p.octets);
    const packets = fc
      .tuple(
        fc.constantFrom(...seeds),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 2 }),
      )
      .map(([seed, changes]) =>
        bent(seed, ...changes.map(([at, v]) => [at % seed.length, v] as const)),
      );
    const seen = new Set<string>();
    fc.assert(
      fc.property(packets, (packet) => {
        const result = ingressPacket({
          link: 'eth0',
          octets: packet,
          arrival: { kind: 'native' },
          protected: false,
        });
        // What is no signalling, or comes as a frame, is no fault of the packet.
        if (result.ok || ELSEWHERE.has(result.refusal.reason)) return;
        const decoded = decodeLayers(packet, 'ipv6');
        seen.add(result.refusal.reason);
        const refused = decoded.issues.filter((issue) => issue.effect === 'refuse');
        // Neighbour discovery has its own words, since it comes as a frame.
        const { reason } = result.refusal;
        const names = [reason, reason.replace('icmpv6-', 'nd-')];
        const named = refused.some((issue) => names.includes(issue.code));
        // A cut or contradictory header is told by the code of what broke there.
        const broke = BROKEN.has(result.refusal.reason) && refused.length > 0;
        // An extension that no role serves, and a fragment, are no faults of the packet; they are noted.
        const noted = decoded.issues.some((i) => i.code === NOTED[reason]);
        expect(
          named || broke || noted,
          `${result.refusal.reason}: ${JSON.stringify(decoded.issues)}`,
        ).toBe(true);
      }),
      { numRuns: 4000 },
    );
    expect(seen.size).toBeGreaterThan(3);
  });
});

describe('what is odd and taken is noted', () => {
  it('reserved bits, unknown options, an option off its alignment', () => {
    const header = octets(
      '3b010500 0000 0007 c000 0096 03 00 ff00'.replace('03 00 ff00', 'ff 02 0000'),
    );
    const issues = decodeLayers(bent(header, [3, 1]), 'mh').issues;
    expect(issues.map((i) => [i.code, i.effect])).toEqual([
      ['mh-reserved', 'note'],
      ['mh-option-unknown', 'note'],
    ]);
    expect(codes(octets('3b020500 0000 0007 c000 0096 200600000a010064 01020000'), 'mh')).toEqual(
      [],
    );
    expect(codes(octets('3b020500 0000 0007 c000 0096 0100 200600000a010064 0100'), 'mh')).toEqual([
      'mh-option-alignment@14',
    ]);
  });
});

const ELSEWHERE: ReadonlySet<string> = new Set(['packet-protocol', 'icmpv6-nd']);
const BROKEN: ReadonlySet<string> = new Set([
  'ipv6-malformed',
  'mh-truncated',
  'mh-malformed',
  'mh-header-length',
  'icmpv6-malformed',
]);
const NOTED: Readonly<Record<string, string>> = {
  'mh-type': 'mh-extension',
  'ipv6-fragment': 'fragment',
};
