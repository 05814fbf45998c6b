/** Selection: what of a JSON value is meant. `.name`, `["any name"]`, `[0]`, `[-1]` from the end, `.length`. */
import { UsageError } from '../../base/error.js';
import { didYouMean } from '../../daemon/config/suggest.js';

export type Step =
  | { readonly kind: 'name'; readonly name: string }
  | { readonly kind: 'index'; readonly index: number };
export type Path = readonly Step[];

/** The value has no such part. The sentence names what there is. */
export class SelectionError extends Error {
  override readonly name = 'SelectionError';
  readonly code = 'NOT_THERE';
}

/** `.` alone is all of it. Throws `UsageError` `REPL_PATH`. */
export function parsePath(text: string): Path {
  if (text === '.') return [];
  const path: Step[] = [];
  let at = 0;
  while (at < text.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(text);
    if (!found || path.length === MAX_STEPS) {
      const what =
        path.length === MAX_STEPS
          ? `The path has more than ${MAX_STEPS} steps.`
          : `"${text}" is no path${at > 0 ? ` from "${text.slice(at)}" on` : ''}.`;
      throw new UsageError('REPL_PATH', what, 'A path is like .entries[0].careOf or .total.');
    }
    const [all, name, index, quoted] = found;
    if (name !== undefined) path.push({ kind: 'name', name });
    else if (index !== undefined) path.push({ kind: 'index', index: Number(index) });
    else path.push({ kind: 'name', name: unescaped(quoted!) });
    at += all.length;
  }
  return path;
}

export function pathText(path: Path): string {
  if (path.length === 0) return '.';
  return path
    .map((step) => {
      if (step.kind === 'index') return `[${step.index}]`;
      return NAME.test(step.name) ? `.${step.name}` : `["${step.name.replace(/["\\]/g, '\\$&')}"]`;
    })
    .join('');
}

/** Throws `SelectionError`. */
export function select(value: unknown, path: Path): unknown {
  let found = value;
  for (const [i, step] of path.entries()) {
    const where = i === 0 ? 'The result' : pathText(path.slice(0, i));
    found = step.kind === 'index' ? element(found, step.index, where) : member(found, step, where);
  }
  return found;
}

function element(value: unknown, index: number, where: string): unknown {
  if (!Array.isArray(value))
    throw new SelectionError(
      `${where} is ${kind(value)}, which has no [${index}]. ${has(value)}`.trimEnd(),
    );
  const at = index < 0 ? value.length + index : index;
  if (at >= 0 && at < value.length) return value[at];
  const there =
    value.length === 0
      ? 'is empty'
      : `has ${value.length === 1 ? '1 element' : `${value.length} elements`}`;
  throw new SelectionError(`${where} ${there}: there is no [${index}].`);
}

function member(value: unknown, step: Step & { kind: 'name' }, where: string): unknown {
  const { name } = step;
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
    if (Object.hasOwn(value, name)) return (value as Record<string, unknown>)[name];
    const hint = didYouMean(pathText([step]), names(value));
    const there = has(value);
    throw new SelectionError(`${where} has no ${pathText([step])}. ${there} ${hint}`.trimEnd());
  }
  if (name === 'length' && (Array.isArray(value) || typeof value === 'string')) return value.length;
  const none = `${where} is ${kind(value)}, which has no ${pathText([step])}.`;
  throw new SelectionError(`${none} ${has(value)}`.trimEnd());
}

function kind(value: unknown): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return `a list of ${value.length}`;
  return typeof value === 'object' ? 'an object' : `${typeof value} ${JSON.stringify(value)}`;
}

function has(value: unknown): string {
  if (Array.isArray(value)) return 'Choose of it with [0], [-1] …, or .length.';
  if (typeof value !== 'object' || value === null) return '';
  const there = names(value);
  if (there.length === 0) return 'It is empty.';
  const more = there.length > MAX_NAMED ? ' …' : '';
  return `It has ${there.slice(0, MAX_NAMED).join(', ')}${more}.`;
}

const names = (value: object): string[] =>
  Object.keys(value).map((name) => pathText([{ kind: 'name', name }]));

/** `\"` and `\\` as in JSON; before anything else a backslash is one. */
const unescaped = (text: string): string => text.replace(/\\(["\\])/g, '$1');

const STEP = /\.([A-Za-z_][\w-]*)|\[(-?\d{1,9})\]|\["((?:[^"\\]|\\.)*)"\]/y;
const NAME = /^[A-Za-z_][\w-]*$/;
const MAX_STEPS = 64;
const MAX_NAMED = 20; // names in an error
