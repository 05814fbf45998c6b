/** What a handover costs in netlink requests, and that it makes nothing anew that can change in place. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DatapathState } from '../../src/core/datapath/model.js';
import { LINK_GROUP, PROTOCOL_MIP6 } from '../../src/linux/datapath/marks.js';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { KernelMonitor } from '../../src/linux/netlink/kernel-monitor.js';
import { XfrmMonitor } from '../../src/linux/netlink/xfrm/xfrm-monitor.js';
import { removeNamespaces } from '../linux/netns.js';
import {
  attachmentAt,
  Bindings,
  mobileNodeAt,
  mobilePair,
  pause,
  type MobilePair,
  type PairEnd,
  type Place,
  type Whereabouts,
} from './mobile-pair.js';

const { abilities } = await probeAbilities();

/** Each starts from the one before. `count`: requests by what they are about, no more and no less. */
const MOBILE_NODE: readonly (Row & { readonly to: Whereabouts })[] = [
  {
    what: 'the first care-of address',
    to: { at: ['a'] },
    count: { link: 1, address: 3, state: 2, policy: 2, route: 5, rule: 4 },
    nft: 1,
  },
  {
    what: 'the first binding',
    to: { at: ['a'], boundAt: 'a' },
    count: { link: 3, route: 4 },
    nft: 1,
  },
  { what: 'a refresh', to: { at: ['a'], boundAt: 'a' }, count: {} },
  {
    what: 'another care-of address',
    to: { at: ['b', 'a'], boundAt: 'a' },
    count: { address: 1, state: 1, rule: 1 },
    nft: 1,
  },
  { what: 'the binding moves there', to: { at: ['b', 'a'], boundAt: 'b' }, count: { link: 1 } },
  {
    what: 'the old care-of address goes',
    to: { at: ['b'], boundAt: 'b' },
    count: { address: 1, rule: 1 },
    nft: 1,
  },
  {
    what: 'an IPv4 care-of address alone',
    to: { at: ['four'], boundAt: 'b' },
    count: { address: 2, state: 2, policy: 2, route: 2, rule: 3 },
    nft: 1,
    gone: ['deletePolicy', 'deletePolicy', 'deleteState', 'deleteState', 'route'],
  },
  {
    what: 'the binding moves to IPv4',
    to: { at: ['four'], boundAt: 'four' },
    count: { link: 4, route: 4 },
    nft: 1,
    gone: ['link'],
  },
  {
    what: 'the binding moves on in IPv4',
    to: { at: ['five'], boundAt: 'five' },
    count: { link: 1, address: 2, rule: 2 },
    nft: 1,
  },
];

/** Where the kernel carries tunnels in UDP. */
const BEHIND_NAT: typeof MOBILE_NODE = [
  {
    what: 'behind a NAT',
    to: { at: ['five'], boundAt: 'five', udp: true },
    count: { link: 4, fou: 1 },
    nft: 1,
  },
  {
    what: 'on behind a NAT',
    to: { at: ['four'], boundAt: 'four', udp: true },
    count: { link: 2, address: 2, rule: 2 },
    nft: 1,
  },
];

const HOME_AGENT: readonly (Row & { readonly to: Place | null; readonly udp?: boolean })[] = [
  { what: 'no binding yet', to: null, count: { state: 1, policy: 1 }, nft: 1 },
  {
    what: 'the first binding',
    to: 'a',
    count: { link: 3, route: 2 },
    flower: { qdisc: 1, filter: 3 },
    nft: 1,
  },
  { what: 'a refresh', to: 'a', count: {} },
  {
    what: 'the binding moves from IPv6 to IPv6',
    to: 'b',
    count: { route: 2 },
    flower: { filter: 2 },
    nft: 1,
  },
  {
    what: 'the last one leaves IPv6 for IPv4',
    to: 'four',
    count: { link: 4, route: 2 },
    flower: { qdisc: 1, filter: 5 },
    filtersGone: 2,
    nft: 1,
    gone: ['link'],
  },
  {
    what: 'the binding moves on in IPv4',
    to: 'five',
    count: { link: 1 },
    flower: { filter: 2 },
    nft: 1,
  },
  {
    what: 'the first one comes back to IPv6',
    to: 'a',
    count: { link: 4, route: 2 },
    flower: { qdisc: 1, filter: 5 },
    filtersGone: 2,
    nft: 1,
    gone: ['link'],
  },
  {
    what: 'the last binding ends',
    to: null,
    count: { link: 1, route: 2 },
    flower: { filter: 2 },
    filtersGone: 2,
    nft: 1,
    gone: ['link', 'route', 'route'],
  },
];

