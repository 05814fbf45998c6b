/** What a row of the option table says, and the rules that rows are made of. */
import type { ByteReader, ByteWriter } from '../../../base/bytes.js';

/** Everything known of one option. Decoder, encoder and diagnosis read this and nothing else. */
export interface OptionRow<O extends { readonly kind: string } = { readonly kind: string }> {
  readonly type: number;
  readonly kind: O['kind'];
  /** As IANA writes it. */
  readonly name: string;
  readonly clause: string;
  /** What Option Length may be. */
  readonly length: LengthRule;
  /** A function where it varies with Option Length; `alignmentOf` reads both. */
  readonly align: Alignment | ((length: number) => Alignment);
  /** Must be the last option, and without padding after it. */
  readonly last?: true;
  /**
   * The roles of this program act on it: a malformed one refuses the whole message. Any other malformed option
   * is kept as `unknown`, as if RFC 6275 §6.2.1 had us not recognize it.
   */
  readonly essential?: true;
  /**
   * `r` stands on the option's data, `length` octets that obey the rule above; no more are read. Undefined when
   * they are malformed in another way.
   */
  decode(r: ByteReader, length: number): O | undefined;
  /** Writes the data; type and length are written by the caller. */
  encode(w: ByteWriter, option: O): void;
}

/** RFC 6275 §6.2.1: `xn + y` from the start of the Mobility Header to the option's type octet; x is 1, 2, 4 or 8. */
export type Alignment = readonly [x: number, y: number];
export const ANYWHERE: Alignment = [1, 0];
/** RFC 6275 §6.2.7: the option ends the message, so its end is what is aligned, to 8n. */
export const ENDING = (length: number): Alignment => [8, -(2 + length) & 7];

export const alignmentOf = (row: OptionRow, length: number): Alignment =>
  typeof row.align === 'function' ? row.align(length) : row.align;

export type LengthRule = Readonly<
  | { kind: 'oneOf'; lengths: readonly number[] }
  /** `min`, `min + step`, … up to `max`. */
  | { kind: 'range'; min: number; max: number; step: number }
>;

export const exactly = (length: number): LengthRule => ({ kind: 'oneOf', lengths: [length] });
export const oneOf = (...lengths: readonly number[]): LengthRule => ({ kind: 'oneOf', lengths });
export const atLeast = (min: number, step = 1): LengthRule => ({
  kind: 'range',
  min,
  max: MAX_OPTION_LENGTH,
  step,
});

export function allowsLength(rule: LengthRule, length: number): boolean {
  return rule.kind === 'oneOf'
    ? rule.lengths.includes(length)
    : length >= rule.min && length <= rule.max && (length - rule.min) % rule.step === 0;
}

/** For people: `6`, `4, 8 or 20`, `at least 5`, `2, 4, 6 and so on`. */
export function lengthText(rule: LengthRule): string {
  if (rule.kind === 'range') {
    const { min, step } = rule;
    return step === 1 ? `at least ${min}` : `${min}, ${min + step}, ${min + 2 * step} and so on`;
  }
  const head = rule.lengths.slice(0, -1);
  const tail = `${rule.lengths.at(-1)}`;
  return head.length === 0 ? tail : `${head.join(', ')} or ${tail}`;
}

export const MAX_OPTION_LENGTH = 255; // Option Length is one octet
