import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BUILTINS } from '../../../src/cli/repl/builtins/index.js';
import type { Session } from '../../../src/cli/repl/session.js';
import { BC, HOME_AGENT, startFake, type FakeDaemon } from '../../helpers/fake-daemon.js';
import { captured, openSession, runScript, type OpenSession, type Said } from './in-process.js';
import { programConfig } from './program-config.js';

let folder: string;
let mn: FakeDaemon;
let open: OpenSession;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-repl-'));
  delete process.env['MIP6_SOCKET'];
  process.env['MIP6_LAB_DIR'] = join(folder, 'labs');
  mn = await startFake({ socket: join(folder, 'run', 'mn.sock') });
});
afterAll(async () => {
  await mn.end();
  delete process.env['MIP6_LAB_DIR'];
  rmSync(folder, { recursive: true });
});
afterEach(() => open?.session.close());

describe('a command in the REPL', () => {
  it('says what it says in the shell', async () => {
    await begin();
    expect(await line('bul')).toEqual({
      stdout: `HOME ADDRESS     IPV4 HOME    CARE-OF       LINK  STATE  PATH      DATAPATH    LEFT        SEQ
2001:db8:a::100  192.0.2.100  198.51.100.7  eth0  bound  UDP, NAT  user space  7 min 10 s  7
`,
      stderr: '',
      code: 0,
    });
    expect(JSON.parse((await line('bul --json')).stdout)).toMatchObject({ total: 1 });
    expect((await line('mip6 bul show 192.0.2.100')).stdout).toContain(
      'keep-alive       every 110 s',
    );
  });

  it('shares one connection with all others, and with the events', async () => {
    await begin();
    for (let i = 0; i < 3; i++) {
      const { stdout } = await line('status | .counters["control-clients"]');
      expect(stdout).toBe('1\n');
    }
  });

  it.each([
    ['handover eth5', 1, ''],
    ['bul show 2001:db8::5', 1, 'mip6: 2001:db8::5 is not in the Binding Update List.\n'],
    ['bul --jsno', 2, 'mip6: mip6 bul has no flag --jsno. Did you mean "--json"?\n'],
    ['config check /nonexistent', 1, ''],
    ['statsu', 2, 'mip6: There is no command statsu. Did you mean "status"?\n'],
    ['bul shwo', 2, 'mip6: mip6 bul does not take "shwo". See "mip6 bul --help".\n'],
    ['lab mvoe mn', 2, 'mip6: There is no command lab mvoe. Did you mean "lab move"?\n'],
    ['expct BU_SENT', 2, 'mip6: There is no command expct. Did you mean "expect"?\n'],
    ['xyzzy', 2, 'mip6: There is no command xyzzy. "help" lists what there is.\n'],
    ['x=bul', 2, 'mip6: There is no command x=bul. A variable wants blanks around its "=".\n'],
    ['repl', 2, 'mip6: You are in the REPL already.\n'],
    ['bul "', 2, 'mip6: The " at column 5 has no second one.\n'],
    ['| .a', 2, 'mip6: A command is missing before "|".\n'],
  ])('%s fails with %i, and the session goes on', async (typed, code, stderr) => {
    await begin();
    const said = await line(typed);
    expect({ code: said.code, stderr: said.stderr }).toEqual({ code, stderr });
    expect(process.exitCode).toBeUndefined();
    expect(await line('status | .role')).toMatchObject({ stdout: 'mn\n', code: 0 });
  });

  it('does not read the standard input of the session', async () => {
    await begin();
    for (const typed of ['decode', 'encode -', 'decode --batch', 'trace -']) {
      expect(await line(typed)).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('Standard input belongs to the REPL.') as string,
      });
    }
  });

  it('helps', async () => {
    await begin();
    expect((await line('bul show --help')).stdout).toContain('$ mip6 bul show ADDRESS');
    expect((await line('lab')).stdout).toContain('lab move');
    expect((await line('bul show 192.0.2.100')).code).toBe(0);
    expect((await line('help bul')).stdout).toContain('$ mip6 bul');
    expect((await line('help expect')).stdout).toMatch(/^expect EVENT /);
    const { stdout } = await line('help');
    for (const name of Object.keys(BUILTINS)) expect(stdout).toContain(`\n  ${name}`);
    expect(await line('help shwo')).toMatchObject({ code: 2, stdout: '' });
  });

  it('is not hidden by a word of the REPL', async () => {
    const { commands, topics } = await programConfig();
    const first = [...commands.map((c) => c.id), ...topics.map((t) => t.name)].map(
      (id) => id.split(':')[0]!,
    );
    expect(Object.keys(BUILTINS).filter((name) => first.includes(name))).toEqual([]);
  });
});

