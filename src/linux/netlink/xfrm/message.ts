/**
 * XFRM messages, one row each: number, structure in front, and both codecs. Requests and notices are the same
 * messages; where they differ, a member is absent in the one.
 */
import { addressOctets } from '../../../base/address.js';
import { WireError } from '../../../base/error.js';
import { AttributeWriter, attributesAreWhole, readAttributes } from '../attributes.js';
import { get, put, XFRMA, type Attributes } from './attribute.js';
import { readSadInfo, readSpdInfo, writeSadInfo, writeSpdInfo } from './info.js';
import { decode, encode, octets, u32, type Member, type ReadOf } from './layout.js';
import { readMigration, writeMigrationAttributes } from './migration.js';
import type {
  XfrmAcquire,
  XfrmMapping,
  XfrmMigration,
  XfrmPolicy,
  XfrmPolicyId,
  XfrmPolicyType,
  XfrmProtocol,
  XfrmReport,
  XfrmSadInfo,
  XfrmSpdInfo,
  XfrmSpiRequest,
  XfrmState,
  XfrmStateId,
} from './model.js';
import { PROTOCOLS } from './names.js';
import {
  readAcquire,
  readMapping,
  readReport,
  writeAcquire,
  writeMapping,
  writeReport,
} from './notice.js';
import {
  readPolicy,
  readPolicyId,
  readPolicyType,
  writePolicy,
  writePolicyAttributes,
  writePolicyId,
  writePolicyType,
  writeScope,
} from './policy.js';
import { present } from './present.js';
import {
  readSpiRequest,
  readState,
  readStateId,
  writeSpiRequest,
  writeSpiRequestAttributes,
  writeState,
  writeStateAttributes,
  writeStateId,
  writeStateIdAttributes,
} from './state.js';
import {
  XFRM_USERPOLICY_ID,
  XFRM_USERPOLICY_INFO,
  XFRM_USERSA_FLUSH,
  XFRM_USERSA_ID,
  XFRM_USERSA_INFO,
  XFRM_USERSPI_INFO,
  XFRM_USER_ACQUIRE,
  XFRM_USER_EXPIRE,
  XFRM_USER_MAPPING,
  XFRM_USER_POLEXPIRE,
  XFRM_USER_REPORT,
} from './structs.js';

export type XfrmMessage =
  | { readonly kind: 'newState'; readonly state: XfrmState }
  | { readonly kind: 'updateState'; readonly state: XfrmState }
  /** `state` is what was there, in a notice. */
  | { readonly kind: 'deleteState'; readonly id: XfrmStateId; readonly state?: XfrmState }
  | { readonly kind: 'getState'; readonly id: XfrmStateId }
  | { readonly kind: 'newPolicy'; readonly policy: XfrmPolicy }
  | { readonly kind: 'updatePolicy'; readonly policy: XfrmPolicy }
  /** `policy` is what was there, in a notice. */
  | { readonly kind: 'deletePolicy'; readonly id: XfrmPolicyId; readonly policy?: XfrmPolicy }
  | { readonly kind: 'getPolicy'; readonly id: XfrmPolicyId }
  | { readonly kind: 'allocateSpi'; readonly request: XfrmSpiRequest }
  | { readonly kind: 'acquire'; readonly acquire: XfrmAcquire }
  /** `hard`: the state has gone. */
  | { readonly kind: 'expire'; readonly state: XfrmState; readonly hard: boolean }
  | { readonly kind: 'policyExpire'; readonly policy: XfrmPolicy; readonly hard: boolean }
  /** Protocol 0: all of them. */
  | { readonly kind: 'flushStates'; readonly protocol: XfrmProtocol }
  | { readonly kind: 'flushPolicies'; readonly ptype: XfrmPolicyType }
  | { readonly kind: 'report'; readonly report: XfrmReport }
  | { readonly kind: 'migrate'; readonly migration: XfrmMigration }
  | { readonly kind: 'sadInfo'; readonly info: XfrmSadInfo }
  | { readonly kind: 'getSadInfo' }
  | { readonly kind: 'spdInfo'; readonly info: XfrmSpdInfo }
  | { readonly kind: 'getSpdInfo' }
  | { readonly kind: 'mapping'; readonly mapping: XfrmMapping };

export type XfrmMessageKind = XfrmMessage['kind'];
export type XfrmMessageOf<K extends XfrmMessageKind> = Extract<XfrmMessage, { kind: K }>;

/** Undefined for a type without a row. Throws `WireError` for octets that do not obey their header. */
export function decodeXfrm(type: number, data: Uint8Array): XfrmMessage | undefined {
  const row = BY_TYPE.get(type);
  if (!row) return undefined;
  const head = decode(row.head, data);
  const rest = data.subarray(aligned(row.head.size));
  if (!attributesAreWhole(rest)) {
    throw new WireError('WIRE_TRUNCATED', data.length, `${row.name}: an attribute is cut`);
  }
  return row.decode(head, readAttributes(rest));
}

