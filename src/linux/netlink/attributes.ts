/**
 * Netlink attributes (`struct nlattr`): length and type, 16 bits each in host order, then the value, padded to 4
 * octets. Values are in host order too, but for addresses and where the kernel's header says `__be`.
 */
import { addressOctets, type IpAddress } from '../../base/address.js';
import { LinuxError } from '../error.js';
import { LITTLE } from '../sockaddr.js';

/** The body of a request: a fixed structure, then attributes. Grows as needed. `LinuxError` for one beyond 64 KiB. */
export class AttributeWriter {
  #octets = new Uint8Array(FIRST_ROOM);
  #view = new DataView(this.#octets.buffer);
  #at = 0;

  /** `head` is the fixed structure, such as `struct rtmsg`; its length is a multiple of 4. */
  constructor(head: Uint8Array) {
    this.#room(head.length);
    this.#octets.set(head);
    this.#at = head.length;
  }

  octets(type: number, value: Uint8Array): this {
    const at = this.#open(type, value.length);
    this.#octets.set(value, at);
    return this;
  }

  u8(type: number, value: number): this {
    const at = this.#open(type, 1);
    this.#octets[at] = value;
    return this;
  }

  u16(type: number, value: number): this {
    this.#view.setUint16(this.#open(type, 2), value, LITTLE);
    return this;
  }

  /** `__be16`: ports, ethertypes. */
  port(type: number, value: number): this {
    this.#view.setUint16(this.#open(type, 2), value);
    return this;
  }

  u32(type: number, value: number): this {
    this.#view.setUint32(this.#open(type, 4), value, LITTLE);
    return this;
  }

  /** Terminated by a zero octet, as the kernel wants names. */
  text(type: number, value: string): this {
    return this.octets(type, Buffer.from(`${value}\0`));
  }

  flag(type: number): this {
    this.#open(type, 0);
    return this;
  }

  address(type: number, value: IpAddress): this {
    return this.octets(type, addressOctets(value));
  }

  nest(type: number, fill: (inner: this) => void): this {
    const start = this.#open(type | NLA_F_NESTED, 0) - NLA_HDRLEN;
    fill(this);
    if (this.#at - start > MAX_ATTRIBUTE) throw tooLong(this.#at - start);
    this.#view.setUint16(start, this.#at - start, LITTLE);
    return this;
  }

  finish(): Uint8Array {
    return this.#octets.subarray(0, this.#at);
  }

  /** Writes the head of an attribute and leaves room for its value; returns where that begins. */
  #open(type: number, length: number): number {
    const padded = NLA_HDRLEN + ((length + 3) & ~3);
    if (padded > MAX_ATTRIBUTE) throw tooLong(padded);
    this.#room(padded);
    this.#view.setUint16(this.#at, NLA_HDRLEN + length, LITTLE);
    this.#view.setUint16(this.#at + 2, type, LITTLE);
    this.#at += padded;
    return this.#at - padded + NLA_HDRLEN;
  }

  #room(more: number): void {
    if (this.#at + more <= this.#octets.length) return;
    const grown = new Uint8Array(Math.max(this.#octets.length * 2, this.#at + more));
    grown.set(this.#octets);
    this.#octets = grown;
    this.#view = new DataView(grown.buffer);
  }
}

/** By type. Of two of one type the last counts; what follows a malformed one is not there. Values are views. */
export function readAttributes(octets: Uint8Array): ReadonlyMap<number, Uint8Array> {
  const found = new Map<number, Uint8Array>();
  for (let at = 0; at + NLA_HDRLEN <= octets.length;) {
    const length = u16(octets, at);
    if (length < NLA_HDRLEN || at + length > octets.length) break;
    found.set(u16(octets, at + 2) & NLA_TYPE_MASK, octets.subarray(at + NLA_HDRLEN, at + length));
    at += (length + 3) & ~3;
  }
  return found;
}

/** Nothing in them is cut short, so that readAttributes finds them all. */
export function attributesAreWhole(octets: Uint8Array): boolean {
  let at = 0;
  while (at < octets.length) {
    if (at + NLA_HDRLEN > octets.length) return false;
    const length = u16(octets, at);
    if (length < NLA_HDRLEN || at + length > octets.length) return false;
    at += (length + 3) & ~3;
  }
  return true;
}

/** The attributes inside one; none where it is absent. */
export const readNested = (value: Uint8Array | undefined): ReadonlyMap<number, Uint8Array> =>
  value ? readAttributes(value) : NO_ATTRIBUTES;

/** An unsigned number of 1, 2 or 4 octets in host order; undefined for anything else. */
export function numberOf(value: Uint8Array | undefined): number | undefined {
  switch (value?.length) {
    case 1:
      return value[0];
    case 2:
      return u16(value, 0);
    case 4:
      return u32(value, 0);
    default:
      return undefined;
  }
}

/** `__be16` */
export const portOf = (value: Uint8Array | undefined): number | undefined =>
  value?.length === 2 ? (value[0]! << 8) | value[1]! : undefined;

/** Up to its zero octet. */
export function textOf(value: Uint8Array | undefined): string | undefined {
  if (!value) return undefined;
  const end = value.indexOf(0);
  return Buffer.from(end < 0 ? value : value.subarray(0, end)).toString('utf8');
}

/** Host order. */
export const u16 = (octets: Uint8Array, at: number): number =>
  LITTLE ? octets[at]! | (octets[at + 1]! << 8) : (octets[at]! << 8) | octets[at + 1]!;
export const u32 = (octets: Uint8Array, at: number): number =>
  (LITTLE
    ? u16(octets, at) | (u16(octets, at + 2) << 16)
    : (u16(octets, at) << 16) | u16(octets, at + 2)) >>> 0;

const tooLong = (octets: number): LinuxError =>
  new LinuxError('NETLINK', `A netlink attribute of ${octets} octets is too long.`, {
    way: `Ask for less at once: it holds ${MAX_ATTRIBUTE} octets.`,
  });

const MAX_ATTRIBUTE = 0xffff; // its length is a field of 16 bits
const NO_ATTRIBUTES: ReadonlyMap<number, Uint8Array> = new Map();
const FIRST_ROOM = 256; // ours, octets: most requests fit
const NLA_HDRLEN = 4;
const NLA_F_NESTED = 0x8000;
const NLA_TYPE_MASK = 0x3fff;
