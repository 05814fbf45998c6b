/** The simulated roam, seen on all its links: every request finds its answer, and what is lost is told. */
import { beforeAll, describe, expect, it } from 'vitest';
import { decodeFrame } from '../../../src/diagnostics/decode-packet.js';
import { summarize } from '../../../src/diagnostics/describe.js';
import { Pairing, pairText, unansweredText } from '../../../src/diagnostics/trace/pairing.js';
import { loadLab } from '../../../src/lab/library.js';
import { runLab } from '../../../src/lab/run.js';
import { SimLab } from '../../../src/lab/sim/sim-lab.js';

describe.each([1, 2, 3])('roam with seed %i', (seed) => {
  let frames: readonly Frame[] = [];
  beforeAll(async () => (frames = await roam(seed)));

  it('every Binding Update is answered, once', () => {
    const told = trace(frames);
    const updates = told.filter((t) => t.message.startsWith('BU '));
    const answers = told.filter((t) => t.message.startsWith('BA '));
    expect(updates.length).toBeGreaterThan(3);
    const answered = answers.map((a) => a.pair.match(/^← #(\d+) after \d/)?.[1]);
    expect(answered.filter((n) => n === undefined)).toEqual([]);
    const asked = updates.filter((u) => u.pair === '').map((u) => String(u.number));
    expect(asked.filter((n) => !answered.includes(n))).toEqual([]);
    expect(new Set(answered).size).toBe(answered.length);
  });

  it('without its answers, every Binding Update is told at the end', () => {
    const pairing = new Pairing();
    const told = trace(
      frames.filter((f) => !messageOf(f).startsWith('BA ')),
      pairing,
    );
    const first = told.filter((t) => t.message.startsWith('BU ') && t.pair === '');
    const left = pairing.unanswered().filter((u) => u.exchange === 'binding');
    expect(left.map((u) => u.number)).toEqual(first.map((u) => u.number));
    expect(unansweredText(left[0]!)).toMatch(/^#\d+ .* BU seq .*mip6 doctor/);
  });

  it('backwards, doubled and cut, it never throws, and numbers only grow', () => {
    const odd = [...frames].reverse().flatMap((f, i) => {
      const cut = f.octets.subarray(0, (i * 7) % (f.octets.length + 1));
      return [f, f, { ...f, octets: cut }];
    });
    const numbers = trace(odd).map((t) => t.number);
    expect(numbers).toEqual([...numbers].sort((a, b) => a - b));
  });
});

it('what is asked again says of which it is the repetition, and the answer which it answers', async () => {
  const frames = await roam(1);
  const update = frames.find((f) => messageOf(f).startsWith('BU '))!;
  const answer = frames.find((f) => messageOf(f).startsWith('BA '))!;
  const after = (ms: number, f: Frame): Frame => ({
    ...f,
    at: update.at + BigInt(ms) * 1_000_000n,
  });
  const told = trace([update, after(1000, update), after(3000, update), after(3004, answer)]);
  expect(told.map((t) => t.pair)).toEqual([
    '',
    'again, 2nd of #1',
    'again, 3rd of #1',
    '← #3 after 4.0 ms',
  ]);
});

interface Frame {
  readonly link: string;
  readonly at: bigint;
  readonly octets: Uint8Array;
}

function trace(
  frames: readonly Frame[],
  pairing = new Pairing(),
): { number: number; message: string; pair: string }[] {
  return frames.flatMap(({ link, at, octets }) => {
    const layers = decodeFrame(octets);
    const summary = summarize(layers);
    const paired = pairing.take(layers, summary, link, at);
    if (paired.seenBefore) return [];
    return [{ number: paired.number, message: summary.message, pair: pairText(paired) }];
  });
}

const messageOf = (f: Frame): string => summarize(decodeFrame(f.octets)).message;

async function roam(seed: number): Promise<Frame[]> {
  const world = new SimLab(loadLab('roam').lab, seed);
  const frames: Frame[] = [];
  world.listen((h) => {
    if (h.kind === 'frame') {
      frames.push({ link: h.link, at: BigInt(Math.round(h.at * 1e6)), octets: h.octets.slice() });
    }
  });
  try {
    await runLab(world, { world: 'sim', kernel: null, why: 'test', patience: 1 });
  } finally {
    await world.down();
  }
  return frames.filter((f) => !['echo', 'data'].includes(summarize(decodeFrame(f.octets)).class));
}
