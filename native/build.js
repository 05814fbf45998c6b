/**
 * Builds native/build/mipio.node from the one C file. Runs at `npm install` and by hand: `node native/build.js`.
 *
 * The headers stand beside the running Node, or where npm_config_nodedir points; then one call of the C compiler
 * is all. Without them node-gyp, as npm carries it, finds its own. Without a compiler it says what will not work
 * and succeeds: decoding and simulated networks need no addon.
 */
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const source = join(here, 'mipio.c');
const output = join(here, 'build', 'mipio.node');

function build() {
  if (process.platform !== 'linux') {
    console.log(`mipio: ${WITHOUT} They run on Linux only.`);
    return 0;
  }
  const compiler = findCompiler();
  if (!compiler) {
    console.log(`mipio: no C compiler was found. ${WITHOUT} To get them: ${REMEDY}`);
    return 0;
  }
  const headers = findHeaders();
  if (headers) return compile(compiler, headers);
  return gyp();
}

function compile(compiler, headers) {
  mkdirSync(dirname(output), { recursive: true });
  // A running daemon has the old file mapped: write beside it, then rename.
  const fresh = `${output}.${process.pid}`;
  const args = [
    '-O2',
    '-shared',
    '-fPIC',
    '-fvisibility=hidden',
    '-Wall',
    `-I${headers}`,
    '-o',
    fresh,
    source,
  ];
  const run = spawnSync(compiler, args, { stdio: 'inherit' });
  if (run.status !== 0) {
    rmSync(fresh, { force: true });
    console.log(`mipio: ${compiler} failed. ${WITHOUT} To get them: ${REMEDY}`);
    return 0;
  }
  renameSync(fresh, output);
  return 0;
}

function gyp() {
  const script = findGyp();
  if (!script) {
    console.log(
      `mipio: node_api.h was not found and there is no node-gyp. ${WITHOUT} Set npm_config_nodedir.`,
    );
    return 0;
  }
  const work = join(here, 'build', 'gyp');
  mkdirSync(work, { recursive: true });
  writeFileSync(join(work, 'binding.gyp'), JSON.stringify(BINDING));
  copyFileSync(source, join(work, 'mipio.c'));
  const run = spawnSync(process.execPath, [script, 'rebuild', '--directory', work], {
    stdio: 'inherit',
  });
  const built = join(work, 'build', 'Release', 'mipio.node');
  if (run.status !== 0 || !existsSync(built)) {
    console.log(
      `mipio: node-gyp failed. ${WITHOUT} Set npm_config_nodedir to where Node's headers are.`,
    );
    return 0;
  }
  copyFileSync(built, output);
  rmSync(work, { recursive: true, force: true });
  return 0;
}

function findCompiler() {
  return [process.env.CC, 'cc', 'gcc', 'clang'].find(
    (name) => name && spawnSync(name, ['--version'], { stdio: 'ignore' }).status === 0,
  );
}

/** The folder with node_api.h and uv.h. */
function findHeaders() {
  const near = resolve(process.execPath, '..', '..', 'include', 'node');
  const named = process.env.npm_config_nodedir;
  return [named && join(named, 'include', 'node'), near, '/usr/include/node'].find(
    (folder) => folder && ['node_api.h', 'uv.h'].every((file) => existsSync(join(folder, file))),
  );
}

/** npm brings node-gyp along; `npm_config_node_gyp` names it while npm runs us. */
function findGyp() {
  const beside = resolve(
    process.execPath,
    '..',
    '..',
    'lib',
    'node_modules',
    'npm',
    'package.json',
  );
  const candidates = [process.env.npm_config_node_gyp];
  for (const from of [beside, import.meta.url]) {
    try {
      candidates.push(createRequire(from).resolve('node-gyp/bin/node-gyp.js'));
    } catch {
      // not there; the next place may have it
    }
  }
  return candidates.find((file) => file && existsSync(file));
}

const WITHOUT =
  'What will not work: the daemon, labs in network namespaces, live trace. What will: decode, explain, simulated labs.';
const REMEDY = 'apt install build-essential && node native/build.js';
const BINDING = {
  targets: [{ target_name: 'mipio', sources: ['mipio.c'], cflags: ['-O2', '-fvisibility=hidden'] }],
};

process.exitCode = build();
