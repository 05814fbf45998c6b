/** The home network is renumbered while the mobile node is away, RFC 6275 §11.4.3 and RFC 4192; several home networks. */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, type Ipv6, type Prefix } from '../../src/base/address.js';
import { seconds } from '../../src/base/time.js';
import { HomeAgent } from '../../src/core/ha/home-agent.js';
import { MobileNode } from '../../src/core/mn/mobile-node.js';
import { AccessRouter } from '../../src/core/router/access-router.js';
import type { RunningRole } from '../../src/sim/network.js';
import {
  HOME,
  HOME_AGENT,
  homeAgentOptions,
  mobileNodeOptions,
  roam,
  type LinkHere,
  type Roam,
} from './roam-network.js';

const OLD = '2001:db8:a::/64';
const NEW = '2001:db8:aa::/64';
const NEW_HOME = ipv6('2001:db8:aa::100');
const NEW_AGENT = ipv6('2001:db8:aa::1');
const HOUR = 3600;

describe('a home network that is renumbered', () => {
  it.each([
    { at: 'b', path: 'ipv6' },
    { at: 'v4', path: 'udp' },
  ] as const)(
    'gives a mobile node on $at a new home address, and takes the old one when its prefix ends',
    ({ at, path }) => {
      const r = away(at, `renumber ${at}`);
      const home = homeRouter(r);
      home.advertise({ text: OLD, valid: 24 * HOUR, preferred: 4 * HOUR });
      r.net.runFor(seconds(60));
      expect(bound(r)).toEqual([`${HOME} at ${HOME_AGENT} ${path}`]);

      // The new prefix comes beside the old one, and both serve.
      r.net.host('ha').addAddress('eth0', NEW_AGENT, 64);
      home.advertise(
        { text: OLD, valid: 24 * HOUR, preferred: 4 * HOUR },
        { text: NEW, valid: 24 * HOUR, preferred: 4 * HOUR },
      );
      r.net.runFor(seconds(60));
      expect(bound(r)).toEqual([
        `${HOME} at ${HOME_AGENT} ${path}`,
        `${NEW_HOME} at ${NEW_AGENT} ${path}`,
      ]);
      expect(answered(r, HOME, NEW_HOME)).toEqual([1, 1]);
      expect(source(r)).toBe(HOME);

      // The old one is deprecated: it serves on, and new conversations take the new one.
      home.advertise(
        { text: OLD, valid: 2 * HOUR, preferred: 0 },
        { text: NEW, valid: 24 * HOUR, preferred: 4 * HOUR },
      );
      r.net.runFor(seconds(60));
      expect(bound(r)).toEqual([
        `${NEW_HOME} at ${NEW_AGENT} ${path}`,
        `${HOME} at ${HOME_AGENT} ${path}`,
      ]);
      expect(source(r)).toBe(NEW_HOME);
      expect(answered(r, HOME, NEW_HOME)).toEqual([1, 1]);

      // It is gone: the binding ends with it, on both sides.
      home.advertise({ text: NEW, valid: 24 * HOUR, preferred: 4 * HOUR });
      r.net.runFor(seconds(2 * HOUR));
      expect(bound(r)).toEqual([`${NEW_HOME} at ${NEW_AGENT} ${path}`]);
      expect(atAgent(r)).toEqual([NEW_HOME]);
      expect(answered(r, HOME, NEW_HOME)).toEqual([0, 1]);
    },
  );

  it('is come home to by the new address', () => {
    const r = away('b', 'come home');
    const home = homeRouter(r);
    r.net.host('ha').addAddress('eth0', NEW_AGENT, 64);
    home.advertise({ text: OLD, valid: 2 * HOUR, preferred: 0 }, forLong(NEW));
    r.net.runFor(seconds(60));
    home.advertise(forLong(NEW));
    r.net.runFor(seconds(2 * HOUR));
    expect(bound(r)).toEqual([`${NEW_HOME} at ${NEW_AGENT} ipv6`]);
    r.move('home');
    r.net.runFor(seconds(10));
    expect(r.mn.role.view(r.net.clock.now()).homes).toMatchObject([
      { homeAddress: NEW_HOME, where: 'home' },
    ]);
    expect(atAgent(r)).toEqual([]);
    expect(answered(r, NEW_HOME)).toEqual([1]);
  });

  it('tells a mobile node that is at home too, by Router Advertisement', () => {
    const r = roam({ seed: 'at home' });
    const home = homeRouter(r);
    r.net.runFor(seconds(5));
    home.advertise(forLong(OLD), forLong(NEW));
    r.net.host('ha').addAddress('eth0', NEW_AGENT, 64);
    r.net.runFor(seconds(10));
    expect(r.mn.role.view(r.net.clock.now()).homes).toMatchObject([
      { homeAddress: HOME, where: 'home' },
      { homeAddress: NEW_HOME, where: 'home' },
    ]);
    expect(answered(r, HOME, NEW_HOME)).toEqual([1, 1]);
    r.move('b');
    r.net.runFor(seconds(10));
    expect(atAgent(r)).toEqual([HOME, NEW_HOME]);
    expect(answered(r, HOME, NEW_HOME)).toEqual([1, 1]);
  });

  it('leaves a mobile node alone that is not to follow', () => {
    const homes = [{ ...mobileNodeOptions().homes[0]!, renumber: false }];
    const r = away('b', 'stay', { homes });
    homeRouter(r).advertise(forLong(OLD), forLong(NEW));
    r.net.runFor(seconds(60));
    expect(r.net.journal.map((e) => e.event.code)).toContain('PREFIXES_LEARNT');
    expect(bound(r)).toEqual([`${HOME} at ${HOME_AGENT} ipv6`]);
  });

  it('is known again after a restart of the mobile node, which asks how long it lasts', () => {
    const r = away('b', 'restart');
    homeRouter(r).advertise(forLong(OLD), forLong(NEW));
    r.net.runFor(seconds(60));
    expect(bound(r)).toHaveLength(2);
    r.mn.crash();
    const again = runAgain(r);
    const from = r.net.journal.length;
    r.net.runFor(seconds(30));
    expect(bound({ ...r, mn: again })).toHaveLength(2);
    const learnt = r.net.journal.slice(from).filter((e) => e.event.code === 'PREFIXES_LEARNT');
    expect(learnt.length).toBeGreaterThan(0);
  });
});

