/**
 * A NAPT as home routers have: endpoint-independent mapping, expiring.
 *
 * Spec: RFC 4787 (UDP; REQ-1 mapping, REQ-5 and REQ-6 timers, REQ-8 filtering, REQ-9 hairpinning, REQ-10 ICMP),
 * RFC 5382 (TCP, timers only), RFC 5508 (ICMP queries and errors).
 */
import { ipv4FromOctets, type Ipv4 } from '../base/address.js';
import { fold16, sum16 } from '../base/checksum.js';
import { after, type Instant, type Millis } from '../base/time.js';
import { PROTOCOL } from '../wire/protocol.js';
import type { LinkName } from '../core/input.js';
import { mendChecksum, put16, put32, sealHeader4, u16, u32 } from './octets.js';
import type { SeededRandom } from './random.js';

export interface Nat44Options {
  readonly inside: LinkName;
  readonly outside: LinkName;
  /** Idle time after which a UDP mapping is forgotten. RFC 4787 REQ-5 asks for two minutes at least. */
  readonly udpTimeout: Millis;
  readonly tcpTimeout: Millis;
  readonly icmpTimeout: Millis;
  /** Keep the inside port where it is free. */
  readonly portPreservation: boolean;
  /** Who may answer: anyone, hosts that were sent to, or their ports that were sent to. RFC 4787 §5 */
  readonly filtering: 'endpointIndependent' | 'addressDependent' | 'addressAndPortDependent';
}

export const NAT44_DEFAULTS = {
  udpTimeout: 300_000,
  tcpTimeout: 7_440_000,
  icmpTimeout: 60_000,
  portPreservation: true,
  filtering: 'addressAndPortDependent',
} as const satisfies Partial<Nat44Options>;

/** For people and tests. */
export interface NatMapping {
  readonly protocol: number;
  readonly inside: Ipv4;
  readonly insidePort: number;
  readonly outsidePort: number;
  readonly expiresAt: Instant;
}

export class Nat44 {
  readonly options: Nat44Options;
  readonly counters: Record<string, number> = {};
  readonly #random: SeededRandom;
  readonly #byInside = new Map<string, Mapping>();
  readonly #byOutside = new Map<string, Mapping>();

  constructor(
    options: Partial<Nat44Options> & Pick<Nat44Options, 'inside' | 'outside'>,
    random: SeededRandom,
  ) {
    this.options = { ...NAT44_DEFAULTS, ...options };
    this.#random = random;
  }

  /** A packet from the inside, with `outside` as its new source (32 bits). Undefined: dropped, and counted. */
  outbound(packet: Uint8Array, outside: number, now: Instant): Uint8Array | undefined {
    const flow = flowOf(packet);
    if (!flow) return this.#drop('fragment');
    if (flow.kind === 'error') return this.#errorOut(packet, flow.at, outside, now);
    if (flow.kind === 'other') return this.#drop(`protocol-${flow.protocol}`);
    const inside = u32(packet, 12);
    const mapping =
      this.#live(this.#byInside, key(flow.protocol, inside, u16(packet, flow.sourceId)), now) ??
      this.#create(flow.protocol, inside, u16(packet, flow.sourceId), now);
    if (!mapping) return this.#drop('no-port');
    mapping.usedAt = now;
    this.#remember(mapping, u32(packet, 16), flow.query ? 0 : u16(packet, flow.destinationId));
    const out = packet.slice();
    rewrite(out, 0, 12, outside, flow.sourceId, mapping.outsidePort, flow.checksum, !flow.query);
    return out;
  }

