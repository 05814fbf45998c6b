/** The messages of one `mip6 send`, one after the other. */
import type { Millis } from '../../base/time.js';
import { exchange, type Wire } from './exchange.js';
import type { Expectation } from './expect.js';
import { ANSWER_TIMEOUT, ERROR_TIMEOUT } from './limits.js';
import type { Plan } from './plan.js';
import { makeReport, type Report } from './report.js';

export interface SessionOptions {
  readonly count: number;
  /** From one message to the next; a later answer holds the next one back. */
  readonly interval: Millis;
  /** Undefined: long enough for what was asked. */
  readonly timeout: Millis | undefined;
  readonly expectations: readonly Expectation[];
  readonly signal: AbortSignal;
}

/** Of a whole run; round trips in ms. */
export interface Totals {
  readonly sent: number;
  readonly answered: number;
  /** With an error. */
  readonly refused: number;
  /** By `--expect`. */
  readonly unexpected: number;
  readonly rtts: { readonly least: number; readonly sum: number; readonly most: number };
}

/** Throws `LinuxError` when the kernel does not send. Ends early, and without the message at hand, when aborted. */
export async function* sendAll(
  plan: Plan,
  wire: Wire,
  { count, interval, timeout, expectations, signal }: SessionOptions,
): AsyncGenerator<Report, void, undefined> {
  const wait = timeout ?? (plan.asks ? ANSWER_TIMEOUT : ERROR_TIMEOUT);
  for (let n = 0; n < count && !signal.aborted; n++) {
    const crafted = plan.nth(n);
    const next = Date.now() + interval;
    const done = await exchange(wire, crafted, wait, signal);
    if (signal.aborted && !done.answer) return;
    yield makeReport(n + 1, plan.name, crafted, done, expectations);
    const left = next - Date.now();
    if (n + 1 < count && left > 0) await paused(left, signal);
  }
}

/** Is it what was to come? Without `--expect`: an answer to what asks for one, silence to what does not. */
export const isGood = (report: Report, plan: Plan): boolean =>
  report.expected ?? (report.outcome === 'answer' || (report.outcome === 'silence' && !plan.asks));

export function addTotals(totals: Totals, report: Report): Totals {
  const { outcome, rttMs, expected } = report;
  const { least, sum, most } = totals.rtts;
  return {
    sent: totals.sent + 1,
    answered: totals.answered + (outcome === 'answer' ? 1 : 0),
    refused: totals.refused + (outcome === 'error' ? 1 : 0),
    unexpected: totals.unexpected + (expected === false ? 1 : 0),
    rtts:
      rttMs === null
        ? totals.rtts
        : { least: Math.min(least, rttMs), sum: sum + rttMs, most: Math.max(most, rttMs) },
  };
}

export const NO_TOTALS: Totals = {
  sent: 0,
  answered: 0,
  refused: 0,
  unexpected: 0,
  rtts: { least: Infinity, sum: 0, most: 0 },
};

function paused(milliseconds: Millis, signal: AbortSignal): Promise<void> {
  return new Promise((done) => {
    const end = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      done();
    };
    const timer = setTimeout(end, milliseconds);
    signal.addEventListener('abort', end);
  });
}
