/**
 * A line as words, the way a shell reads it: blanks separate, quotes and backslashes keep together, `#` begins a comment,
 * `|` stands alone, and `$NAME` or `${NAME.path}` is a variable except in single quotes.
 */
import { UsageError } from '../../base/error.js';

export type Part =
  | { readonly kind: 'text'; readonly text: string }
  /** `path` as in a selection, such as `.fields.careOf`; empty for all of it. */
  | { readonly kind: 'variable'; readonly name: string; readonly path: string };

export interface Word {
  readonly kind: 'word';
  readonly parts: readonly Part[];
  /** A part of it stood in quotes or behind a backslash. */
  readonly quoted: boolean;
  /** Where it stands in the line: first character, and the one behind the last. */
  readonly start: number;
  readonly end: number;
}

export type Token = Word | { readonly kind: 'pipe'; readonly start: number; readonly end: number };

export interface Lexed {
  readonly tokens: readonly Token[];
  /** What is wrong at the end of the line, a sentence: a quote that is still open, a `${` without its end. */
  readonly problem: string | undefined;
  /** The line ends in a comment. */
  readonly comment: boolean;
}

/** Throws `UsageError` `REPL_SYNTAX`. */
export function tokenize(line: string): readonly Token[] {
  const { tokens, problem } = lex(line);
  if (problem !== undefined) throw new UsageError('REPL_SYNTAX', problem);
  return tokens;
}

/** As far as it goes, for a line that is still being typed. */
export function lex(line: string): Lexed {
  const tokens: Token[] = [];
  let at = 0;
  for (;;) {
    while (isBlank(line[at])) at++;
    const start = at;
    const first = line[at];
    if (first === undefined) return { tokens, problem: undefined, comment: false };
    if (first === '#') return { tokens, problem: undefined, comment: true };
    if (first === '|') {
      tokens.push({ kind: 'pipe', start, end: ++at });
      continue;
    }
    const word = new WordReader(line, at);
    const problem = word.read();
    at = word.at;
    tokens.push({ kind: 'word', parts: word.parts, quoted: word.quoted, start, end: at });
    if (problem !== undefined) return { tokens, problem, comment: false };
  }
}

/** The text of a word without variables; undefined when there is one in it. */
export function literal(word: Word): string | undefined {
  return word.parts.every((p) => p.kind === 'text')
    ? word.parts.map((p) => (p.kind === 'text' ? p.text : '')).join('')
    : undefined;
}

/** Is it this very text, and not in quotes? */
export const isBare = (token: Token | undefined, text: string): token is Word =>
  token?.kind === 'word' && !token.quoted && literal(token) === text;

/** As it has to be typed to be one word with this text. */
export function quote(text: string): string {
  if (PLAIN.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

class WordReader {
  readonly parts: Part[] = [];
  quoted = false;
  at: number;
  readonly #line: string;
  #text = '';

  constructor(line: string, at: number) {
    this.#line = line;
    this.at = at;
  }

  /** Up to the blank or pipe that ends it; gives what is wrong with it. */
  read(): string | undefined {
    let problem: string | undefined;
    while (problem === undefined && this.at < this.#line.length) {
      const c = this.#line[this.at]!;
      if (isBlank(c) || c === '|') break;
      if (c === "'") problem = this.#single();
      else if (c === '"') problem = this.#double();
      else if (c === '\\') problem = this.#escaped();
      else if (c === '$') problem = this.#dollar();
      else this.#take(c);
    }
    this.#flush();
    return problem;
  }

  #single(): string | undefined {
    const from = ++this.at;
    this.quoted = true;
    const end = this.#line.indexOf("'", from);
    this.#text += this.#line.slice(from, end < 0 ? undefined : end);
    this.at = end < 0 ? this.#line.length : end + 1;
    return end < 0 ? unclosed("'", from) : undefined;
  }

  #double(): string | undefined {
    const from = ++this.at;
    this.quoted = true;
    while (this.at < this.#line.length) {
      const c = this.#line[this.at]!;
      const next = this.#line[this.at + 1];
      if (c === '"') {
        this.at++;
        return undefined;
      }
      if (c === '\\' && (next === '"' || next === '\\' || next === '$')) {
        this.at++;
        this.#take(next);
      } else if (c === '$') {
        const problem = this.#dollar();
        if (problem !== undefined) return problem;
      } else this.#take(c);
    }
    return unclosed('"', from);
  }

  #escaped(): string | undefined {
    this.quoted = true;
    const next = this.#line[++this.at];
    if (next === undefined)
      return 'The line ends in a backslash: nothing is left for it to protect.';
    this.#take(next);
    return undefined;
  }

  /** A `$` that no name follows is a `$`. */
  #dollar(): string | undefined {
    const rest = this.#line.slice(this.at);
    const short = /^\$([A-Za-z_]\w*)/.exec(rest);
    const long = /^\$\{\s*([A-Za-z_]\w*)([^}]*)\}/.exec(rest);
    const found = short ?? long;
    if (!found) {
      if (rest.startsWith('${')) {
        this.#take(rest);
        return 'After "${" come a name, perhaps a path, and "}": ${NAME.path}.';
      }
      this.#take('$');
      return undefined;
    }
    this.#flush();
    this.parts.push({ kind: 'variable', name: found[1]!, path: (found[2] ?? '').trim() });
    this.at += found[0].length;
    return undefined;
  }

  #take(text: string): void {
    this.#text += text;
    this.at += text.length;
  }

  #flush(): void {
    if (this.#text !== '') this.parts.push({ kind: 'text', text: this.#text });
    this.#text = '';
  }
}

const isBlank = (c: string | undefined): boolean => c !== undefined && /\s/.test(c);
const unclosed = (mark: string, at: number): string =>
  `The ${mark} at column ${at} has no second one.`;

/** What needs no quotes, wherever it stands. */
const PLAIN = /^[\w.,:/@%+~-][\w.,:/@%+~=-]*$/;
