/**
 * One packet, one line: where from, where to, in what it is wrapped, what it says.
 *
 *   2001:db8:b::5 → 2001:db8:a::1 HAO 2001:db8:a::100 BU seq 7 AH life 600 alt-coa 2001:db8:b::5
 *   10.1.0.100:4191 → 198.51.100.1:4191 | 2001:db8:a::100 → 2001:db8:a::1 BU seq 8 AH life 600 v4coa 10.1.0.100
 */
import { UNSPECIFIED6, type Ipv4 } from '../base/address.js';
import { toHex } from '../base/bytes.js';
import type { ArpMessage } from '../wire/arp.js';
import { dhcpType, findDhcpOption } from '../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../wire/dhcpv4/message.js';
import type { Icmpv4Message } from '../wire/icmpv4.js';
import type { Icmpv6Message } from '../wire/icmpv6.js';
import type { Ipv6Packet } from '../wire/ipv6.js';
import type { MobilityHeader } from '../wire/mobility/codec.js';
import { BA_FLAGS, BU_FLAGS, flagLetters } from '../wire/mobility/flag.js';
import type { MobilityMessage } from '../wire/mobility/message.js';
import { messageName } from '../wire/mobility/message-table.js';
import type { MobilityOption } from '../wire/mobility/option.js';
import { bindingErrorStatus, ipv4AckStatus, statusText } from '../wire/mobility/status.js';
import type { NdOption } from '../wire/nd/message.js';
import { decodeFrame, decodePacket, type Layer } from './decode-packet.js';

/** What a packet is for, coarsely: what live views filter by. */
export type PacketClass =
  'mobility' | 'discovery' | 'dhcp' | 'arp' | 'error' | 'echo' | 'data' | 'broken';

export interface PacketSummary {
  readonly class: PacketClass;
  /** Of the innermost IP header, home address option and type 2 routing header left as they are; null without one. */
  readonly source: string | null;
  readonly destination: string | null;
  /** IP headers around the innermost one, outermost first, such as `10.1.0.100:4191 → 198.51.100.1:4191`. */
  readonly wrapped: readonly string[];
  /** The message and its fields, without addresses: `BU seq 7 AH life 600`. */
  readonly message: string;
  /** The whole line. */
  readonly text: string;
}

export const describeFrame = (octets: Uint8Array): string => summarize(decodeFrame(octets)).text;
export const describePacket = (octets: Uint8Array): string => summarize(decodePacket(octets)).text;

export function summarize(layers: readonly Layer[]): PacketSummary {
  const wrapped: string[] = [];
  let ends: Ends | undefined;
  let headers = '';
  let kind: PacketClass = 'data';
  const said: string[] = [];
  for (const layer of layers) {
    switch (layer.kind) {
      case 'ethernet':
        break;
      case 'ipv6':
      case 'ipv4':
        if (ends) wrapped.push([ends.text, headers].filter(Boolean).join(' '));
        ends = { source: layer.packet.source, destination: layer.packet.destination, text: '' };
        ends.text = `${ends.source} → ${ends.destination}`;
        headers = layer.kind === 'ipv6' ? extensionHeaders(layer.packet) : '';
        break;
      case 'udp':
        if (ends)
          ends.text = `${ends.source}:${layer.sourcePort} → ${ends.destination}:${layer.destinationPort}`;
        if (layer === layers.at(-1)) said.push(`UDP ${layer.length} octets`);
        break;
      case 'tcp':
        said.push(
          `TCP ${layer.sourcePort} → ${layer.destinationPort} ${layer.flags} ${layer.length} octets`,
        );
        break;
      case 'mobility':
        kind = 'mobility';
        said.push(mobilityText(layer.header));
        if (layer.checksumGood === false) said.push('[wrong checksum]');
        break;
      case 'icmpv6':
        kind = ICMP_CLASS[layer.message.kind] ?? 'discovery';
        said.push(icmpv6Text(layer.message, ends?.source));
        break;
      case 'icmpv4':
        kind = ICMP_CLASS[layer.message.kind] ?? 'data';
        said.push(icmpv4Text(layer.message));
        break;
      case 'arp':
        kind = 'arp';
        said.push(arpText(layer.message));
        break;
      case 'dhcp':
        kind = 'dhcp';
        said.push(dhcpText(layer.message));
        break;
      case 'esp':
        said.push(`ESP spi 0x${layer.spi.toString(16).padStart(8, '0')} seq ${layer.sequence}`);
        break;
      case 'ah':
        said.push(
          `AH spi 0x${layer.header.spi.toString(16).padStart(8, '0')} seq ${layer.header.sequence}`,
        );
        break;
      case 'natKeepalive':
        said.push('NAT keep-alive');
        break;
      case 'data':
        said.push(`${layer.protocol}, ${layer.octets.length} octets`);
        break;
      case 'broken':
        if (kind === 'data') kind = 'broken';
        said.push(`[${layer.what} broken at octet ${layer.offset}: ${layer.detail}]`);
        break;
      default:
        layer satisfies never;
    }
  }
  const message = said.join(' ');
  const inner = ends && [ends.text, headers].filter(Boolean).join(' ');
  const around = [...wrapped, inner].filter((part) => part !== undefined).join(' | ');
  return {
    class: kind,
    source: ends?.source ?? null,
    destination: ends?.destination ?? null,
    wrapped,
    message,
    text: [around, message].filter(Boolean).join(' '),
  };
}

