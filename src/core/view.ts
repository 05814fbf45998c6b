/** What roles show of themselves: plain values for status, BUL and BC. Times are instants of the world's clock. */
import type { IpAddress, Ipv4, Ipv6, MacAddress, Prefix } from '../base/address.js';
import type { Instant } from '../base/time.js';
import type { Deadline } from './machine.js';
import type { LinkName } from './input.js';

export type TunnelPath = 'ipv6' | 'ipv4' | 'udp';

/** One Binding Update List entry, RFC 6275 §11.1. */
export interface BulView {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | null;
  /** A prefix of IPv4 home addresses, RFC 5555 §3.1.1. */
  readonly homePrefix4: Prefix<Ipv4> | null;
  /** The home agent chose what there is of IPv4. */
  readonly dynamic4: boolean;
  readonly peer: Ipv6;
  /** IPv4 address of the peer, for signalling in UDP. */
  readonly peer4: Ipv4 | null;
  readonly careOf: IpAddress | null;
  readonly link: LinkName | null;
  readonly state: 'idle' | 'pending' | 'bound' | 'refused' | 'deregistering';
  readonly path: TunnelPath | null;
  readonly nat: boolean;
  readonly natRefresh: number | null;
  /** Of the last Binding Update sent. */
  readonly sequence: number;
  /** seconds granted */
  readonly lifetime: number;
  readonly expiresAt: Instant | null;
  readonly attempts: number;
  readonly lastStatus: number | null;
  /** Why this care-of address. */
  readonly reason: string | null;
  /** All that could have been, and why not. */
  readonly choice: ChoiceView | null;
}

/** Which care-of address one home address has, or would have, and why: RFC 5555 §4.4.1. */
export interface ChoiceView {
  readonly homeAddress: Ipv6;
  /** Null: at home, or none can be used. */
  readonly careOf: IpAddress | null;
  readonly link: LinkName | null;
  /** What decided, in a word: `ChoiceRule` of `mn/care-of-choice.ts`. */
  readonly rule: string;
  readonly reason: string;
  /** The chosen one first. */
  readonly candidates: readonly CandidateView[];
  /** Interfaces that have no candidate. */
  readonly without: readonly { readonly link: LinkName; readonly why: string }[];
  /** When the same question may have another answer, as far as that is known. */
  readonly next: Deadline | null;
}

export interface CandidateView {
  readonly address: IpAddress;
  readonly link: LinkName;
  readonly family: 4 | 6;
  /** 1 best to 10; 0 unused. */
  readonly preference: number;
  /** `unconfirmed`: its router is being asked whether it is still there. */
  readonly state: 'ready' | 'tentative' | 'unconfirmed' | 'deprecated';
  /** It is registered, or being registered. */
  readonly current: boolean;
  readonly verdict: 'chosen' | 'rejected';
  readonly rule: string;
  readonly why: string;
}

/** One Binding Cache entry, RFC 6275 §9.1. */
export interface BcView {
  readonly homeAddress: Ipv6;
  readonly homeAddress4: Ipv4 | null;
  readonly homePrefix4: Prefix<Ipv4> | null;
  /** What there is of IPv4 is of the home agent's pools. */
  readonly dynamic4: boolean;
  readonly careOf: IpAddress;
  /** Outer source and port where a NAT is on the path. */
  readonly mapped: { readonly address: Ipv4; readonly port: number } | null;
  readonly path: TunnelPath;
  readonly state: 'probing' | 'bound';
  readonly home: boolean;
  readonly flags: string;
  readonly sequence: number;
  readonly lifetime: number;
  readonly expiresAt: Instant;
}

/** The DHCPv4 client of one link, RFC 2131 §4.4. */
export interface DhcpView {
  readonly link: LinkName;
  readonly state: string;
  readonly lease: LeaseView | null;
  /** Who says that the lease holds here: its server, or a known gateway alone (RFC 4436). Null without a lease. */
  readonly vouchedBy: 'server' | 'gateway' | null;
  /** Link-layer address of the router of the lease. */
  readonly gatewayMac: MacAddress | null;
  /** What is asked for when carrier comes again. */
  readonly remembered: Ipv4 | null;
  readonly next: Deadline | null;
}

export interface LeaseView {
  readonly address: Ipv4;
  readonly prefixLength: number;
  readonly router: Ipv4 | null;
  /** RFC 3442; a null router: on the link itself. */
  readonly routes: readonly { readonly destination: Prefix<Ipv4>; readonly router: Ipv4 | null }[];
  readonly server: Ipv4;
  /** seconds granted */
  readonly lifetime: number;
  /** Null: for ever. */
  readonly expiresAt: Instant | null;
  readonly renewAt: Instant | null;
  readonly rebindAt: Instant | null;
}

