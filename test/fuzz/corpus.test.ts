/** Every input the fuzzer kept, and every one that once broke a rule. `fuzz.ts` makes the first file; the second grows by hand. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { hex } from '../wire/octets.js';
import {
  countReads,
  repair,
  TARGETS,
  WORK_AT_LEAST,
  WORK_PER_OCTET,
  type Target,
} from './targets.js';

describe.each(['inputs.txt', 'regressions.txt'])('%s', (file) => {
  const lines = readFileSync(new URL(`corpus/${file}`, import.meta.url), 'utf8')
    .split('\n')
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.split(' ') as [Target, string]);

  it('gives a result or a coded error for each, never an exception, in work linear in its length', () => {
    for (const [target, octets] of lines) within(target, hex(octets));
  });

  it('does so for each cut in the middle, and with lengths and checksums made right', () => {
    for (const [target, octets] of lines) {
      const input = hex(octets);
      within(target, input.subarray(0, input.length >>> 1));
      within(target, repair(target, input));
    }
  });
});

it.each([
  ['mobility', 'Pad1 alone', Uint8Array.of(59, 255, 0, 0, 0, 0, 0, 0, ...new Uint8Array(2040))],
  ['mobility', 'a wrong option after a thousand Pad1', late(1000, '0201ff')],
  ['describePacket', 'a wrong option after a thousand Pad1', inIpv6(late(1000, '0201ff'))],
  ['describePacket', 'wrong options only', inIpv6(late(0, '0201ff'.repeat(600)))],
  ['describePacket', 'Header Len far past the end', inIpv6(hex('3bff0500 0000 0001 c000 0096'))],
  ['describePacket', 'IPv6 in IPv6, as deep as it fits', nested(36)],
  ['describePacket', 'errors that quote errors', quoting(25)],
  ['icmpv6', 'a thousand options', hex(`85000000 00000000${'0e01000000000000'.repeat(1000)}`)],
] as [Target, string, Uint8Array][])('%s of %s is linear', (target, _, octets) => {
  within(target, octets);
});

function within(target: Target, octets: Uint8Array): void {
  const reads = countReads(() => void TARGETS[target](octets));
  expect(reads).toBeLessThanOrEqual(WORK_AT_LEAST + WORK_PER_OCTET * octets.length);
}

/** A Binding Update with an option behind so many Pad1, and as many after it. */
function late(pads: number, option: string): Uint8Array {
  const body = hex(`${'00'.repeat(pads)}${option}${'00'.repeat(pads)}`);
  const out = new Uint8Array((12 + body.length + 7) & ~7);
  out.set([59, Math.min(255, out.length / 8 - 1), 5, 0, 0, 0, 0, 1, 0xc0]);
  out.set(body, 12);
  return out;
}

function inIpv6(payload: Uint8Array, protocol = 135): Uint8Array {
  const out = new Uint8Array(40 + payload.length);
  out.set(
    hex('60000000 0000 87 40 20010db8000a00000000000000000100 20010db8000a00000000000000000001'),
  );
  out.set([payload.length >>> 8, payload.length & 0xff, protocol], 4);
  out.set(payload, 40);
  return out;
}

function nested(depth: number): Uint8Array {
  let packet = inIpv6(new Uint8Array(0), 59);
  for (let i = 0; i < depth; i++) packet = inIpv6(packet, 41);
  return packet;
}

function quoting(depth: number): Uint8Array {
  let packet = inIpv6(new Uint8Array(0), 59);
  for (let i = 0; i < depth; i++) {
    packet = inIpv6(Uint8Array.of(1, 0, 0, 0, 0, 0, 0, 0, ...packet), 58);
  }
  return packet;
}
