/** One packet of each kind that the decoder opens, made by the encoders of `src/wire` or laid out by hand. */
import { ipv4, ipv6, mac } from '../../../src/base/address.js';
import { fromHex } from '../../../src/base/bytes.js';
import { checksum, transportChecksum } from '../../../src/base/checksum.js';
import type { Start } from '../../../src/diagnostics/layers/model.js';
import { encodeArp } from '../../../src/wire/arp.js';
import { encodeDhcp } from '../../../src/wire/dhcpv4/codec.js';
import { encodeEthernet } from '../../../src/wire/ethernet.js';
import { encodeIcmpv4 } from '../../../src/wire/icmpv4.js';
import { encodeIcmpv6, type Icmpv6Message } from '../../../src/wire/icmpv6.js';
import { encodeIpv4 } from '../../../src/wire/ipv4.js';
import { encodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import type { BindingUpdate } from '../../../src/wire/mobility/message.js';
import { encodeUdp } from '../../../src/wire/udp.js';

export interface NamedPacket {
  readonly what: string;
  readonly as: Start;
  readonly octets: Uint8Array;
}

export const HOME = ipv6('2001:db8:a::100');
export const AGENT = ipv6('2001:db8:a::1');
export const CARE_OF = ipv6('2001:db8:b::5');
const [CLIENT4, AGENT4] = [ipv4('10.1.0.100'), ipv4('198.51.100.1')];
const [MAC1, MAC2] = [mac('02:00:00:00:00:01'), mac('02:00:00:00:00:02')];
export const octets = (hex: string): Uint8Array => fromHex(hex)!;

const UPDATE: BindingUpdate = {
  kind: 'bindingUpdate',
  sequence: 7,
  flags: 0xc000,
  lifetime: 600,
  options: [{ kind: 'alternateCareOf', address: CARE_OF }],
};
/** Home Address option, Mobility Header. */
export const REGISTRATION = encodeMobilityPacket({
  source: CARE_OF,
  destination: AGENT,
  homeAddress: HOME,
  message: UPDATE,
});
/** Type 2 routing header, Mobility Header. */
export const ANSWER = encodeMobilityPacket({
  source: AGENT,
  destination: CARE_OF,
  routingHome: HOME,
  message: { kind: 'bindingAck', status: 135, flags: 0, sequence: 9, lifetime: 0, options: [] },
});
const BARE = encodeMobilityPacket({
  source: HOME,
  destination: AGENT,
  message: { ...UPDATE, options: [{ kind: 'ipv4CareOf', address: CLIENT4 }] },
});

const six = (protocol: number, payload: Uint8Array, source = CARE_OF): Uint8Array =>
  encodeIpv6({
    trafficClass: 0,
    flowLabel: 0x12345,
    hopLimit: 64,
    source,
    destination: AGENT,
    headers: [],
    protocol,
    payload,
  });
const four = (
  protocol: number,
  payload: Uint8Array,
  options: Uint8Array = new Uint8Array(0),
): Uint8Array =>
  encodeIpv4({
    tos: 0,
    identification: 1,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol,
    source: CLIENT4,
    destination: AGENT4,
    options,
    payload,
  });
const udp4 = (port: number, payload: Uint8Array): Uint8Array =>
  four(17, encodeUdp({ sourcePort: port, destinationPort: port, payload }, CLIENT4, AGENT4));
const frame = (etherType: number, payload: Uint8Array): Uint8Array =>
  encodeEthernet({ destination: MAC2, source: MAC1, etherType, payload });
const icmp6 = (message: Icmpv6Message, from = ipv6('fe80::1'), to = ipv6('ff02::1')): Uint8Array =>
  encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 255,
    source: from,
    destination: to,
    headers: [],
    protocol: 58,
    payload: encodeIcmpv6(message, from, to),
  });
const tcp = (() => {
  const segment = octets('0050c350 00000001 00000002 6012faf0 0000 0000 020405b4 68656c6c6f');
  const sum = transportChecksum(CARE_OF, AGENT, 6, segment);
  segment[16] = sum >>> 8;
  segment[17] = sum;
  return segment;
})();
const gre = (() => {
  const header = octets('b000 86dd 0000 0000 0000002a 00000007');
  const whole = Uint8Array.of(...header, ...BARE);
  const sum = checksum(whole);
  whole[4] = sum >>> 8;
  whole[5] = sum;
  return whole;
})();

const DISCOVER = encodeDhcp({
  op: 1,
  xid: 0x1234,
  secs: 3,
  broadcast: true,
  clientAddress: ipv4('0.0.0.0'),
  yourAddress: ipv4('0.0.0.0'),
  serverAddress: ipv4('0.0.0.0'),
  relayAddress: ipv4('0.0.0.0'),
  clientHardware: MAC1,
  options: [
    { kind: 'messageType', type: 'discover' },
    { kind: 'hostName', name: '0x6d' },
    { kind: 'parameterRequest', codes: [1, 3, 121] },
    {
      kind: 'classlessRoutes',
      routes: [{ destination: ipv4('10.2.0.0'), prefixLength: 16, router: CLIENT4 }],
    },
  ],
});

const ADVERTISEMENT: Icmpv6Message = {
  kind: 'routerAdvertisement',
  hopLimit: 64,
  managed: false,
  otherConfig: true,
  homeAgent: true,
  preference: 1,
  routerLifetime: 1800,
  reachableTime: 0,
  retransTimer: 0,
  options: [
    { kind: 'sourceLinkLayer', address: MAC1 },
    {
      kind: 'prefixInformation',
      prefixLength: 64,
      onLink: true,
      autonomous: true,
      routerAddress: true,
      validLifetime: 86400,
      preferredLifetime: 14400,
      prefix: AGENT,
    },
    { kind: 'mtu', mtu: 1500 },
    { kind: 'homeAgentInformation', mobileRouter: false, preference: 10, lifetime: 1800 },
  ],
};

