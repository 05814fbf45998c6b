import { describe, expect, it } from 'vitest';
import { ipv6, UNSPECIFIED6 } from '../../../src/base/address.js';
import {
  advertise,
  Bench,
  COA,
  COA2,
  HA_MAC,
  HOA,
  HOA_LINK_LOCAL,
  HOME_LINK,
  solicit,
} from './harness.js';

const PROBE = `NS ${HOA} from :: to ff02::1:ff00:100 at 33:33:ff:00:01:00`;
const PROBE_LINK_LOCAL = `NS ${HOA_LINK_LOCAL} from :: to ff02::1:ff00:100 at 33:33:ff:00:01:00`;
const CLAIM = `NA ${HOA} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`;

describe('strict: a second of silence before the first answer, RFC 6275 §10.3.1', () => {
  it('probes, then binds, claims and answers', () => {
    const bench = strict().update().wait(1.5);
    expect(bench.take()).toEqual([
      '0 event HA_BU_RECEIVED',
      '0 event HA_DAD_STARTED',
      `0 ${PROBE}`,
      '1 event HA_BOUND',
      `1 datapath ${HOA}→${COA}`,
      `1 ${CLAIM}`,
      `1 store bc ${HOA}`,
      `1 BA 0 seq 15 life 420 to ${COA} for ${HOA}`,
      '1 event BA_SENT',
    ]);
  });

  it('shows what waits, and until when', () => {
    const bench = strict().update({ flags: 'AHL' });
    expect(bench.view().bc).toMatchObject([
      { homeAddress: HOA, careOf: COA, state: 'probing', flags: 'AHL', expiresAt: 1000 },
    ]);
    expect(bench.view().next).toEqual({ at: 1000, why: 'duplicate address detection ends' });
  });

  it.each([
    ['an advertisement', advertise(HOA), ipv6('fe80::77')],
    ['a probe of another', solicit(HOA), UNSPECIFIED6],
  ])('%s for the address: status 134, no binding', (_, message, source) => {
    const bench = strict().update().wait(0.4).nd(message, { source }).wait(2);
    expect(bench.take('event', 'BA', 'datapath', 'NA')).toEqual([
      '0 event HA_BU_RECEIVED',
      '0 event HA_DAD_STARTED',
      '0.4 event HA_DAD_FAILED',
      '0.4 event HA_REFUSED',
      `0.4 BA 134 seq 15 life 0 to ${COA} for ${HOA}`,
      '0.4 event BA_SENT',
    ]);
    expect(bench.view().bc).toEqual([]);
  });

  it.each([
    ['somebody resolving the address', solicit(HOA), { source: ipv6('fe80::77') }],
    ['its own probe come back', solicit(HOA), { source: UNSPECIFIED6, mac: HA_MAC }],
    ['an advertisement of another address', advertise(ipv6('2001:db8::101')), {}],
    ['one for the link-local address when L is clear', advertise(HOA_LINK_LOCAL), {}],
  ])('%s is no duplicate, RFC 4862 §5.4.3', (_, message, from) => {
    const bench = strict().update().wait(0.4).nd(message, from).wait(1);
    expect(bench.take('BA')).toEqual([`1 BA 0 seq 15 life 420 to ${COA} for ${HOA}`]);
  });

  it('probes and defends the link-local address too when L is set', () => {
    const bench = strict().update({ flags: 'AHL' }).wait(1);
    const claims = [HOA, HOA_LINK_LOCAL].map(
      (a) => `1 NA ${a} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`,
    );
    expect(bench.take('NS', 'NA', 'BA')).toEqual([
      `0 ${PROBE}`,
      `0 ${PROBE_LINK_LOCAL}`,
      ...claims,
      `1 BA 0 seq 15 life 420 to ${COA} for ${HOA}`,
    ]);
  });

  it('refuses the whole update when only the link-local address is taken', () => {
    const bench = strict().update({ flags: 'AHL' }).nd(advertise(HOA_LINK_LOCAL)).wait(2);
    expect(bench.take('BA')).toEqual([`0 BA 134 seq 15 life 0 to ${COA} for ${HOA}`]);
  });

  it('absorbs retransmissions and answers the newest, once', () => {
    const bench = strict()
      .update({ sequence: 15 })
      .wait(0.3)
      .update({ sequence: 17, careOf: COA2 })
      .wait(0.3)
      .update({ sequence: 17, careOf: COA2 }) // repeated by the network
      .update({ sequence: 16 }) // overtaken on the way
      .wait(2);
    expect(bench.take('NS', 'BA')).toEqual([
      `0 ${PROBE}`,
      `1 BA 0 seq 17 life 420 to ${COA2} for ${HOA}`,
    ]);
    expect(bench.view().counters).toMatchObject({ bu: 4, absorbed: 3, bound: 1 });
  });

  it('starts over when a newer update asks for the link-local address as well', () => {
    const bench = strict().update().wait(0.5).update({ sequence: 16, flags: 'AHL' }).wait(2);
    expect(bench.take('NS', 'BA')).toEqual([
      `0 ${PROBE}`,
      `0.5 ${PROBE}`,
      `0.5 ${PROBE_LINK_LOCAL}`,
      `1.5 BA 0 seq 16 life 420 to ${COA} for ${HOA}`,
    ]);
  });

  it('is not repeated for a binding that exists: moved and refreshed at once', () => {
    const bench = strict().update().wait(1);
    bench.take();
    bench.update({ sequence: 16, careOf: COA2 }).update({ sequence: 17, careOf: COA2 });
    expect(bench.take('NS', 'BA')).toEqual([
      `1 BA 0 seq 16 life 420 to ${COA2} for ${HOA}`,
      `1 BA 0 seq 17 life 420 to ${COA2} for ${HOA}`,
    ]);
  });

  it('ends with a deregistration that is newer: there is no binding, status 133', () => {
    const bench = strict().update().wait(0.5).update({ sequence: 16, lifetime: 0 }).wait(5);
    expect(bench.take('BA')).toEqual([`0.5 BA 133 seq 16 life 0 to ${COA} for ${HOA}`]);
    expect(bench.view().bc).toEqual([]);
  });

  it('ends with the home link: nobody could have answered, status 128', () => {
    const bench = strict().update().wait(0.5).linkGone(HOME_LINK.name).wait(5);
    expect(bench.take('BA')).toEqual([`0.5 BA 128 seq 15 life 0 to ${COA} for ${HOA}`]);
  });
});

