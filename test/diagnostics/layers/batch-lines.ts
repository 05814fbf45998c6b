/** Lines for `decode --batch`: packets of every kind, one in ten of random octets, and some that are no request. */
import { toHex } from '../../../src/base/bytes.js';
import { STARTS } from '../../../src/diagnostics/layers/model.js';
import { PACKETS } from './packets.js';

export function* batchLines(count: number, seed: number): Generator<string> {
  const next = random(seed);
  for (let id = 0; id < count; id++) {
    if (id % 10 === 9) {
      const octets = Uint8Array.from({ length: next(200) }, () => next(256));
      yield JSON.stringify({ id, as: STARTS[next(STARTS.length)], hex: toHex(octets) });
    } else if (id % 997 === 996) yield BAD[next(BAD.length)]!;
    else {
      const packet = PACKETS[next(PACKETS.length)]!;
      yield JSON.stringify({ id, as: packet.as, hex: toHex(packet.octets) });
    }
  }
}

/** mulberry32 */
function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

const BAD = [
  '',
  '{',
  'null',
  '[]',
  '{"as":"mh"}',
  '{"hex":"0","as":"mh"}',
  '{"hex":"00","as":"token-ring"}',
];
