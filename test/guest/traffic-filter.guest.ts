/** RFC 6275 §10.4.5 by traffic filters: which inner sources a care-of address may send from. */
import { spawnSync } from 'node:child_process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv6, prefix } from '../../src/base/address.js';
import { Outbox } from '../../src/linux/netlink/outbox.js';
import {
  RtNetlink,
  type SourceFilter,
  type TrafficFilter,
} from '../../src/linux/netlink/rtnetlink.js';
import { cable, namespace, removeNamespaces, type Namespace } from '../linux/netns.js';

const MIP6E = 0x6d0000;
const DROP: TrafficFilter = { kind: 'drop', link: MIP6E };
const SIX: SourceFilter = {
  kind: 'source',
  link: MIP6E,
  handle: 7,
  outerSource: ipv6('2001:db8:b::100'),
  innerSource: prefix('2001:db8:a::100/128'),
};
const FOUR: SourceFilter = { ...SIX, innerSource: prefix('10.10.0.100/32') };
const NETWORK: SourceFilter = { ...SIX, handle: 8, innerSource: prefix('2001:db8:a:f00::/56') };

let ha: Namespace;
let mn: Namespace;
let requests: RtNetlink;
let outbox: Outbox;

beforeAll(async () => {
  // A guest kernel may be unable to find its modules by itself.
  spawnSync('modprobe', ['-qa', 'sch_ingress', 'cls_flower', 'cls_matchall', 'act_gact']);
  ha = namespace('ha');
  mn = namespace('mn');
  cable(ha, 'eth0', mn, 'eth0');
  ha.setUp(`ip addr add 2001:db8:b::1/64 dev eth0 nodad
    sysctl -qw net.ipv6.conf.all.forwarding=1`);
  mn.setUp(`ip addr add 2001:db8:b::100/64 dev eth0 nodad
    ip link add tun6 type ip6tnl mode any local 2001:db8:b::100 remote 2001:db8:b::1 encaplimit none
    ip link set tun6 up
    ip addr add 2001:db8:a::100/128 dev tun6 nodad
    ip addr add 2001:db8:a::200/128 dev tun6 nodad
    ip addr add 10.10.0.100/32 dev tun6
    ip addr add 10.10.0.200/32 dev tun6
    ip route add 2001:db8:1::/64 dev tun6
    ip route add 10.1.0.0/16 dev tun6`);
  outbox = new Outbox();
  requests = new RtNetlink(ha.path, outbox);
  await requests.createTunnel({
    type: 'ip6tnl',
    name: 'mip6e',
    index: MIP6E,
    group: 109,
    up: true,
    mode: 'any',
    external: true,
    hopLimit: 64,
    encapLimit: 'none',
  });
  ha.setUp(`ip addr add 2001:db8:1::1/128 dev lo
    ip addr add 10.1.0.1/32 dev lo
    ip -6 route add 2001:db8:a::/64 encap ip6 dst 2001:db8:b::100 src 2001:db8:b::1 dev mip6e
    ip route add 10.10.0.0/16 encap ip6 dst 2001:db8:b::100 src 2001:db8:b::1 dev mip6e`);
});
afterAll(() => {
  requests.close();
  removeNamespaces();
});

describe('filters as objects', () => {
  it('are put, listed, replaced in place and removed', async () => {
    await requests.addClsact(MIP6E);
    await requests.addClsact(MIP6E); // again, without harm
    for (const filter of [SIX, FOUR, NETWORK, DROP, DROP]) await requests.putTrafficFilter(filter);
    expect(await requests.trafficFilters(MIP6E)).toEqual([NETWORK, SIX, FOUR, DROP].sort(byText));
    const shown = await ha.run('tc', 'filter', 'show', 'dev', 'mip6e', 'ingress');
    expect(shown).toMatch(/protocol ipv6 pref 1 flower .*handle 0x7 .*src_ip 2001:db8:a::100/s);
    expect(shown).toMatch(/enc_src_ip 2001:db8:b::100/);
    expect(shown).toMatch(/protocol ip pref 2 flower .*handle 0x7 .*src_ip 10.10.0.100/s);
    expect(shown).toMatch(/protocol all pref 9 matchall .*gact action drop/s);

    const moved = { ...SIX, outerSource: ipv6('2001:db8:b::101') };
    await requests.putTrafficFilter(moved);
    expect(await requests.trafficFilters(MIP6E)).toEqual([NETWORK, moved, FOUR, DROP].sort(byText));

    for (const filter of [SIX, FOUR, NETWORK, DROP]) await requests.removeTrafficFilter(filter);
    expect(await requests.trafficFilters(MIP6E)).toEqual([]);
    await expect(requests.removeTrafficFilter(SIX)).rejects.toMatchObject({ errno: 'ENOENT' });
    expect(outbox.operations).toMatchObject({ qdisc: 2, filter: 11 });
  });

  it('two that match the same are refused', async () => {
    await requests.putTrafficFilter(SIX);
    await expect(requests.putTrafficFilter({ ...SIX, handle: 9 })).rejects.toThrow(
      /put traffic filter 9 of 2001:db8:a::100\/128 on interface \d+: EEXIST/,
    );
    await requests.removeTrafficFilter(SIX);
  });
});

describe('filters at work', () => {
  const reaches = async (source: string): Promise<boolean> => {
    const to = source.includes(':') ? '2001:db8:1::1' : '10.1.0.1';
    const said = await mn.attempt('ping', '-n', '-c1', '-W1', '-I', source, to);
    return said.includes(' 0% packet loss');
  };

  it('without any, everything comes in', async () => {
    expect(await reaches('2001:db8:a::200')).toBe(true);
    expect(await reaches('10.10.0.200')).toBe(true);
  });

  it('a bound inner source passes, in both families, another one does not', async () => {
    await Promise.all([SIX, FOUR, DROP].map((filter) => requests.putTrafficFilter(filter)));
    expect(await reaches('2001:db8:a::100')).toBe(true);
    expect(await reaches('10.10.0.100')).toBe(true);
    expect(await reaches('2001:db8:a::200')).toBe(false);
    expect(await reaches('10.10.0.200')).toBe(false);
  });

  it('from another care-of address it does not pass, until the binding has moved there', async () => {
    const elsewhere = { ...SIX, outerSource: ipv6('2001:db8:b::101') };
    await requests.putTrafficFilter(elsewhere);
    expect(await reaches('2001:db8:a::100')).toBe(false);
    mn.setUp(`ip addr add 2001:db8:b::101/64 dev eth0 nodad
      ip link set tun6 type ip6tnl mode any local 2001:db8:b::101 remote 2001:db8:b::1 encaplimit none`);
    await ha.run(
      ...['ip', '-6', 'route', 'replace', '2001:db8:a::/64', 'encap', 'ip6'],
      ...['dst', '2001:db8:b::101', 'src', '2001:db8:b::1', 'dev', 'mip6e'],
    );
    expect(await reaches('2001:db8:a::100')).toBe(true);
    expect(await reaches('10.10.0.100')).toBe(false); // its filter still names the old one
  });
});

const byText = (a: TrafficFilter, b: TrafficFilter): number => rank(a) - rank(b);

/** The kernel lists by preference, then by handle. */
function rank(filter: TrafficFilter): number {
  if (filter.kind === 'drop') return 9000;
  return (filter.innerSource.address.includes(':') ? 1000 : 2000) + filter.handle;
}
