import { describe, expect, it } from 'vitest';
import { formatPrefix, ipv6, linkLocalAddress, mac } from '../../../src/base/address.js';
import type { Ipv6 } from '../../../src/base/address.js';
import {
  MAX_PREFIXES,
  MAX_ROUTERS,
  MovementDetector,
} from '../../../src/core/mn/movement-detector.js';
import type { NdOption, RouterAdvertisement } from '../../../src/wire/nd/message.js';
import { at, drive } from '../../helpers/drive.js';
import { say } from './say.js';

describe('router solicitation, RFC 4861 §6.3.7', () => {
  it('goes out with carrier, again after 80 ms, 250 ms and 1 s, then 4 s apart, five in all', () => {
    expect(only(trace(up(), 0, 60), 'RS')).toEqual([
      '0 RS eth0 from fe80::ff:fe00:10',
      '0.08 RS eth0 from fe80::ff:fe00:10',
      '0.33 RS eth0 from fe80::ff:fe00:10',
      '1.33 RS eth0 from fe80::ff:fe00:10',
      '5.33 RS eth0 from fe80::ff:fe00:10',
    ]);
  });

  it('comes from the unspecified address while there is no link-local one', () => {
    const detector = new MovementDetector('eth0');
    detector.linkUp(OWN, null, at(0));
    expect(only(trace(detector, 0, 0), 'RS')).toEqual(['0 RS eth0 from ::']);
  });

  it('ends with the first advertisement of a default router', () => {
    const detector = up();
    trace(detector, 0, 0.1);
    hear(detector, 0.1, A);
    expect(trace(detector, 0.1, 60)).toEqual(['0.1 ROUTER_FOUND eth0 fe80::ff:fe00:a']);
  });

  it('goes on after the advertisement of one that is none', () => {
    const detector = up();
    trace(detector, 0, 0.1);
    hear(detector, 0.1, A, { routerLifetime: 0 });
    expect(only(trace(detector, 0.1, 60), 'RS')).toHaveLength(3);
    expect(detector.routers).toEqual([]);
  });

  it('ends with carrier', () => {
    const detector = up();
    trace(detector, 0, 0.1);
    detector.linkDown();
    expect(trace(detector, 0.1, 60)).toEqual([]);
  });
});

describe('what a router advertises, RFC 4861 §6.3.4', () => {
  it('is kept per router, prefix by prefix', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64', '2001:db8:aa::/64']);
    hear(detector, 0, B, {}, ['2001:db8:b::/64']);
    expect(seen(detector)).toEqual([
      'fe80::ff:fe00:a 2001:db8:a::/64 2001:db8:aa::/64',
      'fe80::ff:fe00:b 2001:db8:b::/64',
    ]);
  });

  it('may come in several advertisements', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64']);
    hear(detector, 1, A, {}, ['2001:db8:aa::/64']);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a 2001:db8:a::/64 2001:db8:aa::/64']);
  });

  it('loses a prefix when its valid lifetime is over', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64'], 7300);
    trace(detector, 0, 1799);
    hear(detector, 1799, A, {}, []);
    trace(detector, 1799, 3500);
    hear(detector, 3500, A, { routerLifetime: 9000 }, []);
    trace(detector, 3500, 7299.9);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a 2001:db8:a::/64']);
    trace(detector, 7299.9, 7300);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a']);
  });

  it.each([
    { what: 'nothing', valid: 0 },
    { what: 'a minute', valid: 60 },
  ])('RFC 4862 §5.5.3 e: $what as a new lifetime leaves the prefix two hours', ({ valid }) => {
    const detector = up();
    hear(detector, 0, A, { routerLifetime: 9000 }, ['2001:db8:a::/64'], 86400);
    hear(detector, 10, A, { routerLifetime: 9000 }, ['2001:db8:a::/64'], valid);
    expect(detector.routers[0]!.prefixes[0]!.validUntil).toBe(at(7210));
  });

  it.each([
    { what: 'nothing for addresses, §5.5.3 a', part: { autonomous: false } },
    {
      what: 'a preferred lifetime beyond the valid one, §5.5.3 c',
      part: { preferredLifetime: 61 },
    },
  ])('RFC 4862: $what makes no address, and changes none that there is', ({ part }) => {
    const option = { ...prefixInformation('2001:db8:a::/64', 60), ...part };
    const fresh = up();
    hear(fresh, 0, A, {}, [option]);
    expect(fresh.routers[0]!.prefixes).toMatchObject([{ onLink: true, autonomous: false }]);
    const settled = up();
    hear(settled, 0, A, {}, ['2001:db8:a::/64']);
    const { prefixes } = settled.routers[0]!;
    hear(settled, 1, A, {}, [option]);
    expect(settled.routers[0]!.prefixes).toEqual(prefixes);
  });

  it('RFC 4861 §6.3.4: a prefix that one option has on the link and another for addresses is both', () => {
    const forAddresses = { ...prefixInformation('2001:db8:a::/64', 60), onLink: false };
    const forTheLink = { ...prefixInformation('2001:db8:a::/64', 60), autonomous: false };
    for (const both of [
      [forAddresses, forTheLink],
      [forTheLink, forAddresses],
    ]) {
      const detector = up();
      hear(detector, 0, A, {}, both);
      expect(detector.routers[0]!.prefixes).toMatchObject([{ onLink: true, autonomous: true }]);
    }
  });

  it('a prefix for ever ends never', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64'], 0xffffffff);
    expect(detector.routers[0]!.prefixes[0]!.validUntil).toBeNull();
  });

  it('the link-local prefix and prefixes of no life are none', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['fe80::/64']);
    hear(detector, 0, A, {}, ['2001:db8:a::/64'], 0);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a']);
  });

  it('is bounded, in routers and in prefixes of one', () => {
    const detector = up();
    for (let i = 0; i < 3 * MAX_ROUTERS; i++) {
      const one = mac(`02:00:00:00:01:${i.toString(16).padStart(2, '0')}`);
      hear(detector, 0, one);
    }
    expect(detector.routers).toHaveLength(MAX_ROUTERS);
    const first = mac('02:00:00:00:01:00');
    for (let i = 0; i < 3 * MAX_PREFIXES; i++)
      hear(detector, 0, first, {}, [`2001:db8:${i + 1}::/64`]);
    expect(detector.routers[0]!.prefixes).toHaveLength(MAX_PREFIXES);
  });

  it('is not believed of a source that is not link-local', () => {
    const detector = up();
    detector.handleAdvertisement(ipv6('2001:db8::1'), A, advertisement({}, []), at(0));
    expect(detector.routers).toEqual([]);
  });
});

