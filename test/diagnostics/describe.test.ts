import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, mac } from '../../src/base/address.js';
import { decodeFrame, decodePacket } from '../../src/diagnostics/decode-packet.js';
import { describeFrame, describePacket, summarize } from '../../src/diagnostics/describe.js';
import { packetJson } from '../../src/diagnostics/packet-json.js';
import { encodeArp } from '../../src/wire/arp.js';
import { encodeDhcp } from '../../src/wire/dhcpv4/codec.js';
import { encodeEthernet } from '../../src/wire/ethernet.js';
import { encodeIcmpv6, type Icmpv6Message } from '../../src/wire/icmpv6.js';
import { encodeIpv4 } from '../../src/wire/ipv4.js';
import { encodeIpv6 } from '../../src/wire/ipv6-codec.js';
import { encodeMobilityPacket } from '../../src/wire/mobility-packet.js';
import { BU_FLAG } from '../../src/wire/mobility/flag.js';
import type { MobilityMessage } from '../../src/wire/mobility/message.js';
import { ETHERTYPE, PROTOCOL } from '../../src/wire/protocol.js';
import { encodeUdp } from '../../src/wire/udp.js';

const HOME = ipv6('2001:db8:a::100');
const AGENT = ipv6('2001:db8:a::1');
const CARE_OF = ipv6('2001:db8:b::5');
const UPDATE: MobilityMessage = {
  kind: 'bindingUpdate',
  sequence: 7,
  flags: BU_FLAG.acknowledge | BU_FLAG.home,
  lifetime: 600,
  options: [{ kind: 'alternateCareOf', address: CARE_OF }],
};
const REGISTRATION = encodeMobilityPacket({
  source: CARE_OF,
  destination: AGENT,
  homeAddress: HOME,
  message: UPDATE,
});

