/**
 * The tunnels in user space: puts outer headers on and takes them off, in place, octets in and octets out.
 * Knows no sockets and no clock; `sim` and the Linux adapter run the same one.
 *
 * Spec: RFC 2473 (in IPv6), RFC 4213 §3 and RFC 2003 (in IPv4), RFC 5555 §4.1 (in UDP), RFC 6275 §10.4.5
 * (who may come in), RFC 2983 and RFC 6040 (DSCP and ECN), RFC 8200 §5 and RFC 1191 (too big).
 */
import { addressOctets, bits, isIpv6, type IpAddress, type Prefix } from '../../base/address.js';
import { fold16, sum16 } from '../../base/checksum.js';
import { ICMPV6, PROTOCOL } from '../../wire/protocol.js';
import type { TunnelItem, TunnelSelector } from './model.js';
import { fragmentationNeeded, packetTooBig } from './too-big.js';

/** Octets that callers leave free before an inner packet: the largest outer header. */
export const HEADROOM = 40;

export type Outcome =
  /** Leave by raw socket (whole outer packet), or by UDP when `tunnel.udp` (payload only). */
  | 'send'
  /** An inner packet for the tunnel device. */
  | 'deliver'
  /** Signalling to one of our own addresses: for the role, with `tunnel` where it came through one. */
  | 'control'
  /** `reply` is an ICMP error for the tunnel device. */
  | 'reply'
  | 'drop';

/** One object, reused: read it before the next call. Positions are in the buffer that was handed in. */
export interface Verdict {
  outcome: Outcome;
  start: number;
  end: number;
  tunnel: TunnelItem | undefined;
  /** Outer DSCP and ECN of a `send` in UDP, which the socket must set. */
  trafficClass: number;
  /** Counter key of a `drop`. */
  reason: string;
  reply: Uint8Array | undefined;
}

export class Forwarder {
  /** Told once per tunnel and direction since the tunnel was declared or changed. */
  onFirstPacket: ((tunnelKey: string, direction: 'in' | 'out') => void) | undefined;
  readonly counters: Record<string, number> = {};

