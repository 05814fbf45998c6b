/**
 * ICMPv6 messages, RFC 4443; Neighbour Discovery bodies are in `nd/codec.ts`; the four of Mobile IPv6 are
 * RFC 6275 §6.5-§6.8.
 */
import type { Ipv6 } from '../base/address.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { transportChecksum } from '../base/checksum.js';
import { WireError } from '../base/error.js';
import { decodeNd, decodeNdOptions, encodeNd, encodeNdOptions } from './nd/codec.js';
import { reservedBits, type Reserved } from './mobility/field.js';
import type { NdMessage, NdOption, Redirect } from './nd/message.js';
import { ICMPV6, PROTOCOL } from './protocol.js';
import type { ChecksumOptions } from './udp.js';

/** Octets after a body that has no options: nobody's, kept as they came; absent when there are none. */
interface Trailing {
  readonly trailing?: Uint8Array;
}

/** A code, where only zero has a meaning; absent when zero. */
interface Code {
  readonly code?: number;
}

export type Icmpv6Message =
  | NdMessage
  | Redirect
  | Readonly<
      | ({
          kind: 'echoRequest' | 'echoReply';
          identifier: number;
          sequence: number;
          data: Uint8Array;
        } & Code)
      /** RFC 4443 §3.1; `quoted` is as much of the packet as came along; `reserved` are 32 bits, see RFC 4884. */
      | ({ kind: 'destinationUnreachable'; code: number; quoted: Uint8Array } & Reserved)
      /** RFC 4443 §3.2; `mtu` in octets */
      | ({ kind: 'packetTooBig'; mtu: number; quoted: Uint8Array } & Code)
      | ({ kind: 'timeExceeded'; code: number; quoted: Uint8Array } & Reserved)
      /** RFC 4443 §3.4; `pointer` counts octets of `quoted` */
      | { kind: 'parameterProblem'; code: number; pointer: number; quoted: Uint8Array }
      /** RFC 6275 §6.5; R of RFC 3963 §7.2 */
      | ({ kind: 'homeAgentDiscoveryRequest'; identifier: number; mobileRouter: boolean } & Code &
          Reserved &
          Trailing)
      /** RFC 6275 §6.6; best first */
      | ({
          kind: 'homeAgentDiscoveryReply';
          identifier: number;
          mobileRouter: boolean;
          addresses: readonly Ipv6[];
        } & Code &
          Reserved)
      /** RFC 6275 §6.7 */
      | ({ kind: 'mobilePrefixSolicitation'; identifier: number } & Code & Reserved & Trailing)
      /** RFC 6275 §6.8 */
      | ({
          kind: 'mobilePrefixAdvertisement';
          identifier: number;
          managed: boolean;
          otherConfig: boolean;
          options: readonly NdOption[];
        } & Code &
          Reserved)
      /** `data` is everything after the checksum. */
      | { kind: 'unknownIcmp'; type: number; code: number; data: Uint8Array }
    >;

export type Icmpv6Kind = Icmpv6Message['kind'];

/**
 * Octets fields are views. Under a Home Address option pass the home address as `source`, under a type 2 routing
 * header the home address as `destination`. Throws `WireError`.
 */
export function decodeIcmpv6(
  octets: Uint8Array,
  source: Ipv6,
  destination: Ipv6,
  options: ChecksumOptions = {},
): Icmpv6Message {
  const r = new ByteReader(octets);
  const type = r.u8();
  const code = r.u8();
  r.skip(2);
  if (
    options.verify !== false &&
    transportChecksum(source, destination, PROTOCOL.icmpv6, octets) !== 0
  ) {
    throw new WireError('WIRE_CHECKSUM', 2, 'ICMPv6 checksum', 'RFC 4443 §2.3');
  }
  const message = decodeNd(type, r) ?? decodeOther(type, code, r);
  return code === 0 || 'code' in message ? message : { ...message, code };
}

/** Checksum filled in, for these addresses. */
export function encodeIcmpv6(message: Icmpv6Message, source: Ipv6, destination: Ipv6): Uint8Array {
  const w = new ByteWriter(64).u8(icmpv6Type(message)).u8(codeOf(message)).u16(0);
  encodeBody(w, message);
  const sum = transportChecksum(source, destination, PROTOCOL.icmpv6, w.view());
  return w.patch16(2, sum).finish();
}

export const icmpv6Type = (message: Icmpv6Message): number =>
  message.kind === 'unknownIcmp' ? message.type : ICMPV6[message.kind];

