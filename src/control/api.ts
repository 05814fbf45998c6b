/**
 * The control API: newline-delimited JSON-RPC 2.0 on a Unix socket. One table of methods that server, client,
 * documentation and tests read. Times are ISO 8601 (`…At`) or seconds left (`…In`).
 */
import type { EventCode, EventField, Severity } from '../core/event.js';
import type {
  BcView,
  BindingVerdict,
  BulView,
  ChoiceView,
  DhcpVerdict,
  DhcpView,
  DiscoveryVerdict,
  HomeAgentsView,
  HomeAgentView,
  HomePrefixView,
  KnownNetworkView,
  LeaseView,
  RoleView,
  VisitedPrefixView,
} from '../core/view.js';

/** Raised when an older client or daemon would misunderstand; additions do not raise it. */
export const PROTOCOL_VERSION = 1;

/** Least to most severe. */
export const SEVERITIES = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
] as const satisfies readonly Severity[];

/** `expiresAt` of the core is a monotonic instant; people and scripts get seconds left. */
export type BulEntry = Omit<BulView, 'expiresAt' | 'choice' | 'homePrefix4'> &
  Carried &
  Ipv4Prefix & { readonly expiresIn: number | null; readonly choice: ChoiceEntry | null };
export type BcEntry = Omit<BcView, 'expiresAt' | 'homePrefix4'> &
  Carried &
  Ipv4Prefix & { readonly expiresIn: number };

export interface Ipv4Prefix {
  /** As `198.51.100.16/28`: IPv4 addresses that are the mobile node's too. */
  readonly homePrefix4: string | null;
}

export interface Carried {
  /** Who moves the packets of this binding; null while it has no tunnel. */
  readonly datapath: 'kernel' | 'user space' | null;
}

export interface Status {
  readonly version: string;
  readonly name: string;
  readonly role: RoleView['role'];
  readonly pid: number;
  /** seconds */
  readonly uptime: number;
  /** What the kernel and this process are to do, in words. */
  readonly datapath: string;
  /** Tunnels, by who carries them. */
  readonly tunnels: { readonly kernel: number; readonly userSpace: number };
  readonly protected: boolean;
  readonly homeAgent?: RoleView['homeAgent'];
  readonly homes: readonly (Omit<RoleView['homes'][number], 'homePrefix4'> & Partial<Ipv4Prefix>)[];
  readonly links: RoleView['links'];
  readonly bindings: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly next: { readonly why: string; readonly in: number } | null;
  readonly warnings: readonly string[];
}

/** As `core/role.ts` HandoverTarget, but checked at run time: what came over a socket is not typed. */
export type HandoverParams =
  | { readonly kind: 'auto' }
  | { readonly kind: 'home' }
  | { readonly kind: 'link'; readonly link: string }
  | { readonly kind: 'family'; readonly family: 4 | 6 }
  | { readonly kind: 'address'; readonly address: string };

/** Which care-of address, and why not the others. */
export type ChoiceEntry = Omit<ChoiceView, 'next'> & {
  readonly next: { readonly why: string; readonly in: number } | null;
};

/** `expiresIn` null: for ever. */
export type LeaseEntry = Omit<LeaseView, 'routes' | 'expiresAt' | 'renewAt' | 'rebindAt'> & {
  /** Destinations as `10.1.0.0/16`; a null router: on the link itself. */
  readonly routes: readonly { readonly destination: string; readonly router: string | null }[];
  readonly expiresIn: number | null;
  readonly renewIn: number | null;
  readonly rebindIn: number | null;
};
export type DhcpEntry = Omit<DhcpView, 'lease' | 'next'> & {
  readonly lease: LeaseEntry | null;
  readonly next: { readonly why: string; readonly in: number } | null;
};
/** Where `timed` is false the times of the lease are null: nobody knows them. */
export type KnownNetworkEntry = Omit<KnownNetworkView, 'lease'> & { readonly lease: LeaseEntry };

/** An entry of a Home Agents List, RFC 6275 §10.1. */
export interface ListedAgent {
  readonly link: string;
  /** Null: this home agent itself. */
  readonly linkLocal: string | null;
  readonly addresses: readonly string[];
  readonly preference: number;
  /** Null: for ever. */
  readonly expiresIn: number | null;
}
export type HomeAgentsEntry = Omit<HomeAgentsView, 'agents'> & {
  readonly agents: readonly KnownAgentEntry[];
};
export type KnownAgentEntry = Omit<HomeAgentView, 'retryAt'> & {
  readonly retryIn: number | null;
};

export interface DhcpParams {
  /** The only one that has a DHCP client, when left out. */
  readonly link?: string | undefined;
}

export interface EventNotice {
  readonly code: EventCode;
  readonly severity: Severity;
  readonly sentence: string;
  readonly fields: Readonly<Record<string, EventField>>;
  /** ISO 8601 with milliseconds */
  readonly at: string;
  /** Milliseconds on the world's monotonic clock. */
  readonly monotonic: number;
  readonly node: string;
}

