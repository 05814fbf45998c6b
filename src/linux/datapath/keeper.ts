/** Keeps kernel objects of one kind: puts, changes in place, removes, and reads back what of ours is there. */
import type { KernelObject } from './kernel-object.js';

export type ObjectOf<K extends KernelObject['kind']> = Extract<KernelObject, { kind: K }>;

export interface Keeper<O extends KernelObject> {
  /** `was` is the version that is there now, to be changed in place. Requests leave before it returns. */
  put(object: O, was: O | undefined): Promise<void> | undefined;
  /** Resolves too when it is not there any more. */
  remove(object: O): Promise<void> | undefined;
  /** What matters of it, to compare with what is there. */
  text(object: O): string;
  /** All of ours that is there, by object key, whoever made it: an earlier run too. Undefined: it cannot be read. */
  present: (() => Promise<ReadonlyMap<string, Present>>) | undefined;
}

export interface Present {
  /** As `text` has it. */
  readonly text: string;
  remove(): Promise<void>;
}

export type Keepers = { readonly [K in KernelObject['kind']]: Keeper<ObjectOf<K>> };

/** Where devices are found by the names that objects use. */
export interface DeviceIndex {
  /** Undefined when there is none. */
  indexOf(device: string): number | undefined;
  /** The name that objects use for the interface of that index; empty when there is none. */
  nameOf(index: number): string;
}
