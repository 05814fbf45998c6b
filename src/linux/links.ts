/**
 * Interfaces as the kernel tells them. Only the configured names are shown to the role, present or not yet;
 * every other one is known by index, so that a packet can say where it came from.
 */
import { EventEmitter } from 'node:events';
import { NetlinkSocket } from 'netlink/dist/netlink.js';
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import { after, seconds, type Instant } from '../base/time.js';
import type { LinkAddress, LinkName, LinkState } from '../core/input.js';
import type { Links } from '../ports/index.js';
import { LinuxClock } from './clock.js';
import { PROTOCOL_MIP6 } from './datapath/marks.js';
import { DefaultRoutes } from './default-routes.js';
import type { LinkOwners } from './link-owners.js';
import type { NetNamespace } from './native.js';
import { parseAddress, type KernelAddress } from './netlink/address.js';
import { parseLink, type KernelLink } from './netlink/link.js';
import type { RtNetlink } from './netlink/rtnetlink.js';
import { NetlinkTransport } from './netlink/transport.js';

interface LinksEvents {
  /** A configured interface came or changed. */
  link: [link: LinkState];
  linkGone: [name: LinkName, index: number];
  /** Any interface, configured or not. */
  gone: [index: number];
  /** Any interface went administratively up: what the kernel forgot with it is to be put back. */
  raised: [index: number];
  /** Any interface went administratively down. */
  lowered: [index: number];
  /** Notices were lost and everything was read again. */
  resynced: [];
}

export class LinuxLinks extends EventEmitter<LinksEvents> implements Links {
  readonly #names: ReadonlySet<LinkName>;
  readonly #requests: RtNetlink;
  readonly #transport: NetlinkTransport;
  readonly #byIndex = new Map<number, Known>();
  readonly #shown = new Map<LinkName, LinkState>();
  readonly #refreshing = new Set<number>();
  readonly #owners: LinkOwners | undefined;
  readonly #clock = new LinuxClock();
  #routes: DefaultRoutes | undefined;
  #resyncing: Promise<void> | undefined;
  #closed = false;

