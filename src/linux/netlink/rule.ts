/** `struct fib_rule_hdr` and its attributes: which table a packet is looked up in. */
import * as rt from 'netlink/dist/rt/structs.js';
import { AttrStream, type NetlinkMessage } from 'netlink/dist/structs.js';
import { addressFromOctets, addressOctets, bits, type Prefix } from '../../base/address.js';
import { AF_INET, AF_INET6 } from '../sockaddr.js';
import { ANY4, ANY6, tryParse } from './codec.js';

export interface KernelRule {
  readonly priority: number;
  readonly from: Prefix;
  readonly table: number;
  readonly protocol: number;
}

export function parseRule(message: NetlinkMessage): KernelRule | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'rule') return undefined;
  const { data, attrs } = parsed;
  const any = data.family === AF_INET6 ? ANY6 : ANY4;
  return {
    priority: attrs.priority ?? 0,
    from: { address: addressFromOctets(attrs.src ?? any), length: data.srcLen ?? 0 },
    table: attrs.table ?? data.table ?? 0,
    protocol: attrs.protocol ?? 0,
  };
}

export function ruleBody(rule: KernelRule): Uint8Array[] {
  const out = new AttrStream();
  const all = rule.from.length === 0;
  rt.formatRuleMessage(
    {
      kind: 'rule',
      data: {
        family: bits(rule.from.address) === 128 ? AF_INET6 : AF_INET,
        srcLen: rule.from.length,
        table: rule.table < 256 ? rule.table : RT_TABLE_UNSPEC,
        action: rt.RuleAction.toTbl,
      },
      attrs: {
        ...(all ? {} : { src: Buffer.from(addressOctets(rule.from.address)) }),
        priority: rule.priority,
        table: rule.table,
        protocol: rule.protocol,
      },
    },
    out,
  );
  return out.bufs;
}

const RT_TABLE_UNSPEC = 0;
