/** `mip6 hal` and `mip6 dhaad`, with a daemon and without one. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import Dhaad from '../../commands/dhaad.js';
import Hal from '../../commands/hal.js';
import { ipv6, prefixOf, type Ipv6 } from '../../src/base/address.js';
import { instant } from '../../src/base/time.js';
import { askForHomeAgents } from '../../src/cli/ask-home-agents.js';
import type { SeenPacket, Wire } from '../../src/cli/send/exchange.js';
import type { ListedHomeAgent } from '../../src/core/ha/home-agents-list.js';
import type { DiscoveryVerdict, HomeAgentsView } from '../../src/core/view.js';
import { decodeIcmpv6, type Icmpv6Message } from '../../src/wire/icmpv6.js';
import { decodeIpv6 } from '../../src/wire/ipv6-codec.js';
import { encodeIcmpv6Packet } from '../../src/wire/mobility-packet.js';
import { FakeRole, HOME_AGENT, startFake, type FakeDaemon } from '../helpers/fake-daemon.js';
import { runCommand } from './run-command.js';

class Agent extends FakeRole {
  homeAgents(): readonly ListedHomeAgent[] {
    const other = { link: 'eth0', linkLocal: ipv6('fe80::2'), addresses: [A], preference: 20 };
    return [
      { link: 'eth0', linkLocal: null, addresses: [B], preference: 7, expiresAt: null },
      { ...other, expiresAt: instant(1_801_000) },
    ];
  }
}

class Node extends FakeRole {
  verdict: DiscoveryVerdict = { accepted: true, reason: 'asked' };
  known: HomeAgentsView = KNOWN;

  homeAgents(): readonly HomeAgentsView[] {
    return [this.known];
  }

  discoverHomeAgents(homeAddress: string | null): DiscoveryVerdict {
    this.log.push(`discover ${homeAddress}`);
    return this.verdict;
  }
}

let node: Node;
let mn: FakeDaemon;
let ha: FakeDaemon;

beforeAll(async () => {
  node = new Node();
  mn = await startFake({ createRole: async () => ({ role: node, warnings: [] }) });
  const role = new Agent({ role: 'ha' });
  ha = await startFake({ text: HOME_AGENT, createRole: async () => ({ role, warnings: [] }) });
});
afterAll(async () => {
  await mn.end();
  await ha.end();
});
beforeEach(() => {
  node.verdict = { accepted: true, reason: 'asked' };
  node.known = KNOWN;
  node.log.length = 0;
});

describe('hal', () => {
  it('of a home agent is its Home Agents List', async () => {
    const { stdout, exit } = await runCommand(Hal, ['--socket', ha.socket]);
    expect(exit).toBe(0);
    expect(stdout).toBe(`LINK  ADDRESSES      PREFERENCE  LEFT    HEARD FROM
eth0  2001:db8:a::b  7           -       this home agent
eth0  2001:db8:a::a  20          30 min  fe80::2
`);
  });

  it('of a mobile node is whom it knows, and what came of them', async () => {
    const { stdout } = await runCommand(Hal, ['--socket', mn.socket]);
    expect(stdout).toBe(`2001:db8:a::100
HOME AGENT     STATE    KNOWN FROM     WHY
2001:db8:a::a  failed   configuration  it does not answer; again in 59 s
2001:db8:a::b  current  discovery
home agent discovery: enabled
`);
  });

  it('is the same for programs, with seconds left', async () => {
    const { json } = await runCommand(Hal, ['--socket', mn.socket, '--json']);
    expect(json).toMatchObject({
      links: [],
      homes: [
        { outcome: 'answered', agents: [{ state: 'failed', retryIn: 59 }, { retryIn: null }] },
      ],
    });
    const list = await runCommand(Hal, ['--socket', ha.socket, '--json']);
    expect(list.json).toMatchObject({
      links: [{ expiresIn: null }, { expiresIn: 1800 }],
      homes: [],
    });
  });
});

describe('dhaad, by a mobile node', () => {
  it('asks, and shows whom it knows then', async () => {
    const home = ['--home', '2001:DB8:a::100'];
    const { stdout, exit } = await runCommand(Dhaad, ['--socket', mn.socket, ...home]);
    expect(exit).toBe(0);
    expect(node.log).toContain('discover 2001:db8:a::100');
    expect(stdout).toContain('2001:db8:a::b  current  discovery');
  });

  it('says no when nobody answers in time', async () => {
    node.known = { ...KNOWN, discovery: 'asking', outcome: null };
    const { stdout, exit } = await runCommand(Dhaad, ['--socket', mn.socket, '--wait', '1']);
    expect(exit).toBe(1);
    expect(stdout).toContain('No home agent has answered within 1 s.');
    expect(stdout).toContain('home agent discovery: asking');
  });

  it('says why it cannot be asked', async () => {
    node.verdict = { accepted: false, reason: 'there is no care-of address' };
    const { stdout, exit } = await runCommand(Dhaad, ['--socket', mn.socket]);
    expect(exit).toBe(1);
    expect(stdout).toContain('Refused: there is no care-of address');
  });

  it('is not for home agents', async () => {
    const { stderr, exit } = await runCommand(Dhaad, ['--socket', ha.socket]);
    expect(exit).toBe(1);
    expect(stderr).toContain('This is a home agent: it is asked. `mip6 hal` shows whom it names.');
  });

  it.each([
    [['2001:db8::/64', '--home', '2001:db8::1'], 'With PREFIX no daemon is asked'],
    [['--interface', 'eth0'], 'A daemon knows where it is'],
    [['192.0.2.0/24'], '"192.0.2.0/24" is no IPv6 prefix.'],
    [['2001:db8::/129'], '"2001:db8::/129" is no IPv6 prefix.'],
    [['2001:db8::/64', '--source', 'x'], '"x" is not an IPv6 address.'],
    [['2001:db8::/126', '--source', '2001:db8::1'], '/126 leaves no room for the anycast address'],
  ])('%j is wrong usage', async (args, sentence) => {
    const { stderr, exit } = await runCommand(Dhaad, args);
    expect(exit).toBe(2);
    expect(stderr).toContain(sentence);
  });
});

describe('dhaad, by hand', () => {
  it('asks the anycast address, and takes the answer that fits', async () => {
    const wire = new ScriptedWire(({ identifier }) => [
      reply(identifier ^ 1, [A]),
      reply(identifier, [B, A]),
    ]);
    expect(await ask(wire)).toMatchObject({
      anycast: '2001:db8:a:0:fdff:ffff:ffff:fffe',
      source: CARE_OF,
      by: B,
      agents: [B, A],
      after: expect.any(Number),
    });
    expect(wire.closed).toBe(true);
  });

  it('gives up when the patience is over', async () => {
    const wire = new ScriptedWire(() => []);
    expect(await ask(wire, 30)).toMatchObject({ by: null, agents: [], after: null });
    expect(wire.closed).toBe(true);
  });

  it('passes on what the kernel says, and leaves nothing open', async () => {
    const wire = new ScriptedWire(() => {
      throw new Error('ENETDOWN');
    });
    await expect(ask(wire)).rejects.toThrow('ENETDOWN');
    expect(wire.closed).toBe(true);
  });
});

type Request = Extract<Icmpv6Message, { kind: 'homeAgentDiscoveryRequest' }>;

/** Answers a question with these messages, from B. */
class ScriptedWire implements Wire {
  closed = false;
  readonly #script: (request: Request) => readonly Icmpv6Message[];
  #listener: ((seen: SeenPacket) => void) | null = null;

