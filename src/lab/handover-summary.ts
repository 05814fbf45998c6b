/** Many handovers of one kind as medians and 95th percentiles, step by step, and what is asked of them. */
import type { Millis } from '../base/time.js';
import { ownShare, wholeTime, type HandoverSteps, type StepOwner } from './handover-steps.js';

export interface Spread {
  readonly median: Millis;
  readonly p95: Millis;
}

export interface StepSummary extends Spread {
  readonly name: string;
  readonly owner: StepOwner;
}

export interface HandoverSummary {
  readonly kind: string;
  /** Complete ones; only these are counted below. */
  readonly moves: number;
  /** Why the others are not: each with how often. */
  readonly incomplete: readonly { readonly missing: string; readonly moves: number }[];
  readonly steps: readonly StepSummary[];
  readonly own: Spread;
  readonly whole: Spread;
}

export function summarizeHandovers(kind: string, all: readonly HandoverSteps[]): HandoverSummary {
  const complete = all.filter((h) => h.missing === null);
  const missing = new Map<string, number>();
  for (const h of all) {
    if (h.missing !== null) missing.set(h.missing, (missing.get(h.missing) ?? 0) + 1);
  }
  const names = new Map<string, { owner: StepOwner; took: Millis[] }>();
  for (const { name, owner, took } of complete.flatMap((h) => h.steps)) {
    const row = names.get(name) ?? { owner, took: [] };
    row.took.push(took);
    names.set(name, row);
  }
  return {
    kind,
    moves: complete.length,
    incomplete: [...missing].map(([what, moves]) => ({ missing: what, moves })),
    steps: [...names].map(([name, { owner, took }]) => ({ name, owner, ...spread(took) })),
    own: spread(complete.map((h) => ownShare(h.steps))),
    whole: spread(complete.map((h) => wholeTime(h.steps))),
  };
}

/** Nearest-rank percentiles; not a number without values. */
export function spread(values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b);
  const rank = (part: number): number => sorted[Math.ceil(part * sorted.length) - 1] ?? NaN;
  return { median: rank(0.5), p95: rank(0.95) };
}
