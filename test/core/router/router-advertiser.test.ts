import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ALL_NODES,
  ipv6,
  mac,
  prefix,
  UNSPECIFIED6,
  type Ipv6,
  type Prefix,
} from '../../../src/base/address.js';
import { instant } from '../../../src/base/time.js';
import type { FrameEffect } from '../../../src/core/effect.js';
import type { Random } from '../../../src/core/random.js';
import type { AdvertiseOptions } from '../../../src/core/router/options.js';
import { RouterAdvertiser } from '../../../src/core/router/router-advertiser.js';
import { at, drive } from '../../helpers/drive.js';
import {
  die,
  HOST,
  HOST_MAC,
  link,
  received,
  ROUTER_MAC,
  solicitationFrame,
  taken,
} from './fixture.js';

/** RFC 4861 §6.2.1 defaults. */
const DEFAULTS: AdvertiseOptions = {
  link: 'eth0',
  prefixes: [
    {
      prefix: prefix('2001:db8:b::/64') as Prefix<Ipv6>,
      validLifetime: 120000,
      preferredLifetime: 60000,
    },
  ],
  homeAgent: false,
  routerLifetime: 1800,
  minInterval: 200_000,
  maxInterval: 600_000,
  advertiseInterval: false,
};
/** RFC 6275 §7.5: as often as it may be. */
const FAST: AdvertiseOptions = {
  ...DEFAULTS,
  minInterval: 30,
  maxInterval: 70,
  advertiseInterval: true,
};

describe('unsolicited advertisements, RFC 4861 §6.2.4', () => {
  it('begin at once, hold to 16 s for the first three, then settle', () => {
    const router = advertising(DEFAULTS, die(0.5));
    expect(trace(router, 0, 1300)).toEqual([
      '0 all',
      '16 all',
      '32 all',
      '432 all',
      '832 all',
      '1232 all',
    ]);
  });

  it('are spread from the least to the greatest interval', () => {
    const options = { ...DEFAULTS, minInterval: 4000, maxInterval: 10_000 };
    const router = advertising(options, die(0, 0.999999, 0.5));
    expect(trace(router, 0, 30).map(wholeSeconds)).toEqual([
      '0 all',
      '4 all',
      '14 all',
      '21 all',
      '28 all',
    ]);
  });

  it('go out every 30 to 70 ms where they are configured to, RFC 6275 §7.5', () => {
    const router = advertising(FAST, die(0, 1, 0.5));
    expect(trace(router, 0, 0.3)).toEqual([
      '0 all',
      '0.03 all',
      '0.1 all',
      '0.15 all',
      '0.2 all',
      '0.25 all',
      '0.3 all',
    ]);
  });

  it('never come closer than 30 ms, whatever is configured, RFC 6275 §13', () => {
    const router = advertising({ ...FAST, minInterval: 0, maxInterval: 1 }, die(0));
    expect(trace(router, 0, 0.1)).toEqual(['0 all', '0.03 all', '0.06 all', '0.09 all']);
  });

  it('stop after the first three where only solicited ones are wanted, RFC 6275 §7.5', () => {
    const router = advertising({ ...DEFAULTS, minInterval: 5000, maxInterval: 0 }, die(0));
    expect(trace(router, 0, 5000)).toEqual(['0 all', '5 all', '10 all']);
    expect(router.pollTimeout()).toBeUndefined();
  });

  it('rest while the link is down and begin anew when it is up', () => {
    const router = advertising(DEFAULTS, die(0.5));
    expect(trace(router, 0, 40)).toEqual(['0 all', '16 all', '32 all']);
    router.handleLink(link({ up: false }), at(40));
    expect(trace(router, 40, 1000)).toEqual([]);
    expect(router.pollTimeout()).toBeUndefined();
    router.handleLink(link({ carrierUps: 2 }), at(1000));
    expect(trace(router, 1000, 1100)).toEqual(['1000 all', '1016 all', '1032 all']);
  });

  it('begin anew when the carrier came and went unseen, within the rate limit', () => {
    const router = advertising(DEFAULTS, die(0.5));
    expect(trace(router, 0, 100)).toEqual(['0 all', '16 all', '32 all']);
    router.handleLink(link({ carrierUps: 2 }), at(34));
    expect(trace(router, 34, 60)).toEqual(['35 all', '51 all']);
  });

  it('go out at once, within the rate limit, when there is something new to tell', () => {
    const router = advertising(DEFAULTS, die(0.5));
    expect(trace(router, 0, 100)).toEqual(['0 all', '16 all', '32 all']);
    const [old] = DEFAULTS.prefixes;
    router.configure({ ...DEFAULTS, prefixes: [{ ...old!, preferredLifetime: 0 }] }, at(100));
    const frame = router.pollEffect()!;
    expect(advertisementOf(frame).message.options).toContainEqual(
      expect.objectContaining({ prefix: '2001:db8:b::', preferredLifetime: 0 }),
    );
    router.configure(DEFAULTS, at(101));
    expect(trace(router, 101, 140)).toEqual(['103 all', '119 all', '135 all']);
  });

  it('wait for the link when they are configured without one', () => {
    const router = new RouterAdvertiser(DEFAULTS, die(0.5));
    router.configure(FAST, at(1));
    expect(router.pollTimeout()).toBeUndefined();
    router.handleLink(link(), at(2));
    expect(trace(router, 2, 2.1)).toEqual(['2 all', '2.05 all', '2.1 all']);
  });

  it('are not disturbed by changes of the link that are none of carrier', () => {
    const router = advertising(DEFAULTS, die(0.5));
    trace(router, 0, 33);
    router.handleLink(link({ mtu: 1400 }), at(33));
    expect(router.pollTimeout()).toEqual({ at: at(432), why: 'advertise' });
  });
});