/** `12:34:56.789 visited1 …`; `at` is already text, since worlds count differently. */
export function traceLine(at: string, link: string, text: string, linkWidth = 9): string {
  return `${at} ${link.padEnd(linkWidth)} ${text}`;
}

interface Ends {
  source: string;
  destination: string;
  text: string;
}

function extensionHeaders(packet: Ipv6Packet): string {
  const parts: string[] = [];
  for (const header of packet.headers) {
    switch (header.kind) {
      case 'hopByHop':
        break;
      case 'destinationOptions':
        for (const option of header.options) {
          if (option.kind === 'homeAddress') parts.push(`HAO ${option.address}`);
          if (option.kind === 'unknown') parts.push(`dstopt-${option.type}`);
        }
        break;
      case 'routing2':
        parts.push(`RH2 ${header.homeAddress}`);
        break;
      case 'routing':
        parts.push(`RH${header.type}`);
        break;
      case 'fragment':
        parts.push(`frag ${header.offset}${header.more ? '+' : ''}`);
        break;
      default:
        header satisfies never;
    }
  }
  return parts.join(' ');
}

function mobilityText({ type, message: m }: MobilityHeader): string {
  const options = m.kind === 'unknown' ? '' : m.options.map(optionText).filter(Boolean).join(' ');
  return [messageText(m, type), options].filter(Boolean).join(' ');
}

function messageText(m: MobilityMessage, type: number): string {
  switch (m.kind) {
    case 'bindingRefreshRequest':
      return 'BRR';
    case 'homeTestInit':
      return `HoTI cookie ${toHex(m.cookie)}`;
    case 'careOfTestInit':
      return `CoTI cookie ${toHex(m.cookie)}`;
    case 'homeTest':
      return `HoT nonce ${m.nonceIndex} cookie ${toHex(m.cookie)}`; // the token is a secret
    case 'careOfTest':
      return `CoT nonce ${m.nonceIndex} cookie ${toHex(m.cookie)}`;
    case 'bindingUpdate':
      return `BU seq ${m.sequence} ${flagLetters(m.flags, BU_FLAGS) || '-'} life ${m.lifetime}`;
    case 'bindingAck': {
      const flags = flagLetters(m.flags, BA_FLAGS);
      return `BA seq ${m.sequence}${flags && ` ${flags}`} life ${m.lifetime} status ${m.status} ${statusText(m.status)}`;
    }
    case 'bindingError':
      return `BE ${bindingErrorStatus(m.status)?.name ?? `status ${m.status}`} home ${m.homeAddress}`;
    case 'unknown':
      return `${messageName(m.type)} ${m.data.length} octets`;
    default:
      return messageName(type);
  }
}

