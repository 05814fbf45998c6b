/** The same trip on links that lose, double and reorder, for many seeds: it must come out right every time. */
import { describe, expect, it } from 'vitest';
import { trip } from './roam-trip.js';

const SEEDS = Number(process.env['MIP6_SEEDS'] ?? 2000);
const FIRST = Number(process.env['MIP6_FIRST_SEED'] ?? 1);
const CHUNK = 100;

describe(`${SEEDS} trips on bad links`, () => {
  const chunks = Array.from({ length: Math.ceil(SEEDS / CHUNK) }, (_, i) => FIRST + i * CHUNK);
  it.each(chunks)(
    'from seed %i on: each ends registered at its last stop, and no deadline serves nothing',
    (first) => {
      const wrong: string[] = [];
      for (let seed = first; seed < Math.min(first + CHUNK, FIRST + SEEDS); seed++) {
        const fault = trip(seed);
        if (fault) wrong.push(`seed ${seed}: ${fault}`);
      }
      expect(wrong).toEqual([]);
    },
    120_000,
  );
});
