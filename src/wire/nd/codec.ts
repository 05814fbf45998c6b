/**
 * Neighbour Discovery bodies (what follows the ICMPv6 checksum) and options, one row per option.
 *
 * Spec: RFC 4861 §4; RFC 6275 §7.1-§7.4; RFC 4191 §2.2, §2.3; RFC 3963 §7.1; RFC 8106 §5.1. Validation (RFC 4861 §6.1, §7.1) is in
 * `core/ingress.ts`: this codec is lenient, save for option lengths of zero.
 */
import { macFromOctets, macOctets, type Ipv6 } from '../../base/address.js';
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { UsageError, WireError } from '../../base/error.js';
import { copyOctets, reservedBits } from '../mobility/field.js';
import { ICMPV6 } from '../protocol.js';
import type { NdMessage, NdOption, Redirect } from './message.js';

/** The message of an ND type, or undefined for another type. Reads `r` to its end. Throws `WireError`. */
export function decodeNd(type: number, r: ByteReader): NdMessage | Redirect | undefined {
  switch (type) {
    case ICMPV6.routerSolicitation: {
      const reserved = reservedBits(r.u32());
      return { kind: 'routerSolicitation', ...reserved, options: decodeNdOptions(r) };
    }
    case ICMPV6.routerAdvertisement:
      return decodeRouterAdvertisement(r);
    case ICMPV6.neighborSolicitation: {
      const reserved = reservedBits(r.u32());
      const target = r.ipv6();
      return { kind: 'neighborSolicitation', ...reserved, target, options: decodeNdOptions(r) };
    }
    case ICMPV6.neighborAdvertisement: {
      const flags = r.u32();
      const target = r.ipv6();
      return {
        kind: 'neighborAdvertisement',
        router: (flags & NA_ROUTER) !== 0,
        solicited: (flags & NA_SOLICITED) !== 0,
        override: (flags & NA_OVERRIDE) !== 0,
        ...reservedBits(flags & NA_RESERVED),
        target,
        options: decodeNdOptions(r),
      };
    }
    case ICMPV6.redirect: {
      const reserved = reservedBits(r.u32());
      const target = r.ipv6();
      const destination = r.ipv6();
      return { kind: 'redirect', ...reserved, target, destination, options: decodeNdOptions(r) };
    }
    default:
      return undefined;
  }
}

/** Writes the body after the checksum. */
export function encodeNd(w: ByteWriter, message: NdMessage | Redirect): void {
  const reserved = message.reserved ?? 0;
  switch (message.kind) {
    case 'routerSolicitation':
      w.u32(reserved);
      break;
    case 'routerAdvertisement':
      w.u8(message.hopLimit)
        .u8(
          (message.managed ? RA_MANAGED : 0) |
            (message.otherConfig ? RA_OTHER : 0) |
            (message.homeAgent ? RA_HOME_AGENT : 0) |
            ((message.preference & 3) << 3) |
            (reserved & (RA_RESERVED | PREFERENCE_RESERVED)),
        )
        .u16(message.routerLifetime)
        .u32(message.reachableTime)
        .u32(message.retransTimer);
      break;
    case 'neighborSolicitation':
      w.u32(reserved).ipv6(message.target);
      break;
    case 'neighborAdvertisement':
      w.u32(
        ((message.router ? NA_ROUTER : 0) |
          (message.solicited ? NA_SOLICITED : 0) |
          (message.override ? NA_OVERRIDE : 0) |
          (reserved & NA_RESERVED)) >>>
          0,
      ).ipv6(message.target);
      break;
    case 'redirect':
      w.u32(reserved).ipv6(message.target).ipv6(message.destination);
      break;
    default:
      message satisfies never;
  }
  encodeNdOptions(w, message.options);
}

/**
 * A known type whose length or value its clause does not give (a link-layer address that is not Ethernet's,
 * a prefix of 200 bits) stays `unknown` with its octets. Throws `WireError` for a length of zero (RFC 4861 §4.6) and for a cut option.
 */
