/** A line as what it asks for: `COMMAND`, `COMMAND | .path`, `NAME = COMMAND | .path`. */
import { UsageError } from '../../base/error.js';
import { parsePath, type Path } from './path.js';
import { isBare, literal, tokenize, type Token, type Word } from './tokens.js';

export interface Statement {
  /** As typed. */
  readonly line: string;
  /** Of the command or builtin; at least one. */
  readonly words: readonly Word[];
  /** Undefined: print the answer as it is. */
  readonly path: Path | undefined;
  /** The variable that takes the answer. */
  readonly assign: string | undefined;
}

/** Undefined: nothing but blanks and a comment. Throws `UsageError` `REPL_SYNTAX`, `REPL_PATH`. */
export function parseStatement(line: string): Statement | undefined {
  const tokens = tokenize(line);
  if (tokens.length === 0) return undefined;
  // What comes after "do" is for later: its "|" is not ours.
  if (isBare(tokens[0], 'on') && tokens.some((t) => isBare(t, 'do')))
    return { line, words: tokens.filter(isWord), path: undefined, assign: undefined };
  const assign = assigned(tokens);
  const rest = assign === undefined ? tokens : tokens.slice(2);
  const firstPipe = rest.findIndex((t) => t.kind === 'pipe');
  const words = (firstPipe < 0 ? rest : rest.slice(0, firstPipe)).filter(isWord);
  const path = firstPipe < 0 ? undefined : selection(rest.slice(firstPipe), line);
  if (words.length === 0) {
    const where = assign === undefined ? 'before "|"' : `after "${assign} ="`;
    throw new UsageError('REPL_SYNTAX', `A command is missing ${where}.`);
  }
  return { line, words, path, assign };
}

function assigned(tokens: readonly Token[]): string | undefined {
  const [name, equals] = tokens;
  if (name?.kind !== 'word' || name.quoted || !isBare(equals, '=')) return undefined;
  const text = literal(name);
  return text !== undefined && NAME.test(text) ? text : undefined;
}

/** `| .a | .b` is `| .a.b`. */
function selection(tokens: readonly Token[], line: string): Path {
  const steps: Path[number][] = [];
  for (let i = 0; i < tokens.length; i += 2) {
    const word = tokens[i + 1];
    const after = tokens[i + 2];
    const text = word?.kind === 'word' ? pathIn(word, line) : undefined;
    if (text === undefined || (after && after.kind !== 'pipe')) {
      const what = 'After "|" comes one path, such as .entries[0].careOf.';
      throw new UsageError('REPL_SYNTAX', what, 'Programs read the answer in a shell, by --json.');
    }
    steps.push(...parsePath(text));
  }
  return steps;
}

/** As typed, for its quotes belong to `["any name"]`; around all of it, as in jq, they may stand too. */
function pathIn(word: Word, line: string): string | undefined {
  const raw = line.slice(word.start, word.end);
  return raw.startsWith("'") ? literal(word) : raw;
}

const isWord = (token: Token): token is Word => token.kind === 'word';

export const NAME = /^[A-Za-z_]\w*$/;
