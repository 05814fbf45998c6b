/** XFRM states and migration in a kernel that has Mobile IPv6 and ESP, against what `ip xfrm` shows of them. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, type IpAddress, type Ipv6 } from '../../src/base/address.js';
import { LinuxError } from '../../src/linux/error.js';
import { native, type NativeHandle } from '../../src/linux/native.js';
import { Outbox } from '../../src/linux/netlink/outbox.js';
import { declaredPolicy, declaredState } from '../../src/linux/netlink/xfrm/declared.js';
import { describePolicy, describeState } from '../../src/linux/netlink/xfrm/describe.js';
import { XfrmKey } from '../../src/linux/netlink/xfrm/key.js';
import type {
  XfrmMigration,
  XfrmPolicy,
  XfrmState,
  XfrmTemplate,
} from '../../src/linux/netlink/xfrm/model.js';
import { XfrmNetlink } from '../../src/linux/netlink/xfrm/xfrm-netlink.js';
import { AF_INET, ipSocketAddress, SOCK_DGRAM } from '../../src/linux/sockaddr.js';
import { cable, eventually, namespace, removeNamespaces, type Namespace } from '../linux/netns.js';
import { hear, shown } from '../linux/xfrm-helpers.js';

let near: Namespace;
let far: Namespace;
let outbox: Outbox;
let xfrm: XfrmNetlink;
let peer: XfrmNetlink;

beforeAll(async () => {
  near = namespace('near');
  far = namespace('far');
  cable(near, 'eth0', far, 'eth0');
  near.setUp(`ip addr add ${A}/64 dev eth0
    ip addr add ${A4}/24 dev eth0
    ip addr add ${HOME}/128 dev lo
    ip -6 route add ${AGENT}/128 via ${B}`);
  far.setUp(`ip addr add ${B}/64 dev eth0
    ip addr add ${B4}/24 dev eth0
    ip addr add ${AGENT}/128 dev lo
    ip -6 route add ${HOME}/128 via ${A}`);
  await near.run('ping', '-c1', '-W5', B); // neighbours know each other from here on
  outbox = new Outbox();
  xfrm = new XfrmNetlink(near.path, outbox);
  peer = new XfrmNetlink(far.path);
});
afterEach(async () => {
  for (const side of [xfrm, peer]) {
    await side.flushStates();
    await side.flushPolicies('main');
    await side.flushPolicies('sub');
  }
});
afterAll(() => {
  xfrm.close();
  peer.close();
  removeNamespaces();
});

describe('a state', () => {
  const rows: readonly [what: string, state: XfrmState][] = [
    ['that puts a Home Address option on', homeAddressOption(A)],
    ['that takes Home Address options in', wildcard('hao')],
    ['that takes type 2 routing headers in', wildcard('route2')],
    ['of ESP with AES-CBC and SHA-256', { ...esp(0x101), ...CBC_SHA256 }],
    [
      'of ESP with AES-GCM, extended sequence numbers, marks',
      {
        ...esp(0x102),
        ...GCM,
        flags: ['esn'],
        extendedReplay: {
          window: 64,
          ...{ outbound: 0, outboundHigh: 0, inbound: 0, inboundHigh: 0 },
          bitmap: [0, 0],
        },
        mark: { value: 5, mask: 7 },
        outputMark: { value: 3, mask: 0xff },
        ifId: 9,
        selector: { source: host(A), destination: host(B), protocol: 135, type: 5 },
      },
    ],
    [
      'of ESP in UDP, IPv4, a tunnel with limits',
      {
        ...esp(0x103),
        ...CBC_SHA256,
        source: A4,
        destination: B4,
        mode: 'tunnel',
        selector: { source: prefix('0.0.0.0/0'), destination: prefix('0.0.0.0/0'), protocol: 0 },
        replayWindow: 32,
        flags: ['noecn', 'nopmtudisc'],
        encapsulation: {
          type: 'espinudp',
          sourcePort: 4500,
          destinationPort: 4501,
          originalAddress: ipv4('0.0.0.0'),
        },
        trafficPadding: 512,
        limits: { softBytes: 1000, hardPackets: 99, hardAddSeconds: 100_000 },
      },
    ],
    [
      'of AH for any family',
      {
        ...esp(0x104),
        protocol: 'ah',
        authentication: { name: 'hmac(sha1)', keyBits: 160, truncationBits: 96, key: key(20) },
        flags: ['af-unspec'],
        extraFlags: ['dont-encap-dscp'],
      },
    ],
  ];

  it.each(rows)('%s is as asked, and as ip prints it', async (_what, state) => {
    await xfrm.addState(state);
    const [read, ...others] = await xfrm.states();
    expect(others).toEqual([]);
    expect(declaredState(read!)).toEqual(declaredState(state));
    expect(await xfrm.state(state)).toEqual(read);
    expect(describeState(read!)).toBe(await shown(near, 'state'));
    expect(describeState(read!, { statistics: true })).toBe(await shown(near, 'state', '-s'));
    await expect(xfrm.addState(state)).rejects.toMatchObject({
      errno: 'EEXIST',
      message: expect.stringContaining('It is there already: update it, or remove it first.'),
    });
    await xfrm.removeState(state);
    expect(await xfrm.states()).toEqual([]);
    expect(await xfrm.state(state)).toBeUndefined();
    await expect(xfrm.removeState(state)).rejects.toMatchObject({ errno: 'ESRCH' });
  });

  it('gets another care-of address in place', async () => {
    await xfrm.addState(homeAddressOption(A));
    const moved = homeAddressOption(ipv6('2001:db8:c::9'));
    await xfrm.updateState(moved);
    expect((await xfrm.states()).map(declaredState)).toEqual([moved]);
    expect(await shown(near, 'state')).toContain('coa 2001:db8:c::9');
  });

  it('that is not there is not updated', async () => {
    await expect(xfrm.updateState(homeAddressOption(A))).rejects.toMatchObject({
      errno: 'ESRCH',
      message: expect.stringContaining('There is no such state'),
    });
  });

  it('of the wildcard kind stands beside one for two addresses', async () => {
    const [one, any] = [homeAddressOption(A), wildcard('hao')];
    await Promise.all([xfrm.addState(any), xfrm.addState(one)]);
    expect(await xfrm.states()).toHaveLength(2);
    await xfrm.removeState(any);
    expect((await xfrm.states()).map(declaredState)).toEqual([one]);
  });

  it('takes a thousand beside it, in one turn', async () => {
    const { sends } = outbox;
    const states = Array.from({ length: 1000 }, (_, i) => ({ ...esp(0x1000 + i), ...GCM }));
    await Promise.all(states.map((state) => xfrm.addState(state)));
    expect(outbox.sends - sends).toBeLessThan(1000 / 50);
    const found = await xfrm.states();
    expect(found).toHaveLength(1000);
    expect(new Set(found.map(({ spi }) => spi)).size).toBe(1000);
    expect(xfrm.unread).toBe(0);
    expect((await xfrm.sadInfo()).states).toBe(1000);
    await xfrm.flushStates('esp');
    expect((await xfrm.sadInfo()).states).toBe(0);
  });

  it('is flushed by its protocol', async () => {
    await Promise.all([
      xfrm.addState(wildcard('hao')),
      xfrm.addState(wildcard('route2')),
      xfrm.addState({ ...esp(0x105), ...GCM }),
    ]);
    await xfrm.flushStates('route2');
    expect((await xfrm.states()).map(({ protocol }) => protocol).sort()).toEqual(['esp', 'hao']);
    await xfrm.flushStates();
    expect(await xfrm.states()).toEqual([]);
  });
});

describe('refusals', () => {
  it('of an algorithm say where to look', async () => {
    const encryption = { name: 'cbc(rot13)', keyBits: 128, key: key(16) };
    await expect(xfrm.addState({ ...esp(0x106), encryption })).rejects.toMatchObject({
      errno: 'ENOSYS',
      message: expect.stringMatching(
        /dst 2001:db8:e::2 proto esp spi 0x00000106: .*\/proc\/crypto/,
      ),
    });
  });

  it('show no key', async () => {
    const refused = { ...esp(0x108), ...GCM, aead: { ...GCM.aead, icvBits: 7 } };
    const refusal = await xfrm.addState(refused).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(LinuxError);
    const told = `${String(refusal)} ${JSON.stringify(refusal)} ${(refusal as Error).stack}`;
    expect(told).not.toMatch(/00[ ,]?0?1[ ,]?0?2/);
  });
});

describe('packets', () => {
  it.each([
    ['AES-CBC and SHA-256', CBC_SHA256],
    ['AES-GCM', GCM],
  ])('pass through ESP with %s in transport mode, and are counted', async (_what, algorithms) => {
    const there = { ...esp(0x201), ...algorithms };
    const back = { ...there, source: B, destination: A, spi: 0x202 };
    const out: XfrmPolicy = { ...between(A, B), templates: [TRANSPORT] };
    const into: XfrmPolicy = { ...between(B, A), direction: 'in', templates: [TRANSPORT] };
    for (const side of [xfrm, peer]) await Promise.all([side.addState(there), side.addState(back)]);
    await Promise.all([xfrm.addPolicy(out), xfrm.addPolicy(into)]);
    await Promise.all([
      peer.addPolicy({ ...between(B, A), templates: [TRANSPORT] }),
      peer.addPolicy({ ...between(A, B), direction: 'in', templates: [TRANSPORT] }),
    ]);
    await near.run('ping', '-c2', '-i0.1', '-W5', B);
    for (const side of [xfrm, peer]) {
      for (const id of [there, back]) {
        const { usage, statistics } = (await side.state(id))!;
        expect(usage!.packets).toBeGreaterThanOrEqual(2);
        expect(usage!.useTime).toBeGreaterThan(0);
        expect(statistics).toEqual({ replayWindow: 0, replay: 0, integrityFailed: 0 });
      }
    }
    expect((await xfrm.policy(out))!.usage!.useTime).toBeGreaterThan(0);
  });

  it('get a Home Address option, and one with it is taken in', async () => {
    await xfrm.addState(homeAddressOption(A));
    await xfrm.addPolicy({ ...between(HOME, AGENT), ptype: 'sub', templates: [OPTION] });
    await peer.addState(wildcard('hao'));
    await peer.addPolicy({ ...INCOMING, templates: [OPTION] });
    await near.run('ping', '-c2', '-i0.1', '-W5', '-I', HOME, AGENT);
    const sent = (await xfrm.state(homeAddressOption(A)))!;
    expect(sent.usage!.packets).toBeGreaterThanOrEqual(2);
    expect(sent.lastUsed).toBeGreaterThanOrEqual(sent.usage!.useTime);
    expect(describeState(sent, { statistics: true })).toBe(await shown(near, 'state', '-s'));
    const taken = (await peer.state(wildcard('hao')))!;
    expect(taken.usage!.packets).toBeGreaterThanOrEqual(2);
  });
});

describe('migration', () => {
  const from = { source: ipv6('2001:db8:b::9'), destination: AGENT };
  const to = { source: ipv6('2001:db8:c::9'), destination: AGENT };
  const tunnel: XfrmState = {
    ...esp(0x300),
    ...CBC_SHA256,
    ...from,
    mode: 'tunnel',
    reqid: 6,
    selector: { source: prefix('::/0'), destination: prefix('::/0'), protocol: 0 },
  };
  const policy: XfrmPolicy = {
    ...between(HOME, AGENT),
    templates: [{ ...TRANSPORT, ...from, mode: 'tunnel', reqid: 6 }],
  };
  const migration: XfrmMigration = {
    selector: policy.selector,
    direction: 'out',
    ptype: 'main',
    moves: [{ protocol: 'esp', mode: 'tunnel', reqid: 6, from, to }],
    keyManagement: { local: to.source, remote: AGENT },
  };

  it('moves states and templates, and tells whoever listens', async () => {
    const heard = hear(near.path, ['migrate']);
    await xfrm.addState(tunnel);
    await xfrm.addPolicy(policy);
    await xfrm.migrate(migration);
    const moved = { ...policy, templates: [{ ...policy.templates[0]!, ...to }] };
    expect((await xfrm.states()).map(declaredState)).toEqual([declaredState({ ...tunnel, ...to })]);
    expect((await xfrm.policies()).map(declaredPolicy)).toEqual([moved]);
    expect(await shown(near, 'policy')).toBe(describePolicy(moved));
    expect(await heard.until('migrate')).toEqual([{ kind: 'migrate', migration }]);
  });

  it('leaves what is of another reqid', async () => {
    const other = { ...tunnel, spi: 0x301, reqid: 7 };
    await Promise.all([xfrm.addState(tunnel), xfrm.addState(other), xfrm.addPolicy(policy)]);
    await xfrm.migrate(migration);
    const ends = (await xfrm.states()).map(({ spi, source }) => [spi, source]);
    expect(ends).toContainEqual([0x300, to.source]);
    expect(ends).toContainEqual([0x301, from.source]);
  });

  it('of a policy that is not there, or has no such template, says so', async () => {
    await expect(xfrm.migrate(migration)).rejects.toMatchObject({
      errno: 'ENOENT',
      message: expect.stringContaining('There is no policy with that selector'),
    });
    await xfrm.addPolicy({ ...policy, templates: [TRANSPORT] });
    await expect(xfrm.migrate(migration)).rejects.toMatchObject({
      errno: 'ENODATA',
      message: expect.stringContaining('No template of the policy has those ends'),
    });
  });
});

describe('a monitor', () => {
  it('hears of states, in order', async () => {
    const heard = hear(near.path);
    const state = homeAddressOption(A);
    await xfrm.addState(state);
    await xfrm.updateState(homeAddressOption(B));
    await xfrm.removeState(state);
    await xfrm.addState(wildcard('route2'));
    await xfrm.flushStates('route2');
    const notices = await heard.until('flushStates');
    expect(notices).toMatchObject([
      { kind: 'newState', state },
      { kind: 'updateState', state: homeAddressOption(B) },
      {
        kind: 'deleteState',
        id: { destination: AGENT, protocol: 'hao', spi: 0 },
        state: homeAddressOption(B),
      },
      { kind: 'newState', state: wildcard('route2') },
      { kind: 'flushStates', protocol: 'route2' },
    ]);
    expect(heard.counters).toEqual({});
  });

  it('hears of a state whose time is nearly up, and then up', async () => {
    const heard = hear(near.path, ['expire']);
    const state = { ...homeAddressOption(A), limits: { softAddSeconds: 1, hardAddSeconds: 2 } };
    await xfrm.addState(state);
    await eventually(() => heard.notices.length === 2, 'two notices', 10_000);
    expect(heard.notices).toMatchObject([
      { kind: 'expire', hard: false, state: { source: HOME, protocol: 'hao' } },
      { kind: 'expire', hard: true, state: { source: HOME, protocol: 'hao' } },
    ]);
    expect(await xfrm.states()).toEqual([]);
  });

  it('hears of a Home Address option that no policy allows', async () => {
    const heard = hear(far.path, ['report']);
    await peer.addState(wildcard('hao'));
    await xfrm.addState(homeAddressOption(A));
    await xfrm.addPolicy({ ...between(HOME, AGENT), ptype: 'sub', templates: [OPTION] });
    await near.attempt('ping', '-c1', '-W1', '-I', HOME, AGENT);
    const [report] = await heard.until('report');
    expect(report).toMatchObject({
      report: {
        protocol: 'hao',
        selector: { source: host(HOME), destination: host(AGENT), protocol: 58 },
        careOf: A,
      },
    });
  });

  it('hears of a peer of ESP in UDP that sends from another port', async () => {
    const heard = hear(far.path, ['mapping']);
    const sockets = [udpOfEsp(near, A4), udpOfEsp(far, B4)];
    try {
      const state = (sourcePort: number): XfrmState => ({
        ...esp(0x400),
        ...CBC_SHA256,
        source: A4,
        destination: B4,
        selector: { source: prefix('0.0.0.0/0'), destination: prefix('0.0.0.0/0'), protocol: 0 },
        encapsulation: {
          type: 'espinudp',
          sourcePort,
          destinationPort: 4500,
          originalAddress: ipv4('0.0.0.0'),
        },
      });
      await xfrm.addState(state(4500));
      await peer.addState(state(4999));
      const any = ipv4('0.0.0.0');
      await xfrm.addPolicy({
        ...between(A4, B4),
        templates: [{ ...TRANSPORT, source: any, destination: any }],
      });
      await near.attempt('ping', '-c1', '-W1', B4);
      const [mapping] = await heard.until('mapping');
      expect(mapping).toEqual({
        kind: 'mapping',
        mapping: {
          id: { destination: B4, protocol: 'esp', spi: 0x400 },
          reqid: 5,
          from: { address: A4, port: 4999 },
          to: { address: A4, port: 4500 },
        },
      });
    } finally {
      for (const socket of sockets) socket.close();
    }
  });
});

const A = ipv6('2001:db8:e::1');
const B = ipv6('2001:db8:e::2');
const A4 = ipv4('10.9.0.1');
const B4 = ipv4('10.9.0.2');
const HOME = ipv6('2001:db8:a::100');
const AGENT = ipv6('2001:db8:a::1');

const key = (octets: number): XfrmKey =>
  new XfrmKey(Uint8Array.from({ length: octets }, (_, i) => i));

const CBC_SHA256 = {
  encryption: { name: 'cbc(aes)', keyBits: 128, key: key(16) },
  authentication: { name: 'hmac(sha256)', keyBits: 256, truncationBits: 128, key: key(32) },
};
/** The key has four octets of salt behind it (RFC 4106 §8.1). */
const GCM = { aead: { name: 'rfc4106(gcm(aes))', keyBits: 160, icvBits: 128, key: key(20) } };

