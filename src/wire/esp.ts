/** Encapsulating Security Payload, RFC 4303 §2, as far as it is clear: all after the sequence number is ciphertext. */
import { ByteReader, ByteWriter } from '../base/bytes.js';

/** | SPI 32 | sequence 32 | payload, padding, next header, check value … | */
export interface EspHeader {
  readonly spi: number;
  /** The low 32 bits, where sequence numbers are extended. */
  readonly sequence: number;
  /** A view. */
  readonly sealed: Uint8Array;
}

/** Throws `WireError` `WIRE_TRUNCATED`. */
export function decodeEsp(octets: Uint8Array, base = 0): EspHeader {
  const r = new ByteReader(octets, base);
  return { spi: r.u32(), sequence: r.u32(), sealed: r.rest() };
}

export function encodeEsp({ spi, sequence, sealed }: EspHeader): Uint8Array {
  return new ByteWriter(8 + sealed.length).u32(spi).u32(sequence).octets(sealed).finish();
}
