/**
 * `mip6 nat probe` among the real daemons, through a NAT of the kernel and then without it.
 *
 *   mn eth0 (10.1.0.0/24, dnsmasq) nat (nftables) out0 (203.0.113.0/24) net0 ha
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/control/api.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from '../linux/netns.js';
import { HA_CONF, HOA, MN_CONF, PROGRAM } from './small-network.js';

describe.skipIf(!isRoot)('a NAT on the way', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  const children: ChildProcess[] = [];
  let mn: Namespace;
  let nat: Namespace;
  let ha: Namespace;

  beforeAll(async () => {
    [mn, nat, ha] = [namespace('mn'), namespace('nat'), namespace('ha')];
    cable(mn, 'eth0', nat, 'in0');
    cable(nat, 'out0', ha, 'net0');
    cable(nat, 'spare0', ha, 'home0');
    nat.setUp(`sysctl -qw net.ipv4.ip_forward=1
      ip address add 10.1.0.1/24 dev in0
      ip address add 203.0.113.2/24 dev out0
      nft add table ip nat
      nft add chain ip nat out { type nat hook postrouting priority 100 ; }
      nft add rule ip nat out oifname out0 masquerade`);
    ha.setUp(`sysctl -qw net.ipv6.conf.all.forwarding=1
      ip address add 203.0.113.1/24 dev net0
      ip address add 2001:db8:a::1/64 dev home0 nodad
      ip address add 192.0.2.1/24 dev home0
      ip route add 10.1.0.0/24 via 203.0.113.2`);
    begin(nat, 'dnsmasq', '-k', '-C', file('dnsmasq.conf', dnsmasq(folder)));
    daemon(ha, 'ha', HA_CONF);
    await eventually('the home agent is there', async () => {
      return (await mip6(ha, 'status', '--socket', socket('ha'))).code === 0;
    });
    daemon(mn, 'mn', MN_CONF);
    await eventually('registered', async () => {
      const { stdout } = await mip6(mn, 'bul', '--json', '--socket', socket('mn'));
      const { entries } = JSON.parse(stdout) as Result<'bul.list'>;
      return entries.some(({ state }) => state === 'bound');
    });
  });
  afterAll(async () => {
    for (const child of children) {
      const gone = new Promise((done) => child.once('exit', done));
      child.kill('SIGTERM');
      await gone;
    }
    removeNamespaces();
    rmSync(folder, { recursive: true, force: true });
  });

  it('beside a mobile node: what a fresh question finds, and what the registration has', async () => {
    const { stdout, code } = await mip6(mn, 'nat', 'probe', '--socket', socket('mn'));
    expect(code).toBe(0);
    expect(stdout.replace(/:\d{5},/, ':PORT,').replace(/after \S+ ms/, 'after N ms'))
      .toBe(`There is a NAT between 10.1.0.50 and 203.0.113.1.
from        10.1.0.50:PORT, a private address (RFC 1918)
home agent  203.0.113.1, 2001:db8:a::1
data goes   in UDP
keep-alive  every 110 s, as the home agent suggests
answer      132 Not home subnet, after N ms

As registered:
HOME ADDRESS     CARE-OF    LINK  STATE  PATH      KEEP-ALIVE
2001:db8:a::100  10.1.0.50  eth0  bound  UDP, NAT  110 s
`); // prettier-ignore
  });

  it('leaves the only binding as it was', async () => {
    const bindings = async () => {
      const { stdout } = await mip6(ha, 'bc', '--json', '--socket', socket('ha'));
      const { entries } = JSON.parse(stdout) as Result<'bc.list'>;
      return entries.map(({ homeAddress, mapped, sequence }) => ({
        homeAddress,
        mapped,
        sequence,
      }));
    };
    const before = await bindings();
    expect(before.map(({ homeAddress }) => homeAddress)).toEqual([HOA]);
    expect((await byHand()).probe.outcome).toBe('nat');
    expect(await bindings()).toEqual(before);
  });

  it('when the NAT is gone, so says the next question', async () => {
    nat.setUp('nft delete table ip nat');
    expect((await byHand()).probe).toMatchObject({
      outcome: 'none',
      udp: false,
      refresh: null,
      source: CARE_OF,
    });
  });

  it('where nobody listens, the reason and exit code 1', async () => {
    const args = ['203.0.113.2', '2001:db8:a::1', '--source', CARE_OF, '--json'];
    const { stdout, code } = await mip6(mn, 'nat', 'probe', ...args);
    expect(code).toBe(1);
    expect(JSON.parse(stdout)).toMatchObject({
      probe: { outcome: 'error', error: expect.stringMatching(/unreachable/i) },
      registrations: [],
    });
  });

  it('without the privilege, exit code 4', async () => {
    const as = ['setpriv', '--reuid=65534', '--clear-groups'];
    const words = ['nat', 'probe', '203.0.113.1', '2001:db8:a::1'];
    const { code } = await ran(mn, ...as, process.execPath, PROGRAM, ...words);
    expect(code).toBe(4);
  });

  async function byHand() {
    // The kernel would choose the home address, which goes through the tunnel.
    const args = ['203.0.113.1', '2001:db8:a::1', '--source', CARE_OF, '--json'];
    const { stdout } = await mip6(mn, 'nat', 'probe', ...args);
    return JSON.parse(stdout) as { probe: { outcome: string } };
  }

  const socket = (name: string): string => join(folder, `${name}.sock`);

  function daemon(at: Namespace, name: string, text: string): void {
    const where = ['-c', file(`${name}.conf`, text), '--socket', socket(name)];
    begin(at, process.execPath, PROGRAM, 'daemon', '-n', at.name, ...where);
  }

  function begin(at: Namespace, ...command: string[]): void {
    children.push(spawn('ip', ['netns', 'exec', at.name, ...command], { stdio: 'ignore' }));
  }

  function file(name: string, text: string): string {
    const path = join(folder, name);
    writeFileSync(path, text);
    return path;
  }
});

const CARE_OF = '10.1.0.50';
const mip6 = (at: Namespace, ...words: string[]) => ran(at, process.execPath, PROGRAM, ...words);

async function ran(at: Namespace, ...command: string[]): Promise<{ stdout: string; code: number }> {
  const env = { ...process.env, NO_COLOR: '1' };
  try {
    const args = ['netns', 'exec', at.name, ...command];
    const { stdout } = await promisify(execFile)('ip', args, { env });
    return { stdout, code: 0 };
  } catch (error) {
    const { stdout, code } = error as { stdout: string; code: number };
    return { stdout, code };
  }
}

/** Polls; the deadline is there to fail, not to measure. */
async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`never came true: ${what}`);
}

const dnsmasq = (folder: string): string => `port=0
interface=in0
bind-interfaces
dhcp-range=10.1.0.50,10.1.0.50,255.255.255.0,600
dhcp-option=3,10.1.0.1
dhcp-leasefile=${folder}/dnsmasq.leases
pid-file=${folder}/dnsmasq.pid
user=root
`;
