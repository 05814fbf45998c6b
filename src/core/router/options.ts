/** What an access router is told before it starts. Lifetimes in seconds, intervals and delays in milliseconds. */
import type { Ipv4, Ipv6, Prefix } from '../../base/address.js';
import type { Millis } from '../../base/time.js';
import type { LinkName } from '../input.js';

/** Router advertisements on one link, RFC 4861 §6.2.1 and RFC 6275 §7, §13. */
export interface AdvertiseOptions {
  readonly link: LinkName;
  readonly prefixes: readonly {
    readonly prefix: Prefix<Ipv6>;
    /** The prefix field then holds this address, and R is set: RFC 6275 §7.2. */
    readonly routerAddress?: Ipv6;
    readonly validLifetime: number;
    readonly preferredLifetime: number;
    /** Default true. */
    readonly onLink?: boolean;
    /** Default true. */
    readonly autonomous?: boolean;
  }[];
  /** H, RFC 6275 §7.1 */
  readonly homeAgent: boolean;
  /** Home Agent Information option, RFC 6275 §7.4. Absent: none is sent, and the router lifetime stands for it. */
  readonly homeAgentInformation?: { readonly preference: number; readonly lifetime: number };
  readonly routerLifetime: number;
  /** RFC 4861 §6.2.1 wants 3 s to 0.75 of the maximum; RFC 6275 §7.5 allows 30 ms. */
  readonly minInterval: Millis;
  /** RFC 4861 §6.2.1 wants 4 s to 1800 s; RFC 6275 §7.5 allows 70 ms. 0: nothing unsolicited (§7.5). */
  readonly maxInterval: Millis;
  /** Advertisement Interval option, RFC 6275 §7.3 */
  readonly advertiseInterval: boolean;
  /** octets */
  readonly mtu?: number;
  /**
   * The most that an answer to a solicitation waits: RFC 4861 §6.2.6 MAX_RA_DELAY_TIME, 500. Less is ours: a
   * router that serves mobile nodes costs every handover this wait.
   */
  readonly raDelay?: Millis;
  /** RFC 6275 §13 MinDelayBetweenRAs. Default: 3000, or `minInterval` where that is less. At least 30. */
  readonly minDelayBetweenRas?: Millis;
  /** Hop limit that hosts are told, default 64. */
  readonly hopLimit?: number;
}

/** A DHCPv4 server on one link, RFC 2131 §4.3. */
export interface DhcpServerOptions {
  readonly link: LinkName;
  readonly serverAddress: Ipv4;
  readonly prefix: Prefix<Ipv4>;
  /** First address of the pool. */
  readonly from: Ipv4;
  /** Last address of the pool. */
  readonly to: Ipv4;
  readonly router: Ipv4;
  readonly dnsServers?: readonly Ipv4[];
  /** octets */
  readonly mtu?: number;
  readonly leaseTime: number;
  /** How long every answer is held back. */
  readonly replyDelay: Millis;
}

export interface AccessRouterOptions {
  readonly advertise: readonly AdvertiseOptions[];
  readonly dhcp: readonly DhcpServerOptions[];
}
