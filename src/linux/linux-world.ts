/** A Linux host, or one network namespace of it, as a `World`: real interfaces, real time, real octets. */
import type { Instant } from '../base/time.js';
import type { FrameEffect, PacketEffect } from '../core/effect.js';
import type { MipEvent } from '../core/event.js';
import type { LinkName, LinkState, ReceivedPacket, WorldInput } from '../core/input.js';
import type { Clock, Journal, Links, PacketIo, Store, World } from '../ports/index.js';
import { LinuxClock } from './clock.js';
import { canForward, USER_SPACE, type Abilities } from './datapath/abilities.js';
import type { LinuxDatapath } from './datapath/linux-datapath.js';
import { isOurs } from './datapath/marks.js';
import { MobilityTap } from './datapath/mobility-tap.js';
import { openDatapath, type OpenDatapath } from './datapath/open-datapath.js';
import { Tunnels } from './datapath/tunnels.js';
import { Failures, type SendFailure } from './failures.js';
import { Inlet } from './inlet.js';
import { LinkOwners, type Ownership } from './link-owners.js';
import { LinuxLinks } from './links.js';
import type { NetNamespace } from './native.js';
import { Outbox } from './netlink/outbox.js';
import { RtNetlink } from './netlink/rtnetlink.js';
import { Outlet } from './outlet.js';
import { FileStore, MemoryStore } from './store.js';
import { Sysctls } from './sysctl.js';

export interface LinuxWorldOptions {
  /** Of this daemon: names its files in /run/mip6. */
  readonly name: string;
  /** Path such as /run/netns/mn; null or absent: where the process is. */
  readonly netns?: NetNamespace;
  /** Interfaces that the role sees. They may appear later. */
  readonly links: readonly LinkName[];
  /**
   * Of `links`: who processes router advertisements there. On those that are ours the kernel is told to leave them
   * alone, and what it did is put back by `clean`.
   */
  readonly ownership?: ReadonlyMap<LinkName, Ownership>;
  /** Forwarding is switched on, and put back by `clean`; otherwise it is the administrator's. */
  readonly forwarding?: boolean;
  /** What the kernel is to do of the datapath; nothing by default. */
  readonly abilities?: Abilities;
  /** `mip6` by default: the TUN device, and how the names of other tunnel devices begin. */
  readonly tunnelName?: string;
  /** Octets; 1460 by default, which leaves room for one IPv6 header on Ethernet. */
  readonly tunnelMtu?: number;
  /** What survives a restart; null: nothing does. */
  readonly storeFile: string | null;
  /** Kernel settings to put back; `/run/mip6/<name>.state.json` by default. */
  readonly stateFile?: string;
  /** nftables table; `mip6` by default. */
  readonly table?: string;
  /** False where nothing of mobility arrives (a plain router): nftables is then left alone. */
  readonly signalling?: boolean;
  readonly onEvent: (event: MipEvent, at: Instant) => void;
  /** A send that the kernel refused; also in `counters`. */
  readonly onFailure?: (failure: SendFailure) => void;
}

export class LinuxWorld implements World {
  readonly io: PacketIo;
  readonly links: Links;
  readonly datapath: LinuxDatapath;
  readonly clock: Clock;
  readonly journal: Journal;
  readonly store: Store;
  /** Packets not understood, sends refused, and the like, by reason. */
  readonly counters: Record<string, number>;

  readonly #parts: Parts;
  readonly #options: LinuxWorldOptions;
  #deliver: ((input: WorldInput) => void) | undefined;
  readonly #pending: WorldInput[] = [];
  #delivering = false;
  #closed: Promise<void> | undefined;

