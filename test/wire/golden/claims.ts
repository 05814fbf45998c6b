/**
 * What our decoder says of a row, in the names of tshark's fields, for every field that tshark 4.0 splits; and where tshark is
 * wrong. Numbers are decimal; octets are `aa:bb`.
 */
import { toHex } from '../../../src/base/bytes.js';
import { dhcpType } from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpOption } from '../../../src/wire/dhcpv4/message.js';
import { icmpv6Type, type Icmpv6Message } from '../../../src/wire/icmpv6.js';
import type { Ipv6Packet } from '../../../src/wire/ipv6.js';
import { messageType } from '../../../src/wire/mobility/codec.js';
import { BA_FLAG, BU_FLAG } from '../../../src/wire/mobility/flag.js';
import type { KnownMessage, MobilityMessage } from '../../../src/wire/mobility/message.js';
import { messageRow } from '../../../src/wire/mobility/message-table.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import type { NdOption } from '../../../src/wire/nd/message.js';
import { hex } from '../octets.js';
import type { GoldenRow, Values } from './rows.js';

type Value = string | number | boolean | Uint8Array;
export type Claim = readonly [field: string, value: Value];

/** In the order of the packet: a field said more than once has as many values. */
export function claimsOf(row: GoldenRow, value: unknown): Claim[] {
  const make = CLAIMS[row.as] as (value: unknown, wire: Uint8Array) => Claim[];
  return make(value, hex(row.hex));
}

export const shown = (value: Value): string =>
  value instanceof Uint8Array
    ? (toHex(value).match(/../g) ?? []).join(':')
    : typeof value === 'boolean'
      ? `${Number(value)}`
      : `${value}`;

/** Where tshark 4.0 is wrong, each argued; nothing else is let pass. */
export const TSHARK_ERRORS: readonly {
  readonly field: RegExp;
  /** Message kinds; all when absent. */
  readonly of?: readonly string[];
  readonly why: string;
  /** What tshark then says; anything when absent. */
  readonly says?: (ours: string) => string;
}[] = [
  {
    field:
      /^mip6\.(auth\.auth_data|badff\.auth|cgar\.cga_par|phkt\.phkt|mocot\.co_keygen_tok|dnsu\.mn_id|em\.data|sign\.sign|vsm\.data)$/,
    why: `Cut by two octets: it takes Option Length for the whole option, but RFC 6275 §6.2.1 does not count type and length.
      Its own raw octets of the same option (mip6.options.*), which are compared, are whole.`,
    says: (ours) => ours.split(':').slice(0, -2).join(':'),
  },
  {
    field: /^mip6\.(options\.|mobility_opt|has\.)/,
    of: ['homeAgentSwitch'],
    why: `Options begin after the addresses, RFC 5142 §4; it looks for them among the addresses.`,
  },
  {
    field: /^mip6\.(lri|lra|options|mobility_opt)/,
    of: ['localizedRoutingInitiation', 'localizedRoutingAck'],
    why: `Fields begin after the checksum, RFC 6705 §10.1, §10.2; it counts from the start of the header, so that
      Sequence is Payload Proto and Header Len.`,
  },
];

