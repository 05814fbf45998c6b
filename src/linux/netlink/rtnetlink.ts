/**
 * rtnetlink requests in plain values: links, tunnels, addresses, routes, rules. The `netlink` package matches answers
 * to requests; codecs and transport are ours.
 */
import { NetlinkSocket } from 'netlink/dist/netlink.js';
import type { NetlinkMessage } from 'netlink/dist/structs.js';
import type { IpAddress, Prefix } from '../../base/address.js';
import { errnoName, LinuxError } from '../error.js';
import type { NetNamespace } from '../native.js';
import { AF_INET, AF_INET6, LITTLE } from '../sockaddr.js';
import {
  addressBody,
  addressQuery,
  parseAddress,
  type AddressRequest,
  type KernelAddress,
} from './address.js';
import { readAttributes, textOf } from './attributes.js';
import {
  linkBody,
  linkQuery,
  newTunnelBody,
  parseLink,
  tunnelBody,
  tunnelOf,
  type KernelLink,
  type LinkSettings,
  type TunnelLink,
} from './link.js';
import { parseRoute, routeBody, routeQuery, type KernelRoute } from './route.js';
import { parseRule, ruleBody, ruleQuery, type KernelRule } from './rule.js';
import { NetlinkTransport } from './transport.js';

export type { AddressRequest, KernelAddress } from './address.js';
export type { KernelLink, TunnelLink } from './link.js';
export type { KernelRoute, RouteEncapsulation, RouteType } from './route.js';
export type { KernelRule } from './rule.js';
export type { Tunnel, TunnelEncapsulation, TunnelType } from './tunnel.js';

/** `exclusive` fails with EEXIST where the object is there; `replace` changes it. */
export type Creation = 'exclusive' | 'replace';

export class RtNetlink {
  readonly #changes: NetlinkSocket;
  /** Apart, and one at a time: an answer to anything else between the parts of a dump would tear it. */
  readonly #dumps: NetlinkSocket;
  #lastDump: Promise<unknown> = Promise.resolve();

  constructor(netns: NetNamespace) {
    this.#changes = requestSocket(netns);
    this.#dumps = requestSocket(netns);
  }

  close(): void {
    this.#changes.close();
    this.#dumps.close();
  }

  async links(): Promise<KernelLink[]> {
    const found = await this.#dump(RTM_GETLINK, linkQuery());
    return found.flatMap((m) => parseLink(m) ?? []);
  }

  /** One interface; undefined when it has gone. */
  async link(index: number): Promise<KernelLink | undefined> {
    const body = linkQuery(index);
    const [answers] = await this.#changes.request(RTM_GETLINK, body, {
      checkError: false,
      timeout: TIMEOUT,
    });
    return answers[0] && parseLink(answers[0]);
  }

  async addresses(): Promise<KernelAddress[]> {
    const found = await this.#dump(RTM_GETADDR, addressQuery());
    return found.flatMap((m) => parseAddress(m) ?? []);
  }

  /** Routes of one protocol in every table. */
  async routes(protocol: number): Promise<KernelRoute[]> {
    const all: KernelRoute[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const wanted = routeQuery(family, protocol);
      const found = await this.#dump(RTM_GETROUTE, wanted);
      all.push(...found.flatMap((m) => parseRoute(m) ?? []));
    }
    return all.filter((route) => route.protocol === protocol);
  }

  async rules(): Promise<KernelRule[]> {
    const all: KernelRule[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const found = await this.#dump(RTM_GETRULE, ruleQuery(family));
      all.push(...found.flatMap((m) => parseRule(m) ?? []));
    }
    return all;
  }

  /** Without duplicate address detection, which the core has done. */
  addAddress(request: AddressRequest, how: Creation): Promise<void> {
    return this.#change(RTM_NEWADDR, creation(how), addressBody(request, true), () =>
      describe('add address', request.address),
    );
  }

  removeAddress(request: AddressRequest): Promise<void> {
    return this.#change(RTM_DELADDR, 0, addressBody(request, false), () =>
      describe('remove address', request.address),
    );
  }

  addRoute(route: KernelRoute, how: Creation): Promise<void> {
    return this.#change(RTM_NEWROUTE, creation(how), routeBody(route), () =>
      describe('add route', route.destination, `table ${route.table}`),
    );
  }

  removeRoute(route: KernelRoute): Promise<void> {
    return this.#change(RTM_DELROUTE, 0, routeBody(route), () =>
      describe('remove route', route.destination, `table ${route.table}`),
    );
  }

  addRule(rule: KernelRule): Promise<void> {
    return this.#change(RTM_NEWRULE, creation('exclusive'), ruleBody(rule), () =>
      describe('add rule', rule.from, `priority ${rule.priority}`),
    );
  }

  removeRule(rule: KernelRule): Promise<void> {
    return this.#change(RTM_DELRULE, 0, ruleBody(rule), () =>
      describe('remove rule', rule.from, `priority ${rule.priority}`),
    );
  }

  /** MTU, queue length, and up. */
  setLink(index: number, settings: LinkSettings): Promise<void> {
    return this.#change(RTM_NEWLINK, 0, linkBody(index, settings), () => `set interface ${index}`);
  }

  /** The devices of our kinds, whoever made them. */
  async tunnels(): Promise<TunnelLink[]> {
    return (await this.links()).flatMap((link) => tunnelOf(link) ?? []);
  }

  /**
   * Without a link-local address. Three requests: should another device have the index, it stays untouched, as the
   * second and third go by name.
   */
  async createTunnel(link: TunnelLink): Promise<void> {
    const created = this.#change(RTM_NEWLINK, creation('exclusive'), newTunnelBody(link), () =>
      describeTunnel('create', link),
    );
    const settings: LinkSettings[] = [{ linkLocal: false }, { up: link.up }];
    const set = settings.map((setting) =>
      this.#change(RTM_NEWLINK, 0, linkBody(link.name, setting), () =>
        describeTunnel('set up', link),
      ),
    );
    const [failed] = (await Promise.allSettled([created, ...set])).filter(isRejected);
    if (failed) throw failed.reason;
  }

  /**
   * In place, the device found by its index: routes on it stay. EEXIST where another tunnel has these ends; EINVAL
   * for IPv4 outside between a remote and none, and for `external` ones.
   */
  changeTunnel(link: TunnelLink): Promise<void> {
    return this.#change(RTM_NEWLINK, 0, tunnelBody(link), () => describeTunnel('change', link));
  }

  removeLink(index: number): Promise<void> {
    return this.#change(RTM_DELLINK, 0, linkQuery(index), () => `remove interface ${index}`);
  }

  async #change(type: number, flags: number, body: Uint8Array, doing: () => string): Promise<void> {
    const [answers] = await this.#changes.request(type, body, {
      flags,
      checkError: false,
      timeout: TIMEOUT,
    });
    const refusal = answers[0] && parseRefusal(answers[0]);
    if (!refusal) return;
    const said = refusal.text === '' ? '' : ` (${refusal.text})`;
    throw new LinuxError('NETLINK', `The kernel refused to ${doing()}: ${refusal.errno}${said}.`, {
      errno: refusal.errno,
      ...(refusal.errno === 'EPERM' ? { way: 'CAP_NET_ADMIN is needed.' } : {}),
    });
  }

  #dump(type: number, body: Uint8Array): Promise<NetlinkMessage[]> {
    const turn = this.#lastDump.then(() => this.#dumpNow(type, body));
    this.#lastDump = turn.catch(() => {});
    return turn;
  }

  async #dumpNow(type: number, body: Uint8Array): Promise<NetlinkMessage[]> {
    for (let attempt = 1; ; attempt++) {
      const [answers] = await this.#dumps.request(type, body, {
        flags: NLM_F_DUMP,
        checkError: false,
        timeout: TIMEOUT,
      });
      const refusal = answers[0] && parseRefusal(answers[0]);
      if (refusal) {
        const { errno, text } = refusal;
        throw new LinuxError('NETLINK', `The kernel refused to list (${type}): ${errno} ${text}.`, {
          errno,
        });
      }
      // The tables changed under the dump: once more, then take what there is.
      const torn = answers.some((m) => m.flags & NLM_F_DUMP_INTR);
      if (!torn || attempt === DUMP_ATTEMPTS) return answers.filter((m) => m.type >= RTM_BASE);
    }
  }
}