describe('one packet, one line', () => {
  it('a Binding Update from away: care-of source, home address, flags, lifetime, options', () => {
    expect(describePacket(REGISTRATION)).toBe(
      '2001:db8:b::5 → 2001:db8:a::1 HAO 2001:db8:a::100 BU seq 7 AH life 600 alt-coa 2001:db8:b::5',
    );
  });

  it('a Binding Acknowledgement by a type 2 routing header, its status by name', () => {
    const message: MobilityMessage = {
      kind: 'bindingAck',
      status: 132,
      flags: 0x80,
      sequence: 7,
      lifetime: 0,
      options: [{ kind: 'bindingRefreshAdvice', interval: 60 }],
    };
    const packet = encodeMobilityPacket({
      source: AGENT,
      destination: CARE_OF,
      routingHome: HOME,
      message,
    });
    expect(describePacket(packet)).toBe(
      '2001:db8:a::1 → 2001:db8:b::5 RH2 2001:db8:a::100 BA seq 7 K life 0 status 132 Not home subnet refresh 60',
    );
  });

  it('DSMIPv6: the outer IPv4 and UDP, then what is inside', () => {
    const message: MobilityMessage = {
      ...UPDATE,
      options: [
        { kind: 'ipv4CareOf', address: ipv4('10.1.0.100') },
        {
          kind: 'ipv4HomeAddress',
          prefixLength: 32,
          prefixRequested: false,
          address: ipv4('192.0.2.100'),
        },
      ],
    };
    const inner = encodeMobilityPacket({ source: HOME, destination: AGENT, message });
    const text = describeFrame(ethernet(ETHERTYPE.ipv4, inUdp(4191, 4191, inner)));
    expect(text).toBe(
      '10.1.0.100:4191 → 198.51.100.1:4191 | 2001:db8:a::100 → 2001:db8:a::1 BU seq 7 AH life 600 v4coa 10.1.0.100 v4hoa 192.0.2.100/32',
    );
  });

  it.each([
    ['RS', solicit('routerSolicitation'), 'fe80::1 → ff02::2 RS at 02:00:00:00:00:01'],
    [
      'NS',
      solicit('neighborSolicitation'),
      'fe80::1 → ff02::2 NS for 2001:db8:a::100 at 02:00:00:00:00:01',
    ],
    [
      'RA of a home agent, RFC 6275 §7',
      icmp({
        kind: 'routerAdvertisement',
        hopLimit: 64,
        managed: false,
        otherConfig: false,
        homeAgent: true,
        preference: 0,
        routerLifetime: 9,
        reachableTime: 0,
        retransTimer: 0,
        options: [
          {
            kind: 'prefixInformation',
            prefixLength: 64,
            onLink: true,
            autonomous: true,
            routerAddress: true,
            validLifetime: 100,
            preferredLifetime: 100,
            prefix: AGENT,
          },
          { kind: 'advertisementInterval', interval: 70 },
        ],
      }),
      'fe80::1 → ff02::2 RA H life 9 prefix 2001:db8:a::1/64 LAR interval 70 ms',
    ],
    [
      'NA',
      icmp({
        kind: 'neighborAdvertisement',
        router: false,
        solicited: false,
        override: true,
        target: HOME,
        options: [],
      }),
      'fe80::1 → ff02::2 NA 2001:db8:a::100 O',
    ],
    [
      'Parameter Problem with what it quotes, though that is cut',
      icmp({
        kind: 'parameterProblem',
        code: 2,
        pointer: 42,
        quoted: REGISTRATION.subarray(0, 64),
      }),
      'fe80::1 → ff02::2 parameter problem code 2 pointer 42 (2001:db8:b::5 → 2001:db8:a::1 HAO 2001:db8:a::100)',
    ],
  ])('%s', (_, packet, text) => {
    expect(describePacket(packet)).toBe(text);
  });

  it('DAD comes from nobody, RFC 4862 §5.4.2', () => {
    const source = ipv6('::');
    const destination = ipv6('ff02::1:ff00:100');
    const message: Icmpv6Message = { kind: 'neighborSolicitation', target: HOME, options: [] };
    const payload = encodeIcmpv6(message, source, destination);
    const packet = encodeIpv6({
      ...HEADER,
      source,
      destination,
      protocol: PROTOCOL.icmpv6,
      payload,
    });
    expect(describePacket(packet)).toBe(':: → ff02::1:ff00:100 NS DAD for 2001:db8:a::100');
  });

  it('ARP: who has, reply, probe and announcement (RFC 5227 §1.1)', () => {
    const one = { senderMac: mac('02:00:00:00:00:01'), targetMac: mac('00:00:00:00:00:00') };
    const [a, b, nobody] = [ipv4('192.0.2.1'), ipv4('192.0.2.2'), ipv4('0.0.0.0')];
    const told = (
      operation: 'request' | 'reply',
      senderAddress: typeof a,
      targetAddress: typeof a,
    ) =>
      describeFrame(
        ethernet(ETHERTYPE.arp, encodeArp({ ...one, operation, senderAddress, targetAddress })),
      );
    expect([
      told('request', a, b),
      told('reply', a, b),
      told('request', nobody, b),
      told('request', a, a),
    ]).toEqual([
      'ARP who has 192.0.2.2, asks 192.0.2.1',
      'ARP 192.0.2.1 is at 02:00:00:00:00:01',
      'ARP probe for 192.0.2.2',
      'ARP announces 192.0.2.1 at 02:00:00:00:00:01',
    ]);
  });

  it('DHCP: type, address, server, lease', () => {
    const offer = encodeDhcp({
      op: 2,
      xid: 0xabcd,
      secs: 0,
      broadcast: false,
      clientAddress: ipv4('0.0.0.0'),
      yourAddress: ipv4('10.1.0.100'),
      serverAddress: ipv4('0.0.0.0'),
      relayAddress: ipv4('0.0.0.0'),
      clientHardware: mac('02:00:00:00:00:01'),
      options: [
        { kind: 'messageType', type: 'offer' },
        { kind: 'serverIdentifier', address: ipv4('10.1.0.1') },
        { kind: 'leaseTime', seconds: 3600 },
      ],
    });
    expect(describePacket(inUdp(67, 68, offer))).toBe(
      '10.1.0.100:67 → 198.51.100.1:68 DHCP OFFER 10.1.0.100 server 10.1.0.1 lease 3600 xid 0000abcd',
    );
  });
});

