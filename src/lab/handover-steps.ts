/**
 * What one handover was made of, from the cable being in to the first packet each way: every step with whose time it
 * was. Read from frames as links carried them and from events of the nodes, all on the lab's one clock, so that a
 * router's, a server's, the network's and the home agent's time stand apart from the mobile node's own.
 *
 *   cable in ─ours→ seen ─ours→ question on the link ─theirs→ answer ─ours→ … → care-of address chosen
 *     ─ours→ Binding Update on the link ─network, home agent, network→ acknowledgement ─ours→ datapath as declared
 *     ─traffic→ first packet in ─ours→ first packet out
 */
import type { Millis } from '../base/time.js';
import type { EventCode } from '../core/event.js';
import { decodeFrame } from '../diagnostics/decode-packet.js';
import { summarize, type PacketSummary } from '../diagnostics/describe.js';
import { round, type Told } from './timeline.js';
import type { Happening, LabTime } from './world.js';

/** Whose time it was. `head start`: MnIpv6HeadStart, which somebody configured. `traffic`: nobody sent anything yet. */
export type StepOwner =
  'ours' | 'router' | 'dhcp server' | 'network' | 'home agent' | 'head start' | 'traffic';

export interface HandoverStep {
  readonly name: string;
  readonly owner: StepOwner;
  readonly took: Millis;
}

export interface HandoverSteps {
  /** In order, without gaps: their sum is the whole. */
  readonly steps: readonly HandoverStep[];
  /** What never happened; null when all did. */
  readonly missing: string | null;
}

export interface MeasuredMove {
  readonly node: string;
  /** Where it came to, and by which hardware address. */
  readonly link: string;
  readonly mac: string;
  /** The link that the home agent has its signalling on while the node is there. */
  readonly agentLink: string;
  /** When the cable was put in. */
  readonly from: LabTime;
  readonly until: LabTime;
}

export function handoverSteps(happenings: readonly Happening[], move: MeasuredMove): HandoverSteps {
  const seen = new Sightings(happenings, move);
  const steps: HandoverStep[] = [];
  let reached = move.from;
  const step = (name: string, owner: StepOwner, at: LabTime): void => {
    // The clocks of two processes and of the kernel differ by microseconds: a step is never negative.
    const end = Math.max(at, reached);
    steps.push({ name, owner, took: round(end - reached) });
    reached = end;
  };
  const stuck = (missing: string): HandoverSteps => ({ steps, missing });

  const up = seen.event(['LINK_UP'], move.from, (e) => e.notice.fields['link'] !== undefined);
  if (!up) return stuck('the node never saw carrier');
  step('carrier seen', 'ours', up.at);

  const chosen = seen.event(['CARE_OF_CHOSEN', 'RETURNING_HOME'], up.at);
  if (!chosen) return stuck('no care-of address was chosen');
  const four = String(chosen.notice.fields['careOf'] ?? '').includes('.');
  const bound = four ? seen.event(['DHCP_BOUND'], up.at) : undefined;
  if (four && !bound) return stuck('an IPv4 address without a lease');
  const settled = bound?.at ?? chosen.at;
  const talk = bound ? seen.leaseTalk(bound) : ROUTER;
  for (const { question, asked, answer, answered, owner } of talk) {
    const q = seen.frame(move.link, 'out', question, up.at, settled);
    const a = q && seen.frame(move.link, 'in', answer, q.at, settled);
    if (!q || !a) return stuck(`${asked} or ${answered} was not on the link`);
    // Of several answers the last before the choice is the one that led to it.
    const last = owner === 'router' ? seen.lastFrame(move.link, 'in', answer, settled)! : a;
    step(asked, 'ours', q.at);
    step(answered, owner, last.at);
  }
  if (bound) {
    step('address usable', 'ours', bound.at);
    step('IPv6 head start', 'head start', chosen.at);
  } else step('address chosen', 'ours', chosen.at);

  const update = seen.frame(move.link, 'out', /^BU /, chosen.at - SLACK);
  if (!update) return stuck('no Binding Update left');
  step('Binding Update sent', 'ours', update.at);
  const there = seen.frame(move.agentLink, 'any', /^BU /, update.at);
  const reply = there && seen.frame(move.agentLink, 'any', /^BA /, there.at);
  const answer = reply && seen.frame(move.link, 'in', /^BA /, reply.at);
  if (!there || !reply || !answer) return stuck('no Binding Acknowledgement came');
  step('update to the home agent', 'network', there.at);
  step('home agent', 'home agent', reply.at);
  step('acknowledgement back', 'network', answer.at);

  const accepted = seen.event(['BINDING_ACCEPTED', 'BINDING_REMOVED'], answer.at - SLACK);
  if (!accepted) return stuck('the binding was not accepted');
  const ready = seen.event(['DATAPATH_READY'], accepted.at) ?? accepted;
  step('datapath ready', 'ours', ready.at);

  const first = seen.frame(move.link, 'in', /^echo request/, reached);
  const out = first && seen.frame(move.link, 'out', /^echo reply/, first.at);
  if (!first || !out) return stuck('no packet each way');
  step('first packet in', 'traffic', first.at);
  step('first packet out', 'ours', out.at);
  return { steps, missing: null };
}

