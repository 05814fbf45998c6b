/**
 * Builds native/build/mipio.node from mipio.c, and native/build/uml-xstate.so, which labs preload into user-mode-linux.
 * Runs at `npm install` and by hand: `node native/build.js`.
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
const umlSource = join(here, 'uml-xstate.c');
const umlOutput = join(here, 'build', 'uml-xstate.so');

function build() {
  if (process.platform !== 'linux') {
    console.log(`mipio: ${WITHOUT} They run on Linux only.`);
    return;
  }
  const compiler = findCompiler();
  if (!compiler) {
    console.log(`mipio: no C compiler was found. ${WITHOUT} To get them: ${REMEDY}`);
    return;
  }
  const headers = findHeaders();
  if (!headers) gyp();
  else if (!compile(compiler, source, output, ['-fvisibility=hidden', `-I${headers}`])) {
    console.log(`mipio: ${compiler} failed. ${WITHOUT} To get them: ${REMEDY}`);
  }
  // There is user-mode-linux for this architecture only.
  if (process.arch === 'x64' && !compile(compiler, umlSource, umlOutput, [])) {
    console.log(`uml-xstate: ${compiler} failed. ${WITHOUT_UML}`);
  }
}

/** Whether `to` is there afterwards, made of `from`. */
function compile(compiler, from, to, flags) {
  mkdirSync(dirname(to), { recursive: true });
  // A running process has the old file mapped: write beside it, then rename.
  const fresh = `${to}.${process.pid}`;
  const args = ['-O2', '-shared', '-fPIC', '-Wall', ...flags, '-o', fresh, from];
  const run = spawnSync(compiler, args, { stdio: 'inherit' });
  if (run.status === 0) renameSync(fresh, to);
  else rmSync(fresh, { force: true });
  return run.status === 0;
}

function gyp() {
  const script = findGyp();
  if (!script) {
    console.log(
      `mipio: node_api.h was not found and there is no node-gyp. ${WITHOUT} Set npm_config_nodedir.`,
    );
    return;
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
    return;
  }
  copyFileSync(built, output);
  rmSync(work, { recursive: true, force: true });
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
const WITHOUT_UML =
  'What will not work: labs under user-mode-linux, on a processor whose extended registers it does not know (AMX).';
const REMEDY = 'apt install build-essential && node native/build.js';
const BINDING = {
  targets: [{ target_name: 'mipio', sources: ['mipio.c'], cflags: ['-O2', '-fvisibility=hidden'] }],
};

build();
