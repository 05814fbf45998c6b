import { describe, expect, it } from 'vitest';
import { findOption, findOptions, type MobilityOption } from '../../../src/wire/mobility/option.js';
import {
  MESSAGE_ROWS,
  messageName,
  messageRows,
} from '../../../src/wire/mobility/message-table.js';
import { OPTION_ROWS, optionRow, optionRows } from '../../../src/wire/mobility/option-table.js';
import { allowsLength, lengthText } from '../../../src/wire/mobility/option/row.js';
import { octets } from './vectors.js';

const CLAUSE = /^RFC \d{4}( §\d+(\.\d+)*)?$/;

describe('the option table', () => {
  const rows = Object.entries(OPTION_ROWS);

  it('names each type once, and each row by its kind', () => {
    expect(new Set(rows.map(([, row]) => row.type)).size).toBe(rows.length);
    for (const [kind, row] of rows) {
      expect(row.kind).toBe(kind);
      expect(row.clause).toMatch(CLAUSE);
      expect(optionRow(row.type)).toBe(row);
    }
    expect(optionRows().map((row) => row.type)).toEqual(
      rows.map(([, row]) => row.type).sort((a, b) => a - b),
    );
  });

  /** wire-level facts of each RFC, written down a second time. */
  it.each([
    ['Binding Refresh Advice', 2, '2', '2n+0'],
    ['Alternate Care-of Address', 3, '16', '8n+6'],
    ['Nonce Indices', 4, '4', '2n+0'],
    ['Mobile Network Prefix', 6, '18', '8n+4'],
    ['IPv4 Home Address', 29, '6', '4n+0'],
    ['IPv4 Address Acknowledgement', 30, '6', '4n+0'],
    ['NAT Detection', 31, '6', '4n+0'],
    ['IPv4 Care-of Address', 32, '6', '4n+0'],
  ])('%s is type %i, %s octets, at %s', (name, type, length, align) => {
    const row = optionRow(type)!;
    const [x, y] = row.align;
    expect([row.name, lengthText(row.length), `${x}n+${y}`]).toEqual([name, length, align]);
  });

  it('reads each row at every length its rule allows, and nothing past it', () => {
    for (const [, row] of rows) {
      const allowed = Array.from({ length: 256 }, (_, n) => n).filter((n) =>
        allowsLength(row.length, n),
      );
      expect(allowed.length, row.name).toBeGreaterThan(0);
    }
  });
});

describe('length rules', () => {
  it('say what they allow', () => {
    expect(lengthText({ kind: 'oneOf', lengths: [6] })).toBe('6');
    expect(lengthText({ kind: 'oneOf', lengths: [4, 8, 20] })).toBe('4, 8 or 20');
    expect(lengthText({ kind: 'range', min: 5, max: 255, step: 1 })).toBe('at least 5');
    const pairs = { kind: 'range', min: 2, max: 255, step: 2 } as const;
    expect(lengthText(pairs)).toBe('2, 4, 6 and so on');
    expect([0, 1, 2, 3, 4, 254, 255].filter((n) => allowsLength(pairs, n))).toEqual([2, 4, 254]);
  });
});

describe('the message table', () => {
  it('names each type once, and each row by its kind', () => {
    const rows = Object.entries(MESSAGE_ROWS);
    expect(new Set(rows.map(([, row]) => row.type)).size).toBe(rows.length);
    for (const [kind, row] of rows) {
      expect(row.kind).toBe(kind);
      expect(row.clause).toMatch(CLAUSE);
      // RFC 6275 §6.1.1: 8 octets, and 8 more for each unit.
      expect(8 * (row.minHeaderLength + 1)).toBeGreaterThanOrEqual(row.size);
      expect(8 * row.minHeaderLength).toBeLessThan(row.size);
    }
    expect(messageRows()).toHaveLength(rows.length);
  });

  it.each([
    ['Binding Refresh Request', 0, 0],
    ['Home Test Init', 1, 1],
    ['Care-of Test Init', 2, 1],
    ['Home Test', 3, 2],
    ['Care-of Test', 4, 2],
    ['Binding Update', 5, 1],
    ['Binding Acknowledgement', 6, 1],
    ['Binding Error', 7, 2],
  ])('%s is type %i with a Header Len of %i at least, RFC 6275 §6.1', (name, type, least) => {
    const row = messageRows().find((r) => r.type === type)!;
    expect([row.name, row.minHeaderLength]).toEqual([name, least]);
    expect(messageName(type)).toBe(name);
  });

  it('has a name for what it does not know', () => {
    expect(messageName(99)).toBe('Mobility Header type 99');
  });
});

describe('finding options', () => {
  it('gives the first of a kind, or all in order', () => {
    const list: MobilityOption[] = [
      { kind: 'padN', data: octets('') },
      { kind: 'nonceIndices', home: 1, careOf: 2 },
      { kind: 'nonceIndices', home: 3, careOf: 4 },
    ];
    expect(findOption(list, 'nonceIndices')).toBe(list[1]);
    expect(findOptions(list, 'nonceIndices')).toEqual(list.slice(1));
    expect(findOption(list, 'ipv4CareOf')).toBeUndefined();
  });
});
