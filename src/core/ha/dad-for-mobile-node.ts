/**
 * Duplicate Address Detection on the home link for an address that is about to be bound.
 *
 * Spec: RFC 6275 §10.3.1 (before the first answer; also the link-local address when L is set);
 * RFC 4862 §5.4.2 (probe), §5.4.3 and §5.4.4 (what tells of a duplicate).
 *
 *   start → probing ─RetransTimer→ unique
 *                   ─advertised or probed by another→ duplicate
 */
import { solicitedNode, UNSPECIFIED6, type Ipv6 } from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import type { NdMessage } from '../../wire/nd/message.js';
import { Deadlines } from '../binding/deadlines.js';
import type { FrameEffect } from '../effect.js';
import type { LinkName } from '../input.js';
import type { Deadline, Machine } from '../machine.js';
import { ndFrame } from '../frames.js';

export type DadEffect =
  | FrameEffect
  | { readonly kind: 'unique'; readonly homeAddress: Ipv6 }
  /** `address` is the one in use: the home address or its link-local one. */
  | { readonly kind: 'duplicate'; readonly homeAddress: Ipv6; readonly address: Ipv6 };

export type DadWhy = 'duplicate address detection ends';

/** Probes for many home addresses side by side; its owner bounds how many. */
export class DadForMobileNode implements Machine<DadEffect, DadWhy> {
  readonly #probes = new Map<Ipv6, Probe>();
  readonly #tentative = new Map<string, Ipv6>();
  readonly #ends = new Deadlines<Ipv6>();
  readonly #effects: DadEffect[] = [];

  /** Number of home addresses being probed. */
  get size(): number {
    return this.#probes.size;
  }

  /** Starts over when the home address is probed already. */
  start(homeAddress: Ipv6, link: LinkName, linkLocal: Ipv6 | null, now: Instant): void {
    this.cancel(homeAddress);
    const addresses = linkLocal === null ? [homeAddress] : [homeAddress, linkLocal];
    this.#probes.set(homeAddress, { link, addresses });
    this.#ends.set(homeAddress, after(now, DAD_TIME));
    for (const target of addresses) {
      this.#tentative.set(keyOf(link, target), homeAddress);
      const solicitation = { kind: 'neighborSolicitation', target, options: [] } as const;
      // RFC 4862 §5.4.2: from the unspecified address, hence without a source link-layer option.
      this.#effects.push(ndFrame(link, UNSPECIFIED6, solicitedNode(target), solicitation));
    }
  }

  cancel(homeAddress: Ipv6): void {
    const probe = this.#probes.get(homeAddress);
    if (!probe) return;
    this.#probes.delete(homeAddress);
    this.#ends.delete(homeAddress);
    for (const address of probe.addresses) this.#tentative.delete(keyOf(probe.link, address));
  }

  /** For frames of others only: what our own probe looks like when the link loops it back is no duplicate. */
  handleNd(link: LinkName, source: Ipv6, message: NdMessage): void {
    const advertised = message.kind === 'neighborAdvertisement';
    // RFC 4862 §5.4.3: a solicitation with a source only resolves the address, and tells nothing.
    const probed = message.kind === 'neighborSolicitation' && source === UNSPECIFIED6;
    if (!advertised && !probed) return;
    const homeAddress = this.#tentative.get(keyOf(link, message.target));
    if (homeAddress === undefined) return;
    this.cancel(homeAddress);
    this.#effects.push({ kind: 'duplicate', homeAddress, address: message.target });
  }

  handleTimeout(now: Instant): void {
    let homeAddress = this.#ends.takeDue(now);
    for (; homeAddress !== undefined; homeAddress = this.#ends.takeDue(now)) {
      this.cancel(homeAddress);
      this.#effects.push({ kind: 'unique', homeAddress });
    }
  }

  pollTimeout(): Deadline<DadWhy> | undefined {
    const at = this.#ends.next();
    return at === undefined ? undefined : { at, why: 'duplicate address detection ends' };
  }

  pollEffect(): DadEffect | undefined {
    return this.#effects.shift();
  }
}

interface Probe {
  readonly link: LinkName;
  readonly addresses: readonly Ipv6[];
}

const keyOf = (link: LinkName, address: Ipv6): string => `${link} ${address}`;

/** RFC 4862 §5.4.2: DupAddrDetectTransmits 1 (§5.1), each followed by RetransTimer (RFC 4861 §10). */
export const DAD_TIME = seconds(1);
