/**
 * The whole desired forwarding state as plain keyed values. Roles declare it, a Datapath adapter makes it so.
 * Nothing here says how: the same state serves user space and the kernel.
 */
import type { IpAddress, Ipv4, Ipv6, Prefix } from '../../base/address.js';
import type { LinkName } from '../input.js';

/** The adapter's own tunnel device (TUN in user space); `mip6` by default on Linux. */
export const TUNNEL_LINK = '@tunnel';

/** Routing tables of ours; adapters map them to numbers. `main` is the host's own; `home1` … are of further home addresses. */
export type TableName = 'main' | 'home' | `home${number}` | 'careOf6' | 'careOf4';

/** An address of this node. On `TUNNEL_LINK` for a home address away from home. Never subject to kernel DAD. */
export interface AddressItem {
  readonly kind: 'address';
  readonly link: LinkName;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** False keeps the kernel from making the on-link prefix route (home address on the tunnel device). */
  readonly onLinkPrefix: boolean;
  /** A home address while away: the host prefers it as source (RFC 6724 §5 rule 4). */
  readonly home?: boolean;
  /** A care-of address: the host takes it as source only where a program asks for it (RFC 6724 §5 rules 3 and 4). */
  readonly careOf?: boolean;
}

/** Taken in on a link beside others who have it too; never a source. RFC 4291 §2.6 */
export interface AnycastItem {
  readonly kind: 'anycast';
  readonly link: LinkName;
  readonly address: Ipv6;
}

/** `via` undefined: on-link. */
export interface RouteItem {
  readonly kind: 'route';
  readonly table: TableName;
  readonly destination: Prefix;
  readonly link: LinkName;
  /** On `TUNNEL_LINK`: key of the tunnel that these packets take. Without that tunnel they go nowhere. */
  readonly tunnel?: string;
  readonly via?: IpAddress;
  readonly preferredSource?: IpAddress;
  /** Lower wins. */
  readonly metric: number;
}

/** Packets from `from` are looked up in `table`. Lower priority number first. */
export interface RuleItem {
  readonly kind: 'rule';
  readonly priority: number;
  readonly from: Prefix;
  readonly table: TableName;
}

/** Inner packets a tunnel carries: both given ends must match. */
export interface TunnelSelector {
  readonly source?: Prefix;
  readonly destination?: Prefix;
}

/**
 * A bidirectional tunnel. Outer: IPv6 or IPv4 by the family of its ends, or UDP in IPv4 with ports.
 * Inner: both families. A packet from the tunnel device takes the first tunnel whose `send` selector matches it;
 * a packet from outside is let in only when its outer source (and port) is `remote` and an `accept` selector matches:
 * RFC 6275 §10.4.5.
 */
export interface TunnelItem {
  readonly kind: 'tunnel';
  /** Stable over handovers, such as `2001:db8::100`: a handover changes the item, not the key. */
  readonly key: string;
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly udp?: { readonly localPort: number; readonly remotePort: number };
  /** Interface that outer packets leave by, where the role knows it. */
  readonly link?: LinkName;
  readonly send: readonly TunnelSelector[];
  readonly accept: readonly TunnelSelector[];
  /** MTU of the path between the ends as far as known, octets, outer header included. */
  readonly pathMtu: number;
}

/** The kernel must not answer for these itself: it drops them and we read them from the link. RFC 6275 §9.2 */
export interface SignallingItem {
  readonly kind: 'signalling';
  /** Addresses to which Mobility Headers, Home Address options, type 2 routing headers and tunnels are sent. */
  readonly addresses: readonly IpAddress[];
  /** UDP 4191; a null address listens on all. `endpoints`: IPv4 addresses of ours that tunnels in UDP may come to. */
  readonly udp: {
    readonly address: Ipv4 | null;
    readonly port: number;
    readonly endpoints?: readonly Ipv4[];
  } | null;
  /** Of `addresses`: where a Home Address option may precede a Mobility Header (home agent, correspondent). RFC 6275 §9.3.1 */
  readonly homeAddressOptionAt?: readonly Ipv6[];
}

/**
 * A mobile node's signalling with `peer` from `careOf`: what it sends bears `home` in a Home Address option, and what
 * comes bears it in a type 2 routing header. RFC 6275 §6.3, §6.4. Where roles' packets leave as they are made, there
 * is nothing to do.
 */
export interface HomeAddressItem {
  readonly kind: 'homeAddress';
  readonly home: Ipv6;
  readonly peer: Ipv6;
  readonly careOf: Ipv6;
}

export type DatapathItem =
  AddressItem | AnycastItem | RouteItem | RuleItem | TunnelItem | SignallingItem | HomeAddressItem;

export interface DatapathState {
  readonly items: readonly DatapathItem[];
  /** How this state came from another one, for an adapter that has that one in force: work for what changed, not for all. */
  readonly change?: DatapathChange | undefined;
}

export interface DatapathChange {
  readonly from: DatapathState;
  /** Added, or in place of what had the same key. */
  readonly put: readonly DatapathItem[];
  readonly drop: readonly DatapathItem[];
}

export const NO_DATAPATH: DatapathState = { items: [] };

/** Identity of an item: two items with one key are the same object in two versions. */
export function keyOf(item: DatapathItem): string {
  switch (item.kind) {
    case 'address':
    case 'anycast':
      return `${item.kind} ${item.link} ${item.address}`;
    case 'route':
      return `route ${item.table} ${item.destination.address}/${item.destination.length} ${item.metric}`;
    case 'rule':
      return `rule ${item.priority} ${item.from.address}/${item.from.length}`;
    case 'tunnel':
      return `tunnel ${item.key}`;
    case 'signalling':
      return 'signalling';
    case 'homeAddress':
      return `homeAddress ${item.home} ${item.peer}`;
    default:
      return item satisfies never;
  }
}
