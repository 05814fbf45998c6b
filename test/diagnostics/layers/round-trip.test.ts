import { existsSync, readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import { encodeLayers } from '../../../src/diagnostics/layers/encode-layers.js';
import {
  MAX_LAYERS,
  STARTS,
  type Decoded,
  type Start,
} from '../../../src/diagnostics/layers/model.js';
import { readCapture } from '../../../src/diagnostics/pcapng.js';
import { VECTORS } from '../../wire/mobility/vectors.js';
import { EXTENSION_VECTORS } from '../../wire/mobility/vectors-extension.js';
import { PACKETS } from './packets.js';

/** What `decode --json` prints, read by `encode`. */
const again = (decoded: Decoded): Uint8Array => encodeLayers(JSON.parse(JSON.stringify(decoded)));

function holds(octets: Uint8Array, as: Start): Decoded {
  const decoded = decodeLayers(octets, as);
  let at = 0;
  for (const layer of decoded.layers) {
    expect(layer.offset).toBe(at);
    at += layer.length;
  }
  if (octets.length > 0) expect(at).toBe(octets.length);
  expect(toHex(again(decoded))).toBe(toHex(octets));
  return decoded;
}

const vectors = [...VECTORS, ...EXTENSION_VECTORS];

describe('layers are all of the octets, and encode gives them back', () => {
  it.each(vectors.map((v) => [v.what, v] as const))('%s', (_what, vector) => {
    const octets = fromHex(vector.hex)!;
    const decoded = holds(octets, 'mh');
    expect(decoded.ok).toBe(true);
    expect(decoded.layers[0]!.octets).toBeUndefined();
    const checked = decodeLayers(octets, 'mh', { src: vector.from, dst: vector.to });
    expect(checked.issues.filter((issue) => issue.code === 'mh-checksum')).toEqual([]);
    for (let cut = 0; cut < octets.length; cut++) {
      expect(holds(octets.subarray(0, cut), 'mh').ok, `cut at ${cut}`).toBe(false);
    }
  });

  it.each(PACKETS.map((p) => [p.what, p] as const))('%s, cut anywhere', (_what, packet) => {
    expect(holds(packet.octets, packet.as)).toMatchObject({ ok: true });
    for (let cut = 1; cut < packet.octets.length; cut++)
      holds(packet.octets.subarray(0, cut), packet.as);
  });

  it('computes the same lengths, checksums and next headers where the JSON has none', () => {
    for (const { what, octets, as } of PACKETS) {
      // What starts above IP has no addresses for a checksum.
      const absent = ABOVE_IP.has(as) ? COMPUTED.filter((name) => name !== 'checksum') : COMPUTED;
      const json = JSON.parse(JSON.stringify(decodeLayers(octets, as))) as {
        layers: { quoted?: true; fields: Record<string, unknown> }[];
      };
      // A quoted packet is cut: what it says of its length is nowhere else.
      for (const { fields, quoted } of json.layers) {
        if (!quoted) for (const name of absent) delete fields[name];
      }
      expect(toHex(encodeLayers(json)), what).toBe(toHex(octets));
    }
  });

  if (existsSync(CAPTURES()))
    it('every packet of the captures', () => {
      for (const name of readdirSync(CAPTURES()).filter((file) => file.endsWith('.pcap'))) {
        for (const packet of readCapture(readFileSync(`${CAPTURES()}/${name}`))) {
          holds(packet.octets, 'ethernet');
        }
      }
    });
});

describe('any octets', () => {
  const seeds = [...vectors.map((v) => fromHex(v.hex)!), ...PACKETS.map((p) => p.octets)];
  const mutated = fc
    .tuple(
      fc.constantFrom(...seeds),
      fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 6 }),
      fc.nat(),
    )
    .map(([seed, changes, cut]) => {
      const out = cut % 4 === 0 ? seed.slice(0, cut % (seed.length + 1)) : seed.slice();
      for (const [at, value] of changes) if (out.length > 0) out[at % out.length] = value;
      return out;
    });

  it('never throw, stand in layers once each, and are given back', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...STARTS),
        fc.oneof(fc.uint8Array({ maxLength: 300 }), mutated),
        (as, octets) => {
          const decoded = holds(octets, as);
          expect(decoded.layers.length).toBeLessThanOrEqual(2 * MAX_LAYERS + 8);
          expect(decoded.ok).toBe(decoded.error === undefined);
        },
      ),
      { numRuns: 6000 },
    );
  });

  it('make no more than a fixed multiple of themselves', () => {
    for (const as of STARTS) {
      for (const fill of [0x00, 0x01, 0x45, 0x60, 0xff]) {
        const octets = new Uint8Array(20_000).fill(fill);
        const text = JSON.stringify(decodeLayers(octets, as));
        expect(text.length, `${as} ${fill}`).toBeLessThan(400 * octets.length);
      }
    }
  });

  it('nest so deep and no deeper, and the error names the limit', () => {
    const header = fromHex(
      '6000000000002940' + '20010db8'.padEnd(32, '0') + '20010db8'.padEnd(32, '1'),
    )!;
    const octets = new Uint8Array(40 * 100);
    for (let i = 0; i < 100; i++) {
      octets.set(header, i * 40);
      const rest = octets.length - (i + 1) * 40;
      octets[i * 40 + 4] = rest >>> 8;
      octets[i * 40 + 5] = rest;
    }
    const decoded = holds(octets, 'ipv6');
    expect(decoded.error).toMatchObject({
      code: 'WIRE_LIMIT',
      message: `more than MAX_LAYERS (${MAX_LAYERS}) layers within one another`,
      offset: MAX_LAYERS * 40,
    });
  });
});

it('has no octets to show for no octets', () => {
  expect(decodeLayers(new Uint8Array(0), 'mh')).toMatchObject({
    ok: false,
    layers: [],
    error: { code: 'WIRE_TRUNCATED' },
  });
});

function CAPTURES(): string {
  return process.env['MIP6_CAPTURES'] ?? '/nonexistent';
}
const COMPUTED = [
  'payloadLength',
  'totalLength',
  'headerLength',
  'checksum',
  'nextHeader',
  'protocol',
  'etherType',
  'payloadProto',
];
const ABOVE_IP: ReadonlySet<Start> = new Set<Start>(['mh', 'destopt', 'rthdr', 'icmpv6']);
