/** The face that worlds and the daemon see of a mobile node, home agent or router: a machine of whole inputs. */
import type { Instant } from '../base/time.js';
import type { RoleEffect } from './effect.js';
import type { WorldInput } from './input.js';
import type { Deadline, Machine } from './machine.js';
import type { LinkState } from './input.js';
import type { RoleView } from './view.js';

/** What a forced handover may name. `auto` gives the choice back. */
export type HandoverTarget =
  | { readonly kind: 'auto' }
  | { readonly kind: 'link'; readonly link: string }
  | { readonly kind: 'family'; readonly family: 4 | 6 }
  | { readonly kind: 'address'; readonly address: string }
  | { readonly kind: 'home' };

/** Sequence numbers given away: the first of them, or why not. */
export type Reservation =
  { readonly ok: true; readonly first: number } | { readonly ok: false; readonly reason: string };

/**
 * What the store has under this key names the clock that instants kept there are of: those kept under another one
 * mean nothing. Written by the world; a world that writes none has a clock of its own at every start.
 */
export const CLOCK_KEY = 'clock';

/** What may be asked of one registration: the same that the wire allows. Lifetimes in seconds. */
export type BindingCommand =
  | { readonly kind: 'refresh' }
  /** Asks for another lifetime, now and from now on. */
  | { readonly kind: 'set'; readonly lifetime: number }
  /** Deregisters, and stays so until `refresh`, a handover that is asked for, or home. */
  | { readonly kind: 'delete' }
  /** Mobile Prefix Solicitation, RFC 6275 §11.4.2. */
  | { readonly kind: 'solicit' };

/** What may be asked of a node's DHCP clients. */
export type DhcpAction = 'renew' | 'release' | 'request';

export interface Role extends Machine<RoleEffect> {
  /** Once, before any input: links as they are, and what the store kept. */
  start(links: readonly LinkState[], kept: ReadonlyMap<string, string>, now: Instant): void;
  handle(input: WorldInput, now: Instant): void;
  /** Begins an orderly end (a mobile node deregisters). Done when `stopped` is true, at the latest after 2 s. */
  stop(now: Instant): void;
  readonly stopped: boolean;
  view(now: Instant): RoleView;
  pollTimeout(): Deadline | undefined;
}
