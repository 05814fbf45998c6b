/** RFC 4436 §2.1.1: the reachability test, one unicast ARP request to the gateway of a network that is known. */
import type { Ipv4, MacAddress } from '../../base/address.js';
import type { ArpMessage } from '../../wire/arp.js';
import type { FrameEffect } from '../effect.js';
import { arpFrame } from '../frames.js';
import type { LinkName } from '../input.js';

export interface ProbedNetwork {
  readonly gateway: Ipv4;
  readonly gatewayMac: MacAddress;
  /** Link-layer address of the interface that has the lease. */
  readonly client: MacAddress;
  readonly lease: { readonly address: Ipv4 };
}

/** From the address that the lease gives, to the gateway's link-layer address only. */
export function gatewayProbe(link: LinkName, network: ProbedNetwork): FrameEffect {
  return arpFrame(link, network.gatewayMac, {
    operation: 'request',
    senderMac: network.client,
    senderAddress: network.lease.address,
    targetMac: UNKNOWN_MAC,
    targetAddress: network.gateway,
  });
}

/** Both addresses must be those of the one that was asked: a namesake is another network. */
export const answersProbe = (
  { gateway, gatewayMac }: ProbedNetwork,
  { operation, senderAddress, senderMac }: ArpMessage,
): boolean => operation === 'reply' && senderAddress === gateway && senderMac === gatewayMac;

const UNKNOWN_MAC = '00:00:00:00:00:00' as MacAddress;
