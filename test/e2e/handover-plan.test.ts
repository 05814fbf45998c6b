/** One daemon among three candidates: two IPv6 links by radvd, one IPv4 lease by dnsmasq. Which, and why not the others? */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Result } from '../../src/control/api.js';
import { ControlClient } from '../../src/control/client.js';
import { cable, isRoot, namespace, removeNamespaces, type Namespace } from '../linux/netns.js';
import { PROGRAM } from './small-network.js';

describe.skipIf(!isRoot)('three candidates', { timeout: 60_000 }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  const socket = join(folder, 'mn.sock');
  const children: ChildProcess[] = [];
  let mn: Namespace;

  beforeAll(async () => {
    mn = namespace('mn');
    const rt = namespace('rt');
    for (const [i, link] of ['eth0', 'eth1', 'eth2'].entries()) {
      cable(mn, link, rt, link);
      mn.setUp(`ip link set ${link} address 02:00:00:00:00:1${i}`);
    }
    rt.setUp(`sysctl -qw net.ipv6.conf.all.forwarding=1
      ip address add 2001:db8:b::1/64 dev eth0 nodad
      ip address add 2001:db8:c::1/64 dev eth1 nodad
      ip address add 10.1.0.1/24 dev eth2`);
    begin(rt, 'radvd', '-n', '-m', 'stderr', '-p', join(folder, 'radvd.pid'), '-C', file('radvd.conf', RADVD)); // prettier-ignore
    begin(rt, 'dnsmasq', '-k', '-C', file('dnsmasq.conf', dnsmasq(folder)));
    begin(mn, process.execPath, PROGRAM, 'daemon', '-c', file('mn.conf', MN_CONF), '-n', mn.name, '--socket', socket); // prettier-ignore
    await eventually('three candidates', async () => {
      const { choices } = await plan();
      return choices[0]!.candidates.length === 3;
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

  it('in words: the one that is chosen, and of each other one why it is not', async () => {
    const { stdout } = await mip6('handover', '--dry-run');
    // The lifetime that radvd gives, less the time this took.
    expect(stdout.replace(/ in 23 h \S+ min/, ' in 24 h')).toBe(
      `2001:db8:a::100 would stay at 2001:db8:c::ff:fe00:11 on eth1: its link is preferred.

CANDIDATE               LINK  FAMILY  PREFERENCE  STATE          VERDICT   WHY
2001:db8:c::ff:fe00:11  eth1  IPv6    1           ready, in use  chosen    its link is preferred
2001:db8:b::ff:fe00:10  eth0  IPv6    2           ready          rejected  its link has a lower preference
10.1.0.50               eth2  IPv4    2           ready          rejected  its link has a lower preference

wlan9: there is no such interface
May change in 24 h: the address is no longer valid.
`,
    );
  });

  it('in JSON, for a target; and nothing has moved', async () => {
    const planned = await plan('ipv4');
    expect(planned).toMatchObject({
      accepted: true,
      careOf: '10.1.0.50',
      reason: 'forced to IPv4',
    });
    expect(planned.choices[0]!.candidates.map((c) => [c.link, c.verdict, c.rule, c.current]))
      .toEqual([
        ['eth2', 'chosen', 'forced', false],
        ['eth1', 'rejected', 'forced', true],
        ['eth0', 'rejected', 'forced', false],
      ]); // prettier-ignore
    const { stdout } = await mip6('bul', 'show', '2001:db8:a::100');
    expect(stdout).toMatch(
      /care-of address {2}2001:db8:c:\S+ on eth1\nbecause +its link is preferred/,
    );
    expect(stdout).toMatch(/\n +10\.1\.0\.50 on eth2: its link has a lower preference\n/);
  });

  it('to where it cannot go: no, with the reason', async () => {
    const { stdout, code } = await mip6('handover', 'wlan9', '--dry-run');
    expect(code).toBe(1);
    expect(stdout).toMatch(/^Refused: no care-of address on link wlan9\n\n2001:db8:a::100 would/);
  });

  it('after a handover the event says why this one, and why not each other', async () => {
    expect((await mip6('handover', 'eth0')).code).toBe(0);
    const control = await ControlClient.connect(socket);
    const { events } = await control.call('events', {});
    control.close();
    const chosen = events.filter(({ code }) => code === 'CARE_OF_CHOSEN');
    expect(chosen.at(-1)!.fields).toMatchObject({
      homeAddress: '2001:db8:a::100',
      careOf: '2001:db8:b::ff:fe00:10',
      link: 'eth0',
      rule: 'forced',
      reason: 'forced to link eth0',
      others:
        '2001:db8:c::ff:fe00:11 on eth1: link eth0 is forced; 10.1.0.50 on eth2: link eth0 is forced',
    });
  });

  async function plan(...target: string[]): Promise<Result<'handover.plan'>> {
    const { stdout } = await mip6('handover', ...target, '--dry-run', '--json');
    return JSON.parse(stdout) as Result<'handover.plan'>;
  }

  async function mip6(...words: string[]): Promise<{ stdout: string; code: number }> {
    const args = [PROGRAM, ...words, '--socket', socket];
    const env = { ...process.env, NO_COLOR: '1' };
    try {
      const { stdout } = await promisify(execFile)(process.execPath, args, { env });
      return { stdout, code: 0 };
    } catch (error) {
      const { stdout, code } = error as { stdout: string; code: number };
      return { stdout, code };
    }
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

/** Polls; the deadline is there to fail, not to measure. */
async function eventually(what: string, holds: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 100; tries++) {
    if (await holds().catch(() => false)) return;
    await new Promise((done) => setTimeout(done, 100));
  }
  throw new Error(`never came true: ${what}`);
}

/** There is no home agent: a long first wait keeps IPv6 from being given up. */
const MN_CONF = `NodeConfig MN;
UseMnHaIPsec disabled;
DoRouteOptimizationMN disabled;
MnUseDsmip6 enabled;
InitialBindackTimeoutFirstReg 32;
Interface "eth0" { MnIfPreference 2; }
Interface "eth1" { MnIfPreference 1; }
Interface "eth2" { MnIfPreference 2; UseDhcp enabled; }
MnHomeLink "wlan9" {
  HomeAgentAddress 2001:db8:a::1;
  HomeAgentV4Address 10.1.0.1;
  HomeAddress 2001:db8:a::100/64;
}
`;
const RADVD = ['eth0 2001:db8:b::/64', 'eth1 2001:db8:c::/64']
  .map((line) => line.split(' '))
  .map(
    ([link, prefix]) => `interface ${link} {
  AdvSendAdvert on; MinRtrAdvInterval 3; MaxRtrAdvInterval 4;
  prefix ${prefix} { AdvOnLink on; AdvAutonomous on; };
};
`,
  )
  .join('');
const dnsmasq = (folder: string): string => `port=0
interface=eth2
bind-interfaces
dhcp-range=10.1.0.50,10.1.0.50,255.255.255.0,600
dhcp-option=3,10.1.0.1
dhcp-leasefile=${folder}/dnsmasq.leases
pid-file=${folder}/dnsmasq.pid
user=root
`;
