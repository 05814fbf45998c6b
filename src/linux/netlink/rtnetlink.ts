/**
 * rtnetlink requests in plain values: links, addresses, routes, rules. The `netlink` package has the codecs and
 * matches answers to requests; the transport is ours. What its codecs cannot say is added as a raw attribute.
 */
import { NetlinkSocket } from 'netlink/dist/netlink.js';
import * as rt from 'netlink/dist/rt/structs.js';
import { AttrStream, parseAttributes, type NetlinkMessage } from 'netlink/dist/structs.js';
import {
  addressFromOctets,
  addressOctets,
  bits,
  isIpv6,
  isLinkLocal,
  macFromOctets,
  type IpAddress,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { errnoName, LinuxError } from '../error.js';
import type { NetNamespace } from '../native.js';
import { AF_INET, AF_INET6, LITTLE } from '../sockaddr.js';
import { NetlinkTransport } from './transport.js';

export interface KernelLink {
  readonly index: number;
  readonly name: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  /** IFF_UP */
  readonly up: boolean;
  /** IFF_RUNNING: up, with carrier, and operational by RFC 2863. */
  readonly running: boolean;
  readonly loopback: boolean;
  /** Index of the bridge, bond or VRF that this is a port of; 0 none. */
  readonly master: number;
  /** IFLA_CARRIER_UP_COUNT, undefined before Linux 4.16. */
  readonly carrierUps: number | undefined;
}

export interface KernelAddress {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  /** Neither tentative nor found duplicate. */
  readonly usable: boolean;
  /** IFA_PROTO; 0 when the kernel tells none. */
  readonly protocol: number;
}

export interface AddressRequest {
  readonly index: number;
  readonly address: IpAddress;
  readonly prefixLength: number;
  readonly prefixRoute: boolean;
  readonly protocol: number;
}

export interface KernelRoute {
  readonly table: number;
  readonly protocol: number;
  readonly destination: Prefix;
  /** 0 when the route has none of its own (multipath, unreachable). */
  readonly index: number;
  readonly via: IpAddress | undefined;
  readonly preferredSource: IpAddress | undefined;
  readonly metric: number;
}

export interface KernelRule {
  readonly priority: number;
  readonly from: Prefix;
  readonly table: number;
  readonly protocol: number;
}

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
    const found = await this.#dump(rt.MessageType.GETLINK, rt.formatLink({}));
    return found.flatMap((m) => parseLink(m) ?? []);
  }

  /** One interface; undefined when it has gone. */
  async link(index: number): Promise<KernelLink | undefined> {
    const body = rt.formatLink({ index });
    const [answers] = await this.#changes.request(rt.MessageType.GETLINK, body, {
      checkError: false,
      timeout: TIMEOUT,
    });
    return answers[0] && parseLink(answers[0]);
  }

  async addresses(): Promise<KernelAddress[]> {
    const found = await this.#dump(rt.MessageType.GETADDR, rt.formatAddress({}));
    return found.flatMap((m) => parseAddress(m) ?? []);
  }

  /** Routes of one protocol in every table. */
  async routes(protocol: number): Promise<KernelRoute[]> {
    const all: KernelRoute[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const wanted = rt.formatRoute({ family, protocol });
      const found = await this.#dump(rt.MessageType.GETROUTE, wanted);
      all.push(...found.flatMap((m) => parseRoute(m) ?? []));
    }
    return all.filter((route) => route.protocol === protocol);
  }

  async rules(): Promise<KernelRule[]> {
    const all: KernelRule[] = [];
    for (const family of [AF_INET, AF_INET6]) {
      const found = await this.#dump(rt.MessageType.GETRULE, rt.formatRule({ family }));
      all.push(...found.flatMap((m) => parseRule(m) ?? []));
    }
    return all;
  }

  /** Without duplicate address detection, which the core has done. */
  addAddress(request: AddressRequest, how: Creation): Promise<void> {
    return this.#change(rt.MessageType.NEWADDR, creation(how), addressBody(request, true), () =>
      describe('add address', request.address),
    );
  }

  removeAddress(request: AddressRequest): Promise<void> {
    return this.#change(rt.MessageType.DELADDR, 0, addressBody(request, false), () =>
      describe('remove address', request.address),
    );
  }

  addRoute(route: KernelRoute, how: Creation): Promise<void> {
    return this.#change(rt.MessageType.NEWROUTE, creation(how), routeBody(route), () =>
      describe('add route', route.destination, `table ${route.table}`),
    );
  }

  removeRoute(route: KernelRoute): Promise<void> {
    return this.#change(rt.MessageType.DELROUTE, 0, routeBody(route), () =>
      describe('remove route', route.destination, `table ${route.table}`),
    );
  }

  addRule(rule: KernelRule): Promise<void> {
    return this.#change(rt.MessageType.NEWRULE, creation('exclusive'), ruleBody(rule), () =>
      describe('add rule', rule.from, `priority ${rule.priority}`),
    );
  }

  removeRule(rule: KernelRule): Promise<void> {
    return this.#change(rt.MessageType.DELRULE, 0, ruleBody(rule), () =>
      describe('remove rule', rule.from, `priority ${rule.priority}`),
    );
  }

  /** MTU, queue length, and up. */
  setLink(index: number, settings: { mtu?: number; txqlen?: number; up?: boolean }): Promise<void> {
    const { up, ...attrs } = settings;
    const out = new AttrStream();
    const data =
      up === undefined
        ? { index }
        : { index, flags: up ? { up: true as const } : {}, change: { up: true as const } };
    rt.formatLinkMessage({ kind: 'link', data, attrs }, out);
    return this.#change(rt.MessageType.NEWLINK, 0, out.bufs, () => `set interface ${index}`);
  }

  async #change(
    type: number,
    flags: number,
    body: Uint8Array[],
    doing: () => string,
  ): Promise<void> {
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

/** Undefined for what is not a link message that the codec understands. */
export function parseLink(message: NetlinkMessage): KernelLink | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'link' || parsed.attrs.ifname === undefined) return undefined;
  const { data, attrs } = parsed;
  const hardware = attrs.address;
  return {
    index: data.index ?? 0,
    name: parsed.attrs.ifname,
    mac: hardware?.length === 6 ? macFromOctets(hardware) : NO_MAC,
    mtu: attrs.mtu ?? 0,
    up: data.flags?.up === true,
    running: data.flags?.up === true && data.flags?.running === true,
    loopback: data.flags?.loopback === true,
    master: attrs.master ?? 0,
    carrierUps: attrs.carrierUpCount,
  };
}

