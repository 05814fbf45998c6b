import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { BUILTINS } from '../../../src/cli/repl/builtins/index.js';
import { Catalogue } from '../../../src/cli/repl/catalogue.js';
import { complete } from '../../../src/cli/repl/complete.js';
import { completing, type CompletingContext } from '../../../src/cli/repl/completing.js';
import { LIVE_LIMIT, type LiveSources } from '../../../src/cli/repl/live-values.js';
import { literal, tokenize, type Word } from '../../../src/cli/repl/tokens.js';
import type { Control } from '../../../src/control/lease.js';
import { ControlClient } from '../../../src/control/client.js';
import { startFake, type FakeDaemon } from '../../helpers/fake-daemon.js';
import { programConfig } from './program-config.js';

let context: CompletingContext;
let folder: string;
let mn: FakeDaemon;
let client: ControlClient;
let sources: LiveSources;

beforeAll(async () => {
  context = {
    catalogue: Catalogue.of(await programConfig()),
    builtins: Object.keys(BUILTINS),
    variables: ['home', 'hop'],
    reactions: ['1', 'LINK_UP'],
    defaults: ['json'],
  };
  folder = mkdtempSync(join(tmpdir(), 'mip6-complete-'));
  mkdirSync(join(folder, 'a folder'));
  mkdirSync(join(folder, '.hidden'));
  writeFileSync(join(folder, 'a file'), '');
  mn = await startFake();
  client = await ControlClient.connect(mn.socket);
  sources = {
    client: async () => client,
    nodes: () => [{ name: 'roam/mn', names: ['roam/mn'], path: '/x', lab: 'roam' }],
    directory: folder,
  };
});
afterAll(async () => {
  client.close();
  await mn.end();
  rmSync(folder, { recursive: true });
});

describe('what fits', () => {
  it.each([
    ['', ['bul', 'config', 'expect', 'handover', 'lab', 'set', 'status']],
    ['bu', ['bul ']],
    ['bul ', ['del', 'refresh', 'set', 'show']],
    ['config ', ['check', 'show']],
    ['lab m', ['move ']],
    ['lab', ['lab ']],
    ['bul --', ['--help', '--json', '--limit', '--name', '--socket']],
    ['bul --json --j', []],
    ['watch --minimum ', ['debug', 'error', 'info', 'notice', 'warning']],
    ['watch -m ', ['debug', 'error', 'info', 'notice', 'warning']],
    ['watch --minimum=w', ['--minimum=warning ']],
    ['bul show ', ['192.0.2.100', '2001:db8:a::100']],
    ['bul show 2', ['2001:db8:a::100 ']],
    ['handover e', ['eth0 ']],
    ['handover ip', ['ipv4', 'ipv6']],
    ['handover eth0 ', []],
    ['lab run r', ['roam', 'roam-v4plain']],
    ['lab exec mn -- ', []],
    ['expect BINDING_ACC', ['BINDING_ACCEPTED ']],
    ['expect binding_acc', ['BINDING_ACCEPTED ']],
    ['expect LINK_UP ', ['where', 'within']],
    ['expect LINK_UP where ', ['link=']],
    ['expect BU_SENT where sequence=7 ', ['attempt=', 'careOf=', 'homeAddress=', 'within']],
    ['expect LINK_UP within ', []],
    ['on LINK_UP ', ['do', 'where']],
    ['on LINK_UP do bul ', ['del', 'refresh', 'set', 'show']],
    ['off ', ['1', 'LINK_UP']],
    ['set --mi', ['--minimum ']],
    ['set --minimum n', ['notice ']],
    ['unset ', ['--json', 'home', 'hop']],
    ['use ', ['roam/mn ']],
    ['help lab s', ['shell ']],
    ['echo $ho', ['$home', '$hop']],
    ['echo "x $hom', ['$home ']],
    ['echo ${hom', ['$home ']],
    [`echo '$ho`, []],
    ['x = bu', ['bul ']],
    ['bul | ', []],
    ['bul # ', []],
    ['xyzzy ', []],
  ])('behind "%s"', async (line, words) => {
    const { candidates } = await complete(line, context, sources);
    if (line === '') expect(candidates).toEqual(expect.arrayContaining(words));
    else expect(candidates).toEqual(words);
  });

  it('are files where a file is wanted, as they have to be typed', async () => {
    const ask = async (line: string) => (await complete(line, context, sources)).candidates;
    expect(await ask(`run ${folder}/`)).toEqual([`'${folder}/a file'`, `'${folder}/a folder/'`]);
    expect(await ask(`config check ${folder}/.h`)).toEqual([`${folder}/.hidden/`]);
    expect(await ask(`record '${folder}/a fi`)).toEqual([`'${folder}/a file' `]);
    expect(await ask(`trace --write ${folder}/none/`)).toEqual([]);
    expect(await ask('config check packag')).toEqual(['package-lock.json', 'package.json']);
  });

  it('replaces what was typed of the word', async () => {
    expect(await complete('bul sh', context, sources)).toEqual({
      candidates: ['show '],
      replaced: 'sh',
    });
    expect((await complete('echo "x $ho', context, sources)).replaced).toBe('$ho');
  });

  it('is known without a daemon, and waits for one no longer than its limit', async () => {
    const gone = { ...sources, client: () => Promise.reject(new Error('gone')) };
    expect((await complete('bul show ', context, gone)).candidates).toEqual([]);
    const mute = { ...sources, client: () => new Promise<Control>(() => undefined) };
    vi.useFakeTimers();
    try {
      let found: readonly string[] | undefined;
      const asked = complete('handover ', context, mute).then((c) => (found = c.candidates));
      await vi.advanceTimersByTimeAsync(LIVE_LIMIT - 1);
      expect(found).toBeUndefined();
      await vi.advanceTimersByTimeAsync(1);
      await asked;
      expect(found).toEqual([]);
    } finally {
      vi.useRealTimers();
    }
  });

  it('never fails, and always fits what is typed', () => {
    const words = [
      'bul',
      'show',
      '--limit',
      'expect',
      'LINK_UP',
      'where',
      'on',
      'do',
      '|',
      '=',
      '$home',
      `'a`,
      '"b',
      '--',
      'set',
    ];
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ maxLength: 4 }))),
        fc.constantFrom('', ' '),
        (parts, end) => {
          const line = parts.join(' ') + end;
          const found = completing(line, context);
          if (!found) return;
          expect(found.from).toBeLessThanOrEqual(line.length);
          for (const word of found.words) expect(word).not.toBe('');
        },
      ),
    );
  });
});

describe('the command that a line names', () => {
  it('is the longest that fits', () => {
    const { catalogue } = context;
    const find = (line: string) => catalogue.find(words(line))?.words.join(' ');
    expect(find('bul')).toBe('bul');
    expect(find('bul show x')).toBe('bul show');
    expect(find('bul --json')).toBe('bul');
    expect(find('lab')).toBeUndefined();
    expect(find('lab run roam')).toBe('lab run');
    expect(find('constructor')).toBeUndefined();
  });

  it('is itself, whatever comes behind', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...context.catalogue.commands),
        fc.array(fc.string()),
        (c, more) => {
          const found = context.catalogue.find([...c.words, ...more])!;
          expect(found.words.slice(0, c.words.length)).toEqual(c.words);
        },
      ),
    );
  });
});

const words = (line: string): string[] => tokenize(line).map((t) => literal(t as Word)!);
