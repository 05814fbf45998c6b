import { describe, expect, it } from 'vitest';
import { mac } from '../../src/base/address.js';
import { decodeEthernet, encodeEthernet } from '../../src/wire/ethernet.js';
import { hex, refusesEveryCut } from './octets.js';

describe('an Ethernet II header', () => {
  const wire = hex('565aa346c074 52caa96a85bf 86dd');
  const frame = {
    destination: mac('56:5a:a3:46:c0:74'),
    source: mac('52:ca:a9:6a:85:bf'),
    etherType: 0x86dd,
  };

  it('reads both ways', () => {
    const whole = Uint8Array.of(...wire, 1, 2, 3);
    expect(decodeEthernet(whole)).toEqual({ ...frame, payload: Uint8Array.of(1, 2, 3) });
    expect(encodeEthernet({ ...frame, payload: Uint8Array.of(1, 2, 3) })).toEqual(whole);
  });

  refusesEveryCut(wire, decodeEthernet);
});
