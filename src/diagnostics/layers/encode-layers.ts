/**
 * JSON layers to octets: `decodeLayers` backwards. Layers stand side by side, outermost first; lengths, checksums and
 * next headers that the JSON leaves out are computed, those it has are written as they are, right or wrong.
 */
import { isIpv6, parseAddress, type IpAddress } from '../../base/address.js';
import { ByteWriter } from '../../base/bytes.js';
import { checksum, transportChecksum } from '../../base/checksum.js';
import { PROTOCOL } from '../../wire/protocol.js';
import { ICMPV4_OTHER, ICMPV4_REST } from './decode-layers.js';
import { DHCP_OPTION_FORMAT } from './dhcp-options.js';
import * as header from './headers.js';
import { ICMPV6_BODIES, ND_OPTION_FORMAT } from './icmpv6-layout.js';
import {
  DESTINATION_OPTION_FORMAT,
  HOME_ADDRESS_OPTION,
  HOP_BY_HOP_OPTIONS,
} from './ipv6-options.js';
import {
  addressOf,
  arrayOf,
  EncodeError,
  isObject,
  numberOf,
  objectOf,
  octetsOf,
  rejectUnknown,
  type JsonObject,
} from './json.js';
import { encodeLayout, layoutNames, type EncodedLayout, type Field } from './layout.js';
import { encodeMobilityLayer, encodeOptionList } from './mobility.js';
import { MAX_LAYERS } from './model.js';
import { ETHERTYPE_OF_LAYER, PROTOCOL_OF_LAYER } from './names.js';
import { encodeTlvs, type TlvFormat } from './tlv.js';

/**
 * `{layers: […], src?, dst?}`, an array of layers, or one layer. Throws `EncodeError` with path, what was expected and
 * what came: `ENCODE_SHAPE`, `ENCODE_LAYER` (no such layer), `ENCODE_MISSING`, `ENCODE_FIELD`, `ENCODE_ADDRESSES` (a
 * checksum without addresses), `ENCODE_LIMIT`.
 */
export function encodeLayers(json: unknown): Uint8Array {
  const { list, path, endpoints } = layersOf(json);
  if (list.length > MAX_ENCODED) {
    throw new EncodeError('ENCODE_LIMIT', path, `at most ${MAX_ENCODED} layers`, list.length);
  }
  const layers = list.map((value, i): Given => {
    const at = `${path}[${i}]`;
    const layer = objectOf(value, at);
    const name = layer['layer'];
    if (typeof name !== 'string' || !(name in CODECS)) {
      throw new EncodeError(
        'ENCODE_LAYER',
        `${at}.layer`,
        `one of ${Object.keys(CODECS).join(', ')}`,
        name,
      );
    }
    rejectUnknown(layer, ['layer', 'offset', 'length', 'fields', 'octets', 'quoted'], at);
    const raw =
      layer['octets'] === undefined ? undefined : octetsOf(layer['octets'], `${at}.octets`);
    return {
      name,
      path: `${at}.fields`,
      fields: raw ? {} : objectOf(layer['fields'] ?? {}, `${at}.fields`),
      raw,
    };
  });
  // From the inside out: a header that has to tell a length knows then what follows it.
  const tail = new Tail();
  for (let i = layers.length - 1; i >= 0; i--) {
    const given = layers[i]!;
    const octets =
      given.raw ??
      CODECS[given.name]!(given.fields, given.path, { layers, index: i, tail, endpoints });
    tail.prepend(octets, given.name === 'trailer');
  }
  return tail.octets();
}

interface Given {
  readonly name: string;
  readonly path: string;
  readonly fields: JsonObject;
  readonly raw: Uint8Array | undefined;
}

interface Context {
  readonly layers: readonly Given[];
  readonly index: number;
  readonly tail: Tail;
  readonly endpoints: Ends;
}

interface Ends {
  source?: IpAddress | undefined;
  destination?: IpAddress | undefined;
}

type Codec = (fields: JsonObject, path: string, context: Context) => Uint8Array;

/** What has been encoded so far, innermost first. */
class Tail {
  readonly #parts: Uint8Array[] = [];
  #carried: Uint8Array[] = [];

  prepend(octets: Uint8Array, trailer: boolean): void {
    this.#parts.push(octets);
    // What follows a trailer is no part of what stands before it.
    if (!trailer) this.#carried.push(octets);
  }

