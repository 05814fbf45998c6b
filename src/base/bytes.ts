/** Bounds-checked cursors over octets, network byte order. An overrun is a `WireError`. */
import {
  ipv4FromOctets,
  ipv4FromTextInto,
  ipv6FromOctets,
  ipv6FromTextInto,
  type Ipv4,
  type Ipv6,
} from './address.js';
import { WireError } from './error.js';

export class ByteReader {
  readonly bytes: Uint8Array;
  /** Where `bytes` begins in the whole that error offsets count from. */
  readonly base: number;
  #at = 0;

  constructor(bytes: Uint8Array, base = 0) {
    this.bytes = bytes;
    this.base = base;
  }

  /** Offset of the next octet, from the whole's start. */
  get offset(): number {
    return this.base + this.#at;
  }

  get remaining(): number {
    return this.bytes.length - this.#at;
  }

  u8(): number {
    this.#need(1);
    return this.bytes[this.#at++]!;
  }

  u16(): number {
    this.#need(2);
    const b = this.bytes;
    const at = this.#at;
    this.#at = at + 2;
    return (b[at]! << 8) | b[at + 1]!;
  }

  u32(): number {
    this.#need(4);
    const b = this.bytes;
    const at = this.#at;
    this.#at = at + 4;
    return ((b[at]! << 24) | (b[at + 1]! << 16) | (b[at + 2]! << 8) | b[at + 3]!) >>> 0;
  }

  /** A view, not a copy: callers that keep it past the packet's life must `slice`. */
  octets(n: number): Uint8Array {
    this.#need(n);
    this.#at += n;
    return this.bytes.subarray(this.#at - n, this.#at);
  }

  rest(): Uint8Array {
    return this.octets(this.remaining);
  }

  skip(n: number): void {
    this.#need(n);
    this.#at += n;
  }

  /** A reader over the next `n` octets; this one moves past them. */
  sub(n: number): ByteReader {
    const at = this.offset;
    return new ByteReader(this.octets(n), at);
  }

  ipv6(): Ipv6 {
    this.#need(16);
    this.#at += 16;
    return ipv6FromOctets(this.bytes, this.#at - 16);
  }

  ipv4(): Ipv4 {
    this.#need(4);
    this.#at += 4;
    return ipv4FromOctets(this.bytes, this.#at - 4);
  }

  #need(n: number): void {
    if (n > this.bytes.length - this.#at) {
      throw new WireError(
        'WIRE_TRUNCATED',
        this.offset,
        `need ${n} octets, have ${this.remaining}`,
      );
    }
  }
}

/**
 * Grows as needed. `length` is what has been written. The room of a finished writer serves the next one: most
 * messages are short, and asking for fresh octets costs more than filling them.
 */
export class ByteWriter {
  static #spare: Uint8Array | undefined;
  #out: Uint8Array;
  #at = 0;

  constructor(capacity = 128) {
    const spare = ByteWriter.#spare;
    if (spare !== undefined && capacity <= spare.length) {
      this.#out = spare;
      ByteWriter.#spare = undefined;
    } else {
      this.#out = new Uint8Array(Math.max(capacity, SPARE_ROOM));
    }
  }

  get length(): number {
    return this.#at;
  }

  u8(v: number): this {
    this.#room(1);
    this.#out[this.#at++] = v;
    return this;
  }

  u16(v: number): this {
    this.#room(2);
    const at = this.#at;
    this.#out[at] = v >>> 8;
    this.#out[at + 1] = v;
    this.#at = at + 2;
    return this;
  }

  u32(v: number): this {
    return this.u16(v >>> 16).u16(v & 0xffff);
  }

  octets(v: Uint8Array): this {
    this.#room(v.length);
    // A call of `set` costs more than a short loop.
    if (v.length > 64) this.#out.set(v, this.#at);
    else for (let i = 0; i < v.length; i++) this.#out[this.#at + i] = v[i]!;
    this.#at += v.length;
    return this;
  }

  zeros(n: number): this {
    this.#room(n);
    const end = this.#at + n;
    for (let at = this.#at; at < end; at++) this.#out[at] = 0;
    this.#at = end;
    return this;
  }

  ipv6(a: Ipv6): this {
    this.#room(16);
    ipv6FromTextInto(a, this.#out, this.#at);
    this.#at += 16;
    return this;
  }

  ipv4(a: Ipv4): this {
    this.#room(4);
    ipv4FromTextInto(a, this.#out, this.#at);
    this.#at += 4;
    return this;
  }

  /** Overwrites two octets already written, for lengths and checksums. */
  patch16(at: number, v: number): this {
    this.#out[at] = v >>> 8;
    this.#out[at + 1] = v;
    return this;
  }

  patch8(at: number, v: number): this {
    this.#out[at] = v;
    return this;
  }

  /** A view of what has been written; stale after the next write. */
  view(): Uint8Array {
    return this.#out.subarray(0, this.#at);
  }

  /** Octets of their own. The writer is at its end: it is empty after this. */
  finish(): Uint8Array {
    const done = copyOf(this.#out, 0, this.#at);
    if (this.#out.length <= SPARE_LIMIT) ByteWriter.#spare = this.#out;
    this.#out = NO_ROOM;
    this.#at = 0;
    return done;
  }

  #room(n: number): void {
    if (this.#at + n > this.#out.length) this.#grow(this.#at + n);
  }

  #grow(need: number): void {
    const grown = new Uint8Array(Math.max(need, this.#out.length * 2, SPARE_ROOM));
    grown.set(this.#out);
    this.#out = grown;
  }
}

/** The same as `slice`, whose call costs more than the loop while octets are few. */
export function copyOf(octets: Uint8Array, start: number, end: number): Uint8Array {
  if (end - start > 64) return octets.slice(start, end);
  const copy = new Uint8Array(end - start);
  for (let i = 0; i < copy.length; i++) copy[i] = octets[start + i]!;
  return copy;
}

const NO_ROOM = new Uint8Array(0);
const SPARE_ROOM = 256; // octets a writer begins with
const SPARE_LIMIT = 4096; // a larger room is let go

const HEX = Array.from({ length: 256 }, (_, i) => i.toString(16).padStart(2, '0'));

export function toHex(bytes: Uint8Array): string {
  let out = '';
  for (const b of bytes) out += HEX[b];
  return out;
}

/** Hexadecimal, white space and colons ignored. Undefined when it is not hexadecimal or has half an octet. */
export function fromHex(text: string): Uint8Array | undefined {
  const digits = text.replace(/[\s:]/g, '');
  if (digits.length % 2 !== 0 || !/^[0-9a-fA-F]*$/.test(digits)) return undefined;
  const out = new Uint8Array(digits.length / 2);
  for (let i = 0; i < out.length; i++) out[i] = Number.parseInt(digits.slice(2 * i, 2 * i + 2), 16);
  return out;
}

export function sameOctets(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}
