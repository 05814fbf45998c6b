/**
 * The only loop: one input, drain the role's effects, sleep until its next deadline.
 * Effects run in queue order; a datapath that answers later holds back what follows it, and inputs go on.
 */
import type { DatapathState } from '../core/datapath/model.js';
import type { MipEvent } from '../core/event.js';
import type { RoleEffect } from '../core/effect.js';
import type { Role } from '../core/role.js';
import type { WorldInput } from '../core/input.js';
import type { Instant } from '../base/time.js';
import type { World } from './index.js';

export class Pump {
  readonly role: Role;
  readonly #world: World;
  readonly #queue: RoleEffect[] = [];
  #running = false;
  #cancelWake: (() => void) | undefined;
  #wakeAt: Instant | undefined;
  #idle: (() => void)[] = [];
  #closed = false;

  constructor(role: Role, world: World) {
    this.role = role;
    this.#world = world;
  }

  start(): void {
    this.#world.listen((input) => this.deliver(input));
    this.do((role, now) => role.start(this.#world.links.list(), this.#world.store.entries(), now));
  }

  deliver(input: WorldInput): void {
    this.do((role, now) => role.handle(input, now));
  }

  /** One command: runs it and drains. Returns what it returned. */
  do<T>(command: (role: Role, now: Instant) => T): T {
    const result = command(this.role, this.#world.clock.now());
    this.#drain();
    return result;
  }

  /** Resolves when every effect so far is done. */
  settled(): Promise<void> {
    if (!this.#running && this.#queue.length === 0) return Promise.resolve();
    return new Promise((done) => this.#idle.push(done));
  }

  close(): void {
    this.#closed = true;
    this.#cancelWake?.();
    this.#cancelWake = undefined;
    this.#wakeAt = undefined;
  }

  #drain(): void {
    for (let e = this.role.pollEffect(); e; e = this.role.pollEffect()) this.#queue.push(e);
    this.#run();
    this.#arm();
  }

  #arm(): void {
    if (this.#closed) return;
    const next = this.role.pollTimeout();
    if (next?.at === this.#wakeAt) return;
    this.#cancelWake?.();
    this.#wakeAt = next?.at;
    this.#cancelWake =
      next &&
      this.#world.clock.wake(next.at, () => {
        this.#wakeAt = undefined;
        this.do((role, now) => role.handleTimeout(now));
      });
  }

  #run(): void {
    if (this.#running) return;
    while (this.#queue.length > 0) {
      const pending = this.#execute(this.#queue.shift()!);
      if (pending) {
        this.#running = true;
        void pending.then(
          () => this.#resume(),
          (error: unknown) => this.#resume(error),
        );
        return;
      }
    }
    for (const done of this.#idle.splice(0)) done();
  }

  #resume(error?: unknown): void {
    this.#running = false;
    if (error !== undefined) this.#report(error);
    this.#run();
  }

  #execute(effect: RoleEffect): Promise<void> | void {
    switch (effect.kind) {
      case 'frame':
        return this.#world.io.sendFrame(effect);
      case 'packet':
        return this.#world.io.sendPacket(effect);
      case 'datapath':
        return this.#apply(effect.want);
      case 'store':
        return this.#world.store.set(effect.key, effect.value);
      case 'event':
        return this.#world.journal.event(effect.event, this.#world.clock.now());
      default:
        return effect satisfies never;
    }
  }

  /** Told when it is so: what follows in the queue has not begun yet. */
  #apply(want: DatapathState): Promise<void> | void {
    const ready = (): void =>
      this.#world.journal.event({ code: 'DATAPATH_READY', fields: {} }, this.#world.clock.now());
    const pending = this.#world.datapath.apply(want);
    return pending ? pending.then(ready) : ready();
  }

  #report(error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    const failed: MipEvent = { code: 'DATAPATH_FAILED', fields: { operation: 'apply', reason } };
    this.#world.journal.event(failed, this.#world.clock.now());
  }
}
