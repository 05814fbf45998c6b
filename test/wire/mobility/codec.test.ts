import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { toHex } from '../../../src/base/bytes.js';
import { UsageError, WireError } from '../../../src/base/error.js';
import {
  authenticatedData,
  decodeMobility,
  encodeMobility,
  messageType,
  verifyMobility,
} from '../../../src/wire/mobility/codec.js';
import type { BindingUpdate, MobilityMessage } from '../../../src/wire/mobility/message.js';
import { withoutPadding, type MobilityOption } from '../../../src/wire/mobility/option.js';
import { octets, VECTORS } from './vectors.js';
import { EXTENSION_VECTORS } from './vectors-extension.js';

const FROM = ipv6('2001:db8:a::100');
const TO = ipv6('2001:db8:a::1');

describe.each([...VECTORS, ...EXTENSION_VECTORS])(
  '$what ($source)',
  ({ from, to, hex, message, aligned }) => {
    const wire = octets(hex);

    it('decodes', () => {
      expect(decodeMobility(wire)).toEqual({
        payloadProto: 59,
        headerLength: wire.length / 8 - 1,
        type: messageType(message),
        checksum: (wire[4]! << 8) | wire[5]!,
        message,
      });
    });

    it('encodes, with its checksum', () => {
      expect(toHex(encodeMobility(message, from, to))).toBe(toHex(wire));
    });

    if (aligned)
      it('encodes the same from a list without padding', () => {
        expect(toHex(encodeMobility(stripped(message), from, to))).toBe(toHex(wire));
      });

    it('verifies under its own addresses and no others, and no flipped bit passes', () => {
      expect(verifyMobility(wire, from, to)).toBe(true);
      expect(verifyMobility(wire, from, ipv6('2001:db8:a::2'))).toBe(false);
      for (const at of wire.keys()) {
        const flipped = wire.slice();
        flipped[at]! ^= 0x10;
        expect(verifyMobility(flipped, from, to), `octet ${at}`).toBe(false);
      }
    });

    it('fails with a WireError when cut at any octet', () => {
      for (const n of wire.keys()) {
        expect(() => decodeMobility(wire.subarray(0, n)), `${n} octets`).toThrow(WireError);
        expect(verifyMobility(wire.subarray(0, n), from, to)).toBe(false);
      }
    });

    it('is a WireError or a message when cut at any 8 octets with Header Len to match', () => {
      for (let n = 8; n < wire.length; n += 8) {
        const cut = wire.slice(0, n);
        cut[1] = n / 8 - 1;
        const again = messageOrWireError(cut);
        if (again) expect(encodeMobility(again, from, to).subarray(6)).toEqual(cut.subarray(6));
      }
    });

    it('is a WireError or a message when any octet takes any value', () => {
      for (const at of wire.keys()) {
        for (const value of [0, 1, 2, 3, 5, 7, 29, 59, 127, 128, 255]) {
          const changed = wire.slice();
          changed[at] = value;
          const again = messageOrWireError(changed);
          if (again && at > 3) {
            const written = encodeMobility(again, from, to);
            expect(written.subarray(6), `octet ${at} = ${value}`).toEqual(changed.subarray(6));
          }
        }
      }
    });
  },
);

describe('the header, RFC 6275 §9.2', () => {
  it('refuses Payload Proto other than 59, and says where', () => {
    expect(() => decodeMobility(octets('3a000000 0000 0000'), 40)).toThrow(
      expect.objectContaining({ code: 'WIRE_PAYLOAD_PROTO', offset: 40, clause: 'RFC 6275 §9.2' }),
    );
  });

  it.each([
    ['home test init', 1, 0],
    ['care-of test init', 2, 0],
    ['home test', 3, 1],
    ['care-of test', 4, 1],
    ['binding update', 5, 0],
    ['binding acknowledgement', 6, 0],
    ['binding error', 7, 1],
  ])('refuses a %s whose Header Len is below its least', (_, type, headerLength) => {
    const wire = new Uint8Array(8 * (headerLength + 1));
    wire.set([59, headerLength, type]);
    expect(() => decodeMobility(wire, 64)).toThrow(
      expect.objectContaining({ code: 'WIRE_HEADER_LENGTH', offset: 65, clause: 'RFC 6275 §9.2' }),
    );
  });

  it('refuses Header Len past the octets', () => {
    expect(() => decodeMobility(octets('3b020000 0000 0000 0000000000000000'))).toThrow(
      expect.objectContaining({ code: 'WIRE_HEADER_LENGTH', offset: 1 }),
    );
  });

  it('leaves a type without row whole, whatever its Payload Proto', () => {
    const header = decodeMobility(octets('3a00ff07 1234 abcd'));
    expect(header).toEqual({
      payloadProto: 0x3a,
      headerLength: 0,
      type: 255,
      checksum: 0x1234,
      message: { kind: 'unknown', type: 255, data: octets('abcd') },
    });
  });

  it('ignores the reserved octet, and octets after its end', () => {
    const { message } = decodeMobility(octets('3b0000ff 0000 0000 ffffffffffffffff'));
    expect(message).toEqual({ kind: 'bindingRefreshRequest', options: [] });
  });

  it('owns its octets: the buffer may be used again', () => {
    const wire = octets('3b010100 a08f 0000 4d7b328474fcd144');
    const { message } = decodeMobility(wire);
    wire.fill(0);
    expect(message).toMatchObject({ cookie: octets('4d7b328474fcd144') });
  });
});

