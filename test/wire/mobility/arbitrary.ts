/** Any value of every message and option: one row per kind, which the compiler asks for. */
import fc from 'fast-check';
import { ipv4FromOctets, ipv6FromOctets, type Ipv4, type Ipv6 } from '../../../src/base/address.js';
import type { KnownMessage } from '../../../src/wire/mobility/message.js';
import type {
  FlowSubOption,
  KnownOption,
  MobilityOption,
  TrafficSelector,
} from '../../../src/wire/mobility/option.js';
import { optionRow } from '../../../src/wire/mobility/option-table.js';

type Shape<T> = { readonly [K in keyof T]: fc.Arbitrary<T[K]> };

export const octetsOf = (min: number, max = min): fc.Arbitrary<Uint8Array> =>
  fc.uint8Array({ minLength: min, maxLength: max });
export const u = (bits: number): fc.Arbitrary<number> => fc.integer({ min: 0, max: 2 ** bits - 1 });
const units = u(16).map((n) => 4 * n);
export const anyIpv6: fc.Arbitrary<Ipv6> = fc.oneof(
  octetsOf(16).map((o) => ipv6FromOctets(o)),
  fc.constantFrom('::', '::1', 'fe80::1', '2001:db8::', '::ffff:192.0.2.1') as fc.Arbitrary<Ipv6>,
);
export const anyIpv4: fc.Arbitrary<Ipv4> = octetsOf(4).map((o) => ipv4FromOctets(o));

/** A record of `kind`, now and then with `bits` reserved bits set. */
function record<K extends string, T extends object>(kind: K, shape: Shape<T>, bits = 0) {
  const plain = fc.record(shape) as fc.Arbitrary<T>;
  const any = bits === 0 ? fc.constant(0) : fc.oneof(fc.constant(0), u(bits));
  return fc
    .tuple(plain, any)
    .map(([fields, reserved]) => ({ kind, ...fields, ...(reserved === 0 ? {} : { reserved }) }));
}

const opaque = <K extends string>(kind: K) => record(kind, { data: octetsOf(0, 24) });

/** Each field there or not: the selector's flags say which. */
const fields = <T extends object>(shape: Shape<T>) =>
  fc.record(shape, { requiredKeys: [] }) as fc.Arbitrary<Partial<T>>;
const range = <K extends string, T>(name: K, value: fc.Arbitrary<T>) =>
  ({ [`${name}Start`]: value, [`${name}End`]: value }) as Record<
    `${K}Start` | `${K}End`,
    typeof value
  >;
const reserved = (bits: number) =>
  fc.oneof(
    fc.constant({}),
    u(bits)
      .filter((n) => n > 0)
      .map((n) => ({ reserved: n })),
  );
const ports = {
  ...range('spi', u(32)),
  ...range('sourcePort', u(16)),
  ...range('destinationPort', u(16)),
};
const selector: fc.Arbitrary<TrafficSelector> = fc.oneof(
  fc
    .tuple(
      fields({
        ...range('source', anyIpv4),
        ...range('destination', anyIpv4),
        ...ports,
        ...range('ds', u(8)),
        ...range('protocol', u(8)),
      }),
      reserved(18),
    )
    .map(([some, rest]) => ({ format: 'ipv4' as const, ...some, ...rest })),
  fc
    .tuple(
      fields({
        ...range('source', anyIpv6),
        ...range('destination', anyIpv6),
        ...ports,
        ...range('flowLabel', u(32)),
        ...range('trafficClass', u(8)),
        ...range('nextHeader', u(8)),
      }),
      reserved(16),
    )
    .map(([some, rest]) => ({ format: 'ipv6' as const, ...some, ...rest })),
  record('other', { type: fc.integer({ min: 3, max: 255 }), data: octetsOf(0, 12) }).map(
    ({ type, data }) => ({ format: 'other' as const, type, data }),
  ),
);
const subOptions: fc.Arbitrary<FlowSubOption[]> = fc.array(
  fc.oneof(
    fc.constant({ kind: 'pad1' as const }),
    record('padN', { data: octetsOf(0, 6) }),
    record('bindingReference', { bindingIds: fc.array(u(16), { maxLength: 4 }) }),
    record('trafficSelector', { selector }, 8),
    record('flowAction', { action: u(8) }, 8),
    record('targetCareOf', { address: fc.oneof(anyIpv4, anyIpv6) }, 16),
    record('unknown', { type: fc.integer({ min: 6, max: 255 }), data: octetsOf(0, 8) }),
  ),
  { maxLength: 2 },
);

