/** Flags that each command gets which has them, as if they were typed: `set --limit 5`. */
import { UsageError } from '../../base/error.js';
import { didYouMean } from '../../daemon/config/suggest.js';
import type { Catalogue, CommandEntry, FlagEntry } from './catalogue.js';

export class DefaultFlags {
  readonly #catalogue: Catalogue;
  /** By name; undefined: a flag without a value. */
  readonly #values = new Map<string, string | undefined>();

  constructor(catalogue: Catalogue) {
    this.#catalogue = catalogue;
  }

  /** `value` undefined: none was given. Throws `UsageError` `REPL_FLAG`. */
  set(name: string, value: string | undefined): void {
    const flag = this.#known(name);
    if (flag.takesValue && value === undefined)
      throw new UsageError('REPL_FLAG', `--${name} needs a value.`, `set --${name} VALUE`);
    if (!flag.takesValue && value !== undefined)
      throw new UsageError('REPL_FLAG', `--${name} takes no value.`, `set --${name}`);
    if (value !== undefined && flag.options.length > 0 && !flag.options.includes(value)) {
      const one = `It is one of ${flag.options.join(', ')}.`;
      const hint = didYouMean(value, flag.options);
      throw new UsageError('REPL_FLAG', `--${name} cannot be "${value}".`, `${one} ${hint}`.trim());
    }
    this.#values.set(name, value);
  }

  /** Throws `UsageError` `REPL_FLAG`. */
  unset(name: string): void {
    if (this.#values.delete(name)) return;
    this.#known(name);
    const there = [...this.#values.keys()].map((n) => `--${n}`).join(', ');
    throw new UsageError('REPL_FLAG', `--${name} is not set.`, there ? `Set are ${there}.` : '');
  }

  get entries(): readonly (readonly [name: string, value: string | undefined])[] {
    return [...this.#values];
  }

  /** The arguments of a command with what is set for it and not said, or contradicted, on the line. */
  apply(command: CommandEntry, argv: readonly string[], without: readonly string[] = []): string[] {
    const end = argv.indexOf('--');
    const said = argv.slice(0, end < 0 ? undefined : end);
    const given = command.flags.filter((flag) => said.some((word) => isFlag(word, flag)));
    const added = command.flags.filter(
      (flag) =>
        this.#values.has(flag.name) &&
        !without.includes(flag.name) &&
        !given.some((g) => g === flag || excludes(g, flag) || excludes(flag, g)),
    );
    const words = added.flatMap((flag) => {
      const value = this.#values.get(flag.name);
      // One word: a value may begin with a dash.
      return [value === undefined ? `--${flag.name}` : `--${flag.name}=${value}`];
    });
    return [...words, ...argv];
  }

  #known(name: string): FlagEntry {
    const flag = this.#catalogue.flag(name);
    if (flag) return flag;
    const hint = didYouMean(
      `--${name}`,
      this.#catalogue.flagNames.map((n) => `--${n}`),
    );
    throw new UsageError('REPL_FLAG', `No command has a flag --${name}.`, hint);
  }
}

/** `--name`, `--name=value`, `--no-name`, `-n`, `-nvalue`. */
function isFlag(word: string, { name, char }: FlagEntry): boolean {
  if (word === `--${name}` || word === `--no-${name}` || word.startsWith(`--${name}=`)) return true;
  return char !== undefined && word.startsWith(`-${char}`);
}

const excludes = (a: FlagEntry, b: FlagEntry): boolean => a.exclusive.includes(b.name);
