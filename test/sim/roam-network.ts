/**
 * The network that a mobile node roams in:
 *
 *   home 2001:db8:a::/64, 192.0.2.0/24 ── ha ──┐
 *   b    2001:db8:b::/64 ──────────────── rb ──┤ core 2001:db8:f::/64, 198.51.100.0/24 ── cn
 *   c    2001:db8:c::/64 ──────────────── rc ──┤
 *   v4   10.1.0.0/24 (DHCP) ───────── nat44 ───┘
 */
import { ipv4, ipv6, prefix, type Ipv4, type Ipv6, type Prefix } from '../../src/base/address.js';
import type { Millis } from '../../src/base/time.js';
import { HomeAgent } from '../../src/core/ha/home-agent.js';
import { HOME_AGENT_DEFAULTS, type HomeAgentOptions } from '../../src/core/ha/options.js';
import { MobileNode } from '../../src/core/mn/mobile-node.js';
import { MOBILE_NODE_DEFAULTS, type MobileNodeOptions } from '../../src/core/mn/options.js';
import { AccessRouter, type AdvertiseOptions } from '../../src/core/router/access-router.js';
import type { DhcpServerOptions } from '../../src/core/router/options.js';
import type { LinkFaults } from '../../src/sim/link.js';
import type { Nat44Options } from '../../src/sim/nat44.js';
import { Network, type RunningRole } from '../../src/sim/network.js';
import type { Ping } from '../../src/sim/ping.js';

export interface RoamOptions {
  readonly seed: string | number;
  readonly faults?: Partial<LinkFaults>;
  readonly ha?: Partial<HomeAgentOptions>;
  readonly mn?: Partial<MobileNodeOptions>;
  readonly nat?: Partial<Nat44Options>;
  /** Of the home agent, in its advertisements. */
  readonly homeAgentInformation?: AdvertiseOptions['homeAgentInformation'];
  /** Between router advertisements. */
  readonly raInterval?: readonly [Millis, Millis];
}

export interface Roam {
  readonly net: Network;
  readonly mn: RunningRole<MobileNode>;
  readonly ha: RunningRole<HomeAgent>;
  /** Router Advertisements and DHCP of the home link. */
  readonly homeRouter: RunningRole<AccessRouter>;
  ping(destination: Ipv6 | Ipv4, interval: Millis): Ping;
  /** Where the mobile node's interface is plugged in. */
  move(link: LinkHere, gap?: Millis): void;
}
export type LinkHere = 'home' | 'b' | 'c' | 'v4';

