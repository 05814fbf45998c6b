/** Any value of every message and option: one row per kind, which the compiler asks for. */
import fc from 'fast-check';
import { ipv4FromOctets, ipv6FromOctets, type Ipv4, type Ipv6 } from '../../../src/base/address.js';
import type { KnownMessage } from '../../../src/wire/mobility/message.js';
import type { KnownOption, MobilityOption } from '../../../src/wire/mobility/option.js';
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

type OptionArbitraries = {
  readonly [K in KnownOption['kind']]: fc.Arbitrary<Extract<KnownOption, { kind: K }>>;
};

export const OPTIONS: OptionArbitraries = {
  pad1: record('pad1', {}),
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
};

export const anyMessage: fc.Arbitrary<KnownMessage> = fc.oneof(
  ...Object.values(MESSAGES).map((arbitrary) => arbitrary as fc.Arbitrary<KnownMessage>),
);