describe('a selection', () => {
  it.each([
    ['bul | .entries[0].careOf', '198.51.100.7\n'],
    ['bul | .entries[-1].sequence', '7\n'],
    ['bul | .entries.length', '1\n'],
    ['bul | .entries | [0] | .nat', 'true\n'],
    [
      'status | .homes[0]',
      '{\n  "homeAddress": "2001:db8:a::100",\n  "homeAddress4": "192.0.2.100",\n  "where": "away"\n}\n',
    ],
    ['status --json | .counters["mh-checksum"]', '2\n'],
    ['explain 130 | .meanings[0].kind', 'status\n'],
    ['handover eth5 | .reason', 'no interface eth5\n'],
    ['watch --last 1 --count 1 | .code', 'STARTED\n'],
  ])('%s', async (typed, stdout) => {
    await begin();
    expect(await line(typed)).toMatchObject({ stdout, stderr: '' });
  });

  it.each([
    [
      'bul | .entrie',
      'mip6: The result has no .entrie. It has .entries, .total. Did you mean ".entries"?\n',
      1,
    ],
    ['bul | .entries[3]', 'mip6: .entries has 1 element: there is no [3].\n', 1],
    ['bul | .total.x', 'mip6: .total is number 1, which has no .x.\n', 1],
    ['bul show 2001:db8::5 | .x', 'mip6: 2001:db8::5 is not in the Binding Update List.\n', 1],
    [
      'bul | grep x',
      'mip6: After "|" comes one path, such as .entries[0].careOf. Programs read the answer in a shell, by --json.\n',
      2,
    ],
    ['lab exec mn -- true | .x', 'mip6: "lab exec" gives no JSON to select from.\n', 2],
  ])('%s says what there is', async (typed, stderr, code) => {
    await begin();
    expect(await line(typed)).toEqual({ stdout: '', stderr, code });
  });
});

describe('variables', () => {
  it('take a part of an answer, and stand for it in a word', async () => {
    await begin();
    expect(await line('home = bul | .entries[0].homeAddress')).toEqual({
      stdout: '',
      stderr: '',
      code: 0,
    });
    expect((await line('bul show $home | .entries[0].homeAddress')).stdout).toBe(
      '2001:db8:a::100\n',
    );
    await line('entry = bul | .entries[0]');
    expect((await line('echo "${entry.careOf} by ${entry.path}" \'$home\'')).stdout).toBe(
      '198.51.100.7 by udp $home\n',
    );
  });

  it('can be set to words, listed and removed', async () => {
    await begin();
    await line('set name = two "words  here"');
    expect((await line('echo <$name>')).stdout).toBe('<two words  here>\n');
    await line('set --limit 5');
    await line('set -e');
    expect((await line('set')).stdout).toBe('name     two words  here\n--limit  5\n-e       on\n');
    await line('unset name');
    expect(await line('echo $nam')).toMatchObject({
      code: 2,
      stderr: 'mip6: There is no variable nam. There are none.\n',
    });
  });

  it('keep what they had when the command fails', async () => {
    await begin();
    await line('set x = before');
    expect(await line('x = bul show 2001:db8::5 | .entries')).toMatchObject({ code: 1 });
    expect(await line('x = bul | .nothing')).toMatchObject({ code: 1 });
    expect((await line('echo $x')).stdout).toBe('before\n');
    expect(await line('x = watch --last 2 --count 2 | .code')).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('gave 2 values; a variable takes one.') as string,
    });
  });
});