/** The mobile node's own time. */
export const ownShare = (steps: readonly HandoverStep[]): Millis =>
  round(sum(steps.filter((s) => s.owner === 'ours').map((s) => s.took)));

export const wholeTime = (steps: readonly HandoverStep[]): Millis =>
  round(sum(steps.map((s) => s.took)));

interface SeenFrame {
  readonly at: LabTime;
  readonly link: string;
  readonly direction: 'in' | 'out';
  readonly message: string;
}

/** What was seen of one move, in order of time; frames are taken apart once, when they are asked for. */
class Sightings {
  readonly #move: MeasuredMove;
  readonly #events: readonly Told[];
  readonly #frames: readonly SeenFrame[];

  constructor(happenings: readonly Happening[], move: MeasuredMove) {
    this.#move = move;
    const during = happenings
      .filter((h) => h.at >= move.from && h.at < move.until)
      .sort((a, b) => a.at - b.at);
    this.#events = during.filter((h): h is Told => h.kind === 'event' && h.node === move.node);
    this.#frames = during.flatMap((h) => {
      if (h.kind !== 'frame' || (h.link !== move.link && h.link !== move.agentLink)) return [];
      const layers = decodeFrame(h.octets);
      const { message }: PacketSummary = summarize(layers);
      const ethernet = layers.find((l) => l.kind === 'ethernet');
      const direction = ethernet?.source === move.mac ? 'out' : 'in';
      return [{ at: h.at, link: h.link, direction, message }];
    });
  }

  event(
    codes: readonly EventCode[],
    since: LabTime,
    also: (e: Told) => boolean = () => true,
  ): Told | undefined {
    return this.#events.find((e) => e.at >= since && codes.includes(e.notice.code) && also(e));
  }

  /** How the lease was got. */
  leaseTalk(bound: Told): readonly Talk[] {
    if (bound.notice.fields['reason'] === 'gateway answered') return GATEWAY;
    const chosen = this.frame(this.#move.link, 'out', LEASE[1]!.question, 0, bound.at);
    return chosen ? LEASE : REBOOT;
  }

  frame(
    link: string,
    direction: 'in' | 'out' | 'any',
    message: RegExp,
    since: LabTime,
    until = this.#move.until,
  ): SeenFrame | undefined {
    return this.#frames.find(
      (f) =>
        f.at >= since &&
        f.at <= until &&
        f.link === link &&
        (direction === 'any' || f.direction === direction) &&
        message.test(f.message),
    );
  }

  lastFrame(
    link: string,
    direction: 'in' | 'out',
    message: RegExp,
    until: LabTime,
  ): SeenFrame | undefined {
    return this.#frames
      .filter(
        (f) =>
          f.at <= until && f.link === link && f.direction === direction && message.test(f.message),
      )
      .at(-1);
  }
}

/** A question of the node and who made it wait for the answer. */
interface Talk {
  readonly question: RegExp;
  readonly asked: string;
  readonly answer: RegExp;
  readonly answered: string;
  readonly owner: StepOwner;
}

/** RFC 4861 §6.3.7; a router that is known may answer a neighbour solicitation sooner: RFC 6059. */
const ROUTER: readonly Talk[] = [
  {
    question: /^(RS|NS for)/,
    asked: 'router asked',
    answer: /^(RA|NA)/,
    answered: 'router answered',
    owner: 'router',
  },
];
/** RFC 4436 §2.1 */
const GATEWAY: readonly Talk[] = [
  {
    question: /^ARP who has/,
    asked: 'gateway asked',
    answer: /^ARP .* is at/,
    answered: 'gateway answered',
    owner: 'router',
  },
];
/** RFC 2131 §4.4.1 */
const LEASE: readonly Talk[] = [
  {
    question: /^DHCP DISCOVER/,
    asked: 'DISCOVER sent',
    answer: /^DHCP OFFER/,
    answered: 'OFFER',
    owner: 'dhcp server',
  },
  {
    question: /^DHCP REQUEST .*server/,
    asked: 'REQUEST sent',
    answer: /^DHCP ACK/,
    answered: 'ACK',
    owner: 'dhcp server',
  },
];

/** RFC 2131 §4.4.2: an address of before, which the server still has for us. */
const REBOOT: readonly Talk[] = [
  {
    question: /^DHCP REQUEST/,
    asked: 'REQUEST sent',
    answer: /^DHCP ACK/,
    answered: 'ACK',
    owner: 'dhcp server',
  },
];

const sum = (values: readonly number[]): number => values.reduce((a, b) => a + b, 0);

/** Ours, ms: an event is stamped when it is reported, the frame beside it when the kernel has it. */
const SLACK = 2;