const CLAIMS: { readonly [K in keyof Values]?: (value: Values[K], wire: Uint8Array) => Claim[] } = {
  mh: (message, wire) => [
    ['mip6.proto', wire[0]!],
    ['mip6.hlen', wire[1]!],
    ['mip6.mhtype', messageType(message)],
    ['mip6.csum', (wire[4]! << 8) | wire[5]!],
    ...fixedPart(message),
    ...(message.kind === 'unknown' || LEFT_WHOLE.has(message.kind)
      ? []
      : [
          ...rawOptions(message, wire),
          ...message.options.flatMap((option) => mobilityOption(option)),
        ]),
  ],
  icmpv6: (message) => [
    ['icmpv6.type', icmpv6Type(message)],
    ['icmpv6.code', message.code ?? 0],
    ['icmpv6.checksum.status', 1], // good, says tshark
    ...icmp(message),
    ...('options' in message ? message.options.flatMap(ndOption) : []),
  ],
  ipv6,
  ipv4: (p) => [
    ['ip.dsfield', p.tos],
    ['ip.id', p.identification],
    ['ip.flags.df', p.dontFragment],
    ['ip.flags.mf', p.moreFragments],
    ['ip.frag_offset', p.fragmentOffset / 8],
    ['ip.ttl', p.ttl],
    ['ip.proto', p.protocol],
    ['ip.src', p.source],
    ['ip.dst', p.destination],
    ['ip.hdr_len', 20 + p.options.length],
  ],
  udp: (d) => [
    ['udp.srcport', d.sourcePort],
    ['udp.dstport', d.destinationPort],
    ['udp.length', 8 + d.payload.length],
    ['udp.checksum.status', 1],
  ],
  esp: (e) => [
    ['esp.spi', e.spi],
    ['esp.sequence', e.sequence],
  ],
  ah: (a) => [
    ['ah.next_header', a.nextHeader],
    ['ah.length', a.checkValue.length / 4 + 1],
    ['ah.spi', a.spi],
    ['ah.sequence', a.sequence],
    ['ah.icv', a.checkValue],
    ['ah.reserved', Uint8Array.of((a.reserved ?? 0) >>> 8, a.reserved ?? 0)],
  ],
  arp: (a) => [
    ['arp.opcode', a.operation === 'request' ? 1 : 2],
    ['arp.src.hw_mac', a.senderMac],
    ['arp.src.proto_ipv4', a.senderAddress],
    ['arp.dst.hw_mac', a.targetMac],
    ['arp.dst.proto_ipv4', a.targetAddress],
  ],
  dhcp4: dhcp,
};

const number = (octets: Uint8Array): string => BigInt(`0x${toHex(octets)}`).toString();

function fixedPart(m: MobilityMessage): Claim[] {
  switch (m.kind) {
    case 'homeTestInit':
      return [['mip6.hoti.cookie', number(m.cookie)]];
    case 'careOfTestInit':
      return [['mip6.coti.cookie', number(m.cookie)]];
    case 'homeTest':
    case 'careOfTest': {
      const name = m.kind === 'homeTest' ? 'hot' : 'cot';
      return [
        [`mip6.${name}.nindex`, m.nonceIndex],
        [`mip6.${name}.cookie`, number(m.cookie)],
        ['mip6.hot.token', number(m.token)], // of both
      ];
    }
    case 'bindingUpdate':
      return [
        ['mip6.bu.seqnr', m.sequence],
        ...flags(m.flags, BU_FIELDS),
        ['mip6.bu.lifetime', m.lifetime / 4],
      ];
    case 'bindingAck':
      return [
        ['mip6.ba.status', m.status],
        ...flags(m.flags, BA_FIELDS),
        ['mip6.ba.seqnr', m.sequence],
        ['mip6.ba.lifetime', m.lifetime / 4],
      ];
    case 'bindingError':
      return [
        ['mip6.be.status', m.status],
        ['mip6.be.haddr', m.homeAddress],
      ];
    case 'fastBindingUpdate':
      return [
        ['mip6.fbu.seqnr', m.sequence],
        ...flags(m.flags, FBU_FIELDS),
        ['mip6.fbu.lifetime', m.lifetime],
      ];
    case 'fastBindingAck':
      return [
        ['mip6.fback.status', m.status],
        ['mip6.fback.k_flag', (m.flags & 0x80) !== 0],
        ['mip6.fback.seqnr', m.sequence],
        ['mip6.fback.lifetime', m.lifetime],
      ];
    case 'homeAgentSwitch':
      return [
        ['mip6.has.num_addrs', m.addresses.length],
        ...m.addresses.map((a): Claim => ['mip6.has.address', a]),
      ];
    case 'heartbeat':
      return [
        ['mip6.hb.u_flag', (m.flags & 2) !== 0],
        ['mip6.hb.r_flag', (m.flags & 1) !== 0],
        ['mip6.hb.seqnr', m.sequence],
      ];
    case 'handoverInitiate':
      return [
        ['mip6.hi.seqnr', m.sequence],
        ['mip6.hi.s_flag', (m.flags & 0x80) !== 0],
        ['mip6.hi.u_flag', (m.flags & 0x40) !== 0],
        ['mip6.hi.code', m.code],
      ];
    case 'handoverAck':
      return [
        ['mip6.hack.seqnr', m.sequence],
        ['mip6.hack.code', m.code],
      ];
    case 'bindingRevocation': {
      const asked = m.revocationType === 1;
      const side = asked ? 'i' : 'a';
      return [
        ['mip6.bri_br.type', m.revocationType],
        [asked ? 'mip6.bri_r.trigger' : 'mip6.bri_status', m.code],
        ['mip6.bri_seqnr', m.sequence],
        [`mip6.bri_${side}p`, (m.flags & 0x8000) !== 0],
        [`mip6.bri_${side}v`, (m.flags & 0x4000) !== 0],
        [`mip6.bri_${side}g`, (m.flags & 0x2000) !== 0],
      ];
    }
    case 'localizedRoutingInitiation':
      return [
        ['mip6.lri.sequence', m.sequence],
        ['mip6.lri.lifetime', m.lifetime],
      ];
    case 'localizedRoutingAck':
      return [
        ['mip6.lra.sequence', m.sequence],
        ['mip6.lra.status', m.status],
        ['mip6.lra.lifetime', m.lifetime],
      ];
    case 'unknown':
      return [['mip6.unknown_type_data', m.data]];
    default:
      return [];
  }
}

