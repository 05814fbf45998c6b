import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_NODES,
  ALL_ROUTERS,
  BROADCAST4,
  ipv4,
  ipv6,
  linkLocalAddress,
  mac,
  solicitedNode,
  UNSPECIFIED4,
  UNSPECIFIED6,
  type Ipv4,
  type Ipv6,
} from '../../src/base/address.js';
import { transportChecksum } from '../../src/base/checksum.js';
import {
  ingressFrame,
  ingressPacket,
  quotedPacket,
  REFUSALS,
  refusalPacket,
  refuseUnknownBinding,
  type Refusal,
} from '../../src/core/ingress.js';
import type { ReceivedFrame, ReceivedPacket } from '../../src/core/input.js';
import { encodeArp, type ArpMessage } from '../../src/wire/arp.js';
import { encodeDhcp } from '../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpType } from '../../src/wire/dhcpv4/message.js';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6Message } from '../../src/wire/icmpv6.js';
import { encodeIpv4 } from '../../src/wire/ipv4.js';
import type { ExtensionHeader } from '../../src/wire/ipv6.js';
import { decodeIpv6, encodeIpv6 } from '../../src/wire/ipv6-codec.js';
import { decodeMobility, encodeMobility, verifyMobility } from '../../src/wire/mobility/codec.js';
import { BU_FLAG } from '../../src/wire/mobility/flag.js';
import type { BindingUpdate, MobilityMessage } from '../../src/wire/mobility/message.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../src/wire/mobility-packet.js';
import type { NdMessage } from '../../src/wire/nd/message.js';
import { ETHERTYPE } from '../../src/wire/protocol.js';
import { encodeUdp } from '../../src/wire/udp.js';
import { hex, mutation } from '../wire/octets.js';

const HOME = ipv6('2001:db8:a::100');
const HOME_AGENT = ipv6('2001:db8:a::1');
const CARE_OF = ipv6('2001:db8:b:0:dce3:fdff:feb6:36c2');
const UPDATE: BindingUpdate = {
  kind: 'bindingUpdate',
  sequence: 0x4120,
  flags: BU_FLAG.acknowledge | BU_FLAG.home,
  lifetime: 600,
  options: [],
};

/** Of the capture `basic-ha-c0`. */
const CAPTURED = {
  update: hex(`6002541f00383c3f20010db8000b0000dce3fdfffeb636c220010db8000a00000000000000000001
    870201020000c91020010db8000a000000000000000001003b0305001ee64120c000009601000310
    20010db8000b0000dce3fdfffeb636c2`),
  ack: hex(`6006cf9700282b4020010db8000a0000000000000000000120010db8000b0000dce3fdfffeb636c2
    870202010000000020010db8000a000000000000000001003b0106001f2800004120009601020000`),
  homeTestInit:
    hex(`6002541f0010874020010db8000b00005440defffe01c7a720010db8000f0000000000000000000c
    3b010200fcdf00004f8b750ea9d40297`),
};

describe('Mobility Headers of UMIP', () => {
  it('read a Binding Update from its home address, RFC 6275 §9.3.1', () => {
    const received = packet(CAPTURED.update);
    expect(ingressPacket(received)).toEqual({
      ok: true,
      value: {
        kind: 'mobility',
        source: HOME,
        destination: HOME_AGENT,
        careOf: CARE_OF,
        packetDestination: HOME_AGENT,
        homeAddressOption: true,
        routing2: false,
        message: expect.objectContaining({ kind: 'bindingUpdate', sequence: 0x4120 }),
        octets: CAPTURED.update.subarray(64),
        received,
      },
    });
  });

  it('read a Binding Acknowledgement to its home address, RFC 6275 §11.3.3', () => {
    expect(ingressPacket(packet(CAPTURED.ack))).toMatchObject({
      ok: true,
      value: {
        source: HOME_AGENT,
        destination: HOME,
        careOf: HOME_AGENT,
        packetDestination: CARE_OF,
        homeAddressOption: false,
        routing2: true,
        message: { kind: 'bindingAck', status: 0 },
      },
    });
  });

  it('read a Care-of Test Init as it stands', () => {
    expect(ingressPacket(packet(CAPTURED.homeTestInit))).toMatchObject({
      ok: true,
      value: { homeAddressOption: false, routing2: false, message: { kind: 'careOfTestInit' } },
    });
  });
});

