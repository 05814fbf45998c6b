/**
 * The datapath of any kernel with TUN: addresses, routes and rules by netlink, tunnels in this process, a guard in
 * nftables. All that it leaves in the kernel carries our protocol number, so that it can be found again after a
 * crash without a memory of it.
 */
import { type IpAddress } from '../../base/address.js';
import { diff, type DatapathOperation } from '../../core/datapath/diff.js';
import {
  keyOf,
  NO_DATAPATH,
  TUNNEL_LINK,
  type AddressItem,
  type DatapathItem,
  type DatapathState,
  type RouteItem,
  type RuleItem,
  type SignallingItem,
  type TableName,
  type TunnelItem,
} from '../../core/datapath/model.js';
import type { Datapath } from '../../ports/index.js';
import { LinuxError } from '../error.js';
import type { Inlet } from '../inlet.js';
import type { LinuxLinks } from '../links.js';
import type { NetNamespace } from '../native.js';
import type { AddressRequest, KernelRoute, KernelRule, RtNetlink } from '../netlink/rtnetlink.js';
import type { Outlet } from '../outlet.js';
import type { Sysctls } from '../sysctl.js';
import type { SignallingGuard } from './guard.js';
import { TunnelDevice } from './tunnel-device.js';
import type { Tunnels } from './tunnels.js';

export interface UserspaceParts {
  readonly netns: NetNamespace;
  readonly requests: RtNetlink;
  readonly links: LinuxLinks;
  readonly inlet: Inlet;
  readonly outlet: Outlet;
  readonly tunnels: Tunnels;
  readonly guard: SignallingGuard;
  readonly sysctls: Sysctls;
  readonly tunnelName: string;
  /** octets */
  readonly tunnelMtu: number;
}

/** Routing tables of ours in the kernel's numbers. */
export const TABLE: Readonly<Record<TableName, number>> = {
  main: 254,
  home: 7001,
  careOf4: 7004,
  careOf6: 7006,
};

/** rtm_protocol, FRA_PROTOCOL and IFA_PROTO of all that is ours: 109, `m`. */
export const PROTOCOL_MIP6 = 0x6d;

export class UserspaceDatapath implements Datapath {
  readonly #parts: UserspaceParts;
  #have: DatapathState = NO_DATAPATH;
  #want: DatapathState = NO_DATAPATH;
  #device: TunnelDevice | undefined;
  #running: Promise<unknown> | undefined;

  constructor(parts: UserspaceParts) {
    this.#parts = parts;
  }

  /**
   * Makes `want` so. Requests leave at once and in order; the promise settles when the kernel has answered all.
   * What fails is tried again by the next call; the others stand. Rejects with the first `LinuxError`.
   */
  apply(want: DatapathState): Promise<void> {
    return this.#inTurn(() => this.#apply(want));
  }

  snapshot(): DatapathState {
    return this.#have;
  }

  /** Interfaces went up, or notices were lost: reads what the kernel still has of ours and restores the rest. */
  reconcile(): Promise<void> {
    return this.#inTurn(async () => {
      if (this.#want.items.length === 0) return;
      const kernel = await this.#inKernel();
      const have = this.#have.items.filter((item) => this.#isThere(item, kernel));
      if (have.length < this.#have.items.length) this.#have = { items: have };
      await this.#apply(this.#want);
    });
  }

