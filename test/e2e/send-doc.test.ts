/** Every command line of docs/send.md does what it says there, in order. Numbers, addresses of chance and lab ids may differ. */
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { until } from './small-network.js';

const DOC = readFileSync(new URL('../../docs/send.md', import.meta.url), 'utf8');
const BIN = join(import.meta.dirname, '../../bin');
/** Of `lab move`: where the mobile node is bound then. */
const BOUND: Readonly<Record<string, RegExp>> = {
  visited1: /2001:db8:b:\S+ +eth0 +bound/,
  v4nat: /10\.1\.0\.\d+ +eth0 +bound/,
};
let folder: string;
let last = 0;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'mip6-test-'));
});
afterAll(async () => {
  await shell('mip6 lab down');
  rmSync(folder, { recursive: true, force: true });
}, 60_000);

it.each(examples(DOC))('$ $command', { timeout: 120_000 }, async ({ command, output }) => {
  if (command === 'echo $?') {
    expect(`${last}`).toBe(output);
    return;
  }
  const { code, text } = await shell(command);
  last = code;
  expect(shape(text)).toEqual(shape(output));
  const place = /^mip6 lab move mn (\w+)$/.exec(command)?.[1];
  if (place !== undefined) await bound(BOUND[place]!);
});

interface Example {
  readonly command: string;
  readonly output: string;
}

/** Lines that begin with `$ `, each with what follows it up to the next. */
function examples(markdown: string): Example[] {
  const blocks = [...markdown.matchAll(/^```\n(.*?)^```$/gms)].map((m) => m[1]!);
  return blocks.flatMap((block) =>
    block
      .split(/^\$ /m)
      .slice(1)
      .map((part) => {
        const [command, ...output] = part.trimEnd().split('\n');
        return { command: command!, output: output.join('\n') };
      }),
  );
}

/** What stays the same from run to run. */
function shape(text: string): string[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => !line.startsWith('Try "'))
    .map((line) =>
      line
        .replace(/^roam \(\w+\)|^(roam is up) \(\w+\)/, '$1 (id)')
        .replace(/\b(after|trip) [\d./]+ ms/g, '$1 N ms')
        .replace(/\b(seq|life) \d+/g, '$1 N'),
    );
}

async function bound(where: RegExp): Promise<void> {
  let shown = '';
  let asking = false;
  await until(`the mobile node is bound at ${where}`, () => {
    if (where.test(shown)) return true;
    if (!asking) {
      asking = true;
      void shell('mip6 lab exec mn -- mip6 bul').then(({ text }) => {
        shown = text;
        asking = false;
      });
    }
    return false;
  });
}

function shell(command: string): Promise<{ code: number; text: string }> {
  return new Promise((done, fail) => {
    const child = spawn('sh', ['-c', command], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'pipe'],
      env: {
        ...process.env,
        PATH: `${BIN}:${process.env['PATH'] ?? ''}`,
        MIP6_LAB_DIR: folder,
        NO_COLOR: '1',
      },
    });
    let text = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (part) => (text += String(part)));
    child.on('error', fail);
    child.on('close', (code) => done({ code: code ?? -1, text }));
  });
}