const HOME_AGENT_UDP: typeof HOME_AGENT = [
  { what: 'a binding behind a NAT', to: 'four', udp: true, count: { link: 3, route: 2 }, nft: 1 },
  { what: 'its NAT gives it another address', to: 'five', udp: true, count: { link: 1 }, nft: 1 },
];

let pair: MobilePair;
beforeAll(async () => {
  pair = await mobilePair(abilities);
});
afterAll(async () => {
  await pair.close();
  removeNamespaces();
});

describe('a mobile node asks the kernel for', () => {
  it.each([...MOBILE_NODE, ...(abilities.udpTunnels ? BEHIND_NAT : [])])(
    '$what: $count',
    async ({ to, ...row }) => {
      expect(await cost(pair.mn, mobileNodeAt(to))).toEqual(expected(row));
    },
  );
});

describe('a home agent asks the kernel for', () => {
  const bindings = new Bindings();
  it.each(HOME_AGENT)('$what: $count', async ({ to, ...row }) => {
    const state = to === null ? bindings.end() : bindings.bind(attachmentAt(to));
    expect(await cost(pair.ha, state)).toEqual(expected(row));
  });

  it.skipIf(!abilities.udpTunnels)(
    'the port for tunnels in UDP, and a device that they come out of',
    async () => {
      const apart = new Bindings(true);
      expect(await cost(pair.ha, apart.state)).toEqual({
        count: { fou: 1, link: 3 },
        gone: [],
        differs: [],
      });
      for (const { to, udp, ...row } of HOME_AGENT_UDP) {
        const state = apart.bind(attachmentAt(to!, udp));
        expect(await cost(pair.ha, state), row.what).toEqual(expected(row));
      }
    },
  );
});

interface Row {
  readonly what: string;
  readonly count: Count;
  /** Where admission is by traffic filters. */
  readonly flower?: Count;
  readonly filtersGone?: number;
  /** Where it is by nftables: changes of its sets, in one request each. */
  readonly nft?: number;
  /** What of ours the kernel tells to be gone, by kind: nothing that could change in place. */
  readonly gone?: readonly string[];
}

type Count = Readonly<Record<string, number>>;

interface Cost {
  readonly count: Count;
  readonly gone: readonly string[];
  /** Objects that are not as they should be afterwards. */
  readonly differs: readonly string[];
}

function expected({ count, flower = {}, filtersGone = 0, nft = 0, gone = [] }: Row): Cost {
  const byFilter = abilities.admission === 'flower';
  const more = byFilter ? flower : nft > 0 ? { set: nft } : {};
  const filters = Array.from({ length: byFilter ? filtersGone : 0 }, () => 'filter');
  return { count: { ...count, ...more }, gone: [...filters, ...gone].sort(), differs: [] };
}

async function cost({ ns, world }: PairEnd, want: DatapathState): Promise<Cost> {
  const gone: string[] = [];
  const kernel = new KernelMonitor(ns.path, {
    protocol: PROTOCOL_MIP6,
    group: LINK_GROUP,
    except: [],
  });
  const xfrm = XfrmMonitor.open(ns.path, { groups: ['state', 'policy'] });
  kernel.on('notice', ({ change, kind }) => {
    if (change === 'removed' && kind !== 'address' && kind !== 'rule') gone.push(kind);
  });
  xfrm.on('notice', ({ kind }) => {
    if (kind === 'deleteState' || kind === 'deletePolicy') gone.push(kind);
  });
  try {
    const before = { ...world.operations };
    await world.datapath.apply(want);
    await pause(SETTLE);
    const count: Record<string, number> = {};
    for (const [name, n] of Object.entries(world.operations)) {
      const more = n - (before[name] ?? 0);
      // The port of tunnels in UDP is looked at now and then: nobody tells when it goes.
      if (more > 0 && !(name === 'list' && abilities.udpTunnels)) count[name] = more;
    }
    const differs = await world.datapath.reconcile();
    return { count, gone: gone.sort(), differs };
  } finally {
    kernel.close();
    xfrm.close();
  }
}

const SETTLE = 100; // ms: for what follows by itself, such as mending that should not be
