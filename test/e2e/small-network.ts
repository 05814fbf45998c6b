/**
 * A real network of four namespaces for tests of the real daemons, with Debian's radvd and dnsmasq as access routers.
 *
 *   cn --- home (2001:db8:a::/64, 192.0.2.0/24) --- ha --- v6 (2001:db8:b::/64, radvd)
 *                                                    `---- v4 (203.0.113.0/24, dnsmasq)
 *
 * The mobile node's eth0 is plugged into one of the three links. Needs root.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export const HOA = '2001:db8:a::100';
export const HOA4 = '192.0.2.100';
export const PROGRAM = join(import.meta.dirname, '../../bin/run.js');

export type LinkName = 'home' | 'v6' | 'v4';

export class SmallNetwork {
  readonly folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  readonly #id = `m6t${process.pid}${Math.floor(Math.random() * 1e4)}`;
  readonly #children = new Set<ChildProcess>();

  namespace(node: string): string {
    return `${this.#id}-${node}`;
  }

  up(): void {
    for (const node of NODES) run(`ip netns add ${this.namespace(node)}`);
    for (const node of NODES) {
      this.in(node, 'sysctl -qw net.ipv6.conf.all.accept_ra=0 net.ipv6.conf.default.accept_ra=0');
      if (node !== 'mn') this.in(node, 'sysctl -qw net.ipv6.conf.default.accept_dad=0');
      this.in(node, 'ip link set lo up');
    }
    this.in(
      'sw',
      'sysctl -qw net.ipv6.conf.all.disable_ipv6=1 net.ipv6.conf.default.disable_ipv6=1',
    );
    this.in('ha', 'sysctl -qw net.ipv6.conf.all.forwarding=1 net.ipv4.ip_forward=1');
    for (const link of LINKS) {
      this.in('sw', `ip link add ${link} type bridge stp_state 0 forward_delay 0 mcast_snooping 0`);
      this.in('sw', `ip link set ${link} up`);
    }
    this.#cable('ha', 'home0', 'home', '2001:db8:a::1/64', '192.0.2.1/24');
    this.#cable('ha', 'v60', 'v6', '2001:db8:b::1/64');
    this.#cable('ha', 'v40', 'v4', undefined, '203.0.113.1/24');
    this.#cable('cn', 'eth0', 'home', '2001:db8:a::c/64', '192.0.2.12/24');
    this.#cable('mn', 'eth0', undefined);
    this.in('cn', 'ip route add default via 192.0.2.1');
    this.in('cn', 'ip -6 route add default via 2001:db8:a::1');
    this.#daemon('ha', 'radvd', [
      '-n',
      '-m',
      'stderr',
      '-p',
      join(this.folder, 'radvd.pid'),
      '-C',
      this.#file('radvd.conf', RADVD),
    ]);
    this.#daemon('ha', 'dnsmasq', ['-k', '-C', this.#file('dnsmasq.conf', dnsmasq(this.folder))]);
  }

  /** Runs a command in a node's namespace; returns what it printed. Throws when it fails. */
  in(node: string, command: string): string {
    return run(`ip netns exec ${this.namespace(node)} ${command}`);
  }

  /** Plugs eth0 of the mobile node into a link, out of where it was. */
  plug(link: LinkName): void {
    this.in('sw', 'ip link set mn-eth0 down');
    this.in('sw', `ip link set mn-eth0 master ${link}`);
    this.in('sw', 'ip link set mn-eth0 up');
  }

  /** Starts `mip6 daemon` and waits until it answers. */
  async daemon(node: 'mn' | 'ha', config: string): Promise<Daemon> {
    const socket = join(this.folder, `${node}.sock`);
    const file = this.#file(`${node}.conf`, config);
    const child = this.#daemon(node, process.execPath, [
      PROGRAM,
      'daemon',
      '-c',
      file,
      '-n',
      `${this.#id}-${node}`,
      '--socket',
      socket,
    ]);
    const daemon = new Daemon(child, socket);
    await until(
      `${node} daemon answers`,
      () => daemon.status() !== undefined,
      () => daemon.log,
    );
    return daemon;
  }

  /** All that a daemon may change in a namespace, as text. Volatile parts (lifetimes, counters) are left out. */
  snapshot(node: string): string {
    const parts = [
      'ip -o link show',
      'ip -o address show',
      'ip -4 route show table all',
      'ip -6 route show table all',
      'ip -4 rule show',
      'ip -6 rule show',
      'nft list ruleset',
      'ip -6 neigh show proxy',
      'sysctl net.ipv6.conf.eth0.accept_ra net.ipv6.conf.eth0.autoconf',
    ].map((command) => {
      const optional = command.startsWith('sysctl') && node !== 'mn';
      return optional ? '' : `# ${command}\n${this.in(node, command)}`;
    });
    return parts
      .join('\n')
      .replace(/\bqlen \d+/g, '')
      .replace(/expires \d+sec/g, '')
      .replace(/ (valid|preferred)_lft \S+/g, '')
      .replace(/^.*fe80::.*(tentative|dadfailed).*$/gm, '')
      .split('\n')
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .join('\n');
  }

  async down(): Promise<void> {
    for (const child of this.#children)
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await sleep(50);
    for (const node of NODES) {
      try {
        run(`ip netns del ${this.namespace(node)}`);
      } catch {
        // It was never made.
      }
    }
    rmSync(this.folder, { recursive: true, force: true });
  }

  #cable(
    node: string,
    name: string,
    link: LinkName | undefined,
    ...addresses: (string | undefined)[]
  ): void {
    const port = `${node}-${name}`;
    this.in('sw', `ip link add ${port} type veth peer name ${name} netns ${this.namespace(node)}`);
    for (const address of addresses) {
      if (address)
        this.in(
          node,
          `ip address add ${address} dev ${name}${address.includes(':') ? ' nodad' : ''}`,
        );
    }
    this.in(node, `ip link set ${name} up`);
    if (link) this.in('sw', `ip link set ${port} master ${link} up`);
  }

  #file(name: string, text: string): string {
    const path = join(this.folder, name);
    writeFileSync(path, text);
    return path;
  }

  #daemon(node: string, command: string, args: string[]): ChildProcess {
    // `ip netns exec` becomes the command: signals reach it.
    const child = spawn('ip', ['netns', 'exec', this.namespace(node), command, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#children.add(child);
    return child;
  }
}

