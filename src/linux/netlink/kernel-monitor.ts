/**
 * What others do to routes, rules, addresses and links that bear our marks, as notices. Nothing is told of our own
 * changes, nor of IPv4 routes that the kernel drops with their interface or address: for those watch the link.
 */
import { EventEmitter } from 'node:events';
import { parseMessages, type NetlinkMessage } from 'netlink/dist/structs.js';
import type { NetNamespace } from '../native.js';
import { parseAddress, type KernelAddress } from './address.js';
import { parseLink, type KernelLink } from './link.js';
import { noticeFilter } from './notice-filter.js';
import { parseRoute, type KernelRoute } from './route.js';
import { parseRule, type KernelRule } from './rule.js';
import { NetlinkTransport } from './transport.js';

export type KernelNotice = Readonly<
  { change: 'added' | 'removed' } & (
    | {
        kind: 'route';
        route: KernelRoute;
        /** It took the place of another one. It may then be of any protocol, and the other one have been ours. */
        replaced: boolean;
      }
    | { kind: 'rule'; rule: KernelRule }
    | { kind: 'address'; address: KernelAddress }
    | { kind: 'link'; link: KernelLink }
  )
>;

export interface KernelMonitorOptions {
  /** Of routes, rules and addresses. Before Linux 5.18 addresses have none, and none is told. */
  readonly protocol: number;
  /** Of links. */
  readonly group: number;
  /** Netlink ports of the sockets that make our own changes. */
  readonly except: readonly number[];
}

interface KernelMonitorEvents {
  /** `added` also where a link changed. */
  notice: [notice: KernelNotice];
  /** Notices were lost: list everything again. The monitor goes on. */
  overrun: [];
}

export class KernelMonitor extends EventEmitter<KernelMonitorEvents> {
  /** Notices that could not be read. */
  malformed = 0;
  readonly #transport: NetlinkTransport;
  readonly #protocol: number;
  readonly #group: number;

  /** Hears what happens from here on. Throws `LinuxError`. */
  constructor(netns: NetNamespace, options: KernelMonitorOptions) {
    super();
    this.#protocol = options.protocol;
    this.#group = options.group;
    this.#transport = new NetlinkTransport(netns, NETLINK_ROUTE);
    this.#transport.filter(noticeFilter(options.protocol, options.except));
    for (const group of GROUPS) this.#transport.addMembership(group);
    this.#transport.on('message', (octets: Buffer) => this.#receive(octets));
    this.#transport.on('overrun', () => this.emit('overrun'));
    this.#transport.on('error', () => this.emit('overrun'));
    this.#transport.unref();
  }

  close(): void {
    this.#transport.close();
    this.removeAllListeners();
  }

  #receive(octets: Buffer): void {
    let messages: NetlinkMessage[];
    try {
      messages = parseMessages(octets);
    } catch {
      this.malformed++;
      return;
    }
    for (const message of messages) {
      const notice = this.#read(message);
      if (notice) this.emit('notice', notice);
    }
  }

  #read(message: NetlinkMessage): KernelNotice | undefined {
    // Of four message types each: new, delete, get, set.
    const change = (message.type & 3) === 0 ? 'added' : 'removed';
    switch (message.type) {
      case RTM_NEWROUTE:
      case RTM_DELROUTE: {
        const route = parseRoute(message);
        const replaced = (message.flags & NLM_F_REPLACE) !== 0;
        if (!route || !(replaced || route.protocol === this.#protocol)) return undefined;
        return { kind: 'route', change, route, replaced };
      }
      case RTM_NEWRULE:
      case RTM_DELRULE: {
        const rule = parseRule(message);
        return rule?.protocol === this.#protocol ? { kind: 'rule', change, rule } : undefined;
      }
      case RTM_NEWADDR:
      case RTM_DELADDR: {
        const address = parseAddress(message);
        if (address?.protocol !== this.#protocol) return undefined;
        return { kind: 'address', change, address };
      }
      case RTM_NEWLINK:
      case RTM_DELLINK: {
        if (message.data[0] !== AF_UNSPEC) return undefined; // says nothing about the link itself
        const link = parseLink(message);
        return link?.group === this.#group ? { kind: 'link', change, link } : undefined;
      }
      default:
        return undefined;
    }
  }
}

const NETLINK_ROUTE = 0;
const AF_UNSPEC = 0;
const GROUPS = [
  1, // RTNLGRP_LINK
  5, // RTNLGRP_IPV4_IFADDR
  7, // RTNLGRP_IPV4_ROUTE
  8, // RTNLGRP_IPV4_RULE
  9, // RTNLGRP_IPV6_IFADDR
  11, // RTNLGRP_IPV6_ROUTE
  19, // RTNLGRP_IPV6_RULE
];
const NLM_F_REPLACE = 0x100;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