describe('a router is lost', () => {
  it('when its lifetime is over, and routers are asked for again', () => {
    const detector = up();
    trace(detector, 0, 0);
    hear(detector, 0, A, { routerLifetime: 30 });
    expect(trace(detector, 0, 30)).toEqual([
      '0 ROUTER_FOUND eth0 fe80::ff:fe00:a',
      '30 ROUTER_LOST eth0 fe80::ff:fe00:a its lifetime is over',
      '30 RS eth0 from fe80::ff:fe00:10',
      '30 ROUTER_SOLICITED eth0',
    ]);
  });

  it('when it says that it is no default router any more', () => {
    const detector = up();
    hear(detector, 0, A);
    trace(detector, 0, 1);
    hear(detector, 1, A, { routerLifetime: 0 });
    expect(only(trace(detector, 1, 1), 'ROUTER_LOST')).toEqual([
      '1 ROUTER_LOST eth0 fe80::ff:fe00:a it no longer is a default router',
    ]);
  });

  it('RFC 6275 §7.4: but a home agent may be none and stays', () => {
    const detector = up();
    hear(detector, 0, A, { routerLifetime: 0, homeAgent: true });
    expect(detector.routers).toMatchObject([{ homeAgent: true, isDefault: false }]);
  });
});

describe('the Advertisement Interval option, RFC 6275 §11.5.1', () => {
  it('three intervals of silence are a hint: the router is asked three times, then lost', () => {
    const detector = up();
    trace(detector, 0, 0);
    hear(detector, 0, A, {}, ['2001:db8:a::/64'], 86400, 100);
    expect(trace(detector, 0, 1.2)).toEqual([
      '0 ROUTER_FOUND eth0 fe80::ff:fe00:a',
      '0.3 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      '0.6 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      '0.9 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
      '1.2 ROUTER_LOST eth0 fe80::ff:fe00:a it does not answer',
      '1.2 RS eth0 from fe80::ff:fe00:10',
      '1.2 ROUTER_SOLICITED eth0',
    ]);
  });

  it('an answer keeps it, and the next silence is counted from there', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64'], 86400, 100);
    trace(detector, 0, 0.31);
    answer(detector, 0.31, A);
    expect(only(trace(detector, 0.31, 0.7), 'NS')).toEqual([
      '0.61 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
    ]);
  });

  it('advertisements in time ask for nothing', () => {
    const detector = up();
    for (let t = 0; t < 10; t += 0.25) {
      hear(detector, t, A, {}, ['2001:db8:a::/64'], 86400, 100);
      expect(only(trace(detector, t, t + 0.25), 'NS')).toEqual([]);
    }
  });

  it.each([0, 1, 29])('an interval of %i ms is no promise', (interval) => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64'], 86400, interval);
    expect(only(trace(detector, 0, 60), 'NS')).toEqual([]);
  });
});

