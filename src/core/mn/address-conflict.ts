/**
 * Is our IPv4 address ours alone? Asked while the address is already in use.
 *
 * Spec: RFC 5227 §2.1 (probes), §2.3 (announcements), §2.4 (defence).
 *
 *   idle ─watch→ probing ─nobody objects→ announcing ─twice→ watching
 *   probing ─anybody has or probes for it→ lost      announcing, watching ─two claims within 10 s→ lost
 *
 * §2.1.1 would have the address wait for up to 7 s of probes. Ours: it is used from the first moment on, as RFC 4429
 * does in IPv6, since a DHCP server has just granted it; an objection takes it back. The random delay before the
 * first probe is left out, because a node that moves arrives alone. The announcements wait for the end of the
 * probes: until then nobody's neighbour cache is changed but that of whom we talk to.
 */
import { BROADCAST_MAC, UNSPECIFIED4, type Ipv4, type MacAddress } from '../../base/address.js';
import { after, seconds, type Instant, type Millis } from '../../base/time.js';
import type { ArpMessage } from '../../wire/arp.js';
import type { FrameEffect } from '../effect.js';
import { arpFrame } from '../frames.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import type { Random } from '../random.js';
import { Timers } from '../timers.js';

export type ConflictTimer = 'address conflict probe' | 'address announcement';
/** `defended`: a claim of another host was answered, and the address is still ours. */
export type ConflictVerdict = 'ours' | 'defended' | 'lost';

export class AddressConflict implements Machine<FrameEffect, ConflictTimer> {
  readonly #link: LinkName;
  readonly #random: Random;
  readonly #timers = new Timers<ConflictTimer>();
  readonly #effects: FrameEffect[] = [];
  #address: Ipv4 | undefined;
  #mac: MacAddress = UNKNOWN_MAC;
  #probes = 0;
  #announcements = 0;
  #claimedAt: Instant | undefined;

  constructor(link: LinkName, random: Random) {
    this.#link = link;
    this.#random = random;
  }

  get probing(): boolean {
    return this.#timers.armed('address conflict probe');
  }

  /** The address is taken into use: probe for it and announce it. */
  begin(address: Ipv4, mac: MacAddress, now: Instant): void {
    this.watch(address, mac);
    this.#probe(now);
  }

  /** The address is known to be ours (RFC 4436 §2): only defend it. */
  watch(address: Ipv4, mac: MacAddress): void {
    this.stop();
    this.#address = address;
    this.#mac = mac;
  }

  stop(): void {
    this.#timers.stopAll();
    this.#address = this.#claimedAt = undefined;
    this.#probes = this.#announcements = 0;
  }

  /** `message` is not from an interface of this host. */
  handleArp(message: ArpMessage, now: Instant): ConflictVerdict {
    const { senderAddress, senderMac, targetAddress } = message;
    if (this.#address === undefined || senderMac === this.#mac) return 'ours';
    if (this.probing) {
      // §2.1.1: it has the address, or probes for it as we do.
      const alsoProbes = senderAddress === UNSPECIFIED4 && targetAddress === this.#address;
      return senderAddress === this.#address || alsoProbes ? 'lost' : 'ours';
    }
    if (senderAddress !== this.#address) return 'ours';
    // §2.4 (b): defended once, given up when the claim comes again soon.
    const last = this.#claimedAt;
    this.#claimedAt = now;
    if (last !== undefined && now < after(last, DEFEND_INTERVAL)) return 'lost';
    this.#announce(this.#address);
    return 'defended';
  }

  handleTimeout(now: Instant): void {
    for (let why = this.#timers.takeDue(now); why; why = this.#timers.takeDue(now)) {
      switch (why) {
        case 'address conflict probe':
          if (this.#probes < PROBE_NUM) this.#probe(now);
          else this.#announceNext(now);
          break;
        case 'address announcement':
          this.#announceNext(now);
          break;
        default:
          why satisfies never;
      }
    }
  }

  pollTimeout(): Deadline<ConflictTimer> | undefined {
    return this.#timers.next();
  }

  pollEffect(): FrameEffect | undefined {
    return this.#effects.shift();
  }

  #probe(now: Instant): void {
    const wait =
      ++this.#probes < PROBE_NUM
        ? PROBE_MIN + (PROBE_MAX - PROBE_MIN) * this.#random.fraction()
        : ANNOUNCE_WAIT;
    this.#timers.set('address conflict probe', after(now, wait));
    this.#send(UNSPECIFIED4, this.#address!);
  }

  #announceNext(now: Instant): void {
    this.#announce(this.#address!);
    if (++this.#announcements < ANNOUNCE_NUM) {
      this.#timers.set('address announcement', after(now, ANNOUNCE_INTERVAL));
    }
  }

  #announce(address: Ipv4): void {
    this.#send(address, address);
  }

  #send(senderAddress: Ipv4, targetAddress: Ipv4): void {
    this.#effects.push(
      arpFrame(this.#link, BROADCAST_MAC, {
        operation: 'request',
        senderMac: this.#mac,
        senderAddress,
        targetMac: UNKNOWN_MAC,
        targetAddress,
      }),
    );
  }
}

const UNKNOWN_MAC = '00:00:00:00:00:00' as MacAddress;
// RFC 5227 §1.1
const PROBE_NUM = 3;
const PROBE_MIN: Millis = seconds(1);
const PROBE_MAX: Millis = seconds(2);
const ANNOUNCE_WAIT: Millis = seconds(2);
const ANNOUNCE_NUM = 2;
const ANNOUNCE_INTERVAL: Millis = seconds(2);
const DEFEND_INTERVAL: Millis = seconds(10);
