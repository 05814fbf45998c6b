/** What fits where the cursor stands: words that are known, and kinds of values that a daemon or this host knows. */
import { EVENTS } from '../../core/event.js';
import type { Catalogue, CommandEntry, FlagEntry } from './catalogue.js';
import { fieldNames, isCode } from './event-pattern.js';
import { liveKind, type LiveKind } from './live-kind.js';
import { isBare, lex, literal, type Token, type Word } from './tokens.js';

export interface Completing {
  /** Where in the line the word begins that is to be completed. */
  readonly from: number;
  /** What is typed of it, without its quotes. */
  readonly prefix: string;
  /** Before each candidate, such as `--name=`. */
  readonly before: string;
  readonly words: readonly string[];
  readonly live: readonly LiveKind[];
  /** Upper case is not asked for. */
  readonly anyCase?: boolean;
  /** Candidates are to stand as they are: a `$` must not be quoted. */
  readonly raw?: boolean;
}

export interface CompletingContext {
  readonly catalogue: Catalogue;
  readonly builtins: readonly string[];
  readonly variables: readonly string[];
  /** Codes and numbers that "off" takes. */
  readonly reactions: readonly string[];
  /** Names of flags that are set for every command. */
  readonly defaults: readonly string[];
}

/** `line` ends at the cursor. Undefined: nothing fits. */
export function completing(line: string, context: CompletingContext): Completing | undefined {
  const { tokens, comment, problem } = lex(line);
  if (comment) return undefined;
  const last = tokens.at(-1);
  const typed = last?.kind === 'word' && last.end === line.length ? last : undefined;
  if (typed) {
    const variable = variableAt(line.slice(typed.start), problem);
    if (variable !== undefined) {
      const words = context.variables.map((name) => `$${name}`);
      const from = line.length - variable.length;
      return {
        from,
        prefix: `$${variable.replace(/^\$\{?/, '')}`,
        before: '',
        words,
        live: [],
        raw: true,
      };
    }
  }
  const done = typed ? tokens.slice(0, -1) : tokens;
  const prefix = typed ? (literal(typed) ?? '') : '';
  const found = fitting(done, prefix, context);
  return found && { from: typed?.start ?? line.length, prefix, before: '', ...found };
}

type Fitting = Pick<Completing, 'words' | 'live'> & Partial<Completing>;

function fitting(
  done: readonly Token[],
  prefix: string,
  context: CompletingContext,
): Fitting | undefined {
  if (done.some((t) => t.kind === 'pipe')) {
    const reaction = isBare(done[0], 'on') && done.some((t) => isBare(t, 'do'));
    if (!reaction || done.at(-1)?.kind === 'pipe') return undefined;
  }
  const words = done.filter((t): t is Word => t.kind === 'word');
  const assigned = words.length >= 2 && isBare(words[1], '=') ? words.slice(2) : words;
  return ofCommand(
    assigned.map((word) => literal(word) ?? ''),
    prefix,
    context,
  );
}

/** `words` stand before what is typed. */
function ofCommand(
  words: readonly string[],
  prefix: string,
  context: CompletingContext,
): Fitting | undefined {
  const { catalogue, builtins } = context;
  const [first, ...rest] = words;
  if (first === undefined) return only([...builtins, ...catalogue.next([])]);
  if (builtins.includes(first)) return ofBuiltin(first, rest, prefix, context);
  const entry = catalogue.find(words);
  const next = catalogue.next(words);
  if (!entry) return only(next);
  return ofArguments(entry, words.slice(entry.words.length), prefix, next);
}

