import { expect, it } from 'vitest';
import type { PacketSummary } from '../../src/diagnostics/describe.js';
import { Signalling } from '../../src/lab/signalling.js';

const BU = summary('mobility', 'a → b BU seq 7');
const RA = summary('discovery', 'RA life 3');

it('tells a message once, however many links it crosses', () => {
  const s = new Signalling();
  expect([s.worthTelling(BU, 'visited1', 10), s.worthTelling(BU, 'core', 11)]).toEqual([
    true,
    false,
  ]);
});

it('tells it again when it is sent again', () => {
  const s = new Signalling();
  expect([s.worthTelling(BU, 'visited1', 10), s.worthTelling(BU, 'visited1', 1010)]).toEqual([
    true,
    true,
  ]);
});

it('tells of advertisements only the first on the link that a node moves to', () => {
  const s = new Signalling();
  expect(s.worthTelling(RA, 'home', 0)).toBe(false);
  s.expectAdvertisement('visited1');
  expect(s.worthTelling(RA, 'home', 10)).toBe(false);
  expect([s.worthTelling(RA, 'visited1', 20), s.worthTelling(RA, 'visited1', 70)]).toEqual([
    true,
    false,
  ]);
});

it('leaves out data, echoes and the neighbours finding each other', () => {
  const s = new Signalling();
  for (const quiet of [
    summary('echo', 'echo request'),
    summary('data', 'UDP 100 octets'),
    summary('discovery', 'NS for 2001:db8::1'),
    summary('arp', 'ARP who has 10.0.0.1, asks 10.0.0.2'),
  ]) {
    expect(s.worthTelling(quiet, 'home', 0)).toBe(false);
  }
  expect(s.worthTelling(summary('discovery', 'NS DAD for 2001:db8::1'), 'home', 0)).toBe(true);
  expect(s.worthTelling(summary('arp', 'ARP probe for 10.0.0.1'), 'home', 0)).toBe(true);
});

function summary(kind: PacketSummary['class'], message: string): PacketSummary {
  return { class: kind, source: 'a', destination: 'b', wrapped: [], message, text: message };
}
