/** What an adapter brings to its contract suites: two worlds on one link, and hands to move them. */
import type { IpAddress, Ipv4, Ipv6 } from '../../src/base/address.js';
import type { LinkName, WorldInput } from '../../src/core/input.js';
import type { Clock, Store, World } from '../../src/ports/index.js';

/** One end. `link` has both addresses and carrier; the other end is its neighbour. */
export interface BenchEnd {
  readonly world: World;
  readonly link: LinkName;
  readonly ipv6: Ipv6;
  readonly ipv4: Ipv4;
}

export interface WorldBench {
  readonly near: BenchEnd;
  readonly far: BenchEnd;
  /** Until everything under way has arrived and been handed over. */
  settle(): Promise<void> | void;
  /** Takes the near end's carrier away, or gives it back. */
  carrier(up: boolean): Promise<void> | void;
  /** One echo from the near end. True when the answer came. */
  echo(source: IpAddress, destination: IpAddress): Promise<boolean> | boolean;
  /** The near world's process dies; this is its next one, on the same host and with no memory. */
  crash(): Promise<World> | World;
  close(): Promise<void> | void;
}
export type MakeWorldBench = () => Promise<WorldBench> | WorldBench;

export interface ClockBench {
  readonly clock: Clock;
  /** Lets this much of the clock's own time pass. */
  pass(ms: number): Promise<void> | void;
}
export type MakeClockBench = () => Promise<ClockBench> | ClockBench;

/** A store, and the same one as the next process finds it. */
export interface StoreBench {
  readonly store: Store;
  reopen(): Promise<Store> | Store;
}
export type MakeStoreBench = () => Promise<StoreBench> | StoreBench;

/** Collects what a world says from now on. */
export function listenTo(world: World): WorldInput[] {
  const inputs: WorldInput[] = [];
  world.listen((input) => inputs.push(input));
  return inputs;
}

/** The inputs of one kind. */
export function ofKind<K extends WorldInput['kind']>(
  inputs: readonly WorldInput[],
  kind: K,
): Extract<WorldInput, { kind: K }>[] {
  return inputs.filter((i): i is Extract<WorldInput, { kind: K }> => i.kind === kind);
}
