/**
 * The golden rows, one JSON object a line. `value` is what the octets mean, with `{"octets": hex}` where a field is octets;
 * `error` is what the strict decoder says of them instead. `src` and `dst` are the addresses of the pseudo-header.
 * Values were written down beside the figures of the RFCs, or read from the captures by another program; no codec of
 * this tree made them.
 */
import { readFileSync } from 'node:fs';
import type { Ipv6, IpAddress } from '../../../src/base/address.js';
import type { WireErrorCode } from '../../../src/base/error.js';
import { decodeAh, encodeAh, type AhHeader } from '../../../src/wire/ah.js';
import { decodeArp, encodeArp, type ArpMessage } from '../../../src/wire/arp.js';
import { decodeDhcp, encodeDhcp } from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../../../src/wire/dhcpv4/message.js';
import { decodeEsp, encodeEsp, type EspHeader } from '../../../src/wire/esp.js';
import { decodeIcmpv6, encodeIcmpv6, type Icmpv6Message } from '../../../src/wire/icmpv6.js';
import { decodeIpv4, encodeIpv4, type Ipv4Packet } from '../../../src/wire/ipv4.js';
import { decodeIpv6, encodeIpv6 } from '../../../src/wire/ipv6-codec.js';
import type { Ipv6Packet } from '../../../src/wire/ipv6.js';
import { decodeMobility, encodeMobility } from '../../../src/wire/mobility/codec.js';
import type { MobilityMessage } from '../../../src/wire/mobility/message.js';
import { decodeUdp, encodeUdp, type UdpDatagram } from '../../../src/wire/udp.js';
import { hex } from '../octets.js';

export interface GoldenRow {
  readonly name: string;
  readonly as: keyof Values;
  readonly hex: string;
  readonly src?: IpAddress;
  readonly dst?: IpAddress;
  readonly source: string;
  /** The encoder makes these octets without being told the padding. */
  readonly aligned?: true;
  readonly value?: unknown;
  readonly error?: { readonly code: WireErrorCode; readonly offset: number };
}

export interface Values {
  mh: MobilityMessage;
  icmpv6: Icmpv6Message;
  ipv6: Ipv6Packet;
  ipv4: Ipv4Packet;
  dhcp4: DhcpMessage;
  udp: UdpDatagram;
  esp: EspHeader;
  ah: AhHeader;
  arp: ArpMessage;
}

export interface Codec<T> {
  decode(octets: Uint8Array, row: GoldenRow): T;
  encode(value: T, row: GoldenRow): Uint8Array;
  /** Less octets than these are never a whole one; more may be, where the length is told by nothing inside. */
  least(octets: Uint8Array): number;
}

export const CODECS: { readonly [K in keyof Values]: Codec<Values[K]> } = {
  mh: {
    decode: (octets) => decodeMobility(octets).message,
    encode: (value, row) => encodeMobility(value, row.src as Ipv6, row.dst as Ipv6),
    least: (octets) => octets.length,
  },
  icmpv6: {
    decode: (octets, row) => decodeIcmpv6(octets, row.src as Ipv6, row.dst as Ipv6, UNVERIFIED),
    encode: (value, row) => encodeIcmpv6(value, row.src as Ipv6, row.dst as Ipv6),
    least: () => 4,
  },
  ipv6: {
    decode: (octets) => decodeIpv6(octets),
    encode: (value) => encodeIpv6(value),
    least: (octets) => octets.length,
  },
  ipv4: {
    decode: (octets) => decodeIpv4(octets),
    encode: (value) => encodeIpv4(value),
    least: (octets) => octets.length,
  },
  dhcp4: {
    decode: (octets) => decodeDhcp(octets),
    encode: (value) => encodeDhcp(value),
    least: () => 240,
  },
  udp: {
    decode: (octets, row) => decodeUdp(octets, row.src!, row.dst!),
    encode: (value, row) => encodeUdp(value, row.src!, row.dst!),
    least: (octets) => octets.length,
  },
  esp: { decode: (octets) => decodeEsp(octets), encode: encodeEsp, least: () => 8 },
  ah: {
    decode: (octets) => decodeAh(octets),
    encode: encodeAh,
    least: (octets) => 4 * (octets[1]! + 2),
  },
  arp: { decode: (octets) => decodeArp(octets), encode: encodeArp, least: () => 28 },
};

export const ROWS: readonly GoldenRow[] = readFileSync(
  new URL('vectors.jsonl', import.meta.url),
  'utf8',
)
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line, revive) as GoldenRow);

export const codecOf = (row: GoldenRow): Codec<unknown> => CODECS[row.as] as Codec<unknown>;

function revive(_: string, value: unknown): unknown {
  const octets = (value as { octets?: unknown } | null)?.octets;
  return typeof octets === 'string' ? hex(octets) : value;
}

const UNVERIFIED = { verify: false } as const;
