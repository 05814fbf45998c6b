/**
 * What the kernel holds at each stop of the roam, beside what the C implementation of Mobile IPv6 for Linux (UMIP) had
 * there without IPsec and route optimisation. One table: what is the same, what differs and why.
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { loadLab } from '../../src/lab/library.js';
import { NetnsLab } from '../../src/lab/netns/netns-lab.js';
import { plannedNode } from '../../src/lab/netns/plan.js';
import { namespacePath } from '../../src/lab/netns/take-down.js';
import { PROTOCOL_MIP6 } from '../../src/linux/datapath/marks.js';
import { RtNetlink, type KernelRoute, type KernelRule } from '../../src/linux/netlink/rtnetlink.js';
import type { XfrmPolicy, XfrmState } from '../../src/linux/netlink/xfrm/model.js';
import { XfrmNetlink } from '../../src/linux/netlink/xfrm/xfrm-netlink.js';

/**
 * `umip`: a line of theirs; `ours`: a line of ours. Where both stand and are equal, nothing is to be said. HOA, HA and
 * COA stand for the addresses; a policy is direction, selector, priority and template.
 */
interface Row {
  readonly when: 'always' | 'away6' | 'away4';
  readonly node: 'mn' | 'ha';
  readonly umip?: string;
  readonly ours?: string;
  /** Needed where the two differ. */
  readonly why?: string;
}

const same = (row: Pick<Row, 'when' | 'node'>, line: string): Row => ({
  ...row,
  umip: line,
  ours: line,
});

