import { UsageError } from '../../base/error.js';

/** `2s`, `500ms`, `1.5min` in milliseconds. Throws `UsageError` `REPL_DURATION`. */
export function parseDuration(text: string): number {
  const found = /^(\d{1,9}(?:\.\d{1,9})?)(ms|s|min)$/.exec(text);
  const milliseconds = found ? Number(found[1]) * UNIT[found[2]!]! : NaN;
  if (milliseconds <= MAX_WAIT) return Math.round(milliseconds);
  throw new UsageError(
    'REPL_DURATION',
    found ? `${text} is longer than an hour.` : `"${text}" is no duration.`,
    'Such as 500ms, 2s or 1.5min.',
  );
}

const UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000 };
const MAX_WAIT = 3_600_000; // ms
