import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Command } from '@oclif/core/command';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Bc from '../../commands/bc/index.js';
import BcShow from '../../commands/bc/show.js';
import Bul from '../../commands/bul/index.js';
import BulShow from '../../commands/bul/show.js';
import ConfigCheck from '../../commands/config/check.js';
import ConfigShow from '../../commands/config/show.js';
import DaemonCommand from '../../commands/daemon.js';
import BulDel from '../../commands/bul/del.js';
import BulRefresh from '../../commands/bul/refresh.js';
import BulSet from '../../commands/bul/set.js';
import Mps from '../../commands/mps.js';
import Prefixes from '../../commands/prefixes.js';
import DhcpRelease from '../../commands/dhcp/release.js';
import DhcpRenew from '../../commands/dhcp/renew.js';
import DhcpRequest from '../../commands/dhcp/request.js';
import DhcpStatus from '../../commands/dhcp/status.js';
import Doctor from '../../commands/doctor.js';
import Handover from '../../commands/handover.js';
import Status from '../../commands/status.js';
import Watch from '../../commands/watch.js';
import { targets } from '../../src/cli/choose-target.js';
import type { Diagnosis } from '../../src/cli/diagnose.js';
import { commandNotFound } from '../../src/cli/hooks/command-not-found.js';
import { ControlClient } from '../../src/control/client.js';
import type { Status as StatusResult } from '../../src/control/api.js';
import {
  BC,
  BUL,
  HOME_AGENT,
  MOBILE_NODE,
  startFake,
  type FakeDaemon,
} from '../helpers/fake-daemon.js';
import { runCommand } from './run-command.js';

let mn: FakeDaemon;
let ha: FakeDaemon;
let folder: string;
let at: string[];
let atHa: string[];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-'));
  mn = await startFake();
  ha = await startFake({ text: HOME_AGENT, view: { role: 'ha', bul: [], bc: [BC], homes: [] } });
  at = ['--socket', mn.socket];
  atHa = ['--socket', ha.socket];
});
afterAll(async () => {
  await mn.end();
  await ha.end();
  rmSync(folder, { recursive: true });
});
beforeEach(() => {
  delete process.env['MIP6_SOCKET'];
});

describe('status', () => {
  it('is one screen for people', async () => {
    const { stdout, exit } = await runCommand(Status, at);
    expect(exit).toBe(0);
    expect(stdout.replace(String(process.pid), 'PID'))
      .toBe(`daemon      test, mobile node, mip6 9.9.9, pid PID, up 0 s
datapath    none at all
            tunnels: 1 in user space
signalling  not protected
home        2001:db8:a::100 192.0.2.100 away
links       eth0 up 2001:db8:b::7 by fe80::1 DHCP bound
bindings    1
next        refresh in 4 s
counters    mh-checksum 2
            send-refused 3
            control-clients 1
warnings    interface wlan0 is not there yet
            signalling is not protected by IPsec
`);
  });

  it('is the same for programs', async () => {
    const { json, stderr } = await runCommand(Status, [...at, '--json']);
    expect(json).toMatchObject({
      name: 'test',
      role: 'mn',
      next: { why: 'refresh', in: 4 },
      counters: { silent: 0 },
    });
    expect(stderr).toBe('');
  });

  it('finds its daemon by MIP6_SOCKET', async () => {
    process.env['MIP6_SOCKET'] = ha.socket;
    expect((await runCommand(Status, ['--json'])).json).toMatchObject({ role: 'ha' });
  });
});