export function decodeNdOptions(r: ByteReader): NdOption[] {
  const options: NdOption[] = [];
  while (r.remaining > 0) {
    const at = r.offset;
    const type = r.u8();
    const units = r.u8();
    if (units === 0) {
      throw new WireError('WIRE_OPTION_LENGTH', at + 1, 'option of length zero', 'RFC 4861 §4.6');
    }
    const body = r.octets(units * 8 - 2);
    const row = ROW_BY_TYPE.get(type);
    const known =
      row && fits(row, units) ? row.decode(new ByteReader(body, at + 2), units) : undefined;
    options.push(known ?? { kind: 'unknown', type, data: body.slice() });
  }
  return options;
}

/** Throws `UsageError` `OPTION_LENGTH` for more than an option's length can say. */
export function encodeNdOptions(w: ByteWriter, options: readonly NdOption[]): void {
  for (const option of options) {
    if (option.kind === 'unknown') {
      const units = Math.max(1, Math.ceil((option.data.length + 2) / 8));
      w.u8(option.type).u8(units).octets(option.data);
      w.zeros(units * 8 - 2 - option.data.length);
      continue;
    }
    const row = ND_OPTIONS[option.kind] as unknown as Row;
    const start = w.length;
    row.encode(w.u8(row.type).u8(row.units), option);
    if (row.largest === undefined) continue;
    w.zeros(-(w.length - start) & 7);
    const units = (w.length - start) / 8;
    if (!fits(row, units)) throw new UsageError('OPTION_LENGTH', `${row.name} of ${units} units.`);
    w.patch8(start + 1, units);
  }
}

const fits = (row: Row, units: number): boolean =>
  units >= row.units &&
  units <= (row.largest ?? row.units) &&
  (units - row.units) % (row.step ?? 1) === 0;

function decodeRouterAdvertisement(r: ByteReader): NdMessage {
  const hopLimit = r.u8();
  const flags = r.u8();
  const preference = (flags >>> 3) & 3;
  // RFC 4191 §2.2: the reserved value reads as medium.
  const odd = preference === 2 ? PREFERENCE_RESERVED : 0;
  return {
    kind: 'routerAdvertisement',
    hopLimit,
    managed: (flags & RA_MANAGED) !== 0,
    otherConfig: (flags & RA_OTHER) !== 0,
    homeAgent: (flags & RA_HOME_AGENT) !== 0,
    preference: PREFERENCES[preference]!,
    ...reservedBits((flags & RA_RESERVED) | odd),
    routerLifetime: r.u16(),
    reachableTime: r.u32(),
    retransTimer: r.u32(),
    options: decodeNdOptions(r),
  };
}

type Known = Exclude<NdOption, { kind: 'unknown' }>;

interface Row<O = Known> {
  readonly type: number;
  readonly name: string;
  /** length field, in units of 8 octets, type and length included; the least where it varies */
  readonly units: number;
  /** The most, where it varies, in steps of `step` (1 when absent). */
  readonly largest?: number;
  readonly step?: number;
  readonly clause: string;
  /** Undefined when a value is not one that the clause knows. */
  decode(body: ByteReader, units: number): O | undefined;
  encode(w: ByteWriter, option: O): void;
}

const PREFIX_ON_LINK = 0x80;
const PREFIX_AUTONOMOUS = 0x40;
const PREFIX_ROUTER = 0x20;
const PREFIX_RESERVED = 0x1f;
const HOME_AGENT_ROUTER = 0x8000;