export const PACKETS: readonly NamedPacket[] = [
  { what: 'a registration from away', as: 'ipv6', octets: REGISTRATION },
  { what: 'its answer by a routing header', as: 'ipv6', octets: ANSWER },
  { what: 'the same on Ethernet', as: 'ethernet', octets: frame(0x86dd, REGISTRATION) },
  {
    what: 'in a VLAN',
    as: 'ethernet',
    octets: frame(0x8100, Uint8Array.of(0x61, 0x23, 0x86, 0xdd, ...REGISTRATION)),
  },
  {
    what: 'Linux cooked',
    as: 'sll',
    octets: Uint8Array.of(...octets('0000 0001 0006 0200000000010000 86dd'), ...REGISTRATION),
  },
  {
    what: 'Linux cooked, version 2',
    as: 'sll2',
    octets: Uint8Array.of(
      ...octets('86dd 0000 00000003 0001 00 06 0200000000010000'),
      ...REGISTRATION,
    ),
  },
  { what: 'DSMIPv6 in UDP', as: 'ipv4', octets: udp4(4191, BARE) },
  { what: 'what UDP 4191 carries', as: 'udp4191', octets: BARE },
  { what: 'a NAT keep-alive', as: 'udp4191', octets: octets('ff') },
  { what: 'IPv6 in IPv4', as: 'ipv4', octets: four(41, BARE) },
  {
    what: 'IPv4 in IPv4, with options',
    as: 'ipv4',
    octets: four(4, udp4(9, octets('0102')), octets('94040000')),
  },
  { what: 'IPv6 in IPv6', as: 'ipv6', octets: six(41, BARE) },
  { what: 'IPv4 in IPv6', as: 'ipv6', octets: six(4, udp4(9, octets('01'))) },
  { what: 'GRE with checksum, key and sequence', as: 'ipv6', octets: six(47, gre) },
  { what: 'ESP', as: 'ipv6', octets: six(50, octets('00000101 00000002 a1a2a3a4a5a6a7a8')) },
  { what: 'ESP in UDP', as: 'ipv4', octets: udp4(4500, octets('00000101 00000002 a1a2a3a4')) },
  { what: 'IKE in UDP', as: 'ipv4', octets: udp4(4500, octets('00000000 a1a2a3a4')) },
  {
    what: 'AH around a Mobility Header',
    as: 'ipv6',
    octets: six(
      51,
      Uint8Array.of(
        ...octets('8704 0000 00000100 00000001 0102030405060708090a0b0c'),
        ...BARE.subarray(40),
      ),
      HOME,
    ),
  },
  { what: 'TCP with options', as: 'ipv6', octets: six(6, tcp) },
  { what: 'an advertisement of a home agent', as: 'ipv6', octets: icmp6(ADVERTISEMENT) },
  {
    what: 'a neighbour solicitation',
    as: 'ipv6',
    octets: icmp6({
      kind: 'neighborSolicitation',
      target: HOME,
      options: [{ kind: 'sourceLinkLayer', address: MAC1 }],
    }),
  },
  {
    what: 'a home agent discovery reply',
    as: 'ipv6',
    octets: icmp6(
      {
        kind: 'homeAgentDiscoveryReply',
        identifier: 5,
        mobileRouter: true,
        addresses: [AGENT, HOME],
      },
      AGENT,
      CARE_OF,
    ),
  },
  {
    what: 'a mobile prefix solicitation',
    as: 'ipv6',
    octets: icmp6({ kind: 'mobilePrefixSolicitation', identifier: 6 }, CARE_OF, AGENT),
  },
  {
    what: 'an echo request',
    as: 'ipv6',
    octets: icmp6(
      { kind: 'echoRequest', identifier: 1, sequence: 2, data: octets('616263') },
      CARE_OF,
      AGENT,
    ),
  },
  {
    what: 'a parameter problem, the packet it quotes opened',
    as: 'ipv6',
    octets: icmp6(
      { kind: 'parameterProblem', code: 0, pointer: 40, quoted: REGISTRATION.subarray(0, 80) },
      AGENT,
      CARE_OF,
    ),
  },
  {
    what: 'ICMP for IPv4, the packet it quotes opened',
    as: 'ipv4',
    octets: four(
      1,
      encodeIcmpv4({
        kind: 'destinationUnreachable',
        code: 4,
        mtu: 1280,
        quoted: udp4(4191, BARE).subarray(0, 60),
      }),
    ),
  },
  {
    what: 'ARP with Ethernet padding',
    as: 'ethernet',
    octets: Uint8Array.of(
      ...frame(
        0x0806,
        encodeArp({
          operation: 'request',
          senderMac: MAC1,
          senderAddress: CLIENT4,
          targetMac: mac('00:00:00:00:00:00'),
          targetAddress: AGENT4,
        }),
      ),
      ...new Uint8Array(18),
    ),
  },
  { what: 'DHCP', as: 'dhcp4', octets: DISCOVER },
  {
    what: 'a Mobility Header under its options header',
    as: 'destopt',
    octets: REGISTRATION.subarray(40),
  },
  { what: 'a Mobility Header under its routing header', as: 'rthdr', octets: ANSWER.subarray(40) },
  {
    what: 'mobility options alone',
    as: 'mobility-options',
    octets: octets('0100 0310 20010db8000b00000000000000000005 ff020102'),
  },
  { what: 'an ICMPv6 message alone', as: 'icmpv6', octets: icmp6(ADVERTISEMENT).subarray(40) },
];
