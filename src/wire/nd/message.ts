/** Neighbour Discovery messages as plain data, RFC 4861 §4 and RFC 6275 §7. */
import type { Ipv6, MacAddress } from '../../base/address.js';

export type NdOption = Readonly<
  | { kind: 'sourceLinkLayer'; address: MacAddress }
  | { kind: 'targetLinkLayer'; address: MacAddress }
  /** RFC 4861 §4.6.2, R of RFC 6275 §7.2; lifetimes in seconds, 0xffffffff for ever */
  | {
      kind: 'prefixInformation';
      prefixLength: number;
      onLink: boolean;
      autonomous: boolean;
      routerAddress: boolean;
      validLifetime: number;
      preferredLifetime: number;
      prefix: Ipv6;
    }
  | { kind: 'mtu'; mtu: number }
  /** RFC 6275 §7.3, milliseconds */
  | { kind: 'advertisementInterval'; interval: number }
  /** RFC 6275 §7.4, lifetime in seconds; R of RFC 3963 §7.1 */
  | { kind: 'homeAgentInformation'; mobileRouter: boolean; preference: number; lifetime: number }
  | { kind: 'unknown'; type: number; data: Uint8Array }
>;

/** RFC 4861 §4.1 */
export interface RouterSolicitation {
  readonly kind: 'routerSolicitation';
  readonly options: readonly NdOption[];
}
/** RFC 4861 §4.2; H of RFC 6275 §7.1; preference of RFC 4191 §2.2 (-1 low, 0 medium, 1 high) */
export interface RouterAdvertisement {
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
  readonly options: readonly NdOption[];
}
/** RFC 4861 §4.3 */
export interface NeighborSolicitation {
  readonly kind: 'neighborSolicitation';
  readonly target: Ipv6;
  readonly options: readonly NdOption[];
}
/** RFC 4861 §4.4 */
export interface NeighborAdvertisement {
  readonly kind: 'neighborAdvertisement';
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: Ipv6;
  readonly options: readonly NdOption[];
}
export type NdMessage =
  RouterSolicitation | RouterAdvertisement | NeighborSolicitation | NeighborAdvertisement;