export interface Hello {
  readonly version: number;
  readonly name: string;
  readonly role: string;
  /** Program and version, such as `mip6 0.1.0`. */
  readonly program: string;
}

/** `total` of the result counts what matches, of which `limit` entries are given. */
export interface ListParams {
  /** Only entries with this IPv6 or IPv4 home address. */
  readonly homeAddress?: string | undefined;
  readonly limit?: number | undefined;
}

/** `…In`: seconds left; null: for ever, as far as known. */
export type HomePrefixEntry = Omit<HomePrefixView, 'prefix' | 'validUntil' | 'preferredUntil'> & {
  /** As `2001:db8::/64`. */
  readonly prefix: string;
  readonly validIn: number | null;
  readonly preferredIn: number | null;
};
export type VisitedPrefixEntry = Omit<
  VisitedPrefixView,
  'prefix' | 'validUntil' | 'preferredUntil'
> & {
  readonly prefix: string;
  readonly validIn: number | null;
  readonly preferredIn: number | null;
};

export interface BindingParams {
  /** The only one that there is, when left out. */
  readonly homeAddress?: string | undefined;
  /** Say what would follow, and do nothing. */
  readonly dryRun?: boolean | undefined;
}

export interface Methods {
  hello: {
    params: { version: number };
    result: { version: number; name: string; role: string; program: string };
  };
  status: { params: Record<string, never>; result: Status };
  'bul.list': { params: ListParams; result: { entries: readonly BulEntry[]; total: number } };
  /** Takes the next sequence numbers, for Binding Updates that are made by hand. */
  'bul.reserve': {
    params: { homeAddress: string; count: number };
    result: { first: number };
  };
  'bul.refresh': { params: BindingParams; result: BindingVerdict };
  /** `lifetime` in seconds, steps of 4. */
  'bul.set': { params: BindingParams & { lifetime: number }; result: BindingVerdict };
  'bul.delete': { params: BindingParams; result: BindingVerdict };
  /** The answer comes as an event: PREFIXES_LEARNT, or PREFIXES_UNANSWERED. */
  mps: { params: BindingParams; result: BindingVerdict };
  prefixes: {
    params: Record<string, never>;
    result: {
      readonly home: readonly HomePrefixEntry[];
      readonly visited: readonly VisitedPrefixEntry[];
    };
  };
  'bc.list': { params: ListParams; result: { entries: readonly BcEntry[]; total: number } };
  /** The Home Agents List of a home agent; what a mobile node knows of home agents. */
  'agents.list': {
    params: Record<string, never>;
    result: { readonly links: readonly ListedAgent[]; readonly homes: readonly HomeAgentsEntry[] };
  };
  /** A mobile node asks for home agents (RFC 6275 §11.4.1), for all home addresses when none is named. */
  'agents.discover': {
    params: { homeAddress?: string | undefined };
    result: DiscoveryVerdict;
  };
  handover: {
    params: { target: HandoverParams };
    result: { accepted: boolean; reason: string; careOf: string | null };
  };
  /** What a handover would lead to, without it; without a target: what is chosen as things are. */
  'handover.plan': {
    params: { target?: HandoverParams | undefined };
    result: {
      readonly accepted: boolean;
      readonly reason: string;
      readonly careOf: string | null;
      /** One for each home address. */
      readonly choices: readonly ChoiceEntry[];
    };
  };
  /** All DHCP clients when no link is named. */
  'dhcp.status': {
    params: DhcpParams;
    result: {
      readonly links: readonly DhcpEntry[];
      readonly networks: readonly KnownNetworkEntry[];
    };
  };
  'dhcp.renew': { params: DhcpParams; result: DhcpVerdict };
  'dhcp.release': { params: DhcpParams; result: DhcpVerdict };
  'dhcp.request': { params: DhcpParams; result: DhcpVerdict };
  /** Events follow as notifications named `event`, from this one on. */
  subscribe: { params: { minimum?: Severity | undefined }; result: { subscribed: true } };
  /** The newest `limit` events that the daemon still has, oldest first. */
  events: { params: { limit?: number | undefined }; result: { events: readonly EventNotice[] } };
  stop: { params: Record<string, never>; result: { stopping: true } };
}
export type MethodName = keyof Methods;
export type Params<M extends MethodName> = Methods[M]['params'];
export type Result<M extends MethodName> = Methods[M]['result'];

/** What the server sends unasked. */
export interface Notifications {
  event: EventNotice;
  /** This client read too slowly: so many events were left out just before the next one. */
  dropped: { readonly count: number };
}

/** JSON-RPC 2.0 §5.1 error codes; the last three are ours. */
export const RPC_ERROR = {
  parse: -32700,
  invalidRequest: -32600,
  methodNotFound: -32601,
  invalidParams: -32602,
  internal: -32603,
  /** The daemon understood and says no. */
  refused: -32001,
  notPermitted: -32002,
  tooMany: -32003,
} as const;
