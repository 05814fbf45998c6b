import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { PcapngWriter, LINKTYPE } from '../../src/diagnostics/pcapng.js';
import { batchLines } from '../diagnostics/layers/batch-lines.js';
import { REGISTRATION } from '../diagnostics/layers/packets.js';
import { mip6 } from './run-mip6.js';

const HEX = toHex(REGISTRATION);
const folder = mkdtempSync(join(tmpdir(), 'mip6-decode-'));
afterAll(() => rmSync(folder, { recursive: true }));
const TIME = 60_000;

describe('mip6 decode', { timeout: TIME }, () => {
  it('shows layers, fields and options with the octets that they take', async () => {
    const { code, stdout } = await mip6(['decode', HEX]);
    expect(code).toBe(0);
    expect(stdout).toContain('40-63     destopt\n');
    expect(stdout).toContain('            46-63     Home Address 201  address 2001:db8:a::100\n');
    expect(stdout).toContain('64-95     mh  Binding Update\n');
    expect(stdout).toContain('flags AH (acknowledge, home registration; 0xc000)\n');
    expect(stdout).not.toContain('refused');
  });

  it('shows a cut packet up to the cut, with exit code 1; standard input will do', async () => {
    const { code, stdout } = await mip6(['decode', '--as', 'ipv6'], `${HEX.slice(0, 170)}\n`);
    expect(code).toBe(1);
    expect(stdout).toContain('sequence 7');
    expect(stdout).toContain('refused WIRE_TRUNCATED at octet 85 (mh): Binding Update is cut');
  });

  it('as JSON has ok, layers and issues, numbers behind the names', async () => {
    const mh = HEX.slice(128);
    const { code, stdout } = await mip6([
      'decode',
      mh,
      '--as',
      'mh',
      '--src',
      '2001:db8:b::5',
      '--dst',
      '2001:db8:a::1',
      '--json',
    ]);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      as: 'mh',
      src: '2001:db8:b::5',
      dst: '2001:db8:a::1',
      ok: true,
      layers: [
        {
          layer: 'mh',
          offset: 0,
          length: 32,
          fields: { type: { value: 5, name: 'Binding Update' } },
        },
      ],
      issues: [{ code: 'mh-checksum', layer: 'mh', offset: 4, clause: 'RFC 6275 §9.2' }],
    });
  });

  it('refuses what is no packet, as a sentence and as JSON', async () => {
    const text = await mip6(['decode', 'xyz']);
    expect(text).toMatchObject({ code: 2, stdout: '' });
    expect(text.stderr).toContain('"xyz" is neither hexadecimal nor a file.');
    const json = await mip6(['decode', '00', '--json']);
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'DECODE_GUESS' } });
    expect((await mip6(['decode', HEX, '--src', 'nowhere'])).code).toBe(2);
  });

  it('takes every packet of a capture', async () => {
    const path = join(folder, 'a.pcapng');
    const parts: Uint8Array[] = [];
    const writer = new PcapngWriter((part) => parts.push(part));
    const link = writer.interface('home', LINKTYPE.raw);
    writer.packet(link, 0n, REGISTRATION);
    writer.packet(link, 1_000_000n, REGISTRATION);
    writeFileSync(path, Uint8Array.from(parts.flatMap((part) => [...part])));
    const text = await mip6(['decode', path]);
    expect(text.stdout).toContain('packet 2  1970-01-01T00:00:00.001000Z  home\n0-39      ipv6\n');
    const lines = (await mip6(['decode', path, '--json'])).stdout.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as { number: number }).number)).toEqual([1, 2]);
    const traced = await mip6(['trace', path]);
    expect(traced.code).toBe(0);
    const shown = (text: string) => text.split('\n').filter((line) => /^\d\d:/.test(line));
    expect(shown(traced.stdout)).toHaveLength(1); // twice the same
    const all = await mip6(['trace', path, '--all']);
    expect(shown(all.stdout).map((line) => /#\d+/.exec(line)?.[0])).toEqual(['#1', '#1']);
    expect(traced.stdout).toMatch(/\nunanswered\n {2}#1 .* BU seq 7/);
    expect(traced.stdout).toContain('BU seq 7 AH life 600');
  });
});

describe('mip6 decode --batch', { timeout: TIME }, () => {
  it('answers every line and ends with 0, whatever they are', async () => {
    const lines = [...batchLines(1000, 5), 'nonsense'];
    const { code, stdout, stderr } = await mip6(['decode', '--batch'], lines.join('\n'));
    const answers = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { ok: boolean; id?: number });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(answers).toHaveLength(1001);
    expect(answers[10]).toMatchObject({ id: 10, ok: true });
    expect(answers[1000]).toEqual({
      ok: false,
      error: { code: 'BATCH_JSON', message: 'The line is not JSON.' },
    });
  });
});
