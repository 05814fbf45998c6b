/** Puts a `LinuxDatapath` together for what a kernel can do. */
import { ipv6FromOctets } from '../../base/address.js';
import { TUNNEL_LINK } from '../../core/datapath/model.js';
import type { ReceivedPacket, WorldInput } from '../../core/input.js';
import type { Failures } from '../failures.js';
import type { Inlet } from '../inlet.js';
import type { LinuxLinks } from '../links.js';
import { behindHomeAddress, MobilitySocket } from '../mobility-socket.js';
import type { NetNamespace } from '../native.js';
import { FouPorts } from '../netlink/fou.js';
import type { Outbox } from '../netlink/outbox.js';
import type { RtNetlink } from '../netlink/rtnetlink.js';
import { XfrmNetlink } from '../netlink/xfrm/xfrm-netlink.js';
import type { Outlet } from '../outlet.js';
import type { Sysctls } from '../sysctl.js';
import { canForward, type Abilities } from './abilities.js';
import type { Admission } from './admission.js';
import { FlowerAdmission } from './admission-flower.js';
import { NftAdmission } from './admission-nft.js';
import { FirstPackets } from './first-packets.js';
import { SignallingGuard } from './guard.js';
import { AnycastKeeper } from './keep-anycast.js';
import { DeviceKeeper, FouKeeper } from './keep-devices.js';
import { ForwarderKeeper, SignallingKeeper, TunKeeper } from './keep-local.js';
import { AddressKeeper, RouteKeeper, RuleKeeper } from './keep-routing.js';
import { PolicyKeeper, StateKeeper } from './keep-xfrm.js';
import type { DeviceIndex, Keeper, Keepers } from './keeper.js';
import type { AcceptObject } from './kernel-object.js';
import { LinuxDatapath } from './linux-datapath.js';
import { FIRST_INDEX } from './marks.js';
import type { MobilityTap } from './mobility-tap.js';
import { Plan, type Carrier } from './plan.js';
import type { Tunnels } from './tunnels.js';
import { DatapathWatch } from './watch.js';

export interface DatapathRequest {
  readonly abilities: Abilities;
  readonly netns: NetNamespace;
  readonly outbox: Outbox;
  readonly requests: RtNetlink;
  readonly links: LinuxLinks;
  readonly inlet: Inlet;
  readonly outlet: Outlet;
  readonly tunnels: Tunnels;
  readonly tap: MobilityTap;
  readonly sysctls: Sysctls;
  readonly failures: Failures;
  readonly input: (input: WorldInput) => void;
  readonly counters: Record<string, number>;
  readonly tunnelName: string;
  /** octets */
  readonly tunnelMtu: number;
  /** nftables table */
  readonly table: string;
  /** Somebody else had changed what is ours; these objects are as they should be again. */
  readonly mended: (keys: readonly string[]) => void;
  readonly mendFailed: (error: unknown) => void;
}

export interface OpenDatapath {
  readonly datapath: LinuxDatapath;
  /** What `Inlet` is to do with Mobility Headers. */
  readonly mobility: (packet: ReceivedPacket) => void;
  /** Once, at start, so that the first handover does not wait for it. */
  prepare(): Promise<void>;
  close(): void;
}

