/** What may be asked of the kernel: what it is about, and what a refusal says. */
import type { ChangeRequest } from '../requests.js';
import { summarizePolicy, summarizeState } from './describe.js';
import type { XfrmMessageKind, XfrmMessageOf } from './message.js';
import type { XfrmProtocol } from './model.js';

export type XfrmRequestKind = Exclude<
  XfrmMessageKind,
  'acquire' | 'expire' | 'policyExpire' | 'report' | 'sadInfo' | 'spdInfo' | 'mapping'
>;
export type XfrmRequest = XfrmMessageOf<XfrmRequestKind>;

/** Its way out is known where request and errno together tell it. */
export function wordsOf(request: XfrmRequest): Pick<ChangeRequest, 'operation' | 'doing' | 'way'> {
  const { operation, doing, ways } = ROWS[request.kind] as Row<XfrmRequest>;
  return {
    operation,
    doing: () => doing(request),
    way: (errno) => ways?.(request)[errno],
  };
}

type Ways = Readonly<Record<string, string>>;

interface Row<M> {
  readonly operation: 'policy' | 'state' | 'migration' | 'count';
  doing(request: M): string;
  /** By errno. */
  ways?(request: M): Ways;
}

const OF_POLICIES: Ways = {
  EEXIST: 'It is there already: update it, or remove it first.',
  ENOENT: 'There is no such policy: it was removed, or its selector differs.',
};

const OF_STATES: Ways = {
  EEXIST: 'It is there already: update it, or remove it first.',
  ESRCH: 'There is no such state: it was removed or has expired.',
  ENOSYS: 'This kernel lacks one of the algorithms: see /proc/crypto, and load its module.',
};

const OF_MIGRATION: Ways = {
  ENOPROTOOPT: 'This kernel cannot migrate (CONFIG_XFRM_MIGRATE).',
  ENOENT: 'There is no policy with that selector, direction and type.',
  ENODATA: 'No template of the policy has those ends, protocol, mode and reqid.',
};

/** What a kernel may have been built without, and its modules. */
const NEEDED: readonly (readonly [XfrmProtocol, what: string, options: string, modules: string])[] =
  [
    ['hao', 'Mobile IPv6', 'CONFIG_IPV6_MIP6', 'mip6'],
    ['route2', 'Mobile IPv6', 'CONFIG_IPV6_MIP6', 'mip6'],
    ['esp', 'ESP', 'CONFIG_INET6_ESP, CONFIG_INET_ESP', 'esp6 or esp4'],
    ['ah', 'AH', 'CONFIG_INET6_AH, CONFIG_INET_AH', 'ah6 or ah4'],
    ['comp', 'IPComp', 'CONFIG_INET6_IPCOMP, CONFIG_INET_IPCOMP', 'ipcomp6 or ipcomp'],
  ];

const BY_PROTOCOL: ReadonlyMap<XfrmProtocol, Ways> = new Map(
  NEEDED.map(([protocol, what, options, modules]) => {
    const way = `This kernel has no ${what} (${options}): load ${modules}, or use one that has it.`;
    return [protocol, { ...OF_STATES, EPROTONOSUPPORT: way }];
  }),
);

const ofState = (protocol: XfrmProtocol): Ways => BY_PROTOCOL.get(protocol) ?? OF_STATES;

const ROWS: { readonly [K in XfrmRequestKind]: Row<XfrmMessageOf<K>> } = {
  newPolicy: {
    operation: 'policy',
    doing: ({ policy }) => `add policy ${summarizePolicy(policy)}`,
    ways: () => OF_POLICIES,
  },
  updatePolicy: {
    operation: 'policy',
    doing: ({ policy }) => `update policy ${summarizePolicy(policy)}`,
    ways: () => OF_POLICIES,
  },
  deletePolicy: {
    operation: 'policy',
    doing: ({ id }) => `remove policy ${summarizePolicy(id)}`,
    ways: () => OF_POLICIES,
  },
  getPolicy: {
    operation: 'policy',
    doing: ({ id }) => `tell policy ${summarizePolicy(id)}`,
    ways: () => OF_POLICIES,
  },
  flushPolicies: {
    operation: 'policy',
    doing: ({ ptype }) => `remove all policies of type ${ptype}`,
  },
  newState: {
    operation: 'state',
    doing: ({ state }) => `add state ${summarizeState(state)}`,
    ways: ({ state }) => ofState(state.protocol),
  },
  updateState: {
    operation: 'state',
    doing: ({ state }) => `update state ${summarizeState(state)}`,
    ways: ({ state }) => ofState(state.protocol),
  },
  deleteState: {
    operation: 'state',
    doing: ({ id }) => `remove state ${summarizeState(id)}`,
    ways: () => OF_STATES,
  },
  getState: {
    operation: 'state',
    doing: ({ id }) => `tell state ${summarizeState(id)}`,
    ways: () => OF_STATES,
  },
  flushStates: {
    operation: 'state',
    doing: ({ protocol }) => `remove all states${protocol === 0 ? '' : ` of ${protocol}`}`,
  },
  allocateSpi: {
    operation: 'state',
    doing: ({ request }) => `reserve an SPI for ${summarizeState({ ...request, spi: 0 })}`,
  },
  migrate: {
    operation: 'migration',
    doing: ({ migration }) => `migrate policy ${summarizePolicy(migration)}`,
    ways: () => OF_MIGRATION,
  },
  getSadInfo: { operation: 'count', doing: () => 'count the states' },
  getSpdInfo: { operation: 'count', doing: () => 'count the policies' },
};
