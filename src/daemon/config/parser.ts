/**
 * Recursive descent over the grammar of `mip6d.conf`, directed by the schema: tokens in, typed statements out. A slip
 * is reported and stepped over, so that one run finds them all.
 */
import { isIpv6, type IpAddress, type Ipv4, type Ipv6 } from '../../base/address.js';
import type { Findings, Position } from './finding.js';
import { describe, tokenize, type Token, type TokenKind } from './lexer.js';
import {
  directive,
  directiveNames,
  FALSE_WORDS,
  otherScopes,
  TRUE_WORDS,
  type Directive,
  type Form,
  type Scope,
} from './schema.js';
import { didYouMean } from './suggest.js';

/** Host bits kept: `2001:db8::100/64` is an address with the length of its prefix. */
export interface AddressAndLength {
  readonly address: IpAddress;
  readonly length: number;
}

export type Value =
  | { readonly kind: 'boolean'; readonly value: boolean }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'text'; readonly value: string }
  | { readonly kind: 'address'; readonly value: IpAddress }
  | {
      readonly kind: 'prefix';
      readonly value: AddressAndLength;
      readonly more: readonly AddressAndLength[];
    }
  | {
      readonly kind: 'acl';
      readonly homeAddress: Ipv6;
      readonly homeAddress4: Ipv4 | null;
      readonly prefixes: readonly AddressAndLength[];
      readonly status: number;
    }
  | { readonly kind: 'block'; readonly label: string; readonly statements: readonly Statement[] }
  | { readonly kind: 'anything'; readonly text: string };

export interface Statement {
  readonly name: string;
  readonly at: Position;
  /** Of the first token of the value. */
  readonly valueAt: Position;
  readonly value: Value;
}

/** Where the text comes from. */
export interface Sources {
  /** Throws what `node:fs` throws. */
  read(file: string): string;
  /** Files that match, sorted. */
  glob(pattern: string): string[];
}

export function parseFile(
  file: string,
  sources: Sources,
  findings: Findings,
  from?: Position,
): Statement[] {
  return new Parser(file, sources, findings, 0).file(from);
}

class Parser {
  readonly #file: string;
  readonly #sources: Sources;
  readonly #findings: Findings;
  readonly #depth: number;
  #tokens: Token[] = [];
  #at = 0;

  constructor(file: string, sources: Sources, findings: Findings, depth: number) {
    this.#file = file;
    this.#sources = sources;
    this.#findings = findings;
    this.#depth = depth;
  }

  file(from?: Position, scope: Scope = 'top'): Statement[] {
    let text: string;
    try {
      text = this.#sources.read(this.#file);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? String(error);
      const why =
        code === 'ENOENT' ? 'there is no such file' : code === 'EACCES' ? 'no permission' : code;
      this.#findings.error(
        'CONFIG_FILE',
        from ?? { file: this.#file, line: 1, column: 1 },
        `Cannot read ${this.#file}: ${why}.`,
      );
      return [];
    }
    this.#tokens = tokenize(text, this.#file, this.#findings);
    const statements: Statement[] = [];
    while (this.#peek().kind !== 'end') {
      statements.push(...this.#statements(scope));
      const stray = this.#peek();
      if (stray.kind === 'end') break;
      this.#findings.error(
        'CONFIG_SYNTAX',
        stray.at,
        `There is no block for ${describe(stray)} to close.`,
      );
      this.#next();
      this.#tolerateSemicolon('}');
    }
    return statements;
  }

