/** Bodies of ICMPv6 messages, after the checksum, and neighbour discovery options. */
import type { ByteReader, ByteWriter } from '../../base/bytes.js';
import { ND_OPTIONS } from '../../wire/nd/codec.js';
import { flag, ipv6Field, reserved, uint, type Field } from './layout.js';
import { layoutRow, wireRow, type TlvFormat, type TlvRow } from './tlv.js';

export interface Icmpv6Body {
  readonly layout: readonly Field[];
  /** What follows: neighbour discovery options, the packet that is quoted, home agent addresses, or octets. */
  readonly tail: 'options' | 'quoted' | 'addresses' | 'data' | 'none';
  readonly clause: string;
}

const UNUSED = [reserved(32)] as const;
const PREFERENCES = ['medium', 'high', 'reserved', 'low'];

export const ICMPV6_BODIES: Readonly<Record<number, Icmpv6Body>> = {
  1: { layout: UNUSED, tail: 'quoted', clause: 'RFC 4443 §3.1' },
  2: { layout: [uint('mtu', 32)], tail: 'quoted', clause: 'RFC 4443 §3.2' },
  3: { layout: UNUSED, tail: 'quoted', clause: 'RFC 4443 §3.3' },
  4: { layout: [uint('pointer', 32)], tail: 'quoted', clause: 'RFC 4443 §3.4' },
  128: {
    layout: [uint('identifier', 16), uint('sequence', 16)],
    tail: 'data',
    clause: 'RFC 4443 §4.1',
  },
  129: {
    layout: [uint('identifier', 16), uint('sequence', 16)],
    tail: 'data',
    clause: 'RFC 4443 §4.2',
  },
  133: { layout: UNUSED, tail: 'options', clause: 'RFC 4861 §4.1' },
  134: {
    layout: [
      uint('hopLimit', 8),
      flag('managed'),
      flag('otherConfig'),
      flag('homeAgent'),
      uint('preference', 2, { names: (n) => PREFERENCES[n] }),
      flag('proxy'),
      reserved(2),
      uint('routerLifetime', 16),
      uint('reachableTime', 32),
      uint('retransTimer', 32),
    ],
    tail: 'options',
    clause: 'RFC 4861 §4.2, RFC 6275 §7.1, RFC 4191 §2.2',
  },
  135: { layout: [...UNUSED, ipv6Field('target')], tail: 'options', clause: 'RFC 4861 §4.3' },
  136: {
    layout: [
      flag('router'),
      flag('solicited'),
      flag('override'),
      reserved(29),
      ipv6Field('target'),
    ],
    tail: 'options',
    clause: 'RFC 4861 §4.4',
  },
  137: {
    layout: [...UNUSED, ipv6Field('target'), ipv6Field('destination')],
    tail: 'options',
    clause: 'RFC 4861 §4.5',
  },
  144: {
    layout: [uint('identifier', 16), flag('mobileRouter'), reserved(15)],
    tail: 'none',
    clause: 'RFC 6275 §6.5',
  },
  145: {
    layout: [uint('identifier', 16), flag('mobileRouter'), reserved(15)],
    tail: 'addresses',
    clause: 'RFC 6275 §6.6',
  },
  146: { layout: [uint('identifier', 16), reserved(16)], tail: 'none', clause: 'RFC 6275 §6.7' },
  147: {
    layout: [uint('identifier', 16), flag('managed'), flag('otherConfig'), reserved(14)],
    tail: 'options',
    clause: 'RFC 6275 §6.8',
  },
};

interface NdRow {
  readonly type: number;
  readonly name: string;
  readonly clause: string;
  /** Of the least, and of the most where it varies: 8 octets each. */
  readonly units: number;
  readonly largest?: number;
  decode(r: ByteReader, units: number): object | undefined;
  encode(w: ByteWriter, option: never): void;
}

const WIRE: readonly TlvRow[] = Object.entries(
  ND_OPTIONS as unknown as Readonly<Record<string, NdRow>>,
).map(([kind, row]) =>
  wireRow(row, {
    kind,
    lengths: [0, 1, 2]
      .map((more) => row.units + more)
      .filter((units) => units <= (row.largest ?? row.units))
      .map((units) => units * 8 - 2),
    decode: (r, length) => {
      const units = (length + 2) / 8;
      return units >= row.units && units <= (row.largest ?? row.units)
        ? row.decode(r, units)
        : undefined;
    },
    encode: (w, value) => row.encode(w, value),
  }),
);

const SHOWN: readonly TlvRow[] = [
  layoutRow(
    { type: 4, name: 'Redirected Header', clause: 'RFC 4861 §4.6.3' },
    [reserved(48)],
    'packet',
  ),
  layoutRow({ type: 14, name: 'Nonce', clause: 'RFC 3971 §5.3.2' }, [], 'nonce'),
  layoutRow({ type: 17, name: 'IP Address/Prefix', clause: 'RFC 5568 §6.4.1' }, [
    uint('code', 8),
    uint('prefixLength', 8),
    reserved(32),
    ipv6Field('address'),
  ]),
  layoutRow(
    { type: 19, name: 'Link-Layer Address', clause: 'RFC 5568 §6.4.3' },
    [uint('code', 8)],
    'address',
  ),
  layoutRow(
    { type: 24, name: 'Route Information', clause: 'RFC 4191 §2.3' },
    [
      uint('prefixLength', 8),
      reserved(3),
      uint('preference', 2, { names: (n) => PREFERENCES[n] }),
      reserved(3, 'reserved2'),
      uint('lifetime', 32),
    ],
    'prefix',
  ),
  layoutRow(
    { type: 25, name: 'Recursive DNS Server', clause: 'RFC 8106 §5.1' },
    [reserved(16), uint('lifetime', 32)],
    'addresses',
  ),
  layoutRow(
    { type: 31, name: 'DNS Search List', clause: 'RFC 8106 §5.2' },
    [reserved(16), uint('lifetime', 32)],
    'names',
  ),
];

const BY_TYPE: ReadonlyMap<number, TlvRow> = new Map(
  [...SHOWN, ...WIRE].map((row) => [row.type, row]),
);

export const ND_OPTION_FORMAT: TlvFormat = {
  single: new Set(),
  unit: 'eights',
  row: (type) => BY_TYPE.get(type),
  name: (type) => BY_TYPE.get(type)?.name,
  rows: () => [...BY_TYPE.values()],
};
