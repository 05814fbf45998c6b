/**
 * Mobility Header messages as plain data, RFC 6275 §6.1; one file each in `message/`. Lifetimes are in seconds
 * (4 s steps on the wire for Binding Update and Acknowledgement, 1 s elsewhere). Flags are the numbers of the wire, named in
 * `flag.ts`.
 */
import type { BindingAck } from './message/binding-ack.js';
import type { BindingError } from './message/binding-error.js';
import type { BindingRefreshRequest } from './message/binding-refresh-request.js';
import type { BindingRevocation } from './message/binding-revocation.js';
import type { BindingUpdate } from './message/binding-update.js';
import type { CareOfTest } from './message/care-of-test.js';
import type { CareOfTestInit } from './message/care-of-test-init.js';
import type { ExperimentalMessage } from './message/experimental-message.js';
import type { FastBindingAck } from './message/fast-binding-ack.js';
import type { FastBindingUpdate } from './message/fast-binding-update.js';
import type { FastNeighborAdvertisement } from './message/fast-neighbor-advertisement.js';
import type { FlowBinding } from './message/flow-binding.js';
import type { HandoverAck } from './message/handover-ack.js';
import type { HandoverInitiate } from './message/handover-initiate.js';
import type { Heartbeat } from './message/heartbeat.js';
import type { HomeAgentSwitch } from './message/home-agent-switch.js';
import type { HomeTest } from './message/home-test.js';
import type { HomeTestInit } from './message/home-test-init.js';
import type { LocalizedRoutingAck } from './message/localized-routing-ack.js';
import type { LocalizedRoutingInitiation } from './message/localized-routing-initiation.js';
import type { SubscriptionQuery } from './message/subscription-query.js';
import type { SubscriptionResponse } from './message/subscription-response.js';
import type { UpdateNotification } from './message/update-notification.js';
import type { UpdateNotificationAck } from './message/update-notification-ack.js';

export type {
  BindingAck,
  BindingError,
  BindingRefreshRequest,
  BindingRevocation,
  BindingUpdate,
  CareOfTest,
  CareOfTestInit,
  ExperimentalMessage,
  FastBindingAck,
  FastBindingUpdate,
  FastNeighborAdvertisement,
  FlowBinding,
  HandoverAck,
  HandoverInitiate,
  Heartbeat,
  HomeAgentSwitch,
  HomeTest,
  HomeTestInit,
  LocalizedRoutingAck,
  LocalizedRoutingInitiation,
  SubscriptionQuery,
  SubscriptionResponse,
  UpdateNotification,
  UpdateNotificationAck,
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
export type KnownMessage =
  | BaseMessage
  | FastBindingUpdate
  | FastBindingAck
  | FastNeighborAdvertisement
  | ExperimentalMessage
  | HomeAgentSwitch
  | Heartbeat
  | HandoverInitiate
  | HandoverAck
  | BindingRevocation
  | LocalizedRoutingInitiation
  | LocalizedRoutingAck
  | UpdateNotification
  | UpdateNotificationAck
  | FlowBinding
  | SubscriptionQuery
  | SubscriptionResponse;
export type MobilityMessage = KnownMessage | UnknownMessage;

export type MessageKind = MobilityMessage['kind'];
export type MessageOf<K extends MessageKind> = Extract<MobilityMessage, { kind: K }>;
