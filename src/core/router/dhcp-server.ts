/**
 * A DHCPv4 server on one link, for clients on that link (no relays).
 *
 * Spec: RFC 2131 §4.3 (server behaviour), §4.1 (where answers go), table 3 (what stands in them); RFC 6842 (the
 * client identifier is echoed).
 *
 *   free ─discover→ offered ─request→ bound ─release, expiry→ free (its last client gets it back)
 *                   offered ─time, other server chosen→ free
 *                   offered, bound ─decline→ declined ─time→ free
 */
import {
  BROADCAST4,
  BROADCAST_MAC,
  inPrefix,
  ipv4FromNumber,
  ipv4ToNumber,
  UNSPECIFIED4,
  type Ipv4,
  type MacAddress,
} from '../../base/address.js';
import { toHex } from '../../base/bytes.js';
import { UsageError } from '../../base/error.js';
import { after, seconds, type Instant } from '../../base/time.js';
import { dhcpType, encodeDhcp, findDhcpOption } from '../../wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../wire/dhcpv4/message.js';
import { encodeIpv4 } from '../../wire/ipv4.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../../wire/protocol.js';
import { encodeUdp } from '../../wire/udp.js';
import type { EventEffect, FrameEffect } from '../effect.js';
import { event } from '../event.js';
import type { DhcpIngress } from '../ingress.js';
import type { Deadline, Machine } from '../machine.js';
import type { DhcpServerOptions } from './options.js';

export type DhcpServerEffect = FrameEffect | EventEffect;

export interface LeaseView {
  readonly address: Ipv4;
  readonly hardware: MacAddress;
  readonly state: 'offered' | 'bound' | 'declined';
  readonly expiresAt: Instant;
}

export class DhcpServer implements Machine<DhcpServerEffect, 'reply'> {
  #options: DhcpServerOptions;
  #pool: readonly Ipv4[];
  #poolSet: ReadonlySet<Ipv4>;
  /** At most one an address of the pool. An expired one remembers who had it. */
  readonly #leases = new Map<Ipv4, Lease>();
  readonly #byClient = new Map<string, Lease>();
  /** Who had which address that the pool has lost: those of one pool at most. */
  #withdrawn: ReadonlyMap<string, Ipv4> = new Map();
  readonly #replies: { readonly at: Instant; readonly frame: FrameEffect }[] = [];
  readonly #effects: DhcpServerEffect[] = [];

  /** Throws `UsageError` `DHCP_POOL` when the pool is empty or not of the prefix. */
  constructor(options: DhcpServerOptions) {
    this.#options = options;
    this.#pool = pool(options);
    this.#poolSet = new Set(this.#pool);
  }

