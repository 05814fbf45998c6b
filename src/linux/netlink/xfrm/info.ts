/** Counts of the SPD and the SAD. */
import { WireError } from '../../../base/error.js';
import type { AttributeWriter } from '../attributes.js';
import { get, put, XFRMA_SAD, XFRMA_SPD, type AttributeRow, type Attributes } from './attribute.js';
import type { ReadOf } from './layout.js';
import type { XfrmSadInfo, XfrmSpdInfo, XfrmThresholds } from './model.js';
import { present } from './present.js';
import type { XFRMU_SPDHTHRESH } from './structs.js';

type RawThresholds = ReadOf<typeof XFRMU_SPDHTHRESH>;

/** Throws `WireError` where a count is missing. */
export function readSpdInfo(attributes: Attributes): XfrmSpdInfo {
  const counts = needed(attributes, XFRMA_SPD.INFO);
  const buckets = needed(attributes, XFRMA_SPD.HINFO);
  return {
    policies: { in: counts.incnt, out: counts.outcnt, fwd: counts.fwdcnt },
    socketPolicies: { in: counts.inscnt, out: counts.outscnt, fwd: counts.fwdscnt },
    buckets: { now: buckets.spdhcnt, max: buckets.spdhmcnt },
    ...present({
      thresholds4: readThresholds(get(attributes, XFRMA_SPD.IPV4_HTHRESH)),
      thresholds6: readThresholds(get(attributes, XFRMA_SPD.IPV6_HTHRESH)),
    }),
  };
}

export function writeSpdInfo(info: XfrmSpdInfo, out: AttributeWriter): void {
  const { policies, socketPolicies, buckets, thresholds4, thresholds6 } = info;
  put(out, XFRMA_SPD.INFO, {
    incnt: policies.in,
    outcnt: policies.out,
    fwdcnt: policies.fwd,
    inscnt: socketPolicies.in,
    outscnt: socketPolicies.out,
    fwdscnt: socketPolicies.fwd,
  });
  put(out, XFRMA_SPD.HINFO, { spdhcnt: buckets.now, spdhmcnt: buckets.max });
  put(out, XFRMA_SPD.IPV4_HTHRESH, writeThresholds(thresholds4));
  put(out, XFRMA_SPD.IPV6_HTHRESH, writeThresholds(thresholds6));
}

/** Throws `WireError` where a count is missing. */
export function readSadInfo(attributes: Attributes): XfrmSadInfo {
  const buckets = needed(attributes, XFRMA_SAD.HINFO);
  return {
    states: needed(attributes, XFRMA_SAD.CNT),
    buckets: { now: buckets.sadhcnt, max: buckets.sadhmcnt },
  };
}

export function writeSadInfo({ states, buckets }: XfrmSadInfo, out: AttributeWriter): void {
  put(out, XFRMA_SAD.CNT, states);
  put(out, XFRMA_SAD.HINFO, { sadhcnt: buckets.now, sadhmcnt: buckets.max });
}

const readThresholds = (raw: RawThresholds | undefined): XfrmThresholds | undefined =>
  raw && { local: raw.lbits, remote: raw.rbits };

const writeThresholds = (thresholds: XfrmThresholds | undefined): RawThresholds | undefined =>
  thresholds && { lbits: thresholds.local, rbits: thresholds.remote };

function needed<T>(attributes: Attributes, row: AttributeRow<T>): T {
  const value = get(attributes, row);
  if (value !== undefined) return value;
  throw new WireError('WIRE_VALUE', 0, `attribute ${row.number} is missing`);
}
