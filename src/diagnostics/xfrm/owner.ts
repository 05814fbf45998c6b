/** Whose an XFRM entry is. The kernel does not say: marks and shapes do. */
import { isOurPolicy } from '../../linux/datapath/keep-xfrm.js';
import { REQID } from '../../linux/datapath/marks.js';
import type { XfrmPolicy, XfrmState, XfrmTemplate } from '../../linux/netlink/xfrm/model.js';
import { ICMPV6, PROTOCOL } from '../../wire/protocol.js';

/** `a program`: by a socket option. */
export type XfrmOwner = 'mip6' | 'UMIP' | 'a program' | 'IKE or by hand';

export function policyOwner(policy: XfrmPolicy): XfrmOwner {
  if (policy.direction.startsWith('socket')) return 'a program';
  if (policy.ptype === 'sub' && isOurPolicy(policy)) return 'mip6';
  return UMIP_SHAPES.some((shape) => hasShape(policy, shape)) ? 'UMIP' : 'IKE or by hand';
}

/** `askedBy`: owners of the policies that ask for it. UMIP marks its states with nothing. */
export function stateOwner(state: XfrmState, askedBy: ReadonlySet<XfrmOwner>): XfrmOwner {
  if (state.reqid === REQID) return 'mip6';
  if (state.mode === 'ro' && state.reqid === 0 && askedBy.has('UMIP')) return 'UMIP';
  return 'IKE or by hand';
}

type TemplateTest = (template: XfrmTemplate) => boolean;

interface Shape {
  readonly ptype: XfrmPolicy['ptype'];
  readonly action: XfrmPolicy['action'];
  readonly priorities: readonly number[];
  /** Absent: there is none. */
  readonly template?: TemplateTest;
  /** Absent: any. */
  readonly protocol?: number;
  readonly types?: readonly number[];
}

function hasShape(policy: XfrmPolicy, shape: Shape): boolean {
  const { templates, selector } = policy;
  return (
    policy.ptype === shape.ptype &&
    policy.action === shape.action &&
    shape.priorities.includes(policy.priority) &&
    (shape.protocol === undefined || shape.protocol === selector.protocol) &&
    (shape.types === undefined || shape.types.includes(selector.type ?? -1)) &&
    (shape.template
      ? templates.length === 1 && shape.template(templates[0]!)
      : templates.length === 0)
  );
}

const headerOf: TemplateTest = (t) =>
  (t.protocol === 'hao' || t.protocol === 'route2') && t.mode === 'ro' && t.reqid === 0;
const trigger: TemplateTest = (t) => t.mode === 'in_trigger';
const espIn =
  (mode: 'transport' | 'tunnel'): TemplateTest =>
  (t) =>
    t.protocol === 'esp' && t.mode === mode;

/** Priorities of UMIP, as it numbers them: what it has of each kind. */
const UMIP_SHAPES: readonly Shape[] = [
  { ptype: 'sub', action: 'allow', priorities: [2, 6, 8, 9, 15, 16, 19], template: headerOf },
  { ptype: 'sub', action: 'allow', priorities: [18], template: trigger },
  { ptype: 'sub', action: 'allow', priorities: [3, 12, 13] },
  { ptype: 'sub', action: 'block', priorities: [4] },
  {
    ptype: 'main',
    action: 'allow',
    priorities: [2],
    template: espIn('transport'),
    protocol: PROTOCOL.mobility,
  },
  {
    ptype: 'main',
    action: 'allow',
    priorities: [5],
    template: espIn('transport'),
    protocol: PROTOCOL.icmpv6,
    types: [ICMPV6.mobilePrefixSolicitation, ICMPV6.mobilePrefixAdvertisement],
  },
  { ptype: 'main', action: 'allow', priorities: [10], template: espIn('tunnel') },
];
