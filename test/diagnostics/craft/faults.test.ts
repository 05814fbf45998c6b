/** What each fault does to the octets, on every message: what a strict receiver says of it, and how little has changed. */
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import {
  icmpv6Entry,
  messageEntries,
  messageParts,
  mobilityEntry,
  type MessageEntry,
} from '../../../src/diagnostics/craft/catalogue.js';
import { FAULTS, FAULT_TEXTS, type Fault } from '../../../src/diagnostics/craft/faults.js';
import { craft, type Path } from '../../../src/diagnostics/craft/packet.js';
import { ingressPacket } from '../../../src/core/ingress.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';

const PATH: Path = {
  source: ipv6('2001:db8:b::5'),
  destination: ipv6('2001:db8:a::1'),
  homeAddress: ipv6('2001:db8:a::100'),
};
const MH_AT = 64; // behind IPv6 and Destination Options
const MOBILITY = messageEntries().filter(({ layer }) => layer === 'mh');
const ICMPV6 = messageEntries().filter(({ layer }) => layer === 'icmpv6');
const named = (entries: readonly MessageEntry[]) => entries.map((e) => [e.word, e] as const);

it('each has a text and a clause', () => {
  expect(Object.keys(FAULT_TEXTS)).toEqual([...FAULTS]);
});

describe('checksum', () => {
  it.each(named(messageEntries()))('%s: one bit is another', (_, entry) => {
    const [good, bad] = pair(entry, 'checksum');
    const at = MH_AT + (entry.layer === 'mh' ? 5 : 3);
    expect(difference(good, bad)).toEqual([at]);
    expect(good[at]! ^ bad[at]!).toBe(1);
    expect(codes(bad)).toContain(entry.layer === 'mh' ? 'mh-checksum' : 'icmpv6-checksum');
  });
});

describe('length', () => {
  it.each(named(MOBILITY))('%s: Header Len does not fit, and the sum is right', (_, entry) => {
    const [good, bad] = pair(entry, 'length');
    expect(difference(good, bad)).toEqual(
      difference(good, bad).filter((at) => [1, 4, 5].includes(at - MH_AT)),
    );
    expect(codes(bad)).toContain('mh-header-length');
    expect(codes(bad)).not.toContain('mh-checksum');
  });

  it.each(named(ICMPV6))('%s ends after its checksum, which is right', (_, entry) => {
    const [, bad] = pair(entry, 'length');
    expect(bad.length).toBe(MH_AT + 4);
    expect(codes(bad)).toContain('icmpv6-malformed');
    expect(codes(bad)).not.toContain('icmpv6-checksum');
  });
});

describe('order', () => {
  it.each(named(MOBILITY))('%s is not the last header', (_, entry) => {
    const [, bad] = pair(entry, 'order');
    expect(bad[40]).toBe(60); // Payload Proto of a Mobility Header right behind the IPv6 header
    expect(codes(bad)).toContain('mh-payload-proto');
    expect(codes(bad)).not.toContain('mh-checksum');
  });

  it('of an ICMPv6 message, the home address stands before the routing header', () => {
    const path = { ...PATH, route: ipv6('2001:db8:c::200') };
    const { octets } = craft(usual(icmpv6Entry(147)!), path, ['order']);
    const { layers, issues } = decodeLayers(octets, 'ipv6');
    expect(layers.map((l) => l.layer)).toEqual(['ipv6', 'destopt', 'rthdr', 'icmpv6']);
    expect(issues).toEqual([]);
    expect(() => craft(usual(icmpv6Entry(147)!), PATH, ['order'])).toThrow(
      '--break order is not possible',
    );
  });
});

describe('sequence', () => {
  it.each([
    ['bu', 5, 'sequence', 0xffff, 20_000],
    ['bu', 5, 'sequence', 0xffff, 3],
    ['hb', 13, 'sequence', 0xffffffff, 3],
    ['sq', 22, 'sequence', 0xff, 3],
  ] as const)('%s: far behind what it would be', (_, type, field, most, right) => {
    const entry = mobilityEntry(type);
    const { octets } = craft(usual(entry, { [field]: right }), PATH, ['sequence']);
    const sent = decodeLayers(octets, 'ipv6').layers.at(-1)!.fields[field] as number;
    const back = Math.min(16_384, (most + 1) / 4);
    expect((right - sent + most + 1) % (most + 1)).toBe(back);
  });

  it('of ICMPv6, the identifier', () => {
    const { octets } = craft(usual(icmpv6Entry(145)!, { identifier: 1 }), PATH, ['sequence']);
    expect(decodeLayers(octets, 'ipv6').layers.at(-1)!.fields['identifier']).toBe(49_153);
  });

  it('is refused where there is none', () => {
    expect(() => craft(usual(mobilityEntry(1)), PATH, ['sequence'])).toThrow(
      '--break sequence is not possible: Home Test Init has no sequence number',
    );
  });
});