/** A network of which there is a lease, RFC 4436 §2. */
export interface KnownNetworkView {
  readonly gateway: Ipv4;
  readonly gatewayMac: MacAddress;
  /** Link-layer address of the interface that has the lease. */
  readonly client: MacAddress;
  readonly lease: LeaseView;
  /** False: what is left of the lease is not known. */
  readonly timed: boolean;
}

/** A prefix of a home network, RFC 6275 §10.6.1, §11.4.3. */
export interface HomePrefixView {
  readonly prefix: Prefix<Ipv6>;
  /** Home agent: its home link. */
  readonly link: LinkName | null;
  /** Mobile node: its home address there. */
  readonly homeAddress: Ipv6 | null;
  /** The home agent's own address there, where it is known. */
  readonly agent: Ipv6 | null;
  /** Null: for ever, as far as known. */
  readonly validUntil: Instant | null;
  readonly preferredUntil: Instant | null;
  /** Who says so. */
  readonly source: 'configured' | 'kept' | 'address' | 'router' | 'home agent' | 'home link';
}

/** A prefix that a router of a link advertises, as a mobile node hears it. */
export interface VisitedPrefixView {
  readonly link: LinkName;
  readonly prefix: Prefix<Ipv6>;
  readonly router: Ipv6;
  readonly onLink: boolean;
  readonly autonomous: boolean;
  readonly validUntil: Instant | null;
  readonly preferredUntil: Instant | null;
}

export interface PrefixesView {
  /** Of a mobile node: the preferred ones first. */
  readonly home: readonly HomePrefixView[];
  readonly visited: readonly VisitedPrefixView[];
}

/** What a command about one registration led to, or would. */
export interface BindingVerdict {
  readonly accepted: boolean;
  readonly reason: string;
  /** Null where none was meant. */
  readonly homeAddress: Ipv6 | null;
  readonly homeAgent: Ipv6 | null;
  readonly careOf: IpAddress | null;
  /** Seconds that were asked for before, and are from now on. */
  readonly before: number | null;
  readonly lifetime: number | null;
}

/** What a command to a DHCP client led to. */
export interface DhcpVerdict {
  readonly accepted: boolean;
  readonly reason: string;
  /** Null where no link was meant. */
  readonly link: LinkName | null;
  readonly state: string | null;
}

/** A home agent that a mobile node knows of, RFC 6275 §11.4.1. */
export interface HomeAgentView {
  readonly address: Ipv6;
  readonly address4: Ipv4 | null;
  readonly from: 'configuration' | 'name' | 'discovery' | 'advertisement';
  readonly state: 'current' | 'known' | 'failed';
  /** What it failed by. */
  readonly why: string | null;
  /** When one that failed may be asked again. */
  readonly retryAt: Instant | null;
}

/** What a request to look for home agents led to. */
export interface DiscoveryVerdict {
  readonly accepted: boolean;
  readonly reason: string;
}

/** The home agents of one home address, in the order in which they are tried. */
export interface HomeAgentsView {
  readonly homeAddress: Ipv6;
  /** Where Home Agent Address Discovery asks. */
  readonly anycast: Ipv6 | null;
  readonly discovery: 'disabled' | 'ready' | 'asking';
  /** What came of the last question; null while there was none, or it is open. */
  readonly outcome: 'answered' | 'unanswered' | null;
  /** Why nothing can be asked now. */
  readonly why: string | null;
  readonly agents: readonly HomeAgentView[];
}

export interface RoleView {
  readonly role: 'mn' | 'ha' | 'cn' | 'router';
  readonly bul: readonly BulView[];
  readonly bc: readonly BcView[];
  /** Received and refused octets, by reason. */
  readonly counters: Readonly<Record<string, number>>;
  readonly next: Deadline | null;
  readonly links: readonly {
    readonly name: LinkName;
    readonly up: boolean;
    readonly routers: readonly string[];
    readonly addresses: readonly string[];
    readonly dhcp: string | null;
    readonly home: boolean;
    /** Another program that configures it, and how that was found out. */
    readonly adopted?: { readonly from: string; readonly why: string };
  }[];
  /** Home agent: where it takes Binding Updates, in IPv4 where it serves RFC 5555. */
  readonly homeAgent?: { readonly address: Ipv6; readonly address4: Ipv4 | null };
  /** Mobile node: per home address. */
  readonly homes: readonly {
    readonly homeAddress: Ipv6;
    readonly homeAddress4: Ipv4 | null;
    readonly homePrefix4?: Prefix<Ipv4>;
    /** The home agent gives the address: null until then, and at home. */
    readonly dynamic4?: boolean;
    readonly where: 'home' | 'away' | 'returning' | 'nowhere';
  }[];
}
