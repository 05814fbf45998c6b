/** A guest is booted, runs a command, and is gone. Every end that it can come to. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Guest, GuestRun } from '../../src/lab/guest/guest.js';
import { makeGuest } from '../../src/lab/guest/make.js';
import { leftovers } from './leftovers.js';

let folder: string;
/** Guests of this test keep their files here, and carry its name in their command lines. */
let before: string | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
  before = process.env['TMPDIR'];
  process.env['TMPDIR'] = folder;
});
afterEach(() => {
  if (before === undefined) delete process.env['TMPDIR'];
  else process.env['TMPDIR'] = before;
  rmSync(folder, { recursive: true, force: true });
});

describe.each([
  ['uml', undefined],
  ['vm', '6.1'],
] as const)('%s %s', (kind, kernel) => {
  let guest: Guest;
  beforeAll(async () => {
    guest = await makeGuest(kind, kernel, () => {});
  }, 300_000);

  const run = (command: readonly string[], options?: Partial<GuestRun>) =>
    runIn(guest, command, options);

  it('runs a command as root of another kernel, with its streams apart and its exit code', async () => {
    const { code, stdout, stderr, progress } = await run(
      ['bash', '-c', 'id -u; uname -r; pwd; echo "$GREETING"; echo complaint >&2; exit 7'],
      { environment: { GREETING: `it's "fine"; $HOME` }, cwd: '/usr/share' },
    );
    expect({ code, stdout, stderr }).toEqual({
      code: 7,
      stdout: `0\n${release()}\n/usr/share\nit's "fine"; $HOME\n`,
      stderr: 'complaint\n',
    });
    expect(progress).toEqual([
      `${guest.name} boots`,
      expect.stringMatching(/ is up after [\d.]+ s$/),
    ]);
    expect(release()).toContain(kernel ?? '6.');
    expect(leftovers(folder)).toEqual([]);
  });

  it('passes octets on as they are, all of them', async () => {
    const { stdout, stderr } = await run([
      'bash',
      '-c',
      'head -c 3000000 /dev/urandom | tee >(sha256sum >&2); sleep 1',
    ]);
    expect(Buffer.byteLength(stdout, 'latin1')).toBe(3_000_000);
    expect(stderr).toContain(createHash('sha256').update(stdout, 'latin1').digest('hex'));
  });

  it('sees the files of this machine, and writes to none but the folders that it is given', async () => {
    const given = join(folder, 'made', 'here');
    const script = `cat package.json; echo kept >${given}/kept; echo lost >${folder}/lost; rm package.json`;
    const { code, stdout } = await run(['sh', '-c', script], { writable: [given] });
    expect(code).toBe(0);
    expect(stdout).toBe(readFileSync('package.json', 'utf8'));
    expect(readFileSync(join(given, 'kept'), 'utf8')).toBe('kept\n');
    expect(existsSync(join(folder, 'lost'))).toBe(false);
  });

  it('a command that does not end is ended', async () => {
    await expect(run(['sleep', '1000'], { timeoutMs: 500 })).rejects.toMatchObject({
      code: 'GUEST_TIMEOUT',
      message: `The command in ${guest.name} did not end within 0.5 s.`,
    });
    expect(leftovers(folder)).toEqual([]);
  });

  it('a kernel that stops by itself is an error with its last words', async () => {
    await expect(run(['sh', '-c', 'echo c >/proc/sysrq-trigger'])).rejects.toMatchObject({
      code: 'GUEST_DIED',
      message: expect.stringMatching(/stopped: .*Kernel panic .* sysrq triggered crash\.$/),
    });
    expect(leftovers(folder)).toEqual([]);
  });

  it('an interrupt ends it with the reason that was given', async () => {
    const abort = new AbortController();
    const running = run(['sh', '-c', 'sleep 1000 & sleep 1000'], {
      signal: abort.signal,
      onProgress: (_, done) => {
        if (done) abort.abort(new Error('enough'));
      },
    });
    await expect(running).rejects.toThrow('enough');
    expect(leftovers(folder)).toEqual([]);
  });

  it('ends when the process that started it is killed', async () => {
    const child = spawn(
      process.execPath,
      ['--import', 'tsx', 'test/guest/boot-and-sleep.ts', kind, ...(kernel ? [kernel] : [])],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
      },
    );
    await once(child.stdout, 'data');
    expect(leftovers(folder)).not.toEqual([]);
    child.kill('SIGKILL');
    await once(child, 'exit');
    for (let tries = 0; tries < 500 && leftovers(folder).length > 0; tries++) await pause();
    expect(leftovers(folder)).toEqual([]);
  });

  /** Of its kernel. */
  const release = () => /\d+\.\d\S*/.exec(guest.name)![0];
});

interface Ran {
  readonly code: number;
  /** One character per octet. */
  readonly stdout: string;
  readonly stderr: string;
  readonly progress: readonly string[];
}

async function runIn(
  guest: Guest,
  command: readonly string[],
  options: Partial<GuestRun> = {},
): Promise<Ran> {
  const said = { stdout: [] as Uint8Array[], stderr: [] as Uint8Array[] };
  const progress: string[] = [];
  const { code } = await guest.run(command, {
    cwd: process.cwd(),
    environment: {},
    writable: [],
    memory: 512,
    timeoutMs: 60_000,
    onOutput: (stream, octets) => said[stream].push(octets),
    onProgress: (sentence) => progress.push(sentence),
    ...options,
  });
  const text = (all: readonly Uint8Array[]) => Buffer.concat(all).toString('latin1');
  return { code, stdout: text(said.stdout), stderr: text(said.stderr), progress };
}

const pause = (): Promise<void> => new Promise((done) => setTimeout(done, 10));
