/**
 * The Mobility Header, RFC 6275 §6.1.1.
 *
 *   | Payload Proto 8 | Header Len 8 | MH Type 8 | Reserved 8 | Checksum 16 | message data … | options … |
 */
import type { Ipv6 } from '../../base/address.js';
import { ByteReader, ByteWriter } from '../../base/bytes.js';
import { transportChecksum } from '../../base/checksum.js';
import { UsageError, WireError } from '../../base/error.js';
import { PROTOCOL } from '../protocol.js';
import { copyOctets } from './field.js';
import type { KnownMessage, MobilityMessage } from './message.js';
import type { MobilityOption } from './option.js';
import { MESSAGE_ROWS, messageRow } from './message-table.js';
import type { MessageRow } from './message/row.js';
import { decodeOptions, encodeOptions } from './option-codec.js';

export interface MobilityHeader {
  readonly payloadProto: number;
  /** The Header Len field: units of 8 octets, the first 8 octets not counted. */
  readonly headerLength: number;
  readonly type: number;
  readonly checksum: number;
  readonly message: MobilityMessage;
}

/**
 * Octets after the length that Header Len tells are ignored. The message owns its octets. The checksum is not
 * verified (`verifyMobility` does). A type without a row is `{kind: 'unknown'}`. `base` is where `octets`
 * stand in the whole that error offsets count from.
 *
 * Throws `WireError`: `WIRE_TRUNCATED`, `WIRE_PAYLOAD_PROTO` at Payload Proto, `WIRE_HEADER_LENGTH` at Header
 * Len, `WIRE_OPTION_LENGTH` at the option.
 */
export function decodeMobility(octets: Uint8Array, base = 0): MobilityHeader {
  const whole = new ByteReader(octets, base);
  const payloadProto = whole.u8();
  const headerLength = whole.u8();
  const type = whole.u8();
  whole.skip(1);
  const checksum = whole.u16();
  const row = messageRow(type);
  // RFC 6275 §9.2: the type comes first; what it is not known for is not looked at.
  if (row) checkHeader(row, payloadProto, headerLength, base);
  const size = sizeInOctets(headerLength);
  if (size > octets.length) {
    throw new WireError(
      'WIRE_HEADER_LENGTH',
      base + HEADER_LENGTH_AT,
      `Header Len means ${size} octets, ${octets.length} are there`,
      'RFC 6275 §6.1.1',
    );
  }
  const r = new ByteReader(size === octets.length ? octets : octets.subarray(0, size), base);
  r.skip(HEAD);
  const message: MobilityMessage = row
    ? decodeMessage(row, r)
    : { kind: 'unknown', type, data: copyOctets(r, r.remaining) };
  return { payloadProto, headerLength, type, checksum, message };
}

/**
 * RFC 6275 §6.1.1: `source` is the home address when a Home Address option will stand before the header,
 * `destination` the home address of a type 2 routing header.
 *
 * Throws `UsageError`: `OPTION_LENGTH`, `FIELD_LENGTH`, `MOBILITY_LENGTH`.
 */
export function encodeMobility(
  message: MobilityMessage,
  source: Ipv6,
  destination: Ipv6,
): Uint8Array {
  const w = new ByteWriter();
  w.u8(PROTOCOL.none).u8(0).u8(messageType(message)).u8(0).u16(0);
  if (message.kind === 'unknown') {
    w.octets(message.data).zeros(-(HEAD + message.data.length) & 7);
  } else {
    rowOf(message).encode(w, message);
    encodeOptions(w, message.options, message.verbatim);
  }
  if (w.length > MAX_SIZE) {
    throw new UsageError('MOBILITY_LENGTH', `A Mobility Header has ${MAX_SIZE} octets at most.`);
  }
  w.patch8(HEADER_LENGTH_AT, w.length / 8 - 1);
  const octets = w.finish();
  const sum = transportChecksum(source, destination, PROTOCOL.mobility, octets);
  octets[CHECKSUM_AT] = sum >>> 8;
  octets[CHECKSUM_AT + 1] = sum;
  return octets;
}

/** RFC 6275 §9.2: addresses as for `encodeMobility`. False as well for octets that hold no whole header. */
export function verifyMobility(octets: Uint8Array, source: Ipv6, destination: Ipv6): boolean {
  if (octets.length < 8) return false;
  const size = sizeInOctets(octets[HEADER_LENGTH_AT]!);
  if (size > octets.length) return false;
  return transportChecksum(source, destination, PROTOCOL.mobility, octets.subarray(0, size)) === 0;
}

/**
 * RFC 6275 §6.2.7 "MH Data", which the authenticator is computed over: the header with a checksum of zero and
 * without the authenticator that ends it. `octets` is a whole header that ends with one of that many octets.
 */
export function authenticatedData(octets: Uint8Array, authenticatorLength: number): Uint8Array {
  const data = octets.slice(0, octets.length - authenticatorLength);
  data[CHECKSUM_AT] = 0;
  data[CHECKSUM_AT + 1] = 0;
  return data;
}

export const messageType = (message: MobilityMessage): number =>
  message.kind === 'unknown' ? message.type : MESSAGE_ROWS[message.kind].type;

function checkHeader(
  row: MessageRow<KnownMessage>,
  payloadProto: number,
  headerLength: number,
  base: number,
): void {
  if (payloadProto !== PROTOCOL.none) {
    throw new WireError(
      'WIRE_PAYLOAD_PROTO',
      base,
      `Payload Proto is ${payloadProto}, not ${PROTOCOL.none}`,
      'RFC 6275 §9.2',
    );
  }
  if (headerLength < row.minHeaderLength) {
    throw new WireError(
      'WIRE_HEADER_LENGTH',
      base + HEADER_LENGTH_AT,
      `Header Len of ${row.name} is ${row.minHeaderLength} at least, came ${headerLength}`,
      'RFC 6275 §9.2',
    );
  }
}

function decodeMessage(row: MessageRow<KnownMessage>, r: ByteReader): KnownMessage {
  const options: MobilityOption[] = [];
  const message = row.decode(r, options);
  return decodeOptions(r, options) ? { ...message, verbatim: true } : message;
}

const rowOf = (message: KnownMessage): MessageRow<KnownMessage> =>
  MESSAGE_ROWS[message.kind] as unknown as MessageRow<KnownMessage>;

const sizeInOctets = (headerLength: number): number => 8 * (headerLength + 1);

const HEAD = 6; // octets up to the message data
const HEADER_LENGTH_AT = 1;
const CHECKSUM_AT = 4;
const MAX_SIZE = 2048; // Header Len 255
