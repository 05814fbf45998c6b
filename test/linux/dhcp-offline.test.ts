/** `dhcp discover` and `dhcp dna` as they are typed, on a real link, without a daemon. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { instant, seconds } from '../../src/base/time.js';
import { KnownNetworks, type KnownNetwork } from '../../src/core/mn/known-networks.js';
import { CLOCK_KEY } from '../../src/core/role.js';
import { clockName, LinuxClock } from '../../src/linux/clock.js';
import { FileStore } from '../../src/linux/store.js';
import { DhcpServerProcess, SERVERS } from './dhcp-servers.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

const POOL = {
  network: '10.77',
  from: '10.77.1.10',
  to: '10.77.1.19',
  t1: 300,
  t2: 500,
  routes: true,
};

describe.skipIf(!isRoot)('without a daemon', () => {
  let host: Namespace;
  let far: Namespace;
  let folder: string;

  beforeEach(() => {
    [host, far] = [namespace('host'), namespace('srv')];
    cable(host, 'eth0', far, 'eth0');
    far.setUp('ip addr add 10.77.0.1/22 dev eth0');
    folder = mkdtempSync(join(tmpdir(), 'mip6-offline-'));
  });
  afterEach(() => {
    removeNamespaces();
    rmSync(folder, { recursive: true });
  });

  it.each(SERVERS)('discover shows what %s offers, and takes nothing', async (name) => {
    const server = new DhcpServerProcess(name, far);
    await server.start(POOL);
    const before = host.state();
    const { code, stdout, stderr } = await mip6(
      'dhcp',
      'discover',
      'eth0',
      '--wait',
      '2',
      '--json',
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      interface: 'eth0',
      offers: [
        {
          server: '10.77.0.1',
          serverMac: far.mac('eth0'),
          address: expect.stringMatching(/^10\.77\.1\.1\d$/) as string,
          prefixLength: 22,
          router: '10.77.0.1',
          routes: [{ destination: '10.88.0.0/16', router: '10.77.0.2' }],
          lifetime: 600,
        },
      ],
    });
    expect(host.state()).toBe(before);
    expect(server.log).not.toContain('DHCPREQUEST');
    const people = await mip6('dhcp', 'discover', 'eth0', '--wait', '2');
    expect(people.stdout).toMatch(
      /^SERVER +AT +ADDRESS +ROUTER +ROUTES +LEASE +T1 +T2 +AFTER\n10\.77\.0\.1 .* 10 min +5 min .* ms\n$/,
    );
    await server.close();
  });

  it('discover where nobody offers anything: exit code 1', async () => {
    expect(await mip6('dhcp', 'discover', 'eth0', '-w', '1')).toEqual({
      code: 1,
      stdout: 'No DHCP server on eth0 has offered anything within 1 s.\n',
      stderr: '',
    });
  });

  it.each([
    { link: 'eth9', says: 'There is no interface eth9.' },
    { link: 'lo', says: 'lo is no Ethernet interface: it has no ARP and no DHCP.' },
  ])('discover on $link says what is wrong', async ({ link, says }) => {
    const { code, stdout, stderr } = await mip6('dhcp', 'discover', link);
    expect({ code, stdout, stderr }).toEqual({ code: 1, stdout: '', stderr: `mip6: ${says}\n` });
  });

  it('discover on an interface that is down names the way out', async () => {
    host.setUp('ip link set eth0 down');
    const { code, stderr } = await mip6('dhcp', 'discover', 'eth0');
    expect(code).toBe(1);
    expect(stderr).toContain('`ip link set eth0 up` brings it up.');
  });

  it('dna finds the network of a named gateway', async () => {
    const gateway = ['--gateway', '10.77.0.1', '--address', '10.77.1.10'];
    const right = await mip6('dhcp', 'dna', 'eth0', ...gateway, '--mac', far.mac('eth0'), '--json');
    expect(right.code).toBe(0);
    expect(JSON.parse(right.stdout)).toEqual({
      interface: 'eth0',
      networks: [
        {
          gateway: '10.77.0.1',
          gatewayMac: far.mac('eth0'),
          address: '10.77.1.10',
          expiresIn: null,
          after: expect.any(Number) as number,
        },
      ],
    });
    const wrong = await mip6('dhcp', 'dna', 'eth0', ...gateway, '--mac', '02:00:00:00:00:01');
    expect(wrong.code).toBe(1);
    expect(wrong.stdout).toMatch(/^GATEWAY .*\n10\.77\.0\.1 .* none\n$/);
  });

  it('dna takes the networks of a daemon’s store, those that are over excepted, and leaves it alone', async () => {
    const path = join(folder, 'mn.store');
    const store = new FileStore(path);
    store.set(CLOCK_KEY, clockName());
    const networks = new KnownNetworks(store.entries());
    const now = new LinuxClock().now();
    const known = (gateway: string, left: number): KnownNetwork => ({
      gateway: ipv4(gateway),
      gatewayMac: far.mac('eth0'),
      client: host.mac('eth0'),
      timed: true,
      lease: {
        address: ipv4('10.77.1.10'),
        prefixLength: 22,
        router: ipv4(gateway),
        routes: [],
        server: ipv4(gateway),
        serverMac: far.mac('eth0'),
        lifetime: 3600,
        renewAt: instant(now + seconds(left) - 2),
        rebindAt: instant(now + seconds(left) - 1),
        expiresAt: instant(now + seconds(left)),
      },
    });
    for (const [gateway, left] of [
      ['10.77.0.1', 3000],
      ['10.66.0.1', 3000],
      ['10.55.0.1', -10],
    ] as const) {
      const late = instant(now - seconds(3600));
      for (const { key, value } of networks.learn(known(gateway, left), late))
        store.set(key, value);
    }
    store.close();
    const before = readFileSync(path, 'utf8');
    const { code, stdout } = await mip6('dhcp', 'dna', 'eth0', '--store', path, '--json');
    expect(code).toBe(0);
    const tested = (JSON.parse(stdout) as { networks: { gateway: string; after: number | null }[] })
      .networks;
    expect(tested.map(({ gateway, after }) => [gateway, after !== null])).toEqual([
      ['10.66.0.1', false],
      ['10.77.0.1', true],
    ]);
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it('dna without a store says what to name instead', async () => {
    const { code, stderr } = await mip6('dhcp', 'dna', 'eth0', '--store', join(folder, 'none'));
    expect(code).toBe(1);
    expect(stderr).toContain('Cannot read the store');
    expect(await mip6('dhcp', 'dna', 'eth0', '--gateway', '10.77.0.1')).toMatchObject({ code: 2 });
  });

  function mip6(
    ...words: string[]
  ): Promise<{ code: number | null; stdout: string; stderr: string }> {
    return new Promise((done, fail) => {
      const program = [process.execPath, '--import', 'tsx', 'bin/dev.js', ...words];
      const child = spawn('ip', ['netns', 'exec', host.name, ...program], {
        cwd: fileURLToPath(new URL('../..', import.meta.url)),
        env: { ...process.env, NO_COLOR: '1' },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
      child.on('error', fail);
      child.on('close', (code) => done({ code, stdout, stderr }));
    });
  }
});