describe('bul and bc', () => {
  it('list a row each', async () => {
    expect((await runCommand(Bul, at)).stdout).toBe(
      `HOME ADDRESS     IPV4 HOME    CARE-OF       LINK  STATE  PATH      DATAPATH    LEFT        SEQ
2001:db8:a::100  192.0.2.100  198.51.100.7  eth0  bound  UDP, NAT  user space  7 min 10 s  7
`,
    );
    expect((await runCommand(Bc, atHa)).stdout).toBe(
      `HOME ADDRESS     IPV4 HOME    CARE-OF       MAPPED             STATE  PATH      DATAPATH    LEFT    FLAGS  SEQ
2001:db8:a::100  192.0.2.100  198.51.100.7  203.0.113.9:40000  bound  UDP, NAT  user space  10 min  AHL    7
`,
    );
  });

  it('say when there is nothing', async () => {
    expect((await runCommand(Bc, at)).stdout).toBe('The Binding Cache is empty.\n');
    expect((await runCommand(Bul, atHa)).stdout).toBe('The Binding Update List is empty.\n');
  });

  it('leave out columns that nobody needs, and say when there are more rows', async () => {
    const entry = {
      ...BUL,
      homeAddress4: null,
      nat: false,
      path: null,
      careOf: null,
      link: null,
      state: 'idle',
      expiresAt: null,
    } as const;
    const many = await startFake({
      view: { bul: [entry, { ...entry, homeAddress: '2001:db8:a::101' as never }] },
    });
    expect((await runCommand(Bul, ['--socket', many.socket, '--limit', '1'])).stdout).toBe(
      `HOME ADDRESS     CARE-OF  LINK  STATE  PATH  DATAPATH    LEFT  SEQ
2001:db8:a::100  -        -     idle   -     user space  -     7
1 of 2; --limit shows more.
`,
    );
    await many.end();
  });

  it('show all of one', async () => {
    const { stdout } = await runCommand(BulShow, ['192.0.2.100', ...at]);
    expect(stdout).toBe(`home address     2001:db8:a::100
                 192.0.2.100
home agent       2001:db8:a::1
state            bound
care-of address  198.51.100.7 on eth0
because          the only one there is
not              2001:db8:b::7 on eth0: three Binding Updates over IPv6 had no answer
                 eth1: no carrier
may change       in 4 min 30 s: IPv6 is tried again
path             UDP, NAT
carried by       user space
keep-alive       every 110 s
lifetime         7 min 10 s left of 10 min
sequence         7
attempts         1
last answer      0 ${/last answer\s+0 (.*)/.exec(stdout)![1]}
`);
    expect((await runCommand(BcShow, ['2001:db8:a::100', ...atHa])).stdout).toContain(
      'mapped to        203.0.113.9:40000\n',
    );
  });

  it('give the same to programs', async () => {
    expect((await runCommand(Bul, [...at, '--json'])).json).toMatchObject({
      total: 1,
      entries: [{ expiresIn: 430.5, natRefresh: 110 }],
    });
    expect((await runCommand(BcShow, ['192.0.2.100', ...atHa, '--json'])).json).toMatchObject({
      entries: [{ flags: 'AHL' }],
    });
  });

  it('answer no, exit code 1, for what is not there', async () => {
    const ran = await runCommand(BulShow, ['2001:db8::5', ...at]);
    expect(ran).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: 'mip6: 2001:db8::5 is not in the Binding Update List.\n',
    });
    const json = await runCommand(BcShow, ['2001:db8::5', ...at, '--json']);
    expect(json).toMatchObject({
      exit: 1,
      stderr: '',
      json: { error: { code: 'REFUSED', message: '2001:db8::5 is not in the Binding Cache.' } },
    });
    expect(await runCommand(BulShow, ['five', ...at])).toMatchObject({
      exit: 1,
      stderr: 'mip6: "five" is not an address.\n',
    });
  });
});