export function roam(options: RoamOptions): Roam {
  const net = new Network(options.seed);
  const { faults = {} } = options;
  for (const link of ['core', 'home', 'b', 'c', 'v4']) net.addLink(link, faults);
  const [minInterval, maxInterval] = options.raInterval ?? [3000, 4000];

  net.addHost('ha', { forwarding: true });
  net.addInterface('ha', 'eth0', { link: 'home', addresses: ['2001:db8:a::1/64', '192.0.2.1/24'] });
  net.addInterface('ha', 'eth1', {
    link: 'core',
    addresses: ['2001:db8:f::1/64', '198.51.100.1/24'],
  });
  for (const [name, network] of [
    ['rb', 'b'],
    ['rc', 'c'],
  ] as const) {
    net.addHost(name, { forwarding: true });
    net.addInterface(name, 'eth0', { link: network, addresses: [`2001:db8:${network}::1/64`] });
    net.addInterface(name, 'eth1', { link: 'core', addresses: [`2001:db8:f::${network}/64`] });
    net.addRoute(name, '::/0', { via: '2001:db8:f::1', link: 'eth1' });
    const onward = { via: `2001:db8:f::${network}`, link: 'eth1' };
    net.addRoute('ha', `2001:db8:${network}::/64`, onward);
    const advertise = advertised('eth0', `2001:db8:${network}::/64`, minInterval, maxInterval);
    net.run(
      name,
      'router',
      (random) => new AccessRouter({ advertise: [advertise], dhcp: [] }, random),
    );
  }
  net.addHost('nat', { forwarding: true });
  net.addInterface('nat', 'lan', { link: 'v4', addresses: ['10.1.0.1/24'] });
  net.addInterface('nat', 'wan', { link: 'core', addresses: ['198.51.100.9/24'] });
  net.addRoute('nat', '0.0.0.0/0', { via: '198.51.100.1', link: 'wan' });
  net.addNat('nat', { inside: 'lan', outside: 'wan', ...options.nat });
  const lease = dhcp('lan', '10.1.0', '10.1.0.1');
  net.run('nat', 'router', (random) => new AccessRouter({ advertise: [], dhcp: [lease] }, random));

  net.addHost('cn');
  net.addInterface('cn', 'eth0', {
    link: 'core',
    addresses: ['2001:db8:f::c1/64', '198.51.100.12/24'],
  });
  net.addRoute('cn', '::/0', { via: '2001:db8:f::1', link: 'eth0' });
  net.addRoute('cn', '0.0.0.0/0', { via: '198.51.100.1', link: 'eth0' });

  const homeRouter = net.run(
    'ha',
    'router',
    (random) =>
      new AccessRouter(
        {
          advertise: [
            {
              ...advertised('eth0', '2001:db8:a::/64', minInterval, maxInterval),
              homeAgent: true,
              ...(options.homeAgentInformation && {
                homeAgentInformation: options.homeAgentInformation,
              }),
              prefixes: [{ ...lifetimes('2001:db8:a::/64'), routerAddress: HOME_AGENT }],
            },
          ],
          dhcp: [dhcp('eth0', '192.0.2', '192.0.2.1')],
        },
        random,
      ),
  );
  const ha = net.run('ha', 'ha', (random) => new HomeAgent(homeAgentOptions(options.ha), random));
  net.addHost('mn');
  net.addInterface('mn', 'eth0', { link: 'home' });
  const mn = net.run('mn', 'mn', (random) => new MobileNode(mobileNodeOptions(options.mn), random));
  return {
    net,
    mn,
    ha,
    homeRouter,
    ping: (destination, interval) => net.ping('cn', { destination, interval }),
    move: (link, gap) => net.move('mn', 'eth0', link, gap),
  };
}

export const HOME_AGENT = ipv6('2001:db8:a::1');
export const HOME = ipv6('2001:db8:a::100');
export const HOME4 = ipv4('192.0.2.100');

export function mobileNodeOptions(changes: Partial<MobileNodeOptions> = {}): MobileNodeOptions {
  return {
    ...MOBILE_NODE_DEFAULTS,
    addressGeneration: 'eui64',
    dsmip: true,
    homes: [
      {
        homeAddress: HOME,
        homePrefix: prefix('2001:db8:a::/64') as Prefix<Ipv6>,
        homeAgent: HOME_AGENT,
        homeAgent4: ipv4('198.51.100.1'),
        homeAddress4: { address: HOME4, prefixLength: 24 },
        homeLink: null,
      },
    ],
    links: [{ name: 'eth0', preference: 1, dhcp: true }],
    ...changes,
  };
}

export function homeAgentOptions(changes: Partial<HomeAgentOptions> = {}): HomeAgentOptions {
  return {
    ...HOME_AGENT_DEFAULTS,
    address: HOME_AGENT,
    address4: ipv4('198.51.100.1'),
    homeLinks: [{ link: 'eth0', prefix: prefix('2001:db8:a::/64') as Prefix<Ipv6> }],
    acl: [{ homeAddress: HOME, status: 0, homeAddress4: HOME4 }],
    dsmip: true,
    acceptIpv4: [prefix('192.0.2.0/24') as Prefix<Ipv4>],
    ...changes,
  };
}

function lifetimes(text: string) {
  const validLifetime = 86_400;
  const preferredLifetime = 14_400;
  return { prefix: prefix(text) as Prefix<Ipv6>, validLifetime, preferredLifetime };
}

function advertised(
  link: string,
  text: string,
  minInterval: Millis,
  maxInterval: Millis,
): AdvertiseOptions {
  return {
    link,
    prefixes: [lifetimes(text)],
    homeAgent: false,
    routerLifetime: 1800,
    minInterval,
    maxInterval,
    advertiseInterval: true,
  };
}

function dhcp(link: string, network: string, router: string): DhcpServerOptions {
  return {
    link,
    serverAddress: ipv4(router),
    prefix: prefix(`${network}.0/24`) as Prefix<Ipv4>,
    from: ipv4(`${network}.200`),
    to: ipv4(`${network}.250`),
    router: ipv4(router),
    leaseTime: 3600,
    replyDelay: 0,
  };
}
