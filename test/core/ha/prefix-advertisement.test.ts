import { describe, expect, it } from 'vitest';
import { PrefixAdvertiser } from '../../../src/core/ha/prefix-advertisement.js';
import { at, drive } from '../../helpers/drive.js';
import { HOA, NO_RANDOM } from './harness.js';

const DAY = 86_400;

describe('unsolicited, RFC 6275 §10.6.2', () => {
  it('is sent once after MinMobPfxAdvInterval at the soonest, then 3, 6 and 12 s later', () => {
    const advertiser = bound();
    expect(trace(advertiser, 0, 700)).toEqual([
      '600 unsolicited 0',
      '603 retransmission 0',
      '609 retransmission 0',
      '621 retransmission 0',
    ]);
  });

  it.each([
    { what: 'the preferred lifetime', preferred: 3600, drawn: 0.5, second: 600 + 1500 },
    { what: 'MaxMobPfxAdvInterval', preferred: 10 * DAY, drawn: 0.5, second: 600 + 42_900 },
    {
      what: 'the least wait, for a prefix that is deprecated',
      preferred: 0,
      drawn: 0.5,
      second: 900,
    },
  ])('is drawn between the least wait and $what', ({ preferred, drawn, second }) => {
    const advertiser = bound({ preferred, drawn });
    expect(advertiser.pollTimeout()).toEqual({ at: at(second), why: 'advertise home prefixes' });
  });

  it('comes sooner for a change than it was planned, and never later', () => {
    const advertiser = bound({ drawn: 0.9 });
    advertiser.changed(HOA, 0, at(100));
    expect(trace(advertiser, 100, 1300)[0]).toBe('1240 unsolicited 0'); // 100 + 600 + 0.9 × 600
    const late = bound();
    late.changed(HOA, DAY, at(100));
    expect(trace(late, 100, 601)).toEqual(['600 unsolicited 0']);
  });

  it('begins again with a Binding Update when nobody had answered', () => {
    const advertiser = bound();
    trace(advertiser, 0, 700);
    advertiser.bound(HOA, DAY, at(700));
    expect(trace(advertiser, 700, 730)).toEqual([
      '700 retransmission 0',
      '703 retransmission 0',
      '709 retransmission 0',
      '721 retransmission 0',
    ]);
  });

  it('ends with the solicitation that it asks for', () => {
    const advertiser = bound();
    trace(advertiser, 0, 604);
    advertiser.solicited(HOA, 77, DAY, at(605));
    expect(trace(advertiser, 605, 1200)).toEqual(['605 solicited 77']);
    expect(trace(advertiser, 1200, 1206)).toEqual(['1205 unsolicited 0']); // the next, as RFC 6275 §10.6.2 has it
  });

  it('ends with the binding', () => {
    const advertiser = bound();
    trace(advertiser, 0, 604);
    advertiser.unbound(HOA);
    expect(advertiser.pollTimeout()).toBeUndefined();
  });

  it('is not, where that is switched off, and an answer still is', () => {
    const advertiser = bound({ unsolicited: false });
    advertiser.changed(HOA, DAY, at(1));
    expect(advertiser.pollTimeout()).toBeUndefined();
    advertiser.solicited(HOA, 5, DAY, at(2));
    expect(trace(advertiser, 2, 2 * DAY)).toEqual(['2 solicited 5']);
  });
});

describe('solicited', () => {
  it('is answered at once, and one a second at most, RFC 6275 §6.8', () => {
    const advertiser = bound();
    for (let i = 0; i < 50; i++) advertiser.solicited(HOA, 100 + i, DAY, at(i / 100));
    expect(trace(advertiser, 0.5, 5)).toEqual(['0.5 solicited 100', '1 solicited 149']);
  });
});

function bound({ preferred = DAY, drawn = 0, unsolicited = true } = {}): PrefixAdvertiser {
  const advertiser = new PrefixAdvertiser(
    {
      unsolicitedPrefixAdvertisements: unsolicited,
      minPrefixAdvertisementInterval: 600,
      maxPrefixAdvertisementInterval: DAY,
    },
    { ...NO_RANDOM, fraction: () => drawn },
  );
  advertiser.bound(HOA, preferred, at(0));
  return advertiser;
}

const trace = (advertiser: PrefixAdvertiser, from: number, until: number): string[] =>
  [...drive(advertiser, at(from), at(until))].map(
    ([second, { reason, identifier }]) => `${second} ${reason} ${identifier}`,
  );
