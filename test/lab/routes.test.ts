import { expect, it } from 'vitest';
import { formatPrefix } from '../../src/base/address.js';
import { loadLab } from '../../src/lab/library.js';
import { findNode, parseLab, type Lab } from '../../src/lab/model.js';
import { staticRoutes } from '../../src/lab/routes.js';

const { lab: roam } = loadLab('roam');

it('every node has a route to each link that it is not on', () => {
  expect(routes(roam, 'cn')).toEqual([
    '2001:db8:a::/64 via 2001:db8:f::1 eth0',
    '2001:db8:b::/64 via 2001:db8:f::11 eth0',
    '2001:db8:c::/64 via 2001:db8:f::12 eth0',
    '192.0.2.0/24 via 198.51.100.1 eth0',
  ]);
});

it('what is inside a NAT is not routed outside, and the outside is from inside', () => {
  for (const node of ['ha', 'cn', 'r1', 'r2']) {
    expect(routes(roam, node).filter((r) => r.startsWith('10.'))).toEqual([]);
  }
  expect(routes(roam, 'nat')).toEqual(['192.0.2.0/24 via 198.51.100.1 eth0']);
  const inside = parseLab(
    `links: { core: { prefix4: 198.51.100.0/24 }, in: { prefix4: 10.1.0.0/24 } }
nodes:
  nat: { role: nat, outside: eth0, interfaces: { eth0: { link: core, address4: 198.51.100.3 }, eth1: { link: in, address4: 10.1.0.1 } } }
  pc: { role: host, interfaces: { eth0: { link: in, address4: 10.1.0.2 } } }
  web: { role: host, interfaces: { eth0: { link: core, address4: 198.51.100.80 } } }
`,
    'x.yaml',
  );
  expect(routes(inside, 'pc')).toEqual(['198.51.100.0/24 via 10.1.0.1 eth0']);
  expect(routes(inside, 'web')).toEqual([]);
});

it('a mobile node learns its routes, it is given none', () => {
  expect(routes(roam, 'mn')).toEqual([]);
});

it('each prefix of a link goes by a router that has an address in it', () => {
  const two = parseLab(
    `links:
  core: { prefix6: 2001:db8:f::/64 }
  net: { prefix6: [2001:db8:b::/64, 2001:db8:d::/64] }
nodes:
  r1: { role: router, interfaces: { eth0: { link: core, address6: 2001:db8:f::1 }, eth1: { link: net, address6: 2001:db8:b::1 } } }
  r2: { role: router, interfaces: { eth0: { link: core, address6: 2001:db8:f::2 }, eth1: { link: net, address6: 2001:db8:d::2 } } }
  cn: { role: host, interfaces: { eth0: { link: core, address6: 2001:db8:f::c } } }
  pc: { role: host, interfaces: { eth0: { link: net, address6: 2001:db8:d::c } } }
`,
    'x.yaml',
  );
  expect(routes(two, 'cn')).toEqual([
    '2001:db8:b::/64 via 2001:db8:f::1 eth0',
    '2001:db8:d::/64 via 2001:db8:f::2 eth0',
  ]);
  expect(routes(two, 'r1')).toEqual(['2001:db8:d::/64 via 2001:db8:f::2 eth0']);
  // A router of another prefix is no neighbour to go by.
  expect(routes(two, 'pc')).toEqual([
    '2001:db8:f::/64 via 2001:db8:d::2 eth0',
    '2001:db8:b::/64 via 2001:db8:d::2 eth0',
  ]);
});

it('takes the fewest hops, by the first router of the way', () => {
  const chain = parseLab(
    `links:
  l1: { prefix6: 2001:db8:1::/64 }
  l2: { prefix6: 2001:db8:2::/64 }
  l3: { prefix6: 2001:db8:3::/64 }
  l4: { prefix6: 2001:db8:4::/64 }
nodes:
  a: { role: host, interfaces: { eth0: { link: l1, address6: 2001:db8:1::a } } }
  r12: { role: router, interfaces: { eth0: { link: l1, address6: 2001:db8:1::1 }, eth1: { link: l2, address6: 2001:db8:2::1 } } }
  r23: { role: router, interfaces: { eth0: { link: l2, address6: 2001:db8:2::2 }, eth1: { link: l3, address6: 2001:db8:3::2 } } }
  r34: { role: router, interfaces: { eth0: { link: l3, address6: 2001:db8:3::3 }, eth1: { link: l4, address6: 2001:db8:4::3 } } }
  r14: { role: router, interfaces: { eth0: { link: l1, address6: 2001:db8:1::4 }, eth1: { link: l4, address6: 2001:db8:4::4 } } }
`,
    'x.yaml',
  );
  expect(routes(chain, 'a')).toEqual([
    '2001:db8:2::/64 via 2001:db8:1::1 eth0',
    '2001:db8:4::/64 via 2001:db8:1::4 eth0',
    '2001:db8:3::/64 via 2001:db8:1::1 eth0',
  ]);
});

function routes(lab: Lab, node: string): string[] {
  return staticRoutes(lab, findNode(lab, node)!).map(
    (r) => `${formatPrefix(r.destination)} via ${r.via} ${r.interface}`,
  );
}
