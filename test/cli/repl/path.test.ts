import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { parsePath, pathText, select, type Path } from '../../../src/cli/repl/path.js';

const RESULT = {
  entries: [
    { careOf: '198.51.100.7', nat: null },
    { careOf: '2001:db8::7', nat: true },
  ],
  total: 2,
  counters: { 'mh-checksum': 3, '': 4, length: 5 },
  empty: [],
  none: {},
};

describe('a path', () => {
  it.each([
    ['.', RESULT],
    ['.total', 2],
    ['.entries[0].careOf', '198.51.100.7'],
    ['.entries[-1].careOf', '2001:db8::7'],
    ['.entries.length', 2],
    ['.entries[1].careOf.length', 11],
    ['.counters.mh-checksum', 3],
    ['.counters["mh-checksum"]', 3],
    ['.counters[""]', 4],
    ['.counters.length', 5],
    ['.entries[0].nat', null],
    ['["total"]', 2],
  ])('%s selects %j', (text, value) => {
    expect(select(RESULT, parsePath(text))).toEqual(value);
  });

  it.each([
    [
      '.entrie',
      'The result has no .entrie. It has .entries, .total, .counters, .empty, .none. Did you mean ".entries"?',
    ],
    [
      '.entries.careOf',
      '.entries is a list of 2, which has no .careOf. Choose of it with [0], [-1] …, or .length.',
    ],
    ['.entries[2]', '.entries has 2 elements: there is no [2].'],
    ['.entries[-3]', '.entries has 2 elements: there is no [-3].'],
    ['.empty[0]', '.empty is empty: there is no [0].'],
    ['.none.x', '.none has no .x. It is empty.'],
    ['.total[0]', '.total is number 2, which has no [0].'],
    [
      '[0]',
      'The result is an object, which has no [0]. It has .entries, .total, .counters, .empty, .none.',
    ],
    ['.entries[0].nat.x', '.entries[0].nat is null, which has no .x.'],
    ['.counters["a b"]', '.counters has no ["a b"]. It has .mh-checksum, [""], .length.'],
    ['.constructor', 'The result has no .constructor.'],
    ['.entries.map', '.entries is a list of 2, which has no .map.'],
    ['.__proto__', 'The result has no .__proto__.'],
  ])('%s says what there is', (text, sentence) => {
    expect(() => select(RESULT, parsePath(text))).toThrow(sentence);
  });

  it.each([
    ['', []],
    ['entries', '"entries" is no path.'],
    ['.a..b', '".a..b" is no path from "..b" on.'],
    ['.a[x]', '".a[x]" is no path from "[x]" on.'],
    ['.a[1.5]', 'is no path'],
    ['.5', 'is no path'],
    ['.a["b]', 'is no path'],
    ['.a'.repeat(65), 'The path has more than 64 steps.'],
  ])('%j is refused, or is all of it', (text, sentence) => {
    if (typeof sentence === 'string') expect(() => parsePath(text)).toThrow(sentence);
    else expect(parsePath(text)).toEqual(sentence);
  });

  it('is the same when it was written out', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 64 }), (path: Path) => {
        expect(parsePath(pathText(path))).toEqual(path);
      }),
    );
  });

  it('finds what a walk through the value finds, and never anything inherited', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.array(step, { maxLength: 4 }), (value, path: Path) => {
        const walked = walk(value, path);
        if (walked === ABSENT) expect(() => select(value, path)).toThrow(/ has | is /);
        else expect(select(value, path)).toEqual(walked);
      }),
    );
  });

  it('of any characters is a path or a sentence', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom(...'.[]"\\-09aZ_ ') }), (text) => {
        try {
          expect(pathText(parsePath(text))).not.toBe('');
        } catch (error) {
          expect((error as { code: string }).code).toBe('REPL_PATH');
        }
      }),
    );
  });
});

const ABSENT = Symbol('absent');

function walk(value: unknown, path: Path): unknown {
  let at = value;
  for (const s of path) {
    if (s.kind === 'index') {
      if (!Array.isArray(at) || at.at(s.index) === undefined) return ABSENT;
      at = at.at(s.index);
    } else if (typeof at === 'object' && at !== null && !Array.isArray(at)) {
      const entry = Object.entries(at).find(([name]) => name === s.name);
      if (!entry) return ABSENT;
      at = entry[1];
    } else if (s.name === 'length' && (Array.isArray(at) || typeof at === 'string')) at = at.length;
    else return ABSENT;
  }
  return at;
}

const step = fc.oneof(
  fc.oneof(fc.string(), fc.constantFrom('length', 'a', '__proto__', 'toString')).map((name) => ({
    kind: 'name' as const,
    name,
  })),
  fc.integer({ min: -3, max: 3 }).map((index) => ({ kind: 'index' as const, index })),
);
