/** Which packet answers ours: a right one for every message, and those that look like it. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, type Ipv6 } from '../../../src/base/address.js';
import {
  messageEntries,
  messageParts,
  type MessageEntry,
} from '../../../src/diagnostics/craft/catalogue.js';
import { answerKind, matchAnswer } from '../../../src/diagnostics/craft/match.js';
import { craft, type Crafted, type Path } from '../../../src/diagnostics/craft/packet.js';
import type { JsonObject } from '../../../src/diagnostics/layers/json.js';
import { encodeIcmpv4 } from '../../../src/wire/icmpv4.js';
import { encodeIpv4 } from '../../../src/wire/ipv4.js';
import { encodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import { PROTOCOL } from '../../../src/wire/protocol.js';

const CARE_OF = ipv6('2001:db8:b::5');
const AGENT = ipv6('2001:db8:a::1');
const HOME = ipv6('2001:db8:a::100');
const OTHER = ipv6('2001:db8:ffff::1');
const OUT: Path = { source: CARE_OF, destination: AGENT, homeAddress: HOME };
const BACK: Path = { source: AGENT, destination: CARE_OF, route: HOME };

describe.each([
  { asks: 'bu', fields: { sequence: 7 }, with: 'ba', back: { sequence: 7 }, not: { sequence: 8 } },
  {
    asks: 'hoti',
    fields: { cookie: '0x0102030405060708' },
    with: 'hot',
    back: { cookie: '0x0102030405060708' },
    not: { cookie: '0x0102030405060709' },
  },
  {
    asks: 'coti',
    fields: { cookie: '0x0102030405060708' },
    with: 'cot',
    back: { cookie: '0x0102030405060708' },
    not: { cookie: '0x0000000000000000' },
  },
  { asks: 'fbu', fields: { sequence: 9 }, with: 'fback', back: { sequence: 9 }, not: {} },
  { asks: 'hi', fields: { sequence: 9 }, with: 'hack', back: { sequence: 9 }, not: {} },
  {
    asks: 'hb',
    fields: { sequence: 0x10009 },
    with: 'hb',
    back: { sequence: 0x10009, flags: 'R' },
    not: { sequence: 0x10009, flags: 0 },
  },
  {
    asks: 'bri',
    fields: { sequence: 9 },
    with: 'bri',
    back: { sequence: 9, revocationType: 2, code: 0 },
    not: { sequence: 9 },
  },
  { asks: 'lri', fields: { sequence: 9 }, with: 'lra', back: { sequence: 9 }, not: {} },
  { asks: 'upn', fields: { sequence: 9 }, with: 'upa', back: { sequence: 9 }, not: {} },
  {
    asks: 'fb',
    fields: { sequence: 9 },
    with: 'fb',
    back: { sequence: 9, flowBindingType: 2 },
    not: { sequence: 9 },
  },
  { asks: 'sq', fields: { sequence: 9 }, with: 'sr', back: { sequence: 9 }, not: {} },
  { asks: 'mps', fields: { identifier: 9 }, with: 'mpa', back: { identifier: 9 }, not: {} },
])('$asks', ({ asks, fields, with: word, back, not }) => {
  const asked = made(asks, fields);

  it(`is answered by ${word} with what it asked with`, () => {
    expect(answerKind(asked.asked.said!.message)).toBe(entry(word).kind);
    expect(matchAnswer(asked.asked, made(word, back, BACK).octets)).toBe('answer');
  });

  it.each([
    ['another number, cookie or type of it', { fields: not, path: BACK }],
    ['another sender', { fields: back, path: { ...BACK, source: OTHER } }],
    ['another home address', { fields: back, path: { ...BACK, route: OTHER } }],
  ])('is not by %s', (_, answer) => {
    expect(matchAnswer(asked.asked, made(word, answer.fields, answer.path).octets)).toBeUndefined();
  });

  it('is not by a wrong checksum', () => {
    const octets = craft({ ...usual(word), fields: fieldsOf(word, back) }, BACK, [
      'checksum',
    ]).octets;
    expect(matchAnswer(asked.asked, octets)).toBeUndefined();
  });

  it('is not by itself', () => {
    expect(matchAnswer(asked.asked, asked.octets)).toBeUndefined();
  });
});

it('a Binding Acknowledgement of status 135 answers whatever number it carries: RFC 6275 §9.5.1', () => {
  const { asked } = made('bu', { sequence: 7 });
  const ba = (status: number) => made('ba', { sequence: 4711, status }, BACK).octets;
  expect(matchAnswer(asked, ba(135))).toBe('answer');
  expect(matchAnswer(asked, ba(134))).toBeUndefined();
});

it('a Binding Update answers a Binding Refresh Request', () => {
  const { asked } = made('brr', {}, BACK);
  expect(matchAnswer(asked, made('bu', {}, OUT).octets)).toBe('answer');
  expect(matchAnswer(asked, made('bu', {}, { ...OUT, homeAddress: OTHER }).octets)).toBeUndefined();
});

it('any home agent answers a discovery, by the identifier: it went to an anycast address', () => {
  const anycast = ipv6('2001:db8:a:0:fdff:ffff:ffff:fffe');
  const { asked } = made('dhaad', { identifier: 9 }, { source: CARE_OF, destination: anycast });
  const reply = (identifier: number) =>
    made('dhaad-reply', { identifier }, { source: AGENT, destination: CARE_OF }).octets;
  expect(matchAnswer(asked, reply(9))).toBe('answer');
  expect(matchAnswer(asked, reply(10))).toBeUndefined();
});

it.each([
  ['bu', { flags: 'H' }],
  ['ba', {}],
  ['be', {}],
  ['hot', {}],
  ['fna', {}],
  ['hb', { flags: 'R' }],
  ['upn', { flags: 0 }],
  ['mpa', {}],
])('%s asks for no answer', (word, fields) => {
  expect(answerKind(made(word, fields).asked.said!.message)).toBeUndefined();
});

it('an answer in a tunnel, or in UDP, is one', () => {
  const { asked } = made('bu', { sequence: 7 });
  const ba = made('ba', { sequence: 7 }, { source: AGENT, destination: HOME }).octets;
  const tunnelled = encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 64,
    source: AGENT,
    destination: CARE_OF,
    headers: [],
    protocol: PROTOCOL.ipv6,
    payload: ba,
  });
  expect(matchAnswer(asked, tunnelled)).toBe('answer');
  const udp = {
    source: ipv4('198.51.100.1'),
    sourcePort: 4191,
    destination: ipv4('10.1.0.100'),
    destinationPort: 4191,
  };
  const inUdp = made('ba', { sequence: 7 }, { source: AGENT, destination: HOME, udp }).octets;
  expect(matchAnswer(asked, inUdp)).toBe('answer');
});

describe('a Binding Error, RFC 6275 §9.3.3', () => {
  const { asked } = made('hb', {});
  const error = (homeAddress: Ipv6, source = AGENT, destination = CARE_OF) =>
    encodeMobilityPacket({
      source,
      destination,
      message: { kind: 'bindingError', status: 2, homeAddress, options: [] },
    });

  it('goes to the source of the IPv6 header, with the home address it saw or none', () => {
    expect(matchAnswer(asked, error(HOME))).toBe('error');
    expect(matchAnswer(asked, error(ipv6('::')))).toBe('error');
  });

  it.each([
    ['another home address', error(OTHER)],
    ['another sender', error(HOME, OTHER)],
    ['another receiver', error(HOME, AGENT, OTHER)],
  ])('with %s is none of ours', (_, octets) => {
    expect(matchAnswer(asked, octets)).toBeUndefined();
  });
});

describe('an ICMP error', () => {
  const crafted = made('bu', { sequence: 7 });
  const problem = (quoted: Uint8Array, source: Ipv6 = AGENT) =>
    encodeIcmpv6Packet({
      source,
      destination: CARE_OF,
      message: { kind: 'parameterProblem', code: 0, pointer: 65, quoted },
    });

  it('quotes our packet, as it came there', () => {
    const quoted = crafted.octets.slice();
    quoted[7]! -= 3; // hop limit
    expect(matchAnswer(crafted.asked, problem(quoted))).toBe('error');
    expect(matchAnswer(crafted.asked, problem(quoted, OTHER))).toBe('error'); // a router's
    expect(matchAnswer(crafted.asked, problem(quoted.subarray(0, 70)))).toBe('error');
  });

  it('quotes a packet with faults as it was sent', () => {
    for (const fault of ['length', 'order', 'checksum'] as const) {
      const broken = craft({ ...usual('bu'), fields: fieldsOf('bu', {}) }, OUT, [fault]);
      expect(matchAnswer(broken.asked, problem(broken.octets)), fault).toBe('error');
    }
  });

  it('quotes a packet whose routing header has been taken', () => {
    const brr = made('brr', {}, BACK);
    const quoted = brr.octets.slice();
    quoted.set(brr.octets.subarray(48, 64), 24); // RFC 6275 §6.4: the addresses change places
    quoted.set(brr.octets.subarray(24, 40), 48);
    quoted[43] = 0;
    const octets = encodeIcmpv6Packet({
      source: CARE_OF,
      destination: AGENT,
      message: { kind: 'parameterProblem', code: 0, pointer: 0, quoted },
    });
    expect(matchAnswer(brr.asked, octets)).toBe('error');
  });

  it('that quotes another packet, or too little to tell, is none of ours', () => {
    const other = made('bu', { sequence: 8 }).octets;
    expect(matchAnswer(crafted.asked, problem(other))).toBeUndefined();
    expect(matchAnswer(crafted.asked, problem(crafted.octets.subarray(0, 50)))).toBeUndefined();
    expect(matchAnswer(crafted.asked, problem(new Uint8Array(0)))).toBeUndefined();
  });

  it('with a wrong checksum is none', () => {
    const octets = problem(crafted.octets);
    octets[43]! ^= 1;
    expect(matchAnswer(crafted.asked, octets)).toBeUndefined();
  });

  it('of IPv4 quotes the UDP header', () => {
    const udp = {
      source: ipv4('10.1.0.100'),
      sourcePort: 4191,
      destination: ipv4('198.51.100.1'),
      destinationPort: 4191,
    };
    const inUdp = made('bu', {}, { ...OUT, udp });
    const unreachable = (quoted: Uint8Array) =>
      encodeIpv4({
        tos: 0,
        identification: 1,
        dontFragment: false,
        moreFragments: false,
        fragmentOffset: 0,
        ttl: 64,
        protocol: PROTOCOL.icmp,
        source: ipv4('198.51.100.1'),
        destination: ipv4('10.1.0.100'),
        options: new Uint8Array(0),
        payload: encodeIcmpv4({ kind: 'destinationUnreachable', code: 3, mtu: 0, quoted }),
      });
    expect(matchAnswer(inUdp.asked, unreachable(inUdp.octets.subarray(0, 28)))).toBe('error');
    const other = made('bu', {}, { ...OUT, udp: { ...udp, sourcePort: 9 } }).octets;
    expect(matchAnswer(inUdp.asked, unreachable(other))).toBeUndefined();
    expect(matchAnswer(crafted.asked, unreachable(inUdp.octets))).toBeUndefined();
  });
});

it('octets of chance answer nothing, and a changed answer never throws', () => {
  const { asked } = made('bu', { sequence: 7 });
  const ba = made('ba', { sequence: 7 }, BACK).octets;
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 120 }), (octets) => {
      expect(matchAnswer(asked, octets)).toBeUndefined();
    }),
  );
  fc.assert(
    fc.property(fc.nat(ba.length - 1), fc.integer({ min: 1, max: 255 }), (at, by) => {
      const changed = ba.slice();
      changed[at]! ^= by;
      matchAnswer(asked, changed);
      matchAnswer(asked, changed.subarray(0, at));
    }),
  );
});

const entry = (word: string): MessageEntry => messageEntries().find((e) => e.word === word)!;
const fieldsOf = (word: string, fields: JsonObject): JsonObject => ({
  ...messageParts(entry(word)).defaults,
  ...fields,
});
const usual = (word: string) => ({ entry: entry(word), options: [] });

function made(word: string, fields: JsonObject, path: Path = OUT): Crafted {
  return craft({ ...usual(word), fields: fieldsOf(word, fields) }, path);
}
