/** Addresses, routes and rules, by rtnetlink. Ours bear our protocol number. */
import { isIpv6, type IpAddress } from '../../base/address.js';
import type { AddressItem } from '../../core/datapath/model.js';
import { keyOf, TUNNEL_LINK } from '../../core/datapath/model.js';
import { LinuxError } from '../error.js';
import type {
  AddressRequest,
  KernelAddress,
  KernelRoute,
  KernelRule,
  RtNetlink,
} from '../netlink/rtnetlink.js';
import type { Sysctls } from '../sysctl.js';
import { errnoIs, forgiveAbsence } from './absence.js';
import type { DeviceIndex, Keeper, ObjectOf, ObjectText, Present } from './keeper.js';
import { objectKey, type RouteObject, type RuleObject } from './kernel-object.js';
import { PROTOCOL_MIP6 } from './marks.js';

export class AddressKeeper implements Keeper<ObjectOf<'address'>> {
  readonly #requests: RtNetlink;
  readonly #devices: DeviceIndex;
  readonly #sysctls: Sysctls;
  readonly #reconcile: () => void;

  /** `reconcile` is called when the kernel has taken routes with an address that had to be made anew. */
  constructor(requests: RtNetlink, devices: DeviceIndex, sysctls: Sysctls, reconcile: () => void) {
    this.#requests = requests;
    this.#devices = devices;
    this.#sysctls = sysctls;
    this.#reconcile = reconcile;
  }

  put({ item }: ObjectOf<'address'>, was: ObjectOf<'address'> | undefined): Promise<void> {
    const request = addressRequest(item, need(this.#devices, item.link));
    if (!isIpv6(item.address) && item.link !== TUNNEL_LINK) this.#promote(item.link);
    // A change of prefix length is another address to the kernel, and one of flags may not be taken: anew.
    if (was) {
      this.#requests.removeAddress(addressRequest(was.item, request.index)).catch(() => {});
    }
    return this.#requests.addAddress(request, 'exclusive').catch(async (error: unknown) => {
      if (errnoIs(error, 'EEXIST')) await this.#adopt(request);
      else throw error;
    });
  }

  async remove({ item }: ObjectOf<'address'>): Promise<void> {
    const index = this.#devices.indexOf(item.link);
    if (index === undefined) return; // it went with its interface
    await this.#requests.removeAddress(addressRequest(item, index)).catch(forgiveAbsence);
  }

  text({ item }: ObjectOf<'address'>): string {
    const index = this.#devices.indexOf(item.link) ?? 0;
    return addressText(index, item.prefixLength, isHome(item));
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const a of await this.#requests.addresses()) {
      if (a.protocol !== PROTOCOL_MIP6) continue;
      const { key, text } = addressOf(a, this.#devices);
      all.set(key, {
        text,
        remove: () =>
          this.#requests.removeAddress({ ...a, prefixRoute: true }).catch(forgiveAbsence),
      });
    }
    return all;
  };

  /** Or else an IPv4 address that goes takes along those of its prefix that came later: the next care-of address. */
  #promote(link: string): void {
    try {
      this.#sysctls.change({ [`ipv4/conf/${link}/promote_secondaries`]: '1' });
    } catch {
      // Where settings are read-only, a later call puts right what the kernel took.
    }
  }

  /** The address is there: from an earlier run, or of someone else, who then keeps it. */
  async #adopt(request: AddressRequest): Promise<void> {
    const there = (await this.#requests.addresses()).find(
      (a) => a.index === request.index && a.address === request.address,
    );
    if (there?.protocol !== PROTOCOL_MIP6 || same(there, request)) return;
    await this.#requests.removeAddress({ ...request, prefixLength: there.prefixLength });
    await this.#requests.addAddress(request, 'exclusive');
    // With the address the kernel took its routes, which may have been added by now.
    queueMicrotask(this.#reconcile);
  }
}

export class RouteKeeper implements Keeper<RouteObject> {
  readonly #requests: RtNetlink;
  readonly #devices: DeviceIndex;

  constructor(requests: RtNetlink, devices: DeviceIndex) {
    this.#requests = requests;
    this.#devices = devices;
  }

  put(object: RouteObject, was: RouteObject | undefined): Promise<void> {
    const route = this.#route(
      object,
      object.device === null ? 0 : need(this.#devices, object.device),
    );
    // IPv6 replaces by destination and metric only where the kernel finds one; it is created otherwise.
    if (was) return this.#requests.addRoute(route, 'replace');
    return this.#requests.addRoute(route, 'exclusive').catch(async (error: unknown) => {
      if (!errnoIs(error, 'EEXIST')) throw error;
      const ours = await this.#requests.routes(PROTOCOL_MIP6);
      if (ours.some((r) => routeOf(r).key === objectKey(object))) {
        return this.#requests.addRoute(route, 'replace');
      }
      throw new LinuxError('NETLINK', `${objectKey(object)} belongs to another program.`, {
        errno: 'EEXIST',
        way: 'Remove that route, or keep its program away from this interface.',
      });
    });
  }

  async remove(object: RouteObject): Promise<void> {
    const index = object.device === null ? 0 : this.#devices.indexOf(object.device);
    if (index === undefined) return;
    await this.#requests.removeRoute(this.#route(object, index)).catch(forgiveAbsence);
  }

  text(object: RouteObject): string {
    const index = object.device === null ? 0 : (this.#devices.indexOf(object.device) ?? 0);
    return routeText(this.#route(object, index));
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const route of await this.#requests.routes(PROTOCOL_MIP6)) {
      const { key, text } = routeOf(route);
      all.set(key, {
        text,
        remove: () => this.#requests.removeRoute(route).catch(forgiveAbsence),
      });
    }
    return all;
  };

  #route(object: RouteObject, index: number): KernelRoute {
    const { table, destination, metric, via, preferredSource, encapsulation, device } = object;
    return {
      type: device === null ? 'blackhole' : 'unicast',
      table,
      protocol: PROTOCOL_MIP6,
      destination,
      index,
      via: via ?? undefined,
      preferredSource: preferredSource ?? undefined,
      metric,
      ...(encapsulation ? { encapsulation: { ...encapsulation, hopLimit: HOP_LIMIT } } : {}),
    };
  }
}