/** Throws `UsageError` for a value that no octets can say. */
export function encodeXfrm(message: XfrmMessage): { type: number; body: Uint8Array } {
  const row = ROWS[message.kind] as Row<XfrmMessage, unknown>;
  const head = new Uint8Array(aligned(row.head.size));
  head.set(encode(row.head, row.encode(message)));
  const out = new AttributeWriter(head);
  row.attributes?.(message, out);
  return { type: row.type, body: out.finish() };
}

/** Its number: `XFRM_MSG_…`. */
export const xfrmMessageType = (kind: XfrmMessageKind): number => ROWS[kind].type;

interface Row<M extends XfrmMessage, H> {
  readonly type: number;
  /** Without XFRM_MSG_. */
  readonly name: string;
  readonly head: Member<H>;
  decode(head: H, attributes: Attributes): M;
  encode(message: M): Partial<H>;
  attributes?(message: M, out: AttributeWriter): void;
}

/** Infers the type of the structure in front. */
const row = <M extends XfrmMessage, H>(what: Row<M, H>): Row<M, unknown> => what;

/** NLMSG_ALIGN */
const aligned = (length: number): number => (length + 3) & ~3;

const NO_HEAD = octets(0);
const NO_OCTETS = new Uint8Array(0);

const ROWS: { readonly [K in XfrmMessageKind]: Row<XfrmMessageOf<K>, unknown> } = {
  newState: row({
    type: 16,
    name: 'NEWSA',
    head: XFRM_USERSA_INFO,
    decode: (head, attributes) => ({ kind: 'newState', state: readState(head, attributes) }),
    encode: ({ state }) => writeState(state),
    attributes: ({ state }, out) => writeStateAttributes(state, out),
  }),
  deleteState: row({
    type: 17,
    name: 'DELSA',
    head: XFRM_USERSA_ID,
    decode: (head, attributes) => {
      const state = get(attributes, XFRMA.SA);
      return {
        kind: 'deleteState',
        id: readStateId(head, attributes),
        ...present({ state: state && readState(state, attributes) }),
      };
    },
    encode: ({ id }) => writeStateId(id),
    attributes: ({ id, state }, out) => {
      if (!state) return writeStateIdAttributes(id, out);
      put(out, XFRMA.SA, writeState(state));
      writeStateAttributes(state, out);
    },
  }),
  getState: row({
    type: 18,
    name: 'GETSA',
    head: XFRM_USERSA_ID,
    decode: (head, attributes) => ({ kind: 'getState', id: readStateId(head, attributes) }),
    encode: ({ id }) => writeStateId(id),
    attributes: ({ id }, out) => writeStateIdAttributes(id, out),
  }),
  newPolicy: row({
    type: 19,
    name: 'NEWPOLICY',
    head: XFRM_USERPOLICY_INFO,
    decode: (head, attributes) => ({ kind: 'newPolicy', policy: readPolicy(head, attributes) }),
    encode: ({ policy }) => writePolicy(policy),
    attributes: ({ policy }, out) => writePolicyAttributes(policy, out),
  }),
  deletePolicy: row({
    type: 20,
    name: 'DELPOLICY',
    head: XFRM_USERPOLICY_ID,
    decode: (head, attributes) => {
      const policy = get(attributes, XFRMA.POLICY);
      return {
        kind: 'deletePolicy',
        id: readPolicyId(head, attributes),
        ...present({ policy: policy && readPolicy(policy, attributes) }),
      };
    },
    encode: ({ id }) => writePolicyId(id),
    attributes: ({ id, policy }, out) => {
      if (!policy) return writeScope(id, out);
      put(out, XFRMA.POLICY, writePolicy(policy));
      writePolicyAttributes(policy, out);
    },
  }),
  getPolicy: row({
    type: 21,
    name: 'GETPOLICY',
    head: XFRM_USERPOLICY_ID,
    decode: (head, attributes) => ({ kind: 'getPolicy', id: readPolicyId(head, attributes) }),
    encode: ({ id }) => writePolicyId(id),
    attributes: ({ id }, out) => writeScope(id, out),
  }),
  allocateSpi: row({
    type: 22,
    name: 'ALLOCSPI',
    head: XFRM_USERSPI_INFO,
    decode: (head, attributes) => ({
      kind: 'allocateSpi',
      request: readSpiRequest(head, attributes),
    }),
    encode: ({ request }) => writeSpiRequest(request),
    attributes: ({ request }, out) => writeSpiRequestAttributes(request, out),
  }),
  acquire: row({
    type: 23,
    name: 'ACQUIRE',
    head: XFRM_USER_ACQUIRE,
    decode: (head, attributes) => ({ kind: 'acquire', acquire: readAcquire(head, attributes) }),
    encode: ({ acquire }) => writeAcquire(acquire),
    attributes: ({ acquire }, out) => writePolicyAttributes(acquire.policy, out),
  }),
  expire: row({
    type: 24,
    name: 'EXPIRE',
    head: XFRM_USER_EXPIRE,
    decode: (head, attributes) => ({
      kind: 'expire',
      state: readState(head.state, attributes),
      hard: head.hard !== 0,
    }),
    encode: ({ state, hard }) => ({
      state: writeState(state) as ReadOf<typeof XFRM_USERSA_INFO>,
      hard: hard ? 1 : 0,
    }),
    attributes: ({ state }, out) => writeStateAttributes(state, out),
  }),
  updatePolicy: row({
    type: 25,
    name: 'UPDPOLICY',
    head: XFRM_USERPOLICY_INFO,
    decode: (head, attributes) => ({ kind: 'updatePolicy', policy: readPolicy(head, attributes) }),
    encode: ({ policy }) => writePolicy(policy),
    attributes: ({ policy }, out) => writePolicyAttributes(policy, out),
  }),
  updateState: row({
    type: 26,
    name: 'UPDSA',
    head: XFRM_USERSA_INFO,
    decode: (head, attributes) => ({ kind: 'updateState', state: readState(head, attributes) }),
    encode: ({ state }) => writeState(state),
    attributes: ({ state }, out) => writeStateAttributes(state, out),
  }),
  policyExpire: row({
    type: 27,
    name: 'POLEXPIRE',
    head: XFRM_USER_POLEXPIRE,
    decode: (head, attributes) => ({
      kind: 'policyExpire',
      policy: readPolicy(head.pol, attributes),
      hard: head.hard !== 0,
    }),
    encode: ({ policy, hard }) => ({ pol: writePolicy(policy), hard: hard ? 1 : 0 }),
    attributes: ({ policy }, out) => writePolicyAttributes(policy, out),
  }),
  flushStates: row({
    type: 28,
    name: 'FLUSHSA',
    head: XFRM_USERSA_FLUSH,
    decode: (head) => ({
      kind: 'flushStates',
      protocol: PROTOCOLS.name(head.proto),
    }),
    encode: ({ protocol }) => ({ proto: PROTOCOLS.number(protocol) }),
  }),
  flushPolicies: row({
    type: 29,
    name: 'FLUSHPOLICY',
    head: NO_HEAD,
    decode: (_head, attributes) => ({ kind: 'flushPolicies', ptype: readPolicyType(attributes) }),
    encode: () => NO_OCTETS,
    attributes: ({ ptype }, out) => writePolicyType(ptype, out),
  }),
  report: row({
    type: 32,
    name: 'REPORT',
    head: XFRM_USER_REPORT,
    decode: (head, attributes) => ({ kind: 'report', report: readReport(head, attributes) }),
    encode: ({ report }) => writeReport(report),
    attributes: ({ report: { careOf } }, out) =>
      put(out, XFRMA.COADDR, careOf && addressOctets(careOf)),
  }),
  migrate: row({
    type: 33,
    name: 'MIGRATE',
    head: XFRM_USERPOLICY_ID,
    decode: (head, attributes) => ({
      kind: 'migrate',
      migration: readMigration(head, attributes),
    }),
    encode: ({ migration }) => writePolicyId(migration),
    attributes: ({ migration }, out) => writeMigrationAttributes(migration, out),
  }),
  sadInfo: row({
    type: 34,
    name: 'NEWSADINFO',
    head: u32,
    decode: (_flags, attributes) => ({ kind: 'sadInfo', info: readSadInfo(attributes) }),
    encode: () => 0,
    attributes: ({ info }, out) => writeSadInfo(info, out),
  }),
  getSadInfo: row({
    type: 35,
    name: 'GETSADINFO',
    head: u32,
    decode: () => ({ kind: 'getSadInfo' }),
    encode: () => 0,
  }),
  spdInfo: row({
    type: 36,
    name: 'NEWSPDINFO',
    head: u32,
    decode: (_flags, attributes) => ({ kind: 'spdInfo', info: readSpdInfo(attributes) }),
    encode: () => 0,
    attributes: ({ info }, out) => writeSpdInfo(info, out),
  }),
  getSpdInfo: row({
    type: 37,
    name: 'GETSPDINFO',
    head: u32,
    decode: () => ({ kind: 'getSpdInfo' }),
    encode: () => 0,
  }),
  mapping: row({
    type: 38,
    name: 'MAPPING',
    head: XFRM_USER_MAPPING,
    decode: (head, attributes) => ({ kind: 'mapping', mapping: readMapping(head, attributes) }),
    encode: ({ mapping }) => writeMapping(mapping),
  }),
};

const BY_TYPE: ReadonlyMap<number, Row<XfrmMessage, unknown>> = new Map(
  Object.values(ROWS).map((r) => [r.type, r as Row<XfrmMessage, unknown>]),
);
