/**
 * When which mobile node is told of the home prefixes. What is told is put together when it is sent, so that it is
 * always the whole list of that moment.
 *
 * Spec: RFC 6275 §10.6.2 (scheduling, retransmission), §6.8 (one a second), §8.4 (may be switched off).
 *
 *   quiet ─bound, or a prefix changed→ scheduled ─its time→ unacknowledged ─solicitation→ quiet
 *                                       unacknowledged ─3 s, 6 s, 12 s without one→ (told again) ─→ given up
 *   given up ─another Binding Update→ unacknowledged
 *   any ─solicitation→ answered at once, or a second after the last
 *   any ─binding over→ (forgotten)
 */
import type { Ipv6 } from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import { Deadlines } from '../binding/deadlines.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import type { HomeAgentOptions } from './options.js';

/** Send the list to this mobile node, now. */
export interface AdvertiseEffect {
  readonly kind: 'advertise';
  readonly homeAddress: Ipv6;
  /** Of the solicitation that it answers; `UNSOLICITED` otherwise. */
  readonly identifier: number;
  readonly reason: 'solicited' | 'unsolicited' | 'retransmission';
}

export type AdvertiserSettings = Pick<
  HomeAgentOptions,
  | 'unsolicitedPrefixAdvertisements'
  | 'minPrefixAdvertisementInterval'
  | 'maxPrefixAdvertisementInterval'
>;

export class PrefixAdvertiser implements Machine<AdvertiseEffect> {
  readonly #set: AdvertiserSettings;
  readonly #random: Random;
  readonly #nodes = new Map<Ipv6, Told>();
  readonly #due = new Deadlines<Ipv6>();
  readonly #effects: AdvertiseEffect[] = [];

  constructor(settings: AdvertiserSettings, random: Random) {
    this.#set = settings;
    this.#random = random;
  }

  /** A binding was made or renewed. `preferred`: seconds that the home address is preferred for. */
  bound(homeAddress: Ipv6, preferred: number, now: Instant): void {
    const node = this.#nodes.get(homeAddress);
    if (node?.givenUp) {
      node.givenUp = false;
      node.attempts = 0;
      return this.#at(homeAddress, node, 'retransmission', now);
    }
    if (!node) this.#schedule(homeAddress, this.#newNode(homeAddress), preferred, now);
  }

  /** §10.6.2: whatever is scheduled is cancelled. */
  unbound(homeAddress: Ipv6): void {
    this.#nodes.delete(homeAddress);
    this.#due.delete(homeAddress);
  }

  /** The prefixes have changed for another reason than time passing. */
  changed(homeAddress: Ipv6, preferred: number, now: Instant): void {
    const node = this.#nodes.get(homeAddress);
    if (node) this.#schedule(homeAddress, node, preferred, now);
  }

  /** §10.6.2: answered right away, and whatever was sent before is acknowledged by it. */
  solicited(homeAddress: Ipv6, identifier: number, preferred: number, now: Instant): void {
    const node = this.#nodes.get(homeAddress) ?? this.#newNode(homeAddress);
    node.givenUp = false;
    node.attempts = 0;
    node.preferred = preferred;
    node.identifier = identifier;
    this.#at(homeAddress, node, 'solicited', now);
    this.handleTimeout(now);
  }

  handleTimeout(now: Instant): void {
    for (let home = this.#due.takeDue(now); home !== undefined; home = this.#due.takeDue(now)) {
      const node = this.#nodes.get(home);
      if (node) this.#send(home, node, now);
    }
  }

  pollTimeout(): Deadline | undefined {
    const at = this.#due.next();
    return at === undefined ? undefined : { at, why: 'advertise home prefixes' };
  }

  pollEffect(): AdvertiseEffect | undefined {
    return this.#effects.shift();
  }

  #newNode(homeAddress: Ipv6): Told {
    const node: Told = {
      why: 'unsolicited',
      identifier: UNSOLICITED,
      preferred: 0,
      attempts: 0,
      givenUp: false,
      lastAt: undefined,
    };
    this.#nodes.set(homeAddress, node);
    return node;
  }

  #send(homeAddress: Ipv6, node: Told, now: Instant): void {
    const { why: reason } = node;
    const identifier = reason === 'solicited' ? node.identifier : UNSOLICITED;
    this.#effects.push({ kind: 'advertise', homeAddress, identifier, reason });
    node.lastAt = now;
    if (reason === 'solicited') return this.#schedule(homeAddress, node, node.preferred, now);
    if (reason === 'unsolicited') node.attempts = 0;
    node.attempts++;
    node.givenUp = node.attempts > PREFIX_ADV_RETRIES;
    // §10.6.2: at the latest after MaxMobPfxAdvInterval.
    if (node.givenUp) return this.#schedule(homeAddress, node, node.preferred, now);
    // §10.6.2: PREFIX_ADV_TIMEOUT, doubled for each of PREFIX_ADV_RETRIES.
    const wait = PREFIX_ADV_TIMEOUT * 2 ** (node.attempts - 1);
    this.#at(homeAddress, node, 'retransmission', after(now, wait));
  }

  /** §10.6.2. Ours: what is scheduled for later than the new draw is brought forward, since news is for soon. */
  #schedule(homeAddress: Ipv6, node: Told, preferred: number, now: Instant): void {
    node.preferred = preferred;
    if (!this.#set.unsolicitedPrefixAdvertisements) return;
    const scheduled = this.#due.at(homeAddress);
    if (scheduled !== undefined && node.why !== 'unsolicited') return; // it will tell of this too
    const at = after(now, this.#delay(preferred));
    if (scheduled !== undefined && scheduled <= at) return;
    this.#at(homeAddress, node, 'unsolicited', at);
  }

  /** RAND_ADV_DELAY */
  #delay(preferred: number): Millis {
    const { minPrefixAdvertisementInterval: least, maxPrefixAdvertisementInterval: most } =
      this.#set;
    const spread = Math.abs(Math.min(most, preferred) - least);
    return seconds(least + Math.floor(this.#random.fraction() * spread));
  }

  /** §6.8: no more than one a second to any mobile node. */
  #at(homeAddress: Ipv6, node: Told, why: Told['why'], at: Instant): void {
    node.why = why;
    const least = node.lastAt === undefined ? at : after(node.lastAt, LEAST_GAP);
    this.#due.set(homeAddress, at < least ? least : at);
  }
}

/** What one mobile node has been told, or is to be. */
interface Told {
  /** Of the next one, while there is a deadline. */
  why: AdvertiseEffect['reason'];
  identifier: number;
  /** Seconds, as last known. */
  preferred: number;
  /** Sent and not acknowledged. */
  attempts: number;
  /** Without an acknowledgement. */
  givenUp: boolean;
  lastAt: Instant | undefined;
}

/** Ours: RFC 6275 leaves the identifier of an unsolicited one open. */
export const UNSOLICITED = 0;
const PREFIX_ADV_TIMEOUT = seconds(3); // RFC 6275 §12
const PREFIX_ADV_RETRIES = 3; // RFC 6275 §12
const LEAST_GAP = seconds(1); // RFC 6275 §6.8
