/** docs/send.md between its marks is what the tables say. `MIP6_WRITE_DOCS=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { listMessages } from '../../../src/cli/send/field-list.js';
import * as limits from '../../../src/cli/send/limits.js';
import { FAULTS, FAULT_TEXTS } from '../../../src/diagnostics/craft/faults.js';

const FILE = new URL('../../../docs/send.md', import.meta.url);
const PARTS: Readonly<Record<string, () => string>> = { messages, faults };

it.each(Object.entries(PARTS))('lists all %s', (name, make) => {
  const text = readFileSync(FILE, 'utf8');
  const begin = `<!-- ${name}: written by test/cli/send/doc.test.ts -->\n`;
  const from = text.indexOf(begin) + begin.length;
  const to = text.indexOf(`<!-- end of ${name} -->`);
  expect(from).toBeGreaterThanOrEqual(begin.length);
  if (process.env['MIP6_WRITE_DOCS']) {
    writeFileSync(FILE, `${text.slice(0, from)}${make()}\n${text.slice(to)}`);
    return;
  }
  expect(squeezed(text.slice(from, to))).toEqual(squeezed(make()));
});

it('names the limits', () => {
  const text = readFileSync(FILE, 'utf8');
  for (const [name, limit] of Object.entries(limits)) {
    if (name === 'DEFAULT_INTERVAL') continue; // the help says it
    expect(text, name).toMatch(new RegExp(`\\b${limit}\\b`));
  }
});

function messages(): string {
  return table(
    ['word', 'type', 'message', 'answered by', 'clause'],
    listMessages().messages.map((m) => [
      `\`${m.word}\``,
      m.layer === 'mh' ? `MH ${m.type}` : `ICMPv6 ${m.type}`,
      m.name,
      m.answer === null ? '' : `\`${m.answer}\``,
      m.clause,
    ]),
  );
}

function faults(): string {
  return table(
    ['`--break`', 'octets', 'what the receiver does', 'clause'],
    FAULTS.map((fault) => {
      const { does, answer, clause } = FAULT_TEXTS[fault];
      return [`\`${fault}\``, does, answer, clause];
    }),
  );
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |\n`;
  return `\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** The formatter pads cells. */
const squeezed = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(/\s+/g, ' ').replace(/-{3,}/g, '---').trim());
