/**
 * Octets taken apart for people and scripts, as far as they go. Nothing here throws. Each octet stands in one layer,
 * so that `encodeLayers` gives back what came, whatever it was. Time and memory grow linearly with the octets:
 * `MAX_LAYERS` bounds how often one is looked at.
 */
import {
  BROADCAST4,
  isIpv6,
  isLinkLocal,
  isLoopback,
  isMulticast,
  isRoutableUnicast,
  isUnspecified,
  solicitedNode,
  type IpAddress,
  type Ipv4,
  type Ipv6,
} from '../../base/address.js';
import { checksum, transportChecksum } from '../../base/checksum.js';
import { WireError } from '../../base/error.js';
import { decodeArp } from '../../wire/arp.js';
import { decodeDhcp, dhcpType } from '../../wire/dhcpv4/codec.js';
import { decodeIcmpv6 } from '../../wire/icmpv6.js';
import { MAX_EXTENSION_HEADERS, unknownOptionAction } from '../../wire/ipv6-codec.js';
import { decodeMobility, verifyMobility } from '../../wire/mobility/codec.js';
import { isBaseType, messageRow } from '../../wire/mobility/message-table.js';
import { optionRow } from '../../wire/mobility/option-table.js';
import { alignmentOf } from '../../wire/mobility/option/row.js';
import { ETHERTYPE, PROTOCOL, UDP_PORT } from '../../wire/protocol.js';
import { DHCP_OPTION_FORMAT } from './dhcp-options.js';
import * as header from './headers.js';
import { ICMPV6_BODIES, ND_OPTION_FORMAT } from './icmpv6-layout.js';
import {
  DESTINATION_OPTION_FORMAT,
  HOME_ADDRESS_OPTION,
  HOP_BY_HOP_OPTIONS,
} from './ipv6-options.js';
import { issueRow, type IssueCode } from './issues.js';
import { hexJson } from './json.js';
import { decodeLayout, layoutLength, nameOf, type Field } from './layout.js';
import { decodeMobilityLayer, MH_HEAD, MOBILITY_OPTIONS } from './mobility.js';
import {
  MAX_LAYERS,
  MAX_OCTETS,
  type Decoded,
  type DecodedLayer,
  type DecodeError,
  type Endpoints,
  type Fields,
  type Issue,
  type Start,
} from './model.js';
import { etherTypeName, icmpv4CodeName, icmpv6CodeName, protocolName } from './names.js';
import { decodeTlvs, type TlvList } from './tlv.js';

/** `as` is where the octets start. `src` and `dst` are what checksums run over when no IP header is there. */
export function decodeLayers(octets: Uint8Array, as: Start, endpoints: Endpoints = {}): Decoded {
  const walk = new Walk(octets);
  walk.start(as, endpoints);
  return walk.result();
}

/** What the layers around tell the ones inside. */
interface Around {
  readonly source?: IpAddress | undefined;
  readonly destination?: IpAddress | undefined;
  /** Octets are missing at the end: checksums cannot be right. */
  readonly cut?: boolean;
  /** Hop limit of the IPv6 header, for neighbour discovery. */
  readonly hopLimit?: number | undefined;
  readonly packetSource?: IpAddress | undefined;
  readonly packetDestination?: IpAddress | undefined;
  readonly headers?: { homeAddresses: number; routes: number; fragment: boolean };
}

class Walk {
  readonly #octets: Uint8Array;
  readonly #layers: DecodedLayer[] = [];
  readonly #issues: Issue[] = [];
  #error: DecodeError | undefined;
  #quoted = 0;
  readonly #said = new Set<string>();

  constructor(octets: Uint8Array) {
    this.#octets = octets;
  }

  result(): Decoded {
    const { ok, layers, issues } = { ok: !this.#error, layers: this.#layers, issues: this.#issues };
    return this.#error ? { ok, layers, issues, error: this.#error } : { ok, layers, issues };
  }

  start(as: Start, { src: source, dst: destination }: Endpoints): void {
    const end = this.#octets.length;
    const around: Around = {
      source,
      destination,
      packetSource: source,
      packetDestination: destination,
      headers: { homeAddresses: 0, routes: 0, fragment: false },
    };
    if (end === 0) return this.#break('WIRE_TRUNCATED', as, 0, 'there are no octets');
    if (end > MAX_OCTETS) {
      this.#break('WIRE_LIMIT', as, 0, `more than MAX_OCTETS (${MAX_OCTETS}) octets`);
      return this.#data('more octets than are opened', 0, end);
    }
    switch (as) {
      case 'ethernet':
        return this.#ethernet(0, end);
      case 'sll':
        return this.#cooked('sll', header.SLL, 0, end);
      case 'sll2':
        return this.#cooked('sll2', header.SLL2, 0, end);
      case 'ipv6':
        return this.#ipv6(0, end);
      case 'ipv4':
        return this.#ipv4(0, end);
      case 'mh':
        return this.#chain(PROTOCOL.mobility, 0, end, around);
      case 'destopt':
        return this.#chain(PROTOCOL.destinationOptions, 0, end, around);
      case 'rthdr':
        return this.#chain(PROTOCOL.routing, 0, end, around);
      case 'icmpv6':
        return this.#chain(PROTOCOL.icmpv6, 0, end, around);
      case 'udp4191':
        return this.#dsmip(0, end);
      case 'dhcp4':
        return this.#dhcp(0, end);
      case 'mobility-options':
        return this.#mobilityOptions(0, end);
      default:
        as satisfies never;
    }
  }

  #ethernet(at: number, end: number): void {
    const fields = this.#fixed('ethernet', header.ETHERNET, at, end);
    if (fields) this.#etherType(valueOf(fields['etherType']), at + ETHERNET_LENGTH, end);
  }

