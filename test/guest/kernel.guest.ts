/** What the tests and labs in a guest stand on: its kernel has Mobile IPv6, and tunnels of every kind. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

describe('the kernel of the guest', () => {
  it.each([
    ['home address option', 'hao', '2001:db8:b::1'],
    ['type 2 routing header', 'route2', '2001:db8:b::2'],
  ])('takes an XFRM state for the %s', (_, proto, careOf) => {
    ip(`xfrm state add src 2001:db8::1 dst 2001:db8::2 proto ${proto} mode ro coa ${careOf}`);
    expect(ip('xfrm state')).toContain(`proto ${proto}`);
    ip('xfrm state flush');
  });

  it('takes an ESP state', () => {
    ip(
      `xfrm state add src 2001:db8::1 dst 2001:db8::2 proto esp spi 0x100 mode transport enc cbc(aes) 0x${'11'.repeat(16)} auth hmac(sha1) 0x${'22'.repeat(20)}`,
    );
    expect(ip('xfrm state')).toContain('proto esp');
    ip('xfrm state flush');
  });

  it.each([
    ['ip6tnl', 'mode any local 2001:db8::1 remote 2001:db8::2'],
    ['sit', 'mode any local 192.0.2.1 remote 192.0.2.2'],
    ['veth', 'peer name other'],
    ['bridge', ''],
  ])('makes a device of type %s', (type, rest) => {
    ip(`link add name probe type ${type} ${rest}`);
    expect(ip('-o link show dev probe')).toContain('probe');
    ip('link del dev probe');
  });

  it('opens a FOU port', () => {
    ip('fou add port 4191 gue');
    expect(ip('fou show')).toContain('port 4191 gue');
    ip('fou del port 4191 gue');
  });

  it('has TUN devices and network namespaces', () => {
    expect(existsSync('/dev/net/tun')).toBe(true);
    ip('netns add probe');
    expect(ip('netns list')).toContain('probe');
    ip('netns del probe');
  });

  it('loads modules by itself when they are asked for', () => {
    const loaded = () => readFileSync('/proc/modules', 'utf8').includes('ip6_gre ');
    expect(loaded()).toBe(false);
    ip('link add name gre type ip6gre local 2001:db8::1 remote 2001:db8::2');
    expect(loaded()).toBe(true);
    ip('link del dev gre');
  });
});

const ip = (words: string): string =>
  execFileSync('ip', words.split(' ').filter(Boolean), { encoding: 'utf8', stdio: 'pipe' });
