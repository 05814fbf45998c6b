import { describe, expect, it } from 'vitest';
import { toHex } from '../../../src/base/bytes.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import { encodeLayers } from '../../../src/diagnostics/layers/encode-layers.js';
import { EncodeError } from '../../../src/diagnostics/layers/json.js';
import { PACKETS, REGISTRATION } from './packets.js';

it('makes a registration from what a person would write', () => {
  const octets = encodeLayers({
    layers: [
      {
        layer: 'ipv6',
        fields: {
          version: 6,
          trafficClass: 0,
          flowLabel: 0,
          hopLimit: 64,
          source: '2001:db8:b::5',
          destination: '2001:db8:a::1',
        },
      },
      {
        layer: 'destopt',
        fields: { options: [{ type: 'Home Address', address: '2001:db8:a::100' }] },
      },
      {
        layer: 'mh',
        fields: {
          type: 'Binding Update',
          sequence: 7,
          flags: 'AH',
          lifetime: 600,
          options: [{ type: 'Alternate Care-of Address', address: '2001:db8:b::5' }],
        },
      },
    ],
  });
  expect(toHex(octets)).toBe(toHex(REGISTRATION));
});

it('writes lengths and checksums that are given as they are, right or wrong', () => {
  const json = JSON.parse(JSON.stringify(decodeLayers(REGISTRATION, 'ipv6'))) as {
    layers: { fields: Record<string, unknown> }[];
  };
  json.layers[0]!.fields['payloadLength'] = 1;
  json.layers[2]!.fields['checksum'] = '0xbeef';
  const octets = encodeLayers(json);
  expect([octets[4], octets[5], octets[68], octets[69]]).toEqual([0, 1, 0xbe, 0xef]);
});

describe('bad JSON is refused with where, what was expected and what came', () => {
  const mh = (fields: object) => ({
    layers: [
      {
        layer: 'mh',
        fields: { type: 5, checksum: 0, sequence: 7, flags: 0, lifetime: 4, ...fields },
      },
    ],
  });
  it.each([
    ['no layers', {}, 'ENCODE_SHAPE', 'layers', 'nothing'],
    ['no such layer', [{ layer: 'token-ring' }], 'ENCODE_LAYER', 'layers[0].layer', '"token-ring"'],
    [
      'a number too large',
      mh({ sequence: 70000 }),
      'ENCODE_FIELD',
      'layers[0].fields.sequence',
      '70000',
    ],
    [
      'a text for a number',
      mh({ sequence: 'seven' }),
      'ENCODE_FIELD',
      'layers[0].fields.sequence',
      '"seven"',
    ],
    [
      'a lifetime between steps',
      mh({ lifetime: 601 }),
      'ENCODE_FIELD',
      'layers[0].fields.lifetime',
      '601',
    ],
    ['a flag nobody has', mh({ flags: 'AZ' }), 'ENCODE_FIELD', 'layers[0].fields.flags', '"AZ"'],
    [
      'a misspelt field',
      mh({ sequense: 7 }),
      'ENCODE_FIELD',
      'layers[0].fields.sequense',
      '"sequense"',
    ],
    [
      'a field that is missing',
      [{ layer: 'mh', fields: { type: 5, checksum: 0, flags: 0, lifetime: 4 } }],
      'ENCODE_MISSING',
      'layers[0].fields.sequence',
      'nothing',
    ],
    [
      'an option without its address',
      mh({ options: [{ type: 3 }] }),
      'ENCODE_MISSING',
      'layers[0].fields.options[0].address',
      'nothing',
    ],
    [
      'a wrong address',
      mh({ options: [{ type: 3, address: '10.0.0.1' }] }),
      'ENCODE_FIELD',
      'layers[0].fields.options[0].address',
      '"10.0.0.1"',
    ],
    [
      'an option nobody knows, by name',
      mh({ options: [{ type: 'Alternate' }] }),
      'ENCODE_FIELD',
      'layers[0].fields.options[0].type',
      '"Alternate"',
    ],
    [
      'a checksum without addresses',
      [{ layer: 'mh', fields: { type: 5, sequence: 7, flags: 0, lifetime: 4 } }],
      'ENCODE_ADDRESSES',
      'layers[0].fields.checksum',
      'nothing',
    ],
    [
      'octets that are none',
      [{ layer: 'data', fields: { octets: '0xabc' } }],
      'ENCODE_FIELD',
      'layers[0].fields.octets',
      '"0xabc"',
    ],
    [
      'too many layers',
      Array.from({ length: 200 }, () => ({ layer: 'esp' })),
      'ENCODE_LIMIT',
      'layers',
      '200',
    ],
  ])('%s', (_what, json, code, path, came) => {
    const error = caught(() => encodeLayers(json));
    expect(error).toBeInstanceOf(EncodeError);
    expect(error).toMatchObject({ code, path, came });
    expect(error.message).toContain(`${path}: expected ${error.expected}`);
  });

  it('whatever is wrong with it: only ever an EncodeError', () => {
    const odd: unknown[] = [null, 0, '', 'x', [], {}, true, -1, 1.5, '0x', { value: null }, [{}]];
    for (const { octets, as } of PACKETS) {
      const text = JSON.stringify(decodeLayers(octets, as));
      const fields = [...text.matchAll(/"(\w+)":/g)].map((m) => m[1]!);
      for (const name of new Set(fields)) {
        for (const value of odd) {
          const json = JSON.parse(text, (key, inner: unknown) =>
            key === name ? value : inner,
          ) as unknown;
          try {
            encodeLayers(json);
          } catch (error) {
            expect(
              error,
              `${as} ${name} ${JSON.stringify(value)}: ${String(error)}`,
            ).toBeInstanceOf(EncodeError);
          }
        }
      }
    }
  });
});

function caught(action: () => unknown): EncodeError {
  try {
    action();
  } catch (error) {
    return error as EncodeError;
  }
  throw new Error('nothing was thrown');
}
