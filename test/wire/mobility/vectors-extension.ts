/**
 * Golden Mobility Headers of the extensions, laid out by hand from the figures of their RFCs; alignment and
 * checksums computed by another program.
 */
import { ipv4, ipv6 } from '../../../src/base/address.js';
import type { MobilityMessage } from '../../../src/wire/mobility/message.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import { octets, type MobilityVector } from './vectors.js';

const ADDRESS = ipv6('2001:db8:c::1');
/** A PadN that takes `size` octets. */
const pad = (size: number): MobilityOption => ({ kind: 'padN', data: new Uint8Array(size - 2) });

const ROWS: readonly { what: string; source: string; hex: string; message: MobilityMessage }[] = [
  {
    what: 'a fast binding update',
    source: 'RFC 5568 §6.2.2, §6.4.4, §6.4.5',
    hex: `3b070800 d27e 0021 c000 003c 0100 031020010db8000c00000000000000000001 0707 02
      0242ac110002 0103000000 1510 00000007 0102030405060708090a0b0c`,
    message: {
      kind: 'fastBindingUpdate',
      sequence: 0x21,
      flags: 0xc000,
      lifetime: 60,
      options: [
        pad(2),
        { kind: 'alternateCareOf', address: ADDRESS },
        { kind: 'linkLayerAddress', code: 2, address: octets('0242ac110002') },
        pad(5),
        {
          kind: 'fastBindingAuthorization',
          spi: 7,
          authenticator: octets('0102030405060708090a0b0c'),
        },
      ],
    },
  },
  {
    what: 'its acknowledgement, with another care-of address to use',
    source: 'RFC 5568 §6.2.3',
    hex: '3b010900 5c01 01 80 0021 003c 01020000',
    message: {
      kind: 'fastBindingAck',
      status: 1,
      flags: 0x80,
      sequence: 0x21,
      lifetime: 60,
      options: [pad(4)],
    },
  },
  {
    what: 'a fast neighbor advertisement',
    source: 'RFC 4068',
    hex: '3b000a00 5de9 0000',
    message: { kind: 'fastNeighborAdvertisement', options: [] },
  },
  {
    what: 'an experiment, which no option is looked for in',
    source: 'RFC 5096 §3',
    hex: '3b010b00 43c2 0102030405060708090a',
    message: { kind: 'experimental', data: octets('0102030405060708090a'), options: [] },
  },
  {
    what: 'two other home agents to use',
    source: 'RFC 5142 §4',
    hex: `3b050c00 fb13 02 00 20010db8000a00000000000000000002
      20010db8000a00000000000000000003 0202 0019 01020000`,
    message: {
      kind: 'homeAgentSwitch',
      addresses: [ipv6('2001:db8:a::2'), ipv6('2001:db8:a::3')],
      options: [{ kind: 'bindingRefreshAdvice', interval: 100 }, pad(4)],
    },
  },
  {
    what: 'an answer to a heartbeat',
    source: 'RFC 5847 §3.3, §3.4',
    hex: '3b020d00 3cc2 0001 00000005 0100 1c04 00000009 01020000',
    message: {
      kind: 'heartbeat',
      flags: 1,
      sequence: 5,
      options: [pad(2), { kind: 'restartCounter', counter: 9 }, pad(4)],
    },
  },
  {
    what: 'a handover initiate',
    source: 'RFC 5568 §6.2.1.1, §6.4.2',
    hex: '3b030e00 4666 0011 c0 01 0100 2212 01 80 20010db8000a00000000000000000100',
    message: {
      kind: 'handoverInitiate',
      sequence: 17,
      flags: 0xc0,
      code: 1,
      options: [
        pad(2),
        { kind: 'ipv6AddressPrefix', code: 1, prefixLength: 128, address: ipv6('2001:db8:a::100') },
      ],
    },
  },
  {
    what: 'its acknowledgement',
    source: 'RFC 5568 §6.2.1.2',
    hex: '3b010f00 57c8 0011 00 03 010400000000',
    message: { kind: 'handoverAck', sequence: 17, code: 3, options: [pad(6)] },
  },
  {
    what: 'the revocation of all bindings of a mobile node',
    source: 'RFC 5846 §5.1, RFC 4283 §3',
    hex: `3b061000 82e0 01 01 0007 a000 080f 01 6d6e406578616d706c652e6f7267
      01050000000000 1612 00 40 20010db8000e00000000000000000000`,
    message: {
      kind: 'bindingRevocation',
      revocationType: 1,
      code: 1,
      sequence: 7,
      flags: 0xa000,
      options: [
        {
          kind: 'mobileNodeIdentifier',
          subtype: 1,
          identifier: octets('6d6e406578616d706c652e6f7267'),
        },
        pad(7),
        { kind: 'homeNetworkPrefix', prefixLength: 64, prefix: ipv6('2001:db8:e::') },
      ],
    },
  },
  {
    what: 'the answer that there was none',
    source: 'RFC 5846 §5.2',
    hex: '3b011000 d456 02 80 0007 8000 01020000',
    message: {
      kind: 'bindingRevocation',
      revocationType: 2,
      code: 128,
      sequence: 7,
      flags: 0x8000,
      options: [pad(4)],
    },
  },
  {
    what: 'a localized routing initiation, for ever',
    source: 'RFC 6705 §10.1, §11.1',
    hex: '3b031100 f53e 0031 0000 ffff 3312 00 80 20010db8000a00000000000000000009',
    message: {
      kind: 'localizedRoutingInitiation',
      sequence: 0x31,
      lifetime: 0xffff,
      options: [{ kind: 'gatewayAddress', addressLength: 128, address: ipv6('2001:db8:a::9') }],
    },
  },
  {
    what: 'its refusal, unsolicited',
    source: 'RFC 6705 §10.2',
    hex: '3b011200 d42b 0031 80 81 0000 01020000',
    message: {
      kind: 'localizedRoutingAck',
      sequence: 0x31,
      flags: 0x80,
      status: 129,
      lifetime: 0,
      options: [pad(4)],
    },
  },
  {
    what: 'an update notification that wants an answer',
    source: 'RFC 7077 §4.1, RFC 5094 §3',
    hex: '3b021300 ecde 0041 0004 8000 0100 1308 00001234 05 aabbcc',
    message: {
      kind: 'updateNotification',
      sequence: 0x41,
      reason: 4,
      flags: 0x8000,
      options: [
        pad(2),
        { kind: 'vendorSpecific', vendor: 0x1234, subtype: 5, data: octets('aabbcc') },
      ],
    },
  },
  {
    what: 'its acknowledgement',
    source: 'RFC 7077 §4.2',
    hex: '3b011400 d29c 0041 80 000000 01020000',
    message: { kind: 'updateNotificationAck', sequence: 0x41, status: 128, options: [pad(4)] },
  },
  {
    what: 'a flow that the home agent adds',
    source: 'RFC 7109 §6.1.1, §6.2.1',
    hex: `3b031500 1bd2 0001 0051 02 80 2d0e 0007 0001 00 00 0202 0003 0402 00 0b 01020000`,
    message: {
      kind: 'flowBinding',
      flowBindingType: 1,
      sequence: 0x51,
      code: 2,
      flags: 0x80,
      options: [
        {
          kind: 'flowIdentification',
          flow: 7,
          priority: 1,
          status: 0,
          subOptions: [
            { kind: 'bindingReference', bindingIds: [3] },
            { kind: 'flowAction', action: 11 },
          ],
        },
        pad(4),
      ],
    },
  },
  {
    what: 'a subscription query',
    source: 'RFC 7161 §4.3.1',
    hex: '3b011600 fe18 09 00 0804 01 614062 0100',
    message: {
      kind: 'subscriptionQuery',
      sequence: 9,
      options: [{ kind: 'mobileNodeIdentifier', subtype: 1, identifier: octets('614062') }, pad(2)],
    },
  },
  {
    what: 'a subscription response',
    source: 'RFC 7161 §4.3.2, §4.1.2',
    hex: '3b031700 2d24 09 80 00 3915 8f 04000000 ff3e0000000000000000000000000123',
    message: {
      kind: 'subscriptionResponse',
      sequence: 9,
      flags: 0x80,
      options: [
        { kind: 'pad1' },
        {
          kind: 'activeMulticast6',
          protocol: 143,
          context: octets('04000000ff3e0000000000000000000000000123'),
        },
      ],
    },
  },
  {
    what: 'a proxy binding update',
    source: 'RFC 5213 §8, RFC 5844 §3.3.1, RFC 5845',
    hex: `3b0c0500 931f 0061 8200 0bb8 0804 01 614062 0100 1612 00 00
      00000000000000000000000000000000 1702 00 01 1802 00 04 1908 0000 0242ac110002
      01020000 1a10 fe800000000000000000000000000001 0100 1b08 00005f5e1000 8000 2406
      8000 00000000 2102 0000`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x61,
      flags: 0x8200,
      lifetime: 12000,
      options: [
        { kind: 'mobileNodeIdentifier', subtype: 1, identifier: octets('614062') },
        pad(2),
        { kind: 'homeNetworkPrefix', prefixLength: 0, prefix: ipv6('::') },
        { kind: 'handoffIndicator', indicator: 1 },
        { kind: 'accessTechnology', technology: 4 },
        { kind: 'linkLayerIdentifier', identifier: octets('0242ac110002') },
        pad(4),
        { kind: 'linkLocalAddress', address: ipv6('fe80::1') },
        pad(2),
        { kind: 'timestamp', seconds: 1600000000, fraction: 0x8000 },
        { kind: 'ipv4HomeAddressRequest', prefixLength: 32, address: ipv4('0.0.0.0') },
        { kind: 'greKey', key: null },
      ],
    },
  },
  {
    what: 'a proxy binding acknowledgement',
    source: 'RFC 5844 §3.3, RFC 5845, RFC 6463 §4, RFC 6602, RFC 5026 §8.1',
    hex: `3b0b0600 438a 00 20 0061 0bb8 2506 00 60 c0000264 2606 0000 c0000201 2702 0001
      2106 0000 00000042 2e02 0000 2f06 4000 c6336401 3012 0001 00000002 00000003
      00000004 00000005 0100 3104 c6336402 3206 01 00 00000001 1103 00 00 61 010100`,
    message: {
      kind: 'bindingAck',
      status: 0,
      flags: 0x20,
      sequence: 0x61,
      lifetime: 12000,
      options: [
        { kind: 'ipv4HomeAddressReply', status: 0, prefixLength: 24, address: ipv4('192.0.2.100') },
        { kind: 'ipv4DefaultRouter', address: ipv4('192.0.2.1') },
        { kind: 'ipv4DhcpMode', server: true },
        { kind: 'greKey', key: 0x42 },
        { kind: 'redirectCapability' },
        { kind: 'redirect', address: ipv4('198.51.100.1') },
        {
          kind: 'loadInformation',
          priority: 1,
          sessions: 2,
          maxSessions: 3,
          capacity: 4,
          maxCapacity: 5,
        },
        pad(2),
        { kind: 'alternateIpv4CareOf', address: ipv4('198.51.100.2') },
        { kind: 'nodeGroupIdentifier', subtype: 1, group: 1 },
        { kind: 'dnsUpdate', status: 0, remove: false, name: octets('61') },
        pad(3),
      ],
    },
  },
  {
    what: 'a registration with authentication options',
    source: 'RFC 4285 §5, §6',
    hex: `3b050500 f228 0071 c000 0096 0804 01 614062 0a08 e1b2c3d4 80000000 00 0911 01
      00000100 0102030405060708090a0b0c`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x71,
      flags: 0xc000,
      lifetime: 600,
      options: [
        { kind: 'mobileNodeIdentifier', subtype: 1, identifier: octets('614062') },
        { kind: 'messageIdentifier', seconds: 0xe1b2c3d4, fraction: 0x80000000 },
        { kind: 'pad1' },
        { kind: 'authentication', subtype: 1, spi: 256, data: octets('0102030405060708090a0b0c') },
      ],
    },
  },
  {
    what: 'enhanced route optimization',
    source: 'RFC 4866 §5, RFC 5149 §3, RFC 5096 §4',
    hex: `3b050500 bafd 0081 8000 0069 0b00 0c03 010203 0d02 0a0b 0e02 0c0d 0f00 1008
      0102030405060708 1401 69 1202 beef 0100`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x81,
      flags: 0x8000,
      lifetime: 420,
      options: [
        { kind: 'cgaParametersRequest' },
        { kind: 'cgaParameters', parameters: octets('010203') },
        { kind: 'signature', signature: octets('0a0b') },
        { kind: 'permanentHomeToken', token: octets('0c0d') },
        { kind: 'careOfTestInitOption' },
        { kind: 'careOfTestOption', token: octets('0102030405060708') },
        { kind: 'serviceSelection', identifier: octets('69') },
        { kind: 'experimental', data: octets('beef') },
        pad(2),
      ],
    },
  },
  {
    what: 'three care-of addresses and a flow',
    source: 'RFC 5648 §4.3, RFC 6089 §4, RFC 6088 §3.1',
    hex: `3b0b0500 9f4d 0091 c000 0096 2304 0001 00 05 2314 0002 00 83
      20010db8000c00000000000000000001 0100 2308 0003 00 00 c6336409 2c04 0007 0008
      2d1d 0009 0002 00 00 0202 0001 0311 01 00 a0880000 c6336401 0a000001 0050 06
      01050000000000`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x91,
      flags: 0xc000,
      lifetime: 600,
      options: [
        {
          kind: 'bindingIdentifier',
          bindingId: 1,
          status: 0,
          simultaneousHome: false,
          priority: 5,
          careOf: null,
        },
        {
          kind: 'bindingIdentifier',
          bindingId: 2,
          status: 0,
          simultaneousHome: true,
          priority: 3,
          careOf: ADDRESS,
        },
        pad(2),
        {
          kind: 'bindingIdentifier',
          bindingId: 3,
          status: 0,
          simultaneousHome: false,
          priority: 0,
          careOf: ipv4('198.51.100.9'),
        },
        { kind: 'flowSummary', flows: [7, 8] },
        {
          kind: 'flowIdentification',
          flow: 9,
          priority: 2,
          status: 0,
          subOptions: [
            { kind: 'bindingReference', bindingIds: [1] },
            {
              kind: 'trafficSelector',
              selector: {
                format: 'ipv4',
                sourceStart: ipv4('198.51.100.1'),
                destinationStart: ipv4('10.0.0.1'),
                destinationPortStart: 80,
                protocolStart: 6,
              },
            },
          ],
        },
        pad(7),
      ],
    },
  },
  {
    what: 'a flow of IPv6, refused',
    source: 'RFC 6088 §3.2',
    hex: `3b050500 bf96 0092 c000 0096 2d20 0009 0002 00 80 0318 02 00 80200000
      20010db8000f00000000000000000001 0050 0100`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x92,
      flags: 0xc000,
      lifetime: 600,
      options: [
        {
          kind: 'flowIdentification',
          flow: 9,
          priority: 2,
          status: 128,
          subOptions: [
            {
              kind: 'trafficSelector',
              selector: {
                format: 'ipv6',
                sourceStart: ipv6('2001:db8:f::1'),
                destinationPortStart: 80,
              },
            },
          ],
        },
        pad(2),
      ],
    },
  },
  {
    what: 'options that are only named',
    source: 'RFC 5949, RFC 6058, RFC 6757, RFC 7148, RFC 8885',
    hex: `3b050500 2331 0093 c000 0096 2804 01020304 2b01 05 010100 3406 010401020304 0100
      3706 80 18 c6336400 4602 beef 0100`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x93,
      flags: 0xc000,
      lifetime: 600,
      options: [
        { kind: 'contextRequest', data: octets('01020304') },
        { kind: 'transientBinding', data: octets('05') },
        pad(3),
        { kind: 'accessNetworkIdentifier', data: octets('010401020304') },
        pad(2),
        { kind: 'delegatedPrefix', data: octets('8018c6336400') },
        { kind: 'dlifLinkLayerAddress', data: octets('beef') },
        pad(2),
      ],
    },
  },
  {
    what: 'options of extensions that are malformed: kept, as if unknown',
    source: 'RFC 6275 §6.2.1',
    hex: `3b040500 3f4b 0094 c000 0096 1603 010203 2f06 c000 c6336401 2d08 0001 0001 00 00
      02ff 0103000000`,
    message: {
      kind: 'bindingUpdate',
      sequence: 0x94,
      flags: 0xc000,
      lifetime: 600,
      options: [
        { kind: 'unknown', type: 22, data: octets('010203') },
        { kind: 'unknown', type: 47, data: octets('c000c6336401') },
        { kind: 'unknown', type: 45, data: octets('00010001000002ff') },
        pad(5),
      ],
    },
  },
];

export const EXTENSION_VECTORS: readonly MobilityVector[] = ROWS.map((row) => ({
  ...row,
  from: ipv6('2001:db8:a::1'),
  to: ipv6('2001:db8:a::100'),
  aligned: true,
}));
