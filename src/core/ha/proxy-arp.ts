/**
 * Proxy ARP for the IPv4 home addresses of mobile nodes that are away.
 *
 * Spec: RFC 5555 §4.5 ("must also act as a proxy for address resolution in IPv4"); RFC 826 (answers);
 * RFC 5227 §2.1.1 (probes), §2.3 (announcements), §2.4 (defence).
 */
import { BROADCAST_MAC, macFromOctets, type Ipv4, type MacAddress } from '../../base/address.js';
import { seconds, type Instant } from '../../base/time.js';
import type { ArpMessage } from '../../wire/arp.js';
import type { FrameEffect } from '../effect.js';
import { arpFrame } from '../frames.js';
import type { LinkName, LinkState } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { Claims, type ClaimPolicy } from './claims.js';

export type ProxyArpWhy = 'claim an IPv4 home address';

export class ProxyArp implements Machine<FrameEffect, ProxyArpWhy> {
  readonly #links: ReadonlyMap<LinkName, LinkState>;
  readonly #claims = new Claims<Ipv4>(POLICY);
  readonly #effects: FrameEffect[] = [];

  /** `links` is read, never written. */
  constructor(links: ReadonlyMap<LinkName, LinkState>) {
    this.#links = links;
  }

  claim(address: Ipv4, link: LinkName, at: Instant): void {
    this.#claims.add(address, link, at);
  }

  release(address: Ipv4, link: LinkName): void {
    this.#claims.remove(address, link);
  }

  /** For frames of others only. */
  handleArp(link: LinkName, message: ArpMessage, now: Instant): void {
    const { operation, senderAddress, senderMac, targetAddress } = message;
    // RFC 5227 §2.4 (c): another host speaks as an address of ours; one announcement in DEFEND_INTERVAL.
    if (this.#claims.has(senderAddress, link)) {
      if (this.#claims.mayDefend(senderAddress, link, now)) this.#announce(link, senderAddress);
      return;
    }
    // RFC 826; also to a probe from 0.0.0.0, whose sender then knows that the address is taken, RFC 5227 §2.1.1.
    if (operation === 'request' && this.#claims.has(targetAddress, link)) {
      this.#send(link, senderMac, (mac) => ({
        operation: 'reply',
        senderMac: mac,
        senderAddress: targetAddress,
        targetMac: senderMac,
        targetAddress: senderAddress,
      }));
    }
  }

  handleLinkUp(link: LinkName, now: Instant): void {
    this.#claims.again(link, now);
  }

  handleTimeout(now: Instant): void {
    for (let due = this.#claims.takeDue(now); due; due = this.#claims.takeDue(now)) {
      this.#announce(due.link, due.address);
    }
  }

  pollTimeout(): Deadline<ProxyArpWhy> | undefined {
    const at = this.#claims.next();
    return at === undefined ? undefined : { at, why: 'claim an IPv4 home address' };
  }

  pollEffect(): FrameEffect | undefined {
    return this.#effects.shift();
  }

  /** RFC 5227 §2.3: a request whose sender and target address are both the one announced. */
  #announce(link: LinkName, address: Ipv4): void {
    this.#send(link, BROADCAST_MAC, (mac) => ({
      operation: 'request',
      senderMac: mac,
      senderAddress: address,
      targetMac: NO_MAC,
      targetAddress: address,
    }));
  }

  #send(link: LinkName, destination: MacAddress, build: (own: MacAddress) => ArpMessage): void {
    const state = this.#links.get(link);
    if (!state?.up) return;
    this.#effects.push(arpFrame(link, destination, build(state.mac)));
  }
}

const POLICY: ClaimPolicy = {
  transmits: 2, // RFC 5227 §1.1: ANNOUNCE_NUM
  interval: seconds(2), // ANNOUNCE_INTERVAL
  defendInterval: seconds(10), // DEFEND_INTERVAL
};

const NO_MAC = macFromOctets(new Uint8Array(6));
