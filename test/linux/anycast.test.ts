/** What the kernel does to an anycast address when its interface goes down and comes back. */
import { afterEach, describe, expect, it } from 'vitest';
import { ipv6, prefixOf } from '../../src/base/address.js';
import { homeAgentsAnycast } from '../../src/base/anycast.js';
import { LinuxWorld } from '../../src/linux/linux-world.js';
import { cable, eventually, isRoot, namespace, removeNamespaces } from './netns.js';
import { scratch } from './linux-bench.js';

describe.skipIf(!isRoot)('an anycast address', () => {
  afterEach(removeNamespaces);

  it('is there again when its interface has been down, and not after the end', async () => {
    const near = namespace('near');
    cable(near, 'eth0', namespace('far'), 'eth0');
    near.setUp('ip addr add 2001:db8:1::1/64 dev eth0');
    const world = await LinuxWorld.open({
      name: near.name,
      netns: near.path,
      links: ['eth0'],
      forwarding: true,
      storeFile: null,
      stateFile: `${scratch}/${near.name}.state.json`,
      onEvent: ({ code, fields }) => {
        throw new Error(`${code} ${JSON.stringify(fields)}`);
      },
    });
    world.listen(() => {});
    const address = homeAgentsAnycast(prefixOf(ipv6('2001:db8:1::'), 64))!;
    const there = () => near.state().includes(`anycast ${address} dev eth0`);
    await world.datapath.apply({ items: [{ kind: 'anycast', link: 'eth0', address }] });
    expect(there()).toBe(true);
    near.setUp('ip link set eth0 down');
    expect(there()).toBe(false);
    await new Promise((done) => setTimeout(done, 100)); // the world hears of it
    near.setUp('ip link set eth0 up');
    await eventually(there, 'the route is back');
    await world.datapath.clean();
    expect(there()).toBe(false);
    await world.close();
  });
});