function flags(bits: number, names: Readonly<Record<string, number>>): Claim[] {
  return Object.entries(names).map(([name, bit]) => [name, (bits & bit) !== 0]);
}

/** Type, length and data of each option, from the octets: tshark has them under a name for each type it knows. */
function rawOptions(m: KnownMessage, wire: Uint8Array): Claim[] {
  const out: Claim[] = [];
  const split = (type: number) => !NOT_SPLIT.has(type) && type <= 55;
  let lengths = true;
  const sizes: Claim[] = [];
  const start = messageRow(wire[2]!)!.size + (m.kind === 'homeAgentSwitch' ? 16 * wire[6]! : 0);
  for (let at = start; at < wire.length;) {
    const type = wire[at]!;
    const end = type === 0 ? at + 1 : at + 2 + wire[at + 1]!;
    if (split(type)) out.push(['mip6.options.*', wire.subarray(at, end)]);
    if (type !== 0) sizes.push(['mip6.mobility_opt.len', wire[at + 1]!]);
    // What it does not dissect, it does not show the length of either.
    lengths &&= split(type);
    at = end;
  }
  return [...out, ...(lengths ? sizes : [])];
}

function mobilityOption(o: MobilityOption): Claim[] {
  switch (o.kind) {
    case 'bindingRefreshAdvice':
      return [['mip6.bra.interval', o.interval / 4]];
    case 'alternateCareOf':
      return [['mip6.acoa.acoa', o.address]];
    case 'nonceIndices':
      return [
        ['mip6.ni.hni', o.home],
        ['mip6.ni.cni', o.careOf],
      ];
    case 'bindingAuthorization':
      return [['mip6.bad.auth', o.authenticator]];
    case 'mobileNetworkPrefix':
    case 'homeNetworkPrefix':
      return [
        ['mip6.nemo.mnp.pfl', o.prefixLength],
        ['mip6.nemo.mnp.mnp', o.prefix],
      ];
    case 'linkLayerAddress':
      return [
        ['mip6.lla.optcode', o.code],
        ...(o.address.length ? [['mip6.lla', o.address] as const] : []),
      ];
    case 'mobileNodeIdentifier':
      return [
        ['mip6.mnid.subtype', o.subtype],
        ...(o.subtype === 1 ? [['mip6.mnid.identifier', ascii(o.identifier)] as const] : []),
      ];
    case 'authentication':
      return [
        ['mip6.auth.subtype', o.subtype],
        ['mip6.auth.mobility_spi', o.spi],
        ['mip6.auth.auth_data', o.data],
      ];
    case 'cgaParameters':
      return [['mip6.cgar.cga_par', o.parameters]];
    case 'signature':
      return [['mip6.sign.sign', o.signature]];
    case 'permanentHomeToken':
      return [['mip6.phkt.phkt', o.token]];
    case 'careOfTestOption':
      return [['mip6.mocot.co_keygen_tok', o.token]];
    case 'dnsUpdate':
      return [
        ['mip6.dnsu.status', o.status],
        ['mip6.dnsu.flag.r', o.remove],
        ...(o.name.length > 2 ? [['mip6.dnsu.mn_id', o.name] as const] : []),
      ];
    case 'experimental':
      return [['mip6.em.data', o.data]];
    case 'vendorSpecific':
      return [
        ['mip6.vsm.vendorId', o.vendor],
        ['mip6.vsm.subtype', o.subtype],
      ];
    case 'serviceSelection':
      return [['mip6.ss.identifier', ascii(o.identifier)]];
    case 'fastBindingAuthorization':
      return [
        ['mip6.badff.spi', o.spi],
        ['mip6.badff.auth', o.authenticator],
      ];
    case 'handoffIndicator':
      return [['mip6.hi', o.indicator]];
    case 'accessTechnology':
      return [['mip6.att', o.technology]];
    case 'linkLayerIdentifier':
      return [['mip6.mnlli.lli', o.identifier]];
    case 'linkLocalAddress':
      return [['mip6.lila_lla', o.address]];
    case 'timestamp':
      return [['mip6.timestamp_tmp', dated(o.seconds, o.fraction)]];
    case 'restartCounter':
      return [['mip6.rc', o.counter]];
    case 'ipv4HomeAddress':
      return [
        ['mip6.ipv4ha.preflen', o.prefixLength],
        ['mip6.ipv4ha.p_flag', o.prefixRequested],
        ['mip6.ipv4ha.ha', o.address],
      ];
    case 'ipv4AddressAck':
    case 'ipv4HomeAddressReply':
      return [
        ['mip6.ipv4aa.sts', o.status],
        ['mip6.ipv4ha.preflen', o.prefixLength],
        ['mip6.ipv4ha.ha', o.address],
      ];
    case 'natDetection':
      return [
        ['mip6.natd.f_flag', o.forceUdp],
        ['mip6.natd.refresh_t', o.refresh],
      ];
    case 'ipv4CareOf':
      return [['mip6.ipv4coa.addr', o.address]];
    case 'greKey':
      return o.key === null ? [] : [['mip6.gre_key', o.key]];
    case 'ipv6AddressPrefix':
      return [
        ['mip6.mhipv6ap.opt_code', o.code],
        ['mip6.mhipv6ap.len', o.prefixLength],
        ['mip6.mhipv6ap.ipv6_address', o.address],
      ];
    case 'bindingIdentifier':
      return [
        ['mip6.bi.bid', o.bindingId],
        ['mip6.bi.status', o.status],
        ['mip6.bi.h_flag', o.simultaneousHome],
        ...(o.careOf === null
          ? []
          : [
              [o.careOf.includes(':') ? 'mip6.bi.coa_ipv6' : 'mip6.bi.coa_ipv4', o.careOf] as const,
            ]),
      ];
    case 'ipv4HomeAddressRequest':
      return [
        ['mip6.ipv4ha.preflen', o.prefixLength],
        ['mip6.ipv4ha.ha', o.address],
      ];
    case 'ipv4DefaultRouter':
      return [['mip6.ipv4dra.dra', o.address]];
    case 'ipv4DhcpMode':
      return [['mip6.ipv4dsm.s_flag', o.server]];
    case 'redirect': {
      const six = o.address.includes(':');
      return [
        ['mip6.redir.k', six],
        ['mip6.redir.n', !six],
        [`mip6.redir.addr_r2lma_ipv${six ? 6 : 4}`, o.address],
      ];
    }
    case 'loadInformation':
      return [
        ['mip6.load_inf.priority', o.priority],
        ['mip6.load_inf.sessions_in_use', o.sessions],
        ['mip6.load_inf.maximum_sessions', o.maxSessions],
        ['mip6.load_inf.used_capacity', o.capacity],
        ['mip6.load_inf.maximum_capacity', o.maxCapacity],
      ];
    case 'alternateIpv4CareOf':
      return [['mip6.alt_ip4', o.address]];
    case 'nodeGroupIdentifier':
      return [
        ['mip6.mng.sub_type', o.subtype],
        ['mip6.mng.mng_id', o.group],
      ];
    case 'gatewayAddress':
      return [
        ['mip6.mag_ipv6.address_length', o.addressLength],
        ['mip6.mag_ipv6.address', o.address],
      ];
    case 'unknown':
      return [['mip6.mobility_opt', o.type]];
    default:
      return [];
  }
}

