/** Every status of a Binding Acknowledgement, and what a home registration does after it. */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6 } from '../../../src/base/address.js';
import { consequenceOf } from '../../../src/core/mn/ack-consequence.js';
import { BulEntry, type AwayAttachment } from '../../../src/core/mn/bul-entry.js';
import { UpdateRate } from '../../../src/core/mn/update-rate.js';
import { BU_FLAG } from '../../../src/wire/mobility/flag.js';
import type { BindingUpdate } from '../../../src/wire/mobility/message.js';
import { bindingAckStatuses } from '../../../src/wire/mobility/status.js';
import { at, drive } from '../../helpers/drive.js';

const BOUND = 'bound';
const PASSING =
  'refused, again after 10, 20, 40 s, at once with a new care-of address or insistence';
const LASTING =
  'refused, again after 60, 120, 240 s, at once with a new care-of address or insistence';
const CONFIGURED = 'refused, again after 60, 120, 240 s, at once with insistence';
const NEVER = 'refused, at once with insistence';

const STATUSES: readonly (readonly [status: number, transcript: string])[] = [
  [0, BOUND],
  [1, BOUND],
  [2, BOUND],
  [3, BOUND],
  [4, BOUND],
  [5, BOUND],
  [6, BOUND],
  [7, BOUND],
  [127, BOUND],
  [128, PASSING],
  [129, CONFIGURED],
  [130, PASSING],
  [131, CONFIGURED],
  [132, CONFIGURED],
  [133, LASTING],
  [134, NEVER],
  [135, 'sent again at once, number 4712'],
  [136, LASTING],
  [137, LASTING],
  [138, LASTING],
  [139, CONFIGURED],
  [140, CONFIGURED],
  [141, CONFIGURED],
  [142, CONFIGURED],
  [143, CONFIGURED],
  [144, CONFIGURED],
  [145, CONFIGURED],
  [146, CONFIGURED],
  [147, LASTING],
  [148, LASTING],
  [149, LASTING],
  [150, LASTING],
  [151, CONFIGURED],
  ...range(152, 173, LASTING),
  [174, LASTING],
  [175, LASTING],
  [176, CONFIGURED],
  [177, LASTING],
  [178, LASTING],
  [179, LASTING],
  [180, LASTING],
  [181, LASTING],
  [255, LASTING],
];

describe('a home registration after each status, RFC 6275 §11.7.3', () => {
  it.each(STATUSES)('%i: %s', (status, transcript) => {
    expect(afterwards(status)).toBe(transcript);
  });

  it('144 in answer to F: sent again at once, without F, RFC 5555 §4.4.2', () => {
    const entry = pending(true);
    const first = sent(entry, 0);
    entry.handleAck(ack(144, first[0]!.sequence), at(0));
    expect([...first, ...sent(entry, 0)].map((update) => update.flags & FORCE_UDP)).toEqual([
      FORCE_UDP,
      0,
    ]);
    expect(consequenceOf(144, { forceUdp: true }).then).toBe('withoutForceUdp');
  });

  it('there is a transcript for every status that somebody assigned', () => {
    const tried = new Set(STATUSES.map(([status]) => status));
    expect(bindingAckStatuses().filter(({ code }) => !tried.has(code))).toEqual([]);
  });

  it('the words say what the transcript shows', () => {
    for (const [status, transcript] of STATUSES) {
      const { sentence, clause } = consequenceOf(status);
      expect(clause, `${status}`).toMatch(/^RFC \d+ §/);
      expect(sentence, `${status}`).toMatch(/\.$/);
      if (transcript === PASSING) expect(sentence, `${status}`).toContain('after 10 s');
      if (transcript === LASTING) expect(sentence, `${status}`).toContain('after a minute');
      if (transcript === BOUND) expect(sentence, `${status}`).toContain('The binding stands');
    }
  });

  it('another home agent may accept what this one refuses for reasons of its own, §11.4.1', () => {
    const others = STATUSES.filter(([status]) => consequenceOf(status).anotherAgent);
    expect(others.map(([status]) => status)).toEqual([
      128, 129, 130, 131, 132, 133, 140, 141, 142, 143, 151,
    ]);
  });

  it('status 133 ends a deregistration: there was nothing to take back', () => {
    const entry = pending();
    entry.handleAck(ack(0, sent(entry, 0)[0]!.sequence), at(0));
    entry.deregister(COA, 'the mobile node stops', at(1));
    expect(entry.handleAck(ack(133, sent(entry, 1)[0]!.sequence), at(1))).toBe('accepted');
    expect([entry.state, entry.mayBeBound]).toEqual(['idle', false]);
  });
});

