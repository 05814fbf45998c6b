/** Every command line of docs/repl.md is run, and says what stands there. `MIP6_WRITE_DOCS=1` writes the table anew. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { BUILTINS } from '../../../src/cli/repl/builtins/index.js';
import { BC, HOME_AGENT, startFake, type FakeDaemon } from '../../helpers/fake-daemon.js';
import { openSession, type OpenSession } from './in-process.js';

const FILE = new URL('../../../docs/repl.md', import.meta.url);
const BEGIN = '<!-- builtins: written by test/cli/repl/doc.test.ts -->\n';
const END = '<!-- end of builtins -->';

let folder: string;
let laptop: FakeDaemon;
let agent: FakeDaemon;
let open: OpenSession;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-doc-'));
  process.env['MIP6_LAB_DIR'] = join(folder, 'labs');
  laptop = await startFake({ socket: join(folder, 'run', 'laptop.sock'), name: 'laptop' });
  agent = await startFake({
    socket: join(folder, 'run', 'agent.sock'),
    name: 'agent',
    text: HOME_AGENT,
    view: { role: 'ha', bul: [], bc: [BC], homes: [] },
  });
  registers(laptop);
  open = await openSession({ name: 'laptop' }, { directory: join(folder, 'run') });
  await open.session.daemons.current.client();
});
afterAll(async () => {
  open.session.close();
  await laptop.end();
  await agent.end();
  delete process.env['MIP6_LAB_DIR'];
  rmSync(folder, { recursive: true });
});

it('says what the REPL says', async () => {
  const said: string[] = [];
  const written: string[] = [];
  for (const { prompt, command, output } of transcript()) {
    if (prompt === '$') continue;
    const { current } = open.session.daemons;
    const role = current.hello?.role;
    expect(prompt).toBe(`mip6 ${role} ${current.hello?.name}>`);
    written.push(`${prompt} ${command}`, ...output);
    const { stdout, stderr } = await open.line(
      command.replaceAll('move.mip6', join(folder, 'move.mip6')),
    );
    let text = stdout + stderr;
    if (open.session.reactions.all.length > 0 && command.startsWith('handover')) {
      const { log, mark } = current;
      await expect
        .poll(() => log.since(mark).map((e) => e.notice.code))
        .toContain('BINDING_ACCEPTED');
      text += (await open.react()).stdout;
    }
    said.push(`${prompt} ${command}`, ...lines(text));
  }
  expect(said.length).toBeGreaterThan(80);
  expect(said.map(timeless)).toEqual(written.map(timeless));
});

it.skipIf(!existsSync('dist/src/cli/main.js'))('says what the shell says', async () => {
  for (const { prompt, command, output } of transcript()) {
    if (prompt !== '$') continue;
    const define = `mip6() { '${process.execPath}' bin/run.js "$@"; }; `;
    const typed = command.replaceAll('move.mip6', join(folder, 'move.mip6'));
    const environment = { ...process.env, MIP6_SOCKET: laptop.socket, NO_COLOR: '1' };
    const said = await shell(define + typed, environment);
    // Two streams: their lines may come in another order.
    expect(lines(said).sort()).toEqual([...output].sort());
  }
});

it('lists every word of the REPL', () => {
  const text = readFileSync(FILE, 'utf8');
  const [from, to] = [text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)];
  expect(from).toBeGreaterThanOrEqual(BEGIN.length);
  const rows = Object.values(BUILTINS).map(
    (b) => `| \`${b.usage.replaceAll('|', '\\|')}\` | ${b.summary} |\n`,
  );
  const table = `\n| word | what it does |\n| --- | --- |\n${rows.join('')}\n`;
  if (process.env['MIP6_WRITE_DOCS'])
    return writeFileSync(FILE, text.slice(0, from) + table + text.slice(to));
  expect(squeezed(text.slice(from, to))).toEqual(squeezed(table));
});

interface Step {
  readonly prompt: string;
  readonly command: string;
  readonly output: string[];
}

/** Of all blocks, in their order. */
function transcript(): Step[] {
  const steps: Step[] = [];
  for (const [, block] of readFileSync(FILE, 'utf8').matchAll(/^```\n(.*?)^```$/gms)) {
    for (const line of lines(block!)) {
      const [, prompt, command] = /^(mip6[\w ]*>|\$) (.*)$/.exec(line) ?? [];
      if (prompt !== undefined) steps.push({ prompt, command: command!, output: [] });
      else steps.at(-1)!.output.push(line);
    }
  }
  return steps;
}

function shell(command: string, env: NodeJS.ProcessEnv): Promise<string> {
  return new Promise((done) => {
    const child = spawn('bash', ['-c', command], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    const said: Buffer[] = [];
    child.stdout.on('data', (text: Buffer) => said.push(text));
    child.stderr.on('data', (text: Buffer) => said.push(text));
    child.on('close', () => done(Buffer.concat(said).toString()));
  });
}

/** As a node that is told to hand over, and does. */
function registers({ role }: FakeDaemon): void {
  let sequence = 7;
  role.handover = (target) => {
    const prototype = Object.getPrototypeOf(role) as typeof role;
    const answer = prototype.handover.call(role, target);
    if (!answer.accepted) return answer;
    const [homeAddress, careOf, peer] = ['2001:db8:a::100', '2001:db8:b::7', '2001:db8:a::1'];
    role.tell('BU_SENT', { sequence: ++sequence, homeAddress, careOf, attempt: 1 });
    role.tell('BA_RECEIVED', { sequence, peer, status: 0 });
    role.tell('BINDING_ACCEPTED', { homeAddress, careOf, lifetime: 600 });
    return answer;
  };
}

const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));
const timeless = (line: string): string =>
  line
    .replace(/\b\d\d:\d\d:\d\d\.\d{3}\b/, 'TIME')
    .replaceAll(folder, '/')
    .replaceAll('//', '/')
    .replaceAll('/run/mip6/', '/run/')
    .replaceAll('/move.mip6', 'move.mip6');
const squeezed = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.replace(/\s+/g, ' ').replace(/-{3,}/g, '---').trim())
    .filter((line) => line !== '');
