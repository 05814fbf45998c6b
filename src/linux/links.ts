/**
 * Interfaces as the kernel tells them. Only the configured names are shown to the role, present or not yet;
 * every other one is known by index, so that a packet can say where it came from.
 */
import { EventEmitter } from 'node:events';
import { NetlinkSocket } from 'netlink/dist/netlink.js';
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import type { LinkName, LinkState } from '../core/input.js';
import type { Links } from '../ports/index.js';
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
  #resyncing: Promise<void> | undefined;
  #closed = false;

  private constructor(
    netns: NetNamespace,
    names: readonly LinkName[],
    requests: RtNetlink,
    counters: Record<string, number>,
  ) {
    super();
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
  ): Promise<LinuxLinks> {
    const links = new LinuxLinks(netns, names, requests, counters);
    try {
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
    this.#transport.close();
    this.removeAllListeners();
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
  }

  #forget(index: number): void {
    const known = this.#byIndex.get(index);
    if (!known) return;
    this.#byIndex.delete(index);
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
    const addresses = [...known.addresses.values()]
      .filter((a) => a.usable)
      .map(({ address, prefixLength }) => ({ address, prefixLength }));
    const state: LinkState = {
      name: link.name,
      index: link.index,
      up: link.running,
      mac: link.mac,
      mtu: link.mtu,
      carrierUps: known.carrierUps,
      addresses,
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

function sameLink(a: LinkState, b: LinkState): boolean {
  return (
    a.index === b.index &&
    a.up === b.up &&
    a.mac === b.mac &&
    a.mtu === b.mtu &&
    a.carrierUps === b.carrierUps &&
    a.addresses.length === b.addresses.length &&
    a.addresses.every((x, i) => {
      const y = b.addresses[i]!;
      return x.address === y.address && x.prefixLength === y.prefixLength;
    })
  );
}

const NETLINK_ROUTE = 0;
const AF_UNSPEC = 0;
const GROUPS = [1, 5, 9]; // RTNLGRP_LINK, RTNLGRP_IPV4_IFADDR, RTNLGRP_IPV6_IFADDR
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
