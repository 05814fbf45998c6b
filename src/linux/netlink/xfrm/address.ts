/** Addresses of 16 octets whose family stands elsewhere. */
import {
  bits,
  ipv4FromOctets,
  ipv6FromOctets,
  isIpv6,
  type IpAddress,
  type Prefix,
} from '../../../base/address.js';
import { UsageError, WireError } from '../../../base/error.js';
import { AF_INET, AF_INET6 } from '../../sockaddr.js';
import { familyOf } from '../family.js';

/** Throws `WireError` `WIRE_VALUE` for a family that is not IP. */
export function addressOf(family: number, octets: Uint8Array): IpAddress {
  if (family === AF_INET6) return ipv6FromOctets(octets);
  if (family === AF_INET) return ipv4FromOctets(octets);
  throw new WireError('WIRE_VALUE', 0, `address family ${family} is neither 2 nor 10`);
}

/** As addressOf, and for a length past the family's. */
export function prefixOf(family: number, octets: Uint8Array, length: number): Prefix {
  const address = addressOf(family, octets);
  if (length <= bits(address)) return { address, length };
  throw new WireError('WIRE_VALUE', 0, `prefix length ${length} of ${address}`);
}

/** Of all of them. Throws `UsageError` `XFRM_FAMILY` when they differ. */
export function commonFamily(first: IpAddress, ...others: IpAddress[]): number {
  const odd = others.find((other) => isIpv6(other) !== isIpv6(first));
  if (odd === undefined) return familyOf(first);
  throw new UsageError(
    'XFRM_FAMILY',
    `Expected addresses of one family, came ${first} and ${odd}.`,
    `Say ${isIpv6(first) ? '"::"' : '"0.0.0.0"'} for any address of the first one's family.`,
  );
}
