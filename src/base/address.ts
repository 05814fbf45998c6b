/**
 * Addresses are canonical strings (RFC 5952 for IPv6): they key a Map, compare with `===`, print as they are.
 * A branded value was parsed or formatted here, so it is always canonical.
 */
import { UsageError } from './error.js';

export type Ipv6 = string & { readonly __brand: 'Ipv6' };
export type Ipv4 = string & { readonly __brand: 'Ipv4' };
export type IpAddress = Ipv6 | Ipv4;
/** Six octets, `aa:bb:cc:dd:ee:ff`, lower case. */
export type MacAddress = string & { readonly __brand: 'Mac' };
/** `address/length`, host bits cleared. */
export interface Prefix<A extends IpAddress = IpAddress> {
  readonly address: A;
  readonly length: number;
}

export const isIpv6 = (a: IpAddress): a is Ipv6 => a.includes(':');
export const isIpv4 = (a: IpAddress): a is Ipv4 => !a.includes(':');

/** Undefined when `text` is not an IPv6 address; mixed notation is understood, zones are not. */
export function parseIpv6(text: string): Ipv6 | undefined {
  const octets = ipv6TextToOctets(text);
  return octets && ipv6FromOctets(octets);
}

export function parseIpv4(text: string): Ipv4 | undefined {
  const parts = text.split('.');
  if (parts.length !== 4) return undefined;
  for (const p of parts) if (!/^(0|[1-9]\d{0,2})$/.test(p) || Number(p) > 255) return undefined;
  return text as Ipv4;
}

export function parseAddress(text: string): IpAddress | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

export function parseMac(text: string): MacAddress | undefined {
  return /^([0-9a-f]{2}:){5}[0-9a-f]{2}$/i.test(text)
    ? (text.toLowerCase() as MacAddress)
    : undefined;
}

/** For literals and trusted text. Throws `UsageError` `ADDRESS_SYNTAX`. */
export const ipv6 = (text: string): Ipv6 => parseIpv6(text) ?? wrong('an IPv6 address', text);
export const ipv4 = (text: string): Ipv4 => parseIpv4(text) ?? wrong('an IPv4 address', text);
export const mac = (text: string): MacAddress =>
  parseMac(text) ?? wrong('a link-layer address', text);

export function parsePrefix(text: string): Prefix | undefined {
  const [head, tail, more] = text.split('/');
  if (head === undefined || tail === undefined || more !== undefined || !/^\d{1,3}$/.test(tail))
    return undefined;
  const address = parseAddress(head);
  const length = Number(tail);
  if (!address || length > bits(address)) return undefined;
  return prefixOf(address, length);
}

export const prefix = (text: string): Prefix =>
  parsePrefix(text) ?? wrong('a prefix such as 2001:db8::/64', text);
export const formatPrefix = (p: Prefix): string => `${p.address}/${p.length}`;

/** Width of the address's family: 128 or 32. */
export const bits = (a: IpAddress): 128 | 32 => (isIpv6(a) ? 128 : 32);

export function prefixOf<A extends IpAddress>(address: A, length: number): Prefix<A> {
  const octets = addressOctets(address).slice();
  clearHostBits(octets, length);
  return { address: addressFromOctets(octets) as A, length };
}

export function inPrefix(address: IpAddress, p: Prefix): boolean {
  if (isIpv6(address) !== isIpv6(p.address)) return false;
  const a = addressOctets(address);
  const b = addressOctets(p.address);
  const whole = p.length >> 3;
  for (let i = 0; i < whole; i++) if (a[i] !== b[i]) return false;
  const rest = p.length & 7;
  return rest === 0 || (a[whole]! ^ b[whole]!) >> (8 - rest) === 0;
}

export const samePrefix = (a: Prefix, b: Prefix): boolean =>
  a.address === b.address && a.length === b.length;