describe('alignment', () => {
  it.each([
    [{ type: 'Alternate Care-of Address', address: '2001:db8:b::5' }],
    [{ type: 'Binding Refresh Advice', interval: 4 }],
    [
      { type: 'NAT Detection', forceUdp: true, refresh: 110 },
      { type: 'Nonce Indices', home: 1, careOf: 2 },
    ],
  ])('options stand off their places, and are all there', (...options) => {
    const message = { ...usual(mobilityEntry(5)), options };
    const { octets } = craft(message, PATH, ['alignment']);
    const { ok, layers } = decodeLayers(octets, 'ipv6');
    expect(ok).toBe(true);
    expect([...new Set(codes(octets))]).toEqual(['mh-option-alignment']);
    const shown = layers.at(-1)!.fields['options'] as { type: { name: string } }[];
    expect(shown.map(({ type }) => type.name).filter((name) => !name.startsWith('Pad'))).toEqual(
      options.map(({ type }) => type),
    );
  });

  it('without mobility options, the Home Address option does', () => {
    const { octets } = craft(usual(mobilityEntry(5)), PATH, ['alignment']);
    const { layers, issues } = decodeLayers(octets, 'ipv6');
    expect(layers[1]).toMatchObject({
      layer: 'destopt',
      fields: { options: [{ type: { name: 'Home Address' }, offset: 42 }, {}, {}] },
    });
    expect(issues).toEqual([]);
  });

  it('is refused where nothing wants one', () => {
    const bare = { source: PATH.source, destination: PATH.destination };
    expect(() => craft(usual(mobilityEntry(5)), bare, ['alignment'])).toThrow(
      '--break alignment is not possible: no option here wants an alignment.',
    );
  });
});

describe('a receiver of ours', () => {
  it.each([
    ['checksum', 5, 'mh-checksum', 'silence', undefined],
    ['length', 5, 'mh-header-length', 'parameterProblem', MH_AT + 1],
    ['length', 0, 'mh-header-length', 'parameterProblem', MH_AT + 1],
    ['order', 5, 'mh-payload-proto', 'parameterProblem', 40],
    ['checksum', 13, 'mh-checksum', 'silence', undefined],
    ['length', 13, 'mh-type', 'bindingError', undefined],
  ] as const)('%s in type %i: %s, %s', (fault, type, reason, answer, pointer) => {
    const { octets } = craft(usual(mobilityEntry(type)), PATH, [fault]);
    const result = ingressPacket(received(octets));
    expect(result).toMatchObject({ ok: false, refusal: { reason, answer: { kind: answer } } });
    if (!result.ok && result.refusal.answer.kind === 'parameterProblem') {
      expect(result.refusal.answer.pointer).toBe(pointer);
    }
  });

  it.each(['alignment', 'sequence'] as const)('%s: the message is read as ever', (fault) => {
    const { octets } = craft(usual(mobilityEntry(5)), PATH, [fault]);
    expect(ingressPacket(received(octets))).toMatchObject({
      ok: true,
      value: { source: PATH.homeAddress, message: { kind: 'bindingUpdate' } },
    });
  });
});

it('faults go together', () => {
  const { octets } = craft(usual(mobilityEntry(5), { sequence: 20_000 }), PATH, [
    'sequence',
    'order',
    'checksum',
  ]);
  expect(codes(octets)).toEqual(expect.arrayContaining(['mh-checksum', 'mh-payload-proto']));
  const mh = decodeLayers(octets, 'ipv6').layers.find((l) => l.layer === 'mh')!;
  expect(mh.fields['sequence']).toBe(3616);
});

function pair(entry: MessageEntry, fault: Fault): [good: Uint8Array, bad: Uint8Array] {
  const message = usual(entry);
  return [craft(message, PATH).octets, craft(message, PATH, [fault]).octets];
}

function usual(entry: MessageEntry, fields: Record<string, unknown> = {}) {
  return { entry, fields: { ...messageParts(entry).defaults, ...fields }, options: [] };
}

const codes = (octets: Uint8Array): string[] =>
  decodeLayers(octets, 'ipv6').issues.map(({ code }) => code);

const difference = (a: Uint8Array, b: Uint8Array): number[] =>
  [...a.keys()].filter((at) => a[at] !== b[at]);

const received = (octets: Uint8Array) => ({
  link: 'eth0',
  octets,
  arrival: { kind: 'native' as const },
  protected: false,
});
