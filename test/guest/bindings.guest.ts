/** Kernel memory that a binding takes at a home agent whose admission is by nftables. */
import { afterAll, expect, it } from 'vitest';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { LinuxWorld } from '../../src/linux/index.js';
import { namespace, removeNamespaces } from '../linux/netns.js';
import { bind, kernelMemory } from './many-bindings.js';
import { AGENT4, AGENT6, Bindings } from './mobile-pair.js';

const { abilities } = await probeAbilities();

afterAll(removeNamespaces);

it.skipIf(abilities.admission !== 'nft')(
  'a binding takes one and a half kilobytes of the kernel at most',
  async () => {
    const ns = namespace('ha');
    ns.batch([AGENT6, AGENT4].map((address) => `addr add ${address} dev lo`));
    const world = await LinuxWorld.open({
      abilities,
      name: ns.name,
      netns: ns.path,
      links: [],
      storeFile: null,
      stateFile: `/tmp/${ns.name}.state.json`,
      onEvent: (event) => expect(event).toBeUndefined(),
    });
    const bindings = new Bindings();
    for (let n = 0; n < FIRST; n++) await world.datapath.apply(bind(bindings, n));
    const before = kernelMemory();
    for (let n = FIRST; n < FIRST + MANY; n++) await world.datapath.apply(bind(bindings, n));
    const each = ((kernelMemory() - before) * 1024) / MANY;
    console.log(`${Math.round(each)} octets a binding`);
    expect(each).toBeGreaterThan(200); // two routes are there, or nothing has been measured
    expect(each).toBeLessThanOrEqual(MOST);
    expect(await world.datapath.reconcile()).toEqual([]);
    await world.close();
  },
);

/** What is made once is there by then: tables, hash buckets. */
const FIRST = 500;
const MANY = 5000;
const MOST = 1536; // octets; two routes, two set elements