const ROWS: readonly Row[] = [
  // Home agent
  same({ when: 'always', node: 'ha' }, 'state hao :: :: at ::'),
  {
    when: 'always',
    node: 'ha',
    umip: 'policy in ::/0 ::/0 proto 135 type 5 prio 9 hao',
    ours: 'policy in ::/0 HA/128 proto 135 prio 9 hao',
    why: 'kernels after 6.1 see no Mobility Header type in inbound selectors; and the home agent takes them at its address only',
  },
  ...[
    'proto 135 prio 12',
    'proto 58 type 0 prio 12',
    'proto 58 type 135 prio 12',
    'proto 58 type 136 prio 3',
  ].flatMap((what) =>
    (['ha', 'mn'] as const).map((node): Row => ({
      when: 'always',
      node,
      umip: `policy out ::/0 ::/0 ${what}`,
      why: 'lets pass what no policy of ours would stop: nothing blocks here',
    })),
  ),
  {
    when: 'away6',
    node: 'ha',
    umip: 'state hao HOA HA at COA',
    why: 'the wildcard state admits it; a state, a policy and a device a binding cost 54 KB each',
  },
  {
    when: 'away6',
    node: 'ha',
    umip: 'state route2 HA HOA at COA',
    why: 'acknowledgements leave with the header already on them',
  },
  {
    when: 'away6',
    node: 'ha',
    umip: 'policy in HOA/128 HA/128 prio 16 hao',
    why: 'no object a binding',
  },
  {
    when: 'away6',
    node: 'ha',
    umip: 'policy out HA/128 HOA/128 prio 16 route2',
    why: 'no object a binding',
  },
  {
    when: 'always',
    node: 'ha',
    umip: 'rule 1005 from ::/0 table home',
    why: 'no detour for packets of its own: they take the tunnel like all others',
  },
  {
    when: 'away6',
    node: 'ha',
    umip: 'route main HOA/128 dev ip6tnl',
    ours: 'route main HOA/128 encap HA COA',
    why: 'one device for all bindings: each route says where to',
  },
  {
    when: 'away6',
    node: 'ha',
    ours: 'route main HOA4/32 encap HA COA',
    why: 'the IPv4 home address (RFC 5555), which UMIP does not have',
  },
  {
    when: 'away4',
    node: 'ha',
    ours: 'route main HOA/128',
    why: 'IPv4 care-of addresses (RFC 5555), which UMIP does not have',
  },
  { when: 'away4', node: 'ha', ours: 'route main HOA4/32', why: 'as above' },
  // Mobile node
  same({ when: 'away6', node: 'mn' }, 'state hao HOA HA at COA'),
  same({ when: 'away6', node: 'mn' }, 'state route2 :: :: at ::'),
  same({ when: 'away6', node: 'mn' }, 'policy out HOA/128 HA/128 proto 135 type 5 prio 2 hao'),
  {
    when: 'away6',
    node: 'mn',
    umip: 'policy in HA/128 HOA/128 proto 135 type 6 prio 2 route2',
    ours: 'policy in HA/128 HOA/128 proto 135 prio 2 route2',
    why: 'kernels after 6.1 see no Mobility Header type in inbound selectors',
  },
  {
    when: 'always',
    node: 'mn',
    umip: 'state hao :: :: at ::',
    why: 'for a correspondent node, which this mobile node is not',
  },
  {
    when: 'always',
    node: 'mn',
    umip: 'policy in ::/0 ::/0 proto 135 type 5 prio 9 hao',
    why: 'as above',
  },
  {
    when: 'always',
    node: 'mn',
    umip: 'policy out ::/0 ::/0 proto 135 type 7 prio 3',
    why: 'as the others that let pass',
  },
  {
    when: 'always',
    node: 'mn',
    umip: 'policy in ::/0 ::/0 prio 19 route2',
    why: 'the home agent is the only one who sends the header',
  },
  {
    when: 'away6',
    node: 'mn',
    umip: 'policy out HOA/128 HA/128 prio 6 hao',
    why: 'data to the home agent takes the tunnel: RFC 6275 §11.3.1 leaves the choice',
  },
  { when: 'away6', node: 'mn', umip: 'policy in HA/128 HOA/128 prio 6 route2', why: 'as above' },
  same({ when: 'away6', node: 'mn' }, 'rule 1001 from HOA/128 table home'),
  { when: 'away4', node: 'mn', ours: 'rule 1001 from HOA/128 table home', why: 'RFC 5555' },
  ...(['away6', 'away4'] as const).map((when): Row => ({
    when,
    node: 'mn',
    ours: 'rule 1001 from HOA4/32 table home',
    why: 'the IPv4 home address (RFC 5555)',
  })),
  {
    when: 'away6',
    node: 'mn',
    umip: 'rule 1002 from COA-PREFIX table main',
    ours: 'rule 1002 from COA/128 table careOf6',
    why: 'its own address only, and by the router that its link has, whatever the host has learnt beside',
  },
  {
    when: 'away6',
    node: 'mn',
    umip: 'rule 1002 from fe80::/64 table main',
    why: 'no rule of ours catches these',
  },
  {
    when: 'away6',
    node: 'mn',
    umip: 'rule 1003 from HOA/128 blackhole',
    why: 'a blackhole route in the table of the home address, while there is no binding',
  },
  {
    when: 'away6',
    node: 'mn',
    ours: 'rule 1000 from HOA/128 to HA/128 ipproto 135 table careOf6',
    why: 'signalling finds its way while the home address is blackholed, with no policy to block and unblock',
  },
  { when: 'away4', node: 'mn', ours: 'rule 1002 from COA/32 table careOf4', why: 'RFC 5555' },
];

const HOA = '2001:db8:a::100';
const HOA4 = '192.0.2.100';
const HA = '2001:db8:a::1';

let folder: string;
let world: NetnsLab;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  process.env['MIP6_LAB_DIR'] = folder;
  const file = loadLab('roam');
  world = new NetnsLab(file.lab, {
    ...file,
    userNamespace: false,
    purpose: 'run',
    datapath: 'kernel',
  });
  await world.up();
}, 120_000);

