/** Effects of mobile node machines as the lines of transcripts. */
import { BROADCAST_MAC } from '../../../src/base/address.js';
import type { DatapathState } from '../../../src/core/datapath/model.js';
import type { FrameEffect, RoleEffect } from '../../../src/core/effect.js';
import type { MipEvent } from '../../../src/core/event.js';
import { decodeArp } from '../../../src/wire/arp.js';
import { decodeDhcp } from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpType } from '../../../src/wire/dhcpv4/message.js';
import { decodeIcmpv6 } from '../../../src/wire/icmpv6.js';
import { decodeIpv4 } from '../../../src/wire/ipv4.js';
import type { Ipv6Packet } from '../../../src/wire/ipv6.js';
import { decodeIpv6, homeAddressOption } from '../../../src/wire/ipv6-codec.js';
import { decodeMobility, verifyMobility } from '../../../src/wire/mobility/codec.js';
import { BU_FLAGS, flagLetters } from '../../../src/wire/mobility/flag.js';
import type { BindingUpdate } from '../../../src/wire/mobility/message.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import { ETHERTYPE, PROTOCOL } from '../../../src/wire/protocol.js';
import { decodeUdp } from '../../../src/wire/udp.js';

export function say(e: RoleEffect): string {
  switch (e.kind) {
    case 'event':
      return sayEvent(e.event);
    case 'store':
      return `store ${e.key}${e.value === undefined ? ' forgotten' : ` = ${e.value}`}`;
    case 'datapath':
      return `datapath ${sayDatapath(e.want)}`;
    case 'packet': {
      const packet = decodeIpv6(e.octets);
      return sayUpdate(packet, e.udp ? 'udp' : 'native') ?? `packet to ${packet.destination}`;
    }
    case 'frame':
      return sayFrame(e);
    default:
      return e satisfies never;
  }
}

export function sayEvent({ code, fields }: MipEvent): string {
  const shown = FIELDS.flatMap((name) => (fields[name] === undefined ? [] : [`${fields[name]}`]));
  return [code, ...shown].join(' ');
}

/** Where the home address is, how the tunnel goes, which care-of addresses there are. */
export function sayDatapath({ items }: DatapathState): string {
  const parts = items.flatMap((item) => {
    if (item.kind === 'address' && item.onLinkPrefix === false && item.address.includes(':')) {
      return [`home on ${item.link}`];
    }
    if (item.kind !== 'tunnel') return [];
    return [`tunnel ${item.local} → ${item.remote}${item.udp ? ' udp' : ''}`];
  });
  const careOf = items.flatMap((item) =>
    item.kind === 'rule' && item.priority === 1002 ? [item.from.address] : [],
  );
  const home = items.flatMap((item) =>
    item.kind === 'route' && item.table === 'main' && item.via !== undefined ? [item.link] : [],
  );
  if (home.length > 0) parts.push(`home on ${home[0]}`);
  if (careOf.length > 0) parts.push(`care-of ${careOf.join(' ')}`);
  return parts.join(', ') || 'nothing';
}

export function readUpdate(packet: Ipv6Packet): BindingUpdate | undefined {
  if (packet.protocol !== PROTOCOL.mobility) return undefined;
  const home = homeAddressOption(packet) ?? packet.source;
  if (!verifyMobility(packet.payload, home, packet.destination)) throw new Error('checksum');
  const { message } = decodeMobility(packet.payload);
  return message.kind === 'bindingUpdate' ? message : undefined;
}

export function readDhcp(e: FrameEffect): DhcpMessage {
  const packet = decodeIpv4(e.payload);
  const datagram = decodeUdp(packet.payload, packet.source, packet.destination);
  if (datagram.sourcePort !== 68 || datagram.destinationPort !== 67) throw new Error('ports');
  return decodeDhcp(datagram.payload);
}

export function typeOf(message: DhcpMessage): DhcpType {
  return message.options.find((o) => o.kind === 'messageType')!.type;
}

function sayUpdate(packet: Ipv6Packet, via: string): string | undefined {
  const message = readUpdate(packet);
  if (!message) return undefined;
  const home = homeAddressOption(packet);
  const from = `${packet.source}${home === undefined ? '' : ` hao ${home}`}`;
  const flags = flagLetters(message.flags, BU_FLAGS);
  const parts = [`BU ${via} ${from} → ${packet.destination}`, `seq ${message.sequence} ${flags}`];
  return [...parts, `${message.lifetime} s`, ...message.options.flatMap(sayOption)].join(' ');
}

function sayFrame(e: FrameEffect): string {
  if (e.etherType === ETHERTYPE.arp) {
    const m = decodeArp(e.payload);
    return `ARP ${e.link} to ${to(e)}: ${m.operation} ${m.targetAddress} from ${m.senderAddress}`;
  }
  if (e.etherType === ETHERTYPE.ipv4) {
    const message = readDhcp(e);
    const asked = message.options.find((o) => o.kind === 'requestedAddress');
    const destination = e.destination === BROADCAST_MAC ? [] : [`to ${e.destination}`];
    const address = asked ? [asked.address] : [];
    return ['DHCP', e.link, typeOf(message), ...address, ...destination].join(' ');
  }
  const packet = decodeIpv6(e.payload);
  const update = sayUpdate(packet, `frame ${e.destination}`);
  if (update !== undefined) return update;
  const message = decodeIcmpv6(packet.payload, packet.source, packet.destination);
  switch (message.kind) {
    case 'routerSolicitation':
      return `RS ${e.link} from ${packet.source}`;
    case 'neighborSolicitation':
      return `NS ${e.link} from ${packet.source} for ${message.target}`;
    case 'neighborAdvertisement': {
      const flags = `${message.solicited ? 'S' : ''}${message.override ? 'O' : ''}`;
      return `NA ${e.link} to ${packet.destination} for ${message.target} ${flags}`;
    }
    default:
      return `frame ${message.kind}`;
  }
}

function sayOption(option: MobilityOption): string[] {
  switch (option.kind) {
    case 'pad1':
    case 'padN':
      return [];
    case 'alternateCareOf':
      return [`alt ${option.address}`];
    case 'ipv4CareOf':
      return [`coa4 ${option.address}`];
    case 'ipv4HomeAddress':
      return [`hoa4 ${option.address}/${option.prefixLength}`];
    default:
      return [option.kind];
  }
}

const to = (e: FrameEffect): string => (e.destination === BROADCAST_MAC ? 'all' : e.destination);

const FIELDS = [
  'link',
  'router',
  'address',
  'careOf',
  'sequence',
  'attempt',
  'status',
  'refresh',
  'target',
  'direction',
  'reason',
];
