/**
 * Sequence numbers of Binding Updates: a free running counter of 16 bits.
 *
 * Spec: RFC 6275 §9.5.1.
 */

/**
 * Is `candidate` greater than `last`? Not if it is `last` or one of the 32768 values before it, so 32767 values
 * are greater.
 */
export function sequenceAdvances(candidate: number, last: number): boolean {
  const ahead = (candidate - last) & MASK;
  return ahead !== 0 && ahead < HALF;
}

export const nextSequence = (last: number): number => (last + 1) & MASK;

const MASK = 0xffff;
const HALF = 0x8000;