describe('handover', () => {
  it.each([
    ['eth0', '{"kind":"link","link":"eth0"}'],
    ['ipv6', '{"kind":"family","family":6}'],
    ['ipv4', '{"kind":"family","family":4}'],
    ['home', '{"kind":"home"}'],
    ['auto', '{"kind":"auto"}'],
    ['198.51.100.7', '{"kind":"address","address":"198.51.100.7"}'],
    ['2001:DB8::0', '{"kind":"address","address":"2001:db8::"}'],
  ])('to %s', async (target, asked) => {
    const { stdout, exit } = await runCommand(Handover, [target, ...at]);
    expect(exit).toBe(0);
    expect(stdout).toMatch(/^Accepted, care-of address 2001:db8:b::7: /);
    expect(mn.role.log.at(-1)).toBe(`handover ${asked}`);
  });

  it('refused is exit code 1, with the reason', async () => {
    expect(await runCommand(Handover, ['eth5', ...at])).toMatchObject({
      exit: 1,
      stdout: 'Refused: no interface eth5\n',
    });
    const json = await runCommand(Handover, ['eth5', ...at, '--json']);
    expect(json).toMatchObject({
      exit: 1,
      json: { accepted: false, reason: 'no interface eth5', careOf: null },
    });
  });

  it('without doing it: a table with a reason for each candidate', async () => {
    const { stdout, exit } = await runCommand(Handover, ['--dry-run', ...at]);
    expect(exit).toBe(0);
    expect(stdout).toBe(
      `2001:db8:a::100 would stay at 198.51.100.7 on eth0: three Binding Updates over IPv6 had no answer.

CANDIDATE      LINK  FAMILY  PREFERENCE  STATE          VERDICT   WHY
198.51.100.7   eth0  IPv4    1           ready, in use  chosen    three Binding Updates over IPv6 had no answer
2001:db8:b::7  eth0  IPv6    1           ready          rejected  three Binding Updates over IPv6 had no answer

eth1: no carrier
May change in 4 min 30 s: IPv6 is tried again.
`,
    );
    expect(mn.role.log.at(-1)).toBe('plan null');
  });

  it('without doing it, to where it cannot go: exit code 1, and what would be chosen', async () => {
    const ran = await runCommand(Handover, ['eth1', '--dry-run', ...at]);
    expect(ran.exit).toBe(1);
    expect(ran.stdout).toMatch(/^Refused: no carrier\n\n2001:db8:a::100 would stay at/);
    expect(mn.role.log.at(-1)).toBe('plan {"kind":"link","link":"eth1"}');
    const { json } = await runCommand(Handover, ['--dry-run', '--json', ...at]);
    expect(json).toMatchObject({
      accepted: true,
      careOf: '198.51.100.7',
      choices: [
        {
          candidates: [{ verdict: 'chosen' }, { rule: 'unanswered', verdict: 'rejected' }],
          next: { in: 270 },
        },
      ],
    });
  });

  it('without a target asks only at a terminal', async () => {
    expect(await runCommand(Handover, at)).toMatchObject({
      exit: 2,
      stderr: 'mip6: Where to? Name an interface, ipv6, ipv4, home, auto or an address.\n',
    });
    const status = (await runCommand(Status, [...at, '--json'])).json as StatusResult;
    expect(targets(status)).toContainEqual({
      name: 'eth0  up 2001:db8:b::7',
      value: { kind: 'link', link: 'eth0' },
    });
  });
});

describe('prefixes and registrations', () => {
  it('prefixes: a row for each of home, and one for each of the visited links', async () => {
    expect((await runCommand(Prefixes, at)).stdout).toBe(
      `HOME PREFIX       HOME ADDRESS      HOME AGENT      VALID     PREFERRED   TOLD BY
2001:db8:aa::/64  2001:db8:aa::100  2001:db8:aa::1  for ever  for ever    home agent
2001:db8:a::/64   2001:db8:a::100                   2 h       deprecated  home agent

VISITED PREFIX   LINK  ROUTER   FLAGS  VALID   PREFERRED
2001:db8:b::/64  eth0  fe80::1  LA     60 min  30 min
`,
    );
  });

  it('prefixes for programs: seconds left, null for ever', async () => {
    expect((await runCommand(Prefixes, [...at, '--json'])).json).toMatchObject({
      home: [
        { prefix: '2001:db8:aa::/64', validIn: null, preferredIn: null, source: 'home agent' },
        { prefix: '2001:db8:a::/64', validIn: 7200, preferredIn: 0 },
      ],
      visited: [{ prefix: '2001:db8:b::/64', link: 'eth0', validIn: 3600, preferredIn: 1800 }],
    });
  });

  it.each([
    [BulRefresh, [], 'refresh', '2001:db8:a::100: refresh\n'],
    [
      BulSet,
      ['--lifetime', '60'],
      'set","lifetime":60',
      '2001:db8:a::100: set\nUndo: mip6 bul set 2001:db8:a::100 --lifetime 600\n',
    ],
    [BulDel, [], 'delete', '2001:db8:a::100: delete\nUndo: mip6 bul refresh 2001:db8:a::100\n'],
  ])('%o does it, says how to undo it, and who asked', async (command, words, kind, said) => {
    expect(await runCommand(command, [...words, ...at])).toMatchObject({ exit: 0, stdout: said });
    expect(mn.role.log.at(-1)).toContain(`binding {"kind":"${kind}`);
    expect(mn.lines.at(-1)).toMatch(/BINDING_COMMANDED .*, asked for by a client of unknown uid$/);
    const dry = await runCommand(command, ['2001:db8:A::100', '--dry-run', ...words, ...at]);
    expect(dry).toMatchObject({ exit: 0, stdout: `Would do: ${said}` });
    expect(mn.role.log.at(-1)).toMatch(/ 2001:db8:a::100 dry$/);
    const unknown = await runCommand(command, ['2001:db8::9', ...words, ...at, '--json']);
    expect(unknown).toMatchObject({
      exit: 1,
      json: { accepted: false, reason: '2001:db8::9 is no home address' },
    });
  });

  it.each([
    { what: 'no lifetime', words: [] },
    { what: 'one of three seconds', words: ['--lifetime', '3'] },
    { what: 'one that is too long', words: ['--lifetime', '262141'] },
  ])('bul set with $what is wrong usage', async ({ words }) => {
    expect(await runCommand(BulSet, [...words, ...at])).toMatchObject({ exit: 2, stdout: '' });
  });

  it('mps waits for the answer and shows what it says', async () => {
    const { exit, stdout } = await runCommand(Mps, at);
    expect(exit).toBe(0);
    expect(stdout).toContain('2001:db8:a::100: solicit\n');
    expect(stdout).toContain('2001:db8:aa::/64  2001:db8:aa::100');
    expect((await runCommand(Mps, [...at, '--json'])).json).toMatchObject({
      answered: true,
      asked: { accepted: true, homeAgent: '2001:db8:a::1' },
      home: [{ prefix: '2001:db8:aa::/64' }, {}],
    });
  });

  it('mps without an answer says so', async () => {
    mn.role.answersSolicitations = false;
    expect(await runCommand(Mps, at)).toMatchObject({
      exit: 1,
      stdout: '2001:db8:a::100: solicit\n2001:db8:a::1 has not answered within 10 s.\n',
    });
    mn.role.answersSolicitations = true;
    expect(await runCommand(Mps, ['2001:db8::9', ...at, '--json'])).toMatchObject({
      exit: 1,
      json: { answered: false, asked: { accepted: false } },
    });
  });
});

