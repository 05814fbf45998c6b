/** What a row of the message table says. */
import type { ByteReader, ByteWriter } from '../../../base/bytes.js';
import type { MobilityOption } from '../option.js';

export interface WithOptions {
  readonly options: readonly MobilityOption[];
  /**
   * Set by the decoder when the peer's options stand off their alignment without any padding: the encoder
   * then writes them as listed.
   */
  readonly verbatim?: true;
}

/** Everything known of one Mobility Header message. Codec and diagnosis read this and nothing else. */
export interface MessageRow<M extends WithOptions & { readonly kind: string }> {
  readonly type: number;
  readonly kind: M['kind'];
  readonly name: string;
  readonly clause: string;
  /** Octets of the fixed part, from the start of the header: options follow. */
  readonly size: number;
  /** RFC 6275 §9.2: the least Header Len, in 8 octets, the first 8 not counted. */
  readonly minHeaderLength: number;
  /** `r` stands after the checksum; reads the fixed part. The caller fills `options` with what follows. */
  decode(r: ByteReader, options: readonly MobilityOption[]): M;
  /** Writes the fixed part. */
  encode(w: ByteWriter, message: M): void;
}

/** Lifetimes of Binding Update and Acknowledgement, RFC 6275 §6.1.7: units of 4 s. */
export const lifetimeFromUnits = (units: number): number => units * LIFETIME_UNIT;

/**
 * Ours: rounded down, so that nobody believes a binding longer than it is kept, but never to zero, which
 * would delete it; and 262140 s at most.
 */
export function lifetimeToUnits(lifetime: number): number {
  const units = Math.floor(lifetime / LIFETIME_UNIT);
  return lifetime > 0 ? Math.min(Math.max(units, 1), 0xffff) : 0;
}

const LIFETIME_UNIT = 4;
