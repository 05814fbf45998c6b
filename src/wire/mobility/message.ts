/**
 * Mobility Header messages as plain data, RFC 6275 §6.1; one file each in `message/`. Lifetimes are in seconds
 * (4 s steps on the wire for Binding Update and Acknowledgement). Flags are the numbers of the wire, named in
 * `flag.ts`.
 */
import type { BindingAck } from './message/binding-ack.js';
import type { BindingError } from './message/binding-error.js';
import type { BindingRefreshRequest } from './message/binding-refresh-request.js';
import type { BindingUpdate } from './message/binding-update.js';
import type { CareOfTest } from './message/care-of-test.js';
import type { CareOfTestInit } from './message/care-of-test-init.js';
import type { HomeTest } from './message/home-test.js';
import type { HomeTestInit } from './message/home-test-init.js';

export type {
  BindingAck,
  BindingError,
  BindingRefreshRequest,
  BindingUpdate,
  CareOfTest,
  CareOfTestInit,
  HomeTest,
  HomeTestInit,
};

/** A type without a row; `data` is everything after the checksum. */
export interface UnknownMessage {
  readonly kind: 'unknown';
  readonly type: number;
  readonly data: Uint8Array;
}

/** The messages of RFC 6275. */
export type BaseMessage =
  | BindingRefreshRequest
  | HomeTestInit
  | CareOfTestInit
  | HomeTest
  | CareOfTest
  | BindingUpdate
  | BindingAck
  | BindingError;

/** Messages that have a row in the table. */
export type KnownMessage = BaseMessage;
export type MobilityMessage = KnownMessage | UnknownMessage;

export type MessageKind = MobilityMessage['kind'];
export type MessageOf<K extends MessageKind> = Extract<MobilityMessage, { kind: K }>;
