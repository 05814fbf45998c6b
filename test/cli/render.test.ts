import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../src/base/error.js';
import { forecast, judgeCapability, kernelFinding } from '../../src/cli/diagnose.js';
import type { KernelCapability } from '../../src/linux/kernel-capabilities.js';
import { EXIT, EXIT_BY_CODE, EXIT_CODES } from '../../src/cli/exit-codes.js';
import { failureOf } from '../../src/cli/failure.js';
import { readTarget } from '../../src/cli/handover-target.js';
import { diagnosisText } from '../../src/cli/render/diagnosis.js';
import { duration } from '../../src/cli/render/duration.js';
import { table } from '../../src/cli/render/table.js';
import { socketPath } from '../../src/cli/socket-path.js';
import { plain, styleFor } from '../../src/cli/style.js';
import { nearest } from '../../src/daemon/config/suggest.js';

it.each([
  [null, '-'],
  [0, '0 s'],
  [1.449, '1.4 s'],
  [9.96, '10 s'],
  [10.9, '10 s'],
  [119.9, '119 s'],
  [120, '2 min'],
  [754, '12 min 34 s'],
  [7199, '119 min 59 s'],
  [7200, '2 h'],
  [18_720, '5 h 12 min'],
  [172_800, '2 d'],
  [262_140, '3 d'],
  [273_600, '3 d 4 h'],
])('%s seconds read %s', (seconds, text) => {
  expect(duration(seconds)).toBe(text);
});

describe('a table', () => {
  const columns = [
    { head: 'ADDRESS', cell: (r: string[]) => r[0]! },
    { head: 'STATE', cell: (r: string[]) => r[1]! },
    { head: 'NOTE', cell: (r: string[]) => r[2]!, optional: true },
  ];
  const rows = [
    ['2001:db8::1', 'bound', ''],
    ['::1', 'idle', ''],
  ];

  it('is aligned, without lines, and without columns that say nothing', async () => {
    expect(await table(columns, rows, plain)).toBe(
      `ADDRESS      STATE\n2001:db8::1  bound\n::1          idle`,
    );
  });

  it('turns into a block for each row where the terminal is too narrow', async () => {
    expect(await table(columns, rows, { ...plain, width: 17 })).toBe(
      `address  2001:db8::1\nstate    bound\n\naddress  ::1\nstate    idle`,
    );
    expect(await table(columns, rows, { ...plain, width: 18 })).toContain('ADDRESS      STATE');
  });

  it('does not count colours as width', async () => {
    const painted = [['\u001b[32m2001:db8::1\u001b[39m', 'bound', '']];
    expect(await table(columns, painted, { ...plain, width: 18 })).toContain('ADDRESS');
  });
});

describe('colours', () => {
  const terminal = (columns = 80) => ({ isTTY: true, columns }) as NodeJS.WriteStream;

  it('are for terminals, and NO_COLOR is heeded', async () => {
    const before = { ...process.env };
    delete process.env['NO_COLOR'];
    process.env['TERM'] = 'xterm';
    try {
      expect((await styleFor(terminal())).error('x')).toBe('\u001b[31mx\u001b[39m');
      expect((await styleFor({ isTTY: false } as NodeJS.WriteStream)).error('x')).toBe('x');
      process.env['NO_COLOR'] = '1';
      expect((await styleFor(terminal())).error('x')).toBe('x');
      process.env['NO_COLOR'] = '';
      expect((await styleFor(terminal())).colour).toBe(true);
    } finally {
      process.env = before;
    }
  });

  it('know how wide the terminal is; a pipe has no width', async () => {
    expect((await styleFor(terminal(132))).width).toBe(132);
    expect((await styleFor(terminal(0))).width).toBe(80);
    expect((await styleFor({ isTTY: false } as NodeJS.WriteStream)).width).toBe(
      Number.MAX_SAFE_INTEGER,
    );
  });
});

describe('which daemon is meant', () => {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-'));

  it('is the one named; else of the environment; else the only one', () => {
    expect(socketPath({ socket: '/a' }, { MIP6_SOCKET: '/e' }, folder)).toBe('/a');
    expect(socketPath({ name: 'ha' }, { MIP6_SOCKET: '/e' }, folder)).toBe(`${folder}/ha.sock`);
    expect(socketPath({}, { MIP6_SOCKET: '/e' }, folder)).toBe('/e');
    expect(() => socketPath({}, {}, `${folder}/none`)).toThrow(/^No mip6 daemon in /);
    expect(() => socketPath({}, {}, folder)).toThrow(/^No mip6 daemon in /);
    writeFileSync(join(folder, 'mn.sock'), '');
    writeFileSync(join(folder, 'mn.state.json'), '');
    expect(socketPath({}, { MIP6_SOCKET: '' }, folder)).toBe(`${folder}/mn.sock`);
    writeFileSync(join(folder, 'ha.sock'), '');
    expect(() => socketPath({}, {}, folder)).toThrow(
      'Several daemons run here: ha, mn. Choose one with --name.',
    );
    rmSync(folder, { recursive: true });
  });
});

