/** `encode(decode(b)) = b` for every ICMPv6 message and neighbour discovery option, `MIP6_RUNS` times each (10,000). */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../src/base/address.js';
import { ByteReader, ByteWriter, toHex } from '../../src/base/bytes.js';
import { decodeIcmpv6, encodeIcmpv6 } from '../../src/wire/icmpv6.js';
import { decodeNdOptions, encodeNdOptions, ND_OPTIONS } from '../../src/wire/nd/codec.js';
import { ICMPV6 } from '../../src/wire/protocol.js';
import { octetsFrom, type Next } from './octets.js';

const RUNS = { numRuns: Number(process.env['MIP6_RUNS'] ?? 10_000) };
const FROM = ipv6('2001:db8:a::100');
const TO = ipv6('2001:db8:a::1');

it.each(Object.entries(ND_OPTIONS))('option %s, of any length and any content', (kind, row) => {
  let known = 0;
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const next = octetsFrom(seed);
      const wire = Uint8Array.from(ndOption(row.type, next));
      const options = decodeNdOptions(new ByteReader(wire));
      if (options[0]!.kind === kind) known++;
      const w = new ByteWriter();
      encodeNdOptions(w, options);
      return toHex(w.finish()) === toHex(wire);
    }),
    RUNS,
  );
  expect(known).toBeGreaterThan(RUNS.numRuns / 100);
});

describe.each(Object.entries(ICMPV6))('message %s', (kind, type) => {
  it('octets to value to octets', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = octetsFrom(seed);
        const fixed = 4 + (FIXED[type] ?? 4);
        const body = [type, next() & 3, 0, 0];
        while (body.length < fixed) body.push(next());
        const addresses = type === ICMPV6.homeAgentDiscoveryReply ? 16 * (next() % 4) : next() % 24;
        if (FIXED[type] === undefined) for (let i = 0; i < addresses; i++) body.push(next());
        else
          for (let i = next() % 4; i > 0; i--)
            body.push(...ndOption(ANY[next() % ANY.length]!, next));
        const wire = Uint8Array.from(body);
        const message = decodeIcmpv6(wire, FROM, TO, { verify: false });
        const again = encodeIcmpv6(message, FROM, TO);
        return (
          message.kind === kind &&
          again[1] === wire[1] &&
          toHex(again.subarray(4)) === toHex(wire.subarray(4))
        );
      }),
      RUNS,
    );
  });
});

function ndOption(type: number, next: Next): number[] {
  const units = 1 + (next() % 5);
  const option = [type, units, ...Array.from({ length: 8 * units - 2 }, next)];
  if (next() % 2) option[2] = next() % 129; // a prefix length
  return option;
}

/** Octets between checksum and options, of messages that have options. */
const FIXED: Readonly<Record<number, number>> = {
  [ICMPV6.routerSolicitation]: 4,
  [ICMPV6.routerAdvertisement]: 12,
  [ICMPV6.neighborSolicitation]: 20,
  [ICMPV6.neighborAdvertisement]: 20,
  [ICMPV6.redirect]: 36,
  [ICMPV6.mobilePrefixAdvertisement]: 4,
};
const ANY = [1, 2, 3, 4, 5, 7, 8, 14, 24, 25, 31];
