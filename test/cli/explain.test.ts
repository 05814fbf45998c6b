import { describe, expect, it } from 'vitest';
import { mip6 } from './run-mip6.js';

describe('mip6 explain', { timeout: 60_000 }, () => {
  it('says what it means, who sends it, what to do, and the clause', async () => {
    const { code, stdout } = await mip6(['explain', 'NAT-DETECTION']);
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^NAT Detection {2}mobility option, type 31, 6 octets\n {2}A NAT stands between/,
    );
    expect(stdout).toMatch(
      /\n {2}who {4}the home agent.*\n {2}do {5}Nothing.*\n {2}clause RFC 5555 §3.2.2\n$/,
    );
  });

  it('as JSON has every meaning; exit codes of the program are known too', async () => {
    const { stdout } = await mip6(['explain', '144', '--json']);
    const { meanings } = JSON.parse(stdout) as { meanings: { kind: string; number: number }[] };
    expect(meanings.map((m) => m.kind)).toEqual(['status', 'status', 'icmpv6']);
    expect((await mip6(['explain', 'EACCES'])).stdout).toContain('exit code 4');
  });

  it('ends with 1 when nobody knows it, and names what is near', async () => {
    const wrong = await mip6(['explain', 'bindng', 'update']);
    expect(wrong).toMatchObject({ code: 1, stdout: '' });
    expect(wrong.stderr).toContain('nobody knows "bindng update". Near it: "Binding Update"');
    const json = await mip6(['explain', 'xyzzy', '--json']);
    expect(json.code).toBe(1);
    expect(JSON.parse(json.stdout)).toEqual({ word: 'xyzzy', meanings: [], near: [] });
  });

  it('wants a word', async () => {
    expect((await mip6(['explain'])).code).toBe(2);
  });
});
