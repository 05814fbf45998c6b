/** Policies: `struct xfrm_userpolicy_info` and its attributes. */
import { addressOctets } from '../../../base/address.js';
import { UsageError } from '../../../base/error.js';
import type { AttributeWriter } from '../attributes.js';
import { addressOf, commonFamily } from './address.js';
import { get, getAll, put, putAll, XFRMA, type Attributes } from './attribute.js';
import { readLimits, readUsage, writeLimits, writeUsage } from './lifetime.js';
import type { ReadOf } from './layout.js';
import type {
  XfrmAlgorithmMasks,
  XfrmDirection,
  XfrmPolicy,
  XfrmPolicyId,
  XfrmPolicyType,
  XfrmShare,
  XfrmTemplate,
} from './model.js';
import {
  ACTIONS,
  DIRECTIONS,
  known,
  MODES,
  POLICY_FLAGS,
  POLICY_TYPES,
  PROTOCOLS,
  SHARES,
} from './names.js';
import { present, unlessEmpty, unlessZero } from './present.js';
import { readMark, readSecurityContext, writeMark, writeSecurityContext } from './scope.js';
import { readSelector, readWholeSelector, writeSelector } from './selector.js';
import type { XFRM_USERPOLICY_ID, XFRM_USERPOLICY_INFO, XFRM_USER_TMPL } from './structs.js';

type RawPolicy = ReadOf<typeof XFRM_USERPOLICY_INFO>;
type RawPolicyId = ReadOf<typeof XFRM_USERPOLICY_ID>;
type RawTemplate = ReadOf<typeof XFRM_USER_TMPL>;

/** Throws `WireError`. */
export function readPolicy(raw: RawPolicy, attributes: Attributes): XfrmPolicy {
  return {
    selector: readWholeSelector(raw.sel),
    direction: readDirection(raw.dir),
    ptype: readPolicyType(attributes),
    action: known(ACTIONS, raw.action, 'action'),
    priority: raw.priority,
    templates: getAll(attributes, XFRMA.TMPL).map((t) => readTemplate(t, raw.sel.family)),
    ...present({
      index: unlessZero(raw.index),
      flags: unlessEmpty(POLICY_FLAGS.names(raw.flags)),
      share: readShare(raw.share),
      ...readScope(attributes),
    }),
    ...readLimits(raw.lft),
    usage: readUsage(raw.curlft),
  };
}

/** Throws `UsageError` `XFRM_FAMILY` or `XFRM_TEMPLATES`. */
export function writePolicy(policy: XfrmPolicy): RawPolicy {
  return present({
    sel: writeSelector(policy.selector),
    lft: writeLimits(policy.limits),
    curlft: writeUsage(policy.usage),
    priority: policy.priority,
    index: policy.index ?? 0,
    dir: DIRECTIONS.number(policy.direction),
    action: ACTIONS.number(policy.action),
    flags: POLICY_FLAGS.bits(policy.flags),
    share: SHARES.number(policy.share ?? 'any'),
  }) as RawPolicy;
}

export function writePolicyAttributes(policy: XfrmPolicy, out: AttributeWriter): void {
  const { templates } = policy;
  if (templates.length > MAX_TEMPLATES) {
    const sentence = `Expected at most ${MAX_TEMPLATES} templates, came ${templates.length}.`;
    throw new UsageError('XFRM_TEMPLATES', sentence);
  }
  putAll(out, XFRMA.TMPL, templates.map(writeTemplate));
  writeScope(policy, out);
}

/** Throws `WireError`. */
export function readPolicyId(raw: RawPolicyId, attributes: Attributes): XfrmPolicyId {
  return {
    direction: readDirection(raw.dir),
    ptype: readPolicyType(attributes),
    ...present({
      selector: readSelector(raw.sel, 0),
      index: unlessZero(raw.index),
      ...readScope(attributes),
    }),
  };
}

export const writePolicyId = (id: XfrmPolicyId): Partial<RawPolicyId> => ({
  ...(id.selector ? { sel: writeSelector(id.selector) } : {}),
  index: id.index ?? 0,
  dir: DIRECTIONS.number(id.direction),
});

/** Which set of policies: type, mark, interface number, security context. */
export function writeScope(
  { ptype, mark, ifId, securityContext }: XfrmPolicyId | XfrmPolicy,
  out: AttributeWriter,
): void {
  writeSecurityContext(securityContext, out);
  writePolicyType(ptype, out);
  put(out, XFRMA.MARK, writeMark(mark));
  put(out, XFRMA.IF_ID, ifId);
}

const readScope = (attributes: Attributes) => ({
  mark: readMark(attributes),
  ifId: get(attributes, XFRMA.IF_ID),
  securityContext: readSecurityContext(attributes),
});

/** `main` where the kernel says none. */
export const readPolicyType = (attributes: Attributes): XfrmPolicyType =>
  known(POLICY_TYPES, get(attributes, XFRMA.POLICY_TYPE)?.type ?? 0, 'policy type');

export const writePolicyType = (ptype: XfrmPolicyType, out: AttributeWriter): void =>
  put(out, XFRMA.POLICY_TYPE, { type: POLICY_TYPES.number(ptype) });

export const readDirection = (number: number): XfrmDirection =>
  known(DIRECTIONS, number, 'direction');

function readTemplate(raw: RawTemplate, family: number): XfrmTemplate {
  const own = raw.family || family;
  const { aalgos, ealgos, calgos } = raw;
  const all = [aalgos, ealgos, calgos].every((mask) => mask === ALL);
  return {
    protocol: PROTOCOLS.name(raw.id.proto),
    mode: MODES.name(raw.mode),
    source: addressOf(own, raw.saddr),
    destination: addressOf(own, raw.id.daddr),
    spi: raw.id.spi,
    reqid: raw.reqid,
    level: raw.optional === 0 ? 'required' : 'use',
    ...present({
      share: readShare(raw.share),
      algorithms: all ? undefined : readMasks(raw),
    }),
  };
}

function writeTemplate(template: XfrmTemplate): RawTemplate {
  const { source, destination } = template;
  return {
    id: {
      daddr: addressOctets(destination),
      spi: template.spi,
      proto: PROTOCOLS.number(template.protocol),
    },
    family: commonFamily(source, destination),
    saddr: addressOctets(source),
    reqid: template.reqid,
    mode: MODES.number(template.mode),
    share: SHARES.number(template.share ?? 'any'),
    optional: template.level === 'use' ? 1 : 0,
    ...writeMasks(template.algorithms),
  };
}

const readShare = (share: number): XfrmShare | undefined =>
  share === SHARES.number('any') ? undefined : SHARES.name(share);

type RawMasks = Pick<RawTemplate, 'aalgos' | 'ealgos' | 'calgos'>;

export const readMasks = (raw: RawMasks): XfrmAlgorithmMasks => ({
  authentication: raw.aalgos,
  encryption: raw.ealgos,
  compression: raw.calgos,
});

export const writeMasks = (masks: XfrmAlgorithmMasks | undefined): RawMasks => ({
  aalgos: masks?.authentication ?? ALL,
  ealgos: masks?.encryption ?? ALL,
  calgos: masks?.compression ?? ALL,
});

const MAX_TEMPLATES = 6; // XFRM_MAX_DEPTH
const ALL = 0xffffffff;