  private constructor(
    netns: NetNamespace,
    names: readonly LinkName[],
    requests: RtNetlink,
    counters: Record<string, number>,
    owners: LinkOwners | undefined,
  ) {
    super();
    this.#owners = owners;
    this.#names = new Set(names);
    this.#requests = requests;
    this.#transport = new NetlinkTransport(netns, NETLINK_ROUTE);
    for (const group of GROUPS) this.#transport.addMembership(group);
    const again = (reason: string) => (): void => {
      counters[reason] = (counters[reason] ?? 0) + 1;
      this.resync().catch(() => {}); // the next notice or overrun asks again
    };
    this.#transport.on('overrun', again('netlink-overrun'));
    this.#transport.on('error', again('netlink-error'));
    const socket = new NetlinkSocket(this.#transport.asRawSocket());
    socket.on('message', (messages) => {
      for (const message of messages) this.#notice(message);
    });
    socket.on('invalid', again('netlink-invalid'));
    socket.on('error', () => {}); // heard on the transport
  }

  /** Listens first and lists then, so that no change falls between. */
  static async open(
    netns: NetNamespace,
    names: readonly LinkName[],
    requests: RtNetlink,
    counters: Record<string, number>,
    owners?: LinkOwners,
  ): Promise<LinuxLinks> {
    const links = new LinuxLinks(netns, names, requests, counters, owners);
    try {
      if (owners?.mayAdopt) await links.#followRoutes(netns);
      await links.resync();
    } catch (error) {
      links.close();
      throw error;
    }
    return links;
  }

  list(): readonly LinkState[] {
    return [...this.#shown.values()];
  }

  get(name: LinkName): LinkState | undefined {
    return this.#shown.get(name);
  }

  /** Any interface, configured or not. */
  byIndex(index: number): KernelLink | undefined {
    return this.#byIndex.get(index)?.link;
  }

  byName(name: LinkName): KernelLink | undefined {
    for (const { link } of this.#byIndex.values()) if (link.name === name) return link;
    return undefined;
  }

  isConfigured(name: LinkName): boolean {
    return this.#names.has(name);
  }

  all(): IterableIterator<KernelLink> {
    return [...this.#byIndex.values()].map((known) => known.link)[Symbol.iterator]();
  }

  /**
   * A frame came from an interface that we believe to be down. The kernel puts off telling of carrier by up to a
   * second when it changes quickly; asking makes it look.
   */
  refresh(index: number): void {
    if (this.#refreshing.has(index)) return;
    this.#refreshing.add(index);
    void this.#requests
      .link(index)
      .then((link) => {
        if (!link || this.#closed) return;
        this.#keep(link);
        this.#show(index);
      })
      .catch(() => {}) // the notice will come all the same
      .finally(() => this.#refreshing.delete(index));
  }

  /** Reads everything again; differences are told as changes. */
  resync(): Promise<void> {
    this.#resyncing ??= this.#readAll().finally(() => (this.#resyncing = undefined));
    return this.#resyncing;
  }

  close(): void {
    this.#closed = true;
    this.#routes?.close();
    this.#transport.close();
    this.removeAllListeners();
  }

  async #followRoutes(netns: NetNamespace): Promise<void> {
    this.#routes = await DefaultRoutes.open(netns, this.#requests);
    this.#routes.on('changed', () => {
      for (const { index } of this.#shown.values()) this.#show(index);
    });
  }

  async #readAll(): Promise<void> {
    const [links, addresses] = await Promise.all([
      this.#requests.links(),
      this.#requests.addresses(),
    ]);
    if (this.#closed) return;
    const first = this.#byIndex.size === 0;
    const present = new Set(links.map((link) => link.index));
    for (const index of [...this.#byIndex.keys()]) if (!present.has(index)) this.#forget(index);
    for (const known of this.#byIndex.values()) known.addresses.clear();
    for (const link of links) this.#keep(link);
    for (const address of addresses) {
      this.#byIndex.get(address.index)?.addresses.set(addressKey(address), address);
    }
    for (const { link } of this.#byIndex.values()) this.#show(link.index);
    if (!first) this.emit('resynced');
  }

  #notice(message: NetlinkMessage): void {
    if (this.#closed) return;
    switch (message.type) {
      case RTM_NEWLINK:
      case RTM_DELLINK: {
        if (message.data[0] !== AF_UNSPEC) return; // a bridge port's notice says nothing about the link
        const link = parseLink(message);
        if (!link) return;
        if (message.type === RTM_DELLINK) return this.#forget(link.index);
        this.#keep(link);
        return this.#show(link.index);
      }
      case RTM_NEWADDR:
      case RTM_DELADDR: {
        const address = parseAddress(message);
        const known = address && this.#byIndex.get(address.index);
        if (!known) return;
        if (message.type === RTM_NEWADDR) known.addresses.set(addressKey(address), address);
        else known.addresses.delete(addressKey(address));
        return this.#show(address.index);
      }
      default:
        return;
    }
  }

  #keep(link: KernelLink): void {
    const known = this.#byIndex.get(link.index);
    if (!known) {
      const carrierUps = link.carrierUps ?? (link.running ? 1 : 0);
      this.#byIndex.set(link.index, { link, carrierUps, addresses: new Map() });
      return;
    }
    const was = known.link;
    if (was.name !== link.name && this.#shown.delete(was.name)) {
      this.emit('linkGone', was.name, was.index);
    }
    known.carrierUps = link.carrierUps ?? known.carrierUps + (link.running && !was.running ? 1 : 0);
    known.link = link;
    if (link.up && !was.up) this.emit('raised', link.index);
    if (!link.up && was.up) this.emit('lowered', link.index);
  }

  #forget(index: number): void {
    const known = this.#byIndex.get(index);
    if (!known) return;
    this.#byIndex.delete(index);
    this.#owners?.forget(index);
    this.emit('gone', index);
    const { name } = known.link;
    if (this.#shown.get(name)?.index === index && this.#shown.delete(name)) {
      this.emit('linkGone', name, index);
    }
  }

  #show(index: number): void {
    const known = this.#byIndex.get(index);
    if (!known || !this.#names.has(known.link.name)) return;
    const { link } = known;
    const all = [...known.addresses.values()];
    const names = [...this.#byIndex.values()].map((k) => k.link.name);
    const owner = this.#owners?.of(link, all, names);
    const another = owner?.kind === 'other';
    const now = this.#clock.now();
    const addresses = all
      .filter((a) => a.usable && !(another && a.protocol === PROTOCOL_MIP6))
      .map((a) => (another ? adoptedAddress(a, now) : plainAddress(a)));
    const state: LinkState = {
      name: link.name,
      index: link.index,
      up: link.running,
      mac: link.mac,
      mtu: link.mtu,
      carrierUps: known.carrierUps,
      addresses,
      ...(owner ? { owner } : {}),
      ...(another ? { routers: this.#routes?.of(index) ?? [] } : {}),
    };
    const was = this.#shown.get(link.name);
    if (was && sameLink(was, state)) return;
    if (was && was.index !== state.index) this.emit('linkGone', link.name, was.index);
    this.#shown.set(link.name, state);
    this.emit('link', state);
  }
}

interface Known {
  link: KernelLink;
  carrierUps: number;
  readonly addresses: Map<string, KernelAddress>;
}

const addressKey = (a: KernelAddress): string => `${a.address}/${a.prefixLength}`;

const plainAddress = ({ address, prefixLength }: KernelAddress): LinkAddress => ({
  address,
  prefixLength,
});

function adoptedAddress(a: KernelAddress, now: Instant): LinkAddress {
  const { address, prefixLength, deprecated, temporary, validLifetime } = a;
  const validUntil = validLifetime === null ? null : after(now, seconds(validLifetime));
  return { address, prefixLength, validUntil, deprecated, temporary };
}

function sameLink(a: LinkState, b: LinkState): boolean {
  return (
    a.index === b.index &&
    a.up === b.up &&
    a.mac === b.mac &&
    a.mtu === b.mtu &&
    a.carrierUps === b.carrierUps &&
    a.owner === b.owner &&
    sameList(a.addresses, b.addresses, sameAddress) &&
    sameList(a.routers ?? [], b.routers ?? [], (x, y) => x.via === y.via && x.family === y.family)
  );
}

function sameAddress(a: LinkAddress, b: LinkAddress): boolean {
  return (
    a.address === b.address &&
    a.prefixLength === b.prefixLength &&
    a.deprecated === b.deprecated &&
    a.temporary === b.temporary &&
    sameEnd(a.validUntil ?? null, b.validUntil ?? null)
  );
}

/** The kernel tells whole seconds that are left: the same end reads a second apart. */
const sameEnd = (a: Instant | null, b: Instant | null): boolean =>
  a === null || b === null ? a === b : Math.abs(a - b) < END_SLACK;

const sameList = <T>(a: readonly T[], b: readonly T[], same: (x: T, y: T) => boolean): boolean =>
  a.length === b.length && a.every((x, i) => same(x, b[i]!));

const END_SLACK = seconds(2);
const NETLINK_ROUTE = 0;
const AF_UNSPEC = 0;
const GROUPS = [1, 5, 9]; // RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
