/** Option lists <-> octets, RFC 6275 §6.2.1. Offsets count from the start of the Mobility Header. */
import { ByteWriter, type ByteReader } from '../../base/bytes.js';
import { UsageError, WireError } from '../../base/error.js';
import {
  alignmentOf,
  allowsLength,
  lengthText,
  MAX_OPTION_LENGTH,
  type Alignment,
  type OptionRow,
} from './option/row.js';
import { isPadding, type KnownOption, type MobilityOption } from './option.js';
import { OPTION_ROWS, optionRow } from './option-table.js';

/**
 * Reads to the end of `r`, whose `base` octet is the first of the Mobility Header, and appends to `options`.
 * True when aligning the list anew would not give these octets: it is to be encoded verbatim.
 *
 * Throws `WireError` `WIRE_TRUNCATED` or `WIRE_OPTION_LENGTH` at the option's type octet.
 */
export function decodeOptions(r: ByteReader, options: MobilityOption[]): boolean {
  let padded = false;
  let unaligned = false;
  while (r.remaining > 0) {
    const at = r.offset;
    const type = r.u8();
    if (type === PAD1) {
      padded = true;
      options.push({ kind: 'pad1' });
      continue;
    }
    if (r.remaining === 0) throw overrun(at, `option ${type} has no length`);
    const length = r.u8();
    if (length > r.remaining) {
      throw overrun(at, `option ${type} is ${length} long, ${r.remaining} octets are left`);
    }
    const end = r.offset + length;
    const row = optionRow(type);
    const option = row && decodeKnown(row, r, at, length);
    if (option === undefined) {
      const start = end - length - r.base;
      options.push({ kind: 'unknown', type, data: r.bytes.slice(start, start + length) });
    } else {
      if (type === PADN) padded = true;
      else if (gap(at - r.base, alignmentOf(row!, length)) !== 0) unaligned = true;
      options.push(option);
    }
    r.skip(end - r.offset);
  }
  return unaligned && !padded;
}

/**
 * Appends `options` to `w`, which holds the Mobility Header from its first octet. A list without padding is
 * aligned by the table; one that has its own padding, or is `verbatim`, is written as it stands. Ends at 8n.
 * Throws `UsageError` `OPTION_LENGTH`.
 */
export function encodeOptions(
  w: ByteWriter,
  options: readonly MobilityOption[],
  verbatim = false,
): void {
  const asListed = verbatim || options.some(isPadding);
  for (const option of options) encodeOption(w, option, asListed);
  pad(w, gap(w.length, END));
}

function encodeOption(w: ByteWriter, option: MobilityOption, asListed: boolean): void {
  if (option.kind === 'pad1') {
    w.u8(PAD1);
    return;
  }
  if (option.kind === 'unknown') {
    if (option.data.length > MAX_OPTION_LENGTH) throw tooLong(`${option.type}`, option.data.length);
    w.u8(option.type).u8(option.data.length).octets(option.data);
    return;
  }
  const row = OPTION_ROWS[option.kind] as OptionRow<KnownOption>;
  if (!asListed) pad(w, gap(w.length, alignmentOf(row, sizeIfNeeded(row, option))));
  const start = w.u8(row.type).u8(0).length;
  row.encode(w, option);
  const length = w.length - start;
  if (!allowsLength(row.length, length)) throw tooLong(row.name, length, lengthText(row.length));
  w.patch8(start - 1, length);
}

/** Undefined when malformed and not essential. */
function decodeKnown(
  row: OptionRow<KnownOption>,
  r: ByteReader,
  at: number,
  length: number,
): KnownOption | undefined {
  const option = allowsLength(row.length, length) ? row.decode(r, length) : undefined;
  if (option === undefined && row.essential) {
    throw new WireError(
      'WIRE_OPTION_LENGTH',
      at,
      `${row.name} is ${lengthText(row.length)} octets long, came ${length}`,
      row.clause,
    );
  }
  return option;
}

/** Octets from `at` up to the next place that is y past a multiple of x, which is a power of two. */
function gap(at: number, alignment: Alignment): number {
  return (alignment[1] - at) & (alignment[0] - 1);
}

/** RFC 6275 §6.2.2: Pad1 for one octet, PadN for more. */
function pad(w: ByteWriter, octets: number): void {
  if (octets === 1) w.u8(PAD1);
  else if (octets > 1)
    w.u8(PADN)
      .u8(octets - OPTION_HEAD)
      .zeros(octets - OPTION_HEAD);
}

/** Octets of the option's data, where the alignment varies with them. */
function sizeIfNeeded(row: OptionRow<KnownOption>, option: KnownOption): number {
  if (typeof row.align !== 'function') return 0;
  const scratch = new ByteWriter(32);
  row.encode(scratch, option);
  return scratch.length;
}

const overrun = (at: number, detail: string): WireError =>
  new WireError('WIRE_TRUNCATED', at, detail, 'RFC 6275 §6.2.1');

const tooLong = (option: string, length: number, rule = `at most ${MAX_OPTION_LENGTH}`) =>
  new UsageError('OPTION_LENGTH', `Option ${option} is ${rule} octets long, came ${length}.`);

const PAD1 = OPTION_ROWS.pad1.type;
const PADN = OPTION_ROWS.padN.type;
const OPTION_HEAD = 2; // type and length
const END: Alignment = [8, 0]; // RFC 6275 §6.1.1: the header is a multiple of 8 octets
