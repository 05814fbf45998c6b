/** Home Agent Address Discovery from this host, with no daemon: RFC 6275 §11.4.1. */
import type { Ipv6, Prefix } from '../base/address.js';
import { homeAgentsAnycast } from '../base/anycast.js';
import { UsageError } from '../base/error.js';
import { ingressPacket } from '../core/ingress.js';
import { AgentDiscovery } from '../core/mn/agent-discovery.js';
import type { Random } from '../core/random.js';
import { LinuxClock } from '../linux/clock.js';
import { SYSTEM_RANDOM } from '../linux/random.js';
import { LinuxError } from '../linux/error.js';
import type { Wire } from './send/exchange.js';
import { openLinuxWire } from './send/linux-wire.js';
import { kernelChoice } from './send/source-choice.js';

export interface Question {
  readonly subnet: Prefix<Ipv6>;
  /** Absent: the kernel chooses. */
  readonly source: Ipv6 | undefined;
  readonly link: string | undefined;
  /** Milliseconds. */
  readonly patience: number;
}

export interface Answer {
  readonly anycast: Ipv6;
  readonly source: Ipv6;
  /** Null: nobody has answered. */
  readonly by: Ipv6 | null;
  readonly agents: readonly Ipv6[];
  /** Milliseconds. */
  readonly after: number | null;
}

/** Throws `UsageError`, and `LinuxError` where it cannot be asked. */
export async function askForHomeAgents(
  { subnet, source, link, patience }: Question,
  open: (link: string | undefined) => Wire = openWire,
  random: Random = SYSTEM_RANDOM,
): Promise<Answer> {
  const anycast = homeAgentsAnycast(subnet);
  if (anycast === null) {
    throw new UsageError(
      'USAGE',
      `/${subnet.length} leaves no room for the anycast address (RFC 2526).`,
    );
  }
  const from = source ?? (await kernelChoice(link).six(anycast));
  if (from === undefined) {
    throw new LinuxError('SOCKET', `There is no route to ${anycast}.`, {
      errno: 'ENETUNREACH',
      way: 'Name a source with --source, or bring an interface up.',
    });
  }
  const wire = open(link);
  const clock = new LinuxClock();
  const machine = new AgentDiscovery(null, anycast, random);
  const since = clock.now();
  return new Promise<Answer>((done, fail) => {
    let cancel: (() => void) | undefined;
    let over = false;
    const end = (say: () => void) => {
      over = true;
      cancel?.();
      // Not from inside the call that hands a packet over.
      setImmediate(() => {
        wire.close();
        say();
      });
    };
    const none = { anycast, source: from, by: null, agents: [], after: null };
    const step = (input: () => void): void => {
      if (over) return;
      try {
        input();
        for (let e = machine.pollEffect(); e && !over; e = machine.pollEffect()) {
          if (e.kind === 'packet') wire.send(e.octets);
          else if (e.kind === 'found') {
            const { agents, by } = e;
            const after = Math.round((clock.now() - since) * 10) / 10;
            return end(() => done({ anycast, source: from, by, agents, after }));
          }
        }
      } catch (error) {
        return end(() => fail(error instanceof Error ? error : new Error(String(error))));
      }
      cancel?.();
      if (clock.now() - since >= patience) return end(() => done(none));
      const limit = since + patience;
      const next = Math.min(machine.pollTimeout()?.at ?? limit, limit);
      cancel = clock.wake(next as typeof since, () =>
        step(() => machine.handleTimeout(clock.now())),
      );
    };
    wire.listen(({ direction, octets, link: on }) => {
      if (direction !== 'in') return;
      const arrival = { kind: 'native' } as const;
      const result = ingressPacket({ link: on, octets, arrival, protected: false });
      if (!result.ok || result.value.kind !== 'icmpv6') return;
      const { value } = result;
      step(() => void machine.handleReply(value));
    });
    step(() => machine.ask({ careOf: from }, clock.now()));
  });
}

const openWire = (link: string | undefined): Wire =>
  openLinuxWire({ link, ports: [], ownPorts: [] });
