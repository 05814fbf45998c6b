/** What the REPL does itself. */
import { UsageError } from '../../../base/error.js';
import type { Attendance } from '../attendance.js';
import type { Session } from '../session.js';
import { literal, type Word } from '../tokens.js';

export interface Builtin {
  readonly usage: string;
  readonly summary: string;
  /** Throws what goes wrong; the session says it. */
  run(session: Session, call: Call): Answer | Promise<Answer>;
}

export interface Call {
  /** Behind the builtin's name, with variables still in them. */
  readonly words: readonly Word[];
  readonly line: string;
  /** Its signal is aborted by Ctrl-C. */
  readonly running: Attendance;
}

/** `text` is for people, `value` for a selection. */
export interface Answer {
  readonly text?: string;
  readonly value?: unknown;
  /** Exit code; 0 unless said. */
  readonly code?: number;
}

/** Its words with variables in place. Throws `UsageError` for too few or too many. */
export function expanded(
  session: Session,
  { words }: Pick<Call, 'words'>,
  usage: string,
  least = 0,
  most = Infinity,
): readonly string[] {
  if (words.length < least || words.length > most) throw misused(usage);
  return words.map((word) => session.variables.expand(word));
}

export const misused = (usage: string): UsageError =>
  new UsageError('USAGE', `It is ${usage}.`, 'See "help".');

/** `--name`, `--name=`: the name, if the word is such a flag. */
export function flagName(word: Word | undefined): string | undefined {
  const text = word && !word.quoted ? literalStart(word) : undefined;
  return /^--([a-z][\w-]*)(=|$)/.exec(text ?? '')?.[1];
}

const literalStart = (word: Word): string | undefined => {
  const [first] = word.parts;
  return literal(word) ?? (first?.kind === 'text' ? first.text : undefined);
};
