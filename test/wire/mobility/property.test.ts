import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { toHex } from '../../../src/base/bytes.js';
import { WireError } from '../../../src/base/error.js';
import {
  decodeMobility,
  encodeMobility,
  verifyMobility,
} from '../../../src/wire/mobility/codec.js';
import type { KnownMessage } from '../../../src/wire/mobility/message.js';
import { messageRows } from '../../../src/wire/mobility/message-table.js';
import { isPadding, withoutPadding } from '../../../src/wire/mobility/option.js';
import { OPTION_ROWS, optionRow, optionRows } from '../../../src/wire/mobility/option-table.js';
import {
  alignmentOf,
  allowsLength,
  type OptionRow,
} from '../../../src/wire/mobility/option/row.js';
import { anyMessage, anyOption, anyPadding, MESSAGES, octetsOf, OPTIONS, u } from './arbitrary.js';
import { octets, VECTORS } from './vectors.js';
import { EXTENSION_VECTORS } from './vectors-extension.js';

const FROM = ipv6('2001:db8:a::100');
const TO = ipv6('2001:db8:a::1');

describe.each(Object.keys(MESSAGES) as (keyof typeof MESSAGES)[])('any %s', (kind) => {
  it('comes back from its octets', () => {
    fc.assert(
      fc.property(MESSAGES[kind] as fc.Arbitrary<KnownMessage>, (message) => {
        const wire = encodeMobility(message, FROM, TO);
        expect(verifyMobility(wire, FROM, TO)).toBe(true);
        const again = decodeMobility(wire).message as KnownMessage;
        expect({ ...again, options: withoutPadding(again.options) }).toEqual(message);
        expect(toHex(encodeMobility(again, FROM, TO))).toBe(toHex(wire));
      }),
    );
  });
});

describe.each(Object.keys(OPTIONS) as (keyof typeof OPTIONS)[])('any %s option', (kind) => {
  it('comes back from its octets after any others, aligned as its row says', () => {
    fc.assert(
      fc.property(fc.array(anyOption, { maxLength: 2 }), OPTIONS[kind], (before, option) => {
        const options = [...before, option];
        const wire = encodeMobility({ kind: 'bindingRefreshRequest', options }, FROM, TO);
        const again = decodeMobility(wire).message as KnownMessage;
        if (isPadding(option)) {
          expect(again.options.slice(0, options.length)).toEqual(options);
          return;
        }
        expect(withoutPadding(again.options)).toEqual(options);
        const row = OPTION_ROWS[kind] as OptionRow;
        const { at, length } = standsAt(wire, before.length);
        expect(wire[at]).toBe(row.type);
        const [x, y] = alignmentOf(row, length);
        expect((at - y) % x).toBe(0);
        if (row.last) expect(at + 2 + length).toBe(wire.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe('octets', () => {
  it('come back from any value that obeys the lengths, with its own padding or off alignment', () => {
    fc.assert(
      fc.property(anyWire, (wire) => {
        const { message } = decodeMobility(wire);
        expect(toHex(encodeMobility(message, FROM, TO).subarray(6))).toBe(toHex(wire.subarray(6)));
      }),
      { numRuns: 2000 },
    );
  });

  it('come back from a list with padding of its own', () => {
    const list = fc.array(fc.oneof(anyOption, anyPadding), { maxLength: 6 });
    fc.assert(
      fc.property(anyMessage, list, (message, options) => {
        fc.pre(options.some(isPadding) && message.kind !== 'experimental');
        const wire = encodeMobility({ ...message, options } as KnownMessage, FROM, TO);
        const again = decodeMobility(wire).message as KnownMessage;
        expect(again.options.slice(0, options.length)).toEqual(options);
        expect(again.options.slice(options.length).every(isPadding)).toBe(true);
        expect(toHex(encodeMobility(again, FROM, TO))).toBe(toHex(wire));
      }),
    );
  });

  it('at random give a message or a WireError', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 256 }), (wire) => onlyWireErrors(wire)),
      { numRuns: 3000 },
    );
  });

  it('at random under a true header give a message or a WireError', () => {
    const types = fc.constantFrom(...messageRows().map((row) => row.type));
    fc.assert(
      fc.property(types, fc.uint8Array({ minLength: 8, maxLength: 160 }), (type, noise) => {
        const wire = noise.slice(0, noise.length & ~7);
        wire.set([59, wire.length / 8 - 1, type]);
        onlyWireErrors(wire);
      }),
      { numRuns: 5000 },
    );
  });

  it('of a golden message with some changed give a message or a WireError', () => {
    const change = fc.tuple(fc.nat(), u(8));
    fc.assert(
      fc.property(
        fc.constantFrom(...VECTORS, ...EXTENSION_VECTORS),
        fc.array(change, { maxLength: 4 }),
        (v, changes) => {
          const wire = octets(v.hex);
          for (const [at, value] of changes) wire[at % wire.length] = value;
          onlyWireErrors(wire);
        },
      ),
      { numRuns: 5000 },
    );
  });
});

/** A header whose types and lengths are right and whose every other bit is anything. */
const anyWire: fc.Arbitrary<Uint8Array> = (() => {
  const type = fc.oneof(u(8), fc.constantFrom(...optionRows().map((row) => row.type)));
  const option = type.chain((t) => {
    if (t === 0) return fc.constant(Uint8Array.of(0));
    const row = optionRow(t);
    const lengths = Array.from({ length: 48 }, (_, n) => n).filter(
      (n) => row === undefined || allowsLength(row.length, n),
    );
    return fc
      .constantFrom(...lengths)
      .chain((n) => octetsOf(n).map((data) => Uint8Array.of(t, n, ...data)));
  });
  const row = fc.constantFrom(...messageRows());
  return row.chain((r) =>
    fc
      .tuple(octetsOf(r.size - 6), fc.array(option, { maxLength: 6 }), fc.boolean())
      .map(([fixed, list, byPad1]) => {
        const body = [...fixed, ...list.flatMap((o) => [...o])];
        const gap = (8 - ((6 + body.length) % 8)) % 8;
        const tail = gap < 2 || byPad1 ? new Array(gap).fill(0) : [200, gap - 2, 1, 2, 3, 4, 5, 6];
        const wire = Uint8Array.of(59, 0, r.type, 0, 0, 0, ...body, ...tail.slice(0, gap));
        wire[1] = wire.length / 8 - 1;
        if (r.kind === 'homeAgentSwitch') wire[6] = 0; // its number of addresses
        return wire;
      }),
  );
})();

/** Where the option after `skip` others that are not padding stands in a message of 8 octets with options. */
function standsAt(wire: Uint8Array, skip: number): { at: number; length: number } {
  for (let at = 8, seen = 0; ;) {
    if (wire[at] === 0) {
      at += 1;
      continue;
    }
    if (wire[at] !== 1 && seen++ === skip) return { at, length: wire[at + 1]! };
    at += 2 + wire[at + 1]!;
  }
}

function onlyWireErrors(wire: Uint8Array): void {
  try {
    decodeMobility(wire, 40);
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
  }
}
