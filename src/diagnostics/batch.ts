/**
 * `mip6 decode --batch`: one JSON object a line in, one a line out, in the same order. A line that cannot be
 * honoured is answered with an error, and the next one is read.
 */
import { parseAddress, type IpAddress } from '../base/address.js';
import { fromHex } from '../base/bytes.js';
import { decodeLayers } from './layers/decode-layers.js';
import { guessStart } from './layers/guess.js';
import { isStart, MAX_OCTETS, STARTS, type Decoded } from './layers/model.js';

export interface BatchError {
  readonly code: 'BATCH_JSON' | 'BATCH_REQUEST' | 'BATCH_LIMIT';
  readonly message: string;
}

export type BatchAnswer = { readonly id?: unknown; readonly ok: boolean } & (
  Decoded | { readonly error: BatchError }
);

/** `{"as","hex","src"?,"dst"?,"id"?}` */
export function answerLine(line: string): BatchAnswer {
  let request: unknown;
  try {
    request = JSON.parse(line);
  } catch {
    return refuse('BATCH_JSON', 'The line is not JSON.');
  }
  if (typeof request !== 'object' || request === null || Array.isArray(request)) {
    return refuse('BATCH_REQUEST', 'The line is not a JSON object.');
  }
  const { id, as, hex, src, dst } = request as Record<string, unknown>;
  const tagged = id === undefined ? {} : { id };
  if (typeof hex !== 'string')
    return refuse('BATCH_REQUEST', 'hex: expected hexadecimal octets.', tagged);
  const octets = fromHex(hex.replace(/^0x/i, ''));
  if (!octets)
    return refuse('BATCH_REQUEST', 'hex: expected hexadecimal octets, two digits each.', tagged);
  if (octets.length > MAX_OCTETS)
    return refuse('BATCH_LIMIT', `hex: at most ${MAX_OCTETS} octets.`, tagged);
  const start = as === undefined || as === 'auto' ? guessStart(octets) : as;
  if (!isStart(start)) {
    return refuse('BATCH_REQUEST', `as: expected one of ${STARTS.join(', ')}.`, tagged);
  }
  const ends: { src?: IpAddress; dst?: IpAddress } = {};
  for (const [name, text] of [
    ['src', src],
    ['dst', dst],
  ] as const) {
    if (text === undefined) continue;
    const parsed = typeof text === 'string' ? parseAddress(text) : undefined;
    if (parsed === undefined)
      return refuse('BATCH_REQUEST', `${name}: expected an IP address.`, tagged);
    ends[name] = parsed;
  }
  return { ...tagged, ...decodeLayers(octets, start, ends) };
}

/**
 * Answers every line of `input` by `write`, whose promise holds the reading back until there is room again. Returns
 * how many lines there were. The last line may lack its newline; an empty one is answered like any other.
 */
export async function answerLines(
  input: AsyncIterable<Uint8Array>,
  write: (text: string) => Promise<void> | void,
): Promise<number> {
  let count = 0;
  let out: string[] = [];
  let size = 0;
  const flush = async (): Promise<void> => {
    if (out.length === 0) return;
    const text = out.join('');
    out = [];
    size = 0;
    await write(text);
  };
  const put = async (answer: BatchAnswer): Promise<void> => {
    const text = `${JSON.stringify(answer)}\n`;
    count++;
    out.push(text);
    size += text.length;
    if (size >= FLUSH_AT) await flush();
  };
  for await (const line of splitLines(input)) {
    await put(
      line === undefined
        ? refuse('BATCH_LIMIT', `A line has at most ${MAX_LINE} octets.`)
        : answerLine(line),
    );
  }
  await flush();
  return count;
}

/** Lines without their end; undefined for one that is longer than `MAX_LINE`, which is never held. */
async function* splitLines(
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | undefined, void, undefined> {
  let held: Uint8Array[] = [];
  let heldLength = 0;
  let tooLong = false;
  const take = (last: Uint8Array): string | undefined => {
    const whole = held.length === 0 ? last : Buffer.concat([...held, last]);
    const text = tooLong || whole.length > MAX_LINE ? undefined : TEXT.decode(whole);
    held = [];
    heldLength = 0;
    tooLong = false;
    return text;
  };
  for await (const chunk of input) {
    let from = 0;
    for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
      yield take(chunk.subarray(from, at));
      from = at + 1;
    }
    const rest = chunk.subarray(from);
    if (rest.length === 0) continue;
    heldLength += rest.length;
    if (heldLength > MAX_LINE) {
      tooLong = true;
      held = [];
    } else held.push(rest.slice());
  }
  if (heldLength > 0 || tooLong) yield take(NOTHING);
}

function refuse(
  code: BatchError['code'],
  message: string,
  tagged: { id?: unknown } = {},
): BatchAnswer {
  return { ...tagged, ok: false, error: { code, message } };
}

const TEXT = new TextDecoder();
const NOTHING = new Uint8Array(0);
const NEWLINE = 0x0a;
const FLUSH_AT = 1 << 16; // characters
/** Ours: twice the digits of the most octets that are opened, and room for names. */
export const MAX_LINE = 4 * MAX_OCTETS;
