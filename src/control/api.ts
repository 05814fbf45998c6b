/**
 * The control API: newline-delimited JSON-RPC 2.0 on a Unix socket. One table of methods that server, client,
 * documentation and tests read. Times are ISO 8601 (`…At`) or seconds left (`…In`).
 */
import type { EventCode, EventField, Severity } from '../core/event.js';
import type { BcView, BulView, RoleView } from '../core/view.js';

export const PROTOCOL_VERSION = 1;

/** `expiresAt` of the core is a monotonic instant; people and scripts get seconds left. */
export type BulEntry = Omit<BulView, 'expiresAt'> & { readonly expiresIn: number | null };
export type BcEntry = Omit<BcView, 'expiresAt'> & { readonly expiresIn: number };

export interface Status {
  readonly version: string;
  readonly name: string;
  readonly role: 'mn' | 'ha' | 'cn';
  readonly pid: number;
  /** seconds */
  readonly uptime: number;
  readonly datapath: string;
  readonly protected: boolean;
  readonly homes: RoleView['homes'];
  readonly links: RoleView['links'];
  readonly bindings: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly next: { readonly why: string; readonly in: number } | null;
  readonly warnings: readonly string[];
}

export interface EventNotice {
  readonly code: EventCode;
  readonly severity: Severity;
  readonly sentence: string;
  readonly fields: Readonly<Record<string, EventField>>;
  /** ISO 8601 with milliseconds */
  readonly at: string;
  /** Milliseconds on the world's monotonic clock. */
  readonly monotonic: number;
  readonly node: string;
}

export interface Methods {
  hello: { params: { version: number }; result: { version: number; name: string; role: string; program: string } };
  status: { params: Record<string, never>; result: Status };
  'bul.list': { params: Record<string, never>; result: { entries: readonly BulEntry[] } };
  'bc.list': { params: Record<string, never>; result: { entries: readonly BcEntry[] } };
  handover: {
    params: { target: { kind: 'auto' | 'link' | 'family' | 'address' | 'home'; link?: string; family?: 4 | 6; address?: string } };
    result: { accepted: boolean; reason: string; careOf: string | null };
  };
  /** Events follow as notifications named `event`, from this one on. */
  subscribe: { params: { minimum?: Severity }; result: { subscribed: true } };
  events: { params: { limit?: number }; result: { events: readonly EventNotice[] } };
  stop: { params: Record<string, never>; result: { stopping: true } };
}
export type MethodName = keyof Methods;
