/**
 * Fragments of IPv4 and IPv6 put together again, for captures: the outermost packet of a frame only, within bounds.
 *
 * Spec: RFC 791 §3.2, RFC 815; RFC 8200 §4.5; RFC 5722 (overlapping fragments: the datagram is dropped).
 */
import { toHex } from '../base/bytes.js';
import { checksum } from '../base/checksum.js';
import { LINKTYPE } from './pcapng.js';

/** Feed frames in the order of the capture. */
export class Reassembler {
  /** Oldest first. */
  readonly #pending = new Map<string, Pending>();

  /**
   * The whole frame, when this one was the last fragment that it lacked: the link header of this frame and a packet
   * without a fragment header. Undefined otherwise.
   */
  push(frame: Uint8Array, linkType: number, nanoseconds: bigint): Uint8Array | undefined {
    const at = networkOffset(frame, linkType);
    const part = at === undefined ? undefined : fragmentOf(frame.subarray(at));
    if (at === undefined || !part) return undefined;
    this.#forgetOld(nanoseconds);
    const pending = this.#pending.get(part.key) ?? this.#begin(part, nanoseconds);
    if (!add(pending, part)) return undefined;
    const payload = whole(pending);
    if (!payload) return undefined;
    this.#pending.delete(part.key);
    const packet = pending.head!(payload);
    const out = new Uint8Array(at + packet.length);
    out.set(frame.subarray(0, at));
    out.set(packet, at);
    return out;
  }

  /** Datagrams that wait for a fragment. */
  get waiting(): number {
    return this.#pending.size;
  }

  #begin(part: Fragment, since: bigint): Pending {
    if (this.#pending.size >= MAX_DATAGRAMS) {
      this.#pending.delete(this.#pending.keys().next().value!);
    }
    const pending: Pending = {
      since,
      parts: [],
      octets: 0,
      total: undefined,
      head: undefined,
      dead: false,
    };
    this.#pending.set(part.key, pending);
    return pending;
  }

  #forgetOld(now: bigint): void {
    for (const [key, pending] of this.#pending) {
      if (now - pending.since <= REASSEMBLY_TIMEOUT) return;
      this.#pending.delete(key);
    }
  }
}

interface Fragment {
  readonly key: string;
  readonly offset: number;
  readonly more: boolean;
  readonly data: Uint8Array;
  /** The whole packet around a payload, from the headers of the first fragment. */
  readonly head: (payload: Uint8Array) => Uint8Array;
}

interface Pending {
  readonly since: bigint;
  parts: { readonly offset: number; readonly data: Uint8Array }[];
  octets: number;
  total: number | undefined;
  head: Fragment['head'] | undefined;
  /** Overlapped or ran past a bound: what still comes of it is swallowed. */
  dead: boolean;
}

/** False when the datagram is given up. */
function add(pending: Pending, { offset, more, data, head }: Fragment): boolean {
  if (pending.dead) return false;
  const end = offset + data.length;
  if (pending.parts.some((p) => p.offset === offset && p.data.length === data.length)) return false; // seen twice
  const overlaps = pending.parts.some((p) => offset < p.offset + p.data.length && p.offset < end);
  const contradicts = !more && pending.total !== undefined && pending.total !== end;
  const unaligned = more && data.length % 8 !== 0;
  if (
    overlaps ||
    contradicts ||
    unaligned ||
    end > MAX_DATAGRAM ||
    pending.parts.length >= MAX_FRAGMENTS
  ) {
    pending.dead = true;
    pending.parts = [];
    return false;
  }
  pending.parts.push({ offset, data: data.slice() });
  pending.octets += data.length;
  if (!more) pending.total = end;
  if (offset === 0) pending.head = head;
  return true;
}

function whole({ parts, octets, total, head }: Pending): Uint8Array | undefined {
  if (total === undefined || octets !== total || !head) return undefined;
  const out = new Uint8Array(total);
  for (const { offset, data } of parts) out.set(data, offset);
  return out;
}

