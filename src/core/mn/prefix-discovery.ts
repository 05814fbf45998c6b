/**
 * Asking the home agent for the home prefixes, for one home address: when, how often, and which answers count.
 *
 * Spec: RFC 6275 §11.4.2 (sending), §11.4.3 (receiving), §11.8 (retransmission), §11.7.3 (status 1).
 *
 *   quiet ─status 1, told unasked, its time, a person→ asking ─answered→ quiet
 *                                                      asking ─3, 6, 12, 24, 32, … s without an answer→ (asks again)
 *                                                      asking ─asked so often→ quiet, until its time
 */
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { EventEffect } from '../effect.js';
import { event } from '../event.js';
import type { Ipv6 } from '../../base/address.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';

export type DiscoveryTimer =
  'Mobile Prefix Solicitation retransmission' | 'asking for home prefixes';
export type DiscoveryEffect =
  EventEffect | { readonly kind: 'solicit'; readonly identifier: number; readonly attempt: number };

export class PrefixDiscovery implements Machine<DiscoveryEffect, DiscoveryTimer> {
  readonly #homeAddress: Ipv6;
  readonly #random: Random;
  readonly #timers = new Timers<DiscoveryTimer>();
  readonly #effects: DiscoveryEffect[] = [];
  /** Of the last solicitation, until an advertisement has answered it. */
  #identifier: number | undefined;
  #attempts = 0;
  #interval: Millis = 0;
  #answeredAt: Instant | undefined;

  constructor(homeAddress: Ipv6, random: Random) {
    this.#homeAddress = homeAddress;
    this.#random = random;
  }

  /** What was asked has had no answer yet. */
  get asking(): boolean {
    return this.#timers.armed('Mobile Prefix Solicitation retransmission');
  }

  /** Asks now, unless an answer is waited for. */
  solicit(now: Instant): void {
    if (this.asking) return;
    this.#timers.stop('asking for home prefixes');
    this.#attempts = 0;
    this.#interval = INITIAL_SOLICIT_TIMER;
    this.#identifier = this.#freshIdentifier();
    this.#send(now);
  }

  /**
   * §11.7.3: an acknowledgement says that prefix discovery is necessary. Ours: not again within a minute of an answer,
   * or every handover would cost an exchange where routers advertise short preferred lifetimes.
   */
  necessary(now: Instant): void {
    if (this.#answeredAt !== undefined && now - this.#answeredAt < FRESH) return;
    this.solicit(now);
  }

  /**
   * Is this the answer to what was last asked, and the first one? §11.4.3: if not it is to be dropped, and asked for.
   */
  advertised(identifier: number, now: Instant): boolean {
    if (this.#identifier === undefined || identifier !== this.#identifier) {
      this.solicit(now);
      return false;
    }
    this.#identifier = undefined;
    this.#timers.stop('Mobile Prefix Solicitation retransmission');
    this.#answeredAt = now;
    return true;
  }

  /** When to ask again unprompted; undefined: never. */
  askAt(at: Instant | undefined): void {
    if (at === undefined) this.#timers.stop('asking for home prefixes');
    else if (!this.asking) this.#timers.set('asking for home prefixes', at);
  }

  /** At home routers tell, and without a binding nobody answers. */
  stop(): void {
    this.#timers.stopAll();
    this.#identifier = undefined;
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'Mobile Prefix Solicitation retransmission':
          this.#again(now);
          break;
        case 'asking for home prefixes':
          this.solicit(now);
          break;
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<DiscoveryTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): DiscoveryEffect | undefined {
    return this.#effects.shift();
  }

  #again(now: Instant): void {
    if (this.#attempts < MAX_ATTEMPTS) {
      this.#interval = Math.min(this.#interval * 2, MAX_INTERVAL);
      return this.#send(now);
    }
    this.#identifier = undefined;
    const fields = { homeAddress: this.#homeAddress, attempts: this.#attempts };
    this.#effects.push({ kind: 'event', event: event('PREFIXES_UNANSWERED', fields) });
    this.#timers.set('asking for home prefixes', after(now, PAUSE));
  }

  #send(now: Instant): void {
    this.#attempts++;
    this.#timers.set('Mobile Prefix Solicitation retransmission', after(now, this.#interval));
    const { homeAddress, attempt } = { homeAddress: this.#homeAddress, attempt: this.#attempts };
    this.#effects.push(
      { kind: 'solicit', identifier: this.#identifier!, attempt },
      { kind: 'event', event: event('PREFIXES_SOLICITED', { homeAddress, attempt }) },
    );
  }

  /** §11.4.2: random. Never 0, which unsolicited advertisements bear. */
  #freshIdentifier(): number {
    const [high, low] = this.#random.octets(2);
    return ((high! << 8) | low!) % 0xffff || 0xffff;
  }
}

const INITIAL_SOLICIT_TIMER = seconds(3); // RFC 6275 §12
const MAX_INTERVAL = seconds(32); // RFC 6275 §11.8: MAX_BINDACK_TIMEOUT bounds these too
const MAX_ATTEMPTS = 6; // ours: §11.8 lets us go on for ever, but home agents without prefix discovery exist
const PAUSE = seconds(3600); // ours: after that many
const FRESH = seconds(60);
