/** What the kernel makes of a real radvd's advertisements is adopted; or taken over, and given back. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { LinkState } from '../../src/core/input.js';
import type { Ownership } from '../../src/linux/link-owners.js';
import { LinuxWorld } from '../../src/linux/linux-world.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

describe.runIf(isRoot)('interfaces of another owner', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-adoption-'));
  let mn: Namespace;
  let router: Namespace;
  let radvd: ChildProcess | undefined;

  beforeAll(async () => {
    mn = namespace('mn');
    router = namespace('router');
    mn.setUp(`sysctl -qw net.ipv6.conf.default.accept_ra=1 net.ipv6.conf.default.autoconf=1`);
    cable(router, 'lan', mn, 'eth0');
    router.setUp('sysctl -qw net.ipv6.conf.all.forwarding=1');
    const config = join(folder, 'radvd.conf');
    writeFileSync(config, RADVD);
    const pid = join(folder, 'radvd.pid');
    const command = ['radvd', '-n', '-m', 'none', '-p', pid, '-C', config];
    radvd = spawn('ip', ['netns', 'exec', router.name, ...command], { stdio: 'ignore' });
    await until(() => mn.run('ip', '-6', 'address', 'show', 'dev', 'eth0'), /2001:db8:a:/);
  });
  afterAll(() => {
    radvd?.kill();
    removeNamespaces();
    rmSync(folder, { recursive: true, force: true });
  });

  it('auto: the kernel has configured it, so its address, lifetimes and router are shown as they are', async () => {
    const world = await open('auto');
    const link = await shown(world, (l) => (l.routers?.length ?? 0) > 0);
    expect(link.owner).toMatchObject({ kind: 'other', name: 'the kernel', leases: false });
    expect(link.routers).toEqual([{ family: 6, via: expect.stringMatching(/^fe80:/) as string }]);
    const global = link.addresses.find((a) => a.address.startsWith('2001:db8:a:'));
    const left = (global!.validUntil! - world.clock.now()) / 1000;
    expect(left).toBeGreaterThan(500);
    expect(left).toBeLessThanOrEqual(601);
    expect(await settings()).toEqual(['1', '1']);
    await world.close();
  });

  it('auto: an IPv4 address and default route of a DHCP client come and go as it says', async () => {
    const world = await open('auto');
    mn.setUp(`ip address add 10.7.0.2/24 dev eth0 valid_lft 300 preferred_lft 300
      ip route add default via 10.7.0.1 dev eth0 metric 100`);
    const has = (l: LinkState, there: boolean) =>
      l.addresses.some((a) => a.address === '10.7.0.2') === there &&
      (l.routers ?? []).some((r) => r.via === '10.7.0.1') === there;
    await shown(world, (l) => has(l, true));
    mn.setUp(`ip route del default via 10.7.0.1 dev eth0
      ip address del 10.7.0.2/24 dev eth0`);
    await shown(world, (l) => has(l, false));
    await world.close();
  });

  it('own: the kernel is told to leave it alone, and has its settings back in the end', async () => {
    const world = await open('own');
    expect((await shown(world, () => true)).owner).toMatchObject({ kind: 'us' });
    expect(await settings()).toEqual(['0', '0']);
    await world.close();
    expect(await settings()).toEqual(['1', '1']);
  });

  it('own, and killed: what cleans up after it puts the settings back', async () => {
    const world = await open('own');
    world.abandon();
    expect(await settings()).toEqual(['0', '0']);
    const next = await open('adopt');
    expect((await shown(next, () => true)).owner).toMatchObject({ kind: 'other' });
    await next.close();
    expect(await settings()).toEqual(['1', '1']);
  });

  const open = (ownership: Ownership): Promise<LinuxWorld> =>
    LinuxWorld.open({
      name: 'adoption',
      netns: mn.path,
      links: ['eth0'],
      ownership: new Map([['eth0', ownership]]),
      storeFile: null,
      stateFile: join(folder, 'state.json'),
      signalling: false,
      onEvent: () => undefined,
    });

  const settings = () =>
    Promise.all(
      ['accept_ra', 'autoconf'].map(async (key) =>
        (await mn.run('cat', `/proc/sys/net/ipv6/conf/eth0/${key}`)).trim(),
      ),
    );
});

const RADVD = `interface lan {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  prefix 2001:db8:a::/64 { AdvValidLifetime 600; AdvPreferredLifetime 300; };
};
`;

const shown = (world: LinuxWorld, fits: (link: LinkState) => boolean): Promise<LinkState> =>
  eventually(() => world.links.list().find(fits), 'the interface is shown so', 10_000);

async function until(text: () => Promise<string>, holds: RegExp): Promise<void> {
  for (let tries = 0; tries < 400; tries++) {
    if (holds.test(await text())) return;
    await new Promise((done) => setTimeout(done, 25));
  }
  throw new Error(`never came true: ${holds}`);
}
