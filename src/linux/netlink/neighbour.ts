/** `struct ndmsg` and its attributes (linux/neighbour.h): neighbours, and the addresses answered for. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { macFromOctets, macOctets, type IpAddress, type MacAddress } from '../../base/address.js';
import { LITTLE } from '../sockaddr.js';
import { AttributeWriter, numberOf, readAttributes, u16, u32 } from './attributes.js';
import { familyAddress, familyOf } from './family.js';

export interface KernelNeighbour {
  readonly index: number;
  readonly address: IpAddress;
  /** The kernel answers for the address on this interface (NTF_PROXY); there is no link-layer address then. */
  readonly proxy: boolean;
  readonly mac?: MacAddress;
  /** Put there by a program, not learned; always so for proxy entries. */
  readonly permanent: boolean;
  /** NDA_PROTOCOL; 0 when the kernel tells none. */
  readonly protocol: number;
}

export function parseNeighbour(message: NetlinkMessage): KernelNeighbour | undefined {
  const { type, data } = message;
  if (type !== RTM_NEWNEIGH && type !== RTM_DELNEIGH) return undefined;
  if (data.length < NDMSG_LENGTH) return undefined;
  const attributes = readAttributes(data.subarray(NDMSG_LENGTH));
  const address = familyAddress(data[0]!, attributes.get(NDA_DST));
  if (address === undefined) return undefined;
  const proxy = (data[10]! & NTF_PROXY) !== 0;
  const hardware = attributes.get(NDA_LLADDR);
  return {
    index: u32(data, 4),
    address,
    proxy,
    ...(hardware?.length === 6 ? { mac: macFromOctets(hardware) } : {}),
    permanent: proxy || (u16(data, 8) & NUD_PERMANENT) !== 0,
    protocol: numberOf(attributes.get(NDA_PROTOCOL)) ?? 0,
  };
}

export function neighbourBody(neighbour: KernelNeighbour): Uint8Array {
  const { index, address, proxy, mac, permanent, protocol } = neighbour;
  const out = new AttributeWriter(
    neighbourHead(familyOf(address), index, permanent ? NUD_PERMANENT : NUD_REACHABLE, proxy),
  ).address(NDA_DST, address);
  if (!proxy && mac !== undefined) out.octets(NDA_LLADDR, macOctets(mac));
  return out.u8(NDA_PROTOCOL, protocol).finish();
}

/** The kernel lists neighbours and proxy entries apart. */
export const neighbourQuery = (family: number, proxy: boolean): Uint8Array =>
  neighbourHead(family, 0, 0, proxy);

function neighbourHead(family: number, index: number, state: number, proxy: boolean): Uint8Array {
  const head = new Uint8Array(NDMSG_LENGTH);
  const view = new DataView(head.buffer);
  head[0] = family;
  view.setUint32(4, index, LITTLE);
  view.setUint16(8, state, LITTLE);
  head[10] = proxy ? NTF_PROXY : 0;
  return head;
}

const NDMSG_LENGTH = 12;
const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const NTF_PROXY = 0x08;
const NUD_REACHABLE = 0x02;
const NUD_PERMANENT = 0x80;
const NDA_DST = 1;
const NDA_LLADDR = 2;
const NDA_PROTOCOL = 12; // Linux 5.0
