/** Plays a lab in a world: moves, pings, checks. The result is plain data; who watches gets it as it comes. */
import type { Millis } from '../base/time.js';
import type { BcEntry, BulEntry } from '../control/api.js';
import { summarize } from '../diagnostics/describe.js';
import { decodeFrame } from '../diagnostics/decode-packet.js';
import { evaluate, type CheckResult } from './check.js';
import { findNode, type Check, type Lab } from './model.js';
import { outageOf, type Outage } from './outage.js';
import { perform, type Plugged } from './perform.js';
import { describeMove, type Act, type Move } from './script.js';
import { static4 } from './roles.js';
import { Signalling } from './signalling.js';
import { linkUpEvent, round, timelineOf, type Timeline } from './timeline.js';
import type { Happening, LabTime, LabWorld, PingSeries, WorldKind } from './world.js';

export interface LabResult {
  /** Of this shape: a reader may rely on it. */
  readonly version: 1;
  readonly lab: string;
  readonly title: string;
  /** What it shows, and the clause that asks for it; null where the file does not say. */
  readonly purpose: string | null;
  readonly clause: string | null;
  readonly world: WorldKind;
  /** Release of the kernel that it ran on; null in virtual time. */
  readonly kernel: string | null;
  /** Why this world. */
  readonly why: string;
  /**
   * 1, and more on a kernel that is slow: so many times as long the checks after a step may take to hold, and outages
   * may last.
   */
  readonly patience: number;
  /** Who carried the packets of a node's bindings during the run. */
  readonly datapaths: readonly {
    readonly node: string;
    readonly used: readonly ('kernel' | 'user space')[];
  }[];
  readonly start: Stage;
  readonly moves: readonly MoveResult[];
  /** Those that are evaluated at the end. */
  readonly checks: readonly CheckResult[];
  readonly passed: boolean;
}

/** What is so after a step. */
export interface Stage {
  readonly bul: readonly { readonly node: string; readonly entries: readonly BulEntry[] }[];
  readonly bc: readonly { readonly node: string; readonly entries: readonly BcEntry[] }[];
  readonly checks: readonly CheckResult[];
}

export interface MoveResult extends Stage, Timeline {
  /** In words. */
  readonly move: string;
  readonly kind: Act['kind'];
  /** Whose cable was moved last; null where none was. */
  readonly node: string | null;
  readonly interface: string | null;
  readonly to: string | null;
  readonly startedAt: LabTime;
  readonly linkUpAt: LabTime | null;
  readonly outages: readonly Outage[];
}

/** All optional: `--json` watches nothing. */
export interface LabObserver {
  up?(at: LabTime): void;
  started?(stage: Stage, at: LabTime): void;
  moving?(move: Move, at: LabTime): void;
  /** A frame of signalling, already told in one line. */
  signalling?(at: LabTime, link: string, text: string): void;
  event?(at: LabTime, node: string, event: Extract<Happening, { kind: 'event' }>['notice']): void;
  trouble?(at: LabTime, text: string): void;
  moved?(result: MoveResult, at: LabTime): void;
  finished?(result: LabResult): void;
}

export interface RunOptions extends Pick<LabResult, 'world' | 'kernel' | 'why' | 'patience'> {
  readonly observer?: LabObserver;
  /** Ends the run between two steps and in every wait; `runLab` then throws its reason. */
  readonly signal?: AbortSignal;
}

/** Brings the world up and plays the script. Leaves it up: taking it down is the caller's, also when this throws. */
export async function runLab(world: LabWorld, options: RunOptions): Promise<LabResult> {
  const { lab } = world;
  const { observer = {}, signal, patience } = options;
  const happenings: Happening[] = [];
  const signalling = new Signalling();
  world.listen((h) => {
    if (h.kind === 'frame') {
      if (!observer.signalling) return;
      const summary = summarize(decodeFrame(h.octets));
      if (signalling.worthTelling(summary, h.link, h.at))
        observer.signalling(h.at, h.link, summary.text);
    } else if (h.kind === 'event') {
      if (happenings.length < MAX_HAPPENINGS) happenings.push(h);
      observer.event?.(h.at, h.node, h.notice);
    } else observer.trouble?.(h.at, h.text);
  });

  const step = async <T>(work: Promise<T>): Promise<T> => {
    const result = await unlessAborted(work, signal);
    signal?.throwIfAborted();
    return result;
  };

  await step(world.up());
  observer.up?.(world.now());
  const pings = lab.pings.map((spec) => world.ping(spec));
  const scriptStart = world.now();
  await step(world.wait(lab.start.settle));
  await step(patiently(world, lab.start.checks, lab.start.settle * (patience - 1)));
  const start = await step(stage(world, lab.start.checks, [], patience));
  observer.started?.(start, world.now());

  const moves: MoveResult[] = [];
  const outages: Outage[] = [];
  let current = lab;
  for (const move of lab.moves) {
    const since = world.now();
    const due = move.at === null ? since + move.after : scriptStart + move.at;
    if (due > since) await step(world.wait(due - since));
    signalling.expectAdvertisement(destinationOf(move.act));
    const startedAt = world.now();
    observer.moving?.(move, startedAt);
    const done = await perform(move.act, current, world, step);
    current = done.lab;
    await step(world.wait(move.settle));
    await step(patiently(world, move.checks, move.settle * (patience - 1)));
    const until = world.now();
    const { plugged } = done;
    const linkUpAt = linkUpOf(happenings, plugged, until);
    // Replies to what was sent last may still be on their way.
    await step(world.wait(REPLY_PATIENCE));
    const measured = pings.map((p) => outageOf(p, startedAt - REPLY_PATIENCE, until, linkUpAt));
    outages.push(...measured);
    const after = await step(stage(world, move.checks, outages, patience));
    const result: MoveResult = {
      move: describeMove(move),
      kind: move.act.kind,
      node: plugged?.node ?? null,
      interface: plugged?.interface ?? null,
      to: plugged?.to ?? null,
      startedAt: round(startedAt),
      linkUpAt: linkUpAt === null ? null : round(linkUpAt),
      outages: measured,
      ...handoverOf(happenings, lab, plugged, linkUpAt, until, measured),
      ...after,
    };
    moves.push(result);
    observer.moved?.(result, world.now());
  }

  const final: CheckResult[] = [];
  for (const check of lab.checks) final.push(await step(evaluate(check, world, outages, patience)));
  stopAll(pings);
  const all = [...start.checks, ...moves.flatMap((m) => m.checks), ...final];
  const result: LabResult = {
    version: 1,
    lab: lab.name,
    title: lab.title,
    purpose: lab.purpose,
    clause: lab.clause,
    world: options.world,
    kernel: options.kernel,
    why: options.why,
    patience,
    datapaths: datapathsOf([start, ...moves]),
    start,
    moves,
    checks: final,
    passed: all.every((c) => c.passed),
  };
  observer.finished?.(result);
  return result;
}