export function parseAddress(message: NetlinkMessage): KernelAddress | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'address') return undefined;
  const { data, attrs } = parsed;
  const octets = attrs.local ?? attrs.address;
  if (!octets || (octets.length !== 4 && octets.length !== 16)) return undefined;
  const flags = attrs.flags ?? data.flags ?? {};
  return {
    index: data.index ?? 0,
    address: addressFromOctets(octets),
    prefixLength: data.prefixlen ?? 0,
    usable: !(flags.dadfailed || (flags.tentative && !flags.optimistic)),
    protocol: rawAttribute(message.data.subarray(rt.__LENGTH_Address), IFA_PROTO)?.[0] ?? 0,
  };
}

export function parseRoute(message: NetlinkMessage): KernelRoute | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'route') return undefined;
  const { data, attrs } = parsed;
  const any = data.family === AF_INET6 ? ANY6 : ANY4;
  return {
    table: attrs.table ?? data.table ?? 0,
    protocol: rt.formatRoute(data)[RTMSG_PROTOCOL]!,
    destination: { address: addressFromOctets(attrs.dst ?? any), length: data.dstLen ?? 0 },
    index: attrs.oif ?? 0,
    via: attrs.gateway && addressFromOctets(attrs.gateway),
    preferredSource: attrs.prefsrc && addressFromOctets(attrs.prefsrc),
    metric: attrs.priority ?? 0,
  };
}

export function parseRule(message: NetlinkMessage): KernelRule | undefined {
  const parsed = tryParse(message);
  if (parsed?.kind !== 'rule') return undefined;
  const { data, attrs } = parsed;
  const any = data.family === AF_INET6 ? ANY6 : ANY4;
  return {
    priority: attrs.priority ?? 0,
    from: { address: addressFromOctets(attrs.src ?? any), length: data.srcLen ?? 0 },
    table: attrs.table ?? data.table ?? 0,
    protocol: attrs.protocol ?? 0,
  };
}

function addressBody(request: AddressRequest, add: boolean): Uint8Array[] {
  const octets = Buffer.from(addressOctets(request.address));
  const six = isIpv6(request.address);
  const out = new AttrStream();
  const flags: rt.AddressFlags = {
    ...(six ? { nodad: true } : {}),
    ...(request.prefixRoute ? {} : { noprefixroute: true }),
    permanent: true,
  };
  rt.formatAddressMessage(
    {
      kind: 'address',
      data: {
        family: six ? AF_INET6 : AF_INET,
        prefixlen: request.prefixLength,
        scope: isLinkLocal(request.address) ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE,
        index: request.index,
      },
      attrs: { local: octets, address: octets, ...(add ? { flags } : {}) },
    },
    out,
  );
  if (add) out.push(IFA_PROTO, Uint8Array.of(request.protocol));
  return out.bufs;
}