  private constructor(options: LinuxWorldOptions, parts: Parts) {
    this.#options = options;
    this.#parts = parts;
    this.counters = parts.counters;
    this.clock = parts.clock;
    this.links = parts.links;
    this.datapath = parts.opened.datapath;
    this.store = parts.store;
    this.journal = { event: options.onEvent };
    this.io = {
      sendFrame: (frame: FrameEffect) => parts.outlet.sendFrame(frame),
      sendPacket: (packet: PacketEffect) => parts.outlet.sendPacket(packet),
    };
    parts.toWorld.input = (input) => this.#input(input);
    parts.toWorld.mended = (keys) => this.#mended(keys);
    parts.toWorld.mendFailed = (error) => this.#report('restore', error);
    parts.links.on('link', (link) => {
      this.#adopt(link);
      parts.outlet.forgetWays();
      this.#input({ kind: 'link', link });
    });
    parts.links.on('linkGone', (name, index) => {
      parts.inlet.forgetLink(index);
      parts.outlet.forgetWays();
      this.#input({ kind: 'linkGone', name });
    });
    parts.links.on('raised', (index) => {
      // Tunnel devices of ours come up by our own hand; what others do to them is watched for.
      if (!isOurs(index) && index !== parts.inlet.tunnelIndex) this.#reconcile();
    });
    parts.links.on('resynced', () => this.#reconcile());
    for (const link of parts.links.list()) this.#adopt(link);
  }

  /** Everything is open when it resolves, and nothing of the kernel changed but the settings of our own links. Throws `LinuxError`. */
  static async open(options: LinuxWorldOptions): Promise<LinuxWorld> {
    const netns = options.netns ?? null;
    const closers: (() => void)[] = [];
    const keep = <T extends { close(): void }>(part: T): T => {
      closers.unshift(() => part.close());
      return part;
    };
    try {
      const counters: Record<string, number> = {};
      const clock = new LinuxClock();
      const toWorld: Parts['toWorld'] = { input: () => {}, mended: () => {}, mendFailed: () => {} };
      const input = (i: WorldInput): void => toWorld.input(i);
      const outbox = new Outbox();
      const requests = keep(new RtNetlink(netns, outbox));
      const owners = options.ownership && new LinkOwners(netns, options.ownership);
      const links = keep(await LinuxLinks.open(netns, options.links, requests, counters, owners));
      const failures = new Failures(counters, options.onFailure);
      const outlet = keep(new Outlet(netns, links, failures));
      const abilities = options.abilities ?? USER_SPACE;
      const tunnels = new Tunnels(outlet, links, counters, input);
      const tap = new MobilityTap();
      const toTap: { mobility: (packet: ReceivedPacket) => void } = { mobility: () => {} };
      const byKernel = canForward(abilities);
      const handOn = (packet: ReceivedPacket | undefined): void => {
        if (packet) input({ kind: 'packet', packet });
      };
      const inlet = keep(
        new Inlet(
          netns,
          links,
          {
            input,
            mobility: (packet) => toTap.mobility(packet),
            tunnelled: (view, start, end, link, offload) =>
              byKernel
                ? handOn(tap.noteTunnelled(view.octets, start, end, link))
                : tunnels.tunnelled(view, start, end, link, offload),
            datagram: (view, start, end, from) =>
              handOn(tap.noteDatagram(view.octets.slice(start, end), from)),
            tooBig: (remote, mtu) => tunnels.pathTooBig(remote, mtu),
            batchDone: (buffer) => tunnels.batchDone(buffer),
          },
          counters,
          clock,
          byKernel ? 'mobility' : 'all',
        ),
      );
      const sysctls = new Sysctls(
        netns,
        options.stateFile ?? `/run/mip6/${options.name}.state.json`,
      );
      const opened = keep(
        await openDatapath({
          abilities,
          netns,
          outbox,
          requests,
          links,
          inlet,
          outlet,
          tunnels,
          tap,
          sysctls,
          failures,
          input,
          counters,
          tunnelName: options.tunnelName ?? 'mip6',
          tunnelMtu: options.tunnelMtu ?? TUNNEL_MTU,
          table: options.table ?? 'mip6',
          mended: (keys) => toWorld.mended(keys),
          mendFailed: (error) => toWorld.mendFailed(error),
        }),
      );
      toTap.mobility = opened.mobility;
      const store =
        options.storeFile === null ? new MemoryStore() : keep(new FileStore(options.storeFile));
      // Started here so that the first handover does not wait for it; a failure shows when it is needed.
      if (options.signalling !== false) await opened.prepare().catch(() => {});
      if (options.forwarding) sysctls.change(FORWARDING);
      const parts = {
        clock,
        counters,
        outbox,
        toWorld,
        links,
        outlet,
        inlet,
        sysctls,
        opened,
        tunnels,
        store,
        closers,
      };
      return new LinuxWorld(options, parts);
    } catch (error) {
      for (const close of closers) close();
      throw error;
    }
  }

  /** Counters of the tunnels, by reason. */
  get tunnelCounters(): Readonly<Record<string, number>> {
    return this.#parts.tunnels.forwarder.counters;
  }

  /** Netlink requests so far, by what they were about. */
  get operations(): Readonly<Record<string, number>> {
    return this.#parts.outbox.operations;
  }

  /** What came before is not kept: a role starts from `links.list()`. */
  listen(deliver: (input: WorldInput) => void): void {
    this.#deliver = deliver;
  }

  /** Leaves the kernel as it was found, then closes everything. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  /** Closes everything and takes nothing out of the kernel but the tunnel device: as if killed. */
  abandon(): void {
    this.#deliver = undefined;
    this.#closed ??= Promise.resolve();
    for (const close of this.#parts.closers) close();
  }

  async #close(): Promise<void> {
    this.#deliver = undefined;
    try {
      await this.datapath.clean();
    } finally {
      for (const close of this.#parts.closers) close();
    }
  }

  #adopt(link: LinkState): void {
    this.#parts.inlet.takeMulticast(link.index);
    if (link.owner?.kind !== 'us') return;
    try {
      this.#parts.sysctls.change({
        [`ipv6/conf/${link.name}/accept_ra`]: '0',
        [`ipv6/conf/${link.name}/autoconf`]: '0',
      });
    } catch (error) {
      this.#report('quiet the kernel on ' + link.name, error);
    }
  }

  #reconcile(): void {
    this.#parts.outlet.forgetWays();
    this.datapath.reconcile().catch((error: unknown) => this.#report('restore', error));
  }

  #mended(keys: readonly string[]): void {
    const more = keys.length > MAX_NAMED ? ` and ${keys.length - MAX_NAMED} more` : '';
    const what = `${keys.slice(0, MAX_NAMED).join(', ')}${more}`;
    const event: MipEvent = { code: 'DATAPATH_MENDED', fields: { what } };
    this.#options.onEvent(event, this.clock.now());
  }

  #report(operation: string, error: unknown): void {
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.onEvent(
      { code: 'DATAPATH_FAILED', fields: { operation, reason } },
      this.clock.now(),
    );
  }

  /** In order, one at a time: what comes while one is handled waits for it. */
  #input(input: WorldInput): void {
    this.#pending.push(input);
    if (this.#delivering) return;
    this.#delivering = true;
    try {
      for (let next = this.#pending.shift(); next; next = this.#pending.shift()) {
        this.#deliver?.(next);
      }
    } finally {
      this.#delivering = false;
    }
  }
}

interface Parts {
  readonly clock: Clock;
  readonly counters: Record<string, number>;
  readonly outbox: Outbox;
  /** Set once the world is there; parts made before it call through. */
  readonly toWorld: {
    input: (input: WorldInput) => void;
    mended: (keys: readonly string[]) => void;
    mendFailed: (error: unknown) => void;
  };
  readonly links: LinuxLinks;
  readonly outlet: Outlet;
  readonly inlet: Inlet;
  readonly sysctls: Sysctls;
  readonly opened: OpenDatapath;
  readonly tunnels: Tunnels;
  readonly store: Store;
  readonly closers: readonly (() => void)[];
}

const TUNNEL_MTU = 1460;
const MAX_NAMED = 3; // objects in one event
const FORWARDING = { 'ipv6/conf/all/forwarding': '1', 'ipv4/ip_forward': '1' };
