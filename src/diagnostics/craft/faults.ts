/**
 * Deliberate faults, one row each: what becomes of the octets, and what a receiver has to make of it. They act at three
 * places: on what the message says, on how the layers stand, and on the octets of the IPv6 packet.
 */
import { addressFromOctets, type IpAddress } from '../../base/address.js';
import { transportChecksum } from '../../base/checksum.js';
import { UsageError } from '../../base/error.js';
import { messageRow } from '../../wire/mobility/message-table.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { decodeLayers } from '../layers/decode-layers.js';
import { encodeLayers } from '../layers/encode-layers.js';
import { isObject, numberOf, type JsonObject } from '../layers/json.js';
import type { DecodedLayer } from '../layers/model.js';
import { greatest } from './catalogue.js';
import type { LayerJson, Message } from './packet.js';

export const FAULTS = ['checksum', 'length', 'sequence', 'order', 'alignment'] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultText {
  /** What it does to the octets. */
  readonly does: string;
  /** What the receiver does. */
  readonly answer: string;
  readonly clause: string;
}

export const FAULT_TEXTS: { readonly [F in Fault]: FaultText } = {
  checksum: {
    does: 'the lowest bit of the checksum is turned over',
    answer: 'silence',
    clause: 'RFC 6275 §9.2, RFC 4443 §2.3',
  },
  length: {
    does: 'Header Len is one less than the least of its type, or one more than there are octets where that least is 0, with a checksum over all octets; an ICMPv6 message ends after its checksum field',
    answer: 'Parameter Problem, code 0, pointing at Header Len; silence for ICMPv6',
    clause: 'RFC 6275 §9.2',
  },
  sequence: {
    does: 'the sequence number, or the ICMPv6 identifier, is 16384 below what it would be',
    answer:
      'Binding Acknowledgement, status 135, with the last number accepted; an answer with such a number is ignored',
    clause: 'RFC 6275 §9.5.1, §11.7.3',
  },
  order: {
    does: 'the Mobility Header says that Destination Options follow (Payload Proto 60), and there they stand, with the Home Address option if there is one; under ICMPv6 they stand before the routing header',
    answer:
      'Parameter Problem, code 0, pointing at Payload Proto; under ICMPv6, as without the fault',
    clause: 'RFC 6275 §9.2, RFC 8200 §4.1',
  },
  alignment: {
    does: 'mobility options stand off the places that their alignment wants; without any, the Home Address option does',
    answer: 'as without the fault: alignment binds who sends',
    clause: 'RFC 6275 §6.2.1',
  },
};

/** Fields that are wrong before anything is encoded. */
export function breakMessage(message: Message, fault: Fault): Message {
  if (fault !== 'sequence') return message;
  const { entry, fields } = message;
  const name = ['sequence', 'identifier'].find((field) => fields[field] !== undefined);
  if (name === undefined) {
    throw impossible(fault, `${entry.name} has no sequence number and no identifier`);
  }
  const most = greatest(entry, name);
  const right = numberOf(fields[name], name, most);
  // The window of 16 bits refuses the 32768 numbers up to the last one: this is its middle, RFC 6275 §9.5.1.
  const back = Math.min(BEHIND, (most + 1) / 4);
  const wrong = (right - back + most + 1) % (most + 1);
  return { ...message, fields: { ...fields, [name]: wrong } };
}

/** Headers and options out of their places. Lengths and checksums are computed afterwards. */
export function breakLayers(layers: LayerJson[], fault: Fault): LayerJson[] {
  if (fault === 'order') return outOfOrder(layers);
  if (fault === 'alignment') return offAlignment(layers);
  return layers;
}

/** Fields that encoding has filled in. `octets` is an IPv6 packet; it is left as it is. */
export function breakOctets(octets: Uint8Array, fault: Fault): Uint8Array {
  if (fault === 'checksum') return wrongChecksum(octets);
  if (fault === 'length') return wrongLength(octets);
  return octets;
}

function outOfOrder(layers: LayerJson[]): LayerJson[] {
  const { before, options, message } = split(layers);
  if (message.layer === 'mh') {
    const fields = { ...message.fields, payloadProto: PROTOCOL.destinationOptions };
    const last = options ?? { layer: 'destopt', fields: { options: [] } };
    return [...before, { ...message, fields }, last];
  }
  const routing = before.findIndex(({ layer }) => layer === 'rthdr');
  if (!options || routing < 0) {
    throw impossible(
      'order',
      'an ICMPv6 message needs both a Home Address option and a type 2 routing header for it',
    );
  }
  return [...before.slice(0, routing), options, ...before.slice(routing), message];
}