  readonly #byKey = new Map<string, Compiled>();
  readonly #send = new SelectorIndex();
  readonly #accept = new SelectorIndex();
  #local: ReadonlySet<number> = new Set();
  #localOctets: readonly Uint8Array[] = [];
  #identification = 0;
  readonly #verdict: Verdict = {
    outcome: 'drop',
    start: 0,
    end: 0,
    tunnel: undefined,
    trafficClass: 0,
    reason: '',
    reply: undefined,
  };

  /** The whole truth: tunnels not named are gone, unchanged ones (`===`) keep their path MTU. */
  update(tunnels: readonly TunnelItem[], local: readonly IpAddress[]): void {
    const wanted = new Set<string>();
    for (const item of tunnels) {
      wanted.add(item.key);
      this.put(item);
    }
    if (wanted.size !== this.#byKey.size) {
      for (const key of [...this.#byKey.keys()]) if (!wanted.has(key)) this.remove(key);
    }
    this.setLocal(local);
  }

  /** Declares or changes one tunnel. */
  put(item: TunnelItem): void {
    const old = this.#byKey.get(item.key);
    if (old?.item === item) return;
    if (old) this.remove(item.key);
    const compiled = compile(item);
    this.#byKey.set(item.key, compiled);
    for (const s of item.send) this.#send.add(s, compiled);
    for (const s of item.accept) this.#accept.add(s, compiled);
  }

  remove(key: string): void {
    const old = this.#byKey.get(key);
    if (!old) return;
    this.#byKey.delete(key);
    for (const s of old.item.send) this.#send.remove(s, old);
    for (const s of old.item.accept) this.#accept.remove(s, old);
  }

  /** Our own signalling addresses: an inner Mobility Header to one of them is for the role. */
  setLocal(local: readonly IpAddress[]): void {
    this.#localOctets = local.map(addressOctets);
    this.#local = new Set(this.#localOctets.map((o) => hash(o, 0, o.length)));
  }

  /** Path MTU towards a tunnel's far end, from an ICMP error; never raised, never below the family's minimum. */
  pathTooBig(remote: IpAddress, mtu: number): void {
    const octets = addressOctets(remote);
    const least = isIpv6(remote) ? MIN_MTU6 : MIN_MTU4;
    for (const c of this.#byKey.values()) {
      if (same(c.remote, octets, 0)) c.pathMtu = Math.min(c.pathMtu, Math.max(mtu, least));
    }
  }

  /** An inner packet at [start, end) from the tunnel device, with `HEADROOM` octets free before it. */
  encapsulate(buffer: Uint8Array, start: number, end: number): Verdict {
    const version = end > start ? buffer[start]! >> 4 : 0;
    const fault = innerFault(buffer, start, end, version);
    if (fault) return this.#drop(fault);
    const stop = innerEnd(buffer, start, version);
    const c = this.#send.find(buffer, start, version);
    if (!c) return this.#drop('no-tunnel');
    const room = c.pathMtu - c.overhead;
    const size = stop - start;
    if (size > room) {
      if (version === 6 && size > MIN_MTU6)
        return this.#reply(packetTooBig(buffer, start, stop, Math.max(room, MIN_MTU6)));
      // RFC 791: without DF an IPv4 outer header may be fragmented on the way; an IPv6 one may not.
      if (version === 4 && (c.family === 6 || dontFragment(buffer, start))) {
        return this.#reply(fragmentationNeeded(buffer, start, stop, room));
      }
    }
    const trafficClass = trafficClassOf(buffer, start, version);
    if (!c.sentOne) {
      c.sentOne = true;
      this.onFirstPacket?.(c.item.key, 'out');
    }
    const v = this.#verdict;
    v.outcome = 'send';
    v.tunnel = c.item;
    v.trafficClass = trafficClass;
    v.reply = undefined;
    v.end = stop;
    v.start = c.item.udp ? start : start - c.header.length;
    if (c.item.udp) return v;
    buffer.set(c.header, v.start);
    if (c.family === 6) writeOuter6(buffer, v.start, trafficClass, size, version);
    else this.#writeOuter4(buffer, v.start, trafficClass, size, version, start);
    return v;
  }

  /** A whole outer IPv6 or IPv4 packet (protocol 41 or 4 inside) at [start, end). */
  decapsulateIp(buffer: Uint8Array, start: number, end: number): Verdict {
    const family = end > start ? buffer[start]! >> 4 : 0;
    const fault = innerFault(buffer, start, end, family);
    if (fault) return this.#drop(`outer-${fault}`);
    const stop = innerEnd(buffer, start, family);
    const inner = innerPacket(buffer, start, stop);
    if (inner < 0) return this.#drop('outer-header');
    const trafficClass = trafficClassOf(buffer, start, family);
    const source = family === 6 ? start + 8 : start + 12;
    return this.#inbound(buffer, inner, stop, family, source, -1, trafficClass);
  }

  /** The payload of a datagram on port 4191. `source` is the outer IPv4 address as a 32-bit number. */
  decapsulateUdp(
    buffer: Uint8Array,
    start: number,
    end: number,
    source: number,
    sourcePort: number,
    trafficClass: number,
  ): Verdict {
    const o = this.#udpSource;
    o[0] = source >>> 24;
    o[1] = source >>> 16;
    o[2] = source >>> 8;
    o[3] = source;
    return this.#inbound(buffer, start, end, 4, -1, sourcePort, trafficClass);
  }

  #inbound(
    buffer: Uint8Array,
    start: number,
    end: number,
    outerFamily: number,
    outerSource: number,
    port: number,
    outerClass: number,
  ): Verdict {
    const version = end > start ? buffer[start]! >> 4 : 0;
    const fault = innerFault(buffer, start, end, version);
    if (fault) return this.#drop(`inner-${fault}`);
    const stop = innerEnd(buffer, start, version);
    // RFC 5555 §4.4.2: signalling in UDP comes before there is a tunnel for it.
    const control = this.#isControl(buffer, start, stop, version);
    if (control === 'mobility' && port >= 0) return this.#control(start, stop, undefined);
    const c = this.#accept.find(buffer, start, version);
    if (!c) return this.#drop('no-binding');
    const from =
      port >= 0 ? same(c.remote, this.#udpSource, 0) : same(c.remote, buffer, outerSource);
    const fromPort = c.item.udp ? c.item.udp.remotePort : -1;
    // RFC 6275 §10.4.5: only the registered care-of address may send for this home address.
    if (c.family !== outerFamily || !from || (port >= 0 ? fromPort !== port : fromPort >= 0)) {
      return this.#drop('outer-source');
    }
    const ecn = mergeEcn(trafficClassOf(buffer, start, version) & 3, outerClass & 3);
    if (ecn < 0) return this.#drop('ecn');
    if (ecn !== (trafficClassOf(buffer, start, version) & 3)) setEcn(buffer, start, version, ecn);
    if (!c.receivedOne) {
      c.receivedOne = true;
      this.onFirstPacket?.(c.item.key, 'in');
    }
    if (control) return this.#control(start, stop, c.item);
    const v = this.#verdict;
    v.outcome = 'deliver';
    v.start = start;
    v.end = stop;
    v.tunnel = c.item;
    v.reply = undefined;
    return v;
  }

  /**
   * To an address of ours: a Mobility Header, alone or behind headers of Mobile IPv6, or a message of home agent or
   * prefix discovery (RFC 6275 §6.5-§6.8). The latter, unlike the former, is of no tunnel but its own.
   */
  #isControl(
    b: Uint8Array,
    start: number,
    end: number,
    version: number,
  ): 'mobility' | 'discovery' | undefined {
    if (version !== 6 || !this.#isLocal(b, start + 24, 16)) return undefined;
    let next = b[start + 6]!;
    let at = start + 40;
    for (let n = 0; n < MAX_EXTENSION_HEADERS; n++) {
      if (next === PROTOCOL.mobility) return 'mobility';
      if (at + 8 > end) return undefined;
      if (next === PROTOCOL.icmpv6) return isDiscovery(b[at]!) ? 'discovery' : undefined;
      if (
        next !== PROTOCOL.destinationOptions &&
        next !== PROTOCOL.routing &&
        next !== PROTOCOL.hopByHop
      )
        return undefined;
      next = b[at]!;
      at += 8 * (b[at + 1]! + 1);
    }
    return undefined;
  }

  #isLocal(b: Uint8Array, at: number, length: number): boolean {
    return (
      this.#local.has(hash(b, at, length)) &&
      this.#localOctets.some((o) => o.length === length && same(o, b, at))
    );
  }

  #writeOuter4(
    b: Uint8Array,
    at: number,
    trafficClass: number,
    size: number,
    version: number,
    inner: number,
  ): void {
    b[at + 1] = trafficClass;
    const total = size + 20;
    b[at + 2] = total >>> 8;
    b[at + 3] = total;
    // RFC 2003 §3.1: DF of the inner packet holds outside too; IPv6 is never fragmented by routers.
    if (version === 6 || dontFragment(b, inner)) b[at + 6] = 0x40;
    else {
      this.#identification = (this.#identification + 1) & 0xffff;
      b[at + 4] = this.#identification >>> 8;
      b[at + 5] = this.#identification;
    }
    b[at + 9] = version === 6 ? PROTOCOL.ipv6 : PROTOCOL.ipv4;
    const sum = fold16(sum16(b.subarray(at, at + 20)));
    b[at + 10] = sum >>> 8;
    b[at + 11] = sum;
  }

  #control(start: number, end: number, tunnel: TunnelItem | undefined): Verdict {
    const v = this.#verdict;
    v.outcome = 'control';
    v.start = start;
    v.end = end;
    v.tunnel = tunnel;
    v.reply = undefined;
    return v;
  }

  #reply(reply: Uint8Array | undefined): Verdict {
    if (!reply) return this.#drop('too-big');
    this.#count('too-big-reported');
    const v = this.#verdict;
    v.outcome = 'reply';
    v.reply = reply;
    v.tunnel = undefined;
    return v;
  }

  #drop(reason: string): Verdict {
    this.#count(reason);
    const v = this.#verdict;
    v.outcome = 'drop';
    v.reason = reason;
    v.tunnel = undefined;
    v.reply = undefined;
    return v;
  }

  #count(reason: string): void {
    this.counters[reason] = (this.counters[reason] ?? 0) + 1;
  }

  readonly #udpSource = new Uint8Array(4);
}

