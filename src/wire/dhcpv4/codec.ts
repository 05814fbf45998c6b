/**
 * DHCPv4 messages (the UDP payload) and options, one row per option.
 *
 * Spec: RFC 2131 §2, §4.1; RFC 2132; RFC 3396 (long options in parts); RFC 3442 (classless routes).
 *
 *   | op 8 | htype 8 = 1 | hlen 8 = 6 | hops 8 | xid 32 | secs 16 | B reserved 15 |
 *   | ciaddr | yiaddr | siaddr | giaddr | chaddr 128 | sname 512 | file 1024 | cookie 32 | options |
 */
import { macFromOctets, macOctets, type Ipv4 } from '../../base/address.js';
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { UsageError, WireError } from '../../base/error.js';
import type { DhcpMessage, DhcpOption, DhcpType } from './message.js';

/**
 * A known option whose content its clause does not allow stays `unknown` with its octets.
 * Throws `WireError`: `WIRE_TRUNCATED`, and `WIRE_VALUE` for another op, hardware or magic cookie.
 */
export function decodeDhcp(octets: Uint8Array): DhcpMessage {
  const r = new ByteReader(octets);
  const op = r.u8();
  if (op !== 1 && op !== 2) throw new WireError('WIRE_VALUE', 0, `BOOTP op ${op}`, 'RFC 2131 §2');
  const hardware = r.u8();
  const hardwareLength = r.u8();
  if (hardware !== HARDWARE_ETHERNET || hardwareLength !== 6) {
    const detail = `hardware type ${hardware}, length ${hardwareLength}`;
    throw new WireError('WIRE_VALUE', 1, detail, 'RFC 2131 §2');
  }
  r.skip(1);
  const xid = r.u32();
  const secs = r.u16();
  const broadcast = (r.u16() & BROADCAST_FLAG) !== 0;
  const clientAddress = r.ipv4();
  const yourAddress = r.ipv4();
  const serverAddress = r.ipv4();
  const relayAddress = r.ipv4();
  const clientHardware = macFromOctets(r.octets(CHADDR_LENGTH));
  const sname = r.sub(SNAME_LENGTH);
  const file = r.sub(FILE_LENGTH);
  const cookieAt = r.offset;
  if (r.u32() !== MAGIC_COOKIE) {
    throw new WireError('WIRE_VALUE', cookieAt, 'no DHCP magic cookie', 'RFC 2131 §3');
  }
  const options = decodeOptions(r, file, sname);
  return {
    op,
    xid,
    secs,
    broadcast,
    clientAddress,
    yourAddress,
    serverAddress,
    relayAddress,
    clientHardware,
    options,
  };
}

/** At least 300 octets (RFC 1542 §2.1). Options longer than 255 octets go out in parts (RFC 3396 §7). */
export function encodeDhcp(message: DhcpMessage): Uint8Array {
  const w = new ByteWriter(MINIMUM_LENGTH)
    .u8(message.op)
    .u8(HARDWARE_ETHERNET)
    .u8(6)
    .u8(0)
    .u32(message.xid)
    .u16(message.secs)
    .u16(message.broadcast ? BROADCAST_FLAG : 0)
    .ipv4(message.clientAddress)
    .ipv4(message.yourAddress)
    .ipv4(message.serverAddress)
    .ipv4(message.relayAddress)
    .octets(macOctets(message.clientHardware))
    .zeros(CHADDR_LENGTH - 6 + SNAME_LENGTH + FILE_LENGTH)
    .u32(MAGIC_COOKIE);
  for (const option of message.options) encodeOption(w, option);
  w.u8(END);
  if (w.length > MAXIMUM_LENGTH) {
    throw new UsageError('PACKET_SIZE', `A DHCP message of ${w.length} octets is too long.`);
  }
  return w.zeros(Math.max(0, MINIMUM_LENGTH - w.length)).finish();
}

/** The first option of a kind. */
export function findDhcpOption<K extends DhcpOption['kind']>(
  options: readonly DhcpOption[],
  kind: K,
): Extract<DhcpOption, { kind: K }> | undefined {
  return options.find((o): o is Extract<DhcpOption, { kind: K }> => o.kind === kind);
}

/** DHCP message type; undefined for BOOTP and for types that we do not speak. */
export const dhcpType = (message: DhcpMessage): DhcpType | undefined =>
  findDhcpOption(message.options, 'messageType')?.type;

/** RFC 2131 §4.1: the options field, then `file`, then `sname`; parts of one code are one option (RFC 3396 §5). */
function decodeOptions(r: ByteReader, file: ByteReader, sname: ByteReader): DhcpOption[] {
  const parts = new Map<number, Uint8Array[]>();
  collect(r, parts);
  const overload = parts.get(OVERLOAD)?.[0]?.[0] ?? 0;
  parts.delete(OVERLOAD); // it speaks of these octets, not of the client
  if (overload & 1) collect(file, parts);
  if (overload & 2) collect(sname, parts);
  parts.delete(OVERLOAD);
  return [...parts].map(([type, list]) => decodeOption(type, concat(list)));
}

