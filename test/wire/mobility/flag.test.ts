import { describe, expect, it } from 'vitest';
import {
  BA_FLAG,
  BA_FLAGS,
  BU_FLAG,
  BU_FLAGS,
  flagLetters,
} from '../../../src/wire/mobility/flag.js';

describe('flags', () => {
  it.each([
    ['Binding Update', BU_FLAG, BU_FLAGS, 0x8000],
    ['Binding Acknowledgement', BA_FLAG, BA_FLAGS, 0x80],
  ])('of a %s have a row for each name, from the first bit down without a gap', (...given) => {
    const [, names, rows, first] = given;
    expect(rows.map((row) => row.bit)).toEqual(Object.values(names));
    expect(rows.map((row) => row.bit)).toEqual(rows.map((_, i) => first >> i));
    for (const row of rows) expect(row.clause).toMatch(/^RFC \d{4}( §\d+(\.\d+)*)?$/);
  });

  it('read as letters in the order of the wire', () => {
    expect(flagLetters(BU_FLAG.home | BU_FLAG.acknowledge | BU_FLAG.forceUdp, BU_FLAGS)).toBe(
      'AHF',
    );
    expect(flagLetters(0xfff0, BU_FLAGS)).toBe('AHLKMRPFTBSD');
    expect(flagLetters(0xfe, BA_FLAGS)).toBe('KRPTBSD');
    expect(flagLetters(0x000f, BU_FLAGS)).toBe('');
  });
});
