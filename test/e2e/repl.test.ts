/** A script of the REPL moves a mobile node of a real lab and waits for its Binding Acknowledgement. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { probeNetns } from '../../src/lab/netns/probe.js';
import { programCommand } from '../../src/lab/netns/program.js';

const ability = await probeNetns();

/** Ten lines. What it expects of the home agent may come before it asks: both are listened to from the beginning. */
const script = (link: string, within: string) => `use ha
use mn
home = status | .homes[0].homeAddress
lab move mn ${link}
expect CARE_OF_CHOSEN within ${within}
expect BA_RECEIVED where status=0 within ${within}
careOf = bul show $home | .entries[0].careOf
use ha
expect HA_BOUND where homeAddress=$home careOf=$careOf within ${within}
echo "$home is at $careOf"
`;

describe.skipIf(ability.kind !== 'ready')('a lab and a script', { timeout: 120_000 }, () => {
  let folder: string;

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
    expect(await mip6(['lab', 'up', 'roam'])).toMatchObject({ code: 0 });
  });
  afterAll(async () => {
    await mip6(['lab', 'down']);
    rmSync(folder, { recursive: true });
  });

  it('succeeds when the binding is made', async () => {
    const { stdout, stderr, code } = await mip6(['repl'], script('visited1', '30s'));
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout).toMatch(/\n2001:db8:a::100 is at 2001:db8:b::\S+\n$/);
  });

  it('fails when it is not', async () => {
    const { stderr, code } = await mip6(['repl'], script('none', '500ms'));
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^mip6: line 6: BA_RECEIVED where status=0 did not come within 0\.5 s\. There came (\w+, )*LINK_DOWN\b/m,
    );
  });

  it('has the REPL inside a node', async () => {
    const { stdout, code } = await mip6(['repl', '--node', 'ha'], 'status | .role\n');
    expect({ stdout, code }).toEqual({ stdout: 'ha\n', code: 0 });
  });

  function mip6(
    words: readonly string[],
    input = '',
  ): Promise<{ stdout: string; stderr: string; code: number | null }> {
    const [program, ...before] = programCommand();
    return new Promise((done) => {
      const child = spawn(program!, [...before, ...words], {
        env: { ...process.env, NO_COLOR: '1', MIP6_LAB_DIR: folder },
      });
      let stdout = '';
      let stderr = '';
      child.stdout.on('data', (text: Buffer) => (stdout += text.toString()));
      child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
      child.on('close', (code) => done({ stdout, stderr, code }));
      child.stdin.end(input);
    });
  }
});