describe('a new router without a sign of the link layer', () => {
  it('has the old one asked, which stays while it answers: RFC 6275 §11.5.1', () => {
    const detector = up();
    hear(detector, 0, A);
    trace(detector, 0, 5);
    hear(detector, 5, B, {}, ['2001:db8:b::/64']);
    expect(trace(detector, 5, 5)).toEqual([
      '5 ROUTER_FOUND eth0 fe80::ff:fe00:b',
      '5 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
    ]);
    answer(detector, 5.01, A);
    expect(trace(detector, 5.01, 60)).toEqual([]);
    expect(detector.routers).toHaveLength(2);
  });

  it('and which is lost within a second if it does not', () => {
    const detector = up();
    hear(detector, 0, A);
    trace(detector, 0, 5);
    hear(detector, 5, B, {}, ['2001:db8:b::/64']);
    expect(only(trace(detector, 5, 60), 'ROUTER_LOST')).toEqual([
      '5.9 ROUTER_LOST eth0 fe80::ff:fe00:a it does not answer',
    ]);
  });

  it('two that answer the same solicitation are not doubted', () => {
    const detector = up();
    hear(detector, 0.1, A);
    hear(detector, 0.2, B);
    expect(only(trace(detector, 0.2, 60), 'NS')).toEqual([]);
  });
});

describe('how a router in doubt is asked', () => {
  const doubted = (count: number, interval: number, retransTimer = 0): string[] => {
    const detector = new MovementDetector('eth0', { count, interval });
    detector.linkUp(OWN, LINK_LOCAL, at(0));
    hear(detector, 0, A, { retransTimer });
    trace(detector, 0, 5);
    hear(detector, 5, B, {}, ['2001:db8:b::/64']);
    return trace(detector, 5, 60).slice(1);
  };
  const NS = 'NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a';
  const LOST = 'ROUTER_LOST eth0 fe80::ff:fe00:a it does not answer';

  it.each([
    { what: 'twice, half a second apart', count: 2, interval: 500, times: [5, 5.5], lost: 6 },
    { what: 'by the RetransTimer of RFC 4861', count: 2, interval: 0, times: [5, 6], lost: 7 },
    { what: 'not at all', count: 0, interval: 300, times: [], lost: 5 },
  ])('$what', ({ count, interval, times, lost }) => {
    expect(doubted(count, interval)).toEqual([
      ...times.map((t) => `${t} ${NS}`),
      `${lost} ${LOST}`,
    ]);
  });

  it('by the RetransTimer that it advertises', () => {
    expect(doubted(1, 0, 200)).toEqual([`5 ${NS}`, `5.2 ${LOST}`]);
  });

  it('not at all: carrier that came up again needs an answer before the router is one', () => {
    const detector = new MovementDetector('eth0', { count: 0, interval: 300 });
    detector.linkUp(OWN, LINK_LOCAL, at(0));
    hear(detector, 0, A);
    detector.linkUp(OWN, LINK_LOCAL, at(5));
    expect(detector.routers).toEqual([]);
    answer(detector, 5.001, A);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a 2001:db8:a::/64']);
  });
});

