/** `mip6 nat probe`: the question, put to a real home agent through a NAT or none, and what is said of the answer. */
import { describe, expect, it } from 'vitest';
import NatProbe from '../../commands/nat/probe.js';
import { inPrefix, prefix, type Ipv4, type Ipv6 } from '../../src/base/address.js';
import { probeNat, type NatAnswer } from '../../src/cli/probe-nat.js';
import { natText } from '../../src/cli/render/nat.js';
import type { SeenPacket, Wire } from '../../src/cli/send/exchange.js';
import type { LinuxWireOptions } from '../../src/cli/send/linux-wire.js';
import { plain } from '../../src/cli/style.js';
import type { PacketEffect } from '../../src/core/effect.js';
import type { HomeAgentOptions } from '../../src/core/ha/options.js';
import { SYSTEM_RANDOM } from '../../src/linux/random.js';
import { decodeIpv4, encodeIpv4 } from '../../src/wire/ipv4.js';
import { decodeIpv6 } from '../../src/wire/ipv6-codec.js';
import { encodeMobilityPacket } from '../../src/wire/mobility-packet.js';
import { decodeMobility } from '../../src/wire/mobility/codec.js';
import type { MobilityMessage } from '../../src/wire/mobility/message.js';
import { PROTOCOL } from '../../src/wire/protocol.js';
import { decodeUdp, encodeUdp } from '../../src/wire/udp.js';
import { Bench, HA, HA4, NAT4, PRIVATE4, udpFrom } from '../core/ha/harness.js';
import { startFake } from '../helpers/fake-daemon.js';
import { runCommand } from './run-command.js';

describe('put to a home agent', () => {
  it.each<{
    name: string;
    options: Partial<HomeAgentOptions>;
    nat: Ipv4 | null;
    found: Partial<NatAnswer>;
  }>([
    {
      name: 'through a NAT: there is one, with the keep-alive that the home agent suggests',
      options: { natRefresh: 90 },
      nat: NAT4,
      found: { outcome: 'nat', udp: true, refresh: 90 },
    },
    {
      name: 'through a NAT that it has yet to learn about',
      options: { natAdaptive: true },
      nat: NAT4,
      found: { outcome: 'nat', udp: true, refresh: 33 },
    },
    {
      name: 'without a NAT: none',
      options: {},
      nat: null,
      found: { outcome: 'none', udp: false, refresh: null },
    },
  ])('$name', async ({ options, nat, found }) => {
    const wire = new AgentWire(options, nat);
    const answer = await ask(wire);
    expect(answer).toMatchObject({
      homeAgent: HA,
      homeAgent4: HA4,
      source: PRIVATE4,
      status: 132,
      error: null,
      tries: 1,
      ...found,
    });
    expect(wire.opened).toEqual({
      link: undefined,
      ports: [answer.sourcePort, 4191],
      ownPorts: [answer.sourcePort],
    });
    expect(wire.closed).toBe(true);
  });

  it('nothing is bound, and whoever is asked about is nobody', async () => {
    const wire = new AgentWire({}, NAT4);
    await ask(wire);
    await ask(wire);
    expect(wire.bench.view().bc).toEqual([]);
    expect(wire.bench.datapaths).toBe(new Bench().datapaths);
    const [first, second] = wire.asked.map(({ source }) => source);
    expect(first).not.toBe(second);
    expect(inPrefix(first!, prefix('fd00::/8'))).toBe(true);
  });
});

