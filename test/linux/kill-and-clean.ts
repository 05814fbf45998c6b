/**
 * Kills what keeps a datapath, at any moment, and cleans up after it: nothing of ours is left, and what others have put
 * beside it is untouched. Real processes, started from one bundled file, and worlds abandoned within this one.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { expect } from 'vitest';
import type { Abilities } from '../../src/linux/datapath/abilities.js';
import { LinuxWorld } from '../../src/linux/index.js';
import { readSetting } from '../../src/linux/sysctl.js';
import { SeededRandom } from '../../src/sim/random.js';
import { KernelText } from '../guest/kernel-text.js';
import { pairOfNamespaces, pause } from '../guest/mobile-pair.js';
import { statesOf, type WalkingRole } from './fixtures/states-of-a-roam.js';
import type { Namespace } from './netns.js';

export interface Ends {
  /** Processes that are sent SIGKILL. */
  readonly killed: number;
  /** Worlds in this process that are closed in the middle of what they do. */
  readonly abandoned: number;
  /** This kernel's nftables knows IP. */
  readonly nftables: boolean;
}

export async function killAndClean(abilities: Abilities, ends: Ends): Promise<void> {
  const random = new SeededRandom('kill');
  const folder = mkdtempSync(join(tmpdir(), 'mip6-kill-'));
  const program = await bundled();
  const [mn, ha] = pairOfNamespaces();
  const bench = async (role: WalkingRole, ns: Namespace): Promise<Bench> => {
    await putForeign(ns, abilities, ends.nftables);
    const text = await KernelText.open(ns.path, abilities, ends.nftables);
    return { role, ns, abilities, text, stateFile: join(folder, `${ns.name}.json`) };
  };
  const benches = [await bench('mobile node', mn), await bench('home agent', ha)] as const;
  let left = 0;
  try {
    for (let round = 0; round < ends.killed + ends.abandoned; round++) {
      const at = benches[random.below(benches.length)]!;
      const before = await everything(at);
      const moment = random.below(LONGEST);
      const killed = round < ends.killed;
      await (killed ? killProcess(program, at, moment) : abandonWorld(at, moment));
      const after = await everything(at);
      if (String(after) !== String(before)) left++;
      const world = await open(at);
      await world.datapath.clean();
      await world.close();
      const how = `round ${round}: ${at.role} ${killed ? 'killed' : 'abandoned'} after ${moment} ms`;
      expect(await everything(at), how).toEqual(before);
    }
    // Most of them had something to leave behind, or this has shown nothing.
    expect(left).toBeGreaterThan((ends.killed + ends.abandoned) / 2);
  } finally {
    for (const { text } of benches) text.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

interface Bench {
  readonly role: WalkingRole;
  readonly ns: Namespace;
  readonly abilities: Abilities;
  readonly text: KernelText;
  readonly stateFile: string;
}

async function killProcess(program: string, at: Bench, moment: number): Promise<void> {
  const { ns, stateFile, role, abilities } = at;
  const options = [ns.path, stateFile, role, JSON.stringify(abilities)];
  const child = spawn(process.execPath, [program, ...options], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  await pause(moment);
  child.kill('SIGKILL');
  expect((await ended)[1], 'it ran until it was killed').toBe('SIGKILL');
}

/** Whatever is under way is not waited for; the sockets are closed under it. */
async function abandonWorld(at: Bench, moment: number): Promise<void> {
  const world = await open(at);
  let over = false;
  const walk = (async () => {
    const states = statesOf(at.role);
    for (let i = 0; !over; i++) {
      await world.datapath.apply(states[i % states.length]!);
      await turn(); // the kernel answers at once, so that nothing else would have its turn
    }
  })();
  walk.catch(() => {}); // its sockets go
  await pause(moment);
  over = true;
  world.abandon();
}

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function open({ abilities, ns, stateFile }: Bench): Promise<LinuxWorld> {
  return LinuxWorld.open({
    abilities,
    name: ns.name,
    netns: ns.path,
    links: ['eth0'],
    ownership: new Map([['eth0', 'own']]),
    forwarding: true,
    storeFile: null,
    stateFile,
    onEvent: () => {},
  });
}

async function everything({ ns, text }: Bench): Promise<readonly string[]> {
  const settings = SETTINGS.map((key) => `${key} = ${readSetting(ns.path, key)}`);
  return [...settings, ...(await text.lines())];
}

/** Near misses: same tables, priorities and kinds as ours, without our marks. */
async function putForeign(ns: Namespace, { tunnels6, mobileIpv6 }: Abilities, nftables: boolean) {
  ns.batch([
    'link add keep0 type bridge',
    'link set keep0 up',
    'addr add 2001:db8:f::1/64 dev keep0 nodad',
    'route add 2001:db8:77::/48 dev keep0 proto static metric 64',
    'xfrm policy add src 2001:db8:77::/48 dst 2001:db8:78::/48 dir out action block',
    ...(tunnels6
      ? [
          'link add mip6keep type ip6tnl mode any local 2001:db8:f::1 remote 2001:db8:f::2',
          'link add keep4 type sit mode any local 192.0.2.77 remote 192.0.2.78',
          'link set mip6keep up',
        ]
      : []),
    ...(mobileIpv6
      ? [
          'xfrm policy add src 2001:db8:77::1 dst 2001:db8:78::1 proto 135 dir out ptype sub priority 2 tmpl src 2001:db8:77::1 dst 2001:db8:78::1 proto hao mode ro reqid 7 level use',
          'xfrm state add src 2001:db8:77::1 dst 2001:db8:78::1 proto hao mode ro reqid 7 coa 2001:db8:f::1',
        ]
      : []),
  ]);
  ns.setUp('ip -6 rule add from 2001:db8:77::/48 lookup 7001 pref 1001');
  ns.batch([
    'addr add 192.0.2.77/24 dev keep0',
    'route add 198.51.100.0/24 dev keep0 proto static table 7001 metric 64',
    'rule add from 10.99.0.0/16 lookup 7001 pref 1001',
  ]);
  if (!nftables) return;
  await ns.run('nft', 'add', 'table', 'inet', 'others');
  await ns.run('nft', 'add', 'set', 'inet', 'others', 'kept', '{ type ipv6_addr; }');
}

/** One file that Node starts at once, where the addon is found. */
async function bundled(): Promise<string> {
  const folder = fileURLToPath(new URL('../../node_modules/.mip6-test/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const outfile = join(folder, 'walk-states.mjs');
  await build({
    entryPoints: [fileURLToPath(new URL('fixtures/walk-states.ts', import.meta.url))],
    bundle: true,
    platform: 'node',
    format: 'esm',
    outfile,
    packages: 'external',
  });
  return outfile;
}

const SETTINGS = [
  'ipv6/conf/eth0/accept_ra',
  'ipv6/conf/eth0/autoconf',
  'ipv6/conf/all/forwarding',
  'ipv4/ip_forward',
  'ipv4/conf/eth0/promote_secondaries',
];
/** ms: a walk through all states takes about as long */
const LONGEST = 150;
