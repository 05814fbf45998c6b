/** The contract of every port, for the Linux adapter: two namespaces on one switch. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, describe } from 'vitest';
import { ipv4, ipv6 } from '../../src/base/address.js';
import { LinuxClock } from '../../src/linux/clock.js';
import { LinuxWorld } from '../../src/linux/index.js';
import { FileStore } from '../../src/linux/store.js';
import type { WorldBench } from '../ports/bench.js';
import { clockContract } from '../ports/clock-contract.js';
import { datapathContract } from '../ports/datapath-contract.js';
import { linksContract } from '../ports/links-contract.js';
import { packetIoContract } from '../ports/packet-io-contract.js';
import { storeContract } from '../ports/store-contract.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from './netns.js';

const scratch = mkdtempSync(join(tmpdir(), 'mip6-linux-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

clockContract('linux', () => ({ clock: new LinuxClock(), pass: pause }));

storeContract('linux', () => {
  const path = join(mkdtempSync(join(scratch, 'store-')), 'mn.store');
  const store = new FileStore(path);
  return {
    store,
    reopen: () => {
      store.close();
      return new FileStore(path);
    },
  };
});

describe.skipIf(!isRoot)('in network namespaces', () => {
  afterEach(removeNamespaces);
  packetIoContract('linux', bench);
  linksContract('linux', bench);
  datapathContract('linux', bench);
});

async function bench(): Promise<WorldBench> {
  const hub = namespace('sw');
  // First, so that no cable has the same index at both ends: the kernel tells of their carrier a second late.
  hub.setUp('ip link add br0 type bridge mcast_snooping 0');
  const near = end('near', hub, '2001:db8:1::2/64', '192.0.2.2/24');
  const far = end('far', hub, '2001:db8:1::1/64', '192.0.2.1/24');
  hub.setUp(`ip link set br0 up
    ip link set near master br0
    ip link set far master br0`);
  const worlds = [await open(near), await open(far)];
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
      worlds[0] = await open(near);
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

function open(ns: Namespace): Promise<LinuxWorld> {
  return LinuxWorld.open({
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

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}

const SETTLE = 120; // milliseconds: the kernel is done in a few, the machine may be busy