const isDiscovery = (type: number): boolean =>
  type >= ICMPV6.homeAgentDiscoveryRequest && type <= ICMPV6.mobilePrefixAdvertisement;

interface Compiled {
  readonly item: TunnelItem;
  readonly family: 4 | 6;
  readonly remote: Uint8Array;
  readonly header: Uint8Array;
  readonly overhead: number;
  pathMtu: number;
  sentOne: boolean;
  receivedOne: boolean;
}

function compile(item: TunnelItem): Compiled {
  const family = isIpv6(item.local) ? 6 : 4;
  const remote = addressOctets(item.remote);
  const header = new Uint8Array(family === 6 ? 40 : 20);
  if (family === 6) {
    header[0] = 0x60;
    header[7] = OUTER_HOP_LIMIT;
    header.set(addressOctets(item.local), 8);
    header.set(remote, 24);
  } else {
    header[0] = 0x45;
    header[8] = OUTER_HOP_LIMIT;
    header.set(addressOctets(item.local), 12);
    header.set(remote, 16);
  }
  const overhead = header.length + (item.udp ? 8 : 0);
  return {
    item,
    family,
    remote,
    header,
    overhead,
    pathMtu: item.pathMtu,
    sentOne: false,
    receivedOne: false,
  };
}

/**
 * Selectors by exact host address, destination first, and a short list of wider prefixes.
 * A look-up hashes 4 or 16 octets and compares once: no allocation a packet.
 */
