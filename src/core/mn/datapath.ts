/**
 * What a mobile node wants of its host's forwarding, as one pure function of where it is.
 *
 * Away, the home addresses live on the tunnel device and everything from them goes there; without a binding no
 * tunnel is declared and nothing leaves with a home address. At home they are ordinary addresses of the home link.
 * Rule numbers are those of UMIP: 1001 home addresses, 1002 care-of addresses.
 */
import {
  isIpv6,
  prefixOf,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import {
  TUNNEL_LINK,
  type AddressItem,
  type DatapathItem,
  type DatapathState,
  type RouteItem,
  type RuleItem,
  type TableName,
  type TunnelItem,
} from '../datapath/model.js';
import { keyOf } from '../datapath/model.js';
import type { LinkName } from '../input.js';

export interface CareOfSituation {
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly link: LinkName;
  /** Next hop of packets from it; null when there is none. */
  readonly router: IpAddress | null;
  /** Another program has put it there, and keeps it. */
  readonly adopted?: boolean;
  /** Of its lease (RFC 3442) or by redirects (RFC 4861 §8); a null router: on the link itself. */
  readonly routes?: readonly { readonly destination: Prefix; readonly router: IpAddress | null }[];
  /** There is no next hop because there need be none: a point-to-point link. */
  readonly onLink?: boolean;
}

export interface TunnelSituation {
  readonly local: IpAddress;
  readonly remote: IpAddress;
  readonly link: LinkName;
  readonly udp: { readonly localPort: number; readonly remotePort: number } | null;
  /** octets */
  readonly pathMtu: number;
}

export interface HomeSituation {
  readonly homeAddress: Ipv6;
  /** Which routing table it has, as long as it lives. */
  readonly slot: number;
  /** Null where there is none or the home agent refuses it. */
  readonly homeAddress4: { readonly address: Ipv4; readonly prefixLength: number } | null;
  /** A prefix of IPv4 addresses that is ours while away, RFC 5555 §3.1.1. */
  readonly homePrefix4?: Prefix<Ipv4> | null;
  readonly where:
    | {
        readonly kind: 'away';
        readonly tunnel: TunnelSituation | null;
        readonly ipv4Bound: boolean;
        readonly prefixBound?: boolean;
        /** The IPv6 care-of address that Binding Updates leave from, now or next. */
        readonly signalling: { readonly peer: Ipv6; readonly careOf: Ipv6 } | null;
      }
    | {
        readonly kind: 'home';
        readonly link: LinkName;
        readonly prefixLength: number;
        readonly router: Ipv6 | null;
        readonly router4: Ipv4 | null;
      };
}

export interface MobileNodeSituation {
  /** The preferred ones first: a socket that names no source takes the first one's. */
  readonly homes: readonly HomeSituation[];
  /** The best first: where several links have a default route, the first one's wins. */
  readonly careOf: readonly CareOfSituation[];
  /** Null without DSMIPv6. */
  readonly udpPort: number | null;
}

export function mobileNodeDatapath(situation: MobileNodeSituation): DatapathState {
  const items = new Map<string, DatapathItem>();
  const add = (item: DatapathItem) => {
    const key = keyOf(item);
    if (!items.has(key)) items.set(key, item);
  };
  addSignalling(situation, add);
  addCareOf(situation.careOf, add);
  const anyAway = situation.homes.some(({ where }) => where.kind === 'away');
  for (const [index, home] of situation.homes.entries()) {
    if (home.where.kind === 'away') addAway(home, home.where, index, add);
    else {
      addAtHome(home, home.where, METRIC + index, add);
      if (anyAway) addBesideAway(home, home.where, add);
    }
  }
  return { items: [...items.values()] };
}

type Add = (item: DatapathItem) => void;

function addSignalling({ homes, careOf, udpPort }: MobileNodeSituation, add: Add): void {
  const addresses = new Set<IpAddress>();
  for (const home of homes) {
    addresses.add(home.homeAddress);
    if (home.homeAddress4) addresses.add(home.homeAddress4.address);
  }
  for (const { address } of careOf) addresses.add(address);
  const endpoints = careOf.map((c) => c.address).filter((a) => !isIpv6(a)) as Ipv4[];
  const udp = udpPort === null ? null : { address: null, port: udpPort, endpoints };
  add({ kind: 'signalling', addresses: [...addresses], udp });
}

function addCareOf(careOf: readonly CareOfSituation[], add: Add): void {
  const links = new Map<string, number>();
  for (const { address, prefixLength, link, router, routes = [], adopted, onLink } of careOf) {
    if (!adopted) add({ ...addressItem(link, address, prefixLength, true), careOf: true });
    const table = isIpv6(address) ? 'careOf6' : 'careOf4';
    add(rule(CARE_OF_RULE, prefixOf(address, isIpv6(address) ? 128 : 32), table));
    for (const { destination, router: next } of routes) {
      const way = next === null ? {} : { via: next };
      add({ kind: 'route', table, destination, link, ...way, metric: METRIC + links.size });
    }
    if ((router === null && !onLink) || links.has(`${table} ${link}`)) continue;
    // One default route a link: a tunnel bound to a link that is not the best one still finds its way.
    const metric = METRIC + links.size;
    links.set(`${table} ${link}`, metric);
    const way = router === null ? {} : { via: router };
    add({ kind: 'route', table, destination: anywhere(address), link, ...way, metric });
  }
}

function addAway(
  home: HomeSituation,
  where: Extract<HomeSituation['where'], { kind: 'away' }>,
  index: number,
  add: Add,
): void {
  const { homeAddress, homeAddress4, homePrefix4 } = home;
  const table = tableOf(home);
  const own: IpAddress[] = homeAddress4 ? [homeAddress, homeAddress4.address] : [homeAddress];
  for (const address of own) {
    const host = prefixOf(address, isIpv6(address) ? 128 : 32);
    const everything = anywhere(address);
    add({ ...addressItem(TUNNEL_LINK, address, host.length, false), home: true });
    add(rule(HOME_RULE, host, table));
    const into = { kind: 'route', link: TUNNEL_LINK, tunnel: homeAddress } as const;
    add({ ...into, table, destination: everything, metric: METRIC });
    add({
      ...into,
      table: 'main',
      destination: everything,
      preferredSource: address,
      metric: METRIC + index,
    });
  }
  if (homePrefix4) {
    add(rule(HOME_RULE, homePrefix4, table));
    // What nobody behind us has ends here, not in the tunnel that it came out of.
    add({
      kind: 'route',
      table: 'main',
      destination: homePrefix4,
      link: TUNNEL_LINK,
      metric: METRIC,
    });
  }
  const { tunnel, signalling } = where;
  if (signalling) add({ kind: 'homeAddress', home: homeAddress, ...signalling });
  if (!tunnel) return;
  const carried: Prefix[] = own
    .filter((address) => isIpv6(address) || where.ipv4Bound)
    .map((address) => prefixOf(address, isIpv6(address) ? 128 : 32));
  if (homePrefix4 && where.prefixBound) carried.push(homePrefix4);
  const item: TunnelItem = {
    kind: 'tunnel',
    key: homeAddress,
    local: tunnel.local,
    remote: tunnel.remote,
    ...(tunnel.udp ? { udp: tunnel.udp } : {}),
    link: tunnel.link,
    send: carried.map((source) => ({ source })),
    accept: carried.map((destination) => ({ destination })),
    pathMtu: tunnel.pathMtu,
  };
  add(item);
}

function addAtHome(
  home: HomeSituation,
  where: Extract<HomeSituation['where'], { kind: 'home' }>,
  metric: number,
  add: Add,
): void {
  const { homeAddress, homeAddress4 } = home;
  add(addressItem(where.link, homeAddress, where.prefixLength, true));
  if (where.router !== null) {
    add(defaultRoute(homeAddress, where.link, where.router, metric));
  }
  if (!homeAddress4) return;
  add(addressItem(where.link, homeAddress4.address, homeAddress4.prefixLength, true));
  if (where.router4 !== null) {
    add(defaultRoute(homeAddress4.address, where.link, where.router4, metric));
  }
}

/** The main table's default route may lead into the tunnel of another home address: this one goes its own way. */
function addBesideAway(
  home: HomeSituation,
  where: Extract<HomeSituation['where'], { kind: 'home' }>,
  add: Add,
): void {
  const { homeAddress, homeAddress4 } = home;
  const { link, router, router4, prefixLength } = where;
  const table = tableOf(home);
  const own = (address: IpAddress, length: number, via: IpAddress | null) => {
    const base = { kind: 'route', table, link, metric: METRIC } as const;
    add(rule(HOME_RULE, prefixOf(address, isIpv6(address) ? 128 : 32), table));
    add({ ...base, destination: prefixOf(address, length) });
    if (via !== null) add({ ...base, destination: anywhere(address), via });
  };
  own(homeAddress, prefixLength, router);
  if (homeAddress4) own(homeAddress4.address, homeAddress4.prefixLength, router4);
}

/** One table a home address: each has its own tunnel. */
const tableOf = ({ slot }: HomeSituation): TableName => (slot === 0 ? 'home' : `home${slot}`);

function addressItem(
  link: LinkName,
  address: IpAddress,
  prefixLength: number,
  onLinkPrefix: boolean,
): AddressItem {
  return { kind: 'address', link, address, prefixLength, onLinkPrefix };
}

function defaultRoute(
  source: IpAddress,
  link: LinkName,
  via: IpAddress,
  metric: number,
): RouteItem {
  return {
    kind: 'route',
    table: 'main',
    destination: anywhere(source),
    link,
    via,
    preferredSource: source,
    metric,
  };
}

const rule = (priority: number, from: Prefix, table: TableName): RuleItem => ({
  kind: 'rule',
  priority,
  from,
  table,
});

const anywhere = (address: IpAddress) => prefixOf(address, 0);

const HOME_RULE = 1001;
const CARE_OF_RULE = 1002;
/** Below the kernel's own 256 and 1024: our routes win. */
const METRIC = 64;
