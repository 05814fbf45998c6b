/** The Mobility Header and its options as JSON, by the tables of `src/wire/mobility`. */
import { ByteReader, ByteWriter, sameOctets } from '../../base/bytes.js';
import { WireError } from '../../base/error.js';
import { codeName, CODES, type CodeSpaceName } from '../../wire/mobility/code.js';
import { BA_FLAGS, BU_FLAGS } from '../../wire/mobility/flag.js';
import type { KnownMessage } from '../../wire/mobility/message.js';
import type { MessageRow } from '../../wire/mobility/message/row.js';
import { messageName, messageRow, messageRows } from '../../wire/mobility/message-table.js';
import type { MobilityOption } from '../../wire/mobility/option.js';
import { optionRow, optionRows } from '../../wire/mobility/option-table.js';
import { alignmentOf, allowsLength, type LengthRule } from '../../wire/mobility/option/row.js';
import { bindingErrorStatus, ipv4AckStatus, statusText } from '../../wire/mobility/status.js';
import {
  EncodeError,
  hexJson,
  isObject,
  numberOf,
  octetsOf,
  rejectUnknown,
  type JsonObject,
  type Letter,
} from './json.js';
import { shapeInfo, type FieldInfo } from './field-info.js';
import {
  coded,
  decodeLayout,
  encodeLayout,
  layoutNames,
  reserved,
  uint,
  type Field,
} from './layout.js';
import type { Fields } from './model.js';
import { protocolName } from './names.js';
import {
  decodeTlvs,
  encodeTlvs,
  wireRow,
  type TlvFormat,
  type TlvList,
  type TlvRow,
} from './tlv.js';
import {
  checkReadsBack,
  encoding,
  learnShape,
  valueJson,
  valueOf,
  type Annotations,
  type Shape,
} from './value.js';

/** | Payload Proto 8 | Header Len 8 | MH Type 8 | Reserved 8 | Checksum 16 |, RFC 6275 §6.1.1 */
export const MH_HEAD: readonly Field[] = [
  coded('payloadProto', 8, protocolName, { auto: true }),
  uint('headerLength', 8, { auto: true }),
  coded('type', 8, (type) => (messageRow(type) ? messageName(type) : undefined)),
  reserved(8, 'headerReserved'),
  uint('checksum', 16, { auto: true }),
];
const HEAD = 6;

export interface MobilityLayer {
  readonly fields: Fields;
  /** The fields do not say all of the octets. */
  readonly raw: boolean;
  /** Where the message ends in the octets. */
  readonly end: number;
  readonly list?: TlvList;
  /** The fixed part is cut: reading stopped here. */
  readonly cut?: boolean;
}

/** `end` is where the octets end; the header may tell an earlier end. At least its six octets are there. */
export function decodeMobilityLayer(octets: Uint8Array, at: number, end: number): MobilityLayer {
  const fields = decodeLayout(MH_HEAD, octets, at, end);
  const size = 8 * (octets[at + 1]! + 1);
  const bodyEnd = Math.min(at + size, end);
  const row = messageRow(octets[at + 2]!);
  const own = octets.subarray(at, bodyEnd);
  if (!row) {
    fields['data'] = hexJson(own.subarray(HEAD));
    return { fields, raw: false, end: bodyEnd };
  }
  const fixed = decodeFixed(row, own);
  if (!fixed) {
    Object.assign(fields, certainFields(row, own));
    return { fields, raw: true, end: bodyEnd, cut: true };
  }
  Object.assign(fields, valueJson(fixed.value, annotationsOf(row)));
  if (row.kind === 'experimental') return { fields, raw: !fixed.faithful, end: bodyEnd };
  const list = decodeTlvs(MOBILITY_OPTIONS, octets, at + fixed.size, bodyEnd);
  fields['options'] = list.options;
  if (list.end < bodyEnd) fields['rest'] = hexJson(octets.subarray(list.end, bodyEnd));
  return { fields, raw: !fixed.faithful, end: bodyEnd, list };
}