describe('the checks of a Mobility Header, RFC 6275 §9.2', () => {
  const withOption = () => update({ homeAddress: HOME });
  const without = () => update({});

  it('refuse a wrong checksum in silence', () => {
    const octets = withOption();
    octets[64 + 5]! ^= 1;
    expect(refusal(octets)).toMatchObject({ reason: 'mh-checksum', answer: { kind: 'silence' } });
  });

  it.each([8, 13, 16, 23])(
    'answer type %i of an extension, which no role serves, like an unknown one',
    (type) => {
      expect(refusal(changed(withOption(), 64, 2, type)).reason).toBe('mh-type');
    },
  );

  it('answer an unknown type with Binding Error 2, the home address copied, §9.3.3', () => {
    expect(refusal(changed(withOption(), 64, 2, 255))).toEqual({
      reason: 'mh-type',
      source: CARE_OF,
      clause: 'RFC 6275 §9.2',
      answer: { kind: 'bindingError', status: 2, to: CARE_OF, homeAddress: HOME },
    });
    expect(refusal(changed(without(), 40, 2, 255)).answer).toEqual({
      kind: 'bindingError',
      status: 2,
      to: CARE_OF,
      homeAddress: UNSPECIFIED6,
    });
  });

  it.each([
    { what: 'Payload Proto', at: 0, value: 58, reason: 'mh-payload-proto' },
    { what: 'Header Len', at: 1, value: 0, reason: 'mh-header-length' },
  ])('answer a wrong $what with Parameter Problem 0 at it', ({ at, value, reason }) => {
    // 64 and 65 behind the 24 octets of a Home Address option, 40 and 41 without.
    for (const [octets, start] of [
      [withOption(), 64],
      [without(), 40],
    ] as const) {
      const offending = changed(octets, start, at, value);
      const answer = {
        kind: 'parameterProblem',
        code: 0,
        pointer: start + at,
        to: CARE_OF,
        offending,
      };
      expect(refusal(offending)).toMatchObject({ reason, source: CARE_OF, answer });
    }
  });

  it('point behind any other headers too', () => {
    const headers: ExtensionHeader[] = [
      { kind: 'hopByHop', options: [] },
      { kind: 'routing2', segmentsLeft: 1, homeAddress: HOME },
      { kind: 'destinationOptions', options: [{ kind: 'homeAddress', address: HOME_AGENT }] },
    ];
    const octets = encodeIpv6({
      ...decodeIpv6(update({})),
      headers,
      payload: encodeMobility(UPDATE, HOME_AGENT, HOME),
    });
    const offending = changed(octets, 96, 0, 6, HOME_AGENT, HOME);
    expect(refusal(offending).answer).toMatchObject({ pointer: 40 + 8 + 24 + 24 });
  });

  it('are made in the order of the clause', () => {
    // Everything is wrong at once: each repair uncovers the next.
    const all = withOption();
    all.set([58, 0, 255], 64);
    expect(refusal(all).reason).toBe('mh-checksum');
    expect(refusal(resummed(all, 64)).reason).toBe('mh-type');
    all[66] = 5;
    expect(refusal(resummed(all, 64)).reason).toBe('mh-payload-proto');
    all[64] = 59;
    expect(refusal(resummed(all, 64)).reason).toBe('mh-header-length');
    all[65] = 1;
    expect(ingressPacket(packet(resummed(all, 64))).ok).toBe(true);
  });

  it('sum what Header Len gives when something rides behind (piggybacking)', () => {
    const behind = encodeIpv6({
      ...decodeIpv6(update({})),
      payload: Uint8Array.of(...encodeMobility(UPDATE, CARE_OF, HOME_AGENT), 128, 0, 1, 2),
    });
    expect(ingressPacket(packet(behind)).ok).toBe(true);
    const before = changed(update({}), 40, 0, 58);
    const riding = encodeIpv6({
      ...decodeIpv6(before),
      payload: Uint8Array.of(...decodeIpv6(before).payload, 128, 0, 1, 2),
    });
    expect(refusal(riding)).toMatchObject({ reason: 'mh-payload-proto', answer: { pointer: 40 } });
  });

  it('answer a mobility option of wrong length at its length octet', () => {
    const message: MobilityMessage = {
      ...UPDATE,
      options: [
        { kind: 'padN', data: new Uint8Array(0) },
        { kind: 'unknown', type: 3, data: new Uint8Array(14) },
      ],
    };
    const answer = { kind: 'parameterProblem', code: 0, pointer: 40 + 12 + 2 + 1 };
    expect(refusal(update({ message }))).toMatchObject({ reason: 'mh-option-length', answer });
  });

  it('refuse an option that runs past the header in silence', () => {
    const message: MobilityMessage = {
      ...UPDATE,
      options: [{ kind: 'padN', data: new Uint8Array(2) }],
    };
    const octets = changed(update({ message }), 40, 13, 200);
    expect(refusal(octets)).toMatchObject({ reason: 'mh-malformed', answer: { kind: 'silence' } });
  });

  it('refuse fewer octets than any header has in silence', () => {
    const octets = encodeIpv6({ ...decodeIpv6(update({})), payload: hex('3b000500') });
    expect(refusal(octets)).toMatchObject({ reason: 'mh-truncated', answer: { kind: 'silence' } });
  });

  it('answer nothing to what was sent to a group', () => {
    const group = ipv6('ff0e::1');
    const octets = encodeMobilityPacket({ source: CARE_OF, destination: group, message: UPDATE });
    for (const [at, value] of [
      [2, 255],
      [0, 58],
    ] as const) {
      expect(refusal(changed(octets.slice(), 40, at, value, CARE_OF, group)).answer).toEqual({
        kind: 'silence',
      });
    }
  });
});