describe('two home networks at once', () => {
  it('two home agents each keep a home address, wherever the mobile node is', () => {
    const { r, second } = twoHomes();
    const places: string[] = [];
    for (const place of ['home', 'c', 'second', 'v4', 'b'] as const) {
      r.net.move('mn', 'eth0', place);
      r.net.runFor(seconds(12));
      const [a, b] = r.mn.role.view(r.net.clock.now()).homes;
      const flowing = answered(r, HOME, SECOND_HOME).join(' and ');
      places.push(`${place}: ${a!.where} and ${b!.where}, pings ${flowing}`);
    }
    expect(places).toEqual([
      'home: home and away, pings 1 and 1',
      'c: away and away, pings 1 and 1',
      'second: away and home, pings 1 and 1',
      'v4: away and away, pings 1 and 1',
      'b: away and away, pings 1 and 1',
    ]);
    expect(second.role.view(r.net.clock.now()).bc).toMatchObject([{ homeAddress: SECOND_HOME }]);
  });
});

const SECOND = '2001:db8:d::/64';
const SECOND_HOME = ipv6('2001:db8:d::100');
const SECOND_AGENT = ipv6('2001:db8:d::1');

const forLong = (text: string) => ({ text, valid: 24 * HOUR, preferred: 4 * HOUR });

function away(at: LinkHere, seed: string, mn = {}): Roam {
  const r = roam({ seed, mn, ha: SOON });
  r.net.runFor(seconds(5));
  r.move(at);
  r.net.runFor(seconds(10));
  return r;
}

