/** `struct ifinfomsg` and its attributes: interfaces. */
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { macFromOctets, type MacAddress } from '../../base/address.js';
import { tryParse } from './codec.js';

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
}

/** Undefined for what is not a link message that the codec understands. */
export function parseLink(message: NetlinkMessage): KernelLink | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'link' || parsed.attrs.ifname === undefined) return undefined;
  const { data, attrs } = parsed;
  const hardware = attrs.address;
  return {
    index: data.index ?? 0,
    name: parsed.attrs.ifname,
    mac: hardware?.length === 6 ? macFromOctets(hardware) : NO_MAC,
    mtu: attrs.mtu ?? 0,
    up: data.flags?.up === true,
    running: data.flags?.up === true && data.flags?.running === true,
    loopback: data.flags?.loopback === true,
    master: attrs.master ?? 0,
    carrierUps: attrs.carrierUpCount,
  };
}

const NO_MAC = '00:00:00:00:00:00' as MacAddress;
