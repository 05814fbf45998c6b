import { readFileSync } from 'node:fs';
import { Config } from '@oclif/core';
import type { Command } from '@oclif/core/command';
import { captureOutput } from '@oclif/test';

export interface Ran {
  readonly stdout: string;
  readonly stderr: string;
  readonly exit: number;
  readonly json: unknown;
}

/** A command from its source, as the program would run it, without a process. */
export async function runCommand(command: typeof Command, argv: string[] = []): Promise<Ran> {
  const config = await load();
  const id = idOf(command);
  command.id = id;
  process.exitCode = undefined;
  const { stdout, stderr, error } = await captureOutput(() =>
    (command as Runnable).run(argv, config),
  );
  const exit = exitOf(error) ?? process.exitCode ?? 0;
  process.exitCode = undefined;
  return {
    stdout,
    stderr,
    exit: Number(exit),
    json: stdout.startsWith('{') ? safeParse(stdout) : undefined,
  };
}

/** `Command` itself is abstract. */
type Runnable = typeof Command & (new (argv: string[], config: Config) => Command);

let loaded: Promise<Config> | undefined;

/** Not the project's own: it would look for a build. */
export function load(): Promise<Config> {
  loaded ??= (async () => {
    const { version } = JSON.parse(readFileSync('package.json', 'utf8')) as { version: string };
    const pjson = { name: 'mip6', version, oclif: { bin: 'mip6', topicSeparator: ' ' } };
    return Config.load({ root: process.cwd(), pjson: pjson as never });
  })();
  return loaded;
}

/** BulShow is `bul:show`, DaemonCommand is `daemon`. */
function idOf(command: typeof Command): string {
  return command.name
    .replace(/Command$/, '')
    .replace(/(?<=[a-z])(?=[A-Z])/g, ':')
    .toLowerCase();
}

function exitOf(error: unknown): number | undefined {
  if (error === undefined) return undefined;
  const exit = (error as { oclif?: { exit?: number } }).oclif?.exit;
  if (exit === undefined) throw error;
  return exit;
}

function safeParse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined; // lines of JSON
  }
}