function routeBody(route: KernelRoute): Uint8Array[] {
  const { destination, via, preferredSource } = route;
  const six = isIpv6(destination.address);
  const out = new AttrStream();
  rt.formatRouteMessage(
    {
      kind: 'route',
      data: {
        family: six ? AF_INET6 : AF_INET,
        dstLen: destination.length,
        table: route.table < 256 ? route.table : RT_TABLE_UNSPEC,
        protocol: route.protocol,
        scope: via || six ? RT_SCOPE_UNIVERSE : RT_SCOPE_LINK,
        type: rt.RouteType.UNICAST,
        // The core knows that the router is on this link, whatever the prefixes there say.
        ...(via ? { flags: { __unknown: RTNH_F_ONLINK } } : {}),
      },
      attrs: {
        table: route.table,
        ...(destination.length > 0 ? { dst: Buffer.from(addressOctets(destination.address)) } : {}),
        ...(route.index ? { oif: route.index } : {}),
        ...(via ? { gateway: Buffer.from(addressOctets(via)) } : {}),
        ...(preferredSource ? { prefsrc: Buffer.from(addressOctets(preferredSource)) } : {}),
        ...(route.metric ? { priority: route.metric } : {}),
      },
    },
    out,
  );
  return out.bufs;
}

function ruleBody(rule: KernelRule): Uint8Array[] {
  const out = new AttrStream();
  const all = rule.from.length === 0;
  rt.formatRuleMessage(
    {
      kind: 'rule',
      data: {
        family: bits(rule.from.address) === 128 ? AF_INET6 : AF_INET,
        srcLen: rule.from.length,
        table: rule.table < 256 ? rule.table : RT_TABLE_UNSPEC,
        action: rt.RuleAction.toTbl,
      },
      attrs: {
        ...(all ? {} : { src: Buffer.from(addressOctets(rule.from.address)) }),
        priority: rule.priority,
        table: rule.table,
        protocol: rule.protocol,
      },
    },
    out,
  );
  return out.bufs;
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
    const said = rawAttribute(message.data.subarray(4 + quoted), NLMSGERR_ATTR_MSG);
    text = said ? said.toString('utf8').replace(/\0+$/, '') : '';
  }
  return { errno: errnoName(error), text };
}

function rawAttribute(attributes: Buffer, wanted: number): Buffer | undefined {
  let found: Buffer | undefined;
  try {
    parseAttributes(attributes, (a) => {
      if (a.type === wanted) found = a.data;
    });
  } catch {
    return undefined; // malformed: as if it were not there
  }
  return found;
}

function tryParse(message: NetlinkMessage): rt.Message | undefined {
  try {
    return rt.parseMessage(message.type, message.data);
  } catch {
    return undefined; // a message of a newer kernel that the codec does not know
  }
}

const creation = (how: Creation): number =>
  NLM_F_CREATE | (how === 'exclusive' ? NLM_F_EXCL : NLM_F_REPLACE);

const describe = (what: string, about: IpAddress | Prefix, more = ''): string =>
  `${what} ${typeof about === 'string' ? about : `${about.address}/${about.length}`} ${more}`.trim();

const NO_MAC = '00:00:00:00:00:00' as MacAddress;
const ANY4 = Buffer.alloc(4);
const ANY6 = Buffer.alloc(16);
const TIMEOUT = 5000; // ours, ms: the kernel answers at once or never
const DUMP_ATTEMPTS = 3; // ours
const NETLINK_ROUTE = 0;
const NLMSG_ERROR = 2;
const RTM_BASE = 16;
const NLM_F_DUMP_INTR = 0x10;
const NLM_F_DUMP = 0x300;
const NLM_F_REPLACE = 0x100;
const NLM_F_EXCL = 0x200;
const NLM_F_CREATE = 0x400;
const NLM_F_CAPPED = 0x100;
const NLM_F_ACK_TLVS = 0x200;
const NLMSGERR_ATTR_MSG = 1;
const IFA_PROTO = 11; // Linux 5.18
const RTMSG_PROTOCOL = 5; // octet of struct rtmsg
const RT_TABLE_UNSPEC = 0;
const RT_SCOPE_UNIVERSE = 0;
const RT_SCOPE_LINK = 253;
const RTNH_F_ONLINK = 4;
