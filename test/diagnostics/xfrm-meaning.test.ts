import { describe, expect, it } from 'vitest';
import { ipv6, prefix, type IpAddress } from '../../src/base/address.js';
import { xfrmJson } from '../../src/diagnostics/xfrm/json.js';
import { xfrmMeaning, type XfrmMeaning } from '../../src/diagnostics/xfrm/meaning.js';
import { REQID } from '../../src/linux/datapath/marks.js';
import {
  homeAddressObjects,
  homeAddressOptionObjects,
} from '../../src/linux/datapath/plan-xfrm.js';
import { XfrmKey } from '../../src/linux/netlink/xfrm/key.js';
import type {
  XfrmPolicy,
  XfrmSelector,
  XfrmState,
  XfrmTemplate,
} from '../../src/linux/netlink/xfrm/model.js';

const HOA = ipv6('2001:db8:a::100');
const HA = ipv6('2001:db8:a::1');
const COA = ipv6('2001:db8:b::1');
const ANY = ipv6('::');

describe('what mip6 puts there', () => {
  it('at a mobile node: the option on Binding Updates, the header on what comes back', () => {
    const { policies, states } = split(
      homeAddressObjects({ kind: 'homeAddress', home: HOA, peer: HA, careOf: COA }),
    );
    expect(lines(xfrmMeaning(policies, states))).toEqual([
      `mip6: Binding Updates of ${HOA} to ${HA} bear a Home Address option, care-of ${COA}`,
      `mip6: Mobility Headers of ${HA} to ${HOA} may bear a type 2 routing header`,
      `mip6: adds a Home Address option to packets of ${HOA} to ${HA}, care-of ${COA}`,
      'mip6: takes in type 2 routing headers from anyone',
    ]);
  });

  it('at a home agent: the option from anyone', () => {
    const { policies, states } = split(homeAddressOptionObjects([HA]));
    expect(lines(xfrmMeaning(policies, states))).toEqual([
      `mip6: Mobility Headers of anyone to ${HA} may bear a Home Address option`,
      'mip6: takes in Home Address options from anyone',
    ]);
  });

  it.each([
    [
      'state hao',
      0,
      'NO_STATE',
      /No state for hao ro, reqid 0x6d697036: .* leave without the header/,
    ],
    ['state route2', 1, 'NO_STATE', /route2 ro, reqid 0x6d697036: .* only without the header/],
    [
      'policy out',
      1,
      'NO_OUT_POLICY',
      /Binding Updates of .*::100 to .*::1 leave without the option/,
    ],
    ['policy in', 2, 'NO_POLICY', /No policy asks for it/],
  ] as const)('without its %s somebody is missed', (gone, at, code, sentence) => {
    const [kind, which] = gone.split(' ');
    const { policies, states } = split(
      homeAddressObjects({ kind: 'homeAddress', home: HOA, peer: HA, careOf: COA }),
    );
    const meaning = xfrmMeaning(
      policies.filter((p) => kind !== 'policy' || p.direction !== which),
      states.filter((s) => kind !== 'state' || s.protocol !== which),
    );
    const all = [...meaning.policies, ...meaning.states].map(({ notes }) => notes);
    expect(all[at]).toEqual([{ code, sentence: expect.stringMatching(sentence) as string }]);
    expect(all.filter((notes) => notes.length > 0)).toHaveLength(1);
  });
});

