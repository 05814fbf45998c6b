/**
 * A FOU port takes the UDP header off a datagram by making the IPv4 total length 8 octets less (fou_recv_pull), and
 * does so in octets that packet sockets share. The length of the UDP header still tells what it was.
 */

/** Puts the total length back in the IPv4 packet at [start, end), where it has been taken from it. Cut off is well. */
export function restoreTotalLength(octets: Uint8Array, start: number, end: number): void {
  const header = 4 * ((octets[start] ?? 0) & 15);
  const udp = start + header;
  if (udp + UDP_HEADER > octets.length || octets[start]! >> 4 !== 4 || octets[start + 9] !== UDP) {
    return;
  }
  const view = new DataView(octets.buffer, octets.byteOffset);
  if ((view.getUint16(start + 6) & FRAGMENT) !== 0) return;
  const total = view.getUint16(start + 2);
  const whole = header + view.getUint16(udp + 4);
  if (whole === total + UDP_HEADER && start + whole <= end) view.setUint16(start + 2, whole);
}

const UDP = 17;
const UDP_HEADER = 8;
const FRAGMENT = 0x3fff; // more fragments, or an offset
