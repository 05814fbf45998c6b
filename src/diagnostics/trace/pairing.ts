/**
 * Answers find their requests, repetitions their first one, and a message that crosses several links is known again.
 * Time is that of the packets; they may come in any order, twice, or not at all.
 */
import type { Layer } from '../decode-packet.js';
import type { PacketSummary } from '../describe.js';
import { roleOf, UNANSWERED, type ExchangeName, type Role } from './exchange.js';

export interface Paired {
  /** Counted from 1; the same message seen again has the number that it got first. */
  readonly number: number;
  /** The message has been seen already: on another link, or in another header. */
  readonly seenBefore: boolean;
  readonly answers?: { readonly number: number; readonly after: bigint };
  /** `count` 2: the second time that the same is asked. */
  readonly again?: { readonly number: number; readonly count: number };
}

export interface PairJson {
  readonly number: number;
  readonly seenBefore: boolean;
  readonly answers: { readonly number: number; readonly after: number } | null;
  readonly again: { readonly number: number; readonly count: number } | null;
}

export interface Unanswered {
  readonly number: number;
  readonly exchange: ExchangeName;
  /** How often it was asked. */
  readonly count: number;
  readonly nanoseconds: bigint;
  readonly text: string;
  readonly hint: string;
}

/** `← #12 after 3.2 ms`, `again, 2nd of #12`; empty for what stands alone. */
export function pairText({ answers, again }: Paired): string {
  const parts: string[] = [];
  if (again) parts.push(`again, ${ordinal(again.count)} of #${again.number}`);
  if (answers) parts.push(`← #${answers.number} after ${milliseconds(answers.after)}`);
  return parts.join(' ');
}

/** Milliseconds, as numbers of JSON. */
export function pairJson({ number, seenBefore, answers, again }: Paired): PairJson {
  return {
    number,
    seenBefore,
    answers: answers ? { number: answers.number, after: Number(answers.after) / 1e6 } : null,
    again: again ?? null,
  };
}

/** `#12 BU seq 7 AH life 600, asked 3 times: …` */
export function unansweredText({ number, text, count, hint }: Unanswered): string {
  return `#${number} ${text}${count > 1 ? `, asked ${count} times` : ''}: ${hint}`;
}

