/** Which address a program that names none gets, and the ways of a lease, in a real kernel. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, type Ipv4, type Ipv6, type Prefix } from '../../src/base/address.js';
import { mobileNodeDatapath, type MobileNodeSituation } from '../../src/core/mn/datapath.js';
import { LinuxWorld } from '../../src/linux/linux-world.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

describe.runIf(isRoot)('away', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-source-'));
  let mn: Namespace;
  let world: LinuxWorld;

  beforeAll(async () => {
    mn = namespace('mn');
    const router = namespace('router');
    cable(router, 'lan', mn, 'eth0');
    world = await LinuxWorld.open({
      name: 'source',
      netns: mn.path,
      links: ['eth0'],
      storeFile: null,
      stateFile: join(folder, 'state.json'),
      onEvent: () => undefined,
    });
    await world.datapath.apply(mobileNodeDatapath(SITUATION));
  });
  afterAll(async () => {
    await world.close();
    removeNamespaces();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each([
    { where: 'far away', to: '2001:db8:ff::1', from: HOA },
    { where: 'on the visited link', to: '2001:db8:a::1', from: HOA },
    { where: 'far away in IPv4', to: '198.18.0.1', from: HOA4 },
  ])('a socket that names no source has the home address: $where', async ({ to, from }) => {
    expect(await sourceTo(to)).toBe(from);
  });

  it('a socket that asks for the care-of address has it, and its packets leave by the link', async () => {
    expect(await sourceTo('2001:db8:ff::1', COA)).toBe(COA);
    const way = await mn.run('ip', '-6', 'route', 'get', '2001:db8:ff::1', 'from', COA);
    expect(way).toContain('via fe80::1 dev eth0');
  });

  it('the router of a lease may be outside of its prefix, and its classless routes hold', async () => {
    const way = (to: string) => mn.run('ip', 'route', 'get', to, 'from', COA4);
    expect(await way('198.18.0.1')).toContain('via 10.9.0.1 dev eth0');
    expect(await way('10.50.1.1')).toContain('via 10.9.0.2 dev eth0');
    expect(await way('10.60.1.1')).toMatch(/^10\.60\.1\.1 from \S+ dev eth0/);
  });

  const sourceTo = async (to: string, bind = ''): Promise<string> =>
    (await mn.run('python3', '-c', SCRIPT, to, bind)).trim();
});

const HOA = ipv6('2001:db8:1::100');
const HOA4 = ipv4('198.51.100.100');
const COA = ipv6('2001:db8:a::10');
const COA4 = ipv4('10.0.0.7');

const SITUATION: MobileNodeSituation = {
  homes: [
    {
      homeAddress: HOA,
      slot: 0,
      homeAddress4: { address: HOA4, prefixLength: 24 },
      where: { kind: 'away', tunnel: null, ipv4Bound: true, signalling: null },
    },
  ],
  careOf: [
    { address: COA, prefixLength: 64, link: 'eth0', router: ipv6('fe80::1') as Ipv6 },
    {
      address: COA4,
      prefixLength: 32,
      link: 'eth0',
      router: ipv4('10.9.0.1'),
      routes: [
        { destination: prefix('10.50.0.0/16') as Prefix<Ipv4>, router: ipv4('10.9.0.2') },
        { destination: prefix('10.60.0.0/16') as Prefix<Ipv4>, router: null },
      ],
    },
  ],
  udpPort: null,
};

/** The address that the kernel chose, RFC 6724 §5. */
const SCRIPT = `
import socket, sys
to, bind = sys.argv[1:3]
s = socket.socket(socket.AF_INET6 if ':' in to else socket.AF_INET, socket.SOCK_DGRAM)
if bind: s.bind((bind, 0))
s.connect((to, 9))
print(s.getsockname()[0])
`;
