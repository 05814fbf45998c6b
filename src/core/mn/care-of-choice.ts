/**
 * Which care-of address to register, and why not the others. A pure function of what is known.
 *
 * Spec: RFC 5555 §4.4.1 (IPv6 first, IPv4 when it does not answer); RFC 6275 §11.5.1 (stay while the router
 * can be reached), §11.5.4 (the primary care-of address has a prefix of its router).
 * Ours: interface preference before family; the head start that IPv6 has on a link.
 */
import { inPrefix, type IpAddress, type Ipv4, type Ipv6, type Prefix } from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import type { LinkName } from '../input.js';
import type { HandoverTarget } from '../role.js';
import type { NetworkKey } from './family-memory.js';

interface Common {
  readonly link: LinkName;
  /** 1 best to 10; 0 unused. */
  readonly preference: number;
  readonly validUntil: Instant | null;
  readonly deprecated: boolean;
  /** False while its router is being asked whether it is still there. */
  readonly confirmed: boolean;
  /** False while duplicate address detection forbids its use. */
  readonly usable: boolean;
  /** Which network it is of; null where that is not known. */
  readonly network: NetworkKey | null;
  /** Whether Binding Updates had an answer there; null where nobody remembers. */
  readonly answered: boolean | null;
}
export interface Candidate6 extends Common {
  readonly family: 6;
  readonly address: Ipv6;
  readonly routerPreference: -1 | 0 | 1;
}
export interface Candidate4 extends Common {
  readonly family: 4;
  readonly address: Ipv4;
  /** IPv6 has until then to turn up on this link. */
  readonly notBefore: Instant;
}
export type Candidate = Candidate6 | Candidate4;

export interface ChoicePolicy {
  readonly homePrefix: Prefix<Ipv6>;
  /** False when the home agent has no IPv4 address, or without DSMIPv6. */
  readonly ipv4: boolean;
  /** Three Binding Updates over IPv6 had no answer lately, in that network; null: they had, or none was sent. */
  readonly ipv6Unanswered: { readonly network: NetworkKey | null } | null;
  readonly forced: HandoverTarget;
  readonly current: { readonly address: IpAddress; readonly link: LinkName } | null;
}

/** What decided, in one word: API. */
export type ChoiceRule =
  // a candidate that cannot be used
  | 'unused-link'
  | 'tentative'
  | 'no-ipv4'
  | 'home-prefix'
  | 'head-start'
  // one that can, beside another
  | 'forced'
  | (typeof RULES)[number]['rule']
  | 'order'
  // nothing to decide
  | 'alone'
  | 'at-home'
  | 'none';

export interface Choice {
  readonly chosen: Candidate | null;
  /** What told the chosen one from the next best. */
  readonly rule: ChoiceRule;
  readonly reason: string;
  /** The best first; those that cannot be used last. */
  readonly rejected: readonly Rejected[];
  /** When the same question may have another answer: a head start ends. */
  readonly again: Instant | null;
}

export interface Rejected {
  readonly candidate: Candidate;
  readonly rule: ChoiceRule;
  readonly why: string;
}

export function chooseCareOf(
  candidates: readonly Candidate[],
  policy: ChoicePolicy,
  now: Instant,
): Choice {
  const unusable: Rejected[] = [];
  const fit: Candidate[] = [];
  let again: Instant | null = null;
  for (const candidate of candidates) {
    const wait = headStart(candidate, candidates, policy, now);
    const flaw = unfit(candidate, policy) ?? (wait === null ? undefined : HEAD_START);
    if (wait && (again === null || wait < again)) again = wait;
    if (flaw) unusable.push({ candidate, ...flaw });
    else fit.push(candidate);
  }
  fit.sort((a, b) => compare(a, b, policy));
  const forced = fit.filter((c) => matches(c, policy.forced));
  const order = forced.length > 0 ? forced : fit;
  const chosen = order[0] ?? null;
  const losers = order.slice(1).map((candidate) => {
    const row = decisive(candidate, chosen!, policy);
    return { candidate, rule: row.rule, why: row.lost };
  });
  const why = `${describeTarget(policy.forced)} is forced`;
  const outside = fit.filter((c) => !order.includes(c));
  const others = outside.map((candidate) => ({ candidate, rule: 'forced', why }) as const);
  const { rule, reason } = reasonFor(chosen, order, candidates, forced.length > 0, policy);
  return { chosen, rule, reason, rejected: [...losers, ...others, ...unusable], again };
}

/** Whether a forced target names this candidate. */
export function matches(candidate: Candidate, target: HandoverTarget): boolean {
  switch (target.kind) {
    case 'link':
      return candidate.link === target.link;
    case 'family':
      return candidate.family === target.family;
    case 'address':
      return candidate.address === target.address;
    case 'auto':
    case 'home':
      return false;
    default:
      return target satisfies never;
  }
}

export function describeTarget(target: HandoverTarget): string {
  switch (target.kind) {
    case 'link':
      return `link ${target.link}`;
    case 'family':
      return `IPv${target.family}`;
    case 'address':
      return target.address;
    case 'auto':
      return 'automatic choice';
    case 'home':
      return 'home';
    default:
      return target satisfies never;
  }
}

