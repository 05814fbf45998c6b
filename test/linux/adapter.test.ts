/** The small parts: capture, capabilities, settings, store, filter. */
import { appendFileSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import {
  capabilities,
  Capture,
  LinuxError,
  LinuxWorld,
  type CapturedFrame,
} from '../../src/linux/index.js';
import { signallingFilter } from '../../src/linux/filter.js';
import { FileStore } from '../../src/linux/store.js';
import { readSetting, Sysctls } from '../../src/linux/sysctl.js';
import { cable, eventually, isRoot, namespace, removeNamespaces } from './netns.js';

describe('the store', () => {
  const folder = () => mkdtempSync(join(tmpdir(), 'mip6-store-'));

  it('survives a line cut off by a crash', () => {
    const path = join(folder(), 's');
    const store = new FileStore(path);
    store.set('kept', '1');
    store.close();
    appendFileSync(path, '{"key":"lost","val');
    expect(new Map(new FileStore(path).entries())).toEqual(new Map([['kept', '1']]));
    rmSync(join(path, '..'), { recursive: true });
  });

  it('is readable by its owner alone, and is compacted when opened', () => {
    const path = join(folder(), 'deep', 's');
    const store = new FileStore(path);
    for (let i = 0; i < 100; i++) store.set('sequence', String(i));
    expect(readFileSync(path, 'utf8').split('\n')).toHaveLength(101);
    store.close();
    new FileStore(path).close();
    expect(readFileSync(path, 'utf8')).toBe('{"key":"sequence","value":"99"}\n');
    expect(statSync(path).mode & 0o777).toBe(0o600);
    rmSync(join(path, '..', '..'), { recursive: true });
  });

  it('does not grow without end', () => {
    const path = join(folder(), 's');
    const store = new FileStore(path);
    for (let i = 0; i < 30_000; i++) store.set('sequence', String(i));
    expect(statSync(path).size).toBeLessThan(600_000);
    store.close();
    expect(new FileStore(path).entries().get('sequence')).toBe('29999');
    rmSync(join(path, '..'), { recursive: true });
  });

  it('says what is wrong when it cannot be opened', () => {
    expect(() => new FileStore('/etc/hostname/no/store')).toThrow(LinuxError);
  });
});

it('the filter is well formed: every jump lands inside', () => {
  const program = signallingFilter({ tunnels: 'all', udpPort: null });
  const count = program.length / 8;
  expect(count).toBeLessThan(64);
  for (let i = 0; i < count; i++) {
    expect(i + program[8 * i + 2]! + 1).toBeLessThanOrEqual(count);
  }
});

describe.skipIf(!isRoot)('in a namespace', () => {
  afterEach(removeNamespaces);

  it('a capture has whole frames both ways, with time, direction and length', async () => {
    const a = namespace('a');
    const b = namespace('b');
    cable(a, 'eth0', b, 'eth0');
    a.setUp('ip addr add 192.0.2.1/24 dev eth0');
    b.setUp('ip addr add 192.0.2.2/24 dev eth0');
    const seen: CapturedFrame[] = [];
    const one = Capture.open({ netns: a.path, link: 'eth0', snapLength: 100 }, (f) => seen.push(f));
    const all = Capture.open({ netns: b.path }, () => {});
    await a.run('ping', '-c2', '-i0.05', '-s', '1000', '192.0.2.2');
    const isEcho = (f: CapturedFrame) =>
      f.octets[12] === 8 && f.octets[13] === 0 && f.octets[23] === 1;
    await eventually(() => seen.filter(isEcho).length === 4, 'two requests and two replies');
    const echoes = seen.filter(isEcho);
    expect(echoes.map((f) => [f.direction, f.octets[34]])).toEqual([
      ['out', 8],
      ['in', 0],
      ['out', 8],
      ['in', 0],
    ]);
    for (const f of echoes) {
      expect(f).toMatchObject({ link: 'eth0', linkType: 'ethernet', wireLength: 1042 });
      expect(f.octets).toHaveLength(100);
    }
    const times = echoes.map((f) => f.seconds + f.nanoseconds / 1e9);
    expect(times).toEqual([...times].sort((x, y) => x - y));
    expect(one.dropped).toBe(0);
    one.close();
    all.close();
  });

  it('a capture on what is not there says so', () => {
    const a = namespace('a');
    expect(() => Capture.open({ netns: a.path, link: 'eth9' }, () => {})).toThrow(
      expect.objectContaining({ errno: 'ENODEV' }),
    );
  });

  it('capabilities are found by trying, and name the way out', async () => {
    const a = namespace('a');
    const before = a.state();
    const found = new Map((await capabilities({ netns: a.path })).map((c) => [c.name, c]));
    const good = [
      'native',
      'netlink',
      'netlink-write',
      'packet-socket',
      'raw-socket',
      'tun',
      'nft',
    ];
    for (const name of good)
      expect(found.get(name as 'nft')).toMatchObject({ ok: true, remedy: '' });
    expect(found.get('forwarding')).toMatchObject({ ok: false });
    expect(found.get('forwarding')?.remedy).toContain('sysctl -w net.ipv6.conf.all.forwarding=1');
    a.setUp('sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1');
    a.setUp('sysctl -qw net.ipv4.conf.all.rp_filter=1');
    const again = new Map((await capabilities({ netns: a.path })).map((c) => [c.name, c.ok]));
    expect([again.get('forwarding'), again.get('reverse-path-filter')]).toEqual([true, false]);
    expect(a.state()).toBe(before);
  });

  it('a setting changed by someone else meanwhile is left as they want it', () => {
    const a = namespace('a');
    const file = join(tmpdir(), `${a.name}.json`);
    const key = 'ipv4/ip_forward';
    const sysctls = new Sysctls(a.path, file);
    sysctls.change({ [key]: '1', 'ipv6/conf/lo/accept_ra': '2' });
    sysctls.change({ [key]: '1' });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    sysctls.write('ipv6/conf/lo/accept_ra', '0');
    new Sysctls(a.path, file).restore();
    expect([readSetting(a.path, key), readSetting(a.path, 'ipv6/conf/lo/accept_ra')]).toEqual([
      '0',
      '0',
    ]);
  });

  it('a world that cannot be opened leaves nothing open', async () => {
    const options = {
      name: 'x',
      netns: '/run/netns/none',
      links: [],
      storeFile: null,
      onEvent: () => {},
    };
    await expect(LinuxWorld.open(options)).rejects.toMatchObject({
      name: 'LinuxError',
      errno: 'ENOENT',
    });
  });

  it('sends that the kernel refuses are counted and told', async () => {
    const a = namespace('a');
    const failures: unknown[] = [];
    const world = await LinuxWorld.open({
      name: a.name,
      netns: a.path,
      links: [],
      storeFile: null,
      stateFile: join(tmpdir(), `${a.name}.json`),
      onEvent: () => {},
      onFailure: (failure) => failures.push(failure),
    });
    const octets = new Uint8Array(40);
    octets.set([0x60, 0, 0, 0, 0, 0, 59, 64]);
    octets.set([0x20, 1, 0xd, 0xb8], 24);
    world.io.sendPacket({ kind: 'packet', octets });
    expect(failures).toEqual([{ what: 'packet', errno: 'ENETUNREACH', destination: '2001:db8::' }]);
    expect(world.counters).toMatchObject({ 'send-packet-ENETUNREACH': 1 });
    await world.close();
  });
});
