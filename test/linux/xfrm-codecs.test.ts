/** XFRM messages of a real kernel, read and written; and what we write, read back. */
import { inspect } from 'node:util';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix } from '../../src/base/address.js';
import { WireError } from '../../src/base/error.js';
import { readAttributes } from '../../src/linux/netlink/attributes.js';
import { XFRMA } from '../../src/linux/netlink/xfrm/attribute.js';
import { declaredPolicy, declaredState } from '../../src/linux/netlink/xfrm/declared.js';
import {
  describePolicy,
  describeState,
  summarizePolicy,
  summarizeState,
} from '../../src/linux/netlink/xfrm/describe.js';
import { XfrmKey } from '../../src/linux/netlink/xfrm/key.js';
import {
  decodeXfrm,
  encodeXfrm,
  xfrmMessageType,
  type XfrmMessage,
  type XfrmMessageKind,
} from '../../src/linux/netlink/xfrm/message.js';
import type { XfrmAlgorithm, XfrmPolicy, XfrmState } from '../../src/linux/netlink/xfrm/model.js';
import { GOLDEN_XFRM } from './fixtures/xfrm-messages.js';
import { XFRM_KINDS, xfrmMessageOf } from './xfrm-arbitraries.js';

const zone = process.env['TZ'];
beforeAll(() => void (process.env['TZ'] = 'UTC')); // the texts have local times
afterAll(() => {
  if (zone === undefined) delete process.env['TZ'];
  else process.env['TZ'] = zone;
});