describe('where it gets other answers', () => {
  it('the same question goes again every second, and a late answer counts', async () => {
    const wire = new ScriptedWire((n) => (n < 2 ? [] : [ack({ refresh: 110 })]));
    const answer = await ask(wire, 3000);
    expect(answer).toMatchObject({ outcome: 'nat', refresh: 110, tries: 2, rttMs: null });
    expect(wire.asked[1]).toEqual(wire.asked[0]);
  });

  it('silence ends with the patience', async () => {
    const wire = new ScriptedWire(() => []);
    expect(await ask(wire, 30)).toMatchObject({ outcome: 'silence', status: null, tries: 1 });
    expect(wire.closed).toBe(true);
  });

  it.each([
    ['without the option it is untold', ack(null), { outcome: 'untold', udp: null, status: 132 }],
    [
      'a refresh time of 0 suggests nothing',
      ack({ refresh: 0 }),
      { outcome: 'nat', udp: true, refresh: null },
    ],
    [
      'UDP may be wanted without a NAT',
      ack({ refresh: 0xffffffff, forceUdp: true }),
      { outcome: 'none', udp: true, refresh: null },
    ],
    [
      'a Binding Error is an error, in words',
      { kind: 'bindingError', status: 2, homeAddress: '::' as Ipv6, options: [] } as const,
      { outcome: 'error', error: expect.stringContaining('Unrecognized MH Type value') },
    ],
  ])('%s', async (_, message, found) => {
    expect(await ask(new ScriptedWire(() => [message]))).toMatchObject(found);
  });

  it('whoever binds it all the same is asked to forget it', async () => {
    const wire = new ScriptedWire(() => [ack({ refresh: 110 }, 0)]);
    expect(await ask(wire)).toMatchObject({ outcome: 'nat', status: 0 });
    const [made, undone] = wire.asked;
    expect(wire.asked).toHaveLength(2);
    expect(undone).toMatchObject({ source: made!.source, lifetime: 0 });
    expect(undone!.sequence).toBe((made!.sequence + 1) & 0xffff);
  });

  it('what the kernel says is passed on, and nothing is left open', async () => {
    const wire = new ScriptedWire(() => {
      throw new Error('ENETDOWN');
    });
    await expect(ask(wire)).rejects.toThrow('ENETDOWN');
    expect(wire.closed).toBe(true);
  });

  it('Ctrl-C ends it', async () => {
    const stop = new AbortController();
    const wire = new ScriptedWire(() => {
      setImmediate(() => stop.abort());
      return [];
    });
    await expect(ask(wire, 60_000, stop.signal)).rejects.toThrow();
    expect(wire.closed).toBe(true);
  });
});

describe('in words', () => {
  it('a NAT', () => {
    expect(natText(ANSWER, 4, plain)).toBe(
      `There is a NAT between 10.0.0.9 and 192.0.2.1.
from        10.0.0.9:50000, a private address (RFC 1918)
home agent  192.0.2.1, 2001:db8::1
data goes   in UDP
keep-alive  every 110 s, as the home agent suggests
answer      132 Not home subnet, after 3.2 ms`,
    );
  });

  it.each<[Partial<NatAnswer>, RegExp]>([
    [{ outcome: 'none' }, /no NAT .* in the same network\.$/m],
    [
      { outcome: 'none', source: '198.51.100.9' as Ipv4 },
      /no NAT between \S+ and 192\.0\.2\.1\.$/m,
    ],
    [{ outcome: 'none', udp: false }, /^data goes +in IPv4, without UDP$/m],
    [{ outcome: 'none', udp: true }, /^data goes +in UDP, as the home agent wants it$/m],
    [{ refresh: null }, /^keep-alive +as MnNatKeepalive says$/m],
    [{ rttMs: null }, /^answer +132 Not home subnet$/m],
    [{ source: '100.64.0.9' as Ipv4 }, /a provider’s NAT \(RFC 6598\)$/m],
    [{ outcome: 'untold', udp: null }, /does not say whether .* \(RFC 5555 §3\.2\.2\)/],
    [
      { outcome: 'error', error: 'port unreachable' },
      /^192\.0\.2\.1 cannot be asked: port unreachable$/m,
    ],
    [{ outcome: 'silence', status: null }, /^192\.0\.2\.1 does not answer .* within 4 s\./],
  ])('%j', (other, text) => {
    expect(natText({ ...ANSWER, ...other }, 4, plain)).toMatch(text);
  });
});

describe('on the command line', () => {
  it.each([
    ['203.0.113.1', 'both of its addresses'],
    ['203.0.113.1 203.0.113.2', 'both of its addresses'],
    ['203.0.113.1 2001:db8:a::1x', '"2001:db8:a::1x" is no IP address'],
    ['203.0.113.1 2001:db8:a::1 --name mn', 'no daemon is asked'],
    ['203.0.113.1 2001:db8:a::1 --source ::1', '"::1" is not an IPv4 address'],
  ])('%s: %s', async (words, sentence) => {
    const { stderr, exit } = await runCommand(NatProbe, words.split(' '));
    expect(exit).toBe(2);
    expect(stderr).toContain(sentence);
  });

  it('a mobile node without a home agent over IPv4 cannot say whom to ask', async () => {
    const fake = await startFake({ view: { bul: [] } });
    const { stderr, exit } = await runCommand(NatProbe, ['--socket', fake.socket]);
    await fake.end();
    expect(exit).toBe(2);
    expect(stderr).toContain('knows no home agent with an IPv4 address');
  });
});

