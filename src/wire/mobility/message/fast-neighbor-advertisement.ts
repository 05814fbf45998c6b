import { reservedBits, type Reserved } from '../field.js';
import type { MessageRow, WithOptions } from './row.js';

/** RFC 4068: announced a mobile node on its new link. RFC 5568 dropped it. */
export interface FastNeighborAdvertisement extends WithOptions, Reserved {
  readonly kind: 'fastNeighborAdvertisement';
}

/** | reserved 16 | */
export const FAST_NEIGHBOR_ADVERTISEMENT: MessageRow<FastNeighborAdvertisement> = {
  type: 10,
  kind: 'fastNeighborAdvertisement',
  name: 'Fast Neighbor Advertisement',
  clause: 'RFC 4068',
  size: 8,
  minHeaderLength: 0,
  decode: (r, options) => ({
    kind: 'fastNeighborAdvertisement',
    ...reservedBits(r.u16()),
    options,
  }),
  encode: (w, m) => void w.u16(m.reserved ?? 0),
};
