/** What can be said: topics, commands, their flags and arguments, from the manifest. */
import type { Command } from '@oclif/core/command';
import type { Config } from '@oclif/core/interfaces';

export interface FlagEntry {
  readonly name: string;
  readonly char: string | undefined;
  readonly takesValue: boolean;
  readonly options: readonly string[];
  /** What stands for its value in help: FILE, NAME … */
  readonly helpValue: string | undefined;
  /** Names of flags that cannot stand beside it. */
  readonly exclusive: readonly string[];
}

export interface ArgumentEntry {
  readonly name: string;
  readonly options: readonly string[];
}

export interface CommandEntry {
  readonly words: readonly string[];
  readonly summary: string;
  readonly flags: readonly FlagEntry[];
  readonly args: readonly ArgumentEntry[];
  /** It answers with JSON, from which a part can be selected. */
  readonly json: boolean;
  readonly command: Command.Loadable;
}

export interface Topic {
  readonly words: readonly string[];
  readonly summary: string;
}

export class Catalogue {
  readonly commands: readonly CommandEntry[];
  readonly topics: readonly Topic[];

  constructor(commands: readonly CommandEntry[], topics: readonly Topic[]) {
    this.commands = commands;
    this.topics = topics;
  }

  static of(config: Pick<Config, 'commands' | 'topics'>): Catalogue {
    return new Catalogue(
      config.commands.filter((c) => !c.hidden).map(entry),
      config.topics
        .filter((t) => !t.hidden)
        .map((t) => ({ words: t.name.split(':'), summary: t.description ?? '' })),
    );
  }

  /** The command that most of the leading words name. */
  find(words: readonly string[]): CommandEntry | undefined {
    let best: CommandEntry | undefined;
    for (const command of this.commands) {
      if (!begins(words, command.words)) continue;
      if (command.words.length > (best?.words.length ?? 0)) best = command;
    }
    return best;
  }

  /** A topic with exactly these words. */
  topic(words: readonly string[]): Topic | undefined {
    return this.topics.find((t) => t.words.length === words.length && begins(words, t.words));
  }

  /** Words that can follow these in the name of a command. */
  next(words: readonly string[]): readonly string[] {
    const named = [...this.commands, ...this.topics].map((c) => c.words);
    const following = named
      .filter((c) => c.length > words.length && begins(c, words))
      .map((c) => c[words.length]!);
    return [...new Set(following)].sort();
  }

  /** Every flag that a command here has, by name. */
  flag(name: string): FlagEntry | undefined {
    return this.commands.flatMap((c) => c.flags).find((f) => f.name === name);
  }

  get flagNames(): readonly string[] {
    return [...new Set(this.commands.flatMap((c) => c.flags.map((f) => f.name)))].sort();
  }
}

/** Do the words begin with these? */
const begins = (words: readonly string[], these: readonly string[]): boolean =>
  these.every((word, i) => words[i] === word);

function entry(command: Command.Loadable): CommandEntry {
  return {
    words: command.id.split(':'),
    summary: command.summary ?? '',
    flags: Object.entries(command.flags ?? {})
      .filter(([, flag]) => !flag.hidden)
      .map(([name, flag]) => ({
        name,
        char: flag.char,
        takesValue: flag.type === 'option',
        options: flag.type === 'option' ? (flag.options ?? []) : [],
        helpValue:
          flag.type === 'option' && typeof flag.helpValue === 'string' ? flag.helpValue : undefined,
        exclusive: flag.exclusive ?? [],
      })),
    args: Object.entries(command.args ?? {}).map(([name, argument]) => ({
      name,
      options: argument.options ?? [],
    })),
    json: command.enableJsonFlag === true,
    command,
  };
}
