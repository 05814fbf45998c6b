/** The real daemons beside real radvd and dnsmasq: registered everywhere, gone without a trace, back after a crash. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HA_CONF, HOA, HOA4, MN_CONF, SmallNetwork, until, type Daemon } from './small-network.js';

const network = new SmallNetwork();
let ha: Daemon;
let mn: Daemon;

beforeAll(async () => {
  network.up();
  network.plug('v6');
  await until('the link-local address is ready', () =>
    /fe80/.test(network.in('mn', 'ip -6 -o address show dev eth0 -tentative')),
  );
}, 60_000);
afterAll(() => network.down(), 30_000);

describe('on real packets', { timeout: 90_000 }, () => {
  let bareMn = '';
  let bareHa = '';

  it('registers from a network with radvd, and answers pings from the home link by proxy', async () => {
    bareMn = network.snapshot('mn');
    bareHa = network.snapshot('ha');
    ha = await network.daemon('ha', HA_CONF);
    mn = await network.daemon('mn', MN_CONF);
    await bound(/^2001:db8:b:/, 'ipv6');
    reachable();
  });

  it('SIGTERM: deregisters and leaves addresses, routes, rules, links and nft as they were', async () => {
    expect(await mn.end('SIGTERM')).toBe(0);
    expect(ha.entries('bc')).toEqual([]);
    expect(network.snapshot('mn')).toBe(bareMn);
    expect(await ha.end('SIGTERM')).toBe(0);
    expect(network.snapshot('ha')).toBe(bareHa);
  });

  it('SIGKILL, then start again: leftovers are gone and it is registered again', async () => {
    ha = await network.daemon('ha', HA_CONF);
    mn = await network.daemon('mn', MN_CONF);
    await bound(/^2001:db8:b:/, 'ipv6');
    expect(await mn.end('SIGKILL')).toBe('SIGKILL');
    expect(network.snapshot('mn')).not.toBe(bareMn);
    mn = await network.daemon('mn', MN_CONF);
    await until('the leftovers are reported', () => mn.log.includes('CLEANED'));
    await bound(/^2001:db8:b:/, 'ipv6');
    reachable();
  });

  it('the home agent killed and started again keeps its bindings', async () => {
    expect(await ha.end('SIGKILL')).toBe('SIGKILL');
    ha = await network.daemon('ha', HA_CONF);
    await until('the leftovers are reported', () => ha.log.includes('CLEANED'));
    expect(ha.entries('bc')).toMatchObject([
      { homeAddress: HOA, homeAddress4: HOA4, path: 'ipv6' },
    ]);
    reachable();
  });

  it('takes a lease from dnsmasq where there is no IPv6, and tunnels in plain IPv4 without a NAT', async () => {
    network.plug('v4');
    await bound(/^203\.0\.113\./, 'ipv4');
    reachable();
  });

  it('shows the lease and its network, and renews it on command', async () => {
    const { links, networks } = mn.json('dhcp', 'status') as Record<string, unknown[]>;
    expect(links).toMatchObject([
      {
        link: 'eth0',
        state: 'bound',
        lease: { prefixLength: 24, router: '203.0.113.1', server: '203.0.113.1', lifetime: 600 },
      },
    ]);
    expect(networks).toMatchObject([{ gateway: '203.0.113.1', timed: true }]);
    const before = leaseOf(mn).expiresIn;
    await until('some of the lease is gone', () => leaseOf(mn).expiresIn < before - 1);
    expect(mn.json('dhcp', 'renew', 'eth0')).toMatchObject({ accepted: true, link: 'eth0' });
    await until('it is whole again', () => leaseOf(mn).expiresIn > before - 1);
    await until('it is in the journal', () =>
      mn.log.includes('DHCP_COMMANDED DHCP renew on eth0, asked for by uid 0'),
    );
  });

  it('killed and started again, it has its lease back from the known gateway; the DHCP server sleeps', async () => {
    const { address } = leaseOf(mn);
    network.in('ha', 'nft add table inet asleep');
    network.in('ha', "nft 'add chain inet asleep in { type filter hook input priority 0; }'");
    network.in('ha', 'nft add rule inet asleep in udp dport 67 drop');
    expect(await mn.end('SIGKILL')).toBe('SIGKILL');
    mn = await network.daemon('mn', MN_CONF);
    await bound(/^203\.0\.113\./, 'ipv4');
    const { links } = mn.json('dhcp', 'status') as Record<string, unknown[]>;
    expect(links).toMatchObject([{ vouchedBy: 'gateway', lease: { address } }]);
    reachable();
    network.in('ha', 'nft delete table inet asleep');
  });

  it('comes home, and on-link correspondents reach it without the home agent', async () => {
    network.plug('home');
    await until(
      'no binding is left',
      () => ha.entries('bc').length === 0,
      () => mn.log,
    );
    reachable();
    expect(network.in('mn', 'ip -o address show dev eth0')).toContain(HOA);
  });

  it('after all of it, SIGTERM still leaves nothing', async () => {
    network.plug('v6');
    await bound(/^2001:db8:b:/, 'ipv6');
    expect(await mn.end('SIGTERM')).toBe(0);
    expect(network.snapshot('mn')).toBe(bareMn);
    expect(await ha.end('SIGTERM')).toBe(0);
    expect(network.snapshot('ha')).toBe(bareHa);
  });
});

async function bound(careOf: RegExp, path: string): Promise<void> {
  const holds = () =>
    mn
      .entries('bul')
      .some(
        (e) => e['state'] === 'bound' && careOf.test(String(e['careOf'])) && e['path'] === path,
      );
  await until(`bound to ${careOf} by ${path}`, holds, () => mn.log + ha.log);
  expect(ha.entries('bc')).toMatchObject([{ homeAddress: HOA, path }]);
}

function reachable(): void {
  for (const address of [HOA, HOA4])
    expect(network.in('cn', `ping -c 3 -i 0.2 -W 2 ${address}`)).toMatch(/ [123] received/);
}

function leaseOf(node: Daemon): { address: string; expiresIn: number } {
  const { links } = node.json('dhcp', 'status') as { links: { lease: unknown }[] };
  return links[0]!.lease as { address: string; expiresIn: number };
}