/** Neighbour Discovery options that we split, one row each. */
export const ND_OPTIONS: { readonly [K in Known['kind']]: Row<Extract<Known, { kind: K }>> } = {
  sourceLinkLayer: {
    type: 1,
    name: 'Source Link-Layer Address',
    units: 1,
    clause: 'RFC 4861 §4.6.1',
    decode: (b) => ({ kind: 'sourceLinkLayer', address: macFromOctets(b.octets(6)) }),
    encode: (w, o) => void w.octets(macOctets(o.address)),
  },
  targetLinkLayer: {
    type: 2,
    name: 'Target Link-Layer Address',
    units: 1,
    clause: 'RFC 4861 §4.6.1',
    decode: (b) => ({ kind: 'targetLinkLayer', address: macFromOctets(b.octets(6)) }),
    encode: (w, o) => void w.octets(macOctets(o.address)),
  },
  // | prefix length 8 | L A R reserved 5 | valid 32 | preferred 32 | reserved 32 | prefix 128 |
  prefixInformation: {
    type: 3,
    name: 'Prefix Information',
    units: 4,
    clause: 'RFC 4861 §4.6.2, RFC 6275 §7.2',
    decode: (b) => {
      const prefixLength = b.u8();
      if (prefixLength > 128) return undefined;
      const flags = b.u8();
      const validLifetime = b.u32();
      const preferredLifetime = b.u32();
      const reserved2 = b.u32();
      return {
        kind: 'prefixInformation',
        prefixLength,
        onLink: (flags & PREFIX_ON_LINK) !== 0,
        autonomous: (flags & PREFIX_AUTONOMOUS) !== 0,
        routerAddress: (flags & PREFIX_ROUTER) !== 0,
        ...reservedBits(flags & PREFIX_RESERVED),
        validLifetime,
        preferredLifetime,
        ...(reserved2 === 0 ? {} : { reserved2 }),
        prefix: b.ipv6(),
      };
    },
    encode: (w, o) =>
      void w
        .u8(o.prefixLength)
        .u8(
          (o.onLink ? PREFIX_ON_LINK : 0) |
            (o.autonomous ? PREFIX_AUTONOMOUS : 0) |
            (o.routerAddress ? PREFIX_ROUTER : 0) |
            ((o.reserved ?? 0) & PREFIX_RESERVED),
        )
        .u32(o.validLifetime)
        .u32(o.preferredLifetime)
        .u32(o.reserved2 ?? 0)
        .ipv6(o.prefix),
  },
  mtu: {
    type: 5,
    name: 'MTU',
    units: 1,
    clause: 'RFC 4861 §4.6.4',
    decode: (b) => ({ kind: 'mtu', ...reservedBits(b.u16()), mtu: b.u32() }),
    encode: (w, o) => void w.u16(o.reserved ?? 0).u32(o.mtu),
  },
  advertisementInterval: {
    type: 7,
    name: 'Advertisement Interval',
    units: 1,
    clause: 'RFC 6275 §7.3',
    decode: (b) => ({
      kind: 'advertisementInterval',
      ...reservedBits(b.u16()),
      interval: b.u32(),
    }),
    encode: (w, o) => void w.u16(o.reserved ?? 0).u32(o.interval),
  },
  // | R reserved 15 | preference 16 | lifetime 16 |
  homeAgentInformation: {
    type: 8,
    name: 'Home Agent Information',
    units: 1,
    clause: 'RFC 6275 §7.4, RFC 3963 §7.1',
    decode: (b) => {
      const bits = b.u16();
      return {
        kind: 'homeAgentInformation',
        mobileRouter: (bits & HOME_AGENT_ROUTER) !== 0,
        ...reservedBits(bits & ~HOME_AGENT_ROUTER),
        preference: b.u16(),
        lifetime: b.u16(),
      };
    },
    encode: (w, o) =>
      void w
        .u16((o.mobileRouter ? HOME_AGENT_ROUTER : 0) | ((o.reserved ?? 0) & ~HOME_AGENT_ROUTER))
        .u16(o.preference)
        .u16(o.lifetime),
  },
  // | reserved 48 | IP header and data … |
  redirectedHeader: {
    type: 4,
    name: 'Redirected Header',
    units: 1,
    largest: 255,
    clause: 'RFC 4861 §4.6.3',
    decode: (b) => {
      const reserved = reservedBits(b.u16() * 2 ** 32 + b.u32());
      return { kind: 'redirectedHeader', ...reserved, quoted: copyOctets(b, b.remaining) };
    },
    encode: (w, o) =>
      void w
        .u16(Math.floor((o.reserved ?? 0) / 2 ** 32))
        .u32((o.reserved ?? 0) % 2 ** 32)
        .octets(o.quoted),
  },
  // | prefix length 8 | reserved 3 preference 2 reserved 3 | lifetime 32 | prefix 0, 64 or 128 |
  routeInformation: {
    type: 24,
    name: 'Route Information',
    units: 1,
    largest: 3,
    clause: 'RFC 4191 §2.3',
    decode: (b, units) => {
      const prefixLength = b.u8();
      const least = routeUnits(prefixLength);
      const bits = b.u8();
      const preference = (bits >>> 3) & 3;
      // §2.3: the reserved preference has the option ignored.
      if (units < least || prefixLength > 128 || preference === 2) return undefined;
      const lifetime = b.u32();
      const whole = new Uint8Array(16);
      whole.set(b.rest());
      return {
        kind: 'routeInformation',
        prefixLength,
        preference: PREFERENCES[preference]!,
        ...reservedBits(bits & ~PREFERENCE_MASK),
        lifetime,
        prefix: new ByteReader(whole).ipv6(),
        ...(units === least ? {} : { units: units as 2 | 3 }),
      };
    },
    encode: (w, o) => {
      const bits = ((o.preference & 3) << 3) | ((o.reserved ?? 0) & ~PREFERENCE_MASK);
      w.u8(o.prefixLength).u8(bits).u32(o.lifetime);
      const prefix = new ByteWriter(16).ipv6(o.prefix).finish();
      const units = Math.max(o.units ?? 1, routeUnits(o.prefixLength));
      w.octets(prefix.subarray(0, 8 * units - 8));
    },
  },
  // | reserved 16 | lifetime 32 | address 128 | …
  recursiveDns: {
    type: 25,
    name: 'Recursive DNS Server',
    units: 3,
    largest: 255,
    step: 2,
    clause: 'RFC 8106 §5.1',
    decode: (b) => {
      const reserved = reservedBits(b.u16());
      const lifetime = b.u32();
      const addresses: Ipv6[] = [];
      while (b.remaining > 0) addresses.push(b.ipv6());
      return { kind: 'recursiveDns', ...reserved, lifetime, addresses };
    },
    encode: (w, o) => {
      w.u16(o.reserved ?? 0).u32(o.lifetime);
      for (const address of o.addresses) w.ipv6(address);
    },
  },
};

/** RFC 4191 §2.3: as many octets of the prefix as its length needs. */
function routeUnits(prefixLength: number): number {
  return prefixLength === 0 ? 1 : prefixLength <= 64 ? 2 : 3;
}

const ROW_BY_TYPE = new Map<number, Row>(
  Object.values(ND_OPTIONS).map((row) => [row.type, row as unknown as Row]),
);

const RA_MANAGED = 0x80;
const RA_OTHER = 0x40;
const RA_HOME_AGENT = 0x20;
const RA_RESERVED = 0x07;
const NA_ROUTER = 0x80000000;
const NA_SOLICITED = 0x40000000;
const NA_OVERRIDE = 0x20000000;
const NA_RESERVED = 0x1fffffff;
const PREFERENCE_MASK = 0x18;
/** Stands among the reserved bits when a peer sent 10: 00 and this give it again. */
const PREFERENCE_RESERVED = 0x10;
/** RFC 4191 §2.2: 01 high, 11 low, and the reserved 10 reads as medium. */
const PREFERENCES: readonly (-1 | 0 | 1)[] = [0, 1, 0, -1];