/** RFC 5952 text of 16 octets. The few addresses that traffic is about come again and again: those are remembered. */
export function ipv6FromOctets(b: Uint8Array, at = 0): Ipv6 {
  let hash = 0x811c9dc5; // FNV-1a
  for (let i = 0; i < 16; i++) hash = Math.imul(hash ^ b[at + i]!, 0x01000193);
  const slot = (hash ^ (hash >>> 15)) & (REMEMBERED_ADDRESSES - 1);
  const known = REMEMBERED_TEXT[slot];
  if (known !== undefined) {
    let i = 0;
    while (i < 16 && REMEMBERED_OCTETS[slot * 16 + i] === b[at + i]) i++;
    if (i === 16) return known;
  }
  const text = formatIpv6(b, at);
  for (let i = 0; i < 16; i++) REMEMBERED_OCTETS[slot * 16 + i] = b[at + i]!;
  REMEMBERED_TEXT[slot] = text;
  return text;
}

function formatIpv6(b: Uint8Array, at: number): Ipv6 {
  const word = (i: number) => (b[at + 2 * i]! << 8) | b[at + 2 * i + 1]!;
  // RFC 5952 §4.2: the longest run of two or more zero words, the first of equals, becomes "::".
  let best = -1;
  let bestLength = 1;
  for (let i = 0; i < 8;) {
    if (word(i) !== 0) {
      i++;
      continue;
    }
    let end = i;
    while (end < 8 && word(end) === 0) end++;
    if (end - i > bestLength) {
      best = i;
      bestLength = end - i;
    }
    i = end;
  }
  // RFC 5952 §5: IPv4-mapped addresses read better mixed.
  if (best === 0 && bestLength === 5 && word(5) === 0xffff)
    return `::ffff:${ipv4FromOctets(b, at + 12)}` as Ipv6;
  let out = '';
  for (let i = 0; i < 8; i++) {
    if (i === best) {
      out += '::';
      i += bestLength - 1;
      continue;
    }
    if (i > 0 && i !== best + bestLength) out += ':';
    const high = b[at + 2 * i]!;
    const low = b[at + 2 * i + 1]!;
    out += high === 0 ? SHORT_HEX[low] : SHORT_HEX[high]! + HEX[low];
  }
  return out as Ipv6;
}

export function ipv4FromOctets(b: Uint8Array, at = 0): Ipv4 {
  return `${b[at]}.${b[at + 1]}.${b[at + 2]}.${b[at + 3]}` as Ipv4;
}

export function macFromOctets(b: Uint8Array, at = 0): MacAddress {
  const part = (i: number) => b[at + i]!.toString(16).padStart(2, '0');
  return `${part(0)}:${part(1)}:${part(2)}:${part(3)}:${part(4)}:${part(5)}` as MacAddress;
}

/** 4 or 16 octets make an address of that family. */
export function addressFromOctets(b: Uint8Array): IpAddress {
  return b.length === 4 ? ipv4FromOctets(b) : ipv6FromOctets(b);
}

/** 16 octets. The result may be shared: do not write to it. */
export function ipv6Octets(a: Ipv6): Uint8Array {
  const out = new Uint8Array(16);
  ipv6FromTextInto(a, out, 0);
  return out;
}

export function ipv4Octets(a: Ipv4): Uint8Array {
  const out = new Uint8Array(4);
  ipv4FromTextInto(a, out, 0);
  return out;
}

/** The 32 bits as a number from 0 up: neighbours are one apart. */
export function ipv4ToNumber(a: Ipv4): number {
  const o = ipv4Octets(a);
  return ((o[0]! << 24) | (o[1]! << 16) | (o[2]! << 8) | o[3]!) >>> 0;
}

export const ipv4FromNumber = (n: number): Ipv4 =>
  ipv4FromOctets(Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n));

/**
 * Its 16-bit words added up, for pseudo-headers: neither their places nor the zeros matter, so the text alone will
 * do.
 */