describe('answers to solicitations, RFC 4861 §6.2.6', () => {
  it('go to the solicitor alone after a random part of 500 ms', () => {
    const router = settled(die(0.5));
    solicit(router, 40);
    expect(router.pollTimeout()).toEqual({ at: at(40.25), why: 'answer' });
    expect(trace(router, 40, 100)).toEqual([`40.25 ${HOST} ${HOST_MAC}`]);
  });

  it('go out at once where the router serves mobile nodes', () => {
    const router = settled(die(0.5), { raDelay: 0 });
    solicit(router, 40);
    expect(trace(router, 40, 40)).toEqual([`40 ${HOST} ${HOST_MAC}`]);
  });

  it('go to the link-layer address that the option gives', () => {
    const router = settled(die(0));
    const address = mac('02:00:00:00:00:bb');
    solicit(router, 40, HOST, [{ kind: 'sourceLinkLayer', address }]);
    expect(trace(router, 40, 41)).toEqual([`40 ${HOST} ${address}`]);
  });

  it('are one for several solicitations, timed by the first', () => {
    const router = settled(die(0.5));
    solicit(router, 40);
    solicit(router, 40.1);
    solicit(router, 40.2);
    expect(trace(router, 40.2, 100)).toEqual([`40.25 ${HOST} ${HOST_MAC}`]);
  });

  it('go to all nodes when the solicitor has no address', () => {
    const router = settled(die(0.5));
    solicit(router, 40, UNSPECIFIED6);
    // The interval timer starts again from there.
    expect(trace(router, 40, 500)).toEqual(['40.25 all', '440.25 all']);
  });

  it('to all nodes wait 3 s since the last, and the random delay on top', () => {
    const router = settled(die(0.5));
    solicit(router, 33, UNSPECIFIED6);
    expect(trace(router, 33, 100)).toEqual(['35.25 all']);
  });

  it('to all nodes come with the next unsolicited one where that is sooner', () => {
    const router = settled(die(0.5));
    solicit(router, 431.9, UNSPECIFIED6);
    expect(trace(router, 431.9, 440)).toEqual(['432 all']);
  });

  it('to all nodes keep to the configured MinDelayBetweenRAs, RFC 6275 §13', () => {
    const router = advertising({ ...DEFAULTS, minDelayBetweenRas: 100, raDelay: 0 }, die(0.5));
    trace(router, 0, 33);
    solicit(router, 33, UNSPECIFIED6);
    expect(trace(router, 33, 33.05)).toEqual(['33 all']);
    solicit(router, 33.05, UNSPECIFIED6);
    expect(trace(router, 33.05, 40)).toEqual(['33.1 all']);
  });

  it('are kept for 64 solicitors, and given to all nodes beyond', () => {
    const router = settled(die(0.5));
    for (let n = 1; n <= 70; n++) solicit(router, 40, ipv6(`fe80::${n.toString(16)}`));
    const lines = trace(router, 40, 41);
    expect(lines.filter((line) => line.includes(' fe80::')).length).toBe(64);
    expect(lines.filter((line) => line.endsWith('all'))).toEqual(['40.25 all']);
  });

  it('are none while the link is down', () => {
    const router = new RouterAdvertiser(DEFAULTS, die(0.5));
    solicit(router, 1);
    expect(trace(router, 1, 100)).toEqual([]);
  });
});

