/**
 * Redirects on a visited link, RFC 4861 §8, for what programs send: the kernel obeys them on the routes that are
 * declared, from the router that is the next hop and from nobody else.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ipv6, type Ipv6 } from '../../src/base/address.js';
import { mobileNodeDatapath } from '../../src/core/mn/datapath.js';
import { LinuxWorld } from '../../src/linux/linux-world.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

describe.runIf(isRoot)('a redirect', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-redirect-'));
  let mn: Namespace;
  let router: Namespace;
  let world: LinuxWorld;

  beforeAll(async () => {
    mn = namespace('mn');
    router = namespace('router');
    cable(router, 'lan', mn, 'eth0');
    router.setUp(`ip address add ${FIRST}/64 dev lan nodad
      ip address add ${SECOND}/64 dev lan nodad
      ip route add 2001:db8:a::/64 dev lan`);
    world = await LinuxWorld.open({
      name: 'redirect',
      netns: mn.path,
      links: ['eth0'],
      storeFile: null,
      stateFile: join(folder, 'state.json'),
      onEvent: () => undefined,
    });
    await at(FIRST);
    // The kernel takes no redirect from a router that it has not talked to.
    await mn.run('python3', '-c', SEND, COA, CORRESPONDENT);
  });
  afterAll(async () => {
    await world.close();
    removeNamespaces();
    rmSync(folder, { recursive: true, force: true });
  });

  it('of another router than the next hop changes nothing', async () => {
    await redirect(SECOND, SECOND);
    expect(await nextHop()).toBe(FIRST);
  });

  it('of the next hop is obeyed, for that destination alone', async () => {
    await redirect(FIRST, SECOND);
    expect(await nextHop()).toBe(SECOND);
    expect(await nextHop('2001:db8:ff::2')).toBe(FIRST);
  });

  it('ends with the router that it was from', async () => {
    await at(ipv6('fe80::3'));
    expect(await nextHop()).toBe('fe80::3');
  });

  const at = (via: Ipv6): Promise<void> =>
    Promise.resolve(
      world.datapath.apply(
        mobileNodeDatapath({
          homes: [],
          careOf: [{ address: COA, prefixLength: 64, link: 'eth0', router: via }],
          udpPort: null,
        }),
      ),
    );
  const nextHop = async (to: string = CORRESPONDENT): Promise<string | undefined> =>
    /via (\S+)/.exec(await mn.run('ip', '-6', 'route', 'get', to, 'from', COA))?.[1];
  const redirect = (from: Ipv6, target: Ipv6) =>
    router.run('python3', '-c', REDIRECT, from, COA, target, CORRESPONDENT);
});

const COA = ipv6('2001:db8:a::10');
const CORRESPONDENT = ipv6('2001:db8:ff::1');
const FIRST = ipv6('fe80::1');
const SECOND = ipv6('fe80::2');

const SEND = `
import socket, sys
s = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
s.bind((sys.argv[1], 0))
s.sendto(b'x', (sys.argv[2], 9))
`;

/** from, to, target, destination */
const REDIRECT = `
import socket, struct, sys
source, to, target, destination = sys.argv[1:5]
octets = lambda a: socket.inet_pton(socket.AF_INET6, a)
s = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_UNICAST_HOPS, 255)
s.bind((source, 0, 0, socket.if_nametoindex('lan')))
s.sendto(struct.pack('!BBHI', 137, 0, 0, 0) + octets(target) + octets(destination), (to, 0))
`;