function icmp(m: Icmpv6Message): Claim[] {
  switch (m.kind) {
    case 'routerAdvertisement':
      return [
        ['icmpv6.nd.ra.cur_hop_limit', m.hopLimit],
        ['icmpv6.nd.ra.flag.m', m.managed],
        ['icmpv6.nd.ra.flag.o', m.otherConfig],
        ['icmpv6.nd.ra.flag.h', m.homeAgent],
        ['icmpv6.nd.ra.flag.prf', (m.reserved ?? 0) & 0x10 ? 2 : m.preference & 3],
        ['icmpv6.nd.ra.router_lifetime', m.routerLifetime],
        ['icmpv6.nd.ra.reachable_time', m.reachableTime],
        ['icmpv6.nd.ra.retrans_timer', m.retransTimer],
      ];
    case 'neighborSolicitation':
      return [['icmpv6.nd.ns.target_address', m.target]];
    case 'neighborAdvertisement':
      return [
        ['icmpv6.nd.na.flag.r', m.router],
        ['icmpv6.nd.na.flag.s', m.solicited],
        ['icmpv6.nd.na.flag.o', m.override],
        ['icmpv6.nd.na.flag.rsv', m.reserved ?? 0],
        ['icmpv6.nd.na.target_address', m.target],
      ];
    case 'redirect':
      return [
        ['icmpv6.nd.rd.target_address', m.target],
        ['icmpv6.rd.na.destination_address', m.destination],
      ];
    case 'echoRequest':
    case 'echoReply':
      return [
        ['icmpv6.echo.identifier', m.identifier],
        ['icmpv6.echo.sequence_number', m.sequence],
        ['data.data', m.data],
      ];
    case 'packetTooBig':
      return [['icmpv6.mtu', m.mtu]];
    case 'parameterProblem':
      return [['icmpv6.pointer', m.pointer]];
    case 'homeAgentDiscoveryRequest':
    case 'mobilePrefixSolicitation':
      return [['icmpv6.mip6.identifier', m.identifier]];
    case 'homeAgentDiscoveryReply':
      return [
        ['icmpv6.mip6.identifier', m.identifier],
        ...m.addresses.map((a): Claim => ['icmpv6.mip6.home_agent_address', a]),
      ];
    case 'mobilePrefixAdvertisement':
      return [
        ['icmpv6.mip6.identifier', m.identifier],
        ['icmpv6.mip6.flag.m', m.managed],
        ['icmpv6.mip6.flag.o', m.otherConfig],
      ];
    default:
      return [];
  }
}

