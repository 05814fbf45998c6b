import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isBare, lex, literal, quote, tokenize, type Word } from '../../../src/cli/repl/tokens.js';

describe('a line', () => {
  it.each([
    ['bul show  2001:db8::1', ['bul', 'show', '2001:db8::1']],
    [`a 'b  c' d`, ['a', 'b  c', 'd']],
    [`"b  c"`, ['b  c']],
    [`'it'\\''s'`, [`it's`]],
    [`a\\ b`, ['a b']],
    [`"a\\"b\\\\c\\n"`, ['a"b\\c\\n']],
    [`'a\\b'`, ['a\\b']],
    [`''`, ['']],
    ['a#b # c', ['a#b']],
    ['# all of it', []],
    ['   ', []],
    ['a|b', ['a', '|', 'b']],
    [`a '|' b`, ['a', '|', 'b']],
    ['\ta\u00a0b\r', ['a', 'b']],
    ['price $ 5 $5 \\$x', ['price', '$', '5', '$5', '$x']],
    [`'$x' "\\$x"`, ['$x', '$x']],
    [`{"a":1}`, ['{a:1}']],
    [`'{"a":1}'`, ['{"a":1}']],
  ])('%s is %j', (line, words) => {
    expect(tokenize(line).map((t) => (t.kind === 'pipe' ? '|' : literal(t)))).toEqual(words);
  });

  it('has variables, with paths, in words and in double quotes', () => {
    const parts = tokenize('a$x "${y.a[0]} $z"b').map((t) => (t as Word).parts);
    expect(parts).toEqual([
      [
        { kind: 'text', text: 'a' },
        { kind: 'variable', name: 'x', path: '' },
      ],
      [
        { kind: 'variable', name: 'y', path: '.a[0]' },
        { kind: 'text', text: ' ' },
        { kind: 'variable', name: 'z', path: '' },
        { kind: 'text', text: 'b' },
      ],
    ]);
  });

  it.each([
    [`a 'b`, `The ' at column 3 has no second one.`],
    [`a "b 'c'`, `The " at column 3 has no second one.`],
    ['a\\', 'The line ends in a backslash: nothing is left for it to protect.'],
    ['a ${', 'After "${" come a name, perhaps a path, and "}": ${NAME.path}.'],
    ['a ${5}', 'After "${" come a name, perhaps a path, and "}": ${NAME.path}.'],
    ['"${x"', 'After "${" come a name, perhaps a path, and "}": ${NAME.path}.'],
  ])('%s is refused', (line, sentence) => {
    expect(() => tokenize(line)).toThrow(sentence);
    expect(lex(line).problem).toBe(sentence);
  });

  it('of any characters becomes words or a sentence, and the words stand where they say', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: symbols }), (a, b) => {
        for (const line of [a, b]) {
          const { tokens, problem } = lex(line);
          let at = 0;
          for (const token of tokens) {
            expect(token.start).toBeGreaterThanOrEqual(at);
            expect(token.end).toBeGreaterThan(token.start);
            at = token.end;
          }
          expect(at).toBeLessThanOrEqual(line.length);
          if (problem === undefined) expect(tokenize(line)).toEqual(tokens);
          else expect(() => tokenize(line)).toThrow(problem);
        }
      }),
    );
  });

  it('is read as the words that were quoted into it', () => {
    fc.assert(
      fc.property(fc.array(fc.oneof(fc.string(), fc.string({ unit: symbols }))), (words) => {
        const tokens = tokenize(words.map(quote).join(' '));
        expect(tokens.map((t) => literal(t as Word))).toEqual(words);
      }),
    );
  });
});

it('a word in quotes is no keyword', () => {
  const [bare, quoted] = tokenize(`do 'do'`);
  expect([isBare(bare, 'do'), isBare(quoted, 'do')]).toEqual([true, false]);
});

/** What has a meaning, and little else. */
const symbols = fc.constantFrom(...`'"\\$\{\}|# \t.=[]-`, 'a', 'x5', '\u2028', '😀');
