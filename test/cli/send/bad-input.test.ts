/** Whatever is typed: a packet, or a sentence that says what was expected. Never a crash. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { UsageError } from '../../../src/base/error.js';
import { ipv6 } from '../../../src/base/address.js';
import { readExpectation } from '../../../src/cli/send/expect.js';
import { planMessages, withUdpValue, type SendFlags } from '../../../src/cli/send/plan.js';
import { messageEntries, messageParts } from '../../../src/diagnostics/craft/catalogue.js';
import { FAULTS } from '../../../src/diagnostics/craft/faults.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import { MOBILITY_OPTIONS } from '../../../src/diagnostics/layers/mobility.js';

const WORDS = messageEntries().map(({ word }) => word);
const FIELDS = messageEntries().flatMap((e) => messageParts(e).fields.map(({ name }) => name));
const OPTIONS = MOBILITY_OPTIONS.rows().map((row) => row.kind!);
const VALUES = [
  '0',
  '1',
  '255',
  '65536',
  '0x',
  '0x0102',
  '-1',
  '1e9',
  'true',
  '::',
  '2001:db8::1/64',
  '192.0.2.1/24',
  'text:å',
  'null',
  '[1,"a",{}]',
  '{"a":1}',
  '[',
  '',
];
const anyValue = fc.oneof(fc.constantFrom(...VALUES), fc.string({ maxLength: 12 }));
const anyField = fc
  .tuple(fc.constantFrom(...FIELDS), anyValue)
  .map(([name, value]) => `${name}=${value}`);
const anyOption = fc
  .tuple(
    fc.constantFrom(...OPTIONS, '99', '300', 'none'),
    fc.constantFrom('', '=', ':a=', ':data='),
    anyValue,
  )
  .map(([name, sign, value]) => (sign === '' ? name : `${name}${sign}${value}`));

describe('flags', () => {
  it('of known names and any values', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.constantFrom(...WORDS),
        fc.array(anyField, { maxLength: 2 }),
        fc.array(anyOption, { maxLength: 3 }),
        fc.subarray([...FAULTS]),
        (message, field, option, faults) =>
          harmless({ message, flags: { field, option, break: faults } }),
      ),
      { numRuns: 1500 },
    );
  });

  it('of any text', async () => {
    const text = fc.string({ maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(
        fc.record({
          message: fc.oneof(text, fc.constantFrom(...WORDS)),
          flags: fc.record(
            {
              field: fc.array(text, { maxLength: 1 }),
              flag: fc.array(text, { maxLength: 1 }),
              option: fc.array(text, { maxLength: 1 }),
              destination: text,
              'home-address': text,
              route: text,
              udp: text,
            },
            { requiredKeys: [] },
          ),
        }),
        harmless,
      ),
      { numRuns: 500 },
    );
  });
});

it('JSON of any shape', async () => {
  const layer = fc.record(
    {
      layer: fc.constantFrom('mh', 'icmpv6', 'ipv6', 'udp', 'trailer', 7),
      fields: fc.oneof(
        fc.jsonValue(),
        fc.dictionary(fc.constantFrom(...FIELDS, 'type'), fc.jsonValue()),
      ),
    },
    { requiredKeys: [] },
  );
  const json = fc.oneof(
    fc.jsonValue(),
    layer,
    fc.array(layer),
    fc.record({ layers: fc.array(layer) }),
  );
  await fc.assert(
    fc.asyncProperty(json, (value) => harmless({ json: JSON.stringify(value), flags: {} })),
    { numRuns: 500 },
  );
});

it('expectations of any text', () => {
  const names = fc.constantFrom(...FIELDS, ...OPTIONS, 'answer', 'silence', 'natDetection.refresh');
  const sign = fc.constantFrom('=', '!=', '<', '>=', '', '.');
  const any = fc.oneof(
    fc.string({ maxLength: 20 }),
    fc.tuple(names, sign, anyValue).map((parts) => parts.join('')),
  );
  const seen = {
    class: 'answer',
    layers: decodeLayers(new Uint8Array(40).fill(0x60), 'ipv6').layers,
  } as const;
  fc.assert(
    fc.property(any, (text) => {
      try {
        const { holds } = readExpectation(text);
        expect([true, false]).toContain(holds(seen));
        expect([true, false]).toContain(holds(null));
      } catch (error) {
        expect(error).toBeInstanceOf(UsageError);
      }
    }),
  );
});

it('words of any text around --udp', () => {
  fc.assert(
    fc.property(fc.array(fc.constantFrom('--udp', 'bu', '1.2.3.4', '1.2.3.4:5', '-v')), (argv) => {
      expect(withUdpValue(argv).length).toBe(argv.length);
    }),
  );
});

async function harmless(request: {
  message?: string;
  json?: string;
  flags: Partial<SendFlags>;
}): Promise<void> {
  const { message, json, flags } = request;
  try {
    const plan = await planMessages({
      message,
      json,
      flags: { field: [], flag: [], option: [], break: [], ...DEFAULTS, ...flags },
      state: async () => undefined,
      choose: { six: async () => ipv6('2001:db8::1'), four: async () => undefined },
    });
    const { octets, as } = plan.nth(0);
    expect(decodeLayers(octets, as).layers.length).toBeGreaterThan(0);
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    expect(error.message).not.toBe('');
  }
}

const DEFAULTS = { destination: '2001:db8:a::1', 'home-address': '2001:db8:a::100' };
