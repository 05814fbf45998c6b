/**
 * Which frames a person wants to see go by: mobility, DHCP, errors, solicitations and duplicate address detection;
 * of advertisements that come twenty times a second, the first that a node meets after a move. A frame that crosses several
 * links is told once, where it was first seen.
 */
import type { PacketSummary } from '../diagnostics/describe.js';
import type { LabTime } from './world.js';

export class Signalling {
  readonly #recent = new Map<string, LabTime>();
  #awaited: string | null = null;

  /** A node is about to be plugged into `link`: the next advertisement there is news. */
  expectAdvertisement(link: string | null): void {
    this.#awaited = link;
  }

  worthTelling(summary: PacketSummary, link: string, at: LabTime): boolean {
    switch (summary.class) {
      case 'mobility':
      case 'dhcp':
      case 'error':
        return this.#firstSeen(summary.text, at);
      case 'discovery':
        if (summary.message.startsWith('RA')) {
          if (link !== this.#awaited) return false;
          this.#awaited = null;
          return true;
        }
        return (
          summary.message.startsWith('RS') ||
          (summary.message.startsWith('NS DAD') && this.#firstSeen(summary.text, at))
        );
      case 'arp':
        return /^ARP (probe|announces)/.test(summary.message);
      case 'echo':
      case 'data':
      case 'broken':
        return false;
      default:
        return summary.class satisfies never;
    }
  }

  #firstSeen(text: string, at: LabTime): boolean {
    const before = this.#recent.get(text);
    for (const [known, when] of this.#recent)
      if (at - when > SAME_FRAME) this.#recent.delete(known);
    if (before !== undefined && at - before <= SAME_FRAME) return false;
    this.#recent.set(text, at);
    return true;
  }
}

/** ms: no lab's network takes longer to carry a frame across, no sender repeats itself faster. */
const SAME_FRAME = 100;
