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
  /** Three Binding Updates over IPv6 had no answer lately. */
  readonly ipv6Unanswered: boolean;
  readonly forced: HandoverTarget;
  readonly current: { readonly address: IpAddress; readonly link: LinkName } | null;
}

export interface Choice {
  readonly chosen: Candidate | null;
  readonly reason: string;
  readonly rejected: readonly { readonly candidate: Candidate; readonly why: string }[];
  /** When the same question may have another answer. */
  readonly again: Instant | null;
}

export function chooseCareOf(
  candidates: readonly Candidate[],
  policy: ChoicePolicy,
  now: Instant,
): Choice {
  const rejected: { candidate: Candidate; why: string }[] = [];
  const fit: Candidate[] = [];
  let again: Instant | null = null;
  for (const candidate of candidates) {
    const wait = headStart(candidate, candidates, policy, now);
    const why = unfit(candidate, policy) ?? (wait && 'IPv6 still has its head start on this link');
    if (wait && (again === null || wait < again)) again = wait;
    if (why) rejected.push({ candidate, why });
    else fit.push(candidate);
  }
  const forced = fit.filter((c) => matches(c, policy.forced));
  const pool = forced.length > 0 ? forced : fit;
  const order = [...pool].sort((a, b) => compare(a, b, policy));
  const chosen = order[0] ?? null;
  const loser = (candidate: Candidate) => ({ candidate, why: lost(candidate, chosen!, policy) });
  for (const candidate of fit) {
    if (candidate === chosen) continue;
    const left = !pool.includes(candidate);
    rejected.push(
      left ? { candidate, why: `${describeTarget(policy.forced)} is forced` } : loser(candidate),
    );
  }
  return {
    chosen,
    reason: reasonFor(chosen, order, candidates, forced.length > 0, policy),
    rejected,
    again,
  };
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

function unfit(c: Candidate, policy: ChoicePolicy): string | undefined {
  if (c.preference === 0) return 'the link is configured as unused';
  if (!c.usable) return 'duplicate address detection is not over';
  if (c.family === 4 && !policy.ipv4)
    return 'no IPv4 care-of addresses: no DSMIPv6 or no IPv4 home agent address';
  if (inPrefix(c.address, policy.homePrefix)) return 'it belongs to the home link';
  return undefined;
}

/** Until when this IPv4 candidate waits for IPv6 on its link; null when it need not. */
function headStart(
  c: Candidate,
  all: readonly Candidate[],
  policy: ChoicePolicy,
  now: Instant,
): Instant | null {
  if (c.family === 6 || now >= c.notBefore || policy.ipv6Unanswered) return null;
  if (matches(c, policy.forced) || isCurrent(c, policy)) return null;
  return all.some((o) => o.family === 6 && o.link === c.link && o.usable) ? null : c.notBefore;
}

/** The order of the rules is the policy; the first that tells two candidates apart decides. */
const RULES: readonly {
  readonly why: string;
  /** Lower is better. */
  readonly rank: (c: Candidate, policy: ChoicePolicy) => number;
}[] = [
  { why: 'its router is not known to be there', rank: (c) => (c.confirmed ? 0 : 1) },
  { why: 'its link has a lower preference', rank: (c) => c.preference },
  {
    why: 'three Binding Updates over IPv6 had no answer',
    rank: (c, p) => (p.ipv6Unanswered && c.family === 6 ? 1 : 0),
  },
  { why: 'IPv6 comes first', rank: (c) => (c.family === 6 ? 0 : 1) },
  { why: 'it is deprecated', rank: (c) => (c.deprecated ? 1 : 0) },
  { why: 'the current one still serves', rank: (c, p) => (isCurrent(c, p) ? 0 : 1) },
  {
    why: 'its router has a lower preference',
    rank: (c) => (c.family === 6 ? -c.routerPreference : 0),
  },
];

function compare(a: Candidate, b: Candidate, policy: ChoicePolicy): number {
  for (const rule of RULES) {
    const difference = rule.rank(a, policy) - rule.rank(b, policy);
    if (difference !== 0) return difference;
  }
  // The same input must give the same answer, in whatever order it came.
  return key(a) < key(b) ? -1 : 1;
}

function lost(candidate: Candidate, chosen: Candidate, policy: ChoicePolicy): string {
  const rule = RULES.find((r) => r.rank(candidate, policy) !== r.rank(chosen, policy));
  return rule?.why ?? 'equal; the lower address is taken';
}

function reasonFor(
  chosen: Candidate | null,
  order: readonly Candidate[],
  all: readonly Candidate[],
  isForced: boolean,
  policy: ChoicePolicy,
): string {
  if (!chosen) return all.length === 0 ? 'no address on any link' : 'no address can be used';
  if (isForced) return `forced to ${describeTarget(policy.forced)}`;
  const absent = policy.forced.kind !== 'auto' && policy.forced.kind !== 'home';
  const prefix = absent ? `forced ${describeTarget(policy.forced)} is not there; ` : '';
  const second = order[1];
  if (!second) {
    const why = chosen.family === 4 ? 'the only one, and no IPv6' : 'the only one';
    return prefix + why;
  }
  const rule = RULES.find((r) => r.rank(second, policy) !== r.rank(chosen, policy));
  return prefix + (rule ? (POSITIVE.get(rule.why) ?? rule.why) : 'the lower of equals');
}

const POSITIVE: ReadonlyMap<string, string> = new Map([
  ['its router is not known to be there', 'its router answers'],
  ['its link has a lower preference', 'its link is preferred'],
  ['it is deprecated', 'it is not deprecated'],
  ['the current one still serves', 'it still serves'],
  ['its router has a lower preference', 'its router is preferred'],
]);

const isCurrent = (c: Candidate, policy: ChoicePolicy): boolean =>
  policy.current?.address === c.address && policy.current.link === c.link;
const key = (c: Candidate): string => `${c.link} ${c.address}`;
