/** The DHCP servers of Debian in a namespace: dnsmasq and ISC dhcpd, as their users run them. */
import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually, type Namespace } from './netns.js';

export interface Pool {
  /** First two octets of a /22, whose router and server is .0.1. */
  readonly network: string;
  readonly from: string;
  readonly to: string;
  /** seconds; option 58 and 59 */
  readonly t1: number;
  readonly t2: number;
  readonly routes: boolean;
}

export const SERVERS = ['dnsmasq', 'isc-dhcp-server'] as const;
export type ServerName = (typeof SERVERS)[number];

export class DhcpServerProcess {
  readonly #name: ServerName;
  readonly #ns: Namespace;
  readonly #folder = mkdtempSync(join(tmpdir(), 'mip6-dhcp-'));
  #child: ChildProcess | undefined;
  log = '';

  constructor(name: ServerName, ns: Namespace) {
    this.#name = name;
    this.#ns = ns;
  }

  /** Knows nothing of leases that were given before, unless it is told to keep them. */
  async start(pool: Pool, keep = false): Promise<void> {
    await this.stop();
    const config = join(this.#folder, 'server.conf');
    if (!keep) writeFileSync(this.#leases, '');
    const dnsmasq = this.#name === 'dnsmasq';
    writeFileSync(config, dnsmasq ? dnsmasqConf(pool, this.#leases) : iscConf(pool));
    const command = dnsmasq
      ? ['dnsmasq', '-k', '-C', config, `--pid-file=${join(this.#folder, 'pid')}`]
      : // prettier-ignore
        ['dhcpd', '-4', '-f', '-d', '-cf', config, '-lf', this.#leases, '-pf', join(this.#folder, 'pid'), 'eth0'];
    // `ip netns exec` becomes the command: signals reach it.
    const child = spawn('ip', ['netns', 'exec', this.#ns.name, ...command], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    this.log = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text: Buffer) => (this.log += text.toString()));
    const ready = dnsmasq ? /DHCP, IP range/ : /Server starting service/;
    await eventually(() => ready.test(this.log), `${this.#name} serves\n${this.log}`);
  }

  async stop(): Promise<void> {
    const child = this.#child;
    this.#child = undefined;
    if (!child || child.exitCode !== null) return;
    const gone = new Promise((done) => child.once('exit', done));
    child.kill('SIGKILL');
    await gone;
  }

  /** Whether the address is leased, by the server's own file. */
  leases(address: string): boolean {
    const text = readFileSync(this.#leases, 'utf8');
    if (this.#name === 'dnsmasq') return text.includes(` ${address} `);
    // The last word on an address counts.
    const entries = [...text.matchAll(/^lease (\S+) \{[^}]*?^ {2}binding state (\w+);/gms)];
    return entries.filter(([, of]) => of === address).at(-1)?.[2] === 'active';
  }

  async close(): Promise<void> {
    await this.stop();
    rmSync(this.#folder, { recursive: true, force: true });
  }

  get #leases(): string {
    return join(this.#folder, 'leases');
  }
}

const dnsmasqConf = ({ network, from, to, t1, t2, routes }: Pool, leases: string): string => `
port=0
interface=eth0
bind-interfaces
dhcp-authoritative
no-ping
log-dhcp
log-facility=-
user=root
dhcp-leasefile=${leases}
dhcp-range=${from},${to},255.255.252.0,600
dhcp-option=option:router,${network}.0.1
dhcp-option=option:T1,${t1}
dhcp-option=option:T2,${t2}
${routes ? 'dhcp-option=option:classless-static-route,0.0.0.0/0,10.77.0.1,10.88.0.0/16,10.77.0.2' : ''}
`;

const iscConf = ({ network, from, to, t1, t2, routes }: Pool): string => `
authoritative;
ping-check false;
default-lease-time 600;
max-lease-time 600;
option classless code 121 = array of unsigned integer 8;
subnet ${network}.0.0 netmask 255.255.252.0 {
  range ${from} ${to};
  option routers ${network}.0.1;
  option dhcp-renewal-time ${t1};
  option dhcp-rebinding-time ${t2};
  ${routes ? 'option classless 0, 10,77,0,1, 16, 10,88, 10,77,0,2;' : ''}
}
`;
