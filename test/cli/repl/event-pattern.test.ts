import { describe, expect, it } from 'vitest';
import {
  fieldNames,
  matches,
  parsePattern,
  patternText,
} from '../../../src/cli/repl/event-pattern.js';
import type { EventNotice } from '../../../src/control/api.js';

const NOTICE: EventNotice = {
  code: 'BINDING_ACCEPTED',
  severity: 'notice',
  sentence: '',
  fields: { homeAddress: '2001:db8::1', lifetime: 60, nat: true, note: '', none: null },
  at: '2026-01-01T00:00:00.000Z',
  monotonic: 0,
  node: 'mn',
};

describe('a pattern', () => {
  it.each([
    ['BINDING_ACCEPTED', true],
    ['binding_accepted', true],
    ['BINDING_REFUSED', false],
    ['BINDING_ACCEPTED where lifetime=60', true],
    ['BINDING_ACCEPTED where lifetime=61', false],
    ['BINDING_ACCEPTED where homeAddress=2001:DB8:0::1', true],
    ['BINDING_ACCEPTED where homeAddress=2001:db8::2', false],
    ['BINDING_ACCEPTED where nat=true lifetime=60', true],
    ['BINDING_ACCEPTED where nat=true lifetime=6', false],
    ['BINDING_ACCEPTED where note=', true],
    ['BINDING_ACCEPTED where none=null', true],
    ['BINDING_ACCEPTED where other=', false],
    ['BINDING_ACCEPTED where other=undefined', false],
    ['BINDING_ACCEPTED where toString=x', false],
  ])('%s fits: %s', (text, fits) => {
    const { pattern, rest } = parsePattern(text.split(' '));
    expect(rest).toEqual([]);
    expect(matches(pattern, NOTICE)).toBe(fits);
  });

  it('leaves the words that are no condition, and can be written out', () => {
    const { pattern, rest } = parsePattern('bu_sent where a=b=c within 2s'.split(' '));
    expect(rest).toEqual(['within', '2s']);
    expect(patternText(pattern)).toBe('BU_SENT where a=b=c');
    expect(parsePattern(['BU_SENT', 'x']).rest).toEqual(['x']);
  });

  it('knows the fields of an event', () => {
    expect(fieldNames('BU_SENT')).toEqual(['sequence', 'homeAddress', 'careOf', 'attempt']);
    expect(fieldNames('CLEANED')).toEqual([]);
  });

  it.each([
    [['toString'], 'There is no event toString.'],
    [[], 'Which event?'],
    [
      ['CLEANED', 'where', 'x'],
      'After "where" come conditions, not "x". FIELD=VALUE; CLEANED has no fields.',
    ],
  ])('%j is refused', (words, sentence) => {
    expect(() => parsePattern(words)).toThrow(sentence);
  });
});