function decodeOther(type: number, code: number, r: ByteReader): Icmpv6Message {
  switch (type) {
    case ICMPV6.echoRequest:
    case ICMPV6.echoReply: {
      const kind = type === ICMPV6.echoRequest ? 'echoRequest' : 'echoReply';
      return { kind, identifier: r.u16(), sequence: r.u16(), data: r.rest() };
    }
    case ICMPV6.destinationUnreachable: {
      const reserved = reservedBits(r.u32());
      return { kind: 'destinationUnreachable', code, ...reserved, quoted: r.rest() };
    }
    case ICMPV6.packetTooBig:
      return { kind: 'packetTooBig', mtu: r.u32(), quoted: r.rest() };
    case ICMPV6.timeExceeded: {
      const reserved = reservedBits(r.u32());
      return { kind: 'timeExceeded', code, ...reserved, quoted: r.rest() };
    }
    case ICMPV6.parameterProblem:
      return { kind: 'parameterProblem', code, pointer: r.u32(), quoted: r.rest() };
    case ICMPV6.homeAgentDiscoveryRequest: {
      const identifier = r.u16();
      const bits = discoveryBits(r.u16());
      return { kind: 'homeAgentDiscoveryRequest', identifier, ...bits, ...trailing(r) };
    }
    case ICMPV6.homeAgentDiscoveryReply: {
      const identifier = r.u16();
      const bits = discoveryBits(r.u16());
      const addresses: Ipv6[] = [];
      while (r.remaining > 0) addresses.push(r.ipv6());
      return { kind: 'homeAgentDiscoveryReply', identifier, ...bits, addresses };
    }
    case ICMPV6.mobilePrefixSolicitation: {
      const identifier = r.u16();
      const bits = reservedBits(r.u16());
      return { kind: 'mobilePrefixSolicitation', identifier, ...bits, ...trailing(r) };
    }
    case ICMPV6.mobilePrefixAdvertisement: {
      const identifier = r.u16();
      const flags = r.u16();
      return {
        kind: 'mobilePrefixAdvertisement',
        identifier,
        managed: (flags & MPA_MANAGED) !== 0,
        otherConfig: (flags & MPA_OTHER) !== 0,
        ...reservedBits(flags & MPA_RESERVED),
        options: decodeNdOptions(r),
      };
    }
    default:
      return { kind: 'unknownIcmp', type, code, data: r.rest() };
  }
}

function encodeBody(w: ByteWriter, message: Icmpv6Message): void {
  switch (message.kind) {
    case 'routerSolicitation':
    case 'routerAdvertisement':
    case 'neighborSolicitation':
    case 'neighborAdvertisement':
    case 'redirect':
      return encodeNd(w, message);
    case 'echoRequest':
    case 'echoReply':
      return void w.u16(message.identifier).u16(message.sequence).octets(message.data);
    case 'destinationUnreachable':
    case 'timeExceeded':
      return void w.u32(message.reserved ?? 0).octets(message.quoted);
    case 'packetTooBig':
      return void w.u32(message.mtu).octets(message.quoted);
    case 'parameterProblem':
      return void w.u32(message.pointer).octets(message.quoted);
    case 'homeAgentDiscoveryRequest':
      w.u16(message.identifier).u16(discoveryWord(message));
      return void w.octets(message.trailing ?? NOTHING);
    case 'homeAgentDiscoveryReply':
      w.u16(message.identifier).u16(discoveryWord(message));
      for (const address of message.addresses) w.ipv6(address);
      return;
    case 'mobilePrefixSolicitation':
      w.u16(message.identifier).u16(message.reserved ?? 0);
      return void w.octets(message.trailing ?? NOTHING);
    case 'mobilePrefixAdvertisement':
      w.u16(message.identifier).u16(
        (message.managed ? MPA_MANAGED : 0) |
          (message.otherConfig ? MPA_OTHER : 0) |
          ((message.reserved ?? 0) & MPA_RESERVED),
      );
      return encodeNdOptions(w, message.options);
    case 'unknownIcmp':
      return void w.octets(message.data);
    default:
      message satisfies never;
  }
}

function codeOf(message: Icmpv6Message): number {
  return message.code ?? 0;
}

const trailing = (r: ByteReader): Trailing => (r.remaining === 0 ? {} : { trailing: r.rest() });

const discoveryBits = (bits: number): { mobileRouter: boolean } & Reserved => ({
  mobileRouter: (bits & MOBILE_ROUTER) !== 0,
  ...reservedBits(bits & ~MOBILE_ROUTER),
});

const discoveryWord = (message: { readonly mobileRouter: boolean } & Reserved): number =>
  (message.mobileRouter ? MOBILE_ROUTER : 0) | ((message.reserved ?? 0) & ~MOBILE_ROUTER);

const NOTHING = new Uint8Array(0);
const MOBILE_ROUTER = 0x8000;
const MPA_MANAGED = 0x8000;
const MPA_OTHER = 0x4000;
const MPA_RESERVED = 0x3fff;
