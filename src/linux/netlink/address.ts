/** `struct ifaddrmsg` and its attributes (linux/if_addr.h): addresses of interfaces. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { isIpv6, isLinkLocal, type IpAddress } from '../../base/address.js';
import { LITTLE } from '../sockaddr.js';
import { AttributeWriter, numberOf, readAttributes, u32 } from './attributes.js';
import { familyAddress, familyOf } from './family.js';

export interface KernelAddress {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** Neither tentative nor found duplicate. */
  readonly usable: boolean;
  /** Marked as the home address of a mobile node: preferred as a source (RFC 6724 §5, rule 4). */
  readonly homeAddress: boolean;
  /** IFA_PROTO; 0 when the kernel tells none. */
  readonly protocol: number;
  /** Made by the kernel of a router advertisement. */
  readonly autoconfigured: boolean;
  /** RFC 8981 */
  readonly temporary: boolean;
  readonly deprecated: boolean;
  /** Seconds from the message on; null: for ever. */
  readonly validLifetime: number | null;
}

export interface AddressRequest {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly prefixRoute: boolean;
  /** IPv6 only; the kernel knows no such mark on IPv4 addresses. */
  readonly homeAddress?: boolean;
  /** IPv6 only: not taken as a source while there is another (RFC 6724 §5, rule 3). */
  readonly deprecated?: boolean;
  readonly protocol: number;
}

export function parseAddress(message: NetlinkMessage): KernelAddress | undefined {
  const { type, data } = message;
  if (type !== RTM_NEWADDR && type !== RTM_DELADDR) return undefined;
  if (data.length < IFADDRMSG_LENGTH) return undefined;
  const attributes = readAttributes(data.subarray(IFADDRMSG_LENGTH));
  const address = familyAddress(data[0]!, attributes.get(IFA_LOCAL) ?? attributes.get(IFA_ADDRESS));
  if (address === undefined) return undefined;
  const flags = numberOf(attributes.get(IFA_FLAGS)) ?? data[2]!;
  const protocol = numberOf(attributes.get(IFA_PROTO)) ?? 0;
  const cache = attributes.get(IFA_CACHEINFO);
  const valid = cache && cache.length >= 8 ? u32(cache, 4) : FOR_EVER;
  const tentative = (flags & IFA_F_TENTATIVE) !== 0 && (flags & IFA_F_OPTIMISTIC) === 0;
  return {
    index: u32(data, 4),
    address,
    prefixLength: data[1]!,
    usable: !tentative && (flags & IFA_F_DADFAILED) === 0,
    homeAddress: (flags & IFA_F_HOMEADDRESS) !== 0,
    protocol,
    // Before Linux 5.18, which tells the protocol, only those that bear temporary ones can be told.
    autoconfigured: protocol === IFAPROT_KERNEL_RA || (flags & IFA_F_MANAGETEMPADDR) !== 0,
    temporary: isIpv6(address) && (flags & IFA_F_TEMPORARY) !== 0,
    deprecated: (flags & IFA_F_DEPRECATED) !== 0,
    validLifetime: valid === FOR_EVER ? null : valid,
  };
}

/** Without duplicate address detection, which the core has done. A removal needs neither flags nor protocol. */
export function addressBody(request: AddressRequest, add: boolean): Uint8Array {
  const { address, index, prefixLength, prefixRoute, homeAddress, deprecated, protocol } = request;
  const six = isIpv6(address);
  const head = new Uint8Array(IFADDRMSG_LENGTH);
  head[0] = familyOf(address);
  head[1] = prefixLength;
  head[3] = isLinkLocal(address) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
  new DataView(head.buffer).setUint32(4, index, LITTLE);
  const out = new AttributeWriter(head).address(IFA_LOCAL, address).address(IFA_ADDRESS, address);
  if (!add) return out.finish();
  const flags =
    IFA_F_PERMANENT |
    (six ? IFA_F_NODAD : 0) |
    (six && homeAddress ? IFA_F_HOMEADDRESS : 0) |
    (prefixRoute ? 0 : IFA_F_NOPREFIXROUTE);
  if (six && deprecated) {
    const cache = new Uint8Array(16);
    new DataView(cache.buffer).setUint32(4, FOR_EVER, LITTLE);
    out.octets(IFA_CACHEINFO, cache);
  }
  return out.u32(IFA_FLAGS, flags).u8(IFA_PROTO, protocol).finish();
}

/** Of every family. */
export const addressQuery = (): Uint8Array => new Uint8Array(IFADDRMSG_LENGTH);

const IFADDRMSG_LENGTH = 8;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const IFA_ADDRESS = 1;
const IFA_LOCAL = 2;
const IFA_CACHEINFO = 6; // struct ifa_cacheinfo: preferred, valid, two timestamps
const IFA_FLAGS = 8;
const IFA_PROTO = 11; // Linux 5.18
const IFAPROT_KERNEL_RA = 2;
const FOR_EVER = 0xffffffff;
const IFA_F_TEMPORARY = 0x01; // IPv4: secondary
const IFA_F_NODAD = 0x02;
const IFA_F_OPTIMISTIC = 0x04;
const IFA_F_DADFAILED = 0x08;
const IFA_F_HOMEADDRESS = 0x10;
const IFA_F_DEPRECATED = 0x20;
const IFA_F_TENTATIVE = 0x40;
const IFA_F_PERMANENT = 0x80;
const IFA_F_MANAGETEMPADDR = 0x100;
const IFA_F_NOPREFIXROUTE = 0x200;