function collect(r: ByteReader, parts: Map<number, Uint8Array[]>): void {
  while (r.remaining > 0) {
    const type = r.u8();
    if (type === PAD) continue;
    if (type === END) return;
    const data = r.octets(r.u8());
    const list = parts.get(type);
    if (list) list.push(data);
    else parts.set(type, [data]);
  }
}

function decodeOption(type: number, data: Uint8Array): DhcpOption {
  const row = ROW_BY_TYPE.get(type);
  const option = row && row.fits(data.length) ? row.decode(new ByteReader(data)) : undefined;
  return option ?? { kind: 'unknown', type, data: data.slice() };
}

function encodeOption(w: ByteWriter, option: DhcpOption): void {
  if (option.kind === 'unknown') return put(w, option.type, option.data);
  const row = DHCP_OPTIONS[option.kind] as unknown as Row;
  const body = new ByteWriter(16);
  row.encode(body, option);
  put(w, row.type, body.view());
}

function put(w: ByteWriter, type: number, data: Uint8Array): void {
  let at = 0;
  do {
    const part = data.subarray(at, at + 255);
    w.u8(type).u8(part.length).octets(part);
    at += 255;
  } while (at < data.length);
}

function concat(list: readonly Uint8Array[]): Uint8Array {
  if (list.length === 1) return list[0]!;
  const w = new ByteWriter();
  for (const part of list) w.octets(part);
  return w.finish();
}

type Known = Exclude<DhcpOption, { kind: 'unknown' }>;

interface Row<O = Known> {
  readonly type: number;
  readonly name: string;
  /** what lengths its clause allows, in words */
  readonly length: string;
  readonly clause: string;
  fits(length: number): boolean;
  /** Undefined when the value is not one that the clause knows. */
  decode(body: ByteReader): O | undefined;
  encode(w: ByteWriter, option: O): void;
}

const exactly = (n: number) => ({ length: `${n}`, fits: (length: number) => length === n });
const atLeast = (n: number) => ({ length: `${n} or more`, fits: (length: number) => length >= n });
const timesFour = {
  length: 'a multiple of 4, at least 4',
  fits: (length: number) => length >= 4 && length % 4 === 0,
};

/** RFC 2132 §9.6, from 1. */
const TYPES: readonly DhcpType[] = [
  'discover',
  'offer',
  'request',
  'decline',
  'ack',
  'nak',
  'release',
  'inform',
];