describe('options, RFC 6275 §6.2.1', () => {
  it.each<[string, string, string, number]>([
    ['a known option of a wrong length', '0203 000000 00000000000000', 'WIRE_OPTION_LENGTH', 12],
    ['nonce indices of 16 octets', '00 00 0410', 'WIRE_TRUNCATED', 14],
    ['an unknown option past the end', '00 c804 00', 'WIRE_TRUNCATED', 13],
    ['an option without length', '01 01 00 c8', 'WIRE_TRUNCATED', 15],
    [
      'a mobile network prefix of 17 octets',
      `0611 ${'00'.repeat(17)} 00`,
      'WIRE_OPTION_LENGTH',
      12,
    ],
  ])('refuses %s where it stands', (_, list, code, offset) => {
    expect(() => decodeMobility(bindingUpdate(list), 100)).toThrow(
      expect.objectContaining({ code, offset: 100 + offset }),
    );
  });

  it('are aligned by the table from the start of the header, in any order', () => {
    const list: MobilityOption[] = [
      { kind: 'unknown', type: 200, data: octets('aa') },
      { kind: 'nonceIndices', home: 1, careOf: 2 },
      { kind: 'alternateCareOf', address: FROM },
      { kind: 'mobileNetworkPrefix', prefixLength: 64, prefix: TO },
      { kind: 'ipv4CareOf', address: '192.0.2.1' as never },
    ];
    const wire = encodeMobility(update(list), FROM, TO);
    expect(toHex(wire.subarray(12))).toBe(
      [
        'c801aa', // 12: no alignment
        '00', // to 2n
        '040400010002', // 16
        '', // to 8n + 6 = 22
        '031020010db8000a00000000000000000100', // 22
        '010200' + '00', // to 8n + 4 = 44
        '0612004020010db8000a00000000000000000001', // 44
        '20060000c0000201', // 64: 4n
      ].join(''),
    );
  });

  it('keep a list that has padding as it stands, and still end at 8n', () => {
    const list: MobilityOption[] = [
      { kind: 'pad1' },
      { kind: 'alternateCareOf', address: FROM },
      { kind: 'unknown', type: 200, data: octets('') },
    ];
    const wire = encodeMobility(update(list), FROM, TO);
    expect(toHex(wire.subarray(12))).toBe(
      '00' + '031020010db8000a00000000000000000100' + 'c800' + '01050000000000',
    );
  });

  it('end with the authenticator, no padding after it, whatever stands before', () => {
    for (let n = 0; n < 9; n++) {
      for (const size of [10, 12, 16, 20, 32]) {
        const list: MobilityOption[] = [
          { kind: 'unknown', type: 200, data: new Uint8Array(n) },
          { kind: 'bindingAuthorization', authenticator: new Uint8Array(size).fill(0xaa) },
        ];
        const wire = encodeMobility(update(list), FROM, TO);
        expect(wire.length % 8).toBe(0);
        expect(wire.subarray(-size)).toEqual(new Uint8Array(size).fill(0xaa));
      }
    }
  });

  it('refuse what cannot be written as the caller’s mistake', () => {
    const data = new Uint8Array(256);
    for (const list of [
      [{ kind: 'unknown', type: 200, data }],
      [{ kind: 'padN', data }],
      [{ kind: 'bindingAuthorization', authenticator: data }],
    ] as MobilityOption[][]) {
      expect(() => encodeMobility(update(list), FROM, TO)).toThrow(UsageError);
    }
    const longest = { kind: 'unknown', type: 200, data: new Uint8Array(255) } as const;
    expect(encodeMobility(update(new Array(7).fill(longest)), FROM, TO).length).toBe(1816);
    expect(() => encodeMobility(update(new Array(8).fill(longest)), FROM, TO)).toThrow(
      expect.objectContaining({ code: 'MOBILITY_LENGTH' }),
    );
    const short = { kind: 'homeTestInit', cookie: new Uint8Array(7), options: [] } as const;
    expect(() => encodeMobility(short, FROM, TO)).toThrow(
      expect.objectContaining({ code: 'FIELD_LENGTH' }),
    );
  });
});

describe('lifetimes, RFC 6275 §6.1.7', () => {
  it.each([
    [0, 0],
    [1, 4],
    [4, 4],
    [7, 4],
    [8, 8],
    [262140, 262140],
    [262143, 262140],
    [4294967295, 262140],
  ])('%i s goes out as %i s: rounded down, never to a deletion', (lifetime, sent) => {
    const wire = encodeMobility({ ...update([]), lifetime }, FROM, TO);
    expect(decodeMobility(wire).message).toMatchObject({ lifetime: sent });
  });
});

describe('the octets an authenticator is computed over, RFC 6275 §6.2.7', () => {
  it('have no checksum and end where the authenticator starts', () => {
    const wire = octets(
      '3b030500 4f1a f378 8000 0069 0404 0001 0001 050c 00febecdbaf504f0f7291fd4',
    );
    const before = wire.slice();
    expect(toHex(authenticatedData(wire, 12))).toBe(
      '3b030500' + '0000' + 'f37880000069' + '040400010001' + '050c',
    );
    expect(wire).toEqual(before);
  });
});

function stripped(message: MobilityMessage): MobilityMessage {
  return message.kind === 'unknown'
    ? message
    : { ...message, options: withoutPadding(message.options) };
}

function messageOrWireError(wire: Uint8Array): MobilityMessage | undefined {
  try {
    return decodeMobility(wire).message;
  } catch (error) {
    expect(error).toBeInstanceOf(WireError);
    return undefined;
  }
}

const update = (options: readonly MobilityOption[]): BindingUpdate => ({
  kind: 'bindingUpdate',
  sequence: 1,
  flags: 0xc000,
  lifetime: 60,
  options,
});

/** A Binding Update with these option octets; Header Len to match. */
function bindingUpdate(list: string): Uint8Array {
  const wire = octets(`3b000500 0000 0001 c000 0001 ${list}`);
  wire[1] = wire.length / 8 - 1;
  return wire;
}
