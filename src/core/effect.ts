/** What a role asks of its world, in one ordered queue: the order is behaviour. */
import type { Ipv4, MacAddress } from '../base/address.js';
import type { DatapathState } from './datapath/model.js';
import type { MipEvent } from './event.js';
import type { LinkName } from './input.js';

/** Straight onto a link; the world puts the link's own address as sender. */
export interface FrameEffect {
  readonly kind: 'frame';
  readonly link: LinkName;
  readonly destination: MacAddress;
  readonly etherType: number;
  readonly payload: Uint8Array;
}

/** Outer IPv4 and UDP that the world puts around a packet. RFC 5555 §4.1 */
export interface UdpEncapsulation {
  readonly source: Ipv4;
  readonly sourcePort: number;
  readonly destination: Ipv4;
  readonly destinationPort: number;
}

/** A whole IP packet that the host's routing delivers, leaving by `link` where one is named. */
export interface PacketEffect {
  readonly kind: 'packet';
  readonly octets: Uint8Array;
  readonly link?: LinkName;
  readonly udp?: UdpEncapsulation;
}

/** The whole desired state, every time. Done before the next effect of the queue is. */
export interface DatapathEffect {
  readonly kind: 'datapath';
  readonly want: DatapathState;
}

export interface EventEffect {
  readonly kind: 'event';
  readonly event: MipEvent;
}

/** Survives a restart. `value` undefined forgets the key. */
export interface StoreEffect {
  readonly kind: 'store';
  readonly key: string;
  readonly value: string | undefined;
}

export type RoleEffect = FrameEffect | PacketEffect | DatapathEffect | EventEffect | StoreEffect;