describe('carrier comes up again', () => {
  it('without having been seen to go: routers are suspect until they answer', () => {
    const detector = up();
    hear(detector, 0, A);
    trace(detector, 0, 5);
    detector.linkUp(OWN, LINK_LOCAL, at(5));
    expect(trace(detector, 5, 5)).toEqual([
      '5 RS eth0 from fe80::ff:fe00:10',
      '5 ROUTER_SOLICITED eth0',
      '5 NS eth0 from fe80::ff:fe00:10 for fe80::ff:fe00:a',
    ]);
    expect(detector.routers).toMatchObject([{ confirmed: false }]);
    answer(detector, 5.01, A);
    expect(detector.routers).toMatchObject([{ confirmed: true }]);
    expect(only(trace(detector, 5.01, 5.1), 'ROUTER_FOUND')).toEqual([]);
  });

  it('after a loss: there is no router until the old one answers, RFC 6059', () => {
    const detector = up();
    hear(detector, 0, A);
    trace(detector, 0, 5);
    detector.linkDown();
    expect(detector.routers).toEqual([]);
    detector.linkUp(OWN, LINK_LOCAL, at(8));
    expect(detector.routers).toEqual([]);
    answer(detector, 8.001, A);
    expect(only(trace(detector, 8.001, 8.1), 'ROUTER_FOUND')).toEqual([
      '8.001 ROUTER_FOUND eth0 fe80::ff:fe00:a',
    ]);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a 2001:db8:a::/64']);
  });

  it('a namesake with another link-layer address is not the old one', () => {
    const detector = up();
    hear(detector, 0, A);
    detector.linkDown();
    detector.linkUp(OWN, LINK_LOCAL, at(8));
    detector.handleNeighborAdvertisement(linkLocalAddress(A), true, B, at(8.001));
    expect(detector.routers).toEqual([]);
  });

  it('a namesake that advertises other prefixes has only those', () => {
    const detector = up();
    hear(detector, 0, A, {}, ['2001:db8:a::/64']);
    trace(detector, 0, 5);
    detector.linkUp(OWN, LINK_LOCAL, at(5));
    trace(detector, 5, 5);
    answer(detector, 5.001, A);
    hear(detector, 5.02, A, {}, ['2001:db8:b::/64']);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a 2001:db8:b::/64']);
    expect(trace(detector, 5.02, 5.1)).toEqual(['5.02 ROUTER_FOUND eth0 fe80::ff:fe00:a']);
  });

  it('one remembered is asked once a link, over several links, until its lifetime is over', () => {
    const detector = up();
    hear(detector, 0, A);
    const asked: string[] = [];
    const moves = [10, 20, 30, 1790, 1810];
    for (const [i, t] of moves.entries()) {
      detector.linkDown();
      detector.linkUp(OWN, LINK_LOCAL, at(t));
      asked.push(...trace(detector, t, moves[i + 1] ?? 1900));
    }
    expect(only(asked, 'NS').map((line) => Number(line.split(' ')[0]))).toEqual([10, 20, 30, 1790]);
    expect(only(asked, 'ROUTER_LOST')).toEqual([]);
    expect(detector.pollTimeout()).toBeUndefined();
  });

  it('one that fell silent is known again when it answers after all', () => {
    const detector = up();
    hear(detector, 0, A);
    trace(detector, 0, 5);
    detector.linkUp(OWN, LINK_LOCAL, at(5));
    trace(detector, 5, 7);
    expect(detector.routers).toEqual([]);
    answer(detector, 7, A);
    expect(seen(detector)).toEqual(['fe80::ff:fe00:a 2001:db8:a::/64']);
  });
});

const OWN = mac('02:00:00:00:00:10');
const LINK_LOCAL = linkLocalAddress(OWN);
const A = mac('02:00:00:00:00:0a');
const B = mac('02:00:00:00:00:0b');

function up(): MovementDetector {
  const detector = new MovementDetector('eth0');
  detector.linkUp(OWN, LINK_LOCAL, at(0));
  return detector;
}

function advertisement(
  part: Partial<RouterAdvertisement>,
  options: readonly NdOption[],
): RouterAdvertisement {
  return {
    kind: 'routerAdvertisement',
    hopLimit: 64,
    managed: false,
    otherConfig: false,
    homeAgent: false,
    preference: 0,
    routerLifetime: 1800,
    reachableTime: 0,
    retransTimer: 0,
    options,
    ...part,
  };
}

function hear(
  detector: MovementDetector,
  second: number,
  from: typeof A,
  part: Partial<RouterAdvertisement> = {},
  prefixes: readonly (string | NdOption)[] = ['2001:db8:a::/64'],
  validLifetime = 86400,
  interval?: number,
): void {
  const options = prefixes.map((p) =>
    typeof p === 'string' ? prefixInformation(p, validLifetime) : p,
  );
  if (interval !== undefined) options.push({ kind: 'advertisementInterval', interval });
  detector.handleAdvertisement(
    linkLocalAddress(from),
    from,
    advertisement(part, options),
    at(second),
  );
}

function prefixInformation(text: string, validLifetime: number): NdOption {
  return {
    kind: 'prefixInformation',
    prefixLength: 64,
    onLink: true,
    autonomous: true,
    routerAddress: false,
    validLifetime,
    preferredLifetime: validLifetime,
    prefix: ipv6(text.split('/')[0]!),
  };
}

function answer(detector: MovementDetector, second: number, from: typeof A): void {
  const target: Ipv6 = linkLocalAddress(from);
  detector.handleNeighborAdvertisement(target, true, from, at(second));
}

function trace(detector: MovementDetector, from: number, until: number): string[] {
  return [...drive(detector, at(from), at(until))].map(([t, e]) => `${t} ${say(e)}`);
}

const only = (lines: readonly string[], word: string): string[] =>
  lines.filter((line) => line.split(' ')[1] === word);

const seen = (detector: MovementDetector): string[] =>
  detector.routers.map((r) =>
    [r.address, ...r.prefixes.map((p) => formatPrefix(p.prefix))].join(' '),
  );