  /**
   * From now on as the options say. Who has an address that is no longer of the pool is refused when it next asks
   * for it. Throws as the constructor does, with nothing changed.
   */
  configure(options: DhcpServerOptions): void {
    this.#pool = pool(options);
    this.#poolSet = new Set(this.#pool);
    this.#options = options;
    const withdrawn = new Map<string, Ipv4>();
    for (const lease of this.#leases.values()) {
      if (this.#poolSet.has(lease.address)) continue;
      this.#leases.delete(lease.address);
      if (this.#byClient.get(lease.client) !== lease) continue;
      this.#byClient.delete(lease.client);
      withdrawn.set(lease.client, lease.address);
    }
    this.#withdrawn = withdrawn;
  }

  handleMessage(ingress: DhcpIngress, now: Instant): void {
    const { message, destination } = ingress;
    const { serverAddress } = this.#options;
    if (destination !== BROADCAST4 && destination !== serverAddress) return; // for another server
    if (message.op !== 1 || message.relayAddress !== UNSPECIFIED4) return;
    switch (dhcpType(message)) {
      case 'discover':
        return this.#discover(message, now);
      case 'request':
        return this.#request(message, now);
      case 'decline':
        return this.#decline(message, now);
      case 'release':
        return this.#release(message, now);
      case 'inform':
        return this.#inform(message, now);
      default:
        return; // a server's own messages
    }
  }

  /** Answers not yet sent are lost with the link; leases stay. */
  handleLinkDown(): void {
    this.#replies.length = 0;
  }

  /** Early and repeated calls are harmless. */
  handleTimeout(now: Instant): void {
    while (this.#replies[0] && this.#replies[0].at <= now) {
      this.#effects.push(this.#replies.shift()!.frame);
    }
  }

  pollTimeout(): Deadline<'reply'> | undefined {
    const first = this.#replies[0];
    return first && { at: first.at, why: 'reply' };
  }

  pollEffect(): DhcpServerEffect | undefined {
    return this.#effects.shift();
  }

  /** Those in force. */
  leases(now: Instant): LeaseView[] {
    return [...this.#leases.values()]
      .filter((lease) => lease.expiresAt > now)
      .map(({ address, hardware, state, expiresAt }) => ({ address, hardware, state, expiresAt }));
  }

  /** RFC 2131 §4.3.1. Ours: no probe before the offer; clients probe (RFC 5227) and decline. */
  #discover(message: DhcpMessage, now: Instant): void {
    const client = clientKey(message);
    const requested = findDhcpOption(message.options, 'requestedAddress')?.address;
    const address = this.#choose(client, requested, now);
    if (address === undefined) {
      const { link } = this.#options;
      this.#effects.push({ kind: 'event', event: event('DHCP_POOL_EMPTY', { link }) });
      return;
    }
    const lease = this.#assign(address, client, message.clientHardware);
    // A binding that is still in force outlasts the offer of it.
    if (lease.state !== 'bound' || lease.expiresAt <= now) {
      lease.state = 'offered';
      lease.expiresAt = after(now, OFFER_HOLD);
    }
    this.#reply('offer', message, address, this.#terms(message), now);
  }

  /** RFC 2131 §4.3.2, which tells the four states of a client by what stands in the message. */
  #request(message: DhcpMessage, now: Instant): void {
    const { serverAddress, prefix } = this.#options;
    const server = findDhcpOption(message.options, 'serverIdentifier')?.address;
    const requested = findDhcpOption(message.options, 'requestedAddress')?.address;
    const lease = this.#byClient.get(clientKey(message));
    if (server !== undefined) {
      // SELECTING
      if (server !== serverAddress) return this.#withdrawOffer(lease, now);
      if (lease && lease.address === requested && this.#holds(lease, now)) {
        return this.#acknowledge(message, lease, now);
      }
      return this.#refuse(message, requested, now);
    }
    // INIT-REBOOT names the address in the option; RENEWING and REBINDING have it in ciaddr.
    const address = requested ?? message.clientAddress;
    if (address === UNSPECIFIED4) return;
    if (!inPrefix(address, prefix)) return this.#refuse(message, address, now);
    if (!lease) {
      const other = this.#leases.get(address);
      // No record of this client: silence, unless the address is known to be another's, or to be no longer its own.
      const withdrawn = this.#withdrawn.get(clientKey(message)) === address;
      if (withdrawn || (other && other.expiresAt > now)) this.#refuse(message, address, now);
      return;
    }
    if (lease.address === address && lease.state !== 'declined') {
      return this.#acknowledge(message, lease, now);
    }
    this.#refuse(message, address, now);
  }

  /** RFC 2131 §4.3.3: only who holds an address can say that it is in use. */
  #decline(message: DhcpMessage, now: Instant): void {
    const server = findDhcpOption(message.options, 'serverIdentifier')?.address;
    const address = findDhcpOption(message.options, 'requestedAddress')?.address;
    const client = clientKey(message);
    const lease = this.#byClient.get(client);
    if (server !== this.#options.serverAddress || !lease || lease.address !== address) return;
    lease.state = 'declined';
    lease.expiresAt = after(now, DECLINE_HOLD);
    this.#byClient.delete(client);
    this.#event('DHCP_DECLINED', lease);
  }

  /** RFC 2131 §4.3.4: the address is free, and remembered for its client. */
  #release(message: DhcpMessage, now: Instant): void {
    const lease = this.#byClient.get(clientKey(message));
    if (!lease || lease.address !== message.clientAddress || lease.expiresAt <= now) return;
    lease.expiresAt = now;
    this.#event('DHCP_RELEASED', lease);
  }