/** What was asked, out of its UDP. */
interface Question {
  readonly source: Ipv6;
  readonly sequence: number;
  readonly lifetime: number;
}

abstract class TestWire implements Wire {
  opened: LinuxWireOptions | undefined;
  closed = false;
  readonly asked: Question[] = [];
  #listener: ((seen: SeenPacket) => void) | null = null;

  send(octets: Uint8Array): void {
    const { source, destination, payload } = decodeIpv4(octets);
    const udp = decodeUdp(payload, source, destination);
    const inner = decodeIpv6(udp.payload);
    const { message } = decodeMobility(inner.payload);
    if (message.kind !== 'bindingUpdate') throw new Error(message.kind);
    const { sequence, lifetime } = message;
    this.asked.push({ source: inner.source, sequence, lifetime });
    const port = udp.sourcePort;
    for (const reply of this.answer(udp.payload, port)) {
      const datagram = { sourcePort: 4191, destinationPort: port, payload: reply };
      const packet = { ...V4, source: HA4, destination: source };
      const answer = encodeIpv4({ ...packet, payload: encodeUdp(datagram, HA4, source) });
      setImmediate(() => this.#see(answer));
    }
  }

  listen(listener: ((seen: SeenPacket) => void) | null): void {
    this.#listener = listener;
  }

  close(): void {
    this.closed = true;
  }

  protected abstract answer(octets: Uint8Array, port: number): readonly Uint8Array[];

  #see(octets: Uint8Array): void {
    const nanoseconds = BigInt(Date.now()) * 1_000_000n;
    this.#listener?.({
      direction: 'in',
      link: 'eth0',
      octets,
      nanoseconds,
      checksumDeferred: false,
    });
  }
}

/** Our home agent, behind a NAT of that outer address or none. */
class AgentWire extends TestWire {
  readonly bench: Bench;
  readonly #nat: Ipv4 | null;

  constructor(options: Partial<HomeAgentOptions>, nat: Ipv4 | null) {
    super();
    this.bench = new Bench(options);
    this.#nat = nat;
  }

  protected override answer(octets: Uint8Array, port: number): readonly Uint8Array[] {
    const outer = this.#nat === null ? udpFrom(PRIVATE4, port) : udpFrom(this.#nat, 40_000);
    this.bench.packet(octets, outer);
    const sent: PacketEffect[] = this.bench.sent();
    this.bench.take();
    return sent.map((effect) => effect.octets);
  }
}

/** Answers the `n`th question with these messages, or throws as a kernel does. */
class ScriptedWire extends TestWire {
  readonly #script: (n: number) => readonly MobilityMessage[];

  constructor(script: (n: number) => readonly MobilityMessage[]) {
    super();
    this.#script = script;
  }

  protected override answer(): readonly Uint8Array[] {
    const { source: destination, sequence } = this.asked.at(-1)!;
    return this.#script(this.asked.length).map((said) => {
      const message = said.kind === 'bindingAck' ? { ...said, sequence } : said;
      return encodeMobilityPacket({ source: HA, destination, message });
    });
  }
}

const ask = (wire: TestWire, patience = 1000, signal = new AbortController().signal) =>
  probeNat(
    { homeAgent: HA, homeAgent4: HA4, source: PRIVATE4, link: undefined, patience, signal },
    (options) => {
      wire.opened = options;
      return wire;
    },
    SYSTEM_RANDOM,
  );

function ack(
  option: { refresh: number; forceUdp?: boolean } | null,
  status = 132,
): Extract<MobilityMessage, { kind: 'bindingAck' }> {
  const nat = option && ({ kind: 'natDetection', forceUdp: false, ...option } as const);
  return {
    kind: 'bindingAck',
    status,
    flags: 0,
    sequence: 0,
    lifetime: 0,
    options: nat ? [nat] : [],
  };
}

const V4 = {
  tos: 0,
  identification: 0,
  dontFragment: false,
  moreFragments: false,
  fragmentOffset: 0,
  ttl: 64,
  protocol: PROTOCOL.udp,
  options: new Uint8Array(),
};
const ANSWER: NatAnswer = {
  homeAgent: HA,
  homeAgent4: HA4,
  source: PRIVATE4,
  sourcePort: 50_000,
  outcome: 'nat',
  udp: true,
  refresh: 110,
  status: 132,
  error: null,
  tries: 1,
  rttMs: 3.2,
};