describe('the Home Address option, RFC 6275 §6.3 and §9.3.1', () => {
  it.each(['ff02::1', '::', '::1', 'fe80::1'])('is refused with home address %s', (text) => {
    const octets = update({ homeAddress: ipv6(text) });
    expect(refusal(octets)).toMatchObject({ reason: 'hao-address', answer: { kind: 'silence' } });
  });

  it('is refused when there are two, in one header or in several', () => {
    const option = { kind: 'homeAddress', address: HOME } as const;
    const one = { kind: 'destinationOptions', options: [option, option] } as const;
    const two = { kind: 'destinationOptions', options: [option] } as const;
    for (const headers of [[one], [two, two]]) {
      const octets = encodeIpv6({ ...decodeIpv6(update({})), headers });
      expect(refusal(octets).reason).toBe('hao-repeated');
    }
  });

  it('draws Binding Error 1 from roles that know of no binding', () => {
    const result = ingressPacket(packet(icmp({ homeAddress: HOME })));
    if (!result.ok) throw new Error(result.refusal.reason);
    const refused = refuseUnknownBinding(result.value);
    expect(refused).toEqual({
      reason: 'hao-unbound',
      source: CARE_OF,
      clause: 'RFC 6275 §9.3.1',
      answer: { kind: 'bindingError', status: 1, to: CARE_OF, homeAddress: HOME },
    });
  });
});

describe('the type 2 routing header, RFC 6275 §6.4 and §11.3.3', () => {
  const routed = (header: ExtensionHeader, times = 1) =>
    encodeIpv6({
      ...decodeIpv6(CAPTURED.ack),
      headers: Array.from({ length: times }, () => header),
    });

  it.each([0, 2, 255])('is refused in silence with %s segments left', (segmentsLeft) => {
    const octets = routed({ kind: 'routing2', segmentsLeft, homeAddress: HOME });
    expect(refusal(octets)).toMatchObject({ reason: 'rh2-segments', answer: { kind: 'silence' } });
  });

  it.each(['ff02::1', 'fe80::1', '::1'])('is refused with address %s', (text) => {
    const octets = routed({ kind: 'routing2', segmentsLeft: 1, homeAddress: ipv6(text) });
    expect(refusal(octets).reason).toBe('rh2-address');
  });

  it('is refused with another length, and more than once', () => {
    const data = new Uint8Array(36);
    const long = routed({ kind: 'routing', type: 2, segmentsLeft: 1, data });
    expect(refusal(long)).toMatchObject({ reason: 'rh2-length', answer: { kind: 'silence' } });
    const twice = routed({ kind: 'routing2', segmentsLeft: 1, homeAddress: HOME }, 2);
    expect(refusal(twice).reason).toBe('rh2-repeated');
  });
});

describe('other extension headers, RFC 8200', () => {
  const under = (...headers: ExtensionHeader[]) =>
    encodeIpv6({ ...decodeIpv6(update({})), headers });
  const option = (type: number): ExtensionHeader => ({
    kind: 'destinationOptions',
    options: [
      { kind: 'unknown', type: 0x1e, data: new Uint8Array(3) },
      { kind: 'unknown', type, data: new Uint8Array(5) },
    ],
  });

  it('are skipped, refused or reported by the type of an unknown option, §4.2', () => {
    expect(ingressPacket(packet(under(option(0x3e)))).ok).toBe(true);
    expect(refusal(under(option(0x7e)))).toMatchObject({
      reason: 'ipv6-option',
      answer: { kind: 'silence' },
    });
    for (const type of [0xbe, 0xfe]) {
      expect(refusal(under(option(type))).answer).toMatchObject({
        kind: 'parameterProblem',
        code: 2,
        pointer: 40 + 2 + 5,
      });
    }
  });

  it('report to a group only where the type says so, §4.2', () => {
    const toGroup = (type: number) =>
      encodeIpv6({ ...decodeIpv6(under(option(type))), destination: ALL_NODES });
    expect(refusal(toGroup(0xbe)).answer).toMatchObject({ kind: 'parameterProblem', code: 2 });
    expect(refusal(toGroup(0xfe)).answer).toEqual({ kind: 'silence' });
  });

  it('report an unknown routing header with segments left at its type, §4.4', () => {
    const header = { kind: 'routing', type: 0, data: new Uint8Array(20) } as const;
    expect(refusal(under({ ...header, segmentsLeft: 1 }))).toMatchObject({
      reason: 'ipv6-routing',
      answer: { kind: 'parameterProblem', code: 0, pointer: 42 },
    });
    expect(ingressPacket(packet(under({ ...header, segmentsLeft: 0 }))).ok).toBe(true);
  });

  it('are refused where the packet is a fragment', () => {
    const fragment = { kind: 'fragment', offset: 8, more: true, identification: 1 } as const;
    expect(refusal(under(fragment)).reason).toBe('ipv6-fragment');
  });
});

