/**
 * Errors that come back instead of an acknowledgement: whether one is the answer to a Binding Update of ours. Anybody
 * can write one, so that it has to fit what was sent, and none of them ends a binding: at most the home agent is asked
 * again, or, when it has never answered at all, left alone for a while.
 *
 * Spec: RFC 6275 §11.3.5 (ICMPv6 Parameter Problem), §11.3.6 (Binding Error).
 */
import { isUnspecified, type Ipv6 } from '../../base/address.js';
import type { Icmpv6Message } from '../../wire/icmpv6.js';
import { homeAddressOption } from '../../wire/ipv6-codec.js';
import type { BindingError } from '../../wire/mobility/message.js';
import { BINDING_ERROR_STATUS } from '../../wire/mobility/status.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { quotedPacket, type Icmpv6Ingress, type MobilityIngress } from '../ingress.js';
import type { Attachment } from './bul-entry.js';

/** The Binding Update List entry that an error has to fit. */
export interface Sent {
  readonly homeAddress: Ipv6;
  readonly agent: Ipv6;
  readonly attachment: Attachment | undefined;
  /** Of the last Binding Update. */
  readonly sequence: number;
}

/** §11.3.6: from whom there is an entry for, about what went there. In a tunnel there is no Home Address option. */
export function fitsBindingError(
  { source, homeAddressOption: wrapped, packetDestination, received }: MobilityIngress,
  { status, homeAddress }: BindingError,
  { homeAddress: own, agent, attachment }: Sent,
): boolean {
  if (attachment?.kind !== 'ipv6' || received.arrival.kind !== 'native' || wrapped) return false;
  if (source !== agent || packetDestination !== attachment.careOf) return false;
  // §6.1.9: of an unknown type it is the unspecified address when no option came along.
  const anyHome = status !== BINDING_ERROR_STATUS.unknownBinding && isUnspecified(homeAddress);
  return anyHome || homeAddress === own;
}

/** What the home agent says it does not know: the Mobility Header (code 1) or the Home Address option (code 2). */
export function unknownToAgent(
  { careOf, packetDestination, received }: Icmpv6Ingress,
  { code, pointer, quoted }: Extract<Icmpv6Message, { kind: 'parameterProblem' }>,
  { homeAddress, agent, attachment, sequence }: Sent,
): 'mobilityHeader' | 'homeAddressOption' | undefined {
  if (attachment?.kind !== 'ipv6' || received.arrival.kind !== 'native') return undefined;
  if (careOf !== agent || packetDestination !== attachment.careOf) return undefined;
  const sent = quotedPacket(quoted);
  if (sent?.source !== attachment.careOf || sent.destination !== agent) return undefined;
  if (homeAddressOption(sent) !== homeAddress) return undefined;
  const { protocol, payload } = sent;
  if (protocol !== PROTOCOL.mobility || payload.length < SEQUENCE_AT + 2) return undefined;
  if (payload[TYPE_AT] !== BINDING_UPDATE) return undefined;
  if (((payload[SEQUENCE_AT]! << 8) | payload[SEQUENCE_AT + 1]!) !== sequence) return undefined;
  // RFC 4443 §3.4: the pointer is at the octet that was not understood.
  if (code === 1 && quoted[pointer] === PROTOCOL.mobility) return 'mobilityHeader';
  if (code === 2 && quoted[pointer] === HOME_ADDRESS) return 'homeAddressOption';
  return undefined;
}

const BINDING_UPDATE = 5; // RFC 6275 §6.1.7
const TYPE_AT = 2;
const SEQUENCE_AT = 6;
const HOME_ADDRESS = 201; // RFC 6275 §6.3