/** DHCP options that we split, one row each. */
export const DHCP_OPTIONS: { readonly [K in Known['kind']]: Row<Extract<Known, { kind: K }>> } = {
  subnetMask: {
    type: 1,
    name: 'Subnet Mask',
    ...exactly(4),
    clause: 'RFC 2132 §3.3',
    decode: (b) => ({ kind: 'subnetMask', mask: b.ipv4() }),
    encode: (w, o) => void w.ipv4(o.mask),
  },
  router: {
    type: 3,
    name: 'Router',
    ...timesFour,
    clause: 'RFC 2132 §3.5',
    decode: (b) => ({ kind: 'router', addresses: addresses(b) }),
    encode: (w, o) => o.addresses.forEach((a) => w.ipv4(a)),
  },
  dnsServer: {
    type: 6,
    name: 'Domain Name Server',
    ...timesFour,
    clause: 'RFC 2132 §3.8',
    decode: (b) => ({ kind: 'dnsServer', addresses: addresses(b) }),
    encode: (w, o) => o.addresses.forEach((a) => w.ipv4(a)),
  },
  hostName: {
    type: 12,
    name: 'Host Name',
    ...atLeast(1),
    clause: 'RFC 2132 §3.14',
    decode: (b) => {
      // RFC 2132 §2: receivers delete trailing NULs.
      let name = '';
      for (const octet of b.rest()) name += String.fromCharCode(octet);
      return { kind: 'hostName', name: name.replace(/\0+$/, '') };
    },
    encode: (w, o) => {
      for (let i = 0; i < o.name.length; i++) w.u8(o.name.charCodeAt(i));
    },
  },
  interfaceMtu: {
    type: 26,
    name: 'Interface MTU',
    ...exactly(2),
    clause: 'RFC 2132 §5.1',
    decode: (b) => ({ kind: 'interfaceMtu', mtu: b.u16() }),
    encode: (w, o) => void w.u16(o.mtu),
  },
  requestedAddress: {
    type: 50,
    name: 'Requested IP Address',
    ...exactly(4),
    clause: 'RFC 2132 §9.1',
    decode: (b) => ({ kind: 'requestedAddress', address: b.ipv4() }),
    encode: (w, o) => void w.ipv4(o.address),
  },
  leaseTime: {
    type: 51,
    name: 'IP Address Lease Time',
    ...exactly(4),
    clause: 'RFC 2132 §9.2',
    decode: (b) => ({ kind: 'leaseTime', seconds: b.u32() }),
    encode: (w, o) => void w.u32(o.seconds),
  },
  messageType: {
    type: 53,
    name: 'DHCP Message Type',
    ...exactly(1),
    clause: 'RFC 2132 §9.6',
    decode: (b) => {
      const type = TYPES[b.u8() - 1];
      return type && { kind: 'messageType', type };
    },
    encode: (w, o) => void w.u8(TYPES.indexOf(o.type) + 1),
  },
  serverIdentifier: {
    type: 54,
    name: 'Server Identifier',
    ...exactly(4),
    clause: 'RFC 2132 §9.7',
    decode: (b) => ({ kind: 'serverIdentifier', address: b.ipv4() }),
    encode: (w, o) => void w.ipv4(o.address),
  },
  parameterRequest: {
    type: 55,
    name: 'Parameter Request List',
    ...atLeast(1),
    clause: 'RFC 2132 §9.8',
    decode: (b) => ({ kind: 'parameterRequest', codes: [...b.rest()] }),
    encode: (w, o) => void w.octets(Uint8Array.from(o.codes)),
  },
  maximumMessageSize: {
    type: 57,
    name: 'Maximum DHCP Message Size',
    ...exactly(2),
    clause: 'RFC 2132 §9.10',
    decode: (b) => ({ kind: 'maximumMessageSize', size: b.u16() }),
    encode: (w, o) => void w.u16(o.size),
  },
  renewalTime: {
    type: 58,
    name: 'Renewal (T1) Time',
    ...exactly(4),
    clause: 'RFC 2132 §9.11',
    decode: (b) => ({ kind: 'renewalTime', seconds: b.u32() }),
    encode: (w, o) => void w.u32(o.seconds),
  },
  rebindingTime: {
    type: 59,
    name: 'Rebinding (T2) Time',
    ...exactly(4),
    clause: 'RFC 2132 §9.12',
    decode: (b) => ({ kind: 'rebindingTime', seconds: b.u32() }),
    encode: (w, o) => void w.u32(o.seconds),
  },
  clientIdentifier: {
    type: 61,
    name: 'Client-identifier',
    ...atLeast(2),
    clause: 'RFC 2132 §9.14',
    decode: (b) => ({ kind: 'clientIdentifier', data: b.rest().slice() }),
    encode: (w, o) => void w.octets(o.data),
  },
  classlessRoutes: {
    type: 121,
    name: 'Classless Static Route',
    ...atLeast(5),
    clause: 'RFC 3442',
    decode: classlessRoutes,
    encode: (w, o) => {
      for (const route of o.routes) {
        const network = new ByteWriter(4).ipv4(route.destination).view();
        w.u8(route.prefixLength).octets(network.subarray(0, significant(route.prefixLength)));
        w.ipv4(route.router);
      }
    },
  },
};

function addresses(b: ByteReader): Ipv4[] {
  const list: Ipv4[] = [];
  while (b.remaining > 0) list.push(b.ipv4());
  return list;
}

/** | width 8 | as many octets of the destination as the width needs | router 32 | … */
function classlessRoutes(
  b: ByteReader,
): Extract<DhcpOption, { kind: 'classlessRoutes' }> | undefined {
  const routes: { destination: Ipv4; prefixLength: number; router: Ipv4 }[] = [];
  while (b.remaining > 0) {
    const prefixLength = b.u8();
    const length = significant(prefixLength);
    if (prefixLength > 32 || b.remaining < length + 4) return undefined;
    const network = new ByteWriter(4).octets(b.octets(length)).zeros(4 - length);
    const destination = new ByteReader(network.view()).ipv4();
    routes.push({ destination, prefixLength, router: b.ipv4() });
  }
  return { kind: 'classlessRoutes', routes };
}

const significant = (prefixLength: number): number => Math.ceil(prefixLength / 8);

const ROW_BY_TYPE = new Map<number, Row>(
  Object.values(DHCP_OPTIONS).map((row) => [row.type, row as unknown as Row]),
);

const HARDWARE_ETHERNET = 1;
const BROADCAST_FLAG = 0x8000;
const CHADDR_LENGTH = 16;
const SNAME_LENGTH = 64;
const FILE_LENGTH = 128;
const MAGIC_COOKIE = 0x63825363;
const PAD = 0;
const END = 255;
const OVERLOAD = 52;
/** RFC 1542 §2.1: BOOTP messages have 300 octets, and relays drop shorter ones. */
const MINIMUM_LENGTH = 300;
/** Ours: what fits one Ethernet frame. RFC 2131 §2 asks every client to take 576 octets of IP. */
const MAXIMUM_LENGTH = 1472;