/** The whole header; `missing` names what the caller has to fill in. */
export function encodeMobilityLayer(
  fields: JsonObject,
  path: string,
): { readonly octets: Uint8Array; readonly missing: ReadonlySet<string> } {
  const type = typeOf(fields['type'], `${path}.type`);
  const { octets: head, missing } = encodeLayout(MH_HEAD, { ...fields, type }, path);
  if (missing.has('payloadProto')) head[0] = NO_NEXT_HEADER;
  const w = new ByteWriter().octets(head);
  const row = messageRow(type);
  const shape = row && shapeOf(row);
  const names = row ? [...shape!.keys(), 'options', 'rest'] : ['data'];
  rejectUnknown(fields, [...layoutNames(MH_HEAD), ...names], path);
  if (!row) w.octets(octetsOf(fields['data'] ?? '0x', `${path}.data`));
  else {
    const value = {
      kind: row.kind,
      options: [],
      ...valueOf(fields, shape!, path, annotationsOf(row)),
    };
    encoding(path, () => row.encode(w, value as unknown as KnownMessage));
    checkReadsBack(value, decodeFixed(row, w.view().slice())?.value, path);
    writeOptions(w, fields, path, missing.has('headerLength'));
  }
  if (fields['rest'] !== undefined) w.octets(octetsOf(fields['rest'], `${path}.rest`));
  if (missing.has('headerLength')) {
    w.zeros(-w.length & 7);
    if (w.length > MAX_SIZE) {
      throw new EncodeError(
        'ENCODE_LIMIT',
        path,
        `a header of at most ${MAX_SIZE} octets`,
        w.length,
      );
    }
    w.patch8(1, w.length / 8 - 1);
  }
  return { octets: w.finish(), missing };
}

/** Fields of the fixed part; of a type without a row, the octets after the checksum. */
export function mobilityFields(type: number): FieldInfo[] {
  const row = messageRow(type);
  if (!row) return [{ name: 'data', kinds: ['octets'], optional: true }];
  return shapeInfo(shapeOf(row), annotationsOf(row));
}

/** The fixed part of a message whose octets are all `fill`. */
export function filledFields(type: number, fill: number): Fields {
  const row = messageRow(type);
  if (!row) return {};
  const value = decodeFixed(row, new Uint8Array(row.size).fill(fill))?.value;
  return value ? valueJson(value) : {};
}

export function encodeOptionList(json: unknown, path: string): Uint8Array {
  const w = new ByteWriter();
  for (const option of encodeTlvs(MOBILITY_OPTIONS, json, path)) w.octets(option.octets);
  return w.finish();
}

/** Ours: a list without any padding, in a header without a length, is aligned as the table asks (RFC 6275 §6.2.1). */
function writeOptions(w: ByteWriter, fields: JsonObject, path: string, align: boolean): void {
  const options = encodeTlvs(MOBILITY_OPTIONS, fields['options'] ?? [], `${path}.options`);
  const aligned = align && !options.some((option) => option.type <= PADN);
  for (const option of options) {
    const row = optionRow(option.type);
    if (aligned && row) {
      const [x, y] = alignmentOf(row, option.octets.length - 2);
      pad(w, (((y - w.length) % x) + x) % x);
    }
    w.octets(option.octets);
  }
  if (align && fields['rest'] === undefined) pad(w, -w.length & 7);
}

function pad(w: ByteWriter, octets: number): void {
  if (octets === 1) w.u8(0);
  else if (octets > 1)
    w.u8(PADN)
      .u8(octets - 2)
      .zeros(octets - 2);
}

interface Fixed {
  readonly value: KnownMessage;
  /** octets from the header's start */
  readonly size: number;
  readonly faithful: boolean;
}

/** Undefined when there are too few octets. */
function decodeFixed(row: MessageRow<KnownMessage>, own: Uint8Array): Fixed | undefined {
  const r = new ByteReader(own);
  try {
    r.skip(HEAD);
    const value = row.decode(r, NO_OPTIONS);
    const size = own.length - r.remaining;
    const w = new ByteWriter(Math.max(size, 8));
    row.encode(w, value);
    return { value, size, faithful: sameOctets(w.view(), own.subarray(HEAD, size)) };
  } catch (error) {
    if (error instanceof WireError) return undefined;
    throw error;
  }
}

/** Of a cut fixed part, the fields that no continuation could change: those equal under two of them. */
function certainFields(row: MessageRow<KnownMessage>, own: Uint8Array): Fields {
  const [zeros, ones] = [0x00, 0xff].map((fill) => {
    const whole = new Uint8Array(LONGEST_FIXED).fill(fill);
    whole.set(own);
    const value = decodeFixed(row, whole)?.value;
    return value ? valueJson(value, annotationsOf(row)) : {};
  }) as [Fields, Fields];
  return Object.fromEntries(
    Object.entries(zeros).filter(
      ([key, value]) => JSON.stringify(value) === JSON.stringify(ones[key]),
    ),
  );
}

function shapeOf(row: MessageRow<KnownMessage>): Shape {
  let shape = SHAPES.get(row.type);
  if (!shape) {
    shape = learnShape(
      (sample) => {
        const r = new ByteReader(sample);
        r.skip(HEAD);
        return row.decode(r, NO_OPTIONS);
      },
      [LONGEST_FIXED],
    );
    SHAPES.set(row.type, shape);
  }
  return shape;
}

function typeOf(json: unknown, path: string): number {
  const name =
    typeof json === 'string'
      ? json
      : isObject(json) && json['value'] === undefined
        ? json['name']
        : undefined;
  const row =
    typeof name === 'string'
      ? messageRows().find((r) => r.name.toLowerCase() === name.toLowerCase() || r.kind === name)
      : undefined;
  return row ? row.type : numberOf(json, path, 255);
}

