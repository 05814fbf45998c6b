/** `on EVENT do COMMAND`: what is to be done when an event comes, and what waits to be done. */
import { UsageError } from '../../base/error.js';
import type { EventNotice } from '../../control/api.js';
import type { Connection } from './connection.js';
import { matches, patternText, type EventPattern } from './event-pattern.js';

export interface Reaction {
  readonly number: number;
  readonly pattern: EventPattern;
  /** A line, as typed. */
  readonly command: string;
  /** Whose events. */
  readonly connection: Connection;
}

export interface Due {
  readonly reaction: Reaction;
  readonly notice: EventNotice;
}

export class Reactions {
  #all: Reaction[] = [];
  readonly #due: Due[] = [];
  #number = 1;
  #left = 0;

  get all(): readonly Reaction[] {
    return this.#all;
  }

  /** Throws `UsageError` `REPL_LIMIT`. */
  add(pattern: EventPattern, command: string, connection: Connection): Reaction {
    if (this.#all.length >= MAX_REACTIONS) {
      const what = `There are ${MAX_REACTIONS} reactions already.`;
      throw new UsageError('REPL_LIMIT', what, 'Remove one with "off".');
    }
    const reaction = { number: this.#number++, pattern, command, connection };
    this.#all.push(reaction);
    return reaction;
  }

  /** By number, or by the code of the event; gives those that are gone. Throws `UsageError` `REPL_REACTION`. */
  remove(numberOrCode: string): readonly Reaction[] {
    const means = (r: Reaction) =>
      String(r.number) === numberOrCode || r.pattern.code === numberOrCode.toUpperCase();
    const gone = this.#all.filter(means);
    if (gone.length === 0) {
      const there = this.#all.map((r) => `${r.number} (${patternText(r.pattern)})`).join(', ');
      const way = there ? `There are ${there}.` : 'There are none.';
      throw new UsageError('REPL_REACTION', `There is no reaction ${numberOrCode}.`, way);
    }
    this.#all = this.#all.filter((r) => !means(r));
    return gone;
  }

  /** Is something to be done now? */
  offer(notice: EventNotice, connection: Connection): boolean {
    for (const reaction of this.#all) {
      if (reaction.connection !== connection || !matches(reaction.pattern, notice)) continue;
      if (this.#due.length < MAX_DUE) this.#due.push({ reaction, notice });
      else this.#left++;
    }
    return this.#due.length > 0;
  }

  /** The oldest; one that was taken off meanwhile is not done. */
  take(): Due | undefined {
    for (let due = this.#due.shift(); due; due = this.#due.shift())
      if (this.#all.includes(due.reaction)) return due;
    return undefined;
  }

  /** How many were too many to wait, since this was last asked. */
  takeLeft(): number {
    const left = this.#left;
    this.#left = 0;
    return left;
  }

  /** Nothing waits any more; how many did. */
  drop(): number {
    return this.#due.splice(0).length;
  }
}

const MAX_REACTIONS = 32;
const MAX_DUE = 64;