afterAll(async () => {
  await world?.down();
  delete process.env['MIP6_LAB_DIR'];
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

it('every row that differs says why', () => {
  for (const row of ROWS)
    if (row.umip !== row.ours) expect(row.why, JSON.stringify(row)).toBeTruthy();
});

it.each([
  { to: 'visited1', when: 'away6' },
  { to: 'v4nat', when: 'away4' },
  { to: 'visited2', when: 'away6' },
] as const)('at $to, and every IPv6 binding is the kernel’s', async ({ to, when }) => {
  await world.move('mn', 'eth0', to);
  const careOf = await registered(when === 'away6' ? 'ipv6' : 'udp');
  for (const node of ['mn', 'ha'] as const) {
    expect(await listing(node, careOf)).toEqual(wanted(node, when));
  }
  if (when !== 'away6') return;
  for (const node of ['mn', 'ha'] as const) {
    expect((await world.status(node)).tunnels).toEqual({ kernel: 1, userSpace: 0 });
  }
  expect((await world.bul('mn'))[0]).toMatchObject({ path: 'ipv6', datapath: 'kernel' });
  expect((await world.bc('ha'))[0]).toMatchObject({ path: 'ipv6', datapath: 'kernel' });
});

it('at home nothing of it is left but the home agent’s own', async () => {
  await world.move('mn', 'eth0', 'home');
  for (;;) {
    const [entry] = await world.bul('mn');
    if (entry?.state === 'idle' && (await world.bc('ha')).length === 0) break;
    await world.wait(100 as never);
  }
  // An IPv4 lease of the home link is a care-of address there, should there be one.
  const left = (await listing('mn', '-')).filter((line) => !line.endsWith('careOf4'));
  expect(left).toEqual([]);
  expect(await listing('ha', '-')).toEqual(wanted('ha', 'always'));
});

const wanted = (node: Row['node'], when: Row['when']): string[] =>
  ROWS.flatMap((r) =>
    r.ours !== undefined && r.node === node && (r.when === 'always' || r.when === when)
      ? [r.ours]
      : [],
  ).sort();

async function registered(path: 'ipv6' | 'udp'): Promise<string> {
  for (;;) {
    const [entry] = await world.bul('mn');
    const [bound] = await world.bc('ha');
    if (entry?.state === 'bound' && entry.path === path && bound?.careOf === entry.careOf) {
      return entry.careOf!;
    }
    await world.wait(100 as never);
  }
}

/** Ours alone, and only what the table speaks of: routes of the home agent to home addresses. */
async function listing(node: Row['node'], careOf: string): Promise<string[]> {
  const netns = namespacePath(plannedNode(world.plan, node).namespace);
  const xfrm = new XfrmNetlink(netns);
  const rt = new RtNetlink(netns);
  try {
    const [states, policies, rules, routes] = await Promise.all([
      xfrm.states(),
      xfrm.policies(),
      rt.rules(),
      rt.routes(PROTOCOL_MIP6),
    ]);
    const lines = [
      ...states.map(stateLine),
      ...policies.map(policyLine),
      ...rules.filter((r) => r.protocol === PROTOCOL_MIP6).map(ruleLine),
      ...(node === 'ha' ? routes.map(routeLine) : []),
    ];
    return lines.map((line) => named(line, careOf)).sort();
  } finally {
    xfrm.close();
    rt.close();
  }
}

const stateLine = ({ protocol, source, destination, careOf }: XfrmState): string =>
  `state ${protocol} ${source} ${destination} at ${careOf}`;

function policyLine({ direction, selector: s, priority, templates }: XfrmPolicy): string {
  const upper =
    s.protocol === 0 ? '' : ` proto ${s.protocol}${s.type === undefined ? '' : ` type ${s.type}`}`;
  const ends = `${s.source.address}/${s.source.length} ${s.destination.address}/${s.destination.length}`;
  const how = templates.map((t) => ` ${t.protocol}`).join('');
  return `policy ${direction} ${ends}${upper} prio ${priority}${how}`;
}

function ruleLine({ priority, from, to, ipProtocol, table }: KernelRule): string {
  const more = `${to ? ` to ${to.address}/${to.length}` : ''}${ipProtocol ? ` ipproto ${ipProtocol}` : ''}`;
  return `rule ${priority} from ${from.address}/${from.length}${more} table ${TABLES[table] ?? table}`;
}

function routeLine({ table, destination, encapsulation: e }: KernelRoute): string {
  const outer = e ? ` encap ${e.source} ${e.destination}` : '';
  return `route ${TABLES[table] ?? table} ${destination.address}/${destination.length}${outer}`;
}

function named(line: string, careOf: string): string {
  const names: readonly (readonly [string, string])[] = [
    [HOA, 'HOA'],
    [HOA4, 'HOA4'],
    [careOf, 'COA'],
    [HA, 'HA'],
  ];
  return line
    .split(' ')
    .map((word) => {
      const [address, length] = word.split('/');
      const name = names.find(([a]) => a === address)?.[1];
      return name === undefined
        ? word
        : [name, ...(length === undefined ? [] : [length])].join('/');
    })
    .join(' ');
}

const TABLES: Readonly<Record<number, string>> = {
  254: 'main',
  7001: 'home',
  7004: 'careOf4',
  7006: 'careOf6',
};
