/**
 * Declared items → kernel objects, for what a kernel can do. Pure, and told of changes only: a handover costs what it
 * changes, whatever the number of bindings. Objects that several items need (the one device of all bindings) are
 * counted.
 */
import {
  bits,
  ipv4FromNumber,
  ipv4ToNumber,
  isIpv6,
  prefixOf,
  type IpAddress,
  type Ipv6,
  type Prefix,
} from '../../base/address.js';
import type { DatapathOperation } from '../../core/datapath/diff.js';
import { sameItem } from '../../core/datapath/diff.js';
import {
  keyOf,
  TUNNEL_LINK,
  type DatapathItem,
  type RouteItem,
  type SignallingItem,
  type TunnelItem,
} from '../../core/datapath/model.js';
import { LARGEST_IPV4_PREFIX } from '../../core/ha/options.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { canForward, type Abilities } from './abilities.js';
import {
  objectKey,
  type AcceptObject,
  type KernelObject,
  type RouteObject,
} from './kernel-object.js';
import { FIRST_INDEX, tableNumber } from './marks.js';
import { homeAddressObjects, homeAddressOptionObjects } from './plan-xfrm.js';

/** Who carries the packets of a tunnel. */
export type Carrier =
  | { readonly by: 'userspace' }
  /** A device of its own. */
  | { readonly by: 'device'; readonly device: string; readonly index: number }
  /** The device of all bindings, told by each route where to. */
  | { readonly by: 'route'; readonly source: Ipv6; readonly destination: Ipv6 };

export class Plan {
  readonly #abilities: Abilities;
  readonly #tun: string;
  readonly #kernel: boolean;
  readonly #items = new Map<string, DatapathItem>();
  readonly #objectsOf = new Map<string, readonly KernelObject[]>();
  readonly #wanted = new Map<string, { object: KernelObject; references: number }>();
  readonly #carriers = new Map<string, Carrier>();
  /** Keys of route items by the key of their tunnel. */
  readonly #routes = new Map<string, Set<string>>();
  /** Tunnel by local and remote end of its IPv4 device: the kernel has one for each pair. */
  readonly #pairs = new Map<string, string>();
  readonly #pairOf = new Map<string, string>();
  /** Tunnels that another one with the same ends keeps from having it, by ends. */
  readonly #waiting = new Map<string, Set<string>>();
  readonly #waitsFor = new Map<string, string>();
  readonly #slots = new Slots();

  /** `tun` is the name of the TUN device, and what the names of our other devices begin with. */
  constructor(abilities: Abilities, tun: string) {
    this.#abilities = abilities;
    this.#tun = tun;
    this.#kernel = canForward(abilities);
  }

  get items(): ReadonlyMap<string, DatapathItem> {
    return this.#items;
  }

  /** Undefined for what is not wanted. */
  wanted(objectKey: string): KernelObject | undefined {
    return this.#wanted.get(objectKey)?.object;
  }

  wantedKeys(): IterableIterator<string> {
    return this.#wanted.keys();
  }

  objectsOf(item: DatapathItem): readonly KernelObject[] {
    return this.#objectsOf.get(keyOf(item)) ?? [];
  }

  carrier(tunnel: string): Carrier | undefined {
    return this.#carriers.get(tunnel);
  }

  /** Takes the operations in; gives the keys of the objects that may differ now. */
  update(operations: readonly DatapathOperation[]): Set<string> {
    const touched = new Set<string>();
    const again = new Set<string>();
    for (const { op, item } of operations) {
      const key = keyOf(item);
      if (item.kind === 'route') this.#note(item, key, op !== 'remove');
      if (op === 'remove') {
        if (item.kind === 'tunnel') this.#forget(item.key, again);
        this.#set(key, undefined, touched);
        again.delete(key);
        continue;
      }
      if (item.kind === 'tunnel') this.#carry(item, again);
      this.#items.set(key, item);
      again.add(key);
    }
    for (const key of again) {
      const item = this.#items.get(key);
      if (item) this.#set(key, item, touched);
    }
    return touched;
  }

