/**
 * The single door: octets of peers become values that a role may act on, or a refusal that says why and what
 * to answer. Nothing past it throws because of what a peer sent; nothing else catches `WireError`.
 *
 * Spec: RFC 6275 §9.2 (order of checks of a Mobility Header), §6.3, §9.3.1 (Home Address option), §6.4, §11.3.3
 * (type 2 routing header); RFC 4861 §6.1, §7.1 (neighbour discovery); RFC 8200 §4.2, §4.4; RFC 2131 §4.1.
 */
import {
  BROADCAST4,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isRoutableUnicast,
  isUnspecified,
  ipv6FromOctets,
  solicitedNode,
  UNSPECIFIED6,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type MacAddress,
} from '../base/address.js';
import { transportChecksum } from '../base/checksum.js';
import { WireError } from '../base/error.js';
import { decodeArp, type ArpMessage } from '../wire/arp.js';
import { decodeDhcp, dhcpType } from '../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../wire/dhcpv4/message.js';
import { decodeIcmpv6, type Icmpv6Message } from '../wire/icmpv6.js';
import { decodeIpv4 } from '../wire/ipv4.js';
import type { Ipv6Packet } from '../wire/ipv6.js';
import {
  decodeIpv6,
  headerOffset,
  homeAddressOption,
  isFragment,
  optionOffset,
  routing2,
  unknownOptionAction,
} from '../wire/ipv6-codec.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../wire/mobility-packet.js';
import { decodeMobility, verifyMobility } from '../wire/mobility/codec.js';
import { isBaseType } from '../wire/mobility/message-table.js';
import type { MobilityMessage } from '../wire/mobility/message.js';
import type { NdMessage, Redirect } from '../wire/nd/message.js';
import { ETHERTYPE, ICMPV6, PROTOCOL, UDP_PORT } from '../wire/protocol.js';
import { decodeUdp } from '../wire/udp.js';
import type { LinkName, ReceivedFrame, ReceivedPacket } from './input.js';

export type Ingress = MobilityIngress | Icmpv6Ingress | FrameIngress;
export type FrameIngress = NdIngress | RedirectIngress | ArpIngress | DhcpIngress;

/** How the addresses of a signalling packet read once RFC 6275 §9.3.1 and §11.3.3 have been applied. */
interface Addressed {
  /** Home address of the Home Address option, else the packet's source. */
  readonly source: Ipv6;
  /** Home address of the type 2 routing header, else the packet's destination. The role checks that it is its own. */
  readonly destination: Ipv6;
  /** Source of the IPv6 header. */
  readonly careOf: Ipv6;
  /** Destination of the IPv6 header. */
  readonly packetDestination: Ipv6;
  readonly homeAddressOption: boolean;
  readonly routing2: boolean;
  readonly received: ReceivedPacket;
}

export interface MobilityIngress extends Addressed {
  readonly kind: 'mobility';
  readonly message: MobilityMessage;
  /** The Mobility Header as it came, for authenticators. */
  readonly octets: Uint8Array;
}

/** Never neighbour discovery. A Home Address option here wants a binding: see `refuseUnknownBinding`. */
export interface Icmpv6Ingress extends Addressed {
  readonly kind: 'icmpv6';
  readonly message: Exclude<Icmpv6Message, NdMessage>;
}

interface OnLink {
  readonly link: LinkName;
  readonly linkSource: MacAddress;
}

export interface NdIngress extends OnLink {
  readonly kind: 'nd';
  readonly linkDestination: MacAddress;
  readonly source: Ipv6;
  readonly destination: Ipv6;
  readonly message: NdMessage;
}

/** Valid by RFC 4861 §8.1 but for its source, which only the role can know to be the first hop. */
export interface RedirectIngress extends OnLink {
  readonly kind: 'redirect';
  readonly source: Ipv6;
  readonly message: Redirect;
}

export interface ArpIngress extends OnLink {
  readonly kind: 'arp';
  readonly message: ArpMessage;
}

