/**
 * A mobile node among scripted peers: routers, DHCP servers and one home agent, each a few lines, all in virtual
 * time. What the node says and what it is told are real octets. `lines` is the transcript.
 */
import {
  ALL_NODES,
  BROADCAST_MAC,
  ipv4,
  ipv6,
  isMulticast,
  linkLocalAddress,
  mac,
  multicastMac,
  parsePrefix,
  prefix,
  type Ipv4,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../../src/base/address.js';
import { instant, type Instant } from '../../../src/base/time.js';
import type { DatapathState, TunnelItem } from '../../../src/core/datapath/model.js';
import type { FrameEffect, PacketEffect, RoleEffect } from '../../../src/core/effect.js';
import type { MipEvent } from '../../../src/core/event.js';
import type { Arrival, LinkName, LinkState, WorldInput } from '../../../src/core/input.js';
import { MobileNode } from '../../../src/core/mn/mobile-node.js';
import { MOBILE_NODE_DEFAULTS, type MobileNodeOptions } from '../../../src/core/mn/options.js';
import type { Random } from '../../../src/core/random.js';
import { SYSTEM_SHA256 } from '../../../src/linux/digest.js';
import { encodeArp } from '../../../src/wire/arp.js';
import { encodeDhcp } from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../../src/wire/dhcpv4/message.js';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6Message } from '../../../src/wire/icmpv6.js';
import { encodeIpv4 } from '../../../src/wire/ipv4.js';
import type { Ipv6Packet } from '../../../src/wire/ipv6.js';
import { decodeIpv6, encodeIpv6, homeAddressOption } from '../../../src/wire/ipv6-codec.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import type { BindingAck, BindingUpdate } from '../../../src/wire/mobility/message.js';
import { findOption, type MobilityOption } from '../../../src/wire/mobility/option.js';
import type { NdMessage, Redirect } from '../../../src/wire/nd/message.js';
import { ETHERTYPE, PROTOCOL } from '../../../src/wire/protocol.js';
import { encodeUdp } from '../../../src/wire/udp.js';
import { readDhcp, readUpdate, say, typeOf } from './say.js';

export const HOA = ipv6('2001:db8:1::100');
export const HOA4 = ipv4('198.51.100.100');
export const HOME_AGENT = ipv6('2001:db8:1::1');
/** The Home-Agents anycast address of the home subnet, RFC 2526. */
export const HOME_AGENTS = ipv6('2001:db8:1:0:fdff:ffff:ffff:fffe');
export const HOME_AGENT4 = ipv4('192.0.2.1');
export const HOME_PREFIX = prefix('2001:db8:1::/64') as Prefix<Ipv6>;
export const MN_MAC = mac('02:00:00:00:00:10');
export const ROUTER_MAC = mac('02:00:00:00:00:01');
export const HOME_AGENT_MAC = mac('02:00:00:00:01:01');

/** What stands on a link. Change it, then move the node there. */
export interface Network {
  /** Prefixes of its router; none: IPv4 only. */
  prefixes: string[];
  routerMac: MacAddress;
  /** Link-local; made of `routerMac` when absent. */
  routerAddress?: Ipv6 | undefined;
  routerLifetime: number;
  validLifetime: number;
  preferredLifetime: number;
  /** Bit H, and R with this address. */
  homeAgent?: Ipv6 | undefined;
  /** Milliseconds, in the Advertisement Interval option. */
  interval?: number | undefined;
  /** Milliseconds from solicitation to advertisement; null: no answer. */
  raDelay: number | null;
  /** The router answers neighbour solicitations for itself. */
  answersNs: boolean;
  dhcp?:
    | { address: Ipv4; router: Ipv4; lease: number; delay: number; more?: readonly DhcpOption[] }
    | undefined;
  /** In the MTU option of its advertisements. */
  mtu?: number | undefined;
  /** The address that a NAT shows to the home agent. */
  nat?: Ipv4 | undefined;
  /** The home agent cannot be reached over IPv6 (packets are lost). */
  ipv6Lost?: boolean | undefined;
  /** Addresses that somebody else has: they are defended. */
  taken: Ipv6[];
}

export interface SeenUpdate {
  readonly message: BindingUpdate;
  readonly via: 'native' | 'udp' | 'frame';
  readonly careOf: string;
  readonly packet: Ipv6Packet;
}

/** Undefined: the home agent says nothing. */
export type HomeAgentScript = (
  update: SeenUpdate,
  network: ScriptedNetwork,
) => Partial<BindingAck> | undefined;

export const network = (part: Partial<Network> = {}): Network => ({
  prefixes: [],
  routerMac: ROUTER_MAC,
  routerLifetime: 1800,
  validLifetime: 86400,
  preferredLifetime: 14400,
  raDelay: 20,
  answersNs: true,
  taken: [],
  ...part,
});

export const homeNetwork = (part: Partial<Network> = {}): Network =>
  network({
    prefixes: ['2001:db8:1::/64'],
    routerMac: HOME_AGENT_MAC,
    homeAgent: HOME_AGENT,
    ...part,
  });

export const mobileNodeOptions = (part: Partial<MobileNodeOptions> = {}): MobileNodeOptions => ({
  ...MOBILE_NODE_DEFAULTS,
  addressGeneration: 'eui64',
  homes: [
    {
      homeAddress: HOA,
      homePrefix: HOME_PREFIX,
      homeAgent: HOME_AGENT,
      homeAgent4: HOME_AGENT4,
      homeAddress4: null,
      homeLink: null,
    },
  ],
  links: [
    { name: 'eth0', preference: 5, dhcp: true },
    { name: 'eth1', preference: 5, dhcp: true },
  ],
  ...part,
});

/** A small linear congruential generator: the same seed, the same node. */
export function seeded(seed: number): Random {
  let state = seed >>> 0;
  const next = () => (state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8;
  return {
    octets: (n) => Uint8Array.from({ length: n }, () => next() & 0xff),
    fraction: () => next() / 0x1000000,
  };
}

export class ScriptedNetwork {
  readonly node: MobileNode;
  readonly lines: string[] = [];
  readonly events: { at: number; event: MipEvent }[] = [];
  readonly updates: SeenUpdate[] = [];
  readonly store = new Map<string, string>();
  readonly packets: PacketEffect[] = [];
  datapath: DatapathState = { items: [] };
  homeAgent: HomeAgentScript = () => ({});
  /** Whom an answer to Home Agent Address Discovery names, from the first of them; null: nobody answers. */
  discovered: readonly Ipv6[] | null = null;
  /** Milliseconds from Binding Update to Acknowledgement. */
  homeAgentDelay = 10;
  now: Instant = instant(0);
  readonly #networks = new Map<LinkName, Network>();
  readonly #links = new Map<LinkName, LinkState>();
  #queue: { at: Instant; order: number; run: () => void }[] = [];
  #order = 0;

  constructor(
    options: Partial<MobileNodeOptions> = {},
    kept: Readonly<Record<string, string>> = {},
  ) {
    const all = mobileNodeOptions(options);
    this.node = new MobileNode(all, seeded(1), SYSTEM_SHA256);
    for (const [index, { name }] of all.links.entries())
      this.#links.set(name, linkState(name, index));
    const keptMap = new Map(Object.entries({ [`seq ${HOA}`]: '0', ...kept }));
    for (const [key, value] of keptMap) this.store.set(key, value);
    this.node.start([...this.#links.values()], keptMap, this.now);
    this.#drain();
  }

  /** Carrier on `link`, to this network. */
  plug(link: LinkName, to: Network): void {
    this.#networks.set(link, to);
    const was = this.#links.get(link)!;
    this.#setLink({ ...was, up: true, carrierUps: was.carrierUps + 1 });
  }

  unplug(link: LinkName): void {
    this.#networks.delete(link);
    this.#setLink({ ...this.#links.get(link)!, up: false });
  }

  /** The kernel tells of an interface anew. */
  tell(link: LinkName, part: Partial<LinkState>): void {
    this.#setLink({ ...this.#links.get(link)!, ...part });
  }

  /** The kernel says only that carrier came up once more. */
  flap(link: LinkName, to: Network): void {
    this.plug(link, to);
  }

  input(input: WorldInput): void {
    this.node.handle(input, this.now);
    this.#drain();
  }

  do<T>(command: (node: MobileNode, now: Instant) => T): T {
    const result = command(this.node, this.now);
    this.#drain();
    return result;
  }

  /** Until that second, deadlines and scripted answers in order. */
  run(until: number): this {
    for (;;) {
      const next = this.node.pollTimeout();
      const due = this.#queue.reduce<Instant | undefined>(
        (a, b) => (a === undefined || b.at < a ? b.at : a),
        undefined,
      );
      const at = Math.min(next?.at ?? Infinity, due ?? Infinity);
      if (at > until * 1000) break;
      this.now = instant(Math.max(at, this.now));
      if (due !== undefined && due <= this.now) this.#runDue();
      else {
        this.node.handleTimeout(this.now);
        this.#drain();
      }
    }
    this.now = instant(Math.max(this.now, until * 1000));
    return this;
  }

  /** Lines since the last call that contain one of the words; all without words. */
  take(...words: string[]): string[] {
    return this.lines
      .splice(0)
      .filter((line) => words.length === 0 || words.some((word) => line.split(' ')[1] === word));
  }

  get tunnel(): TunnelItem | undefined {
    return this.datapath.items.find((item): item is TunnelItem => item.kind === 'tunnel');
  }

  where(address: string): string | undefined {
    for (const item of this.datapath.items) {
      if (item.kind === 'address' && item.address === address) return item.link;
    }
    return undefined;
  }

  advertise(link: LinkName): void {
    const net = this.#networks.get(link);
    if (net) this.#sendRa(link, net);
  }

  /** A neighbour discovery message on a link, from somebody. */
  nd(
    link: LinkName,
    from: MacAddress,
    source: Ipv6,
    destination: Ipv6,
    message: NdMessage | Redirect,
  ): void {
    const payload = encodeIpv6({
      trafficClass: 0,
      flowLabel: 0,
      hopLimit: 255,
      source,
      destination,
      headers: [],
      protocol: PROTOCOL.icmpv6,
      payload: encodeIcmpv6(message, source, destination),
    });
    const to = isMulticast(destination) ? multicastMac(destination) : MN_MAC;
    this.input({
      kind: 'frame',
      frame: { link, source: from, destination: to, etherType: ETHERTYPE.ipv6, payload },
    });
  }

  arp(link: LinkName, from: MacAddress, sender: Ipv4, target: Ipv4): void {
    const payload = encodeArp({
      operation: 'reply',
      senderMac: from,
      senderAddress: sender,
      targetMac: MN_MAC,
      targetAddress: target,
    });
    this.input({
      kind: 'frame',
      frame: { link, source: from, destination: MN_MAC, etherType: ETHERTYPE.arp, payload },
    });
  }

  later(wait: number, run: () => void): void {
    this.#queue.push({ at: instant(this.now + wait), order: this.#order++, run });
  }

  acknowledge(update: SeenUpdate, part: Partial<BindingAck> = {}): void {
    const { message, via, packet } = update;
    const home = homeAddressOption(packet) ?? packet.source;
    const ack: BindingAck = {
      kind: 'bindingAck',
      status: 0,
      flags: 0,
      sequence: message.sequence,
      lifetime: message.lifetime,
      options: defaultOptions(update, this.#networkOf(update)),
      ...part,
    };
    const native = via === 'native';
    const octets = encodeMobilityPacket({
      source: packet.destination,
      destination: native ? packet.source : home,
      ...(native ? { routingHome: home } : {}),
      message: ack,
    });
    const arrival: Arrival =
      via === 'udp'
        ? {
            kind: 'udp',
            source: HOME_AGENT4,
            sourcePort: 4191,
            destination: update.careOf as Ipv4,
            destinationPort: 4191,
          }
        : { kind: 'native' };
    this.input({ kind: 'packet', packet: { link: 'eth0', octets, arrival, protected: false } });
  }

  #networkOf(update: SeenUpdate): Network | undefined {
    for (const net of this.#networks.values()) {
      if (net.dhcp?.address === update.careOf) return net;
    }
    return undefined;
  }

  #setLink(link: LinkState): void {
    this.#links.set(link.name, link);
    this.input({ kind: 'link', link });
  }

  #runDue(): void {
    const due = this.#queue
      .filter((e) => e.at <= this.now)
      .sort((a, b) => a.at - b.at || a.order - b.order);
    const first = due[0]!;
    this.#queue = this.#queue.filter((e) => e !== first);
    first.run();
  }

  #drain(): void {
    for (let e = this.node.pollEffect(); e; e = this.node.pollEffect()) this.#effect(e);
  }

  #effect(e: RoleEffect): void {
    if (e.kind !== 'store') this.lines.push(`${this.now / 1000} ${say(e)}`);
    switch (e.kind) {
      case 'event':
        this.events.push({ at: this.now / 1000, event: e.event });
        break;
      case 'store':
        if (e.value === undefined) this.store.delete(e.key);
        else this.store.set(e.key, e.value);
        break;
      case 'datapath':
        this.datapath = e.want;
        break;
      case 'packet': {
        this.packets.push(e);
        const packet = decodeIpv6(e.octets);
        const lost = !e.udp && this.#networks.get(e.link ?? '')?.ipv6Lost === true;
        const careOf = e.udp?.source ?? packet.source;
        if (!lost) this.#reachHomeAgent(packet, e.udp ? 'udp' : 'native', careOf);
        if (!lost) this.#discover(packet);
        break;
      }
      case 'frame':
        this.#frame(e);
        break;
      default:
        e satisfies never;
    }
  }

  #discover(packet: Ipv6Packet): void {
    const agents = this.discovered;
    if (packet.destination !== HOME_AGENTS || !agents) return;
    const message = decodeIcmpv6(packet.payload, packet.source, packet.destination);
    if (message.kind !== 'homeAgentDiscoveryRequest') return;
    const { identifier } = message;
    this.later(10, () => this.icmpv6(agents[0]!, packet.source, reply(identifier, agents)));
  }

  /** An ICMPv6 message of Mobile IPv6, from somebody. */
  icmpv6(source: Ipv6, destination: Ipv6, message: Icmpv6Message): void {
    const octets = encodeIcmpv6Packet({ source, destination, message });
    const arrival = { kind: 'native' } as const;
    this.input({ kind: 'packet', packet: { link: 'eth0', octets, arrival, protected: false } });
  }

  #reachHomeAgent(packet: Ipv6Packet, via: SeenUpdate['via'], careOf: string): void {
    const message = readUpdate(packet);
    if (!message) return;
    const update: SeenUpdate = { message, via, careOf, packet };
    this.updates.push(update);
    const answer = this.homeAgent(update, this);
    if (answer) this.later(this.homeAgentDelay, () => this.acknowledge(update, answer));
  }

  #frame(e: FrameEffect): void {
    const net = this.#networks.get(e.link);
    if (!net || e.etherType === ETHERTYPE.arp) return;
    if (e.etherType === ETHERTYPE.ipv4) return this.#dhcpFrame(e, net);
    const packet = decodeIpv6(e.payload);
    if (packet.protocol === PROTOCOL.mobility) {
      if (e.destination === HOME_AGENT_MAC) this.#reachHomeAgent(packet, 'frame', packet.source);
      return;
    }
    const message = decodeIcmpv6(packet.payload, packet.source, packet.destination);
    const still = () => this.#networks.get(e.link) === net;
    if (message.kind === 'routerSolicitation' && net.raDelay !== null && net.prefixes.length > 0) {
      this.later(net.raDelay, () => still() && this.#sendRa(e.link, net));
    }
    if (message.kind !== 'neighborSolicitation') return;
    const { target } = message;
    if (net.taken.includes(target)) this.later(5, () => still() && this.#defend(e.link, target));
    const asksRouter = target === routerAddressOf(net) && e.destination === net.routerMac;
    if (asksRouter && net.answersNs && net.prefixes.length > 0) {
      this.later(1, () => still() && this.#answerNs(e.link, net.routerMac, target, packet.source));
    }
  }

  #answerNs(link: LinkName, from: MacAddress, target: Ipv6, to: Ipv6): void {
    this.nd(link, from, target, to, {
      kind: 'neighborAdvertisement',
      router: true,
      solicited: true,
      override: true,
      target,
      options: [],
    });
  }

  #defend(link: LinkName, target: Ipv6): void {
    this.nd(link, mac('02:00:00:00:00:99'), target, ALL_NODES, {
      kind: 'neighborAdvertisement',
      router: false,
      solicited: false,
      override: true,
      target,
      options: [{ kind: 'targetLinkLayer', address: mac('02:00:00:00:00:99') }],
    });
  }

  #sendRa(link: LinkName, net: Network): void {
    this.nd(link, net.routerMac, routerAddressOf(net), ALL_NODES, {
      kind: 'routerAdvertisement',
      hopLimit: 64,
      managed: false,
      otherConfig: false,
      homeAgent: net.homeAgent !== undefined,
      preference: 0,
      routerLifetime: net.routerLifetime,
      reachableTime: 0,
      retransTimer: 0,
      options: [
        { kind: 'sourceLinkLayer', address: net.routerMac },
        ...net.prefixes.map((text) => {
          const p = parsePrefix(text) as Prefix<Ipv6>;
          return {
            kind: 'prefixInformation',
            prefixLength: p.length,
            onLink: true,
            autonomous: true,
            routerAddress: net.homeAgent !== undefined,
            validLifetime: net.validLifetime,
            preferredLifetime: net.preferredLifetime,
            prefix: net.homeAgent ?? p.address,
          } as const;
        }),
        ...(net.mtu === undefined ? [] : [{ kind: 'mtu', mtu: net.mtu } as const]),
        ...(net.interval === undefined
          ? []
          : [{ kind: 'advertisementInterval', interval: net.interval } as const]),
      ],
    });
  }

  #dhcpFrame(e: FrameEffect, net: Network): void {
    const server = net.dhcp;
    if (!server) return;
    const message = readDhcp(e);
    const asked = message.options.find((o) => o.kind === 'requestedAddress');
    const wanted = asked?.address ?? message.clientAddress;
    const type = typeOf(message);
    if (type === 'discover') this.#dhcpReply(e.link, message, 'offer', server);
    if (type !== 'request') return;
    this.#dhcpReply(e.link, message, wanted === server.address ? 'ack' : 'nak', server);
  }

  #dhcpReply(
    link: LinkName,
    request: DhcpMessage,
    type: DhcpType,
    server: NonNullable<Network['dhcp']>,
  ): void {
    const none = ipv4('0.0.0.0');
    const options: DhcpOption[] = [
      { kind: 'messageType', type },
      { kind: 'serverIdentifier', address: server.router },
    ];
    if (type !== 'nak') {
      options.push(
        { kind: 'subnetMask', mask: ipv4('255.255.255.0') },
        { kind: 'router', addresses: [server.router] },
        { kind: 'leaseTime', seconds: server.lease },
        ...(server.more ?? []),
      );
    }
    const reply: DhcpMessage = {
      op: 2,
      xid: request.xid,
      secs: 0,
      broadcast: false,
      clientAddress: none,
      yourAddress: type === 'nak' ? none : server.address,
      serverAddress: none,
      relayAddress: none,
      clientHardware: request.clientHardware,
      options,
    };
    this.later(server.delay, () => {
      if (this.#networks.get(link)?.dhcp !== server) return;
      this.dhcp(link, server.router, reply);
    });
  }

  dhcp(link: LinkName, source: Ipv4, message: DhcpMessage): void {
    const destination = ipv4('255.255.255.255');
    const payload = encodeIpv4({
      tos: 0,
      identification: 0,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: PROTOCOL.udp,
      source,
      destination,
      options: new Uint8Array(0),
      payload: encodeUdp(
        { sourcePort: 67, destinationPort: 68, payload: encodeDhcp(message) },
        source,
        destination,
      ),
    });
    this.input({
      kind: 'frame',
      frame: {
        link,
        source: ROUTER_MAC,
        destination: BROADCAST_MAC,
        etherType: ETHERTYPE.ipv4,
        payload,
      },
    });
  }
}

