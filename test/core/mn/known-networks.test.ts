import { describe, expect, it } from 'vitest';
import { ipv4, mac, type Ipv4, type MacAddress } from '../../../src/base/address.js';
import type { StoreEffect } from '../../../src/core/effect.js';
import {
  KnownNetworks,
  MAX_NETWORKS,
  type KnownNetwork,
} from '../../../src/core/mn/known-networks.js';
import { CLOCK_KEY } from '../../../src/core/role.js';
import { at } from '../../helpers/drive.js';
import { KNOWN, knownNetwork, OWN, STRANGER } from './dhcp-bench.js';

const KEY = `network ${KNOWN} 10.4.0.1 ${OWN}`;

describe('the table', () => {
  it('has the most recently used first', () => {
    const networks = new KnownNetworks();
    for (const n of [1, 2, 3, 1]) networks.learn(numbered(n), at(0));
    expect(names(networks, 0)).toEqual(['10.0.1.1', '10.0.3.1', '10.0.2.1']);
  });

  it('has one entry for a gateway and an interface, and tells namesakes by their link-layer address', () => {
    const networks = new KnownNetworks();
    networks.learn(knownNetwork(), at(0));
    networks.learn(knownNetwork({}, 900), at(0));
    networks.learn(knownNetwork({ gatewayMac: STRANGER }), at(0));
    networks.learn(knownNetwork({ client: STRANGER }), at(0));
    expect(networks.list(at(0))).toHaveLength(3);
    expect(networks.list(at(600))).toHaveLength(1);
  });

  it('never shows a lease that is over, and forgets it when asked', () => {
    const networks = new KnownNetworks();
    networks.learn(knownNetwork({}, 500), at(0));
    expect(names(networks, 499.999)).toEqual(['10.4.0.1']);
    expect(names(networks, 500)).toEqual([]);
    expect(networks.forgetExpired(at(499))).toEqual([]);
    expect(networks.forgetExpired(at(500))).toEqual([
      { kind: 'store', key: KEY, value: undefined },
    ]);
    expect(networks.forgetExpired(at(500))).toEqual([]);
  });

  it('is bounded: the least recently used makes room, in the store too', () => {
    const networks = new KnownNetworks();
    for (let n = 0; n < MAX_NETWORKS; n++) networks.learn(numbered(n), at(0));
    networks.learn(numbered(0), at(0));
    const effects = networks.learn(numbered(MAX_NETWORKS), at(0));
    expect(effects.map((e) => [e.key.split(' ')[2], e.value === undefined])).toEqual([
      ['10.0.1.1', true],
      [`10.0.${MAX_NETWORKS}.1`, false],
    ]);
    expect(networks.list(at(0))).toHaveLength(MAX_NETWORKS);
  });

  it('forgets a lease of this interface and this server, no namesake', () => {
    const networks = new KnownNetworks();
    const mine = knownNetwork();
    networks.learn(mine, at(0));
    const { lease } = mine;
    expect(networks.forget(STRANGER, lease)).toEqual([]);
    expect(networks.forget(OWN, { ...lease, address: ipv4('10.4.0.8') })).toEqual([]);
    expect(networks.forget(OWN, { ...lease, server: ipv4('10.4.0.2') })).toEqual([]);
    expect(networks.forget(OWN, { ...lease, serverMac: STRANGER })).toEqual([]);
    expect(networks.forget(OWN, lease)).toHaveLength(1);
    expect(names(networks, 0)).toEqual([]);
  });
});

