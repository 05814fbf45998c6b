/**
 * Which packet answers ours? One row per message that is answered by another; Binding Errors and ICMP errors answer
 * anything.
 *
 * Spec: RFC 6275 §11.7.3, §11.6.2, §11.4.3, §10.5, §9.3.3; RFC 4443 §3; the clauses of the rows.
 */
import type { Icmpv4Message } from '../../wire/icmpv4.js';
import type { Icmpv6Message } from '../../wire/icmpv6.js';
import type { MobilityMessage } from '../../wire/mobility/message.js';
import { BU_FLAG } from '../../wire/mobility/flag.js';
import { BA_STATUS } from '../../wire/mobility/status.js';
import { UNSPECIFIED6 } from '../../base/address.js';
import { sameOctets } from '../../base/bytes.js';
import { decodePacket, type Layer } from '../decode-packet.js';
import { decodeLayers } from '../layers/decode-layers.js';
import { saidIn, type Asked, type Said } from './asked.js';

type AnyMessage = MobilityMessage | Icmpv6Message;
type Kind = AnyMessage['kind'];
/** `answer` is the message that the RFC names; `error` says that the packet was not taken. */
export type AnswerClass = 'answer' | 'error';

/** Undefined: it has nothing to do with what was asked. `octets` are an IP packet. */
export function matchAnswer(asked: Asked, octets: Uint8Array): AnswerClass | undefined {
  const layers = decodePacket(octets);
  const last = layers.at(-1);
  if (last?.kind === 'icmpv4') return quotes4(asked, last.message) ? 'error' : undefined;
  const reply = saidIn(layers);
  if (!reply || !reply.checksumGood || !icmpv6ChecksumGood(last, octets)) return undefined;
  if ('quoted' in reply.message && reply.message.quoted instanceof Uint8Array) {
    return quotes6(asked, reply.message.quoted) ? 'error' : undefined;
  }
  const { said } = asked;
  if (!said) return undefined;
  if (reply.message.kind === 'bindingError') {
    return isErrorFor(said, reply, reply.message.homeAddress) ? 'error' : undefined;
  }
  const row = rowOf(said.message);
  return row && answers(row, said, reply) ? 'answer' : undefined;
}

/** What answers it when all is well; undefined where nothing does. */
export function answerKind(message: AnyMessage): Kind | undefined {
  const row = rowOf(message);
  return row && (row.asks?.(message as never) ?? true) ? row.answer : undefined;
}

/** The message that answers one of this kind, and where that is written. */
export const answerTo = (kind: string): Pick<AnswerRow, 'answer' | 'clause'> | undefined =>
  ANSWERS.find((row) => row.request === kind);

interface AnswerRow {
  readonly request: Kind;
  readonly answer: Kind;
  /** Equal in both. */
  readonly same: readonly string[];
  readonly clause: string;
  /** Undefined: it always asks for an answer. It may be answered all the same. */
  readonly asks?: (request: never) => boolean;
  /** A further test of the answer. */
  readonly fits?: (answer: never) => boolean;
  /** Answers in which `same` does not hold. */
  readonly except?: (answer: never) => boolean;
  /** It went to an anycast address: another one answers. */
  readonly anySource?: true;
}

type Of<K extends Kind> = Extract<AnyMessage, { kind: K }>;

const ANSWERS: readonly AnswerRow[] = [
  {
    request: 'bindingUpdate',
    answer: 'bindingAck',
    same: ['sequence'],
    clause: 'RFC 6275 §11.7.3',
    asks: ({ flags }: Of<'bindingUpdate'>) => (flags & BU_FLAG.acknowledge) !== 0,
    // RFC 6275 §9.5.1: it carries the last number that was accepted.
    except: ({ status }: Of<'bindingAck'>) => status === BA_STATUS.sequenceOutOfWindow,
  },
  {
    request: 'bindingRefreshRequest',
    answer: 'bindingUpdate',
    same: [],
    clause: 'RFC 6275 §11.7.4',
  },
  { request: 'homeTestInit', answer: 'homeTest', same: ['cookie'], clause: 'RFC 6275 §11.6.2' },
  { request: 'careOfTestInit', answer: 'careOfTest', same: ['cookie'], clause: 'RFC 6275 §11.6.2' },
  {
    request: 'fastBindingUpdate',
    answer: 'fastBindingAck',
    same: ['sequence'],
    clause: 'RFC 5568 §6.2.3',
  },
  {
    request: 'handoverInitiate',
    answer: 'handoverAck',
    same: ['sequence'],
    clause: 'RFC 5568 §6.2.1.2',
  },
  {
    request: 'heartbeat',
    answer: 'heartbeat',
    same: ['sequence'],
    clause: 'RFC 5847 §3.3',
    asks: ({ flags }: Of<'heartbeat'>) => (flags & HEARTBEAT_RESPONSE) === 0,
    fits: ({ flags }: Of<'heartbeat'>) => (flags & HEARTBEAT_RESPONSE) !== 0,
  },
  {
    request: 'bindingRevocation',
    answer: 'bindingRevocation',
    same: ['sequence'],
    clause: 'RFC 5846 §5.2',
    asks: ({ revocationType }: Of<'bindingRevocation'>) => revocationType === INDICATION,
    fits: ({ revocationType }: Of<'bindingRevocation'>) => revocationType === ACKNOWLEDGEMENT,
  },
  {
    request: 'localizedRoutingInitiation',
    answer: 'localizedRoutingAck',
    same: ['sequence'],
    clause: 'RFC 6705 §10.2',
  },
  {
    request: 'updateNotification',
    answer: 'updateNotificationAck',
    same: ['sequence'],
    clause: 'RFC 7077 §4.2',
    asks: ({ flags }: Of<'updateNotification'>) => (flags & NOTIFICATION_ACKNOWLEDGE) !== 0,
  },
  {
    request: 'flowBinding',
    answer: 'flowBinding',
    same: ['sequence'],
    clause: 'RFC 7109 §6.1',
    asks: ({ flowBindingType }: Of<'flowBinding'>) => flowBindingType === INDICATION,
    fits: ({ flowBindingType }: Of<'flowBinding'>) => flowBindingType === ACKNOWLEDGEMENT,
  },
  {
    request: 'subscriptionQuery',
    answer: 'subscriptionResponse',
    same: ['sequence'],
    clause: 'RFC 7161 §4.3.2',
  },
  {
    request: 'homeAgentDiscoveryRequest',
    answer: 'homeAgentDiscoveryReply',
    same: ['identifier'],
    clause: 'RFC 6275 §10.5',
    anySource: true,
  },
  {
    request: 'mobilePrefixSolicitation',
    answer: 'mobilePrefixAdvertisement',
    same: ['identifier'],
    clause: 'RFC 6275 §11.4.3',
  },
];