  constructor(script: (request: Request) => readonly Icmpv6Message[]) {
    this.#script = script;
  }

  send(octets: Uint8Array): void {
    const { source, destination, payload } = decodeIpv6(octets);
    const request = decodeIcmpv6(payload, source, destination) as Request;
    for (const message of this.#script(request)) {
      const answer = encodeIcmpv6Packet({ source: B, destination: source, message });
      setImmediate(() => this.#see(answer));
    }
  }

  listen(listener: ((seen: SeenPacket) => void) | null): void {
    this.#listener = listener;
  }

  close(): void {
    this.closed = true;
  }

  #see(octets: Uint8Array): void {
    this.#listener?.({
      direction: 'in',
      link: 'eth0',
      octets,
      nanoseconds: 0n,
      checksumDeferred: false,
    });
  }
}

const ask = (wire: Wire, patience = 5000) =>
  askForHomeAgents(
    { subnet: prefixOf(ipv6('2001:db8:a::'), 64), source: CARE_OF, link: undefined, patience },
    () => wire,
  );

const reply = (identifier: number, addresses: readonly Ipv6[]): Icmpv6Message => ({
  kind: 'homeAgentDiscoveryReply',
  identifier,
  mobileRouter: false,
  addresses,
});

const A = ipv6('2001:db8:a::a');
const B = ipv6('2001:db8:a::b');
const CARE_OF = ipv6('2001:db8:b::7');
const KNOWN: HomeAgentsView = {
  homeAddress: ipv6('2001:db8:a::100'),
  anycast: ipv6('2001:db8:a:0:fdff:ffff:ffff:fffe'),
  discovery: 'ready',
  outcome: 'answered',
  why: null,
  agents: [
    {
      address: A,
      address4: null,
      from: 'configuration',
      state: 'failed',
      why: 'it does not answer',
      retryAt: instant(60_000),
    },
    { address: B, address4: null, from: 'discovery', state: 'current', why: null, retryAt: null },
  ],
};