describe('dhcp', () => {
  it('status: a row for each client, and one for each known network', async () => {
    expect((await runCommand(DhcpStatus, at)).stdout).toBe(
      `LINK  STATE  ADDRESS      ROUTER    SERVER    LEFT    NEXT
eth0  bound  10.0.0.5/24  10.0.0.1  10.0.0.1  50 min  DHCP T1 in 20 min

KNOWN GATEWAY  AT                 ADDRESS      OF                 LEFT
10.0.0.1       02:00:00:00:00:01  10.0.0.5/24  02:00:00:00:00:10  50 min
10.0.0.1       02:00:00:00:00:01  10.0.0.5/24  02:00:00:00:00:10  not known
`,
    );
  });

  it('status of one interface: all there is', async () => {
    expect((await runCommand(DhcpStatus, ['eth0', ...at])).stdout).toBe(
      `interface  eth0
state      bound
address    10.0.0.5/24
because    the gateway is the known one
router     10.0.0.1 at 02:00:00:00:00:01
routes     10.1.0.0/16 by 10.0.0.2
           10.2.0.0/24 by eth0
server     10.0.0.1
lease      50 min left of 60 min
renewal    by its server in 20 min, by any in 42 min 30 s
next       DHCP T1 in 20 min
`,
    );
  });

  it('status for programs: seconds left, and null where nobody knows', async () => {
    expect((await runCommand(DhcpStatus, [...at, '--json'])).json).toMatchObject({
      links: [
        {
          link: 'eth0',
          state: 'bound',
          vouchedBy: 'gateway',
          lease: { address: '10.0.0.5', expiresIn: 3000, renewIn: 1200, rebindIn: 2550 },
          next: { why: 'DHCP T1', in: 1200 },
        },
      ],
      networks: [
        { gateway: '10.0.0.1', timed: true, lease: { expiresIn: 3000 } },
        { gateway: '10.0.0.1', timed: false, lease: { expiresIn: null, renewIn: null } },
      ],
    });
  });

  it('status of what has no client is refused', async () => {
    expect(await runCommand(DhcpStatus, ['eth7', ...at])).toMatchObject({
      exit: 1,
      stdout: '',
      stderr: 'mip6: eth7 has no DHCP client; these have one: eth0.\n',
    });
  });

  it.each([
    [DhcpRenew, 'renew'],
    [DhcpRelease, 'release'],
    [DhcpRequest, 'request'],
  ])('%o', async (command, action) => {
    expect(await runCommand(command, at)).toMatchObject({
      exit: 0,
      stdout: 'eth0 asks 10.0.0.1\n',
    });
    expect(mn.role.log.at(-1)).toBe(`dhcp ${action} null`);
    expect(mn.lines.at(-1)).toMatch(
      new RegExp(`DHCP_COMMANDED DHCP ${action} on eth0, asked for by a client of unknown uid$`),
    );
    expect(await runCommand(command, ['eth9', ...at])).toMatchObject({
      exit: 1,
      stdout: 'Refused: eth9 has no DHCP client\n',
    });
    expect(await runCommand(command, ['eth9', ...at, '--json'])).toMatchObject({
      exit: 1,
      json: { accepted: false, reason: 'eth9 has no DHCP client', link: 'eth9', state: null },
    });
  });
});

