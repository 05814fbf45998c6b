/**
 * IPv6 fragments of what we read ourselves, before the kernel would put them together. RFC 8200 §4.5.
 * A tunnel has to fragment inner packets of up to 1280 octets on a path that takes no more: RFC 2473 §7.1.
 */
import { toHex } from '../base/bytes.js';
import type { Instant, Millis } from '../base/time.js';

/** A fragment: where its packet, its fragment header and its end lie in `b`. */
export interface Fragment {
  readonly b: Uint8Array;
  readonly start: number;
  /** Fragment header, 8 octets. */
  readonly header: number;
  /** The octet that names the fragment header as next. */
  readonly nextAt: number;
  readonly stop: number;
}

export class Reassembly {
  readonly #packets = new Map<string, Partial>();

  /** The whole packet, without fragment header, when this was the last piece missing. */
  add(fragment: Fragment, now: Instant): Uint8Array | undefined {
    const { b, start, header, stop } = fragment;
    this.#expire(now);
    const offset = ((b[header + 2]! << 8) | b[header + 3]!) & 0xfff8;
    const more = (b[header + 3]! & 1) !== 0;
    const data = b.subarray(header + 8, stop);
    const key =
      toHex(b.subarray(start + 8, start + 40)) + toHex(b.subarray(header + 4, header + 8));
    let packet = this.#packets.get(key);
    // RFC 8200 §4.5: pieces but the last are whole units of 8 octets, and the sum fits a packet.
    if ((more && data.length % 8 !== 0) || data.length === 0 || offset + data.length > MAX_PACKET) {
      this.#packets.delete(key);
      return undefined;
    }
    if (!packet) {
      if (this.#packets.size >= MAX_PACKETS)
        this.#packets.delete(this.#packets.keys().next().value!);
      packet = { deadline: (now + TIMEOUT) as Instant, pieces: [], end: -1, head: undefined };
      this.#packets.set(key, packet);
    }
    const end = offset + data.length;
    // RFC 8200 §4.5: overlapping pieces, or two ends, discard the whole.
    const clash =
      packet.pieces.length >= MAX_PIECES ||
      packet.pieces.some((p) => offset < p.offset + p.data.length && p.offset < end) ||
      (!more && packet.end >= 0) ||
      (packet.end >= 0 && end > packet.end);
    if (clash) {
      this.#packets.delete(key);
      return undefined;
    }
    packet.pieces.push({ offset, data: data.slice() });
    if (!more) packet.end = end;
    if (offset === 0) packet.head = headOf(fragment);
    return this.#complete(key, packet);
  }

  #complete(key: string, packet: Partial): Uint8Array | undefined {
    const have = packet.pieces.reduce((sum, p) => sum + p.data.length, 0);
    if (have !== packet.end || !packet.head) return undefined;
    this.#packets.delete(key);
    const { head } = packet;
    const out = new Uint8Array(head.length + packet.end);
    if (out.length - 40 > MAX_PACKET) return undefined;
    out.set(head);
    for (const { offset, data } of packet.pieces) out.set(data, head.length + offset);
    out[4] = (out.length - 40) >>> 8;
    out[5] = out.length - 40;
    return out;
  }

  /** Entries stand in order of arrival, so of deadline. */
  #expire(now: Instant): void {
    for (const [key, { deadline }] of this.#packets) {
      if (deadline > now) return;
      this.#packets.delete(key);
    }
  }
}

interface Partial {
  readonly deadline: Instant;
  readonly pieces: { readonly offset: number; readonly data: Uint8Array }[];
  /** Length of the fragmentable part, -1 until the last piece has come. */
  end: number;
  /** What stands before the fragment header, of the first piece. */
  head: Uint8Array | undefined;
}

function headOf({ b, start, header, nextAt }: Fragment): Uint8Array {
  const head = b.slice(start, header);
  head[nextAt - start] = b[header]!;
  return head;
}

const TIMEOUT: Millis = 60_000; // RFC 8200 §4.5
const MAX_PACKET = 65_535; // RFC 8200 §3: payload length
const MAX_PACKETS = 64; // ours
const MAX_PIECES = 64; // ours: 64 pieces of 1232 octets are more than a packet
