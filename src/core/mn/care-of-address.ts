/**
 * One address by stateless autoconfiguration, from duplicate address detection to the end of its life.
 *
 * Spec: RFC 4862 §5.4 (DAD), §5.5.3 and §5.5.4 (lifetimes); RFC 4429 (used while DAD runs);
 * RFC 6059 §5.8 (none for an address that is known on this link).
 * RFC 6275 §11.5.3: the random delay before DAD is left out, the node moves alone.
 *
 *   tentative ─no objection for RetransTimer→ preferred ─preferred lifetime→ deprecated ─valid lifetime→ expired
 *   tentative ─objection→ duplicate        (proved before, on this link: begins as preferred)
 */
import { solicitedNode, UNSPECIFIED6, type Ipv6, type MacAddress } from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { EventEffect, FrameEffect } from '../effect.js';
import { event } from '../event.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { Timers } from '../timers.js';
import { ndFrame } from '../frames.js';

export type AddressState = 'tentative' | 'preferred' | 'deprecated' | 'duplicate' | 'expired';
export type AddressTimer = 'duplicate address detection' | 'preferred lifetime' | 'valid lifetime';
export type AddressEffect = FrameEffect | EventEffect;

export interface CareOfAddressSettings {
  readonly link: LinkName;
  readonly address: Ipv6;
  /** Usable at once, RFC 4429; else when DAD is over. */
  readonly optimistic: boolean;
  /** 0: the default of RFC 4861 §10. */
  readonly retransTimer: Millis;
  /** It has passed DAD on this link before: RFC 6059 §5.8 has none again. */
  readonly proved?: boolean;
}

export class CareOfAddress implements Machine<AddressEffect, AddressTimer> {
  readonly address: Ipv6;
  readonly #link: LinkName;
  readonly #optimistic: boolean;
  readonly #timers = new Timers<AddressTimer>();
  readonly #effects: AddressEffect[] = [];
  #state: AddressState = 'tentative';
  #validUntil: Instant | null = null;
  #deprecated = false;

  /** Null for an instant: for ever. */
  constructor(
    settings: CareOfAddressSettings,
    validUntil: Instant | null,
    preferredUntil: Instant | null,
    now: Instant,
  ) {
    this.address = settings.address;
    this.#link = settings.link;
    this.#optimistic = settings.optimistic;
    this.#setLifetimes(validUntil, preferredUntil, now);
    if (settings.proved) {
      this.#state = 'preferred';
      this.#ready();
      return;
    }
    this.#timers.set(
      'duplicate address detection',
      after(now, settings.retransTimer || RETRANS_TIMER),
    );
    this.#solicit();
    if (this.#optimistic) this.#ready();
  }

  get state(): AddressState {
    return this.#state === 'preferred' && this.#deprecated ? 'deprecated' : this.#state;
  }

  get usable(): boolean {
    return this.#state === 'preferred' || (this.#state === 'tentative' && this.#optimistic);
  }

  get deprecated(): boolean {
    return this.#deprecated;
  }

  get validUntil(): Instant | null {
    return this.#validUntil;
  }

  /** A further advertisement of the prefix; the movement detector keeps RFC 4862 §5.5.3 e. */
  refresh(validUntil: Instant | null, preferredUntil: Instant | null, now: Instant): void {
    if (this.#state === 'expired') return;
    this.#setLifetimes(validUntil, preferredUntil, now);
  }

  /** A neighbour solicitation from `::` for our address, or any advertisement of it, by somebody else. */
  handleConflict(from: MacAddress): void {
    if (this.#state !== 'tentative') return; // §5.4.3: afterwards the stack defends the address
    this.#timers.stopAll();
    this.#state = 'duplicate';
    const fields = { address: this.address, link: this.#link, by: from };
    this.#effects.push({ kind: 'event', event: event('ADDRESS_DUPLICATE', fields) });
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'duplicate address detection':
          this.#state = 'preferred';
          if (!this.#optimistic) this.#ready();
          break;
        case 'preferred lifetime':
          this.#deprecated = true;
          break;
        case 'valid lifetime': {
          this.#timers.stopAll();
          this.#state = 'expired';
          const fields = { address: this.address, link: this.#link };
          this.#effects.push({ kind: 'event', event: event('ADDRESS_EXPIRED', fields) });
          break;
        }
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<AddressTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): AddressEffect | undefined {
    return this.#effects.shift();
  }

  #setLifetimes(valid: Instant | null, preferred: Instant | null, now: Instant): void {
    this.#validUntil = valid;
    if (valid === null) this.#timers.stop('valid lifetime');
    else this.#timers.set('valid lifetime', valid);
    this.#deprecated = preferred !== null && preferred <= now;
    if (preferred === null || this.#deprecated) this.#timers.stop('preferred lifetime');
    else this.#timers.set('preferred lifetime', preferred);
  }

  /** RFC 4862 §5.4.2: from `::`, no link-layer option, to the solicited-node group. */
  #solicit(): void {
    const group = solicitedNode(this.address);
    this.#effects.push(
      ndFrame(this.#link, UNSPECIFIED6, group, {
        kind: 'neighborSolicitation',
        target: this.address,
        options: [],
      }),
    );
  }

  #ready(): void {
    const fields = { address: this.address, link: this.#link };
    this.#effects.push({ kind: 'event', event: event('ADDRESS_READY', fields) });
  }
}

const RETRANS_TIMER = seconds(1); // RFC 4861 §10, with DupAddrDetectTransmits 1 of RFC 4862 §5.1
