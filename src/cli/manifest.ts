/** Build step: writes oclif.manifest.json, so that starting does not load every command to know its name. */
import { writeFileSync } from 'node:fs';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { Plugin } from '@oclif/core';

/** `root` holds package.json and the compiled commands. Returns how many commands there are. */
export async function writeManifest(root: string): Promise<number> {
  // errorOnManifestCreate: a command that does not load must fail the build, not vanish.
  const plugin = new Plugin({
    root,
    type: 'core',
    ignoreManifest: true,
    errorOnManifestCreate: true,
  });
  await plugin.load();
  const { manifest } = plugin;
  writeFileSync(`${root}/oclif.manifest.json`, `${JSON.stringify(manifest)}\n`);
  return Object.keys(manifest.commands).length;
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const root = fileURLToPath(new URL('../../..', import.meta.url));
  process.stdout.write(`oclif.manifest.json: ${await writeManifest(root)} commands\n`);
}
