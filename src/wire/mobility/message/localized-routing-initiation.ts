import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/**
 * RFC 6705 §10.1: asks for a direct path between two mobile nodes. `lifetime` in seconds, 0xffff for ever, 0
 * stops.
 */
export interface LocalizedRoutingInitiation extends WithOptions, Reserved {
  readonly kind: 'localizedRoutingInitiation';
  readonly sequence: number;
  readonly lifetime: number;
}

/** | sequence 16 | reserved 16 | lifetime 16 | */
export const LOCALIZED_ROUTING_INITIATION: MessageRow<LocalizedRoutingInitiation> = {
  type: 17,
  kind: 'localizedRoutingInitiation',
  name: 'Localized Routing Initiation',
  clause: 'RFC 6705 §10.1',
  size: 12,
  minHeaderLength: 1,
  decode: (r, options) => ({
    kind: 'localizedRoutingInitiation',
    sequence: r.u16(),
    ...reservedBits(r.u16()),
    lifetime: r.u16(),
    options,
  }),
  encode: (w, m) =>
    void w
      .u16(m.sequence)
      .u16(m.reserved ?? 0)
      .u16(m.lifetime),
};
