/**
 * What the runner asks of a world. `netns` builds it of this kernel, `sim` of virtual time; nothing above tells them
 * apart. `uml` and `vm` are `netns` inside a guest kernel, where this program runs again.
 */
import type { Millis } from '../base/time.js';
import type { BcEntry, BulEntry, EventNotice, Status } from '../control/api.js';
import type { Lab, PingSpec } from './model.js';
import type { Family } from './script.js';

export type WorldKind = 'netns' | 'uml' | 'vm' | 'sim';

/** Milliseconds of the world's clock since it was made; every `at` below counts so. */
export type LabTime = number;

/** One thing that happened, in order of time per kind. */
export type Happening = Readonly<
  | { kind: 'event'; at: LabTime; node: string; notice: EventNotice }
  /** An Ethernet frame seen on a link, once however many ports it leaves by. */
  | { kind: 'frame'; at: LabTime; link: string; octets: Uint8Array }
  /** Something of the world itself went wrong: a daemon said so, a capture lost packets. */
  | { kind: 'trouble'; at: LabTime; text: string }
>;

export interface PingSample {
  readonly sequence: number;
  readonly sentAt: LabTime;
  readonly receivedAt: LabTime | null;
}

export interface PingSeries {
  readonly spec: PingSpec;
  /** In order of sending. */
  samples(): readonly PingSample[];
  stop(): void;
}

export interface ExecResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface LabWorld {
  readonly lab: Lab;
  now(): LabTime;
  /** Builds everything and waits until every role runs. On failure nothing is left behind. */
  up(): Promise<void>;
  wait(span: Millis): Promise<void>;
  /** Cable out of where it is, and `gap` later into `link`, or nowhere. Returns when it was in. */
  move(node: string, interfaceName: string, link: string | null, gap?: Millis): Promise<LabTime>;
  /** A link carries nothing of a family from now on, whoever is on it; `passes`: it does again. */
  carry(link: string, family: Family, passes: boolean): Promise<void>;
  /** Routers advertise and lease from now on what `lab` says; nothing else of it is looked at. */
  serve(lab: Lab): Promise<void>;
  /** Throws `UsageError` `LAB_EXEC` where the world has no processes. */
  exec(node: string, command: readonly string[]): Promise<ExecResult>;
  bul(node: string): Promise<readonly BulEntry[]>;
  bc(node: string): Promise<readonly BcEntry[]>;
  status(node: string): Promise<Status>;
  /** An echo request every `spec.interval`, from now until stopped or `count` are sent. */
  ping(spec: PingSpec, count?: number): PingSeries;
  /** From now on. Call before `up` to miss nothing. */
  listen(listener: (happening: Happening) => void): void;
  /** Takes everything down, in whatever state it is. Harmless when called again. */
  down(): Promise<void>;
}

/** Why a world cannot be built here; `way` is what to do about it. */
export interface WorldRefusal {
  readonly reason: string;
  readonly way: string | null;
}
