import { expect, it } from 'vitest';
import { handoverSteps, ownShare, type HandoverSteps } from '../../src/lab/handover-steps.js';
import { spread, summarizeHandovers } from '../../src/lab/handover-summary.js';
import { loadLab } from '../../src/lab/library.js';
import { SimLab } from '../../src/lab/sim/sim-lab.js';
import type { Happening } from '../../src/lab/world.js';

// In virtual time the node's own work takes none; what is left as ours is one millisecond of each wire it waits for.
it('a move to an IPv6 network is ours, but for the router, the network, the home agent and its DAD', async () => {
  const { steps, missing } = await moved('visited1', 'core');
  expect(missing).toBeNull();
  expect(steps.map((s) => `${s.owner}: ${s.name}`)).toEqual([
    'ours: carrier seen',
    'ours: router asked',
    'router: router answered',
    'ours: address chosen',
    'ours: Binding Update sent',
    'network: update to the home agent',
    'home agent: home agent',
    'network: acknowledgement back',
    'ours: datapath ready',
    'traffic: first packet in',
    'ours: first packet out',
  ]);
  expect(ownShare(steps)).toBe(3);
});

it('the wait for a DHCP server is not ours', async () => {
  const { steps, missing } = await moved('v4nat', 'core');
  expect(missing).toBeNull();
  const server = steps.filter((s) => s.owner === 'dhcp server');
  expect(server.map((s) => `${s.name} ${s.took}`)).toEqual(['OFFER 51', 'ACK 51']);
});

it('what never happened is named', () => {
  const move = { node: 'mn', link: 'visited1', mac: '', agentLink: 'core', from: 0, until: 9 };
  expect(handoverSteps([], move)).toEqual({ steps: [], missing: 'the node never saw carrier' });
});

it('a summary counts complete moves alone, and says why others are not', () => {
  const ours = (took: number): HandoverSteps => ({
    steps: [
      { name: 'carrier seen', owner: 'ours', took },
      { name: 'router answered', owner: 'router', took: 5 },
    ],
    missing: null,
  });
  expect(summarizeHandovers('all', [ours(1), ours(3), { steps: [], missing: 'no RA' }])).toEqual({
    kind: 'all',
    moves: 2,
    incomplete: [{ missing: 'no RA', moves: 1 }],
    steps: [
      { name: 'carrier seen', owner: 'ours', median: 1, p95: 3 },
      { name: 'router answered', owner: 'router', median: 5, p95: 5 },
    ],
    own: { median: 1, p95: 3 },
    whole: { median: 6, p95: 8 },
  });
});

it('percentiles are values that were measured: the nearest rank', () => {
  expect(spread(Array.from({ length: 100 }, (_, i) => 100 - i))).toEqual({ median: 50, p95: 95 });
});

/** The mobile node of the roaming lab goes from home to `link`. */
async function moved(link: string, agentLink: string): Promise<HandoverSteps> {
  const { lab } = loadLab('roam');
  const world = new SimLab(lab, 1);
  const happenings: Happening[] = [];
  world.listen((h) => happenings.push(h));
  await world.up();
  try {
    await world.wait(SETTLED);
    for (const spec of lab.pings) world.ping(spec);
    const from = await world.move('mn', 'eth0', link);
    await world.wait(SETTLED);
    const { mac } = lab.nodes.find((n) => n.name === 'mn')!.interfaces[0]!;
    const until = world.now();
    return handoverSteps(happenings, { node: 'mn', link, mac, agentLink, from, until });
  } finally {
    await world.down();
  }
}

const SETTLED = 3000; // ms
