/** XFRM policies by netlink, against what `ip xfrm` shows of them. States of Mobile IPv6 need another kernel. */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix } from '../../src/base/address.js';
import { native } from '../../src/linux/native.js';
import { Outbox } from '../../src/linux/netlink/outbox.js';
import { declaredPolicy } from '../../src/linux/netlink/xfrm/declared.js';
import { describePolicy, describeState } from '../../src/linux/netlink/xfrm/describe.js';
import { encodeXfrm } from '../../src/linux/netlink/xfrm/message.js';
import type { XfrmPolicy, XfrmTemplate } from '../../src/linux/netlink/xfrm/model.js';
import { XfrmNetlink } from '../../src/linux/netlink/xfrm/xfrm-netlink.js';
import { AF_INET6, SOCK_DGRAM } from '../../src/linux/sockaddr.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';
import { hear, shown, withoutTrailingSpace } from './xfrm-helpers.js';

describe.skipIf(!isRoot)('XFRM by netlink', () => {
  let ns: Namespace;
  let outbox: Outbox;
  let xfrm: XfrmNetlink;

  beforeAll(async () => {
    ns = namespace('xfrm');
    cable(ns, 'eth0', namespace('far'), 'far');
    await ns.run('ip', 'addr', 'add', '2001:db8:e::1/64', 'dev', 'eth0');
    outbox = new Outbox();
    xfrm = new XfrmNetlink(ns.path, outbox);
  });
  afterEach(async () => {
    await xfrm.flushStates();
    await xfrm.flushPolicies('main');
    await xfrm.flushPolicies('sub');
  });
  afterAll(() => {
    xfrm.close();
    removeNamespaces();
  });

  describe('a policy', () => {
    const rows: readonly [what: string, policy: XfrmPolicy][] = [
      ['for Binding Updates', SIGNALLING],
      ['for what comes in, from anywhere', { ...SIGNALLING, ...FROM_ANYWHERE }],
      ['that blocks', { ...PLAIN, direction: 'fwd', action: 'block' }],
      [
        'with a tunnel and a compression that may be left out',
        {
          ...PLAIN,
          templates: [
            { ...TUNNEL, protocol: 'comp', mode: 'tunnel', level: 'use' },
            { ...TUNNEL, mode: 'transport', spi: 0x100 },
          ],
          direction: 'in',
        },
      ],
      [
        'for ports of an interface, with mark, limits and flags',
        {
          ...PLAIN,
          selector: {
            ...PLAIN.selector,
            protocol: 6,
            sourcePort: { value: 80, mask: 0xffff },
            destinationPort: { value: 0x1000, mask: 0xf000 },
            link: 1,
          },
          flags: ['localok', 'icmp'],
          mark: { value: 4, mask: 6 },
          ifId: 3,
          limits: { softBytes: 1000, hardPackets: 2 ** 40, hardAddSeconds: 3600 },
        },
      ],
      [
        'for IPv4',
        {
          ...PLAIN,
          selector: {
            source: prefix('192.0.2.0/24'),
            destination: prefix('0.0.0.0/0'),
            protocol: 47,
          },
          templates: [{ ...TUNNEL, source: ipv4('192.0.2.1'), destination: ipv4('192.0.2.2') }],
        },
      ],
      [
        'of chosen algorithms, shared by nobody',
        {
          ...PLAIN,
          templates: [
            {
              ...TUNNEL,
              share: 'unique',
              algorithms: { authentication: 4, encryption: 0x1000, compression: 0xffffffff },
            },
          ],
        },
      ],
    ];

    it.each(rows)('%s is as asked, and as ip prints it', async (_what, policy) => {
      await xfrm.addPolicy(policy);
      const [read, ...others] = await xfrm.policies();
      expect(others).toEqual([]);
      expect(declaredPolicy(read!)).toEqual(policy);
      expect(await xfrm.policy(policy)).toEqual(read);
      const linkName = (index: number): string => (index === 1 ? 'lo' : `if${index}`);
      expect(describePolicy(read!, { linkName })).toBe(await shown(ns, 'policy'));
      const statistics = describePolicy(read!, { linkName, statistics: true });
      expect(statistics).toBe(await shown(ns, 'policy', '-s'));

      await xfrm.updatePolicy({ ...policy, priority: 77 });
      expect((await xfrm.policies()).map(declaredPolicy)).toEqual([{ ...policy, priority: 77 }]);
      await xfrm.removePolicy(policy);
      expect(await xfrm.policies()).toEqual([]);
      expect(await xfrm.policy(policy)).toBeUndefined();
    });

    it('goes by its index, too', async () => {
      await xfrm.addPolicy({ ...SIGNALLING, index: 0x101 });
      await xfrm.addPolicy(PLAIN);
      const byIndex = { direction: 'out', ptype: 'sub', index: 0x101 } as const;
      expect(await xfrm.policy(byIndex)).toMatchObject(SIGNALLING);
      await xfrm.removePolicy(byIndex);
      expect((await xfrm.policies()).map(declaredPolicy)).toEqual([PLAIN]);
    });

    it('that iproute2 made is read', async () => {
      await ns.run(
        ...['ip', 'xfrm', 'policy', 'add', 'src', '::/0', 'dst', '2001:db8:a::1/128'],
        ...['proto', '135', 'dir', 'in', 'ptype', 'sub', 'priority', '9'],
        ...['tmpl', 'src', '::', 'dst', '::', 'proto', 'hao', 'reqid', '7', 'mode', 'ro'],
        ...['level', 'use'],
      );
      expect((await xfrm.policies()).map(declaredPolicy)).toEqual([
        {
          ...SIGNALLING,
          ...FROM_ANYWHERE,
          templates: [{ ...SIGNALLING.templates[0], reqid: 7 }],
        },
      ]);
    });

    it('of a socket is told apart', async () => {
      const socket = native().openSocket(ns.path, AF_INET6, SOCK_DGRAM, 0);
      try {
        const any = { source: prefix('::/0'), destination: prefix('::/0'), protocol: 0 };
        const bypass: XfrmPolicy = { ...PLAIN, selector: any, templates: [] };
        const { body } = encodeXfrm({ kind: 'newPolicy', policy: bypass });
        socket.setOption(IPPROTO_IPV6, IPV6_XFRM_POLICY, body.subarray(0, POLICY_INFO));
        const [read] = await xfrm.policies();
        expect(read).toMatchObject({ direction: 'socket out', action: 'allow', templates: [] });
        expect(describePolicy(read!)).toBe(await shown(ns, 'policy'));
        expect((await xfrm.spdInfo()).socketPolicies).toEqual({ in: 0, out: 1, fwd: 0 });
      } finally {
        socket.close();
      }
    });

    it('is flushed with its type, and the other type stays', async () => {
      await Promise.all([xfrm.addPolicy(SIGNALLING), xfrm.addPolicy(PLAIN)]);
      await xfrm.flushPolicies('main');
      expect((await xfrm.policies()).map(declaredPolicy)).toEqual([SIGNALLING]);
      await xfrm.flushPolicies('main'); // nothing to do is no error
    });
  });

  it('refusals name the policy, the errno and the way out', async () => {
    await xfrm.addPolicy(SIGNALLING);
    await expect(xfrm.addPolicy(SIGNALLING)).rejects.toMatchObject({
      code: 'NETLINK',
      errno: 'EEXIST',
      message:
        'The kernel refused to add policy dir out ptype sub src 2001:db8:a::100/128 ' +
        'dst 2001:db8:a::1/128 proto mobility-header type 5: EEXIST. ' +
        'It is there already: update it, or remove it first.',
    });
    await expect(xfrm.removePolicy(PLAIN)).rejects.toMatchObject({
      errno: 'ENOENT',
      message: expect.stringContaining('There is no such policy'),
    });
    await expect(xfrm.addPolicy({ ...PLAIN, index: 6 })).rejects.toMatchObject({
      errno: 'EINVAL', // the index of another direction
    });
  });

  it('a value that cannot be written is refused before it leaves', async () => {
    const { selector } = PLAIN;
    const mixed = { ...PLAIN, selector: { ...selector, source: prefix('192.0.2.0/24') } };
    const { sends } = outbox;
    await expect(xfrm.addPolicy(mixed)).rejects.toMatchObject({ code: 'XFRM_FAMILY' });
    expect(outbox.sends).toBe(sends);
  });

  it('requests of one turn leave together, in order, and are counted by what they are about', async () => {
    const before = { ...outbox.operations };
    const { sends } = outbox;
    const many = Array.from({ length: 100 }, (_, i) => numbered(i));
    const results = await Promise.allSettled([
      ...many.map((policy) => xfrm.addPolicy(policy)),
      xfrm.removePolicy(many[99]!),
      xfrm.removePolicy(many[99]!),
    ]);
    expect(outbox.sends - sends).toBe(1);
    expect(outbox.operations['policy']! - (before['policy'] ?? 0)).toBe(102);
    expect(results.flatMap((r, i) => (r.status === 'rejected' ? [i] : []))).toEqual([101]);
    expect((await xfrm.spdInfo()).policies).toEqual({ in: 0, out: 99, fwd: 0 });
    const found = (await xfrm.policies()).map(declaredPolicy);
    expect(found).toHaveLength(99);
    expect(found).toEqual(expect.arrayContaining(many.slice(0, 99)));
    expect(xfrm.unread).toBe(0);
  });

  it('a reserved SPI is within its bounds and has a state that waits', async () => {
    const spi = await xfrm.allocateSpi({ ...ENDS, protocol: 'esp', mode: 'tunnel', ...SPIS });
    expect(spi).toBeGreaterThanOrEqual(SPIS.min);
    expect(spi).toBeLessThanOrEqual(SPIS.max);
    const id = { destination: ENDS.destination, protocol: 'esp', spi } as const;
    const [waiting] = await xfrm.states();
    expect(waiting).toMatchObject({ ...ENDS, protocol: 'esp', mode: 'tunnel', spi, reqid: 5 });
    expect(await xfrm.state(id)).toEqual(waiting);
    expect(describeState(waiting!)).toBe(await shown(ns, 'state'));
    expect((await xfrm.sadInfo()).states).toBe(1);
    await xfrm.removeState(id);
    expect(await xfrm.state(id)).toBeUndefined();
    await expect(xfrm.removeState(id)).rejects.toMatchObject({ errno: 'ESRCH' });
  });

  it('an SPI where none is left is refused', async () => {
    const request = { ...ENDS, protocol: 'esp', mode: 'tunnel', reqid: 5 } as const;
    await expect(xfrm.allocateSpi({ ...request, min: 9, max: 8 })).rejects.toMatchObject({
      errno: 'EINVAL',
      message: expect.stringContaining(
        'reserve an SPI for src 2001:db8:e::1 dst 2001:db8:e::2 proto esp',
      ),
    });
  });

  describe('a monitor', () => {
    it('hears of policies, in order', async () => {
      const heard = hear(ns.path);
      await xfrm.addPolicy(SIGNALLING);
      await xfrm.updatePolicy({ ...SIGNALLING, priority: 5 });
      const { index } = (await xfrm.policy(SIGNALLING))!;
      await xfrm.removePolicy({ direction: 'out', ptype: 'sub', index: index! });
      await xfrm.addPolicy(PLAIN);
      await xfrm.removePolicy(PLAIN);
      await xfrm.addPolicy(PLAIN);
      await xfrm.flushPolicies('main');
      const notices = await heard.until('flushPolicies');
      expect(notices.map(({ kind }) => kind)).toEqual([
        'newPolicy',
        'updatePolicy',
        'deletePolicy',
        'newPolicy',
        'deletePolicy',
        'newPolicy',
        'flushPolicies',
      ]);
      expect(notices[0]).toMatchObject({ policy: SIGNALLING });
      expect(notices[1]).toMatchObject({ policy: { ...SIGNALLING, priority: 5 } });
      expect(notices[2]).toMatchObject({ id: { index }, policy: { ...SIGNALLING, priority: 5 } });
      expect(notices[4]).toMatchObject({ id: { selector: PLAIN.selector }, policy: PLAIN });
      expect(notices[6]).toEqual({ kind: 'flushPolicies', ptype: 'main' });
    });

    it('hears of a policy whose time is up', async () => {
      const heard = hear(ns.path);
      const brief = { ...PLAIN, limits: { hardAddSeconds: 1 } };
      await xfrm.addPolicy(brief);
      const notices = await heard.until('policyExpire');
      expect(notices.at(-1)).toMatchObject({ policy: brief, hard: true });
      expect(await xfrm.policies()).toEqual([]);
    });

    it('hears of a packet that wants a state', async () => {
      const heard = hear(ns.path);
      const wanting: XfrmPolicy = {
        ...PLAIN,
        selector: { source: HOST, destination: prefix('2001:db8:e::2/128'), protocol: 0 },
        templates: [{ ...TUNNEL, ...ENDS, reqid: 5 }],
      };
      await xfrm.addPolicy(wanting);
      await ns.attempt('ping', '-6', '-c1', '-W1', '2001:db8:e::2');
      const notices = await heard.until('acquire');
      expect(notices.at(-1)).toMatchObject({
        acquire: {
          id: { ...ENDS, protocol: 'esp', spi: 0 },
          selector: { source: HOST, destination: prefix('2001:db8:e::2/128') },
          policy: wanting,
        },
      });
      expect(await xfrm.states()).toHaveLength(1); // waiting for an answer
    });

    it('of some groups hears nothing else', async () => {
      const heard = hear(ns.path, ['state']);
      await xfrm.addPolicy(PLAIN);
      await xfrm.allocateSpi({ ...ENDS, protocol: 'esp', mode: 'tunnel', ...SPIS });
      await xfrm.flushStates('esp');
      const notices = await heard.until('flushStates');
      expect(notices.filter(({ kind }) => /policy/i.test(kind))).toEqual([]);
      expect(notices.at(-1)).toEqual({ kind: 'flushStates', protocol: 'esp' });
    });

    it('says when it lost notices, and goes on', async () => {
      const heard = hear(ns.path);
      let overruns = 0;
      heard.monitor.on('overrun', () => overruns++);
      // All within one turn, so that nobody takes the notices out.
      const work: Promise<void>[] = [];
      for (let i = 0; i < MORE_THAN_FIT / 2; i++) {
        work.push(xfrm.addPolicy(PLAIN), xfrm.removePolicy(PLAIN));
      }
      await Promise.all(work);
      await eventually(() => overruns > 0, 'an overrun');
      await xfrm.addPolicy(SIGNALLING);
      await eventually(
        () => heard.notices.some((n) => n.kind === 'newPolicy' && n.policy.ptype === 'sub'),
        'a notice after the overrun',
      );
      expect(heard.notices.length).toBeLessThan(MORE_THAN_FIT);
      expect(heard.counters).toEqual({ 'xfrm-overrun': overruns });
    });
  });
});

