/** Addresses and prefixes as rtnetlink has them: the family in the fixed structure, the octets in an attribute. */
import {
  bits,
  ipv4FromOctets,
  ipv6FromOctets,
  isIpv6,
  type IpAddress,
  type Prefix,
} from '../../base/address.js';
import { AF_INET, AF_INET6 } from '../sockaddr.js';

export const familyOf = (address: IpAddress): number => (isIpv6(address) ? AF_INET6 : AF_INET);

export const isIpFamily = (family: number): boolean => family === AF_INET || family === AF_INET6;

/** Undefined where the attribute is absent or not as long as the family's addresses. */
export function familyAddress(
  family: number,
  octets: Uint8Array | undefined,
): IpAddress | undefined {
  if (family === AF_INET6) return octets?.length === 16 ? ipv6FromOctets(octets) : undefined;
  return family === AF_INET && octets?.length === 4 ? ipv4FromOctets(octets) : undefined;
}

/** Length 0 needs no attribute. Undefined where the address is missing, or too short for the length. */
export function familyPrefix(
  family: number,
  octets: Uint8Array | undefined,
  length: number,
): Prefix | undefined {
  const address = familyAddress(family, length === 0 ? anyOf(family) : octets);
  return address !== undefined && length <= bits(address) ? { address, length } : undefined;
}

const anyOf = (family: number): Uint8Array => (family === AF_INET6 ? ANY6 : ANY4);

const ANY4 = new Uint8Array(4);
const ANY6 = new Uint8Array(16);
