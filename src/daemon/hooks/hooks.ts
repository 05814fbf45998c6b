/**
 * Programs of a folder, run at each stage of a move, one at a time and in order of their names.
 *
 * They run beside the protocol, never in its way: a stage waits until the node has had nothing to report for a
 * moment, so that no Binding Update waits for a program to start.
 */
import { readdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { EventNotice } from '../../control/api.js';
import { event, type MipEvent } from '../../core/event.js';
import { runHook, type RunningHook } from './run-hook.js';
import { hookEnvironment, stageOf } from './stage.js';
import { distrust } from './trusted.js';

export interface HooksOptions {
  readonly directory: string;
  /** ms, for one program */
  readonly timeout: number;
  readonly role: string;
  readonly report: (event: MipEvent) => void;
}

interface Job {
  readonly stage: string;
  readonly environment: Readonly<Record<string, string>>;
}

export class Hooks {
  readonly #options: HooksOptions;
  readonly #queue: Job[] = [];
  readonly #distrusted = new Set<string>();
  #dropped = 0;
  #wake: NodeJS.Timeout | undefined;
  #oldest = 0;
  #working: Promise<void> | undefined;
  #running: RunningHook | undefined;
  /** Takes no more stages. */
  #closed = false;
  /** Starts no more programs. */
  #ending = false;

  constructor(options: HooksOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  handle(notice: EventNotice): void {
    const stage = stageOf(notice);
    if (stage === undefined || this.#closed) return;
    if (this.#queue.length >= MAX_QUEUED) {
      this.#dropped++;
      return;
    }
    const now = performance.now();
    if (this.#queue.length === 0) this.#oldest = now;
    const { role } = this.#options;
    this.#queue.push({ stage, environment: hookEnvironment(notice, stage, role) });
    if (this.#working) return;
    clearTimeout(this.#wake);
    const wait = Math.max(0, Math.min(QUIET, this.#oldest + MAX_WAIT - now));
    this.#wake = setTimeout(() => void this.#work(), wait);
  }

  /** What is queued has `patience` ms yet; then what runs is ended, and the rest is dropped. */
  async close(patience: number = CLOSE_PATIENCE): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#wake);
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<'late'>((done) => {
      timer = setTimeout(() => done('late'), patience);
    });
    const work = this.#work();
    if ((await Promise.race([work, late])) === 'late') {
      this.#ending = true;
      this.#dropped += this.#queue.splice(0).length;
      this.#running?.stop();
      await work;
    }
    clearTimeout(timer);
  }

  #work(): Promise<void> {
    this.#working ??= this.#drain().finally(() => (this.#working = undefined));
    return this.#working;
  }

  async #drain(): Promise<void> {
    for (let job = this.#queue.shift(); job; job = this.#queue.shift()) {
      for (const name of await this.#programs()) {
        if (!this.#ending) await this.#run(name, job);
      }
      this.#tellDropped();
    }
    this.#tellDropped();
  }

  async #programs(): Promise<string[]> {
    const { directory } = this.#options;
    // Who may change the folder, or the link to it, chooses what is run.
    const why = (await distrust(dirname(directory))) ?? (await distrust(directory));
    if (why !== undefined) {
      this.#distrust(directory, why);
      return [];
    }
    this.#distrusted.delete(directory);
    try {
      const entries = await readdir(directory, { withFileTypes: true });
      const names = entries.filter((e) => !e.isDirectory() && isHookName(e.name));
      return names
        .map((e) => e.name)
        .sort()
        .slice(0, MAX_HOOKS);
    } catch (error) {
      const reason = (error as NodeJS.ErrnoException).code ?? String(error);
      this.#distrust(directory, `${directory}: ${reason}`);
      return [];
    }
  }

  async #run(name: string, { stage, environment }: Job): Promise<void> {
    const path = join(this.#options.directory, name);
    const why = await distrust(path);
    if (why !== undefined) return this.#distrust(path, why);
    this.#distrusted.delete(path);
    const from = performance.now();
    this.#running = runHook(path, stage, environment, this.#options.timeout);
    const { code, reason } = await this.#running.ended;
    this.#running = undefined;
    const took = Math.round(performance.now() - from);
    this.#options.report(event(code, { hook: name, stage, took, reason }));
  }

  /** Once, until it is put right. */
  #distrust(path: string, reason: string): void {
    if (this.#distrusted.has(path) || this.#distrusted.size >= MAX_HOOKS) return;
    this.#distrusted.add(path);
    this.#options.report(event('HOOK_REFUSED', { hook: path, reason }));
  }

  #tellDropped(): void {
    if (this.#dropped === 0) return;
    this.#options.report(event('HOOK_DROPPED', { count: this.#dropped }));
    this.#dropped = 0;
  }
}

/** What editors and package managers leave beside a program is none. */
const isHookName = (name: string): boolean =>
  /^[A-Za-z0-9_-][A-Za-z0-9._-]*$/.test(name) &&
  !/\.(bak|orig|rej|swp|disabled|md|txt|dpkg-[a-z]+|rpm[a-z]+|ucf-[a-z]+)$/.test(name);

/** Stages that wait. */
export const MAX_QUEUED = 64;
/** Programs in the folder that are run. */
export const MAX_HOOKS = 32;
/** ms without news before a stage's programs start. */
const QUIET = 100;
/** ms that news may put it off. */
const MAX_WAIT = 500;
const CLOSE_PATIENCE = 2000;