describe('flags for every command', () => {
  it('are given where they exist and are not said', async () => {
    await begin();
    await line('set --json');
    expect(JSON.parse((await line('bul')).stdout)).toMatchObject({ total: 1 });
    expect((await line('bul | .total')).stdout).toBe('1\n');
    await line('unset --json');
    expect((await line('bul')).stdout).toMatch(/^HOME ADDRESS/);
    await line('set --limit=1');
    expect((await line('bul --limit 0')).code).toBe(2);
  });

  it.each([
    ['set --jsno', 'mip6: No command has a flag --jsno. Did you mean "--json"?\n'],
    ['set --json 5', 'mip6: --json takes no value. set --json\n'],
    ['set --limit', 'mip6: --limit needs a value. set --limit VALUE\n'],
    [
      'set --minimum laud',
      'mip6: --minimum cannot be "laud". It is one of debug, info, notice, warning, error.\n',
    ],
    ['unset --limit', 'mip6: --limit is not set.\n'],
    [
      'set 5x = 1',
      'mip6: "5x" is no name for a variable. Letters, digits and "_", not beginning with a digit.\n',
    ],
    [
      'set x',
      'mip6: It is set NAME = VALUE, set --FLAG [VALUE], set -e, or set alone. See "help".\n',
    ],
  ])('%s is refused', async (typed, stderr) => {
    await begin();
    expect(await line(typed)).toEqual({ stdout: '', stderr, code: 2 });
  });
});

describe('expect', () => {
  it('finds an event that came while the command before it ran', async () => {
    await begin();
    linkUpAtHandover(mn, 'eth7');
    expect((await line('handover eth0')).code).toBe(0);
    await seen('LINK_UP');
    const { stdout, code } = await line('expect LINK_UP where link=eth7 within 1ms');
    expect(stdout).toMatch(/ LINK_UP {12}eth7 has carrier\n$/);
    expect(code).toBe(0);
  });

  it('waits for one that is still to come', async () => {
    await begin();
    const waiting = line('expect LINK_UP where link=eth8 within 60s | .fields.link');
    await subscribed();
    mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
    mn.deliver({ kind: 'link', link: { name: 'eth8' } as never });
    expect(await waiting).toEqual({ stdout: 'eth8\n', stderr: '', code: 0 });
  });

  it('looks behind what the expect before it found', async () => {
    await begin();
    linkUpAtHandover(mn, 'eth7', 'eth8');
    await line('handover eth0');
    await seen('LINK_UP');
    expect((await line('expect LINK_UP within 1s | .fields.link')).stdout).toBe('eth7\n');
    expect((await line('expect LINK_UP within 1s | .fields.link')).stdout).toBe('eth8\n');
    expect((await line('expect LINK_UP within 1ms')).code).toBe(1);
  });

  it('passes over commands that only ask, and not over those that change something', async () => {
    await begin();
    linkUpAtHandover(mn, 'eth7');
    await line('handover eth0');
    await seen('LINK_UP');
    await line('status');
    await line('x = bul | .total');
    expect((await line('expect LINK_UP within 1ms')).code).toBe(0);
    linkUpAtHandover(mn, 'eth7');
    await line('handover eth0');
    await seen('LINK_UP');
    linkUpAtHandover(mn);
    await line('handover eth0');
    expect((await line('expect LINK_UP within 1ms')).code).toBe(1);
  });

  it('fails when nothing comes, and says what came', async () => {
    await begin();
    linkUpAtHandover(mn, 'eth7', 'eth8');
    await line('handover eth0');
    await seen('LINK_UP');
    expect(await line('expect BINDING_ACCEPTED within 1ms')).toEqual({
      stdout: '',
      stderr:
        'mip6: BINDING_ACCEPTED did not come within 0.001 s. There came LINK_UP ×2, FORCED.\n',
      code: 1,
    });
    expect((await line('expect link_up where link=eth9 within 1ms')).stderr).toBe(
      'mip6: LINK_UP where link=eth9 did not come within 0.001 s. It came with link=eth8.\n',
    );
    expect((await line('expect LINK_UP where lnk=eth9 within 1ms')).stderr).toContain(
      'It came with no lnk, but link.',
    );
    linkUpAtHandover(mn);
    await line('handover eth0');
    expect((await line('expect LINK_UP within 1ms')).stderr).toContain('There came FORCED.');
  });

  it.each([
    ['expect', 'mip6: It is expect EVENT [where FIELD=VALUE …] [within TIME]. See "help".\n'],
    ['expect BU_SNET', 'mip6: There is no event BU_SNET. Did you mean "BU_SENT"?\n'],
    [
      'expect LINK_UP where',
      'mip6: After "where" come conditions, not "". FIELD=VALUE; LINK_UP has link.\n',
    ],
    ['expect LINK_UP within 2', 'mip6: "2" is no duration. Such as 500ms, 2s or 1.5min.\n'],
    ['expect LINK_UP within 2h', 'mip6: "2h" is no duration. Such as 500ms, 2s or 1.5min.\n'],
    [
      'expect LINK_UP within 61min',
      'mip6: 61min is longer than an hour. Such as 500ms, 2s or 1.5min.\n',
    ],
    [
      'expect LINK_UP link=eth0',
      'mip6: "link=eth0" does not fit there. It is expect EVENT [where FIELD=VALUE …] [within TIME].\n',
    ],
  ])('%s is refused', async (typed, stderr) => {
    await begin();
    expect(await line(typed)).toEqual({ stdout: '', stderr, code: 2 });
  });

  it('fails at once when the daemon goes', async () => {
    const brief = await startFake();
    open = await openSession({ socket: brief.socket });
    await open.session.daemons.current.client();
    const waiting = line('expect BINDING_ACCEPTED within 60s');
    await brief.end();
    expect(await waiting).toMatchObject({
      code: 3,
      stderr: expect.stringContaining('closed the connection') as string,
    });
  });
});