/** The home link has a router that is no home agent; each call replaces what it advertises. */
function homeRouter({ net, homeRouter: before }: Roam) {
  before.crash();
  net.addHost('rh', { forwarding: true });
  net.addInterface('rh', 'eth0', { link: 'home', addresses: ['2001:db8:a::2/64'] });
  net.addRoute('rh', '::/0', { via: HOME_AGENT, link: 'eth0' });
  let running: RunningRole<AccessRouter> | undefined;
  return {
    advertise(...prefixes: { text: string; valid: number; preferred: number }[]): void {
      running?.crash();
      const advertise = {
        link: 'eth0',
        prefixes: prefixes.map(({ text, valid, preferred }) => ({
          prefix: prefix(text) as Prefix<Ipv6>,
          validLifetime: valid,
          preferredLifetime: preferred,
        })),
        homeAgent: false,
        routerLifetime: 1800,
        minInterval: 3000,
        maxInterval: 4000,
        advertiseInterval: false,
      };
      running = net.run(
        'rh',
        'router',
        (random) => new AccessRouter({ advertise: [advertise], dhcp: [] }, random),
      );
    },
  };
}

/** In the order in which the mobile node prefers them. */
const bound = ({ mn, net }: Pick<Roam, 'mn' | 'net'>): string[] =>
  mn.role
    .view(net.clock.now())
    .bul.filter((e) => e.state === 'bound')
    .map((e) => `${e.homeAddress} at ${e.peer} ${e.path}`);

const atAgent = ({ ha, net }: Roam): Ipv6[] =>
  ha.role.view(net.clock.now()).bc.map((e) => e.homeAddress);

/** The share of pings that are answered. */
function answered(r: Roam, ...homes: Ipv6[]): number[] {
  const pings = homes.map((home) => r.ping(home, 100));
  for (const ping of pings) ping.start();
  r.net.runFor(seconds(2));
  for (const ping of pings) ping.stop();
  r.net.runFor(seconds(1));
  for (const ping of pings) ping.close();
  return pings.map((ping) => ping.summary.received / ping.summary.sent);
}

/** Of what a socket of the mobile node sends that names none. */
const source = ({ net }: Roam) => net.host('mn').chooseSource(ipv6('2001:db8:f::c1'));

function runAgain({ net }: Roam): RunningRole<MobileNode> {
  return net.run('mn', 'mn', (random) => new MobileNode(mobileNodeOptions(), random));
}

/** The roaming network, with a second home link and its home agent beside the first. */
function twoHomes(): { r: Roam; second: RunningRole<HomeAgent> } {
  const [home] = mobileNodeOptions().homes;
  const other = {
    ...home!,
    homeAddress: SECOND_HOME,
    homePrefix: prefix(SECOND) as Prefix<Ipv6>,
    homeAgent: SECOND_AGENT,
    homeAgent4: ipv4('198.51.100.2'),
    homeAddress4: null,
  };
  const r = roam({ seed: 'two homes', mn: { homes: [home!, other] } });
  const { net } = r;
  net.addLink('second');
  net.addHost('hb', { forwarding: true });
  net.addInterface('hb', 'eth0', { link: 'second', addresses: [`${SECOND_AGENT}/64`] });
  net.addInterface('hb', 'eth1', {
    link: 'core',
    addresses: ['2001:db8:f::2/64', '198.51.100.2/24'],
  });
  net.addRoute('hb', '::/0', { via: '2001:db8:f::1', link: 'eth1' });
  net.addRoute('hb', '0.0.0.0/0', { via: '198.51.100.1', link: 'eth1' });
  net.addRoute('ha', SECOND, { via: '2001:db8:f::2', link: 'eth1' });
  const advertise = {
    link: 'eth0',
    prefixes: [
      {
        prefix: prefix(SECOND) as Prefix<Ipv6>,
        routerAddress: SECOND_AGENT,
        validLifetime: 24 * HOUR,
        preferredLifetime: 4 * HOUR,
      },
    ],
    homeAgent: true,
    routerLifetime: 1800,
    minInterval: 3000,
    maxInterval: 4000,
    advertiseInterval: true,
  };
  net.run(
    'hb',
    'router',
    (random) => new AccessRouter({ advertise: [advertise], dhcp: [] }, random),
  );
  const options = homeAgentOptions({
    address: SECOND_AGENT,
    address4: ipv4('198.51.100.2'),
    homeLinks: [{ link: 'eth0', prefix: prefix(SECOND) as Prefix<Ipv6> }],
    acl: [],
  });
  return { r, second: net.run('hb', 'ha', (random) => new HomeAgent(options, random)) };
}

/** RFC 6275 §13 lets administrators be quicker than ten minutes. */
const SOON = { minPrefixAdvertisementInterval: 5, maxPrefixAdvertisementInterval: 20 };
