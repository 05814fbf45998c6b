/** Tunnels, and the routes into them, in a kernel that has them. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix } from '../../src/base/address.js';
import { RtNetlink, type KernelRoute, type TunnelLink } from '../../src/linux/netlink/rtnetlink.js';
import { namespace, removeNamespaces, type Namespace } from '../linux/netns.js';

/** user-mode-linux has FOU ports but no tunnels within UDP. */
const HAS_ENCAP_FOU = process.env['UML'] === undefined;

let ns: Namespace;
let requests: RtNetlink;

beforeAll(() => {
  ns = namespace('rt');
  requests = new RtNetlink(ns.path);
});
afterAll(() => {
  requests.close();
  removeNamespaces();
});

describe('tunnels', () => {
  const rows: readonly { link: TunnelLink; shown: RegExp }[] = [
    {
      link: {
        ...ours('mip6e', 0),
        type: 'ip6tnl',
        mode: 'any',
        external: true,
        hopLimit: 64,
        encapLimit: 'none',
        mtu: 1460,
      },
      shown: /UP.* mtu 1460 .*group 109 .*ip6tnl external any .*hoplimit 64 encaplimit none/s,
    },
    {
      link: {
        ...ours('mip6a', 1),
        type: 'ip6tnl',
        mode: 'any',
        local: ipv6('2001:db8::1'),
        remote: ipv6('2001:db8::2'),
        link: 1,
        hopLimit: 64,
        encapLimit: 'none',
        mtu: 1400,
      },
      shown: /ip6tnl any remote 2001:db8::2 local 2001:db8::1 dev lo hoplimit 64 encaplimit none/,
    },
    {
      link: {
        ...ours('mip6b', 2),
        type: 'ip6tnl',
        mode: 'ip6ip6',
        remote: ipv6('2001:db8::3'),
        hopLimit: 0,
        encapLimit: 4,
        mtu: 1400,
      },
      shown: /ip6tnl ip6ip6 remote 2001:db8::3 local any hoplimit inherit encaplimit 4/,
    },
    {
      link: {
        ...ours('mip6c', 3),
        type: 'sit',
        mode: 'any',
        local: ipv4('192.0.2.1'),
        remote: ipv4('192.0.2.2'),
        hopLimit: 64,
        pathMtuDiscovery: true,
        mtu: 1480,
      },
      shown: /sit any remote 192.0.2.2 local 192.0.2.1 ttl 64 pmtudisc/,
    },
    {
      link: {
        ...ours('mip6d', 4),
        up: false,
        type: 'sit',
        mode: 'ip6ip',
        local: ipv4('192.0.2.1'),
        hopLimit: 0,
        pathMtuDiscovery: false,
        mtu: 1300,
      },
      shown: /state DOWN .*sit ip6ip remote any local 192.0.2.1 ttl inherit nopmtudisc/s,
    },
    {
      link: {
        ...ours('mip6f', 5),
        type: 'ipip',
        mode: 'any',
        local: ipv4('192.0.2.1'),
        remote: ipv4('192.0.2.3'),
        hopLimit: 64,
        pathMtuDiscovery: true,
        mtu: 1480,
      },
      shown: /ipip any remote 192.0.2.3 local 192.0.2.1 ttl 64 pmtudisc/,
    },
    ...(HAS_ENCAP_FOU
      ? ([
          {
            link: {
              ...ours('mip6g', 6),
              type: 'sit',
              mode: 'any',
              local: ipv4('192.0.2.1'),
              remote: ipv4('192.0.2.4'),
              hopLimit: 64,
              pathMtuDiscovery: true,
              mtu: 1450,
              encapsulation: {
                kind: 'fou',
                sourcePort: 4191,
                destinationPort: 40001,
                checksum: true,
              },
            },
            shown: /encap fou encap-sport 4191 encap-dport 40001 encap-csum /,
          },
          {
            link: {
              ...ours('mip6h', 7),
              type: 'ip6tnl',
              mode: 'any',
              local: ipv6('2001:db8::1'),
              remote: ipv6('2001:db8::4'),
              hopLimit: 64,
              encapLimit: 'none',
              mtu: 1400,
              encapsulation: { kind: 'gue', sourcePort: 0, destinationPort: 4191, checksum: false },
            },
            shown: /encap gue encap-sport auto encap-dport 4191 noencap-csum noencap-csum6/,
          },
        ] as const)
      : []),
  ];

  it.each(rows)('$link.name is made as asked, and read back the same', async ({ link, shown }) => {
    await requests.createTunnel(link);
    expect(await ns.run('ip', '-d', 'link', 'show', 'dev', link.name)).toMatch(shown);
    expect((await requests.tunnels()).find((t) => t.index === link.index)).toEqual(link);
    expect(await ns.run('ip', '-6', 'addr', 'show', 'dev', link.name)).not.toContain('fe80');
  });

  it('are changed in place: the index, and the routes on it, stay', async () => {
    const link: TunnelLink = {
      ...ours('mip6x', 20),
      type: 'ip6tnl',
      mode: 'any',
      local: ipv6('2001:db8::20'),
      remote: ipv6('2001:db8::21'),
      hopLimit: 64,
      encapLimit: 'none',
      mtu: 1400,
    };
    const moved = { ...link, local: ipv6('2001:db8:1::20') };
    const route = routeTo('2001:db8:c::/64', { index: link.index, metric: 7 });
    await Promise.all([
      requests.createTunnel(link),
      requests.addRoute(route, 'exclusive'),
      requests.changeTunnel(moved),
    ]);
    expect((await requests.tunnels()).find((t) => t.index === link.index)).toEqual(moved);
    expect(await requests.routes(109)).toContainEqual(route);
    await requests.removeLink(link.index);
    expect((await requests.tunnels()).some((t) => t.index === link.index)).toBe(false);
  });

  it('a taken index is refused, and its holder stays as it was', async () => {
    const before = await ns.run('ip', '-d', 'link', 'show', 'dev', 'mip6d');
    const link = { ...rows[3]!.link, name: 'mip6y', index: ours('mip6d', 4).index };
    await expect(requests.createTunnel(link)).rejects.toThrow(/create sit tunnel mip6y .*: EEXIST/);
    expect(await ns.run('ip', '-d', 'link', 'show', 'dev', 'mip6d')).toBe(before);
  });

  it('a change to the ends of another tunnel is refused', async () => {
    const twin = { ...rows[1]!.link, index: ours('mip6b', 2).index };
    await expect(requests.changeTunnel(twin)).rejects.toMatchObject({ errno: 'EEXIST' });
  });

  it('there is nothing to change where nothing is', async () => {
    const absent = { ...rows[3]!.link, index: 77 };
    await expect(requests.changeTunnel(absent)).rejects.toMatchObject({ errno: 'ENODEV' });
  });
});

