import { describe, expect, it } from 'vitest';
import { ipv6, prefixOf } from '../../src/base/address.js';
import { homeAgentsAnycast } from '../../src/base/anycast.js';

describe('Mobile IPv6 Home-Agents anycast address (RFC 2526)', () => {
  it.each([
    ['2001:db8:a::', 64, '2001:db8:a:0:fdff:ffff:ffff:fffe'],
    ['2001:db8:a::1', 64, '2001:db8:a:0:fdff:ffff:ffff:fffe'],
    ['2001:db8:a::', 48, '2001:db8:a:ffff:ffff:ffff:ffff:fffe'],
    ['2001:db8:a::', 61, '2001:db8:a:7:ffff:ffff:ffff:fffe'],
    ['2001:db8:a::', 96, '2001:db8:a::ffff:fffe'],
    ['2001:db8:a::80', 121, '2001:db8:a::fe'],
    ['2001:db8:a::', 121, '2001:db8:a::7e'],
  ])('of %s/%i is %s', (address, length, expected) => {
    expect(homeAgentsAnycast(prefixOf(ipv6(address), length))).toBe(expected);
  });

  it('has no place in a subnet of fewer than 7 bits', () => {
    expect(homeAgentsAnycast(prefixOf(ipv6('2001:db8::'), 122))).toBeNull();
    expect(homeAgentsAnycast(prefixOf(ipv6('2001:db8::'), 128))).toBeNull();
  });
});
