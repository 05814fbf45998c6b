/**
 * struct virtio_net_hdr, 10 octets, in the byte order of the machine. Receive offload merges tunnelled TCP segments
 * into one packet of up to 64 kB and leaves its inner checksum undone; this header in front of a packet, from the
 * packet socket and to the tunnel device, is how the kernel tells itself.
 *
 *   | flags 8 | gso type 8 | header length 16 | segment size 16 | checksum start 16 | checksum offset 16 |
 */
import { LITTLE } from '../sockaddr.js';

export const OFFLOAD_HEADER = 10;

/**
 * Turns the header at `from`, about the frame that follows it, into one that ends at `inner`, about the packet
 * that begins there. `view` is over the whole of the buffer.
 */
export function moveOffload(view: DataView, from: number, inner: number): void {
  const flags = view.getUint8(from) & NEEDS_CHECKSUM;
  const type = view.getUint8(from + 1);
  const at = inner - OFFLOAD_HEADER;
  if (flags === 0 && type === 0) return clearOffload(view, at);
  const removed = inner - (from + OFFLOAD_HEADER);
  const header = Math.max(0, view.getUint16(from + 2, LITTLE) - removed);
  const size = view.getUint16(from + 4, LITTLE);
  const start = view.getUint16(from + 6, LITTLE) - removed;
  const offset = view.getUint16(from + 8, LITTLE);
  // A checksum outside of what is left was the outer packet's.
  if (start < 0) return clearOffload(view, at);
  view.setUint8(at, flags);
  view.setUint8(at + 1, type);
  view.setUint16(at + 2, header, LITTLE);
  view.setUint16(at + 4, size, LITTLE);
  view.setUint16(at + 6, flags === 0 ? 0 : start, LITTLE);
  view.setUint16(at + 8, flags === 0 ? 0 : offset, LITTLE);
}

/** An ordinary packet, complete. */
export function clearOffload(view: DataView, at: number): void {
  view.setUint32(at, 0);
  view.setUint32(at + 4, 0);
  view.setUint16(at + 8, 0);
}

const NEEDS_CHECKSUM = 1; // VIRTIO_NET_HDR_F_NEEDS_CSUM
