/** Routes, rules and addresses by netlink, against what `ip` shows of them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, mac, prefix } from '../../src/base/address.js';
import {
  RtNetlink,
  type AddressRequest,
  type KernelNeighbour,
  type KernelRoute,
  type KernelRule,
} from '../../src/linux/netlink/rtnetlink.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

describe.skipIf(!isRoot)('rtnetlink', () => {
  let ns: Namespace;
  let requests: RtNetlink;
  let eth0: number;

  beforeAll(async () => {
    ns = namespace('rt');
    cable(ns, 'eth0', namespace('far'), 'far');
    requests = new RtNetlink(ns.path);
    eth0 = (await requests.links()).find((link) => link.name === 'eth0')!.index;
  });
  afterAll(() => {
    requests.close();
    removeNamespaces();
  });

  it('tells the kind and the group of an interface', async () => {
    await ns.run('ip', 'link', 'set', 'eth0', 'group', '17');
    const links = await requests.links();
    expect(links.find((link) => link.name === 'eth0')).toMatchObject({ kind: 'veth', group: 17 });
    expect(links.find((link) => link.loopback)).toMatchObject({ kind: undefined, group: 0 });
    expect(await requests.tunnels()).toEqual([]);
  });

  it.each([
    ['blackhole', '::/0', /^blackhole default .*proto 109 metric 77/m],
    ['unreachable', '2001:db8:a::/64', /^unreachable 2001:db8:a::\/64 .*proto 109 metric 77/m],
    ['blackhole', '0.0.0.0/0', /^blackhole default proto 109 metric 77/m],
    ['unreachable', '10.10.0.0/16', /^unreachable 10.10.0.0\/16 proto 109 metric 77/m],
  ] as const)('a route of type %s to %s, and one in its place', async (type, to, shown) => {
    const family = to.includes(':') ? '-6' : '-4';
    const drop: KernelRoute = { ...ROUTE, type, destination: prefix(to) };
    const pass: KernelRoute = { ...drop, type: 'unicast', index: eth0 };
    await requests.addRoute(drop, 'exclusive');
    expect(await ns.run('ip', family, 'route', 'show', 'table', '7001')).toMatch(shown);
    expect(await requests.routes(109)).toEqual([drop]);
    await requests.addRoute(pass, 'replace');
    expect(await requests.routes(109)).toEqual([pass]);
    await requests.addRoute(drop, 'replace');
    expect(await requests.routes(109)).toEqual([drop]);
    await requests.removeRoute(drop);
    expect(await requests.routes(109)).toEqual([]);
  });

  it.each<[KernelRule, RegExp]>([
    [
      { ...RULE, to: prefix('2001:db8::1/128'), ipProtocol: 135 },
      /^1000:\tfrom 2001:db8:a::100 to 2001:db8::1 ipproto mobility-header lookup 7006 proto 109$/m,
    ],
    [{ ...RULE, to: prefix('2001:db8::/32') }, /from 2001:db8:a::100 to 2001:db8::\/32 lookup/],
    [{ ...RULE, from: prefix('::/0'), ipProtocol: 17 }, /from all ipproto udp lookup 7006/],
    [{ ...RULE, from: prefix('10.10.0.100/32'), ipProtocol: 4 }, /ipproto ipencap lookup 7006/],
    [{ ...RULE, table: 200 }, /from 2001:db8:a::100 lookup 200 proto 109/],
  ])('a rule, as asked and read back the same: %o', async (rule, shown) => {
    const family = rule.from.address.includes(':') ? '-6' : '-4';
    await requests.addRule(rule);
    expect(await ns.run('ip', family, 'rule')).toMatch(shown);
    expect((await requests.rules()).filter((r) => r.protocol === 109)).toEqual([rule]);
    await expect(requests.addRule(rule)).rejects.toMatchObject({ errno: 'EEXIST' });
    await requests.removeRule(rule);
    expect((await requests.rules()).filter((r) => r.protocol === 109)).toEqual([]);
  });

  it.each<[Omit<KernelNeighbour, 'index'>, RegExp]>([
    [
      { address: ipv6('2001:db8:1::9'), proxy: true, permanent: true, protocol: 109 },
      /^2001:db8:1::9 dev eth0 proxy +proto/m,
    ],
    [
      { address: ipv4('192.0.2.9'), proxy: true, permanent: true, protocol: 109 },
      /^192.0.2.9 dev eth0 proxy +proto/m,
    ],
    [
      { address: ipv6('fe80::9'), proxy: false, mac: MAC, permanent: true, protocol: 109 },
      /^fe80::9 dev eth0 lladdr 02:00:00:00:00:09 PERMANENT proto/m,
    ],
    [
      { address: ipv4('192.0.2.8'), proxy: false, mac: MAC, permanent: false, protocol: 0 },
      /^192.0.2.8 dev eth0 lladdr 02:00:00:00:00:09 REACHABLE/m,
    ],
  ])('a neighbour, or an address answered for: %o', async (entry, shown) => {
    const neighbour = { index: eth0, ...entry };
    await requests.addNeighbour(neighbour, 'exclusive');
    const show = entry.proxy ? ['show', 'proxy'] : ['show'];
    expect(await ns.run('ip', 'neigh', ...show)).toMatch(shown);
    expect(await requests.neighbours(entry.proxy)).toContainEqual(neighbour);
    await requests.removeNeighbour(neighbour);
    // A neighbour may stay for a while, failed and without its link-layer address.
    const left = (await requests.neighbours(entry.proxy)).filter((n) => n.proxy || n.mac);
    expect(left.filter((n) => n.address === entry.address)).toEqual([]);
  });

  it.each<[Partial<AddressRequest>, string]>([
    [{ homeAddress: true }, 'scope global nodad home noprefixroute'],
    [{ homeAddress: false, prefixRoute: true }, 'scope global nodad proto'],
    [{ address: ipv4('10.10.0.100'), prefixLength: 32 }, 'scope global noprefixroute'],
  ])('an address with %o', async (more, shown) => {
    const request = { ...ADDRESS, index: eth0, ...more };
    await requests.addAddress(request, 'exclusive');
    const line = await ns.run('ip', 'addr', 'show', 'dev', 'eth0', 'to', request.address);
    // Where iproute2 knows IFA_PROTO it says so between.
    expect(line.replace(/proto 0x6d /, '')).toContain(shown.replace(/ proto$/, ''));
    expect((await requests.addresses()).filter((a) => a.protocol === 109)).toEqual([
      {
        index: eth0,
        address: request.address,
        prefixLength: request.prefixLength,
        usable: true,
        homeAddress: request.homeAddress ?? false,
        protocol: 109,
        autoconfigured: false,
        temporary: false,
        deprecated: false,
        validLifetime: null,
      },
    ]);
    await requests.removeAddress(request);
    expect((await requests.addresses()).filter((a) => a.protocol === 109)).toEqual([]);
  });
});

const MAC = mac('02:00:00:00:00:09');
const ROUTE: KernelRoute = {
  type: 'unicast',
  table: 7001,
  protocol: 109,
  destination: prefix('::/0'),
  index: 0,
  via: undefined,
  preferredSource: undefined,
  metric: 77,
};
const RULE: KernelRule = {
  priority: 1000,
  from: prefix('2001:db8:a::100/128'),
  table: 7006,
  protocol: 109,
};
const ADDRESS = {
  address: ipv6('2001:db8:a::100'),
  prefixLength: 128,
  prefixRoute: false,
  protocol: 109,
};
