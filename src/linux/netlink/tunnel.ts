/** Parameters of tunnel devices (linux/if_tunnel.h, linux/ip6_tunnel.h), one row per kind. */
import { addressFromOctets, type IpAddress, type Ipv4, type Ipv6 } from '../../base/address.js';
import { numberOf, portOf, type AttributeWriter } from './attributes.js';

export type Tunnel = Ip6Tunnel | SitTunnel | IpipTunnel;
export type TunnelType = Tunnel['type'];

/** Outer IPv6. */
export interface Ip6Tunnel extends Common<Ipv6> {
  readonly type: 'ip6tnl';
  readonly mode: 'any' | 'ip6ip6' | 'ipip6';
  /** The outer header comes from the route (`encap ip6`), and incoming packets carry theirs as metadata. One a namespace. */
  readonly external?: boolean;
  /** RFC 2473 §4.1.1: the option that limits nesting, or none of it. */
  readonly encapLimit: number | 'none';
}

/** Outer IPv4, inner IPv6; `any` takes IPv4 too. */
export interface SitTunnel extends Common<Ipv4> {
  readonly type: 'sit';
  readonly mode: 'any' | 'ip6ip' | 'ipip';
  /** The outer header has Don't Fragment. The kernel insists on it where the hop limit is fixed. */
  readonly pathMtuDiscovery: boolean;
}

/** Outer IPv4, inner IPv4. */
export interface IpipTunnel extends Common<Ipv4> {
  readonly type: 'ipip';
  readonly mode: 'any' | 'ipip';
  readonly pathMtuDiscovery: boolean;
}

/** Within UDP, to and from a port that is open by `fou`. */
export interface TunnelEncapsulation {
  readonly kind: 'fou' | 'gue';
  /** 0: of the flow, so that paths can be told apart. */
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly checksum: boolean;
}

interface Common<A extends IpAddress> {
  /** Absent: any. */
  readonly local?: A;
  readonly remote?: A;
  /** Index of the interface that outer packets leave and come by; absent: any. */
  readonly link?: number;
  /** Of the outer header; 0: the inner one's. */
  readonly hopLimit: number;
  readonly encapsulation?: TunnelEncapsulation;
}

/** Undefined for other kinds of device, and for modes that are not ours. */
export function parseTunnel(
  kind: string,
  data: ReadonlyMap<number, Uint8Array>,
): Tunnel | undefined {
  if (!isTunnelType(kind)) return undefined;
  const mode = nameOf<string>(MODES[kind], numberOf(data.get(IFLA_IPTUN_PROTO)) ?? 0);
  if (mode === undefined) return undefined;
  const local = endOf(kind, data.get(IFLA_IPTUN_LOCAL));
  const remote = endOf(kind, data.get(IFLA_IPTUN_REMOTE));
  const link = numberOf(data.get(IFLA_IPTUN_LINK)) ?? 0;
  const encapsulation = parseEncapsulation(kind, data);
  const common = {
    type: kind,
    mode,
    ...(local === undefined ? {} : { local }),
    ...(remote === undefined ? {} : { remote }),
    ...(link === 0 ? {} : { link }),
    hopLimit: numberOf(data.get(IFLA_IPTUN_TTL)) ?? 0,
    ...(encapsulation ? { encapsulation } : {}),
  };
  if (kind === 'ip6tnl') {
    const flags = numberOf(data.get(IFLA_IPTUN_FLAGS)) ?? 0;
    const none = (flags & IP6_TNL_F_IGN_ENCAP_LIMIT) !== 0;
    return {
      ...common,
      ...(data.has(IFLA_IPTUN_COLLECT_METADATA) ? { external: true } : {}),
      encapLimit: none ? 'none' : (numberOf(data.get(IFLA_IPTUN_ENCAP_LIMIT)) ?? 0),
    } as Ip6Tunnel;
  }
  const pathMtuDiscovery = numberOf(data.get(IFLA_IPTUN_PMTUDISC)) !== 0;
  return { ...common, pathMtuDiscovery } as SitTunnel | IpipTunnel;
}

