/** Any XFRM message that can be written. Keys are left out: they are not read back. */
import fc from 'fast-check';
import {
  ipv4FromOctets,
  ipv6FromOctets,
  type IpAddress,
  type Prefix,
} from '../../src/base/address.js';
import type {
  XfrmMessage,
  XfrmMessageKind,
  XfrmMessageOf,
} from '../../src/linux/netlink/xfrm/message.js';
import type {
  XfrmAcquire,
  XfrmAlgorithm,
  XfrmDirection,
  XfrmEncapsulation,
  XfrmExtraFlag,
  XfrmLimits,
  XfrmMigration,
  XfrmMode,
  XfrmPolicy,
  XfrmPolicyFlag,
  XfrmPolicyId,
  XfrmProtocol,
  XfrmReport,
  XfrmSelector,
  XfrmShare,
  XfrmSpdInfo,
  XfrmSpiRequest,
  XfrmState,
  XfrmStateFlag,
  XfrmStateId,
  XfrmTemplate,
} from '../../src/linux/netlink/xfrm/model.js';

const u8 = fc.nat(0xff);
const u16 = fc.nat(0xffff);
const u32 = fc.nat(0xffffffff);
const positive = fc.integer({ min: 1, max: 0xffffffff });
const u64 = fc.nat(Number.MAX_SAFE_INTEGER);

const octets = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const address = (six: boolean): fc.Arbitrary<IpAddress> =>
  fc.oneof(
    six ? octets(16).map((o) => ipv6FromOctets(o)) : octets(4).map((o) => ipv4FromOctets(o)),
    fc.constant((six ? '::' : '0.0.0.0') as IpAddress),
  );
const network = (six: boolean): fc.Arbitrary<Prefix> =>
  fc.record({ address: address(six), length: fc.nat(six ? 128 : 32) });

const protocol = fc.constantFrom<XfrmProtocol>('esp', 'ah', 'comp', 'hao', 'route2', 99);
const mode = fc.constantFrom<XfrmMode>('transport', 'tunnel', 'ro', 'in_trigger', 'beet', 5);
const direction = fc.constantFrom<XfrmDirection>(
  'in',
  'out',
  'fwd',
  'socket in',
  'socket out',
  'socket fwd',
);
const ptype = fc.constantFrom('main' as const, 'sub' as const);
const mark = fc.record({ value: u32, mask: u32 });
const port = fc.record({ value: u16, mask: fc.integer({ min: 1, max: 0xffff }) });
const masks = fc.record({ authentication: u32, encryption: u32, compression: u32 });
const share = fc.constantFrom<XfrmShare>('session', 'user', 'unique', 9);
const securityContext = fc.uint8Array({ minLength: 1, maxLength: 40 });

/** Members that are undefined are absent. */
const sparse = <T extends object>(model: {
  [K in keyof Required<T>]: fc.Arbitrary<Required<T>[K]>;
}): fc.Arbitrary<Partial<T>> => fc.record(model, { requiredKeys: [] }) as never;

const PORTS = [6, 17, 47, 0] as const;
const TYPES = [1, 58, 135] as const;
const selector = (six: boolean): fc.Arbitrary<XfrmSelector> => {
  const base = { source: network(six), destination: network(six) };
  const scope = { link: fc.integer({ min: 1, max: 0x7fffffff }), user: positive };
  const required = { requiredKeys: ['source', 'destination', 'protocol'] as never[] };
  const ports = { sourcePort: port, destinationPort: port };
  return fc.oneof(
    fc.record({ ...base, ...scope, ...ports, protocol: fc.constantFrom(...PORTS) }, required),
    fc.record(
      { ...base, ...scope, type: u8, code: u8, protocol: fc.constantFrom(...TYPES) },
      required,
    ),
  ) as fc.Arbitrary<XfrmSelector>;
};

const template: fc.Arbitrary<XfrmTemplate> = fc.boolean().chain((six) =>
  fc.record(
    {
      protocol,
      mode,
      source: address(six),
      destination: address(six),
      spi: u32,
      reqid: u32,
      level: fc.constantFrom('required' as const, 'use' as const),
      share,
      algorithms: masks,
    },
    { requiredKeys: ['protocol', 'mode', 'source', 'destination', 'spi', 'reqid', 'level'] },
  ),
);

const limits = sparse<XfrmLimits>({
  softBytes: u64,
  hardBytes: u64,
  softPackets: u64,
  hardPackets: u64,
  softAddSeconds: positive,
  hardAddSeconds: positive,
  softUseSeconds: positive,
  hardUseSeconds: positive,
}).filter((l) => Object.keys(l).length > 0);

const usage = fc.record({ bytes: u64, packets: u64, addTime: u64, useTime: u64 });

const flagsOf = <F>(...all: F[]): fc.Arbitrary<F[]> => fc.subarray(all);

