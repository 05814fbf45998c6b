/** `struct ifaddrmsg` and its attributes: addresses of interfaces. */
import * as rt from 'netlink/dist/rt/structs.js';
import { AttrStream, type NetlinkMessage } from 'netlink/dist/structs.js';
import {
  addressFromOctets,
  addressOctets,
  isIpv6,
  isLinkLocal,
  type IpAddress,
} from '../../base/address.js';
import { AF_INET, AF_INET6 } from '../sockaddr.js';
import { rawAttribute, tryParse } from './codec.js';

export interface KernelAddress {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** Neither tentative nor found duplicate. */
  readonly usable: boolean;
  /** IFA_PROTO; 0 when the kernel tells none. */
  readonly protocol: number;
}

export interface AddressRequest {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly prefixRoute: boolean;
  readonly protocol: number;
}

export function parseAddress(message: NetlinkMessage): KernelAddress | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'address') return undefined;
  const { data, attrs } = parsed;
  const octets = attrs.local ?? attrs.address;
  if (!octets || (octets.length !== 4 && octets.length !== 16)) return undefined;
  const flags = attrs.flags ?? data.flags ?? {};
  return {
    index: data.index ?? 0,
    address: addressFromOctets(octets),
    prefixLength: data.prefixlen ?? 0,
    usable: !(flags.dadfailed || (flags.tentative && !flags.optimistic)),
    protocol: rawAttribute(message.data.subarray(rt.__LENGTH_Address), IFA_PROTO)?.[0] ?? 0,
  };
}

export function addressBody(request: AddressRequest, add: boolean): Uint8Array[] {
  const octets = Buffer.from(addressOctets(request.address));
  const six = isIpv6(request.address);
  const out = new AttrStream();
  const flags: rt.AddressFlags = {
    ...(six ? { nodad: true } : {}),
    ...(request.prefixRoute ? {} : { noprefixroute: true }),
    permanent: true,
  };
  rt.formatAddressMessage(
    {
      kind: 'address',
      data: {
        family: six ? AF_INET6 : AF_INET,
        prefixlen: request.prefixLength,
        scope: isLinkLocal(request.address) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
        index: request.index,
      },
      attrs: { local: octets, address: octets, ...(add ? { flags } : {}) },
    },
    out,
  );
  if (add) out.push(IFA_PROTO, Uint8Array.of(request.protocol));
  return out.bufs;
}

const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const IFA_PROTO = 11; // Linux 5.18