  /**
   * A packet to the outside address. `local` is for the router itself: there is no mapping for it.
   */
  inbound(packet: Uint8Array, now: Instant): Uint8Array | 'local' | undefined {
    const flow = flowOf(packet);
    if (!flow) return this.#drop('fragment');
    if (flow.kind === 'error') return this.#errorIn(packet, flow.at, now);
    if (flow.kind === 'other') return this.#drop(`protocol-${flow.protocol}`);
    const port = u16(packet, flow.destinationId);
    const mapping = this.#live(this.#byOutside, key(flow.protocol, 0, port), now);
    if (!mapping) return 'local';
    const sourcePort = flow.query ? 0 : u16(packet, flow.sourceId);
    if (!this.#admits(mapping, u32(packet, 12), sourcePort)) return this.#drop('filtered');
    const out = packet.slice();
    const { inside, insidePort } = mapping;
    rewrite(out, 0, 16, inside, flow.destinationId, insidePort, flow.checksum, !flow.query);
    return out;
  }

  /** RFC 4787 REQ-9: does a packet from the inside to the outside address belong to a mapping? */
  hairpins(from: LinkName, packet: Uint8Array, now: Instant): boolean {
    if (from !== this.options.inside) return false;
    const flow = flowOf(packet);
    if (flow?.kind !== 'ports') return false;
    const port = u16(packet, flow.destinationId);
    return this.#live(this.#byOutside, key(flow.protocol, 0, port), now) !== undefined;
  }

  mappings(now: Instant): NatMapping[] {
    const out: NatMapping[] = [];
    for (const m of this.#byInside.values()) {
      const expiresAt = after(m.usedAt, this.#timeout(m.protocol));
      if (expiresAt < now) continue;
      const { protocol, insidePort, outsidePort } = m;
      out.push({ protocol, inside: textOf(m.inside), insidePort, outsidePort, expiresAt });
    }
    return out;
  }

  /** As after a reboot of the router. */
  forget(): void {
    this.#byInside.clear();
    this.#byOutside.clear();
  }

  /** An ICMP error from the inside quotes a packet as it was after `inbound`: undo that in the quotation. */
  #errorOut(packet: Uint8Array, at: number, outside: number, now: Instant): Uint8Array | undefined {
    const flow = quotedFlow(packet, at);
    if (!flow) return this.#drop('error-unknown');
    const port = u16(packet, at + flow.destinationId);
    const mapping = this.#live(this.#byInside, key(flow.protocol, u32(packet, at + 16), port), now);
    if (!mapping) return this.#drop('error-unknown');
    const out = packet.slice();
    const { outsidePort } = mapping;
    rewrite(out, at, 16, outside, flow.destinationId, outsidePort, flow.checksum, !flow.query);
    return sealError(out, 12, outside);
  }

  /** An ICMP error from outside quotes a packet as it was after `outbound`. */
  #errorIn(packet: Uint8Array, at: number, now: Instant): Uint8Array | 'local' | undefined {
    const flow = quotedFlow(packet, at);
    if (!flow) return 'local';
    const port = u16(packet, at + flow.sourceId);
    const mapping = this.#live(this.#byOutside, key(flow.protocol, 0, port), now);
    if (!mapping) return 'local';
    const out = packet.slice();
    const { inside, insidePort } = mapping;
    rewrite(out, at, 12, inside, flow.sourceId, insidePort, flow.checksum, !flow.query);
    return sealError(out, 16, inside);
  }

  #create(protocol: number, inside: number, insidePort: number, now: Instant): Mapping | undefined {
    if (this.#byInside.size >= MAX_MAPPINGS) this.#sweep(now);
    if (this.#byInside.size >= MAX_MAPPINGS) return undefined;
    const outsidePort = this.#freePort(protocol, insidePort, now);
    if (outsidePort === undefined) return undefined;
    const mapping = {
      protocol,
      inside,
      insidePort,
      outsidePort,
      usedAt: now,
      peers: new Set<string>(),
    };
    this.#byInside.set(key(protocol, inside, insidePort), mapping);
    this.#byOutside.set(key(protocol, 0, outsidePort), mapping);
    return mapping;
  }

  #freePort(protocol: number, wanted: number, now: Instant): number | undefined {
    const free = (port: number) => !this.#live(this.#byOutside, key(protocol, 0, port), now);
    if (this.options.portPreservation && free(wanted)) return wanted;
    for (let n = 0; n < PORT_TRIES; n++) {
      const port = FIRST_PORT + this.#random.below(0x10000 - FIRST_PORT);
      if (free(port)) return port;
    }
    return undefined;
  }

  #live(map: Map<string, Mapping>, k: string, now: Instant): Mapping | undefined {
    const mapping = map.get(k);
    if (!mapping || now <= after(mapping.usedAt, this.#timeout(mapping.protocol))) return mapping;
    this.#remove(mapping);
    return undefined;
  }

  #remove(mapping: Mapping): void {
    this.#byInside.delete(key(mapping.protocol, mapping.inside, mapping.insidePort));
    this.#byOutside.delete(key(mapping.protocol, 0, mapping.outsidePort));
  }

  #sweep(now: Instant): void {
    for (const m of [...this.#byInside.values()]) {
      if (now > after(m.usedAt, this.#timeout(m.protocol))) this.#remove(m);
    }
  }

  #timeout(protocol: number): Millis {
    if (protocol === PROTOCOL.udp) return this.options.udpTimeout;
    return protocol === PROTOCOL.tcp ? this.options.tcpTimeout : this.options.icmpTimeout;
  }

  #remember(mapping: Mapping, peer: number, port: number): void {
    if (this.options.filtering === 'endpointIndependent') return;
    if (mapping.peers.size < MAX_PEERS) mapping.peers.add(this.#peer(peer, port));
  }

  #admits(mapping: Mapping, peer: number, port: number): boolean {
    if (this.options.filtering === 'endpointIndependent') return true;
    return mapping.peers.has(this.#peer(peer, port));
  }

  #peer(address: number, port: number): string {
    return this.options.filtering === 'addressDependent' ? `${address}` : `${address} ${port}`;
  }

