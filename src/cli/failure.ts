/** Any thrown thing as one or two sentences, a code and an exit code. Never a stack trace. */
import { UsageError } from '../base/error.js';
import { didYouMean } from '../daemon/config/suggest.js';
import { EXIT, EXIT_BY_CODE } from './exit-codes.js';

export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly exit: number;
}

/** What a failed command knows of itself, for suggestions. */
export interface FailureContext {
  /** As typed, such as `mip6 bul show`. */
  readonly command: string;
  readonly flags: readonly string[];
}

export function failureOf(error: unknown, context: FailureContext): Failure {
  if (!(error instanceof Error))
    return { code: 'UNEXPECTED', message: String(error), exit: EXIT.no };
  // Ctrl-C at a question of `inquirer`.
  if (error.name === 'ExitPromptError')
    return { code: 'CANCELLED', message: 'Cancelled.', exit: EXIT.no };
  if (isParseError(error))
    return { code: 'USAGE', message: parseSentence(error, context), exit: EXIT.usage };
  const code = codeOf(error);
  const row = code === undefined ? undefined : EXIT_BY_CODE[code];
  if (row) return { code: code!, message: error.message, exit: EXIT[row] };
  if (error instanceof UsageError)
    return { code: error.code, message: error.message, exit: EXIT.usage };
  if (isOclif(error)) {
    const exit = error.oclif.exit ?? EXIT.usage;
    const help = exit === EXIT.usage ? ` See "${context.command} --help".` : '';
    return { code: 'USAGE', message: `${sentence(error.message)}${help}`, exit };
  }
  return { code: code ?? 'UNEXPECTED', message: error.message, exit: EXIT.no };
}

export const isExit = (error: unknown): boolean => codeOf(error) === 'EEXIT';
/** The reader went away (`mip6 watch | head`): not a failure. */
export const isBrokenPipe = (error: unknown): boolean => codeOf(error) === 'EPIPE';

function codeOf(error: unknown): string | undefined {
  const code = (error as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : undefined;
}

interface OclifError extends Error {
  readonly oclif: { readonly exit?: number };
}
/** What the parser of `@oclif/core` throws: told apart by what it carries. */
interface ParseError extends OclifError {
  readonly parse: unknown;
  readonly flags?: readonly string[];
  readonly args?: readonly (string | { readonly name: string; readonly description?: string })[];
}

const isOclif = (error: Error): error is OclifError => 'oclif' in error;
const isParseError = (error: Error): error is ParseError => isOclif(error) && 'parse' in error;

function parseSentence(error: ParseError, context: FailureContext): string {
  const help = `See "${context.command} --help".`;
  if (Array.isArray(error.flags)) {
    const flag: string = error.flags[0] ?? '';
    const names = context.flags.map((name) => `--${name}`);
    const hint = flag.startsWith('--') ? didYouMean(flag, names) : '';
    return `${context.command} has no flag ${flag}. ${hint || help}`;
  }
  const first = Array.isArray(error.args) ? error.args[0] : undefined;
  if (typeof first === 'string') return `${context.command} does not take "${first}". ${help}`;
  if (first)
    return `${first.name.toUpperCase()} is missing${first.description ? `: ${first.description}` : ''}. ${help}`;
  return `${sentence(error.message)} ${help}`;
}

function sentence(message: string): string {
  const text = message
    .split('\n')
    .filter(
      (line) =>
        line !== 'See more help with --help' && !/^The following errors? occurred:/.test(line),
    )
    .map((line) => line.trim())
    .filter(Boolean)
    .join(' ')
    .replace(
      /^Parsing (--[\w-]+) (\w)/,
      (_, flag: string, first: string) => `${flag}: ${first.toLowerCase()}`,
    );
  return /[.!?]$/.test(text) ? text : `${text}.`;
}
