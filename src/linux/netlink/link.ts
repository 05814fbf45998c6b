/** `struct ifinfomsg` and its attributes (linux/if_link.h): interfaces. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { macFromOctets, NO_MAC, type MacAddress } from '../../base/address.js';
import { AF_INET6, LITTLE } from '../sockaddr.js';
import {
  AttributeWriter,
  numberOf,
  readAttributes,
  readNested,
  textOf,
  u32,
} from './attributes.js';
import { parseTunnel, writeTunnel, type Tunnel } from './tunnel.js';

export interface KernelLink {
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  /** IFF_UP */
  readonly up: boolean;
  /** IFF_RUNNING: up, with carrier, and operational by RFC 2863. */
  readonly running: boolean;
  readonly loopback: boolean;
  /** Index of the bridge, bond or VRF that this is a port of; 0 none. */
  readonly master: number;
  /** IFLA_CARRIER_UP_COUNT, undefined before Linux 4.16. */
  readonly carrierUps: number | undefined;
  /** 0 unless someone set it. */
  readonly group: number;
  /** The driver, such as `veth`; undefined for hardware and loopback. */
  readonly kind: string | undefined;
  /** Undefined for what is not one of our kinds of tunnel. */
  readonly tunnel: Tunnel | undefined;
}

/** A tunnel device: how it is known, and what it does with packets. */
export type TunnelLink = Tunnel & {
  /** 15 octets at most. */
  readonly name: string;
  /** Chosen by whoever makes it, so that routes in the same batch can name it. */
  readonly index: number;
  readonly group: number;
  readonly up: boolean;
  /** Octets; absent: the kernel's choice. */
  readonly mtu?: number;
};

export interface LinkSettings {
  readonly mtu?: number;
  /** Packets. */
  readonly txqlen?: number;
  readonly up?: boolean;
  /** False: the kernel makes no link-local address when the interface comes up, so it asks no routers there either. */
  readonly linkLocal?: boolean;
}

/** Undefined for what is not a link message, or one of a bridge port or another family. */
export function parseLink(message: NetlinkMessage): KernelLink | undefined {
  const { type, data } = message;
  if (type !== RTM_NEWLINK && type !== RTM_DELLINK) return undefined;
  if (data.length < IFINFOMSG_LENGTH) return undefined;
  const attributes = readAttributes(data.subarray(IFINFOMSG_LENGTH));
  const name = textOf(attributes.get(IFLA_IFNAME));
  if (name === undefined) return undefined;
  const flags = u32(data, 8);
  const hardware = attributes.get(IFLA_ADDRESS);
  const info = readNested(attributes.get(IFLA_LINKINFO));
  const kind = textOf(info.get(IFLA_INFO_KIND));
  return {
    index: u32(data, 4),
    name,
    mac: hardware?.length === 6 ? macFromOctets(hardware) : NO_MAC,
    mtu: numberOf(attributes.get(IFLA_MTU)) ?? 0,
    up: (flags & IFF_UP) !== 0,
    running: (flags & IFF_UP) !== 0 && (flags & IFF_RUNNING) !== 0,
    loopback: (flags & IFF_LOOPBACK) !== 0,
    master: numberOf(attributes.get(IFLA_MASTER)) ?? 0,
    carrierUps: numberOf(attributes.get(IFLA_CARRIER_UP_COUNT)),
    group: numberOf(attributes.get(IFLA_GROUP)) ?? 0,
    kind,
    tunnel:
      kind === undefined ? undefined : parseTunnel(kind, readNested(info.get(IFLA_INFO_DATA))),
  };
}

/** Undefined for what is not one of our kinds of tunnel. */
export function tunnelOf(link: KernelLink): TunnelLink | undefined {
  const { name, index, group, up, mtu, tunnel } = link;
  return tunnel && { name, index, group, up, mtu, ...tunnel };
}

/** All links without an index, or one. */
export const linkQuery = (index = 0): Uint8Array => linkHead(index, undefined);

/** `which` is an index or a name. */
export function linkBody(which: number | string, settings: LinkSettings): Uint8Array {
  const named = typeof which === 'string';
  const out = new AttributeWriter(linkHead(named ? 0 : which, settings.up));
  if (named) out.text(IFLA_IFNAME, which);
  if (settings.mtu !== undefined) out.u32(IFLA_MTU, settings.mtu);
  if (settings.txqlen !== undefined) out.u32(IFLA_TXQLEN, settings.txqlen);
  if (settings.linkLocal !== undefined) {
    const mode = settings.linkLocal ? IN6_ADDR_GEN_MODE_EUI64 : IN6_ADDR_GEN_MODE_NONE;
    out.nest(IFLA_AF_SPEC, (families) => {
      families.nest(AF_INET6, (inet6) => inet6.u8(IFLA_INET6_ADDR_GEN_MODE, mode));
    });
  }
  return out.finish();
}

/** Down: what is to be set before it comes up is told apart, by its name. */
export function newTunnelBody(link: TunnelLink): Uint8Array {
  const out = new AttributeWriter(linkHead(link.index, undefined)).text(IFLA_IFNAME, link.name);
  return writeTunnelLink(link, out);
}

/** Without the name, which the kernel takes for a rename and refuses while the device is up. */
export const tunnelBody = (link: TunnelLink): Uint8Array =>
  writeTunnelLink(link, new AttributeWriter(linkHead(link.index, link.up)));

/** Every parameter, each time: the kernel takes what is absent for its default, not for what it was. */
function writeTunnelLink(link: TunnelLink, out: AttributeWriter): Uint8Array {
  if (link.mtu !== undefined) out.u32(IFLA_MTU, link.mtu);
  out.u32(IFLA_GROUP, link.group).nest(IFLA_LINKINFO, (info) => {
    info.text(IFLA_INFO_KIND, link.type).nest(IFLA_INFO_DATA, (data) => writeTunnel(link, data));
  });
  return out.finish();
}

/** `up` undefined leaves it as it is. */
function linkHead(index: number, up: boolean | undefined): Uint8Array {
  const head = new Uint8Array(IFINFOMSG_LENGTH);
  const view = new DataView(head.buffer);
  view.setUint32(4, index, LITTLE);
  view.setUint32(8, up === true ? IFF_UP : 0, LITTLE);
  view.setUint32(12, up === undefined ? 0 : IFF_UP, LITTLE);
  return head;
}

const IFINFOMSG_LENGTH = 16;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const IFF_UP = 0x1;
const IFF_LOOPBACK = 0x8;
const IFF_RUNNING = 0x40;
const IFLA_ADDRESS = 1;
const IFLA_IFNAME = 3;
const IFLA_MTU = 4;
const IFLA_MASTER = 10;
const IFLA_TXQLEN = 13;
const IFLA_LINKINFO = 18;
const IFLA_AF_SPEC = 26;
const IFLA_GROUP = 27;
const IFLA_CARRIER_UP_COUNT = 47;
const IFLA_INFO_KIND = 1;
const IFLA_INFO_DATA = 2;
const IFLA_INET6_ADDR_GEN_MODE = 8;
const IN6_ADDR_GEN_MODE_EUI64 = 0;
const IN6_ADDR_GEN_MODE_NONE = 1;
