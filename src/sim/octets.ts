/** Fields of whole packets, read in place: what a host looks at before anybody decodes. */
import {
  addressOctets,
  ipv4FromOctets,
  ipv6FromOctets,
  macOctets,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type MacAddress,
} from '../base/address.js';
import { fold16, sum16 } from '../base/checksum.js';
import { PROTOCOL } from '../wire/protocol.js';

export const u16 = (b: Uint8Array, at: number): number => (b[at]! << 8) | b[at + 1]!;

export const u32 = (b: Uint8Array, at: number): number =>
  ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;

export function put16(b: Uint8Array, at: number, v: number): void {
  b[at] = v >>> 8;
  b[at + 1] = v;
}

export function put32(b: Uint8Array, at: number, v: number): void {
  put16(b, at, v >>> 16);
  put16(b, at + 2, v & 0xffff);
}

/** RFC 1624 §3, equation 3: a checksum after words changed; `delta` sums new words and complements of old ones. */
export function mendChecksum(b: Uint8Array, at: number, delta: number): void {
  put16(b, at, fold16((~u16(b, at) & 0xffff) + delta));
}

/** The header checksum of the IPv4 packet that starts `b`, filled in. */
export function sealHeader4(b: Uint8Array): void {
  put16(b, 10, 0);
  put16(b, 10, fold16(sum16(b.subarray(0, (b[0]! & 15) * 4))));
}

/** The address that stands at `at`. A world has few of them: texts are kept. */
export function ipv6At(b: Uint8Array, at: number): Ipv6 {
  return textAt(b, at, 16, ipv6FromOctets);
}

export function ipv4At(b: Uint8Array, at: number): Ipv4 {
  return textAt(b, at, 4, ipv4FromOctets);
}

/** The octets of `address`, kept. Do not write to them. */
export function addressBytes(address: IpAddress): Uint8Array {
  let octets = ADDRESSES.get(address);
  if (!octets) {
    if (ADDRESSES.size >= MEMO) ADDRESSES.clear();
    octets = addressOctets(address);
    ADDRESSES.set(address, octets);
  }
  return octets;
}

/** The octets of `mac`, kept. Do not write to them. */
export function macBytes(mac: MacAddress): Uint8Array {
  let octets = MACS.get(mac);
  if (!octets) {
    if (MACS.size >= MEMO) MACS.clear();
    octets = macOctets(mac);
    MACS.set(mac, octets);
  }
  return octets;
}

/** The whole packet without link padding; undefined when it is not a sound IPv6 packet. */
export function trim6(b: Uint8Array): Uint8Array | undefined {
  if (b.length < 40 || b[0]! >> 4 !== 6) return undefined;
  const end = 40 + u16(b, 4);
  return end > b.length ? undefined : end === b.length ? b : b.subarray(0, end);
}

/** The same for IPv4; the header checksum is the caller's. */
export function trim4(b: Uint8Array): Uint8Array | undefined {
  if (b.length < 20 || b[0]! >> 4 !== 4) return undefined;
  const header = (b[0]! & 15) * 4;
  const end = u16(b, 2);
  if (header < 20 || end < header || end > b.length) return undefined;
  return end === b.length ? b : b.subarray(0, end);
}

/** What stands behind the extension headers of an IPv6 packet. */
export interface UpperLayer {
  readonly protocol: number;
  /** Where it starts. */
  readonly offset: number;
  readonly homeAddressOption: boolean;
  readonly routing2: boolean;
  /** A fragment other than a whole packet. */
  readonly fragment: boolean;
}

/** Undefined when the chain is broken or longer than `MAX_EXTENSION_HEADERS`. */
export function upperLayer(b: Uint8Array): UpperLayer | undefined {
  let protocol = b[6]!;
  let offset = 40;
  let homeAddressOption = false;
  let routing2 = false;
  for (let n = 0; n <= MAX_EXTENSION_HEADERS; n++) {
    switch (protocol) {
      case PROTOCOL.hopByHop:
      case PROTOCOL.destinationOptions:
      case PROTOCOL.routing: {
        if (offset + 8 > b.length) return undefined;
        const end = offset + 8 * (b[offset + 1]! + 1);
        if (end > b.length) return undefined;
        if (protocol === PROTOCOL.routing) routing2 ||= b[offset + 2] === 2;
        else if (protocol === PROTOCOL.destinationOptions) {
          homeAddressOption ||= hasOption(b, offset + 2, end, HOME_ADDRESS_OPTION);
        }
        protocol = b[offset]!;
        offset = end;
        break;
      }
      case PROTOCOL.fragment: {
        if (offset + 8 > b.length) return undefined;
        if ((u16(b, offset + 2) & 0xfff9) !== 0) {
          return { protocol: b[offset]!, offset, homeAddressOption, routing2, fragment: true };
        }
        protocol = b[offset]!;
        offset += 8;
        break;
      }
      default:
        return { protocol, offset, homeAddressOption, routing2, fragment: false };
    }
  }
  return undefined;
}

function hasOption(b: Uint8Array, from: number, end: number, type: number): boolean {
  for (let at = from; at < end;) {
    if (b[at] === type) return true;
    at += b[at] === 0 ? 1 : 2 + (b[at + 1] ?? 0);
  }
  return false;
}

function textAt<A extends IpAddress>(
  b: Uint8Array,
  at: number,
  length: number,
  format: (b: Uint8Array, at: number) => A,
): A {
  let h = length;
  for (let i = 0; i < length; i++) h = Math.imul(h ^ b[at + i]!, 0x01000193);
  const slot = (h ^ (h >>> 15)) & (MEMO - 1);
  const known = TEXTS[slot];
  if (known && known.octets.length === length) {
    let i = 0;
    while (i < length && known.octets[i] === b[at + i]) i++;
    if (i === length) return known.text as A;
  }
  const text = format(b, at);
  TEXTS[slot] = { octets: b.slice(at, at + length), text };
  return text;
}

const MEMO = 1024;
const TEXTS: ({ readonly octets: Uint8Array; readonly text: IpAddress } | undefined)[] = new Array(
  MEMO,
);
const ADDRESSES = new Map<IpAddress, Uint8Array>();
const MACS = new Map<MacAddress, Uint8Array>();
const HOME_ADDRESS_OPTION = 201; // RFC 6275 §6.3
const MAX_EXTENSION_HEADERS = 8; // ours
