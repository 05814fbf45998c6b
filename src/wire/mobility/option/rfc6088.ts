/** Binary traffic selectors, RFC 6088 §3: a word of flags, then each field whose flag is set, in the flags' order. */
import { ipv4FromOctets, ipv6FromOctets, type Ipv4, type Ipv6 } from '../../../base/address.js';
import type { ByteReader, ByteWriter } from '../../../base/bytes.js';
import { copyOctets, reservedBits, type Reserved } from '../field.js';

/** A range of what a packet may have; an end without a start is against the RFC. Absent fields match all. */
export interface Ipv4Selector extends Reserved {
  readonly format: 'ipv4';
  readonly sourceStart?: Ipv4;
  readonly sourceEnd?: Ipv4;
  readonly destinationStart?: Ipv4;
  readonly destinationEnd?: Ipv4;
  readonly spiStart?: number;
  readonly spiEnd?: number;
  readonly sourcePortStart?: number;
  readonly sourcePortEnd?: number;
  readonly destinationPortStart?: number;
  readonly destinationPortEnd?: number;
  /** The low two bits are not compared. */
  readonly dsStart?: number;
  readonly dsEnd?: number;
  readonly protocolStart?: number;
  readonly protocolEnd?: number;
}

export interface Ipv6Selector extends Reserved {
  readonly format: 'ipv6';
  readonly sourceStart?: Ipv6;
  readonly sourceEnd?: Ipv6;
  readonly destinationStart?: Ipv6;
  readonly destinationEnd?: Ipv6;
  readonly spiStart?: number;
  readonly spiEnd?: number;
  readonly flowLabelStart?: number;
  readonly flowLabelEnd?: number;
  readonly sourcePortStart?: number;
  readonly sourcePortEnd?: number;
  readonly destinationPortStart?: number;
  readonly destinationPortEnd?: number;
  readonly trafficClassStart?: number;
  readonly trafficClassEnd?: number;
  readonly nextHeaderStart?: number;
  readonly nextHeaderEnd?: number;
}

/** A TS Format that nobody assigned, or whose fields do not fill it. */
export interface OtherSelector {
  readonly format: 'other';
  readonly type: number;
  readonly data: Uint8Array;
}

export type TrafficSelector = Ipv4Selector | Ipv6Selector | OtherSelector;

/** `type` is TS Format; all `length` octets are read. */
export function decodeSelector(r: ByteReader, type: number, length: number): TrafficSelector {
  const rule = FORMATS.find((format) => format.type === type);
  const data = copyOctets(r, length);
  if (rule === undefined || length < 4) return { format: 'other', type, data };
  const flags = ((data[0]! << 24) | (data[1]! << 16) | (data[2]! << 8) | data[3]!) >>> 0;
  const present = rule.fields.filter((_, i) => flags & (0x80000000 >>> i));
  if (present.reduce((sum, [, width]) => sum + width.octets, 4) !== length) {
    return { format: 'other', type, data };
  }
  const out: Record<string, unknown> = { format: rule.format };
  let at = 4;
  for (const [name, width] of present) {
    out[name] = width.read(data, at);
    at += width.octets;
  }
  Object.assign(out, reservedBits((flags & (0xffffffff >>> rule.fields.length)) >>> 0));
  return out as unknown as TrafficSelector;
}

export function encodeSelector(w: ByteWriter, selector: TrafficSelector): void {
  if (selector.format === 'other') {
    w.octets(selector.data);
    return;
  }
  const { fields } = FORMATS.find((format) => format.format === selector.format)!;
  const values = selector as unknown as Readonly<Record<string, never>>;
  let flags = (selector.reserved ?? 0) & (0xffffffff >>> fields.length);
  fields.forEach(([name], i) => {
    if (values[name] !== undefined) flags |= 0x80000000 >>> i;
  });
  w.u32(flags >>> 0);
  for (const [name, width] of fields) {
    const value = values[name];
    if (value !== undefined) width.write(w, value);
  }
}

export const selectorType = (selector: TrafficSelector): number =>
  selector.format === 'other'
    ? selector.type
    : FORMATS.find((format) => format.format === selector.format)!.type;

interface Width {
  readonly octets: number;
  read(data: Uint8Array, at: number): unknown;
  write(w: ByteWriter, value: never): void;
}

const number = (octets: 1 | 2 | 4): Width => ({
  octets,
  read: (data, at) => {
    let value = 0;
    for (let i = 0; i < octets; i++) value = value * 256 + data[at + i]!;
    return value;
  },
  write: (w, value: number) =>
    void (octets === 1 ? w.u8(value) : octets === 2 ? w.u16(value) : w.u32(value)),
});
const V4: Width = {
  octets: 4,
  read: (data, at) => ipv4FromOctets(data, at),
  write: (w, value: Ipv4) => void w.ipv4(value),
};
const V6: Width = {
  octets: 16,
  read: (data, at) => ipv6FromOctets(data, at),
  write: (w, value: Ipv6) => void w.ipv6(value),
};

interface Format {
  readonly type: number;
  readonly format: 'ipv4' | 'ipv6';
  readonly fields: readonly (readonly [name: string, width: Width])[];
}

const range = (name: string, width: Width): Format['fields'] => [
  [`${name}Start`, width],
  [`${name}End`, width],
];

const FORMATS: readonly Format[] = [
  // RFC 6088 §3.1, flags A to N
  {
    type: 1,
    format: 'ipv4',
    fields: [
      ...range('source', V4),
      ...range('destination', V4),
      ...range('spi', number(4)),
      ...range('sourcePort', number(2)),
      ...range('destinationPort', number(2)),
      ...range('ds', number(1)),
      ...range('protocol', number(1)),
    ],
  },
  // RFC 6088 §3.2, flags A to P
  {
    type: 2,
    format: 'ipv6',
    fields: [
      ...range('source', V6),
      ...range('destination', V6),
      ...range('spi', number(4)),
      ...range('flowLabel', number(4)),
      ...range('sourcePort', number(2)),
      ...range('destinationPort', number(2)),
      ...range('trafficClass', number(1)),
      ...range('nextHeader', number(1)),
    ],
  },
];
