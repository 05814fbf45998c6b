/** The real mobile node on an interface that the kernel configures by radvd's advertisements: adopted, or taken over. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { HA_CONF, HOA, MN_CONF, SmallNetwork, until, type Daemon } from './small-network.js';

const network = new SmallNetwork();
let ha: Daemon;
let mn: Daemon;

beforeAll(async () => {
  network.up();
  network.in('mn', 'sysctl -qw net.ipv6.conf.eth0.accept_ra=1 net.ipv6.conf.eth0.autoconf=1');
  network.plug('v6');
  await until('the kernel has its own address', () => /2001:db8:b:/.test(addresses()));
  ha = await network.daemon('ha', HA_CONF);
}, 60_000);
afterAll(() => network.down(), 30_000);

describe('an interface that the kernel configures', { timeout: 90_000 }, () => {
  let bare = '';

  it('is adopted: its address is the care-of address, as it is, and status says so', async () => {
    bare = network.snapshot('mn');
    const [own] = /2001:db8:b:[0-9a-f:]+/.exec(addresses())!;
    mn = await network.daemon('mn', MN_CONF);
    await until(
      'it is bound',
      () => bound() === own,
      () => mn.log,
    );
    await until('it says so', () => mn.log.includes('LINK_ADOPTED the kernel configures eth0'));
    const [link] = mn.status()!['links'] as Record<string, unknown>[];
    expect(link).toMatchObject({ adopted: { from: 'the kernel' }, addresses: [own] });
    expect(settings()).toEqual(['1', '1']);
    await reachable();
  });

  it('goes home, where its home address is ours, and comes back to the address of the kernel', async () => {
    network.plug('home');
    await until(
      'it is at home',
      () => ha.entries('bc').length === 0,
      () => mn.log,
    );
    await reachable();
    network.plug('v6');
    await until(
      'it is bound again',
      () => /^2001:db8:b:/.test(bound()),
      () => mn.log,
    );
    await reachable();
  });

  it('is left as it was', async () => {
    expect(await mn.end('SIGTERM')).toBe(0);
    // The kernel keeps what it made of the home link's advertisements, too.
    const without = (text: string) =>
      text.replace(/^.*2001:db8:a:.*\n/gm, '').replace(/^default via .* proto ra .*\n/gm, '');
    expect(without(network.snapshot('mn'))).toBe(without(bare));
  });

  it('is taken over where that is asked for, and given back in the end', async () => {
    mn = await network.daemon('mn', OWN);
    await until(
      'it is bound',
      () => /^2001:db8:b:/.test(bound()),
      () => mn.log,
    );
    await until('it says so', () => mn.log.includes('LINK_OWNED eth0 is ours'));
    expect(settings()).toEqual(['0', '0']);
    expect(await mn.end('SIGTERM')).toBe(0);
    expect(settings()).toEqual(['1', '1']);
  });

  it('is given back after a crash, by the next start', async () => {
    mn = await network.daemon('mn', OWN);
    expect(await mn.end('SIGKILL')).toBe('SIGKILL');
    expect(settings()).toEqual(['0', '0']);
    mn = await network.daemon('mn', MN_CONF);
    expect(settings()).toEqual(['1', '1']);
    expect(await mn.end('SIGTERM')).toBe(0);
  });
});

const OWN = MN_CONF.replace('UseDhcp enabled;', 'UseDhcp enabled; RouterAdvertisements own;');

const addresses = (): string =>
  network.in('mn', 'ip -6 -o address show dev eth0 scope global -tentative');
const settings = (): string[] =>
  ['accept_ra', 'autoconf'].map((key) =>
    network.in('mn', `sysctl -n net.ipv6.conf.eth0.${key}`).trim(),
  );
const bound = (): string => {
  const [entry] = mn.entries('bul');
  return entry?.['state'] === 'bound' ? String(entry['careOf']) : '';
};

/** The home agent claims the address only when its own duplicate address detection is over. */
const reachable = (): Promise<void> =>
  until(`${HOA} answers`, () =>
    / 1 received/.test(network.in('cn', `ping -c 1 -W 1 ${HOA} || true`)),
  );
