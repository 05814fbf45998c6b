/** A message, a path and faults to octets: vectors, every message of the catalogue, any message there can be. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import { toHex } from '../../../src/base/bytes.js';
import {
  icmpv6Entry,
  messageEntries,
  messageParts,
  mobilityEntry,
} from '../../../src/diagnostics/craft/catalogue.js';
import { craft, replay, type Message, type Path } from '../../../src/diagnostics/craft/packet.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import type { JsonObject } from '../../../src/diagnostics/layers/json.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import { messageRows } from '../../../src/wire/mobility/message-table.js';
import { anyMessage } from '../../wire/mobility/arbitrary.js';
import { REGISTRATION } from '../layers/packets.js';

const CARE_OF = ipv6('2001:db8:b::5');
const AGENT = ipv6('2001:db8:a::1');
const HOME = ipv6('2001:db8:a::100');
const PATH: Path = { source: CARE_OF, destination: AGENT, homeAddress: HOME };
const ENTRIES = messageEntries().map((entry) => [entry.word, entry] as const);

describe('the catalogue', () => {
  it('has every Mobility Header of the table and the four of ICMPv6, each by a word of its own', () => {
    const entries = messageEntries();
    expect(entries.filter((e) => e.layer === 'mh').map((e) => e.type)).toEqual(
      messageRows().map((row) => row.type),
    );
    expect(entries.filter((e) => e.layer === 'icmpv6').map((e) => e.type)).toEqual([
      144, 145, 146, 147,
    ]);
    expect(new Set(entries.map((e) => e.word)).size).toBe(entries.length);
  });

  it.each(ENTRIES)('%s is a whole message when nothing is said of it', (_, entry) => {
    const { octets, asked } = craft(usual(mustBe(entry)), PATH);
    const decoded = decodeLayers(octets, 'ipv6');
    expect(decoded).toMatchObject({ ok: true });
    expect(decoded.issues.filter(({ effect }) => effect === 'refuse')).toEqual([]);
    expect(asked.said).toMatchObject({
      message: { kind: entry.kind },
      source: HOME,
      destination: AGENT,
      packetSource: CARE_OF,
    });
  });

  it.each([24, 99, 255])('type %i, which nobody has given a meaning, is its octets', (type) => {
    const message = { entry: mobilityEntry(type), fields: { data: '0x010203' }, options: [] };
    const { layers } = decodeLayers(craft(message, PATH).octets, 'ipv6');
    expect(layers.at(-1)).toMatchObject({
      layer: 'mh',
      length: 16,
      fields: { type: { value: type }, data: '0x01020300000000000000' },
    });
  });
});

describe('a path', () => {
  it('a registration is the one that every other encoder makes', () => {
    const message = usual(mobilityEntry(5), {
      fields: { sequence: 7, lifetime: 600 },
      options: [{ type: 'Alternate Care-of Address', address: CARE_OF }],
    });
    expect(toHex(craft(message, PATH).octets)).toBe(toHex(REGISTRATION));
  });

  it('a routing header stands before the Home Address option, and both homes are summed', () => {
    const route = ipv6('2001:db8:c::200');
    const { octets } = craft(usual(mobilityEntry(0)), { ...PATH, route, hopLimit: 7 });
    const { layers, issues } = decodeLayers(octets, 'ipv6');
    expect(layers.map((l) => l.layer)).toEqual(['ipv6', 'rthdr', 'destopt', 'mh']);
    expect(layers[0]!.fields['hopLimit']).toBe(7);
    expect(issues).toEqual([]);
  });

  it('in UDP the packet stands in IPv4, with both checksums', () => {
    const udp = {
      source: ipv4('10.1.0.100'),
      sourcePort: 4191,
      destination: ipv4('198.51.100.1'),
      destinationPort: 40_000,
    };
    const { octets, as, asked } = craft(usual(mobilityEntry(5)), { ...PATH, udp });
    expect(as).toBe('ipv4');
    const { ok, layers, issues } = decodeLayers(octets, 'ipv4');
    expect({ ok, issues }).toEqual({ ok: true, issues: [] });
    expect(layers.slice(0, 2)).toMatchObject([
      { layer: 'ipv4', fields: { source: '10.1.0.100', destination: '198.51.100.1' } },
      { layer: 'udp', fields: { sourcePort: 4191, destinationPort: 40_000 } },
    ]);
    expect(asked.outer).toBe(octets);
    expect(toHex(asked.sent!)).toBe(toHex(octets.subarray(28)));
  });

  it('a value that does not fit is refused with its place', () => {
    const message = usual(mobilityEntry(5), { fields: { lifetime: 3 } });
    expect(() => craft(message, PATH)).toThrow(/fields\.lifetime: expected/);
    const options = [{ type: 1 }];
    expect(() => craft({ ...usual(icmpv6Entry(144)!), options }, PATH)).toThrow(
      'Home Agent Address Discovery Request has no options.',
    );
  });
});

describe('any message there can be', () => {
  it('is made again from what the decoder says of it', () => {
    fc.assert(
      fc.property(anyMessage, (message) => {
        const octets = encodeMobilityPacket({ source: CARE_OF, destination: AGENT, message });
        const layer = decodeLayers(octets, 'ipv6').layers.find((l) => l.layer === 'mh')!;
        fc.pre(layer.octets === undefined);
        const { type, options, ...fields } = layer.fields;
        const again: Message = {
          entry: mobilityEntry((type as { value: number }).value),
          fields,
          options: (options ?? []) as JsonObject[],
        };
        const path = { source: CARE_OF, destination: AGENT };
        expect(toHex(craft(again, path).octets)).toBe(toHex(octets));
      }),
    );
  });

  it('whatever octets are replayed, nothing throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (octets) => {
        expect(replay(octets).octets).toBe(octets);
      }),
    );
  });
});

/** With what its fields are when nobody names them. */
function usual(
  entry: Message['entry'],
  { fields = {}, options = [] }: { fields?: JsonObject; options?: JsonObject[] } = {},
): Message {
  return { entry, fields: { ...messageParts(entry).defaults, ...fields }, options };
}

const mustBe = (entry: Message['entry'] | undefined): Message['entry'] => entry!;