const policy: fc.Arbitrary<XfrmPolicy> = fc.boolean().chain(
  (six) =>
    fc.record(
      {
        selector: selector(six),
        direction,
        ptype,
        action: fc.constantFrom('allow' as const, 'block' as const),
        priority: u32,
        templates: fc.array(template, { maxLength: 6 }),
        index: positive,
        flags: flagsOf<XfrmPolicyFlag>('localok', 'icmp', 4).filter((f) => f.length > 0),
        share,
        mark,
        ifId: u32,
        limits,
        securityContext,
        usage,
      },
      {
        requiredKeys: [
          ...(['selector', 'direction', 'ptype', 'action'] as const),
          ...(['priority', 'templates', 'usage'] as const),
        ],
      },
    ) as fc.Arbitrary<XfrmPolicy>,
);

const policyId: fc.Arbitrary<XfrmPolicyId> = fc.boolean().chain(
  (six) =>
    fc.record(
      {
        direction,
        ptype,
        selector: selector(six),
        index: positive,
        mark,
        ifId: u32,
        securityContext,
      },
      { requiredKeys: ['direction', 'ptype'] },
    ) as fc.Arbitrary<XfrmPolicyId>,
);

const algorithm: fc.Arbitrary<XfrmAlgorithm> = fc.record({
  name: fc.stringMatching(/^[a-z0-9()-]{1,63}$/),
  keyBits: fc.nat(64).map((n) => n * 8),
});

const encapsulation = (six: boolean): fc.Arbitrary<XfrmEncapsulation> =>
  fc.record({
    type: fc.constantFrom<XfrmEncapsulation['type']>('espinudp-nonike', 'espinudp', 'espintcp', 3),
    sourcePort: u16,
    destinationPort: u16,
    originalAddress: address(six),
  });

const state: fc.Arbitrary<XfrmState> = fc.boolean().chain(
  (six) =>
    fc.record(
      {
        source: address(six),
        destination: address(six),
        protocol,
        mode,
        spi: u32,
        reqid: u32,
        selector: fc.boolean().chain(selector),
        careOf: address(six),
        flags: flagsOf<XfrmStateFlag>(
          'noecn',
          'decap-dscp',
          'nopmtudisc',
          'wildrecv',
          'icmp',
          'af-unspec',
          'align4',
          'esn',
        ),
        extraFlags: flagsOf<XfrmExtraFlag>('dont-encap-dscp', 'oseq-may-wrap', 0xf0).filter(
          (f) => f.length > 0,
        ),
        replayWindow: u8,
        encapsulation: encapsulation(six),
        aead: fc.tuple(algorithm, u16).map(([a, icvBits]) => ({ ...a, icvBits })),
        authentication: fc
          .tuple(algorithm, fc.option(u16, { nil: undefined }))
          .map(([a, t]) => (t === undefined ? a : { ...a, truncationBits: t })),
        encryption: algorithm,
        compression: algorithm,
        mark,
        outputMark: mark,
        ifId: u32,
        trafficPadding: u32,
        limits,
        replay: fc.record({ outbound: u32, inbound: u32, bitmap: u32 }),
        extendedReplay: fc.record({
          window: u32,
          outbound: u32,
          outboundHigh: u32,
          inbound: u32,
          inboundHigh: u32,
          bitmap: fc.array(u32, { maxLength: 128 }),
        }),
        offload: fc.record({ link: u32, flags: u8 }),
        securityContext,
        mappingSeconds: u32,
        direction: fc.constantFrom('in' as const, 'out' as const),
        sequence: positive,
        usage,
        statistics: fc.record({ replayWindow: u32, replay: u32, integrityFailed: u32 }),
        lastUsed: u64,
      },
      {
        requiredKeys: [
          ...(['source', 'destination', 'protocol', 'mode', 'spi', 'reqid'] as const),
          ...(['flags', 'replayWindow', 'usage', 'statistics'] as const),
        ],
      },
    ) as fc.Arbitrary<XfrmState>,
);

const stateId: fc.Arbitrary<XfrmStateId> = fc
  .boolean()
  .chain(
    (six) =>
      fc.record(
        { source: address(six), destination: address(six), protocol, spi: u32, mark },
        { requiredKeys: ['destination', 'protocol', 'spi'] },
      ) as fc.Arbitrary<XfrmStateId>,
  );

const move = fc
  .tuple(fc.boolean(), fc.boolean())
  .chain(([from, to]) => fc.record({ protocol, mode, reqid: u32, from: ends(from), to: ends(to) }));

const ends = (six: boolean) => fc.record({ source: address(six), destination: address(six) });

const migration: fc.Arbitrary<XfrmMigration> = fc
  .tuple(fc.boolean(), fc.boolean())
  .chain(([six, outer]) =>
    fc.record(
      {
        selector: selector(six),
        direction,
        ptype,
        moves: fc.array(move, { minLength: 1, maxLength: 6 }),
        keyManagement: fc.record({ local: address(outer), remote: address(outer) }),
        encapsulation: encapsulation(six),
        ifId: u32,
      },
      { requiredKeys: ['selector', 'direction', 'ptype', 'moves'] },
    ),
  ) as fc.Arbitrary<XfrmMigration>;