describe('routes into the metadata tunnel', () => {
  const rows = [
    routeTo('2001:db8:a::100/128', { metric: 64, encapsulation: outer('2001:db8:b::1') }),
    routeTo('2001:db8:a:1::/64', { metric: 64, encapsulation: outer('2001:db8:b::2') }),
    routeTo('10.10.0.100/32', { metric: 64, encapsulation: outer('2001:db8:b::1') }),
  ];

  it.each(rows)('$destination.address: added, read back, moved, removed', async (route) => {
    await requests.addRoute(route, 'exclusive');
    expect(await ns.run('ip', 'route', 'get', address(route))).toMatch(
      /encap ip6 id 0 src 2001:db8::1 dst 2001:db8:b::\d hoplimit 64 tc 0 dev mip6e/,
    );
    expect(await requests.routes(109)).toContainEqual(route);
    const moved = { ...route, encapsulation: outer('2001:db8:b:f::9') };
    await requests.addRoute(moved, 'replace');
    const there = (await requests.routes(109)).filter(
      (r) => r.destination.address === route.destination.address,
    );
    expect(there).toEqual([moved]);
    await requests.removeRoute(moved);
    expect(await requests.routes(109)).not.toContainEqual(moved);
  });
});

function ours(name: string, slot: number) {
  return { name, index: 0x6d0000 + slot, group: 109, up: true };
}

function routeTo(destination: string, more: Partial<KernelRoute>): KernelRoute {
  return {
    type: 'unicast',
    table: 254,
    protocol: 109,
    destination: prefix(destination),
    index: ours('mip6e', 0).index,
    via: undefined,
    preferredSource: undefined,
    metric: 0,
    ...more,
  };
}

function outer(destination: string) {
  return { source: ipv6('2001:db8::1'), destination: ipv6(destination), hopLimit: 64 };
}

function address(route: KernelRoute): string {
  return route.destination.address;
}
