/**
 * Whose fault is it? `WireError` is the peer's, `UsageError` the caller's; the kernel's lives with the
 * Linux adapter. A `code` is API: tests, logs and `mip6 explain` match on it, never on the sentence.
 */

export type WireErrorCode =
  | 'WIRE_TRUNCATED' // fewer octets than a length field or fixed layout asks for
  | 'WIRE_OPTION_LENGTH' // a known option whose length its clause forbids
  | 'WIRE_HEADER_LENGTH' // a header length field below the fixed layout or past the packet
  | 'WIRE_VERSION' // not the IP version expected
  | 'WIRE_CHECKSUM' // transport checksum does not verify
  | 'WIRE_PAYLOAD_PROTO' // RFC 6275 §9.2: Payload Proto must be 59
  | 'WIRE_MH_TYPE' // RFC 6275 §9.2: unknown Mobility Header type
  | 'WIRE_HOP_LIMIT' // RFC 4861: neighbour discovery wants 255
  | 'WIRE_VALUE' // a field whose value its clause forbids
  | 'WIRE_LIMIT'; // one of our own named bounds was passed

/** Octets of a peer that do not obey their clause. `offset` counts from the start of what was decoded. */
export class WireError extends Error {
  override readonly name = 'WireError';
  readonly code: WireErrorCode;
  readonly offset: number;
  /** Where the rule stands, such as `RFC 6275 §9.2`. */
  readonly clause: string | undefined;

  constructor(code: WireErrorCode, offset: number, detail: string, clause?: string) {
    super(`${code} at octet ${offset}: ${detail}`);
    this.code = code;
    this.offset = offset;
    this.clause = clause;
  }
}

/** The caller's mistake. `way` is the way out, a full sentence. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
  readonly code: string;
  readonly way: string | undefined;

  constructor(code: string, message: string, way?: string) {
    super(way ? `${message} ${way}` : message);
    this.code = code;
    this.way = way;
  }
}