describe('on EVENT do COMMAND', () => {
  it('does it for each event, with the event in a variable', async () => {
    await begin();
    await line('on LINK_UP where link=eth7 do echo "${event.fields.link} ${event.severity}"');
    mn.deliver({ kind: 'link', link: { name: 'eth1' } as never });
    mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
    mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
    await seen('LINK_UP', 3);
    expect(await open.react()).toMatchObject({ stdout: 'eth7 info\neth7 info\n', stderr: '' });
  });

  it('keeps its own selection, is listed and taken back', async () => {
    await begin();
    await line('on LINK_UP do bul | .entries[0].careOf');
    await line('on BU_SENT where sequence=7 do status');
    expect((await line('on')).stdout).toBe(
      '1  on LINK_UP do bul | .entries[0].careOf\n2  on BU_SENT where sequence=7 do status\n',
    );
    await line('off 2');
    mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
    await seen('LINK_UP');
    expect((await open.react()).stdout).toBe('198.51.100.7\n');
    expect((await line('off LINK_UP')).code).toBe(0);
    expect(await line('off LINK_UP')).toMatchObject({
      code: 2,
      stderr: 'mip6: There is no reaction LINK_UP. There are none.\n',
    });
  });

  it('says where it failed, and that it did', async () => {
    await begin();
    await line('on LINK_UP do bul show ${event.fields.link}');
    mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
    await seen('LINK_UP');
    expect((await open.react()).stderr).toBe('mip6: on LINK_UP: "eth7" is not an address.\n');
    expect(open.session.failure).toBe(1);
  });

  it.each([
    ['on LINK_UP', 'mip6: It is on [EVENT [where FIELD=VALUE …] do COMMAND]. See "help".\n'],
    ['on LINK_UP do', 'mip6: It is on [EVENT [where FIELD=VALUE …] do COMMAND]. See "help".\n'],
    [
      'on LINK_UP now do bul',
      'mip6: "now" does not fit there. It is on [EVENT [where FIELD=VALUE …] do COMMAND].\n',
    ],
    [
      'on LINK_UP do bul | x',
      'mip6: "x" is no path. A path is like .entries[0].careOf or .total.\n',
    ],
  ])('%s is refused', async (typed, stderr) => {
    await begin();
    expect(await line(typed)).toEqual({ stdout: '', stderr, code: 2 });
  });

  it('lets only so many events wait', async () => {
    await begin();
    await line('on LINK_UP do echo up');
    for (let i = 0; i < 70; i++) mn.deliver({ kind: 'link', link: { name: 'eth7' } as never });
    await seen('LINK_UP', 70);
    const { stdout, stderr } = await open.react();
    expect(stdout).toBe('up\n'.repeat(64));
    expect(stderr).toBe('6 events came too fast to react to them.\n');
  });
});

