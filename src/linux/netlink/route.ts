/** `struct rtmsg` and its attributes (linux/rtnetlink.h, linux/lwtunnel.h): routes. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import {
  ipv6FromOctets,
  isIpv6,
  type IpAddress,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import { LITTLE } from '../sockaddr.js';
import { AttributeWriter, numberOf, readAttributes, readNested } from './attributes.js';
import { familyAddress, familyOf, familyPrefix, isIpFamily } from './family.js';

export interface KernelRoute {
  readonly type: RouteType;
  readonly table: number;
  readonly protocol: number;
  readonly destination: Prefix;
  /** 0 when the route has none of its own (multipath, blackhole, unreachable). */
  readonly index: number;
  readonly via: IpAddress | undefined;
  readonly preferredSource: IpAddress | undefined;
  /** Lower wins. 0 lets the kernel choose: 1024 for IPv6. */
  readonly metric: number;
  /** Packets leave in an outer IPv6 header; `index` is then a metadata tunnel (`external`). */
  readonly encapsulation?: RouteEncapsulation;
}

/** What the route does with a packet; `blackhole` drops it, `unreachable` says so to its sender too. */
export type RouteType = 'unicast' | 'blackhole' | 'unreachable';

/** `encap ip6` of iproute2. */
export interface RouteEncapsulation {
  readonly source: Ipv6;
  readonly destination: Ipv6;
  readonly hopLimit: number;
}

/** Undefined for what is not a route, and for types that nobody here makes (local, multicast, throw …). */
export function parseRoute(message: NetlinkMessage): KernelRoute | undefined {
  const { type: messageType, data } = message;
  if (messageType !== RTM_NEWROUTE && messageType !== RTM_DELROUTE) return undefined;
  if (data.length < RTMSG_LENGTH) return undefined;
  const family = data[0]!;
  const type = TYPE_NAME.get(data[7]!);
  if (type === undefined || !isIpFamily(family)) return undefined;
  const attributes = readAttributes(data.subarray(RTMSG_LENGTH));
  const destination = familyPrefix(family, attributes.get(RTA_DST), data[1]!);
  if (!destination) return undefined;
  const encapsulation =
    numberOf(attributes.get(RTA_ENCAP_TYPE)) === LWTUNNEL_ENCAP_IP6
      ? parseEncapsulation(attributes.get(RTA_ENCAP))
      : undefined;
  return {
    type,
    table: numberOf(attributes.get(RTA_TABLE)) ?? data[4]!,
    protocol: data[5]!,
    destination,
    // The kernel shows IPv6 routes that drop as on the loopback interface.
    index: type === 'unicast' ? (numberOf(attributes.get(RTA_OIF)) ?? 0) : 0,
    via: familyAddress(family, attributes.get(RTA_GATEWAY)),
    preferredSource: familyAddress(family, attributes.get(RTA_PREFSRC)),
    metric: numberOf(attributes.get(RTA_PRIORITY)) ?? 0,
    ...(encapsulation ? { encapsulation } : {}),
  };
}

export function routeBody(route: KernelRoute): Uint8Array {
  const { destination, via, preferredSource, encapsulation } = route;
  const family = familyOf(destination.address);
  const unicast = route.type === 'unicast';
  const head = Uint8Array.of(
    family,
    destination.length,
    0, // source length
    0, // type of service
    route.table < 256 ? route.table : RT_TABLE_UNSPEC,
    route.protocol,
    via || !unicast || isIpv6(destination.address) ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
    TYPE[route.type],
    ...[0, 0, 0, 0], // flags
  );
  // The core knows that the router is on this link, whatever the prefixes there say.
  if (via) new DataView(head.buffer).setUint32(8, RTNH_F_ONLINK, LITTLE);
  const out = new AttributeWriter(head).u32(RTA_TABLE, route.table);
  if (destination.length > 0) out.address(RTA_DST, destination.address);
  if (unicast && route.index) out.u32(RTA_OIF, route.index);
  if (via) out.address(RTA_GATEWAY, via);
  if (preferredSource) out.address(RTA_PREFSRC, preferredSource);
  if (route.metric) out.u32(RTA_PRIORITY, route.metric);
  if (encapsulation) {
    out.u16(RTA_ENCAP_TYPE, LWTUNNEL_ENCAP_IP6).nest(RTA_ENCAP, (inner) => {
      inner
        .address(LWTUNNEL_IP6_DST, encapsulation.destination)
        .address(LWTUNNEL_IP6_SRC, encapsulation.source)
        .u8(LWTUNNEL_IP6_HOPLIMIT, encapsulation.hopLimit);
    });
  }
  return out.finish();
}

/** A dump's request: strict kernels then send the routes of that protocol only. */
export function routeQuery(family: number, protocol: number): Uint8Array {
  const query = new Uint8Array(RTMSG_LENGTH);
  query[0] = family;
  query[5] = protocol;
  return query;
}

function parseEncapsulation(value: Uint8Array | undefined): RouteEncapsulation | undefined {
  const inner = readNested(value);
  const source = inner.get(LWTUNNEL_IP6_SRC);
  const destination = inner.get(LWTUNNEL_IP6_DST);
  if (source?.length !== 16 || destination?.length !== 16) return undefined;
  return {
    source: ipv6FromOctets(source),
    destination: ipv6FromOctets(destination),
    hopLimit: numberOf(inner.get(LWTUNNEL_IP6_HOPLIMIT)) ?? 0,
  };
}

const TYPE: Readonly<Record<RouteType, number>> = { unicast: 1, blackhole: 6, unreachable: 7 };
const TYPE_NAME: ReadonlyMap<number, RouteType> = new Map(
  Object.entries(TYPE).map(([name, number]) => [number, name as RouteType]),
);
const RTMSG_LENGTH = 12;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RT_TABLE_UNSPEC = 0;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTNH_F_ONLINK = 4;
const RTA_DST = 1;
const RTA_OIF = 4;
const RTA_GATEWAY = 5;
const RTA_PRIORITY = 6;
const RTA_PREFSRC = 7;
const RTA_TABLE = 15;
const RTA_ENCAP_TYPE = 21;
const RTA_ENCAP = 22;
const LWTUNNEL_ENCAP_IP6 = 4;
const LWTUNNEL_IP6_DST = 2;
const LWTUNNEL_IP6_SRC = 3;
const LWTUNNEL_IP6_HOPLIMIT = 4;