class SelectorIndex {
  readonly #byDestination = new Map<number, Entry[]>();
  readonly #bySource = new Map<number, Entry[]>();
  readonly #wide: Entry[] = [];

  add(selector: TunnelSelector, compiled: Compiled): void {
    const entry: Entry = {
      compiled,
      source: matcher(selector.source),
      destination: matcher(selector.destination),
    };
    const { map, octets } = this.#home(entry);
    if (!map) {
      this.#wide.push(entry);
      return;
    }
    const key = hash(octets!, 0, octets!.length);
    const list = map.get(key);
    if (list) list.push(entry);
    else map.set(key, [entry]);
  }

  remove(selector: TunnelSelector, compiled: Compiled): void {
    const entry: Entry = {
      compiled,
      source: matcher(selector.source),
      destination: matcher(selector.destination),
    };
    const { map, octets } = this.#home(entry);
    const key = octets ? hash(octets, 0, octets.length) : 0;
    const list = map ? map.get(key) : this.#wide;
    if (!list) return;
    for (let i = list.length - 1; i >= 0; i--)
      if (list[i]!.compiled === compiled) list.splice(i, 1);
    if (map && list.length === 0) map.delete(key);
  }

  find(b: Uint8Array, at: number, version: number): Compiled | undefined {
    const length = version === 6 ? 16 : 4;
    const source = at + (version === 6 ? 8 : 12);
    const destination = source + length;
    return (
      pick(this.#byDestination.get(hash(b, destination, length)), b, source, destination, length) ??
      pick(this.#bySource.get(hash(b, source, length)), b, source, destination, length) ??
      pick(this.#wide, b, source, destination, length)
    );
  }

  #home(entry: Entry): { map: Map<number, Entry[]> | undefined; octets: Uint8Array | undefined } {
    if (entry.destination?.host)
      return { map: this.#byDestination, octets: entry.destination.octets };
    if (entry.source?.host) return { map: this.#bySource, octets: entry.source.octets };
    return { map: undefined, octets: undefined };
  }
}

interface Matcher {
  readonly octets: Uint8Array;
  readonly length: number;
  readonly host: boolean;
}
interface Entry {
  readonly compiled: Compiled;
  readonly source: Matcher | undefined;
  readonly destination: Matcher | undefined;
}

function matcher(p: Prefix | undefined): Matcher | undefined {
  return (
    p && { octets: addressOctets(p.address), length: p.length, host: p.length === bits(p.address) }
  );
}

function pick(
  list: readonly Entry[] | undefined,
  b: Uint8Array,
  source: number,
  destination: number,
  length: number,
): Compiled | undefined {
  if (!list) return undefined;
  for (const e of list) {
    if (matches(e.destination, b, destination, length) && matches(e.source, b, source, length))
      return e.compiled;
  }
  return undefined;
}

function matches(m: Matcher | undefined, b: Uint8Array, at: number, length: number): boolean {
  if (!m) return true;
  if (m.octets.length !== length) return false;
  const whole = m.length >> 3;
  for (let i = 0; i < whole; i++) if (m.octets[i] !== b[at + i]) return false;
  const rest = m.length & 7;
  return rest === 0 || (m.octets[whole]! ^ b[at + whole]!) >> (8 - rest) === 0;
}

/** FNV-1a over 4 or 16 octets. */
function hash(b: Uint8Array, at: number, length: number): number {
  let h = 0x811c9dc5;
  for (let i = 0; i < length; i++) h = Math.imul(h ^ b[at + i]!, 0x01000193);
  return h;
}

function same(octets: Uint8Array, b: Uint8Array, at: number): boolean {
  for (let i = 0; i < octets.length; i++) if (octets[i] !== b[at + i]) return false;
  return true;
}

/** Empty when [start, end) holds a whole IPv4 or IPv6 packet; else what is wrong. */
function innerFault(b: Uint8Array, start: number, end: number, version: number): string {
  if (version === 6) {
    if (end - start < 40) return 'truncated';
  } else if (version === 4) {
    if (end - start < 20 || (b[start]! & 15) < 5) return 'truncated';
  } else return 'version';
  return innerEnd(b, start, version) > end ? 'truncated' : '';
}

/** Where the packet's own length field says that it ends; link padding is not part of it. */
function innerEnd(b: Uint8Array, start: number, version: number): number {
  if (version === 6) return start + 40 + ((b[start + 4]! << 8) | b[start + 5]!);
  return start + Math.max((b[start + 2]! << 8) | b[start + 3]!, (b[start]! & 15) * 4);
}

function trafficClassOf(b: Uint8Array, at: number, version: number): number {
  return version === 6 ? ((b[at]! & 15) << 4) | (b[at + 1]! >> 4) : b[at + 1]!;
}

const dontFragment = (b: Uint8Array, at: number): boolean => (b[at + 6]! & 0x40) !== 0;

function writeOuter6(
  b: Uint8Array,
  at: number,
  trafficClass: number,
  size: number,
  version: number,
): void {
  b[at] = 0x60 | (trafficClass >> 4);
  b[at + 1] = (trafficClass & 15) << 4;
  b[at + 4] = size >>> 8;
  b[at + 5] = size;
  b[at + 6] = version === 6 ? PROTOCOL.ipv6 : PROTOCOL.ipv4;
}

/** Where the packet begins that a whole outer packet at [start, end) carries by protocol 41 or 4; -1: in none. */
export function innerPacket(b: Uint8Array, start: number, end: number): number {
  const family = b[start]! >> 4;
  return family === 6 ? payload6(b, start, end) : payload4(b, start, end);
}

/** Start of the tunnelled packet behind an IPv6 header; RFC 2473 §4.1.1 lets a Destination Options header stand between. */
function payload6(b: Uint8Array, start: number, end: number): number {
  let next = b[start + 6]!;
  let at = start + 40;
  for (let n = 0; n < MAX_EXTENSION_HEADERS; n++) {
    if (next === PROTOCOL.ipv6 || next === PROTOCOL.ipv4) return at;
    if (next !== PROTOCOL.destinationOptions && next !== PROTOCOL.hopByHop) return -1;
    if (at + 8 > end) return -1;
    next = b[at]!;
    at += 8 * (b[at + 1]! + 1);
  }
  return -1;
}

function payload4(b: Uint8Array, start: number, end: number): number {
  const protocol = b[start + 9];
  const fragment = (b[start + 6]! & 0x3f) | b[start + 7]!;
  const at = start + (b[start]! & 15) * 4;
  return fragment === 0 && at <= end && (protocol === PROTOCOL.ipv6 || protocol === PROTOCOL.ipv4)
    ? at
    : -1;
}

/** RFC 6040 §4.2, the table: rows inner, columns outer, both Not-ECT 0, ECT(1) 1, ECT(0) 2, CE 3. -1 drops. */
const ECN = [
  [0, 0, 0, -1],
  [1, 1, 1, 3],
  [2, 1, 2, 3],
  [3, 3, 3, 3],
] as const;
const mergeEcn = (inner: number, outer: number): number => ECN[inner]![outer]!;

function setEcn(b: Uint8Array, at: number, version: number, ecn: number): void {
  if (version === 6) {
    b[at + 1] = (b[at + 1]! & 0xcf) | (ecn << 4);
    return;
  }
  b[at + 1] = (b[at + 1]! & 0xfc) | ecn;
  b[at + 10] = 0;
  b[at + 11] = 0;
  const sum = fold16(sum16(b.subarray(at, at + (b[at]! & 15) * 4)));
  b[at + 10] = sum >>> 8;
  b[at + 11] = sum;
}

const OUTER_HOP_LIMIT = 64; // RFC 1700, as ip6_tunnel and ipip do by default
const MAX_EXTENSION_HEADERS = 8; // ours
const MIN_MTU6 = 1280; // RFC 8200 §5
const MIN_MTU4 = 576; // ours: RFC 791 asks every host to take 576
