/** Headers of fixed layout, one row of fields each; what follows them is said in `decode-layers.ts`. */
import {
  coded,
  flag,
  ipv4Field,
  ipv6Field,
  macField,
  octetsField,
  reserved,
  uint,
  type Field,
} from './layout.js';
import {
  arpHardwareName,
  arpOperationName,
  bootpOpName,
  etherTypeName,
  icmpv4Name,
  icmpv6Name,
  protocolName,
  routingTypeName,
  sllPacketTypeName,
} from './names.js';

const next = (name: string): Field => coded(name, 8, protocolName, { auto: true });
const etherType = (name = 'etherType'): Field => coded(name, 16, etherTypeName, { auto: true });

export const ETHERNET: readonly Field[] = [
  macField('destination'),
  macField('source'),
  etherType(),
];
/** IEEE 802.1Q: what follows the tag protocol identifier, which is the EtherType before it. */
export const VLAN: readonly Field[] = [
  uint('priority', 3),
  flag('dropEligible'),
  uint('id', 12),
  etherType(),
];
/** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL.html */
export const SLL: readonly Field[] = [
  coded('packetType', 16, sllPacketTypeName),
  coded('hardwareType', 16, arpHardwareName),
  uint('addressLength', 16),
  octetsField('address', 8),
  etherType('protocol'),
];
/** https://www.tcpdump.org/linktypes/LINKTYPE_LINUX_SLL2.html */
export const SLL2: readonly Field[] = [
  etherType('protocol'),
  reserved(16),
  uint('interfaceIndex', 32),
  coded('hardwareType', 16, arpHardwareName),
  coded('packetType', 8, sllPacketTypeName),
  uint('addressLength', 8),
  octetsField('address', 8),
];
/** RFC 826, IPv4 over Ethernet */
export const ARP: readonly Field[] = [
  coded('hardwareType', 16, arpHardwareName),
  coded('protocolType', 16, etherTypeName),
  uint('hardwareLength', 8),
  uint('protocolLength', 8),
  coded('operation', 16, arpOperationName),
  macField('senderMac'),
  ipv4Field('senderAddress'),
  macField('targetMac'),
  ipv4Field('targetAddress'),
];
/** RFC 8200 §3 */
export const IPV6: readonly Field[] = [
  uint('version', 4),
  uint('trafficClass', 8),
  uint('flowLabel', 20),
  uint('payloadLength', 16, { auto: true }),
  next('nextHeader'),
  uint('hopLimit', 8),
  ipv6Field('source'),
  ipv6Field('destination'),
];
/** RFC 791 §3.1; options follow */
export const IPV4: readonly Field[] = [
  uint('version', 4),
  uint('headerLength', 4, { auto: true, scale: 4 }),
  uint('tos', 8),
  uint('totalLength', 16, { auto: true }),
  uint('identification', 16),
  reserved(1),
  flag('dontFragment'),
  flag('moreFragments'),
  uint('fragmentOffset', 13, { scale: 8 }),
  uint('ttl', 8),
  next('protocol'),
  uint('checksum', 16, { auto: true }),
  ipv4Field('source'),
  ipv4Field('destination'),
];
/** RFC 8200 §4.3, §4.6: next header and length of an options header */
export const OPTIONS_HEADER: readonly Field[] = [
  next('nextHeader'),
  uint('headerLength', 8, { auto: true }),
];
/** RFC 8200 §4.4 */
export const ROUTING: readonly Field[] = [
  next('nextHeader'),
  uint('headerLength', 8, { auto: true }),
  coded('routingType', 8, routingTypeName),
  uint('segmentsLeft', 8),
];
/** RFC 6275 §6.4.1 */
export const ROUTING_2: readonly Field[] = [...ROUTING, reserved(32), ipv6Field('homeAddress')];
/** RFC 8200 §4.5 */
export const FRAGMENT: readonly Field[] = [
  next('nextHeader'),
  reserved(8),
  uint('fragmentOffset', 13, { scale: 8 }),
  reserved(2, 'reserved2'),
  flag('moreFragments'),
  uint('identification', 32),
];
/** RFC 4302 §2; the ICV follows */
export const AH: readonly Field[] = [
  next('nextHeader'),
  uint('payloadLength', 8, { auto: true }),
  reserved(16),
  uint('spi', 32),
  uint('sequence', 32),
];
/** RFC 4303 §2: all that is clear */
export const ESP: readonly Field[] = [uint('spi', 32), uint('sequence', 32)];
/** RFC 768 */
export const UDP: readonly Field[] = [
  uint('sourcePort', 16),
  uint('destinationPort', 16),
  uint('length', 16, { auto: true }),
  uint('checksum', 16, { auto: true }),
];
/** RFC 9293 §3.1; options follow */
export const TCP: readonly Field[] = [
  uint('sourcePort', 16),
  uint('destinationPort', 16),
  uint('sequence', 32),
  uint('acknowledgement', 32),
  uint('headerLength', 4, { auto: true, scale: 4 }),
  reserved(4),
  uint('flags', 8, {
    letters: [
      { bit: 0x80, letter: 'C', name: 'CWR' },
      { bit: 0x40, letter: 'E', name: 'ECE' },
      { bit: 0x20, letter: 'U', name: 'URG' },
      { bit: 0x10, letter: 'A', name: 'ACK' },
      { bit: 0x08, letter: 'P', name: 'PSH' },
      { bit: 0x04, letter: 'R', name: 'RST' },
      { bit: 0x02, letter: 'S', name: 'SYN' },
      { bit: 0x01, letter: 'F', name: 'FIN' },
    ],
  }),
  uint('window', 16),
  uint('checksum', 16, { auto: true }),
  uint('urgent', 16),
];
/** RFC 2784 §2.1 and RFC 2890 §2; checksum, key and sequence follow as their bits say */
export const GRE: readonly Field[] = [
  flag('checksumPresent'),
  flag('routingPresent'),
  flag('keyPresent'),
  flag('sequencePresent'),
  uint('flags', 9),
  uint('version', 3),
  etherType('protocol'),
];
export const GRE_CHECKSUM: readonly Field[] = [
  uint('checksum', 16, { auto: true }),
  uint('reserved1', 16, { quiet: true }),
];
export const GRE_KEY: readonly Field[] = [uint('key', 32)];
export const GRE_SEQUENCE: readonly Field[] = [uint('sequence', 32)];
/** RFC 792; the four octets after it are the type's */
export const ICMP: readonly Field[] = [
  coded('type', 8, icmpv4Name),
  uint('code', 8),
  uint('checksum', 16, { auto: true }),
];
/** RFC 4443 §2.1 */
export const ICMPV6: readonly Field[] = [
  coded('type', 8, icmpv6Name),
  uint('code', 8),
  uint('checksum', 16, { auto: true }),
];
/** RFC 2131 §2; options follow */
export const DHCP: readonly Field[] = [
  coded('op', 8, bootpOpName),
  coded('hardwareType', 8, arpHardwareName),
  uint('hardwareLength', 8),
  uint('hops', 8),
  uint('xid', 32),
  uint('secs', 16),
  flag('broadcast'),
  reserved(15),
  ipv4Field('clientAddress'),
  ipv4Field('yourAddress'),
  ipv4Field('serverAddress'),
  ipv4Field('relayAddress'),
  macField('clientHardware'),
  octetsField('clientHardwarePadding', 10, { quiet: true }),
  octetsField('serverName', 64, { quiet: true }),
  octetsField('file', 128, { quiet: true }),
  uint('cookie', 32),
];
