/** Completes a configuration by what the interfaces of this host have. */
import {
  formatPrefix,
  inPrefix,
  isIpv6,
  isRoutableUnicast,
  prefixOf,
  samePrefix,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import type { HomeAgentOptions } from '../../core/ha/options.js';
import type { LinkName, LinkState } from '../../core/input.js';
import type { MobileNodeOptions } from '../../core/mn/options.js';
import type { Neighbourhood } from '../host.js';
import type { HomeAgentPlan } from './compile.js';

export type Resolved<T> =
  | { readonly ok: true; readonly value: T; readonly warnings: readonly string[] }
  /** `sentence` says what is missing and the way out. */
  | { readonly ok: false; readonly sentence: string };

/** A home agent's interfaces and addresses must be there when it starts. */
export function resolveHomeAgent(
  plan: HomeAgentPlan,
  links: readonly LinkState[],
  neighbourhood: Neighbourhood,
): Resolved<HomeAgentOptions> {
  const { address: configured, interfaces, servedPrefixes, ...rest } = plan;
  const warnings: string[] = [];
  const homeLinks: { link: LinkName; prefix: Prefix<Ipv6>; offLink?: boolean }[] = [];
  const add = (link: LinkName, prefix: Prefix<Ipv6>, offLink = false) => {
    if (homeLinks.some((h) => samePrefix(h.prefix, prefix))) return;
    homeLinks.push({ link, prefix, ...(offLink && { offLink }) });
  };
  let first: Ipv6 | undefined;
  for (const { link, prefixes } of interfaces) {
    const state = links.find((l) => l.name === link);
    if (!state) return missing(link, neighbourhood.interfaces);
    if (!state.up) warnings.push(`interface ${link} is down`);
    const globals = globalAddresses(state);
    for (const prefix of prefixes.length > 0
      ? prefixes
      : globals.map((g) => prefixOf(g.address, g.prefixLength))) {
      add(link, prefix);
    }
    const home = homeLinks.filter((h) => h.link === link);
    first ??=
      globals.find((g) => home.some((h) => inPrefix(g.address, h.prefix)))?.address ??
      globals[0]?.address;
  }
  for (const prefix of servedPrefixes) add(interfaces[0]!.link, prefix, true);
  const address = configured ?? first;
  if (address === undefined) {
    return no(
      `${interfaces[0]!.link} has no global IPv6 address to be a home agent by. Give it one, or name another with HomeAgentAddress.`,
    );
  }
  if (homeLinks.length === 0) {
    return no(
      `No home prefix is known: ${interfaces[0]!.link} has no global IPv6 address. Give it one, or say "HomePrefix" in its Interface block.`,
    );
  }
  const own = new Set<string>([
    ...links.flatMap((l) => l.addresses.map((a) => a.address)),
    ...neighbourhood.addresses,
  ]);
  if (!own.has(address))
    return no(`${address} (HomeAgentAddress) is on no interface of this host.`);
  // Behind a NAT that forwards the port, the address that mobile nodes use is somewhere else.
  if (rest.address4 !== null && !own.has(rest.address4)) {
    warnings.push(`${rest.address4} (HomeAgentV4Address) is on no interface of this host`);
  }
  const prefixesOfAddresses = interfaces.filter((i) => i.prefixes.length === 0).map((i) => i.link);
  warnings.push(...unroutedPools(rest.ipv4PrefixPool, links));
  return { ok: true, value: { ...rest, address, homeLinks, prefixesOfAddresses }, warnings };
}

/** Hosts of a link look for its addresses by ARP, and nobody answers for prefixes that were given away. */
function unroutedPools(pools: readonly Prefix<Ipv4>[], links: readonly LinkState[]): string[] {
  return pools.flatMap((pool) =>
    links.flatMap(({ name, addresses }) =>
      addresses
        .filter((a) => !isIpv6(a.address))
        .map((a) => prefixOf(a.address, a.prefixLength))
        .filter((own) => inPrefix(pool.address, own) || inPrefix(own.address, pool))
        .map(
          (own) =>
            `${formatPrefix(pool)} (HaHomeV4PrefixPool) overlaps ${formatPrefix(own)} of ${name}, where hosts look for its addresses by ARP: take a prefix that is routed to this host`,
        ),
    ),
  );
}

/** A mobile node's interfaces may appear later. */
export function resolveMobileNode(
  options: MobileNodeOptions,
  links: readonly LinkState[],
): string[] {
  return options.links
    .filter((link) => !links.some((l) => l.name === link.name))
    .map((link) => `interface ${link.name} is not there yet; it is used once it appears`);
}

function globalAddresses(link: LinkState): { address: Ipv6; prefixLength: number }[] {
  return link.addresses.flatMap(({ address, prefixLength }) =>
    isIpv6(address) && isRoutableUnicast(address) && prefixLength < 128
      ? [{ address, prefixLength }]
      : [],
  );
}

function missing(link: LinkName, there: readonly LinkName[]): Resolved<never> {
  return no(
    `There is no interface ${link}. Create it, or name one of ${there.join(', ') || 'none'} in the configuration.`,
  );
}

const no = (sentence: string): Resolved<never> => ({ ok: false, sentence });