export function addressWordSum(a: IpAddress): number {
  let sum = 0;
  let word = 0; // hexadecimal, up to the next separator
  let quad = 0; // the same digits read as a decimal octet
  let high = true; // the next octet of a dotted quad is the upper half of its word
  for (let i = 0; i <= a.length; i++) {
    const code = i < a.length ? a.charCodeAt(i) : COLON;
    if (code === DOT || (code === COLON && !high)) {
      sum += high ? quad << 8 : quad;
      high = !high;
      word = quad = 0;
    } else if (code === COLON) {
      sum += word;
      word = 0;
      quad = 0;
    } else {
      const digit = HEX_DIGIT[code]!;
      word = (word << 4) | digit;
      quad = quad * 10 + digit;
    }
  }
  return sum;
}

/** Writes 4 octets at `at`. */
export function ipv4FromTextInto(a: Ipv4, out: Uint8Array, at: number): void {
  let octet = 0;
  for (let i = 0; i < a.length; i++) {
    const code = a.charCodeAt(i);
    if (code === DOT) {
      out[at++] = octet;
      octet = 0;
    } else octet = octet * 10 + code - DIGIT_ZERO;
  }
  out[at] = octet;
}

export function addressOctets(a: IpAddress): Uint8Array {
  return isIpv6(a) ? ipv6Octets(a) : ipv4Octets(a as Ipv4);
}

export function macOctets(m: MacAddress): Uint8Array {
  return Uint8Array.from(m.split(':'), (part) => Number.parseInt(part, 16));
}

export const UNSPECIFIED6 = '::' as Ipv6;
export const UNSPECIFIED4 = '0.0.0.0' as Ipv4;
export const BROADCAST4 = '255.255.255.255' as Ipv4;
export const ALL_NODES = 'ff02::1' as Ipv6;
export const ALL_ROUTERS = 'ff02::2' as Ipv6;
/** Of an interface without a link-layer address. */
export const NO_MAC = '00:00:00:00:00:00' as MacAddress;
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as MacAddress;

export const isMulticast = (a: IpAddress): boolean =>
  isIpv6(a) ? a.startsWith('ff') && a.indexOf(':') === 4 : Number.parseInt(a, 10) >> 4 === 0xe;

/** fe80::/10, or 169.254/16. */
export const isLinkLocal = (a: IpAddress): boolean =>
  isIpv6(a) ? /^fe[89ab][0-9a-f]:/.test(a) : a.startsWith('169.254.');

export const isLoopback = (a: IpAddress): boolean =>
  a === '::1' || (isIpv4(a) && a.startsWith('127.'));
export const isUnspecified = (a: IpAddress): boolean => a === UNSPECIFIED6 || a === UNSPECIFIED4;

/** RFC 6275 §6.3, §9.3.1: what a home or care-of address may be. */
export function isRoutableUnicast(a: IpAddress): boolean {
  if (isMulticast(a) || isUnspecified(a) || isLoopback(a) || isLinkLocal(a)) return false;
  return isIpv6(a)
    ? !a.startsWith('::ffff:')
    : a !== BROADCAST4 && !a.startsWith('0.') && Number.parseInt(a, 10) < 240;
}

/** RFC 4291 §2.7.1: ff02::1:ff00:0/104 with the low 24 bits of `a`. */
export function solicitedNode(a: Ipv6): Ipv6 {
  const o = ipv6Octets(a);
  const group = new Uint8Array(16);
  group.set([0xff, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, o[13]!, o[14]!, o[15]!]);
  return ipv6FromOctets(group);
}

/** RFC 2464 §7 (33:33 and the low 32 bits) or RFC 1112 §6.4. */
export function multicastMac(a: IpAddress): MacAddress {
  const o = addressOctets(a);
  return isIpv6(a)
    ? macFromOctets(Uint8Array.of(0x33, 0x33, o[12]!, o[13]!, o[14]!, o[15]!))
    : macFromOctets(Uint8Array.of(0x01, 0x00, 0x5e, o[1]! & 0x7f, o[2]!, o[3]!));
}