/** `3.2 ms`, `1043 ms`: one decimal below a tenth of a second. */
export function milliseconds(nanoseconds: bigint): string {
  const ms = Number(nanoseconds) / 1e6;
  return `${Math.abs(ms) < 100 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

export class Pairing {
  #number = 0;
  readonly #sights = new Map<string, { number: number; at: bigint }>();
  readonly #byKey = new Map<string, Attempt>();
  readonly #bySubject = new Map<string, Question>();
  readonly #silent: Question[] = [];
  #notKept = 0;

  take(
    layers: readonly Layer[],
    summary: PacketSummary,
    link: string,
    nanoseconds: bigint,
  ): Paired {
    const role = roleOf(layers, link);
    const before = this.#sight(role, summary, nanoseconds);
    if (before !== undefined) return { number: before, seenBefore: true };
    const number = this.#number;
    this.#expire(nanoseconds);
    if (role?.part === 'request') {
      const again = this.#ask(role, summary.text, number, nanoseconds);
      return { number, seenBefore: false, ...(again && { again }) };
    }
    const answers = role && this.#answer(role, nanoseconds);
    return { number, seenBefore: false, ...(answers && { answers }) };
  }

  /** What waits for an answer, and what has waited too long, in the order asked. */
  unanswered(): Unanswered[] {
    return [...this.#silent, ...this.#bySubject.values()]
      .filter((question) => !question.silence)
      .map(({ number, exchange, count, nanoseconds, text }) => {
        return { number, exchange, count, nanoseconds, text, hint: UNANSWERED[exchange] };
      })
      .sort((a, b) => a.number - b.number);
  }

  /** Unanswered ones that there was no room to keep. */
  get notKept(): number {
    return this.#notKept;
  }

  /** Number of the first sight; undefined for a new message, which is counted. */
  #sight(role: Role | undefined, summary: PacketSummary, at: bigint): number | undefined {
    if (!TRAVELS.has(summary.class)) {
      this.#number++;
      return undefined;
    }
    const who = role ? role.keys[0] : `${summary.source} ${summary.destination}`;
    const key = `${who} ${summary.message}`;
    const known = this.#sights.get(key);
    this.#sights.delete(key);
    const same = known !== undefined && at - known.at <= SAME_MESSAGE;
    const number = same ? known.number : ++this.#number;
    this.#sights.set(key, { number, at });
    if (this.#sights.size > MAX_SIGHTS) this.#sights.delete(firstOf(this.#sights.keys())!);
    return same ? number : undefined;
  }

  #ask(
    role: Extract<Role, { part: 'request' }>,
    text: string,
    number: number,
    nanoseconds: bigint,
  ): Paired['again'] {
    const { exchange, silence } = role;
    const subject = `${exchange} ${role.subject}`;
    let question = this.#bySubject.get(subject);
    if (!question) {
      question = { exchange, subject, silence, number, nanoseconds, text, count: 0, attempts: [] };
      this.#bySubject.set(subject, question);
    }
    const keys = role.keys.map((key) => `${exchange} ${key}`);
    const attempt = { question, number, nanoseconds, keys };
    question.count++;
    question.attempts.push(attempt);
    if (question.attempts.length > MAX_ATTEMPTS) this.#forget(question.attempts.splice(1, 1)[0]!);
    for (const key of keys) this.#byKey.set(key, attempt);
    if (this.#bySubject.size > MAX_QUESTIONS) this.#giveUp(firstOf(this.#bySubject.values())!);
    const { count } = question;
    return count > 1 ? { number: question.number, count } : undefined;
  }

  #answer(role: Role, nanoseconds: bigint): Paired['answers'] {
    const attempt = role.keys
      .map((key) => this.#byKey.get(`${role.exchange} ${key}`))
      .find((found) => found !== undefined);
    if (!attempt) return undefined;
    this.#close(attempt.question);
    return { number: attempt.number, after: nanoseconds - attempt.nanoseconds };
  }

  #expire(now: bigint): void {
    for (const question of this.#bySubject.values()) {
      const last = question.attempts.at(-1)!;
      if (now - last.nanoseconds <= MAX_WAIT) continue;
      this.#giveUp(question);
    }
  }

  #giveUp(question: Question): void {
    this.#close(question);
    if (question.silence) return;
    if (this.#silent.length < MAX_SILENT) this.#silent.push(question);
    else this.#notKept++;
  }

  #close(question: Question): void {
    this.#bySubject.delete(question.subject);
    for (const attempt of question.attempts) this.#forget(attempt);
  }

  #forget(attempt: Attempt): void {
    for (const key of attempt.keys) {
      if (this.#byKey.get(key) === attempt) this.#byKey.delete(key);
    }
  }
}

interface Question {
  readonly exchange: ExchangeName;
  readonly subject: string;
  readonly silence: boolean;
  /** Of the first attempt, like `nanoseconds` and `text`. */
  readonly number: number;
  readonly nanoseconds: bigint;
  readonly text: string;
  count: number;
  readonly attempts: Attempt[];
}

interface Attempt {
  readonly question: Question;
  readonly number: number;
  readonly nanoseconds: bigint;
  readonly keys: readonly string[];
}

const firstOf = <T>(values: Iterable<T>): T | undefined => {
  for (const value of values) return value;
  return undefined;
};

function ordinal(n: number): string {
  const tens = n % 100;
  const ending = tens > 10 && tens < 14 ? 'th' : (['th', 'st', 'nd', 'rd'][n % 10] ?? 'th');
  return `${n}${ending}`;
}

/** What crosses links unchanged. Neighbours talk on one link alone. */
const TRAVELS: ReadonlySet<PacketSummary['class']> = new Set<PacketSummary['class']>([
  'mobility',
  'dhcp',
  'error',
]);
/** Ours, ns: no network at hand takes longer to carry a message across, no sender repeats itself faster. */
const SAME_MESSAGE = 100_000_000n;
/** Ours, ns: twice MAX_BINDACK_TIMEOUT, RFC 6275 §12. */
const MAX_WAIT = 64_000_000_000n;
/** Ours: messages remembered as seen. */
const MAX_SIGHTS = 4096;
/** Ours: requests that wait for an answer. */
const MAX_QUESTIONS = 1024;
/** Ours: repetitions of one request whose answers are still known. */
const MAX_ATTEMPTS = 32;
/** Ours: requests without answer that the end tells of. */
const MAX_SILENT = 1024;
