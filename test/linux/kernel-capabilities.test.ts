/** Capabilities of this machine's kernel; `test/guest/doctor.guest.ts` has the same of a kernel with Mobile IPv6. */
import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { Bench } from '../../src/linux/attempts/bench.js';
import { settable } from '../../src/linux/attempts/settings.js';
import { chooseDatapath } from '../../src/linux/datapath/choose-datapath.js';
import { probeAbilities } from '../../src/linux/datapath/probe-abilities.js';
import { LinuxError, sentenceOf } from '../../src/linux/error.js';
import { KERNEL_ROWS, kernelCapabilities } from '../../src/linux/kernel-capabilities.js';
import { isRoot } from './netns.js';

describe('the table', () => {
  it.each(KERNEL_ROWS)('$name says what it is for and what brings it', ({ name, ...row }) => {
    expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(row.purpose).toMatch(/^[A-Z1a-z].*\.$/);
    expect(row.remedy).toMatch(/CONFIG_[A-Z0-9_]+|modprobe|Install|net\.ipv/);
    expect(row.cost === '' || row.cost.endsWith('.')).toBe(true);
  });

  it('names each row once', () => {
    expect(new Set(KERNEL_ROWS.map((row) => row.name)).size).toBe(KERNEL_ROWS.length);
  });

  it('costs the kernel datapath whatever it stands on', () => {
    const costs = KERNEL_ROWS.filter((row) => row.forwarding).map((row) => row.cost);
    expect(new Set(costs).size).toBe(1);
    expect(costs[0]).toMatch(/not the kernel/);
  });
});

describe('a sentence of an error', () => {
  it('is without the way out, and of many lines the first', () => {
    const detail = { way: 'Load it.' };
    expect(sentenceOf(new LinuxError('NETLINK', 'No: ENOENT.', detail))).toBe('No: ENOENT.');
    expect(sentenceOf(new LinuxError('NFT', 'nft said: no\n  table x\n  ^^'))).toBe(
      'nft said: no.',
    );
  });
});

describe.skipIf(!isRoot)('this kernel', () => {
  it('answers for every row; what is missing has a sentence and a way out, what is there has none', async () => {
    const found = await kernelCapabilities();
    expect(found.map((c) => c.name)).toEqual(KERNEL_ROWS.map((row) => row.name));
    for (const { name, ok, reason, remedy } of found) {
      expect([name, reason === '', remedy === '']).toEqual([name, ok, ok]);
    }
  });

  it('is as it says: what the table finds and what the datapath is chosen by agree', async () => {
    const ok = new Map((await kernelCapabilities()).map((c) => [c.name, c.ok]));
    const { abilities } = await probeAbilities();
    const all = (...names: string[]): boolean => names.every((name) => ok.get(name));
    expect(abilities).toEqual({
      mobileIpv6: all('home-address-option', 'type2-routing-header', 'sub-policies'),
      tunnels6: all('ip6tnl', 'ip6tnl-external'),
      tunnels4: all('sit'),
      udpTunnels: all('gue-port', 'encap-fou', 'nft-inet'),
      admission: all('nft-inet') ? 'nft' : all('traffic-filters') ? 'flower' : null,
    });
    const { why, words } = await chooseDatapath('auto');
    if (words === 'user space') expect(why).toMatch(/^This kernel cannot be the datapath\. The /);
    else expect(why).toBe('This kernel can.');
  });

  it('is left as it was', async () => {
    const before = state();
    await kernelCapabilities();
    expect(state()).toBe(before);
  });

  it('refuses a setting that it does not have, by its name', async () => {
    const bench = new Bench();
    const failure = await bench.failureOf(
      settable(['ipv6/conf/lo/no_such', 'ipv4/ip_forward'], '1'),
    );
    bench.close();
    expect(failure).toMatchObject({
      code: 'SYSCTL',
      message: 'Cannot set net.ipv6.conf.lo.no_such to 1.',
    });
  });
});

/** Of this process's own namespace. */
const state = (): string =>
  ['link', 'addr', '-6 route show table all', 'xfrm policy', 'rule']
    .map((words) => execFileSync('ip', words.split(' '), { encoding: 'utf8' }))
    .join('---\n');
