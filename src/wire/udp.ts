/** UDP over IPv4 (RFC 768) and IPv6 (RFC 8200 §8.1). */
import { isIpv6, type IpAddress } from '../base/address.js';
import { ByteReader, ByteWriter } from '../base/bytes.js';
import { transportChecksum } from '../base/checksum.js';
import { UsageError, WireError } from '../base/error.js';
import { PROTOCOL } from './protocol.js';

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export interface ChecksumOptions {
  /** False leaves the checksum unread: it was left to hardware that is not there. Default true. */
  readonly verify?: boolean;
}

/** `payload` is a view. Throws `WireError`: `WIRE_TRUNCATED`, `WIRE_HEADER_LENGTH`, `WIRE_CHECKSUM`. */
export function decodeUdp(
  octets: Uint8Array,
  source: IpAddress,
  destination: IpAddress,
  options: ChecksumOptions = {},
): UdpDatagram {
  const r = new ByteReader(octets);
  const sourcePort = r.u16();
  const destinationPort = r.u16();
  const length = r.u16();
  const sum = r.u16();
  if (length < UDP_HEADER) throw new WireError('WIRE_HEADER_LENGTH', 4, `UDP length ${length}`);
  const payload = r.octets(length - UDP_HEADER);
  if (options.verify !== false) {
    // RFC 768: zero means that the sender computed none. RFC 8200 §8.1 forbids that over IPv6.
    if (sum === 0 && isIpv6(source)) {
      throw new WireError('WIRE_CHECKSUM', 6, 'no UDP checksum over IPv6', 'RFC 8200 §8.1');
    }
    const datagram = octets.subarray(0, length);
    if (sum !== 0 && transportChecksum(source, destination, PROTOCOL.udp, datagram) !== 0) {
      throw new WireError('WIRE_CHECKSUM', 6, 'UDP checksum', 'RFC 768');
    }
  }
  return { sourcePort, destinationPort, payload };
}

/** Length and checksum are filled in. Throws `UsageError` `PACKET_SIZE` past 65535 octets. */
export function encodeUdp(
  datagram: UdpDatagram,
  source: IpAddress,
  destination: IpAddress,
): Uint8Array {
  const length = UDP_HEADER + datagram.payload.length;
  if (length > 0xffff) {
    throw new UsageError('PACKET_SIZE', `A UDP datagram of ${length} octets does not exist.`);
  }
  const w = new ByteWriter(length)
    .u16(datagram.sourcePort)
    .u16(datagram.destinationPort)
    .u16(length)
    .u16(0)
    .octets(datagram.payload);
  // RFC 768: a sum of zero is sent as all ones.
  const sum = transportChecksum(source, destination, PROTOCOL.udp, w.view()) || 0xffff;
  return w.patch16(6, sum).finish();
}

export const UDP_HEADER = 8;
