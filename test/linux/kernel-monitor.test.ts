/** What is heard of others' changes to what is ours. */
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv6, prefix } from '../../src/base/address.js';
import { KernelMonitor, type KernelNotice } from '../../src/linux/netlink/kernel-monitor.js';
import { RtNetlink, type KernelRoute } from '../../src/linux/netlink/rtnetlink.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

describe.skipIf(!isRoot)('the kernel monitor', () => {
  let ns: Namespace;
  let requests: RtNetlink;
  let monitor: KernelMonitor;
  let heard: KernelNotice[];
  let overruns: number;
  let eth0: number;

  beforeEach(async () => {
    ns = namespace('mon');
    cable(ns, 'eth0', namespace('far'), 'far');
    requests = new RtNetlink(ns.path);
    eth0 = (await requests.links()).find((link) => link.name === 'eth0')!.index;
    heard = [];
    overruns = 0;
    monitor = new KernelMonitor(ns.path, { protocol: 109, group: 109, except: [requests.port] });
    monitor.on('notice', (notice) => heard.push(notice));
    monitor.on('overrun', () => overruns++);
  });
  afterEach(() => {
    monitor.close();
    requests.close();
    removeNamespaces();
  });

  it.each<[string, string[], string[]]>([
    [
      'a route of ours that another took away',
      ['ip -6 route add blackhole 2001:db8::/64 proto 109', 'ip -6 route del 2001:db8::/64'],
      ['added route 2001:db8::/64 by 109', 'removed route 2001:db8::/64 by 109'],
    ],
    [
      'an IPv4 route',
      ['ip route add blackhole 10.0.0.0/8 proto 109', 'ip route del blackhole 10.0.0.0/8'],
      ['added route 10.0.0.0/8 by 109', 'removed route 10.0.0.0/8 by 109'],
    ],
    [
      'a route of another in the place of ours',
      [
        'ip -6 route add blackhole 2001:db8::/64 proto 109 metric 7',
        'ip -6 route replace 2001:db8::/64 dev eth0 proto static metric 7',
      ],
      ['added route 2001:db8::/64 by 109', 'added route 2001:db8::/64 by 4 in place of one'],
    ],
    [
      'the same in IPv4',
      [
        'ip route add blackhole 10.0.0.0/8 proto 109',
        'ip route replace 10.0.0.0/8 dev eth0 proto static',
      ],
      ['added route 10.0.0.0/8 by 109', 'added route 10.0.0.0/8 by 4 in place of one'],
    ],
    [
      'nothing of what others have for themselves',
      [
        'ip -6 route add blackhole 2001:db8::/64 proto static',
        'ip rule add from 10.0.0.1 lookup 7',
        'ip addr add 10.0.0.1/8 dev eth0',
        'ip link set eth0 mtu 1400',
      ],
      [],
    ],
    [
      'rules of both families',
      [
        'ip -6 rule add from 2001:db8::1 lookup 7 proto 109',
        'ip rule add from 10.0.0.1 lookup 7 proto 109',
        'ip -6 rule del from 2001:db8::1',
        'ip rule del from 10.0.0.1',
      ],
      [
        'added rule 2001:db8::1/128',
        'added rule 10.0.0.1/32',
        'removed rule 2001:db8::1/128',
        'removed rule 10.0.0.1/32',
      ],
    ],
    [
      'links of our group, which others change and remove',
      [
        'ip link add mip6x type veth peer name other',
        'ip link set mip6x group 109',
        'ip link set mip6x mtu 1400',
        'ip link del mip6x',
      ],
      ['added link mip6x 1400', 'removed link mip6x 1400'], // of the group itself the kernel tells nothing
    ],
  ])('%s', async (_what, commands, expected) => {
    for (const command of commands) await ns.run(...command.split(' '));
    await last();
    expect(dropRepeats(heard.map(inWords))).toEqual(expected);
    expect([overruns, monitor.malformed]).toEqual([0, 0]);
  });

  it('our addresses, when another takes them away', async () => {
    const address = ipv6('2001:db8::7');
    const request = { index: eth0, address, prefixLength: 64, prefixRoute: true, protocol: 109 };
    await requests.addAddress(request, 'exclusive');
    await ns.run('ip', 'addr', 'del', '2001:db8::7/64', 'dev', 'eth0');
    await last();
    expect(heard.at(-1)).toMatchObject({
      kind: 'address',
      change: 'removed',
      address: { address },
    });
  });

  it('routes that went with their interface, but not those that we took away', async () => {
    const route = { ...ROUTE, type: 'unicast' as const, index: eth0 };
    await requests.addRoute(route, 'exclusive');
    await requests.removeRoute(route);
    await requests.addRoute(route, 'exclusive');
    await last();
    expect(heard).toEqual([]);
    await ns.run('ip', 'link', 'set', 'eth0', 'down');
    await last();
    expect(heard.map(inWords)).toEqual(['removed route 2001:db8:c::/64 by 109']);
  });

  it('thousands of routes, ours and of others, are not even read', async () => {
    const routes = Array.from({ length: 3000 }, (_, i) => ({
      ...ROUTE,
      destination: prefix(`2001:db8:d::${(i + 1).toString(16)}/128`),
    }));
    await Promise.all(routes.map((route) => requests.addRoute(route, 'exclusive')));
    const others = routes.map(({ destination: { address } }) => `${address} proto static metric 9`);
    ns.batch(others.map((other) => `route add blackhole ${other}`));
    await last();
    expect(heard).toEqual([]);
    expect(overruns).toBe(0);
  });

  it('loses count when nobody reads, says so, and goes on', async () => {
    // The process does not read while the batch runs.
    ns.batch(Array.from({ length: 60_000 }, (_, i) => flap(i)));
    await eventually(() => overruns > 0, 'an overrun');
    await last();
    expect(heard.length).toBeGreaterThan(0);
  });

  /** Waits until what happened before this call has been told. */
  async function last(): Promise<void> {
    const marker = 'ip -6 rule add from 2001:db8:ffff::1 lookup 9 proto 109'.split(' ');
    await ns.run(...marker);
    await eventually(() => isMarker(heard.at(-1)) || undefined, 'the marker');
    heard.pop();
    await ns.run(...marker.map((word) => (word === 'add' ? 'del' : word)));
    await eventually(() => isMarker(heard.at(-1)) || undefined, 'the end of the marker');
    heard.pop();
  }
});

