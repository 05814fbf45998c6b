/** What a role needs of a world. Each port has a contract suite in `test/ports` that every adapter runs. */
import type { Instant } from '../base/time.js';
import type { DatapathState } from '../core/datapath/model.js';
import type { FrameEffect, PacketEffect } from '../core/effect.js';
import type { MipEvent } from '../core/event.js';
import type { LinkState, WorldInput } from '../core/input.js';

/** Sending. Receiving is by `WorldInput`. A send that fails is counted and reported by the adapter, never thrown. */
export interface PacketIo {
  sendFrame(frame: FrameEffect): void;
  sendPacket(packet: PacketEffect): void;
}

export interface Links {
  /** As they are now; changes come as `WorldInput`. */
  list(): readonly LinkState[];
}

/** Who moves the packets of a tunnel. */
export type Carrying = 'kernel' | 'user space';

/** Idempotent: applying what is already so does nothing. */
export interface Datapath {
  apply(want: DatapathState): void | Promise<void>;
  /** What is in force, as declared items. */
  snapshot(): DatapathState;
  /** By the tunnel's key; undefined when it is not declared. */
  carriedBy(tunnel: string): Carrying | undefined;
  /** Removes all that is ours, also after a crash, with no memory of it. */
  clean(): void | Promise<void>;
}

export interface Clock {
  now(): Instant;
  /** Calls back once, not before `at`. Returns the cancel. */
  wake(at: Instant, call: () => void): () => void;
}

export interface Journal {
  event(event: MipEvent, at: Instant): void;
}

/** Small values that survive a restart. */
export interface Store {
  entries(): ReadonlyMap<string, string>;
  set(key: string, value: string | undefined): void;
}

/** A place where one role can run. */
export interface World {
  readonly io: PacketIo;
  readonly links: Links;
  readonly datapath: Datapath;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly store: Store;
  /** Inputs go to the one listener, in order, never from inside a port call. */
  listen(deliver: (input: WorldInput) => void): void;
  close(): void | Promise<void>;
}
