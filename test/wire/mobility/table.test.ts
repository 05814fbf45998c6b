import { describe, expect, it } from 'vitest';
import { findOption, findOptions, type MobilityOption } from '../../../src/wire/mobility/option.js';
import {
  isBaseType,
  MESSAGE_ROWS,
  messageName,
  messageRows,
} from '../../../src/wire/mobility/message-table.js';
import { OPTION_ROWS, optionRow, optionRows } from '../../../src/wire/mobility/option-table.js';
import { alignmentOf, allowsLength, lengthText } from '../../../src/wire/mobility/option/row.js';
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
    ['Mobile Node Identifier', 8, 'at least 1', '1n+0'],
    ['Mobility Message Authentication', 9, 'at least 5', '4n+1'],
    ['Mobility Message Replay Protection', 10, '8', '8n+2'],
    ['CGA Parameters Request', 11, '0', '1n+0'],
    ['DNS Update', 17, 'at least 2', '1n+0'],
    ['Vendor Specific Mobility Option', 19, 'at least 5', '4n+2'],
    ['Service Selection', 20, 'at least 1', '1n+0'],
    ['Home Network Prefix', 22, '18', '8n+4'],
    ['Link-local Address', 26, '16', '8n+6'],
    ['Timestamp', 27, '8', '8n+2'],
    ['Restart Counter', 28, '4', '4n+2'],
    ['GRE Key', 33, '2 or 6', '4n+0'],
    ['Mobility Header IPv6 Address/Prefix', 34, '18', '8n+4'],
    ['Binding Identifier', 35, '4, 8 or 20', '2n+0'],
    ['IPv4 Home Address Request', 36, '6', '4n+0'],
    ['Flow Summary', 44, '2, 4, 6 and so on', '2n+0'],
    ['Redirect', 47, '6 or 18', '4n+0'],
    ['Alternate IPv4 Care-of Address', 49, '4', '4n+2'],
    ['MAG IPv6 Address', 51, '18', '8n+4'],
  ])('%s is type %i, %s octets, at %s', (name, type, length, align) => {
    const row = optionRow(type)!;
    const [x, y] = alignmentOf(row, Number.parseInt(length)); // of the least length
    expect([row.name, lengthText(row.length), `${x}n+${y}`]).toEqual([name, length, align]);
  });

  it('has a row for every option that IANA assigned, 0 to 70', () => {
    expect(optionRows().map((row) => row.type)).toEqual(Array.from({ length: 71 }, (_, n) => n));
  });

  it('aligns by the length where the RFC does', () => {
    expect(alignmentOf(OPTION_ROWS.bindingIdentifier, 4)).toEqual([2, 0]); // RFC 5648 §4.3
    expect(alignmentOf(OPTION_ROWS.bindingIdentifier, 8)).toEqual([8, 2]);
    expect(alignmentOf(OPTION_ROWS.bindingAuthorization, 12)).toEqual([8, 2]); // RFC 6275 §6.2.7
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
    expect(messageRows().map((row) => row.type)).toEqual(Array.from({ length: 24 }, (_, n) => n));
    expect(messageRows().filter((row) => isBaseType(row.type))).toHaveLength(8);
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
    ['Fast Binding Update', 8, 1],
    ['Fast Neighbor Advertisement', 10, 0],
    ['Home Agent Switch', 12, 0],
    ['Heartbeat', 13, 1],
    ['Handover Initiate', 14, 1],
    ['Binding Revocation', 16, 1],
    ['Localized Routing Acknowledgment', 18, 1],
    ['Update Notification', 19, 1],
    ['Flow Binding', 21, 1],
    ['Subscription Response', 23, 0],
  ])('%s is type %i with a Header Len of %i at least', (name, type, least) => {
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