export class Daemon {
  readonly #child: ChildProcess;
  readonly socket: string;
  log = '';

  constructor(child: ChildProcess, socket: string) {
    this.#child = child;
    this.socket = socket;
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (text) => (this.log += String(text)));
  }

  json(...args: string[]): Record<string, unknown> {
    const text = execFileSync(
      process.execPath,
      [PROGRAM, ...args, '--json', '--socket', this.socket],
      {
        encoding: 'utf8',
        stdio: ['ignore', 'pipe', 'pipe'],
        timeout: 10_000,
      },
    );
    return JSON.parse(text) as Record<string, unknown>;
  }

  status(): Record<string, unknown> | undefined {
    try {
      return this.json('status');
    } catch {
      return undefined;
    }
  }

  entries(list: 'bul' | 'bc'): Record<string, unknown>[] {
    return this.json(list)['entries'] as Record<string, unknown>[];
  }

  /** Ends it and gives its exit code, or the signal's name. */
  end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | string | null> {
    if (this.#child.exitCode !== null) return Promise.resolve(this.#child.exitCode);
    return new Promise((done) => {
      this.#child.once('exit', (code, name) => done(name ?? code));
      this.#child.kill(signal);
    });
  }
}

/** Polls; the deadline is there to fail, not to measure. */
export async function until(
  what: string,
  holds: () => boolean,
  explain: () => string = () => '',
): Promise<void> {
  const deadline = Date.now() + PATIENCE;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`never came true: ${what}\n${explain()}`);
    await sleep(100);
  }
}

export function run(command: string): string {
  return execFileSync('/bin/sh', ['-c', command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

export const HA_CONF = `
NodeConfig HA;
UseMnHaIPsec disabled;
HaAcceptDsmip6 enabled;
HomeAgentAddress 2001:db8:a::1;
HomeAgentV4Address 203.0.113.1;
HaDadMode optimistic;
Interface "home0" { HomePrefix 2001:db8:a::/64; }
DefaultBindingAclPolicy deny;
BindingAclPolicy ${HOA} HomeV4Address ${HOA4} allow;
HaAcceptIPv4Traffic ${HOA4};
`;

export const MN_CONF = `
NodeConfig MN;
UseMnHaIPsec disabled;
DoRouteOptimizationMN disabled;
MnUseDsmip6 enabled;
MnSupportIPv4Traffic enabled;
Interface "eth0" { MnIfPreference 1; UseDhcp enabled; }
MnHomeLink "eth0" {
  HomeAgentAddress 2001:db8:a::1;
  HomeAgentV4Address 203.0.113.1;
  HomeAddress ${HOA}/64;
  HomeV4Address ${HOA4}/24;
}
`;

const NODES = ['sw', 'ha', 'cn', 'mn'];
const LINKS: readonly LinkName[] = ['home', 'v6', 'v4'];
const PATIENCE = 20_000;

const RADVD = `
interface home0 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4; AdvIntervalOpt on; AdvHomeAgentFlag on;
  AdvHomeAgentInfo on; HomeAgentLifetime 1800; HomeAgentPreference 10;
  prefix 2001:db8:a::1/64 { AdvOnLink on; AdvAutonomous on; AdvRouterAddr on; };
};
interface v60 {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  prefix 2001:db8:b::/64 { AdvOnLink on; AdvAutonomous on; };
};
`;

const dnsmasq = (folder: string): string => `
port=0
interface=v40
bind-interfaces
dhcp-range=203.0.113.50,203.0.113.99,255.255.255.0,600
dhcp-option=3,203.0.113.1
dhcp-leasefile=${folder}/dnsmasq.leases
pid-file=${folder}/dnsmasq.pid
user=root
`;
