/** struct sockaddr_… as octets, host byte order where the kernel has it. */
import { addressOctets, isIpv6, type IpAddress } from '../base/address.js';

/** struct sockaddr_in (16 octets) or sockaddr_in6 (28). `scope` is the interface of a link-local address. */
export function ipSocketAddress(address: IpAddress, port = 0, scope = 0): Uint8Array {
  const six = isIpv6(address);
  const out = new Uint8Array(six ? 28 : 16);
  const view = new DataView(out.buffer);
  view.setUint16(0, six ? AF_INET6 : AF_INET, LITTLE);
  view.setUint16(2, port);
  out.set(addressOctets(address), six ? 8 : 4);
  if (six) view.setUint32(24, scope, LITTLE);
  return out;
}

/** struct sockaddr_ll, 20 octets. `protocol` is an ethertype; 0 sends without receiving. */
export function linkSocketAddress(index: number, protocol: number, mac?: Uint8Array): Uint8Array {
  const out = new Uint8Array(20);
  const view = new DataView(out.buffer);
  view.setUint16(0, AF_PACKET, LITTLE);
  view.setUint16(2, protocol);
  view.setInt32(4, index, LITTLE);
  if (mac) {
    out[11] = mac.length;
    out.set(mac.subarray(0, 8), 12);
  }
  return out;
}

/** struct sockaddr_nl, 12 octets. */
export function netlinkSocketAddress(port: number): Uint8Array {
  const out = new Uint8Array(12);
  const view = new DataView(out.buffer);
  view.setUint16(0, AF_NETLINK, LITTLE);
  view.setUint32(4, port, LITTLE);
  return out;
}

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;

/** Byte order of this machine, for the `littleEndian` argument of DataView. */
export const LITTLE = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1;
