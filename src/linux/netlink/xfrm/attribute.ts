/** Attributes of linux/xfrm.h: a row each, with its number and what its value begins with. */
import type { AttributeWriter } from '../attributes.js';
import {
  decode,
  decodeArray,
  encode,
  encodeArray,
  octets,
  u32,
  u64,
  u8,
  type Member,
} from './layout.js';
import {
  ADDRESS,
  XFRM_ALGO,
  XFRM_ALGO_AEAD,
  XFRM_ALGO_AUTH,
  XFRM_ENCAP_TMPL,
  XFRM_MARK,
  XFRM_REPLAY_STATE,
  XFRM_REPLAY_STATE_ESN,
  XFRM_USERPOLICY_INFO,
  XFRM_USERPOLICY_TYPE,
  XFRM_USERSA_INFO,
  XFRM_USER_KMADDRESS,
  XFRM_USER_MIGRATE,
  XFRM_USER_OFFLOAD,
  XFRM_USER_TMPL,
  XFRMU_SADHINFO,
  XFRMU_SPDHINFO,
  XFRMU_SPDHTHRESH,
  XFRMU_SPDINFO,
} from './structs.js';

export interface AttributeRow<T> {
  readonly number: number;
  readonly member: Member<T>;
}

export type Attributes = ReadonlyMap<number, Uint8Array>;

/** Undefined where it is absent. Throws `WireError` `WIRE_TRUNCATED`. */
export function get<T>(attributes: Attributes, row: AttributeRow<T>): T | undefined {
  const value = attributes.get(row.number);
  return value && decode(row.member, value);
}

/** What follows the member; none where it is absent. */
export function tailOf(attributes: Attributes, row: AttributeRow<unknown>): Uint8Array {
  return attributes.get(row.number)?.subarray(row.member.size) ?? NO_OCTETS;
}

/** Of an attribute that is a list. Throws `WireError` `WIRE_OPTION_LENGTH`. */
export function getAll<T>(attributes: Attributes, row: AttributeRow<T>): T[] {
  return decodeArray(row.member, attributes.get(row.number) ?? NO_OCTETS);
}

/** Not at all where the value is undefined. */
export function put<T>(
  out: AttributeWriter,
  row: AttributeRow<T>,
  value: T | Partial<T> | undefined,
  tail: Uint8Array = NO_OCTETS,
): void {
  if (value === undefined) return;
  const whole = new Uint8Array(row.member.size + tail.length);
  whole.set(encode(row.member, value));
  whole.set(tail, row.member.size);
  out.octets(row.number, whole);
}

/** Not at all where there is no value. */
export function putAll<T>(
  out: AttributeWriter,
  row: AttributeRow<T>,
  values: readonly (T | Partial<T>)[],
): void {
  if (values.length > 0) out.octets(row.number, encodeArray(row.member, values));
}

const NO_OCTETS = new Uint8Array(0);
const OPAQUE = octets(0);

/** enum xfrm_attr_type_t */
export const XFRMA = {
  ALG_AUTH: { number: 1, member: XFRM_ALGO },
  ALG_CRYPT: { number: 2, member: XFRM_ALGO },
  ALG_COMP: { number: 3, member: XFRM_ALGO },
  ENCAP: { number: 4, member: XFRM_ENCAP_TMPL },
  TMPL: { number: 5, member: XFRM_USER_TMPL },
  SA: { number: 6, member: XFRM_USERSA_INFO },
  POLICY: { number: 7, member: XFRM_USERPOLICY_INFO },
  SEC_CTX: { number: 8, member: OPAQUE },
  REPLAY_VAL: { number: 10, member: XFRM_REPLAY_STATE },
  SRCADDR: { number: 13, member: ADDRESS },
  COADDR: { number: 14, member: ADDRESS },
  LASTUSED: { number: 15, member: u64 },
  POLICY_TYPE: { number: 16, member: XFRM_USERPOLICY_TYPE },
  MIGRATE: { number: 17, member: XFRM_USER_MIGRATE },
  ALG_AEAD: { number: 18, member: XFRM_ALGO_AEAD },
  KMADDRESS: { number: 19, member: XFRM_USER_KMADDRESS },
  ALG_AUTH_TRUNC: { number: 20, member: XFRM_ALGO_AUTH },
  MARK: { number: 21, member: XFRM_MARK },
  TFCPAD: { number: 22, member: u32 },
  REPLAY_ESN_VAL: { number: 23, member: XFRM_REPLAY_STATE_ESN },
  SA_EXTRA_FLAGS: { number: 24, member: u32 },
  OFFLOAD_DEV: { number: 28, member: XFRM_USER_OFFLOAD },
  SET_MARK: { number: 29, member: u32 },
  SET_MARK_MASK: { number: 30, member: u32 },
  IF_ID: { number: 31, member: u32 },
  MTIMER_THRESH: { number: 32, member: u32 },
  SA_DIR: { number: 33, member: u8 },
} as const;

/** enum xfrm_spdattr_type_t */
export const XFRMA_SPD = {
  INFO: { number: 1, member: XFRMU_SPDINFO },
  HINFO: { number: 2, member: XFRMU_SPDHINFO },
  IPV4_HTHRESH: { number: 3, member: XFRMU_SPDHTHRESH },
  IPV6_HTHRESH: { number: 4, member: XFRMU_SPDHTHRESH },
} as const;

/** enum xfrm_sadattr_type_t */
export const XFRMA_SAD = {
  CNT: { number: 1, member: u32 },
  HINFO: { number: 2, member: XFRMU_SADHINFO },
} as const;
