/** Bounds-checked cursors over octets, network byte order. An overrun is a `WireError`. */
import {
  ipv4FromOctets,
  ipv4Octets,
  ipv6FromOctets,
  ipv6Octets,
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

/** Grows as needed. `length` is what has been written. */
export class ByteWriter {
  #out: Uint8Array;
  #at = 0;

  constructor(capacity = 128) {
    this.#out = new Uint8Array(capacity);
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
    this.#out[this.#at++] = v >>> 8;
    this.#out[this.#at++] = v;
    return this;
  }

  u32(v: number): this {
    return this.u16(v >>> 16).u16(v & 0xffff);
  }

  octets(v: Uint8Array): this {
    this.#room(v.length);
    this.#out.set(v, this.#at);
    this.#at += v.length;
    return this;
  }

  zeros(n: number): this {
    this.#room(n);
    this.#at += n; // fresh room is zero
    return this;
  }

  ipv6(a: Ipv6): this {
    return this.octets(ipv6Octets(a));
  }

  ipv4(a: Ipv4): this {
    return this.octets(ipv4Octets(a));
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

  finish(): Uint8Array {
    return this.#out.slice(0, this.#at);
  }

  #room(n: number): void {
    const need = this.#at + n;
    if (need <= this.#out.length) return;
    const grown = new Uint8Array(Math.max(need, this.#out.length * 2));
    grown.set(this.#out);
    this.#out = grown;
  }
}

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
