import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import {
  ALL_NODES,
  ipv6,
  ipv6Octets,
  mac,
  prefix,
  solicitedNode,
  UNSPECIFIED6,
  type Ipv6,
  type Prefix,
} from '../../../src/base/address.js';
import type { Sha256 } from '../../../src/core/digest.js';
import {
  isReservedIdentifier,
  keptSecret,
  stableAddresses,
} from '../../../src/core/mn/interface-identifier.js';
import { MobileNode } from '../../../src/core/mn/mobile-node.js';
import { SYSTEM_SHA256 } from '../../../src/linux/digest.js';
import { mobileNodeOptions, network, ScriptedNetwork, seeded } from './scripted-network.js';

describe('stable addresses, RFC 7217 §5', () => {
  it('are the prefix and the low 64 bits of SHA-256 over prefix, counter, secret and interface', () => {
    const digest = createHash('sha256')
      .update(Buffer.from('20010db8000a0000', 'hex'))
      .update(Buffer.from('00000002', 'hex'))
      .update(SECRET)
      .update('wlan0')
      .digest();
    const expected = Buffer.concat([ipv6Octets(A.address).subarray(0, 8), digest.subarray(24)]);
    expect(Buffer.from(ipv6Octets(make('2001:db8:a::/64', 'wlan0', 2)))).toEqual(expected);
  });

  it('differ by prefix, interface, attempt and secret, and by nothing else', () => {
    const other = stableAddresses(
      SYSTEM_SHA256,
      SECRET.map((o) => o ^ 1),
    );
    const all = [
      make('2001:db8:a::/64', 'eth0', 0),
      make('2001:db8:b::/64', 'eth0', 0),
      make('2001:db8:a::/64', 'eth1', 0),
      make('2001:db8:a::/64', 'eth0', 1),
      other(A, { name: 'eth0', mac: MAC }, 0),
    ];
    expect(new Set(all).size).toBe(all.length);
    const otherMac = { name: 'eth0', mac: mac('02:00:00:00:00:99') };
    expect(stableAddresses(SYSTEM_SHA256, SECRET)(A, otherMac, 0)).toBe(all[0]);
  });

  it('a reserved identifier is passed over, as one that is taken: RFC 5453', () => {
    let calls = 0;
    const sha256: Sha256 = () => new Uint8Array(32).fill(calls++ < 2 ? 0 : 7);
    const address = stableAddresses(sha256, SECRET)(A, { name: 'eth0', mac: MAC }, 0);
    expect(address).toBe('2001:db8:a:0:707:707:707:707');
  });

  it.each([
    ['::', true],
    ['::1', false],
    ['::200:5eff:fe00:0', true],
    ['::200:5eff:fe00:5213', true],
    ['::200:5eff:fdff:ffff', false],
    ['::fdff:ffff:ffff:ff7f', false],
    ['::fdff:ffff:ffff:ff80', true],
    ['::fdff:ffff:ffff:ffff', true],
    ['::fe00:0:0:0', false],
  ])('%s is reserved: %s', (text, reserved) => {
    expect(isReservedIdentifier(ipv6Octets(ipv6(text)).subarray(8))).toBe(reserved);
  });
});

describe('the secret', () => {
  it('is made once and kept', () => {
    const first = keptSecret(new Map(), seeded(1));
    expect(first.secret).toHaveLength(32);
    const { key, value } = first.keep!;
    const again = keptSecret(new Map([[key, value!]]), seeded(2));
    expect(again).toEqual({ secret: first.secret, keep: undefined });
  });

  it.each(['', 'ff', 'x'.repeat(64)])('is made anew where what was kept is none: %j', (value) => {
    const { keep } = keptSecret(new Map([['address secret', value]]), seeded(1));
    expect(keep?.value).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reaches no event and no view', () => {
    const net = visit();
    const secret = net.store.get('address secret')!;
    const shown = JSON.stringify([net.events, net.node.view(net.now), net.lines]);
    expect(secret).toMatch(/^[0-9a-f]{64}$/);
    expect(shown).not.toContain(secret);
  });
});

describe('a mobile node with stable addresses', () => {
  it('has the same address in the same network after a restart, another one in another network', () => {
    const first = visit();
    const kept = Object.fromEntries(first.store);
    expect(addressOf(visit(kept))).toBe(addressOf(first));
    const elsewhere = addressOf(visit(kept, '2001:db8:b::/64'));
    expect(elsewhere.slice(-19)).not.toBe(addressOf(first).slice(-19));
  });

  it('takes the next one at once when DAD finds it taken, and binds there: RFC 7217 §6, RFC 4429 §3.3', () => {
    const first = addressOf(visit());
    const net = visit({}, '2001:db8:a::/64', [first]);
    const second = addressOf(net);
    expect(second).not.toBe(first);
    expect(net.take('ADDRESS_DUPLICATE', 'BU_SENT', 'BINDING_ACCEPTED')).toEqual([
      `0.02 BU_SENT eth0 ${first} 1 1`,
      `0.025 ADDRESS_DUPLICATE eth0 ${first}`,
      `0.025 BU_SENT eth0 ${second} 2 1`,
      `0.035 BINDING_ACCEPTED eth0 ${second}`,
    ]);
  });

  it('keeps it on a link that reflects its own frames, the solicitation and what the kernel answers to it', () => {
    const net = visit({}, '2001:db8:a::/64', [], 0.5);
    const own = addressOf(net);
    const solicitation = { kind: 'neighborSolicitation', target: own, options: [] } as const;
    net.nd('eth0', MAC, UNSPECIFIED6, solicitedNode(own), solicitation);
    net.nd('eth0', MAC, own, ALL_NODES, {
      kind: 'neighborAdvertisement',
      router: false,
      solicited: false,
      override: true,
      target: own,
      options: [{ kind: 'targetLinkLayer', address: MAC }],
    });
    expect(net.take('ADDRESS_DUPLICATE')).toEqual([]);
    net.nd('eth0', mac('02:00:00:00:00:77'), UNSPECIFIED6, solicitedNode(own), solicitation);
    expect(net.take('ADDRESS_DUPLICATE')).toEqual([`0.5 ADDRESS_DUPLICATE eth0 ${own}`]);
  });

  it('cannot be made without a digest', () => {
    const options = mobileNodeOptions({ addressGeneration: 'stable' });
    expect(() => new MobileNode(options, seeded(1))).toThrow(
      expect.objectContaining({ code: 'SHA256_MISSING' }) as Error,
    );
    expect(new MobileNode(mobileNodeOptions(), seeded(1)).pollTimeout()).toBeUndefined();
  });
});

const SECRET = Uint8Array.from({ length: 32 }, (_, i) => i);
const A = prefix('2001:db8:a::/64') as Prefix<Ipv6>;
const MAC = mac('02:00:00:00:00:10');

function make(network: string, name: string, attempt: number): Ipv6 {
  const made = stableAddresses(SYSTEM_SHA256, SECRET);
  return made(prefix(network) as Prefix<Ipv6>, { name, mac: MAC }, attempt);
}

function visit(
  kept: Record<string, string> = {},
  to = '2001:db8:a::/64',
  taken: Ipv6[] = [],
  until = 5,
): ScriptedNetwork {
  const net = new ScriptedNetwork({ addressGeneration: 'stable' }, kept);
  net.plug('eth0', network({ prefixes: [to], taken }));
  return net.run(until);
}

const addressOf = (net: ScriptedNetwork): Ipv6 =>
  net.node.view(net.now).links[0]!.addresses[0] as Ipv6;