describe('what UMIP puts there', () => {
  const hao = tmpl('hao', 'ro', HOA, HA, { level: 'use' });
  const anyHao = tmpl('hao', 'ro', ANY, ANY, { level: 'use' });
  it.each<[Partial<XfrmPolicy>, Partial<XfrmSelector>, string]>([
    [{ priority: 12 }, icmp(135), 'Neighbor Solicitations of anyone to anyone pass as they are'],
    [{ priority: 3 }, icmp(136), 'Neighbor Advertisements of anyone to anyone pass as they are'],
    [{ priority: 12 }, icmp(0), 'ICMPv6 messages of type 0 of anyone to anyone pass as they are'],
    [{ priority: 12 }, mh(), 'Mobility Headers of anyone to anyone pass as they are'],
    [{ priority: 3 }, mh(7), 'Binding Errors of anyone to anyone pass as they are'],
    [{ priority: 4, action: 'block' }, {}, 'packets of anyone to anyone are dropped'],
    [
      { priority: 2, templates: [hao] },
      { ...mh(5), ...between(HOA, HA) },
      `Binding Updates of ${HOA} to ${HA} bear a Home Address option`,
    ],
    [
      { priority: 9, direction: 'in', templates: [anyHao] },
      mh(5),
      'Binding Updates of anyone to anyone may bear a Home Address option',
    ],
    [
      {
        priority: 19,
        direction: 'in',
        templates: [tmpl('route2', 'ro', ANY, ANY, { level: 'use' })],
      },
      {},
      'packets of anyone to anyone may bear a type 2 routing header',
    ],
    [
      { priority: 18, templates: [tmpl('hao', 'in_trigger', HOA, ANY, { level: 'use' })] },
      { source: prefix(`${HOA}/128`) },
      `packets of ${HOA} to anyone ask for route optimization`,
    ],
    [
      { priority: 2, ptype: 'main', templates: [tmpl('esp', 'transport', ANY, ANY, { reqid: 1 })] },
      { ...mh(5), ...between(HOA, HA) },
      `Binding Updates of ${HOA} to ${HA} are protected by ESP, reqid 1`,
    ],
    [
      {
        priority: 5,
        ptype: 'main',
        direction: 'in',
        templates: [tmpl('esp', 'transport', ANY, ANY, { reqid: 3 })],
      },
      { ...icmp(146), ...between(HOA, HA) },
      `Mobile Prefix Solicitations of ${HOA} to ${HA} must come in ESP, reqid 3`,
    ],
    [
      { priority: 10, ptype: 'main', templates: [tmpl('esp', 'tunnel', COA, HA, { reqid: 5 })] },
      { ...mh(1), source: prefix(`${HOA}/128`) },
      `Home Test Inits of ${HOA} to anyone go through an ESP tunnel from ${COA} to ${HA}, reqid 5`,
    ],
  ])('%#: is told by priority and shape', (policy, selector, words) => {
    const [said] = xfrmMeaning([pol(policy, selector)], []).policies;
    expect(`${said?.owner}: ${said?.serves}`).toBe(`UMIP: ${words}`);
  });

  it('a state is of UMIP where a policy of UMIP asks for it, and nothing else marks it', () => {
    const policy = pol({ priority: 2, templates: [hao] }, { ...mh(5), ...between(HOA, HA) });
    const one = ro('hao', HOA, HA, { reqid: 0 });
    expect(xfrmMeaning([policy], [one]).states[0]?.owner).toBe('UMIP');
    expect(xfrmMeaning([], [one]).states[0]?.owner).toBe('IKE or by hand');
  });
});

describe('what is of others', () => {
  it.each<[Partial<XfrmPolicy>, Partial<XfrmSelector>, string]>([
    [
      {
        priority: 375423,
        ptype: 'main',
        direction: 'fwd',
        templates: [tmpl('esp', 'tunnel', HA, COA, { reqid: 7 })],
      },
      { source: prefix('2001:db8:1::/48'), destination: prefix('2001:db8:2::/48') },
      `IKE or by hand: packets of 2001:db8:1::/48 to 2001:db8:2::/48 must come out of an ESP tunnel from ${HA} to ${COA}, reqid 7`,
    ],
    [
      {
        priority: 7,
        ptype: 'main',
        templates: [
          tmpl('comp', 'transport', ANY, ANY, { level: 'use' }),
          tmpl('ah', 'transport', ANY, ANY),
        ],
      },
      { protocol: 17, destinationPort: { value: 500, mask: 0xffff } },
      'IKE or by hand: UDP packets to port 500 of anyone to anyone are protected by IPComp, are protected by AH',
    ],
    [
      { direction: 'socket out', ptype: 'main', priority: 0 },
      { protocol: 132, link: 3 },
      'a program: packets of protocol 132 of anyone to anyone by interface 3 pass as they are',
    ],
    [
      { priority: 1 },
      mh(99),
      'IKE or by hand: Mobility Headers of type 99 of anyone to anyone pass as they are',
    ],
  ])('%#: is told by having no shape of ours', (policy, selector, words) => {
    const [said] = xfrmMeaning([pol(policy, selector)], []).policies;
    expect(`${said?.owner}: ${said?.serves}`).toBe(words);
  });

  it('our reqid alone does not make a policy ours: it must be a sub policy, all of it', () => {
    const t = tmpl('hao', 'ro', HOA, HA, { reqid: REQID });
    const owner = (policy: Partial<XfrmPolicy>) =>
      xfrmMeaning([pol(policy, {})], []).policies[0]?.owner;
    expect(owner({ templates: [t] })).toBe('mip6');
    expect(owner({ templates: [t], ptype: 'main' })).toBe('IKE or by hand');
    expect(owner({ templates: [t, tmpl('esp', 'transport', ANY, ANY)] })).toBe('IKE or by hand');
  });
});