export interface DhcpIngress extends OnLink {
  readonly kind: 'dhcp';
  readonly source: Ipv4;
  readonly destination: Ipv4;
  /** Has a message type that fits its `op` and the port it came to. */
  readonly message: DhcpMessage;
}

export type IngressOf<K extends Ingress['kind']> = Extract<Ingress, { kind: K }>;
export type IngressResult<T extends Ingress = Ingress> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly refusal: Refusal };

export type Answer = Readonly<
  | { kind: 'silence' }
  /** RFC 6275 §9.3.3: to the source of the IPv6 header, whatever option or binding there is. */
  | { kind: 'bindingError'; status: 1 | 2; to: Ipv6; homeAddress: Ipv6 }
  /** RFC 4443 §3.4; `pointer` counts octets of `offending`, the whole packet. */
  | { kind: 'parameterProblem'; code: 0 | 1 | 2; pointer: number; to: Ipv6; offending: Uint8Array }
>;

export interface Refusal {
  /** Counter key. */
  readonly reason: RefusalReason;
  /** Who sent it, where that much could be read. */
  readonly source: IpAddress | null;
  readonly clause: string;
  /** What to answer; the sender of answers limits their rate, RFC 4443 §2.4(f) and RFC 6275 §9.3.3. */
  readonly answer: Answer;
}

/** A frame of neighbour discovery, ARP or DHCP. */
export function ingressFrame(frame: ReceivedFrame): IngressResult<FrameIngress> {
  switch (frame.etherType) {
    case ETHERTYPE.ipv6:
      return guard(['nd-malformed', 'nd-checksum'], sourceOf(frame.payload), () => ndFrame(frame));
    case ETHERTYPE.arp:
      return guard(['arp-malformed'], null, () => arpFrame(frame));
    case ETHERTYPE.ipv4:
      return guard(['dhcp-malformed', 'dhcp-checksum'], null, () => dhcpFrame(frame));
    default:
      return refuse('frame-type', null);
  }
}

/** A whole IPv6 packet of Mobility Header or ICMPv6. */
export function ingressPacket(
  received: ReceivedPacket,
): IngressResult<MobilityIngress | Icmpv6Ingress> {
  return guard(
    ['ipv6-malformed'],
    sourceOf(received.octets),
    (): IngressResult<MobilityIngress | Icmpv6Ingress> => {
      const packet = decodeIpv6(received.octets);
      const refusal = checkHeaders(packet, received.octets);
      if (refusal) return { ok: false, refusal };
      const home = homeAddressOption(packet);
      const route = routing2(packet);
      const addressed: Addressed = {
        source: home ?? packet.source,
        destination: route?.homeAddress ?? packet.destination,
        careOf: packet.source,
        packetDestination: packet.destination,
        homeAddressOption: home !== undefined,
        routing2: route !== undefined,
        received,
      };
      if (packet.protocol === PROTOCOL.mobility) return mobility(packet, addressed);
      if (packet.protocol === PROTOCOL.icmpv6) return icmpv6(packet, addressed);
      return refuse('packet-protocol', packet.source);
    },
  );
}

/**
 * RFC 6275 §9.3.1: a Home Address option whose home address is not bound to the sender. For roles, which know the
 * bindings; Mobility Headers are exempt from the test.
 */
export function refuseUnknownBinding(
  ingress: Pick<Addressed, 'source' | 'careOf' | 'packetDestination'>,
): Refusal {
  const { source, careOf, packetDestination } = ingress;
  return bindingError('hao-unbound', 1, careOf, packetDestination, source);
}

/** The packet that answers a refusal, sent from `own`; undefined for silence. */
export function refusalPacket(refusal: Refusal, own: Ipv6): Uint8Array | undefined {
  const { answer } = refusal;
  switch (answer.kind) {
    case 'silence':
      return undefined;
    case 'bindingError': {
      const { status, homeAddress } = answer;
      const message = { kind: 'bindingError', status, homeAddress, options: [] } as const;
      return encodeMobilityPacket({ source: own, destination: answer.to, message });
    }
    case 'parameterProblem': {
      const { code, pointer } = answer;
      // RFC 4443 §2.4(c): as much as fits the minimum MTU.
      const quoted = answer.offending.subarray(0, QUOTED_LIMIT);
      const message = { kind: 'parameterProblem', code, pointer, quoted } as const;
      return encodeIcmpv6Packet({ source: own, destination: answer.to, message });
    }
    default:
      return answer satisfies never;
  }
}