const counts = fc.record({ in: u32, out: u32, fwd: u32 });
const buckets = fc.record({ now: u32, max: u32 });
const thresholds = fc.record({ local: u8, remote: u8 });

const spdInfo = fc.record(
  {
    policies: counts,
    socketPolicies: counts,
    buckets,
    thresholds4: thresholds,
    thresholds6: thresholds,
  },
  { requiredKeys: ['policies', 'socketPolicies', 'buckets'] },
) as fc.Arbitrary<XfrmSpdInfo>;

/** Its addresses are of the template's family where one has its protocol, or else of the selector's. */
const acquire = fc.tuple(policy, protocol).chain(([policy, protocol]) => {
  const found = policy.templates.find((t) => t.protocol === protocol);
  const six = (found?.destination ?? policy.selector.destination.address).includes(':');
  return fc.record(
    {
      id: fc.record({
        source: address(six),
        destination: address(six),
        protocol: fc.constant(protocol),
        spi: u32,
      }),
      selector: fc.boolean().chain(selector),
      policy: fc.constant(policy),
      algorithms: masks,
      sequence: u32,
    },
    { requiredKeys: ['id', 'policy', 'algorithms', 'sequence'] },
  ) as fc.Arbitrary<XfrmAcquire>;
});

const report = fc
  .boolean()
  .chain((six) =>
    fc.record(
      { protocol, selector: selector(six), careOf: address(true) },
      { requiredKeys: ['protocol', 'selector'] },
    ),
  ) as fc.Arbitrary<XfrmReport>;

const mapping = fc.boolean().chain((six) => {
  const endpoint = fc.record({ address: address(six), port: u16 });
  return fc.record({
    id: fc.record({ destination: address(six), protocol, spi: u32 }),
    reqid: u32,
    from: endpoint,
    to: endpoint,
  });
});

const spiRequest = fc.boolean().chain(
  (six) =>
    fc.record(
      {
        source: address(six),
        destination: address(six),
        protocol,
        mode,
        reqid: u32,
        min: u32,
        max: u32,
        mark,
        ifId: u32,
        sequence: positive,
      },
      {
        requiredKeys: [
          ...(['source', 'destination', 'protocol', 'mode'] as const),
          ...(['reqid', 'min', 'max'] as const),
        ],
      },
    ) as fc.Arbitrary<XfrmSpiRequest>,
);

/** What a notice says of the object stands in its attributes, where the identity's would be. */
const deletedState = state.map((state) => {
  const { destination, protocol, spi, mark } = state;
  return { id: { destination, protocol, spi, ...(mark && { mark }) }, state };
});
const deletedPolicy = policy.map((policy) => {
  const { direction, ptype, selector, mark, ifId, securityContext } = policy;
  const scope = {
    ...(mark && { mark }),
    ...(ifId !== undefined && { ifId }),
    ...(securityContext && { securityContext }),
  };
  return { id: { direction, ptype, selector, ...scope }, policy };
});

const BY_KIND: {
  readonly [K in XfrmMessageKind]: fc.Arbitrary<Omit<XfrmMessageOf<K>, 'kind'>>;
} = {
  newState: fc.record({ state }),
  updateState: fc.record({ state }),
  deleteState: fc.oneof(fc.record({ id: stateId }), deletedState),
  getState: fc.record({ id: stateId }),
  newPolicy: fc.record({ policy }),
  updatePolicy: fc.record({ policy }),
  deletePolicy: fc.oneof(fc.record({ id: policyId }), deletedPolicy),
  getPolicy: fc.record({ id: policyId }),
  allocateSpi: fc.record({ request: spiRequest }),
  acquire: fc.record({ acquire }),
  expire: fc.record({ state, hard: fc.boolean() }),
  policyExpire: fc.record({ policy, hard: fc.boolean() }),
  flushStates: fc.record({ protocol: fc.oneof(protocol, fc.constant(0)) }),
  flushPolicies: fc.record({ ptype }),
  report: fc.record({ report }),
  migrate: fc.record({ migration }),
  sadInfo: fc.record({ info: fc.record({ states: u32, buckets }) }),
  getSadInfo: fc.constant({}),
  spdInfo: fc.record({ info: spdInfo }),
  getSpdInfo: fc.constant({}),
  mapping: fc.record({ mapping }),
};

export const XFRM_KINDS = Object.keys(BY_KIND) as XfrmMessageKind[];

export const xfrmMessageOf = (kind: XfrmMessageKind): fc.Arbitrary<XfrmMessage> =>
  BY_KIND[kind].map((body) => ({ kind, ...body }) as XfrmMessage);
