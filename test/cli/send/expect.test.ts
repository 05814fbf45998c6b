import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { readExpectation, type Seen } from '../../../src/cli/send/expect.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';

const ENDS = { source: ipv6('2001:db8:a::1'), destination: ipv6('2001:db8:b::5') };
const ACK: Seen = {
  class: 'answer',
  layers: layers(
    encodeMobilityPacket({
      ...ENDS,
      message: {
        kind: 'bindingAck',
        status: 135,
        flags: 0xc0,
        sequence: 7,
        lifetime: 60,
        options: [{ kind: 'natDetection', forceUdp: true, refresh: 110 }],
      },
    }),
  ),
};
const UPDATE = encodeMobilityPacket({
  source: ENDS.destination,
  destination: ENDS.source,
  message: { kind: 'bindingUpdate', sequence: 7, flags: 0xc000, lifetime: 60, options: [] },
});
const PROBLEM: Seen = {
  class: 'error',
  layers: layers(
    encodeIcmpv6Packet({
      ...ENDS,
      message: { kind: 'parameterProblem', code: 0, pointer: 41, quoted: UPDATE },
    }),
  ),
};
const DISCOVERED: Seen = {
  class: 'answer',
  layers: layers(
    encodeIcmpv6Packet({
      ...ENDS,
      message: {
        kind: 'homeAgentDiscoveryReply',
        identifier: 5,
        mobileRouter: false,
        addresses: [ipv6('2001:db8:a::1'), ipv6('2001:db8:a::2')],
      },
    }),
  ),
};

describe('holds', () => {
  it.each([
    ['status=135', ACK],
    ['Status = 0x87', ACK],
    ['status=Sequence number out of window', ACK],
    ['status!=0', ACK],
    ['status>=128', ACK],
    ['lifetime<=60', ACK],
    ['lifetime>59', ACK],
    ['flags=RK', ACK],
    ['flags=192', ACK],
    ['natDetection', ACK],
    ['NAT Detection', ACK],
    ['!ipv4AddressAck', ACK],
    ['natDetection.refresh=110', ACK],
    ['natDetection.forceUdp=true', ACK],
    ['answer=ba', ACK],
    ['answer=Binding Acknowledgement', ACK],
    ['answer!=error', ACK],
    ['!silence', ACK],
    ['answer=error', PROBLEM],
    ['answer=parameter-problem', PROBLEM],
    ['code=0', PROBLEM],
    ['pointer=41', PROBLEM],
    ['addresses=2001:db8:a:0::2', DISCOVERED],
    ['identifier=5', DISCOVERED],
    ['silence', null],
    ['answer=silence', null],
    ['answer!=ba', null],
  ])('%s', (text, seen) => {
    expect(readExpectation(text).holds(seen)).toBe(true);
  });
});

describe('does not hold', () => {
  it.each([
    ['status=0', ACK],
    ['status<128', ACK],
    ['status!=135', ACK],
    ['flags=K', ACK],
    ['sequence=8', ACK],
    ['ipv4AddressAck', ACK],
    ['!natDetection', ACK],
    ['silence', ACK],
    ['answer=be', ACK],
    ['pointer=41', ACK],
    ['lifetime<much', ACK],
    // What an error quotes is no answer.
    ['sequence=7', PROBLEM],
    ['addresses=2001:db8:a::3', DISCOVERED],
    ['status=0', null],
    ['status!=0', null],
    ['natDetection', null],
    ['!natDetection', null],
    ['!silence', null],
  ])('%s', (text, seen) => {
    expect(readExpectation(text).holds(seen)).toBe(false);
  });
});

it.each([
  ['statsu=0', 'No answer has "statsu". Did you mean "status"?'],
  ['natDetection.refrsh=1', 'Did you mean "natDetection.refresh"?'],
  ['natDetectoin', 'Did you mean "natDetection"?'],
  ['answer=bae', 'Did you mean "ba"?'],
  ['answer', 'expected answer=NAME'],
  ['answer<ba', 'expected answer=NAME'],
  ['=0', '--expect wants NAME, !NAME or NAME=VALUE'],
  ['!status=0', 'expected a value after ='],
  ['flags=', 'expected a value after ='],
  ['', '--expect wants NAME'],
])('%s is refused', (text, said) => {
  expect(() => readExpectation(text)).toThrow(said);
});

function layers(octets: Uint8Array): Seen['layers'] {
  return decodeLayers(octets, 'ipv6').layers;
}