function optionText(o: MobilityOption): string {
  switch (o.kind) {
    case 'pad1':
    case 'padN':
      return '';
    case 'bindingRefreshAdvice':
      return `refresh ${o.interval}`;
    case 'alternateCareOf':
      return `alt-coa ${o.address}`;
    case 'nonceIndices':
      return `nonces ${o.home}/${o.careOf}`;
    case 'bindingAuthorization':
      return 'auth';
    case 'mobileNetworkPrefix':
      return `mnp ${o.prefix}/${o.prefixLength}`;
    case 'ipv4HomeAddress':
      return `v4hoa ${o.address}/${o.prefixLength}${o.prefixRequested ? ' P' : ''}`;
    case 'ipv4CareOf':
      return `v4coa ${o.address}`;
    case 'ipv4AddressAck':
      return `v4ack ${o.address}/${o.prefixLength} ${ipv4AckStatus(o.status)?.name ?? `status ${o.status}`}`;
    case 'natDetection':
      return `nat${o.forceUdp ? ' F' : ''} refresh ${o.refresh === 0xffffffff ? 'never' : o.refresh}`;
    case 'unknown':
      return `option-${o.type}(${o.data.length})`;
    default:
      return o.kind;
  }
}

function icmpv6Text(m: Icmpv6Message, source: string | undefined): string {
  switch (m.kind) {
    case 'routerSolicitation':
      return join('RS', m.options);
    case 'routerAdvertisement': {
      const flags = [m.managed && 'M', m.otherConfig && 'O', m.homeAgent && 'H']
        .filter(Boolean)
        .join('');
      return join(`RA${flags && ` ${flags}`} life ${m.routerLifetime}`, m.options);
    }
    case 'neighborSolicitation':
      // RFC 4862 §5.4.2: duplicate address detection asks from the unspecified address.
      return source === UNSPECIFIED6
        ? `NS DAD for ${m.target}`
        : join(`NS for ${m.target}`, m.options);
    case 'neighborAdvertisement': {
      const flags = [m.router && 'R', m.solicited && 'S', m.override && 'O']
        .filter(Boolean)
        .join('');
      return join(`NA ${m.target}${flags && ` ${flags}`}`, m.options);
    }
    case 'redirect':
      return join(`redirect ${m.destination} to ${m.target}`, m.options);
    case 'echoRequest':
      return `echo request id ${m.identifier} seq ${m.sequence}`;
    case 'echoReply':
      return `echo reply id ${m.identifier} seq ${m.sequence}`;
    case 'destinationUnreachable':
      return `unreachable code ${m.code} (${quotedText(m.quoted)})`;
    case 'packetTooBig':
      return `packet too big mtu ${m.mtu} (${quotedText(m.quoted)})`;
    case 'timeExceeded':
      return `time exceeded code ${m.code} (${quotedText(m.quoted)})`;
    case 'parameterProblem':
      return `parameter problem code ${m.code} pointer ${m.pointer} (${quotedText(m.quoted)})`;
    case 'homeAgentDiscoveryRequest':
      return `DHAAD request id ${m.identifier}${m.mobileRouter ? ' R' : ''}`;
    case 'homeAgentDiscoveryReply':
      return `DHAAD reply id ${m.identifier}${m.mobileRouter ? ' R' : ''} ${m.addresses.join(' ')}`;
    case 'mobilePrefixSolicitation':
      return `MPS id ${m.identifier}`;
    case 'mobilePrefixAdvertisement':
      return join(`MPA id ${m.identifier}`, m.options);
    case 'unknownIcmp':
      return MLD[m.type] ?? `ICMPv6 type ${m.type} code ${m.code}`;
    default:
      return m satisfies never;
  }
}

const join = (head: string, options: readonly NdOption[]): string =>
  [head, ...options.map(ndOptionText)].filter(Boolean).join(' ');