export class RuleKeeper implements Keeper<RuleObject> {
  readonly #requests: RtNetlink;

  constructor(requests: RtNetlink) {
    this.#requests = requests;
  }

  async put(object: RuleObject, was: RuleObject | undefined): Promise<void> {
    const added = this.#requests.addRule(kernelRule(object)).catch((error: unknown) => {
      if (!errnoIs(error, 'EEXIST')) throw error; // the same rule, from an earlier run
    });
    // A rule has no key in the kernel: another table is another rule.
    const gone = was && this.#requests.removeRule(kernelRule(was)).catch(forgiveAbsence);
    await Promise.all([added, gone]);
  }

  async remove(object: RuleObject): Promise<void> {
    await this.#requests.removeRule(kernelRule(object)).catch(forgiveAbsence);
  }

  text(object: RuleObject): string {
    return String(object.table);
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const all = new Map<string, Present>();
    for (const rule of await this.#requests.rules()) {
      if (rule.protocol !== PROTOCOL_MIP6) continue;
      const { priority, from, to = null, ipProtocol = null, table } = rule;
      const object: RuleObject = { kind: 'rule', priority, from, to, ipProtocol, table };
      all.set(objectKey(object), {
        text: this.text(object),
        remove: () => this.#requests.removeRule(rule).catch(forgiveAbsence),
      });
    }
    return all;
  };
}

/** Key and text of an address as the kernel tells it. */
export function addressOf(there: KernelAddress, devices: DeviceIndex): ObjectText {
  const { address, index, prefixLength, homeAddress, usable } = there;
  const link = devices.nameOf(index);
  return {
    key: keyOf({ kind: 'address', link, address, prefixLength, onLinkPrefix: true }),
    text: usable ? addressText(index, prefixLength, homeAddress) : 'unusable',
  };
}

/** Key and text of a route as the kernel tells it. */
export function routeOf(route: KernelRoute): ObjectText {
  const { table, destination, metric } = route;
  const nowhere = { device: null, via: null, preferredSource: null, encapsulation: null };
  return {
    key: objectKey({ kind: 'route', table, destination, metric, ...nowhere }),
    text: routeText(route),
  };
}

function need(devices: DeviceIndex, link: string): number {
  const index = devices.indexOf(link);
  if (index !== undefined) return index;
  throw new LinuxError('NETLINK', `There is no interface ${link}.`, { errno: 'ENODEV' });
}

/** RFC 6275 §11.3.3: the kernel takes a type 2 routing header only for an address so marked. */
const isHome = (item: AddressItem): boolean =>
  item.link === TUNNEL_LINK && item.home === true && isIpv6(item.address);

const addressRequest = (item: AddressItem, index: number): AddressRequest => ({
  index,
  address: item.address,
  prefixLength: item.prefixLength,
  prefixRoute: item.onLinkPrefix,
  ...(isHome(item) ? { homeAddress: true } : {}),
  // The flag above counts in kernels with Mobile IPv6 alone; that a care-of address is deprecated counts in all.
  ...(item.careOf ? { deprecated: true } : {}),
  protocol: PROTOCOL_MIP6,
});

const addressText = (index: number, prefixLength: number, home: boolean): string =>
  `${index} /${prefixLength}${home ? ' home' : ''}`;

const same = (there: KernelAddress, wanted: AddressRequest): boolean =>
  there.prefixLength === wanted.prefixLength && there.homeAddress === (wanted.homeAddress === true);

const kernelRule = ({ priority, from, to, ipProtocol, table }: RuleObject): KernelRule => ({
  priority,
  from,
  ...(to === null ? {} : { to }),
  ...(ipProtocol === null ? {} : { ipProtocol }),
  table,
  protocol: PROTOCOL_MIP6,
});

function routeText(route: KernelRoute): string {
  const { type, index, via, preferredSource, encapsulation: e } = route;
  const outer = e ? ` encap ${e.source} ${e.destination}` : '';
  return `${type} ${index} ${via ?? '-'} ${text(preferredSource)}${outer}`;
}

const text = (address: IpAddress | undefined): string => address ?? '-';

const HOP_LIMIT = 64; // RFC 2473 §6.3, as ip6_tunnel does by default
