/** Random Binding Updates against a plain model of the Binding Cache, and broken octets against nothing at all. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, type Ipv4, type Ipv6 } from '../../../src/base/address.js';
import { keyOf } from '../../../src/core/datapath/model.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import {
  advertise,
  ANYCAST,
  AT_HOME,
  Bench,
  bu,
  COA,
  COA4,
  HA,
  HOME,
  ipv4Home,
  NAT4,
  PRIVATE4,
  udpFrom,
} from './harness.js';

const MAX = 4;
const homes = Array.from({ length: 7 }, (_, i) => ipv6(`2001:db8::1${i}`));
const careOfs = Array.from({ length: 3 }, (_, i) => ipv6(`2001:db8:f::${i + 1}`));
const homes4 = Array.from({ length: 3 }, (_, i) => ipv4(`192.0.2.5${i}`));

const update = fc.record({
  op: fc.constant('update' as const),
  home: fc.nat(homes.length - 1),
  careOf: fc.nat(careOfs.length - 1),
  sequence: fc.oneof(fc.integer({ min: 0, max: 12 }), fc.nat(0xffff)),
  lifetime: fc.constantFrom(0, 4, 8, 60),
  how: fc.constantFrom('native' as const, 'udp' as const, 'home' as const),
  h: fc.constantFrom(true, true, true, false),
  home4: fc.constantFrom(-1, -1, 0, 1, 2),
});
const wait = fc.record({
  op: fc.constant('wait' as const),
  seconds: fc.constantFrom(0.5, 1, 3, 4, 10),
});
type Update = typeof update extends fc.Arbitrary<infer T> ? T : never;

interface Entry {
  careOf: string;
  sequence: number;
  until: number;
  home4: Ipv4 | null;
}

/** RFC 6275 §9.5.1, §10.3.1, §10.3.2 for one prefix, no DAD, all in one place. */
class Model {
  readonly bound = new Map<Ipv6, Entry>();
  readonly left = new Map<Ipv6, { sequence: number; until: number; wasBound: boolean }>();

  /** The status of the answer; undefined for silence. */
  update(u: Update, now: number): number | undefined {
    const home = homes[u.home]!;
    const entry = this.bound.get(home);
    const ends = u.lifetime === 0 || u.how === 'home';
    const left = this.left.get(home);
    // A deregistration without a binding shuts out updates that it overtook, and is itself 133 each time.
    const last = entry?.sequence ?? (left && (left.wasBound || !ends) ? left.sequence : undefined);
    if (last !== undefined && ((u.sequence - last + 65536) % 65536 || 65536) >= 32768) return 135;
    if (!u.h) return entry ? 139 : undefined;
    if (ends) {
      const until = now + 10_000;
      // Remembered as far as there is room: that many, as there are bindings.
      if (left || this.left.size < MAX) {
        this.left.set(home, { sequence: u.sequence, until, wasBound: last !== undefined });
      }
      if (last === undefined) return 133;
      this.bound.delete(home);
      return 0;
    }
    if (!entry && this.bound.size >= MAX) return 130;
    this.left.delete(home);
    const careOf = u.how === 'udp' ? COA4 : careOfs[u.careOf]!;
    const until = now + u.lifetime * 1000;
    const wanted = u.home4 < 0 ? null : homes4[u.home4]!;
    const taken = [...this.bound].some(([other, e]) => other !== home && e.home4 === wanted);
    const home4 = taken ? null : wanted;
    this.bound.set(home, { careOf, sequence: u.sequence, until, home4 });
    return 0;
  }

  pass(now: number): void {
    for (const table of [this.bound, this.left]) {
      for (const [home, { until }] of table) if (until <= now) table.delete(home);
    }
  }
}

