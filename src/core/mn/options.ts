/** What a mobile node is told before it starts. Lifetimes in seconds, timers in milliseconds. */
import type { Ipv4, Ipv6, Prefix } from '../../base/address.js';
import type { Millis } from '../../base/time.js';
import type { LinkName } from '../input.js';
import type { AddressGeneration } from './interface-identifier.js';
import { ROUTER_PROBES, type RouterProbes } from './movement-detector.js';

export interface StaticIpv4Home {
  readonly address: Ipv4;
  readonly prefixLength: number;
}

export interface HomeOptions {
  readonly homeAddress: Ipv6;
  readonly homePrefix: Prefix<Ipv6>;
  /** `::`: not known, to be discovered. RFC 6275 §11.4.1 */
  readonly homeAgent: Ipv6;
  /** Needed to register from IPv4-only networks. */
  readonly homeAgent4: Ipv4 | null;
  /** Static IPv4 home address with the length of its prefix at home; or any that the home agent gives. RFC 5555 §3.1.1 */
  readonly homeAddress4: StaticIpv4Home | 'dynamic' | null;
  /** Length of an IPv4 prefix to ask for, RFC 5555 §3.1.1; absent: none. */
  readonly ipv4PrefixLength?: number | null;
  /** The interface that the home link is expected on; null: any. */
  readonly homeLink: LinkName | null;
  /** Home Agent Address Discovery, RFC 6275 §11.4.1. Default: where `homeAgent` is not known. */
  readonly discovery?: boolean;
  /** Have a home address in every prefix of the home network, RFC 6275 §11.4.3. Default true. */
  readonly renumber?: boolean;
}

export interface MobileNodeOptions {
  readonly homes: readonly HomeOptions[];
  /** Interfaces to use; `preference` 1 best to 10, 0 unused. */
  readonly links: readonly {
    readonly name: LinkName;
    readonly preference: number;
    readonly dhcp: boolean;
  }[];
  /** Requested binding lifetime, seconds. */
  readonly bindingLifetime: number;
  readonly initialBindAckTimeoutFirstReg: Millis; // RFC 6275 §13: 1500
  readonly initialBindAckTimeoutReReg: Millis; // RFC 6275 §12: 1000
  /** RFC 5555: IPv4 visited networks. */
  readonly dsmip: boolean;
  /** Ours: how long an IPv4 address waits for IPv6 to turn up, from link up. */
  readonly ipv6HeadStart: Millis;
  /** Seconds that a network's working family is remembered; 0: not at all. */
  readonly familyMemory: number;
  /** Set F: ask for UDP encapsulation always. */
  readonly forceUdp: boolean;
  readonly useAlternateCareOf: boolean;
  /** RFC 4429: use a care-of address while DAD runs. */
  readonly optimisticDad: boolean;
  /** How the interface identifiers of care-of addresses are made. */
  readonly addressGeneration: AddressGeneration;
  readonly routerProbes: RouterProbes;
  /** UDP source port for Binding Updates and data; RFC 5555 leaves it free. */
  readonly udpPort: number;
  /** Seconds; RFC 5555 §6 NATKATIMEOUT 110 when the home agent does not say. */
  readonly natKeepalive: number;
  /** Ask home agents for the home prefixes. RFC 6275 §11.4.2 */
  readonly prefixDiscovery: boolean;
}

export const MOBILE_NODE_DEFAULTS = {
  bindingLifetime: 262140,
  initialBindAckTimeoutFirstReg: 1500,
  initialBindAckTimeoutReReg: 1000,
  dsmip: false,
  ipv6HeadStart: 100,
  familyMemory: 3600,
  forceUdp: false,
  useAlternateCareOf: true,
  optimisticDad: true,
  addressGeneration: 'stable', // RFC 8064
  routerProbes: ROUTER_PROBES,
  udpPort: 4191,
  natKeepalive: 110,
  prefixDiscovery: true,
} as const satisfies Partial<MobileNodeOptions>;

/** The static IPv4 home address, which is an ordinary address of the home link when at home. */
export const staticIpv4Home = ({
  homeAddress4,
}: Pick<HomeOptions, 'homeAddress4'>): StaticIpv4Home | null =>
  homeAddress4 === 'dynamic' ? null : homeAddress4;