describe('files', () => {
  it('record what is typed, and run it again', async () => {
    await begin();
    const file = join(folder, 'lines');
    expect((await line(`record ${file}`)).stdout).toBe(`Recording to ${file}; "stop" ends it.\n`);
    await line('x = bul | .entries[0].sequence');
    await line('echo "sequence $x"');
    expect((await line('stop')).stdout).toBe(`2 lines in ${file}.\n`);
    await line('echo not recorded');
    expect(readFileSync(file, 'utf8')).toBe('x = bul | .entries[0].sequence\necho "sequence $x"\n');
    expect((await line(`run ${file}`)).stdout).toBe('sequence 7\n');
    expect(await line(`record ${file}`)).toMatchObject({
      code: 2,
      stderr: `mip6: ${file} is there already. Name another file.\n`,
    });
    expect(await line('stop')).toMatchObject({ code: 2 });
  });

  it('go on after a failure, and stop there when told to', async () => {
    await begin();
    const file = write('failing', '# comment\nbul show 2001:db8::5\n\nstatsu\necho end');
    const said = await line(`run ${file}`);
    expect(said).toEqual({
      stdout: 'end\n',
      stderr: `mip6: ${file}:2: 2001:db8::5 is not in the Binding Update List.
mip6: ${file}:4: There is no command statsu. Did you mean "status"?
`,
      code: 2,
    });
    await line('set -e');
    expect(await line(`run ${file}`)).toMatchObject({ stdout: '', code: 1 });
  });

  it('react between their lines', async () => {
    await begin();
    linkUpAtHandover(mn, 'eth7');
    const file = write(
      'reacting',
      'on LINK_UP do echo up\nhandover eth0\nexpect LINK_UP\necho end\n',
    );
    const { stdout } = await line(`run ${file}`);
    expect(stdout.split('\n').filter((text) => /^(up|end)$/.test(text))).toEqual(['up', 'end']);
  });

  it('cannot run themselves for ever, nor be what they are not', async () => {
    await begin();
    const file = join(folder, 'self');
    writeFileSync(file, `run ${file}\n`);
    const said = await line(`run ${file}`);
    expect(said.code).toBe(2);
    expect(said.stderr).toContain('Files run each other 8 deep. Does one run itself?');
    expect(await line(`run ${folder}`)).toMatchObject({ code: 1 });
    expect(await line(`run ${join(folder, 'none')}`)).toMatchObject({ code: 1 });
    const long = write('long', 'x'.repeat(70_000));
    expect(await line(`run ${long}`)).toMatchObject({
      code: 2,
      stderr: 'mip6: A line is longer than 65536 octets.\n',
    });
  });
});

