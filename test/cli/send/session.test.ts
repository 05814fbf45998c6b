/** Messages and their answers over a wire of the test's own, in virtual time: pairing, round trips, counts, ends. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ipv6 } from '../../../src/base/address.js';
import { totalsLine } from '../../../src/cli/render/send.js';
import type { SeenPacket, Wire } from '../../../src/cli/send/exchange.js';
import { readExpectation } from '../../../src/cli/send/expect.js';
import { planMessages, withUdpValue, type SendFlags } from '../../../src/cli/send/plan.js';
import type { Report } from '../../../src/cli/send/report.js';
import {
  addTotals,
  isGood,
  NO_TOTALS,
  sendAll,
  type SessionOptions,
} from '../../../src/cli/send/session.js';
import { decodePacket } from '../../../src/diagnostics/decode-packet.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import type { BindingUpdate, MobilityMessage } from '../../../src/wire/mobility/message.js';

const SELF = ipv6('2001:db8:b::5');
const PEER = ipv6('2001:db8:a::1');

beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] }));
afterEach(() => vi.useRealTimers());

describe('one message', () => {
  it('is paired with its answer; the round trip is by the stamps of the wire', async () => {
    const wire = new TestWire((sent) => [
      { at: 2, octets: ack(sent, 0, 1) }, // an answer to another
      { at: 3, octets: ack(sent, 0) },
      { at: 4, octets: ack(sent, 130) },
    ]);
    const [report] = await run(wire, 'bu');
    expect(report).toMatchObject({
      number: 1,
      message: 'Binding Update',
      outcome: 'answer',
      rttMs: 3,
      expected: null,
      unmet: [],
      reply: { as: 'ipv6', link: 'eth0', ok: true },
    });
    expect(report!.reply!.text).toMatch(/BA seq \d+ life 0 status 0/);
    expect(report!.request.hex).toMatch(/^60/);
  });

  it('counts from when it was handed over where nobody saw it leave', async () => {
    const wire = new TestWire((sent) => [{ at: 5, octets: ack(sent, 0) }], { leavesUnseen: true });
    expect((await run(wire, 'bu'))[0]).toMatchObject({ outcome: 'answer', rttMs: 5 });
  });

  it('unanswered, ends after its time: longer where an answer is due', async () => {
    const wire = new TestWire(() => []);
    expect((await run(wire, 'bu'))[0]).toMatchObject({
      outcome: 'silence',
      reply: null,
      rttMs: null,
    });
    expect(Date.now()).toBe(2000);
    await run(wire, 'be');
    expect(Date.now()).toBe(2500);
    await run(wire, 'bu', { timeout: 7 });
    expect(Date.now()).toBe(2507);
  });

  it('an error ends it too', async () => {
    const error = {
      kind: 'bindingError',
      status: 2,
      homeAddress: ipv6('::'),
      options: [],
    } as const;
    const wire = new TestWire(() => [{ at: 1, octets: fromPeer(error) }]);
    expect((await run(wire, 'hb'))[0]).toMatchObject({ outcome: 'error', rttMs: 1 });
  });

  it('what the kernel refuses to send is told, and nothing is listened to any more', async () => {
    const wire = new TestWire(() => {
      throw new Error('no route');
    });
    await expect(run(wire, 'bu', { count: 9 })).rejects.toThrow('no route');
    expect(wire.listening).toBe(false);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('a token is not shown, its octets neither', async () => {
    const wire = new TestWire((sent) => {
      const asked = messageOf(sent) as Extract<MobilityMessage, { kind: 'homeTestInit' }>;
      const token = new Uint8Array(8).fill(0xab);
      const { cookie } = asked;
      return [
        {
          at: 1,
          octets: fromPeer({ kind: 'homeTest', nonceIndex: 1, cookie, token, options: [] }),
        },
      ];
    });
    const [report] = await run(wire, 'hoti');
    expect(report).toMatchObject({ outcome: 'answer' });
    // So many, because the cookie is random.
    expect(JSON.stringify(report)).not.toMatch(/(ab){4}|171,171/);
    expect(report!.reply!.hex).toBeUndefined();
  });
});

describe('many', () => {
  it('go out at their interval, each with a number, an identifier or a cookie of its own', async () => {
    const wire = new TestWire((sent) => [{ at: 1, octets: ack(sent, 0) }]);
    const reports = await run(wire, 'bu', { count: 4, interval: 100 });
    expect(wire.sentAt).toEqual([0, 100, 200, 300]);
    const numbers = wire.sent.map((o) => (messageOf(o) as { sequence: number }).sequence);
    expect(numbers.slice(1).map((n, i) => (n - numbers[i]! + 0x10000) % 0x10000)).toEqual([
      1, 1, 1,
    ]);
    expect(reports.map((r) => r.number)).toEqual([1, 2, 3, 4]);
    const cookies = new TestWire(() => []);
    await run(cookies, 'coti', { count: 3, interval: 10, timeout: 1 });
    expect(new Set(cookies.sent.map((o) => JSON.stringify(messageOf(o)))).size).toBe(3);
  });

  it('a late answer holds the next one back', async () => {
    const wire = new TestWire((sent) => [{ at: 250, octets: ack(sent, 0) }]);
    await run(wire, 'bu', { count: 3, interval: 100 });
    expect(wire.sentAt).toEqual([0, 250, 500]);
  });

  it('what was named stays as it is', async () => {
    const wire = new TestWire(() => []);
    await run(wire, 'bu', { count: 3, interval: 10, timeout: 1 }, { field: ['sequence=7'] });
    expect(wire.sent.map((o) => messageOf(o))).toMatchObject(Array(3).fill({ sequence: 7 }));
  });

  it('end when interrupted, without the one that waits', async () => {
    const wire: TestWire = new TestWire((sent) =>
      wire.sent.length < 3 ? [{ at: 1, octets: ack(sent, 0) }] : [],
    );
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 250);
    const reports = await run(wire, 'bu', { count: 100, interval: 100, signal: stop.signal });
    expect(reports).toHaveLength(2);
    expect(Date.now()).toBe(250);
    expect(wire.listening).toBe(false);
  });
});

describe('good or not', () => {
  it.each([
    { message: 'bu', answer: 'ack', expect: [], good: true },
    { message: 'bu', answer: 'nothing', expect: [], good: false },
    { message: 'bu', answer: 'error', expect: [], good: false },
    { message: 'ba', answer: 'nothing', expect: [], good: true },
    { message: 'ba', answer: 'error', expect: [], good: false },
    { message: 'bu', answer: 'ack', expect: ['status=0'], good: true },
    { message: 'bu', answer: 'ack', expect: ['status=0', 'lifetime>0'], good: false },
    { message: 'bu', answer: 'nothing', expect: ['status=0'], good: false },
    { message: 'bu', answer: 'nothing', expect: ['silence'], good: true },
    { message: 'bu', answer: 'error', expect: ['answer=be', 'status=2'], good: true },
  ] as const)('$message, $answer, expecting $expect', async ({ message, answer, ...row }) => {
    const error = {
      kind: 'bindingError',
      status: 2,
      homeAddress: ipv6('::'),
      options: [],
    } as const;
    const wire = new TestWire((sent) =>
      answer === 'nothing'
        ? []
        : [{ at: 1, octets: answer === 'ack' ? ack(sent, 0) : fromPeer(error) }],
    );
    const expectations = row.expect.map(readExpectation);
    const plan = await planned(message);
    const [report] = await collect(sendAll(plan, wire, { ...DEFAULTS, expectations }));
    expect(isGood(report!, plan)).toBe(row.good);
    expect(report!.expected).toBe(row.expect.length === 0 ? null : row.good);
  });

  it('totals say how many came back, and how fast', async () => {
    const wire: TestWire = new TestWire((sent) =>
      wire.sent.length === 2 ? [] : [{ at: wire.sent.length, octets: ack(sent, 0) }],
    );
    const expectations = [readExpectation('status=0')];
    const reports = await run(wire, 'bu', { count: 3, timeout: 50, expectations });
    expect(totalsLine(reports.reduce(addTotals, NO_TOTALS))).toBe(
      '3 sent, 2 answered, 1 not as expected; round trip 1.00/2.00/3.00 ms (least/mean/most)',
    );
    expect(totalsLine(NO_TOTALS)).toBe('0 sent, 0 answered');
  });
});

describe('JSON for a message', () => {
  const of = (json: unknown, flags = {}) => planned(undefined, flags, JSON.stringify(json));
  const nowhere = { source: undefined, destination: undefined };

  it('a whole packet is sent as it is, faults and all, out of its Ethernet frame', async () => {
    const { decodeLayers } = await import('../../../src/diagnostics/layers/decode-layers.js');
    const packet = (await planned('bu', { break: ['length'] })).nth(0).octets;
    const frame = new Uint8Array(14 + packet.length + 4);
    frame.set([0x86, 0xdd], 12);
    frame.set(packet, 14);
    const plan = await of(decodeLayers(frame, 'ethernet'), nowhere);
    expect(plan.nth(0).octets).toEqual(packet);
    expect(plan.nth(3).octets).toEqual(packet);
  });

  it.each([
    [{ layer: 'mh', fields: { type: 5, sequence: 9 } }],
    [[{ layer: 'mh', fields: { type: { value: 5, name: 'Binding Update' }, sequence: 9 } }]],
    [{ layers: [{ layer: 'mh', fields: { type: 'Binding Update', sequence: 9 } }] }],
    [{ type: 'bu', sequence: 9 }],
  ])('%j is a Binding Update to where the flags say', async (json) => {
    const plan = await of(json);
    expect(plan).toMatchObject({ name: 'Binding Update', asks: true });
    expect(messageOf(plan.nth(0).octets)).toMatchObject({ sequence: 9, lifetime: 60 });
  });

  it('flags go over what it says', async () => {
    const plan = await planned(undefined, { field: ['sequence=10'] }, '{"type":5,"sequence":9}');
    expect(messageOf(plan.nth(0).octets)).toMatchObject({ sequence: 10 });
  });

  it.each([
    ['{', {}, '--json-message is no JSON'],
    ['7', {}, 'expected an object, came 7'],
    ['{"layer":"udp","fields":{}}', {}, 'neither a packet from its IP header on nor one message'],
    ['{"layer":"mh","fields":{}}', {}, 'type: expected a number or the name of a message.'],
    ['{"type":5,"lifetim":1}', {}, 'lifetim: expected one of'],
    ['[{"layer":"ipv6","fields":{}}]', {}, 'fields.version: expected'],
  ])('%s is refused', async (json, flags, said) => {
    const nth = async () =>
      (await planned(undefined, { ...flags, ...(json.includes('ipv6') && nowhere) }, json)).nth(0);
    await expect(nth()).rejects.toThrow(said);
  });

  it('a whole packet leaves nothing to say', async () => {
    const { decodeLayers } = await import('../../../src/diagnostics/layers/decode-layers.js');
    const json = JSON.stringify(decodeLayers((await planned('bu')).nth(0).octets, 'ipv6'));
    for (const flags of [{ field: ['lifetime=4'] }, { break: ['order'] as const }]) {
      const plan = planned(undefined, { ...flags, ...nowhere }, json);
      await expect(plan).rejects.toThrow('has nothing to say');
    }
    await expect(planned(undefined, {}, json)).rejects.toThrow('--source has nothing to say');
  });
});

it('the message and where it goes have to be named', async () => {
  await expect(planned(undefined)).rejects.toThrow('Which message?');
  await expect(planned('bu', {}, '{}')).rejects.toThrow('Which message?');
  await expect(planned('bu', { destination: 'there' })).rejects.toThrow(
    '--destination: expected an IPv6 address, came "there".',
  );
  for (const udp of ['1.2.3', '1.2.3.4:0', '1.2.3.4:70000', '2001:db8::1']) {
    await expect(planned('bu', { udp })).rejects.toThrow('--udp: expected an IPv4 address');
  }
  await expect(planned('bu', { field: ['lifetime=3'] })).rejects.toThrow(/^lifetime: expected/);
});

it('in UDP a Binding Update names its care-of address, unless it names one itself or nothing is wanted', async () => {
  const udp = { udp: '198.51.100.1:9', 'udp-source': '10.0.0.1' };
  const options = async (option: string[]) => {
    const plan = await planned('bu', { ...udp, option });
    expect(plan).toMatchObject({ ownPorts: [4191], ports: [4191, 9] });
    return (messageOf(plan.nth(0).octets) as BindingUpdate).options.filter(
      ({ kind }) => !kind.startsWith('pad'),
    );
  };
  expect(await options([])).toEqual([{ kind: 'ipv4CareOf', address: '10.0.0.1' }]);
  expect(await options(['v4coa=10.0.0.9'])).toEqual([{ kind: 'ipv4CareOf', address: '10.0.0.9' }]);
  expect(await options(['none'])).toEqual([]);
});

it('--udp takes an address where one follows', () => {
  expect(withUdpValue(['bu', '--udp'])).toEqual(['bu', '--udp=auto']);
  expect(withUdpValue(['--udp', 'bu'])).toEqual(['--udp=auto', 'bu']);
  expect(withUdpValue(['--udp', '--json'])).toEqual(['--udp=auto', '--json']);
  expect(withUdpValue(['--udp', '1.2.3.4:5', 'bu'])).toEqual(['--udp', '1.2.3.4:5', 'bu']);
  expect(withUdpValue(['--udp=1.2.3.4'])).toEqual(['--udp=1.2.3.4']);
});

const DEFAULTS: SessionOptions = {
  count: 1,
  interval: 100,
  timeout: undefined,
  expectations: [],
  signal: new AbortController().signal,
};

async function run(
  wire: TestWire,
  message: string,
  options: Partial<SessionOptions> = {},
  flags: Partial<SendFlags> = {},
): Promise<Report[]> {
  return collect(sendAll(await planned(message, flags), wire, { ...DEFAULTS, ...options }));
}

function planned(message: string | undefined, flags: Partial<SendFlags> = {}, json?: string) {
  return planMessages({
    message,
    json,
    flags: {
      source: SELF,
      destination: PEER,
      field: [],
      flag: [],
      option: [],
      break: [],
      ...flags,
    },
    state: async () => undefined,
    choose: { six: async () => SELF, four: async () => undefined },
  });
}

/** Takes the reports one after the other while virtual time goes on. */
async function collect(reports: AsyncGenerator<Report>): Promise<Report[]> {
  const out: Report[] = [];
  let ended = false;
  const all = (async () => {
    for await (const report of reports) out.push(report);
  })().finally(() => (ended = true));
  all.catch(() => undefined);
  while (!ended) await vi.advanceTimersToNextTimerAsync();
  await all;
  return out;
}

