/** `struct fib_rule_hdr` and its attributes (linux/fib_rules.h): which table a packet is looked up in. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import type { Prefix } from '../../base/address.js';
import { AttributeWriter, numberOf, readAttributes } from './attributes.js';
import { familyOf, familyPrefix, isIpFamily } from './family.js';

export interface KernelRule {
  /** Lower first. */
  readonly priority: number;
  /** Its family is the rule's; length 0 matches every source of it. */
  readonly from: Prefix;
  readonly to?: Prefix;
  /** Upper-layer protocol, such as 135 (Mobility Header). */
  readonly ipProtocol?: number;
  readonly table: number;
  readonly protocol: number;
}

/** Undefined for what is not a rule that looks up a table. */
export function parseRule(message: NetlinkMessage): KernelRule | undefined {
  const { type, data } = message;
  if (type !== RTM_NEWRULE && type !== RTM_DELRULE) return undefined;
  if (data.length < RULE_HEADER || data[7] !== FR_ACT_TO_TBL) return undefined;
  const family = data[0]!;
  if (!isIpFamily(family)) return undefined;
  const attributes = readAttributes(data.subarray(RULE_HEADER));
  const from = familyPrefix(family, attributes.get(FRA_SRC), data[2]!);
  const to = familyPrefix(family, attributes.get(FRA_DST), data[1]!);
  if (!from || !to) return undefined;
  const ipProtocol = numberOf(attributes.get(FRA_IP_PROTO)) ?? 0;
  return {
    priority: numberOf(attributes.get(FRA_PRIORITY)) ?? 0,
    from,
    ...(to.length > 0 ? { to } : {}),
    ...(ipProtocol ? { ipProtocol } : {}),
    table: numberOf(attributes.get(FRA_TABLE)) ?? data[4]!,
    protocol: numberOf(attributes.get(FRA_PROTOCOL)) ?? 0,
  };
}

export function ruleBody(rule: KernelRule): Uint8Array {
  const { from, to } = rule;
  const head = Uint8Array.of(
    familyOf(from.address),
    to?.length ?? 0,
    from.length,
    0, // type of service
    rule.table < 256 ? rule.table : RT_TABLE_UNSPEC,
    ...[0, 0], // reserved
    FR_ACT_TO_TBL,
    ...[0, 0, 0, 0], // flags
  );
  const out = new AttributeWriter(head);
  if (from.length > 0) out.address(FRA_SRC, from.address);
  if (to && to.length > 0) out.address(FRA_DST, to.address);
  if (rule.ipProtocol) out.u8(FRA_IP_PROTO, rule.ipProtocol);
  out.u32(FRA_PRIORITY, rule.priority).u32(FRA_TABLE, rule.table).u8(FRA_PROTOCOL, rule.protocol);
  return out.finish();
}

export function ruleQuery(family: number): Uint8Array {
  const query = new Uint8Array(RULE_HEADER);
  query[0] = family;
  return query;
}

const RULE_HEADER = 12;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RT_TABLE_UNSPEC = 0;
const FR_ACT_TO_TBL = 1;
const FRA_DST = 1;
const FRA_SRC = 2;
const FRA_PRIORITY = 6;
const FRA_TABLE = 15;
const FRA_PROTOCOL = 21; // Linux 4.17
const FRA_IP_PROTO = 22; // Linux 4.17