describe('watch', () => {
  it('begins with what has happened, and goes on with what happens', async () => {
    const watching = runCommand(Watch, [...at, '--last', '2', '--count', '3', '--minimum', 'info']);
    await subscriber(mn);
    mn.deliver({ kind: 'link', link: { name: 'eth0' } as never });
    const lines = (await watching).stdout.trimEnd().split('\n');
    expect(lines.length).toBe(3);
    expect(lines.at(-1)).toMatch(/^\d\d:\d\d:\d\d\.\d{3} LINK_UP {12}eth0 has carrier$/);
  });

  it('is a line of JSON for each event', async () => {
    const watching = runCommand(Watch, [...at, '--count', '1', '--minimum', 'debug', '--json']);
    await subscriber(mn);
    mn.deliver({ kind: 'linkGone', name: 'eth7' });
    const { stdout } = await watching;
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => (JSON.parse(line) as { code: string }).code),
    ).toEqual(['DROPPED']);
  });

  it('ends with exit code 3 when the daemon ends', async () => {
    const brief = await startFake();
    const watching = runCommand(Watch, ['--socket', brief.socket, '--json']);
    await subscriber(brief);
    await brief.end();
    const { stdout, exit } = await watching;
    expect(exit).toBe(3);
    const last = stdout.trimEnd().split('\n').at(-1)!;
    expect(JSON.parse(last)).toMatchObject({ error: { code: 'DISCONNECTED' } });
  });
});