function ndOption(o: NdOption): Claim[] {
  switch (o.kind) {
    case 'sourceLinkLayer':
      return [
        ['icmpv6.opt.type', 1],
        ['icmpv6.opt.src_linkaddr', o.address],
      ];
    case 'targetLinkLayer':
      return [
        ['icmpv6.opt.type', 2],
        ['icmpv6.opt.target_linkaddr', o.address],
      ];
    case 'prefixInformation':
      return [
        ['icmpv6.opt.type', 3],
        ['icmpv6.opt.prefix.length', o.prefixLength],
        ['icmpv6.opt.prefix.flag.l', o.onLink],
        ['icmpv6.opt.prefix.flag.a', o.autonomous],
        ['icmpv6.opt.prefix.flag.r', o.routerAddress],
        ['icmpv6.opt.prefix.flag.reserved', o.reserved ?? 0],
        ['icmpv6.opt.prefix.valid_lifetime', o.validLifetime],
        ['icmpv6.opt.prefix.preferred_lifetime', o.preferredLifetime],
        ['icmpv6.opt.prefix', o.prefix],
      ];
    case 'redirectedHeader':
      return [
        ['icmpv6.opt.type', 4],
        ['icmpv6.opt.length', 1 + o.quoted.length / 8],
      ];
    case 'mtu':
      return [
        ['icmpv6.opt.type', 5],
        ['icmpv6.opt.mtu', o.mtu],
      ];
    case 'advertisementInterval':
      return [
        ['icmpv6.opt.type', 7],
        ['icmpv6.opt.advertisement_interval', o.interval],
      ];
    case 'homeAgentInformation':
      return [
        ['icmpv6.opt.type', 8],
        ['icmpv6.opt.home_agent_preference', o.preference],
        ['icmpv6.opt.home_agent_lifetime', o.lifetime],
      ];
    case 'routeInformation':
      return [
        ['icmpv6.opt.type', 24],
        ['icmpv6.opt.prefix.length', o.prefixLength],
        ['icmpv6.opt.route_info.flag.route_preference', o.preference & 3],
        ['icmpv6.opt.route_lifetime', o.lifetime],
      ];
    case 'recursiveDns':
      return [
        ['icmpv6.opt.type', 25],
        ['icmpv6.opt.length', 1 + 2 * o.addresses.length],
        ['icmpv6.opt.rdnss.lifetime', o.lifetime],
        ...o.addresses.map((a): Claim => ['icmpv6.opt.rdnss', a]),
      ];
    case 'unknown':
      return [['icmpv6.opt.type', o.type]];
    default:
      return o satisfies never;
  }
}

