/** docs/wire.md between its marks is what the tables say. `MIP6_WRITE_DOCS=1` writes it anew. */
import { readFileSync, writeFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { DESTINATION_OPTIONS } from '../../src/wire/ipv6-codec.js';
import { DHCP_OPTIONS } from '../../src/wire/dhcpv4/codec.js';
import { BA_FLAGS, BU_FLAGS, type FlagRow } from '../../src/wire/mobility/flag.js';
import { messageRows } from '../../src/wire/mobility/message-table.js';
import { OPAQUE_OPTIONS } from '../../src/wire/mobility/option/opaque.js';
import { lengthText } from '../../src/wire/mobility/option/row.js';
import { optionRows } from '../../src/wire/mobility/option-table.js';
import { ND_OPTIONS } from '../../src/wire/nd/codec.js';

const FILE = new URL('../../docs/wire.md', import.meta.url);
const BEGIN = '<!-- tables: written by test/wire/doc.test.ts -->\n';
const END = '<!-- end of tables -->';

it('lists every row of every table with its clause', () => {
  const text = readFileSync(FILE, 'utf8');
  const from = text.indexOf(BEGIN) + BEGIN.length;
  const to = text.indexOf(END);
  expect(from).toBeGreaterThanOrEqual(BEGIN.length);
  if (process.env['MIP6_WRITE_DOCS']) {
    writeFileSync(FILE, `${text.slice(0, from)}${tables()}${text.slice(to)}`);
    return;
  }
  expect(squeezed(text.slice(from, to))).toEqual(squeezed(tables()));
});

function tables(): string {
  return [
    section(
      'Mobility Header messages',
      ['type', 'message', 'fixed octets', 'least Header Len', 'clause'],
      messageRows().map((r) => [r.type, r.name, r.size, r.minHeaderLength, r.clause]),
    ),
    section('Flags of a Binding Update', ['bit', 'flag', 'name', 'clause'], flags(BU_FLAGS, 4)),
    section(
      'Flags of a Binding Acknowledgement',
      ['bit', 'flag', 'name', 'clause'],
      flags(BA_FLAGS, 2),
    ),
    section(
      'Mobility options',
      ['type', 'option', 'Option Length', 'fields', 'clause'],
      optionRows().map((r) => [
        r.type,
        r.name,
        r.kind === 'pad1' ? 'none' : lengthText(r.length),
        r.kind in OPAQUE_OPTIONS ? 'as octets' : 'all',
        r.clause,
      ]),
    ),
    section(
      'Neighbour discovery options',
      ['type', 'option', 'units of 8 octets', 'clause'],
      Object.values(ND_OPTIONS)
        .map((r) => [r.type, r.name, r.largest ? `${r.units} to ${r.largest}` : r.units, r.clause])
        .sort((a, b) => Number(a[0]) - Number(b[0])),
    ),
    section(
      'Destination options',
      ['type', 'option', 'length', 'clause'],
      Object.values(DESTINATION_OPTIONS).map((r) => [r.type, r.name, r.length, r.clause]),
    ),
    section(
      'DHCPv4 options',
      ['code', 'option', 'length', 'clause'],
      Object.values(DHCP_OPTIONS).map((r) => [r.type, r.name, r.length, r.clause]),
    ),
  ].join('\n');
}

const flags = (rows: readonly FlagRow[], digits: number) =>
  rows.map((r) => [`0x${r.bit.toString(16).padStart(digits, '0')}`, r.letter, r.name, r.clause]);

function section(
  title: string,
  head: readonly string[],
  rows: readonly (readonly unknown[])[],
): string {
  const line = (cells: readonly unknown[]) => `| ${cells.join(' | ')} |\n`;
  return `\n### ${title}\n\n${line(head)}${line(head.map(() => '---'))}${rows.map(line).join('')}`;
}

/** The formatter pads cells. */
const squeezed = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => line.replace(/\s+/g, ' ').replace(/-{3,}/g, '---').trim());