/** The decoder says whether something is off its place; a list with padding of its own is written as it is. */
function offAlignment(layers: LayerJson[]): LayerJson[] {
  const { message } = split(layers);
  const given = message.layer === 'mh' ? optionsOf(message) : [];
  if (given.length > 0) {
    const bare = given.filter((option) => !isPadding(option));
    for (const pads of [0, 1]) {
      const padding = Array.from({ length: pads }, () => PAD1);
      // One behind them too: without any, they would be aligned.
      const options = [...padding, ...bare, PAD1];
      const tried = replace(layers, message, options);
      const { issues } = decodeLayers(encodeLayers(tried), 'ipv6');
      if (issues.some(({ code }) => code === 'mh-option-alignment')) return tried;
    }
  }
  const { options } = split(layers);
  if (!options) {
    throw impossible('alignment', 'no option here wants an alignment');
  }
  const home = optionsOf(options);
  return replace(layers, options, [...home, PAD1]);
}

const replace = (layers: LayerJson[], one: LayerJson, options: JsonObject[]): LayerJson[] =>
  layers.map((layer) => (layer === one ? { ...one, fields: { ...one.fields, options } } : layer));

function wrongChecksum(octets: Uint8Array): Uint8Array {
  const out = octets.slice();
  const { layer, offset } = messageOf(out);
  const at = offset + (layer === 'mh' ? MH_CHECKSUM : ICMPV6_CHECKSUM) + 1;
  out[at]! ^= 1;
  return out;
}

function wrongLength(octets: Uint8Array): Uint8Array {
  const { layer, offset } = messageOf(octets);
  if (layer === 'icmpv6') {
    const out = octets.slice(0, offset + ICMPV6_HEAD);
    const payload = out.length - IPV6_HEADER;
    out[4] = payload >>> 8;
    out[5] = payload;
    return withChecksum(out, offset, ICMPV6_CHECKSUM, PROTOCOL.icmpv6, out.length);
  }
  const out = octets.slice();
  const size = 8 * (out[offset + 1]! + 1);
  const least = messageRow(out[offset + 2]!)?.minHeaderLength ?? 0;
  out[offset + 1] = least > 0 ? least - 1 : out[offset + 1]! + 1;
  // As Linux sums a Mobility Header: all that is there, whatever Header Len says.
  return withChecksum(out, offset, MH_CHECKSUM, PROTOCOL.mobility, offset + size);
}

function withChecksum(
  packet: Uint8Array,
  offset: number,
  at: number,
  protocol: number,
  end: number,
): Uint8Array {
  packet.fill(0, offset + at, offset + at + 2);
  const { source, destination } = ends(packet, offset);
  const sum = transportChecksum(source, destination, protocol, packet.subarray(offset, end));
  packet[offset + at] = sum >>> 8;
  packet[offset + at + 1] = sum;
  return packet;
}

/** The addresses that the checksum covers: RFC 6275 §6.1.1. */
function ends(packet: Uint8Array, before: number): { source: IpAddress; destination: IpAddress } {
  let source = addressFromOctets(packet.subarray(8, 24));
  let destination = addressFromOctets(packet.subarray(24, 40));
  for (const { layer, offset, fields } of decodeLayers(packet, 'ipv6').layers) {
    if (offset >= before) break;
    const home =
      layer === 'destopt' && Array.isArray(fields['options'])
        ? (fields['options'] as JsonObject[]).find((option) => option['address'] !== undefined)
        : undefined;
    if (home) source = home['address'] as IpAddress;
    if (layer === 'rthdr' && fields['homeAddress'] !== undefined) {
      destination = fields['homeAddress'] as IpAddress;
    }
  }
  return { source, destination };
}

/** The message of a packet of ours: it is there. */
function messageOf(packet: Uint8Array): DecodedLayer {
  return decodeLayers(packet, 'ipv6').layers.find(({ layer }) => MESSAGE_LAYERS.has(layer))!;
}

interface Split {
  /** All that stands before message and destination options. */
  readonly before: readonly LayerJson[];
  readonly options: LayerJson | undefined;
  readonly message: LayerJson;
}

function split(layers: readonly LayerJson[]): Split {
  return {
    before: layers.filter(({ layer }) => layer !== 'destopt' && !MESSAGE_LAYERS.has(layer)),
    options: layers.find(({ layer }) => layer === 'destopt'),
    message: layers.find(({ layer }) => MESSAGE_LAYERS.has(layer))!,
  };
}

const optionsOf = ({ fields }: LayerJson): JsonObject[] =>
  Array.isArray(fields['options']) ? (fields['options'] as JsonObject[]) : [];

function isPadding({ type }: JsonObject): boolean {
  const value = isObject(type) ? (type['value'] ?? type['name']) : type;
  return value === 0 || value === 1 || value === 'Pad1' || value === 'PadN';
}

const impossible = (fault: Fault, why: string): UsageError =>
  new UsageError('CRAFT_FAULT', `--break ${fault} is not possible: ${why}.`);

const MESSAGE_LAYERS: ReadonlySet<string> = new Set(['mh', 'icmpv6']);
const PAD1 = { type: 0 } as const;
const BEHIND = 16384;
const IPV6_HEADER = 40;
const MH_CHECKSUM = 4;
const ICMPV6_CHECKSUM = 2;
const ICMPV6_HEAD = 4; // type, code, checksum
