/**
 * What a declared item is to a kernel: objects with a key, plain and comparable. Two objects with one key are one
 * object in two versions, and become each other in place.
 */
import { keyOf } from '../../core/datapath/model.js';
import type {
  AddressItem,
  AnycastItem,
  SignallingItem,
  TunnelItem,
} from '../../core/datapath/model.js';
import type { IpAddress, Ipv6, Prefix } from '../../base/address.js';
import type { XfrmPolicy, XfrmState } from '../netlink/xfrm/model.js';

/** A tunnel device. Both ends of one family, or one end absent: any. */
export interface DeviceObject {
  readonly kind: 'device';
  readonly name: string;
  /** We choose it, so that routes can name it before it is there. */
  readonly index: number;
  readonly type: 'ip6tnl' | 'sit';
  readonly local: IpAddress | null;
  readonly remote: IpAddress | null;
  /** One device for all: routes say where to (`ip6tnl external`). */
  readonly external: boolean;
  readonly udp: { readonly localPort: number; readonly remotePort: number } | null;
}

export interface RouteObject {
  readonly kind: 'route';
  readonly table: number;
  readonly destination: Prefix;
  readonly metric: number;
  /** Null: packets are dropped here (`blackhole`). */
  readonly device: string | null;
  readonly via: IpAddress | null;
  readonly preferredSource: IpAddress | null;
  readonly encapsulation: { readonly source: Ipv6; readonly destination: Ipv6 } | null;
}

export interface RuleObject {
  readonly kind: 'rule';
  readonly priority: number;
  readonly from: Prefix;
  readonly to: Prefix | null;
  readonly ipProtocol: number | null;
  readonly table: number;
}

/** Who may send through a tunnel to us: RFC 6275 §10.4.5. */
export interface AcceptObject {
  readonly kind: 'accept';
  /** That the packets come out of. */
  readonly device: string;
  readonly outer: IpAddress;
  /** Source port of a tunnel in UDP. */
  readonly port: number | null;
  /** Null: any inner source. */
  readonly inner: IpAddress | null;
}

export type KernelObject =
  | { readonly kind: 'signalling'; readonly item: SignallingItem }
  /** The TUN device of this process. */
  | { readonly kind: 'tun'; readonly name: string }
  | { readonly kind: 'fou'; readonly port: number }
  | DeviceObject
  | { readonly kind: 'address'; readonly item: AddressItem }
  | { readonly kind: 'anycast'; readonly item: AnycastItem }
  /** A tunnel that this process carries. */
  | { readonly kind: 'forwarder'; readonly item: TunnelItem }
  | AcceptObject
  | { readonly kind: 'state'; readonly state: XfrmState }
  | { readonly kind: 'policy'; readonly policy: XfrmPolicy }
  | RouteObject
  | RuleObject;

export function objectKey(object: KernelObject): string {
  switch (object.kind) {
    case 'signalling':
      return 'signalling';
    case 'tun':
      return `tun ${object.name}`;
    case 'fou':
      return `fou ${object.port}`;
    case 'device':
      return `device ${object.name}`;
    case 'address':
    case 'anycast':
    case 'forwarder':
      return keyOf(object.item);
    case 'accept':
      return `accept ${object.device} ${object.outer} ${object.port ?? '-'} ${object.inner ?? 'any'}`;
    case 'state': {
      const { protocol, source, destination } = object.state;
      return `state ${protocol} ${source} ${destination}`;
    }
    case 'policy': {
      const { direction, ptype, selector: s } = object.policy;
      const type = s.type === undefined ? '' : ` type ${s.type}`;
      return `policy ${ptype} ${direction} ${text(s.source)} ${text(s.destination)} proto ${s.protocol}${type}`;
    }
    case 'route':
      return `route ${object.table} ${text(object.destination)} ${object.metric}`;
    case 'rule': {
      const { priority, from, to, ipProtocol } = object;
      const more = `${to ? ` to ${text(to)}` : ''}${ipProtocol === null ? '' : ` ipproto ${ipProtocol}`}`;
      return `rule ${priority} ${text(from)}${more}`;
    }
    default:
      return object satisfies never;
  }
}

const text = (p: Prefix): string => `${p.address}/${p.length}`;

/**
 * What must stand before what: a device before its routes, an address before a route that prefers it, admission and
 * XFRM before the first packet, the rule that leads to a table last. Removals go the other way round.
 */
export const OBJECT_ORDER: Readonly<Record<KernelObject['kind'], number>> = {
  signalling: 0,
  tun: 1,
  fou: 2,
  device: 3,
  address: 4,
  anycast: 5,
  accept: 6,
  forwarder: 7,
  state: 8,
  policy: 9,
  route: 10,
  rule: 11,
};
