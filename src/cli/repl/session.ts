/** What one REPL knows, and how it does a line: builtins itself, commands in this process on a connection that all share. */
import type { Config } from '@oclif/core';
import { UsageError } from '../../base/error.js';
import { failureOf } from '../failure.js';
import type { DaemonFlags } from '../socket-path.js';
import { plain, type Style } from '../style.js';
import { Attendance } from './attendance.js';
import { BUILTINS } from './builtins/index.js';
import type { Builtin } from './builtins/builtin.js';
import { Catalogue } from './catalogue.js';
import { Commands } from './commands.js';
import type { CompletingContext } from './completing.js';
import { Daemons } from './daemons.js';
import { DefaultFlags } from './default-flags.js';
import type { LiveSources } from './live-values.js';
import { select } from './path.js';
import { Reactions, type Due } from './reactions.js';
import { Recorder } from './recorder.js';
import { scriptLines } from './script-lines.js';
import { parseStatement, type Statement } from './statement.js';
import { isBare, literal } from './tokens.js';
import { valueText } from './value.js';
import { Variables } from './variables.js';

export interface SessionOptions {
  readonly config: Config;
  /** Which daemon is asked at first. */
  readonly daemon: DaemonFlags;
  /** Somebody types. */
  readonly interactive: boolean;
  /** Of the sockets; not /run/mip6 in tests. */
  readonly directory?: string | undefined;
}

/** Where a line stands, and who waits for it. */
interface Place {
  /** Put before the sentence of an error: `line 3: `. */
  readonly where: string;
  readonly running: Attendance;
}

export class Session {
  readonly catalogue: Catalogue;
  readonly builtins: Readonly<Record<string, Builtin>> = BUILTINS;
  readonly variables = new Variables();
  readonly defaults: DefaultFlags;
  readonly reactions = new Reactions();
  readonly recorder = new Recorder();
  readonly daemons: Daemons;
  readonly commands: Commands;
  readonly interactive: boolean;
  /** `set -e`: a script ends at its first failure. */
  stopAtFailure = false;
  style: Style = plain;
  /** Of standard error. */
  errorStyle: Style = plain;
  /** Called when something wants to be said or done while nothing runs. */
  wake: () => void = () => undefined;
  readonly #options: SessionOptions;
  #running: Attendance | undefined;
  #turn: Promise<unknown> = Promise.resolve();
  #depth = 0;
  readonly #notices: string[] = [];
  #failure = 0;
  #ended: number | undefined;

  constructor(options: SessionOptions) {
    this.#options = options;
    this.interactive = options.interactive;
    this.catalogue = Catalogue.of(options.config);
    this.defaults = new DefaultFlags(this.catalogue);
    this.daemons = new Daemons(options.daemon, options.directory, {
      event: (connection, { notice }) => {
        if (this.reactions.offer(notice, connection) && !this.#running) this.wake();
      },
      notice: (sentence) => {
        if (!this.interactive) return;
        this.#notices.push(sentence);
        if (!this.#running) this.wake();
      },
    });
    const { config } = options;
    const { catalogue, defaults, daemons } = this;
    const builtins = Object.keys(this.builtins);
    this.commands = new Commands({ config, catalogue, defaults, daemons, builtins });
  }

  /** Exit code of the last line that failed; 0 when none did. */
  get failure(): number {
    return this.#failure;
  }

  /** The exit code that was asked for, once the session is to end. */
  get ended(): number | undefined {
    return this.#ended;
  }

  /** Without a code: that of the last failure, or 0 where somebody types. */
  end(code?: number): void {
    this.#ended = code ?? (this.interactive ? 0 : this.#failure);
  }

  /** Does a line when those before it are done; gives its exit code. Never throws. */
  execute(line: string, where = ''): Promise<number> {
    return this.#inTurn(async () => {
      const code = await this.#attended((running) => this.#line(line, { where, running }, true));
      if (code !== 0) this.#failure = code;
      return code;
    });
  }

