import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { EventNotice } from '../../../src/control/api.js';
import { eventNotice } from '../../../src/control/view.js';
import { instant } from '../../../src/base/time.js';
import { event, EVENTS, type EventCode, type MipEvent } from '../../../src/core/event.js';
import { Hooks, MAX_QUEUED } from '../../../src/daemon/hooks/hooks.js';
import { hookEnvironment, stageOf, STAGES } from '../../../src/daemon/hooks/stage.js';
import { MOBILE_NODE, startFake } from '../../helpers/fake-daemon.js';

let folder: string;
let directory: string;
let out: string;
let reports: MipEvent[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-'));
  directory = join(folder, 'hooks.d');
  out = join(folder, 'out');
  mkdirSync(directory, { mode: 0o755 });
  reports = [];
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a stage', () => {
  it('runs the programs in order of their names, with the stage as argument', async () => {
    hook('20-second', 'echo "second $1" >>OUT');
    hook('10-first.sh', 'echo "first $1" >>OUT');
    for (const name of ['10-first.sh~', '30.bak', '.hidden', '40.dpkg-old', 'README.md'])
      hook(name, 'echo "wrong $0" >>OUT');
    await run('BINDING_ACCEPTED', 'LINK_DOWN');
    expect(lines()).toEqual(['first bound', 'second bound', 'first link-down', 'second link-down']);
    expect(codes()).toEqual(['HOOK_RAN', 'HOOK_RAN', 'HOOK_RAN', 'HOOK_RAN']);
    expect(reports[0]!.fields).toMatchObject({ hook: '10-first.sh', stage: 'bound' });
  });

  it('gives the facts in the environment, and nothing of ours', async () => {
    process.env['SECRET_OF_THE_DAEMON'] = 'x';
    hook('facts', 'env | sort >>OUT; pwd >>OUT');
    const fields = { homeAddress: '2001:db8:a::100', careOf: '192.0.2.7', link: null };
    await run(['CARE_OF_CHOSEN', { ...fields, reason: 'two\nlines\u0000' }]);
    delete process.env['SECRET_OF_THE_DAEMON'];
    expect(lines().filter((l) => !/^(PWD|SHLVL|_|OLDPWD)=/.test(l))).toEqual([
      'MIP6_AT=2026-01-01T00:00:00.000Z',
      'MIP6_CARE_OF=192.0.2.7',
      'MIP6_EVENT=CARE_OF_CHOSEN',
      'MIP6_HOME_ADDRESS=2001:db8:a::100',
      'MIP6_LINK=',
      'MIP6_NODE=laptop',
      'MIP6_REASON=two lines ',
      'MIP6_ROLE=mn',
      'MIP6_SENTENCE=care-of address 192.0.2.7 on ?: two lines ',
      'MIP6_SEVERITY=info',
      'MIP6_STAGE=care-of-chosen',
      'PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
      '/',
    ]);
  });

  it('inherits no descriptor', async () => {
    hook('fds', 'ls /proc/$$/fd >>OUT');
    await run('LINK_UP');
    // 255 or 10: the shell's own, of its script.
    expect(lines().filter((fd) => Number(fd) < 10 && Number(fd) > 2)).toEqual([]);
  });

  it('is a stage of the table, or none', () => {
    for (const code of Object.keys(STAGES)) expect(EVENTS).toHaveProperty(code);
    expect(stageOf({ code: 'DROPPED', fields: {} })).toBeUndefined();
    expect(stageOf({ code: 'HOOK_FAILED', fields: {} })).toBeUndefined();
    expect(stageOf({ code: 'FIRST_PACKET', fields: { direction: 'out' } })).toBeUndefined();
    expect(stageOf({ code: 'FIRST_PACKET', fields: { direction: 'in' } })).toBe('handover-done');
  });

  it('bounds what a peer may make of a value', () => {
    const long = notice('DROPPED', { reason: 'x'.repeat(5000) });
    expect(hookEnvironment(long, 's', 'mn')['MIP6_REASON']).toHaveLength(1024);
  });
});

