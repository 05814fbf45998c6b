import { describe, expect, it } from 'vitest';
import { ipv6 } from '../../src/base/address.js';
import { outageOf, worstSilence } from '../../src/lab/outage.js';
import type { PingSeries } from '../../src/lab/world.js';

describe('an outage, by pings 20 ms apart that take 5 ms', () => {
  it('nothing lost is no outage', () => {
    expect(outageOf(pings('..........'), 0, 200, 50)).toMatchObject({
      sent: 10,
      lost: 0,
      lostTime: 0,
      silence: 0,
      afterLinkUp: null,
    });
  });

  it('counts lost pings, the silence between replies, and the wait from link up', () => {
    // sent at 60 … 120 and lost; replies at 45 and 145
    expect(outageOf(pings('...xxxx...'), 0, 200, 70)).toMatchObject({
      sent: 10,
      lost: 4,
      lostTime: 80,
      silence: 100,
      endedAt: 145,
      afterLinkUp: 75,
    });
  });

  it('takes the longest silence of several, and all losses', () => {
    expect(outageOf(pings('.x..xxx..x.'), 0, 220, 0)).toMatchObject({
      lost: 5,
      silence: 80,
      endedAt: 145,
    });
  });

  it('does not end while no reply has come', () => {
    const outage = outageOf(pings('...xxxxxxx'), 0, 200, 70);
    expect(outage).toMatchObject({ lost: 7, silence: null, endedAt: null, afterLinkUp: null });
    expect(worstSilence([outage])).toBe(Infinity);
  });

  it('is that of its own window only', () => {
    const series = pings('.xx....x..');
    expect(outageOf(series, 0, 100, 0)).toMatchObject({ sent: 5, lost: 2, silence: 60 });
    expect(outageOf(series, 100, 200, 0)).toMatchObject({ sent: 5, lost: 1, silence: 40 });
  });

  it('begins at the first request where no reply ever came before', () => {
    expect(outageOf(pings('xxx..'), 0, 100, 0)).toMatchObject({
      lost: 3,
      silence: 65,
      endedAt: 65,
    });
  });

  it('several: the worst one counts', () => {
    const outages = ['.x.', '.xx.', '...'].map((s) => outageOf(pings(s), 0, 1000, 0));
    expect(worstSilence(outages)).toBe(60);
  });
});

/** A dot is answered after 5 ms, an x is lost. */
function pings(what: string): PingSeries {
  const samples = [...what].map((c, sequence) => {
    const sentAt = sequence * 20;
    return { sequence, sentAt, receivedAt: c === '.' ? sentAt + 5 : null };
  });
  const spec = { from: 'cn', to: ipv6('2001:db8:a::100'), interval: 20 };
  return { spec, samples: () => samples, stop: () => undefined };
}