describe('packets', () => {
  it.each(['ff02::1', '::', '::1'])('are refused from %s', (text) => {
    const octets = encodeMobilityPacket({
      source: ipv6(text),
      destination: HOME_AGENT,
      message: UPDATE,
    });
    expect(refusal(octets)).toMatchObject({ reason: 'ipv6-source', source: null });
  });

  it('of other protocols are refused', () => {
    const octets = encodeIpv6({ ...decodeIpv6(update({})), protocol: 17 });
    expect(refusal(octets)).toMatchObject({ reason: 'packet-protocol', source: CARE_OF });
  });

  it('of IPv4 and of nothing are refused', () => {
    expect(refusal(hex('45000014'))).toMatchObject({ reason: 'ipv6-malformed', source: null });
    expect(refusal(new Uint8Array(0))).toMatchObject({ reason: 'ipv6-malformed', source: null });
  });

  it('cut anywhere are refused in silence, with their source once it is there', () => {
    for (let n = 0; n < CAPTURED.update.length; n++) {
      expect(refusal(CAPTURED.update.slice(0, n))).toMatchObject({
        reason: 'ipv6-malformed',
        source: n < 24 ? null : CARE_OF,
        answer: { kind: 'silence' },
      });
    }
  });
});

describe('ICMPv6 packets', () => {
  it('read home agent discovery', () => {
    const message = {
      kind: 'homeAgentDiscoveryRequest',
      identifier: 7,
      mobileRouter: false,
    } as const;
    const octets = encodeIcmpv6Packet({ source: CARE_OF, destination: HOME_AGENT, message });
    expect(ingressPacket(packet(octets))).toMatchObject({
      ok: true,
      value: { kind: 'icmpv6', source: CARE_OF, careOf: CARE_OF, message },
    });
  });

  it('read through both headers of Mobile IPv6', () => {
    expect(ingressPacket(packet(icmp({ homeAddress: HOME })))).toMatchObject({
      ok: true,
      value: { source: HOME, careOf: CARE_OF, homeAddressOption: true },
    });
    expect(ingressPacket(packet(icmp({ routingHome: HOME })))).toMatchObject({
      ok: true,
      value: { destination: HOME, packetDestination: HOME_AGENT, routing2: true },
    });
  });

  it('are refused for checksum, code and neighbour discovery', () => {
    const octets = icmp({});
    octets[43]! ^= 1;
    expect(refusal(octets).reason).toBe('icmpv6-checksum');
    const coded = icmp({ message: { kind: 'mobilePrefixSolicitation', identifier: 1 } });
    coded[41] = 1;
    expect(refusal(resummed(coded, 40, CARE_OF, HOME_AGENT, 58)).reason).toBe('icmpv6-code');
    const nd = icmp({ message: { kind: 'routerSolicitation', options: [] } });
    expect(refusal(nd).reason).toBe('icmpv6-nd');
    const redirect: Icmpv6Message = {
      kind: 'unknownIcmp',
      type: 137,
      code: 0,
      data: new Uint8Array(36),
    };
    expect(refusal(icmp({ message: redirect })).reason).toBe('icmpv6-nd');
  });

  it('are refused when the message is cut short, though its checksum fits', () => {
    const cut: Icmpv6Message = { kind: 'unknownIcmp', type: 145, code: 0, data: new Uint8Array(9) };
    expect(refusal(icmp({ message: cut })).reason).toBe('icmpv6-malformed');
  });

  it('give the quoted packet, however little of it came along', () => {
    const quoted = quotedPacket(CAPTURED.update.subarray(0, 70));
    expect(quoted).toMatchObject({ source: CARE_OF, destination: HOME_AGENT, protocol: 135 });
    expect(quoted?.payload).toEqual(CAPTURED.update.subarray(64, 70));
    expect(quotedPacket(CAPTURED.update.subarray(0, 63))).toBeUndefined();
    expect(quotedPacket(CAPTURED.update.subarray(0, 39))).toBeUndefined();
    expect(quotedPacket(hex('45'.repeat(60)))).toBeUndefined();
  });
});