export async function openDatapath(request: DatapathRequest): Promise<OpenDatapath> {
  const { abilities, netns, outbox, requests, inlet, outlet, tunnels, sysctls, links } = request;
  const byKernel = canForward(abilities);
  const closers: (() => void)[] = [];
  const keep = <T extends { close(): void }>(part: T): T => {
    closers.unshift(() => part.close());
    return part;
  };
  try {
    const xfrm = byKernel ? keep(new XfrmNetlink(netns, outbox)) : undefined;
    const fou = abilities.udpTunnels ? keep(await FouPorts.open(netns, outbox)) : undefined;
    const plan = new Plan(abilities, request.tunnelName);
    const tun = keep(
      new TunKeeper({ netns, requests, links, inlet, tunnels, sysctls, mtu: request.tunnelMtu }),
    );
    const devices = new Devices(request, plan, tun);
    const gate = keep(
      byKernel
        ? admission(request, devices, () => void restore())
        : new SignallingGuard(netns, request.table, outbox),
    );
    const first = keep(
      new FirstPackets(netns, (tunnel, direction) =>
        request.input({ kind: 'firstPacket', tunnel, direction }),
      ),
    );
    const anycast = keep(new AnycastKeeper(netns, devices));
    const again = (index: number): void => anycast.again(index);
    links.on('raised', again);
    keep({ close: () => links.off('raised', again) });
    const socket = byKernel ? new KernelMobility(request) : undefined;
    if (socket) keep(socket);
    const keepers: Keepers = {
      signalling: new SignallingKeeper({
        inlet,
        outlet,
        tunnels,
        gate,
        udpByKernel: byKernel && abilities.udpTunnels,
        mobility: socket && ((open) => socket.set(open)),
      }),
      tun,
      fou: fou ? new FouKeeper(fou) : NOT_HERE,
      device: byKernel
        ? new DeviceKeeper(requests, sysctls, request.tunnelMtu, (device) =>
            (gate as Admission).deviceMade(device),
          )
        : NOT_HERE,
      anycast,
      address: new AddressKeeper(
        requests,
        devices,
        sysctls,
        () => void datapath.reconcile().catch(() => {}),
      ),
      accept: byKernel ? (gate as Admission).keeper : NOT_HERE,
      forwarder: new ForwarderKeeper(tunnels, outlet),
      state: xfrm ? new StateKeeper(xfrm) : NOT_HERE,
      policy: xfrm ? new PolicyKeeper(xfrm) : NOT_HERE,
      route: new RouteKeeper(requests, devices),
      rule: new RuleKeeper(requests),
    };
    const datapath = new LinuxDatapath({
      plan,
      keepers,
      admit: (add, remove) =>
        byKernel ? (gate as Admission).change(add, remove) : Promise.resolve(),
      carried: (tunnel, carrier) => {
        const index = carrier && devices.indexOfCarrier(carrier);
        if (index === undefined) first.forget(tunnel.key);
        else first.watch(tunnel, index);
      },
      cleanRest: async () => {
        tun.close();
        anycast.close();
        tunnels.forwarder.update([], []);
        outlet.forgetWays();
        try {
          await gate.remove();
        } finally {
          sysctls.restore(); // the removal of addresses, which some of them are about, has left by now
        }
      },
    });
    const { mended, mendFailed: failed } = request;
    const restore = async (): Promise<void> => {
      try {
        await (gate as Admission).restore(datapath.wanted('accept') as AcceptObject[]);
        mended([`nftables table ${request.table}`]);
      } catch (error) {
        failed(error);
      }
    };
    keep(
      new DatapathWatch({
        netns,
        requests,
        links,
        datapath,
        devices,
        xfrm: xfrm !== undefined,
        fou: fou !== undefined,
        tun: () => tun.index,
        mended,
        failed,
      }),
    );
    return {
      datapath,
      mobility: (packet) =>
        byKernel ? request.tap.note(packet) : request.input({ kind: 'packet', packet }),
      prepare: () => gate.prepare(),
      close: () => {
        for (const close of closers) close();
      },
    };
  } catch (error) {
    for (const close of closers) close();
    throw error;
  }
}

function admission(
  { abilities, netns, table, outbox, requests }: DatapathRequest,
  devices: DeviceIndex,
  changed: () => void,
): Admission {
  return abilities.admission === 'nft'
    ? new NftAdmission(netns, table, outbox, changed)
    : new FlowerAdmission(requests, devices);
}

/** The Mobility Header socket, open while there is signalling to take in. */
class KernelMobility {
  readonly #request: DatapathRequest;
  #socket: MobilitySocket | undefined;

  constructor(request: DatapathRequest) {
    this.#request = request;
  }

  set(open: boolean): void {
    if (open === (this.#socket !== undefined)) return;
    const { netns, outlet } = this.#request;
    if (open) this.#socket = new MobilitySocket(netns, (header) => this.#received(header));
    else this.close();
    outlet.setKernel(open ? (packet, link) => this.#send(packet, link) : undefined);
  }

  close(): void {
    this.#socket?.close();
    this.#socket = undefined;
  }

  #received(header: Uint8Array): void {
    const { inlet, tap, input, counters } = this.#request;
    inlet.drain(); // the tap saw it before the kernel took it in
    const packet = tap.take(header);
    if (packet) input({ kind: 'packet', packet });
    else counters['mobility-unseen'] = (counters['mobility-unseen'] ?? 0) + 1;
  }

  /** Binding Updates from away: an XFRM state puts the Home Address option on. */
  #send(packet: Uint8Array, link: number): boolean {
    const option = behindHomeAddress(packet);
    if (!option || !this.#socket) return false;
    const { home, start } = option;
    const destination = ipv6FromOctets(packet, 24);
    const sent = this.#socket.send(packet.subarray(start), home, destination, link);
    if (sent < 0) this.#request.failures.add('packet', -sent, destination);
    return true;
  }
}

/** Devices by the names that objects use: ours as planned, others as the kernel tells. */
class Devices implements DeviceIndex {
  readonly #request: DatapathRequest;
  readonly #plan: Plan;
  readonly #tun: TunKeeper;

  constructor(request: DatapathRequest, plan: Plan, tun: TunKeeper) {
    this.#request = request;
    this.#plan = plan;
    this.#tun = tun;
  }

  indexOf(device: string): number | undefined {
    if (device === TUNNEL_LINK) return this.#tun.index || undefined;
    const planned = this.#plan.wanted(`device ${device}`);
    if (planned?.kind === 'device') return planned.index;
    return this.#request.links.byName(device)?.index;
  }

  nameOf(index: number): string {
    if (index !== 0 && index === this.#tun.index) return TUNNEL_LINK;
    return this.#request.links.byIndex(index)?.name ?? '';
  }

  indexOfCarrier(carrier: Carrier): number | undefined {
    if (carrier.by === 'device') return carrier.index;
    return carrier.by === 'route' ? FIRST_INDEX : undefined;
  }
}

/** Of kinds that a kernel without Mobile IPv6 is never asked for. */
const NOT_HERE: Keeper<never> = {
  put: () => undefined,
  remove: () => undefined,
  text: () => '',
  present: undefined,
};
