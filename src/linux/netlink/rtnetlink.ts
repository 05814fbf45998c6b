/** rtnetlink requests in plain values: links, tunnels, addresses, routes, rules. */
import type { IpAddress, Prefix } from '../../base/address.js';
import type { NetNamespace } from '../native.js';
import { AF_INET, AF_INET6 } from '../sockaddr.js';
import {
  addressBody,
  addressQuery,
  parseAddress,
  type AddressRequest,
  type KernelAddress,
} from './address.js';
import {
  linkBody,
  linkQuery,
  newTunnelBody,
  parseLink,
  tunnelBody,
  tunnelOf,
  type KernelLink,
  type LinkSettings,
  type TunnelLink,
} from './link.js';
import { LinuxError } from '../error.js';
import {
  neighbourBody,
  neighbourQuery,
  parseNeighbour,
  type KernelNeighbour,
} from './neighbour.js';
import {
  clsactBody,
  describeTrafficFilter,
  parseTrafficFilter,
  trafficFilterBody,
  trafficFilterKey,
  trafficFilterQuery,
  type TrafficFilter,
  type TrafficFilterKey,
} from './traffic-filter.js';
import { Outbox } from './outbox.js';
import { creation, NetlinkRequests, type Creation } from './requests.js';
import { parseRoute, routeBody, routeQuery, type KernelRoute } from './route.js';
import { parseRule, ruleBody, ruleQuery, type KernelRule } from './rule.js';

export type { AddressRequest, KernelAddress } from './address.js';
export type { KernelLink, TunnelLink } from './link.js';
export type { Creation } from './requests.js';
export type { KernelRoute, RouteEncapsulation, RouteType } from './route.js';
export type { KernelRule } from './rule.js';
export type { Tunnel, TunnelEncapsulation, TunnelType } from './tunnel.js';

export type { KernelNeighbour } from './neighbour.js';
export type { SourceFilter, TrafficFilter, TrafficFilterKey } from './traffic-filter.js';

export class RtNetlink {
  readonly #requests: NetlinkRequests;

  constructor(netns: NetNamespace, outbox = new Outbox()) {
    this.#requests = new NetlinkRequests(netns, NETLINK_ROUTE, outbox);
  }

  /** For `KernelMonitor`: notices of changes by this socket bear it. */
  get port(): number {
    return this.#requests.port;
  }

  close(): void {
    this.#requests.close();
  }

  async links(): Promise<KernelLink[]> {
    const found = await this.#requests.dump(RTM_GETLINK, linkQuery(), 'interfaces');
    return found.flatMap((m) => parseLink(m) ?? []);
  }

  /** One interface; undefined when it has gone. */
  async link(index: number): Promise<KernelLink | undefined> {
    return parseLink(await this.#requests.get(RTM_GETLINK, linkQuery(index)));
  }

  async addresses(): Promise<KernelAddress[]> {
    const found = await this.#requests.dump(RTM_GETADDR, addressQuery(), 'addresses');
    return found.flatMap((m) => parseAddress(m) ?? []);
  }

  /** Routes of one protocol, or of all, in every table. */
  async routes(protocol?: number): Promise<KernelRoute[]> {
    const all: KernelRoute[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const wanted = routeQuery(family, protocol ?? RTPROT_UNSPEC);
      const found = await this.#requests.dump(RTM_GETROUTE, wanted, 'routes');
      for (const message of found) {
        const route = parseRoute(message);
        // Older kernels send them all.
        if (route && (protocol === undefined || route.protocol === protocol)) all.push(route);
      }
    }
    return all;
  }

  async rules(): Promise<KernelRule[]> {
    const all: KernelRule[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const found = await this.#requests.dump(RTM_GETRULE, ruleQuery(family), 'rules');
      all.push(...found.flatMap((m) => parseRule(m) ?? []));
    }
    return all;
  }

  /** Without duplicate address detection, which the core has done. */
  addAddress(request: AddressRequest, how: Creation): Promise<void> {
    return this.#change(RTM_NEWADDR, creation(how), addressBody(request, true), () =>
      describe('add address', request.address),
    );
  }

