import fc from 'fast-check';
import { expect, it } from 'vitest';
import { ipv4 } from '../../src/base/address.js';
import { restoreTotalLength } from '../../src/linux/fou-length.js';
import { encodeIpv4 } from '../../src/wire/ipv4.js';
import { encodeUdp } from '../../src/wire/udp.js';

it('what a FOU port has taken from the length is put back, behind a link header too, cut off too', () => {
  const whole = packet(new Uint8Array(72).fill(0x60));
  for (const cut of [whole.length, 40, 28]) {
    const taken = Uint8Array.of(...new Uint8Array(14), ...whole);
    taken[14 + 3]! -= 8;
    const short = taken.slice(0, 14 + cut);
    restoreTotalLength(short, 14, 14 + whole.length);
    expect(short.subarray(14)).toEqual(whole.subarray(0, cut));
  }
});

it('anything else stays as it is, and nothing is written outside', () => {
  const whole = packet(new Uint8Array(72));
  const fragment = whole.slice();
  fragment[6] = 0x20;
  fragment[3]! -= 8;
  const other = whole.slice();
  other[9] = 6;
  other[3]! -= 8;
  for (const octets of [whole, fragment, other]) {
    const after = octets.slice();
    restoreTotalLength(after, 0, after.length);
    expect(after).toEqual(octets);
  }
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 60 }), fc.nat(60), (octets, start) => {
      const after = octets.slice();
      restoreTotalLength(after, start, octets.length);
      const differs = [...octets.keys()].filter((i) => octets[i] !== after[i]);
      expect(differs.every((i) => i === start + 2 || i === start + 3)).toBe(true);
    }),
  );
});

function packet(payload: Uint8Array): Uint8Array {
  const [source, destination] = [ipv4('192.0.2.1'), ipv4('192.0.2.2')];
  return encodeIpv4({
    tos: 0,
    identification: 0,
    dontFragment: false,
    moreFragments: false,
    fragmentOffset: 0,
    ttl: 64,
    protocol: 17,
    source,
    destination,
    options: new Uint8Array(0),
    payload: encodeUdp({ sourcePort: 4191, destinationPort: 4191, payload }, source, destination),
  });
}