function fragmentOf(packet: Uint8Array): Fragment | undefined {
  const version = packet.length >= 20 ? packet[0]! >>> 4 : 0;
  if (version === 4) return fragment4(packet);
  return version === 6 && packet.length >= 48 ? fragment6(packet) : undefined;
}

function fragment4(packet: Uint8Array): Fragment | undefined {
  const headerLength = (packet[0]! & 15) * 4;
  const total = u16(packet, 2);
  const word = u16(packet, 6);
  const more = (word & 0x2000) !== 0;
  const offset = (word & 0x1fff) * 8;
  if ((!more && offset === 0) || headerLength < 20 || total < headerLength || total > packet.length)
    return undefined;
  const header = packet.slice(0, headerLength);
  return {
    key: `4 ${toHex(packet.subarray(12, 20))} ${packet[9]} ${u16(packet, 4)}`,
    offset,
    more,
    data: packet.subarray(headerLength, total),
    head: (payload) => {
      const out = new Uint8Array(headerLength + payload.length);
      out.set(header);
      out.set(payload, headerLength);
      put16(out, 2, out.length);
      put16(out, 6, 0);
      put16(out, 10, 0);
      put16(out, 10, checksum(out.subarray(0, headerLength)));
      return out;
    },
  };
}

function fragment6(packet: Uint8Array): Fragment | undefined {
  const end = 40 + u16(packet, 4);
  if (end > packet.length) return undefined;
  let nextAt = 6;
  let at = 40;
  // RFC 8200 §4.5: the per-fragment headers are those up to the last routing header.
  for (let headers = 0; packet[nextAt] !== FRAGMENT; headers++) {
    if (!UNFRAGMENTED.has(packet[nextAt]!) || headers === 8 || at + 8 > end) return undefined;
    nextAt = at;
    at += 8 * (packet[at + 1]! + 1);
  }
  if (at + 8 > end) return undefined;
  const word = u16(packet, at + 2);
  const more = (word & 1) !== 0;
  const offset = word & 0xfff8;
  if (!more && offset === 0) return undefined; // atomic, RFC 6946
  const header = packet.slice(0, at);
  header[nextAt] = packet[at]!;
  return {
    key: `6 ${toHex(packet.subarray(8, 40))} ${toHex(packet.subarray(at + 4, at + 8))}`,
    offset,
    more,
    data: packet.subarray(at + 8, end),
    head: (payload) => {
      const out = new Uint8Array(header.length + payload.length);
      out.set(header);
      out.set(payload, header.length);
      put16(out, 4, out.length - 40);
      return out;
    },
  };
}

/** Where IP starts. */
function networkOffset(frame: Uint8Array, linkType: number): number | undefined {
  switch (linkType) {
    case LINKTYPE.raw:
    case LINKTYPE.ipv4:
    case LINKTYPE.ipv6:
      return 0;
    case LINKTYPE.linuxSll:
      return 16;
    case LINKTYPE.linuxSll2:
      return 20;
    case LINKTYPE.ethernet: {
      let at = 12;
      for (let tags = 0; tags < 2 && VLAN.has(u16(frame, at)); tags++) at += 4;
      return at + 2;
    }
    default:
      return undefined;
  }
}

const u16 = (b: Uint8Array, at: number): number =>
  at + 1 < b.length ? (b[at]! << 8) | b[at + 1]! : 0;

function put16(b: Uint8Array, at: number, value: number): void {
  b[at] = value >>> 8;
  b[at + 1] = value;
}

/** Ours: datagrams that wait at once; the oldest makes room. */
export const MAX_DATAGRAMS = 256;
/** Ours: fragments of one datagram. */
export const MAX_FRAGMENTS = 256;
const MAX_DATAGRAM = 65_535; // octets of payload
const REASSEMBLY_TIMEOUT = 60_000_000_000n; // RFC 8200 §4.5
const FRAGMENT = 44;
const UNFRAGMENTED: ReadonlySet<number> = new Set([0, 43, 60]);
const VLAN: ReadonlySet<number> = new Set([0x8100, 0x88a8]);
