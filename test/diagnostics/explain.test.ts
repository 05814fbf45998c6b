import { describe, expect, it } from 'vitest';
import { EVENTS } from '../../src/core/event.js';
import { explain, meanings } from '../../src/diagnostics/explain.js';
import { messageRows } from '../../src/wire/mobility/message-table.js';
import { optionRows } from '../../src/wire/mobility/option-table.js';
import { bindingAckStatuses } from '../../src/wire/mobility/status.js';

const what = (word: string) => explain(word).meanings.map((m) => m.what);

describe('everything has a meaning', () => {
  it('messages, options, statuses and events, by name and by number', () => {
    const rows = [...messageRows(), ...optionRows()];
    for (const { name, type } of rows) {
      expect(
        explain(name).meanings.map((m) => m.name),
        name,
      ).toContain(name);
      expect(
        explain(String(type)).meanings.map((m) => m.name),
        `${type}`,
      ).toContain(name);
    }
    for (const { name, code } of bindingAckStatuses()) {
      expect(explain(String(code)).meanings.map((m) => m.name)).toContain(name);
    }
    for (const code of Object.keys(EVENTS)) {
      expect(
        explain(code).meanings.filter((m) => m.kind === 'event' && m.name === code),
      ).toHaveLength(1);
    }
  });

  it('in full sentences, each with its clause', () => {
    for (const m of meanings()) {
      expect(m.meaning, m.name).toMatch(/[.!?]$/);
      expect(m.clause, m.name).toMatch(/^(RFC \d+|IANA|ours)/);
      if (m.advice !== undefined) expect(m.advice, m.name).toMatch(/[.!?]$/);
    }
  });
});

describe('what means several things says them all', () => {
  it('K is a flag of update and acknowledgement', () => {
    expect(what('K').slice(0, 2)).toEqual([
      'flag of the Binding Update, 0x1000',
      'flag of the Binding Acknowledgement, 0x80',
    ]);
  });

  it('144 is two statuses by context and an ICMPv6 message', () => {
    expect(what('144')).toEqual([
      'Binding Acknowledgement status 144, refused',
      'Binding Acknowledgement status 144, refused, when the Binding Update had F set',
      'ICMPv6 message, type 144',
    ]);
    expect(what('0x90')).toEqual(what('144'));
  });

  it('135 is a status, a message and a protocol', () => {
    expect(what('135')).toContain('Binding Acknowledgement status 135, refused');
    expect(what('135')).toContain('ICMPv6 message, type 135');
    expect(what('135')).toContain('IP protocol number 135');
  });
});

describe('words', () => {
  it('are taken in any spelling, and short', () => {
    for (const word of ['NAT-DETECTION', 'nat detection', 'natDetection', 'NAT_Detection']) {
      expect(what(word)).toEqual(['mobility option, type 31, 6 octets']);
    }
    expect(what('BU')).toEqual(['Mobility Header message, type 5']);
    expect(what('HoTI')).toEqual(['Mobility Header message, type 1']);
    expect(what('mh-checksum')).toEqual(['reason for which a packet is refused']);
    expect(what('WIRE_LIMIT')).toEqual(['error code']);
  });

  it('have near ones when nobody knows them', () => {
    expect(explain('bindng update')).toMatchObject({
      meanings: [],
      near: ['Binding Update', 'DNS Update'],
    });
    expect(explain('xyzzy')).toEqual({ word: 'xyzzy', meanings: [], near: [] });
    expect(explain('99999').meanings).toEqual([]);
    expect(explain(' ').meanings).toEqual([]);
  });
});
