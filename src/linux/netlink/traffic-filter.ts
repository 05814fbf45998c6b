/**
 * Traffic filters on what comes in by a metadata tunnel (linux/pkt_cls.h): the check of RFC 6275 §10.4.5, that a
 * packet's inner source is bound to the care-of address in its outer header. A filter a binding, found by hash; what
 * none of them lets pass is dropped. As
 *
 *     tc qdisc add dev mip6e clsact
 *     tc filter replace dev mip6e ingress protocol ipv6 pref 1 handle 7 flower enc_src_ip COA src_ip HOA
 *     tc filter replace dev mip6e ingress protocol all pref 9 matchall action drop
 */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import {
  ipv6FromOctets,
  isIpv6,
  type IpAddress,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { AF_INET, AF_INET6, LITTLE } from '../sockaddr.js';
import {
  AttributeWriter,
  numberOf,
  readAttributes,
  readNested,
  textOf,
  u32,
} from './attributes.js';
import { familyPrefix } from './family.js';

/** Lets pass what comes from `innerSource` in a header from `outerSource`. */
export interface SourceFilter {
  readonly kind: 'source';
  readonly link: number;
  /** 1 … 0xffffffff; one number space a link and family of `innerSource`. */
  readonly handle: number;
  /** Absent: any; the device itself takes packets of one sender only. */
  readonly outerSource?: Ipv6;
  readonly innerSource: Prefix;
}

/** Drops what no other filter let pass. */
export interface DropFilter {
  readonly kind: 'drop';
  readonly link: number;
}

export type TrafficFilter = SourceFilter | DropFilter;

/** What tells a filter from the others. */
export type TrafficFilterKey =
  Pick<SourceFilter, 'kind' | 'link' | 'handle' | 'innerSource'> | DropFilter;

/** Undefined for filters that are not of our making. */
export function parseTrafficFilter(message: NetlinkMessage): TrafficFilter | undefined {
  const { type, data } = message;
  if (type !== RTM_NEWTFILTER && type !== RTM_DELTFILTER) return undefined;
  if (data.length < TCMSG_LENGTH) return undefined;
  const attributes = readAttributes(data.subarray(TCMSG_LENGTH));
  const link = u32(data, 4);
  const handle = u32(data, 8);
  const info = u32(data, 16);
  const options = readNested(attributes.get(TCA_OPTIONS));
  switch (textOf(attributes.get(TCA_KIND))) {
    case 'flower': {
      const row = ROWS.find(
        ({ preference, protocol }) => info === information(preference, protocol),
      );
      const outer = options.get(TCA_FLOWER_KEY_ENC_IPV6_SRC);
      // The kernel also tells of the classifier as a whole, with handle 0.
      if (!row || handle === 0) return undefined;
      const length = maskLength(options.get(row.mask));
      const innerSource = familyPrefix(row.family, options.get(row.source), length);
      if (!innerSource) return undefined;
      const from = outer?.length === 16 ? { outerSource: ipv6FromOctets(outer) } : {};
      return { kind: 'source', link, handle, ...from, innerSource };
    }
    case 'matchall': {
      const first = readNested(readNested(options.get(TCA_MATCHALL_ACT)).get(FIRST_ACTION));
      const gact = readNested(first.get(TCA_ACT_OPTIONS)).get(TCA_GACT_PARMS);
      const drops =
        gact?.length === TC_GACT_LENGTH && numberOf(gact.subarray(8, 12)) === TC_ACT_SHOT;
      return drops && info === DROP_INFORMATION ? { kind: 'drop', link } : undefined;
    }
    default:
      return undefined;
  }
}

export function trafficFilterBody(filter: TrafficFilter): Uint8Array {
  const out = keyOf(filter);
  switch (filter.kind) {
    case 'source': {
      const row = rowOf(filter.innerSource.address);
      return out
        .nest(TCA_OPTIONS, (options) => {
          options
            .port(TCA_FLOWER_KEY_ETH_TYPE, row.protocol)
            .address(row.source, filter.innerSource.address)
            .octets(row.mask, maskOf(filter.innerSource.length, row.octets));
          if (filter.outerSource === undefined) return;
          options
            .address(TCA_FLOWER_KEY_ENC_IPV6_SRC, filter.outerSource)
            .octets(TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK, maskOf(128, 16));
        })
        .finish();
    }
    case 'drop':
      return out
        .nest(TCA_OPTIONS, (options) => {
          options.nest(TCA_MATCHALL_ACT, (actions) => {
            actions.nest(FIRST_ACTION, (action) => {
              action.text(TCA_ACT_KIND, 'gact').nest(TCA_ACT_OPTIONS, (gact) => {
                gact.octets(TCA_GACT_PARMS, gactParameters(TC_ACT_SHOT));
              });
            });
          });
        })
        .finish();
    default:
      return filter satisfies never;
  }
}

/** For its removal. */
export const trafficFilterKey = (key: TrafficFilterKey): Uint8Array => keyOf(key).finish();

/** All that hang on the ingress hook of one interface. */
export const trafficFilterQuery = (link: number): Uint8Array => tcHead(link, 0, CLSACT_INGRESS, 0);

/** The hook that filters hang on; it goes with its interface. */
export const clsactBody = (link: number): Uint8Array =>
  new AttributeWriter(tcHead(link, CLSACT_HANDLE, TC_H_CLSACT, 0))
    .text(TCA_KIND, 'clsact')
    .finish();

export function describeTrafficFilter(key: TrafficFilterKey): string {
  const what =
    key.kind === 'drop'
      ? 'that drops'
      : `${key.handle} of ${key.innerSource.address}/${key.innerSource.length}`;
  return `traffic filter ${what} on interface ${key.link}`;
}

function keyOf(key: TrafficFilterKey): AttributeWriter {
  if (key.kind === 'drop') {
    return new AttributeWriter(tcHead(key.link, 0, CLSACT_INGRESS, DROP_INFORMATION)).text(
      TCA_KIND,
      'matchall',
    );
  }
  const { preference, protocol } = rowOf(key.innerSource.address);
  const info = information(preference, protocol);
  return new AttributeWriter(tcHead(key.link, key.handle, CLSACT_INGRESS, info)).text(
    TCA_KIND,
    'flower',
  );
}

/** struct tcmsg */
function tcHead(link: number, handle: number, parent: number, info: number): Uint8Array {
  const head = new Uint8Array(TCMSG_LENGTH);
  const view = new DataView(head.buffer);
  [link, handle, parent, info].forEach((word, i) => view.setUint32(4 + 4 * i, word, LITTLE));
  return head;
}

/** struct tc_gact: index, capabilities, action, two counts. */
function gactParameters(action: number): Uint8Array {
  const octets = new Uint8Array(TC_GACT_LENGTH);
  new DataView(octets.buffer).setInt32(8, action, LITTLE);
  return octets;
}

/** tcm_info: preference, and the ethertype as it is on the wire. */
function information(preference: number, protocol: number): number {
  const wire = LITTLE ? ((protocol & 0xff) << 8) | (protocol >> 8) : protocol;
  return ((preference << 16) | wire) >>> 0;
}

const rowOf = (address: IpAddress): Row => ROWS[isIpv6(address) ? 0 : 1];

function maskOf(length: number, octets: number): Uint8Array {
  const mask = new Uint8Array(octets);
  for (let i = 0; i < octets; i++) {
    const ones = Math.min(Math.max(length - 8 * i, 0), 8);
    mask[i] = 0xff00 >> ones;
  }
  return mask;
}

/** Ones at the front. A key without a mask is matched whole. */
function maskLength(mask: Uint8Array | undefined): number {
  let length = 0;
  for (const octet of mask ?? []) length += Math.clz32(~(octet << 24));
  return length;
}

interface Row {
  readonly family: number;
  readonly octets: number;
  /** Classifiers of one preference have one protocol. */
  readonly preference: number;
  /** Ethertype. */
  readonly protocol: number;
  readonly source: number;
  readonly mask: number;
}

/** By family of the inner source. */
const ROWS: readonly [Row, Row] = [
  { family: AF_INET6, octets: 16, preference: 1, protocol: 0x86dd, source: 14, mask: 15 },
  { family: AF_INET, octets: 4, preference: 2, protocol: 0x0800, source: 10, mask: 11 },
];
const DROP_INFORMATION = information(9, 0x0003); // ETH_P_ALL
const TCMSG_LENGTH = 20;
const TC_GACT_LENGTH = 20;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const TC_H_CLSACT = 0xfffffff1;
const CLSACT_HANDLE = 0xffff0000;
const CLSACT_INGRESS = 0xfffffff2; // TC_H_MAKE(TC_H_CLSACT, TC_H_MIN_INGRESS)
const TC_ACT_SHOT = 2;
const FIRST_ACTION = 1; // actions are numbered from 1
const TCA_KIND = 1;
const TCA_OPTIONS = 2;
const TCA_ACT_KIND = 1;
const TCA_ACT_OPTIONS = 2;
const TCA_GACT_PARMS = 2;
const TCA_MATCHALL_ACT = 2;
const TCA_FLOWER_KEY_ETH_TYPE = 8;
const TCA_FLOWER_KEY_ENC_IPV6_SRC = 31;
const TCA_FLOWER_KEY_ENC_IPV6_SRC_MASK = 32;
