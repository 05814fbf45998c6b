/** RFC 5227 in virtual time. */
import { describe, expect, it } from 'vitest';
import { ipv4, mac, type MacAddress } from '../../../src/base/address.js';
import { AddressConflict } from '../../../src/core/mn/address-conflict.js';
import type { ArpMessage } from '../../../src/wire/arp.js';
import { at, drive } from '../../helpers/drive.js';
import { OWN, random, STRANGER } from './dhcp-bench.js';
import { say } from './say.js';

const ADDRESS = ipv4('10.0.0.5');
const PROBE = 'ARP eth0 to all: request 10.0.0.5 from 0.0.0.0';
const ANNOUNCEMENT = 'ARP eth0 to all: request 10.0.0.5 from 10.0.0.5';

describe('probing, §2.1.1', () => {
  it.each([
    { fraction: 0, times: [0, 1, 2, 4, 6] },
    { fraction: 0.5, times: [0, 1.5, 3, 5, 7] },
    { fraction: 0.999, times: [0, 1.999, 3.998, 5.998, 7.998] },
  ])('three probes 1 to 2 s apart, then two announcements 2 s apart', ({ fraction, times }) => {
    const { conflict, trace } = bench(fraction);
    conflict.begin(ADDRESS, OWN, at(0));
    const lines = trace(0, 100);
    expect(lines.map(({ second }) => second)).toEqual(times.map((t) => expect.closeTo(t, 6)));
    expect(lines.map(({ line }) => line)).toEqual([
      ...[PROBE, PROBE, PROBE],
      ...[ANNOUNCEMENT, ANNOUNCEMENT],
    ]);
    expect(conflict.pollTimeout()).toBeUndefined();
  });

  it.each([
    { what: 'a reply from it', part: {}, verdict: 'lost' },
    { what: 'a request from it', part: { operation: 'request' }, verdict: 'lost' },
    {
      what: 'another host’s probe for it',
      part: { operation: 'request', senderAddress: ipv4('0.0.0.0'), targetAddress: ADDRESS },
      verdict: 'lost',
    },
    {
      what: 'our own probe, given back by the access point',
      part: { senderMac: OWN, senderAddress: ipv4('0.0.0.0'), targetAddress: ADDRESS },
      verdict: 'ours',
    },
    {
      what: 'a question for it by its neighbour',
      part: { operation: 'request', senderAddress: ipv4('10.0.0.6'), targetAddress: ADDRESS },
      verdict: 'ours',
    },
    {
      what: 'another address',
      part: { senderAddress: ipv4('10.0.0.6') },
      verdict: 'ours',
    },
  ] as const)('$what: $verdict', ({ part, verdict }) => {
    const { conflict, trace } = bench(0);
    conflict.begin(ADDRESS, OWN, at(0));
    trace(0, 0);
    expect(conflict.handleArp(claim(part), at(0.5))).toBe(verdict);
    trace(0.5, 3.9); // the last probe is out, and its 2 s are not over
    expect(conflict.handleArp(claim(part), at(3.9))).toBe(verdict);
  });

  it('at the end of the 2 s after the last probe the address is ours', () => {
    const { conflict, trace } = bench(0);
    conflict.begin(ADDRESS, OWN, at(0));
    trace(0, 4);
    expect(conflict.probing).toBe(false);
    expect(conflict.handleArp(claim({}), at(4))).toBe('defended');
  });
});

describe('defence, §2.4 b', () => {
  it('one claim is answered by one announcement', () => {
    const { conflict, trace } = bench(0);
    conflict.watch(ADDRESS, OWN);
    expect(conflict.handleArp(claim({}), at(5))).toBe('defended');
    expect(trace(5, 100)).toEqual([{ second: 5, line: ANNOUNCEMENT }]);
  });

  it.each([
    { seconds: 9.999, verdict: 'lost' },
    { seconds: 10, verdict: 'defended' },
  ])('a second one after $seconds s: $verdict', ({ seconds, verdict }) => {
    const { conflict } = bench(0);
    conflict.watch(ADDRESS, OWN);
    conflict.handleArp(claim({}), at(5));
    expect(conflict.handleArp(claim({}), at(5 + seconds))).toBe(verdict);
  });

  it('a probe is no claim: the host answers it', () => {
    const { conflict } = bench(0);
    conflict.watch(ADDRESS, OWN);
    const probe = claim({ senderAddress: ipv4('0.0.0.0'), targetAddress: ADDRESS });
    expect(conflict.handleArp(probe, at(5))).toBe('ours');
  });

  it('an address that is no longer ours is nobody’s business', () => {
    const { conflict, trace } = bench(0);
    conflict.begin(ADDRESS, OWN, at(0));
    trace(0, 0);
    conflict.stop();
    expect(conflict.handleArp(claim({}), at(0.1))).toBe('ours');
    expect(trace(0.1, 100)).toEqual([]);
  });
});

function bench(fraction: number) {
  const conflict = new AddressConflict('eth0', { ...random(), fraction: () => fraction });
  const trace = (from: number, until: number) =>
    [...drive(conflict, at(from), at(until))].map(([second, e]) => ({ second, line: say(e) }));
  return { conflict, trace };
}

const claim = (part: Partial<ArpMessage>): ArpMessage => ({
  operation: 'reply',
  senderMac: STRANGER,
  senderAddress: ADDRESS,
  targetMac: mac('00:00:00:00:00:00') satisfies MacAddress,
  targetAddress: ipv4('10.0.0.77'),
  ...part,
});