  #note(item: RouteItem, key: string, there: boolean): void {
    const was = this.#items.get(key);
    if (was?.kind === 'route' && was.tunnel !== undefined)
      this.#routes.get(was.tunnel)?.delete(key);
    if (!there || item.tunnel === undefined) return;
    const keys = this.#routes.get(item.tunnel);
    if (keys) keys.add(key);
    else this.#routes.set(item.tunnel, new Set([key]));
  }

  #carry(item: TunnelItem, again: Set<string>): void {
    const was = this.#carriers.get(item.key);
    const is = this.#choose(item, again);
    if (was && sameItem(was, is)) return;
    this.#carriers.set(item.key, is);
    for (const route of this.#routes.get(item.key) ?? []) again.add(route);
  }

  #forget(tunnel: string, again: Set<string>): void {
    this.#carriers.delete(tunnel);
    this.#slots.free(tunnel);
    this.#release(tunnel, again);
    for (const route of this.#routes.get(tunnel) ?? []) again.add(route);
    if (this.#routes.get(tunnel)?.size === 0) this.#routes.delete(tunnel);
  }

  /** Its ends are free: for the next one that waits for them. */
  #release(tunnel: string, again: Set<string>): void {
    this.#stopWaiting(tunnel);
    const pair = this.#pairOf.get(tunnel);
    if (pair === undefined) return;
    this.#pairOf.delete(tunnel);
    this.#pairs.delete(pair);
    const [next] = this.#waiting.get(pair) ?? [];
    const item = next === undefined ? undefined : this.#items.get(`tunnel ${next}`);
    if (item?.kind !== 'tunnel') return;
    this.#carry(item, again);
    again.add(keyOf(item));
  }

  #wait(tunnel: string, pair: string): void {
    const keys = this.#waiting.get(pair) ?? new Set();
    this.#waiting.set(pair, keys.add(tunnel));
    this.#waitsFor.set(tunnel, pair);
  }

  #stopWaiting(tunnel: string): void {
    const pair = this.#waitsFor.get(tunnel);
    if (pair === undefined) return;
    this.#waitsFor.delete(tunnel);
    const keys = this.#waiting.get(pair)!;
    keys.delete(tunnel);
    if (keys.size === 0) this.#waiting.delete(pair);
  }

  #choose(item: TunnelItem, again: Set<string>): Carrier {
    const { key, local, remote, udp } = item;
    const pair = `${local} ${remote}`;
    const byKernel = this.#kernel && (!udp || this.#abilities.udpTunnels);
    if (byKernel && this.#pairOf.get(key) === pair) return this.#device('s', 1, key);
    this.#release(key, again);
    if (!byKernel) return { by: 'userspace' };
    if (isIpv6(local)) {
      if (item.send.every((s) => s.destination && !s.source)) {
        return { by: 'route', source: local, destination: remote as Ipv6 };
      }
      return this.#device('t', 0, key);
    }
    // Two mobile nodes behind one NAT, two home addresses of one: the second one's packets leave by this process.
    if (this.#pairs.has(pair)) {
      this.#wait(key, pair);
      return { by: 'userspace' };
    }
    this.#pairs.set(pair, key);
    this.#pairOf.set(key, pair);
    return this.#device('s', 1, key);
  }

  #device(letter: string, odd: 0 | 1, tunnel: string): Carrier {
    const slot = this.#slots.of(tunnel);
    const index = FIRST_INDEX + OWN_DEVICES + 2 * slot + odd;
    return { by: 'device', device: `${this.#tun}${letter}${slot}`, index };
  }

  #set(key: string, item: DatapathItem | undefined, touched: Set<string>): void {
    const was = this.#objectsOf.get(key) ?? [];
    const objects = item ? this.#objects(item) : [];
    if (item) this.#objectsOf.set(key, objects);
    else {
      this.#objectsOf.delete(key);
      this.#items.delete(key);
    }
    for (const object of objects) {
      const k = objectKey(object);
      const entry = this.#wanted.get(k);
      touched.add(k);
      this.#wanted.set(k, { object, references: (entry?.references ?? 0) + 1 });
    }
    for (const object of was) {
      const k = objectKey(object);
      const entry = this.#wanted.get(k)!;
      touched.add(k);
      if (--entry.references === 0) this.#wanted.delete(k);
    }
  }

  #objects(item: DatapathItem): readonly KernelObject[] {
    switch (item.kind) {
      case 'signalling':
        return this.#signalling(item);
      case 'address':
        return item.link === TUNNEL_LINK
          ? [this.#tunObject(), { kind: 'address', item }]
          : [{ kind: 'address', item }];
      case 'anycast':
        return [{ kind: 'anycast', item }];
      case 'route':
        return this.#route(item);
      case 'rule':
        return [rule(item.priority, item.from, null, null, tableNumber(item.table))];
      case 'tunnel':
        return this.#tunnel(item);
      case 'homeAddress':
        if (!this.#kernel) return [];
        return [
          rule(
            HOME_SIGNALLING_RULE,
            host(item.home),
            host(item.peer),
            PROTOCOL.mobility,
            tableNumber('careOf6'),
          ),
          ...homeAddressObjects(item),
        ];
      default:
        return item satisfies never;
    }
  }

  #signalling(item: SignallingItem): readonly KernelObject[] {
    const own: KernelObject = { kind: 'signalling', item };
    if (!this.#kernel) return [own];
    const objects: KernelObject[] = [own];
    if (item.udp && this.#abilities.udpTunnels) {
      objects.push({ kind: 'fou', port: item.udp.port });
      // What the port takes in needs a device to come out of before there is a tunnel: Binding Updates.
      for (const [n, local] of (item.udp.endpoints ?? []).slice(0, MAX_ENDPOINTS).entries()) {
        objects.push({
          kind: 'device',
          name: `${this.#tun}r${n}`,
          index: FIRST_INDEX + 1 + n,
          type: 'sit',
          local,
          remote: null,
          external: false,
          udp: null,
        });
      }
    }
    return [...objects, ...homeAddressOptionObjects(item.homeAddressOptionAt ?? [])];
  }

  #tunnel(item: TunnelItem): readonly KernelObject[] {
    const carrier = this.#carriers.get(item.key)!;
    const { local, remote, udp = null } = item;
    switch (carrier.by) {
      case 'userspace': {
        const forwarder: KernelObject[] = [this.#tunObject(), { kind: 'forwarder', item }];
        const device = this.#kernel ? this.#takesIn(item) : undefined;
        return device === undefined ? forwarder : [...forwarder, ...this.#accepts(item, device)];
      }
      case 'route':
        return [this.#shared(), ...this.#accepts(item, this.#shared().name)];
      case 'device':
        return [
          {
            kind: 'device',
            name: carrier.device,
            index: carrier.index,
            type: isIpv6(local) ? 'ip6tnl' : 'sit',
            local,
            remote,
            external: false,
            udp,
          },
          ...this.#accepts(item, carrier.device),
        ];
      default:
        return carrier satisfies never;
    }
  }

  /** The device of the kernel's that what comes through this tunnel comes out of, though this process sends. */
  #takesIn({ local, remote, udp }: TunnelItem): string | undefined {
    // The port is the kernel's: what comes in by it is the kernel's too.
    if (udp) return this.#abilities.udpTunnels ? `${this.#tun}r0` : undefined;
    const holder = this.#pairs.get(`${local} ${remote}`);
    const carrier = holder === undefined ? undefined : this.#carriers.get(holder);
    return carrier?.by === 'device' ? carrier.device : undefined;
  }

  #route(item: RouteItem): readonly KernelObject[] {
    const { destination, metric } = item;
    const base = {
      kind: 'route',
      table: tableNumber(item.table),
      destination,
      metric,
      via: item.via ?? null,
      preferredSource: item.preferredSource ?? null,
      encapsulation: null,
    } as const;
    if (item.link !== TUNNEL_LINK) return [{ ...base, device: item.link }];
    const carrier = item.tunnel === undefined ? undefined : this.#carriers.get(item.tunnel);
    switch (carrier?.by) {
      case undefined:
        // Nothing leaves with the home address as source while it has no binding. A socket that names no source
        // still finds its home address: what it sends ends in the TUN device.
        if (this.#kernel && item.table !== 'main') {
          return [{ ...base, device: null, preferredSource: null } satisfies RouteObject];
        }
        return [this.#tunObject(), { ...base, device: TUNNEL_LINK }];
      case 'userspace':
        return [this.#tunObject(), { ...base, device: TUNNEL_LINK }];
      case 'device':
        return [{ ...base, device: carrier.device }];
      case 'route': {
        const { source, destination: to } = carrier;
        return [
          this.#shared(),
          { ...base, device: this.#shared().name, encapsulation: { source, destination: to } },
        ];
      }
      default:
        return carrier satisfies never;
    }
  }

  /** What comes out of `device` must have come from the far end, and from the home addresses that are bound to it. */
  #accepts(item: TunnelItem, device: string): AcceptObject[] {
    const { remote: outer, udp } = item;
    const base = { kind: 'accept', device, outer, port: udp?.remotePort ?? null } as const;
    const sources = item.accept.map((s) => s.source);
    if (!sources.includes(undefined)) {
      return sources.flatMap((source) =>
        [...addressesOf(source!)].map((inner) => ({ ...base, inner })),
      );
    }
    // A device that takes in from one sender only is filter enough.
    return this.#abilities.admission === 'nft' ? [{ ...base, inner: null }] : [];
  }

  #tunObject(): KernelObject {
    return { kind: 'tun', name: this.#tun };
  }

  #shared() {
    return {
      kind: 'device',
      name: `${this.#tun}x`,
      index: FIRST_INDEX,
      type: 'ip6tnl',
      local: null,
      remote: null,
      external: true,
      udp: null,
    } as const;
  }
}

const rule = (
  priority: number,
  from: ReturnType<typeof prefixOf>,
  to: ReturnType<typeof prefixOf> | null,
  ipProtocol: number | null,
  table: number,
): KernelObject => ({ kind: 'rule', priority, from, to, ipProtocol, table });

const host = (address: IpAddress) => prefixOf(address, bits(address));

/** Each address of a prefix by itself: `LARGEST_IPV4_PREFIX` keeps them few. */
function* addressesOf({ address, length }: Prefix): Generator<IpAddress> {
  if (isIpv6(address)) return yield address;
  const first = ipv4ToNumber(address);
  const count = 2 ** (32 - Math.max(length, LARGEST_IPV4_PREFIX));
  for (let i = 0; i < count; i++) yield ipv4FromNumber(first + i);
}

/** Small numbers for tunnels that have a device: the lowest free one. */
class Slots {
  readonly #of = new Map<string, number>();
  readonly #free: number[] = [];

  of(tunnel: string): number {
    let slot = this.#of.get(tunnel);
    if (slot === undefined) {
      slot = this.#free.pop() ?? this.#of.size;
      this.#of.set(tunnel, slot);
    }
    return slot;
  }

  free(tunnel: string): void {
    const slot = this.#of.get(tunnel);
    if (slot === undefined) return;
    this.#of.delete(tunnel);
    this.#free.push(slot);
  }
}

const HOME_SIGNALLING_RULE = 1000; // ours: before 1001, the home address's own
const MAX_ENDPOINTS = 15; // ours: IPv4 addresses that take in tunnels in UDP
const OWN_DEVICES = 16; // indices before those of the tunnels: the shared one, the receiving ones
