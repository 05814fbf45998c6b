/** Neighbour Discovery messages as plain data, RFC 4861 §4 and RFC 6275 §7. */
import type { Ipv6, MacAddress } from '../../base/address.js';
import type { Reserved } from '../mobility/field.js';

export type NdOption = Readonly<
  | { kind: 'sourceLinkLayer'; address: MacAddress }
  | { kind: 'targetLinkLayer'; address: MacAddress }
  /**
   * RFC 4861 §4.6.2, R of RFC 6275 §7.2; lifetimes in seconds, 0xffffffff for ever. `reserved` are the 5 bits after
   * the flags, `reserved2` the 32 before the prefix.
   */
  | ({
      kind: 'prefixInformation';
      prefixLength: number;
      onLink: boolean;
      autonomous: boolean;
      routerAddress: boolean;
      validLifetime: number;
      preferredLifetime: number;
      prefix: Ipv6;
      reserved2?: number;
    } & Reserved)
  /** RFC 4861 §4.6.3; `quoted` is as much of the redirected packet as came along, with its padding to 8 octets. */
  | ({ kind: 'redirectedHeader'; quoted: Uint8Array } & Reserved)
  | ({ kind: 'mtu'; mtu: number } & Reserved)
  /** RFC 6275 §7.3, milliseconds */
  | ({ kind: 'advertisementInterval'; interval: number } & Reserved)
  /** RFC 6275 §7.4, lifetime in seconds; R of RFC 3963 §7.1 */
  | ({
      kind: 'homeAgentInformation';
      mobileRouter: boolean;
      preference: number;
      lifetime: number;
    } & Reserved)
  /**
   * RFC 4191 §2.3; lifetime in seconds, 0xffffffff for ever. `units` is the option's length in 8 octets, told only
   * when it is more than the prefix length needs.
   */
  | ({
      kind: 'routeInformation';
      prefixLength: number;
      preference: -1 | 0 | 1;
      lifetime: number;
      prefix: Ipv6;
      units?: 2 | 3;
    } & Reserved)
  /** RFC 8106 §5.1; lifetime in seconds, 0xffffffff for ever */
  | ({ kind: 'recursiveDns'; lifetime: number; addresses: readonly Ipv6[] } & Reserved)
  | { kind: 'unknown'; type: number; data: Uint8Array }
>;

/** What every body has besides its fields: bits a peer did set though its clause reserves them, and a code not zero. */
export interface NdBody extends Reserved {
  /** Absent when zero, which is all that RFC 4861 gives a meaning. */
  readonly code?: number;
  readonly options: readonly NdOption[];
}

/** RFC 4861 §4.1 */
export interface RouterSolicitation extends NdBody {
  readonly kind: 'routerSolicitation';
}
/** RFC 4861 §4.2; H of RFC 6275 §7.1; preference of RFC 4191 §2.2 (-1 low, 0 medium, 1 high) */
export interface RouterAdvertisement extends NdBody {
  readonly kind: 'routerAdvertisement';
  readonly hopLimit: number;
  readonly managed: boolean;
  readonly otherConfig: boolean;
  readonly homeAgent: boolean;
  readonly preference: -1 | 0 | 1;
  /** seconds */
  readonly routerLifetime: number;
  /** milliseconds */
  readonly reachableTime: number;
  /** milliseconds */
  readonly retransTimer: number;
}
/** RFC 4861 §4.3 */
export interface NeighborSolicitation extends NdBody {
  readonly kind: 'neighborSolicitation';
  readonly target: Ipv6;
}
/** RFC 4861 §4.4 */
export interface NeighborAdvertisement extends NdBody {
  readonly kind: 'neighborAdvertisement';
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: Ipv6;
}
/** RFC 4861 §4.5 */
export interface Redirect extends NdBody {
  readonly kind: 'redirect';
  readonly target: Ipv6;
  readonly destination: Ipv6;
}

/** What every role takes part in. */
export type NdMessage =
  RouterSolicitation | RouterAdvertisement | NeighborSolicitation | NeighborAdvertisement;
