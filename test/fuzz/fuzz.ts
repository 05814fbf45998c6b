/**
 * A coverage-guided fuzzer of everything that reads a peer's octets: `npx tsx test/fuzz/fuzz.ts [seconds] [seed]`.
 *
 * Inputs run in batches under V8's block coverage; when a batch reached a block for the first time, its inputs run
 * again one by one, and those that did it are kept and mutated. At the end the corpus is made small, the smallest inputs that
 * reach each block and each outcome, and written to `corpus/inputs.txt`, which `corpus.test.ts` replays.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { Session, type Profiler } from 'node:inspector';
import { fromHex, toHex } from '../../src/base/bytes.js';
import { ROWS } from '../wire/golden/rows.js';
import {
  countReads,
  repair,
  TARGETS,
  WORK_AT_LEAST,
  WORK_PER_OCTET,
  type Target,
} from './targets.js';

interface Input {
  readonly target: Target;
  readonly octets: Uint8Array;
}

const CORPUS = new URL('corpus/inputs.txt', import.meta.url);
const FOUND = new URL('corpus/found.txt', import.meta.url);
const BATCH = 400;
const MAX_OCTETS = 1500;
const EDGES = [0, 1, 2, 4, 6, 8, 16, 18, 40, 58, 59, 60, 63, 64, 127, 128, 135, 254, 255];
const LENGTHS = [0, 1, 2, 4, 6, 8, 16, 18];
const NAMES = Object.keys(TARGETS) as Target[];

const seconds = Number(process.argv[2] ?? 60);
const seed = Number(process.argv[3] ?? Date.now() % 1_000_000);
const random = mulberry32(seed);
const session = new Session();
session.connect();
session.post('Profiler.enable');
session.post('Profiler.startPreciseCoverage', { callCount: true, detailed: true });

const blocks = new Set<string>();
const outcomes = new Set<string>();
/** Whether it was ever called. */
const functions = new Map<string, boolean>();
const found = new Map<string, Input>();
let corpus: Input[] = [];
let executions = 0;

const first = [...stored(), ...seeds()];
corpus.push(...first);
keepNew(first);
const seeded = { inputs: corpus.length, blocks: blocks.size };
const until = Date.now() + seconds * 1000;
const cpu = process.cpuUsage();
while (Date.now() < until) {
  const batch = Array.from({ length: BATCH }, () => mutant());
  const fresh = batch.filter(run);
  corpus.push(...fresh);
  if (taken().some((block) => !blocks.has(block))) keepNew(batch);
}
const { user, system } = process.cpuUsage(cpu);
corpus = smallest(corpus);
writeFileSync(CORPUS, corpus.map((i) => `${i.target} ${toHex(i.octets)}\n`).join(''));
if (found.size > 0) {
  writeFileSync(
    FOUND,
    [...found].map(([why, i]) => `${i.target} ${toHex(i.octets)} ${why}\n`).join(''),
  );
}
const called = [...functions.values()].filter(Boolean).length;
console.log(
  [
    `seed ${seed}: ${executions} executions in ${seconds} s (${((user + system) / 1e6).toFixed(0)} s CPU)`,
    `seeds: ${seeded.inputs} inputs, ${seeded.blocks} blocks; now ${blocks.size} blocks, ${called} of ${functions.size} functions of those files, ${outcomes.size} outcomes`,
    `corpus: ${corpus.length} inputs, ${corpus.reduce((sum, i) => sum + i.octets.length, 0)} octets`,
    `found: ${found.size === 0 ? 'nothing' : [...found.keys()].join('; ')}`,
  ].join('\n'),
);

/** True for an outcome not seen before. */
function run(input: Input): boolean {
  executions++;
  let outcome = '';
  try {
    const once = () => void (outcome = TARGETS[input.target](input.octets));
    if (executions % 16 === 0) {
      const reads = countReads(once);
      const bound = WORK_AT_LEAST + WORK_PER_OCTET * input.octets.length;
      if (reads > bound) report(`slow, ${input.target}`, input);
    } else once();
  } catch (error) {
    report(`${input.target}: ${String(error).slice(0, 60)}`, input);
    return false;
  }
  const key = `${input.target} ${outcome}`;
  if (outcome.length > 200 || outcomes.has(key)) return false;
  outcomes.add(key);
  return true;
}

function report(why: string, input: Input): void {
  const key = why.replace(/[0-9a-f]{4,}/g, '…');
  const before = found.get(key);
  if (before && before.octets.length <= input.octets.length) return;
  if (!before) console.log(`${why} ${toHex(input.octets)}`);
  found.set(key, input);
}

/** Keeps what reaches a new block, found by halves: looking at the coverage costs more than many runs. */
function keepNew(inputs: readonly Input[]): void {
  taken();
  inputs.forEach(run);
  const reached = taken().filter((block) => !blocks.has(block));
  if (reached.length === 0 || inputs.length === 0) return;
  if (inputs.length > 1) {
    const half = inputs.length >>> 1;
    keepNew(inputs.slice(0, half));
    keepNew(inputs.slice(half));
    return;
  }
  for (const block of reached) blocks.add(block);
  corpus.push(inputs[0]!);
}

/** Blocks run since the last call. */
function taken(): string[] {
  const out: string[] = [];
  session.post('Profiler.takePreciseCoverage', (error, coverage) => {
    if (error) throw error;
    for (const script of ours(coverage.result)) {
      for (const f of script.functions) {
        const place = `${script.scriptId}:${f.ranges[0]!.startOffset}:${f.ranges[0]!.endOffset}`;
        functions.set(place, functions.get(place) === true || f.ranges[0]!.count > 0);
        for (const range of f.ranges) {
          if (range.count > 0)
            out.push(`${script.scriptId}:${range.startOffset}:${range.endOffset}`);
        }
      }
    }
  });
  return out;
}

