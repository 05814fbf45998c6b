/** What a move cost those who ping: computed from samples alone. */
import type { IpAddress } from '../base/address.js';
import type { Millis } from '../base/time.js';
import { round } from './timeline.js';
import type { LabTime, PingSample, PingSeries } from './world.js';

export interface Outage {
  readonly from: string;
  readonly to: IpAddress;
  readonly sent: number;
  readonly lost: number;
  /** Lost pings times their spacing, ms. */
  readonly lostTime: Millis;
  /** The longest silence: last reply before it to first reply after; 0 when nothing was lost, null when it never ended. */
  readonly silence: Millis | null;
  /** When the silence ended; null when it did not, or there was none. */
  readonly endedAt: LabTime | null;
  /** From the cable being in to the first reply; null likewise. */
  readonly afterLinkUp: Millis | null;
}

/** Of the pings sent in [from, until). `linkUp`: when the cable was in. */
export function outageOf(
  series: PingSeries,
  from: LabTime,
  until: LabTime,
  linkUp: LabTime | null,
): Outage {
  const { spec } = series;
  const samples = series.samples();
  const sent = samples.filter((s) => s.sentAt >= from && s.sentAt < until);
  const lost = sent.filter((s) => s.receivedAt === null).length;
  const head = {
    from: spec.from,
    to: spec.to,
    sent: sent.length,
    lost,
    lostTime: lost * spec.interval,
  };
  if (lost === 0) return { ...head, silence: 0, endedAt: null, afterLinkUp: null };
  const gap = longestGap(samples, from, until);
  if (!gap) return { ...head, silence: null, endedAt: null, afterLinkUp: null };
  const afterLinkUp = linkUp !== null && gap.end > linkUp ? round(gap.end - linkUp) : null;
  return { ...head, silence: round(gap.end - gap.start), endedAt: round(gap.end), afterLinkUp };
}

/** The worst outage of all that must be below a limit: a silence that did not end is infinite. */
export const worstSilence = (outages: readonly Outage[]): Millis =>
  Math.max(0, ...outages.map((o) => o.silence ?? Infinity));

/** The longest run of lost pings, from the reply before it to the reply after it. Undefined when none follows the last run. */
function longestGap(
  samples: readonly PingSample[],
  from: LabTime,
  until: LabTime,
): { start: LabTime; end: LabTime } | undefined {
  let best: { start: LabTime; end: LabTime } | undefined;
  let last: LabTime | undefined; // when the latest reply came
  let missing = false;
  for (const s of samples) {
    if (s.sentAt >= until) break;
    if (s.receivedAt === null) {
      // Before any reply: counted from the first request that got none.
      if (s.sentAt >= from) {
        missing = true;
        last ??= s.sentAt;
      }
      continue;
    }
    if (missing && last !== undefined && (!best || s.receivedAt - last > best.end - best.start)) {
      best = { start: last, end: s.receivedAt };
    }
    missing = false;
    last = s.receivedAt;
  }
  return missing ? undefined : best;
}
