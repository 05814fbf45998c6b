/** Where events go: a line for people or programs, the ring that `events` answers from, and the subscribers. */
import type { Instant } from '../base/time.js';
import { SEVERITIES, type EventNotice } from '../control/api.js';
import { eventNotice } from '../control/view.js';
import type { MipEvent, Severity } from '../core/event.js';
import type { Journal } from '../ports/index.js';

export interface EventJournalOptions {
  /** Name of this node in every notice. */
  readonly node: string;
  readonly json: boolean;
  /** Least severity that is written down; subscribers choose for themselves. */
  readonly minimum: Severity;
  /** Takes one line, without its end. */
  readonly write: (line: string) => void;
  readonly wall: () => Date;
}

export class EventJournal implements Journal {
  readonly #options: EventJournalOptions;
  readonly #minimum: number;
  readonly #ring: EventNotice[] = [];
  #oldest = 0;
  #publish: ((notice: EventNotice) => void) | undefined;

  constructor(options: EventJournalOptions) {
    this.#options = options;
    this.#minimum = SEVERITIES.indexOf(options.minimum);
  }

  onEvent(publish: (notice: EventNotice) => void): void {
    this.#publish = publish;
  }

  event(event: MipEvent, at: Instant): void {
    const { node, json, write, wall } = this.#options;
    const notice = eventNotice(event, at, wall(), node);
    if (SEVERITIES.indexOf(notice.severity) >= this.#minimum) {
      this.#keep(notice);
      write(json ? JSON.stringify(notice) : eventLine(notice));
    }
    this.#publish?.(notice);
  }

  /** The newest `limit`, oldest first. */
  recent(limit: number = MAX_EVENTS): EventNotice[] {
    const inOrder = [...this.#ring.slice(this.#oldest), ...this.#ring.slice(0, this.#oldest)];
    return inOrder.slice(Math.max(0, inOrder.length - limit));
  }

  #keep(notice: EventNotice): void {
    if (this.#ring.length < MAX_EVENTS) {
      this.#ring.push(notice);
      return;
    }
    this.#ring[this.#oldest] = notice;
    this.#oldest = (this.#oldest + 1) % MAX_EVENTS;
  }
}

/** Time, severity, code, sentence. */
export const eventLine = (n: EventNotice): string =>
  `${n.at} ${n.severity.padEnd(7)} ${n.code} ${n.sentence}`;

/** Events that the ring holds. */
export const MAX_EVENTS = 1000;
