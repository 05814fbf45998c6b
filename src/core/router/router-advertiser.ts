/**
 * Sends router advertisements on one link: unsolicited to all nodes, answers to solicitations.
 *
 * Spec: RFC 4861 §6.2.4 (unsolicited), §6.2.5 (ceasing), §6.2.6 (solicited); RFC 6275 §7.1-§7.5, §13.
 *
 *   silent ─link up→ advertising ─link down→ silent
 *                    advertising ─stop→ silent (with a final advertisement of lifetime 0)
 *
 * A solicitor with an address is answered by unicast, which is not rate limited (RFC 4861 §6.2.6: MAY); one
 * without is answered to all nodes.
 */
import {
  ALL_NODES,
  isIpv6,
  isLinkLocal,
  linkLocalAddress,
  multicastMac,
  UNSPECIFIED6,
  type Ipv6,
  type MacAddress,
} from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { NdOption, RouterAdvertisement } from '../../wire/nd/message.js';
import type { FrameEffect } from '../effect.js';
import { ndFrame } from '../frames.js';
import type { NdIngress } from '../ingress.js';
import type { LinkState } from '../input.js';
import { earlier, type Deadline, type Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';
import type { AdvertiseOptions } from './options.js';

/** `advertise`: to all nodes. `answer`: to one solicitor. */
export type AdvertiserTimer = 'advertise' | 'answer';

export class RouterAdvertiser implements Machine<FrameEffect, AdvertiserTimer> {
  #options: AdvertiseOptions;
  readonly #random: Random;
  #minDelay: Millis;
  readonly #timers = new Timers<'advertise'>();
  readonly #answers = new Map<Ipv6, { readonly mac: MacAddress; readonly at: Instant }>();
  readonly #effects: FrameEffect[] = [];
  #link: LinkState | undefined;
  /** Advertisements of the first few, RFC 4861 §6.2.4, still to come. */
  #initial = 0;
  #lastMulticast: Instant | undefined;

  constructor(options: AdvertiseOptions, random: Random) {
    this.#options = options;
    this.#random = random;
    this.#minDelay = minDelayOf(options);
  }

  /** RFC 4861 §6.2.4: what is told anew goes out at once, as the first few advertisements do. */
  configure(options: AdvertiseOptions, now: Instant): void {
    this.#options = options;
    this.#minDelay = minDelayOf(options);
    if (this.#link) this.#begin(now);
  }

  /** The link as it is now. Coming up, or coming up again unseen, begins the first few advertisements. */
  handleLink(link: LinkState, now: Instant): void {
    const before = this.#link;
    if (!link.up) return this.#silence();
    this.#link = link;
    if (before && before.carrierUps === link.carrierUps) return;
    this.#begin(now);
  }

  handleLinkGone(): void {
    this.#silence();
  }

  /** A valid Router Solicitation; anything else is ignored. */
  handleSolicitation({ source, linkSource, message }: NdIngress, now: Instant): void {
    if (!this.#link || message.kind !== 'routerSolicitation') return;
    // A single answer to several solicitations keeps the delay of the first.
    if (this.#answers.has(source)) return;
    const wait = this.#random.fraction() * (this.#options.raDelay ?? MAX_RA_DELAY_TIME);
    const at = after(now, wait);
    if (source === UNSPECIFIED6 || this.#answers.size >= MAX_ANSWERS) {
      // RFC 4861 §6.2.6: within the rate limit the delay counts from its end.
      const free = this.#multicastFree(now);
      this.#schedule(free > now ? after(free, wait) : at);
    } else {
      const option = message.options.find((o) => o.kind === 'sourceLinkLayer');
      this.#answers.set(source, { mac: option?.address ?? linkSource, at });
    }
    this.handleTimeout(now);
  }

  /** RFC 4861 §6.2.5: says goodbye and falls silent. Ours: at once, whatever was sent just before. */
  stop(now: Instant): void {
    if (this.#link) this.#multicast(now, 0);
    this.#silence();
  }

  /** Early and repeated calls are harmless. */
  handleTimeout(now: Instant): void {
    if (this.#timers.takeDue(now)) this.#advertise(now);
    for (const [source, { mac, at }] of this.#answers) {
      if (at > now) continue;
      this.#answers.delete(source);
      this.#send(source, mac, this.#options.routerLifetime);
    }
  }

  pollTimeout(): Deadline<AdvertiserTimer> | undefined {
    let next: Deadline<AdvertiserTimer> | undefined = this.#timers.next();
    for (const { at } of this.#answers.values()) next = earlier(next, { at, why: 'answer' });
    return next;
  }

  pollEffect(): FrameEffect | undefined {
    return this.#effects.shift();
  }

  get advertising(): boolean {
    return this.#link !== undefined;
  }

  #begin(now: Instant): void {
    this.#initial = MAX_INITIAL_RTR_ADVERTISEMENTS;
    this.#schedule(now);
    this.handleTimeout(now);
  }

  #silence(): void {
    this.#link = undefined;
    this.#timers.stopAll();
    this.#answers.clear();
  }

  /** Not before the rate limit allows; an earlier advertisement already due serves as well. */
  #schedule(at: Instant): void {
    const due = Math.max(at, this.#multicastFree(at)) as Instant;
    const already = this.#timers.at('advertise');
    if (already === undefined || due < already) this.#timers.set('advertise', due);
  }

  /** RFC 4861 §6.2.6 MIN_DELAY_BETWEEN_RAS, RFC 6275 §13 MinDelayBetweenRAs. */
  #multicastFree(now: Instant): Instant {
    return this.#lastMulticast === undefined ? now : after(this.#lastMulticast, this.#minDelay);
  }

  #advertise(now: Instant): void {
    this.#multicast(now, this.#options.routerLifetime);
    // RFC 4861 §6.2.4: the first one goes out when the interface begins, so the capped intervals follow it.
    this.#initial = Math.max(0, this.#initial - 1);
    const { minInterval, maxInterval } = this.#options;
    if (maxInterval === 0 && this.#initial === 0) return;
    const spread = Math.max(0, maxInterval - minInterval);
    let interval = minInterval + this.#random.fraction() * spread;
    if (this.#initial > 0) interval = Math.min(interval, MAX_INITIAL_RTR_ADVERT_INTERVAL);
    this.#schedule(after(now, interval));
  }

  #multicast(now: Instant, routerLifetime: number): void {
    this.#lastMulticast = now;
    this.#send(ALL_NODES, multicastMac(ALL_NODES), routerLifetime);
  }

  #send(destination: Ipv6, mac: MacAddress, routerLifetime: number): void {
    const link = this.#link!;
    // RFC 4861 §4.2: the source is the link-local address of the interface.
    const own = link.addresses
      .map(({ address }) => address)
      .filter(isIpv6)
      .find(isLinkLocal);
    const source = own ?? linkLocalAddress(link.mac);
    const message = advertisement(this.#options, link, routerLifetime);
    this.#effects.push(ndFrame(link.name, source, destination, message, mac));
  }
}

function minDelayOf({ minInterval, minDelayBetweenRas }: AdvertiseOptions): Millis {
  const least = Math.min(MIN_DELAY_BETWEEN_RAS, minInterval);
  return Math.max(MIN_DELAY_FLOOR, minDelayBetweenRas ?? least);
}

/** A router lifetime of 0 says goodbye: the Home Agent Information option would outlive it and stays out. */
function advertisement(
  options: AdvertiseOptions,
  link: LinkState,
  routerLifetime: number,
): RouterAdvertisement {
  const list: NdOption[] = [{ kind: 'sourceLinkLayer', address: link.mac }];
  if (options.mtu !== undefined) list.push({ kind: 'mtu', mtu: options.mtu });
  for (const { prefix, routerAddress, ...rest } of options.prefixes) {
    list.push({
      kind: 'prefixInformation',
      prefixLength: prefix.length,
      onLink: rest.onLink ?? true,
      autonomous: rest.autonomous ?? true,
      routerAddress: routerAddress !== undefined,
      validLifetime: rest.validLifetime,
      preferredLifetime: rest.preferredLifetime,
      prefix: routerAddress ?? prefix.address,
    });
  }
  if (options.advertiseInterval && options.maxInterval > 0) {
    list.push({ kind: 'advertisementInterval', interval: toldInterval(options.maxInterval) });
  }
  if (options.homeAgent && options.homeAgentInformation && routerLifetime > 0) {
    const { preference, lifetime } = options.homeAgentInformation;
    list.push({ kind: 'homeAgentInformation', mobileRouter: false, preference, lifetime });
  }
  return {
    kind: 'routerAdvertisement',
    hopLimit: options.hopLimit ?? HOST_HOP_LIMIT,
    managed: false,
    otherConfig: false,
    homeAgent: options.homeAgent,
    preference: 0,
    routerLifetime,
    reachableTime: 0,
    retransTimer: 0,
    options: list,
  };
}

/** RFC 6275 §7.5: 20 ms on top below 200 ms, for the scheduling of both ends. */
const toldInterval = (maxInterval: Millis): Millis =>
  Math.round(maxInterval < 200 ? maxInterval + 20 : maxInterval);

const MAX_INITIAL_RTR_ADVERT_INTERVAL = seconds(16); // RFC 4861 §10
const MAX_INITIAL_RTR_ADVERTISEMENTS = 3; // RFC 4861 §10
const MAX_RA_DELAY_TIME = seconds(0.5); // RFC 4861 §10
const MIN_DELAY_BETWEEN_RAS = seconds(3); // RFC 4861 §10
const MIN_DELAY_FLOOR = seconds(0.03); // RFC 6275 §13
const HOST_HOP_LIMIT = 64; // RFC 1700, as RFC 4861 §6.2.1 recommends
/** Ours: solicitors waiting for their own answer; the next one is answered to all nodes. */
const MAX_ANSWERS = 64;
