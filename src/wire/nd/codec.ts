/**
 * Neighbour Discovery bodies (what follows the ICMPv6 checksum) and options, one row per option.
 *
 * Spec: RFC 4861 §4; RFC 6275 §7.1-§7.4; RFC 4191 §2.2; RFC 3963 §7.1. Validation (RFC 4861 §6.1, §7.1) is in
 * `core/ingress.ts`: this codec is lenient, save for option lengths of zero.
 */
import { macFromOctets, macOctets } from '../../base/address.js';
import { ByteReader, type ByteWriter } from '../../base/bytes.js';
import { WireError } from '../../base/error.js';
import { ICMPV6 } from '../protocol.js';
import type { NdMessage, NdOption } from './message.js';

/** The message of an ND type, or undefined for another type. Reads `r` to its end. Throws `WireError`. */
export function decodeNd(type: number, r: ByteReader): NdMessage | undefined {
  switch (type) {
    case ICMPV6.routerSolicitation:
      r.skip(4);
      return { kind: 'routerSolicitation', options: decodeNdOptions(r) };
    case ICMPV6.routerAdvertisement:
      return decodeRouterAdvertisement(r);
    case ICMPV6.neighborSolicitation: {
      r.skip(4);
      const target = r.ipv6();
      return { kind: 'neighborSolicitation', target, options: decodeNdOptions(r) };
    }
    case ICMPV6.neighborAdvertisement: {
      const flags = r.u8();
      r.skip(3);
      const target = r.ipv6();
      return {
        kind: 'neighborAdvertisement',
        router: (flags & NA_ROUTER) !== 0,
        solicited: (flags & NA_SOLICITED) !== 0,
        override: (flags & NA_OVERRIDE) !== 0,
        target,
        options: decodeNdOptions(r),
      };
    }
    default:
      return undefined;
  }
}

/** Writes the body after the checksum. */
export function encodeNd(w: ByteWriter, message: NdMessage): void {
  switch (message.kind) {
    case 'routerSolicitation':
      w.u32(0);
      break;
    case 'routerAdvertisement':
      w.u8(message.hopLimit)
        .u8(
          (message.managed ? RA_MANAGED : 0) |
            (message.otherConfig ? RA_OTHER : 0) |
            (message.homeAgent ? RA_HOME_AGENT : 0) |
            ((message.preference & 3) << 3),
        )
        .u16(message.routerLifetime)
        .u32(message.reachableTime)
        .u32(message.retransTimer);
      break;
    case 'neighborSolicitation':
      w.u32(0).ipv6(message.target);
      break;
    case 'neighborAdvertisement':
      w.u8(
        (message.router ? NA_ROUTER : 0) |
          (message.solicited ? NA_SOLICITED : 0) |
          (message.override ? NA_OVERRIDE : 0),
      )
        .zeros(3)
        .ipv6(message.target);
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
    const known = row?.units === units ? row.decode(new ByteReader(body, at + 2)) : undefined;
    options.push(known ?? { kind: 'unknown', type, data: body.slice() });
  }
  return options;
}

export function encodeNdOptions(w: ByteWriter, options: readonly NdOption[]): void {
  for (const option of options) {
    if (option.kind === 'unknown') {
      const units = Math.max(1, Math.ceil((option.data.length + 2) / 8));
      w.u8(option.type).u8(units).octets(option.data);
      w.zeros(units * 8 - 2 - option.data.length);
      continue;
    }
    const row: Row = ND_OPTIONS[option.kind] as Row;
    row.encode(w.u8(row.type).u8(row.units), option);
  }
}

function decodeRouterAdvertisement(r: ByteReader): NdMessage {
  const hopLimit = r.u8();
  const flags = r.u8();
  return {
    kind: 'routerAdvertisement',
    hopLimit,
    managed: (flags & RA_MANAGED) !== 0,
    otherConfig: (flags & RA_OTHER) !== 0,
    homeAgent: (flags & RA_HOME_AGENT) !== 0,
    preference: PREFERENCES[(flags >>> 3) & 3]!,
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
  /** length field, in units of 8 octets, type and length included */
  readonly units: number;
  readonly clause: string;
  /** Undefined when a value is not one that the clause knows. */
  decode(body: ByteReader): O | undefined;
  encode(w: ByteWriter, option: O): void;
}

const PREFIX_ON_LINK = 0x80;
const PREFIX_AUTONOMOUS = 0x40;
const PREFIX_ROUTER = 0x20;
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
      b.skip(4);
      return {
        kind: 'prefixInformation',
        prefixLength,
        onLink: (flags & PREFIX_ON_LINK) !== 0,
        autonomous: (flags & PREFIX_AUTONOMOUS) !== 0,
        routerAddress: (flags & PREFIX_ROUTER) !== 0,
        validLifetime,
        preferredLifetime,
        prefix: b.ipv6(),
      };
    },
    encode: (w, o) =>
      void w
        .u8(o.prefixLength)
        .u8(
          (o.onLink ? PREFIX_ON_LINK : 0) |
            (o.autonomous ? PREFIX_AUTONOMOUS : 0) |
            (o.routerAddress ? PREFIX_ROUTER : 0),
        )
        .u32(o.validLifetime)
        .u32(o.preferredLifetime)
        .u32(0)
        .ipv6(o.prefix),
  },
  mtu: {
    type: 5,
    name: 'MTU',
    units: 1,
    clause: 'RFC 4861 §4.6.4',
    decode: (b) => {
      b.skip(2);
      return { kind: 'mtu', mtu: b.u32() };
    },
    encode: (w, o) => void w.u16(0).u32(o.mtu),
  },
  advertisementInterval: {
    type: 7,
    name: 'Advertisement Interval',
    units: 1,
    clause: 'RFC 6275 §7.3',
    decode: (b) => {
      b.skip(2);
      return { kind: 'advertisementInterval', interval: b.u32() };
    },
    encode: (w, o) => void w.u16(0).u32(o.interval),
  },
  // | R reserved 15 | preference 16 | lifetime 16 |
  homeAgentInformation: {
    type: 8,
    name: 'Home Agent Information',
    units: 1,
    clause: 'RFC 6275 §7.4, RFC 3963 §7.1',
    decode: (b) => ({
      kind: 'homeAgentInformation',
      mobileRouter: (b.u16() & HOME_AGENT_ROUTER) !== 0,
      preference: b.u16(),
      lifetime: b.u16(),
    }),
    encode: (w, o) =>
      void w
        .u16(o.mobileRouter ? HOME_AGENT_ROUTER : 0)
        .u16(o.preference)
        .u16(o.lifetime),
  },
};

const ROW_BY_TYPE = new Map<number, Row>(
  Object.values(ND_OPTIONS).map((row) => [row.type, row as unknown as Row]),
);

const RA_MANAGED = 0x80;
const RA_OTHER = 0x40;
const RA_HOME_AGENT = 0x20;
const NA_ROUTER = 0x80;
const NA_SOLICITED = 0x40;
const NA_OVERRIDE = 0x20;
/** RFC 4191 §2.2: 01 high, 11 low, and the reserved 10 reads as medium. */
const PREFERENCES: readonly (-1 | 0 | 1)[] = [0, 1, 0, -1];