it('texts are compared without the spaces that iproute2 leaves at the end of a line', () => {
  expect(withoutTrailingSpace('a \n\tb  \n')).toBe('a\n\tb');
});

const HOST = prefix('2001:db8:e::1/128');
const ENDS = { source: ipv6('2001:db8:e::1'), destination: ipv6('2001:db8:e::2') };
const SPIS = { reqid: 5, min: 0x1000, max: 0x1fff };
const MORE_THAN_FIT = 40_000; // notices in a receive buffer of 8 MiB
const IPPROTO_IPV6 = 41;
const IPV6_XFRM_POLICY = 35;
const POLICY_INFO = 168; // sizeof(struct xfrm_userpolicy_info)

const SIGNALLING: XfrmPolicy = {
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
  templates: [
    {
      protocol: 'hao',
      mode: 'ro',
      source: ipv6('::'),
      destination: ipv6('::'),
      spi: 0,
      reqid: 0x6d697036,
      level: 'use',
    },
  ],
};
const FROM_ANYWHERE = {
  selector: { source: prefix('::/0'), destination: prefix('2001:db8:a::1/128'), protocol: 135 },
  direction: 'in',
  priority: 9,
} as const;

const TUNNEL: XfrmTemplate = {
  protocol: 'esp',
  mode: 'tunnel',
  source: ipv6('2001:db8:b::9'),
  destination: ipv6('2001:db8:a::1'),
  spi: 0,
  reqid: 3,
  level: 'required',
};
const PLAIN: XfrmPolicy = {
  selector: { source: prefix('2001:db8:a::/64'), destination: prefix('::/0'), protocol: 0 },
  direction: 'out',
  ptype: 'main',
  action: 'allow',
  priority: 10,
  templates: [],
};

function numbered(i: number): XfrmPolicy {
  const source = prefix(`2001:db8:a::${i.toString(16)}/128`);
  return { ...PLAIN, selector: { ...PLAIN.selector, source } };
}