function requestSocket(netns: NetNamespace): NetlinkSocket {
  const transport = new NetlinkTransport(netns, NETLINK_ROUTE);
  transport.on('error', () => {}); // a lost answer shows as the request's own time-out
  transport.on('overrun', () => {});
  const socket = new NetlinkSocket(transport.asRawSocket());
  socket.on('error', () => {});
  socket.on('invalid', () => {});
  return socket;
}

/** NLMSG_ERROR with its extended acknowledgement; undefined for success and for other messages. */
function parseRefusal(message: NetlinkMessage): { errno: string; text: string } | undefined {
  if (message.type !== NLMSG_ERROR || message.data.length < 20) return undefined;
  const view = new DataView(message.data.buffer, message.data.byteOffset, message.data.length);
  const error = view.getInt32(0, LITTLE);
  if (error === 0) return undefined;
  const quoted = message.flags & NLM_F_CAPPED ? 16 : Math.max(16, view.getUint32(4, LITTLE));
  let text = '';
  if (message.flags & NLM_F_ACK_TLVS && 4 + quoted <= message.data.length) {
    const said = readAttributes(message.data.subarray(4 + quoted));
    text = textOf(said.get(NLMSGERR_ATTR_MSG)) ?? '';
  }
  return { errno: errnoName(error), text };
}

const creation = (how: Creation): number =>
  NLM_F_CREATE | (how === 'exclusive' ? NLM_F_EXCL : NLM_F_REPLACE);

const describe = (what: string, about: IpAddress | Prefix, more = ''): string =>
  `${what} ${typeof about === 'string' ? about : `${about.address}/${about.length}`} ${more}`.trim();

const describeTunnel = (what: string, { type, name, index }: TunnelLink): string =>
  `${what} ${type} tunnel ${name} (${index})`;

const isRejected = (result: PromiseSettledResult<void>): result is PromiseRejectedResult =>
  result.status === 'rejected';

const TIMEOUT = 5000; // ours, ms: the kernel answers at once or never
const DUMP_ATTEMPTS = 3; // ours
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const RTM_BASE = 16;
const RTM_NEWLINK = 16;
const RTM_DELLINK = 17;
const RTM_GETLINK = 18;
const RTM_NEWADDR = 20;
const RTM_DELADDR = 21;
const RTM_GETADDR = 22;
const RTM_NEWROUTE = 24;
const RTM_DELROUTE = 25;
const RTM_GETROUTE = 26;
const RTM_NEWRULE = 32;
const RTM_DELRULE = 33;
const RTM_GETRULE = 34;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