  /** RFC 2131 §4.3.5: parameters without a lease. */
  #inform(message: DhcpMessage, now: Instant): void {
    if (!inPrefix(message.clientAddress, this.#options.prefix)) return;
    this.#reply('ack', message, UNSPECIFIED4, [], now);
  }

  #acknowledge(message: DhcpMessage, lease: Lease, now: Instant): void {
    const terms = this.#terms(message);
    const lifetime = this.#lifetime(message);
    lease.state = 'bound';
    lease.hardware = message.clientHardware;
    lease.expiresAt = after(now, seconds(lifetime));
    this.#reply('ack', message, lease.address, terms, now);
    this.#event('DHCP_LEASED', lease, { lifetime });
  }

  #refuse(message: DhcpMessage, address: Ipv4 | undefined, now: Instant): void {
    this.#reply('nak', message, UNSPECIFIED4, [], now);
    const { link } = this.#options;
    const fields = { link, address: address ?? null, client: message.clientHardware };
    this.#effects.push({ kind: 'event', event: event('DHCP_REFUSED', fields) });
  }

  /** The client took another server's offer: ours is free again. */
  #withdrawOffer(lease: Lease | undefined, now: Instant): void {
    if (lease?.state === 'offered') lease.expiresAt = now;
  }

  /** RFC 2131 §4.3.1, in its order: current, previous, requested, fresh; then whose lease ended longest ago. */
  #choose(client: string, requested: Ipv4 | undefined, now: Instant): Ipv4 | undefined {
    const own = this.#byClient.get(client);
    if (own) return own.address;
    if (requested !== undefined && this.#poolSet.has(requested) && this.#isFree(requested, now)) {
      return requested;
    }
    let oldest: Lease | undefined;
    for (const address of this.#pool) {
      const lease = this.#leases.get(address);
      if (!lease) return address;
      if (lease.expiresAt <= now && (!oldest || lease.expiresAt < oldest.expiresAt)) oldest = lease;
    }
    return oldest?.address;
  }

  #assign(address: Ipv4, client: string, hardware: MacAddress): Lease {
    const known = this.#leases.get(address);
    if (known && known.client === client && known.state !== 'declined') return known;
    if (known && this.#byClient.get(known.client) === known) this.#byClient.delete(known.client);
    const lease: Lease = {
      address,
      client,
      hardware,
      state: 'offered',
      expiresAt: 0 as Instant,
    };
    this.#leases.set(address, lease);
    this.#byClient.set(client, lease);
    return lease;
  }

  #isFree(address: Ipv4, now: Instant): boolean {
    const lease = this.#leases.get(address);
    return !lease || lease.expiresAt <= now;
  }

  #holds(lease: Lease, now: Instant): boolean {
    return lease.state !== 'declined' && lease.expiresAt > now;
  }

  /** RFC 2131 §4.3.1: what the client asks for, up to what we give. */
  #lifetime(message: DhcpMessage): number {
    const wanted = findDhcpOption(message.options, 'leaseTime')?.seconds ?? 0;
    const { leaseTime } = this.#options;
    return wanted > 0 ? Math.min(wanted, leaseTime) : leaseTime;
  }

  /** RFC 2131 §4.4.5: T1 at half, T2 at seven eighths. */
  #terms(message: DhcpMessage): DhcpOption[] {
    const lifetime = this.#lifetime(message);
    return [
      { kind: 'leaseTime', seconds: lifetime },
      { kind: 'renewalTime', seconds: Math.floor(lifetime * 0.5) },
      { kind: 'rebindingTime', seconds: Math.floor(lifetime * 0.875) },
    ];
  }

  #parameters(): DhcpOption[] {
    const { prefix, router, dnsServers, mtu } = this.#options;
    const list: DhcpOption[] = [
      { kind: 'subnetMask', mask: netmask(prefix.length) },
      { kind: 'router', addresses: [router] },
    ];
    if (dnsServers && dnsServers.length > 0) {
      list.push({ kind: 'dnsServer', addresses: dnsServers });
    }
    if (mtu !== undefined) list.push({ kind: 'interfaceMtu', mtu });
    return list;
  }

  #reply(
    type: DhcpType,
    request: DhcpMessage,
    yourAddress: Ipv4,
    terms: readonly DhcpOption[],
    now: Instant,
  ): void {
    // Ours: beyond this the client's retransmission asks again.
    if (this.#replies.length >= MAX_REPLIES) return;
    const { serverAddress, replyDelay, link } = this.#options;
    const options: DhcpOption[] = [
      { kind: 'messageType', type },
      { kind: 'serverIdentifier', address: serverAddress },
      ...terms,
      ...(type === 'nak' ? [] : this.#parameters()),
    ];
    const identifier = findDhcpOption(request.options, 'clientIdentifier');
    if (identifier) options.push(identifier); // RFC 6842 §3
    const reply: DhcpMessage = {
      op: 2,
      xid: request.xid,
      secs: 0,
      broadcast: request.broadcast,
      clientAddress: type === 'ack' ? request.clientAddress : UNSPECIFIED4,
      yourAddress,
      serverAddress: UNSPECIFIED4,
      relayAddress: UNSPECIFIED4,
      clientHardware: request.clientHardware,
      options,
    };
    const to = destinationOf(type, reply);
    const sourcePort = UDP_PORT.dhcpServer;
    const destinationPort = UDP_PORT.dhcpClient;
    const payload = encodeIpv4({
      tos: 0,
      identification: 0,
      dontFragment: true,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: PROTOCOL.udp,
      source: serverAddress,
      destination: to,
      options: new Uint8Array(0),
      payload: encodeUdp(
        { sourcePort, destinationPort, payload: encodeDhcp(reply) },
        serverAddress,
        to,
      ),
    });
    const destination = to === BROADCAST4 ? BROADCAST_MAC : request.clientHardware;
    const etherType = ETHERTYPE.ipv4;
    const frame: FrameEffect = { kind: 'frame', link, destination, etherType, payload };
    this.#replies.push({ at: after(now, replyDelay), frame });
    this.handleTimeout(now);
  }

  #event(
    code: 'DHCP_LEASED' | 'DHCP_RELEASED' | 'DHCP_DECLINED',
    { address, hardware: client }: Lease,
    more: { readonly lifetime?: number } = {},
  ): void {
    const fields = { link: this.#options.link, address, client, ...more };
    this.#effects.push({ kind: 'event', event: event(code, fields) });
  }
}

/** RFC 2131 §4.1: to ciaddr, else to everyone when asked so, else to the new address by the hardware address. */
function destinationOf(type: DhcpType, reply: DhcpMessage): Ipv4 {
  if (type === 'nak') return BROADCAST4;
  if (reply.clientAddress !== UNSPECIFIED4) return reply.clientAddress;
  return reply.broadcast ? BROADCAST4 : reply.yourAddress;
}

/** RFC 2131 §4.2: the client identifier where there is one, else the hardware address. */
function clientKey(message: DhcpMessage): string {
  const identifier = findDhcpOption(message.options, 'clientIdentifier');
  return identifier ? `id ${toHex(identifier.data)}` : `hw ${message.clientHardware}`;
}

function pool({ from, to, prefix, serverAddress, router }: DhcpServerOptions): Ipv4[] {
  const first = ipv4ToNumber(from);
  const last = Math.min(ipv4ToNumber(to), first + MAX_LEASES - 1);
  const network = ipv4ToNumber(prefix.address);
  const broadcast = network + 2 ** (32 - prefix.length) - 1;
  const list: Ipv4[] = [];
  for (let n = first; n <= last; n++) {
    const address = ipv4FromNumber(n);
    const edge = prefix.length < 31 && (n === network || n === broadcast);
    if (edge || address === serverAddress || address === router) continue;
    if (inPrefix(address, prefix)) list.push(address);
  }
  if (list.length === 0) {
    const message = `No address from ${from} to ${to} can be leased.`;
    throw new UsageError('DHCP_POOL', message, 'Give a range inside the prefix.');
  }
  return list;
}

const netmask = (length: number): Ipv4 => ipv4FromNumber((0xffffffff * 2 ** (32 - length)) >>> 0);

interface Lease {
  readonly address: Ipv4;
  readonly client: string;
  hardware: MacAddress;
  state: 'offered' | 'bound' | 'declined';
  expiresAt: Instant;
}

const OFFER_HOLD = seconds(30); // ours: RFC 2131 §4.3.2 leaves the time of an offer to us
const DECLINE_HOLD = seconds(3600); // ours: long enough for the administrator, short enough for a lab
/** Ours: addresses of a pool beyond these are not used. */
const MAX_LEASES = 4096;
/** Ours: answers held back by `replyDelay` at one time. */
const MAX_REPLIES = 256;
