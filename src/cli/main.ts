/** The program's door: `bin/run.js` and `bin/dev.js` call it with their arguments. */
import { readFileSync } from 'node:fs';

export interface MainOptions {
  /** Folder of package.json. */
  readonly root: string;
  /** From sources: no manifest, and this package.json instead. */
  readonly development?: { readonly pjson: object };
}

/** Sets the exit code; ends the process only where a command asks for it. */
export async function main(argv: readonly string[], options: MainOptions): Promise<void> {
  // Nothing has to be loaded for this one.
  if (argv.length === 1 && argv[0] === '--version' && !options.development)
    return version(options.root);
  const { execute, Plugin, settings } = await import('./oclif.js');
  if (!options.development) {
    // There are no plugins, and nobody's home folder is asked for some.
    const loadOptions = { root: options.root, userPlugins: false, devPlugins: false };
    return void (await execute({ args: [...argv], dir: options.root, loadOptions }));
  }
  settings.enableAutoTranspile = false;
  const { root } = options;
  const pjson = options.development.pjson as never;
  // A manifest names the compiled commands: with one there, yesterday's code would run.
  const plugin = new Plugin({ root, pjson, isRoot: true, ignoreManifest: true });
  await plugin.load();
  const loadOptions = { root, pjson, plugins: new Map([[plugin.name, plugin]]) };
  await execute({ args: [...argv], development: true, loadOptions });
}

/** As oclif words it. */
function version(root: string): void {
  const { name, version } = JSON.parse(readFileSync(`${root}/package.json`, 'utf8')) as Record<
    string,
    string
  >;
  process.stdout.write(
    `${name}/${version} ${process.platform}-${process.arch} node-${process.version}\n`,
  );
}
