/** What a home agent is told before it starts. Lifetimes in seconds. */
import type { Ipv4, Ipv6, Prefix } from '../../base/address.js';
import type { LinkName } from '../input.js';

/** Who may register what. Status 0 allows; otherwise the status to answer with. */
export interface BindingAcl {
  readonly homeAddress: Ipv6;
  readonly status: number;
  /** IPv4 home address that belongs to this home address. */
  readonly homeAddress4: Ipv4 | null;
}

export interface HomeAgentOptions {
  /** The home agent's own addresses: IPv6 on the home link; IPv4 that mobile nodes reach it by. */
  readonly address: Ipv6;
  readonly address4: Ipv4 | null;
  /** 0 to 65535, greater is better: how mobile nodes are told to choose among home agents. RFC 6275 §8.4, §7.4 */
  readonly preference: number;
  /** `offLink`: served, but not a prefix of the link itself. */
  readonly homeLinks: readonly {
    readonly link: LinkName;
    readonly prefix: Prefix<Ipv6>;
    readonly offLink?: boolean;
  }[];
  /** Of `homeLinks`: links whose prefixes come and go with our addresses there. */
  readonly prefixesOfAddresses?: readonly LinkName[];
  readonly acl: readonly BindingAcl[];
  /** For home addresses that no ACL entry names: 0 or a status. */
  readonly defaultStatus: number;
  /** Seconds. */
  readonly maxBindingLifetime: number;
  readonly dsmip: boolean;
  /** IPv4 home addresses that may be bound at all. */
  readonly acceptIpv4: readonly Prefix<Ipv4>[];
  /** IPv4 home addresses to give to who asks for any. RFC 5555 §4.5 */
  readonly ipv4Pool: readonly Prefix<Ipv4>[];
  /** IPv4 prefixes to give are of these. Packets to them must reach the home agent: no link defends them. */
  readonly ipv4PrefixPool: readonly Prefix<Ipv4>[];
  /** Of the largest prefix to give; larger ones asked for come down to it. */
  readonly ipv4PrefixLength: number;
  /** Seconds that what was given is kept for a mobile node that is gone. */
  readonly ipv4Hold: number;
  /** Answer F with 144 when false. RFC 5555 §4.5 */
  readonly acceptForceUdp: boolean;
  /** UDP even where there is no NAT. RFC 5555 §4.2 */
  readonly forceUdp: boolean;
  /** Seconds, in the NAT Detection option. */
  readonly natRefresh: number;
  /** Learn instead how long mappings live, and suggest that. */
  readonly natAdaptive: boolean;
  /** `strict`: 1 s of DAD before the first answer, RFC 6275 §10.3.1. `optimistic` (ours): answer, go on probing, revoke. `off` for laboratories. */
  readonly dadMode: 'strict' | 'optimistic' | 'off';
  /** Bindings at most; beyond: status 130. */
  readonly maxBindings: number;
  /** Binding Refresh Advice, seconds; 0 none. */
  readonly refreshAdvice: number;
  /** Answer Mobile Prefix Solicitations. RFC 6275 §8.4 */
  readonly prefixAdvertisements: boolean;
  /** Tell of home prefixes unasked. RFC 6275 §10.6.2 */
  readonly unsolicitedPrefixAdvertisements: boolean;
  /** Seconds; RFC 6275 §13 MinMobPfxAdvInterval. */
  readonly minPrefixAdvertisementInterval: number;
  /** Seconds; RFC 6275 §13 MaxMobPfxAdvInterval. */
  readonly maxPrefixAdvertisementInterval: number;
}

/** Ours: no prefix larger than this is given, so that every address of one can be let in by itself. */
export const LARGEST_IPV4_PREFIX = 24;

export const HOME_AGENT_DEFAULTS = {
  preference: 0,
  defaultStatus: 0,
  maxBindingLifetime: 262140,
  dsmip: false,
  ipv4Pool: [],
  ipv4PrefixPool: [],
  ipv4PrefixLength: 28,
  ipv4Hold: 3600,
  acceptForceUdp: true,
  forceUdp: false,
  natRefresh: 110,
  natAdaptive: false,
  dadMode: 'strict',
  maxBindings: 100_000,
  refreshAdvice: 0,
  prefixAdvertisements: true,
  unsolicitedPrefixAdvertisements: true,
  minPrefixAdvertisementInterval: 600,
  maxPrefixAdvertisementInterval: 86_400,
} as const satisfies Partial<HomeAgentOptions>;
