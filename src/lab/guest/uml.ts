/**
 * user-mode-linux: a kernel with Mobile IPv6, ESP and XFRM as an ordinary process, by Debian's package of that name.
 * Boots in seconds at native speed, on one processor, and wants neither KVM nor root.
 */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statfsSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { missingPrograms } from '../programs.js';
import type { WorldRefusal } from '../world.js';
import { guestName } from './around.js';
import { attend } from './attend.js';
import { commandScript } from './command-script.js';
import { GuestError, type Guest, type GuestEnd, type GuestRun } from './guest.js';
import { Processes } from './processes.js';
import { MODULES, umlInit } from './uml-init.js';

/** Throws `GuestError` `NO_CAPABILITY` where it cannot run on this machine. */
export function umlGuest(): Guest {
  const refusal = umlRefusal();
  if (refusal) throw umlError(refusal);
  const release = umlRelease()!;
  const name = guestName('uml', release);
  return {
    kind: 'uml',
    name,
    slowness: SLOWNESS,
    run: (command, options) => boot(name, release, command, options),
  };
}

async function boot(
  name: string,
  release: string,
  command: readonly string[],
  options: GuestRun,
): Promise<GuestEnd> {
  const tight = memoryRefusal(options.memory);
  if (tight) throw umlError(tight);
  const folder = mkdtempSync(join(tmpdir(), 'mip6-uml-'));
  const processes = new Processes();
  try {
    for (const each of options.writable) mkdirSync(each, { recursive: true });
    const script = join(folder, 'command');
    const init = join(folder, 'init');
    writeFileSync(script, commandScript(command, options.cwd, options.environment));
    writeFileSync(init, umlInit({ release, writable: options.writable, command: script }), {
      mode: 0o755,
    });
    const child = processes.start(
      umlCommand(init, options.memory, xstateShim()),
      // It keeps its own files below HOME, and its memory is a file in TMPDIR.
      { HOME: folder, TMPDIR: MEMORY_FOLDER },
      WIRES.length,
    );
    const [stdout, stderr, control] = child.stdio.slice(3) as Readable[];
    const machine = {
      name,
      stdout: stdout!,
      stderr: stderr!,
      control: control!,
      console: [child.stdout!, child.stderr!],
      gone: new Promise<void>((done) =>
        child.once('exit', () => done()).once('error', () => done()),
      ),
      kill: () => processes.kill(),
    };
    return await attend(machine, options);
  } finally {
    processes.kill();
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `memory` in MiB. `shim`: what to preload into it, and into nothing else. */
export function umlCommand(init: string, memory: number, shim: string | undefined): string[] {
  return [
    ...(shim === undefined ? [] : ['env', `LD_PRELOAD=${shim}`]),
    PROGRAM,
    `mem=${memory}M`,
    'root=/dev/root',
    'rootfstype=hostfs',
    'rootflags=/',
    'ro',
    `init=${init}`,
    'con=null',
    'con0=null,fd:1',
    'ssl=null',
    ...WIRES.map((descriptor, line) => `ssl${line}=null,fd:${descriptor}`),
    'quiet',
    'loglevel=1',
    'random.trust_cpu=on',
  ];
}

/** Why user-mode-linux cannot run on this machine; undefined when it can, as far as can be seen. */
export function umlRefusal(): WorldRefusal | undefined {
  if (process.platform !== 'linux' || process.arch !== 'x64') {
    return {
      reason: `this is ${process.platform} on ${process.arch}, not Linux on x64`,
      way: null,
    };
  }
  const missing = missingPrograms(PROGRAMS);
  if (missing) return missing;
  if (umlRelease() === undefined) {
    return {
      reason: `no kernel modules are in ${MODULES}`,
      way: 'apt-get install user-mode-linux',
    };
  }
  if (xstateShim() === undefined && /\bamx_tile\b/.test(readFileSync('/proc/cpuinfo', 'utf8'))) {
    return {
      reason:
        'this processor has registers that it does not know (AMX), and native/build/uml-xstate.so is missing',
      way: 'node native/build.js',
    };
  }
  return undefined;
}

function memoryRefusal(memory: number): WorldRefusal | undefined {
  const megabytes = (size: string) => ({
    reason: `its memory of ${memory} MiB is a file in ${MEMORY_FOLDER}, ${size}`,
    way: `mount -o remount,size=${memory * 2}M ${MEMORY_FOLDER}, or give the container --shm-size=${memory * 2}m`,
  });
  if (!existsSync(MEMORY_FOLDER)) return megabytes('which is missing');
  const { bavail, bsize } = statfsSync(MEMORY_FOLDER);
  const free = Math.floor((bavail * bsize) / 2 ** 20);
  return free < memory ? megabytes(`where ${free} MiB are free`) : undefined;
}

const umlError = ({ reason, way }: WorldRefusal): GuestError =>
  new GuestError(
    'NO_CAPABILITY',
    `user-mode-linux cannot run here: ${reason}.`,
    way === null ? null : `To have it: ${way}`,
  );

/** The newest whose modules are there: the package has one. */
export function umlRelease(): string | undefined {
  return existsSync(MODULES) ? readdirSync(MODULES).sort().at(-1) : undefined;
}

/** What `native/build.js` made of `native/uml-xstate.c`. From src/lab/guest as from a bundle in dist. */
function xstateShim(): string | undefined {
  let folder = dirname(fileURLToPath(import.meta.url));
  for (let up = 0; up < MAX_LEVELS; up++) {
    const file = join(folder, 'native', 'build', 'uml-xstate.so');
    if (existsSync(file)) return file;
    folder = dirname(folder);
  }
  return undefined;
}

const PROGRAM = 'linux.uml';
/** Program → Debian package. */
const PROGRAMS = { [PROGRAM]: 'user-mode-linux', modprobe: 'kmod', ip: 'iproute2' };
/** Descriptors of its serial lines: standard output, standard error, reports. */
const WIRES = [3, 4, 5] as const;
const MEMORY_FOLDER = '/dev/shm';
/** Its own work is at native speed; a system call costs it several, and it has one processor. */
const SLOWNESS = 2;
const MAX_LEVELS = 5;
