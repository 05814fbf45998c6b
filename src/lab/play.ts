/** `lab run` from end to end: choose the world, build it, play, report, take it down whatever happens. */
import { UsageError } from '../base/error.js';
import { programCommand } from './netns/program.js';
import { chooseWorld, type Choice } from './choose.js';
import type { GuestKind, GuestRun } from './guest/guest.js';
import type { KernelName } from './guest/debian-kernel.js';
import type { LabFile } from './library.js';
import type { DatapathAsked } from './netns/config.js';
import { runInTerminal } from './netns/command.js';
import { insideUserNamespace, userNamespaceCommand } from './netns/probe.js';
import { labFolder } from './netns/state.js';
import { clock, headLines, resultLines, stageLines, type ReportStyle } from './report.js';
import { runLab, type LabObserver, type LabResult } from './run.js';
import { describeMove } from './script.js';
import type { LabWorld, WorldKind } from './world.js';

export interface PlayOptions {
  /** What was typed after the program's name, to start it again elsewhere. */
  readonly argv: readonly string[];
  readonly world: WorldKind | undefined;
  /** Of a guest; undefined: its own choice. */
  readonly kernel: KernelName | undefined;
  /** Asked of every daemon; undefined: each takes what it finds possible. */
  readonly datapath: DatapathAsked;
  readonly seed: string;
  readonly pcap: string | undefined;
  /** Wait for an interrupt before it is taken down. */
  readonly keep: boolean;
  readonly style: ReportStyle;
  readonly colour: boolean;
  /** The result is printed as JSON. */
  readonly json: boolean;
  /** Told what takes its time before the lab begins. */
  readonly progress: GuestRun['onProgress'];
  /** Takes one line; undefined: nobody reads along. */
  readonly say: ((line: string) => void) | undefined;
}

export type Played =
  | { readonly kind: 'here'; readonly result: LabResult }
  /** It was done by another process of ours, with our terminal. */
  | { readonly kind: 'elsewhere'; readonly code: number };

/** Throws what the world throws, `Interrupted` on Ctrl-C, when the world is down, and `UsageError` for what does not fit. */
export async function playLab(file: LabFile, options: PlayOptions): Promise<Played> {
  const { say, style } = options;
  if (options.kernel !== undefined && options.world !== 'vm') {
    const what = '--kernel chooses the kernel of a virtual machine.';
    throw new UsageError('USAGE', what, 'Say --world vm too, or leave it out.');
  }
  if (options.world === 'uml' || options.world === 'vm') {
    return { kind: 'elsewhere', code: await playElsewhere(file, options.world, options) };
  }
  const choice = await chooseWorld(options.world);
  if (options.datapath !== undefined && choice.made === 'sim') {
    const what = '--datapath asks for a kernel, and the simulated world has none.';
    throw new UsageError('USAGE', what, 'Say --world netns, uml or vm, or leave it out.');
  }
  if (choice.again) {
    const inside = userNamespaceCommand([...programCommand(), ...options.argv], labFolder());
    return { kind: 'elsewhere', code: await runInTerminal(inside.command, inside.environment) };
  }
  const interrupt = onInterrupt();
  for (const line of headLines(file.lab, style)) say?.(line);
  const slow =
    choice.patience > 1 ? `; a slow one, all limits are ${choice.patience} times as wide` : '';
  say?.(`world: ${choice.kind}, ${choice.why}${slow}`);
  const world = await makeWorld(choice, file, options);
  try {
    const observer = say ? speaker(file, say, style) : {};
    const result = await runLab(world, {
      world: choice.kind,
      kernel: choice.kernel,
      why: choice.why,
      patience: choice.patience,
      observer,
      signal: interrupt.signal,
    });
    if (options.keep) {
      say?.('It stays up until you press Ctrl-C.');
      await interrupt.happened;
    }
    return { kind: 'here', result };
  } finally {
    await world.down();
    interrupt.off();
  }
}

