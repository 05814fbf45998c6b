/**
 * Which message asks, which answers, and by what they find each other. Pure: of one packet alone.
 *
 * A key is what both have: for a Binding Update home address, peer and sequence number, as seen through home address option,
 * type 2 routing header and whatever carries it. A subject is what a repetition has in common with the first one.
 */
import { UNSPECIFIED6, type IpAddress } from '../../base/address.js';
import { toHex } from '../../base/bytes.js';
import { dhcpType } from '../../wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../../wire/dhcpv4/message.js';
import type { Icmpv6Message } from '../../wire/icmpv6.js';
import { homeAddressOption, routing2 } from '../../wire/ipv6-codec.js';
import { BU_FLAG } from '../../wire/mobility/flag.js';
import type { MobilityMessage } from '../../wire/mobility/message.js';
import { BA_STATUS } from '../../wire/mobility/status.js';
import { decodePacket, type Layer } from '../decode-packet.js';

export type ExchangeName =
  | 'binding'
  | 'home-test'
  | 'care-of-test'
  | 'dhaad'
  | 'prefix'
  | 'offer'
  | 'lease'
  | 'router'
  | 'neighbour'
  | 'arp';

export type Role = Readonly<
  | {
      part: 'request';
      exchange: ExchangeName;
      keys: readonly string[];
      subject: string;
      /** Silence is the good answer: a probe for a duplicate. */
      silence: boolean;
    }
  | { part: 'answer'; exchange: ExchangeName; keys: readonly string[] }
>;

/** What the packet is in an exchange; undefined for one that stands alone. `link`: where it was seen. */
export function roleOf(layers: readonly Layer[], link: string): Role | undefined {
  const ends = endsOf(layers);
  for (const layer of layers) {
    if (layer.kind === 'mobility' && ends) return mobilityRole(layer.header.message, ends);
    if (layer.kind === 'icmpv6' && ends) return icmpRole(layer.message, ends, link);
    if (layer.kind === 'dhcp') return dhcpRole(layer.message);
    if (layer.kind === 'arp') {
      const { operation, senderAddress, targetAddress } = layer.message;
      if (operation === 'reply') return answer('arp', `${link} ${senderAddress}`);
      // RFC 5227 §1.1, §3: a probe comes from nobody, an announcement asks for its own address.
      const silence = senderAddress === NOBODY || senderAddress === targetAddress;
      const subject = `${senderAddress} ${targetAddress} ${link}`;
      return request('arp', [`${link} ${targetAddress}`], subject, silence);
    }
  }
  return undefined;
}

/** The two parties of the innermost IP header, and the addresses that stand for them on the way. */
export interface Ends {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly sourceHome: IpAddress;
  readonly destinationHome: IpAddress;
}

/** Undefined without an IP header. */
export function endsOf(layers: readonly Layer[]): Ends | undefined {
  let ends: Ends | undefined;
  for (const layer of layers) {
    if (layer.kind === 'ipv4') {
      const { source, destination } = layer.packet;
      ends = { source, destination, sourceHome: source, destinationHome: destination };
    } else if (layer.kind === 'ipv6') {
      const { source, destination } = layer.packet;
      ends = {
        source,
        destination,
        sourceHome: homeAddressOption(layer.packet) ?? source,
        destinationHome: routing2(layer.packet)?.homeAddress ?? destination,
      };
    }
  }
  return ends;
}

/** The exchange and its hint for one whose request stayed without answer. */
export const UNANSWERED: Readonly<Record<ExchangeName, string>> = {
  binding:
    'the peer drops Binding Updates that IPsec does not protect, or that it cannot reach back: try `mip6 doctor`',
  'home-test': 'it goes through the home agent: is the binding there in place?',
  'care-of-test': 'the correspondent may not speak Mobile IPv6',
  dhaad: 'no router of the home link answers for the anycast address of home agents',
  prefix: 'the home agent answers those who have a binding',
  offer: 'no DHCP server on the link, or it has no address left',
  lease: 'the server that offered is gone, or refuses without a word',
  router: 'no IPv6 router on the link',
  neighbour: 'nobody on the link has the address',
  arp: 'nobody on the link has the address',
};