function ndOptionText(o: NdOption): string {
  switch (o.kind) {
    case 'sourceLinkLayer':
    case 'targetLinkLayer':
      return `at ${o.address}`;
    case 'prefixInformation': {
      const flags = [o.onLink && 'L', o.autonomous && 'A', o.routerAddress && 'R']
        .filter(Boolean)
        .join('');
      return `prefix ${o.prefix}/${o.prefixLength}${flags && ` ${flags}`}`;
    }
    case 'mtu':
      return `mtu ${o.mtu}`;
    case 'advertisementInterval':
      return `interval ${o.interval} ms`;
    case 'homeAgentInformation':
      return `ha-preference ${o.preference} ha-life ${o.lifetime}`;
    case 'redirectedHeader':
      return `(${quotedText(o.quoted)})`;
    case 'routeInformation':
      return `route ${o.prefix}/${o.prefixLength} life ${o.lifetime}`;
    case 'recursiveDns':
      return `dns ${o.addresses.join(' ')}`;
    case 'unknown':
      return `option-${o.type}`;
    default:
      return o satisfies never;
  }
}

function icmpv4Text(m: Icmpv4Message): string {
  switch (m.kind) {
    case 'echoRequest':
      return `echo request id ${m.identifier} seq ${m.sequence}`;
    case 'echoReply':
      return `echo reply id ${m.identifier} seq ${m.sequence}`;
    case 'destinationUnreachable':
      return m.code === 4
        ? `fragmentation needed mtu ${m.mtu} (${quotedText(m.quoted)})`
        : `unreachable code ${m.code} (${quotedText(m.quoted)})`;
    case 'timeExceeded':
      return `time exceeded code ${m.code} (${quotedText(m.quoted)})`;
    case 'unknownIcmp':
      return `ICMP type ${m.type} code ${m.code}`;
    default:
      return m satisfies never;
  }
}

/** An error quotes as much as fits: that its quotation is cut is no news. */
const quotedText = (quoted: Uint8Array): string =>
  summarize(decodePacket(quoted).filter((layer) => layer.kind !== 'broken')).text;

function arpText(m: ArpMessage): string {
  if (m.operation === 'reply') return `ARP ${m.senderAddress} is at ${m.senderMac}`;
  // RFC 5227 §1.1: a probe comes from nobody, an announcement asks for its own address.
  if (m.senderAddress === ('0.0.0.0' as Ipv4)) return `ARP probe for ${m.targetAddress}`;
  if (m.senderAddress === m.targetAddress)
    return `ARP announces ${m.senderAddress} at ${m.senderMac}`;
  return `ARP who has ${m.targetAddress}, asks ${m.senderAddress}`;
}

function dhcpText(m: DhcpMessage): string {
  const requested = findDhcpOption(m.options, 'requestedAddress')?.address;
  const server = findDhcpOption(m.options, 'serverIdentifier')?.address;
  const lease = findDhcpOption(m.options, 'leaseTime')?.seconds;
  const parts = [
    `DHCP ${(dhcpType(m) ?? (m.op === 1 ? 'BOOTP request' : 'BOOTP reply')).toUpperCase()}`,
  ];
  if (m.op === 2 && m.yourAddress !== '0.0.0.0') parts.push(m.yourAddress);
  else if (requested) parts.push(requested);
  else if (m.clientAddress !== '0.0.0.0') parts.push(m.clientAddress);
  if (server) parts.push(`server ${server}`);
  if (lease !== undefined) parts.push(`lease ${lease}`);
  parts.push(`xid ${m.xid.toString(16).padStart(8, '0')}`);
  return parts.join(' ');
}

const ICMP_CLASS: Partial<Record<Icmpv6Message['kind'] | Icmpv4Message['kind'], PacketClass>> = {
  echoRequest: 'echo',
  echoReply: 'echo',
  destinationUnreachable: 'error',
  packetTooBig: 'error',
  timeExceeded: 'error',
  parameterProblem: 'error',
  homeAgentDiscoveryRequest: 'mobility',
  homeAgentDiscoveryReply: 'mobility',
  mobilePrefixSolicitation: 'mobility',
  mobilePrefixAdvertisement: 'mobility',
  unknownIcmp: 'data',
};

/** RFC 2710 §3, RFC 3810 §5 */
const MLD: Readonly<Record<number, string>> = {
  130: 'MLD query',
  131: 'MLD report',
  132: 'MLD done',
  143: 'MLDv2 report',
};
