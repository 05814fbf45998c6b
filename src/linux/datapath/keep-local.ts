/** What this process itself does of a datapath: takes signalling in, has the TUN device, carries tunnels. */
import type { IpAddress } from '../../base/address.js';
import type { SignallingItem } from '../../core/datapath/model.js';
import type { Inlet } from '../inlet.js';
import type { LinuxLinks } from '../links.js';
import type { NetNamespace } from '../native.js';
import type { RtNetlink } from '../netlink/rtnetlink.js';
import type { Outlet } from '../outlet.js';
import type { Sysctls } from '../sysctl.js';
import type { Keeper, ObjectOf, Present } from './keeper.js';
import { TunnelDevice } from './tunnel-device.js';
import type { Tunnels } from './tunnels.js';

/** Keeps the kernel from answering what is ours, or from letting in what nobody may send. */
export interface Gate {
  guard(addresses: readonly IpAddress[]): Promise<void>;
}

export interface SignallingParts {
  readonly inlet: Inlet;
  readonly outlet: Outlet;
  readonly tunnels: Tunnels;
  readonly gate: Gate;
  /** The kernel takes in tunnels in UDP by itself, and sends them. */
  readonly udpByKernel: boolean;
  /** Opens and closes the Mobility Header socket, where the kernel serves these. */
  readonly mobility: ((open: boolean) => void) | undefined;
}

export class SignallingKeeper implements Keeper<ObjectOf<'signalling'>> {
  readonly #parts: SignallingParts;
  readonly present = undefined;

  constructor(parts: SignallingParts) {
    this.#parts = parts;
  }

  put({ item }: ObjectOf<'signalling'>): Promise<void> {
    return this.#set(item);
  }

  remove(): Promise<void> {
    return this.#set(null);
  }

  text(): string {
    return '';
  }

  #set(item: SignallingItem | null): Promise<void> {
    const { inlet, outlet, tunnels, gate, udpByKernel, mobility } = this.#parts;
    const addresses = item?.addresses ?? [];
    inlet.setLocal(addresses);
    tunnels.forwarder.setLocal(addresses);
    mobility?.(item !== null);
    const guarded = gate.guard(addresses);
    guarded.catch(() => {}); // awaited below unless the socket fails first
    const udp = item?.udp ?? null;
    if (udpByKernel) {
      inlet.setUdp(udp?.port ?? null);
      outlet.setRawUdp(udp?.port ?? 0);
    } else {
      outlet.setUdp(udp);
      tunnels.setUdp(outlet.udp, outlet.udpPort);
    }
    outlet.forgetWays();
    return guarded;
  }
}

export interface TunParts {
  readonly netns: NetNamespace;
  readonly requests: RtNetlink;
  readonly links: LinuxLinks;
  readonly inlet: Inlet;
  readonly tunnels: Tunnels;
  readonly sysctls: Sysctls;
  /** octets */
  readonly mtu: number;
}

export class TunKeeper implements Keeper<ObjectOf<'tun'>> {
  readonly #parts: TunParts;
  #device: TunnelDevice | undefined;

  constructor(parts: TunParts) {
    this.#parts = parts;
  }

  /** 0 while there is none. */
  get index(): number {
    return this.#device?.index ?? 0;
  }

  put({ name }: ObjectOf<'tun'>): Promise<void> {
    this.close(); // somebody has deleted it, or it would be there
    const { netns, mtu, requests, sysctls, inlet, tunnels } = this.#parts;
    const device = new TunnelDevice({ netns, name, mtu }, requests, sysctls);
    this.#device = device;
    inlet.tunnelIndex = device.index;
    tunnels.setDevice(device);
    return device.ready;
  }

  remove(): undefined {
    this.close();
  }

  /** It goes away with its descriptor. */
  close(): void {
    this.#parts.tunnels.setDevice(undefined);
    this.#parts.inlet.tunnelIndex = 0;
    this.#device?.close();
    this.#device = undefined;
  }

  text(): string {
    return 'up';
  }

  readonly present = async (): Promise<ReadonlyMap<string, Present>> => {
    const { requests } = this.#parts;
    const device = this.#device;
    const link = device && (await requests.link(device.index));
    if (!device || !link) return new Map();
    return new Map([
      [`tun ${device.name}`, { text: link.up ? 'up' : 'down', remove: async () => this.close() }],
    ]);
  };
}

export class ForwarderKeeper implements Keeper<ObjectOf<'forwarder'>> {
  readonly #tunnels: Tunnels;
  readonly #outlet: Outlet;
  readonly present = undefined;

  constructor(tunnels: Tunnels, outlet: Outlet) {
    this.#tunnels = tunnels;
    this.#outlet = outlet;
  }

  put({ item }: ObjectOf<'forwarder'>, was: ObjectOf<'forwarder'> | undefined): undefined {
    if (was) this.#outlet.forgetWay(was.item);
    this.#tunnels.forwarder.put(item);
  }

  remove({ item }: ObjectOf<'forwarder'>): undefined {
    this.#outlet.forgetWay(item);
    this.#tunnels.forwarder.remove(item.key);
  }

  text(): string {
    return '';
  }
}