interface Coming {
  /** ms after the message left */
  readonly at: number;
  readonly octets: Uint8Array;
}

class TestWire implements Wire {
  readonly sent: Uint8Array[] = [];
  readonly sentAt: number[] = [];
  #listener: ((seen: SeenPacket) => void) | null = null;
  readonly #answers: (sent: Uint8Array) => readonly Coming[];
  readonly #leavesUnseen: boolean;

  constructor(
    answers: (sent: Uint8Array) => readonly Coming[],
    { leavesUnseen = false }: { leavesUnseen?: boolean } = {},
  ) {
    this.#answers = answers;
    this.#leavesUnseen = leavesUnseen;
    vi.setSystemTime(0);
  }

  get listening(): boolean {
    return this.#listener !== null;
  }

  send(octets: Uint8Array): void {
    this.sent.push(octets);
    this.sentAt.push(Date.now());
    const answers = this.#answers(octets);
    if (!this.#leavesUnseen) this.#see('out', octets);
    for (const { at, octets: answer } of answers) setTimeout(() => this.#see('in', answer), at);
  }

  listen(listener: ((seen: SeenPacket) => void) | null): void {
    this.#listener = listener;
  }

  close(): void {
    this.#listener = null;
  }

  #see(direction: 'in' | 'out', octets: Uint8Array): void {
    const nanoseconds = BigInt(Math.round(Date.now() * 1000)) * 1000n;
    this.#listener?.({ direction, link: 'eth0', octets, nanoseconds, checksumDeferred: false });
  }
}

function messageOf(octets: Uint8Array): MobilityMessage {
  const layer = decodePacket(octets).at(-1);
  if (layer?.kind !== 'mobility') throw new Error('no Mobility Header');
  return layer.header.message;
}

function ack(sent: Uint8Array, status: number, off = 0): Uint8Array {
  const { sequence = 0 } = messageOf(sent) as { sequence?: number };
  return fromPeer({
    kind: 'bindingAck',
    status,
    flags: 0,
    sequence: (sequence + off) & 0xffff,
    lifetime: 0,
    options: [],
  });
}

const fromPeer = (message: MobilityMessage): Uint8Array =>
  encodeMobilityPacket({ source: PEER, destination: SELF, message });