  /** Up to the end of the file or the `}` of the block. */
  #statements(scope: Scope): Statement[] {
    const statements: Statement[] = [];
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end' || token.kind === '}' || this.#findings.full) return statements;
      try {
        if (token.kind === 'word' && token.text === 'include')
          statements.push(...this.#include(scope));
        else {
          const statement = this.#statement(scope);
          if (statement) statements.push(statement);
        }
      } catch (error) {
        if (!(error instanceof Slip)) throw error;
        this.#findings.error(error.code, error.at, error.message);
        this.#recover(scope);
      }
    }
  }

  #statement(scope: Scope): Statement | undefined {
    const name = this.#peek();
    if (name.kind !== 'word')
      throw new Slip(name.at, `Expected a directive, came ${describe(name)}.`);
    const row = directive(scope, name.text);
    if (!row) throw new Slip(name.at, unknownSentence(scope, name.text), 'CONFIG_UNKNOWN');
    this.#next();
    const valueAt = this.#peek().at;
    const value = this.#value(row, row.form);
    const closed = value.kind === 'block' || this.#previous().kind === '}';
    if (closed) this.#tolerateSemicolon('}');
    else this.#semicolon();
    return this.#accepted(row, value, name.at)
      ? { name: name.text, at: name.at, valueAt, value }
      : undefined;
  }

  #value(row: Directive, form: Form): Value {
    switch (form.kind) {
      case 'boolean':
        return { kind: 'boolean', value: this.#boolean(row.name) };
      case 'number': {
        const { word } = form;
        if (word !== undefined && this.#peek().text === word)
          return { kind: 'text', value: this.#taken(word) };
        const or = word === undefined ? '' : ` or ${word}`;
        const token = this.#expect('number', `a whole number${unit(row)}${or}`, row.name);
        return { kind: 'number', value: this.#inRange(row, token.at, token.value, form) };
      }
      case 'decimal': {
        const token = this.#peek();
        if (token.kind !== 'number' && token.kind !== 'decimal')
          throw this.#unexpected(`a number${unit(row)}`, row.name);
        this.#next();
        return { kind: 'number', value: this.#inRange(row, token.at, token.value, form) };
      }
      case 'string':
        return {
          kind: 'text',
          value: this.#expect('string', 'a string in double quotes', row.name).value,
        };
      case 'word':
        return { kind: 'text', value: this.#oneOf(form.words, row.name) };
      case 'address':
        return { kind: 'address', value: this.#address(form.family, row.name) };
      case 'prefix': {
        if (form.word !== undefined && this.#peek().kind === 'word') {
          return { kind: 'text', value: this.#oneOf([form.word], row.name, 'an address') };
        }
        const value = this.#prefix(form.family, row.name, form.bare === true);
        return {
          kind: 'prefix',
          value,
          more: form.more ? this.#prefixList(form.family, row.name) : [],
        };
      }
      case 'acl':
        return this.#acl(row);
      case 'policy':
        return { kind: 'number', value: this.#policy(row.name) };
      case 'block':
        return this.#block(row, form);
      case 'anything':
        return { kind: 'anything', text: this.#skipValue(row) };
      default:
        return form satisfies never;
    }
  }

  #boolean(name: string): boolean {
    const token = this.#peek();
    const text = token.text;
    if (token.kind === 'word' && isOneOf(TRUE_WORDS, text)) return this.#taken(true);
    if (token.kind === 'word' && isOneOf(FALSE_WORDS, text)) return this.#taken(false);
    const meant = MEANT_BOOLEAN.get(text.toLowerCase());
    const hint = meant
      ? `Did you mean "${meant}"?`
      : didYouMean(text, [...TRUE_WORDS, ...FALSE_WORDS]);
    throw this.#unexpected('enabled or disabled', name, hint);
  }

  #taken<T>(value: T): T {
    this.#next();
    return value;
  }

  /** `other`: what may stand there besides. */
  #oneOf(words: readonly string[], name: string, other = ''): string {
    const token = this.#peek();
    if (token.kind === 'word' && words.includes(token.text)) return this.#taken(token.text);
    const wanted = other ? `${other} or ${words.join(', ')}` : `one of ${words.join(', ')}`;
    throw this.#unexpected(wanted, name, didYouMean(token.text, words));
  }

  #address(family: 4 | 6, name: string): IpAddress {
    const token = this.#peek();
    const wanted = family === 6 ? 'an IPv6 address' : 'an IPv4 address';
    if (token.kind !== 'address' || isIpv6(token.value) !== (family === 6))
      throw this.#unexpected(wanted, name);
    return this.#taken(token.value);
  }

  #prefix(family: 4 | 6, name: string, bare: boolean): AddressAndLength {
    const address = this.#address(family, name);
    const width = family === 6 ? 128 : 32;
    if (this.#peek().kind !== '/') {
      if (bare) return { address, length: width };
      throw this.#unexpected(`"/" and a prefix length after ${address}`, name);
    }
    this.#next();
    const length = this.#expect('number', 'a prefix length', name);
    if (length.value > width)
      throw new Slip(
        length.at,
        `A prefix length is 0 to ${width}, came ${length.text}.`,
        'CONFIG_VALUE',
      );
    return { address, length: length.value };
  }

  /** `( prefix, … )`, or nothing. */
  #prefixList(family: 4 | 6, name: string): AddressAndLength[] {
    const list: AddressAndLength[] = [];
    if (this.#peek().kind !== '(') return list;
    do {
      this.#next();
      list.push(this.#prefix(family, name, false));
    } while (this.#peek().kind === ',');
    this.#expect(')', '"," or ")"', name);
    return list;
  }

  #acl(row: Directive): Value {
    const homeAddress = this.#address(6, row.name) as Ipv6;
    const prefixes = this.#prefixList(6, row.name);
    let homeAddress4: Ipv4 | null = null;
    const word = this.#peek();
    if (word.kind === 'word' && word.text === 'HomeV4Address') {
      this.#next();
      homeAddress4 = this.#address(4, 'HomeV4Address') as Ipv4;
    }
    return { kind: 'acl', homeAddress, homeAddress4, prefixes, status: this.#policy(row.name) };
  }

  /** allow is 0, deny 129 (RFC 6275 §6.1.8: administratively prohibited). */
  #policy(name: string): number {
    const token = this.#peek();
    if (token.kind === 'number') {
      if (token.value > 255)
        throw new Slip(token.at, `A status is 0 to 255, came ${token.text}.`, 'CONFIG_VALUE');
      if (token.value > 0 && token.value < 128) {
        throw new Slip(
          token.at,
          `A status that refuses is 128 to 255, came ${token.text} (RFC 6275 §6.1.8).`,
          'CONFIG_VALUE',
        );
      }
      return this.#taken(token.value);
    }
    if (token.kind === 'word' && isOneOf(TRUE_WORDS, token.text)) return this.#taken(0);
    if (token.kind === 'word' && isOneOf(FALSE_WORDS, token.text))
      return this.#taken(ADMINISTRATIVELY_PROHIBITED);
    throw this.#unexpected(
      'allow, deny or a status',
      name,
      didYouMean(token.text, [...TRUE_WORDS, ...FALSE_WORDS, 'HomeV4Address']),
    );
  }

  #block(row: Directive, form: Extract<Form, { kind: 'block' }>): Value {
    const label = this.#expect('string', 'a name in double quotes', row.name).value;
    if (this.#peek().kind === ';' && !form.required) {
      this.#next();
      return { kind: 'block', label, statements: [] };
    }
    const open = this.#expect('{', form.required ? '"{"' : '";" or "{"', `${row.name} "${label}"`);
    const statements = this.#statements(form.scope);
    const close = this.#peek();
    if (close.kind !== '}') {
      throw new Slip(
        close.at,
        `Expected "}" to close the ${row.name} of line ${open.at.line}, came ${describe(close)}.`,
      );
    }
    this.#next();
    return { kind: 'block', label, statements };
  }

  /** Over everything up to `;`, or over one block. The text is what was skipped. */
  #skipValue(row: Directive): string {
    const texts: string[] = [];
    let depth = 0;
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end')
        throw new Slip(token.at, `Expected ";" after ${row.name}, came the end of the file.`);
      if (depth === 0 && (token.kind === ';' || token.kind === '}')) return texts.join(' ');
      this.#next();
      texts.push(token.text);
      if (token.kind === '{') depth++;
      if (token.kind === '}' && --depth === 0) return texts.join(' ');
    }
  }

  #include(scope: Scope): Statement[] {
    const at = this.#next().at;
    const pattern = this.#expect('string', 'a file name in double quotes', 'include').value;
    this.#tolerateSemicolon('include');
    if (this.#depth >= MAX_INCLUDE_DEPTH) {
      throw new Slip(at, `Files include each other more than ${MAX_INCLUDE_DEPTH} deep.`);
    }
    const files = this.#sources.glob(pattern);
    if (files.length === 0)
      this.#findings.warning('CONFIG_NO_EFFECT', at, `No file matches ${pattern}.`);
    return files.flatMap((file) =>
      new Parser(file, this.#sources, this.#findings, this.#depth + 1).file(at, scope),
    );
  }

  #semicolon(): void {
    const token = this.#peek();
    if (token.kind === ';') return void this.#next();
    const last = this.#previous();
    const end = { ...last.at, column: last.at.column + last.text.length };
    const message = `Expected ";" after ${describe(last)}, came ${describe(token)}.`;
    // On the next line the statement is over all the same: nothing to step over.
    if (token.at.line === last.at.line && token.kind !== '}') throw new Slip(end, message);
    this.#findings.error('CONFIG_SYNTAX', end, message);
  }

  #tolerateSemicolon(after: string): void {
    const token = this.#peek();
    if (token.kind !== ';' || this.#previous().text === ';') return;
    this.#findings.warning(
      'CONFIG_TOLERATED',
      token.at,
      `No ";" is needed after ${after === '}' ? '"}"' : after}; other mip6d versions refuse it.`,
    );
    this.#next();
  }

  #inRange(
    row: Directive,
    at: Position,
    value: number,
    form: { min: number; max: number; step?: number },
  ): number {
    if (value < form.min || value > form.max) {
      throw new Slip(
        at,
        `${row.name} is ${form.min} to ${form.max}${unit(row, ' ')}, came ${value}.`,
        'CONFIG_VALUE',
      );
    }
    if (form.step === undefined || value % form.step === 0) return value;
    const rounded = value - (value % form.step);
    this.#findings.warning(
      'CONFIG_TOLERATED',
      at,
      `${row.name} counts in steps of ${form.step}${unit(row, ' ')}: ${value} becomes ${rounded}.`,
    );
    return rounded;
  }

  /** What the schema says of a directive that this program cannot honour. */
  #accepted(row: Directive, value: Value, at: Position): boolean {
    if (row.status === 'supported') return true;
    if (row.status === 'dead') {
      this.#findings.error('CONFIG_DEAD', at, `"${row.name}" is a dead keyword: ${row.sentence}.`);
      return false;
    }
    if (row.inert === 'any') {
      this.#findings.warning('CONFIG_NO_EFFECT', at, `${row.name} has no effect: ${row.sentence}.`);
      return false;
    }
    const inert = row.inert ?? [];
    if (inert.includes(written(value))) return true;
    const only = inert[0] === undefined ? '' : ` Only "${row.name} ${inert[0]};" can be honoured.`;
    this.#findings.error(
      'CONFIG_NOT_YET',
      at,
      `${row.name} is not supported yet (${row.sentence}).${only}`,
    );
    return false;
  }

  /** To where the next statement probably begins. */
  #recover(scope: Scope): void {
    let depth = 0;
    let line = this.#peek().at.line;
    let first = true;
    for (;;) {
      const token = this.#peek();
      if (token.kind === 'end') return;
      const newLine = token.at.line > line;
      if (depth === 0 && token.kind === '}') return;
      if (depth === 0 && newLine && !first && token.kind === 'word' && directive(scope, token.text))
        return;
      line = token.at.line;
      first = false;
      this.#next();
      if (token.kind === '{') depth++;
      if (token.kind === '}' && --depth === 0) {
        if (this.#peek().kind === ';') this.#next();
        return;
      }
      if (depth === 0 && token.kind === ';') return;
    }
  }

  #peek(): Token {
    return this.#tokens[this.#at]!;
  }

  #previous(): Token {
    return this.#tokens[this.#at - 1]!;
  }

  #next(): Token {
    const token = this.#peek();
    if (token.kind !== 'end') this.#at++;
    return token;
  }

  #expect<K extends TokenKind>(kind: K, wanted: string, where: string): Token & { kind: K } {
    const token = this.#peek();
    if (token.kind !== kind) throw this.#unexpected(wanted, where);
    this.#next();
    return token as Token & { kind: K };
  }

  #unexpected(wanted: string, where: string, hint = ''): Slip {
    const token = this.#peek();
    return new Slip(
      token.at,
      `${where}: expected ${wanted}, came ${describe(token)}.${hint && ` ${hint}`}`,
    );
  }
}

