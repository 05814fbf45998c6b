/** `mip6 repl` as a process, without a terminal. Needs the build (`npm test` makes it). */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startFake, type FakeDaemon } from '../../helpers/fake-daemon.js';

const built = existsSync('dist/src/cli/main.js');

describe.skipIf(!built)('mip6 repl, a script', () => {
  let mn: FakeDaemon;
  beforeAll(async () => {
    mn = await startFake();
  });
  afterAll(() => mn.end());

  it('exits with the code of the last failure, or 0', async () => {
    expect(await ended(start('bul show 2001:db8::5\necho end\n'))).toEqual({
      code: 1,
      stdout: 'end\n',
      stderr: 'mip6: line 1: 2001:db8::5 is not in the Binding Update List.\n',
    });
    expect(await ended(start('bul | .total\n'))).toEqual({ code: 0, stdout: '1\n', stderr: '' });
  });

  it('does each line when it comes', async () => {
    const child = start();
    const said = collect(child);
    child.stdin!.write('bul | .total\n');
    await expect.poll(() => said.stdout, { timeout: 30_000 }).toBe('1\n');
    child.stdin!.write('on LINK_UP do echo "${event.fields.link}"\n');
    await expect
      .poll(
        () => {
          mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
          return said.stdout;
        },
        { timeout: 30_000 },
      )
      .toContain('\neth7\n');
    child.stdin!.end('exit 5');
    expect((await ended(child)).code).toBe(5);
  });

  it('ends at Ctrl-C with 130, and does not go on', async () => {
    const child = start('echo begun\nexpect BU_SENT within 1min\necho end\n');
    const said = collect(child);
    await expect.poll(() => said.stdout, { timeout: 30_000 }).toBe('begun\n');
    child.kill('SIGINT');
    expect(await ended(child)).toMatchObject({ code: 130 });
    expect(said.stdout).toBe('begun\n');
  });

  it('ends without a word when its reader goes away', async () => {
    const lines = `${'bul | .total\n'.repeat(50)}watch\n`;
    const child = spawn('bash', [
      '-c',
      `'${process.execPath}' bin/run.js repl --socket '${mn.socket}' | head -n 1; echo "\${PIPESTATUS[0]}"`,
    ]);
    child.stdin.on('error', () => undefined); // it ends before it has read all
    child.stdin.end(lines);
    const tick = setInterval(
      () => mn.deliver({ kind: 'link', link: { name: 'eth7' } as never }),
      20,
    );
    const { stdout, stderr } = await ended(child);
    clearInterval(tick);
    expect({ stdout, stderr }).toEqual({ stdout: '1\n0\n', stderr: '' });
  });

  it('says what is wrong with its input', async () => {
    expect(await ended(start('x'.repeat(70_000)))).toEqual({
      code: 2,
      stdout: '',
      stderr: 'mip6: A line is longer than 65536 octets.\n',
    });
    expect(await ended(start('\u0000\uffff\n\u001b[31m\n'))).toMatchObject({ code: 2, stdout: '' });
  });

  function start(input?: string): ChildProcess {
    const child = spawn(process.execPath, ['bin/run.js', 'repl', '--socket', mn.socket], {
      env: { ...process.env, NO_COLOR: '1' },
    });
    child.stdin.on('error', () => undefined); // it may end before it has read all
    if (input !== undefined) child.stdin.end(input);
    return child;
  }
});

function collect(child: ChildProcess): { stdout: string; stderr: string } {
  const said = { stdout: '', stderr: '' };
  child.stdout!.on('data', (text: Buffer) => (said.stdout += text.toString()));
  child.stderr!.on('data', (text: Buffer) => (said.stderr += text.toString()));
  return said;
}

async function ended(
  child: ChildProcess,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const said = collect(child);
  const code = await new Promise<number | null>((done) => child.on('close', done));
  return { code, ...said };
}
