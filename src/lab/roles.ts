/** The options of every role that a lab asks for, as the core takes them. */
import { inPrefix, ipv6FromOctets, ipv6Octets, type Ipv4, type Ipv6 } from '../base/address.js';
import { HOME_AGENT_DEFAULTS, type HomeAgentOptions } from '../core/ha/options.js';
import { MOBILE_NODE_DEFAULTS, type MobileNodeOptions } from '../core/mn/options.js';
import type { AccessRouterOptions } from '../core/router/access-router.js';
import type { Lab, LabHome, LabNode } from './model.js';

export function mobileNodeOptions(node: LabNode): MobileNodeOptions {
  const home = node.home!;
  const { config } = node;
  return {
    ...MOBILE_NODE_DEFAULTS,
    addressGeneration: 'eui64', // a laboratory's addresses tell whose they are
    homes: [
      {
        homeAddress: home.address6,
        homePrefix: home.prefix6,
        homeAgent: home.agent6,
        homeAgent4: home.agent4,
        discovery: false,
        homeAddress4: home.address4,
        homeLink: null,
      },
    ],
    links: node.interfaces.map((i, n) => ({ name: i.name, preference: n + 1, dhcp: true })),
    dsmip: true,
    ...(config.lifetime === undefined ? {} : { bindingLifetime: config.lifetime }),
    ...(config.natRefresh === undefined ? {} : { natKeepalive: config.natRefresh }),
    ...(config.forceUdp === undefined ? {} : { forceUdp: config.forceUdp }),
  };
}

export function homeAgentOptions(lab: Lab, node: LabNode): HomeAgentOptions {
  const { config } = node;
  const { address6, address4 } = agentAddresses(lab, node);
  const mobiles = mobilesOf(lab, node);
  const homeLinks = node.interfaces.flatMap((i) => {
    const link = lab.links.find((l) => l.name === i.link);
    return link?.home && link.prefix6 ? [{ link: i.name, prefix: link.prefix6 }] : [];
  });
  return {
    ...HOME_AGENT_DEFAULTS,
    address: address6,
    address4,
    homeLinks,
    prefixesOfAddresses: [],
    acl: mobiles.flatMap(({ home }) =>
      homeAddressesOf(lab, home).map((homeAddress) => ({
        homeAddress,
        status: 0,
        homeAddress4: static4(home)?.address ?? null,
      })),
    ),
    // Whom the lab does not know it does not serve.
    defaultStatus: ADMINISTRATIVELY_PROHIBITED,
    dsmip: true,
    acceptIpv4: mobiles.flatMap(({ home }) =>
      static4(home) ? [{ address: static4(home)!.address, length: 32 }] : [],
    ),
    ipv4Pool: config.pool4 ? [config.pool4] : [],
    ...(config.dad === undefined ? {} : { dadMode: config.dad }),
    ...(config.lifetime === undefined ? {} : { maxBindingLifetime: config.lifetime }),
    ...(config.natRefresh === undefined ? {} : { natRefresh: config.natRefresh }),
    ...(config.forceUdp === undefined ? {} : { forceUdp: config.forceUdp }),
    ...(config.prefixInterval === undefined ? {} : prefixIntervals(config.prefixInterval)),
  };
}

/** RFC 6275 §11.4.3: the one that is given first, and what it becomes when the home link is renumbered. */
export function homeAddressesOf(lab: Lab, { link, address6 }: LabHome): readonly Ipv6[] {
  const prefixes = lab.links.find((l) => l.name === link)?.prefixes6 ?? [];
  const others = prefixes.filter((p) => p.length === 64 && !inPrefix(address6, p));
  const identifier = ipv6Octets(address6).subarray(8);
  return [
    address6,
    ...others.map(({ address }) => {
      const octets = Uint8Array.from(ipv6Octets(address));
      octets.set(identifier, 8);
      return ipv6FromOctets(octets);
    }),
  ];
}

/** Router advertisements and DHCP of a node; null when it sends and serves nothing. */
export function accessRouterOptions(lab: Lab, node: LabNode): AccessRouterOptions | null {
  const advertise: AccessRouterOptions['advertise'][number][] = [];
  const dhcp: AccessRouterOptions['dhcp'][number][] = [];
  for (const i of node.interfaces) {
    const link = lab.links.find((l) => l.name === i.link);
    const ra = link?.ra.find((r) => r.from === node.name);
    if (ra && i.address6) {
      const { homeAgent, minInterval, maxInterval } = ra;
      advertise.push({
        link: i.name,
        prefixes: ra.prefixes.map(({ prefix, validLifetime, preferredLifetime }) => {
          // RFC 6275 §7.2: a home agent tells its whole address.
          const own = homeAgent && i.addresses6.find((a) => inPrefix(a, prefix));
          const told = own ? { routerAddress: own } : {};
          return { prefix, ...told, validLifetime, preferredLifetime };
        }),
        homeAgent,
        // RFC 4861 §6.2.1: three times MaxRtrAdvInterval, and at least what seconds can say.
        routerLifetime: Math.max(MIN_ROUTER_LIFETIME, Math.ceil((3 * maxInterval) / 1000)),
        minInterval,
        maxInterval,
        advertiseInterval: true,
      });
    }
    const serving = link?.dhcp.find((d) => d.server === node.name);
    if (serving && link?.prefix4 && i.address4) {
      const { from, to, lease, replyDelay } = serving;
      dhcp.push({
        link: i.name,
        serverAddress: i.address4,
        prefix: link.prefix4,
        from,
        to,
        router: i.address4,
        leaseTime: lease,
        replyDelay,
      });
    }
  }
  return advertise.length + dhcp.length === 0 ? null : { advertise, dhcp };
}

/** Of a dynamic one nobody knows before the home agent gives it. */
export const static4 = ({ address4 }: LabHome) => (address4 === 'dynamic' ? null : address4);

/** Mobile nodes that a home agent serves. */
export function mobilesOf(lab: Lab, agent: LabNode): { node: LabNode; home: LabHome }[] {
  return lab.nodes.flatMap((node) =>
    node.home?.agent === agent.name ? [{ node, home: node.home }] : [],
  );
}

/** What mobile nodes call a home agent by: on the home link, and in IPv4 outside it. */
export function agentAddresses(
  lab: Lab,
  agent: LabNode,
): { address6: Ipv6; address4: Ipv4 | null } {
  const mobiles = mobilesOf(lab, agent);
  const onHome = agent.interfaces.find((i) => lab.links.find((l) => l.name === i.link)?.home);
  const address6 =
    mobiles[0]?.home.agent6 ??
    onHome?.address6 ??
    agent.interfaces.find((i) => i.address6)?.address6;
  const outside = agent.interfaces.find((i) => i !== onHome && i.address4);
  const told = mobiles.find(({ home }) => home.agent4)?.home.agent4;
  return { address6: address6!, address4: told ?? outside?.address4 ?? null };
}

const prefixIntervals = (seconds: number) => ({
  minPrefixAdvertisementInterval: seconds,
  maxPrefixAdvertisementInterval: seconds,
});

const ADMINISTRATIVELY_PROHIBITED = 129; // RFC 6275 §6.1.8
const MIN_ROUTER_LIFETIME = 3; // s
