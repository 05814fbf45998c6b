/**
 * The Binding Acknowledgement and its way back to the mobile node.
 *
 * Spec: RFC 6275 §9.5.4 (addresses), §10.3.1 (contents), §10.3.2 (to a link-layer address at home);
 * RFC 5555 §4.2 (in UDP, to the outer source).
 */
import type { BindingAck } from '../../wire/mobility/message.js';
import type { MobilityOption } from '../../wire/mobility/option.js';
import { encodeMobilityPacket } from '../../wire/mobility-packet.js';
import { ETHERTYPE } from '../../wire/protocol.js';
import type { FrameEffect, PacketEffect } from '../effect.js';
import type { LinkName } from '../input.js';
import type { RegistrationRequest } from './registration.js';

export interface AckFields {
  readonly status: number;
  readonly sequence: number;
  /** seconds; 0 when refused or deregistered */
  readonly lifetime: number;
  readonly options: readonly MobilityOption[];
}

/** `homeLink` is the link of the home address, undefined when it is on none of ours. */
export function acknowledge(
  request: RegistrationRequest,
  fields: AckFields,
  homeLink: LinkName | undefined,
): FrameEffect | PacketEffect {
  const { homeAddress, agent: own, packetSource, arrival, link } = request;
  // K is clear: no key management of ours moves with the mobile node. RFC 6275 §10.3.1
  const message: BindingAck = { kind: 'bindingAck', flags: 0, ...fields };
  if (arrival.kind === 'udp') {
    // RFC 5555 §4.5: to the home address, without a routing header.
    const octets = encodeMobilityPacket({ source: own, destination: homeAddress, message });
    const udp = {
      source: arrival.destination,
      sourcePort: arrival.destinationPort,
      destination: arrival.source,
      destinationPort: arrival.sourcePort,
    };
    return { kind: 'packet', octets, udp };
  }
  if (packetSource !== homeAddress) {
    // RFC 6275 §9.5.4: to the source of the update, whatever care-of address it asked for.
    const path = { source: own, destination: packetSource, routingHome: homeAddress };
    return { kind: 'packet', octets: encodeMobilityPacket({ ...path, message }) };
  }
  const payload = encodeMobilityPacket({ source: own, destination: homeAddress, message });
  // RFC 6275 §10.3.2: at home, to the link-layer address that the update came from; the neighbour cache may
  // still hold our own.
  if (arrival.kind === 'native' && arrival.linkSource !== undefined && link === homeLink) {
    return {
      kind: 'frame',
      link,
      destination: arrival.linkSource,
      etherType: ETHERTYPE.ipv6,
      payload,
    };
  }
  return { kind: 'packet', octets: payload };
}

/**
 * RFC 6275 §10.3.1: below the lifetime, or not at all. The clause wants it left out where bindings survive a
 * restart; it is sent only when the administrator asks for it.
 */
export function refreshAdvice(seconds: number, lifetime: number): MobilityOption[] {
  const interval = Math.floor(seconds / 4) * 4;
  return interval > 0 && interval < lifetime ? [{ kind: 'bindingRefreshAdvice', interval }] : [];
}
