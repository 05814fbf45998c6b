import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../src/base/address.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../src/wire/mobility-packet.js';
import { BU_FLAG } from '../../src/wire/mobility/flag.js';
import { hex } from './octets.js';

const HOME = ipv6('2001:db8:a::100');
const HOME_AGENT = ipv6('2001:db8:a::1');
const CARE_OF = ipv6('2001:db8:b:0:dce3:fdff:feb6:36c2');

/** Of the capture `basic-ha-c0`, save that our flow label is zero. */
describe('a packet like that of UMIP', () => {
  it('carries a Binding Update under a Home Address option, RFC 6275 §6.3', () => {
    const packet = encodeMobilityPacket({
      source: CARE_OF,
      destination: HOME_AGENT,
      homeAddress: HOME,
      hopLimit: 63,
      message: {
        kind: 'bindingUpdate',
        sequence: 0x4120,
        flags: BU_FLAG.acknowledge | BU_FLAG.home,
        lifetime: 600,
        options: [{ kind: 'alternateCareOf', address: CARE_OF }],
      },
    });
    expect(packet).toEqual(
      hex(`6000000000383c3f 20010db8000b0000dce3fdfffeb636c2 20010db8000a00000000000000000001
        870201020000c91020010db8000a00000000000000000100
        3b0305001ee64120c00000960100031020010db8000b0000dce3fdfffeb636c2`),
    );
  });

  it('carries a Binding Acknowledgement under a type 2 routing header, RFC 6275 §6.4', () => {
    const packet = encodeMobilityPacket({
      source: HOME_AGENT,
      destination: CARE_OF,
      routingHome: HOME,
      message: {
        kind: 'bindingAck',
        status: 0,
        flags: 0,
        sequence: 0x4120,
        lifetime: 600,
        options: [],
      },
    });
    expect(packet).toEqual(
      hex(`6000000000282b40 20010db8000a00000000000000000001 20010db8000b0000dce3fdfffeb636c2
        870202010000000020010db8000a00000000000000000100 3b0106001f2800004120009601020000`),
    );
  });
});

it('puts the routing header before the Home Address option, RFC 6275 §6.3', () => {
  const packet = encodeIcmpv6Packet({
    source: CARE_OF,
    destination: ipv6('2001:db8:c::2'),
    homeAddress: HOME,
    routingHome: ipv6('2001:db8:d::2'),
    message: { kind: 'echoRequest', identifier: 1, sequence: 1, data: new Uint8Array(0) },
  });
  expect([packet[6], packet[40], packet[64]]).toEqual([43, 60, 58]);
});

it('carries a Mobile Prefix Solicitation under a Home Address option, RFC 6275 §6.7', () => {
  const packet = encodeIcmpv6Packet({
    source: CARE_OF,
    destination: HOME_AGENT,
    homeAddress: HOME,
    message: { kind: 'mobilePrefixSolicitation', identifier: 0x4321 },
  });
  expect(packet).toEqual(
    hex(`6000000000203c40 20010db8000b0000dce3fdfffeb636c2 20010db8000a00000000000000000001
      3a0201020000c91020010db8000a00000000000000000100 9200ce1443210000`),
  );
});