describe('optimistic (ours): answer, go on probing, revoke', () => {
  it('answers at once and claims the address after the second is over', () => {
    const bench = optimistic().update().wait(1);
    expect(bench.take()).toEqual([
      '0 event HA_BU_RECEIVED',
      '0 event HA_DAD_STARTED',
      `0 ${PROBE}`,
      '0 event HA_BOUND',
      `0 datapath ${HOA}→${COA}`,
      `0 store bc ${HOA}`,
      `0 BA 0 seq 15 life 420 to ${COA} for ${HOA}`,
      '0 event BA_SENT',
      `1 ${CLAIM}`,
    ]);
  });

  it('takes the binding back when the address turns out to be in use', () => {
    const bench = optimistic().update();
    expect(bench.view().bc).toMatchObject([{ homeAddress: HOA, state: 'probing' }]);
    bench.take();
    bench.wait(0.7).nd(advertise(HOA)).wait(5);
    expect(bench.take()).toEqual([
      '0.7 event HA_DAD_FAILED',
      '0.7 event HA_UNBOUND',
      '0.7 event HA_REVOKED',
      '0.7 event HA_REFUSED',
      '0.7 datapath',
      `0.7 forget bc ${HOA}`,
      `0.7 BA 134 seq 15 life 0 to ${COA} for ${HOA}`,
      '0.7 event BA_SENT',
    ]);
    expect(bench.view().bc).toEqual([]);
  });

  it('sends 134 to where the mobile node is by then', () => {
    const bench = optimistic().update().wait(0.3).update({ sequence: 16, careOf: COA2 });
    bench.take();
    expect(bench.nd(advertise(HOA)).take('BA')).toEqual([
      `0.3 BA 134 seq 16 life 0 to ${COA2} for ${HOA}`,
    ]);
  });

  it('stays silent on the home link while it does not know', () => {
    const bench = optimistic().update();
    bench.take();
    expect(bench.nd(solicit(HOA)).take('NA')).toEqual([]);
    bench.wait(1);
    bench.take();
    expect(bench.nd(solicit(HOA)).take('NA')).toHaveLength(1);
  });

  it('forgets the probe with a deregistration', () => {
    const bench = optimistic().update().updateFromHome({ sequence: 16 });
    bench.take();
    expect(bench.nd(advertise(HOA)).wait(5).take()).toEqual([]);
  });
});

it('off: neither probe nor wait', () => {
  const bench = new Bench({ dadMode: 'off' }).update();
  expect(bench.take('NS', 'BA')).toEqual([`0 BA 0 seq 15 life 420 to ${COA} for ${HOA}`]);
});

const strict = () => started('strict');
const optimistic = () => started('optimistic');
function started(dadMode: 'strict' | 'optimistic'): Bench {
  const bench = new Bench({ dadMode });
  bench.take();
  return bench;
}
