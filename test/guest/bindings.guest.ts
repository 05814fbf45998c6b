/** Kernel memory that a binding takes at a home agent whose admission is by nftables. */
import { afterAll, describe, expect, it } from 'vitest';
import type { MipEvent } from '../../src/core/event.js';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { LinuxWorld } from '../../src/linux/index.js';
import { namespace, removeNamespaces } from '../linux/netns.js';
import { bind, kernelMemory, turn } from './many-bindings.js';
import { AGENT4, AGENT6, Bindings } from './mobile-pair.js';

const { abilities } = await probeAbilities();

afterAll(removeNamespaces);

describe.skipIf(abilities.admission !== 'nft')('a binding takes of the kernel', () => {
  it.each([
    { what: 'of an IPv6 home address one and a half kilobytes at most', dual: false, most: 1536 },
    // RFC 5555 §4.5 counts them as two.
    { what: 'of home addresses of both families twice that', dual: true, most: 2 * 1536 },
  ])('$what', async ({ dual, most }) => {
    const ns = namespace('ha');
    ns.batch([AGENT6, AGENT4].map((address) => `addr add ${address} dev lo`));
    const events: MipEvent[] = [];
    const world = await LinuxWorld.open({
      abilities,
      name: ns.name,
      netns: ns.path,
      links: [],
      storeFile: null,
      stateFile: `/tmp/${ns.name}.state.json`,
      onEvent: (event) => events.push(event),
    });
    const bindings = new Bindings();
    const install = async (from: number, count: number): Promise<void> => {
      for (let n = from; n < from + count; n++) {
        await world.datapath.apply(bind(bindings, n, dual));
        await turn();
      }
    };
    await install(0, FIRST);
    const before = kernelMemory();
    await install(FIRST, MANY);
    const each = ((kernelMemory() - before) * 1024) / MANY;
    console.log(`${Math.round(each)} octets a binding, ${dual ? 'two home addresses' : 'one'}`);
    expect(each).toBeGreaterThan(300); // a route at least is there, or nothing has been measured
    expect(each).toBeLessThanOrEqual(most);
    expect(await world.datapath.reconcile()).toEqual([]);
    expect(events).toEqual([]);
    await world.close();
  });
});

/** What is made once is there by then: tables, hash buckets. */
const FIRST = 300;
const MANY = 5000;