describe('use', () => {
  it('asks another daemon, and comes back to the events of the first', async () => {
    const ha = await startFake({
      text: HOME_AGENT,
      name: 'ha',
      socket: join(folder, 'run', 'ha.sock'),
      view: { role: 'ha', bul: [], bc: [BC], homes: [] },
    });
    open = await openSession({ name: 'mn' }, { directory: join(folder, 'run') });
    expect((await line('status | .role')).stdout).toBe('mn\n');
    expect((await line('use')).stdout).toBe(`ha  ${ha.socket}\nmn  ${mn.socket}  in use\n`);
    linkUpAtHandover(mn, 'eth7');
    await line('handover eth0');
    await seen('LINK_UP');
    expect((await line('use ha | .role')).stdout).toBe('ha\n');
    expect((await line('bc | .entries[0].flags')).stdout).toBe('AHL\n');
    expect((await line('bul --name mn | .total')).stdout).toBe('1\n');
    expect((await line(`use ${mn.socket}`)).code).toBe(0);
    expect((await line('expect LINK_UP within 1ms | .fields.link')).stdout).toBe('eth7\n');
    expect(await line('use cn')).toEqual({
      stdout: '',
      stderr: 'mip6: There is no node cn. There are ha, mn. Did you mean "mn"?\n',
      code: 2,
    });
    await ha.end();
    expect(await line('use ha')).toMatchObject({ code: 2 });
  });

  it('is asked for when several daemons run', async () => {
    const ha = await startFake({ name: 'ha', socket: join(folder, 'run', 'ha.sock') });
    open = await openSession({}, { directory: join(folder, 'run') });
    expect(await line('status')).toMatchObject({
      code: 2,
      stderr: 'mip6: Several daemons run here: ha, mn. Choose one with --name.\n',
    });
    expect((await line('use mn')).code).toBe(0);
    expect((await line('status | .role')).stdout).toBe('mn\n');
    await ha.end();
  });
});

describe('a daemon that goes and comes', () => {
  it('is said once, and found again by the next command', async () => {
    const socket = join(folder, 'brief.sock');
    let brief = await startFake({ socket, name: 'brief' });
    open = await openSession({ socket }, { interactive: true });
    expect((await line('status | .name')).stdout).toBe('brief\n');
    await brief.end();
    await expect.poll(() => open.session.daemons.current.isUp).toBe(false);
    expect(open.session.takeNotices()).toEqual([`brief went away (${socket}).`]);
    expect(await line('status')).toMatchObject({
      code: 3,
      stderr: expect.stringContaining(`No mip6 daemon on ${socket}.`) as string,
    });
    brief = await startFake({ socket, name: 'brief' });
    expect((await line('status | .name')).stdout).toBe('brief\n');
    expect(open.session.takeNotices()).toEqual(['Connected to brief again.']);
    await brief.end();
  });
});

describe('Ctrl-C', () => {
  it('ends a command that waits, with 130', async () => {
    await begin();
    for (const wait of [0, 2]) {
      const watching = line('watch');
      // At once, and when it has subscribed.
      await subscribed(wait);
      await expect.poll(() => open.session.interrupt()).toBe(true);
      expect(await watching).toMatchObject({ code: 130 });
    }
    const expecting = line('expect BU_SENT within 60s');
    await expect.poll(() => open.session.interrupt()).toBe(true);
    expect(await expecting).toMatchObject({ code: 130, stderr: 'mip6: Cancelled.\n' });
    expect(open.session.interrupt()).toBe(false);
  });

  it('a second time leaves what does not end alone, and mute', async () => {
    await begin();
    let answer: (value: never) => void = () => undefined;
    const { session } = open;
    const lend = session.daemons.lend.bind(session.daemons);
    session.daemons.lend = () => new Promise((done) => (answer = done as typeof answer));
    const stuck = line('bul');
    await expect.poll(() => session.interrupt()).toBe(true);
    session.interrupt();
    expect(await stuck).toMatchObject({ code: 130 });
    session.daemons.lend = lend;
    const later = await captured(async () => {
      answer((await lend({})) as never);
      await session.execute('status | .role');
      await session.execute('bc');
      return 0;
    });
    expect(later.stdout).toBe('mn\nThe Binding Cache is empty.\n');
  });

  it('ends a file that runs', async () => {
    await begin();
    const file = write('waiting', 'expect BU_SENT within 60s\necho end\n');
    const running = line(`run ${file}`);
    await expect.poll(() => open.session.interrupt()).toBe(true);
    expect(await running).toMatchObject({ code: 130, stdout: '' });
  });
});