const rowOf = ({ kind }: AnyMessage): AnswerRow | undefined =>
  ANSWERS.find((row) => row.request === kind);

function answers(row: AnswerRow, said: Said, reply: Said): boolean {
  const { message } = reply;
  if (message.kind !== row.answer) return false;
  if (!row.anySource && reply.source !== said.destination) return false;
  if (reply.destination !== said.source) return false;
  if (row.fits && !row.fits(message as never)) return false;
  return row.except?.(message as never) === true || row.same.every((f) => same(said, reply, f));
}

function same(said: Said, reply: Said, field: string): boolean {
  const [a, b] = [said, reply].map(({ message }) => (message as Record<string, unknown>)[field]);
  return a instanceof Uint8Array && b instanceof Uint8Array ? sameOctets(a, b) : a === b;
}

/** RFC 6275 §9.3.3: to the source of the IPv6 header, with the home address of the option that it saw. */
function isErrorFor(said: Said, reply: Said, homeAddress: string): boolean {
  if (reply.packetDestination !== said.packetSource) return false;
  if (reply.packetSource !== said.packetDestination && reply.packetSource !== said.destination) {
    return false;
  }
  return homeAddress === UNSPECIFIED6 || homeAddress === said.homeAddressOption;
}

/**
 * RFC 4443 §3: as much of the packet as fits. On its way the hop limit has become less, and a type 2 routing header
 * may have been taken: so the source and all behind the extension headers are compared.
 */
function quotes6({ sent, said }: Asked, quoted: Uint8Array): boolean {
  if (!sent || quoted.length < IPV6_HEADER) return false;
  if (!sameOctets(sent.subarray(8, 24), quoted.subarray(8, 24))) return false;
  const from = said ? upperOffset(sent) : IPV6_HEADER;
  const end = Math.min(sent.length, quoted.length);
  return end > from && sameOctets(sent.subarray(from, end), quoted.subarray(from, end));
}

/** RFC 792: the IPv4 header and 8 octets at least, here ports and length of UDP. The checksum is the kernel's. */
function quotes4({ outer }: Asked, message: Icmpv4Message): boolean {
  if (!outer || !('quoted' in message)) return false;
  const { quoted } = message;
  if (quoted.length < IPV4_HEADER + 6 || quoted[0] !== outer[0]) return false;
  return [
    [9, 10], // protocol
    [12, 20], // addresses
    [IPV4_HEADER, IPV4_HEADER + 6],
  ].every(([from, to]) => sameOctets(outer.subarray(from, to), quoted.subarray(from, to)));
}

function upperOffset(sent: Uint8Array): number {
  const layer = decodePacket(sent).find((l: Layer) => UPPER.has(l.kind));
  return layer?.offset ?? IPV6_HEADER;
}

/** RFC 4443 §2.3. The decoder of packets leaves it to others. */
function icmpv6ChecksumGood(last: Layer | undefined, octets: Uint8Array): boolean {
  if (last?.kind !== 'icmpv6') return true;
  const as = octets[0]! >> 4 === 4 ? 'ipv4' : 'ipv6';
  return !decodeLayers(octets, as).issues.some(({ code }) => code === 'icmpv6-checksum');
}

const UPPER: ReadonlySet<Layer['kind']> = new Set(['mobility', 'icmpv6', 'broken', 'data']);
const INDICATION = 1;
const ACKNOWLEDGEMENT = 2;
const HEARTBEAT_RESPONSE = 0x0001;
const NOTIFICATION_ACKNOWLEDGE = 0x8000;
const IPV6_HEADER = 40;
const IPV4_HEADER = 20;
