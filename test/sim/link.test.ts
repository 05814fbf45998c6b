import { describe, expect, it } from 'vitest';
import { instant } from '../../src/base/time.js';
import { SimClock } from '../../src/sim/clock.js';
import { SimLink, type LinkFaults, type LinkPort } from '../../src/sim/link.js';
import { SeededRandom } from '../../src/sim/random.js';

describe('a segment', () => {
  it('carries a frame to everyone else who takes it, after the latency', () => {
    const { clock, link, sender, ends } = segment({ latency: 3 }, 3);
    ends[2]!.takes = false;
    link.transmit(sender, Uint8Array.of(1));
    clock.runUntil(instant(10));
    expect(ends.map((e) => e.seen)).toEqual([['3 1'], ['3 1'], []]);
    expect(sender.seen).toEqual([]);
  });

  it('keeps order under jitter', () => {
    const { clock, link, sender, ends } = segment({ latency: 1, jitter: 50 });
    for (let i = 0; i < 50; i++) link.transmit(sender, Uint8Array.of(i));
    clock.runUntil(instant(1000));
    expect(ends[0]!.seen.map((s) => Number(s.split(' ')[1]))).toEqual([...Array(50).keys()]);
  });

  it('lets later frames overtake where reordering is asked for', () => {
    const { clock, link, sender, ends } = segment({ reordering: 0.3, reorderDelay: 20 });
    for (let i = 0; i < 100; i++) {
      clock.runUntil(instant(i));
      link.transmit(sender, Uint8Array.of(i));
    }
    clock.runUntil(instant(1000));
    const order = ends[0]!.seen.map((s) => Number(s.split(' ')[1]));
    expect(order).not.toEqual([...Array(100).keys()]);
    expect([...order].sort((a, b) => a - b)).toEqual([...Array(100).keys()]);
  });

  it('loses and duplicates at the rates asked for', () => {
    const { clock, link, sender, ends } = segment({ loss: 0.2, duplication: 0.1 });
    for (let i = 0; i < 5000; i++) link.transmit(sender, Uint8Array.of(1));
    clock.runUntil(instant(1000));
    expect(link.counters.lost / 5000).toBeCloseTo(0.2, 1);
    expect(link.counters.duplicated / 4000).toBeCloseTo(0.1, 1);
    expect(ends[0]!.seen.length).toBe(5000 - link.counters.lost + link.counters.duplicated);
  });

  it('loses what is under way to a port that is unplugged, even when it comes back', () => {
    const { clock, link, sender, ends } = segment({ latency: 5 });
    link.transmit(sender, Uint8Array.of(1));
    link.disconnect(ends[0]!);
    link.connect(ends[0]!);
    clock.runUntil(instant(10));
    expect(ends[0]!.carriers).toEqual([true, false, true]);
    expect(ends[0]!.seen).toEqual([]);
  });

  it('tells everyone when the segment goes down, and carries nothing then', () => {
    const { clock, link, sender, ends } = segment({});
    link.transmit(sender, Uint8Array.of(1));
    link.setCarrier(false);
    link.transmit(sender, Uint8Array.of(2));
    clock.runUntil(instant(10));
    expect(ends[0]!.carriers).toEqual([true, false]);
    expect(ends[0]!.seen).toEqual([]);
    expect(link.counters.sent).toBe(1);
  });

  it('can be made to carry nothing of an EtherType while carrier stays', () => {
    const { clock, link, sender, ends } = segment({ latency: 1 });
    const six = Uint8Array.from([...Array<number>(12).fill(6), 0x86, 0xdd]);
    const four = Uint8Array.from([...Array<number>(12).fill(4), 0x08, 0x00]);
    link.setCarried(0x86dd, false);
    link.transmit(sender, six);
    link.transmit(sender, four);
    link.setCarried(0x86dd, true);
    link.transmit(sender, six);
    clock.runUntil(instant(10));
    expect(ends[0]!.seen).toEqual([`1 ${four}`, `1 ${six}`]);
    expect(link.counters).toMatchObject({ refused: 1, delivered: 2 });
  });

  it('shows every frame to the tap once, lost or not', () => {
    const { clock, link, sender } = segment({ loss: 1 }, 3);
    const taps: string[] = [];
    link.tap = (name, at, octets) => taps.push(`${name} ${at} ${octets.join()}`);
    clock.runUntil(instant(4));
    link.transmit(sender, Uint8Array.of(9, 8));
    expect(taps).toEqual(['lan 4 9,8']);
  });
});

function segment(faults: Partial<LinkFaults>, receivers = 1) {
  const clock = new SimClock();
  const link = new SimLink('lan', clock, new SeededRandom('link'), faults);
  const ends = Array.from({ length: receivers }, () => new End(clock));
  const sender = new End(clock);
  for (const end of [sender, ...ends]) link.connect(end);
  return { clock, link, sender, ends };
}

class End implements LinkPort {
  readonly seen: string[] = [];
  readonly carriers: boolean[] = [];
  takes = true;
  readonly #clock: SimClock;

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  accepts(): boolean {
    return this.takes;
  }

  receive(frame: Uint8Array): void {
    this.seen.push(`${this.#clock.now()} ${frame.join()}`);
  }

  carrier(up: boolean): void {
    this.carriers.push(up);
  }
}