function ofArguments(
  entry: CommandEntry,
  argv: readonly string[],
  prefix: string,
  next: readonly string[],
): Fitting | undefined {
  if (argv.includes('--')) return undefined;
  const before = argv.at(-1);
  const waiting = entry.flags.find((f) => f.takesValue && before !== undefined && names(f, before));
  if (waiting) return valuesOf(entry, waiting);
  const equals = /^--([\w-]+)=/.exec(prefix);
  if (equals) {
    const flag = entry.flags.find((f) => f.name === equals[1] && f.takesValue);
    if (!flag) return undefined;
    const part = { before: equals[0], prefix: prefix.slice(equals[0].length) };
    return { ...valuesOf(entry, flag), ...part };
  }
  if (prefix.startsWith('-')) {
    const free = entry.flags.filter((f) => !argv.some((word) => names(f, word)));
    return only([...free.map((f) => `--${f.name}`), '--help']);
  }
  const place = positionals(entry, argv);
  const argument = entry.args[place];
  const live = argument && liveKind(entry.words, argument.name, undefined);
  return {
    words: [...next, ...(argument?.options ?? [])],
    live: live === undefined ? [] : [live],
  };
}

function ofBuiltin(
  name: string,
  words: readonly string[],
  prefix: string,
  context: CompletingContext,
): Fitting | undefined {
  const { catalogue, builtins, variables, defaults } = context;
  switch (name) {
    case 'expect':
      return ofPattern(words, 'within');
    case 'on': {
      const at = words.indexOf('do');
      return at < 0 ? ofPattern(words, 'do') : ofCommand(words.slice(at + 1), prefix, context);
    }
    case 'off':
      return words.length === 0 ? only(context.reactions) : undefined;
    case 'set': {
      if (words.length === 0)
        return only([...catalogue.flagNames.map((n) => `--${n}`), '-e', '+e']);
      const flag = catalogue.flag(words[0]!.replace(/^--/, ''));
      return words.length === 1 && flag?.takesValue ? valuesOf(undefined, flag) : undefined;
    }
    case 'unset':
      return words.length === 0
        ? only([...variables, ...defaults.map((n) => `--${n}`)])
        : undefined;
    case 'use':
      return words.length === 0 ? { words: [], live: ['node'] } : undefined;
    case 'record':
    case 'run':
      return words.length === 0 ? { words: [], live: ['file'] } : undefined;
    case 'help':
      return only([...(words.length === 0 ? builtins : []), ...catalogue.next(words)]);
    default:
      return undefined;
  }
}

/** EVENT [where FIELD=VALUE …] KEYWORD */
function ofPattern(words: readonly string[], keyword: string): Fitting | undefined {
  const [event, where, ...conditions] = words;
  if (event === undefined) return { words: Object.keys(EVENTS), live: [], anyCase: true };
  if (where === undefined) return only(['where', keyword]);
  const code = event.toUpperCase();
  if (where !== 'where' || conditions.includes(keyword) || !isCode(code)) return undefined;
  const said = conditions.map((c) => c.split('=')[0]);
  const free = fieldNames(code).filter((field) => !said.includes(field));
  return only([...free.map((field) => `${field}=`), ...(conditions.length > 0 ? [keyword] : [])]);
}

function valuesOf(entry: CommandEntry | undefined, flag: FlagEntry): Fitting {
  const live = liveKind(entry?.words ?? [], flag.name, flag.helpValue);
  const none = flag.options.length > 0 || live === undefined;
  return { words: flag.options, live: none ? [] : [live] };
}

/** How many words are arguments: not flags, nor values of flags. */
function positionals(entry: CommandEntry, argv: readonly string[]): number {
  return argv.filter((word, i) => {
    const before = argv[i - 1];
    const value = entry.flags.some((f) => f.takesValue && before !== undefined && names(f, before));
    return !value && !word.startsWith('-');
  }).length;
}

const names = (flag: FlagEntry, word: string): boolean =>
  word === `--${flag.name}` || (flag.char !== undefined && word === `-${flag.char}`);

const only = (words: readonly string[]): Fitting => ({ words, live: [] });

/** `$na` or `${na` at the end of the word, if it can be a variable there. */
function variableAt(raw: string, problem: string | undefined): string | undefined {
  const found = /(?<!\\)\$\{?\w*$/.exec(raw)?.[0];
  if (found === undefined) return undefined;
  return problem?.startsWith("The '") ? undefined : found;
}
