/**
 * The default routes that others have made in the main table: through whom an interface that another program
 * configures reaches the world. Read again as a whole when one of them changes, which is rare.
 */
import { EventEmitter } from 'node:events';
import { parseMessages, type NetlinkMessage } from 'netlink/dist/structs.js';
import { isIpv6 } from '../base/address.js';
import type { LinkRouter } from '../core/input.js';
import { PROTOCOL_MIP6 } from './datapath/marks.js';
import type { NetNamespace } from './native.js';
import { parseRoute, type KernelRoute } from './netlink/route.js';
import type { RtNetlink } from './netlink/rtnetlink.js';
import { NetlinkTransport } from './netlink/transport.js';

interface DefaultRoutesEvents {
  /** Some are other ones now. */
  changed: [];
}

export class DefaultRoutes extends EventEmitter<DefaultRoutesEvents> {
  readonly #requests: RtNetlink;
  readonly #transport: NetlinkTransport;
  #byIndex = new Map<number, KernelRoute[]>();
  #reading: Promise<void> | undefined;
  #stale = false;
  #closed = false;

  private constructor(netns: NetNamespace, requests: RtNetlink) {
    super();
    this.#requests = requests;
    this.#transport = new NetlinkTransport(netns, NETLINK_ROUTE);
    for (const group of GROUPS) this.#transport.addMembership(group);
    this.#transport.on('message', (octets: Buffer) => this.#notice(octets));
    this.#transport.on('overrun', () => this.#again());
    this.#transport.on('error', () => this.#again());
    this.#transport.unref();
  }

  /** Listens first and reads then, so that no change falls between. Throws `LinuxError`. */
  static async open(netns: NetNamespace, requests: RtNetlink): Promise<DefaultRoutes> {
    const routes = new DefaultRoutes(netns, requests);
    try {
      await routes.#read();
      return routes;
    } catch (error) {
      routes.close();
      throw error;
    }
  }

  /** Of one interface, the best first; of one metric in the kernel's order. */
  of(index: number): LinkRouter[] {
    const routes = this.#byIndex.get(index) ?? [];
    return routes.map(({ via, destination: { address } }) => ({
      family: isIpv6(address) ? 6 : 4,
      via: via ?? null,
    }));
  }

  close(): void {
    this.#closed = true;
    this.#transport.close();
    this.removeAllListeners();
  }

  #notice(octets: Buffer): void {
    let messages: NetlinkMessage[];
    try {
      messages = parseMessages(octets);
    } catch {
      return this.#again();
    }
    if (messages.some((m) => isRelevant(parseRoute(m)))) this.#again();
  }

  /** One reading at a time; what changes meanwhile is read after it. */
  #again(): void {
    if (this.#closed) return;
    if (this.#reading) {
      this.#stale = true;
      return;
    }
    this.#reading = this.#read()
      .then(() => void this.emit('changed'))
      .catch(() => {}) // the next notice asks again
      .finally(() => {
        this.#reading = undefined;
        if (!this.#stale) return;
        this.#stale = false;
        this.#again();
      });
  }

  async #read(): Promise<void> {
    const found = new Map<number, KernelRoute[]>();
    for (const route of await this.#requests.routes()) {
      if (!isRelevant(route)) continue;
      const own = found.get(route.index) ?? [];
      if (own.length < MAX_ROUTES) found.set(route.index, [...own, route]);
    }
    for (const routes of found.values()) routes.sort((a, b) => a.metric - b.metric);
    this.#byIndex = found;
  }
}

const isRelevant = (route: KernelRoute | undefined): boolean =>
  route !== undefined &&
  route.type === 'unicast' &&
  route.destination.length === 0 &&
  route.table === RT_TABLE_MAIN &&
  route.protocol !== PROTOCOL_MIP6 &&
  route.index !== 0;

const NETLINK_ROUTE = 0;
const GROUPS = [7, 11]; // RTNLGRP_IPV4_ROUTE, RTNLGRP_IPV6_ROUTE
const RT_TABLE_MAIN = 254;
const MAX_ROUTES = 8; // of one interface