describe('the Binding Cache of a home agent', () => {
  it('agrees with a model after any updates at any time, and is bounded', () => {
    fc.assert(
      fc.property(
        fc.array(fc.oneof({ weight: 4, arbitrary: update }, wait), { maxLength: 60 }),
        (moves) => {
          const bench = new Bench({ maxBindings: MAX });
          const model = new Model();
          for (const move of moves) {
            bench.take();
            const before = bench.datapaths;
            if (move.op === 'wait') {
              bench.wait(move.seconds);
              model.pass(bench.now);
            } else {
              const expected = model.update(move, bench.now);
              send(bench, move);
              expect(bench.acks().map((ack) => ack.status)).toEqual(
                expected === undefined ? [] : [expected],
              );
              expect(bench.datapaths - before).toBeLessThanOrEqual(1);
            }
            agree(bench, model);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('is the same after a restart, but for lifetimes', () => {
    fc.assert(
      fc.property(fc.array(update, { maxLength: 30 }), (moves) => {
        const bench = new Bench({ maxBindings: MAX });
        for (const move of moves) send(bench, move);
        const again = new Bench({ maxBindings: MAX }, new Map(bench.kept));
        const plain = (b: Bench) =>
          b
            .view()
            .bc.map(({ homeAddress, homeAddress4, careOf, path, mapped, sequence, flags }) =>
              [homeAddress, homeAddress4, careOf, path, mapped, sequence, flags].join(),
            );
        expect(plain(again).sort()).toEqual(plain(bench).sort());
        expect([...again.tunnels.values()].map((t) => JSON.stringify(t)).sort()).toEqual(
          [...bench.tunnels.values()].map((t) => JSON.stringify(t)).sort(),
        );
      }),
      { numRuns: 50 },
    );
  });
});

describe('octets of anybody', () => {
  const good = [
    encodeMobilityPacket({ source: COA, destination: HA, homeAddress: homes[0]!, message: bu() }),
    encodeMobilityPacket({
      source: homes[1]!,
      destination: HA,
      message: bu({
        options: [{ kind: 'ipv4CareOf', address: PRIVATE4 }, ipv4Home(homes4[0]!)],
      }),
    }),
    encodeMobilityPacket({ source: homes[2]!, destination: HA, message: bu({ lifetime: 0 }) }),
  ];

  it('never make it throw, nor let the cache grow past its bound', () => {
    const mutation = fc.record({
      which: fc.nat(good.length - 1),
      cut: fc.option(fc.nat(200)),
      flips: fc.array(fc.tuple(fc.nat(150), fc.integer({ min: 1, max: 255 })), { maxLength: 4 }),
      udp: fc.boolean(),
    });
    fc.assert(
      fc.property(fc.array(mutation, { maxLength: 40 }), (mutations) => {
        const bench = new Bench({ maxBindings: 2, dadMode: 'optimistic' });
        for (const { which, cut, flips, udp } of mutations) {
          const octets = good[which]!.slice(0, cut ?? undefined);
          for (const [at, bits] of flips) if (at < octets.length) octets[at]! ^= bits;
          bench.packet(octets, udp ? udpFrom(NAT4) : AT_HOME).wait(0.1);
          expect(bench.view().bc.length).toBeLessThanOrEqual(2);
        }
      }),
      { numRuns: 100 },
    );
  });

  it('with a right checksum are taken for what they say, and never throw either', () => {
    const fields = fc.record({
      flags: fc.nat(0xffff),
      sequence: fc.nat(0xffff),
      lifetime: fc.nat(65535).map((n) => n * 4),
      home: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(sixteen),
      careOf: fc.uint8Array({ minLength: 16, maxLength: 16 }).map(sixteen),
      type: fc.integer({ min: 33, max: 250 }),
      prefixLength: fc.nat(63),
      address: fc.tuple(fc.nat(255), fc.nat(255), fc.nat(255), fc.nat(255)),
      p: fc.boolean(),
      udp: fc.boolean(),
      strict: fc.boolean(),
    });
    fc.assert(
      fc.property(fields, (f) => {
        const address = ipv4(f.address.join('.'));
        const message = {
          kind: 'bindingUpdate',
          sequence: f.sequence,
          flags: f.flags,
          lifetime: f.lifetime,
          options: [
            { kind: 'unknown', type: f.type, data: new Uint8Array(3) },
            { kind: 'alternateCareOf', address: f.careOf },
            { kind: 'ipv4CareOf', address },
            ipv4Home(address, { prefixLength: f.prefixLength, prefixRequested: f.p }),
          ],
        } as const;
        const path = { source: COA, destination: HA, homeAddress: f.home };
        const bench = new Bench({ dadMode: f.strict ? 'strict' : 'off' });
        bench.packet(encodeMobilityPacket({ ...path, message }), f.udp ? udpFrom(NAT4) : AT_HOME);
        bench.nd(advertise(f.home)).wait(2);
        expect(bench.acks().length).toBeLessThanOrEqual(1);
      }),
      { numRuns: 200 },
    );
  });
});

function send(bench: Bench, u: Update): void {
  const fields = {
    homeAddress: homes[u.home]!,
    careOf: careOfs[u.careOf]!,
    sequence: u.sequence,
    lifetime: u.lifetime,
    flags: u.h ? 'AH' : 'A',
    options: u.home4 < 0 ? [] : [ipv4Home(homes4[u.home4]!)],
  };
  if (u.how === 'native') bench.update(fields);
  else if (u.how === 'udp') bench.updateInUdp(fields);
  else bench.updateFromHome(fields);
}

function agree(bench: Bench, model: Model): void {
  const { bc } = bench.view();
  const have = bc.map((b) => [b.homeAddress, b.careOf, b.sequence, b.expiresAt, b.homeAddress4]);
  const want = [...model.bound].map(([home, e]) => [home, e.careOf, e.sequence, e.until, e.home4]);
  expect(have.sort()).toEqual(want.sort());
  expect(bc.length).toBeLessThanOrEqual(MAX);
  const items = [...model.bound].flatMap(([home, { home4 }]) => [
    `tunnel ${home}`,
    `route main ${home}/128 64`,
    ...(home4 ? [`route main ${home4}/32 64`] : []),
  ]);
  expect(bench.declared.map(keyOf).sort()).toEqual(
    ['signalling', `anycast ${HOME} ${ANYCAST}`, ...items].sort(),
  );
  expect([...bench.tunnels.keys()].sort()).toEqual([...model.bound.keys()].sort());
  expect([...bench.kept.keys()].sort()).toEqual(
    [...model.bound.keys()].map((h) => `bc ${h}`).sort(),
  );
}

/** Half of them in the home prefix, so that some are admitted. */
function sixteen(octets: Uint8Array): Ipv6 {
  const words: string[] = [];
  for (let i = 0; i < 16; i += 2) words.push(((octets[i]! << 8) | octets[i + 1]!).toString(16));
  return ipv6(octets[15]! & 1 ? `2001:db8::${words.slice(4).join(':')}` : words.join(':'));
}
