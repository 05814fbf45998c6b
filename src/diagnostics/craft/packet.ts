/**
 * A message and a path to a whole packet, with the faults that are asked for. Pure: what is random or next comes in
 * with the fields.
 *
 * Spec: RFC 6275 §6.1.1, §6.3, §6.4; RFC 5555 §4.1 (an IPv6 packet in UDP).
 */
import type { Ipv4, Ipv6 } from '../../base/address.js';
import { UsageError } from '../../base/error.js';
import { encodeLayers } from '../layers/encode-layers.js';
import { hexJson, type JsonObject } from '../layers/json.js';
import { readAsked, type Asked } from './asked.js';
import { messageParts, type MessageEntry } from './catalogue.js';
import { breakLayers, breakMessage, breakOctets, type Fault } from './faults.js';

export interface Message {
  readonly entry: MessageEntry;
  /** As `encodeLayers` takes them; those that must be there are. */
  readonly fields: JsonObject;
  readonly options: readonly JsonObject[];
}

export interface Path {
  /** Of the IPv6 header. */
  readonly source: Ipv6;
  readonly destination: Ipv6;
  /** In a Home Address option. */
  readonly homeAddress?: Ipv6;
  /** In a type 2 routing header: what the destination is to take for its own. */
  readonly route?: Ipv6;
  /** Default 64. */
  readonly hopLimit?: number;
  /** Around it all. */
  readonly udp?: UdpPath;
}

export interface UdpPath {
  readonly source: Ipv4;
  readonly sourcePort: number;
  readonly destination: Ipv4;
  readonly destinationPort: number;
}

export interface Crafted {
  /** The whole packet. */
  readonly octets: Uint8Array;
  readonly as: 'ipv6' | 'ipv4';
  readonly asked: Asked;
}

/** One layer, as in the JSON of `encode`. */
export interface LayerJson extends JsonObject {
  readonly layer: string;
  readonly fields: JsonObject;
}

/**
 * Throws `UsageError`: `ENCODE_…` for a value that does not fit, `CRAFT_OPTIONS` for options that the message has no
 * room for, `CRAFT_FAULT` for a fault that it cannot have.
 */
export function craft(message: Message, path: Path, faults: readonly Fault[] = []): Crafted {
  const meant = faults.reduce(breakMessage, message);
  const layers = [...headers(path), messageLayer(meant)];
  const whole = encodeLayers(layers);
  const broken = encodeLayers(faults.reduce(breakLayers, layers));
  const octets = faults.reduce(breakOctets, broken);
  const outer = path.udp ? wrap(octets, path.udp) : undefined;
  return {
    octets: outer ?? octets,
    as: outer ? 'ipv4' : 'ipv6',
    asked: readAsked({ meant: whole, sent: octets, outer }),
  };
}

/** A packet of someone's own making, sent as it is. */
export function replay(octets: Uint8Array): Crafted {
  const four = octets.length > 0 && octets[0]! >> 4 === 4;
  return {
    octets,
    as: four ? 'ipv4' : 'ipv6',
    asked: readAsked({ meant: octets, sent: octets, outer: four ? octets : undefined }),
  };
}

/** RFC 8200 §4.1, RFC 6275 §6.3: a routing header stands before the Home Address option. */
function headers(path: Path): LayerJson[] {
  const { source, destination, homeAddress, route, hopLimit = DEFAULT_HOP_LIMIT } = path;
  const layers = [
    layer('ipv6', {
      version: 6,
      trafficClass: 0,
      flowLabel: 0,
      hopLimit,
      source,
      destination,
    }),
  ];
  if (route !== undefined) {
    layers.push(layer('rthdr', { routingType: 2, segmentsLeft: 1, homeAddress: route }));
  }
  if (homeAddress !== undefined) {
    layers.push(layer('destopt', { options: [{ type: 'Home Address', address: homeAddress }] }));
  }
  return layers;
}

function messageLayer({ entry, fields, options }: Message): LayerJson {
  const room = messageParts(entry).options !== null;
  if (!room && options.length > 0) {
    throw new UsageError('CRAFT_OPTIONS', `${entry.name} has no options.`);
  }
  return layer(entry.layer, { type: entry.type, ...fields, ...(room ? { options } : {}) });
}

function wrap(octets: Uint8Array, udp: UdpPath): Uint8Array {
  const { source, sourcePort, destination, destinationPort } = udp;
  return encodeLayers([
    layer('ipv4', {
      version: 4,
      tos: 0,
      identification: 0,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: DEFAULT_HOP_LIMIT,
      source,
      destination,
    }),
    layer('udp', { sourcePort, destinationPort }),
    layer('data', { octets: hexJson(octets) }),
  ]);
}

const layer = (name: string, fields: JsonObject): LayerJson => ({ layer: name, fields });

const DEFAULT_HOP_LIMIT = 64;
