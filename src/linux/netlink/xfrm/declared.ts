/** What was asked for, without what only the kernel knows: to compare with what is wanted. */
import type { XfrmExtendedReplay, XfrmPolicy, XfrmState } from './model.js';

/** Without index and counters. */
export function declaredPolicy(policy: XfrmPolicy): XfrmPolicy {
  const { index: _index, usage: _usage, ...declared } = policy;
  return declared;
}

/** Without keys, sequence numbers and counters. */
export function declaredState(state: XfrmState): XfrmState {
  const {
    replay: _replay,
    sequence: _sequence,
    usage: _usage,
    statistics: _statistics,
    lastUsed: _lastUsed,
    ...declared
  } = state;
  const { authentication, encryption, aead, extendedReplay } = declared;
  return {
    ...declared,
    ...(extendedReplay ? { extendedReplay: fresh(extendedReplay) } : {}),
    ...(authentication ? { authentication: withoutKey(authentication) } : {}),
    ...(encryption ? { encryption: withoutKey(encryption) } : {}),
    ...(aead ? { aead: withoutKey(aead) } : {}),
  };
}

/** As it is before the first packet. */
const fresh = ({ window, bitmap }: XfrmExtendedReplay): XfrmExtendedReplay => ({
  window,
  ...{ outbound: 0, outboundHigh: 0, inbound: 0, inboundHigh: 0 },
  bitmap: bitmap.map(() => 0),
});

function withoutKey<A extends object>(algorithm: A): Omit<A, 'key'> {
  const { key: _key, ...rest } = algorithm as A & { key?: unknown };
  return rest;
}