  #cooked(layer: 'sll' | 'sll2', layout: readonly Field[], at: number, end: number): void {
    const fields = this.#fixed(layer, layout, at, end);
    if (fields) this.#etherType(valueOf(fields['protocol']), at + layoutLength(layout), end);
  }

  #etherType(type: number, at: number, end: number): void {
    if (this.#full(at, end)) return;
    switch (type) {
      case ETHERTYPE.ipv4:
        return this.#ipv4(at, end);
      case ETHERTYPE.ipv6:
        return this.#ipv6(at, end);
      case ETHERTYPE.arp:
        return this.#arp(at, end);
      case ETHERTYPE.vlan:
      case SERVICE_VLAN: {
        const fields = this.#fixed('vlan', header.VLAN, at, end);
        if (fields) this.#etherType(valueOf(fields['etherType']), at + 4, end);
        return;
      }
      case TRANSPARENT_ETHERNET:
        return this.#ethernet(at, end);
      default: {
        const hex = `0x${type.toString(16).padStart(4, '0')}`;
        this.#data(`ethertype ${etherTypeName(type) ?? hex}`, at, end);
      }
    }
  }

  #arp(at: number, end: number): void {
    const fields = this.#fixed('arp', header.ARP, at, end);
    if (!fields) return;
    const bad = this.#strict(() => decodeArp(this.#octets.subarray(at, end)));
    if (bad) this.#issue('arp-malformed', 'arp', at + bad.offset, bad.detail);
    else {
      if (Number.parseInt(String(fields['senderMac']).slice(0, 2), 16) & 1)
        this.#issue('arp-sender', 'arp', at + 8);
      for (const [name, offset] of [
        ['senderAddress', 14],
        ['targetAddress', 24],
      ] as const) {
        const address = fields[name] as Ipv4;
        if (isMulticast(address) || address === BROADCAST4) {
          this.#issue('arp-address', 'arp', at + offset);
          break;
        }
      }
    }
    this.#trailer(at + 28, end);
  }

  #ip(at: number, end: number): void {
    if (this.#full(at, end) || at >= end) return;
    const version = this.#octets[at]! >>> 4;
    if (version === 6) return this.#ipv6(at, end);
    if (version === 4) return this.#ipv4(at, end);
    this.#data(`IP version ${version}`, at, end);
  }

  #ipv6(at: number, end: number): void {
    if (this.#full(at, end)) return;
    const fields = this.#fixed('ipv6', header.IPV6, at, end);
    if (!fields) return;
    const body = at + 40;
    if (fields['version'] !== 6) {
      this.#break('WIRE_VERSION', 'ipv6', at, `IP version ${String(fields['version'])}, not 6`);
      return this.#data('not IPv6', body, end);
    }
    const source = fields['source'] as Ipv6;
    const destination = fields['destination'] as Ipv6;
    if (isMulticast(source) || isLoopback(source)) this.#issue('ipv6-source', 'ipv6', at + 8);
    const told = body + (fields['payloadLength'] as number);
    const stop = Math.min(told, end);
    this.#chain(valueOf(fields['nextHeader']), body, stop, {
      source,
      destination,
      packetSource: source,
      packetDestination: destination,
      hopLimit: fields['hopLimit'] as number,
      cut: told > end,
      headers: { homeAddresses: 0, routes: 0, fragment: false },
    });
    this.#missing('ipv6', end, told);
    this.#trailer(stop, end);
  }

  #ipv4(at: number, end: number): void {
    if (this.#full(at, end)) return;
    const fields = this.#fixed('ipv4', header.IPV4, at, end);
    if (!fields) return;
    const layer = this.#layers.at(-1)!;
    if (fields['version'] !== 4) {
      this.#break('WIRE_VERSION', 'ipv4', at, `IP version ${String(fields['version'])}, not 4`);
      return this.#data('not IPv4', at + 20, end);
    }
    const headerLength = fields['headerLength'] as number;
    const total = fields['totalLength'] as number;
    if (headerLength < 20 || total < headerLength) {
      this.#break(
        'WIRE_HEADER_LENGTH',
        'ipv4',
        at,
        `header of ${headerLength} octets in a packet of ${total}`,
      );
      return this.#data('IPv4', at + 20, end);
    }
    if (at + headerLength > end) {
      this.#missing('ipv4', end, at + headerLength);
      return this.#data('IPv4 options', at + 20, end);
    }
    if (headerLength > 20) {
      fields['options'] = hexJson(this.#octets.subarray(at + 20, at + headerLength));
      layer.length = headerLength;
    }
    if (checksum(this.#octets.subarray(at, at + headerLength)) !== 0)
      this.#issue('ipv4-checksum', 'ipv4', at + 10);
    const body = at + headerLength;
    const stop = Math.min(at + total, end);
    const source = fields['source'] as Ipv4;
    const destination = fields['destination'] as Ipv4;
    if (isMulticast(source) || source === BROADCAST4) this.#issue('ipv4-source', 'ipv4', at + 12);
    const protocol = valueOf(fields['protocol']);
    if (fields['moreFragments'] === true || fields['fragmentOffset'] !== 0) {
      this.#issue('fragment', 'ipv4', at + 6, undefined, 'RFC 791 §3.2');
      this.#data(`fragment of ${protocolName(protocol) ?? `protocol ${protocol}`}`, body, stop);
    } else {
      const cut = at + total > end;
      this.#upper(protocol, body, stop, {
        source,
        destination,
        packetSource: source,
        packetDestination: destination,
        cut,
      });
    }
    this.#missing('ipv4', end, at + total);
    this.#trailer(stop, end);
  }

  /** Extension headers up to what they carry, RFC 8200 §4. */
  #chain(first: number, from: number, end: number, given: Around): void {
    let around = given;
    let protocol = first;
    let at = from;
    for (let count = 0; ; count++) {
      const name = EXTENSIONS[protocol];
      if (name === undefined) return this.#upper(protocol, at, end, around);
      if (this.#full(at, end)) return;
      if (count === MAX_EXTENSION_HEADERS) {
        const sentence = `more than MAX_EXTENSION_HEADERS (${MAX_EXTENSION_HEADERS}) extension headers`;
        this.#break('WIRE_LIMIT', name, at, sentence);
        return this.#data('extension headers', at, end);
      }
      const next = this.#extension(protocol, name, at, end, around);
      if (!next) return;
      ({ at, protocol, around } = next);
      if (next.fragment) {
        return this.#data(
          `fragment of ${protocolName(protocol) ?? `protocol ${protocol}`}`,
          at,
          end,
        );
      }
    }
  }

  #extension(
    kind: number,
    name: string,
    at: number,
    end: number,
    around: Around,
  ): { at: number; protocol: number; around: Around; fragment: boolean } | undefined {
    const units = at + 1 < end ? this.#octets[at + 1]! : 0;
    const size =
      kind === PROTOCOL.fragment ? 8 : kind === PROTOCOL.ah ? (units + 2) * 4 : (units + 1) * 8;
    const layout =
      kind === PROTOCOL.fragment
        ? header.FRAGMENT
        : kind === PROTOCOL.ah
          ? header.AH
          : kind !== PROTOCOL.routing
            ? header.OPTIONS_HEADER
            : this.#octets[at + 2] === 2 && size === 24
              ? header.ROUTING_2
              : header.ROUTING;
    const head = layoutLength(layout);
    if (at + Math.max(size, head) > end) {
      this.#fixed(name, layout, at, end, at + Math.max(size, head));
      return undefined;
    }
    const fields = decodeLayout(layout, this.#octets, at, end);
    const layer = this.#push(name, at, Math.max(size, head), fields);
    const next = {
      at: at + layer.length,
      protocol: valueOf(fields['nextHeader']),
      around,
      fragment: false,
    };
    switch (kind) {
      case PROTOCOL.fragment: {
        next.fragment = fields['moreFragments'] === true || fields['fragmentOffset'] !== 0;
        if (around.headers) around.headers.fragment = true;
        if (next.fragment) this.#issue('fragment', name, at);
        break;
      }
      case PROTOCOL.ah:
        if (size < head) this.#issue('ah-length', name, at + 1);
        fields['icv'] = hexJson(this.#octets.subarray(at + head, at + layer.length));
        break;
      case PROTOCOL.routing:
        next.around = this.#routing(fields, at, size, around);
        break;
      default:
        next.around = this.#ipOptions(kind, name, fields, at, size, around);
    }
    return next;
  }

  #routing(fields: Fields, at: number, size: number, around: Around): Around {
    const type = valueOf(fields['routingType']);
    const left = fields['segmentsLeft'] as number;
    if (type !== 2 || size !== 24) {
      fields['data'] = hexJson(this.#octets.subarray(at + 4, at + size));
      if (type === 2) this.#issue('rh2-length', 'rthdr', at + 1);
      else if (left > 0) this.#issue('ipv6-routing', 'rthdr', at + 2);
      // RFC 8200 §8.1: the checksum has the last hop, which another type may name.
      return left > 0 ? { ...around, destination: undefined } : around;
    }
    const home = fields['homeAddress'] as Ipv6;
    if (around.headers && around.headers.routes++ > 0) this.#issue('rh2-repeated', 'rthdr', at);
    else if (left !== 1) this.#issue('rh2-segments', 'rthdr', at + 3);
    else if (!isRoutableUnicast(home)) this.#issue('rh2-address', 'rthdr', at + 8);
    return around.headers?.routes === 1 ? { ...around, destination: home } : around;
  }

  #ipOptions(
    kind: number,
    name: string,
    fields: Fields,
    at: number,
    size: number,
    around: Around,
  ): Around {
    const format = kind === PROTOCOL.hopByHop ? HOP_BY_HOP_OPTIONS : DESTINATION_OPTION_FORMAT;
    const list = decodeTlvs(format, this.#octets, at + 2, at + size);
    this.#list(fields, list, at + size);
    if (list.broken) this.#issue('ipv6-malformed', name, list.broken.offset, list.broken.sentence);
    let source = around.source;
    for (const option of list.options) {
      const type = valueOf(option['type']);
      const offset = option['offset'] as number;
      if (type === HOME_ADDRESS_OPTION && format === DESTINATION_OPTION_FORMAT) {
        const address = option['address'] as Ipv6 | undefined;
        if (address === undefined)
          this.#issue('ipv6-malformed', name, offset, 'Home Address option of wrong length');
        else {
          const first = around.headers === undefined || around.headers.homeAddresses++ === 0;
          if (!first) this.#issue('hao-repeated', name, offset);
          else source = address;
          if (!isRoutableUnicast(address)) this.#issue('hao-address', name, offset + 2);
        }
      } else if (type > 1 && unknownOptionAction(type) !== 'skip')
        this.#issue('ipv6-option', name, offset);
    }
    return source === around.source ? around : { ...around, source };
  }

  #upper(protocol: number, at: number, end: number, around: Around): void {
    if (this.#full(at, end)) return;
    if (at >= end && protocol !== PROTOCOL.mobility && protocol !== PROTOCOL.icmpv6) return;
    switch (protocol) {
      case PROTOCOL.mobility:
        return this.#mobility(at, end, around);
      case PROTOCOL.icmpv6:
        return this.#icmpv6(at, end, around);
      case PROTOCOL.icmp:
        return this.#icmp(at, end, around);
      case PROTOCOL.udp:
        return this.#udp(at, end, around);
      case PROTOCOL.tcp:
        return this.#tcp(at, end, around);
      case PROTOCOL.ipv6:
        return this.#ipv6(at, end);
      case PROTOCOL.ipv4:
        return this.#ipv4(at, end);
      case PROTOCOL.esp:
        if (this.#fixed('esp', header.ESP, at, end)) this.#data('encrypted', at + 8, end);
        return;
      case PROTOCOL.ah:
      case PROTOCOL.destinationOptions: {
        const next = this.#extension(protocol, EXTENSIONS[protocol]!, at, end, around);
        if (next) this.#upper(next.protocol, next.at, end, next.around);
        return;
      }
      case GRE:
        return this.#gre(at, end, around);
      case PROTOCOL.none:
        return this.#data('after no next header', at, end);
      default:
        this.#data(protocolName(protocol) ?? `protocol ${protocol}`, at, end);
    }
  }

  #mobility(at: number, end: number, around: Around): void {
    if (end - at < 6) return this.#stump(at, end);
    const { fields, raw, end: stop, list, cut } = decodeMobilityLayer(this.#octets, at, end);
    const own = this.#octets.subarray(at, stop);
    const layer = this.#push('mh', at, own.length, fields);
    if (raw) layer.octets = hexJson(own);
    const size = 8 * (this.#octets[at + 1]! + 1);
    this.#mobilityIssues(at, end, around);
    if (around.cut || cut || at + size > end) {
      const code = around.cut ? 'WIRE_TRUNCATED' : 'mh-header-length';
      const sentence = around.cut
        ? `${messageRow(own[2]!)?.name ?? 'the Mobility Header'} is cut`
        : at + size > end
          ? `Header Len means ${size} octets, ${end - at} are there`
          : 'Header Len is below the fixed part of the message';
      this.#break(code, 'mh', around.cut ? end : at + 1, sentence);
    } else if (list?.broken)
      this.#break('mh-malformed', 'mh', list.broken.offset, list.broken.sentence);
    if (list) this.#mobilityListIssues(list, at);
    if (stop < end) {
      this.#issue('mh-trailing', 'mh', stop);
      this.#data('after the Mobility Header', stop, end);
    }
  }

  /** RFC 6275 §9.2, in its order. */
  #mobilityIssues(at: number, end: number, { source, destination, cut }: Around): void {
    const all = this.#octets.subarray(at, end);
    if (all.length < 8) this.#issue('mh-truncated', 'mh', at);
    const type = all[2]!;
    if (
      source !== undefined &&
      destination !== undefined &&
      isIpv6(source) &&
      isIpv6(destination) &&
      !cut &&
      transportChecksum(source, destination, PROTOCOL.mobility, all) !== 0 &&
      !verifyMobility(all, source, destination)
    )
      this.#issue('mh-checksum', 'mh', at + 4);
    if (!messageRow(type)) this.#issue('mh-type', 'mh', at + 2);
    else if (!isBaseType(type)) this.#issue('mh-extension', 'mh', at + 2);
    if (all[3] !== 0) this.#issue('mh-reserved', 'mh', at + 3);
    if (cut) return;
    const bad = this.#strict(() => decodeMobility(all, at));
    if (bad) {
      const code =
        bad.code === 'WIRE_PAYLOAD_PROTO'
          ? 'mh-payload-proto'
          : bad.code === 'WIRE_HEADER_LENGTH'
            ? 'mh-header-length'
            : bad.code === 'WIRE_OPTION_LENGTH'
              ? 'mh-option-length'
              : 'mh-malformed';
      this.#issue(code, 'mh', bad.offset, bad.detail, bad.clause);
    }
  }

  #mobilityListIssues(list: TlvList, base: number): void {
    for (const option of list.options) {
      const type = valueOf(option['type']);
      const offset = option['offset'] as number;
      const row = optionRow(type);
      if (!row) {
        this.#issue('mh-option-unknown', 'mh', offset);
        continue;
      }
      if (type === 0) continue;
      const length = option['length'] as number;
      const [x, y] = alignmentOf(row, length);
      if ((offset - base - y) % x !== 0) this.#issue('mh-option-alignment', 'mh', offset);
      if (type === 1 && /[1-9a-f]/.test(String(option['data']).slice(2)))
        this.#issue('mh-padding', 'mh', offset + 2);
      const own = MOBILITY_OPTIONS.row(type)!.names();
      const unread =
        option['data'] !== undefined && !own.includes('data') && !own.some((key) => key in option);
      if (unread && !row.essential) this.#issue('mh-option-ignored', 'mh', offset);
    }
  }

  #mobilityOptions(at: number, end: number): void {
    const list = decodeTlvs(MOBILITY_OPTIONS, this.#octets, at, end);
    const fields: Fields = {};
    this.#push('mobility-options', at, end - at, fields);
    this.#list(fields, list, end);
    if (list.broken)
      this.#break('mh-malformed', 'mobility-options', list.broken.offset, list.broken.sentence);
  }

  #icmpv6(at: number, end: number, around: Around): void {
    const head = this.#fixed('icmpv6', header.ICMPV6, at, end);
    if (!head) return;
    const layer = this.#layers.at(-1)!;
    const type = valueOf(head['type']);
    head['code'] = nameOf(head['code'] as number, icmpv6CodeName(type));
    this.#icmpv6Issues(type, at, end, around);
    const body = ICMPV6_BODIES[type];
    const from = at + 4;
    const size = body ? layoutLength(body.layout) : 0;
    if (!body) return this.#data('ICMPv6 body', from, end);
    Object.assign(head, decodeLayout(body.layout, this.#octets, from, end));
    if (from + size > end) {
      layer.length = end - at;
      layer.octets = hexJson(this.#octets.subarray(at, end));
      return this.#break('WIRE_TRUNCATED', 'icmpv6', end, 'the ICMPv6 message is cut', body.clause);
    }
    layer.length = 4 + size;
    const rest = from + size;
    switch (body.tail) {
      case 'options': {
        const list = decodeTlvs(ND_OPTION_FORMAT, this.#octets, rest, end);
        layer.length = end - at;
        this.#list(head, list, end);
        if (list.broken)
          this.#break('nd-option-length', 'icmpv6', list.broken.offset, list.broken.sentence);
        return;
      }
      case 'quoted':
        return this.#quote(rest, end);
      case 'addresses': {
        const addresses: unknown[] = [];
        let next = rest;
        for (; next + 16 <= end; next += 16) {
          addresses.push(decodeLayout(ADDRESS, this.#octets, next, end)['address']);
        }
        head['addresses'] = addresses;
        layer.length = next - at;
        if (next < end)
          this.#break('WIRE_TRUNCATED', 'icmpv6', next, 'the last address is cut', body.clause);
        return this.#data('part of an address', next, end);
      }
      case 'data':
        return this.#data('echo data', rest, end);
      case 'none':
        return this.#data('after the message', rest, end);
      default:
        body.tail satisfies never;
    }
  }

  #icmpv6Issues(type: number, at: number, end: number, around: Around): void {
    const { source, destination, cut, hopLimit } = around;
    const octets = this.#octets.subarray(at, end);
    const nd = type >= 133 && type <= 137;
    if (cut) return;
    if (
      source !== undefined &&
      destination !== undefined &&
      isIpv6(source) &&
      isIpv6(destination)
    ) {
      if (transportChecksum(source, destination, PROTOCOL.icmpv6, octets) !== 0)
        this.#issue(nd ? 'nd-checksum' : 'icmpv6-checksum', 'icmpv6', at + 2);
    }
    if (type >= 144 && type <= 147 && octets[1] !== 0) this.#issue('icmpv6-code', 'icmpv6', at + 1);
    const bad = this.#strict(() => decodeIcmpv6(octets, ANY6, ANY6, { verify: false }));
    if (bad)
      this.#issue(
        nd ? 'nd-malformed' : 'icmpv6-malformed',
        'icmpv6',
        at + bad.offset,
        bad.detail,
        bad.clause,
      );
    if (!nd || bad) return;
    if (hopLimit !== undefined && hopLimit !== 255)
      this.#issue('nd-hop-limit', 'ipv6', this.#lastOf('ipv6') + 7);
    if (octets[1] !== 0) this.#issue('nd-code', 'icmpv6', at + 1);
    const { headers, packetSource, packetDestination } = around;
    if (headers && headers.homeAddresses + headers.routes > 0)
      this.#issue('nd-header', 'icmpv6', at);
    if (headers?.fragment) this.#issue('ipv6-fragment', 'icmpv6', at);
    if (packetSource === undefined || packetDestination === undefined) return;
    const linkAddress = hasOption(octets, type, 1);
    const unspecified = isUnspecified(packetSource);
    if (type === 134 && !isLinkLocal(packetSource)) this.#issue('nd-router-source', 'icmpv6', at);
    if ((type === 133 || type === 135) && unspecified && linkAddress)
      this.#issue('nd-source-option', 'icmpv6', at);
    if ((type === 135 || type === 136) && octets[8] === 0xff)
      this.#issue('nd-target', 'icmpv6', at + 8);
    if (
      type === 135 &&
      unspecified &&
      solicitedNode(packetDestination as Ipv6) !== packetDestination
    )
      this.#issue('nd-destination', 'icmpv6', at);
    if (type === 136 && octets[4]! & 0x40 && isMulticast(packetDestination))
      this.#issue('nd-solicited', 'icmpv6', at + 4);
  }

  #icmp(at: number, end: number, { cut }: Around): void {
    const fields = this.#fixed('icmp', header.ICMP, at, end);
    if (!fields) return;
    const layer = this.#layers.at(-1)!;
    const type = valueOf(fields['type']);
    fields['code'] = nameOf(fields['code'] as number, icmpv4CodeName(type));
    if (!cut && checksum(this.#octets.subarray(at, end)) !== 0)
      this.#issue('icmp-checksum', 'icmp', at + 2);
    if (end - at < 8) {
      layer.length = end - at;
      layer.octets = hexJson(this.#octets.subarray(at, end));
      return this.#break('WIRE_TRUNCATED', 'icmp', end, 'the ICMP message is cut', 'RFC 792');
    }
    layer.length = 8;
    Object.assign(
      fields,
      decodeLayout(ICMPV4_REST[type] ?? ICMPV4_OTHER, this.#octets, at + 4, end),
    );
    if (ICMPV4_ERRORS.has(type)) return this.#quote(at + 8, end);
    this.#data(type === 0 || type === 8 ? 'echo data' : 'ICMP data', at + 8, end);
  }

  /** The packet that an error quotes is cut as a rule, and nobody receives it: only our own bounds are told of it. */
  #quote(at: number, end: number): void {
    this.#quoted++;
    this.#ip(at, end);
    this.#quoted--;
  }

  #udp(at: number, end: number, around: Around): void {
    const fields = this.#fixed('udp', header.UDP, at, end);
    if (!fields) return;
    const length = fields['length'] as number;
    const body = at + 8;
    // RFC 2675: a length of zero is a jumbogram's.
    if (length < 8 || (at + length > end && !around.cut)) this.#issue('udp-length', 'udp', at + 4);
    const stop = length < 8 ? end : Math.min(at + length, end);
    const { source, destination, cut } = around;
    if (
      source !== undefined &&
      destination !== undefined &&
      !cut &&
      at + length <= end &&
      length >= 8
    ) {
      if (fields['checksum'] === 0) {
        if (isIpv6(source)) this.#issue('udp-checksum-zero', 'udp', at + 6);
      } else if (
        isIpv6(source) === isIpv6(destination) &&
        transportChecksum(source, destination, PROTOCOL.udp, this.#octets.subarray(at, stop)) !== 0
      )
        this.#issue('udp-checksum', 'udp', at + 6);
    }
    const port = (n: number) => fields['sourcePort'] === n || fields['destinationPort'] === n;
    if (port(UDP_PORT.dhcpServer) || port(UDP_PORT.dhcpClient)) {
      this.#dhcp(body, stop, fields['destinationPort'] as number);
    } else if (port(UDP_PORT.dsmip)) this.#dsmip(body, stop);
    else if (port(UDP_PORT.ikeNat)) this.#ikeNat(body, stop);
    else this.#data('UDP payload', body, stop);
    if (stop < end) this.#data('after the datagram', stop, end);
  }

  /** RFC 5555 §4.1: the version tells what is inside; one octet of ones keeps a NAT awake. */
  #dsmip(at: number, end: number): void {
    if (at >= end) return;
    if (this.#keepalive(at, end)) return;
    const version = this.#octets[at]! >>> 4;
    if (version !== 4 && version !== 6) this.#issue('dsmip-version', 'udp', at);
    this.#ip(at, end);
  }

  /** RFC 3948 §2 */
  #ikeNat(at: number, end: number): void {
    if (at >= end || this.#keepalive(at, end)) return;
    const b = this.#octets;
    if (end - at >= 4 && (b[at]! | b[at + 1]! | b[at + 2]! | b[at + 3]!) === 0) {
      this.#push('non-esp-marker', at, 4, {});
      return this.#data('IKE', at + 4, end);
    }
    if (this.#fixed('esp', header.ESP, at, end)) this.#data('encrypted', at + 8, end);
  }

  #keepalive(at: number, end: number): boolean {
    if (end - at !== 1 || this.#octets[at] !== 0xff) return false;
    this.#push('nat-keepalive', at, 1, {});
    return true;
  }

  #tcp(at: number, end: number, { source, destination, cut }: Around): void {
    const fields = this.#fixed('tcp', header.TCP, at, end);
    if (!fields) return;
    const layer = this.#layers.at(-1)!;
    const headerLength = fields['headerLength'] as number;
    if (headerLength > 20 && at + headerLength <= end) {
      fields['options'] = hexJson(this.#octets.subarray(at + 20, at + headerLength));
      layer.length = headerLength;
    } else if (headerLength !== 20) {
      this.#break(
        'WIRE_HEADER_LENGTH',
        'tcp',
        at + 12,
        `TCP header of ${headerLength} octets`,
        'RFC 9293 §3.1',
      );
    }
    if (
      source !== undefined &&
      destination !== undefined &&
      !cut &&
      isIpv6(source) === isIpv6(destination)
    ) {
      const octets = this.#octets.subarray(at, end);
      if (transportChecksum(source, destination, PROTOCOL.tcp, octets) !== 0)
        this.#issue('tcp-checksum', 'tcp', at + 16);
    }
    this.#data('TCP payload', at + layer.length, end);
  }

  #gre(at: number, end: number, { cut }: Around): void {
    const flags = end > at ? this.#octets[at]! : 0;
    const layout = [
      ...header.GRE,
      ...(flags & 0x80 ? header.GRE_CHECKSUM : []),
      ...(flags & 0x20 ? header.GRE_KEY : []),
      ...(flags & 0x10 ? header.GRE_SEQUENCE : []),
    ];
    const fields = this.#fixed('gre', layout, at, end);
    if (!fields) return;
    const body = at + layoutLength(layout);
    if (flags & 0x80 && !cut && checksum(this.#octets.subarray(at, end)) !== 0)
      this.#issue('gre-checksum', 'gre', at + 4);
    if (fields['version'] !== 0 || fields['routingPresent'] === true) {
      this.#issue('gre-version', 'gre', at);
      return this.#data('GRE payload', body, end);
    }
    this.#etherType(valueOf(fields['protocol']), body, end);
  }

  #dhcp(at: number, end: number, destinationPort?: number): void {
    if (this.#full(at, end)) return;
    const fields = this.#fixed('dhcp4', header.DHCP, at, end);
    if (!fields) return;
    const layer = this.#layers.at(-1)!;
    const octets = this.#octets.subarray(at, end);
    const bad = this.#strict(() => void this.#dhcpDirection(octets, at, destinationPort));
    if (bad) this.#issue('dhcp-malformed', 'dhcp4', at + bad.offset, bad.detail, bad.clause);
    const from = at + layer.length;
    const list = decodeTlvs(DHCP_OPTION_FORMAT, this.#octets, from, end);
    layer.length = end - at;
    this.#list(fields, list, end);
    if (list.broken)
      this.#break('dhcp-malformed', 'dhcp4', list.broken.offset, list.broken.sentence);
  }

  #dhcpDirection(octets: Uint8Array, at: number, destinationPort: number | undefined): void {
    const message = decodeDhcp(octets);
    const type = dhcpType(message);
    if (type === undefined) return this.#issue('dhcp-type', 'dhcp4', at);
    const reply = type === 'offer' || type === 'ack' || type === 'nak';
    const wanted =
      destinationPort === undefined ? message.op : destinationPort === UDP_PORT.dhcpServer ? 1 : 2;
    if (message.op !== wanted || reply !== (message.op === 2))
      this.#issue('dhcp-direction', 'dhcp4', at);
  }

  #list(fields: Fields, list: TlvList, end: number): void {
    fields['options'] = list.options;
    if (list.end < end) fields['rest'] = hexJson(this.#octets.subarray(list.end, end));
  }

  /** The fields of a header that is there; a cut one becomes a layer with what there is, and breaks. */
  #fixed(
    layer: string,
    layout: readonly Field[],
    at: number,
    end: number,
    whole = at + layoutLength(layout),
  ): Fields | undefined {
    if (this.#full(at, end)) return undefined;
    const fields = decodeLayout(layout, this.#octets, at, end);
    if (whole <= end) {
      this.#push(layer, at, layoutLength(layout), fields);
      return fields;
    }
    if (at < end)
      this.#push(layer, at, end - at, fields).octets = hexJson(this.#octets.subarray(at, end));
    this.#break(
      'WIRE_TRUNCATED',
      layer,
      end,
      `${layer} needs ${whole - at} octets, ${end - at} are there`,
    );
    return undefined;
  }

  /** A Mobility Header that ends within its first six octets. */
  #stump(at: number, end: number): void {
    const fields = decodeLayout(MH_HEAD, this.#octets, at, end);
    if (at < end)
      this.#push('mh', at, end - at, fields).octets = hexJson(this.#octets.subarray(at, end));
    const sentence = `a Mobility Header has 8 octets at least, ${end - at} are left`;
    this.#break('mh-truncated', 'mh', end, sentence);
  }

  #push(layer: string, offset: number, length: number, fields: Fields): DecodedLayer {
    const added: DecodedLayer = { layer, offset, length, fields };
    if (this.#quoted > 0) added.quoted = true;
    this.#layers.push(added);
    return added;
  }

  #data(protocol: string, at: number, end: number): void {
    if (at >= end) return;
    this.#push('data', at, end - at, { protocol, octets: hexJson(this.#octets.subarray(at, end)) });
  }

  /** Octets after the end that an inner length tells: link padding, or what nobody asked for. */
  #trailer(at: number, end: number): void {
    if (at < end)
      this.#push('trailer', at, end - at, { octets: hexJson(this.#octets.subarray(at, end)) });
  }

  /** True when no more layers are opened: the rest is octets then. */
  #full(at: number, end: number): boolean {
    if (this.#layers.length < MAX_LAYERS) return false;
    const sentence = `more than MAX_LAYERS (${MAX_LAYERS}) layers within one another`;
    if (this.#error?.code !== 'WIRE_LIMIT')
      this.#break('WIRE_LIMIT', this.#layers.at(-1)!.layer, at, sentence, undefined, true);
    this.#data('more layers than are opened', at, end);
    return true;
  }

  #missing(layer: string, end: number, told: number): void {
    if (told > end) {
      this.#break('WIRE_TRUNCATED', layer, end, `${told - end} octets are missing`);
    }
  }

  #issue(code: IssueCode, layer: string, offset: number, detail?: string, clause?: string): void {
    if (this.#quoted > 0) return;
    if (this.#seen(code, offset)) return;
    const row = issueRow(code);
    this.#issues.push({
      code,
      layer,
      offset,
      clause: clause ?? row.clause,
      sentence: detail ?? row.sentence,
      effect: row.note ? 'note' : 'refuse',
    });
  }

  #break(
    code: IssueCode,
    layer: string,
    offset: number,
    sentence: string,
    clause?: string,
    always = false,
  ): void {
    if (this.#quoted > 0 && !always && code !== 'WIRE_LIMIT') return;
    const issue: Issue = {
      code,
      layer,
      offset,
      clause: clause ?? issueRow(code).clause,
      sentence,
      effect: 'refuse',
    };
    if (!this.#seen(code, offset)) this.#issues.push(issue);
    this.#error ??= { code, message: sentence, layer, offset, clause: issue.clause };
  }

  /** The strict decoder's complaint, where it has one. */
  #strict(
    decode: () => unknown,
  ): { code: string; offset: number; detail: string; clause?: string } | undefined {
    try {
      decode();
      return undefined;
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      const { code, offset, clause, message } = error;
      const detail = message.slice(message.indexOf(': ') + 2);
      return clause === undefined ? { code, offset, detail } : { code, offset, detail, clause };
    }
  }

  #seen(code: IssueCode, offset: number): boolean {
    const key = `${code} ${offset}`;
    const seen = this.#said.has(key);
    this.#said.add(key);
    return seen;
  }

  #lastOf(layer: string): number {
    return this.#layers.filter((l) => l.layer === layer).at(-1)?.offset ?? 0;
  }
}

/** Is there a neighbour discovery option of that type? The message has been read strictly. */
function hasOption(octets: Uint8Array, type: number, wanted: number): boolean {
  const from = 4 + layoutLength(ICMPV6_BODIES[type]!.layout);
  for (let at = from; at + 1 < octets.length; at += 8 * Math.max(1, octets[at + 1]!)) {
    if (octets[at] === wanted) return true;
  }
  return false;
}

const valueOf = (field: unknown): number => (field as { value: number }).value;

const EXTENSIONS: Readonly<Record<number, string>> = {
  [PROTOCOL.hopByHop]: 'hopopt',
  [PROTOCOL.destinationOptions]: 'destopt',
  [PROTOCOL.routing]: 'rthdr',
  [PROTOCOL.fragment]: 'fragment',
  [PROTOCOL.ah]: 'ah',
};
const ADDRESS: readonly Field[] = [{ name: 'address', bits: 128, kind: 'ipv6' }];
const u = (name: string, bits: number): Field => ({ name, bits, kind: 'uint' });
export const ICMPV4_REST: Readonly<Record<number, readonly Field[]>> = {
  0: [u('identifier', 16), u('sequence', 16)],
  3: [{ ...u('reserved', 16), quiet: true }, u('mtu', 16)],
  8: [u('identifier', 16), u('sequence', 16)],
  11: [{ ...u('reserved', 32), quiet: true }],
};
export const ICMPV4_OTHER: readonly Field[] = [u('rest', 32)];
const ICMPV4_ERRORS: ReadonlySet<number> = new Set([3, 4, 5, 11, 12]);
const ANY6 = '::' as Ipv6;
const ETHERNET_LENGTH = 14;
const SERVICE_VLAN = 0x88a8;
const TRANSPARENT_ETHERNET = 0x6558;
const GRE = 47;
