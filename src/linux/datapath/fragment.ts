/**
 * Cuts an outer packet that the path does not take. Only for those whose inner packet may not be refused for its
 * size: IPv6 of up to 1280 octets (RFC 2473 §7.1), and IPv4 that may be fragmented (RFC 2003 §5.1).
 */
import { PROTOCOL } from '../../wire/protocol.js';

export class Fragmenter {
  /** Pieces of the last `cut`, one after the other. */
  readonly octets = new Uint8Array(MAX_PIECES * 64 + 65_536);
  /** Offset and length of each. */
  readonly pieces = new Uint32Array(2 * MAX_PIECES);
  #identification: number;

  /** `first` identification: any, best not the same at every start. */
  constructor(first: number) {
    this.#identification = first;
  }

  /** The outer packet at [start, end) in pieces of at most `mtu` octets. How many; 0 when it would take too many. */
  cut(b: Uint8Array, start: number, end: number, mtu: number): number {
    const six = b[start]! >> 4 === 6;
    const header = six ? HEADER6 : HEADER4;
    const room = Math.max(mtu, six ? MIN_MTU6 : MIN_MTU4) - header - (six ? FRAGMENT_HEADER : 0);
    const chunk = room & ~7;
    const payload = start + header;
    const count = Math.ceil((end - payload) / chunk);
    if (count > MAX_PIECES || end - payload > MAX_PAYLOAD) return 0;
    this.#identification = (this.#identification + 1) >>> 0;
    let at = 0;
    for (let i = 0; i < count; i++) {
      const from = payload + i * chunk;
      const to = Math.min(from + chunk, end);
      const begun = at;
      this.octets.set(b.subarray(start, payload), at);
      at = six
        ? this.#header6(at, b[start + 6]!, i * chunk, to < end, to - from)
        : this.#header4(at, i * chunk, to < end, to - from);
      this.octets.set(b.subarray(from, to), at);
      at += to - from;
      this.pieces[2 * i] = begun;
      this.pieces[2 * i + 1] = at - begun;
    }
    return count;
  }

  /** RFC 8200 §4.5 */
  #header6(at: number, next: number, offset: number, more: boolean, length: number): number {
    const o = this.octets;
    put16(o, at + 4, length + FRAGMENT_HEADER);
    o[at + 6] = PROTOCOL.fragment;
    const fragment = at + HEADER6;
    o[fragment] = next;
    o[fragment + 1] = 0;
    put16(o, fragment + 2, offset | (more ? 1 : 0));
    put16(o, fragment + 4, this.#identification >>> 16);
    put16(o, fragment + 6, this.#identification);
    return fragment + FRAGMENT_HEADER;
  }

  /** RFC 791; without Don't Fragment. The raw socket fills the checksum. */
  #header4(at: number, offset: number, more: boolean, length: number): number {
    const o = this.octets;
    put16(o, at + 2, length + HEADER4);
    put16(o, at + 4, (this.#identification % 0xffff) + 1); // the kernel would fill in 0, each piece anew
    put16(o, at + 6, (offset >> 3) | (more ? 0x2000 : 0));
    put16(o, at + 10, 0);
    return at + HEADER4;
  }
}

function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

const HEADER6 = 40;
const HEADER4 = 20; // the forwarder writes no options
const FRAGMENT_HEADER = 8;
const MIN_MTU6 = 1280; // RFC 8200 §5
const MIN_MTU4 = 576; // ours: RFC 791 asks every host to take 576
const MAX_PIECES = 64; // ours: one batch
const MAX_PAYLOAD = 65_535 - HEADER4;