function ipv6(p: Ipv6Packet): Claim[] {
  return [
    ['ipv6.tclass', p.trafficClass],
    ['ipv6.flow', p.flowLabel],
    ['ipv6.hlim', p.hopLimit],
    ['ipv6.src', p.source],
    ['ipv6.dst', p.destination],
    ['ipv6.plen', p.payloadOffset! - 40 + p.payload.length],
    ...p.headers.flatMap((h): Claim[] => {
      if (h.kind === 'routing2' || h.kind === 'routing') {
        return [
          ['ipv6.routing.type', h.kind === 'routing2' ? 2 : h.type],
          ['ipv6.routing.segleft', h.segmentsLeft],
          ...(h.kind === 'routing2'
            ? [['ipv6.routing.mipv6.home_address', h.homeAddress] as const]
            : []),
        ];
      }
      if (h.kind === 'fragment') {
        return [
          ['ipv6.fraghdr.offset', h.offset / 8],
          ['ipv6.fraghdr.more', h.more],
          ['ipv6.fraghdr.ident', h.identification],
        ];
      }
      return h.options.flatMap((o): Claim[] => {
        const type = { pad1: 0, padN: 1, homeAddress: 201, unknown: 0 }[o.kind];
        return [
          ['ipv6.opt.type', o.kind === 'unknown' ? o.type : type],
          ...(o.kind === 'homeAddress'
            ? [['ipv6.opt.mipv6.home_address', o.address] as const]
            : []),
        ];
      });
    }),
  ];
}

function dhcp(m: DhcpMessage): Claim[] {
  const type = dhcpType(m);
  return [
    ['dhcp.type', m.op],
    ['dhcp.id', m.xid],
    ['dhcp.secs', m.secs],
    ['dhcp.flags.bc', m.broadcast],
    ['dhcp.ip.client', m.clientAddress],
    ['dhcp.ip.your', m.yourAddress],
    ['dhcp.ip.server', m.serverAddress],
    ['dhcp.ip.relay', m.relayAddress],
    ...(type ? [['dhcp.option.dhcp', DHCP_TYPES.indexOf(type) + 1] as const] : []),
    ...m.options.flatMap(dhcpOption),
  ];
}

