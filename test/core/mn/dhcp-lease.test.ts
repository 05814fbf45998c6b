import { describe, expect, it } from 'vitest';
import { ipv4, type Ipv4 } from '../../../src/base/address.js';
import {
  addressFromStore,
  leaseOf,
  leaseToStore,
  MAX_ROUTES,
  renewalTimes,
  termsOf,
} from '../../../src/core/mn/dhcp-lease.js';
import { dhcpRequest } from '../../../src/core/mn/dhcp-request.js';
import type { DhcpMessage, DhcpOption } from '../../../src/wire/dhcpv4/message.js';
import { at } from '../../helpers/drive.js';
import { answer, GATEWAY, OWN, SERVER } from './dhcp-bench.js';

describe('what a server may grant', () => {
  it.each([
    { what: 'this network, 0.0.0.0', address: '0.0.0.0' },
    { what: 'this network, 0.1.2.3', address: '0.1.2.3' },
    { what: 'the limited broadcast', address: '255.255.255.255' },
    { what: 'a group', address: '239.1.2.3' },
    { what: 'the reserved class E', address: '240.0.0.1' },
    { what: 'loopback', address: '127.0.0.1' },
    { what: 'the network itself', address: '10.0.0.0' },
    { what: 'the broadcast address of the network', address: '10.0.0.255' },
    { what: 'the server’s own address', address: SERVER },
  ])('not $what', ({ address }) => {
    expect(termsOf(offer({ address }), SERVER)).toBeUndefined();
  });

  it('not for no time at all', () => {
    expect(termsOf(offer({ lease: 0 }), SERVER)).toBeUndefined();
  });

  it.each([
    { address: '10.0.0.4', mask: '255.255.255.254' },
    { address: '10.0.0.5', mask: '255.255.255.254' },
    { address: '10.0.0.255', mask: '255.255.255.255' },
    { address: '10.0.1.0', mask: '255.255.254.0' },
    { address: '169.254.7.7', mask: '255.255.0.0' },
  ])('but $address in $mask', ({ address, mask }) => {
    expect(termsOf(offer({ address, mask }), SERVER)?.address).toBe(address);
  });

  it.each([
    { mask: '255.255.255.252', address: '10.0.0.5', length: 30 },
    { mask: '128.0.0.0', address: '10.0.0.5', length: 1 },
    { mask: '255.255.128.255', address: '172.16.0.5', length: 16 },
    { mask: '0.0.0.0', address: '192.168.0.5', length: 24 },
  ])('mask $mask on $address is a prefix of $length', ({ mask, address, length }) => {
    expect(termsOf(offer({ mask, address }), SERVER)?.prefixLength).toBe(length);
  });

  it.each([
    { mtu: 1400, known: 1400 },
    { mtu: 576, known: 576 },
    { mtu: 575, known: undefined },
    { mtu: 0, known: undefined },
  ])('an MTU of $mtu, unless it is less than every host takes', ({ mtu, known }) => {
    const terms = termsOf(offer({ more: [{ kind: 'interfaceMtu', mtu }] }), SERVER);
    expect(terms?.mtu).toBe(known);
  });

  it('an hour where the server does not say how long', () => {
    const message = offer({});
    const options = message.options.filter((o) => o.kind !== 'leaseTime');
    expect(termsOf({ ...message, options }, SERVER)?.lifetime).toBe(3600);
  });
});

