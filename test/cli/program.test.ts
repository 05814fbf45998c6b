/** The program as it is installed. Needs the build (`npm test` makes it). */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFake, type FakeDaemon } from '../helpers/fake-daemon.js';

const built = existsSync('dist/src/cli/main.js');
const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };

describe.skipIf(!built)('bin/run.js', () => {
  let fake: FakeDaemon;
  beforeAll(async () => {
    fake = await startFake();
  });
  afterAll(() => fake.end());

  it('tells its version, in the words of oclif', async () => {
    const { stdout, code } = await program(['--version']);
    expect(stdout).toBe(
      `mip6/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
    );
    expect(code).toBe(0);
  });

  it('asks a daemon', async () => {
    const { stdout, code } = await program(['status', '--socket', fake.socket, '--json']);
    expect(JSON.parse(stdout)).toMatchObject({ name: 'test', role: 'mn' });
    expect(code).toBe(0);
  });

  it('without a daemon ends with 3, and says one sentence', async () => {
    const { stdout, stderr, code } = await program([
      'status',
      '--socket',
      '/nonexistent/mip6.sock',
    ]);
    expect({ stdout, code }).toEqual({ stdout: '', code: 3 });
    expect(stderr).toMatch(/^mip6: No mip6 daemon on \/nonexistent\/mip6\.sock\. .*\n$/);
  });

  it.each([
    [['statsu'], 'mip6: mip6 has no command "statsu". Did you mean "status"?\n'],
    [['bul', 'shwo'], 'mip6: mip6 has no command "bul shwo". Did you mean "bul show"?\n'],
    [['bc', '--jsno'], 'mip6: mip6 bc has no flag --jsno. Did you mean "--json"?\n'],
  ])('%j ends with 2, and the nearest name', async (argv, sentence) => {
    expect(await program(argv)).toEqual({ stdout: '', stderr: sentence, code: 2 });
  });

  it('says nothing when its reader goes away', async () => {
    const command = `${process.execPath} bin/run.js watch --socket ${fake.socket} --last 1 --json`;
    const child = spawn('bash', ['-c', `${command} | head -n 1; echo "\${PIPESTATUS[0]}"`]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const tick = setInterval(
      () => fake.deliver({ kind: 'link', link: { name: 'eth0' } as never }),
      5,
    );
    await new Promise((done) => child.on('close', done));
    clearInterval(tick);
    expect(stderr).toBe('');
    expect(stdout.trim().split('\n').at(-1)).toBe('0');
  });
});

function program(argv: string[]): Promise<{ stdout: string; stderr: string; code: number | null }> {
  return new Promise((done) => {
    const child = spawn(process.execPath, ['bin/run.js', ...argv], {
      env: { ...process.env, NO_COLOR: '1' },
    });
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    child.on('close', (code) => done({ stdout, stderr, code }));
  });
}