type OptionArbitraries = {
  readonly [K in KnownOption['kind']]: fc.Arbitrary<Extract<KnownOption, { kind: K }>>;
};

export const OPTIONS: OptionArbitraries = {
  pad1: fc.constant({ kind: 'pad1' }),
  padN: record('padN', { data: octetsOf(0, 40) }),
  bindingRefreshAdvice: record('bindingRefreshAdvice', { interval: units }),
  alternateCareOf: record('alternateCareOf', { address: anyIpv6 }),
  nonceIndices: record('nonceIndices', { home: u(16), careOf: u(16) }),
  bindingAuthorization: record('bindingAuthorization', { authenticator: octetsOf(0, 64) }),
  mobileNetworkPrefix: record('mobileNetworkPrefix', { prefixLength: u(8), prefix: anyIpv6 }, 8),
  ipv4HomeAddress: record(
    'ipv4HomeAddress',
    { prefixLength: u(6), prefixRequested: fc.boolean(), address: anyIpv4 },
    9,
  ),
  ipv4CareOf: record('ipv4CareOf', { address: anyIpv4 }, 16),
  ipv4AddressAck: record(
    'ipv4AddressAck',
    { status: u(8), prefixLength: u(6), address: anyIpv4 },
    2,
  ),
  natDetection: record('natDetection', { forceUdp: fc.boolean(), refresh: u(32) }, 15),
  linkLayerAddress: record('linkLayerAddress', { code: u(8), address: octetsOf(0, 16) }),
  mobileNodeIdentifier: record('mobileNodeIdentifier', {
    subtype: u(8),
    identifier: octetsOf(0, 40),
  }),
  authentication: record('authentication', { subtype: u(8), spi: u(32), data: octetsOf(0, 32) }),
  messageIdentifier: record('messageIdentifier', { seconds: u(32), fraction: u(32) }),
  cgaParametersRequest: fc.constant({ kind: 'cgaParametersRequest' }),
  cgaParameters: record('cgaParameters', { parameters: octetsOf(0, 255) }),
  signature: record('signature', { signature: octetsOf(0, 255) }),
  permanentHomeToken: record('permanentHomeToken', { token: octetsOf(0, 64) }),
  careOfTestInitOption: fc.constant({ kind: 'careOfTestInitOption' }),
  careOfTestOption: record('careOfTestOption', { token: octetsOf(8) }),
  dnsUpdate: record('dnsUpdate', { status: u(8), remove: fc.boolean(), name: octetsOf(0, 40) }, 7),
  experimental: record('experimental', { data: octetsOf(0, 40) }),
  vendorSpecific: record('vendorSpecific', { vendor: u(32), subtype: u(8), data: octetsOf(0, 40) }),
  serviceSelection: record('serviceSelection', { identifier: octetsOf(1, 40) }),
  fastBindingAuthorization: record('fastBindingAuthorization', {
    spi: u(32),
    authenticator: octetsOf(0, 32),
  }),
  ipv6AddressPrefix: record('ipv6AddressPrefix', {
    code: u(8),
    prefixLength: u(8),
    address: anyIpv6,
  }),
  homeNetworkPrefix: record('homeNetworkPrefix', { prefixLength: u(8), prefix: anyIpv6 }, 8),
  handoffIndicator: record('handoffIndicator', { indicator: u(8) }, 8),
  accessTechnology: record('accessTechnology', { technology: u(8) }, 8),
  linkLayerIdentifier: record('linkLayerIdentifier', { identifier: octetsOf(0, 16) }, 16),
  linkLocalAddress: record('linkLocalAddress', { address: anyIpv6 }),
  timestamp: record('timestamp', { seconds: u(48), fraction: u(16) }),
  restartCounter: record('restartCounter', { counter: u(32) }),
  greKey: record('greKey', { key: fc.option(u(32)) }, 16),
  bindingIdentifier: record('bindingIdentifier', {
    bindingId: u(16),
    status: u(8),
    simultaneousHome: fc.boolean(),
    priority: u(7),
    careOf: fc.oneof(fc.constant(null), anyIpv4, anyIpv6),
  }),
  ipv4HomeAddressRequest: record(
    'ipv4HomeAddressRequest',
    { prefixLength: u(6), address: anyIpv4 },
    10,
  ),
  ipv4HomeAddressReply: record(
    'ipv4HomeAddressReply',
    { status: u(8), prefixLength: u(6), address: anyIpv4 },
    2,
  ),
  ipv4DefaultRouter: record('ipv4DefaultRouter', { address: anyIpv4 }, 16),
  ipv4DhcpMode: record('ipv4DhcpMode', { server: fc.boolean() }, 15),
  flowSummary: record('flowSummary', { flows: fc.array(u(16), { minLength: 1, maxLength: 8 }) }),
  flowIdentification: record(
    'flowIdentification',
    { flow: u(16), priority: u(16), status: u(8), subOptions },
    8,
  ),
  redirectCapability: reserved(16).map((bits) => ({ kind: 'redirectCapability', ...bits })),
  redirect: record('redirect', { address: fc.oneof(anyIpv4, anyIpv6) }, 14),
  loadInformation: record('loadInformation', {
    priority: u(16),
    sessions: u(32),
    maxSessions: u(32),
    capacity: u(32),
    maxCapacity: u(32),
  }),
  alternateIpv4CareOf: record('alternateIpv4CareOf', { address: anyIpv4 }),
  nodeGroupIdentifier: record('nodeGroupIdentifier', { subtype: u(8), group: u(32) }, 8),
  gatewayAddress: record('gatewayAddress', { addressLength: u(8), address: anyIpv6 }, 8),
  activeMulticast4: record('activeMulticast4', { protocol: u(8), context: octetsOf(0, 24) }),
  activeMulticast6: record('activeMulticast6', { protocol: u(8), context: octetsOf(0, 40) }),
  contextRequest: opaque('contextRequest'),
  anchorAddress: opaque('anchorAddress'),
  linkLocalIdentifier: opaque('linkLocalIdentifier'),
  transientBinding: opaque('transientBinding'),
  accessNetworkIdentifier: opaque('accessNetworkIdentifier'),
  ipv4TrafficOffload: opaque('ipv4TrafficOffload'),
  dynamicMulticastSelector: opaque('dynamicMulticastSelector'),
  delegatedPrefix: record('delegatedPrefix', { data: fc.oneof(octetsOf(6), octetsOf(18)) }),
  qualityOfService: opaque('qualityOfService'),
  anchorUserPlane: opaque('anchorUserPlane'),
  multicastMobility: opaque('multicastMobility'),
  multicastAck: opaque('multicastAck'),
  gatewayParameters: opaque('gatewayParameters'),
  multipathBinding: opaque('multipathBinding'),
  gatewayIdentifier: opaque('gatewayIdentifier'),
  anchoredPrefix: opaque('anchoredPrefix'),
  localPrefix: opaque('localPrefix'),
  previousMaar: opaque('previousMaar'),
  servingMaar: opaque('servingMaar'),
  dlifLinkLocalAddress: opaque('dlifLinkLocalAddress'),
  dlifLinkLayerAddress: opaque('dlifLinkLayerAddress'),
};