const host = (address: IpAddress) => prefix(`${address}/${address.includes(':') ? 128 : 32}`);

const esp = (spi: number): XfrmState => ({
  source: A,
  destination: B,
  protocol: 'esp',
  mode: 'transport',
  spi,
  reqid: 5,
  selector: { source: prefix('::/0'), destination: prefix('::/0'), protocol: 0 },
  flags: [],
  replayWindow: 0,
});

const homeAddressOption = (careOf: Ipv6): XfrmState => ({
  source: HOME,
  destination: AGENT,
  protocol: 'hao',
  mode: 'ro',
  spi: 0,
  reqid: 5,
  careOf,
  selector: { source: host(HOME), destination: host(AGENT), protocol: 0 },
  flags: [],
  replayWindow: 0,
});

const wildcard = (protocol: 'hao' | 'route2'): XfrmState => ({
  source: ipv6('::'),
  destination: ipv6('::'),
  protocol,
  mode: 'ro',
  spi: 0,
  reqid: 5,
  careOf: ipv6('::'),
  selector: { source: prefix('::/0'), destination: prefix('::/0'), protocol: 0 },
  flags: ['wildrecv'],
  replayWindow: 0,
});

const between = (source: IpAddress, destination: IpAddress): XfrmPolicy => ({
  selector: { source: host(source), destination: host(destination), protocol: 0 },
  direction: 'out',
  ptype: 'main',
  action: 'allow',
  priority: 10,
  templates: [],
});

const INCOMING: XfrmPolicy = {
  ...between(HOME, AGENT),
  selector: { source: prefix('::/0'), destination: host(AGENT), protocol: 0 },
  direction: 'in',
  ptype: 'sub',
};

const TRANSPORT: XfrmTemplate = {
  protocol: 'esp',
  mode: 'transport',
  source: ipv6('::'),
  destination: ipv6('::'),
  spi: 0,
  reqid: 5,
  level: 'required',
};
const OPTION: XfrmTemplate = { ...TRANSPORT, protocol: 'hao', mode: 'ro', level: 'use' };

/** A socket that takes ESP in UDP out of port 4500 (RFC 3948). */
function udpOfEsp(ns: Namespace, address: IpAddress): NativeHandle {
  const socket = native().openSocket(ns.path, AF_INET, SOCK_DGRAM, IPPROTO_UDP);
  socket.bind(ipSocketAddress(address, 4500));
  socket.setOption(IPPROTO_UDP, UDP_ENCAP, UDP_ENCAP_ESPINUDP);
  return socket;
}

const IPPROTO_UDP = 17;
const UDP_ENCAP = 100;
const UDP_ENCAP_ESPINUDP = 2;
