import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.js';
import { decodeLayers } from '../../src/diagnostics/layers/decode-layers.js';
import { REGISTRATION } from '../diagnostics/layers/packets.js';
import { mip6 } from './run-mip6.js';

const HEX = toHex(REGISTRATION);

describe('mip6 encode', { timeout: 60_000 }, () => {
  it('gives the octets back that decode --json was made of', async () => {
    const json = JSON.stringify(decodeLayers(REGISTRATION, 'ipv6'));
    expect(await mip6(['encode'], json)).toMatchObject({ code: 0, stdout: `${HEX}\n` });
  });

  it('takes JSON as an argument, and answers in JSON', async () => {
    const json =
      '{"src":"2001:db8:a::1","dst":"2001:db8:a::100","layers":[{"layer":"mh","fields":{"type":6,"status":0,"flags":"K","sequence":7,"lifetime":600}}]}';
    const { code, stdout } = await mip6(['encode', json, '--json']);
    expect(code).toBe(0);
    expect(JSON.parse(stdout)).toEqual({ hex: '3b0106005fc100800007009601020000', length: 16 });
  });

  it('refuses bad JSON with where, what was expected and what came', async () => {
    const bad = await mip6([
      'encode',
      '{"layers":[{"layer":"mh","fields":{"type":5,"sequence":70000,"flags":0,"lifetime":4,"checksum":0}}]}',
    ]);
    expect(bad).toMatchObject({ code: 2, stdout: '' });
    expect(bad.stderr).toContain('layers[0].fields.sequence: expected');
    expect(bad.stderr).toContain('came 70000.');
    const json = await mip6(['encode', '--json'], '{');
    expect(json.code).toBe(2);
    expect(JSON.parse(json.stdout)).toMatchObject({ error: { code: 'ENCODE_JSON' } });
  });
});
