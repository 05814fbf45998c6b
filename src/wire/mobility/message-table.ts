/** All Mobility Header messages, one row each. Add a member to the union and the compiler asks for its row. */
import { BINDING_ACK } from './message/binding-ack.js';
import { BINDING_ERROR } from './message/binding-error.js';
import { BINDING_REFRESH_REQUEST } from './message/binding-refresh-request.js';
import { BINDING_UPDATE } from './message/binding-update.js';
import { CARE_OF_TEST } from './message/care-of-test.js';
import { CARE_OF_TEST_INIT } from './message/care-of-test-init.js';
import { HOME_TEST } from './message/home-test.js';
import { HOME_TEST_INIT } from './message/home-test-init.js';
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
};

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
