/** A lab that stays: the process that keeps it up, and how it is started in the background. */
import { spawn } from 'node:child_process';
import { openSync } from 'node:fs';
import { join } from 'node:path';
import { chooseWorld } from '../choose.js';
import type { LabFile } from '../library.js';
import { Interrupted, onInterrupt } from '../play.js';
import { find, runInTerminal } from './command.js';
import { NetnsLab } from './netns-lab.js';
import { insideUserNamespace, userNamespaceCommand } from './probe.js';
import { programCommand } from './program.js';
import { labFolder, makeLabFolder } from './state.js';

export interface Hosted {
  readonly lab: string;
  readonly id: string;
  readonly pid: number;
}

/** Up until a signal comes; gives the exit code. Whoever started us over IPC is told how it went. */
export async function hostLab(
  file: LabFile,
  options: {
    /** What was typed after the program's name, to start it again elsewhere. */
    readonly argv: readonly string[];
    readonly pcap?: string | undefined;
    readonly say: (line: string) => void;
  },
): Promise<number> {
  const choice = await chooseWorld('netns');
  if (choice.again) {
    const inside = userNamespaceCommand([...programCommand(), ...options.argv], labFolder());
    return runInTerminal(inside.command, inside.environment);
  }
  const interrupt = onInterrupt();
  const { pcap, say } = options;
  const world = new NetnsLab(file.lab, {
    ...file,
    pcap,
    userNamespace: insideUserNamespace(),
    purpose: 'up',
  });
  world.listen((h) => {
    if (h.kind === 'event' && h.notice.severity !== 'debug') say(`${h.node}: ${h.notice.sentence}`);
    if (h.kind === 'trouble') say(h.text);
  });
  try {
    await Promise.race([world.up(), interrupt.happened]);
    if (!interrupt.signal.aborted) {
      say(`${file.lab.name} is up (${world.plan.id}), ${choice.why}. Ctrl-C takes it down.`);
      process.send?.({
        up: { lab: file.lab.name, id: world.plan.id, pid: process.pid } satisfies Hosted,
      });
      await interrupt.happened;
    }
    if (interrupt.signal.reason instanceof Interrupted) return 0;
    throw interrupt.signal.reason;
  } catch (error) {
    if (process.connected)
      process.send?.({ failed: error instanceof Error ? error.message : String(error) });
    throw error;
  } finally {
    await world.down();
    interrupt.off();
  }
}

/** Starts `lab up --foreground` in the background and waits until it is up. Throws with what it said when it is not. */
export async function startHost(file: LabFile, pcap?: string): Promise<Hosted> {
  const choice = await chooseWorld('netns');
  makeLabFolder();
  const log = openSync(join(labFolder(), 'up.log'), 'w', 0o600);
  const own = [
    'lab',
    'up',
    file.file,
    '--foreground',
    ...(pcap === undefined ? [] : ['--pcap', pcap]),
  ];
  const plain = [...programCommand(), ...own];
  const inside = choice.again
    ? userNamespaceCommand(plain, labFolder())
    : { command: plain, environment: {} };
  const [program, ...rest] = inside.command;
  const child = spawn(find(program!) ?? program!, rest, {
    stdio: ['ignore', log, log, 'ipc'],
    detached: true,
    env: { ...process.env, ...inside.environment },
  });
  try {
    return await new Promise<Hosted>((done, fail) => {
      child.on('message', (message: { up?: Hosted; failed?: string }) => {
        if (message.up) done(message.up);
        else fail(new Error(message.failed ?? 'it did not say why'));
      });
      child.on('error', fail);
      child.on('exit', (code) =>
        fail(new Error(`it ended with ${code}; see ${join(labFolder(), 'up.log')}`)),
      );
    });
  } finally {
    if (child.connected) child.disconnect();
    child.unref();
  }
}
