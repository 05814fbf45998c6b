import fc from 'fast-check';
import { isIPv6 } from 'node:net';
import { describe, expect, it } from 'vitest';
import {
  addressOctets,
  eui64Address,
  inPrefix,
  ipv4,
  ipv6,
  ipv6FromOctets,
  isLinkLocal,
  isMulticast,
  isRoutableUnicast,
  linkLocalAddress,
  mac,
  multicastMac,
  parseAddress,
  parseIpv4,
  parseIpv6,
  parseMac,
  parsePrefix,
  prefix,
  prefixOf,
  solicitedNode,
} from '../../src/base/address.js';
import { UsageError } from '../../src/base/error.js';

describe('canonical text, RFC 5952', () => {
  it.each([
    ['2001:0DB8:0:0:1:0:0:1', '2001:db8::1:0:0:1'], // §4.2.3: the first of equal runs
    ['2001:db8:0:1:1:1:1:1', '2001:db8:0:1:1:1:1:1'], // §4.2.2: one zero word stays
    ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'], // §4.2.3: the longest run
    ['::', '::'],
    ['0:0:0:0:0:0:0:1', '::1'],
    ['1::', '1::'],
    ['::ffff:192.0.2.1', '::ffff:192.0.2.1'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221'],
    ['FE80::1', 'fe80::1'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ])('%s is %s', (text, canonical) => {
    expect(parseIpv6(text)).toBe(canonical);
  });

  it.each([
    '',
    ':',
    ':::',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '12345::',
    'g::',
    '1.2.3.4',
    '::1.2.3',
    '1:2:3:4:5:6:7:8::',
    'fe80::1%eth0',
  ])('refuses %j', (text) => expect(parseIpv6(text)).toBeUndefined());

  it.each(['1.2.3', '256.1.1.1', '01.2.3.4', '1.2.3.4.5', ' 1.2.3.4', '1.2.3.-4'])(
    'refuses %j as IPv4',
    (text) => {
      expect(parseIpv4(text)).toBeUndefined();
    },
  );

  it('every address survives the way to text and back', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 16, maxLength: 16 }), (octets) => {
        const text = ipv6FromOctets(octets);
        expect(isIPv6(text)).toBe(true);
        expect(addressOctets(text)).toEqual(octets);
        expect(parseIpv6(text.toUpperCase())).toBe(text);
      }),
    );
  });

  it('agrees with node on what an IPv6 address is', () => {
    const piece = fc.constantFrom('::', ':', '1', 'ffff', '0', '12345', '1.2.3.4', 'g');
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
        const text = pieces.join('');
        expect(parseIpv6(text) !== undefined).toBe(isIPv6(text));
      }),
      { numRuns: 3000 },
    );
  });
});

it('says what it expected and what came', () => {
  expect(() => ipv6('nonsense')).toThrow(UsageError);
  expect(() => ipv4('1.2')).toThrow('Expected an IPv4 address, came "1.2".');
});

describe('prefixes', () => {
  it('clears host bits', () => {
    expect(prefixOf(ipv6('2001:db8:a:ffff::1'), 50)).toEqual({
      address: '2001:db8:a:c000::',
      length: 50,
    });
    expect(parsePrefix('192.0.2.129/25')).toEqual({ address: '192.0.2.128', length: 25 });
  });
  it.each(['2001:db8::', '2001:db8::/129', '1.2.3.4/33', '1.2.3.4/', '/64', '1.2.3.4/8/8'])(
    'refuses %j',
    (text) => {
      expect(parsePrefix(text)).toBeUndefined();
    },
  );
  it('compares by bits and by family', () => {
    expect(inPrefix(ipv6('2001:db8:7::1'), prefix('2001:db8::/45'))).toBe(true);
    expect(inPrefix(ipv6('2001:db8:8::1'), prefix('2001:db8::/45'))).toBe(false);
    expect(inPrefix(ipv4('1.2.3.4'), prefix('::/0'))).toBe(false);
    expect(inPrefix(ipv4('1.2.3.4'), prefix('0.0.0.0/0'))).toBe(true);
  });
});

describe('kinds', () => {
  it.each([
    ['2001:db8::1', true],
    ['fe80::1', false],
    ['ff02::1', false],
    ['::', false],
    ['::1', false],
    ['::ffff:192.0.2.1', false],
    ['192.0.2.1', true],
    ['224.0.0.1', false],
    ['255.255.255.255', false],
    ['0.0.0.0', false],
    ['127.0.0.1', false],
    ['169.254.1.1', false],
    ['10.0.0.1', true],
    ['240.0.0.1', false],
  ])('%s routable unicast: %s', (text, yes) =>
    expect(isRoutableUnicast(parseAddress(text)!)).toBe(yes),
  );
  it('fe80::/10 is link-local, fec0:: is not', () => {
    expect(isLinkLocal(ipv6('febf::1'))).toBe(true);
    expect(isLinkLocal(ipv6('fec0::1'))).toBe(false);
    expect(isMulticast(ipv4('239.1.2.3'))).toBe(true);
    expect(isMulticast(ipv6('ff::1'))).toBe(false);
  });
});

describe('derived addresses', () => {
  it('RFC 4291 appendix A: EUI-64 inverts the universal bit', () => {
    expect(eui64Address(ipv6('2001:db8:b::'), mac('34:56:78:9a:bc:de'))).toBe(
      '2001:db8:b:0:3656:78ff:fe9a:bcde',
    );
    expect(linkLocalAddress(mac('02:00:00:00:00:01'))).toBe('fe80::ff:fe00:1');
  });
  it('RFC 4291 §2.7.1: solicited-node group', () => {
    expect(solicitedNode(ipv6('4037::1:800:200e:8c6c'))).toBe('ff02::1:ff0e:8c6c');
  });
  it('RFC 2464 §7 and RFC 1112 §6.4: groups on Ethernet', () => {
    expect(multicastMac(ipv6('ff02::1:ff0e:8c6c'))).toBe('33:33:ff:0e:8c:6c');
    expect(multicastMac(ipv4('224.128.1.2'))).toBe('01:00:5e:00:01:02');
    expect(parseMac('01:00:5E:00:01:02')).toBe('01:00:5e:00:01:02');
  });
});