  clean(): Promise<void> {
    return this.#inTurn(async () => {
      const { requests, guard, sysctls } = this.#parts;
      this.#want = NO_DATAPATH;
      const kernel = await this.#inKernel();
      const gone = [
        ...kernel.rules.map((rule) => requests.removeRule(rule)),
        ...kernel.routes.map((route) => requests.removeRoute(route)),
        ...kernel.addresses.map((address) => requests.removeAddress(address)),
        guard.remove(),
      ];
      this.#signalling(null);
      this.#parts.tunnels.forwarder.update([], []);
      this.#parts.outlet.forgetWays();
      this.#closeDevice();
      sysctls.restore();
      this.#have = NO_DATAPATH;
      await settle(gone.map((done) => done.catch(forgiveAbsence)));
    });
  }

  /** Closes the tunnel device and no more: see `clean`. */
  close(): void {
    this.#closeDevice();
  }

  /** One after the other, and at once when nothing runs: the requests of a handover leave within this call. */
  #inTurn(work: () => Promise<void>): Promise<void> {
    const turn = this.#running ? this.#running.then(work, work) : work();
    const done: Promise<unknown> = turn.then(
      () => {},
      () => {},
    );
    this.#running = done;
    void done.then(() => {
      if (this.#running === done) this.#running = undefined;
    });
    return turn;
  }

  async #apply(want: DatapathState): Promise<void> {
    this.#want = want;
    const operations = diff(this.#have, want);
    if (operations.length === 0) {
      this.#have = want;
      return;
    }
    const steps = operations.map((operation) => ({ operation, done: this.#start(operation) }));
    const failed: { operation: DatapathOperation; error: unknown }[] = [];
    await Promise.all(
      steps.map(({ operation, done }) =>
        done?.catch((error: unknown) => failed.push({ operation, error })),
      ),
    );
    if (failed.length === 0) {
      this.#have = want;
      return;
    }
    this.#have = without(want, failed);
    throw failed[0]!.error;
  }

  /** Sends the requests of one operation before it returns. Undefined: done already. */
  #start(operation: DatapathOperation): Promise<void> | undefined {
    const { item } = operation;
    try {
      switch (item.kind) {
        case 'address':
          return this.#address(operation, item);
        case 'route':
          return this.#route(operation, item);
        case 'rule':
          return this.#rule(operation, item);
        case 'tunnel': {
          const { forwarder } = this.#parts.tunnels;
          const was = operation.op === 'replace' ? (operation.was as TunnelItem) : item;
          this.#parts.outlet.forgetWay(was);
          if (operation.op === 'remove') return void forwarder.remove(item.key);
          forwarder.put(item);
          return this.#needDevice().ready;
        }
        case 'signalling':
          return this.#signalling(operation.op === 'remove' ? null : item);
        default:
          return item satisfies never;
      }
    } catch (error) {
      return Promise.reject(error instanceof Error ? error : new Error(String(error)));
    }
  }

  #address(operation: DatapathOperation, item: AddressItem): Promise<void> {
    const { requests } = this.#parts;
    if (operation.op === 'remove') {
      const index = this.#indexOf(item.link);
      if (index === undefined) return Promise.resolve(); // it went with its interface
      return requests.removeAddress(addressRequest(item, index)).catch(forgiveAbsence);
    }
    const request = addressRequest(item, this.#needIndex(item.link));
    // A change of prefix length is another address to the kernel, and one of flags may not be taken: anew.
    if (operation.op === 'replace') {
      const was = operation.was as AddressItem;
      requests.removeAddress(addressRequest(was, request.index)).catch(() => {});
    }
    return requests.addAddress(request, 'exclusive').catch(async (error: unknown) => {
      if (errnoIs(error, 'EEXIST')) await this.#adoptAddress(request);
      else throw error;
    });
  }

  /** The address is there: from an earlier run, or of someone else, who then keeps it. */
  async #adoptAddress(request: AddressRequest): Promise<void> {
    const { requests } = this.#parts;
    const there = (await requests.addresses()).find(
      (a) => a.index === request.index && a.address === request.address,
    );
    if (there?.protocol !== PROTOCOL_MIP6 || there.prefixLength === request.prefixLength) return;
    await requests.removeAddress({ ...request, prefixLength: there.prefixLength });
    await requests.addAddress(request, 'exclusive');
    // With the address the kernel took its routes, which may have been added by now.
    queueMicrotask(() => void this.reconcile().catch(() => {}));
  }

  #route(operation: DatapathOperation, item: RouteItem): Promise<void> {
    const { requests } = this.#parts;
    if (operation.op === 'remove') {
      const index = this.#indexOf(item.link);
      if (index === undefined) return Promise.resolve();
      return requests.removeRoute(kernelRoute(item, index)).catch(forgiveAbsence);
    }
    const route = kernelRoute(item, this.#needIndex(item.link));
    if (operation.op === 'replace') {
      // IPv6 replaces by destination and metric only where the kernel finds one; it is created otherwise.
      return requests.addRoute(route, 'replace');
    }
    return requests.addRoute(route, 'exclusive').catch(async (error: unknown) => {
      if (!errnoIs(error, 'EEXIST')) throw error;
      const same = (await requests.routes(PROTOCOL_MIP6)).some((r) => sameRouteKey(r, route));
      if (same) return requests.addRoute(route, 'replace');
      throw new LinuxError('NETLINK', `${keyOf(item)} belongs to another program.`, {
        errno: 'EEXIST',
        way: 'Remove that route, or keep its program away from this interface.',
      });
    });
  }

  async #rule(operation: DatapathOperation, item: RuleItem): Promise<void> {
    const { requests } = this.#parts;
    if (operation.op === 'remove') {
      return requests.removeRule(kernelRule(item)).catch(forgiveAbsence);
    }
    const added = requests.addRule(kernelRule(item)).catch((error: unknown) => {
      if (!errnoIs(error, 'EEXIST')) throw error; // the same rule, from an earlier run
    });
    if (operation.op === 'replace') {
      const was = operation.was as RuleItem;
      await Promise.all([added, requests.removeRule(kernelRule(was)).catch(forgiveAbsence)]);
    } else await added;
  }

  #signalling(item: SignallingItem | null): Promise<void> {
    const { inlet, outlet, tunnels, guard } = this.#parts;
    const addresses: readonly IpAddress[] = item?.addresses ?? [];
    inlet.setLocal(addresses);
    tunnels.forwarder.setLocal(addresses);
    const guarded = guard.guard(addresses);
    guarded.catch(() => {}); // awaited below unless the socket fails first
    outlet.setUdp(item?.udp ?? null);
    outlet.forgetWays();
    tunnels.setUdp(outlet.udp, outlet.udpPort);
    return guarded;
  }

  #needDevice(): TunnelDevice {
    if (this.#device) return this.#device;
    const { netns, tunnelName: name, tunnelMtu: mtu, requests, sysctls } = this.#parts;
    this.#device = new TunnelDevice({ netns, name, mtu }, requests, sysctls);
    this.#parts.inlet.tunnelIndex = this.#device.index;
    this.#parts.tunnels.setDevice(this.#device);
    return this.#device;
  }

  #closeDevice(): void {
    this.#parts.tunnels.setDevice(undefined);
    this.#parts.inlet.tunnelIndex = 0;
    this.#device?.close();
    this.#device = undefined;
  }

  #indexOf(link: string): number | undefined {
    return link === TUNNEL_LINK ? this.#device?.index : this.#parts.links.byName(link)?.index;
  }

  #needIndex(link: string): number {
    const index = link === TUNNEL_LINK ? this.#needDevice().index : this.#indexOf(link);
    if (index !== undefined) return index;
    throw new LinuxError('NETLINK', `There is no interface ${link}.`, { errno: 'ENODEV' });
  }

  /** What bears our protocol number. */
  async #inKernel(): Promise<InKernel> {
    const { requests } = this.#parts;
    const [rules, routes, addresses] = await Promise.all([
      requests.rules(),
      requests.routes(PROTOCOL_MIP6),
      requests.addresses(),
    ]);
    return {
      rules: rules.filter((rule) => rule.protocol === PROTOCOL_MIP6),
      routes,
      addresses: addresses
        .filter((a) => a.protocol === PROTOCOL_MIP6)
        .map((a) => ({ ...a, prefixRoute: true })),
    };
  }

  #isThere(item: DatapathItem, kernel: InKernel): boolean {
    switch (item.kind) {
      case 'address': {
        const index = this.#indexOf(item.link);
        return kernel.addresses.some((a) => a.index === index && a.address === item.address);
      }
      case 'route': {
        const index = this.#indexOf(item.link);
        const wanted = index === undefined ? undefined : kernelRoute(item, index);
        return kernel.routes.some((r) => r.index === index && wanted && sameRouteKey(r, wanted));
      }
      case 'rule':
        return kernel.rules.some(
          (r) => r.priority === item.priority && r.table === TABLE[item.table] && sameFrom(r, item),
        );
      default:
        return true; // not in the kernel's tables
    }
  }
}