  /** Octets that a length field counts: all that follows but trailers. */
  get length(): number {
    return this.#carried.reduce((sum, part) => sum + part.length, 0);
  }

  carried(): Uint8Array {
    return concat(this.#carried);
  }

  octets(): Uint8Array {
    return concat(this.#parts);
  }
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const w = new ByteWriter(parts.reduce((sum, part) => sum + part.length, 0));
  for (let i = parts.length - 1; i >= 0; i--) w.octets(parts[i]!);
  return w.finish();
}

function layersOf(json: unknown): { list: unknown[]; path: string; endpoints: Ends } {
  if (Array.isArray(json)) return { list: json, path: 'layers', endpoints: {} };
  if (!isObject(json))
    throw new EncodeError(
      'ENCODE_SHAPE',
      'layers',
      'an object with layers, or an array of them',
      json,
    );
  if (typeof json['layer'] === 'string') return { list: [json], path: 'layers', endpoints: {} };
  if (json['layers'] === undefined) {
    throw new EncodeError('ENCODE_SHAPE', 'layers', 'an array of layers', undefined);
  }
  const address = (name: string): IpAddress | undefined => {
    const text = json[name];
    if (text === undefined) return undefined;
    const parsed = typeof text === 'string' ? parseAddress(text) : undefined;
    if (parsed === undefined) throw new EncodeError('ENCODE_FIELD', name, 'an IP address', text);
    return parsed;
  };
  return {
    list: arrayOf(json['layers'], 'layers'),
    path: 'layers',
    endpoints: { source: address('src'), destination: address('dst') },
  };
}

/** A header of fixed layout, with what it lacks filled in by `finish`. */
function fixed(
  layout: readonly Field[],
  finish?: (out: EncodedLayout, fields: JsonObject, path: string, context: Context) => void,
): Codec {
  return (fields, path, context) => {
    rejectUnknown(fields, layoutNames(layout), path);
    const out = encodeLayout(layout, fields, path);
    finish?.(out, fields, path, context);
    return out.octets;
  };
}

function put16(octets: Uint8Array, at: number, value: number, path: string): void {
  if (value > 0xffff) throw new EncodeError('ENCODE_LIMIT', path, 'at most 65535 octets', value);
  octets[at] = value >>> 8;
  octets[at + 1] = value;
}

const etherType =
  (at: number, name = 'etherType') =>
  (
    { octets, missing }: EncodedLayout,
    _fields: JsonObject,
    path: string,
    context: Context,
  ): void => {
    if (missing.has(name))
      put16(octets, at, following(context, ETHERTYPE_OF_LAYER, `${path}.${name}`), path);
  };

/** The number of the next layer. */
function following(
  context: Context,
  numbers: Readonly<Record<string, number>>,
  path: string,
): number {
  const next = context.layers[context.index + 1];
  const number = next
    ? numbers[next.name]
    : numbers === PROTOCOL_OF_LAYER
      ? PROTOCOL.none
      : undefined;
  if (number !== undefined) return number;
  throw new EncodeError(
    'ENCODE_MISSING',
    path,
    'a number, since the next layer does not tell it',
    undefined,
  );
}

const protocolAt =
  (at: number, name: string) => (out: EncodedLayout, path: string, context: Context) => {
    if (out.missing.has(name))
      out.octets[at] = following(context, PROTOCOL_OF_LAYER, `${path}.${name}`);
  };

function ipv4(fields: JsonObject, path: string, context: Context): Uint8Array {
  const { options: given, ...rest } = fields;
  rejectUnknown(rest, layoutNames(header.IPV4), path);
  const options = given === undefined ? NOTHING : octetsOf(given, `${path}.options`);
  const out = encodeLayout(header.IPV4, rest, path);
  const octets = new ByteWriter(20 + options.length)
    .octets(out.octets)
    .octets(options)
    .zeros(out.missing.has('headerLength') ? -options.length & 3 : 0)
    .finish();
  if (out.missing.has('headerLength')) {
    if (octets.length > 60)
      throw new EncodeError('ENCODE_LIMIT', `${path}.options`, 'at most 40 octets', options.length);
    octets[0]! |= octets.length / 4;
  }
  if (out.missing.has('totalLength')) put16(octets, 2, octets.length + context.tail.length, path);
  protocolAt(9, 'protocol')({ ...out, octets }, path, context);
  if (out.missing.has('checksum')) put16(octets, 10, checksum(octets), path);
  return octets;
}

function tcp(fields: JsonObject, path: string, context: Context): Uint8Array {
  const { options: given, ...rest } = fields;
  rejectUnknown(rest, layoutNames(header.TCP), path);
  const options = given === undefined ? NOTHING : octetsOf(given, `${path}.options`);
  const out = encodeLayout(header.TCP, rest, path);
  const pad = out.missing.has('headerLength') ? -options.length & 3 : 0;
  const octets = new ByteWriter(20).octets(out.octets).octets(options).zeros(pad).finish();
  if (out.missing.has('headerLength')) octets[12]! |= (octets.length / 4) << 4;
  if (out.missing.has('checksum')) transport(octets, 16, PROTOCOL.tcp, path, context);
  return octets;
}

function udp(fields: JsonObject, path: string, context: Context): Uint8Array {
  rejectUnknown(fields, layoutNames(header.UDP), path);
  const { octets, missing } = encodeLayout(header.UDP, fields, path);
  if (missing.has('length')) put16(octets, 4, 8 + context.tail.length, path);
  if (missing.has('checksum')) {
    transport(octets, 6, PROTOCOL.udp, path, context);
    // RFC 768: a sum of zero is sent as all ones.
    if ((octets[6]! | octets[7]!) === 0) octets.fill(0xff, 6, 8);
  }
  return octets;
}

/** Fills in a transport checksum over `own` and all that follows it. */
function transport(
  own: Uint8Array,
  at: number,
  protocol: number,
  path: string,
  context: Context,
): void {
  const { source, destination } = pseudoHeader(context);
  if (source === undefined || destination === undefined || isIpv6(source) !== isIpv6(destination)) {
    throw new EncodeError(
      'ENCODE_ADDRESSES',
      `${path}.checksum`,
      'a checksum, or an IP layer, or src and dst to compute it with',
      undefined,
    );
  }
  const whole = new ByteWriter().octets(own).octets(context.tail.carried()).view();
  put16(own, at, transportChecksum(source, destination, protocol, whole), path);
}

/** The addresses that checksums run over: RFC 8200 §8.1, RFC 6275 §6.1.1. */
function pseudoHeader({ layers, index, endpoints }: Context): Ends {
  const ends: Ends = { ...endpoints };
  let homes = 0;
  let routes = 0;
  for (const { name, fields, path } of layers.slice(0, index)) {
    if (name === 'ipv6' || name === 'ipv4') {
      homes = 0;
      routes = 0;
      for (const end of ['source', 'destination'] as const) {
        ends[end] =
          fields[end] === undefined
            ? undefined
            : (addressOf(fields[end], name, `${path}.${end}`) as IpAddress);
      }
    } else if (name === 'destopt' && Array.isArray(fields['options'])) {
      for (const option of fields['options'] as unknown[]) {
        if (!isObject(option) || option['address'] === undefined || homes > 0) continue;
        if (!isHomeAddress(option['type'])) continue;
        homes++;
        ends.source = addressOf(option['address'], 'ipv6', `${path}.options`) as IpAddress;
      }
    } else if (name === 'rthdr' && fields['homeAddress'] !== undefined && routes++ === 0) {
      ends.destination = addressOf(
        fields['homeAddress'],
        'ipv6',
        `${path}.homeAddress`,
      ) as IpAddress;
    }
  }
  return ends;
}

const isHomeAddress = (type: unknown): boolean =>
  (isObject(type) ? (type['value'] ?? type['name']) : type) === HOME_ADDRESS_OPTION ||
  (isObject(type) ? type['name'] : type) === 'Home Address';

function ipOptions(format: TlvFormat): Codec {
  return (fields, path, context) => {
    rejectUnknown(fields, ['nextHeader', 'headerLength', 'options', 'rest'], path);
    const { octets: head, missing } = encodeLayout(header.OPTIONS_HEADER, fields, path);
    protocolAt(0, 'nextHeader')({ octets: head, missing }, path, context);
    const w = new ByteWriter().octets(head);
    const options = encodeTlvs(format, fields['options'] ?? [], `${path}.options`);
    const compute = missing.has('headerLength');
    const aligned = compute && !options.some((option) => option.type <= 1);
    for (const { type, octets } of options) {
      // RFC 6275 §6.3: the Home Address option stands at 8n+6.
      if (aligned && type === HOME_ADDRESS_OPTION) padOptions(w, (6 - w.length) & 7);
      w.octets(octets);
    }
    w.octets(octetsOf(fields['rest'] ?? '0x', `${path}.rest`));
    if (compute) {
      padOptions(w, -w.length & 7);
      w.patch8(1, headerUnits(w.length, path));
    }
    return w.finish();
  };
}

function padOptions(w: ByteWriter, octets: number): void {
  if (octets === 1) w.u8(0);
  else if (octets > 1)
    w.u8(1)
      .u8(octets - 2)
      .zeros(octets - 2);
}

function headerUnits(length: number, path: string): number {
  const units = length / 8 - 1;
  if (units > 255)
    throw new EncodeError('ENCODE_LIMIT', path, 'a header of at most 2048 octets', length);
  return units;
}

function routing(fields: JsonObject, path: string, context: Context): Uint8Array {
  const type2 = fields['homeAddress'] !== undefined;
  const layout = type2 ? header.ROUTING_2 : header.ROUTING;
  rejectUnknown(fields, [...layoutNames(layout), ...(type2 ? [] : ['data'])], path);
  const out = encodeLayout(layout, fields, path);
  protocolAt(0, 'nextHeader')(out, path, context);
  const w = new ByteWriter().octets(out.octets);
  if (!type2) w.octets(octetsOf(fields['data'] ?? '0x', `${path}.data`));
  if (out.missing.has('headerLength'))
    w.zeros(-w.length & 7).patch8(1, headerUnits(w.length, path));
  return w.finish();
}

function ah(fields: JsonObject, path: string, context: Context): Uint8Array {
  rejectUnknown(fields, [...layoutNames(header.AH), 'icv'], path);
  const out = encodeLayout(header.AH, fields, path);
  protocolAt(0, 'nextHeader')(out, path, context);
  const w = new ByteWriter()
    .octets(out.octets)
    .octets(octetsOf(fields['icv'] ?? '0x', `${path}.icv`));
  if (out.missing.has('payloadLength')) w.zeros(-w.length & 3).patch8(1, w.length / 4 - 2);
  return w.finish();
}

function gre(fields: JsonObject, path: string, context: Context): Uint8Array {
  const layout = [
    ...header.GRE,
    ...(fields['checksumPresent'] === true ? header.GRE_CHECKSUM : []),
    ...(fields['keyPresent'] === true ? header.GRE_KEY : []),
    ...(fields['sequencePresent'] === true ? header.GRE_SEQUENCE : []),
  ];
  rejectUnknown(fields, layoutNames(layout), path);
  const out = encodeLayout(layout, fields, path);
  etherType(2, 'protocol')(out, fields, path, context);
  if (out.missing.has('checksum')) {
    put16(
      out.octets,
      4,
      checksum(new ByteWriter().octets(out.octets).octets(context.tail.carried()).view()),
      path,
    );
  }
  return out.octets;
}

function icmpv6(fields: JsonObject, path: string, context: Context): Uint8Array {
  const type = numberOf(fields['type'], `${path}.type`, 255);
  const body = ICMPV6_BODIES[type];
  const lists =
    body?.tail === 'options'
      ? ['options', 'rest']
      : body?.tail === 'addresses'
        ? ['addresses']
        : [];
  rejectUnknown(
    fields,
    [...layoutNames(header.ICMPV6), ...layoutNames(body?.layout ?? []), ...lists],
    path,
  );
  const { octets: head, missing } = encodeLayout(header.ICMPV6, fields, path);
  const w = new ByteWriter().octets(head);
  if (body) w.octets(encodeLayout(body.layout, fields, path).octets);
  if (body?.tail === 'options') {
    for (const { octets } of encodeTlvs(
      ND_OPTION_FORMAT,
      fields['options'] ?? [],
      `${path}.options`,
    ))
      w.octets(octets);
    w.octets(octetsOf(fields['rest'] ?? '0x', `${path}.rest`));
  }
  if (body?.tail === 'addresses') {
    for (const [i, address] of arrayOf(fields['addresses'] ?? [], `${path}.addresses`).entries()) {
      w.octets(encodeLayout(ADDRESS, { address }, `${path}.addresses[${i}]`).octets);
    }
  }
  const octets = w.finish();
  if (missing.has('checksum')) transport(octets, 2, PROTOCOL.icmpv6, path, context);
  return octets;
}

function icmp(fields: JsonObject, path: string, context: Context): Uint8Array {
  const type = numberOf(fields['type'], `${path}.type`, 255);
  const layout = [...header.ICMP, ...(ICMPV4_REST[type] ?? ICMPV4_OTHER)];
  rejectUnknown(fields, layoutNames(layout), path);
  const { octets, missing } = encodeLayout(layout, fields, path);
  if (missing.has('checksum')) {
    put16(
      octets,
      2,
      checksum(new ByteWriter().octets(octets).octets(context.tail.carried()).view()),
      path,
    );
  }
  return octets;
}

function mobility(fields: JsonObject, path: string, context: Context): Uint8Array {
  const { octets, missing } = encodeMobilityLayer(fields, path);
  if (missing.has('checksum')) {
    const { source, destination } = pseudoHeader(context);
    if (source === undefined || destination === undefined) {
      throw new EncodeError(
        'ENCODE_ADDRESSES',
        `${path}.checksum`,
        'a checksum, or an IP layer, or src and dst to compute it with',
        undefined,
      );
    }
    put16(octets, 4, transportChecksum(source, destination, PROTOCOL.mobility, octets), path);
  }
  return octets;
}

function dhcp(fields: JsonObject, path: string): Uint8Array {
  const { options, rest, ...head } = fields;
  rejectUnknown(head, layoutNames(header.DHCP), path);
  const w = new ByteWriter(300).octets(encodeLayout(header.DHCP, head, path).octets);
  for (const { octets } of encodeTlvs(DHCP_OPTION_FORMAT, options ?? [], `${path}.options`))
    w.octets(octets);
  return w.octets(octetsOf(rest ?? '0x', `${path}.rest`)).finish();
}

function mobilityOptions(fields: JsonObject, path: string): Uint8Array {
  rejectUnknown(fields, ['options', 'rest'], path);
  return new ByteWriter()
    .octets(encodeOptionList(fields['options'] ?? [], `${path}.options`))
    .octets(octetsOf(fields['rest'] ?? '0x', `${path}.rest`))
    .finish();
}

const opaque: Codec = (fields, path) => {
  rejectUnknown(fields, ['protocol', 'octets'], path);
  return octetsOf(fields['octets'], `${path}.octets`);
};

const CODECS: Readonly<Record<string, Codec>> = {
  ethernet: fixed(header.ETHERNET, etherType(12)),
  vlan: fixed(header.VLAN, etherType(2)),
  sll: fixed(header.SLL, etherType(14, 'protocol')),
  sll2: fixed(header.SLL2, etherType(0, 'protocol')),
  arp: fixed(header.ARP),
  ipv6: fixed(header.IPV6, (out, _fields, path, context) => {
    if (out.missing.has('payloadLength')) put16(out.octets, 4, context.tail.length, path);
    protocolAt(6, 'nextHeader')(out, path, context);
  }),
  ipv4,
  hopopt: ipOptions(HOP_BY_HOP_OPTIONS),
  destopt: ipOptions(DESTINATION_OPTION_FORMAT),
  rthdr: routing,
  fragment: fixed(header.FRAGMENT, (out, _fields, path, context) =>
    protocolAt(0, 'nextHeader')(out, path, context),
  ),
  ah,
  esp: fixed(header.ESP),
  udp,
  tcp,
  gre,
  icmp,
  icmpv6,
  mh: mobility,
  'mobility-options': mobilityOptions,
  dhcp4: dhcp,
  'nat-keepalive': () => Uint8Array.of(0xff),
  'non-esp-marker': () => new Uint8Array(4),
  data: opaque,
  trailer: opaque,
};

const ADDRESS: readonly Field[] = [{ name: 'address', bits: 128, kind: 'ipv6' }];
const NOTHING = new Uint8Array(0);
/** Ours: what a decoder opens, and what it leaves over at each. */
const MAX_ENCODED = 2 * MAX_LAYERS + 8;