describe('what answers a refusal', () => {
  it('is a Binding Error straight to the source, RFC 6275 §9.3.3', () => {
    const octets = refusalPacket(
      refusal(changed(update({ homeAddress: HOME }), 64, 2, 99)),
      HOME_AGENT,
    )!;
    const answer = decodeIpv6(octets);
    expect(answer).toMatchObject({ source: HOME_AGENT, destination: CARE_OF, headers: [] });
    expect(verifyMobility(answer.payload, HOME_AGENT, CARE_OF)).toBe(true);
    expect(decodeMobility(answer.payload).message).toMatchObject({
      kind: 'bindingError',
      status: 2,
      homeAddress: HOME,
    });
  });

  it('is a Parameter Problem that quotes the packet, RFC 4443 §3.4', () => {
    const offending = changed(update({ homeAddress: HOME }), 64, 1, 0);
    const answer = decodeIpv6(refusalPacket(refusal(offending), HOME_AGENT)!);
    expect(decodeIcmpv6(answer.payload, HOME_AGENT, CARE_OF)).toEqual({
      kind: 'parameterProblem',
      code: 0,
      pointer: 65,
      quoted: offending,
    });
  });

  it('never passes the minimum MTU, RFC 4443 §2.4(c)', () => {
    const payload = new Uint8Array(1400);
    const headers = [
      {
        kind: 'destinationOptions',
        options: [{ kind: 'unknown', type: 0xbe, data: payload.subarray(0, 4) }],
      },
    ] as const;
    const octets = encodeIpv6({ ...decodeIpv6(update({})), headers, protocol: 17, payload });
    expect(refusalPacket(refusal(octets), HOME_AGENT)!.length).toBe(1280);
  });

  it('is nothing where silence is asked for', () => {
    expect(refusalPacket(refusal(new Uint8Array(3)), HOME_AGENT)).toBeUndefined();
  });
});

const ROUTER_MAC = mac('02:00:00:00:00:01');
const HOST_MAC = mac('02:00:00:00:00:02');
const ROUTER = linkLocalAddress(ROUTER_MAC);
const HOST = linkLocalAddress(HOST_MAC);
const TARGET = ipv6('2001:db8:b::7');
const SLLA = { kind: 'sourceLinkLayer', address: HOST_MAC } as const;
const ADVERTISEMENT: NdMessage = {
  kind: 'routerAdvertisement',
  hopLimit: 64,
  managed: false,
  otherConfig: false,
  homeAgent: false,
  preference: 0,
  routerLifetime: 9,
  reachableTime: 0,
  retransTimer: 0,
  options: [],
};
const SOLICITATION: NdMessage = { kind: 'neighborSolicitation', target: TARGET, options: [] };
const NEIGHBOUR: NdMessage = {
  kind: 'neighborAdvertisement',
  router: false,
  solicited: false,
  override: true,
  target: TARGET,
  options: [],
};

describe('neighbour discovery, RFC 4861 §6.1 and §7.1', () => {
  it.each<{ what: string; message: NdMessage; source: Ipv6; destination: Ipv6 }>([
    {
      what: 'a solicitation from the unspecified address',
      message: { kind: 'routerSolicitation', options: [] },
      source: UNSPECIFIED6,
      destination: ALL_ROUTERS,
    },
    { what: 'an advertisement', message: ADVERTISEMENT, source: ROUTER, destination: ALL_NODES },
    {
      what: 'a probe',
      message: SOLICITATION,
      source: UNSPECIFIED6,
      destination: solicitedNode(TARGET),
    },
    {
      what: 'a unicast solicitation',
      message: { ...SOLICITATION, options: [SLLA] } as NdMessage,
      source: HOST,
      destination: TARGET,
    },
    {
      what: 'an unsolicited neighbour advertisement',
      message: NEIGHBOUR,
      source: TARGET,
      destination: ALL_NODES,
    },
  ])('takes $what', ({ message, source, destination }) => {
    const result = ingressFrame(ndFrame({ message, source, destination }));
    const link = { link: 'eth0', linkSource: HOST_MAC, linkDestination: ROUTER_MAC };
    expect(result).toEqual({
      ok: true,
      value: { kind: 'nd', ...link, source, destination, message },
    });
  });

  it.each<{ reason: string; what: string } & Partial<NdParts>>([
    { reason: 'nd-hop-limit', what: 'a hop limit of 254', hopLimit: 254 },
    { reason: 'nd-code', what: 'a code of 1', code: 1 },
    { reason: 'nd-router-source', what: 'a router that is not link-local', source: HOME_AGENT },
    {
      reason: 'nd-source-option',
      what: 'a router solicitation from :: with a link-layer address',
      source: UNSPECIFIED6,
      message: { kind: 'routerSolicitation', options: [SLLA] },
    },
    {
      reason: 'nd-source-option',
      what: 'a probe with a link-layer address',
      source: UNSPECIFIED6,
      destination: solicitedNode(TARGET),
      message: { ...SOLICITATION, options: [SLLA] } as NdMessage,
    },
    {
      reason: 'nd-destination',
      what: 'a probe to all nodes',
      source: UNSPECIFIED6,
      message: SOLICITATION,
    },
    {
      reason: 'nd-target',
      what: 'a solicitation of a group',
      message: { ...SOLICITATION, target: ALL_NODES } as NdMessage,
    },
    {
      reason: 'nd-target',
      what: 'an advertisement of a group',
      message: { ...NEIGHBOUR, target: ALL_NODES } as NdMessage,
    },
    {
      reason: 'nd-solicited',
      what: 'a solicited advertisement to all nodes',
      message: { ...NEIGHBOUR, solicited: true } as NdMessage,
    },
    { reason: 'ipv6-source', what: 'a group as source', source: ALL_NODES },
    {
      reason: 'ipv6-fragment',
      what: 'a Fragment header, RFC 6980 §5',
      headers: [{ kind: 'fragment', offset: 0, more: false, identification: 1 }],
    },
    {
      reason: 'nd-header',
      what: 'a Home Address option',
      headers: [{ kind: 'destinationOptions', options: [{ kind: 'homeAddress', address: HOME }] }],
    },
    {
      reason: 'nd-header',
      what: 'a type 2 routing header, RFC 6275 §9.3.2',
      headers: [{ kind: 'routing2', segmentsLeft: 1, homeAddress: HOME }],
    },
    { reason: 'nd-type', what: 'another protocol', protocol: 17 },
  ])('refuses $what in silence', ({ reason, what: _, ...parts }) => {
    const result = ingressFrame(ndFrame(parts));
    expect(result).toMatchObject({ ok: false, refusal: { reason, answer: { kind: 'silence' } } });
  });

  it('refuses other ICMPv6 in frames', () => {
    const message: Icmpv6Message = {
      kind: 'echoRequest',
      identifier: 1,
      sequence: 1,
      data: new Uint8Array(0),
    };
    expect(reasonOf(ingressFrame(ndFrame({ message })))).toBe('nd-type');
  });

  it('refuses a wrong checksum unless it was left to hardware', () => {
    const frame = ndFrame({ message: ADVERTISEMENT });
    const payload = frame.payload.slice();
    payload[42]! ^= 1;
    expect(reasonOf(ingressFrame({ ...frame, payload }))).toBe('nd-checksum');
    expect(ingressFrame({ ...frame, payload, checksumDeferred: true }).ok).toBe(true);
  });

  it('refuses an option of length zero', () => {
    const message: Icmpv6Message = {
      kind: 'unknownIcmp',
      type: 133,
      code: 0,
      data: hex('00000000 0100 000000000000'),
    };
    expect(reasonOf(ingressFrame(ndFrame({ message, source: HOST })))).toBe('nd-malformed');
  });

  it('refuses messages cut anywhere', () => {
    const frame = ndFrame({ message: NEIGHBOUR });
    for (let n = 0; n < frame.payload.length; n++) {
      const payload = frame.payload.slice(0, n);
      expect(reasonOf(ingressFrame({ ...frame, payload }))).toBe('nd-malformed');
    }
  });
});