/** IFLA_INFO_DATA. */
export function writeTunnel(tunnel: Tunnel, out: AttributeWriter): void {
  out.u8(IFLA_IPTUN_PROTO, (MODES[tunnel.type] as Record<string, number>)[tunnel.mode]!);
  if (tunnel.local !== undefined) out.address(IFLA_IPTUN_LOCAL, tunnel.local);
  if (tunnel.remote !== undefined) out.address(IFLA_IPTUN_REMOTE, tunnel.remote);
  out.u32(IFLA_IPTUN_LINK, tunnel.link ?? 0).u8(IFLA_IPTUN_TTL, tunnel.hopLimit);
  if (tunnel.type === 'ip6tnl') {
    const { encapLimit, external } = tunnel;
    out
      .u8(IFLA_IPTUN_ENCAP_LIMIT, encapLimit === 'none' ? 0 : encapLimit)
      .u32(IFLA_IPTUN_FLAGS, encapLimit === 'none' ? IP6_TNL_F_IGN_ENCAP_LIMIT : 0);
    if (external) out.flag(IFLA_IPTUN_COLLECT_METADATA);
  } else {
    out.u8(IFLA_IPTUN_PMTUDISC, tunnel.pathMtuDiscovery ? 1 : 0);
  }
  const { encapsulation } = tunnel;
  out.u16(IFLA_IPTUN_ENCAP_TYPE, encapsulation ? ENCAPSULATIONS[encapsulation.kind] : 0);
  if (!encapsulation) return;
  out
    .u16(IFLA_IPTUN_ENCAP_FLAGS, encapsulation.checksum ? checksumFlag(tunnel.type) : 0)
    .port(IFLA_IPTUN_ENCAP_SPORT, encapsulation.sourcePort)
    .port(IFLA_IPTUN_ENCAP_DPORT, encapsulation.destinationPort);
}

function parseEncapsulation(
  type: TunnelType,
  data: ReadonlyMap<number, Uint8Array>,
): TunnelEncapsulation | undefined {
  const kind = nameOf(ENCAPSULATIONS, numberOf(data.get(IFLA_IPTUN_ENCAP_TYPE)) ?? 0);
  if (kind === undefined) return undefined;
  const flags = numberOf(data.get(IFLA_IPTUN_ENCAP_FLAGS)) ?? 0;
  return {
    kind,
    sourcePort: portOf(data.get(IFLA_IPTUN_ENCAP_SPORT)) ?? 0,
    destinationPort: portOf(data.get(IFLA_IPTUN_ENCAP_DPORT)) ?? 0,
    checksum: (flags & checksumFlag(type)) !== 0,
  };
}

/** The kernel writes "any" as zeros. */
function endOf(type: TunnelType, octets: Uint8Array | undefined): IpAddress | undefined {
  const length = type === 'ip6tnl' ? 16 : 4;
  if (octets?.length !== length || octets.every((octet) => octet === 0)) return undefined;
  return addressFromOctets(octets);
}

const checksumFlag = (type: TunnelType): number =>
  type === 'ip6tnl' ? TUNNEL_ENCAP_FLAG_CSUM6 : TUNNEL_ENCAP_FLAG_CSUM;

const isTunnelType = (kind: string): kind is TunnelType => Object.hasOwn(MODES, kind);

function nameOf<N extends string>(
  table: Readonly<Record<N, number>>,
  number: number,
): N | undefined {
  return (Object.keys(table) as N[]).find((name) => table[name] === number);
}

/** IFLA_IPTUN_PROTO: what is inside, 0 for both. */
const MODES: { readonly [T in Tunnel as T['type']]: Readonly<Record<T['mode'], number>> } = {
  ip6tnl: { any: 0, ip6ip6: 41, ipip6: 4 },
  sit: { any: 0, ip6ip: 41, ipip: 4 },
  ipip: { any: 0, ipip: 4 },
};
/** enum tunnel_encap_types */
const ENCAPSULATIONS = { fou: 1, gue: 2 } as const;
const TUNNEL_ENCAP_FLAG_CSUM = 1;
const TUNNEL_ENCAP_FLAG_CSUM6 = 2;
const IP6_TNL_F_IGN_ENCAP_LIMIT = 1;
const IFLA_IPTUN_LINK = 1;
const IFLA_IPTUN_LOCAL = 2;
const IFLA_IPTUN_REMOTE = 3;
const IFLA_IPTUN_TTL = 4;
const IFLA_IPTUN_ENCAP_LIMIT = 6;
const IFLA_IPTUN_FLAGS = 8;
const IFLA_IPTUN_PROTO = 9;
const IFLA_IPTUN_PMTUDISC = 10;
const IFLA_IPTUN_ENCAP_TYPE = 15;
const IFLA_IPTUN_ENCAP_FLAGS = 16;
const IFLA_IPTUN_ENCAP_SPORT = 17;
const IFLA_IPTUN_ENCAP_DPORT = 18;
const IFLA_IPTUN_COLLECT_METADATA = 19;