const annotationsOf = (row: { readonly kind: string }): Annotations =>
  MESSAGE_ANNOTATIONS[row.kind] ?? {};

const space = (name: CodeSpaceName) => ({ names: (code: number) => codeName(name, code) });
const bit = (value: number, letter: string, name: string): Letter => ({ bit: value, letter, name });
const baStatus = { names: (code: number) => statusText(code) };

/** What the numbers of messages mean. */
export const MESSAGE_ANNOTATIONS: Readonly<Record<string, Annotations>> = {
  bindingUpdate: { flags: { letters: BU_FLAGS } },
  bindingAck: { status: baStatus, flags: { letters: BA_FLAGS } },
  bindingError: { status: { names: (code) => bindingErrorStatus(code)?.name } },
  fastBindingUpdate: { flags: { letters: BU_FLAGS } },
  fastBindingAck: {
    status: space('fastBindingAck'),
    flags: { letters: [bit(0x80, 'K', 'key management mobility capability')] },
  },
  heartbeat: {
    flags: { letters: [bit(0x0002, 'U', 'unsolicited'), bit(0x0001, 'R', 'response')] },
  },
  handoverInitiate: {
    flags: { letters: [bit(0x80, 'S', 'assign an address'), bit(0x40, 'U', 'buffer')] },
  },
  handoverAck: { code: space('handoverAck') },
  bindingRevocation: {
    revocationType: { names: (n) => ['', 'Indication', 'Acknowledgement'][n] || undefined },
    code: {
      names: (n, { revocationType }) =>
        codeName(revocationType === 2 ? 'revocationStatus' : 'revocationTrigger', n),
    },
    flags: {
      letters: [
        bit(0x8000, 'P', 'proxy binding'),
        bit(0x4000, 'V', 'IPv4 home address only'),
        bit(0x2000, 'G', 'global: all bindings'),
      ],
    },
  },
  localizedRoutingAck: {
    status: space('localizedRouting'),
    flags: { letters: [bit(0x80, 'U', 'unsolicited')] },
  },
  updateNotification: {
    reason: space('updateReason'),
    flags: { letters: [bit(0x8000, 'A', 'acknowledge'), bit(0x4000, 'D', 'retransmission')] },
  },
  updateNotificationAck: { status: space('updateStatus') },
  flowBinding: {
    flowBindingType: { names: (n) => ['', 'Indication', 'Acknowledgement'][n] || undefined },
    code: {
      names: (n, { flowBindingType }) =>
        codeName(flowBindingType === 2 ? 'flowStatus' : 'flowTrigger', n),
    },
    flags: { letters: [bit(0x80, 'A', 'acknowledge')] },
  },
  subscriptionResponse: {
    flags: { letters: [bit(0x80, 'I', 'multicast information')] },
  },
};

const OPTION_ANNOTATIONS: Readonly<Record<string, Annotations>> = {
  ipv4AddressAck: { status: { names: (code) => ipv4AckStatus(code)?.name } },
  bindingIdentifier: { status: baStatus },
  dnsUpdate: { status: space('dnsUpdate') },
  ipv4HomeAddressReply: { status: space('ipv4HomeAddressReply') },
  handoffIndicator: { indicator: space('handoffIndicator') },
  accessTechnology: { technology: space('accessTechnology') },
  mobileNodeIdentifier: { subtype: space('identifierSubtype') },
  flowIdentification: { status: space('flowBinding') },
};

const ROWS: ReadonlyMap<number, TlvRow> = new Map(
  optionRows().map((row) => [
    row.type,
    wireRow(
      row,
      {
        kind: row.kind,
        lengths: sampleLengths(row.length),
        decode: (r, length): MobilityOption | undefined =>
          allowsLength(row.length, length) ? row.decode(r, length) : undefined,
        encode: (w, value) => row.encode(w, value),
      },
      OPTION_ANNOTATIONS[row.kind],
    ),
  ]),
);

export const MOBILITY_OPTIONS: TlvFormat = {
  single: new Set([0]),
  unit: 'octets',
  row: (type) => ROWS.get(type),
  name: (type) => optionRow(type)?.name,
  rows: () => [...ROWS.values()],
};

function sampleLengths(rule: LengthRule): number[] {
  if (rule.kind === 'oneOf') return [...rule.lengths];
  return [0, 1, 2, 3, 4].map((n) => rule.min + n * rule.step).filter((n) => n <= rule.max);
}

export const CODE_SPACES = CODES;
const SHAPES = new Map<number, Shape>();
const NO_OPTIONS: readonly MobilityOption[] = [];
const NO_NEXT_HEADER = 59;
const PADN = 1;
const LONGEST_FIXED = 8 + 255 * 16;
const MAX_SIZE = 2048; // Header Len 255
