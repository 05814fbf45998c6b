/** Which of the known networks is this link? The gateway of each is asked until it answers, RFC 4436 §2.1. */
import { after, type Instant, type Millis } from '../../base/time.js';
import type { FrameEffect } from '../effect.js';
import type { Ingress } from '../ingress.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { Timers } from '../timers.js';
import { answersProbe, gatewayProbe, type ProbedNetwork } from './gateway-probe.js';

export type GatewayTestTimer = 'another try' | 'end of the test';

export interface GatewayAnswer<N extends ProbedNetwork> {
  readonly network: N;
  /** Milliseconds from the first question; null: none has come. */
  readonly after: Millis | null;
}

export class GatewayTest<N extends ProbedNetwork> implements Machine<
  FrameEffect,
  GatewayTestTimer
> {
  readonly #link: LinkName;
  readonly #networks: readonly N[];
  readonly #answered = new Map<N, Millis>();
  readonly #timers = new Timers<GatewayTestTimer>();
  readonly #effects: FrameEffect[] = [];
  readonly #since: Instant;
  #tries = 0;
  #done = false;

  constructor(link: LinkName, networks: readonly N[], patience: Millis, now: Instant) {
    this.#link = link;
    this.#networks = networks;
    this.#since = now;
    if (networks.length === 0) this.#finish();
    else {
      this.#timers.set('end of the test', after(now, patience));
      this.#ask(now);
    }
  }

  get done(): boolean {
    return this.#done;
  }

  get answers(): readonly GatewayAnswer<N>[] {
    return this.#networks.map((network) => ({
      network,
      after: this.#answered.get(network) ?? null,
    }));
  }

  handle(ingress: Ingress, now: Instant): void {
    if (ingress.kind !== 'arp' || this.#done) return;
    for (const network of this.#networks) {
      if (this.#answered.has(network) || !answersProbe(network, ingress.message)) continue;
      this.#answered.set(network, now - this.#since);
    }
    if (this.#answered.size === this.#networks.length) this.#finish();
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'another try':
          this.#ask(now);
          break;
        case 'end of the test':
          this.#finish();
          break;
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<GatewayTestTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): FrameEffect | undefined {
    return this.#effects.shift();
  }

  #ask(now: Instant): void {
    for (const network of this.#networks) {
      if (!this.#answered.has(network)) this.#effects.push(gatewayProbe(this.#link, network));
    }
    if (++this.#tries <= MAX_RETRIES) this.#timers.set('another try', after(now, RETRY));
  }

  #finish(): void {
    this.#timers.stopAll();
    this.#done = true;
  }
}

const MAX_RETRIES = 2; // RFC 4436 §2.1: recommended to be no more
const RETRY: Millis = 300; // ours