describe('ARP', () => {
  const message: ArpMessage = {
    operation: 'request',
    senderMac: HOST_MAC,
    senderAddress: UNSPECIFIED4,
    targetMac: mac('00:00:00:00:00:00'),
    targetAddress: ipv4('192.0.2.1'),
  };
  const arp = (change: Partial<ArpMessage>) =>
    ingressFrame(frameOf(ETHERTYPE.arp, encodeArp({ ...message, ...change })));

  it('is taken, probes from 0.0.0.0 too (RFC 5227 §2.1.1)', () => {
    expect(arp({})).toEqual({
      ok: true,
      value: { kind: 'arp', link: 'eth0', linkSource: HOST_MAC, message },
    });
  });

  it('is refused from or for what is no single host', () => {
    expect(reasonOf(arp({ senderMac: mac('01:00:5e:00:00:01') }))).toBe('arp-sender');
    expect(reasonOf(arp({ senderAddress: ipv4('224.0.0.1') }))).toBe('arp-address');
    expect(reasonOf(arp({ targetAddress: BROADCAST4 }))).toBe('arp-address');
  });

  it('is refused when cut', () => {
    const frame = frameOf(ETHERTYPE.arp, encodeArp(message).subarray(0, 27));
    expect(reasonOf(ingressFrame(frame))).toBe('arp-malformed');
  });
});

