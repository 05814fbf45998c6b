import { describe, expect, it } from 'vitest';
import { labNames, loadLab } from '../../../src/lab/library.js';
import { findNode } from '../../../src/lab/model.js';
import { familyRules } from '../../../src/lab/netns/families.js';
import { iptablesArguments, natRules } from '../../../src/lab/netns/nat.js';
import {
  groupOf,
  namespaceLines,
  nodeLines,
  planLab,
  plugLines,
  switchLines,
  sysctls,
  unplugLines,
} from '../../../src/lab/netns/plan.js';

const { lab } = loadLab('roam');
const plan = planLab(lab, 'ab12');

it('a namespace per node and one for the bridges, all with the id of the run', () => {
  expect(namespaceLines(plan)).toEqual(
    ['switch', 'ha', 'r1', 'r2', 'nat', 'cn', 'mn'].map((n) => `netns add mip6-roam-ab12-${n}`),
  );
});

it('a bridge per link that learns and floods at once, a veth per interface with its other end in the node', () => {
  const lines = switchLines(lab, plan);
  expect(lines).toContain(
    'link add name br-home type bridge stp_state 0 forward_delay 0 mcast_snooping 0',
  );
  expect(lines).toContain(
    'link add name mn-eth0 type veth peer name eth0 address 02:00:00:00:06:00 netns mip6-roam-ab12-mn',
  );
});

it('a move is the port down, into the other bridge, and up', () => {
  expect([...unplugLines('mn-eth0'), ...plugLines(plan, 'mn-eth0', 'v4nat')]).toEqual([
    'link set mn-eth0 down',
    'link set mn-eth0 nomaster',
    'link set mn-eth0 master br-v4nat group 4',
    'link set mn-eth0 up',
  ]);
});

it('a router has its addresses and the ways to the links beyond the others', () => {
  expect(nodeLines(lab, findNode(lab, 'r1')!)).toEqual([
    'link set lo up',
    'address add 2001:db8:f::11/64 dev eth0 nodad',
    'address add 198.51.100.11/24 dev eth0',
    'link set eth0 up',
    'address add 2001:db8:b::1/64 dev eth1 nodad',
    'link set eth1 up',
    'route add 2001:db8:a::/64 via 2001:db8:f::1 dev eth0',
    'route add 2001:db8:c::/64 via 2001:db8:f::12 dev eth0',
    'route add 192.0.2.0/24 via 198.51.100.1 dev eth0',
  ]);
});

describe('kernel settings', () => {
  const of = (node: string) =>
    sysctls(findNode(lab, node)!).map(([name, value]) => `${name}=${value}`);

  it('routers and home agents forward, hosts and mobile nodes do not', () => {
    for (const node of ['ha', 'r1', 'nat'])
      expect(of(node)).toContain('ipv6/conf/all/forwarding=1');
    for (const node of ['cn', 'mn']) expect(of(node).join()).not.toContain('forward');
  });

  it("a mobile node's kernel leaves router advertisements to the daemon", () => {
    expect(of('mn')).toContain('ipv6/conf/default/accept_ra=0');
  });
});

it('only a NAT translates, on its outer interface', () => {
  expect(natRules(findNode(lab, 'nat')!)).toContain('oifname "eth0" masquerade');
  expect(iptablesArguments(findNode(lab, 'nat')!).join(' ')).toBe(
    '-w -t nat -A POSTROUTING -o eth0 -j MASQUERADE',
  );
  expect(natRules(findNode(lab, 'r1')!)).toBeNull();
});

it('what a link does not carry is dropped by the group of its ports', () => {
  expect(groupOf(plan, 'v4nat')).toBe(4);
  const dropped = [
    { link: 'v4nat', family: 'ipv4' },
    { link: 'home', family: 'ipv6' },
  ] as const;
  expect(familyRules(plan, dropped)).toBe(`table bridge mip6_lab
delete table bridge mip6_lab
table bridge mip6_lab {
  chain forward {
    type filter hook forward priority 0
    iifgroup 4 meta protocol { ip, arp } drop
    iifgroup 1 meta protocol ip6 drop
  }
}
`);
});

it.each(labNames())('%s: every device name fits IFNAMSIZ', (name) => {
  const { lab: each } = loadLab(name);
  const devices = switchLines(each, planLab(each, 'ab12')).flatMap(
    (l) => /add name (\S+)/.exec(l)?.[1] ?? [],
  );
  expect(devices.filter((device) => device.length > 15)).toEqual([]);
  expect(new Set(devices).size).toBe(devices.length);
});