/**
 * The packet that an ICMPv6 error quotes, perhaps cut short: `payload` is what there is of it. Undefined when not
 * even its headers came along.
 */
export function quotedPacket(quoted: Uint8Array): Ipv6Packet | undefined {
  if (quoted.length < IPV6_HEADER) return undefined;
  const whole = quoted.slice();
  const have = whole.length - IPV6_HEADER;
  if (((whole[4]! << 8) | whole[5]!) > have) {
    whole[4] = have >>> 8;
    whole[5] = have;
  }
  try {
    return decodeIpv6(whole);
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

function mobility(packet: Ipv6Packet, addressed: Addressed): IngressResult<MobilityIngress> {
  const { payload } = packet;
  const { careOf: from } = addressed;
  if (payload.length < MOBILITY_HEADER) return refuse('mh-truncated', from);
  // RFC 6275 §9.2 sets the order: checksum, type, Payload Proto, Header Len.
  if (!mobilityChecksum(payload, addressed)) return refuse('mh-checksum', from);
  if (!isBaseType(payload[MH_TYPE_AT]!)) {
    const home = addressed.homeAddressOption ? addressed.source : UNSPECIFIED6;
    const to = addressed.packetDestination;
    return { ok: false, refusal: bindingError('mh-type', 2, from, to, home) };
  }
  const { value, error } = attempt(() => decodeMobility(payload, packet.payloadOffset));
  if (value) {
    const { message } = value;
    return { ok: true, value: { kind: 'mobility', ...addressed, message, octets: payload } };
  }
  switch (error.code) {
    case 'WIRE_PAYLOAD_PROTO':
      return problem('mh-payload-proto', addressed, error.offset);
    case 'WIRE_HEADER_LENGTH':
      return problem('mh-header-length', addressed, error.offset);
    // Ours: RFC 6275 leaves open what a wrong option is answered with. RFC 4443 §3.4, at the length octet.
    case 'WIRE_OPTION_LENGTH':
      return problem('mh-option-length', addressed, error.offset + 1);
    default:
      return refuse('mh-malformed', from);
  }
}

/**
 * RFC 6275 §6.1.1 sums the length that Header Len gives. Peers that set Header Len wrong, or that put something
 * behind the header, have summed all there is; both prove that the octets are as they were sent.
 */
function mobilityChecksum(payload: Uint8Array, { source, destination }: Addressed): boolean {
  return (
    transportChecksum(source, destination, PROTOCOL.mobility, payload) === 0 ||
    verifyMobility(payload, source, destination)
  );
}

function icmpv6(packet: Ipv6Packet, addressed: Addressed): IngressResult<Icmpv6Ingress> {
  const { source, destination, careOf: from } = addressed;
  return guard(['icmpv6-malformed', 'icmpv6-checksum'], from, () => {
    const message = decodeIcmpv6(packet.payload, source, destination);
    const type = packet.payload[0]!;
    // RFC 4861 §3.1: neighbour discovery stays on its link and comes as a frame.
    if (isNd(message) || type === ICMPV6.redirect) return refuse('icmpv6-nd', from);
    if (type >= ICMPV6.homeAgentDiscoveryRequest && type <= ICMPV6.mobilePrefixAdvertisement) {
      // RFC 6275 §6.5-§6.8: the code is zero.
      if (packet.payload[1] !== 0) return refuse('icmpv6-code', from);
    }
    return { ok: true, value: { kind: 'icmpv6', ...addressed, message } };
  });
}

/** Extension headers in the order in which they stand, RFC 8200 §4. */
function checkHeaders(packet: Ipv6Packet, octets: Uint8Array): Refusal | undefined {
  const { source } = packet;
  if (isMulticast(source) || isUnspecified(source) || isLoopback(source)) {
    return refusal('ipv6-source', null);
  }
  if (isFragment(packet)) return refusal('ipv6-fragment', source);
  let homeAddresses = 0;
  let routes = 0;
  for (const [at, header] of packet.headers.entries()) {
    switch (header.kind) {
      case 'hopByHop':
      case 'destinationOptions':
        for (const [index, option] of header.options.entries()) {
          if (option.kind === 'homeAddress') {
            homeAddresses++;
            if (homeAddresses > 1) return refusal('hao-repeated', source);
            if (!isRoutableUnicast(option.address)) return refusal('hao-address', source);
          } else if (option.kind === 'unknown') {
            const refused = unknownOption(option.type, packet, octets, () =>
              optionOffset(packet, at, index),
            );
            if (refused) return refused;
          }
        }
        break;
      case 'routing2':
        // RFC 6275 §11.3.3: one address, a routable one, and one segment left.
        routes++;
        if (routes > 1) return refusal('rh2-repeated', source);
        if (header.segmentsLeft !== 1) return refusal('rh2-segments', source);
        if (!isRoutableUnicast(header.homeAddress)) return refusal('rh2-address', source);
        break;
      case 'routing':
        if (header.type === 2) return refusal('rh2-length', source);
        if (header.segmentsLeft > 0) {
          return parameterProblem('ipv6-routing', 0, headerOffset(packet, at) + 2, packet, octets);
        }
        break;
      case 'fragment':
        break;
      default:
        header satisfies never;
    }
  }
  return undefined;
}

/** RFC 8200 §4.2: the two highest bits of a type say what is done by who does not know it. */
function unknownOption(
  type: number,
  packet: Ipv6Packet,
  octets: Uint8Array,
  pointer: () => number,
): Refusal | undefined {
  const action = unknownOptionAction(type);
  if (action === 'skip') return undefined;
  if (
    action === 'discard' ||
    (action === 'reportUnlessMulticast' && isMulticast(packet.destination))
  )
    return refusal('ipv6-option', packet.source);
  return parameterProblem('ipv6-option', 2, pointer(), packet, octets);
}

function ndFrame(frame: ReceivedFrame): IngressResult<NdIngress | RedirectIngress> {
  const packet = decodeIpv6(frame.payload);
  const { source, destination, payload } = packet;
  const no = (reason: RefusalReason) => refuse(reason, source);
  if (isMulticast(source)) return refuse('ipv6-source', null);
  // RFC 6980 §5: no fragments. RFC 6275 §9.3.2: nothing of Mobile IPv6 either.
  if (packet.headers.some((header) => header.kind === 'fragment')) return no('ipv6-fragment');
  if (homeAddressOption(packet) !== undefined || routing2(packet)) return no('nd-header');
  if (packet.protocol !== PROTOCOL.icmpv6) return no('nd-type');
  const verify = frame.checksumDeferred !== true;
  const message = decodeIcmpv6(payload, source, destination, { verify });
  if (message.kind !== 'redirect' && !isNd(message)) return no('nd-type');
  if (packet.hopLimit !== 255) return no('nd-hop-limit');
  if (payload[1] !== 0) return no('nd-code');
  const { link, source: linkSource, destination: linkDestination } = frame;
  if (message.kind === 'redirect') {
    if (!isLinkLocal(source)) return no('nd-router-source');
    const onLink = isLinkLocal(message.target) || message.target === message.destination;
    if (isMulticast(message.destination) || !onLink) return no('nd-redirect');
    return { ok: true, value: { kind: 'redirect', link, linkSource, source, message } };
  }
  const unspecified = source === UNSPECIFIED6;
  const linkAddress = message.options.some((option) => option.kind === 'sourceLinkLayer');
  switch (message.kind) {
    case 'routerSolicitation':
      if (unspecified && linkAddress) return no('nd-source-option');
      break;
    case 'routerAdvertisement':
      if (!isLinkLocal(source)) return no('nd-router-source');
      break;
    case 'neighborSolicitation':
      if (isMulticast(message.target)) return no('nd-target');
      if (unspecified && linkAddress) return no('nd-source-option');
      if (unspecified && !isSolicitedNode(destination)) return no('nd-destination');
      break;
    case 'neighborAdvertisement':
      if (isMulticast(message.target)) return no('nd-target');
      if (message.solicited && isMulticast(destination)) return no('nd-solicited');
      break;
    default:
      message satisfies never;
  }
  return {
    ok: true,
    value: { kind: 'nd', link, linkSource, linkDestination, source, destination, message },
  };
}

function arpFrame(frame: ReceivedFrame): IngressResult<ArpIngress> {
  const message = decodeArp(frame.payload);
  const { senderAddress, senderMac, targetAddress } = message;
  if (isGroup(senderMac)) return refuse('arp-sender', null);
  for (const address of [senderAddress, targetAddress]) {
    if (isMulticast(address) || address === BROADCAST4) return refuse('arp-address', null);
  }
  const { link, source: linkSource } = frame;
  return { ok: true, value: { kind: 'arp', link, linkSource, message } };
}

function dhcpFrame(frame: ReceivedFrame): IngressResult<DhcpIngress> {
  const packet = decodeIpv4(frame.payload);
  const { source, destination } = packet;
  const no = (reason: RefusalReason) => refuse(reason, source);
  if (isMulticast(source) || source === BROADCAST4) return refuse('ipv4-source', null);
  if (packet.protocol !== PROTOCOL.udp) return no('dhcp-port');
  if (packet.moreFragments || packet.fragmentOffset > 0) return no('ipv4-fragment');
  const verify = frame.checksumDeferred !== true;
  const datagram = decodeUdp(packet.payload, source, destination, { verify });
  const op = OP_BY_PORT.get(datagram.destinationPort);
  if (op === undefined) return no('dhcp-port');
  const message = decodeDhcp(datagram.payload);
  const type = dhcpType(message);
  if (type === undefined) return no('dhcp-type');
  const reply = type === 'offer' || type === 'ack' || type === 'nak';
  // RFC 2131 §4.1, table 3: replies are op 2 and come to port 68. We serve no relays.
  if (message.op !== op || reply !== (op === 2)) return no('dhcp-direction');
  const { link, source: linkSource } = frame;
  return { ok: true, value: { kind: 'dhcp', link, linkSource, source, destination, message } };
}

function isNd(message: Icmpv6Message): message is NdMessage {
  switch (message.kind) {
    case 'routerSolicitation':
    case 'routerAdvertisement':
    case 'neighborSolicitation':
    case 'neighborAdvertisement':
      return true;
    default:
      return false;
  }
}

/** ff02::1:ff00:0/104: it is the group of its own low 24 bits. */
const isSolicitedNode = (a: Ipv6): boolean => solicitedNode(a) === a;

const isGroup = (m: MacAddress): boolean => (Number.parseInt(m.slice(0, 2), 16) & 1) !== 0;

/** Enough for a counter and a log when the rest cannot be read. */
function sourceOf(octets: Uint8Array): Ipv6 | null {
  return octets.length >= 24 && octets[0]! >>> 4 === 6 ? ipv6FromOctets(octets, 8) : null;
}

function attempt<T>(
  decode: () => T,
): { value: T; error?: undefined } | { value?: undefined; error: WireError } {
  try {
    return { value: decode() };
  } catch (error) {
    if (error instanceof WireError) return { error };
    throw error;
  }
}

/** What a decoder refuses is refused in silence. */
function guard<T extends Ingress>(
  [malformed, checksum = malformed]: readonly [malformed: RefusalReason, checksum?: RefusalReason],
  source: IpAddress | null,
  decode: () => IngressResult<T>,
): IngressResult<T> {
  const { value, error } = attempt(decode);
  if (value) return value;
  const refused = refusal(error.code === 'WIRE_CHECKSUM' ? checksum : malformed, source);
  const clause = error.clause ?? refused.clause;
  return { ok: false, refusal: { ...refused, clause } };
}

function refuse(reason: RefusalReason, source: IpAddress | null): { ok: false; refusal: Refusal } {
  return { ok: false, refusal: refusal(reason, source) };
}

function refusal(
  reason: RefusalReason,
  source: IpAddress | null,
  answer: Answer = SILENCE,
): Refusal {
  return { reason, source, clause: REFUSALS[reason].clause, answer };
}

function problem(
  reason: RefusalReason,
  addressed: Addressed,
  pointer: number,
): { ok: false; refusal: Refusal } {
  const { careOf: source, packetDestination: destination, received } = addressed;
  const packet = { source, destination };
  return { ok: false, refusal: parameterProblem(reason, 0, pointer, packet, received.octets) };
}

/** RFC 4443 §2.4(e): errors go to a unicast source only, and to group traffic only with code 2. */
function parameterProblem(
  reason: RefusalReason,
  code: 0 | 2,
  pointer: number,
  { source, destination }: Pick<Ipv6Packet, 'source' | 'destination'>,
  offending: Uint8Array,
): Refusal {
  if (isMulticast(destination) && code !== 2) return refusal(reason, source);
  return refusal(reason, source, {
    kind: 'parameterProblem',
    code,
    pointer,
    to: source,
    offending,
  });
}

/** RFC 6275 §9.3.3. Ours: nothing sent to a group is answered, or one packet would draw many. */
function bindingError(
  reason: RefusalReason,
  status: 1 | 2,
  to: Ipv6,
  destination: Ipv6,
  homeAddress: Ipv6,
): Refusal {
  if (isMulticast(destination)) return refusal(reason, to);
  return refusal(reason, to, { kind: 'bindingError', status, to, homeAddress });
}

/** Why octets were refused, one row per counter. */
export const REFUSALS = {
  'frame-type': { sentence: 'frame of another protocol', clause: 'RFC 2464 §3' },
  'packet-protocol': { sentence: 'neither Mobility Header nor ICMPv6', clause: 'RFC 8200 §4' },
  'ipv6-malformed': {
    sentence: 'IPv6 header or extension header malformed',
    clause: 'RFC 8200 §3',
  },
  'ipv6-source': { sentence: 'source address is no unicast address', clause: 'RFC 4291 §2.7' },
  'ipv6-fragment': { sentence: 'a fragment', clause: 'RFC 8200 §4.5, RFC 6980 §5' },
  'ipv6-option': { sentence: 'option that must not be skipped', clause: 'RFC 8200 §4.2' },
  'ipv6-routing': {
    sentence: 'unknown routing header with segments left',
    clause: 'RFC 8200 §4.4',
  },
  'hao-repeated': { sentence: 'more than one Home Address option', clause: 'RFC 6275 §6.3' },
  'hao-address': { sentence: 'home address is not routable unicast', clause: 'RFC 6275 §9.3.1' },
  'hao-unbound': { sentence: 'Home Address option without a binding', clause: 'RFC 6275 §9.3.1' },
  'rh2-length': { sentence: 'type 2 routing header of wrong length', clause: 'RFC 6275 §11.3.3' },
  'rh2-segments': {
    sentence: 'type 2 routing header: Segments Left not 1',
    clause: 'RFC 6275 §11.3.3',
  },
  'rh2-address': { sentence: 'type 2 routing header: address', clause: 'RFC 6275 §11.3.3' },
  'rh2-repeated': { sentence: 'more than one type 2 routing header', clause: 'RFC 6275 §6.4' },
  'mh-truncated': { sentence: 'Mobility Header cut short', clause: 'RFC 6275 §6.1.1' },
  'mh-checksum': { sentence: 'Mobility Header checksum', clause: 'RFC 6275 §9.2' },
  'mh-type': { sentence: 'unknown Mobility Header type', clause: 'RFC 6275 §9.2' },
  'mh-payload-proto': { sentence: 'Payload Proto is not 59', clause: 'RFC 6275 §9.2' },
  'mh-header-length': { sentence: 'Header Len does not fit the type', clause: 'RFC 6275 §9.2' },
  'mh-option-length': { sentence: 'mobility option of wrong length', clause: 'RFC 6275 §6.2' },
  'mh-malformed': { sentence: 'mobility options malformed', clause: 'RFC 6275 §6.2.1' },
  'icmpv6-malformed': { sentence: 'ICMPv6 message malformed', clause: 'RFC 4443 §2.1' },
  'icmpv6-checksum': { sentence: 'ICMPv6 checksum', clause: 'RFC 4443 §2.3' },
  'icmpv6-code': { sentence: 'ICMPv6 code is not 0', clause: 'RFC 6275 §6.5' },
  'icmpv6-nd': { sentence: 'neighbour discovery from off the link', clause: 'RFC 4861 §3.1' },
  'nd-malformed': { sentence: 'neighbour discovery malformed', clause: 'RFC 4861 §6.1' },
  'nd-checksum': { sentence: 'neighbour discovery checksum', clause: 'RFC 4861 §6.1' },
  'nd-type': { sentence: 'not a neighbour discovery message we take', clause: 'RFC 4861 §4' },
  'nd-hop-limit': { sentence: 'hop limit is not 255', clause: 'RFC 4861 §6.1' },
  'nd-code': { sentence: 'neighbour discovery code is not 0', clause: 'RFC 4861 §6.1' },
  'nd-header': { sentence: 'neighbour discovery under Mobile IPv6', clause: 'RFC 6275 §9.3.2' },
  'nd-redirect': { sentence: 'redirect to what is no neighbour', clause: 'RFC 4861 §8.1' },
  'nd-router-source': { sentence: 'router is not link-local', clause: 'RFC 4861 §6.1.2' },
  'nd-source-option': {
    sentence: 'link-layer address from the unspecified address',
    clause: 'RFC 4861 §6.1.1, §7.1.1',
  },
  'nd-destination': { sentence: 'probe not to solicited nodes', clause: 'RFC 4861 §7.1.1' },
  'nd-target': { sentence: 'target is multicast', clause: 'RFC 4861 §7.1' },
  'nd-solicited': { sentence: 'solicited flag to a group', clause: 'RFC 4861 §7.1.2' },
  'arp-malformed': { sentence: 'ARP malformed', clause: 'RFC 826' },
  'arp-sender': { sentence: 'ARP sender is a group', clause: 'RFC 1812 §3.3.2' },
  'arp-address': { sentence: 'ARP address is not unicast', clause: 'RFC 826' },
  'ipv4-source': { sentence: 'source address is no unicast address', clause: 'RFC 1122 §3.2.1.3' },
  'ipv4-fragment': { sentence: 'a fragment', clause: 'RFC 791 §3.2' },
  'dhcp-malformed': { sentence: 'DHCP malformed', clause: 'RFC 2131 §2' },
  'dhcp-checksum': { sentence: 'DHCP UDP checksum', clause: 'RFC 768' },
  'dhcp-port': { sentence: 'not to a DHCP port', clause: 'RFC 2131 §4.1' },
  'dhcp-type': { sentence: 'no known DHCP message type', clause: 'RFC 2132 §9.6' },
  'dhcp-direction': { sentence: 'DHCP op does not fit port or type', clause: 'RFC 2131 §4.1' },
} as const satisfies Record<string, { readonly sentence: string; readonly clause: string }>;

export type RefusalReason = keyof typeof REFUSALS;

const SILENCE: Answer = { kind: 'silence' };
const OP_BY_PORT: ReadonlyMap<number, 1 | 2> = new Map([
  [UDP_PORT.dhcpServer, 1],
  [UDP_PORT.dhcpClient, 2],
]);
const IPV6_HEADER = 40;
const MOBILITY_HEADER = 8; // the least that Header Len can say
const MH_TYPE_AT = 2;
/** 1280 less IPv6 and ICMPv6 headers. */
const QUOTED_LIMIT = 1232;
