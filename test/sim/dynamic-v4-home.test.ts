/** A mobile node whose IPv4 home address, and prefix, the home agent gives: RFC 5555 §3.1.1, in a simulated network. */
import { describe, expect, it } from 'vitest';
import { ipv4, prefix, type Ipv4, type Prefix } from '../../src/base/address.js';
import type { Millis } from '../../src/base/time.js';
import { HomeAgent } from '../../src/core/ha/home-agent.js';
import type { HomeAgentOptions } from '../../src/core/ha/options.js';
import { MobileNode } from '../../src/core/mn/mobile-node.js';
import type { HomeOptions } from '../../src/core/mn/options.js';
import { HOME, homeAgentOptions, mobileNodeOptions, roam, type Roam } from './roam-network.js';

describe('a dynamic IPv4 home address', () => {
  it('is the same through IPv6, a NAT and home again, with traffic flowing wherever it is ours', () => {
    const r = network();
    r.net.runFor(3000);
    const seen: string[] = [];
    for (const stop of ['b', 'v4', 'c', 'home', 'v4'] as const) {
      r.move(stop);
      r.net.runFor(6000);
      const { homeAddress4, where } = r.mn.role.view(r.net.clock.now()).homes[0]!;
      seen.push(`${stop}: ${where} ${homeAddress4} ${flows(r, GIVEN) ? 'flows' : 'silent'}`);
    }
    expect(seen).toEqual([
      `b: away ${GIVEN} flows`,
      `v4: away ${GIVEN} flows`,
      `c: away ${GIVEN} flows`,
      'home: home null silent',
      `v4: away ${GIVEN} flows`,
    ]);
  });

  it('outlives a crash of the home agent, and one of the mobile node', () => {
    const r = network();
    r.net.runFor(3000);
    r.move('b');
    r.net.runFor(6000);
    r.ha.crash();
    r.net.runFor(1000);
    const ha = r.net.run('ha', 'ha', (random) => new HomeAgent(homeAgentOptions(POOL), random));
    r.move('v4');
    r.net.runFor(6000);
    const bc = () => ha.role.view(r.net.clock.now()).bc[0];
    expect(bc()).toMatchObject({ homeAddress4: GIVEN, dynamic4: true, path: 'udp' });
    r.mn.crash();
    const mn = r.net.run('mn', 'mn', (random) => new MobileNode(mobileNodeOptions(MN), random));
    r.net.runFor(6000);
    expect(mn.role.view(r.net.clock.now()).bul[0]).toMatchObject({
      state: 'bound',
      homeAddress4: GIVEN,
    });
    expect(flows(r, GIVEN)).toBe(true);
  });

  it('that nobody has to give leaves IPv6 flowing, and both sides say so', () => {
    const r = network({ ipv4Pool: [] });
    r.net.runFor(3000);
    r.move('b');
    r.net.runFor(6000);
    expect(r.mn.role.view(r.net.clock.now()).bul[0]).toMatchObject({
      state: 'bound',
      homeAddress4: null,
    });
    expect(flows(r, HOME)).toBe(true);
    const refusals = r.net.journal.filter((e) => e.event.code === 'IPV4_HOME_REFUSED');
    expect(refusals.map((e) => [e.role, e.event.fields['status']])).toEqual([
      ['ha', 132],
      ['mn', 132],
    ]);
  });
});

describe('an IPv4 prefix', () => {
  it('is reached whole through the tunnel: an address of it behind the mobile node answers', () => {
    const r = network({}, { ipv4PrefixLength: 28 });
    r.net.addRoute('cn', '203.0.113.0/24', { via: '198.51.100.1', link: 'eth0' });
    r.net.runFor(3000);
    for (const stop of ['b', 'v4'] as const) {
      r.move(stop);
      r.net.runFor(6000);
      expect(r.mn.role.view(r.net.clock.now()).bul[0]).toMatchObject({
        homeAddress4: '203.0.113.1',
        homePrefix4: { address: '203.0.113.0', length: 28 },
      });
      expect([stop, flows(r, ipv4('203.0.113.1'))]).toEqual([stop, true]);
      // Another address of it, such as a host behind the mobile node would have.
      r.net.host('mn').addAddress('eth0', ipv4('203.0.113.9'), 32);
      expect([stop, flows(r, ipv4('203.0.113.9'))]).toEqual([stop, true]);
    }
    // An address of it that nobody has comes to no end, and to no loop.
    expect(flows(r, ipv4('203.0.113.14'))).toBe(false);
  });
});

const GIVEN = ipv4('192.0.2.65');
const p = (text: string) => prefix(text) as Prefix<Ipv4>;
const POOL = {
  acl: [{ homeAddress: HOME, status: 0, homeAddress4: null }],
  acceptIpv4: [],
  ipv4Pool: [p('192.0.2.64/28')],
  ipv4PrefixPool: [p('203.0.113.0/24')],
} satisfies Partial<HomeAgentOptions>;
const homes = (more: Partial<HomeOptions> = {}) => [
  { ...mobileNodeOptions().homes[0]!, homeAddress4: 'dynamic' as const, ...more },
];
const MN = { homes: homes() };

const network = (ha: Partial<HomeAgentOptions> = {}, home: Partial<HomeOptions> = {}): Roam =>
  roam({ seed: 5, ha: { ...POOL, ...ha }, mn: { homes: homes(home) } });

function flows(r: Roam, address: Parameters<Roam['ping']>[0]): boolean {
  const ping = r.ping(address, 100);
  ping.start();
  r.net.runFor(WHILE);
  ping.close();
  return ping.summary.received >= WHILE / 100 - 2;
}

const WHILE: Millis = 2000;
