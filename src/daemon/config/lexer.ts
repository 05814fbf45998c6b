/**
 * Tokens of `mip6d.conf`. The rules are UMIP's, wider where it was needlessly strict: CR is a blank, every form of
 * IPv6 address is one, `.5` and `5.` are no numbers but `5` is a decimal.
 */
import { parseAddress, parseMac, type IpAddress } from '../../base/address.js';
import type { Findings, Position } from './finding.js';

export type Punctuation = ';' | '{' | '}' | '(' | ')' | ',' | '/';

export type Token = {
  readonly at: Position;
  /** As written, quotes included. */
  readonly text: string;
} & (
  | { readonly kind: 'word' }
  | { readonly kind: 'string'; readonly value: string }
  /** Digits only. */
  | { readonly kind: 'number'; readonly value: number }
  /** Digits, a point, digits. */
  | { readonly kind: 'decimal'; readonly value: number }
  | { readonly kind: 'address'; readonly value: IpAddress }
  | { readonly kind: 'mac' }
  | { readonly kind: Punctuation }
  | { readonly kind: 'invalid' }
  | { readonly kind: 'end' }
);
export type TokenKind = Token['kind'];

/** The last token is always `end`. */
export function tokenize(text: string, file: string, findings: Findings): Token[] {
  const tokens: Token[] = [];
  let line = 1;
  let lineStart = 0;
  let i = text.startsWith('\ufeff') ? 1 : 0;
  while (i < text.length) {
    const c = text[i]!;
    const at: Position = { file, line, column: i - lineStart + 1 };
    if (c === '\n') {
      line++;
      lineStart = ++i;
    } else if (c === ' ' || c === '\t' || c === '\r') {
      i++;
    } else if (c === '#') {
      i = endOfLine(text, i);
    } else if (c === '"') {
      const end = endOfString(text, i + 1);
      const closed = text[end] === '"';
      if (!closed) findings.warning('CONFIG_TOLERATED', at, 'The string has no closing quote.');
      const value = text.slice(i + 1, end).trimEnd();
      tokens.push({ kind: 'string', at, text: text.slice(i, closed ? end + 1 : end), value });
      i = closed ? end + 1 : end;
    } else if (isPunctuation(c)) {
      tokens.push({ kind: c, at, text: c });
      i++;
    } else {
      const run = /[^\s;{}(),/"#]+/y;
      run.lastIndex = i;
      const word = run.exec(text)![0];
      tokens.push(classify(word, at));
      i += word.length;
    }
  }
  tokens.push({ kind: 'end', at: { file, line, column: i - lineStart + 1 }, text: '' });
  return tokens;
}

/** What came, in an error message. */
export function describe(token: Token): string {
  switch (token.kind) {
    case 'end':
      return 'the end of the file';
    case 'string':
      return `the string ${token.text}`;
    case 'number':
    case 'decimal':
      return `the number ${token.text}`;
    case 'address':
      return `the address ${token.text}`;
    default:
      return `"${token.text}"`;
  }
}

function classify(text: string, at: Position): Token {
  if (/^\d+$/.test(text)) return { kind: 'number', at, text, value: Number(text) };
  if (/^\d+\.\d+$/.test(text)) return { kind: 'decimal', at, text, value: Number(text) };
  const address = parseAddress(text);
  if (address !== undefined) return { kind: 'address', at, text, value: address };
  if (parseMac(text) !== undefined) return { kind: 'mac', at, text };
  return { kind: /^[A-Za-z_][\w-]*$/.test(text) ? 'word' : 'invalid', at, text };
}

function endOfLine(text: string, from: number): number {
  const end = text.indexOf('\n', from);
  return end < 0 ? text.length : end;
}

/** Index of the closing quote, of the end of the line, or of the end of the text. */
function endOfString(text: string, from: number): number {
  let i = from;
  while (i < text.length && text[i] !== '"' && text[i] !== '\n') i++;
  return i;
}

const isPunctuation = (c: string): c is Punctuation => ';{}(),/'.includes(c);
