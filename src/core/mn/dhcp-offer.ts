/**
 * Which of several offers to take. RFC 2131 §4.4.1 leaves it to the client; ours, the first row that tells two
 * offers apart:
 *
 *   it has a router           without one there is no way to the home agent
 *   the address we had here   transport connections live on
 *   the server we had         it knows us
 *   the longer lease          fewer renewals
 *   the earlier offer
 */
import type { Ipv4 } from '../../base/address.js';
import type { Terms } from './dhcp-lease.js';

/** The best comes first. `offers` as they came; `had`: the lease that this link gave last. */
export function rankOffers(
  offers: readonly Terms[],
  had: { readonly address: Ipv4; readonly server?: Ipv4 } | undefined,
): Terms[] {
  // Array.sort is stable: equals stay as they came.
  return [...offers].sort((a, b) => {
    for (const row of ROWS) {
      const difference = row(b, had) - row(a, had);
      if (difference !== 0) return difference;
    }
    return 0;
  });
}

type Had = Parameters<typeof rankOffers>[1];

const ROWS: readonly ((offer: Terms, had: Had) => number)[] = [
  ({ router }) => (router === null ? 0 : 1),
  ({ address }, had) => (address === had?.address ? 1 : 0),
  ({ server }, had) => (server === had?.server ? 1 : 0),
  ({ lifetime }) => lifetime,
];
