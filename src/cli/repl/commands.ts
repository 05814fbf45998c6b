/** The program's commands, in this process and on the session's connections. */
import type { Config } from '@oclif/core';
import { Help } from '@oclif/core/help';
import { UsageError } from '../../base/error.js';
import { ControlLease, type Control } from '../../control/lease.js';
import { didYouMean } from '../../daemon/config/suggest.js';
import { callers, type Caller } from '../caller.js';
import { EXIT } from '../exit-codes.js';
import type { Attendance } from './attendance.js';
import type { Catalogue, CommandEntry } from './catalogue.js';
import type { Daemons } from './daemons.js';
import type { DefaultFlags } from './default-flags.js';

export interface CommandsOptions {
  readonly config: Config;
  readonly catalogue: Catalogue;
  readonly defaults: DefaultFlags;
  readonly daemons: Daemons;
  /** What else the first word of a line can be. */
  readonly builtins: readonly string[];
}

export interface CommandCall {
  /** Takes the answer as JSON; undefined: the command prints it. */
  readonly take: Caller['take'];
  readonly where: string;
  readonly running: Attendance;
}

export class Commands {
  readonly #options: CommandsOptions;

  constructor(options: CommandsOptions) {
    this.#options = options;
  }

  /** Gives the exit code. Throws `UsageError` for what cannot be run, and what a command does not say itself. */
  async run(typed: readonly string[], call: CommandCall): Promise<number> {
    const { config, catalogue, defaults } = this.#options;
    const words = typed[0] === config.bin ? typed.slice(1) : typed;
    const entry = catalogue.find(words);
    if (asksForHelp(words) || (!entry && catalogue.topic(words))) {
      await this.showHelp(words);
      return EXIT.done;
    }
    if (!entry) throw this.#unknown(words);
    const name = entry.words.join(' ');
    const refusal = REFUSED[name];
    if (refusal !== undefined) throw new UsageError('REPL_COMMAND', refusal);
    if (call.take && !entry.json)
      throw new UsageError('REPL_VALUE', `"${name}" gives no JSON to select from.`);
    const argv = words.slice(entry.words.length);
    return this.#run(entry, defaults.apply(entry, argv, call.take ? ['json'] : []), call);
  }

  async showHelp(words: readonly string[]): Promise<void> {
    const { config } = this.#options;
    // oclif writes the ids of what it shows as they are typed, into the very commands that are run.
    const ids = config.commands.map((command) => [command, command.id] as const);
    const names = config.topics.map((topic) => [topic, topic.name] as const);
    try {
      await new Help(config, config.pjson.oclif.helpOptions ?? {}).showHelp([...words]);
    } finally {
      for (const [command, id] of ids) command.id = id;
      for (const [topic, name] of names) topic.name = name;
    }
  }

  async #run(
    entry: CommandEntry,
    argv: readonly string[],
    { take, where, running }: CommandCall,
  ): Promise<number> {
    const { daemons } = this.#options;
    const lent: Control[] = [];
    const began = daemons.all.map((connection) => [connection, connection.log.next] as const);
    const end = () => {
      for (const control of lent) control.close();
    };
    running.signal.addEventListener('abort', end);
    try {
      return await this.#inProcess(entry, argv, {
        control: async (flags) => {
          const control = await daemons.lend(flags);
          lent.push(control);
          if (running.signal.aborted) control.close();
          return control;
        },
        signal: running.signal,
        take,
        where,
        get left() {
          return running.left;
        },
      });
    } finally {
      running.signal.removeEventListener('abort', end);
      // What only asked is not what an event comes from.
      const asked = lent.every((control) => control instanceof ControlLease && !control.changed);
      if (lent.length === 0 || !asked)
        for (const [connection, next] of began) connection.mark = Math.max(connection.mark, next);
    }
  }

  async #inProcess(entry: CommandEntry, argv: readonly string[], caller: Caller): Promise<number> {
    const { config } = this.#options;
    const { command } = entry;
    process.exitCode = undefined;
    try {
      await callers.run(caller, () => config.runCommand(command.id, [...argv], command));
      return Number(process.exitCode ?? EXIT.done);
    } catch (error) {
      const { code, oclif } = error as { code?: unknown; oclif?: { exit?: number } };
      if (code !== 'EEXIT') throw error;
      return oclif?.exit ?? EXIT.no;
    } finally {
      // A command sets it for the shell; one failure must not be the whole session's.
      process.exitCode = undefined;
    }
  }

  #unknown(words: readonly string[]): UsageError {
    const { builtins, catalogue } = this.#options;
    let length = 1;
    // Of a topic, the word behind it is the wrong one.
    while (length < words.length && catalogue.topic(words.slice(0, length))) length++;
    const typed = words.slice(0, length).join(' ');
    const names = [...builtins, ...catalogue.commands.map((c) => c.words.join(' '))];
    const hint = /^[A-Za-z_]\w*=/.test(typed)
      ? 'A variable wants blanks around its "=".'
      : didYouMean(typed, names) || '"help" lists what there is.';
    return new UsageError('USAGE', `There is no command ${typed}.`, hint);
  }
}

const asksForHelp = (words: readonly string[]): boolean => {
  const end = words.indexOf('--');
  return words.slice(0, end < 0 ? undefined : end).includes('--help');
};

/** What cannot be done from inside. */
const REFUSED: Readonly<Record<string, string>> = {
  repl: 'You are in the REPL already.',
  daemon: 'A daemon runs until it is stopped: start it in a shell, and "use" it here.',
};