describe('DHCP, RFC 2131 §4.1', () => {
  it('takes requests at port 67 and replies at port 68', () => {
    expect(ingressFrame(dhcpFrame({ type: 'discover', op: 1, port: 67 }))).toMatchObject({
      ok: true,
      value: { kind: 'dhcp', link: 'eth0', source: UNSPECIFIED4, destination: BROADCAST4 },
    });
    expect(ingressFrame(dhcpFrame({ type: 'offer', op: 2, port: 68 })).ok).toBe(true);
  });

  it.each<{ what: string; reason: string; parts: Partial<DhcpParts> }>([
    { what: 'another port', reason: 'dhcp-port', parts: { port: 53 } },
    { what: 'another protocol', reason: 'dhcp-port', parts: { protocol: 6 } },
    { what: 'a reply at the server port', reason: 'dhcp-direction', parts: { op: 2 } },
    { what: 'an offer in a request', reason: 'dhcp-direction', parts: { type: 'offer' } },
    { what: 'no message type (BOOTP)', reason: 'dhcp-type', parts: { type: undefined } },
    { what: 'a fragment', reason: 'ipv4-fragment', parts: { moreFragments: true } },
    { what: 'a group as source', reason: 'ipv4-source', parts: { source: ipv4('224.0.0.1') } },
  ])('refuses $what', ({ reason, parts }) => {
    const whole = { type: 'discover', op: 1, port: 67, ...parts } as const;
    expect(reasonOf(ingressFrame(dhcpFrame(whole)))).toBe(reason);
  });

  it('refuses a wrong UDP checksum unless it was left to hardware', () => {
    const frame = dhcpFrame({ type: 'discover', op: 1, port: 67 });
    const payload = frame.payload.slice();
    payload[26]! ^= 1;
    expect(reasonOf(ingressFrame({ ...frame, payload }))).toBe('dhcp-checksum');
    expect(ingressFrame({ ...frame, payload, checksumDeferred: true }).ok).toBe(true);
  });

  it('takes the offer of dnsmasq over veth, whose checksum is the pseudo-header only', () => {
    const dnsmasq = hex(`45c0015445aa00004011712ec0000201ffffffff004300440140c352
      020106003903f3260000800000000000c0000237c000020100000000020000000001${'00'.repeat(202)}
      63825363350102 3604c0000201 330400000e10 3a0400000708 3b0400000c4e 0104ffffff00 1c04c00002ff
      0304c0000201 790e18c63364c00002fe080ac00002fd 1a020578 0604c0000235 ff`);
    const frame = frameOf(ETHERTYPE.ipv4, dnsmasq);
    expect(reasonOf(ingressFrame(frame))).toBe('dhcp-checksum');
    expect(ingressFrame({ ...frame, checksumDeferred: true })).toMatchObject({
      ok: true,
      value: { source: '192.0.2.1', message: { yourAddress: '192.0.2.55' } },
    });
  });

  it('refuses messages cut anywhere', () => {
    const frame = dhcpFrame({ type: 'discover', op: 1, port: 67 });
    for (let n = 0; n < frame.payload.length; n++) {
      const payload = frame.payload.slice(0, n);
      expect(reasonOf(ingressFrame({ ...frame, payload }))).toBe('dhcp-malformed');
    }
  });
});

it('refuses frames of other protocols', () => {
  expect(reasonOf(ingressFrame(frameOf(0x88cc, new Uint8Array(9))))).toBe('frame-type');
});

describe('whatever the octets', () => {
  const known = expect.toSatisfy((reason: string) => reason in REFUSALS);
  const frames = [
    ndFrame({ message: ADVERTISEMENT }),
    ndFrame({ message: SOLICITATION, destination: solicitedNode(TARGET) }),
    frameOf(
      ETHERTYPE.arp,
      encodeArp({
        operation: 'reply',
        senderMac: HOST_MAC,
        senderAddress: ipv4('192.0.2.1'),
        targetMac: ROUTER_MAC,
        targetAddress: ipv4('192.0.2.2'),
      }),
    ),
    dhcpFrame({ type: 'offer', op: 2, port: 68 }),
  ];

  it('a frame never throws, and is refused by name', () => {
    const etherTypes = [ETHERTYPE.ipv4, ETHERTYPE.ipv6, ETHERTYPE.arp];
    const any = fc.record({
      etherType: fc.constantFrom(...etherTypes, 0x88cc),
      payload: fc.oneof(fc.uint8Array({ maxLength: 400 }), mutation(frames.map((f) => f.payload))),
      checksumDeferred: fc.boolean(),
    });
    fc.assert(
      fc.property(any, (parts) => {
        const result = ingressFrame({ ...frames[0]!, ...parts });
        if (!result.ok) expect(result.refusal.reason).toEqual(known);
      }),
      { numRuns: 3000 },
    );
  });

  it('a packet never throws, nor does its answer, and the answer is well formed', () => {
    const valid = [
      CAPTURED.update,
      CAPTURED.ack,
      CAPTURED.homeTestInit,
      icmp({ homeAddress: HOME }),
      icmp({ routingHome: HOME }),
    ];
    // Checksums would stop most mutations at once: half of them are summed again.
    const any = fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      mutation(valid),
      mutation(valid).map(summedAgain),
    );
    let answered = 0;
    fc.assert(
      fc.property(any, (octets) => {
        const result = ingressPacket(packet(octets));
        if (result.ok) return;
        expect(result.refusal.reason).toEqual(known);
        const answer = refusalPacket(result.refusal, HOME_AGENT);
        if (!answer) return;
        answered++;
        expect(answer.length).toBeLessThanOrEqual(1280);
        const { protocol, payload, source, destination } = decodeIpv6(answer);
        expect(transportChecksum(source, destination, protocol, payload)).toBe(0);
      }),
      { numRuns: 5000, seed: 6275 },
    );
    expect(answered).toBeGreaterThan(50);
  });

  it('a quoted packet never throws', () => {
    fc.assert(
      fc.property(mutation([CAPTURED.update, CAPTURED.ack]), (octets) => void quotedPacket(octets)),
      { numRuns: 2000 },
    );
  });
});

// ——— building

function packet(octets: Uint8Array): ReceivedPacket {
  return { link: 'eth0', octets, arrival: { kind: 'native' }, protected: false };
}

