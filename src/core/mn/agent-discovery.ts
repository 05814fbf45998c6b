/**
 * Dynamic Home Agent Address Discovery, asking side: one question to the Home-Agents anycast address of the home
 * subnet, repeated until answered.
 *
 * Spec: RFC 6275 §11.4.1 (asking, again after twice as long), §6.5, §6.6, §12 (constants).
 *
 *   quiet ─ask→ asking ─answered→ quiet
 *               asking ─3, 6, 12, 24, 48 s without an answer→ quiet, unanswered
 */
import { isRoutableUnicast, type Ipv6 } from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import { encodeIcmpv6Packet } from '../../wire/mobility-packet.js';
import type { EventEffect, PacketEffect } from '../effect.js';
import { event } from '../event.js';
import type { IngressOf } from '../ingress.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';

/** Where the question leaves from. */
export interface AskedFrom {
  readonly careOf: Ipv6;
  /** Absent: as the host routes. */
  readonly link?: LinkName;
}

export type AgentDiscoveryEffect =
  | PacketEffect
  | EventEffect
  /** Best first, never empty. `by`: the home agent that answered. */
  | { readonly kind: 'found'; readonly agents: readonly Ipv6[]; readonly by: Ipv6 }
  | { readonly kind: 'unanswered' };

export type AgentDiscoveryTimer = 'home agent discovery retransmission';

export class AgentDiscovery implements Machine<AgentDiscoveryEffect, AgentDiscoveryTimer> {
  readonly #homeAddress: Ipv6 | null;
  readonly #anycast: Ipv6;
  readonly #random: Random;
  readonly #timers = new Timers<AgentDiscoveryTimer>();
  readonly #effects: AgentDiscoveryEffect[] = [];
  #from: AskedFrom | undefined;
  #identifier = 0;
  #attempts = 0;
  #interval: Millis = 0;

  /** `homeAddress`: of whom events speak; null where nobody has one. */
  constructor(homeAddress: Ipv6 | null, anycast: Ipv6, random: Random) {
    this.#homeAddress = homeAddress;
    this.#anycast = anycast;
    this.#random = random;
  }

  get asking(): boolean {
    return this.#from !== undefined;
  }

  /** Asks now; a question that is under way from there goes on. */
  ask(from: AskedFrom, now: Instant): void {
    if (this.#from?.careOf === from.careOf && this.#from.link === from.link) return;
    const octets = this.#random.octets(2);
    this.#identifier = (octets[0]! << 8) | octets[1]!;
    this.#from = from;
    this.#attempts = 0;
    this.#interval = INITIAL_DHAAD_TIMEOUT;
    this.#send(now);
  }

  stop(): void {
    this.#from = undefined;
    this.#timers.stopAll();
  }

  /** True when it answers what was asked. What it leads to is among the effects. */
  handleReply(reply: IngressOf<'icmpv6'>): boolean {
    const { message, source, packetDestination } = reply;
    const from = this.#from;
    if (message.kind !== 'homeAgentDiscoveryReply' || !from) return false;
    // §6.6: to the care-of address that asked, bare, with the identifier of the question.
    if (message.identifier !== this.#identifier || packetDestination !== from.careOf) return false;
    if (reply.homeAddressOption || reply.routing2 || !isRoutableUnicast(source)) return false;
    const own = [from.careOf, this.#homeAddress];
    const usable = message.addresses.filter((a) => isRoutableUnicast(a) && !own.includes(a));
    const agents = [...new Set(usable)].slice(0, MAX_ADDRESSES);
    if (agents.length === 0) return false;
    this.stop();
    const fields = { homeAddress: this.#homeAddress, by: source, agents: agents.join(' ') };
    this.#effects.push({ kind: 'event', event: event('DHAAD_ANSWER', fields) });
    this.#effects.push({ kind: 'found', agents, by: source });
    return true;
  }

  handleTimeout(now: Instant): void {
    while (this.#timers.takeDue(now)) {
      if (this.#attempts <= DHAAD_RETRIES) {
        this.#interval *= 2; // §11.4.1
        this.#send(now);
        continue;
      }
      const fields = { homeAddress: this.#homeAddress, anycast: this.#anycast };
      this.stop();
      const attempts = this.#attempts;
      this.#effects.push({
        kind: 'event',
        event: event('DHAAD_UNANSWERED', { ...fields, attempts }),
      });
      this.#effects.push({ kind: 'unanswered' });
    }
  }

  pollTimeout(): Deadline<AgentDiscoveryTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): AgentDiscoveryEffect | undefined {
    return this.#effects.shift();
  }

  /** §11.4.1: the same request, also when it is sent again. */
  #send(now: Instant): void {
    const { careOf, link } = this.#from!;
    this.#attempts++;
    this.#timers.set('home agent discovery retransmission', after(now, this.#interval));
    const octets = encodeIcmpv6Packet({
      source: careOf,
      destination: this.#anycast,
      message: {
        kind: 'homeAgentDiscoveryRequest',
        identifier: this.#identifier,
        mobileRouter: false,
      },
    });
    this.#effects.push({ kind: 'packet', octets, ...(link === undefined ? {} : { link }) });
    const fields = { homeAddress: this.#homeAddress, anycast: this.#anycast, careOf };
    const attempt = this.#attempts;
    this.#effects.push({ kind: 'event', event: event('DHAAD_SENT', { ...fields, attempt }) });
  }
}

const INITIAL_DHAAD_TIMEOUT = seconds(3); // RFC 6275 §12
export const DHAAD_RETRIES = 4; // RFC 6275 §12
/** Ours: of one answer. One that fits the minimum MTU holds 77. */
const MAX_ADDRESSES = 77;
