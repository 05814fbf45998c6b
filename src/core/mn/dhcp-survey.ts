/** Who would lease what on a link: a DISCOVER, and every offer to it. Nothing is requested. RFC 2131 §4.4.1 */
import { BROADCAST4, BROADCAST_MAC, UNSPECIFIED4, type MacAddress } from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import { dhcpType, findDhcpOption } from '../../wire/dhcpv4/codec.js';
import type { FrameEffect } from '../effect.js';
import type { Ingress } from '../ingress.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';
import { dhcpFrame } from './dhcp-frame.js';
import { canBeHost, renewalTimes, termsOf, type Terms } from './dhcp-lease.js';
import { dhcpRequest } from './dhcp-request.js';

export type DhcpSurveyTimer = 'DHCP retransmission' | 'end of the survey';

export interface SurveyedOffer extends Terms {
  /** Who sent the frame: the server, or the relay on this link. */
  readonly serverMac: MacAddress;
  /** seconds, as the client would take them */
  readonly t1: number;
  readonly t2: number;
  /** Milliseconds from the first DISCOVER. */
  readonly after: Millis;
}

export class DhcpSurvey implements Machine<FrameEffect, DhcpSurveyTimer> {
  readonly #link: LinkName;
  readonly #mac: MacAddress;
  readonly #xid: number;
  readonly #since: Instant;
  readonly #timers = new Timers<DhcpSurveyTimer>();
  readonly #effects: FrameEffect[] = [];
  readonly #offers: SurveyedOffer[] = [];
  #done = false;

  constructor(link: LinkName, mac: MacAddress, patience: Millis, random: Random, now: Instant) {
    this.#link = link;
    this.#mac = mac;
    this.#since = now;
    const o = random.octets(4);
    this.#xid = ((o[0]! << 24) | (o[1]! << 16) | (o[2]! << 8) | o[3]!) >>> 0;
    this.#timers.set('end of the survey', after(now, patience));
    this.#discover(now);
  }

  get done(): boolean {
    return this.#done;
  }

  /** As they came; at most `MAX_SURVEYED_OFFERS`. */
  get offers(): readonly SurveyedOffer[] {
    return this.#offers;
  }

  handle(ingress: Ingress, now: Instant): void {
    if (ingress.kind !== 'dhcp' || this.#done) return;
    const { message, linkSource: serverMac } = ingress;
    const server = findDhcpOption(message.options, 'serverIdentifier')?.address;
    if (message.op !== 2 || message.xid !== this.#xid || message.clientHardware !== this.#mac)
      return;
    if (dhcpType(message) !== 'offer' || !server || !canBeHost(server)) return;
    const terms = termsOf(message, server);
    const known = this.#offers.some((o) => o.server === server && o.address === terms?.address);
    if (!terms || known || this.#offers.length >= MAX_SURVEYED_OFFERS) return;
    const times = renewalTimes(message.options, terms.lifetime);
    this.#offers.push({ ...terms, serverMac, ...times, after: now - this.#since });
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'DHCP retransmission':
          this.#discover(now);
          break;
        case 'end of the survey':
          this.#timers.stopAll();
          this.#done = true;
          break;
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<DhcpSurveyTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): FrameEffect | undefined {
    return this.#effects.shift();
  }

  #discover(now: Instant): void {
    const secs = Math.floor((now - this.#since) / 1000);
    const claim = { xid: this.#xid, secs, mac: this.#mac, address: null, server: null };
    const message = dhcpRequest('discover', claim);
    this.#effects.push(dhcpFrame(this.#link, BROADCAST_MAC, UNSPECIFIED4, BROADCAST4, message));
    this.#timers.set('DHCP retransmission', after(now, AGAIN));
  }
}

const AGAIN = seconds(1); // ours: a frame may be lost; who has answered says the same again
/** Ours: more servers than that on one link are an attack. */
export const MAX_SURVEYED_OFFERS = 64;