describe('ceasing, RFC 4861 §6.2.5', () => {
  it('sends a last advertisement of lifetime 0 and nothing after it', () => {
    const router = settled(die(0.5));
    solicit(router, 40);
    router.stop(at(40.1));
    const frames = [...drive(router, at(40.1), at(5000))];
    expect(frames.map(([second]) => second)).toEqual([40.1]);
    expect(advertisementOf(frames[0]![1]).message).toMatchObject({ routerLifetime: 0 });
    expect(router.pollTimeout()).toBeUndefined();
    expect(router.advertising).toBe(false);
  });

  it('says nothing where nothing was said before', () => {
    const router = new RouterAdvertiser(DEFAULTS, die(0.5));
    router.stop(at(1));
    expect(trace(router, 1, 10)).toEqual([]);
  });
});

describe('what stands in an advertisement', () => {
  it('comes from the link-local address with hop limit 255, RFC 4861 §4.2', () => {
    const frame = first(DEFAULTS);
    expect(frame).toMatchObject({ link: 'eth0', destination: '33:33:00:00:00:01' });
    expect(frame.payload[7]).toBe(255);
    expect(advertisementOf(frame)).toMatchObject({ source: 'fe80::1', destination: ALL_NODES });
  });

  it('comes from the modified EUI-64 address while the link tells none', () => {
    const frame = first(DEFAULTS, link({ addresses: [] }));
    expect(advertisementOf(frame).source).toBe('fe80::ff:fe00:1');
  });

  it('has the plain options by default', () => {
    expect(advertisementOf(first({ ...DEFAULTS, mtu: 1400 })).message).toEqual({
      kind: 'routerAdvertisement',
      hopLimit: 64,
      managed: false,
      otherConfig: false,
      homeAgent: false,
      preference: 0,
      routerLifetime: 1800,
      reachableTime: 0,
      retransTimer: 0,
      options: [
        { kind: 'sourceLinkLayer', address: ROUTER_MAC },
        { kind: 'mtu', mtu: 1400 },
        {
          kind: 'prefixInformation',
          prefixLength: 64,
          onLink: true,
          autonomous: true,
          routerAddress: false,
          validLifetime: 120000,
          preferredLifetime: 60000,
          prefix: '2001:db8:b::',
        },
      ],
    });
  });

  it('has H, R and the Home Agent Information of a home agent, RFC 6275 §7.1, §7.2, §7.4', () => {
    const options = {
      ...DEFAULTS,
      homeAgent: true,
      homeAgentInformation: { preference: 10, lifetime: 1800 },
      prefixes: [{ ...DEFAULTS.prefixes[0]!, routerAddress: ipv6('2001:db8:b::1') }],
    };
    expect(advertisementOf(first(options)).message).toMatchObject({
      homeAgent: true,
      options: [
        { kind: 'sourceLinkLayer' },
        {
          kind: 'prefixInformation',
          routerAddress: true,
          prefix: '2001:db8:b::1',
          prefixLength: 64,
        },
        { kind: 'homeAgentInformation', mobileRouter: false, preference: 10, lifetime: 1800 },
      ],
    });
  });

  it('leaves no Home Agent Information behind when it ceases, RFC 6275 §7.4', () => {
    const options = {
      ...DEFAULTS,
      homeAgent: true,
      homeAgentInformation: { preference: 10, lifetime: 1800 },
    };
    const router = advertising(options, die(0.5));
    trace(router, 0, 1);
    router.stop(at(1));
    const { message } = advertisementOf(router.pollEffect()!);
    expect(message.options.map((o) => o.kind)).toEqual(['sourceLinkLayer', 'prefixInformation']);
  });

  it.each([
    { maxInterval: 70, told: 90 },
    { maxInterval: 199, told: 219 },
    { maxInterval: 200, told: 200 },
    { maxInterval: 3000, told: 3000 },
  ])(
    'tells an interval of $maxInterval ms as $told, RFC 6275 §7.3, §7.5',
    ({ maxInterval, told }) => {
      const { message } = advertisementOf(first({ ...FAST, maxInterval }));
      expect(message.options).toContainEqual({ kind: 'advertisementInterval', interval: told });
    },
  );
});

