import { describe, expect, it } from 'vitest';
import { ipv6, mac, type Ipv6 } from '../../../src/base/address.js';
import { MAX_TOLD } from '../../../src/core/ha/discovery-answers.js';
import { MAX_HOME_AGENTS } from '../../../src/core/ha/home-agents-list.js';
import type { Random } from '../../../src/core/random.js';
import { decodeIcmpv6, type Icmpv6Message } from '../../../src/wire/icmpv6.js';
import { decodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import type { NdMessage, NdOption } from '../../../src/wire/nd/message.js';
import {
  ANYCAST,
  Bench,
  COA,
  HA,
  HA_MAC,
  HOME,
  HOME_LINK,
  ipv6Packet,
  NO_RANDOM,
  octetsOf,
  solicit,
} from './harness.js';

describe('the Home Agents List, RFC 6275 §10.5.1', () => {
  it('has this home agent, and those that advertise H, with preference and lifetime', () => {
    const bench = new Bench({ preference: 7 });
    hear(bench, 2, { information: [20, 100] });
    hear(bench, 3, {});
    expect(listed(bench)).toEqual([
      '2001:db8::1 preference 7 for ever',
      '2001:db8::2 preference 20 until 100',
      '2001:db8::3 preference 0 until 1800',
    ]);
    expect(bench.agent.homeAgents().map((a) => a.linkLocal)).toEqual([null, 'fe80::2', 'fe80::3']);
    expect(bench.take('event HOME_AGENT')).toEqual([
      '0 event HOME_AGENT_HEARD',
      '0 event HOME_AGENT_HEARD',
    ]);
  });

  it('forgets one with its lifetime, and says so', () => {
    const bench = new Bench();
    hear(bench, 2, { information: [20, 100] });
    expect(bench.agent.pollTimeout()).toEqual({ at: 100_000, why: 'a home agent expires' });
    bench.wait(99).take();
    expect(listed(bench)).toHaveLength(2);
    bench.wait(2);
    expect(listed(bench)).toHaveLength(1);
    expect(bench.take()).toEqual(['100 event HOME_AGENT_GONE']);
  });

  it.each([
    ['without H', { homeAgent: false }],
    ['with a home agent lifetime of 0', { information: [20, 0] as const }],
    ['with a router lifetime of 0 and no home agent lifetime', { routerLifetime: 0 }],
  ])('forgets one that advertises %s', (_, change) => {
    const bench = new Bench();
    hear(bench, 2, {});
    hear(bench, 2, change);
    expect(listed(bench)).toHaveLength(1);
    bench.take();
    hear(bench, 2, change);
    expect(bench.take()).toEqual([]);
  });

  it('takes a router lifetime of 0 for what it is beside a home agent lifetime: no default router', () => {
    const bench = new Bench();
    hear(bench, 2, { routerLifetime: 0, information: [1, 50] });
    expect(listed(bench)).toContain('2001:db8::2 preference 1 until 50');
  });

  it('keeps addresses that a later advertisement does not repeat, and replaces them by others', () => {
    const bench = new Bench();
    hear(bench, 2, {});
    hear(bench, 2, { addresses: [] });
    expect(listed(bench)[1]).toMatch(/^2001:db8::2 /);
    hear(bench, 2, { addresses: ['2001:db8::22'] });
    expect(listed(bench)[1]).toMatch(/^2001:db8::22 /);
  });

  it('takes no address that nobody can reach, and not its own from another', () => {
    const bench = new Bench();
    hear(bench, 2, { addresses: ['fe80::2', 'ff02::1', '::', HA, '2001:db8::2'] });
    expect(bench.agent.homeAgents()[1]!.addresses).toEqual(['2001:db8::2']);
  });

  it('hears nothing on a link that is no home link, nor itself', () => {
    const bench = new Bench({
      homeLinks: [{ link: 'other', prefix: { address: HA, length: 64 } }],
    });
    hear(bench, 2, {});
    expect(bench.agent.homeAgents()).toHaveLength(1);
    const alone = new Bench();
    alone.nd(advertisement({ addresses: ['2001:db8::9'] }), {
      mac: HA_MAC,
      source: ipv6('fe80::9'),
    });
    expect(listed(alone)).toHaveLength(1);
  });

  it('is bounded', () => {
    const bench = new Bench();
    for (let n = 2; n < MAX_HOME_AGENTS + 20; n++) hear(bench, n, {});
    expect(listed(bench)).toHaveLength(MAX_HOME_AGENTS + 1);
  });
});

describe('Home Agent Address Discovery, answering (RFC 6275 §10.5)', () => {
  it.each([
    ['the anycast address', ANYCAST],
    ['its own address', HA],
  ])('answers what comes to %s, from its own, to the care-of address', (_, destination) => {
    const bench = new Bench();
    hear(bench, 2, { information: [20, 100] });
    bench.packet(request(destination, 0x1234));
    const [reply] = replies(bench);
    expect(reply).toEqual({
      source: HA,
      destination: COA,
      message: {
        kind: 'homeAgentDiscoveryReply',
        identifier: 0x1234,
        mobileRouter: false,
        addresses: ['2001:db8::2', HA],
      },
    });
    expect(bench.take('event DHAAD')).toEqual(['0 event DHAAD_ANSWERED']);
  });

  it('puts the most preferred first, and equals in every order', () => {
    const bench = new Bench({ preference: 5 }, undefined, [HOME_LINK], lottery());
    hear(bench, 2, { information: [5, 100] });
    hear(bench, 3, { information: [9, 100], addresses: ['2001:db8::3', '2001:db8::33'] });
    hear(bench, 4, {});
    const orders = new Set<string>();
    for (let n = 0; n < 64; n++) {
      bench.packet(request(ANYCAST, n)).wait(1);
      const { message } = replies(bench).at(-1)!;
      const addresses = message.kind === 'homeAgentDiscoveryReply' ? message.addresses : [];
      expect([...addresses.slice(0, 2)].sort()).toEqual(['2001:db8::3', '2001:db8::33']);
      expect([...addresses.slice(2, 4)].sort()).toEqual([HA, '2001:db8::2']);
      expect(addresses.slice(4)).toEqual(['2001:db8::4']);
      orders.add(addresses.join(' '));
    }
    expect(orders.size).toBe(4);
  });

  it('fits the minimum IPv6 MTU, whoever else there is', () => {
    const bench = new Bench({ preference: 0 });
    for (let n = 2; n < 120; n++) hear(bench, n, { information: [n, 100] });
    bench.packet(request(ANYCAST, 1));
    const effect = bench.effects.find((e) => e.kind === 'packet')!;
    expect(effect.kind === 'packet' && effect.octets.length).toBe(1280);
    const { message } = replies(bench)[0]!;
    expect(message).toMatchObject({ addresses: { length: MAX_TOLD } });
    expect(message).toHaveProperty('addresses.0', '2001:db8::77');
  });

  it('answers a mobile router as a home agent does that serves none (RFC 3963 §7.2)', () => {
    const bench = new Bench();
    bench.packet(request(ANYCAST, 1, { mobileRouter: true }));
    expect(replies(bench)[0]!.message).toMatchObject({ mobileRouter: false, addresses: [HA] });
  });

  it('answers no request for another subnet, under a Home Address option, or with a code', () => {
    const bench = new Bench();
    bench.packet(request(ipv6('2001:db8:0:1:fdff:ffff:ffff:fffe'), 1));
    const message = {
      kind: 'homeAgentDiscoveryRequest',
      identifier: 1,
      mobileRouter: false,
    } as const;
    bench.packet(ipv6Packet(COA, ANYCAST, message, ipv6('2001:db8::100')));
    bench.packet(ipv6Packet(COA, ANYCAST, { ...message, code: 1 }));
    expect(replies(bench)).toEqual([]);
    expect(bench.view().counters).toMatchObject({
      'not-ours': 1,
      'dhaad-header': 1,
      'icmpv6-code': 1,
    });
  });

  it('answers a bounded number of requests a second', () => {
    const bench = new Bench();
    for (let n = 0; n < 50; n++) bench.packet(request(ANYCAST, n));
    expect(replies(bench)).toHaveLength(20);
    bench.wait(1).take();
    bench.packet(request(ANYCAST, 1));
    expect(replies(bench)).toHaveLength(1);
    expect(bench.view().counters['dhaad-rate']).toBe(30);
  });

  it('declares the anycast address of each home prefix, and leaves solicitations for it to the host', () => {
    const bench = new Bench();
    expect(bench.declared).toContainEqual({ kind: 'anycast', link: HOME, address: ANYCAST });
    bench.take();
    bench.nd(solicit(ANYCAST));
    expect(bench.take()).toEqual([]);
  });
});

interface Advertised {
  readonly homeAgent?: boolean;
  readonly routerLifetime?: number;
  /** Preference and lifetime. */
  readonly information?: readonly [number, number];
  readonly addresses?: readonly string[];
}

/** Router number n advertises on the home link. */
function hear(bench: Bench, n: number, told: Advertised): void {
  const addresses = told.addresses ?? [`2001:db8::${n.toString(16)}`];
  const [high, low] = [n >> 8, n & 0xff].map((octet) => octet.toString(16).padStart(2, '0'));
  bench.nd(advertisement({ ...told, addresses }), {
    mac: mac(`02:00:00:0a:${high}:${low}`),
    source: ipv6(`fe80::${n.toString(16)}`),
  });
}

function advertisement(told: Advertised): NdMessage {
  const options: NdOption[] = (told.addresses ?? []).map((address) => ({
    kind: 'prefixInformation',
    prefixLength: 64,
    onLink: true,
    autonomous: true,
    routerAddress: true,
    validLifetime: 3600,
    preferredLifetime: 3600,
    prefix: address as Ipv6,
  }));
  if (told.information) {
    const [preference, lifetime] = told.information;
    options.push({ kind: 'homeAgentInformation', mobileRouter: false, preference, lifetime });
  }
  return {
    kind: 'routerAdvertisement',
    hopLimit: 64,
    managed: false,
    otherConfig: false,
    homeAgent: told.homeAgent ?? true,
    preference: 0,
    routerLifetime: told.routerLifetime ?? 1800,
    reachableTime: 0,
    retransTimer: 0,
    options,
  };
}

const listed = (bench: Bench): string[] =>
  bench.agent
    .homeAgents()
    .map(
      ({ addresses, preference, expiresAt }) =>
        `${addresses.join(' ')} preference ${preference} ${expiresAt === null ? 'for ever' : `until ${expiresAt / 1000}`}`,
    );

function request(
  destination: Ipv6,
  identifier: number,
  more: { readonly mobileRouter?: boolean } = {},
): Uint8Array {
  return ipv6Packet(COA, destination, {
    kind: 'homeAgentDiscoveryRequest',
    identifier,
    mobileRouter: false,
    ...more,
  });
}

function replies(bench: Bench): { source: Ipv6; destination: Ipv6; message: Icmpv6Message }[] {
  return bench.effects.flatMap((effect) => {
    const octets = effect.kind === 'packet' ? octetsOf(effect) : undefined;
    if (!octets) return [];
    const { source, destination, payload } = decodeIpv6(octets);
    return [{ source, destination, message: decodeIcmpv6(payload, source, destination) }];
  });
}

/** Every fraction comes up. */
function lottery(): Random {
  let state = 1;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32;
  return { ...NO_RANDOM, fraction: next };
}
