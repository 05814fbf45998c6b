/** What a world tells a role. Octets are never trusted; `core/ingress.ts` is the only door. */
import type { IpAddress, Ipv4, MacAddress } from '../base/address.js';
import type { Instant } from '../base/time.js';

/** Interface name as the kernel has it, such as `eth0`. */
export type LinkName = string;

/** One interface as it is now. Worlds send the whole of it again on every change. */
export interface LinkState {
  readonly name: LinkName;
  readonly index: number;
  /** Administratively up and with carrier. */
  readonly up: boolean;
  readonly mac: MacAddress;
  /** octets */
  readonly mtu: number;
  /** Times that carrier has come up; a quick down and up shows here even when `up` never read false. */
  readonly carrierUps: number;
  readonly addresses: readonly LinkAddress[];
  /** Absent where the world leaves no doubt that the interface is ours to configure. */
  readonly owner?: LinkOwner;
  /** Of an interface that another one configures: its default routes, the best first. */
  readonly routers?: readonly LinkRouter[];
}

export interface LinkAddress {
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** On an interface that another one configures: what it says of the address. Null: for ever. */
  readonly validUntil?: Instant | null;
  readonly deprecated?: boolean;
  /** RFC 8981: made to be given up soon. */
  readonly temporary?: boolean;
}

export interface LinkRouter {
  readonly family: 4 | 6;
  /** Null: everything is on the link itself (a point-to-point interface). */
  readonly via: IpAddress | null;
}

/** Who processes router advertisements and gives an interface its addresses. */
export type LinkOwner =
  | { readonly kind: 'us'; readonly why: string }
  | {
      readonly kind: 'other';
      /** Such as `NetworkManager`. */
      readonly name: string;
      /** IPv4 addresses too: no DHCP client of ours beside it. */
      readonly leases: boolean;
      readonly why: string;
    };

/** A frame of neighbour discovery (ICMPv6 133-137), ARP, or DHCP (UDP 67/68). `payload` follows the link header. */
export interface ReceivedFrame {
  readonly link: LinkName;
  readonly source: MacAddress;
  readonly destination: MacAddress;
  readonly etherType: number;
  readonly payload: Uint8Array;
  /** The sender's stack left the transport checksum to hardware that is not there (veth): do not verify it. */
  readonly checksumDeferred?: boolean;
}

/** How a signalling packet came. */
export type Arrival =
  /** As it is, on `link`. `linkSource` is the frame's sender where the world knows it. */
  | { readonly kind: 'native'; readonly linkSource?: MacAddress }
  /** Inside IPv4 and UDP on port 4191; the outer source is what NAT detection compares. RFC 5555 §4.2 */
  | {
      readonly kind: 'udp';
      readonly source: Ipv4;
      readonly sourcePort: number;
      readonly destination: Ipv4;
      readonly destinationPort: number;
    }
  /** Inside the tunnel whose remote end is `source`. */
  | { readonly kind: 'tunnel'; readonly source: IpAddress };

/** A whole IP packet addressed to this node: Mobility Header, or ICMPv6 other than neighbour discovery. */
export interface ReceivedPacket {
  readonly link: LinkName;
  readonly octets: Uint8Array;
  readonly arrival: Arrival;
  /** True when IPsec protected it. */
  readonly protected: boolean;
}

export type WorldInput =
  | { readonly kind: 'frame'; readonly frame: ReceivedFrame }
  | { readonly kind: 'packet'; readonly packet: ReceivedPacket }
  | { readonly kind: 'link'; readonly link: LinkState }
  | { readonly kind: 'linkGone'; readonly name: LinkName }
  /** First data packet through a tunnel since it was declared or changed. */
  | { readonly kind: 'firstPacket'; readonly tunnel: string; readonly direction: 'in' | 'out' };
