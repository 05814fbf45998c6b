/** Anycast addresses that every subnet has reserved: RFC 2526. */
import { ipv6FromOctets, ipv6Octets, prefixOf, type Ipv6, type Prefix } from './address.js';

/**
 * The Mobile IPv6 Home-Agents anycast address of a subnet, identifier 126. Null for a prefix that leaves no room for
 * the 7 bits of one.
 */
export function homeAgentsAnycast(subnet: Prefix<Ipv6>): Ipv6 | null {
  if (subnet.length > MAX_SUBNET) return null;
  const { address, length } = prefixOf(subnet.address, subnet.length);
  const octets = ipv6Octets(address).slice();
  for (let i = length >> 3; i < 16; i++)
    octets[i]! |= i === length >> 3 ? 0xff >> (length & 7) : 0xff;
  // RFC 2526 §2: an interface identifier of 64 bits says by its u bit that it is not unique in the world.
  if (length === 64) octets[8]! &= 0xfd;
  octets[15] = (octets[15]! & 0x80) | HOME_AGENTS;
  return ipv6FromOctets(octets);
}

const MAX_SUBNET = 121; // RFC 2526 §2
const HOME_AGENTS = 126; // RFC 2526 §3