const isMarker = (notice: KernelNotice | undefined): boolean =>
  notice?.kind === 'rule' && notice.rule.from.address === '2001:db8:ffff::1';

function inWords(notice: KernelNotice): string {
  switch (notice.kind) {
    case 'route': {
      const { destination, protocol } = notice.route;
      const place = notice.replaced ? ' in place of one' : '';
      return `${notice.change} route ${destination.address}/${destination.length} by ${protocol}${place}`;
    }
    case 'rule':
      return `${notice.change} rule ${notice.rule.from.address}/${notice.rule.from.length}`;
    case 'address':
      return `${notice.change} address ${notice.address.address}`;
    case 'link':
      return `${notice.change} link ${notice.link.name} ${notice.link.mtu}`;
    case 'filter':
      return `${notice.change} filter on ${notice.link}`;
    default:
      return notice satisfies never;
  }
}

/** The kernel tells of some changes of a link twice. */
const dropRepeats = (lines: string[]): string[] => lines.filter((line, i) => line !== lines[i - 1]);

const flap = (i: number): string =>
  `route ${i % 2 === 0 ? 'add' : 'del'} blackhole 2001:db8:e::/64 proto 109`;

const ROUTE: KernelRoute = {
  type: 'blackhole',
  table: 254,
  protocol: 109,
  destination: prefix('2001:db8:c::/64'),
  index: 0,
  via: undefined,
  preferredSource: undefined,
  metric: 7,
};