describe('in the store', () => {
  const whole = knownNetwork();
  const network: KnownNetwork = {
    ...whole,
    lease: {
      ...whole.lease,
      routes: [
        { destination: { address: ipv4('10.8.0.0'), length: 16 }, router: ipv4('10.4.0.3') },
        { destination: { address: ipv4('10.9.0.0'), length: 24 }, router: null },
      ],
    },
  };

  it('under the same clock it is what it was', () => {
    const kept = keep('boot 1', network);
    expect(new KnownNetworks(kept).list(at(1))).toEqual([network]);
    expect(new KnownNetworks(kept).list(at(500))).toEqual([]);
  });

  it('with the MTU of its link, and without one that no link has', () => {
    const lease = { ...network.lease, mtu: 1400 };
    const kept = keep('boot 1', { ...network, lease });
    expect(new KnownNetworks(kept).list(at(1))[0]?.lease.mtu).toBe(1400);
    const [key, value] = [...kept].find(([k]) => k.startsWith('network '))!;
    kept.set(key, value.replace('"mtu":1400', '"mtu":14'));
    expect(new KnownNetworks(kept).list(at(1))[0]?.lease).toEqual(network.lease);
  });

  it('under another clock, or none, what is left of the lease is not known', () => {
    const kept = keep('boot 1', network);
    kept.set(CLOCK_KEY, 'boot 2');
    expect(new KnownNetworks(kept).list(at(1e9))).toEqual([{ ...network, timed: false }]);
    kept.delete(CLOCK_KEY);
    expect(new KnownNetworks(kept).list(at(1e9))[0]?.timed).toBe(false);
    expect(new KnownNetworks(keep(undefined, network)).list(at(1e9))[0]?.timed).toBe(false);
  });

  it('a lease for ever needs no clock', () => {
    const lease = { ...network.lease, expiresAt: null, renewAt: null, rebindAt: null };
    const kept = keep(undefined, { ...network, lease });
    expect(new KnownNetworks(kept).list(at(1e9))).toEqual([{ ...network, lease }]);
  });

  it('no more than the table holds is read', () => {
    const networks = new KnownNetworks();
    const kept = new Map<string, string>();
    for (let n = 0; n < 2 * MAX_NETWORKS; n++) apply(kept, networks.learn(numbered(n), at(0)));
    const [key, value] = [...kept][0]!;
    for (let n = 0; n < 1000; n++) kept.set(key.replace('10.0.', `10.${n % 200}.`), value);
    expect(new KnownNetworks(kept).list(at(0)).length).toBeLessThanOrEqual(MAX_NETWORKS);
  });

  const good = JSON.parse(keep('c', network).get(KEY)!) as Record<string, unknown>;
  it.each([
    { what: 'no JSON', text: '{' },
    { what: 'no object', text: '7' },
    { what: 'null', text: 'null' },
    ...Object.entries({
      address: '224.0.0.1',
      prefixLength: 33,
      server: 'nobody',
      serverMac: 'x',
      lifetime: -1,
      expiresAt: 'soon',
      renewAt: null,
      rebindAt: 1e18,
    }).map(([field, value]) => ({
      what: `${field} ${JSON.stringify(value)}`,
      text: JSON.stringify({ ...good, [field]: value }),
    })),
    { what: 'a route of nothing', text: JSON.stringify({ ...good, routes: [7] }) },
    { what: 'a route to IPv6', text: JSON.stringify({ ...good, routes: [['::/0', null]] }) },
    { what: 'routes that are none', text: JSON.stringify({ ...good, routes: 'x' }) },
  ])('$what is left out', ({ text }) => {
    expect(new KnownNetworks(new Map([[KEY, text]])).list(at(0))).toEqual([]);
  });

  it.each([
    'network ',
    'network x y z',
    `network ${KNOWN} 10.4.0.1`,
    `network ${KNOWN} 0.0.0.0 ${OWN}`,
  ])('the key "%s" is left out', (key) => {
    const kept = new Map([[key, JSON.stringify(good)]]);
    expect(new KnownNetworks(kept).list(at(0))).toEqual([]);
  });
});

function keep(clock: string | undefined, network: KnownNetwork): Map<string, string> {
  const kept = new Map<string, string>();
  if (clock !== undefined) kept.set(CLOCK_KEY, clock);
  apply(kept, new KnownNetworks(kept).learn(network, at(0)));
  return kept;
}

function apply(kept: Map<string, string>, effects: readonly StoreEffect[]): void {
  for (const { key, value } of effects) {
    if (value === undefined) kept.delete(key);
    else kept.set(key, value);
  }
}

const names = (networks: KnownNetworks, second: number): Ipv4[] =>
  networks.list(at(second)).map(({ gateway }) => gateway);

function numbered(n: number): KnownNetwork {
  const gatewayMac: MacAddress = mac(`02:00:00:00:05:${n.toString(16).padStart(2, '0')}`);
  return knownNetwork({ gateway: ipv4(`10.0.${n}.1`), gatewayMac });
}
