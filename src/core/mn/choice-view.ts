/**
 * A choice of care-of address as it is shown: every candidate with its verdict, the interfaces that have none, and
 * when the answer may be another one. `mip6 handover --dry-run` and `mip6 bul show` print it.
 */
import type { IpAddress, Ipv6 } from '../../base/address.js';
import type { Instant } from '../../base/time.js';
import type { LinkName } from '../input.js';
import type { Deadline } from '../machine.js';
import type { CandidateView, ChoiceView } from '../view.js';
import type { Candidate, Choice, ChoiceRule } from './care-of-choice.js';

export interface ChoiceContext {
  readonly homeAddress: Ipv6;
  /** The link that it is at home on, or would be: no care-of address is used then. */
  readonly homeOn: LinkName | null;
  /** What is registered, or being registered. */
  readonly current: { readonly address: IpAddress; readonly link: LinkName } | null;
  /** When IPv6 is tried again after it had no answer, here or anywhere. */
  readonly retryIpv6At: Instant | null;
  readonly links: readonly LinkSituation[];
}

/** Why an interface may have no candidate. */
export interface LinkSituation {
  readonly name: LinkName;
  readonly present: boolean;
  readonly up: boolean;
  /** 0: unused. */
  readonly preference: number;
  readonly routers: number;
  /** State of its DHCP client; null where none runs. */
  readonly dhcp: string | null;
}

export function viewChoice(choice: Choice, context: ChoiceContext): ChoiceView {
  const { homeAddress, homeOn } = context;
  const { chosen } = choice;
  const all: CandidateView[] = [];
  const show = (c: Candidate, verdict: CandidateView['verdict'], rule: ChoiceRule, why: string) =>
    all.push(viewCandidate(c, context, verdict, rule, why));
  if (chosen) {
    if (homeOn === null) show(chosen, 'chosen', choice.rule, choice.reason);
    else show(chosen, 'rejected', 'at-home', AT_HOME);
  }
  for (const { candidate, rule, why } of choice.rejected) show(candidate, 'rejected', rule, why);
  const links = new Set(all.map(({ link }) => link));
  const shown = {
    homeAddress,
    candidates: all,
    without: context.links
      .filter(({ name }) => !links.has(name))
      .map((link) => ({ link: link.name, why: whyNone(link) })),
  };
  if (homeOn !== null) {
    const reason = `at home on ${homeOn}`;
    return { ...shown, careOf: null, link: homeOn, rule: 'at-home', reason, next: null };
  }
  return {
    ...shown,
    careOf: chosen?.address ?? null,
    link: chosen?.link ?? null,
    rule: choice.rule,
    reason: choice.reason,
    next: nextChange(choice, context),
  };
}

/** Who else there was and why not, as one bounded line; null: nobody. */
export function describeOthers(choice: Choice): string | null {
  const { rejected } = choice;
  if (rejected.length === 0) return null;
  const told = rejected
    .slice(0, MAX_TOLD)
    .map(({ candidate, why }) => `${candidate.address} on ${candidate.link}: ${why}`);
  const more = rejected.length - told.length;
  return [...told, ...(more > 0 ? [`and ${more} more`] : [])].join('; ');
}

function viewCandidate(
  candidate: Candidate,
  { current }: ChoiceContext,
  verdict: CandidateView['verdict'],
  rule: ChoiceRule,
  why: string,
): CandidateView {
  const { address, link, family, preference } = candidate;
  const isCurrent = current?.address === address && current.link === link;
  return {
    address,
    link,
    family,
    preference,
    state: stateOf(candidate),
    current: isCurrent,
    verdict,
    rule,
    why,
  };
}

function stateOf(c: Candidate): CandidateView['state'] {
  if (!c.usable) return 'tentative';
  if (!c.confirmed) return 'unconfirmed';
  return c.deprecated ? 'deprecated' : 'ready';
}

function whyNone({ present, up, preference, routers, dhcp }: LinkSituation): string {
  if (!present) return 'there is no such interface';
  if (preference === 0) return 'the link is configured as unused';
  if (!up) return 'no carrier';
  const router = routers === 0 ? 'no router has answered' : 'its routers offer no address';
  if (dhcp === null) return `${router}, and no DHCP client runs`;
  return `${router}, and DHCP has no lease (${dhcp})`;
}

/** What is known today of when it may change. */
function nextChange(choice: Choice, { retryIpv6At }: ChoiceContext): Deadline | null {
  const { again, chosen } = choice;
  let next: Deadline | null = null;
  const take = (at: Instant | null | undefined, why: string) => {
    if (at !== null && at !== undefined && (!next || at < next.at)) next = { at, why };
  };
  take(again, 'the head start of IPv6 ends');
  take(retryIpv6At, 'IPv6 is tried again');
  take(chosen?.validUntil, 'the address is no longer valid');
  return next;
}

const AT_HOME = 'at home, no care-of address is used';
/** Candidates that an event names. */
const MAX_TOLD = 4;
