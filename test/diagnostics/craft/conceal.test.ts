import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { toHex } from '../../../src/base/bytes.js';
import { conceal } from '../../../src/diagnostics/craft/conceal.js';
import { decodeLayers } from '../../../src/diagnostics/layers/decode-layers.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import type { MobilityMessage } from '../../../src/wire/mobility/message.js';

const SECRET = Uint8Array.from({ length: 8 }, (_, i) => 0xa0 + i);
const COOKIE = Uint8Array.from({ length: 8 }, (_, i) => i);
const [SOURCE, DESTINATION] = [ipv6('2001:db8:a::1'), ipv6('2001:db8:b::5')];

describe('what would let another bind', () => {
  const whole = packet({
    kind: 'homeTest',
    nonceIndex: 1,
    cookie: COOKIE,
    token: SECRET,
    options: [],
  });

  it.each([
    ['a keygen token', whole],
    ['one that is cut', whole.subarray(0, whole.length - 2)],
    [
      'one that an error quotes',
      encodeIcmpv6Packet({
        source: DESTINATION,
        destination: SOURCE,
        message: { kind: 'parameterProblem', code: 0, pointer: 0, quoted: whole },
      }),
    ],
    [
      'an authenticator',
      packet({
        kind: 'bindingUpdate',
        sequence: 1,
        flags: 0,
        lifetime: 4,
        options: [{ kind: 'bindingAuthorization', authenticator: SECRET }],
      }),
    ],
  ])('%s is not shown', (_, octets) => {
    const { decoded, hidden } = conceal(decodeLayers(octets, 'ipv6'));
    expect(hidden).toBe(true);
    const text = JSON.stringify(decoded);
    expect(text).toContain('not shown');
    expect(text).not.toContain(toHex(SECRET.subarray(0, 4)));
  });
});

it('all else is left as it is', () => {
  const decoded = decodeLayers(
    packet({ kind: 'homeTestInit', cookie: COOKIE, options: [] }),
    'ipv6',
  );
  expect(conceal(decoded)).toEqual({ decoded, hidden: false });
});

function packet(message: MobilityMessage): Uint8Array {
  return encodeMobilityPacket({ source: SOURCE, destination: DESTINATION, message });
}
