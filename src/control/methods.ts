/** The table of methods: what each takes, whether it changes anything, and what it is for. */
import * as v from 'valibot';
import { SEVERITIES, type MethodName, type Params } from './api.js';

export interface MethodRow<M extends MethodName = MethodName> {
  readonly params: v.GenericSchema<unknown, Params<M>>;
  /** Needs a peer that may change the node's state. */
  readonly changes: boolean;
  readonly sentence: string;
}

/** Ours: half of what a peer takes for a greater number, RFC 6275 §9.5.1. */
const MAX_RESERVED = 16_384;

const nothing = v.strictObject({});
const text = v.pipe(v.string(), v.maxLength(64));
const limit = v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1_000_000));
const target = v.variant('kind', [
  v.strictObject({ kind: v.literal('auto') }),
  v.strictObject({ kind: v.literal('home') }),
  v.strictObject({ kind: v.literal('link'), link: text }),
  v.strictObject({ kind: v.literal('family'), family: v.picklist([4, 6]) }),
  v.strictObject({ kind: v.literal('address'), address: text }),
]);
const dhcp = v.strictObject({ link: v.optional(text) });
const dryRun = v.optional(v.boolean());
const binding = v.strictObject({ homeAddress: v.optional(text), dryRun });
const list = v.strictObject({ homeAddress: v.optional(text), limit: v.optional(limit) });

export const METHODS: { readonly [M in MethodName]: MethodRow<M> } = {
  hello: {
    params: v.strictObject({ version: v.pipe(v.number(), v.integer(), v.minValue(1)) }),
    changes: false,
    sentence: 'agree on the protocol version',
  },
  status: { params: nothing, changes: false, sentence: 'one screen of what is' },
  'bul.list': { params: list, changes: false, sentence: 'the Binding Update List' },
  'bul.reserve': {
    params: v.strictObject({
      homeAddress: text,
      count: v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(MAX_RESERVED)),
    }),
    changes: true,
    sentence: 'take sequence numbers for Binding Updates made by hand',
  },
  'bul.refresh': { params: binding, changes: true, sentence: 'register anew, now' },
  'bul.set': {
    params: v.strictObject({
      homeAddress: v.optional(text),
      lifetime: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(0xffffffff)),
      dryRun,
    }),
    changes: true,
    sentence: 'ask for another lifetime, now and from now on',
  },
  'bul.delete': {
    params: binding,
    changes: true,
    sentence: 'deregister a home address until it is refreshed',
  },
  mps: { params: binding, changes: true, sentence: 'ask the home agent for the home prefixes' },
  prefixes: { params: nothing, changes: false, sentence: 'prefixes of home and visited networks' },
  'bc.list': { params: list, changes: false, sentence: 'the Binding Cache' },
  'agents.list': {
    params: nothing,
    changes: false,
    sentence: 'home agents: of the home links, or known to a mobile node',
  },
  'agents.discover': {
    params: v.strictObject({ homeAddress: v.optional(text) }),
    changes: true,
    sentence: 'ask for home agents now',
  },
  handover: {
    params: v.strictObject({ target }),
    changes: true,
    sentence: 'force a handover',
  },
  'handover.plan': {
    params: v.strictObject({ target: v.optional(target) }),
    changes: false,
    sentence: 'what a handover would lead to, and why',
  },
  'dhcp.status': {
    params: dhcp,
    changes: false,
    sentence: 'DHCP clients, their leases, and the networks that are known',
  },
  'dhcp.renew': { params: dhcp, changes: true, sentence: 'extend a lease now' },
  'dhcp.release': { params: dhcp, changes: true, sentence: 'give a lease back' },
  'dhcp.request': { params: dhcp, changes: true, sentence: 'ask for a lease now' },
  subscribe: {
    params: v.strictObject({
      minimum: v.optional(v.picklist(SEVERITIES)),
    }),
    changes: false,
    sentence: 'events as they happen',
  },
  events: {
    params: v.strictObject({
      limit: v.optional(limit),
    }),
    changes: false,
    sentence: 'events that have happened',
  },
  stop: { params: nothing, changes: true, sentence: 'deregister, clean up and end' },
};

export const isMethod = (name: string): name is MethodName => Object.hasOwn(METHODS, name);

/** The parameters, or the sentence that says which of them is wrong. */
export function checkParams<M extends MethodName>(
  method: M,
  params: unknown,
): { ok: true; params: Params<M> } | { ok: false; sentence: string } {
  const row: MethodRow<M> = METHODS[method];
  const checked = v.safeParse(row.params, params ?? {});
  if (checked.success) return { ok: true, params: checked.output };
  const issue = checked.issues[0];
  const where = v.getDotPath(issue);
  return { ok: false, sentence: where ? `${where}: ${issue.message}` : issue.message };
}