  /** Does what `on` has set up for the events that came. */
  react(): Promise<void> {
    return this.#inTurn(() =>
      this.#react((due) => this.#attended((running) => this.#reaction(due, running))),
    );
  }

  /** The lines of a stream, one after the other; gives the exit code of the last that failed. Throws what reading throws. */
  async runLines(
    stream: AsyncIterable<Buffer | string>,
    name: string,
    running: Attendance,
  ): Promise<number> {
    if (this.#depth >= MAX_DEPTH) {
      const what = `Files run each other ${MAX_DEPTH} deep.`;
      throw new UsageError('REPL_LIMIT', what, 'Does one run itself?');
    }
    this.#depth++;
    let failure = 0;
    let number = 0;
    try {
      for await (const line of scriptLines(stream)) {
        const where = `${name}:${++number}: `;
        const code = await this.#line(line, { where, running }, false);
        if (code !== 0) failure = this.#failure = code;
        if (this.#isOver) break;
        if (code !== 0 && this.stopAtFailure) break;
        await this.#react((due) => this.#reaction(due, running));
        if (this.#isOver) break;
      }
    } finally {
      this.#depth--;
    }
    return failure;
  }

  /** Ctrl-C: true when something ran. The second time, what does not end is left alone. */
  interrupt(): boolean {
    const running = this.#running;
    if (!running) return false;
    this.reactions.drop();
    running.interrupt();
    if (running.left) this.warn('It goes on by itself, and says no more.');
    else
      setTimeout(() => {
        if (this.#running === running && this.interactive && !running.left)
          this.warn('It has not ended yet. Ctrl-C again leaves it alone.');
      }, PATIENCE).unref();
    return true;
  }

  /** Nobody reads any more: it ends without a word, and so does what runs. */
  readerLeft(): void {
    this.end(0);
    const running = this.#running;
    running?.interrupt();
    running?.interrupt();
  }

  completing(): CompletingContext {
    const { all } = this.reactions;
    return {
      catalogue: this.catalogue,
      builtins: Object.keys(this.builtins),
      variables: this.variables.names,
      reactions: all.flatMap((r) => [String(r.number), r.pattern.code]),
      defaults: this.defaults.entries.map(([name]) => name),
    };
  }

  sources(): LiveSources {
    const { daemons } = this;
    return {
      client: () => daemons.current.client(),
      nodes: () => daemons.nodes(),
      directory: daemons.directory,
    };
  }

  /** Sentences that came since this was last asked, for somebody who types. */
  takeNotices(): readonly string[] {
    return this.#notices.splice(0);
  }

  say(text: string): void {
    process.stdout.write(`${text}\n`);
  }

  warn(text: string): void {
    process.stderr.write(`${this.errorStyle.warning(text)}\n`);
  }

  close(): void {
    this.recorder.close();
    this.daemons.close();
  }

  async #line(line: string, place: Place, typed: boolean): Promise<number> {
    try {
      const statement = parseStatement(line);
      if (!statement) return 0;
      if (typed && !isBare(statement.words[0], 'stop')) this.recorder.add(line);
      return await this.#statement(statement, place);
    } catch (error) {
      return this.#fail(error, place);
    }
  }

  async #react(run: (due: Due) => Promise<number>): Promise<void> {
    for (let due = this.reactions.take(); due; due = this.reactions.take()) {
      if (this.interactive)
        this.say(this.style.dim(`on ${due.notice.code} do ${due.reaction.command}`));
      const code = await run(due);
      if (code !== 0) this.#failure = code;
      if (code !== 0 && this.stopAtFailure && !this.interactive) this.end(code);
      if (this.#isOver) return;
    }
    const left = this.reactions.takeLeft();
    if (left > 0) this.warn(`${left} events came too fast to react to them.`);
  }

  /** It was to end, or the line was interrupted. */
  get #isOver(): boolean {
    return this.#ended !== undefined || (this.#running?.signal.aborted ?? false);
  }

  async #reaction({ reaction, notice }: Due, running: Attendance): Promise<number> {
    const before = this.daemons.current;
    const place = { where: `on ${notice.code}: `, running };
    this.daemons.current = reaction.connection;
    try {
      this.variables.set('event', notice);
      return await this.#line(reaction.command, place, false);
    } catch (error) {
      return this.#fail(error, place);
    } finally {
      // Unless it said "use" itself.
      if (this.daemons.current === reaction.connection) this.daemons.current = before;
    }
  }

  async #statement(statement: Statement, place: Place): Promise<number> {
    const { words, path = [], assign } = statement;
    let selected: unknown;
    let count = 0;
    let code = 0;
    /** An answer of which a part is wanted. Never throws: commands call it from anywhere. */
    const take = (value: unknown): void => {
      try {
        selected = select(value, path);
        count++;
        if (assign === undefined) this.say(valueText(selected, 'lines'));
      } catch (error) {
        code = this.#fail(error, place);
      }
    };
    const wanted = statement.path !== undefined || assign !== undefined ? take : undefined;
    const ended = await this.#do(statement, wanted, place);
    if (code === 0) code = ended;
    if (assign === undefined) return code;
    if (count === 1) this.variables.set(assign, selected);
    else if (code === 0) {
      const name = words.map((word) => literal(word) ?? '$…').join(' ');
      const gave = count === 0 ? 'no value' : `${count} values`;
      throw new UsageError('REPL_VALUE', `"${name}" gave ${gave}; a variable takes one.`);
    }
    return code;
  }

  async #do(
    { words, line }: Statement,
    take: ((value: unknown) => void) | undefined,
    place: Place,
  ): Promise<number> {
    const first = words[0]!;
    const name = first.quoted ? undefined : literal(first);
    const builtin = name === undefined ? undefined : this.builtins[name];
    if (!builtin) {
      const typed = words.map((word) => this.variables.expand(word));
      return this.commands.run(typed, { take, ...place });
    }
    const { running } = place;
    const answer = await builtin.run(this, { words: words.slice(1), line, running });
    if (!take) {
      if (answer.text !== undefined && !running.left) this.say(answer.text);
    } else if (answer.value !== undefined) take(answer.value);
    else throw new UsageError('REPL_VALUE', `"${name}" gives no value to select from.`);
    return answer.code ?? 0;
  }

  /** Says it, and gives the exit code. */
  #fail(error: unknown, { where, running }: Place): number {
    const { bin } = this.#options.config;
    const { message, exit } = failureOf(error, { command: bin, flags: [] });
    if (!running.left)
      process.stderr.write(`${this.errorStyle.error(`${bin}:`)} ${where}${message}\n`);
    return exit;
  }

  async #attended(work: (running: Attendance) => Promise<number>): Promise<number> {
    const running = new Attendance();
    this.#running = running;
    try {
      const code = await running.attend(work(running));
      return running.signal.aborted || code === undefined ? EXIT_INTERRUPTED : code;
    } finally {
      this.#running = undefined;
    }
  }

  /** One after the other: lines, and what events set off between them. */
  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const done = this.#turn.then(work);
    this.#turn = done.catch(() => undefined);
    return done;
  }
}

export const EXIT_INTERRUPTED = 130; // as a shell's: 128 and SIGINT
const MAX_DEPTH = 8;
const PATIENCE = 1000; // ms
