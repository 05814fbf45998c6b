/**
 * ICMP errors that tell a sender its packet does not fit a tunnel.
 *
 * Their source is the packet's own destination: it is routed to the tunnel device, so that no reverse path filter
 * minds, and hosts take these errors from any router (RFC 8201 §4, RFC 1191 §3).
 */
import { fold16, sum16 } from '../../base/checksum.js';
import { PROTOCOL } from '../../wire/protocol.js';

/** RFC 4443 §3.2 about the IPv6 packet at [start, end). Undefined where §2.4(e) forbids an answer. */
export function packetTooBig(
  b: Uint8Array,
  start: number,
  end: number,
  mtu: number,
): Uint8Array | undefined {
  if (b[start + 8] === 0xff || isError6(b, start)) return undefined;
  const quoted = Math.min(end - start, MAX_ERROR6 - 48);
  const out = new Uint8Array(48 + quoted);
  const length = 8 + quoted;
  out[0] = 0x60;
  out[4] = length >>> 8;
  out[5] = length;
  out[6] = PROTOCOL.icmpv6;
  out[7] = HOP_LIMIT;
  out.set(b.subarray(start + 24, start + 40), 8);
  out.set(b.subarray(start + 8, start + 24), 24);
  out[40] = 2;
  out[44] = mtu >>> 24;
  out[45] = mtu >>> 16;
  out[46] = mtu >>> 8;
  out[47] = mtu;
  out.set(b.subarray(start, start + quoted), 48);
  patch(out, 42, fold16(sum16(out.subarray(8), length + PROTOCOL.icmpv6)));
  return out;
}

/** RFC 1191 §4 about the IPv4 packet at [start, end). Undefined where RFC 1122 §3.2.2 forbids an answer. */
export function fragmentationNeeded(
  b: Uint8Array,
  start: number,
  end: number,
  mtu: number,
): Uint8Array | undefined {
  if (b[start + 16]! >= 0xe0 || isError4(b, start)) return undefined;
  const quoted = Math.min(end - start, (b[start]! & 15) * 4 + 8);
  const out = new Uint8Array(28 + quoted);
  out[0] = 0x45;
  out[2] = out.length >>> 8;
  out[3] = out.length;
  out[8] = HOP_LIMIT;
  out[9] = PROTOCOL.icmp;
  out.set(b.subarray(start + 16, start + 20), 12);
  out.set(b.subarray(start + 12, start + 16), 16);
  patch(out, 10, fold16(sum16(out.subarray(0, 20))));
  out[20] = 3;
  out[21] = 4;
  out[26] = mtu >>> 8;
  out[27] = mtu;
  out.set(b.subarray(start, start + quoted), 28);
  patch(out, 22, fold16(sum16(out.subarray(20))));
  return out;
}

function isError6(b: Uint8Array, start: number): boolean {
  return b[start + 6] === PROTOCOL.icmpv6 && b[start + 40]! < 128;
}

function isError4(b: Uint8Array, start: number): boolean {
  if (((b[start + 6]! & 0x1f) | b[start + 7]!) !== 0) return true; // RFC 1122 §3.2.2: first fragments only
  const type = b[start + (b[start]! & 15) * 4];
  return b[start + 9] === PROTOCOL.icmp && type !== 8 && type !== 0 && type !== 13 && type !== 14;
}

function patch(b: Uint8Array, at: number, v: number): void {
  b[at] = v >>> 8;
  b[at + 1] = v;
}

const MAX_ERROR6 = 1280; // RFC 4443 §2.4(c)
const HOP_LIMIT = 64;