describe('a program', () => {
  it('that fails is reported with what it said, and the next one runs', async () => {
    hook('10-bad', 'echo "no such bridge" >&2; exit 3');
    hook('20-good', 'echo good >>OUT');
    writeFileSync(join(directory, '30-no-program'), 'x', { mode: 0o644 });
    await run('LINK_UP');
    expect(lines()).toEqual(['good']);
    expect(reports.map((r) => [r.code, r.fields['hook'], r.fields['reason']])).toEqual([
      ['HOOK_FAILED', '10-bad', 'exit code 3: no such bridge'],
      ['HOOK_RAN', '20-good', 'exit code 0'],
      ['HOOK_FAILED', '30-no-program', 'EACCES'],
    ]);
  });

  it('that does not end is ended with its children, though it does not want to', async () => {
    hook('hangs', 'trap "" TERM; sleep 1000 & echo $! >>OUT; while :; do sleep 1; done');
    await run({ timeout: 200 }, 'LINK_UP');
    expect(codes()).toEqual(['HOOK_TIMEOUT']);
    await expect.poll(() => alive(Number(lines()[0]))).toBe(false); // it is told, not waited for
  });

  it('leaves no child behind when it ends', async () => {
    hook('leaves', 'sleep 1000 & echo $! >>OUT');
    await run('LINK_UP');
    expect(codes()).toEqual(['HOOK_RAN']);
    await expect.poll(() => alive(Number(lines()[0]))).toBe(false); // it is told, not waited for
  });

  it('that talks much is read, and no more is kept than a line', async () => {
    hook('talks', 'yes 0123456789 | head -c 1000000 >&2; exit 1');
    await run('LINK_UP');
    expect(reports[0]!.fields['reason']).toBe('exit code 1: 0123456789');
  });

  it.each([
    { what: 'the program', make: () => chmodSync(join(directory, 'evil'), 0o757) },
    { what: 'the folder', make: () => chmodSync(directory, 0o777) },
    { what: 'a folder above', make: () => chmodSync(folder, 0o777) },
    {
      what: 'what a link leads to',
      make: () => {
        const other = join(folder, 'other');
        mkdirSync(other);
        chmodSync(other, 0o777);
        writeFileSync(join(other, 'p'), '#!/bin/sh\necho evil >>OUT\n', { mode: 0o755 });
        rmSync(join(directory, 'evil'));
        symlinkSync(join(other, 'p'), join(directory, 'evil'));
      },
    },
  ])('is not run where others may write $what; that is said once', async ({ make }) => {
    hook('evil', 'echo evil >>OUT');
    make();
    await run('LINK_UP', 'LINK_DOWN');
    expect(existsSync(out)).toBe(false);
    expect(codes()).toEqual(['HOOK_REFUSED']);
    expect(reports[0]!.fields['reason']).toMatch(/may be written by others than its owner$/);
  });

  it('of a folder that is not there: that is said once', async () => {
    rmSync(directory, { recursive: true });
    await run('LINK_UP', 'LINK_UP');
    expect(codes()).toEqual(['HOOK_REFUSED']);
    expect(reports[0]!.fields['reason']).toMatch(/ENOENT$/);
  });
});

describe('many stages', () => {
  it('wait in a bounded queue, and what did not fit is said', async () => {
    hook('one', 'echo $1 >>OUT');
    await run(...Array.from({ length: MAX_QUEUED + 5 }, () => 'LINK_UP' as const));
    expect(lines()).toHaveLength(MAX_QUEUED);
    expect(reports.find((r) => r.code === 'HOOK_DROPPED')!.fields).toEqual({ count: 5 });
  });

  it('run one at a time', async () => {
    hook('alone', 'mkdir OUT.lock || echo two >>OUT; sleep 0.02; rmdir OUT.lock; echo one >>OUT');
    await run('LINK_UP', 'LINK_DOWN', 'LINK_UP');
    expect(lines()).toEqual(['one', 'one', 'one']);
  });

  it('do not keep a daemon from its end', async () => {
    hook('10-slow', 'echo slow >>OUT; sleep 1000');
    hook('20-never', 'echo never >>OUT');
    const hooks = make({ timeout: 600_000 });
    for (const code of ['LINK_UP', 'LINK_DOWN'] as const) hooks.handle(notice(code));
    await hooks.close(300);
    expect(lines()).toEqual(['slow']);
    expect(codes()).toEqual(['HOOK_FAILED', 'HOOK_DROPPED']);
  });
});

it('a daemon runs them: started, a link, the end; and says so as an event', async () => {
  hook('tell', 'echo "$1 $MIP6_NODE ${MIP6_LINK:-}." >>OUT');
  const text = `${MOBILE_NODE} HookDirectory "${directory}"; DebugLevel 1;`;
  const fake = await startFake({ text });
  fake.deliver({ kind: 'link', link: LINK });
  await fake.end();
  expect(lines()).toEqual(['started test .', 'link-up test eth0.', 'stopping test .']);
  expect(fake.lines.filter((line) => line.includes('HOOK_RAN'))).toHaveLength(3);
});

const LINK = {
  name: 'eth0',
  index: 2,
  up: true,
  mac: '02:00:00:00:00:01' as never,
  mtu: 1500,
  carrierUps: 1,
  addresses: [],
};

function hook(name: string, script: string): void {
  const path = join(directory, name);
  writeFileSync(path, `#!/bin/sh\n${script.replaceAll('OUT', out)}\n`, { mode: 0o755 });
}

type Told = EventCode | [EventCode, MipEvent['fields']];

/** Every stage has run when it resolves. */
async function run(...told: (Told | { timeout: number })[]): Promise<void> {
  const options = told.find((t) => typeof t === 'object' && 'timeout' in t) as { timeout: number };
  const hooks = make(options);
  for (const t of told) {
    if (typeof t === 'string') hooks.handle(notice(t));
    else if (Array.isArray(t)) hooks.handle(notice(...t));
  }
  await hooks.close(60_000);
}

const make = ({ timeout }: { timeout: number } = { timeout: 20_000 }): Hooks =>
  new Hooks({ directory, timeout, role: 'mn', report: (e) => void reports.push(e) });

const notice = (code: EventCode, fields: MipEvent['fields'] = {}): EventNotice =>
  eventNotice(event(code, fields), instant(0), new Date('2026-01-01'), 'laptop');

const lines = (): string[] => readFileSync(out, 'utf8').trimEnd().split('\n');
const codes = (): string[] => reports.map((r) => r.code);

/** A zombie that nobody has waited for yet is none. */
function alive(pid: number): boolean {
  if (!readdirSync('/proc').includes(String(pid))) return false;
  return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
}