function dhcpOption(o: DhcpOption): Claim[] {
  switch (o.kind) {
    case 'subnetMask':
      return [['dhcp.option.subnet_mask', o.mask]];
    case 'router':
      return o.addresses.map((a) => ['dhcp.option.router', a]);
    case 'dnsServer':
      return o.addresses.map((a) => ['dhcp.option.domain_name_server', a]);
    case 'hostName':
      return [['dhcp.option.hostname', o.name]];
    case 'interfaceMtu':
      return [['dhcp.option.interface_mtu', o.mtu]];
    case 'requestedAddress':
      return [['dhcp.option.requested_ip_address', o.address]];
    case 'leaseTime':
      return [['dhcp.option.ip_address_lease_time', o.seconds]];
    case 'serverIdentifier':
      return [['dhcp.option.dhcp_server_id', o.address]];
    case 'parameterRequest':
      return o.codes.map((c) => ['dhcp.option.request_list_item', c]);
    case 'maximumMessageSize':
      return [['dhcp.option.dhcp_max_message_size', o.size]];
    case 'renewalTime':
      return [['dhcp.option.renewal_time_value', o.seconds]];
    case 'rebindingTime':
      return [['dhcp.option.rebinding_time_value', o.seconds]];
    default:
      return [];
  }
}

const ascii = (octets: Uint8Array): string => String.fromCharCode(...octets);

/** As tshark writes a time: `Sep 13, 2020 12:26:40.500000000 UTC`. */
function dated(seconds: number, fraction: number): string {
  const [, day, month, year, time] = new Date(seconds * 1000)
    .toUTCString()
    .match(/, (\d+) (\w+) (\d+) ([\d:]+)/)!;
  const nanoseconds = Math.floor((fraction * 1e9) / 65536);
  const spaced = day!.replace(/^0/, ' ');
  return `${month} ${spaced}, ${year} ${time}.${`${nanoseconds}`.padStart(9, '0')} UTC`;
}

const BU_FIELDS = {
  'mip6.bu.a_flag': BU_FLAG.acknowledge,
  'mip6.bu.h_flag': BU_FLAG.home,
  'mip6.bu.l_flag': BU_FLAG.linkLocal,
  'mip6.bu.k_flag': BU_FLAG.keyManagement,
  'mip6.bu.m_flag': BU_FLAG.map,
  'mip6.nemo.bu.r_flag': BU_FLAG.mobileRouter,
  'mip6.bu.p_flag': BU_FLAG.proxy,
  'mip6.bu.f_flag': BU_FLAG.forceUdp,
  'mip6.bu.t_flag': BU_FLAG.tlv,
  'mip6.bu.b_flag': BU_FLAG.bulk,
} as const;
const BA_FIELDS = {
  'mip6.ba.k_flag': BA_FLAG.keyManagement,
  'mip6.nemo.ba.r_flag': BA_FLAG.mobileRouter,
  'mip6.ba.p_flag': BA_FLAG.proxy,
  'mip6.ba.t_flag': BA_FLAG.tlv,
  'mip6.ba.b_flag': BA_FLAG.bulk,
} as const;
const FBU_FIELDS = {
  'mip6.fbu.a_flag': BU_FLAG.acknowledge,
  'mip6.fbu.h_flag': BU_FLAG.home,
  'mip6.fbu.l_flag': BU_FLAG.linkLocal,
  'mip6.fbu.k_flag': BU_FLAG.keyManagement,
} as const;
/** Options below 56 that tshark 4.0 names by number only. */
const NOT_SPLIT: ReadonlySet<number> = new Set([42, 43, 44, 45, 53, 54]);
/** Messages it shows as octets, options and all: types 0, 10, 11 and 19 to 23. */
const LEFT_WHOLE: ReadonlySet<string> = new Set([
  'bindingRefreshRequest',
  'fastNeighborAdvertisement',
  'experimental',
  'updateNotification',
  'updateNotificationAck',
  'flowBinding',
  'subscriptionQuery',
  'subscriptionResponse',
]);
const DHCP_TYPES = ['discover', 'offer', 'request', 'decline', 'ack', 'nak', 'release', 'inform'];
