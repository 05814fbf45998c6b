import type { LabResult } from '../../src/lab/run.js';

/** The checks that do not hold, each with what was found. */
export const failures = (result: LabResult): string[] =>
  [...result.start.checks, ...result.moves.flatMap((m) => m.checks), ...result.checks]
    .filter((c) => !c.passed)
    .map((c) => `${c.check}: ${c.found}`);