  #drop(reason: string): undefined {
    this.counters[reason] = (this.counters[reason] ?? 0) + 1;
    return undefined;
  }
}

interface Mapping {
  readonly protocol: number;
  readonly inside: number;
  readonly insidePort: number;
  readonly outsidePort: number;
  usedAt: Instant;
  readonly peers: Set<string>;
}

/** Where ports (or the ICMP identifier, which is both) and the checksum stand. */
interface Ports {
  readonly kind: 'ports';
  readonly protocol: number;
  readonly query: boolean;
  readonly sourceId: number;
  readonly destinationId: number;
  readonly checksum: number;
}
type Flow =
  | Ports
  | { readonly kind: 'error'; readonly at: number }
  | { readonly kind: 'other'; readonly protocol: number };

/** Undefined for a fragment: its ports are not here. */
function flowOf(b: Uint8Array): Flow | undefined {
  const protocol = b[9]!;
  const at = (b[0]! & 15) * 4;
  if ((u16(b, 6) & 0x3fff) !== 0) return undefined;
  if (protocol === PROTOCOL.icmp && b.length >= at + 8) {
    const type = b[at]!;
    if (type === 3 || type === 11 || type === 12) return { kind: 'error', at: at + 8 };
  }
  return portsOf(b, 0, b.length) ?? { kind: 'other', protocol };
}

/** Positions count from the packet's start, at `from`. */
function portsOf(b: Uint8Array, from: number, end: number): Ports | undefined {
  const protocol = b[from + 9]!;
  const at = (b[from]! & 15) * 4;
  if (from + at + 8 > end) return undefined;
  switch (protocol) {
    case PROTOCOL.udp:
      return ports(protocol, false, at, at + 2, at + 6);
    case PROTOCOL.tcp:
      return ports(protocol, false, at, at + 2, at + 16);
    case PROTOCOL.icmp: {
      const type = b[from + at]!;
      return type === 0 || type === 8 ? ports(protocol, true, at + 4, at + 4, at + 2) : undefined;
    }
    default:
      return undefined;
  }
}

const ports = (
  protocol: number,
  query: boolean,
  sourceId: number,
  destinationId: number,
  checksum: number,
): Ports => ({ kind: 'ports', protocol, query, sourceId, destinationId, checksum });

/** The packet quoted at `at` of an ICMP error; eight octets of its transport header are there at least. */
function quotedFlow(b: Uint8Array, at: number): Ports | undefined {
  if (b.length < at + 28 || b[at]! >> 4 !== 4) return undefined;
  return portsOf(b, at, b.length);
}

/** New address at `addressAt` and port at `portAt` of the packet at `from`, checksums mended: RFC 1624. */
function rewrite(
  b: Uint8Array,
  from: number,
  addressAt: number,
  address: number,
  portAt: number,
  port: number,
  checksumAt: number,
  pseudoHeader: boolean,
): void {
  const oldAddress = u32(b, from + addressAt);
  const oldPort = u16(b, from + portAt);
  put32(b, from + addressAt, address);
  put16(b, from + portAt, port);
  const addressDelta =
    (address >>> 16) +
    (address & 0xffff) +
    inverse(oldAddress >>> 16) +
    inverse(oldAddress & 0xffff);
  mendChecksum(b, from + 10, addressDelta);
  const sumAt = from + checksumAt;
  if (sumAt + 2 > b.length) return; // a quotation cut before it
  const udp = b[from + 9] === PROTOCOL.udp;
  if (udp && u16(b, sumAt) === 0) return; // RFC 768: the sender computed none
  mendChecksum(b, sumAt, port + inverse(oldPort) + (pseudoHeader ? addressDelta : 0));
  if (udp && u16(b, sumAt) === 0) put16(b, sumAt, 0xffff);
}

const inverse = (word: number): number => ~word & 0xffff;

/** New outer address of an ICMP error whose quotation changed. */
function sealError(b: Uint8Array, addressAt: number, address: number): Uint8Array {
  put32(b, addressAt, address);
  const header = (b[0]! & 15) * 4;
  sealHeader4(b);
  put16(b, header + 2, 0);
  put16(b, header + 2, fold16(sum16(b.subarray(header))));
  return b;
}

const key = (protocol: number, address: number, port: number): string =>
  `${protocol} ${address} ${port}`;

function textOf(address: number): Ipv4 {
  const b = new Uint8Array(4);
  put32(b, 0, address);
  return ipv4FromOctets(b);
}

const FIRST_PORT = 1024;
const PORT_TRIES = 64; // ours
const MAX_MAPPINGS = 16_384; // ours
const MAX_PEERS = 256; // ours: of one mapping
