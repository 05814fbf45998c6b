/** Two namespaces on one switch, each with a Linux world: what the contract suites of the ports run on. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { ipv4, ipv6 } from '../../src/base/address.js';
import { USER_SPACE, type Abilities } from '../../src/linux/datapath/abilities.js';
import { LinuxWorld } from '../../src/linux/index.js';
import type { WorldBench } from '../ports/bench.js';
import { cable, namespace, type Namespace } from './netns.js';

export const scratch = mkdtempSync(join(tmpdir(), 'mip6-linux-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

export async function linuxBench(abilities: Abilities = USER_SPACE): Promise<WorldBench> {
  const hub = namespace('sw');
  // First, so that no cable has the same index at both ends: the kernel tells of their carrier a second late.
  hub.setUp('ip link add br0 type bridge mcast_snooping 0');
  const near = end('near', hub, '2001:db8:1::2/64', '192.0.2.2/24');
  const far = end('far', hub, '2001:db8:1::1/64', '192.0.2.1/24');
  hub.setUp(`ip link set br0 up
    ip link set near master br0
    ip link set far master br0`);
  const worlds = [await open(near, abilities), await open(far, abilities)];
  return {
    near: { world: worlds[0]!, link: 'eth0', ipv6: ipv6('2001:db8:1::2'), ipv4: ipv4('192.0.2.2') },
    far: { world: worlds[1]!, link: 'eth0', ipv6: ipv6('2001:db8:1::1'), ipv4: ipv4('192.0.2.1') },
    settle: () => pause(SETTLE),
    carrier: (up) => void hub.setUp(`ip link set near ${up ? 'up' : 'down'}`),
    echo: async (source, destination) => {
      const said = await near.attempt('ping', '-c1', '-W1', '-I', source, destination);
      return said.includes(' 0% packet loss');
    },
    crash: async () => {
      worlds[0]!.abandon();
      worlds[0] = await open(near, abilities);
      return worlds[0];
    },
    close: async () => {
      for (const world of worlds) await world.close();
    },
  };
}

function end(name: string, hub: Namespace, six: string, four: string): Namespace {
  const ns = namespace(name);
  cable(ns, 'eth0', hub, name);
  ns.setUp(`ip addr add ${six} dev eth0
    ip addr add ${four} dev eth0`);
  return ns;
}

function open(ns: Namespace, abilities: Abilities): Promise<LinuxWorld> {
  return LinuxWorld.open({
    abilities,
    name: ns.name,
    netns: ns.path,
    links: ['eth0'],
    storeFile: null,
    stateFile: join(scratch, `${ns.name}.state.json`),
    onEvent: (event) => {
      throw new Error(`${event.code} ${JSON.stringify(event.fields)}`);
    },
  });
}

export function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const SETTLE = 120; // milliseconds: the kernel is done in a few, the machine may be busy
