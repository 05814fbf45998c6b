/** The program's configuration with all commands from their sources, in this process and without a build. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { Config, Plugin } from '@oclif/core';
import type { Command } from '@oclif/core/command';

let loaded: Promise<Config> | undefined;

export function programConfig(): Promise<Config> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<Config> {
  const root = process.cwd();
  const { name, version, oclif } = JSON.parse(readFileSync('package.json', 'utf8')) as Package;
  const { bin, topicSeparator, topics } = oclif;
  const pjson = { name, version, oclif: { bin, topicSeparator, topics } } as never;
  const plugin = new Plugin({ root, pjson, isRoot: true, ignoreManifest: true });
  await plugin.load();
  for (const [file, module] of Object.entries(MODULES)) {
    const id = /commands\/(.*?)(\/index)?\.ts$/.exec(file)![1]!.replaceAll('/', ':');
    const command = Object.assign(module.default, { id });
    const cached = await cacheCommand(command, plugin);
    plugin.commands.push({ ...cached, id, load: async () => command as never });
  }
  return Config.load({ root, pjson, plugins: new Map([[name, plugin]]) });
}

/** What makes the manifest of a build. */
const { cacheCommand } = createRequire(import.meta.url)(
  join(
    dirname(createRequire(import.meta.url).resolve('@oclif/core/package.json')),
    'lib/util/cache-command.js',
  ),
) as { cacheCommand(command: object, plugin: object): Promise<Command.Cached> };

interface Package {
  readonly name: string;
  readonly version: string;
  readonly oclif: {
    readonly bin: string;
    readonly topicSeparator: string;
    readonly topics: Readonly<Record<string, { description: string }>>;
  };
}

/** As vite sees them. */
const MODULES = (
  import.meta as unknown as {
    glob(pattern: string, options: { eager: true }): Record<string, { default: object }>;
  }
).glob('../../../commands/**/*.ts', { eager: true });