function unfit(c: Candidate, policy: ChoicePolicy): Flaw | undefined {
  if (c.preference === 0) return { rule: 'unused-link', why: 'the link is configured as unused' };
  if (!c.usable) return { rule: 'tentative', why: 'duplicate address detection is not over' };
  if (c.family === 4 && !policy.ipv4) {
    return {
      rule: 'no-ipv4',
      why: 'no IPv4 care-of addresses: no DSMIPv6 or no IPv4 home agent address',
    };
  }
  if (inPrefix(c.address, policy.homePrefix))
    return { rule: 'home-prefix', why: 'it belongs to the home link' };
  return undefined;
}

/** Until when this IPv4 candidate waits for IPv6 on its link; null when it need not. */
function headStart(
  c: Candidate,
  all: readonly Candidate[],
  policy: ChoicePolicy,
  now: Instant,
): Instant | null {
  if (c.family === 6 || now >= c.notBefore || policy.ipv6Unanswered !== null) return null;
  if (matches(c, policy.forced) || isCurrent(c, policy)) return null;
  return all.some((o) => o.family === 6 && o.link === c.link && o.usable) ? null : c.notBefore;
}

/**
 * The order of the rules is the policy; the first that tells two candidates apart decides. No answer comes before
 * preference: a link that leads nowhere is of no use, however much it is liked.
 */
const RULES = [
  {
    rule: 'router',
    lost: 'its router is not known to be there',
    won: 'its router answers',
    rank: (c: Candidate) => (c.confirmed ? 0 : 1),
  },
  {
    rule: 'unanswered',
    lost: 'three Binding Updates over IPv6 had no answer',
    won: 'three Binding Updates over IPv6 had no answer',
    rank: (c: Candidate, p: ChoicePolicy) => (isInDoubt(c, p) ? 1 : 0),
  },
  {
    rule: 'remembered',
    lost: 'Binding Updates over IPv6 had no answer in this network before',
    won: 'Binding Updates over IPv6 had no answer in this network before',
    rank: (c: Candidate) => (c.answered === false ? 1 : 0),
  },
  {
    rule: 'preference',
    lost: 'its link has a lower preference',
    won: 'its link is preferred',
    rank: (c: Candidate) => c.preference,
  },
  {
    rule: 'family',
    lost: 'IPv6 comes first',
    won: 'IPv6 comes first',
    rank: (c: Candidate) => (c.family === 6 ? 0 : 1),
  },
  {
    rule: 'deprecated',
    lost: 'it is deprecated',
    won: 'it is not deprecated',
    rank: (c: Candidate) => (c.deprecated ? 1 : 0),
  },
  {
    rule: 'current',
    lost: 'the current one still serves',
    won: 'it still serves',
    rank: (c: Candidate, p: ChoicePolicy) => (isCurrent(c, p) ? 0 : 1),
  },
  {
    rule: 'router-preference',
    lost: 'its router has a lower preference',
    won: 'its router is preferred',
    rank: (c: Candidate) => (c.family === 6 ? -c.routerPreference : 0),
  },
] as const satisfies readonly {
  readonly rule: string;
  /** Why the worse of two was not taken. */
  readonly lost: string;
  /** Why the better one was. */
  readonly won: string;
  /** Lower is better. */
  readonly rank: (c: Candidate, policy: ChoicePolicy) => number;
}[];

/** RFC 5555 §4.4.1: in another domain, where IPv6 is known to work, what happened elsewhere does not count. */
function isInDoubt(c: Candidate, { ipv6Unanswered }: ChoicePolicy): boolean {
  if (ipv6Unanswered === null || c.family === 4) return false;
  return c.answered !== true || c.network === ipv6Unanswered.network;
}

function compare(a: Candidate, b: Candidate, policy: ChoicePolicy): number {
  for (const { rank } of RULES) {
    const difference = rank(a, policy) - rank(b, policy);
    if (difference !== 0) return difference;
  }
  // The same input must give the same answer, in whatever order it came.
  return key(a) < key(b) ? -1 : 1;
}

function decisive(a: Candidate, b: Candidate, policy: ChoicePolicy) {
  return RULES.find(({ rank }) => rank(a, policy) !== rank(b, policy)) ?? IN_ORDER;
}

function reasonFor(
  chosen: Candidate | null,
  order: readonly Candidate[],
  all: readonly Candidate[],
  isForced: boolean,
  policy: ChoicePolicy,
): { readonly rule: ChoiceRule; readonly reason: string } {
  if (!chosen) {
    const reason = all.length === 0 ? 'no address on any link' : 'no address can be used';
    return { rule: 'none', reason };
  }
  if (isForced) return { rule: 'forced', reason: `forced to ${describeTarget(policy.forced)}` };
  const absent = policy.forced.kind !== 'auto' && policy.forced.kind !== 'home';
  const prefix = absent ? `forced ${describeTarget(policy.forced)} is not there; ` : '';
  const second = order[1];
  if (!second) {
    const why = chosen.family === 4 ? 'the only one, and no IPv6' : 'the only one';
    return { rule: 'alone', reason: prefix + why };
  }
  const row = decisive(second, chosen, policy);
  return { rule: row.rule, reason: prefix + row.won };
}

interface Flaw {
  readonly rule: ChoiceRule;
  readonly why: string;
}

const HEAD_START: Flaw = {
  rule: 'head-start',
  why: 'IPv6 still has its head start on this link',
};
const IN_ORDER = {
  rule: 'order',
  lost: 'equal; the lower address is taken',
  won: 'the lower of equals',
} as const;
const isCurrent = (c: Candidate, policy: ChoicePolicy): boolean =>
  policy.current?.address === c.address && policy.current.link === c.link;
const key = (c: Candidate): string => `${c.link} ${c.address}`;
