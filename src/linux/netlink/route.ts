/** `struct rtmsg` and its attributes: routes. */
import * as rt from 'netlink/dist/rt/structs.js';
import { AttrStream, type NetlinkMessage } from 'netlink/dist/structs.js';
import {
  addressFromOctets,
  addressOctets,
  isIpv6,
  type IpAddress,
  type Prefix,
} from '../../base/address.js';
import { AF_INET, AF_INET6 } from '../sockaddr.js';
import { ANY4, ANY6, tryParse } from './codec.js';

export interface KernelRoute {
  readonly table: number;
  readonly protocol: number;
  readonly destination: Prefix;
  /** 0 when the route has none of its own (multipath, unreachable). */
  readonly index: number;
  readonly via: IpAddress | undefined;
  readonly preferredSource: IpAddress | undefined;
  readonly metric: number;
}

export function parseRoute(message: NetlinkMessage): KernelRoute | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'route') return undefined;
  const { data, attrs } = parsed;
  const any = data.family === AF_INET6 ? ANY6 : ANY4;
  return {
    table: attrs.table ?? data.table ?? 0,
    protocol: rt.formatRoute(data)[RTMSG_PROTOCOL]!,
    destination: { address: addressFromOctets(attrs.dst ?? any), length: data.dstLen ?? 0 },
    index: attrs.oif ?? 0,
    via: attrs.gateway && addressFromOctets(attrs.gateway),
    preferredSource: attrs.prefsrc && addressFromOctets(attrs.prefsrc),
    metric: attrs.priority ?? 0,
  };
}

export function routeBody(route: KernelRoute): Uint8Array[] {
  const { destination, via, preferredSource } = route;
  const six = isIpv6(destination.address);
  const out = new AttrStream();
  rt.formatRouteMessage(
    {
      kind: 'route',
      data: {
        family: six ? AF_INET6 : AF_INET,
        dstLen: destination.length,
        table: route.table < 256 ? route.table : RT_TABLE_UNSPEC,
        protocol: route.protocol,
        scope: via || six ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
        type: rt.RouteType.UNICAST,
        // The core knows that the router is on this link, whatever the prefixes there say.
        ...(via ? { flags: { __unknown: RTNH_F_ONLINK } } : {}),
      },
      attrs: {
        table: route.table,
        ...(destination.length > 0 ? { dst: Buffer.from(addressOctets(destination.address)) } : {}),
        ...(route.index ? { oif: route.index } : {}),
        ...(via ? { gateway: Buffer.from(addressOctets(via)) } : {}),
        ...(preferredSource ? { prefsrc: Buffer.from(addressOctets(preferredSource)) } : {}),
        ...(route.metric ? { priority: route.metric } : {}),
      },
    },
    out,
  );
  return out.bufs;
}

const RTMSG_PROTOCOL = 5; // octet of struct rtmsg
const RT_TABLE_UNSPEC = 0;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTNH_F_ONLINK = 4;