const routerAddressOf = (net: Network): Ipv6 =>
  net.routerAddress ?? linkLocalAddress(net.routerMac);

/** RFC 6275 §6.6 */
export const reply = (identifier: number, addresses: readonly Ipv6[]): Icmpv6Message => ({
  kind: 'homeAgentDiscoveryReply',
  identifier,
  mobileRouter: false,
  addresses,
});

function linkState(name: LinkName, index: number): LinkState {
  const own = index === 0 ? MN_MAC : mac(`02:00:00:00:00:1${index}`);
  return {
    name,
    index: index + 1,
    up: false,
    mac: own,
    mtu: 1500,
    carrierUps: 0,
    addresses: [{ address: linkLocalAddress(own), prefixLength: 64 }],
  };
}

function defaultOptions(
  { message, via, careOf }: SeenUpdate,
  net: Network | undefined,
): MobilityOption[] {
  const options: MobilityOption[] = [];
  const home4 = findOption(message.options, 'ipv4HomeAddress');
  if (home4) {
    options.push({ kind: 'ipv4AddressAck', status: 0, prefixLength: 32, address: home4.address });
  }
  if (via === 'udp') {
    const nat = net?.nat !== undefined && net.nat !== careOf;
    options.push({ kind: 'natDetection', forceUdp: nat, refresh: nat ? 110 : 0xffffffff });
  }
  return options;
}