function mobilityRole(m: MobilityMessage, ends: Ends): Role | undefined {
  switch (m.kind) {
    case 'bindingUpdate': {
      // A refusal may come to the care-of address, without a routing header.
      const homes = new Set([ends.sourceHome, ends.source]);
      const keys = [...homes].flatMap((home) => [
        `${home} ${ends.destinationHome} ${m.sequence}`,
        `${home} ${ends.destinationHome} latest`,
      ]);
      const subject = `${ends.sourceHome} ${ends.source} ${ends.destinationHome}`;
      // RFC 6275 §9.5.4: without A, only a refusal is answered.
      return request('binding', keys, subject, (m.flags & BU_FLAG.acknowledge) === 0);
    }
    case 'bindingAck': {
      // RFC 6275 §9.5.1: it then tells the sequence number of the one before.
      const sequence = m.status === BA_STATUS.sequenceOutOfWindow ? 'latest' : m.sequence;
      return answer('binding', `${ends.destinationHome} ${ends.sourceHome} ${sequence}`);
    }
    case 'bindingError':
      return answer('binding', `${ends.destinationHome} ${ends.sourceHome} latest`);
    case 'homeTestInit':
    case 'careOfTestInit': {
      const exchange = m.kind === 'homeTestInit' ? 'home-test' : 'care-of-test';
      return request(exchange, [toHex(m.cookie)], `${ends.source} ${ends.destination}`);
    }
    case 'homeTest':
      return answer('home-test', toHex(m.cookie));
    case 'careOfTest':
      return answer('care-of-test', toHex(m.cookie));
    default:
      return undefined;
  }
}

function icmpRole(m: Icmpv6Message, ends: Ends, link: string): Role | undefined {
  const { source, destination, sourceHome, destinationHome } = ends;
  switch (m.kind) {
    case 'homeAgentDiscoveryRequest':
      return request('dhaad', [`${source} ${m.identifier}`], `${source} ${destination}`);
    case 'homeAgentDiscoveryReply':
      return answer('dhaad', `${destination} ${m.identifier}`);
    case 'mobilePrefixSolicitation':
      return request('prefix', [`${sourceHome} ${m.identifier}`], `${sourceHome} ${destination}`);
    case 'mobilePrefixAdvertisement':
      return answer('prefix', `${destinationHome} ${m.identifier}`);
    case 'routerSolicitation': {
      const from = m.options.find((o) => o.kind === 'sourceLinkLayer')?.address ?? source;
      return request('router', [link], `${link} ${from}`);
    }
    case 'routerAdvertisement':
      return answer('router', link);
    case 'neighborSolicitation':
      return request(
        'neighbour',
        [`${link} ${m.target}`],
        `${link} ${source} ${m.target}`,
        source === UNSPECIFIED6,
      );
    case 'neighborAdvertisement':
      return answer('neighbour', `${link} ${m.target}`);
    case 'destinationUnreachable':
    case 'timeExceeded':
    case 'parameterProblem': {
      const quoted = roleOf(
        decodePacket(m.quoted).filter((l) => l.kind !== 'icmpv6'),
        link,
      );
      return quoted?.part === 'request' ? { ...quoted, part: 'answer' } : undefined;
    }
    default:
      return undefined;
  }
}

function dhcpRole(m: DhcpMessage): Role | undefined {
  const key = `${m.clientHardware} ${m.xid}`;
  switch (dhcpType(m)) {
    case 'discover':
      return request('offer', [key], key);
    case 'offer':
      return answer('offer', key);
    case 'request':
    case 'inform':
      return request('lease', [key], key);
    case 'ack':
    case 'nak':
      return answer('lease', key);
    default:
      return undefined;
  }
}

const request = (
  exchange: ExchangeName,
  keys: readonly string[],
  subject: string,
  silence = false,
): Role => ({
  part: 'request',
  exchange,
  keys,
  subject,
  silence,
});
const answer = (exchange: ExchangeName, key: string): Role => ({
  part: 'answer',
  exchange,
  keys: [key],
});

const NOBODY = '0.0.0.0';