describe('routes, RFC 3442', () => {
  const route = (destination: string, prefixLength: number, router: string) => ({
    destination: ipv4(destination),
    prefixLength,
    router: ipv4(router),
  });
  const given = (...routes: ReturnType<typeof route>[]) =>
    termsOf(offer({ more: [{ kind: 'classlessRoutes', routes }] }), SERVER)!;

  it('the default route is the router, and the router option is ignored', () => {
    expect(given(route('0.0.0.0', 0, '10.0.0.9'), route('10.1.0.0', 16, '10.0.0.8'))).toMatchObject(
      {
        router: '10.0.0.9',
        routes: [{ destination: { address: '10.1.0.0', length: 16 }, router: '10.0.0.8' }],
      },
    );
  });

  it('also where there is no default route among them', () => {
    expect(given(route('10.1.0.0', 16, '10.0.0.8')).router).toBeNull();
  });

  it('bits beyond the mask are cleared', () => {
    expect(given(route('129.210.177.132', 25, '10.0.0.8')).routes[0]!.destination).toEqual({
      address: '129.210.177.128',
      length: 25,
    });
  });

  it('a router of 0.0.0.0 is the link itself', () => {
    expect(given(route('10.1.0.0', 16, '0.0.0.0')).routes).toEqual([
      { destination: { address: '10.1.0.0', length: 16 }, router: null },
    ]);
    expect(given(route('0.0.0.0', 0, '0.0.0.0')).router).toBeNull();
  });

  it.each(['224.0.0.1', '255.255.255.255', '127.0.0.1', '10.0.0.5'])(
    'not by %s, which is no router',
    (router) => {
      expect(given(route('10.1.0.0', 16, router), route('0.0.0.0', 0, router))).toMatchObject({
        router: null,
        routes: [],
      });
    },
  );

  it('only so many', () => {
    const many = Array.from({ length: 300 }, (_, i) => route(`10.${i & 255}.0.0`, 16, '10.0.0.8'));
    expect(given(...many).routes).toHaveLength(MAX_ROUTES);
  });
});

describe('T1 and T2, RFC 2131 §4.4.5', () => {
  it.each([
    { what: 'none', lease: 1600, t1: undefined, t2: undefined, expected: [800, 1400] },
    { what: 'both', lease: 1600, t1: 100, t2: 200, expected: [100, 200] },
    { what: 'zeros', lease: 1600, t1: 0, t2: 0, expected: [800, 1400] },
    { what: 'T1 after T2', lease: 1600, t1: 900, t2: 700, expected: [400, 700] },
    { what: 'T1 at T2', lease: 1600, t1: 1500, t2: 1500, expected: [800, 1500] },
    { what: 'T2 at the end', lease: 1600, t1: 10, t2: 1600, expected: [10, 1400] },
    { what: 'T2 after the end', lease: 1600, t1: 1500, t2: 5000, expected: [800, 1400] },
    { what: 'T2 alone, early', lease: 1600, t1: undefined, t2: 70, expected: [40, 70] },
    { what: 'the largest', lease: 10, t1: 0xffffffff, t2: 0xffffffff, expected: [5, 8.75] },
  ])('$what', ({ lease, t1, t2, expected }) => {
    const options: DhcpOption[] = [];
    if (t1 !== undefined) options.push({ kind: 'renewalTime', seconds: t1 });
    if (t2 !== undefined) options.push({ kind: 'rebindingTime', seconds: t2 });
    const got = renewalTimes(options, lease);
    expect([got.t1, got.t2]).toEqual(expected);
  });

  it('are spread by a twentieth, forward, and stay in order', () => {
    for (const fuzz of [0, 0.5, 0.999999]) {
      const lease = leaseOf(offer({ lease: 1600 }), SERVER, GATEWAY, at(10), fuzz)!;
      const [t1, t2, end] = [lease.renewAt!, lease.rebindAt!, lease.expiresAt!];
      expect(t1).toBeCloseTo(at(10 + 800 * (1 - 0.05 * fuzz)));
      expect(t2).toBeCloseTo(at(10 + 1400 * (1 - 0.05 * fuzz)));
      expect(end).toBe(at(1610));
    }
  });
});

describe('in the store', () => {
  it('comes back as the address to ask for', () => {
    const lease = leaseOf(offer({}), SERVER, GATEWAY, at(0), 0)!;
    expect(leaseToStore(lease)).toBe('10.0.0.5 24 10.0.0.1 10.0.0.1 600');
    expect(addressFromStore(leaseToStore(lease))).toBe('10.0.0.5');
  });

  it.each(['', ' ', '10.0.0.5', '0.0.0.0 24 - 10.0.0.1 600', '10.0.0.5 24 - nobody 600'])(
    '"%s" is none',
    (text) => {
      expect(addressFromStore(text)).toBeUndefined();
    },
  );
});

function offer(terms: {
  address?: string;
  mask?: string;
  lease?: number;
  more?: readonly DhcpOption[];
}): DhcpMessage {
  const claim = { xid: 7, secs: 0, mac: OWN, address: null, server: null };
  const { address, ...rest } = terms;
  const own = address === undefined ? {} : { address: address as Ipv4 };
  return answer(dhcpRequest('discover', claim), 'offer', { ...rest, ...own }, {});
}