describe('which state serves which policy', () => {
  const policy = (template: Partial<XfrmTemplate> = {}, more: Partial<XfrmPolicy> = {}) =>
    pol(
      {
        ptype: 'main',
        priority: 2,
        templates: [tmpl('esp', 'transport', ANY, ANY, { reqid: 1, ...template })],
        ...more,
      },
      { ...mh(5), ...between(HOA, HA) },
    );
  it.each<[string, Partial<XfrmState>, Partial<XfrmTemplate>, Partial<XfrmPolicy>, number]>([
    ['the same reqid and the ends of the selector', {}, {}, {}, 1],
    ['any reqid', { reqid: 9 }, { reqid: 0 }, {}, 1],
    ['another reqid', { reqid: 2 }, {}, {}, 0],
    ['other ends', { source: HA, destination: HOA }, {}, {}, 0],
    ['another protocol', { protocol: 'ah' }, {}, {}, 0],
    ['another mode', { mode: 'beet' }, {}, {}, 0],
    ['the SPI that is asked for', { spi: 0x101 }, { spi: 0x101 }, {}, 1],
    ['another SPI', { spi: 0x102 }, { spi: 0x101 }, {}, 0],
    ['another interface number', { ifId: 5 }, {}, {}, 0],
    ['the same interface number', { ifId: 5 }, {}, { ifId: 5 }, 1],
    ['a mark that the policy does not give', { mark: { value: 1, mask: 1 } }, {}, {}, 0],
    [
      'the mark of the policy',
      { mark: { value: 1, mask: 1 } },
      {},
      { mark: { value: 3, mask: 3 } },
      1,
    ],
    [
      'the ends of a tunnel',
      { mode: 'tunnel', source: COA },
      { mode: 'tunnel', source: COA, destination: HA },
      {},
      1,
    ],
    ['any ends of a tunnel', { mode: 'tunnel', source: COA }, { mode: 'tunnel' }, {}, 1],
    [
      'other ends of a tunnel',
      { mode: 'tunnel' },
      { mode: 'tunnel', source: COA, destination: HA },
      {},
      0,
    ],
    ['a wildcard, of what leaves', { flags: ['wildrecv'] }, {}, {}, 0],
    ['a wildcard, of what comes in', { flags: ['wildrecv'] }, {}, { direction: 'in' }, 1],
  ])('%s', (_, state, template, more, count) => {
    const meaning = xfrmMeaning([policy(template, more)], [esp(state)]);
    expect([meaning.policies[0]?.states, meaning.states[0]?.policies]).toEqual([count, count]);
  });

  it('a network is served by the states of its hosts', () => {
    const network = pol(
      { ptype: 'main', templates: [tmpl('esp', 'transport', ANY, ANY)] },
      { source: prefix('2001:db8:a::/64') },
    );
    const meaning = xfrmMeaning([network], [esp({}), esp({ source: COA })]);
    expect(meaning.states.map((s) => s.policies)).toEqual([1, 0]);
  });

  it('an ESP state says for what it is', () => {
    const words = (policies: XfrmPolicy[]) => xfrmMeaning(policies, [esp({})]).states[0]?.serves;
    expect(words([policy()])).toBe(
      `ESP transport, reqid 1, for Binding Updates of ${HOA} to ${HA}`,
    );
    expect(words([])).toBe(`ESP transport from ${HOA} to ${HA}, reqid 1`);
    const three = [5, 6, 7].map((type) => ({
      ...policy(),
      selector: sel({ ...mh(type), ...between(HOA, HA) }),
    }));
    expect(words(three)).toMatch(/for Binding Updates of .* and Binding Ack.* and 1 more$/);
  });
});