const unknownOption = record('unknown', {
  type: u(8).filter((type) => optionRow(type) === undefined),
  data: octetsOf(0, 40),
});

/** Without padding. */
export const anyOption: fc.Arbitrary<MobilityOption> = fc.oneof(
  unknownOption,
  ...Object.entries(OPTIONS)
    .filter(([kind]) => kind !== 'pad1' && kind !== 'padN')
    .map(([, arbitrary]) => arbitrary as fc.Arbitrary<MobilityOption>),
);
export const anyPadding: fc.Arbitrary<MobilityOption> = fc.oneof(OPTIONS.pad1, OPTIONS.padN);

const options = fc.array(anyOption, { maxLength: 6 });
const cookie = octetsOf(8);

type MessageArbitraries = {
  readonly [K in KnownMessage['kind']]: fc.Arbitrary<Extract<KnownMessage, { kind: K }>>;
};

export const MESSAGES: MessageArbitraries = {
  bindingRefreshRequest: record('bindingRefreshRequest', { options }, 16),
  homeTestInit: record('homeTestInit', { cookie, options }, 16),
  careOfTestInit: record('careOfTestInit', { cookie, options }, 16),
  homeTest: record('homeTest', { nonceIndex: u(16), cookie, token: cookie, options }),
  careOfTest: record('careOfTest', { nonceIndex: u(16), cookie, token: cookie, options }),
  bindingUpdate: record('bindingUpdate', {
    sequence: u(16),
    flags: u(16),
    lifetime: units,
    options,
  }),
  bindingAck: record('bindingAck', {
    status: u(8),
    flags: u(8),
    sequence: u(16),
    lifetime: units,
    options,
  }),
  bindingError: record('bindingError', { status: u(8), homeAddress: anyIpv6, options }, 8),
  fastBindingUpdate: record('fastBindingUpdate', {
    sequence: u(16),
    flags: u(16),
    lifetime: u(16),
    options,
  }),
  fastBindingAck: record('fastBindingAck', {
    status: u(8),
    flags: u(8),
    sequence: u(16),
    lifetime: u(16),
    options,
  }),
  fastNeighborAdvertisement: record('fastNeighborAdvertisement', { options }, 16),
  experimental: record('experimental', {
    data: fc.integer({ min: 0, max: 8 }).chain((n) => octetsOf(8 * n + 2)),
    options: fc.constant([]),
  }),
  homeAgentSwitch: record(
    'homeAgentSwitch',
    { addresses: fc.array(anyIpv6, { maxLength: 5 }), options },
    8,
  ),
  heartbeat: record('heartbeat', { flags: u(16), sequence: u(32), options }),
  handoverInitiate: record('handoverInitiate', {
    sequence: u(16),
    flags: u(8),
    code: u(8),
    options,
  }),
  handoverAck: record('handoverAck', { sequence: u(16), code: u(8), options }, 8),
  bindingRevocation: record('bindingRevocation', {
    revocationType: u(8),
    code: u(8),
    sequence: u(16),
    flags: u(16),
    options,
  }),
  localizedRoutingInitiation: record(
    'localizedRoutingInitiation',
    { sequence: u(16), lifetime: u(16), options },
    16,
  ),
  localizedRoutingAck: record('localizedRoutingAck', {
    sequence: u(16),
    flags: u(8),
    status: u(8),
    lifetime: u(16),
    options,
  }),
  updateNotification: record('updateNotification', {
    sequence: u(16),
    reason: u(16),
    flags: u(16),
    options,
  }),
  updateNotificationAck: record(
    'updateNotificationAck',
    { sequence: u(16), status: u(8), options },
    24,
  ),
  flowBinding: record('flowBinding', {
    flowBindingType: u(16),
    sequence: u(16),
    code: u(8),
    flags: u(8),
    options,
  }),
  subscriptionQuery: record('subscriptionQuery', { sequence: u(8), options }, 8),
  subscriptionResponse: record('subscriptionResponse', { sequence: u(8), flags: u(8), options }),
};

export const anyMessage: fc.Arbitrary<KnownMessage> = fc.oneof(
  ...Object.values(MESSAGES).map((arbitrary) => arbitrary as fc.Arbitrary<KnownMessage>),
);