  removeAddress(request: AddressRequest): Promise<void> {
    return this.#change(RTM_DELADDR, 0, addressBody(request, false), () =>
      describe('remove address', request.address),
    );
  }

  addRoute(route: KernelRoute, how: Creation): Promise<void> {
    return this.#change(RTM_NEWROUTE, creation(how), routeBody(route), () =>
      describe('add route', route.destination, `table ${route.table}`),
    );
  }

  removeRoute(route: KernelRoute): Promise<void> {
    return this.#change(RTM_DELROUTE, 0, routeBody(route), () =>
      describe('remove route', route.destination, `table ${route.table}`),
    );
  }

  addRule(rule: KernelRule): Promise<void> {
    return this.#change(RTM_NEWRULE, creation('exclusive'), ruleBody(rule), () =>
      describe('add rule', rule.from, `priority ${rule.priority}`),
    );
  }

  removeRule(rule: KernelRule): Promise<void> {
    return this.#change(RTM_DELRULE, 0, ruleBody(rule), () =>
      describe('remove rule', rule.from, `priority ${rule.priority}`),
    );
  }

  /** MTU, queue length, and up. */
  setLink(index: number, settings: LinkSettings): Promise<void> {
    return this.#change(RTM_NEWLINK, 0, linkBody(index, settings), () => `set interface ${index}`);
  }

  /** The devices of our kinds, whoever made them. */
  async tunnels(): Promise<TunnelLink[]> {
    return (await this.links()).flatMap((link) => tunnelOf(link) ?? []);
  }

  /**
   * Without a link-local address. Three requests: should another device have the index, it stays untouched, as the
   * second and third go by name.
   */
  async createTunnel(link: TunnelLink): Promise<void> {
    const created = this.#change(RTM_NEWLINK, creation('exclusive'), newTunnelBody(link), () =>
      describeTunnel('create', link),
    );
    const settings: LinkSettings[] = [{ linkLocal: false }, { up: link.up }];
    const set = settings.map((setting) =>
      this.#change(RTM_NEWLINK, 0, linkBody(link.name, setting), () =>
        describeTunnel('set up', link),
      ),
    );
    const [failed] = (await Promise.allSettled([created, ...set])).filter(isRejected);
    if (failed) throw failed.reason;
  }

  /**
   * In place, the device found by its index: routes on it stay. EEXIST where another tunnel has these ends; EINVAL
   * for IPv4 outside between a remote and none, and for `external` ones.
   */
  changeTunnel(link: TunnelLink): Promise<void> {
    return this.#change(RTM_NEWLINK, 0, tunnelBody(link), () => describeTunnel('change', link));
  }

  removeLink(index: number): Promise<void> {
    return this.#change(RTM_DELLINK, 0, linkQuery(index), () => `remove interface ${index}`);
  }

  /** Neighbours that the kernel knows, or with `proxy` the addresses that it answers for. */
  async neighbours(proxy: boolean): Promise<KernelNeighbour[]> {
    const all: KernelNeighbour[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const wanted = neighbourQuery(family, proxy);
      const found = await this.#requests.dump(RTM_GETNEIGH, wanted, 'neighbours');
      all.push(...found.flatMap((m) => parseNeighbour(m) ?? []));
    }
    return all;
  }

  addNeighbour(neighbour: KernelNeighbour, how: Creation): Promise<void> {
    return this.#change(RTM_NEWNEIGH, creation(how), neighbourBody(neighbour), () =>
      describeNeighbour('add', neighbour),
    );
  }

  removeNeighbour(neighbour: KernelNeighbour): Promise<void> {
    return this.#change(RTM_DELNEIGH, 0, neighbourBody(neighbour), () =>
      describeNeighbour('remove', neighbour),
    );
  }

  /** What traffic filters hang on. Done too where it is there already. */
  async addClsact(link: number): Promise<void> {
    await this.#change(
      RTM_NEWQDISC,
      creation('exclusive'),
      clsactBody(link),
      () => `add clsact to interface ${link}`,
      FILTER_WAYS,
    ).catch(forgiveExistence);
  }

  /** Of our making, on the ingress hook of one interface. */
  async trafficFilters(link: number): Promise<TrafficFilter[]> {
    const wanted = trafficFilterQuery(link);
    const found = await this.#requests.dump(RTM_GETTFILTER, wanted, 'traffic filters');
    return found.flatMap((m) => parseTrafficFilter(m) ?? []);
  }

  /** In place of the filter with the same key, without a moment between. EEXIST where another one matches the same. */
  async putTrafficFilter(filter: TrafficFilter): Promise<void> {
    const drop = filter.kind === 'drop';
    const put = this.#change(
      RTM_NEWTFILTER,
      NLM_F_CREATE,
      trafficFilterBody(filter),
      () => `put ${describeTrafficFilter(filter)}`,
      FILTER_WAYS,
    );
    // There is one matchall a preference, and nothing to change about ours.
    await (drop ? put.catch(forgiveExistence) : put);
  }

  removeTrafficFilter(key: TrafficFilterKey): Promise<void> {
    return this.#change(
      RTM_DELTFILTER,
      0,
      trafficFilterKey(key),
      () => `remove ${describeTrafficFilter(key)}`,
    );
  }

  #change(
    type: number,
    flags: number,
    body: Uint8Array,
    doing: () => string,
    ways?: Readonly<Record<string, string>>,
  ): Promise<void> {
    const operation = OPERATIONS[(type - RTM_BASE) >> 2]!;
    const way = (errno: string): string | undefined => ways?.[errno];
    return this.#requests.change({ operation, type, flags, body, doing, way });
  }
}

const describe = (what: string, about: IpAddress | Prefix, more = ''): string =>
  `${what} ${typeof about === 'string' ? about : `${about.address}/${about.length}`} ${more}`.trim();

const describeTunnel = (what: string, { type, name, index }: TunnelLink): string =>
  `${what} ${type} tunnel ${name} (${index})`;

const describeNeighbour = (what: string, { address, proxy, index }: KernelNeighbour): string =>
  `${what} ${proxy ? 'proxy' : 'neighbour'} ${address} on interface ${index}`;

function forgiveExistence(error: unknown): void {
  if (!(error instanceof LinuxError) || error.errno !== 'EEXIST') throw error;
}

const isRejected = (result: PromiseSettledResult<void>): result is PromiseRejectedResult =>
  result.status === 'rejected';

const FILTER_WAYS = {
  ENOENT: 'Load the modules: `modprobe -a sch_ingress cls_flower cls_matchall act_gact`.',
};
const NETLINK_ROUTE = 0;
const RTPROT_UNSPEC = 0;
const RTM_BASE = 16;
/** Of four message types each: new, delete, get, set. */
const OPERATIONS: readonly string[] = [
  'link',
  'address',
  'route',
  'neighbour',
  'rule',
  'qdisc',
  'class',
  'filter',
];
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const RTM_NEWNEIGH = 28;
const RTM_DELNEIGH = 29;
const RTM_GETNEIGH = 30;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTM_GETRULE = 34;
const RTM_NEWQDISC = 36;
const RTM_NEWTFILTER = 44;
const RTM_DELTFILTER = 45;
const RTM_GETTFILTER = 46;
const NLM_F_CREATE = 0x400;