function ours(scripts: readonly Profiler.ScriptCoverage[]): Profiler.ScriptCoverage[] {
  return scripts.filter((script) => /\/src\/(base|wire|core|diagnostics)\//.test(script.url));
}

/** The smallest inputs that still reach every block and outcome. */
function smallest(inputs: readonly Input[]): Input[] {
  const covered = new Set<string>();
  const kept: Input[] = [];
  for (const input of [...inputs].sort((a, b) => a.octets.length - b.octets.length)) {
    taken();
    let outcome = '';
    try {
      outcome = TARGETS[input.target](input.octets);
    } catch {
      continue; // it is in `found`
    }
    const reached = [...taken(), `${input.target} ${outcome.split(' ').slice(0, 3).join(' ')}`];
    if (reached.every((block) => covered.has(block))) continue;
    for (const block of reached) covered.add(block);
    kept.push(input);
  }
  return kept;
}

function mutant(): Input {
  const parent = corpus[below(corpus.length)]!;
  // Now and then as something else: a header of one target may be the payload of another.
  const target = below(50) === 0 ? NAMES[below(NAMES.length)]! : parent.target;
  let octets: Uint8Array = parent.octets.slice();
  for (let n = 1 + below(4); n > 0; n--) octets = mutate(octets);
  octets = octets.subarray(0, MAX_OCTETS);
  return { target, octets: below(4) === 0 ? octets : repair(target, octets) };
}

function mutate(octets: Uint8Array): Uint8Array {
  const { length } = octets;
  const at = below(length + 1);
  switch (below(9)) {
    case 0: // a bit
      if (at < length) octets[at]! ^= 1 << below(8);
      return octets;
    case 1: // an octet
      if (at < length) octets[at] = below(256);
      return octets;
    case 2: // a number that borders on something
      if (at < length) octets[at] = EDGES[below(EDGES.length)]!;
      return octets;
    case 3: // two octets
      if (at + 1 < length) octets.set([below(256), below(256)], at);
      return octets;
    case 4: // less
      return octets.slice(0, at);
    case 5: {
      // without some
      const end = Math.min(length, at + 1 + below(16));
      return joined(octets.subarray(0, at), octets.subarray(end));
    }
    case 6: {
      // some twice
      const end = Math.min(length, at + 1 + below(32));
      return joined(octets.subarray(0, end), octets.subarray(at, end), octets.subarray(end));
    }
    case 7: {
      // an option
      const size = below(4) === 0 ? below(40) : LENGTHS[below(LENGTHS.length)]!;
      const option = Uint8Array.from({ length: size + 2 }, () => (below(2) ? below(256) : 0));
      option[0] = below(72);
      option[1] = size;
      return joined(octets.subarray(0, at), option, octets.subarray(at));
    }
    default: {
      // the end of another
      const other = corpus[below(corpus.length)]!.octets;
      return joined(octets.subarray(0, at), other.subarray(below(other.length + 1)));
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}

function stored(): Input[] {
  let text = '';
  try {
    text = readFileSync(CORPUS, 'utf8');
  } catch {
    return [];
  }
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => {
      const [target, octets] = line.split(' ');
      return { target: target as Target, octets: fromHex(octets ?? '')! };
    });
}

/** The golden rows, each as what it is and inside a packet. */
function seeds(): Input[] {
  const out: Input[] = [];
  for (const row of ROWS) {
    const octets = fromHex(row.hex)!;
    if (row.as === 'mh') out.push({ target: 'mobility', octets });
    if (row.as === 'icmpv6') out.push({ target: 'icmpv6', octets });
    if (row.as === 'ipv6') out.push({ target: 'ipv6', octets });
    if (row.as === 'dhcp4') out.push({ target: 'dhcp', octets }, inUdp(octets));
    if (row.as === 'arp') out.push(framed(0x0806, octets));
    const protocol = { mh: 135, icmpv6: 58, esp: 50, ah: 51, udp: 17 }[row.as as string];
    if (protocol !== undefined && octets.length < 400) {
      const packet = inIpv6(protocol, octets);
      out.push({ target: 'packet', octets: packet }, { target: 'describePacket', octets: packet });
      out.push(framed(0x86dd, packet, row.as === 'icmpv6' ? 'frame' : 'describeFrame'));
    }
    if (row.as === 'ipv6' || row.as === 'ipv4') out.push({ target: 'describePacket', octets });
    if (row.as === 'ipv6') out.push({ target: 'packet', octets });
  }
  return out;
}

function inIpv6(protocol: number, payload: Uint8Array): Uint8Array {
  const head = fromHex(
    '6000000000003bff 20010db8000a00000000000000000100 20010db8000a00000000000000000001',
  )!;
  head[6] = protocol;
  if (protocol === 58) head.set([0xfe, 0x80, 0, 0], 8);
  return repair('packet', joined(head, payload));
}

function framed(etherType: number, payload: Uint8Array, target: Target = 'frame'): Input {
  const head = fromHex('333300000001 0242ac110002')!;
  return { target, octets: joined(head, Uint8Array.of(etherType >> 8, etherType), payload) };
}

function inUdp(payload: Uint8Array): Input {
  const head = fromHex('4500000000004000 40110000 c0000201 ffffffff 00430044 00000000')!;
  if (payload[0] === 1) head.set([0, 68, 0, 67], 20);
  const input = framed(0x0800, joined(head, payload));
  return { target: 'frame', octets: repair('frame', input.octets) };
}

function below(n: number): number {
  return Math.floor(random() * n);
}

function mulberry32(state: number): () => number {
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
}
