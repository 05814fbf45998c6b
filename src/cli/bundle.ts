/**
 * Build step: commands and entry point of dist/ become bundles in place, each with all that it imports in shared
 * chunks. Starting then opens a dozen files instead of some two hundred. Leaving the step out changes nothing else.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { build } from 'esbuild';

/** `dist` is what `tsc` wrote. */
export async function bundle(dist: string): Promise<void> {
  const commands = readdirSync(join(dist, 'commands'), { recursive: true, encoding: 'utf8' });
  const files = [
    'src/cli/main.js',
    'src/cli/hooks/command-not-found.js',
    ...commands.filter((name) => name.endsWith('.js')).map((name) => join('commands', name)),
  ];
  await build({
    entryPoints: files.map((name) => join(dist, name)),
    outbase: dist,
    outdir: dist,
    chunkNames: 'chunks/[name]-[hash]',
    allowOverwrite: true,
    bundle: true,
    splitting: true,
    format: 'esm',
    platform: 'node',
    target: 'node20',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: true,
    legalComments: 'linked',
    external: OUTSIDE,
    banner: { js: COMMONJS },
    logLevel: 'warning',
  });
}

/** What oclif asks for only to run sources; and a package that finds its addon beside itself. */
const OUTSIDE = ['typescript', 'ts-node', 'tsx', 'netlink'];

/** What CommonJS packages expect to find around them. */
const COMMONJS = [
  `import { createRequire as __createRequire } from 'node:module';`,
  `import { fileURLToPath as __fileOf } from 'node:url';`,
  `const require = __createRequire(import.meta.url);`,
  `const __filename = __fileOf(import.meta.url);`,
  `const __dirname = __fileOf(new URL('.', import.meta.url));`,
].join('');

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  await bundle(fileURLToPath(new URL('../..', import.meta.url)));
}