function refusal(octets: Uint8Array): Refusal {
  const result = ingressPacket(packet(octets));
  if (result.ok) throw new Error(`taken as ${result.value.message.kind}`);
  return result.refusal;
}

function reasonOf(result: ReturnType<typeof ingressFrame>): string {
  return result.ok ? `taken as ${result.value.kind}` : result.refusal.reason;
}

function update(path: { homeAddress?: Ipv6; message?: MobilityMessage }): Uint8Array {
  return encodeMobilityPacket({
    source: CARE_OF,
    destination: HOME_AGENT,
    message: UPDATE,
    ...path,
  });
}

function icmp(path: {
  homeAddress?: Ipv6;
  routingHome?: Ipv6;
  message?: Icmpv6Message;
}): Uint8Array {
  const message = { kind: 'echoRequest', identifier: 1, sequence: 1, data: hex('0102') } as const;
  return encodeIcmpv6Packet({ source: CARE_OF, destination: HOME_AGENT, message, ...path });
}

/** One octet of the Mobility Header at `start` changed, and the checksum made to fit again. */
function changed(
  octets: Uint8Array,
  start: number,
  at: number,
  value: number,
  source?: Ipv6,
  destination?: Ipv6,
): Uint8Array {
  octets[start + at] = value;
  return resummed(octets, start, source, destination);
}

function resummed(
  octets: Uint8Array,
  start: number,
  source: Ipv6 = start === 64 ? HOME : CARE_OF,
  destination: Ipv6 = HOME_AGENT,
  protocol = 135,
): Uint8Array {
  const at = start + (protocol === 58 ? 2 : 4);
  octets.set([0, 0], at);
  const sum = transportChecksum(source, destination, protocol, octets.subarray(start));
  octets.set([sum >>> 8, sum & 0xff], at);
  return octets;
}

/** As `resummed`, for any packet whose headers can still be read. */
function summedAgain(octets: Uint8Array): Uint8Array {
  const read = quotedPacket(octets);
  if (!read || read.payload.length < 8 || (read.protocol !== 135 && read.protocol !== 58)) {
    return octets;
  }
  let { source, destination } = read;
  for (const header of read.headers) {
    if (header.kind === 'routing2') destination = header.homeAddress;
    if (header.kind !== 'destinationOptions') continue;
    for (const option of header.options) if (option.kind === 'homeAddress') source = option.address;
  }
  const end = read.payloadOffset! + read.payload.length;
  const whole = octets.slice(0, end);
  return resummed(whole, read.payloadOffset!, source, destination, read.protocol);
}

interface NdParts {
  message: Icmpv6Message;
  source: Ipv6;
  destination: Ipv6;
  hopLimit: number;
  code: number;
  protocol: number;
  headers: ExtensionHeader[];
}

function ndFrame(parts: Partial<NdParts>): ReceivedFrame {
  const { message = ADVERTISEMENT, source = ROUTER, destination = ALL_NODES } = parts;
  const payload = encodeIcmpv6(message, source, destination);
  payload[1] = parts.code ?? payload[1]!;
  payload.set([0, 0], 2);
  const sum = transportChecksum(source, destination, 58, payload);
  payload.set([sum >>> 8, sum & 0xff], 2);
  const { hopLimit = 255, protocol = 58, headers = [] } = parts;
  const head = { trafficClass: 0, flowLabel: 0, hopLimit, source, destination, headers, protocol };
  return frameOf(ETHERTYPE.ipv6, encodeIpv6({ ...head, payload }));
}

interface DhcpParts {
  type: DhcpType | undefined;
  op: 1 | 2;
  port: number;
  protocol?: number;
  moreFragments?: boolean;
  source?: Ipv4;
}

function dhcpFrame(parts: DhcpParts): ReceivedFrame {
  const { type, op, port, protocol = 17, moreFragments = false, source = UNSPECIFIED4 } = parts;
  const message: DhcpMessage = {
    op,
    xid: 1,
    secs: 0,
    broadcast: false,
    clientAddress: UNSPECIFIED4,
    yourAddress: UNSPECIFIED4,
    serverAddress: UNSPECIFIED4,
    relayAddress: UNSPECIFIED4,
    clientHardware: HOST_MAC,
    options: type ? [{ kind: 'messageType', type }] : [],
  };
  const datagram = {
    sourcePort: op === 1 ? 68 : 67,
    destinationPort: port,
    payload: encodeDhcp(message),
  };
  const payload = encodeIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments,
    fragmentOffset: 0,
    ttl: 64,
    protocol,
    source,
    destination: BROADCAST4,
    options: new Uint8Array(0),
    payload: encodeUdp(datagram, source, BROADCAST4),
  });
  return frameOf(ETHERTYPE.ipv4, payload);
}

function frameOf(etherType: number, payload: Uint8Array): ReceivedFrame {
  return { link: 'eth0', source: HOST_MAC, destination: ROUTER_MAC, etherType, payload };
}