async function playElsewhere(
  file: LabFile,
  kind: GuestKind,
  options: PlayOptions,
): Promise<number> {
  const { playInGuest } = await import('./guest/play-in-guest.js');
  const interrupt = onInterrupt();
  try {
    return await playInGuest(file, kind, options, interrupt.signal);
  } finally {
    interrupt.off();
  }
}

/** The user, or who manages us, wants it to end. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly code = 'INTERRUPTED';
  constructor(signal: string) {
    super(`Interrupted by ${signal}; the lab is down.`);
  }
}

export interface Interrupt {
  readonly signal: AbortSignal;
  readonly happened: Promise<void>;
  off(): void;
}

export function onInterrupt(): Interrupt {
  const abort = new AbortController();
  let tell: () => void = () => {};
  const happened = new Promise<void>((done) => (tell = done));
  const heard = (signal: NodeJS.Signals) => {
    abort.abort(new Interrupted(signal));
    tell();
  };
  // A bug of ours must not leave a network behind either.
  const failed = (error: Error) => {
    abort.abort(error);
    tell();
  };
  for (const signal of ENDING) process.on(signal, heard);
  process.on('uncaughtException', failed);
  return {
    signal: abort.signal,
    happened,
    off: () => {
      for (const signal of ENDING) process.off(signal, heard);
      process.off('uncaughtException', failed);
    },
  };
}

/** Each world is loaded only when it is used: the simulated one needs nothing of Linux. */
async function makeWorld(
  { made, patience }: Choice,
  file: LabFile,
  options: PlayOptions,
): Promise<LabWorld> {
  if (made === 'sim') {
    const { SimLab } = await import('./sim/sim-lab.js');
    return new SimLab(file.lab, options.seed, options.pcap);
  }
  const { NetnsLab } = await import('./netns/netns-lab.js');
  const { pcap } = options;
  return new NetnsLab(file.lab, {
    ...file,
    pcap,
    datapath: options.datapath,
    patience,
    userNamespace: insideUserNamespace(),
    purpose: 'run',
  });
}

/** The run as it goes, in lines. */
function speaker(file: LabFile, say: (line: string) => void, style: ReportStyle): LabObserver {
  const names = [...file.lab.links, ...file.lab.nodes].map((x) => x.name.length);
  const width = Math.max(4, ...names);
  const ordered = new InOrder(say);
  const line = (at: number, where: string, text: string) =>
    ordered.add(at, `${clock(at)}  ${where.padEnd(width)}  ${text}`);
  const lines = (all: readonly string[]) => {
    ordered.flush();
    for (const each of all) say(each);
  };
  return {
    up: (at) => line(at, '', style.strong('everything is up')),
    started: (stage) => lines(['', ...stageLines(stage, style), '']),
    moving: (move, at) => line(at, '', style.strong(describeMove(move))),
    signalling: (at, link, text) => line(at, link, text),
    event: (at, node, event) => {
      if (event.severity === 'debug') return;
      const grave = event.severity === 'error' || event.severity === 'warning';
      line(at, node, (grave ? style.error : style.dim)(`* ${event.sentence}`));
    },
    trouble: (at, text) => line(at, '', style.error(text)),
    moved: (result) => lines(['', ...stageLines(result, style), '']),
    finished: (result) => lines(resultLines(result, style)),
  };
}

/** Frames and events come by different ways, and a little out of order: lines wait a moment and go sorted. */
class InOrder {
  readonly #say: (line: string) => void;
  #waiting: { readonly at: number; readonly text: string }[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  add(at: number, text: string): void {
    this.#waiting.push({ at, text });
    this.#timer ??= setTimeout(() => this.flush(), SORTING_WAIT);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const ready = this.#waiting.sort((a, b) => a.at - b.at);
    this.#waiting = [];
    for (const { text } of ready) this.#say(text);
  }
}

const SORTING_WAIT = 100; // ms
const ENDING: readonly NodeJS.Signals[] = ['SIGINT', 'SIGTERM', 'SIGHUP'];
