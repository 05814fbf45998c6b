/** All Mobility Header messages, one row each. Add a member to the union and the compiler asks for its row. */
import { BINDING_ACK } from './message/binding-ack.js';
import { BINDING_ERROR } from './message/binding-error.js';
import { BINDING_REFRESH_REQUEST } from './message/binding-refresh-request.js';
import { BINDING_REVOCATION } from './message/binding-revocation.js';
import { BINDING_UPDATE } from './message/binding-update.js';
import { CARE_OF_TEST } from './message/care-of-test.js';
import { CARE_OF_TEST_INIT } from './message/care-of-test-init.js';
import { EXPERIMENTAL_MESSAGE } from './message/experimental-message.js';
import { FAST_BINDING_ACK } from './message/fast-binding-ack.js';
import { FAST_BINDING_UPDATE } from './message/fast-binding-update.js';
import { FAST_NEIGHBOR_ADVERTISEMENT } from './message/fast-neighbor-advertisement.js';
import { FLOW_BINDING } from './message/flow-binding.js';
import { HANDOVER_ACK } from './message/handover-ack.js';
import { HANDOVER_INITIATE } from './message/handover-initiate.js';
import { HEARTBEAT } from './message/heartbeat.js';
import { HOME_AGENT_SWITCH } from './message/home-agent-switch.js';
import { HOME_TEST } from './message/home-test.js';
import { HOME_TEST_INIT } from './message/home-test-init.js';
import { LOCALIZED_ROUTING_ACK } from './message/localized-routing-ack.js';
import { LOCALIZED_ROUTING_INITIATION } from './message/localized-routing-initiation.js';
import { SUBSCRIPTION_QUERY } from './message/subscription-query.js';
import { SUBSCRIPTION_RESPONSE } from './message/subscription-response.js';
import { UPDATE_NOTIFICATION } from './message/update-notification.js';
import { UPDATE_NOTIFICATION_ACK } from './message/update-notification-ack.js';
import type { MessageRow } from './message/row.js';
import type { KnownMessage } from './message.js';

export const MESSAGE_ROWS: {
  readonly [K in KnownMessage['kind']]: MessageRow<Extract<KnownMessage, { kind: K }>>;
} = {
  bindingRefreshRequest: BINDING_REFRESH_REQUEST,
  homeTestInit: HOME_TEST_INIT,
  careOfTestInit: CARE_OF_TEST_INIT,
  homeTest: HOME_TEST,
  careOfTest: CARE_OF_TEST,
  bindingUpdate: BINDING_UPDATE,
  bindingAck: BINDING_ACK,
  bindingError: BINDING_ERROR,
  fastBindingUpdate: FAST_BINDING_UPDATE,
  fastBindingAck: FAST_BINDING_ACK,
  fastNeighborAdvertisement: FAST_NEIGHBOR_ADVERTISEMENT,
  experimental: EXPERIMENTAL_MESSAGE,
  homeAgentSwitch: HOME_AGENT_SWITCH,
  heartbeat: HEARTBEAT,
  handoverInitiate: HANDOVER_INITIATE,
  handoverAck: HANDOVER_ACK,
  bindingRevocation: BINDING_REVOCATION,
  localizedRoutingInitiation: LOCALIZED_ROUTING_INITIATION,
  localizedRoutingAck: LOCALIZED_ROUTING_ACK,
  updateNotification: UPDATE_NOTIFICATION,
  updateNotificationAck: UPDATE_NOTIFICATION_ACK,
  flowBinding: FLOW_BINDING,
  subscriptionQuery: SUBSCRIPTION_QUERY,
  subscriptionResponse: SUBSCRIPTION_RESPONSE,
};

/**
 * A type of RFC 6275. Those are what §9.2 wants a node to know: to any other that no role of it serves, it
 * answers with a Binding Error of status 2.
 */
export const isBaseType = (type: number): boolean => type <= MESSAGE_ROWS.bindingError.type;

/** Undefined for a type without a row. */
export const messageRow = (type: number): MessageRow<KnownMessage> | undefined => BY_TYPE[type];

/** Rows in the order of their type. */
export const messageRows = (): MessageRow<KnownMessage>[] =>
  BY_TYPE.filter((row) => row !== undefined);

/** `Binding Update`, or `Mobility Header type 99`. */
export const messageName = (type: number): string =>
  messageRow(type)?.name ?? `Mobility Header type ${type}`;

const BY_TYPE: readonly (MessageRow<KnownMessage> | undefined)[] = (() => {
  const table: (MessageRow<KnownMessage> | undefined)[] = new Array(256).fill(undefined);
  for (const row of Object.values(MESSAGE_ROWS)) {
    table[row.type] = row as unknown as MessageRow<KnownMessage>;
  }
  return table;
})();
