/**
 * Golden Mobility Headers. Those of a capture came from UMIP on Linux; the others are laid out by hand from the
 * figures of the RFC, their checksums computed by another program. `aligned`: the encoder makes these octets
 * without being told the padding.
 */
import { ipv4, ipv6, type Ipv6 } from '../../../src/base/address.js';
import { fromHex } from '../../../src/base/bytes.js';
import type { MobilityMessage } from '../../../src/wire/mobility/message.js';

export interface MobilityVector {
  readonly what: string;
  readonly source: string;
  /** Addresses of the pseudo-header. */
  readonly from: Ipv6;
  readonly to: Ipv6;
  readonly hex: string;
  readonly message: MobilityMessage;
  readonly aligned: boolean;
}

export const octets = (hex: string): Uint8Array => fromHex(hex)!;

const HOME = ipv6('2001:db8:a::100');
const HOME_AGENT = ipv6('2001:db8:a::1');
const CORRESPONDENT = ipv6('2001:db8:f::c');
const CARE_OF = ipv6('2001:db8:b:0:d406:20ff:fee4:8b9');
const PAD_2 = { kind: 'padN', data: octets('') } as const;
const PAD_4 = { kind: 'padN', data: octets('0000') } as const;

export const VECTORS: readonly MobilityVector[] = [
  {
    what: 'a first home registration',
    source: 'capture basic-ha-c0 frame 4',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b030500 1ee6 4120 c000 0096 0100 0310 20010db8000b0000dce3fdfffeb636c2',
    message: {
      kind: 'bindingUpdate',
      sequence: 0x4120,
      flags: 0xc000,
      lifetime: 600,
      options: [
        PAD_2,
        { kind: 'alternateCareOf', address: ipv6('2001:db8:b:0:dce3:fdff:feb6:36c2') },
      ],
    },
    aligned: true,
  },
  {
    what: 'a deregistration from home',
    source: 'capture basic-ha-hl0 frame 58',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b030500 2ed7 4123 c000 0000 0100 0310 20010db8000a00000000000000000100',
    message: {
      kind: 'bindingUpdate',
      sequence: 0x4123,
      flags: 0xc000,
      lifetime: 0,
      options: [PAD_2, { kind: 'alternateCareOf', address: HOME }],
    },
    aligned: true,
  },
  {
    what: 'a correspondent registration with nonce indices and authenticator',
    source: 'capture ro-dad0-cn-c0 frame 16',
    from: HOME,
    to: CORRESPONDENT,
    hex: '3b030500 4f1a f378 8000 0069 0404 0001 0001 050c 00febecdbaf504f0f7291fd4',
    message: {
      kind: 'bindingUpdate',
      sequence: 0xf378,
      flags: 0x8000,
      lifetime: 420,
      options: [
        { kind: 'nonceIndices', home: 1, careOf: 1 },
        { kind: 'bindingAuthorization', authenticator: octets('00febecdbaf504f0f7291fd4') },
      ],
    },
    aligned: true,
  },
  {
    what: 'a correspondent deregistration, care-of nonce index 0',
    source: 'capture ro-dad0-cn-c0 frame 904',
    from: HOME,
    to: CORRESPONDENT,
    hex: '3b030500 7660 f37d 8000 0000 0404 0001 0000 050c d498220ca939ca3da5f85fb9',
    message: {
      kind: 'bindingUpdate',
      sequence: 0xf37d,
      flags: 0x8000,
      lifetime: 0,
      options: [
        { kind: 'nonceIndices', home: 1, careOf: 0 },
        { kind: 'bindingAuthorization', authenticator: octets('d498220ca939ca3da5f85fb9') },
      ],
    },
    aligned: true,
  },
  {
    what: 'an acceptance by the home agent',
    source: 'capture basic-ha-c0 frame 7',
    from: HOME_AGENT,
    to: HOME,
    hex: '3b010600 1f28 00 00 4120 0096 01020000',
    message: {
      kind: 'bindingAck',
      status: 0,
      flags: 0,
      sequence: 0x4120,
      lifetime: 600,
      options: [PAD_4],
    },
    aligned: true,
  },
  {
    what: 'a refusal by a correspondent node',
    source: 'capture ipsec-mn-mn0 frame 1314',
    from: CORRESPONDENT,
    to: HOME,
    hex: '3b010600 fb45 80 00 e587 0000 01020000',
    message: {
      kind: 'bindingAck',
      status: 128,
      flags: 0,
      sequence: 0xe587,
      lifetime: 0,
      options: [PAD_4],
    },
    aligned: true,
  },
  {
    what: 'an acceptance by a correspondent node, with authenticator',
    source: 'capture ro-dad0-cn-c0 frame 17',
    from: CORRESPONDENT,
    to: HOME,
    hex: '3b030600 c7e1 00 00 f378 0069 010400000000 050c f1e2fde5e10c8e29530aede0',
    message: {
      kind: 'bindingAck',
      status: 0,
      flags: 0,
      sequence: 0xf378,
      lifetime: 420,
      options: [
        { kind: 'padN', data: octets('00000000') },
        { kind: 'bindingAuthorization', authenticator: octets('f1e2fde5e10c8e29530aede0') },
      ],
    },
    aligned: true,
  },
  {
    what: 'a care-of test init',
    source: 'capture ipsec-mn-mn0 frame 44',
    from: CARE_OF,
    to: CORRESPONDENT,
    hex: '3b010200 4153 0000 ed0fd2a806086317',
    message: { kind: 'careOfTestInit', cookie: octets('ed0fd2a806086317'), options: [] },
    aligned: true,
  },
  {
    what: 'a care-of test',
    source: 'capture ipsec-mn-mn0 frame 45',
    from: CORRESPONDENT,
    to: CARE_OF,
    hex: '3b020400 1b58 0001 ed0fd2a806086317 6c3e93b07990aa71',
    message: {
      kind: 'careOfTest',
      nonceIndex: 1,
      cookie: octets('ed0fd2a806086317'),
      token: octets('6c3e93b07990aa71'),
      options: [],
    },
    aligned: true,
  },
  {
    what: 'a home test init',
    source: 'capture ipsec-mn-mn0 frame 1309',
    from: HOME,
    to: CORRESPONDENT,
    hex: '3b010100 a08f 0000 4d7b328474fcd144',
    message: { kind: 'homeTestInit', cookie: octets('4d7b328474fcd144'), options: [] },
    aligned: true,
  },
  {
    what: 'a home test',
    source: 'capture ipsec-mn-mn0 frame 1312',
    from: CORRESPONDENT,
    to: HOME,
    hex: '3b020300 2d7b 0002 4d7b328474fcd144 3a0cc06b59ec1ca5',
    message: {
      kind: 'homeTest',
      nonceIndex: 2,
      cookie: octets('4d7b328474fcd144'),
      token: octets('3a0cc06b59ec1ca5'),
      options: [],
    },
    aligned: true,
  },
  {
    what: 'a binding refresh request, the shortest message of all',
    source: 'RFC 6275 §6.1.2',
    from: CORRESPONDENT,
    to: HOME,
    hex: '3b000000 67d9 0000',
    message: { kind: 'bindingRefreshRequest', options: [] },
    aligned: true,
  },
  {
    what: 'a binding error for a home address without binding',
    source: 'RFC 6275 §6.1.9',
    from: CORRESPONDENT,
    to: HOME,
    hex: '3b020700 3104 01 00 20010db8000a00000000000000000100',
    message: { kind: 'bindingError', status: 1, homeAddress: HOME, options: [] },
    aligned: true,
  },
  {
    what: 'a binding error for a type without meaning',
    source: 'RFC 6275 §9.3.3',
    from: HOME_AGENT,
    to: HOME,
    hex: '3b020700 5ed7 02 00 00000000000000000000000000000000',
    message: { kind: 'bindingError', status: 2, homeAddress: ipv6('::'), options: [] },
    aligned: true,
  },
  {
    what: 'a registration from an IPv4 network that asks for an IPv4 home address, F set',
    source: 'RFC 5555 §3.1.1, §3.1.2, §3.1.3',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b030500 b8da 0011 c100 0096 1d06 8000 00000000 2006 0000 c6336409 01020000',
    message: {
      kind: 'bindingUpdate',
      sequence: 17,
      flags: 0xc100,
      lifetime: 600,
      options: [
        {
          kind: 'ipv4HomeAddress',
          prefixLength: 32,
          prefixRequested: false,
          address: ipv4('0.0.0.0'),
        },
        { kind: 'ipv4CareOf', address: ipv4('198.51.100.9') },
        PAD_4,
      ],
    },
    aligned: true,
  },
  {
    what: 'its acceptance, a NAT being on the path',
    source: 'RFC 5555 §3.2.1, §3.2.2',
    from: HOME_AGENT,
    to: HOME,
    hex: '3b030600 5fc6 00 00 0011 0096 1e06 00 80 c0000264 1f06 0000 0000006e 01020000',
    message: {
      kind: 'bindingAck',
      status: 0,
      flags: 0,
      sequence: 17,
      lifetime: 600,
      options: [
        { kind: 'ipv4AddressAck', status: 0, prefixLength: 32, address: ipv4('192.0.2.100') },
        { kind: 'natDetection', forceUdp: false, refresh: 110 },
        PAD_4,
      ],
    },
    aligned: true,
  },
  {
    what: 'an acceptance with prefixes to discover, K set and a refresh advised',
    source: 'RFC 6275 §6.1.8, §6.2.4',
    from: HOME_AGENT,
    to: HOME,
    hex: '3b010600 5d6b 01 80 0012 0096 0202 004b',
    message: {
      kind: 'bindingAck',
      status: 1,
      flags: 0x80,
      sequence: 18,
      lifetime: 600,
      options: [{ kind: 'bindingRefreshAdvice', interval: 300 }],
    },
    aligned: true,
  },
  {
    what: 'a mobile router with two prefixes',
    source: 'RFC 3963 §4.1, §4.3',
    from: HOME,
    to: HOME_AGENT,
    hex: `3b060500 31e5 0013 c400 0096 0612 00 40 20010db8000a01000000000000000000 01020000
          0612 00 38 20010db8000a02000000000000000000`,
    message: {
      kind: 'bindingUpdate',
      sequence: 19,
      flags: 0xc400,
      lifetime: 600,
      options: [
        { kind: 'mobileNetworkPrefix', prefixLength: 64, prefix: ipv6('2001:db8:a:100::') },
        PAD_4,
        { kind: 'mobileNetworkPrefix', prefixLength: 56, prefix: ipv6('2001:db8:a:200::') },
      ],
    },
    aligned: true,
  },
  {
    what: 'an authenticator of 16 octets, which ends the message at 8n as well',
    source: 'RFC 6275 §6.2.7',
    from: HOME,
    to: CORRESPONDENT,
    hex: `3b040500 9fd9 0019 8000 0069 0404 0001 0002 01020000
          0510 000102030405060708090a0b0c0d0e0f`,
    message: {
      kind: 'bindingUpdate',
      sequence: 25,
      flags: 0x8000,
      lifetime: 420,
      options: [
        { kind: 'nonceIndices', home: 1, careOf: 2 },
        PAD_4,
        { kind: 'bindingAuthorization', authenticator: octets('000102030405060708090a0b0c0d0e0f') },
      ],
    },
    aligned: true,
  },
  {
    what: 'an option from the future between paddings, in a shortest lifetime',
    source: 'RFC 6275 §6.2.1',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b020500 58cc 0014 8000 0001 01020000 c803 beef01 00 0100',
    message: {
      kind: 'bindingUpdate',
      sequence: 20,
      flags: 0x8000,
      lifetime: 4,
      options: [
        PAD_4,
        { kind: 'unknown', type: 200, data: octets('beef01') },
        { kind: 'pad1' },
        { kind: 'padN', data: octets('') },
      ],
    },
    aligned: false,
  },
  {
    what: 'an option off its alignment in a list without padding',
    source: 'RFC 6275 §6.2.5, disobeyed',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b030500 a94c 0015 c000 0096 0310 20010db8000b00000000000000000001 c800',
    message: {
      kind: 'bindingUpdate',
      sequence: 21,
      flags: 0xc000,
      lifetime: 600,
      options: [
        { kind: 'alternateCareOf', address: ipv6('2001:db8:b::1') },
        { kind: 'unknown', type: 200, data: octets('') },
      ],
      verbatim: true,
    },
    aligned: false,
  },
  {
    what: 'an option off its alignment after a padding of its own',
    source: 'RFC 6275 §6.2.5, disobeyed',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b030500 714c 0016 c000 0096 00 00 0310 20010db8000b00000000000000000001',
    message: {
      kind: 'bindingUpdate',
      sequence: 22,
      flags: 0xc000,
      lifetime: 600,
      options: [
        { kind: 'pad1' },
        { kind: 'pad1' },
        { kind: 'alternateCareOf', address: ipv6('2001:db8:b::1') },
      ],
    },
    aligned: false,
  },
  {
    what: 'padding that is not zero and in more pieces than needed',
    source: 'RFC 6275 §6.2.3, disobeyed',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b020500 021d 0017 c000 0000 0104 deadbeef 00 01020000 00',
    message: {
      kind: 'bindingUpdate',
      sequence: 23,
      flags: 0xc000,
      lifetime: 0,
      options: [
        { kind: 'padN', data: octets('deadbeef') },
        { kind: 'pad1' },
        PAD_4,
        { kind: 'pad1' },
      ],
    },
    aligned: false,
  },
  {
    what: 'reserved bits that the peer did set, P among them',
    source: 'RFC 5555 §3.1.1, disobeyed',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b020500 f6b5 0018 c000 0000 1d06 83ff 0a000001 01020000',
    message: {
      kind: 'bindingUpdate',
      sequence: 24,
      flags: 0xc000,
      lifetime: 0,
      options: [
        {
          kind: 'ipv4HomeAddress',
          prefixLength: 32,
          prefixRequested: true,
          reserved: 0x1ff,
          address: ipv4('10.0.0.1'),
        },
        PAD_4,
      ],
    },
    aligned: true,
  },
  {
    what: 'a type that nobody assigned',
    source: 'RFC 6275 §6.1.1',
    from: HOME,
    to: HOME_AGENT,
    hex: '3b016300 ebc1 0102030405060708090a',
    message: { kind: 'unknown', type: 99, data: octets('0102030405060708090a') },
    aligned: true,
  },
];