describe('config show', () => {
  it('prints a configuration file with the defaults of the role marked', async () => {
    const file = write('show.conf', MOBILE_NODE);
    const { stdout, stderr, exit } = await runCommand(ConfigShow, [file]);
    expect({ stderr, exit }).toEqual({ stderr: '', exit: 0 });
    expect(stdout).toMatch(/^NodeConfig MN;$/m);
    expect(stdout).toMatch(/^MnMaxHaBindingLife 262140; +# default$/m);
    expect(stdout).not.toContain('HaDadMode');
    const again = await runCommand(ConfigCheck, [write('shown.conf', stdout)]);
    expect(again).toMatchObject({ exit: 0 });
    const { stdout: all } = await runCommand(ConfigShow, [file, '--all']);
    expect(all).toMatch(/^# DebugLogFile: not set; the journal goes to this file/m);
  });

  it('says what is wrong on standard error and shows the rest, exit code 1', async () => {
    const file = write('show-bad.conf', 'NodeConfig HA;\nHaNatRefreshh 3;\n');
    const { stdout, stderr, exit } = await runCommand(ConfigShow, [file]);
    expect(exit).toBe(1);
    expect(stderr).toContain('Did you mean "HaNatRefresh"?');
    expect(stdout).toMatch(/^HaNatRefresh 110; +# default$/m);
    expect((await runCommand(ConfigShow, [file, '--json'])).json).toMatchObject({
      role: 'HA',
      findings: [{ code: 'CONFIG_UNKNOWN' }],
    });
  });

  it('of no file shows nothing', async () => {
    const file = join(folder, 'none.conf');
    const { stdout, stderr, exit } = await runCommand(ConfigShow, [file]);
    expect({ stdout, exit }).toEqual({ stdout: '', exit: 1 });
    expect(stderr).toContain('there is no such file');
  });
});

describe('config check', () => {
  it('finds no fault, exit code 0', async () => {
    const file = write('good.conf', MOBILE_NODE);
    expect(await runCommand(ConfigCheck, [file])).toMatchObject({
      exit: 0,
      stdout: `${file}: no fault found\n`,
    });
    expect((await runCommand(ConfigCheck, [file, '--json'])).json).toEqual({
      file,
      ok: true,
      findings: [],
    });
  });

  it('finds faults, exit code 1', async () => {
    const file = write('bad.conf', `${HOME_AGENT}\nHaMaxBindingLive 60;\nUseCnBuAck enabled;\n`);
    expect(await runCommand(ConfigCheck, [file])).toMatchObject({
      exit: 1,
      stdout: `${file}:2:1: error: Unknown directive "HaMaxBindingLive". Did you mean "HaMaxBindingLife"?
${file}:3:1: warning: UseCnBuAck has no effect: it tunes route optimization, which is not there yet.
1 error, 1 warning
`,
    });
    expect(await runCommand(ConfigCheck, [file, '--json'])).toMatchObject({
      exit: 1,
      json: {
        ok: false,
        findings: [{ severity: 'error', code: 'CONFIG_UNKNOWN', at: { line: 2, column: 1 } }, {}],
      },
    });
  });

  it('of no file is a fault too', async () => {
    const file = join(folder, 'none.conf');
    expect(await runCommand(ConfigCheck, [file])).toMatchObject({
      exit: 1,
      stdout: expect.stringContaining('there is no such file') as string,
    });
  });
});

describe('daemon', () => {
  it('does not start with a configuration that cannot be honoured: exit code 2', async () => {
    const file = write('ipsec.conf', HOME_AGENT.replace('disabled', 'enabled'));
    const ran = await runCommand(DaemonCommand, ['-c', file]);
    expect(ran.exit).toBe(2);
    expect(ran.stderr).toContain(
      `${file}:1:16: error: IPsec protection of signalling is not available yet; "UseMnHaIPsec disabled;" lets it run unprotected.\n`,
    );
    expect(await runCommand(DaemonCommand, ['-c', join(folder, 'none'), '--json'])).toMatchObject({
      exit: 2,
      json: {
        error: {
          code: 'CONFIG',
          message: `Cannot read ${join(folder, 'none')}: there is no such file.`,
        },
      },
    });
  });
});

describe('doctor', () => {
  it('judges this host, and its exit code is its answer', async () => {
    const { json, exit } = await runCommand(Doctor, ['--role', 'mn', '--json']);
    const diagnosis = json as Diagnosis;
    expect(diagnosis.role).toBe('mn');
    expect(diagnosis.findings.map((f) => f.name)).toContain('packet-socket');
    expect(diagnosis.ok).toBe(diagnosis.findings.every((f) => f.state !== 'missing'));
    expect(exit).toBe(diagnosis.ok ? 0 : 1);
  });

  it('says of each role what would forward its packets, and why', async () => {
    const { datapath } = (await runCommand(Doctor, ['--json'])).json as Diagnosis;
    expect(datapath.map((d) => d.role)).toEqual(['mn', 'ha']);
    for (const { words, why } of datapath) expect([words, why]).not.toContain('');
  });

  it('heeds the Datapath of the configuration', async () => {
    const file = write('doctor-user.conf', `${MOBILE_NODE}\nDatapath userspace;`);
    expect((await runCommand(Doctor, ['-c', file, '--json'])).json).toMatchObject({
      datapath: [
        {
          role: 'mn',
          datapath: 'userspace',
          words: 'user space',
          why: 'The configuration asks for it.',
        },
      ],
    });
  });

  it('says that the kernel datapath is missing where it is asked for and cannot be', async () => {
    const file = write('doctor-kernel.conf', `${MOBILE_NODE}\nDatapath kernel;`);
    const { json, exit } = await runCommand(Doctor, ['-c', file, '--json']);
    const { datapath, findings } = json as Diagnosis;
    const missing = findings.filter((f) => f.state === 'missing').map((f) => f.name);
    const cannot = datapath[0]?.datapath !== 'kernel';
    expect(missing.includes('datapath')).toBe(cannot);
    expect(datapath[0]?.datapath).toBe(cannot ? null : 'kernel');
    if (cannot) expect(exit).toBe(1);
  });

  it('judges the configuration too, and takes the role from it', async () => {
    const file = write('doctor.conf', HOME_AGENT.replace('eth0', 'nope0'));
    const { json, exit } = await runCommand(Doctor, ['-c', file, '--json']);
    expect(json).toMatchObject({ role: 'ha', ok: false });
    expect((json as Diagnosis).findings.slice(0, 2)).toEqual([
      { name: 'config', state: 'ok', reason: `${file} can be honoured.`, remedy: '' },
      {
        name: 'config',
        state: 'missing',
        reason: 'Interface nope0 is not there, or down.',
        remedy: 'Create it, or `ip link set nope0 up`.',
      },
    ]);
    expect(exit).toBe(1);
    const bad = write('doctor-bad.conf', 'NodeConfig HA;');
    const { stdout } = await runCommand(Doctor, ['-c', bad]);
    expect(stdout).toContain('IPsec protection of signalling is not available yet');
  });
});

describe('what goes wrong', () => {
  it('no daemon: exit code 3', async () => {
    const nowhere = ['--socket', join(folder, 'nobody.sock')];
    const { exit, stderr, stdout } = await runCommand(Status, nowhere);
    expect({ exit, stdout }).toEqual({ exit: 3, stdout: '' });
    expect(stderr).toBe(
      `mip6: No mip6 daemon on ${join(folder, 'nobody.sock')}. Start one with "mip6 daemon -c FILE", or name another with --name or --socket.\n`,
    );
    expect(await runCommand(Status, [...nowhere, '--json'])).toMatchObject({
      exit: 3,
      stderr: '',
      json: { error: { code: 'NO_DAEMON' } },
    });
  });

  it.each([
    [Status, ['--jsno'], 'mip6: mip6 status has no flag --jsno. Did you mean "--json"?\n'],
    [
      Status,
      ['--frobnicate'],
      'mip6: mip6 status has no flag --frobnicate. See "mip6 status --help".\n',
    ],
    [
      BulShow,
      [],
      'mip6: ADDRESS is missing: home address, IPv6 or IPv4. See "mip6 bul show --help".\n',
    ],
    [BulShow, ['a', 'b'], 'mip6: mip6 bul show does not take "b". See "mip6 bul show --help".\n'],
    [
      Watch,
      ['--minimum', 'loud'],
      'mip6: Expected --minimum=loud to be one of: debug, info, notice, warning, error. See "mip6 watch --help".\n',
    ],
    [
      Bul,
      ['--limit', 'many'],
      'mip6: --limit: expected an integer but received: many. See "mip6 bul --help".\n',
    ],
    [
      Status,
      ['--socket', 'a', '--name', 'b'],
      /^mip6: --name=b cannot also be provided when using --socket\. /,
    ],
  ])('wrong usage: exit code 2', async (command, argv, sentence) => {
    const { exit, stderr, stdout } = await runCommand(command as typeof Command, argv);
    expect({ exit, stdout }).toEqual({ exit: 2, stdout: '' });
    expect(stderr).toMatch(sentence instanceof RegExp ? sentence : `${sentence}`);
    expect(stderr.split('\n').length).toBe(2);
  });

  it('an unknown command: the nearest one, exit code 2', async () => {
    const said: string[] = [];
    const stderr = process.stderr.write.bind(process.stderr);
    process.stderr.write = ((text: string) => said.push(text) > 0) as never;
    let exit: number | undefined;
    try {
      await commandNotFound.call({} as never, {
        id: 'bul:shwo',
        argv: [],
        config: { bin: 'mip6', commands: [{ id: 'bul:show' }, { id: 'status' }] } as never,
        context: { exit: (code: number) => void (exit = code) } as never,
      });
    } finally {
      process.stderr.write = stderr;
    }
    expect({ said, exit }).toEqual({
      said: ['mip6: mip6 has no command "bul shwo". Did you mean "bul show"?\n'],
      exit: 2,
    });
  });
});

it('every command has a summary, an example, and speaks JSON', async () => {
  const files = readdirSync('commands', { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  expect(files.length).toBeGreaterThan(8);
  for (const file of files) {
    const { default: command } = (await import(pathToFileURL(resolve('commands', file)).href)) as {
      default: typeof Command;
    };
    expect(command.summary, file).toMatch(/^[a-z].*[^.]$/);
    expect(command.examples?.length ?? 0, file).toBeGreaterThan(0);
    expect(command.enableJsonFlag, file).toBe(!HANDS_OVER.has(file));
  }
});

/** Commands that hand the terminal to others have nothing of their own to say. */
const HANDS_OVER: ReadonlySet<string> = new Set(['lab/exec.ts', 'lab/shell.ts', 'repl.ts']);

/** Resolves when somebody has subscribed. */
async function subscriber(fake: FakeDaemon): Promise<void> {
  const client = await ControlClient.connect(fake.socket);
  await expect
    .poll(async () => (await client.call('status', {})).counters['control-subscribers'])
    .toBeGreaterThan(0);
  client.close();
}

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}