interface InKernel {
  readonly rules: readonly KernelRule[];
  readonly routes: readonly KernelRoute[];
  readonly addresses: readonly AddressRequest[];
}

/** In force after some operations failed: failed additions are not, failed removals still are. */
function without(
  want: DatapathState,
  failed: readonly { operation: DatapathOperation }[],
): DatapathState {
  const absent = new Set<string>();
  const left: DatapathItem[] = [];
  for (const { operation } of failed) {
    if (operation.op === 'remove') left.push(operation.item);
    else absent.add(keyOf(operation.item));
  }
  return { items: [...want.items.filter((item) => !absent.has(keyOf(item))), ...left] };
}

const addressRequest = (item: AddressItem, index: number): AddressRequest => ({
  index,
  address: item.address,
  prefixLength: item.prefixLength,
  prefixRoute: item.onLinkPrefix,
  protocol: PROTOCOL_MIP6,
});

const kernelRoute = (item: RouteItem, index: number): KernelRoute => ({
  type: 'unicast',
  table: TABLE[item.table],
  protocol: PROTOCOL_MIP6,
  destination: item.destination,
  index,
  via: item.via,
  preferredSource: item.preferredSource,
  metric: item.metric,
});

const kernelRule = (item: RuleItem): KernelRule => ({
  priority: item.priority,
  from: item.from,
  table: TABLE[item.table],
  protocol: PROTOCOL_MIP6,
});

const sameRouteKey = (a: KernelRoute, b: KernelRoute): boolean =>
  a.table === b.table &&
  a.destination.address === b.destination.address &&
  a.destination.length === b.destination.length &&
  // The kernel writes IPv6 metric 0 as 1024.
  (a.metric === b.metric || (b.metric === 0 && a.metric === 1024));

const sameFrom = (rule: KernelRule, item: RuleItem): boolean =>
  rule.from.address === item.from.address && rule.from.length === item.from.length;

async function settle(work: readonly Promise<void>[]): Promise<void> {
  const failed = (await Promise.allSettled(work)).find((r) => r.status === 'rejected');
  if (failed) throw failed.reason;
}

const errnoIs = (error: unknown, errno: string): boolean =>
  error instanceof LinuxError && error.errno === errno;

/** What was to go is not there: it went with its interface or its source address. */
function forgiveAbsence(error: unknown): void {
  if (!(error instanceof LinuxError) || !ABSENT.has(error.errno ?? '')) throw error;
}

const ABSENT = new Set(['ESRCH', 'ENOENT', 'ENODEV', 'ENXIO', 'EADDRNOTAVAIL']);