describe('what does not fit', () => {
  it.each([
    ['in', mh(5), true],
    ['fwd', mh(1), true],
    ['out', mh(5), false],
    ['in', mh(), false],
    ['in', icmp(135), false],
  ] as const)(
    '%s %j: a Mobility Header type is not seen in what comes in',
    (direction, s, noted) => {
      const codes = xfrmMeaning([pol({ direction }, s)], []).policies[0]?.notes.map((n) => n.code);
      expect(codes).toEqual(noted ? ['INBOUND_TYPE'] : []);
    },
  );

  it.each<[string, Partial<XfrmPolicy>, Partial<XfrmSelector>, boolean]>([
    ['a block before ours', { priority: 1, action: 'block' }, {}, true],
    ['one of the same priority', { priority: 2 }, {}, true],
    ['one after ours', { priority: 4, action: 'block' }, {}, false],
    ['one of another direction', { priority: 1, direction: 'fwd' }, {}, false],
    [
      'one of the other type, which is looked up besides',
      { priority: 1, ptype: 'main' },
      {},
      false,
    ],
    ['one for another protocol', { priority: 1 }, { protocol: 6 }, false],
    ['one for another message', { priority: 1 }, mh(1), false],
    ['one for another source', { priority: 1 }, { source: prefix('2001:db8:c::/64') }, false],
    ['one for the home network', { priority: 1 }, { source: prefix('2001:db8:a::/64') }, true],
    ['one for marked packets', { priority: 1, mark: { value: 1, mask: 1 } }, {}, false],
  ])('%s', (_, foreign, selector, noted) => {
    const { policies, states } = split(
      homeAddressObjects({ kind: 'homeAddress', home: HOA, peer: HA, careOf: COA }),
    );
    const [said] = xfrmMeaning([pol(foreign, selector), ...policies], states).policies;
    expect(said?.notes.map((n) => n.code)).toEqual(noted ? ['BEFORE_OURS'] : []);
    if (noted) expect(said?.notes[0]?.sentence).toMatch(/Binding Updates of .* \(priority 2\)\.$/);
  });

  it.each([
    ['out', 'required', /wait for a key exchange/],
    ['out', 'use', /leave without it/],
    ['in', 'required', /are dropped/],
    ['fwd', 'use', /come in as they are/],
  ] as const)('%s, %s: what comes of a missing state', (direction, level, words) => {
    const templates = [tmpl('esp', 'transport', ANY, ANY, { reqid: 1, level })];
    const [said] = xfrmMeaning([pol({ direction, templates }, {})], []).policies;
    expect(said?.notes).toEqual([
      { code: 'NO_STATE', sentence: expect.stringMatching(words) as string },
    ]);
  });
});

it('as JSON has prefixes as text, octets in hexadecimal, and no key', () => {
  const key = new XfrmKey(new Uint8Array(16).fill(0x5a));
  const json = xfrmJson(
    esp({
      encryption: { name: 'cbc(aes)', keyBits: 128, key },
      selector: sel(between(HOA, HA)),
      securityContext: Uint8Array.of(1, 255),
    }),
  );
  expect(json).toMatchObject({
    encryption: { name: 'cbc(aes)', keyBits: 128 },
    selector: { source: `${HOA}/128`, destination: `${HA}/128`, protocol: 0 },
    securityContext: '01ff',
  });
  expect(JSON.stringify(json)).not.toMatch(/5a5a|key of|"key"/);
});

const lines = ({ policies, states }: XfrmMeaning): string[] => {
  const all = [...policies, ...states];
  expect(all.flatMap(({ notes }) => notes)).toEqual([]);
  return all.map(({ owner, serves }) => `${owner}: ${serves}`);
};

function split(objects: ReturnType<typeof homeAddressObjects>) {
  return {
    policies: objects.flatMap((o) => (o.kind === 'policy' ? [o.policy] : [])),
    states: objects.flatMap((o) => (o.kind === 'state' ? [o.state] : [])),
  };
}

function pol(policy: Partial<XfrmPolicy>, selector: Partial<XfrmSelector>): XfrmPolicy {
  return {
    selector: sel(selector),
    direction: 'out',
    ptype: 'sub',
    action: 'allow',
    priority: 100,
    templates: [],
    ...policy,
  };
}

function sel(selector: Partial<XfrmSelector>): XfrmSelector {
  return { source: prefix('::/0'), destination: prefix('::/0'), protocol: 0, ...selector };
}

function mh(type?: number): Partial<XfrmSelector> {
  return { protocol: 135, ...(type === undefined ? {} : { type }) };
}

function icmp(type: number): Partial<XfrmSelector> {
  return { protocol: 58, type };
}

function between(source: IpAddress, destination: IpAddress): Partial<XfrmSelector> {
  return { source: prefix(`${source}/128`), destination: prefix(`${destination}/128`) };
}

function tmpl(
  protocol: XfrmTemplate['protocol'],
  mode: XfrmTemplate['mode'],
  source: IpAddress,
  destination: IpAddress,
  more: Partial<XfrmTemplate> = {},
): XfrmTemplate {
  return { protocol, mode, source, destination, spi: 0, reqid: 0, level: 'required', ...more };
}

function ro(
  protocol: 'hao' | 'route2',
  source: IpAddress,
  destination: IpAddress,
  more: Partial<XfrmState> = {},
): XfrmState {
  const common = { mode: 'ro', spi: 0, reqid: REQID, flags: [], replayWindow: 0 } as const;
  return { protocol, source, destination, ...common, careOf: COA, ...more };
}

function esp(more: Partial<XfrmState>): XfrmState {
  const common = { mode: 'transport', spi: 0x101, reqid: 1, flags: [], replayWindow: 32 } as const;
  return { protocol: 'esp', source: HOA, destination: HA, ...common, ...more };
}
