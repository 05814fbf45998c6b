/**
 * Two real home agent daemons on one home link, with radvd, and a mobile node that is told of neither:
 *
 *   first ─ home0 ── home0 ─ second        home link 2001:db8:a::/64
 *   first ─ v60 ── eth0 ─ mn               visited link 2001:db8:b::/64
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from '../linux/netns.js';
import { Daemon, HOA, PROGRAM, until } from './small-network.js';

describe.skipIf(!isRoot)('two home agents', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  const children: ChildProcess[] = [];
  afterAll(() => {
    for (const child of children) child.kill('SIGKILL');
    removeNamespaces();
    rmSync(folder, { recursive: true, force: true });
  });

  it('are discovered, and the second one serves when the first is killed', async () => {
    const first = namespace('first');
    const second = namespace('second');
    const mn = namespace('mn');
    cable(first, 'home0', second, 'home0');
    cable(first, 'v60', mn, 'eth0');
    for (const [ns, address] of [
      [first, '2001:db8:a::1/64 dev home0'],
      [second, '2001:db8:a::2/64 dev home0'],
      [first, '2001:db8:b::1/64 dev v60'],
    ] as const) {
      ns.setUp(`sysctl -qw net.ipv6.conf.all.forwarding=1
        ip address add ${address}`);
    }
    second.setUp('ip -6 route add default via 2001:db8:a::1');
    radvd(first, `${homeLink('2001:db8:a::1', 20)} ${VISITED}`);
    radvd(second, homeLink('2001:db8:a::2', 10));
    const agents = [await daemon(first, agent(20)), await daemon(second, agent(10))] as const;
    await until('they hear of each other', () =>
      agents.every((a) => (a.json('hal')['links'] as unknown[]).length === 2),
    );
    // By hand, with no daemon: the answer has both, the preferred one first.
    mn.setUp(`sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.eth0.accept_ra=0
      ip address add 2001:db8:b::99/64 dev eth0
      ip -6 route replace default via 2001:db8:b::1 metric 10`);
    const byHand = ['dhaad', '2001:db8:a::/64', '--source', '2001:db8:b::99', '--json'];
    const asked = await mn.attempt(process.execPath, PROGRAM, ...byHand);
    expect(JSON.parse(asked)).toMatchObject({ agents: ['2001:db8:a::1', '2001:db8:a::2'] });
    mn.setUp(`ip -6 route del default via 2001:db8:b::1 metric 10
      ip address del 2001:db8:b::99/64 dev eth0`);
    const node = await daemon(mn, MOBILE_NODE);
    await until(
      'registered with the first',
      () => serves(node, '2001:db8:a::1'),
      () => node.log,
    );
    expect(agents[0].entries('bc')).toMatchObject([{ homeAddress: HOA, state: 'bound' }]);
    await agents[0].end('SIGKILL');
    await until(
      'registered with the second',
      () => serves(node, '2001:db8:a::2'),
      () => node.log,
    );
    expect(agents[1].entries('bc')).toMatchObject([{ homeAddress: HOA, state: 'bound' }]);
    await until('told in the journal', () =>
      node.log.includes('home agent 2001:db8:a::2 in place of 2001:db8:a::1'),
    );
  });

  function radvd(ns: Namespace, config: string): void {
    const file = join(folder, `${ns.name}.radvd`);
    writeFileSync(file, config);
    start(ns, 'radvd', ['-n', '-m', 'stderr', '-p', `${file}.pid`, '-C', file]);
  }

  async function daemon(ns: Namespace, config: string): Promise<Daemon> {
    const file = join(folder, `${ns.name}.conf`);
    writeFileSync(file, config);
    const socket = join(folder, `${ns.name}.sock`);
    const args = [PROGRAM, 'daemon', '-c', file, '-n', ns.name, '--socket', socket];
    const started = new Daemon(start(ns, process.execPath, args), socket);
    await until(
      `${ns.name} answers`,
      () => started.status() !== undefined,
      () => started.log,
    );
    return started;
  }

  function start(ns: Namespace, command: string, args: string[]): ChildProcess {
    const env = { ...process.env, STATE_DIRECTORY: folder };
    const stdio = ['ignore', 'pipe', 'pipe'] as ['ignore', 'pipe', 'pipe'];
    const child = spawn('ip', ['netns', 'exec', ns.name, command, ...args], { stdio, env });
    children.push(child);
    return child;
  }
});

function serves(node: Daemon, agent: string): boolean {
  const [entry] = node.entries('bul');
  return entry?.['state'] === 'bound' && entry['peer'] === agent;
}

const agent = (preference: number): string => `
NodeConfig HA;
UseMnHaIPsec disabled;
HaDadMode off;
HaPreference ${preference};
Interface "home0";
`;

const MOBILE_NODE = `
NodeConfig MN;
UseMnHaIPsec disabled;
DoRouteOptimizationMN disabled;
MnMaxHaBindingLife 4;
InitialBindackTimeoutReReg 0.2;
Interface "eth0";
MnHomeLink "eth0" { HomeAgentAddress ::; HomeAddress ${HOA}/64; }
`;

const homeLink = (own: string, preference: number): string => `
interface home0 {
  AdvSendAdvert on; MinRtrAdvInterval 0.3; MaxRtrAdvInterval 0.5; AdvHomeAgentFlag on;
  AdvHomeAgentInfo on; HomeAgentLifetime 1800; HomeAgentPreference ${preference};
  prefix ${own}/64 { AdvOnLink on; AdvAutonomous on; AdvRouterAddr on; };
};`;
const VISITED = `
interface v60 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  prefix 2001:db8:b::/64 { AdvOnLink on; AdvAutonomous on; };
};`;
