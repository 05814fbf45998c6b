/** A home agent in virtual time: octets in, lines out. */
import {
  ALL_NODES,
  ipv4,
  ipv6,
  mac,
  multicastMac,
  prefix,
  prefixOf,
  solicitedNode,
  type Ipv4,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../../../src/base/address.js';
import { instant, type Instant } from '../../../src/base/time.js';
import type { DatapathItem, TunnelItem } from '../../../src/core/datapath/model.js';
import type { PacketEffect, RoleEffect } from '../../../src/core/effect.js';
import { HomeAgent } from '../../../src/core/ha/home-agent.js';
import { HOME_AGENT_DEFAULTS, type HomeAgentOptions } from '../../../src/core/ha/options.js';
import type { Arrival, LinkState, ReceivedPacket } from '../../../src/core/input.js';
import type { Random } from '../../../src/core/random.js';
import { decodeArp, encodeArp, type ArpMessage } from '../../../src/wire/arp.js';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6Message } from '../../../src/wire/icmpv6.js';
import {
  decodeIpv6,
  encodeIpv6,
  homeAddressOption,
  routing2,
} from '../../../src/wire/ipv6-codec.js';
import { encodeIcmpv6Packet, encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import { decodeMobility, verifyMobility } from '../../../src/wire/mobility/codec.js';
import { BU_FLAGS } from '../../../src/wire/mobility/flag.js';
import type { BindingAck, MobilityMessage } from '../../../src/wire/mobility/message.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import type { NdMessage } from '../../../src/wire/nd/message.js';
import { ETHERTYPE, PROTOCOL } from '../../../src/wire/protocol.js';

export const HA = ipv6('2001:db8::1');
export const HA4 = ipv4('192.0.2.1');
export const HA_MAC = mac('02:00:00:00:00:01');
export const HOA = ipv6('2001:db8::100');
export const HOA2 = ipv6('2001:db8::200');
export const HOA_LINK_LOCAL = ipv6('fe80::100');
export const HOA4 = ipv4('192.0.2.100');
export const HOA4_2 = ipv4('192.0.2.200');
export const COA = ipv6('2001:db8:f::9');
export const COA2 = ipv6('2001:db8:e::9');
export const COA4 = ipv4('198.51.100.9');
export const NAT4 = ipv4('203.0.113.7');
export const PRIVATE4 = ipv4('10.0.0.9');
export const MN_MAC = mac('02:00:00:00:00:99');
export const OTHER_MAC = mac('02:00:00:00:00:77');
/** RFC 2526, of the home prefix. */
export const ANYCAST = ipv6('2001:db8::fdff:ffff:ffff:fffe');
export const HOME = 'home0';
export const AWAY = 'net0';

export const HOME_LINK: LinkState = {
  name: HOME,
  index: 2,
  up: true,
  mac: HA_MAC,
  mtu: 1500,
  carrierUps: 1,
  addresses: [
    { address: HA, prefixLength: 64 },
    { address: HA4, prefixLength: 24 },
  ],
};

export const OPTIONS: HomeAgentOptions = {
  ...HOME_AGENT_DEFAULTS,
  address: HA,
  address4: HA4,
  homeLinks: [{ link: HOME, prefix: prefix('2001:db8::/64') as Prefix<Ipv6> }],
  acl: [],
  acceptIpv4: [prefixOf(HA4, 24)],
  dsmip: true,
  dadMode: 'off',
};

export interface AdvertisedHomePrefix {
  readonly text: string;
  /** Seconds. */
  readonly valid: number;
  readonly preferred: number;
  readonly onLink?: boolean;
}

export interface BuFields {
  readonly sequence?: number;
  /** Letters of the flags; `AH` when absent. */
  readonly flags?: string;
  readonly lifetime?: number;
  readonly options?: readonly MobilityOption[];
  readonly homeAddress?: Ipv6;
  readonly careOf?: Ipv6;
  readonly destination?: Ipv6;
}

export class Bench {
  readonly agent: HomeAgent;
  readonly kept: Map<string, string>;
  /** Milliseconds. */
  now = 0;
  readonly lines: string[] = [];
  readonly effects: RoleEffect[] = [];
  /** The tunnels declared last, by key. */
  tunnels = new Map<string, TunnelItem>();
  declared: readonly DatapathItem[] = [];
  datapaths = 0;

  constructor(
    options: Partial<HomeAgentOptions> = {},
    kept = new Map<string, string>(),
    links: readonly LinkState[] = [HOME_LINK],
    random: Random = NO_RANDOM,
  ) {
    this.agent = new HomeAgent({ ...OPTIONS, ...options }, random);
    this.kept = kept;
    this.agent.start(links, kept, this.#instant());
    this.#drain();
  }

  /** Over IPv6, from a care-of address, with a Home Address option. */
  update(fields: BuFields = {}): this {
    const { homeAddress = HOA, careOf = COA, destination = HA } = fields;
    const path = { source: careOf, destination, homeAddress };
    return this.packet(encodeMobilityPacket({ ...path, message: bu(fields) }));
  }

  /** From home: the source is the home address, and there is no option. */
  updateFromHome(fields: BuFields = {}, arrival: Arrival = AT_HOME): this {
    const { homeAddress = HOA } = fields;
    const message = bu({ lifetime: 0, ...fields });
    const octets = encodeMobilityPacket({ source: homeAddress, destination: HA, message });
    return this.packet(octets, arrival, HOME);
  }

  /** In UDP and IPv4, RFC 5555 §4.2. `careOf4` null: no IPv4 Care-of Address option. */
  updateInUdp(
    fields: BuFields & { readonly careOf4?: Ipv4 | null } = {},
    outer: { readonly source?: Ipv4; readonly port?: number } = {},
  ): this {
    const { homeAddress = HOA, careOf4 = COA4, options = [] } = fields;
    const careOf: MobilityOption[] = careOf4 ? [{ kind: 'ipv4CareOf', address: careOf4 }] : [];
    const message = bu({ ...fields, options: [...careOf, ...options] });
    const octets = encodeMobilityPacket({ source: homeAddress, destination: HA, message });
    const { source = careOf4 ?? COA4, port = 4191 } = outer;
    return this.packet(octets, udpFrom(source, port));
  }

  packet(octets: Uint8Array, arrival: Arrival = { kind: 'native' }, link = AWAY): this {
    const packet: ReceivedPacket = { link, octets, arrival, protected: false };
    this.agent.handle({ kind: 'packet', packet }, this.#instant());
    return this.#drain();
  }

  nd(
    message: NdMessage,
    from: { readonly mac?: MacAddress; readonly source?: Ipv6; readonly destination?: Ipv6 } = {},
  ): this {
    const { source = ipv6('fe80::77'), mac: sender = OTHER_MAC } = from;
    const destination =
      from.destination ??
      (message.kind === 'neighborSolicitation' ? solicitedNode(message.target) : ALL_NODES);
    const payload = ipv6Packet(source, destination, message);
    const frame = {
      link: HOME,
      source: sender,
      destination: multicastMac(destination),
      etherType: ETHERTYPE.ipv6,
      payload,
    };
    this.agent.handle({ kind: 'frame', frame }, this.#instant());
    return this.#drain();
  }

  /** Mobile Prefix Solicitation, as RFC 6275 §6.7 has it. */
  solicit(
    identifier: number,
    from: { readonly homeAddress?: Ipv6; readonly careOf?: Ipv6 } = {},
  ): this {
    const { homeAddress = HOA, careOf = COA } = from;
    const message = { kind: 'mobilePrefixSolicitation', identifier } as const;
    return this.packet(
      encodeIcmpv6Packet({ source: careOf, destination: HA, homeAddress, message }),
    );
  }

  /** A router of the home link, other than the home agent. */
  routerAdvertises(...prefixes: readonly AdvertisedHomePrefix[]): this {
    return this.nd({
      kind: 'routerAdvertisement',
      hopLimit: 64,
      managed: false,
      otherConfig: false,
      homeAgent: false,
      preference: 0,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options: prefixes.map(({ text, valid, preferred, onLink = true }) => {
        const { address, length } = prefix(text) as Prefix<Ipv6>;
        return {
          kind: 'prefixInformation',
          prefixLength: length,
          onLink,
          autonomous: true,
          routerAddress: false,
          validLifetime: valid,
          preferredLifetime: preferred,
          prefix: address,
        };
      }),
    });
  }

  arp(message: ArpMessage): this {
    const frame = {
      link: HOME,
      source: message.senderMac,
      destination: HA_MAC,
      etherType: ETHERTYPE.arp,
      payload: encodeArp(message),
    };
    this.agent.handle({ kind: 'frame', frame }, this.#instant());
    return this.#drain();
  }

  link(link: LinkState): this {
    this.agent.handle({ kind: 'link', link }, this.#instant());
    return this.#drain();
  }

  linkGone(name: string): this {
    this.agent.handle({ kind: 'linkGone', name }, this.#instant());
    return this.#drain();
  }

  /** Lets virtual time pass, stopping at every deadline. Seconds. */
  wait(seconds: number): this {
    const until = this.now + seconds * 1000;
    for (let next = this.agent.pollTimeout(); next && next.at <= until;) {
      this.now = Math.max(this.now, next.at);
      this.agent.handleTimeout(this.#instant());
      this.#drain();
      next = this.agent.pollTimeout();
    }
    this.now = until;
    return this;
  }

  stop(): this {
    this.agent.stop(this.#instant());
    return this.#drain();
  }

  view() {
    return this.agent.view(this.#instant());
  }

  /** Lines since the last call; `only` picks those whose words after the time begin so. */
  take(...only: string[]): string[] {
    const lines = this.lines.splice(0);
    this.effects.length = 0;
    if (only.length === 0) return lines;
    return lines.filter((line) =>
      only.some((o) => line.slice(line.indexOf(' ') + 1).startsWith(o)),
    );
  }

  /** The Binding Acknowledgements since the last `take`, padding left out. */
  acks(): BindingAck[] {
    return this.effects.flatMap((effect) => {
      const octets = octetsOf(effect);
      const message = octets && mobilityOf(octets);
      if (message?.kind !== 'bindingAck') return [];
      const options = message.options.filter((o) => o.kind !== 'pad1' && o.kind !== 'padN');
      return [{ ...message, options }];
    });
  }

  sent(): PacketEffect[] {
    return this.effects.filter((effect) => effect.kind === 'packet');
  }

  #instant(): Instant {
    return instant(this.now);
  }

  #drain(): this {
    for (let e = this.agent.pollEffect(); e; e = this.agent.pollEffect()) {
      this.effects.push(e);
      this.lines.push(`${this.now / 1000} ${describeEffect(e)}`);
      if (e.kind === 'datapath') {
        this.datapaths++;
        this.declared = e.want.items;
        this.tunnels = new Map();
        for (const item of e.want.items) {
          if (item.kind === 'tunnel') this.tunnels.set(item.key, item);
        }
      }
      if (e.kind === 'store') {
        if (e.value === undefined) this.kept.delete(e.key);
        else this.kept.set(e.key, e.value);
      }
    }
    return this;
  }
}

export function bu(fields: BuFields = {}): MobilityMessage {
  const { sequence = 15, flags = 'AH', lifetime = 420, options = [] } = fields;
  const bits = BU_FLAGS.filter((row) => flags.includes(row.letter));
  return {
    kind: 'bindingUpdate',
    sequence,
    flags: bits.reduce((sum, row) => sum | row.bit, 0),
    lifetime,
    options,
  };
}

export const udpFrom = (source: Ipv4, sourcePort = 4191): Arrival => ({
  kind: 'udp',
  source,
  sourcePort,
  destination: HA4,
  destinationPort: 4191,
});

export const AT_HOME: Arrival = { kind: 'native', linkSource: MN_MAC };

export const ipv4Home = (
  address: Ipv4,
  more: { readonly prefixLength?: number; readonly prefixRequested?: boolean } = {},
): MobilityOption => ({
  kind: 'ipv4HomeAddress',
  prefixLength: 32,
  prefixRequested: false,
  ...more,
  address,
});

export const solicit = (target: Ipv6, sourceLinkLayer?: MacAddress): NdMessage => ({
  kind: 'neighborSolicitation',
  target,
  options: sourceLinkLayer ? [{ kind: 'sourceLinkLayer', address: sourceLinkLayer }] : [],
});

export const advertise = (target: Ipv6): NdMessage => ({
  kind: 'neighborAdvertisement',
  router: false,
  solicited: false,
  override: true,
  target,
  options: [{ kind: 'targetLinkLayer', address: OTHER_MAC }],
});

export function ipv6Packet(
  source: Ipv6,
  destination: Ipv6,
  message: Icmpv6Message,
  homeAddress?: Ipv6,
): Uint8Array {
  return encodeIpv6({
    trafficClass: 0,
    flowLabel: 0,
    hopLimit: 255,
    source,
    destination,
    headers: homeAddress
      ? [
          {
            kind: 'destinationOptions',
            options: [{ kind: 'homeAddress', address: homeAddress }],
          },
        ]
      : [],
    protocol: PROTOCOL.icmpv6,
    payload: encodeIcmpv6(message, homeAddress ?? source, destination),
  });
}

/** The Mobility Header of a packet, its checksum verified; undefined when it has none. */
export function mobilityOf(octets: Uint8Array): MobilityMessage | undefined {
  const packet = decodeIpv6(octets);
  if (packet.protocol !== PROTOCOL.mobility) return undefined;
  const source = homeAddressOption(packet) ?? packet.source;
  const destination = routing2(packet)?.homeAddress ?? packet.destination;
  if (!verifyMobility(packet.payload, source, destination)) throw new Error('checksum');
  return decodeMobility(packet.payload).message;
}

export function octetsOf(effect: RoleEffect): Uint8Array | undefined {
  if (effect.kind === 'packet') return effect.octets;
  return effect.kind === 'frame' && effect.etherType === ETHERTYPE.ipv6
    ? effect.payload
    : undefined;
}

export function describeEffect(effect: RoleEffect): string {
  switch (effect.kind) {
    case 'event':
      return `event ${effect.event.code}`;
    case 'store':
      return effect.value === undefined ? `forget ${effect.key}` : `store ${effect.key}`;
    case 'datapath':
      return ['datapath', ...effect.want.items.flatMap(describeTunnel)].join(' ');
    case 'frame':
      if (effect.etherType === ETHERTYPE.arp) {
        return `${describeArp(decodeArp(effect.payload))} to ${effect.destination}`;
      }
      return `${describePacket(effect.payload)} at ${effect.destination}`;
    case 'packet': {
      const { udp } = effect;
      const outer = udp
        ? ` udp ${udp.source}:${udp.sourcePort}→${udp.destination}:${udp.destinationPort}`
        : '';
      return `${describePacket(effect.octets)}${outer}`;
    }
    default:
      return effect satisfies never;
  }
}

function describePacket(octets: Uint8Array): string {
  const packet = decodeIpv6(octets);
  const home = routing2(packet)?.homeAddress;
  const to = home ? `${packet.destination} for ${home}` : packet.destination;
  const message = mobilityOf(octets);
  if (message?.kind === 'bindingAck') {
    return `BA ${message.status} seq ${message.sequence} life ${message.lifetime} to ${to}`;
  }
  if (message?.kind === 'bindingError') {
    return `BE ${message.status} home ${message.homeAddress} to ${to}`;
  }
  const icmp = decodeIcmpv6(packet.payload, packet.source, home ?? packet.destination);
  switch (icmp.kind) {
    case 'neighborSolicitation':
      return `NS ${icmp.target} from ${packet.source} to ${to}`;
    case 'neighborAdvertisement': {
      const flags =
        (icmp.router ? 'R' : '') + (icmp.solicited ? 'S' : '') + (icmp.override ? 'O' : '');
      return `NA ${icmp.target} flags ${flags || '-'} from ${packet.source} to ${to}`;
    }
    case 'parameterProblem':
      return `PP code ${icmp.code} pointer ${icmp.pointer} to ${to}`;
    case 'mobilePrefixAdvertisement': {
      const told = icmp.options.flatMap((o) =>
        o.kind === 'prefixInformation'
          ? [`${o.prefix}/${o.prefixLength} ${o.validLifetime} ${o.preferredLifetime}`]
          : [],
      );
      return [`MPA ${icmp.identifier} from ${packet.source} to ${to}`, ...told].join(', ');
    }
    default:
      return `${icmp.kind} to ${to}`;
  }
}

function describeTunnel(item: { readonly kind: string }): string[] {
  if (item.kind !== 'tunnel') return [];
  const { key, remote, udp } = item as TunnelItem;
  return [`${key}→${remote}${udp ? `:${udp.remotePort}` : ''}`];
}

function describeArp(m: ArpMessage): string {
  return `ARP ${m.operation} ${m.senderAddress} is ${m.senderMac}, target ${m.targetAddress}`;
}

export const NO_RANDOM: Random = {
  octets: (n) => new Uint8Array(n),
  fraction: () => 0,
};
