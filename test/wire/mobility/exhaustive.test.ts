/**
 * `decode(encode(x)) = x` and `encode(decode(b)) = b` for every message and option, `MIP6_RUNS` times each (10,000).
 * The values come from cheap arbitraries; the octets from one number each, through a generator of our own, since so many
 * arrays of octets would cost more than the codec.
 */
import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { ByteReader, ByteWriter, toHex } from '../../../src/base/bytes.js';
import { decodeMobility, encodeMobility } from '../../../src/wire/mobility/codec.js';
import type { KnownMessage } from '../../../src/wire/mobility/message.js';
import { MESSAGE_ROWS } from '../../../src/wire/mobility/message-table.js';
import type { KnownOption } from '../../../src/wire/mobility/option.js';
import { withoutPadding } from '../../../src/wire/mobility/option.js';
import { OPTION_ROWS, optionRow } from '../../../src/wire/mobility/option-table.js';
import { allowsLength, type OptionRow } from '../../../src/wire/mobility/option/row.js';
import { octetsFrom, type Next } from '../octets.js';
import { MESSAGES, OPTIONS } from './arbitrary.js';

const RUNS = { numRuns: Number(process.env['MIP6_RUNS'] ?? 10_000) };
const FROM = ipv6('2001:db8:a::100');
const TO = ipv6('2001:db8:a::1');

describe.each(Object.keys(OPTIONS) as (keyof typeof OPTIONS)[])('option %s', (kind) => {
  const row = OPTION_ROWS[kind] as OptionRow<KnownOption>;

  // Pad1 has neither length nor data.
  if (kind !== 'pad1')
    it('value to octets to value', () => {
      fc.assert(
        fc.property(OPTIONS[kind] as fc.Arbitrary<KnownOption>, (option) => {
          const w = new ByteWriter();
          row.encode(w, option);
          const wire = w.finish();
          const again = row.decode(new ByteReader(wire), wire.length);
          return allowsLength(row.length, wire.length) && isDeepStrictEqual(again, option);
        }),
        RUNS,
      );
    });

  it('octets to value to octets, in a message', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const wire = message(5, 12, option(row.type, octetsFrom(seed)));
        return givesBack(wire);
      }),
      RUNS,
    );
  });
});

describe.each(Object.keys(MESSAGES) as (keyof typeof MESSAGES)[])('message %s', (kind) => {
  const row = MESSAGE_ROWS[kind];

  it('value to octets to value', () => {
    fc.assert(
      fc.property(MESSAGES[kind] as fc.Arbitrary<KnownMessage>, (message) => {
        const again = decodeMobility(encodeMobility(message, FROM, TO)).message as KnownMessage;
        return isDeepStrictEqual({ ...again, options: withoutPadding(again.options) }, message);
      }),
      RUNS,
    );
  });

  it('octets to value to octets, with any options', () => {
    fc.assert(
      fc.property(fc.integer(), (seed) => {
        const next = octetsFrom(seed);
        const list = Array.from({ length: next() % 4 }, () =>
          option(ANY[next() % ANY.length]!, next),
        );
        const wire = message(row.type, row.size, list.flat(), next);
        if (kind === 'homeAgentSwitch') wire[6] = 0; // how many addresses there are
        return givesBack(wire);
      }),
      RUNS,
    );
  });
});

it('looks at what it compares', () => {
  const wire = message(5, 12, [3, 16, ...new Array<number>(16).fill(1)]);
  expect(givesBack(wire)).toBe(true);
  const lossy = wire.slice();
  lossy[0] = 58;
  expect(() => givesBack(lossy)).toThrow();
});

function givesBack(wire: Uint8Array): boolean {
  const { message: decoded } = decodeMobility(wire);
  return toHex(encodeMobility(decoded, FROM, TO).subarray(6)) === toHex(wire.subarray(6));
}

/** A header whose lengths are right, and whose fixed part is anything. */
function message(type: number, size: number, options: readonly number[], next?: Next): Uint8Array {
  const total = (size + options.length + 7) & ~7;
  const out = new Uint8Array(total); // filled up with Pad1
  out.set([59, total / 8 - 1, type]);
  if (next) for (let at = 6; at < size; at++) out[at] = next();
  out.set(options, size);
  return out;
}

/** Type, a length its row allows, and any data. */
function option(type: number, next: Next): number[] {
  if (type === 0) return [0];
  const row = optionRow(type);
  let length = next() % 40;
  while (row && !allowsLength(row.length, length)) length = (length + 1) % 64;
  return [type, length, ...Array.from({ length }, next)];
}

const ANY = Array.from({ length: 72 }, (_, type) => type);
