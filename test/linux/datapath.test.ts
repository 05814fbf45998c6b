/** What the datapath leaves in the kernel, and that nothing of it stays. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv6, prefix } from '../../src/base/address.js';
import { keyOf, TUNNEL_LINK, type DatapathItem } from '../../src/core/datapath/model.js';
import type { MipEvent } from '../../src/core/event.js';
import { LinuxError, LinuxWorld, native } from '../../src/linux/index.js';
import { CARE_OF4, CARE_OF6, everything, HOME4, HOME6 } from './fixtures/state.js';
import { cable, eventually, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

describe.skipIf(!isRoot)('the userspace datapath', () => {
  let mn: Namespace;
  let stateFile: string;
  let events: MipEvent[];
  let before: string;
  const worlds: LinuxWorld[] = [];

  beforeEach(() => {
    mn = namespace('mn');
    const access = namespace('ar');
    cable(mn, 'eth0', access, 'mn');
    stateFile = `/tmp/${mn.name}.state.json`;
    events = [];
    before = mn.state();
  });
  afterEach(async () => {
    for (const world of worlds.splice(0)) await world.close();
    removeNamespaces();
    rmSync(stateFile, { force: true });
  });

  it('puts addresses, routes, rules and the guard in place, marked as ours', async () => {
    const world = await open();
    await world.datapath.apply(everything());
    const address = await mn.run('ip', '-o', 'addr');
    expect(address).toMatch(/eth0\s+inet6 2001:db8:1::2\/64 scope global nodad/);
    expect(address).toMatch(/mip6\s+inet6 2001:db8:a::100\/128 scope global nodad noprefixroute/);
    expect(address).toMatch(/mip6\s+inet 10\.10\.0\.100\/32 scope global noprefixroute/);
    expect(address).not.toMatch(/mip6\s+inet6 fe80/);
    expect(await mn.run('ip', '-6', 'route', 'show', 'table', '7006')).toMatch(
      /default via fe80::1 dev eth0 proto 109 src 2001:db8:1::2 metric 77/,
    );
    expect(await mn.run('ip', '-4', 'route', 'show', 'table', '7001')).toMatch(
      /default dev mip6 proto 109 scope link metric 77/,
    );
    expect(await mn.run('ip', '-6', 'rule')).toMatch(
      /1001:\tfrom 2001:db8:a::100 lookup 7001 proto 109/,
    );
    const guard = await mn.run('nft', 'list', 'table', 'inet', 'mip6');
    expect(guard).toContain('2001:db8:1::2');
    expect(guard).toContain('192.0.2.2');
    expect(await mn.run('ip', 'link', 'show', 'mip6')).toMatch(/UP.*mtu 1460/);
  });

  it('comes to the same state by one apply, by two, and item by item', async () => {
    const world = await open();
    await world.datapath.apply(everything());
    const at_once = mn.state();
    await world.datapath.apply(structuredClone(everything()));
    expect(mn.state()).toBe(at_once);
    await world.datapath.apply({ items: [] });
    const { items } = everything();
    for (let n = 1; n <= items.length; n++)
      await world.datapath.apply({ items: items.slice(0, n) });
    expect(lines(mn.state())).toEqual(lines(at_once));
  });

  it('changes an item in place: prefix length, gateway, table', async () => {
    const world = await open();
    await world.datapath.apply(everything());
    const changed: DatapathItem[] = everything().items.map((item) => {
      if (item.kind === 'address' && item.address === CARE_OF6)
        return { ...item, prefixLength: 60 };
      if (item.kind === 'route' && item.table === 'careOf6')
        return { ...item, via: ipv6('fe80::9') };
      if (item.kind === 'rule' && item.from.address === CARE_OF6) return { ...item, table: 'main' };
      return item;
    });
    await world.datapath.apply({ items: changed });
    expect(await mn.run('ip', '-o', '-6', 'addr', 'show', 'eth0')).toMatch(/2001:db8:1::2\/60/);
    const routes = await mn.run('ip', '-6', 'route', 'show', 'table', '7006');
    expect(routes.trim().split('\n')).toHaveLength(1);
    expect(routes).toContain('via fe80::9');
    const rules = await mn.run('ip', '-6', 'rule');
    expect(rules).toMatch(/1002:\tfrom 2001:db8:1::2 lookup main/);
    expect(rules).not.toContain('lookup 7006');
  });

  it('leaves addresses, routes, rules, tables and settings as they were', async () => {
    const world = await open({ ownership: new Map([['eth0', 'own']]), forwarding: true });
    expect(native().linkIndex(mn.path, 'mip6')).toBe(0); // made on first need
    await world.datapath.apply(everything());
    expect(await mn.run('cat', '/proc/sys/net/ipv6/conf/eth0/accept_ra')).toBe('0\n');
    expect(await mn.run('cat', '/proc/sys/net/ipv4/ip_forward')).toBe('1\n');
    expect(existsSync(stateFile)).toBe(true);
    await world.close();
    expect(mn.state()).toBe(before);
    expect(await mn.run('cat', '/proc/sys/net/ipv4/ip_forward')).toBe('0\n');
    expect(existsSync(stateFile)).toBe(false);
  });

  it('is cleaned up after kill -9 by the next run', async () => {
    const script = fileURLToPath(new URL('fixtures/leave-behind.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, mn.path, stateFile], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await once(child.stdout, 'data');
    child.kill('SIGKILL');
    await once(child, 'exit');
    expect(mn.state()).not.toBe(before);
    const world = await open();
    await world.datapath.clean();
    await world.close();
    expect(mn.state()).toBe(before);
    expect(await mn.run('cat', '/proc/sys/net/ipv6/conf/all/forwarding')).toBe('0\n');
  });

  it('takes over what a killed run left, when the same is wanted', async () => {
    const first = await open();
    await first.datapath.apply(everything());
    const wanted = lines(mn.state());
    first.abandon();
    const second = await open();
    await second.datapath.apply(everything());
    expect(lines(mn.state())).toEqual(wanted);
  });

  it('puts back what the kernel forgets when an interface goes down and up', async () => {
    const world = await open();
    await world.datapath.apply(everything());
    const wanted = lines(mn.state()).filter((line) => !line.includes('fe80'));
    mn.setUp(`ip link set eth0 down
      ip link set eth0 up`);
    await eventually(() => {
      const now = new Set(lines(mn.state()));
      return wanted.every((line) => now.has(line));
    }, 'everything back in place');
    expect(events).toEqual([]);
  });

  it('says which item the kernel refused, does the rest, and tries again', async () => {
    const world = await open();
    const bad: DatapathItem = {
      kind: 'route',
      table: 'main',
      destination: prefix('2001:db8:77::/48'),
      link: 'eth7',
      metric: 5,
    };
    const items = [bad, ...everything().items];
    await expect(world.datapath.apply({ items })).rejects.toThrow(/There is no interface eth7/);
    const keys = world.datapath.snapshot().items.map(keyOf);
    expect(keys).not.toContain(keyOf(bad));
    expect(keys).toHaveLength(everything().items.length);
    expect(await mn.run('ip', '-o', 'addr', 'show', 'mip6')).toContain(HOME6);
    mn.setUp(`ip link add eth7 type bridge
      ip link set eth7 up`);
    await eventually(() => native().linkIndex(mn.path, 'eth7') > 0, 'eth7');
    await new Promise((resolve) => setTimeout(resolve, 50));
    await world.datapath.apply({ items });
    expect(await mn.run('ip', '-6', 'route')).toContain('2001:db8:77::/48 dev eth7 proto 109');
  });

  it("does not take another program's route", async () => {
    mn.setUp('ip -6 route add 2001:db8:77::/48 dev eth0 metric 5 proto static');
    const world = await open();
    const destination = prefix('2001:db8:77::/48');
    const item: DatapathItem = {
      kind: 'route',
      table: 'main',
      destination,
      link: 'eth0',
      metric: 5,
    };
    const applied = Promise.resolve(world.datapath.apply({ items: [item] }));
    await expect(applied).rejects.toBeInstanceOf(LinuxError);
    await expect(applied).rejects.toMatchObject({ code: 'NETLINK', errno: 'EEXIST' });
    await world.close();
    expect(await mn.run('ip', '-6', 'route')).toContain('2001:db8:77::/48 dev eth0 proto static');
  });

  it('says who has the UDP port, and does the rest', async () => {
    const taken = native().openSocket(mn.path, 2, 2, 0);
    taken.bind(Uint8Array.of(2, 0, 4191 >> 8, 4191 & 255, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
    const world = await open();
    await expect(world.datapath.apply(everything())).rejects.toMatchObject({ code: 'PORT_IN_USE' });
    expect(await mn.run('ip', '-o', 'addr', 'show', 'mip6')).toContain(HOME4);
    taken.close();
    await world.datapath.apply(everything());
    expect(world.datapath.snapshot().items).toHaveLength(everything().items.length);
  });

  it('serves overlapping calls in order', async () => {
    const world = await open();
    const some = everything().items.filter((i) => i.kind !== 'address' || i.link !== TUNNEL_LINK);
    await Promise.all([
      world.datapath.apply(everything()),
      world.datapath.apply({ items: [] }),
      world.datapath.apply({ items: some }),
    ]);
    const address = await mn.run('ip', '-o', 'addr');
    expect(address).toContain(CARE_OF4);
    expect(address).not.toContain(HOME4);
  });

  it('is told of an interface that comes late, and uses it', async () => {
    const world = await open({ links: ['eth0', 'eth1'] });
    const inputs: unknown[] = [];
    world.listen((input) => inputs.push(input));
    const other = namespace('ar2');
    cable(mn, 'eth1', other, 'mn');
    const up = await eventually(
      () => world.links.list().find((l) => l.name === 'eth1' && l.up),
      'eth1 with carrier',
    );
    expect(up.mtu).toBe(1500);
    expect(inputs).toContainEqual(expect.objectContaining({ kind: 'link' }));
    mn.setUp('ip link del eth1');
    await eventually(() => inputs.find((i) => (i as { kind: string }).kind === 'linkGone'), 'gone');
    expect(world.links.list().map((l) => l.name)).toEqual(['eth0']);
  });

  async function open(
    more: { links?: string[]; ownership?: ReadonlyMap<string, 'own'>; forwarding?: boolean } = {},
  ) {
    const world = await LinuxWorld.open({
      name: mn.name,
      netns: mn.path,
      links: ['eth0'],
      storeFile: null,
      stateFile,
      onEvent: (event) => events.push(event),
      ...more,
    });
    worlds.push(world);
    return world;
  }
});

/** Tables come in the order of insertion, and a device made again has another index. */
const lines = (state: string): string[] =>
  state
    .split('\n')
    .map((line) =>
      line
        .replace(/^\d+: (mip6)/, '$1')
        .replace(/valid_lft.*$/, '')
        .trim(),
    )
    .filter((line) => !line.includes('link/none'))
    .sort();