/** Answers every update with `status` and tells what was done. */
function afterwards(status: number): string {
  const entry = pending();
  const first = sent(entry, 0)[0]!;
  const sequence = status === 135 ? 4711 : first.sequence;
  const verdict = entry.handleAck(ack(status, sequence), at(0));
  if (verdict === 'accepted') return entry.state;
  if (verdict === 'resent') return `sent again at once, number ${sent(entry, 0)[0]!.sequence}`;
  const cures: string[] = [];
  const moved = refusedWith(status);
  moved.register({ ...COA, careOf: ipv6('2001:db8:b::1') }, false, at(1));
  if (sent(moved, 1).length > 0) cures.push('a new care-of address');
  const insisted = refusedWith(status);
  insisted.register(COA, false, at(1), true);
  if (sent(insisted, 1).length > 0) cures.push('insistence');
  const waits = retries(entry, status);
  const again = waits.length > 0 ? [`again after ${waits.join(', ')} s`] : [];
  return [entry.state, ...again, `at once with ${cures.join(' or ')}`].join(', ');
}

/** Seconds between the first tries. */
function retries(entry: BulEntry, status: number): number[] {
  const waits: number[] = [];
  let now = 0;
  for (let next = entry.pollTimeout(); next && waits.length < 3; next = entry.pollTimeout()) {
    entry.handleTimeout(next.at);
    for (const { sequence } of sent(entry, next.at / 1000)) {
      waits.push(next.at / 1000 - now);
      now = next.at / 1000;
      entry.handleAck(ack(status, sequence), next.at);
    }
  }
  return waits;
}

function refusedWith(status: number): BulEntry {
  const entry = pending();
  entry.handleAck(ack(status, sent(entry, 0)[0]!.sequence), at(0));
  expect(entry.state).toBe('refused');
  return entry;
}

function pending(forceUdp = false): BulEntry {
  const entry = new BulEntry({
    homeAddress: ipv6('2001:db8:1::100'),
    homeAddress4: null,
    peer: ipv6('2001:db8:1::1'),
    peer4: null,
    lifetime: 600,
    initialTimeoutFirstReg: 1500,
    initialTimeoutReReg: 1000,
    forceUdp,
    useAlternateCareOf: true,
    natKeepalive: 110,
    sequence: 0,
    mayBeBound: false,
    rate: new UpdateRate(),
  });
  entry.register(forceUdp ? COA4 : COA, false, at(0));
  return entry;
}

const sent = (entry: BulEntry, second: number): BindingUpdate[] =>
  [...drive(entry, at(second), at(second))].flatMap(([, e]) =>
    e.kind === 'transmit' ? [e.message] : [],
  );

const ack = (status: number, sequence: number) => ({
  kind: 'bindingAck' as const,
  status,
  flags: 0,
  sequence,
  lifetime: status < 128 ? 600 : 0,
  options: [],
});

function range(from: number, to: number, transcript: string): [number, string][] {
  return Array.from({ length: to - from + 1 }, (_, i) => [from + i, transcript]);
}

const COA = {
  kind: 'ipv6',
  careOf: ipv6('2001:db8:a::1'),
  link: 'eth0',
  validUntil: null,
} as const satisfies AwayAttachment;
const COA4 = { ...COA, kind: 'ipv4', careOf: ipv4('10.0.0.5') } as const;
const FORCE_UDP = BU_FLAG.forceUdp;