describe('a failure', () => {
  const context = { command: 'mip6 status', flags: ['socket'] };
  const exitOf = (error: unknown) => failureOf(error, context).exit;

  it('has an exit code of the table', () => {
    expect(Object.keys(EXIT_CODES)).toEqual(Object.keys(EXIT));
    expect(Object.values(EXIT)).toEqual([0, 1, 2, 3, 4]);
    for (const [code, name] of Object.entries(EXIT_BY_CODE)) {
      expect(exitOf(Object.assign(new Error('x'), { code })), code).toBe(EXIT[name]);
    }
    expect(exitOf(new UsageError('ANYTHING', 'x'))).toBe(2);
    expect(exitOf(new Error('x'))).toBe(1);
    expect(exitOf('thrown text')).toBe(1);
  });

  it('is a sentence with a code', () => {
    expect(failureOf(new UsageError('WHICH_DAEMON', 'Several.', 'Choose.'), context)).toEqual({
      code: 'WHICH_DAEMON',
      message: 'Several. Choose.',
      exit: 2,
    });
  });
});

it.each([
  ['statsu', ['status', 'watch'], 'status'],
  ['Interfaec', ['Interface', 'IfType'], 'Interface'],
  ['--minmum', ['--minimum', '--last'], '--minimum'],
  ['x', ['status'], undefined],
  ['entirely', ['different', 'things'], undefined],
  ['', ['status'], undefined],
])('of what was probably meant by %s', (wrong, names, expected) => {
  expect(nearest(wrong, names)).toBe(expected);
});

it('a word that is no address and no keyword names an interface', () => {
  expect(readTarget('wlp2s0')).toEqual({ kind: 'link', link: 'wlp2s0' });
  expect(readTarget('IPv6')).toEqual({ kind: 'link', link: 'IPv6' });
});

describe('the doctor', () => {
  const forwarding = {
    name: 'forwarding',
    ok: false,
    reason: 'It does not forward.',
    remedy: 'sysctl',
  } as const;

  it('does not ask of a mobile node what only a home agent needs', () => {
    expect(judgeCapability(forwarding, 'mn').state).toBe('hint');
    expect(judgeCapability(forwarding, 'ha')).toMatchObject({
      state: 'hint',
      remedy: expect.stringContaining('switches it on') as string,
    });
    expect(judgeCapability({ ...forwarding, name: 'tun' }, 'mn').state).toBe('missing');
    expect(judgeCapability({ ...forwarding, ok: true }, 'ha')).toMatchObject({
      state: 'ok',
      remedy: '',
    });
  });

  it('puts the way out under what is missing', () => {
    const findings = [
      {
        name: 'tun',
        state: 'missing',
        reason: 'There is no /dev/net/tun.',
        remedy: 'modprobe tun',
      },
      { name: 'ipv6', state: 'ok', reason: 'IPv6 is on.', remedy: '' },
    ] as const;
    expect(diagnosisText({ role: 'ha', ok: false, findings, datapath: [] }, plain))
      .toBe(`missing tun   There is no /dev/net/tun.
              modprobe tun
ok      ipv6  IPv6 is on.
This host cannot be a home agent yet.`);
  });

  it('says a remedy once, and one datapath for two roles of which the same is true', () => {
    const lacking = (name: string) =>
      kernelFinding({ ...KERNEL, name, purpose: `For ${name}.` }, 'mn', 'auto');
    const datapath = (['mn', 'ha'] as const).map((role) =>
      forecast(role, { datapath: 'userspace', words: 'user space', why: 'So be it.' }, [KERNEL]),
    );
    const findings = [lacking('hao'), lacking('rt2')];
    expect(diagnosisText({ role: 'mn', ok: true, findings, datapath }, plain))
      .toBe(`hint    hao  For hao. Refused.
hint    rt2  For rt2. Refused.
             Load mip6.
Datapath of a mobile node and of a home agent: user space. So be it.
  Slower.
This host can be a mobile node.`);
  });

  it('takes what the kernel lacks as needed only where the configuration asks for the kernel', () => {
    expect(kernelFinding(KERNEL, 'mn', 'auto').state).toBe('hint');
    expect(kernelFinding(KERNEL, 'mn', 'userspace').state).toBe('hint');
    expect(kernelFinding(KERNEL, 'mn', 'kernel').state).toBe('missing');
    const { forwarding: _, ...optional } = KERNEL;
    expect(kernelFinding(optional, 'mn', 'kernel').state).toBe('hint');
    expect(kernelFinding({ ...KERNEL, role: 'ha' }, 'mn', 'kernel').state).toBe('hint');
    expect(kernelFinding({ ...KERNEL, ok: true }, 'mn', 'kernel').state).toBe('ok');
  });

  it('counts costs of a role for that role alone', () => {
    const way = { datapath: 'userspace', words: '', why: '' } as const;
    expect(forecast('mn', way, [{ ...KERNEL, role: 'ha' }]).costs).toEqual([]);
    expect(forecast('ha', way, [{ ...KERNEL, role: 'ha' }, KERNEL]).costs).toEqual(['Slower.']);
    expect(forecast('ha', way, [{ ...KERNEL, ok: true }]).costs).toEqual([]);
  });

  it('does without nftables where the kernel forwards, or iptables stand in', () => {
    const nft = { name: 'nft', ok: false, reason: 'No.', remedy: 'apt' } as const;
    const iptables = { ...KERNEL, name: 'iptables', ok: true };
    expect(judgeCapability(nft, 'mn', 'userspace').state).toBe('missing');
    expect(judgeCapability(nft, 'mn', 'kernel').state).toBe('hint');
    expect(judgeCapability(nft, 'mn', 'userspace', [iptables]).state).toBe('hint');
    expect(judgeCapability(nft, 'mn', 'userspace', [{ ...iptables, ok: false }]).state).toBe(
      'missing',
    );
  });
});

const KERNEL: KernelCapability = {
  name: 'hao',
  ok: false,
  forwarding: true,
  purpose: 'For hao.',
  reason: 'Refused.',
  remedy: 'Load mip6.',
  cost: 'Slower.',
};
