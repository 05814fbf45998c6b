/** What has been given a name. Values are JSON; in a word a text stands as it is, anything else as JSON. */
import { UsageError } from '../../base/error.js';
import { didYouMean } from '../../daemon/config/suggest.js';
import { parsePath, select } from './path.js';
import type { Word } from './tokens.js';
import { valueText } from './value.js';

export class Variables {
  readonly #values = new Map<string, unknown>();

  /** Throws `UsageError` `REPL_LIMIT`. */
  set(name: string, value: unknown): void {
    if (!this.#values.has(name) && this.#values.size >= MAX_VARIABLES) {
      const what = `There are ${MAX_VARIABLES} variables already.`;
      throw new UsageError('REPL_LIMIT', what, 'Remove one with "unset NAME".');
    }
    this.#values.set(name, value);
  }

  /** Throws `UsageError` `REPL_VARIABLE`. */
  unset(name: string): void {
    if (!this.#values.delete(name)) throw this.#unknown(name);
  }

  /** Throws `UsageError` `REPL_VARIABLE`. */
  get(name: string): unknown {
    if (!this.#values.has(name)) throw this.#unknown(name);
    return this.#values.get(name);
  }

  get names(): readonly string[] {
    return [...this.#values.keys()];
  }

  /** The word's text with its variables in place. Throws `UsageError` and `SelectionError`. */
  expand(word: Word): string {
    return word.parts
      .map((part) => {
        if (part.kind === 'text') return part.text;
        const path = part.path === '' ? [] : parsePath(part.path);
        return valueText(select(this.get(part.name), path), 'line');
      })
      .join('');
  }

  #unknown(name: string): UsageError {
    const names = this.names;
    const hint = didYouMean(name, names);
    const there = names.length === 0 ? 'There are none.' : `There are ${names.join(', ')}.`;
    return new UsageError('REPL_VARIABLE', `There is no variable ${name}.`, hint || there);
  }
}

const MAX_VARIABLES = 256;
