/**
 * Who may send through a tunnel to us: RFC 6275 §10.4.5, a home agent takes what comes through a tunnel only from the
 * care-of address that is registered for the inner source. Two ways, for what a kernel has.
 */
import type { IpAddress } from '../../base/address.js';
import type { Keeper } from './keeper.js';
import type { AcceptObject } from './kernel-object.js';

export interface Admission {
  /** Once, before anything else; replaces what a crash left. */
  prepare(): Promise<void>;
  /** Addresses that tunnels come to: whatever comes to them through a tunnel and is not admitted is dropped. */
  guard(addresses: readonly IpAddress[]): Promise<void>;
  /** Additions are in force before removals, all of them before the promise settles. Requests leave within the call. */
  change(add: readonly AcceptObject[], remove: readonly AcceptObject[]): Promise<void>;
  /** Makes all of it anew: somebody else had their hands in it. */
  restore(admitted: Iterable<AcceptObject>): Promise<void>;
  /** Reads back what is admitted, where that can be read. */
  readonly keeper: Keeper<AcceptObject>;
  /** With or without a memory of having made it. */
  remove(): Promise<void>;
  close(): void;
}