/** Where the grammar was left. Never escapes the parser. */
class Slip extends Error {
  readonly at: Position;
  readonly code: 'CONFIG_SYNTAX' | 'CONFIG_UNKNOWN' | 'CONFIG_VALUE';

  constructor(at: Position, message: string, code: Slip['code'] = 'CONFIG_SYNTAX') {
    super(message);
    this.at = at;
    this.code = code;
  }
}

function unknownSentence(scope: Scope, name: string): string {
  const elsewhere = otherScopes(scope, name)[0];
  if (elsewhere) {
    const here = scope === 'top' ? 'at top level' : `inside ${scope}`;
    return `${name} does not stand ${here}, but ${elsewhere === 'top' ? 'at top level' : `inside ${elsewhere}`}.`;
  }
  const hint = didYouMean(name, directiveNames(scope));
  return `Unknown directive "${name}".${hint && ` ${hint}`}`;
}

/** As `inert` of the schema writes it. */
function written(value: Value): string {
  switch (value.kind) {
    case 'boolean':
      return value.value ? 'enabled' : 'disabled';
    case 'anything':
      return value.text;
    case 'number':
    case 'text':
    case 'address':
      return String(value.value);
    default:
      return '';
  }
}

const unit = (row: Directive, before = ' of '): string =>
  row.unit === 's' ? `${before}${before === ' ' ? 's' : 'seconds'}` : '';
const isOneOf = (words: readonly string[], word: string): boolean => words.includes(word);

const MEANT_BOOLEAN: ReadonlyMap<string, string> = new Map([
  ...['yes', 'on', '1', 'y'].map((word) => [word, 'enabled'] as const),
  ...['no', 'off', '0', 'n'].map((word) => [word, 'disabled'] as const),
]);
const ADMINISTRATIVELY_PROHIBITED = 129;
const MAX_INCLUDE_DEPTH = 5;