describe('standard input that is no terminal', () => {
  const script = (within: string) => `# Ten lines that hand over and want to see it.
set --limit 5
home = status | .homes[0].homeAddress
echo "moving $home"
on LINK_UP do echo "seen on \${event.fields.link}"
handover eth0
expect LINK_UP where link=eth7 within ${within}
bul show $home | .entries[0].state
expect LINK_UP where link=eth8 within ${within}
echo done
`;

  it('is a script that succeeds when what it expects comes', async () => {
    linkUpAtHandover(mn, 'eth7', 'eth8');
    const { stdout, stderr, code } = await runScript(script('60s'), { socket: mn.socket });
    expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
    expect(stdout.split('\n').filter((text) => !/^\d\d:/.test(text))).toEqual([
      'moving 2001:db8:a::100',
      'Accepted, care-of address 2001:db8:b::7: link',
      'seen on eth7',
      'seen on eth8',
      'bound',
      'done',
      '',
    ]);
  });

  it('goes on after an expectation that fails, and its exit code says so', async () => {
    linkUpAtHandover(mn, 'eth7');
    const { stdout, stderr, code } = await runScript(script('300ms'), { socket: mn.socket });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'mip6: line 9: LINK_UP where link=eth8 did not come within 0.3 s. There came FORCED.\n',
    );
    expect(stdout.endsWith('done\n')).toBe(true);
  });

  it.each([
    ['the last failure counts', 'statsu\nbul show 2001:db8::5\necho end', 1, 'end\n'],
    ['set -e stops at the first', 'set -e\nstatsu\necho end', 2, ''],
    ['exit ends it, with its code', 'statsu\nexit 7\necho end', 7, ''],
    ['exit alone gives the last failure', 'bul show 2001:db8::5\nquit\necho end', 1, ''],
    ['exit takes a code only', 'exit 256\necho end', 2, 'end\n'],
    ['nothing is a success', '', 0, ''],
    ['a last line needs no end', 'echo end', 0, 'end\n'],
    ['lines may end as on Windows', 'echo a\r\necho b\r\n', 0, 'a\nb\n'],
  ])('%s', async (_, text, code, stdout) => {
    expect(await runScript(text, { socket: mn.socket })).toMatchObject({ code, stdout });
  });

  it('needs no daemon for what needs none', async () => {
    const nowhere = { socket: join(folder, 'nobody.sock') };
    expect(await runScript('explain 130 | .meanings[0].number', nowhere)).toEqual({
      stdout: '130\n',
      stderr: '',
      code: 0,
    });
    const { code, stderr } = await runScript('bul\nexpect BU_SENT', nowhere);
    expect(code).toBe(3);
    expect(stderr.match(/line \d: No mip6 daemon on/g)).toEqual([
      'line 1: No mip6 daemon on',
      'line 2: No mip6 daemon on',
    ]);
  });
});

async function begin(): Promise<Session> {
  linkUpAtHandover(mn);
  open = await openSession({ socket: mn.socket });
  await open.session.daemons.current.client();
  return open.session;
}

const line = (text: string): Promise<Said> => open.line(text);

function write(name: string, text: string): string {
  const file = join(folder, name);
  writeFileSync(file, text);
  return file;
}

/** The node finds carrier on these when it is told to hand over. */
function linkUpAtHandover(fake: FakeDaemon, ...links: string[]): void {
  const { role } = fake;
  role.handover = (target) => {
    for (const link of links) role.tell('LINK_UP', { link });
    return Object.getPrototypeOf(role).handover.call(role, target) as ReturnType<
      typeof role.handover
    >;
  };
}

/** Resolves when as many events with this code have come in since the last change. */
async function seen(code: string, count = 1): Promise<void> {
  const { current } = open.session.daemons;
  await expect
    .poll(() => current.log.since(current.mark).filter((e) => e.notice.code === code).length)
    .toBeGreaterThanOrEqual(count);
}

/** Resolves when the session has as many subscriptions that the daemon knows of. */
async function subscribed(feeds = 1): Promise<void> {
  const client = await open.session.daemons.current.client();
  for (let i = 0; i < feeds; i++) await client.call('events', { limit: 1 });
}