/** Where the next advertisement is news. */
function destinationOf(act: Act): string | null {
  if (act.kind === 'move') return act.to;
  if (act.kind === 'alternate') return act.between[(act.count - 1) % 2]!;
  return act.kind === 'advertise' ? act.link : null;
}

function linkUpOf(
  happenings: readonly Happening[],
  plugged: Plugged | null,
  until: LabTime,
): LabTime | null {
  if (!plugged || plugged.at === null) return null;
  const seen = linkUpEvent(happenings, { ...plugged, from: plugged.startedAt, until })?.at;
  return Math.min(plugged.at, seen ?? plugged.at);
}

/** Of a mobile node that was moved; there is nothing to tell of others. */
function handoverOf(
  happenings: readonly Happening[],
  lab: Lab,
  plugged: Plugged | null,
  linkUp: LabTime | null,
  until: LabTime,
  outages: readonly Outage[],
): Timeline {
  const home = plugged && findNode(lab, plugged.node)?.home;
  if (!home) return { phases: [], waits: [] };
  return timelineOf(happenings, {
    node: plugged.node,
    interface: plugged.interface,
    homeAgent: home.agent,
    homeAddress: home.address6,
    from: plugged.startedAt,
    linkUp,
    until,
    firstPacket: firstEnd(ownOutages(lab, plugged.node, outages)),
  });
}

/** Waits until the tables say what the checks will ask, `span` at most; not at all when that is 0. */
async function patiently(world: LabWorld, checks: readonly Check[], span: Millis): Promise<void> {
  const asked = checks.filter((c) => c.kind !== 'ping' && c.kind !== 'outage' && c.kind !== 'lost');
  const end = world.now() + span;
  while (world.now() < end) {
    const results = await Promise.all(asked.map((check) => evaluate(check, world, [], 1)));
    if (results.every((r) => r.passed)) return;
    await world.wait(PATIENT_POLL);
  }
}

/** The tables of every node that keeps one, then the checks. */
async function stage(
  world: LabWorld,
  checks: readonly Check[],
  outages: readonly Outage[],
  patience: number,
): Promise<Stage> {
  const bul: { node: string; entries: readonly BulEntry[] }[] = [];
  const bc: { node: string; entries: readonly BcEntry[] }[] = [];
  for (const node of world.lab.nodes) {
    if (node.role === 'mn') bul.push({ node: node.name, entries: await world.bul(node.name) });
    if (node.role === 'ha') bc.push({ node: node.name, entries: await world.bc(node.name) });
  }
  const results: CheckResult[] = [];
  for (const check of checks) results.push(await evaluate(check, world, outages, patience));
  return { bul, bc, checks: results };
}

/** In the order in which they were first seen. */
export function datapathsOf(stages: readonly Stage[]): LabResult['datapaths'] {
  const used = new Map<string, Set<'kernel' | 'user space'>>();
  for (const { node, entries } of stages.flatMap((s) => [...s.bul, ...s.bc])) {
    for (const { datapath } of entries) {
      if (datapath === null) continue;
      if (!used.has(node)) used.set(node, new Set());
      used.get(node)!.add(datapath);
    }
  }
  return [...used].map(([node, names]) => ({ node, used: [...names] }));
}

/** Outages of the addresses of the node that moved. */
function ownOutages(lab: Lab, node: string, outages: readonly Outage[]): readonly Outage[] {
  const home = findNode(lab, node)?.home;
  if (!home) return [];
  const own: readonly (string | undefined)[] = [home.address6, static4(home)?.address];
  return outages.filter((o) => own.includes(o.to));
}

function firstEnd(outages: readonly Outage[]): LabTime | null {
  const ends = outages.map((o) => o.endedAt).filter((at) => at !== null);
  return ends.length === 0 ? null : Math.min(...ends);
}

function stopAll(pings: readonly PingSeries[]): void {
  for (const series of pings) series.stop();
}

function unlessAborted<T>(work: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  if (!signal) return work;
  signal.throwIfAborted();
  return new Promise<T>((done, fail) => {
    const abort = () =>
      fail(signal.reason instanceof Error ? signal.reason : new Error('interrupted'));
    signal.addEventListener('abort', abort, { once: true });
    work.then(done, fail).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** A ping older than this without a reply is lost. */
const REPLY_PATIENCE: Millis = 250;
const PATIENT_POLL: Millis = 250;
/** Ours: a run keeps at most so many events. */
const MAX_HAPPENINGS = 200_000;