/** RFC 4291 appendix A: modified EUI-64 from a link-layer address, in the /64 of `network`. */
export function eui64Address(network: Ipv6, link: MacAddress): Ipv6 {
  const out = ipv6Octets(network).slice();
  const m = macOctets(link);
  out.set([m[0]! ^ 2, m[1]!, m[2]!, 0xff, 0xfe, m[3]!, m[4]!, m[5]!], 8);
  return ipv6FromOctets(out);
}

export const linkLocalAddress = (link: MacAddress): Ipv6 => eui64Address('fe80::' as Ipv6, link);

/** Slots of a direct-mapped table: a newer address takes the place of an older one. A power of two. */
const REMEMBERED_ADDRESSES = 1024;
const REMEMBERED_TEXT: (Ipv6 | undefined)[] = new Array(REMEMBERED_ADDRESSES).fill(undefined);
const REMEMBERED_OCTETS = new Uint8Array(16 * REMEMBERED_ADDRESSES);

const COLON = 58;
const DOT = 46;
const DIGIT_ZERO = 48;
const MAX_IPV6_TEXT = 45; // eight words, the last two as a dotted quad
/** Value of a character code as a hexadecimal digit, -1 for others. */
const HEX_DIGIT = Array.from({ length: 128 }, (_, c) =>
  '0123456789abcdef'.indexOf(String.fromCharCode(c).toLowerCase()),
);

/** Every octet in hexadecimal, with and without a leading zero. */
const SHORT_HEX = Array.from({ length: 256 }, (_, i) => i.toString(16));
const HEX = SHORT_HEX.map((digits) => digits.padStart(2, '0'));

function clearHostBits(octets: Uint8Array, length: number): void {
  for (let i = 0; i < octets.length; i++) {
    const keep = Math.min(8, Math.max(0, length - 8 * i));
    octets[i]! &= (0xff << (8 - keep)) & 0xff;
  }
}

function ipv6TextToOctets(text: string): Uint8Array | undefined {
  const out = new Uint8Array(16);
  return ipv6FromTextInto(text, out, 0) ? out : undefined;
}

/**
 * Writes 16 octets at `base`; false, with octets written or not, when `text` is no IPv6 address. One pass and no
 * allocation: encoders call this for every address.
 */
export function ipv6FromTextInto(text: string, out: Uint8Array, base: number): boolean {
  const limit = base + 16;
  let at = base;
  let gap = -1; // where "::" stands
  let i = 0;
  const { length } = text;
  if (length > MAX_IPV6_TEXT) return false;
  if (text.charCodeAt(0) === COLON) {
    if (text.charCodeAt(1) !== COLON) return false;
    gap = at;
    i = 2;
  }
  while (i < length) {
    if (at === limit) return false;
    const start = i;
    let word = 0;
    let code = text.charCodeAt(i);
    for (let digit; i - start < 4 && (digit = HEX_DIGIT[code] ?? -1) >= 0;) {
      word = (word << 4) | digit;
      code = ++i < length ? text.charCodeAt(i) : 0;
    }
    if (code === DOT) {
      const quad = at <= limit - 4 ? parseIpv4(text.slice(start)) : undefined;
      if (!quad) return false;
      ipv4FromTextInto(quad, out, at);
      at += 4;
      break;
    }
    if (i === start) return false;
    out[at++] = word >>> 8;
    out[at++] = word;
    if (i === length) break;
    if (code !== COLON) return false;
    if (++i === length) return false; // ends in one colon
    if (text.charCodeAt(i) === COLON) {
      if (gap >= 0) return false;
      gap = at;
      i++;
    }
  }
  if (gap < 0) return at === limit;
  if (at > limit - 2) return false; // "::" is two octets at least
  const moved = limit - at;
  for (let j = at - 1; j >= gap; j--) out[j + moved] = out[j]!;
  for (let j = gap; j < gap + moved; j++) out[j] = 0;
  return true;
}

function wrong(expected: string, came: string): never {
  throw new UsageError('ADDRESS_SYNTAX', `Expected ${expected}, came "${came}".`);
}