describe('messages of a kernel', () => {
  it.each(GOLDEN_XFRM)('reads both ways: $what', ({ type, octets, message }) => {
    const wire = Buffer.from(octets, 'hex');
    expect(decodeXfrm(type, wire)).toEqual(message);
    const written = encodeXfrm(withKeys(message));
    expect(written.type).toBe(type);
    expect(Buffer.from(written.body).toString('hex')).toBe(toldOnce(type, wire).toString('hex'));
  });

  it.each(GOLDEN_XFRM)('cut anywhere, it is refused or a lesser one: $what', (row) => {
    const wire = Buffer.from(row.octets, 'hex');
    const ends = attributeEnds(row.type, wire);
    for (let length = 0; length < wire.length; length++) {
      const read = (): unknown => decodeXfrm(row.type, wire.subarray(0, length));
      if (ends.has(length)) expectMessageOrWireError(read);
      else expect(read, `${length} octets`).toThrow(WireError);
    }
  });

  it('octets at random are never more than misunderstood', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GOLDEN_XFRM),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        ({ type, octets }, changes) => {
          const data = Buffer.from(octets, 'hex');
          for (const [at, octet] of changes) data[at % data.length] = octet;
          expectMessageOrWireError(() => decodeXfrm(type, data));
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('a type that has no row is no message', () => {
    expect(decodeXfrm(15, new Uint8Array(400))).toBeUndefined();
    expect(decodeXfrm(30, new Uint8Array(400))).toBeUndefined(); // XFRM_MSG_NEWAE
    expect(decodeXfrm(99, new Uint8Array(400))).toBeUndefined();
  });
});

describe('as iproute2 prints them', () => {
  it.each(GOLDEN_XFRM.filter((row) => row.text !== undefined))('$what', ({ message, text }) => {
    const linkName = (index: number): string => (index === DUMMY ? 'd0' : `link ${index}`);
    const described =
      'policy' in message && message.policy
        ? describePolicy(message.policy, { statistics: true, linkName })
        : describeState((message as { state: XfrmState }).state, { statistics: true, linkName });
    // iproute2 6.1 forgets a space here, and puts two where there is no flag.
    const meant = text!.replace('extra_flag', ' extra_flag').replace('flag  (', 'flag (');
    expect(described).toBe(meant);
  });
});

describe('in words', () => {
  it('any policy and any state can be told, each part of it in its line', () => {
    fc.assert(
      fc.property(xfrmMessageOf('newPolicy'), xfrmMessageOf('newState'), (one, other) => {
        const { policy: p } = one as { policy: XfrmPolicy };
        const { state: s } = other as { state: XfrmState };
        for (const statistics of [false, true]) {
          const texts = [describePolicy(p, { statistics }), describeState(s, { statistics })];
          for (const text of texts) {
            const [first, ...rest] = text.split('\n');
            expect(first).toMatch(/^src \S+ dst \S+/);
            for (const line of rest) expect(line).toMatch(/^\t+ *\S/);
            expect(text).not.toMatch(/undefined|NaN|\[object/);
          }
          expect(texts[0]!.match(/\ttmpl /g) ?? []).toHaveLength(p.templates.length);
        }
        expect(summarizePolicy(p)).not.toMatch(/\n|undefined/);
        expect(summarizeState(s)).not.toMatch(/\n|undefined/);
      }),
    );
  });

  it('an interface goes by its index where nobody knows its name', () => {
    const { selector } = POLICY;
    const text = describePolicy({ ...POLICY, selector: { ...selector, link: 7 } });
    expect(text).toContain('proto mobility-header dev 7\n');
  });
});

describe('written and read back', () => {
  it.each(XFRM_KINDS)('%s is the same', (kind) => {
    fc.assert(
      fc.property(xfrmMessageOf(kind), (message) => {
        const { type, body } = encodeXfrm(withKeys(message));
        expect(type).toBe(xfrmMessageType(kind));
        expect(decodeXfrm(type, body)).toEqual(message);
      }),
      { numRuns: 200 },
    );
  });

  it('each kind of message has its own number', () => {
    expect(new Set(XFRM_KINDS.map(xfrmMessageType)).size).toBe(XFRM_KINDS.length);
  });

  it('a selector that says nothing but its family is kept apart from none at all', () => {
    const any = { source: prefix('::/0'), destination: prefix('::/0'), protocol: 0 };
    for (const state of [STATE, { ...STATE, selector: any }]) {
      const { type, body } = encodeXfrm({ kind: 'newState', state });
      expect(decodeXfrm(type, body)).toMatchObject({ state });
      expect('selector' in (decodeXfrm(type, body) as { state: XfrmState }).state).toBe(
        'selector' in state,
      );
    }
  });
});

describe('what no octets can say', () => {
  const four = prefix('192.0.2.0/24');
  const six = prefix('2001:db8::/32');
  it.each<[string, XfrmMessage, object]>([
    [
      'two families in a selector',
      policy({ selector: { source: four, destination: six, protocol: 0 } }),
      { code: 'XFRM_FAMILY', message: expect.stringContaining('192.0.2.0 and 2001:db8::') },
    ],
    [
      'two families in a template',
      policy({ templates: [{ ...TEMPLATE, source: ipv4('0.0.0.0') }] }),
      { code: 'XFRM_FAMILY', message: expect.stringContaining('Say "0.0.0.0"') },
    ],
    [
      'two families in a state',
      state({ source: ipv4('192.0.2.1') }),
      { code: 'XFRM_FAMILY', way: expect.stringContaining('any address') },
    ],
    [
      'seven templates',
      policy({ templates: Array(7).fill(TEMPLATE) }),
      { code: 'XFRM_TEMPLATES', message: 'Expected at most 6 templates, came 7.' },
    ],
    [
      'no move',
      { kind: 'migrate', migration: { ...POLICY, moves: [] } },
      { code: 'XFRM_MOVES', message: 'Expected 1 to 6 moves in one migration, came 0.' },
    ],
    [
      'no key',
      state({ encryption: { name: 'cbc(aes)', keyBits: 128 } }),
      { code: 'XFRM_KEY', message: expect.stringContaining('128 bits for cbc(aes), came none') },
    ],
    [
      'a key of another length',
      state({
        aead: { name: 'gcm(aes)', keyBits: 160, icvBits: 128, key: new XfrmKey(KEY) },
      }),
      { code: 'XFRM_KEY', message: expect.stringContaining('came one of 128') },
    ],
    [
      'a long name',
      state({ compression: { name: 'x'.repeat(64), keyBits: 0 } }),
      { code: 'XFRM_ALGORITHM', message: expect.stringContaining('up to 63 octets, came 64') },
    ],
  ])('%s', (_what, message, error) => {
    expect(() => encodeXfrm(message)).toThrow(expect.objectContaining(error));
  });
});

describe('keys', () => {
  const key = new XfrmKey(KEY);

  it('are in the octets for the kernel', () => {
    const { body } = encodeXfrm(state({ encryption: { name: 'cbc(aes)', keyBits: 128, key } }));
    expect(Buffer.from(body).includes(KEY)).toBe(true);
  });

  it('show their length and nothing else', () => {
    const algorithm: XfrmAlgorithm = { name: 'cbc(aes)', keyBits: 128, key };
    const shown = [
      String(key),
      `${key}`,
      JSON.stringify(algorithm),
      inspect(algorithm, { depth: 9, showHidden: true }),
      JSON.stringify({ ...key }),
    ].join('\n');
    expect(shown).toContain('key of 128 bits');
    expect(shown).not.toContain('41');
    expect(shown.toLowerCase()).not.toContain('a1');
    expect(Object.keys(key)).toEqual([]);
  });

  it('are copied, so that the caller may wipe its own', () => {
    const own = Uint8Array.from(KEY);
    const kept = new XfrmKey(own);
    own.fill(0);
    const out = new Uint8Array(KEY.length);
    kept.copyInto(out, 0);
    expect(out).toEqual(Uint8Array.from(KEY));
  });

  it('of a kernel are not read', () => {
    for (const { type, octets } of GOLDEN_XFRM) {
      const shown = JSON.stringify(decodeXfrm(type, Buffer.from(octets, 'hex')));
      expect(shown).not.toContain('"key"');
    }
  });

  it('in an attribute that is too short for them refuse the message', () => {
    const row = GOLDEN_XFRM.find(({ what }) => what.includes('aead'))!;
    const wire = Buffer.from(row.octets, 'hex');
    const at = wire.indexOf('rfc4106') + 64;
    expect(wire.readUInt32LE(at)).toBe(160);
    wire.writeUInt32LE(0xffffffff, at);
    expect(() => decodeXfrm(row.type, wire)).toThrow(WireError);
  });
});

describe('what was declared', () => {
  it('is without what the kernel adds to a policy', () => {
    const row = GOLDEN_XFRM.find(({ what }) => what === 'policy binding updates out')!;
    const { policy: read } = row.message as { policy: XfrmPolicy };
    expect(read.index).toBe(1);
    expect(declaredPolicy(read)).toEqual({
      selector: {
        source: prefix('2001:db8:a::100/128'),
        destination: prefix('2001:db8:a::1/128'),
        protocol: 135,
        type: 5,
      },
      direction: 'out',
      ptype: 'sub',
      action: 'allow',
      priority: 2,
      templates: [{ ...TEMPLATE, level: 'use' }],
    });
  });

  it('is without keys, counters and sequence numbers of a state', () => {
    const used = {
      ...STATE,
      replay: { outbound: 7, inbound: 9, bitmap: 1 },
      usage: { bytes: 1, packets: 1, addTime: 1, useTime: 1 },
      lastUsed: 5,
      aead: { name: 'gcm(aes)', keyBits: 128, icvBits: 128, key: new XfrmKey(KEY) },
      extendedReplay: {
        window: 64,
        ...{ outbound: 1, outboundHigh: 2, inbound: 3, inboundHigh: 4 },
        bitmap: [5, 6],
      },
    };
    expect(declaredState(used)).toEqual({
      ...STATE,
      aead: { name: 'gcm(aes)', keyBits: 128, icvBits: 128 },
      extendedReplay: {
        window: 64,
        ...{ outbound: 0, outboundHigh: 0, inbound: 0, inboundHigh: 0 },
        bitmap: [0, 0],
      },
    });
  });
});

const KEY = Buffer.from('a1414141414141414141414141414141', 'hex');
const DUMMY = 5; // index of d0 when the golden rows were taken

const TEMPLATE = {
  protocol: 'hao',
  mode: 'ro',
  source: ipv6('::'),
  destination: ipv6('::'),
  spi: 0,
  reqid: 0x6d697036,
  level: 'required',
} as const;

const POLICY: XfrmPolicy = {
  selector: { source: prefix('::/0'), destination: prefix('2001:db8::1/128'), protocol: 135 },
  direction: 'in',
  ptype: 'sub',
  action: 'allow',
  priority: 9,
  templates: [TEMPLATE],
};

const STATE: XfrmState = {
  source: ipv6('2001:db8:a::100'),
  destination: ipv6('2001:db8:a::1'),
  protocol: 'hao',
  mode: 'ro',
  spi: 0,
  reqid: 0x6d697036,
  flags: [],
  replayWindow: 0,
};

function policy(more: Partial<XfrmPolicy>): XfrmMessage {
  return { kind: 'newPolicy', policy: { ...POLICY, ...more } };
}

function state(more: Partial<XfrmState>): XfrmMessage {
  return { kind: 'newState', state: { ...STATE, ...more } };
}

/** The keys that the golden rows were made with: 00 01 02 … */
function withKeys(message: XfrmMessage): XfrmMessage {
  if (!('state' in message) || !message.state) return message;
  const { authentication, encryption, aead, compression, ...rest } = message.state;
  const give = <A extends XfrmAlgorithm>(algorithm: A): A => ({
    ...algorithm,
    key: new XfrmKey(Uint8Array.from({ length: Math.ceil(algorithm.keyBits / 8) }, (_, i) => i)),
  });
  return {
    ...message,
    state: {
      ...rest,
      ...(authentication && { authentication: give(authentication) }),
      ...(encryption && { encryption: give(encryption) }),
      ...(aead && { aead: give(aead) }),
      ...(compression && { compression: give(compression) }),
    },
  } as XfrmMessage;
}

/** The kernel tells authentication twice: without the truncation for older programs. We write it once. */
function toldOnce(type: number, wire: Buffer): Buffer {
  const at = headOf(type);
  const attributes = readAttributes(wire.subarray(at));
  if (!attributes.has(XFRMA.ALG_AUTH_TRUNC.number)) return wire;
  const older = attributes.get(XFRMA.ALG_AUTH.number)!;
  const start = older.byteOffset - wire.byteOffset - 4;
  return Buffer.concat([wire.subarray(0, start), wire.subarray(start + 4 + older.length)]);
}

/** Lengths at which the message may end: after the head, and after each attribute with or without its padding. */
function attributeEnds(type: number, wire: Buffer): Set<number> {
  const ends = new Set<number>();
  let at = headOf(type);
  for (let end = HEADS_UNPADDED[type] ?? at; end <= at; end++) ends.add(end);
  while (at < wire.length) {
    const length = wire.readUInt16LE(at);
    const next = at + ((length + 3) & ~3);
    for (let end = at + length; end <= next; end++) ends.add(end);
    at = next;
  }
  return ends;
}

/** Where the attributes of the golden rows begin. */
function headOf(type: number): number {
  return HEADS[GOLDEN_XFRM.find((row) => row.type === type)!.message.kind];
}

function expectMessageOrWireError(read: () => unknown): void {
  try {
    expect(read()).toHaveProperty('kind');
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
  }
}

/** sizeof, where it is not a multiple of 4. */
const HEADS_UNPADDED: Readonly<Record<number, number>> = { [xfrmMessageType('flushStates')]: 1 };

/** sizeof, rounded up to 4. */
const HEADS: Readonly<Record<XfrmMessageKind, number>> = {
  newState: 224,
  updateState: 224,
  deleteState: 24,
  getState: 24,
  newPolicy: 168,
  updatePolicy: 168,
  deletePolicy: 64,
  getPolicy: 64,
  allocateSpi: 232,
  acquire: 280,
  expire: 232,
  policyExpire: 176,
  flushStates: 4,
  flushPolicies: 0,
  report: 60,
  migrate: 64,
  sadInfo: 4,
  getSadInfo: 4,
  spdInfo: 4,
  getSpdInfo: 4,
  mapping: 64,
};