it('never sends to all nodes more often than the rate limit, whoever solicits, RFC 4861 §6.2.6', () => {
  const solicitations = fc.array(
    fc.record({ wait: fc.nat(2000), named: fc.boolean(), host: fc.integer({ min: 1, max: 9 }) }),
    { maxLength: 60 },
  );
  const fractions = fc.array(fc.double({ min: 0, max: 0.999, noNaN: true }), { minLength: 1 });
  fc.assert(
    fc.property(solicitations, fractions, (list, rolls) => {
      const options = { ...DEFAULTS, minInterval: 4000, maxInterval: 9000 };
      const router = advertising(options, die(...rolls, 0.5));
      const times: number[] = [];
      let now = 0;
      const run = (until: number) => {
        for (const [second, frame] of drive(router, instant(now), instant(until))) {
          if (frame.destination === '33:33:00:00:00:01') times.push(second);
        }
        now = until;
      };
      for (const { wait, named, host } of list) {
        run(now + wait);
        solicit(router, now / 1000, named ? ipv6(`fe80::${host}`) : UNSPECIFIED6);
      }
      run(now + 10_000);
      for (let i = 1; i < times.length; i++) {
        expect(times[i]! - times[i - 1]!).toBeGreaterThanOrEqual(3 - 1e-9);
        expect(times[i]! - times[i - 1]!).toBeLessThanOrEqual(9 + 1e-9);
      }
      expect(times.length).toBeGreaterThan(0);
    }),
  );
});

function advertising(options: AdvertiseOptions, random: Random): RouterAdvertiser {
  const router = new RouterAdvertiser(options, random);
  router.handleLink(link(), at(0));
  return router;
}

/** The first three are out, at 0, 16 and 32 s; the next is due at 432 s when the die says 0.5. */
function settled(random: Random, change: Partial<AdvertiseOptions> = {}): RouterAdvertiser {
  const router = advertising({ ...DEFAULTS, ...change }, random);
  trace(router, 0, 32.5);
  return router;
}

function solicit(
  router: RouterAdvertiser,
  second: number,
  source: Ipv6 = HOST,
  options: Parameters<typeof solicitationFrame>[2] = [],
): void {
  const frame = solicitationFrame(source, HOST_MAC, options);
  router.handleSolicitation(taken('nd', frame), at(second));
}

function trace(router: RouterAdvertiser, from: number, until: number): string[] {
  return [...drive(router, at(from), at(until))].map(([second, frame]) => {
    const { destination } = advertisementOf(frame);
    const to = destination === ALL_NODES ? 'all' : `${destination} ${frame.destination}`;
    return `${Number(second.toFixed(6))} ${to}`;
  });
}

const wholeSeconds = (line: string) =>
  line.replace(/^[\d.]+/, (n) => String(Math.round(Number(n))));

function first(options: AdvertiseOptions, state = link()): FrameEffect {
  const router = new RouterAdvertiser(options, die(0.5));
  router.handleLink(state, at(0));
  return router.pollEffect()!;
}

function advertisementOf(frame: FrameEffect) {
  const value = received('nd', frame);
  if (value.message.kind !== 'routerAdvertisement') throw new Error(value.message.kind);
  return { ...value, message: value.message };
}
