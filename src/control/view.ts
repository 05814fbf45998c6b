/** The one translator from core values to the control API: instants become seconds left. */
import { formatPrefix } from '../base/address.js';
import type { Instant } from '../base/time.js';
import type { MipEvent } from '../core/event.js';
import { eventSentence, eventSeverity } from '../core/event.js';
import type {
  BcView,
  BulView,
  ChoiceView,
  DhcpView,
  HomeAgentsView,
  HomePrefixView,
  KnownNetworkView,
  LeaseView,
  PrefixesView,
  RoleView,
  VisitedPrefixView,
} from '../core/view.js';
import type { Carrying } from '../ports/index.js';
import type {
  BcEntry,
  BulEntry,
  ChoiceEntry,
  DhcpEntry,
  EventNotice,
  HomeAgentsEntry,
  KnownNetworkEntry,
  LeaseEntry,
  ListedAgent,
  ListParams,
  Result,
  Status,
} from './api.js';

/** What status says beyond the role's own view. */
export interface StatusContext {
  readonly version: string;
  readonly name: string;
  readonly pid: number;
  readonly startedAt: Instant;
  readonly datapath: string;
  readonly carriedBy: CarriedBy;
  readonly protected: boolean;
  readonly warnings: readonly string[];
}

/** Who carries the tunnel of that home address. */
export type CarriedBy = (homeAddress: string) => Carrying | undefined;

export function status(view: RoleView, context: StatusContext, now: Instant): Status {
  return {
    version: context.version,
    name: context.name,
    role: view.role,
    pid: context.pid,
    uptime: Math.floor((now - context.startedAt) / 1000),
    datapath: context.datapath,
    tunnels: tunnels(view, context.carriedBy),
    protected: context.protected,
    ...(view.homeAgent && { homeAgent: view.homeAgent }),
    homes: view.homes.map(({ homePrefix4, ...home }) => ({
      ...home,
      ...(homePrefix4 && { homePrefix4: formatPrefix(homePrefix4) }),
    })),
    links: view.links,
    bindings: view.role === 'mn' ? view.bul.length : view.bc.length,
    counters: view.counters,
    next: view.next && { why: view.next.why, in: secondsLeft(view.next.at, now) },
    warnings: context.warnings,
  };
}

function tunnels(view: RoleView, carriedBy: CarriedBy): Status['tunnels'] {
  const count = { kernel: 0, userSpace: 0 };
  for (const { homeAddress } of [...view.bul, ...view.bc]) {
    const by = carriedBy(homeAddress);
    if (by === 'kernel') count.kernel++;
    else if (by === 'user space') count.userSpace++;
  }
  return count;
}

export function bulEntry(view: BulView, now: Instant, carriedBy: CarriedBy): BulEntry {
  const { expiresAt, choice, homePrefix4: prefix, ...rest } = view;
  const homePrefix4 = prefix && formatPrefix(prefix);
  const expiresIn = expiresAt === null ? null : secondsLeft(expiresAt, now);
  const datapath = carriedBy(view.homeAddress) ?? null;
  return {
    ...rest,
    homePrefix4,
    choice: choice && choiceEntry(choice, now),
    expiresIn,
    datapath,
  };
}

export function choiceEntry({ next, ...rest }: ChoiceView, now: Instant): ChoiceEntry {
  return { ...rest, next: next && { why: next.why, in: secondsLeft(next.at, now) } };
}

export function bcEntry(view: BcView, now: Instant, carriedBy: CarriedBy): BcEntry {
  const { expiresAt, homePrefix4: prefix, ...rest } = view;
  const homePrefix4 = prefix && formatPrefix(prefix);
  const expiresIn = secondsLeft(expiresAt, now);
  return { ...rest, homePrefix4, expiresIn, datapath: carriedBy(view.homeAddress) ?? null };
}

export function homeAgentsEntry(
  { agents, ...rest }: HomeAgentsView,
  now: Instant,
): HomeAgentsEntry {
  return {
    ...rest,
    agents: agents.map(({ retryAt, ...agent }) => ({
      ...agent,
      retryIn: retryAt === null ? null : secondsLeft(retryAt, now),
    })),
  };
}

export function listedAgent(
  { expiresAt, ...rest }: Omit<ListedAgent, 'expiresIn'> & { readonly expiresAt: Instant | null },
  now: Instant,
): ListedAgent {
  return { ...rest, expiresIn: expiresAt === null ? null : secondsLeft(expiresAt, now) };
}

export function dhcpEntry({ lease, next, ...rest }: DhcpView, now: Instant): DhcpEntry {
  return {
    ...rest,
    lease: lease && leaseEntry(lease, now),
    next: next && { why: next.why, in: secondsLeft(next.at, now) },
  };
}

export function knownNetworkEntry(view: KnownNetworkView, now: Instant): KnownNetworkEntry {
  const lease = leaseEntry(view.lease, now);
  if (view.timed) return { ...view, lease };
  return { ...view, lease: { ...lease, expiresIn: null, renewIn: null, rebindIn: null } };
}

export function prefixEntries({ home, visited }: PrefixesView, now: Instant): Result<'prefixes'> {
  return {
    home: home.map((view) => withLifetimes(view, now)),
    visited: visited.map((view) => withLifetimes(view, now)),
  };
}

function withLifetimes<V extends HomePrefixView | VisitedPrefixView>(
  view: V,
  now: Instant,
): Omit<V, 'prefix' | 'validUntil' | 'preferredUntil'> & {
  prefix: string;
  validIn: number | null;
  preferredIn: number | null;
} {
  const { prefix, validUntil, preferredUntil, ...rest } = view;
  const left = (at: Instant | null) => (at === null ? null : secondsLeft(at, now));
  return {
    ...rest,
    prefix: formatPrefix(prefix),
    validIn: left(validUntil),
    preferredIn: left(preferredUntil),
  };
}

function leaseEntry(lease: LeaseView, now: Instant): LeaseEntry {
  const { address, prefixLength, router, routes, server, lifetime } = lease;
  const left = (at: Instant | null) => (at === null ? null : secondsLeft(at, now));
  return {
    address,
    prefixLength,
    router,
    routes: routes.map((r) => ({ destination: formatPrefix(r.destination), router: r.router })),
    server,
    lifetime,
    expiresIn: left(lease.expiresAt),
    renewIn: left(lease.renewAt),
    rebindIn: left(lease.rebindAt),
  };
}

export function eventNotice(
  event: MipEvent,
  monotonic: Instant,
  wall: Date,
  node: string,
): EventNotice {
  return {
    code: event.code,
    severity: eventSeverity(event.code),
    sentence: eventSentence(event),
    fields: event.fields,
    at: wall.toISOString(),
    monotonic,
    node,
  };
}

/** The entries of one home address, or all; `limit` of them, and how many there are. */
export function list<E extends { homeAddress: string; homeAddress4: string | null }>(
  entries: readonly E[],
  params: ListParams,
): { entries: readonly E[]; total: number } {
  const { homeAddress, limit = DEFAULT_LIST_LIMIT } = params;
  const matching =
    homeAddress === undefined
      ? entries
      : entries.filter((e) => e.homeAddress === homeAddress || e.homeAddress4 === homeAddress);
  return { entries: matching.slice(0, limit), total: matching.length };
}

/** Never negative, to the millisecond. */
const secondsLeft = (at: Instant, now: Instant): number => Math.max(0, Math.round(at - now) / 1000);

const DEFAULT_LIST_LIMIT = 1000; // entries in one answer when the client names no limit
