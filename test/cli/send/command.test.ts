/** The command beside daemons, without sending: what it takes from them, what it lists, what it refuses. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Send from '../../../commands/send.js';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import { BC, BUL, HOME_AGENT, startFake, type FakeDaemon } from '../../helpers/fake-daemon.js';
import { runCommand } from '../run-command.js';

let mn: FakeDaemon;
let ha: FakeDaemon;
let folder: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-'));
  mn = await startFake();
  const homeAgent = { address: ipv6('2001:db8:a::1'), address4: ipv4('203.0.113.1') };
  ha = await startFake({ text: HOME_AGENT, view: { role: 'ha', bul: [], bc: [BC], homeAgent } });
});
afterAll(async () => {
  await mn.end();
  await ha.end();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  process.env['MIP6_SOCKET'] = join(folder, 'nobody.sock');
});

describe('beside a daemon', () => {
  it('a mobile node’s update goes in UDP where its binding is, with the next number', async () => {
    const { stdout, exit } = await runCommand(Send, ['bu', '--dry-run', '--socket', mn.socket]);
    expect(exit).toBe(0);
    expect(stdout.split('\n')[0]).toBe(
      `not sent  198.51.100.7:4191 → 203.0.113.1:4191 | ${BUL.homeAddress} → ${BUL.peer} BU seq 8 AH life 60 v4coa 198.51.100.7`,
    );
    expect(stdout).toMatch(/\n\n45[0-9a-f]+\n$/);
  });

  it('a home agent’s acknowledgement goes through the NAT, for the last update', async () => {
    process.env['MIP6_SOCKET'] = ha.socket;
    const { json } = await runCommand(Send, ['ba', '--dry-run', '--json']);
    expect(json).toMatchObject({
      message: 'Binding Acknowledgement',
      request: {
        as: 'ipv4',
        ok: true,
        issues: [],
        text: `203.0.113.1:4191 → 203.0.113.9:40000 | 2001:db8:a::1 → ${BC.homeAddress} BA seq 7 life 60 status 0 Binding Update accepted`,
        hex: expect.stringMatching(/^45/) as string,
      },
    });
  });

  it('what is named goes before it', async () => {
    const { stdout } = await runCommand(Send, [
      'bu',
      '--dry-run',
      '--socket',
      mn.socket,
      '--source=2001:db8:b::5',
      '-f',
      'sequence=70',
      '-F',
      'H',
    ]);
    expect(stdout.split('\n')[0]).toBe(
      `not sent  2001:db8:b::5 → ${BUL.peer} HAO ${BUL.homeAddress} BU seq 70 H life 60`,
    );
  });

  it('one that is asked for by name has to be there; another need not', async () => {
    const named = await runCommand(Send, ['bu', '--dry-run', '--name', 'nobody', '-d', '::1']);
    expect(named).toMatchObject({ exit: 3, stdout: '' });
    const bare = ['bu', '--dry-run', '-d', '::1', '--source', '::1', '--json'];
    expect((await runCommand(Send, bare)).exit).toBe(0);
    const nowhere = await runCommand(Send, ['bu', '--dry-run']);
    expect(nowhere.exit).toBe(2);
    expect(nowhere.stderr).toBe(
      'mip6: Where to? Name it with --destination, or run beside a daemon with one binding (--home-address says which of several).\n',
    );
  });
});

describe('--fields', () => {
  it('lists the messages', async () => {
    const { stdout, exit } = await runCommand(Send, ['--fields']);
    expect(exit).toBe(0);
    expect(stdout.split('\n').slice(0, 2)).toEqual([
      'WORD          TYPE        MESSAGE                               ANSWER       CLAUSE',
      'brr           MH 0        Binding Refresh Request               bu           RFC 6275 §6.1.2',
    ]);
  });

  it('lists what can be set in one', async () => {
    expect((await runCommand(Send, ['dhaad', '--fields'])).stdout)
      .toBe(`Home Agent Address Discovery Request  RFC 6275 §6.5

FIELD         TAKES           USUALLY
identifier    a whole number  new
mobileRouter  true or false   false
reserved      a whole number
code          a whole number  0
checksum      a whole number

FLAG  MEANS
R     mobileRouter
`);
    const { json } = await runCommand(Send, ['Binding Update', '--fields', '--json']);
    expect(json).toMatchObject({
      word: 'bu',
      fields: [
        { name: 'sequence', usual: 'new' },
        { name: 'flags', usual: 'AH' },
        {},
        {},
        {},
        {},
        {},
      ],
      flags: [{ letter: 'A' }, ...Array<object>(11).fill({})],
    });
    expect((json as { options: unknown[] }).options).toContainEqual({
      type: 32,
      kind: 'ipv4CareOf',
      name: 'IPv4 Care-of Address',
      fields: [
        { name: 'address', takes: 'an IPv4 address' },
        { name: 'reserved', takes: 'a whole number' },
      ],
    });
  });
});

it.each([
  [['bux', '--fields'], 'There is no message "bux". Did you mean "bu"?'],
  [['bu', '--fiels'], 'mip6 send has no flag --fiels. Did you mean "--fields"?'],
  [['bu', '--break', 'sequense'], 'Expected --break=sequense to be one of: checksum, length'],
  [['bu', '-d', 'here'], '--destination: expected an IPv6 address, came "here".'],
  [['bu', '-e', 'statsu=0'], 'Did you mean "status"?'],
  [['bu', 'ba'], 'mip6 send does not take "ba".'],
])('%j is refused in a sentence', async (words, said) => {
  const { exit, stdout, stderr } = await runCommand(Send, words);
  expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
  expect(stderr).toContain(said);
  const asJson = await runCommand(Send, [...words, '--json']);
  expect(asJson.exit).toBe(2);
  expect(JSON.parse(asJson.stdout)).toMatchObject({ error: { message: expect.any(String) } });
});

it('a file holds the message', async () => {
  const file = join(folder, 'message.json');
  writeFileSync(file, '{"type":"hb","sequence":9}');
  const where = ['-d', '2001:db8::1', '--source', '2001:db8::2', '--dry-run'];
  const { stdout } = await runCommand(Send, ['--json-message', file, ...where]);
  expect(stdout).toContain('sequence 9\n');
  const gone = await runCommand(Send, ['--json-message', join(folder, 'none'), ...where]);
  expect(gone.exit).toBe(2);
});