describe('octets that are cut or wrong', () => {
  it('never throw, at whatever octet they are cut, and say so', () => {
    const frame = ethernet(ETHERTYPE.ipv6, REGISTRATION);
    for (let length = 0; length < frame.length; length++) {
      const layers = decodeFrame(frame.subarray(0, length));
      expect(
        layers.some((l) => l.kind === 'broken' || l.kind === 'data'),
        `${length} octets`,
      ).toBe(true);
      expect(summarize(layers).text).not.toBe('');
    }
    expect(decodeFrame(frame).some((l) => l.kind === 'broken')).toBe(false);
  });

  it('show a Binding Update up to the option that is cut', () => {
    const cut = REGISTRATION.subarray(0, REGISTRATION.length - 8);
    expect(describePacket(cut)).toMatch(
      /^2001:db8:b::5 → 2001:db8:a::1 HAO 2001:db8:a::100 BU seq 7 AH life 600 \[Binding Update broken at octet \d+: /,
    );
  });

  it('show the options before one whose length is wrong, RFC 6275 §6.2.5', () => {
    const bent = encodeMobilityPacket({
      source: CARE_OF,
      destination: AGENT,
      message: {
        ...UPDATE,
        options: [{ kind: 'nonceIndices', home: 1, careOf: 2 }, ...UPDATE.options],
      },
    });
    bent[bent.length - 17] = 15; // Alternate Care-of Address: 16 is the only length
    expect(describePacket(bent)).toMatch(
      /BU seq 7 AH life 600 nonces 1\/2 \[Binding Update broken at octet /,
    );
  });

  it('say that a checksum is wrong', () => {
    const bent = REGISTRATION.slice();
    bent[bent.length - 1]! ^= 1;
    expect(describePacket(bent)).toMatch(/\[wrong checksum\]$/);
  });

  it('never throw, whichever octet is bent', () => {
    for (let at = 0; at < REGISTRATION.length; at++) {
      for (const bits of [0x01, 0x80, 0xff]) {
        const bent = REGISTRATION.slice();
        bent[at]! ^= bits;
        expect(summarize(decodePacket(bent)).text).not.toBe('');
      }
    }
  });

  it('are not unpacked without end', () => {
    let packet = encodeIpv6({
      ...HEADER,
      source: CARE_OF,
      destination: AGENT,
      protocol: PROTOCOL.none,
      payload: NOTHING,
    });
    for (let i = 0; i < 40; i++) {
      packet = encodeIpv6({
        ...HEADER,
        source: CARE_OF,
        destination: AGENT,
        protocol: PROTOCOL.ipv6,
        payload: packet,
      });
    }
    expect(decodePacket(packet).length).toBeLessThanOrEqual(17);
  });
});

describe('secrets', () => {
  const message: MobilityMessage = {
    kind: 'homeTest',
    nonceIndex: 3,
    cookie: Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8),
    token: Uint8Array.of(0xde, 0xad, 0xbe, 0xef, 0xde, 0xad, 0xbe, 0xef),
    options: [],
  };
  const packet = encodeMobilityPacket({ source: AGENT, destination: HOME, message });

  it('the keygen token of a Home Test is in neither line nor JSON, RFC 6275 §5.2.5', () => {
    expect(describePacket(packet)).toBe(
      '2001:db8:a::1 → 2001:db8:a::100 HoT nonce 3 cookie 0102030405060708',
    );
    expect(JSON.stringify(packetJson(decodePacket(packet)))).not.toContain('deadbeef');
  });
});

it('JSON says what the line says, and every field of every layer', () => {
  const { class: kind, source, text, layers } = packetJson(decodePacket(REGISTRATION));
  expect({ kind, source, text }).toEqual({
    kind: 'mobility',
    source: CARE_OF,
    text: describePacket(REGISTRATION),
  });
  expect(layers).toMatchObject([
    {
      kind: 'ipv6',
      packet: {
        headers: [
          { kind: 'destinationOptions', options: [{ kind: 'homeAddress', address: HOME }] },
        ],
      },
    },
    {
      kind: 'mobility',
      checksumGood: true,
      header: { message: { sequence: 7, options: [{ kind: 'alternateCareOf' }] } },
    },
  ]);
});

const NOTHING = new Uint8Array(0);
const HEADER = { trafficClass: 0, flowLabel: 0, hopLimit: 255, headers: [] } as const;

function ethernet(etherType: number, payload: Uint8Array): Uint8Array {
  const ends = { destination: mac('ff:ff:ff:ff:ff:ff'), source: mac('02:00:00:00:00:01') };
  return encodeEthernet({ ...ends, etherType, payload });
}

function inUdp(sourcePort: number, destinationPort: number, payload: Uint8Array): Uint8Array {
  const ends = { source: ipv4('10.1.0.100'), destination: ipv4('198.51.100.1') };
  return encodeIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol: PROTOCOL.udp,
    ...ends,
    options: NOTHING,
    payload: encodeUdp({ sourcePort, destinationPort, payload }, ends.source, ends.destination),
  });
}

function icmp(message: Icmpv6Message): Uint8Array {
  const ends = { source: ipv6('fe80::1'), destination: ipv6('ff02::2') };
  const payload = encodeIcmpv6(message, ends.source, ends.destination);
  return encodeIpv6({ ...HEADER, ...ends, protocol: PROTOCOL.icmpv6, payload });
}

function solicit(kind: 'routerSolicitation' | 'neighborSolicitation'): Uint8Array {
  const options = [{ kind: 'sourceLinkLayer', address: mac('02:00:00:00:00:01') }] as const;
  return icmp(kind === 'routerSolicitation' ? { kind, options } : { kind, target: HOME, options });
}
