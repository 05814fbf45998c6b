/** Policies and states as a whole: what each serves, whose it is, and what does not fit together. */
import { inPrefix, type Prefix } from '../../base/address.js';
import type {
  XfrmPolicy,
  XfrmSelector,
  XfrmState,
  XfrmTemplate,
} from '../../linux/netlink/xfrm/model.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { policyOwner, stateOwner, type XfrmOwner } from './owner.js';
import { StateIndex } from './serving.js';
import { policyWords, stateWords, subjectWords, templateWords } from './words.js';

export type XfrmNoteCode =
  | 'NO_STATE' // no state serves a template
  | 'NO_POLICY' // no policy asks for the state
  | 'NO_OUT_POLICY' // of mip6: the option is never added
  | 'INBOUND_TYPE' // does not match in kernels after 6.1
  | 'BEFORE_OURS'; // somebody else's, looked up before one of mip6

export interface XfrmNote {
  readonly code: XfrmNoteCode;
  readonly sentence: string;
}

interface Meaning {
  /** A clause, without a full stop. */
  readonly serves: string;
  readonly owner: XfrmOwner;
  readonly notes: readonly XfrmNote[];
}

export interface PolicyMeaning extends Meaning {
  readonly policy: XfrmPolicy;
  /** That serve its templates. */
  readonly states: number;
}

export interface StateMeaning extends Meaning {
  readonly state: XfrmState;
  /** That ask for it. */
  readonly policies: number;
}

export interface XfrmMeaning {
  readonly policies: readonly PolicyMeaning[];
  readonly states: readonly StateMeaning[];
}

/** In the order given. */
export function xfrmMeaning(
  policies: readonly XfrmPolicy[],
  states: readonly XfrmState[],
): XfrmMeaning {
  const index = new StateIndex(states);
  const asking = new Map<XfrmState, XfrmPolicy[]>(states.map((state) => [state, []]));
  const ours = policies.filter((policy) => policyOwner(policy) === 'mip6');
  const said = policies.map((policy): PolicyMeaning => {
    const served = policy.templates.map((t) => [t, index.serving(policy, t)] as const);
    const all = new Set(served.flatMap(([, found]) => found));
    for (const state of all) asking.get(state)!.push(policy);
    const careOf = (template: XfrmTemplate) =>
      served.find(([t]) => t === template)?.[1].find((s) => !s.flags.includes('wildrecv'))?.careOf;
    const owner = policyOwner(policy);
    return {
      policy,
      serves: policyWords(policy, careOf),
      owner,
      states: all.size,
      notes: [
        ...inboundType(policy),
        ...served.flatMap(([t, found]) => (found.length > 0 ? [] : noState(policy, t))),
        ...(owner === 'mip6' ? [] : beforeOurs(policy, ours)),
      ],
    };
  });
  return { policies: said, states: states.map((state) => meaningOf(state, asking.get(state)!)) };
}

function meaningOf(state: XfrmState, askedBy: readonly XfrmPolicy[]): StateMeaning {
  const owner = stateOwner(state, new Set(askedBy.map(policyOwner)));
  const notes = stateNotes(state, owner, askedBy);
  return { state, serves: stateWords(state, askedBy), owner, policies: askedBy.length, notes };
}

function stateNotes(
  state: XfrmState,
  owner: XfrmOwner,
  askedBy: readonly XfrmPolicy[],
): XfrmNote[] {
  const adds = owner === 'mip6' && state.protocol === 'hao' && !state.flags.includes('wildrecv');
  if (adds && !askedBy.some((p) => p.direction === 'out')) {
    const sentence = `No \`out\` policy asks for it: Binding Updates of ${state.source} to ${state.destination} leave without the option.`;
    return [{ code: 'NO_OUT_POLICY', sentence }];
  }
  if (askedBy.length > 0) return [];
  return [{ code: 'NO_POLICY', sentence: 'No policy asks for it.' }];
}

function noState({ direction }: XfrmPolicy, template: XfrmTemplate): XfrmNote[] {
  if (template.mode === 'in_trigger') return []; // it asks for one, and never has one
  const header = template.protocol === 'hao' || template.protocol === 'route2';
  const out = direction.endsWith('out');
  const sentence = `No state for ${templateWords(template)}: ${
    template.level === 'use'
      ? out
        ? `these packets leave without ${header ? 'the header' : 'it'}.`
        : `these packets come in ${header ? 'only without the header' : 'as they are'}.`
      : out
        ? 'these packets wait for a key exchange, and are dropped where there is none.'
        : 'these packets are dropped.'
  }`;
  return [{ code: 'NO_STATE', sentence }];
}

/** Such a packet then meets no policy at all, which drops it where it came by a state. */
function inboundType({ direction, selector }: XfrmPolicy): XfrmNote[] {
  if (direction.endsWith('out')) return [];
  if (selector.protocol !== PROTOCOL.mobility || selector.type === undefined) return [];
  const sentence = `Kernels after 6.1 see no Mobility Header type in packets that come in: there it never matches. Use \`proto ${PROTOCOL.mobility}\` without a type.`;
  return [{ code: 'INBOUND_TYPE', sentence }];
}

/** Of one type and direction only the first that matches counts. */
function beforeOurs(policy: XfrmPolicy, ours: readonly XfrmPolicy[]): XfrmNote[] {
  if (policy.mark || policy.ifId) return []; // packets of ours bear neither
  const hidden = ours.find(
    (our) =>
      our.ptype === policy.ptype &&
      our.direction === policy.direction &&
      policy.priority <= our.priority &&
      meet(our.selector, policy.selector),
  );
  if (!hidden) return [];
  const sentence = `It is not of mip6 and is looked up before its policy for ${subjectWords(hidden.selector)} (priority ${hidden.priority}).`;
  return [{ code: 'BEFORE_OURS', sentence }];
}

/** Some packet is of both. */
const meet = (a: XfrmSelector, b: XfrmSelector): boolean =>
  overlap(a.source, b.source) &&
  overlap(a.destination, b.destination) &&
  (a.protocol === 0 || b.protocol === 0 || a.protocol === b.protocol) &&
  (a.type === undefined || b.type === undefined || a.type === b.type);

const overlap = (a: Prefix, b: Prefix): boolean =>
  a.length < b.length ? inPrefix(b.address, a) : inPrefix(a.address, b);
