/** `mip6 lab run` under other kernels, as it is typed: the program runs again inside, and its account comes out. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readCapture } from '../../src/diagnostics/pcapng.js';
import type { CheckResult } from '../../src/lab/check.js';
import type { LabResult } from '../../src/lab/run.js';
import { leftovers } from './leftovers.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the roam', { timeout: 1_200_000 }, () => {
  it.each([
    ['uml', undefined, 'userspace', /^6\.1\./, ['user space']],
    // Debian's has no `encap fou`: what is in UDP falls to user space.
    ['uml', undefined, 'kernel', /^6\.1\./, ['kernel', 'user space']],
    // No data packet passes a daemon, at the stop behind a NAT neither.
    ['vm', '6.1', 'kernel', /^6\.1\..*-amd64$/, ['kernel']],
    ['vm', '6.12', 'kernel', /^6\.12\..*-amd64$/, ['kernel']],
  ] as const)(
    'passes in world %s %s, datapath %s',
    async (world, kernel, datapath, release, by) => {
      const pcap = join(folder, `pcap ${world} ${kernel} ${datapath}`);
      const which = ['--world', world, ...(kernel === undefined ? [] : ['--kernel', kernel])];
      const ran = await mip6(
        ...['lab', 'run', 'roam', ...which, '--datapath', datapath, '--pcap', pcap, '--json'],
      );
      expect(ran.stderr).toBe('');
      const result = JSON.parse(ran.stdout) as LabResult;
      expect(result).not.toHaveProperty('error');
      expect(failures(result)).toEqual([]);
      expect(result).toMatchObject({ version: 1, lab: 'roam', world, passed: true });
      expect(result.kernel).toMatch(release);
      expect(result.moves.map((m) => m.to)).toEqual(['visited1', 'v4nat', 'visited2', 'home']);
      expect(ran.code).toBe(0);
      for (const { used } of result.datapaths) expect(used).toEqual(by);
      for (const { bul, bc } of result.moves) {
        const entries = [...bul, ...bc].flatMap(({ entries }) => [...entries]);
        const ipv6 = entries.filter((e) => e.path === 'ipv6' && e.datapath !== null);
        const wanted = datapath === 'kernel' ? 'kernel' : 'user space';
        for (const e of ipv6) expect(e.datapath).toBe(wanted);
      }
      const packets = (link: string) => [
        ...readCapture(readFileSync(join(pcap, `roam-${link}.pcapng`))),
      ];
      expect(readdirSync(pcap)).toHaveLength(5);
      expect(packets('v4nat').length).toBeGreaterThan(100);
      expect(leftovers(folder)).toEqual([]);
    },
  );
});

describe('a lab under user-mode-linux', () => {
  it('says its world and kernel first, and its exit code is that of the lab there', async () => {
    const file = join(folder, 'wrong.yaml');
    writeFileSync(file, AT_HOME.replace('at: home }', 'at: away }'));
    const { code, stdout, stderr } = await mip6('lab', 'run', file, '--world', 'uml');
    const lines = stdout.split('\n');
    expect(lines.slice(0, 2)).toEqual([
      'wrong: Nobody moves',
      expect.stringMatching(
        /^world: uml, network namespaces of user-mode-linux 6\.\S+; a slow one, all limits are 2 times as wide$/,
      ),
    ]);
    expect(lines).toContain('wrong: failed, 0 of 1 checks hold');
    expect(code).toBe(1);
    expect(stderr).toMatch(/^user-mode-linux \S+ boots\nuser-mode-linux \S+ is up after \S+ s\n$/);
  });

  it('an interrupt ends all of it', async () => {
    const { code, stdout, stderr } = await mip6Until(
      /is up after/,
      ...['lab', 'run', 'roam', '--world', 'uml'],
    );
    expect(code).toBe(1);
    expect(stdout).not.toContain('passed');
    expect(stderr).toContain('mip6: Interrupted by SIGINT; the lab is down.\n');
    expect(leftovers(folder)).toEqual([]);
  });

  it('cannot stay up, and says so', async () => {
    const { code, stderr } = await mip6('lab', 'up', 'roam', '--world', 'uml');
    expect(code).toBe(2);
    expect(stderr).toBe(
      'mip6: A lab in a guest kernel cannot be left up: nothing leads into it from here. "mip6 lab run roam --world uml" plays it there to its end.\n',
    );
  });
});

interface Ran {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

const mip6 = (...words: string[]): Promise<Ran> => mip6Until(undefined, ...words);

/** The program as it is built; interrupted once its standard error says so. */
function mip6Until(interrupt: RegExp | undefined, ...words: string[]): Promise<Ran> {
  return new Promise((done, fail) => {
    const child = spawn(process.execPath, ['bin/run.js', ...words], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, TMPDIR: folder },
    });
    let [stdout, stderr, told] = ['', '', false];
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      stderr += text;
      if (told || !interrupt?.test(stderr)) return;
      told = child.kill('SIGINT');
    });
    child.on('error', fail);
    child.on('close', (code) => done({ code, stdout, stderr }));
  });
}

function failures(result: LabResult): string[] {
  const all = [...result.start.checks, ...result.moves.flatMap((m) => m.checks), ...result.checks];
  return all.filter((c) => !c.passed).map(({ check, found }: CheckResult) => `${check}: ${found}`);
}

const AT_HOME = `title: Nobody moves
links:
  home:
    prefix6: 2001:db8:a::/64
    home: true
    ra: { minInterval: 30ms, maxInterval: 70ms, homeAgent: true }
  away:
    prefix6: 2001:db8:b::/64
nodes:
  ha:
    role: ha
    interfaces:
      eth0: { link: home, address6: 2001:db8:a::1 }
  mn:
    role: mn
    interfaces:
      eth0: { link: home }
    home: { agent: ha, agent6: 2001:db8:a::1, address6: 2001:db8:a::100 }
start:
  settle: 1s
  checks:
    - { registered: mn, at: home }
`;
