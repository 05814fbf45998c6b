import { describe, expect, it } from 'vitest';
import { ipv6, mac, prefix, type Ipv6, type Prefix } from '../../../src/base/address.js';
import {
  KnownAddresses,
  MAX_KNOWN_ADDRESSES,
  routerKey,
} from '../../../src/core/mn/known-addresses.js';
import {
  KnownRouters,
  MAX_ASKED,
  MAX_KNOWN_ROUTERS,
  type KnownRouter,
} from '../../../src/core/mn/known-routers.js';
import { at } from '../../helpers/drive.js';

describe('the routers that were met, RFC 6059', () => {
  it('a router is its link-local and its link-layer address together', () => {
    const known = new KnownRouters();
    known.remember(router(1));
    known.remember(router(2));
    expect(known.take(FE80_1, macOf(3), at(0))).toBeUndefined();
    expect(known.take(FE80_1, macOf(1), at(0))).toMatchObject({ mac: macOf(1) });
    expect(known.take(FE80_1, macOf(1), at(0))).toBeUndefined();
    expect(known.candidates(at(0)).map((r) => r.mac)).toEqual([macOf(2)]);
  });

  it('the last one left is asked first, and six at most (§5.5.3)', () => {
    const known = new KnownRouters();
    for (let i = 1; i <= 9; i++) known.remember(router(i));
    known.remember(router(2));
    expect(known.candidates(at(0)).map((r) => r.mac)).toEqual([2, 9, 8, 7, 6, 5].map(macOf));
    expect(MAX_ASKED).toBe(6);
  });

  it('none is asked of whom no prefix is valid any more, or whose lifetime is over (§5.5.2)', () => {
    const known = new KnownRouters();
    known.remember(router(1, { prefixes: [advertised('2001:db8:a::/64', 10)] }));
    known.remember(router(2, { until: at(20) }));
    known.remember(router(3, { prefixes: [] }));
    expect(known.candidates(at(9)).map((r) => r.mac)).toEqual([2, 1].map(macOf));
    expect(known.candidates(at(10)).map((r) => r.mac)).toEqual([macOf(2)]);
    expect(known.candidates(at(20))).toEqual([]);
    expect(known.take(FE80_1, macOf(2), at(20))).toBeUndefined();
  });

  it('comes back with the prefixes that are still valid', () => {
    const known = new KnownRouters();
    const prefixes = [advertised('2001:db8:a::/64', 10), advertised('2001:db8:b::/64', 30)];
    known.remember(router(1, { prefixes }));
    expect(known.take(FE80_1, macOf(1), at(10))?.prefixes).toEqual(prefixes.slice(1));
  });

  it('is bounded: the one left longest ago is forgotten', () => {
    const known = new KnownRouters();
    for (let i = 1; i <= MAX_KNOWN_ROUTERS + 1; i++) known.remember(router(i));
    expect(known.take(FE80_1, macOf(1), at(0))).toBeUndefined();
    expect(known.take(FE80_1, macOf(2), at(0))).toBeDefined();
  });
});

describe('the addresses on their links', () => {
  it('are found by any router that advertised the prefix, until the prefix is over', () => {
    const known = new KnownAddresses();
    known.remember([keyOf(1), keyOf(2)], A, { address: ADDRESS, conflicts: 1 }, at(10));
    const there = { address: ADDRESS, conflicts: 1 };
    expect(known.find([keyOf(2)], A, at(9.9))).toMatchObject(there);
    expect(known.find([keyOf(3), keyOf(1)], A, at(9.9))).toMatchObject(there);
    expect(known.find([keyOf(3)], A, at(9.9))).toBeUndefined();
    expect(known.find([keyOf(1)], B, at(9.9))).toBeUndefined();
    expect(known.find([keyOf(1)], A, at(10))).toBeUndefined();
  });

  it('are bounded: the one left longest ago is forgotten', () => {
    const known = new KnownAddresses();
    for (let i = 0; i <= MAX_KNOWN_ADDRESSES; i++) {
      known.remember([keyOf(i)], A, { address: ADDRESS, conflicts: 0 }, null);
    }
    expect(known.find([keyOf(0)], A, at(0))).toBeUndefined();
    expect(known.find([keyOf(1)], A, at(0))).toBeDefined();
  });
});

const FE80_1 = ipv6('fe80::1');
const A = prefix('2001:db8:a::/64') as Prefix<Ipv6>;
const B = prefix('2001:db8:b::/64') as Prefix<Ipv6>;
const ADDRESS = ipv6('2001:db8:a::1');

const macOf = (n: number) => mac(`02:00:00:00:01:${n.toString(16).padStart(2, '0')}`);
const keyOf = (n: number) => routerKey({ ...router(n), confirmed: true });

function router(n: number, part: Partial<KnownRouter> = {}): KnownRouter {
  return {
    address: FE80_1,
    mac: macOf(n),
    homeAgent: false,
    agentPreference: 0,
    isDefault: true,
    preference: 0,
    prefixes: [advertised('2001:db8:a::/64', 86400)],
    retransTimer: 0,
    mtu: undefined,
    interval: undefined,
    until: at(1800),
    ...part,
  };
}

function advertised(text: string, until: number): KnownRouter['prefixes'][number] {
  return {
    prefix: prefix(text) as Prefix<Ipv6>,
    onLink: true,
    autonomous: true,
    routerAddress: null,
    validUntil: at(until),
    preferredUntil: at(until),
  };
}
