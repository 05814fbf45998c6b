/**
 * How long the mappings of a NAT live, learned by asking through them.
 *
 * RFC 5555 §4.3 has the home agent suggest how often a mobile node behind a NAT refreshes its mapping, and leaves open
 * how long that may be. Ours: shortly before the mobile node's own keep-alive is due, a Binding Refresh Request
 * (RFC 6275 §6.1.2, §11.7.4) goes to the mapping. If a Binding Update answers, the mapping has lived that long, and
 * the next interval is longer. If the mobile node comes by itself, the request was lost with the mapping: the next one
 * is shorter. Looking at ports would not do: most NATs give the same port again.
 *
 *   0 ──── silence ────→ request ─ answered at once ────────→ it lives longer
 *   0 ──── silence ────→ request ─ not answered ─ keep-alive → it does not
 *
 * Data through the tunnel keeps a mapping alive as well, so a busy binding may learn too long an interval; the first
 * quiet one finds out.
 */
import type { Ipv4, Ipv6 } from '../../base/address.js';
import { after, seconds, type Instant } from '../../base/time.js';
import { Deadlines } from '../binding/deadlines.js';

/** One end of a mapping, as it arrived. */
export interface Mapping {
  readonly address: Ipv4;
  readonly port: number;
}

/** What an arrival has told. `lived` and `lost` in seconds. */
export type NatLesson =
  | { readonly kind: 'lived'; readonly lived: number }
  | { readonly kind: 'lost'; readonly lost: number };

export class NatLifetimes {
  /** By the NAT's outer address; least recently used first. */
  readonly #nats = new Map<Ipv4, Bounds>();
  readonly #probes = new Map<Ipv6, Probe>();
  readonly #due = new Deadlines<Ipv6>();

  /** Seconds between keep-alives to suggest to a mobile node behind that address. */
  suggest(nat: Ipv4): number {
    const { lives, dies } = this.#nats.get(nat) ?? UNKNOWN;
    if (dies === null) return Math.min(MAX_REFRESH, Math.floor(lives * STRETCH) + LEAD);
    const between = Math.floor((lives + dies) / 2);
    // Near enough: no more tries, which each cost a lost mapping.
    if (dies - lives <= Math.max(LEAD, lives * CLOSE)) return Math.max(MIN_REFRESH, lives);
    return between + LEAD;
  }

  /**
   * A Binding Update has come through a mapping. Says what that teaches of the silence before it, and what to suggest
   * from now on.
   */
  handleUpdate(
    home: Ipv6,
    mapping: Mapping,
    now: Instant,
  ): { readonly lesson: NatLesson | undefined; readonly refresh: number } {
    const lesson = this.#lessonOf(home, mapping, now);
    if (lesson) this.#learn(mapping.address, lesson);
    const refresh = this.suggest(mapping.address);
    const silence = refresh - LEAD;
    this.#probes.set(home, { mapping, silence, askedAt: undefined });
    this.#due.set(home, after(now, seconds(silence)));
    return { lesson, refresh };
  }

  /** No longer bound through a NAT. */
  forget(home: Ipv6): void {
    this.#probes.delete(home);
    this.#due.delete(home);
  }

  /** Through which binding to send a request now. */
  takeDue(now: Instant): Ipv6 | undefined {
    const home = this.#due.takeDue(now);
    if (home === undefined) return undefined;
    const probe = this.#probes.get(home);
    if (probe && probe.askedAt === undefined) {
      probe.askedAt = now;
      this.#due.set(home, after(now, seconds(AGAIN))); // one packet may be lost
    }
    return home;
  }

  nextDue(): Instant | undefined {
    return this.#due.next();
  }

  #lessonOf(home: Ipv6, mapping: Mapping, now: Instant): NatLesson | undefined {
    const probe = this.#probes.get(home);
    if (!probe || probe.mapping.address !== mapping.address || probe.askedAt === undefined) {
      return undefined; // elsewhere, or before there was silence enough
    }
    const { silence, askedAt } = probe;
    const samePort = probe.mapping.port === mapping.port;
    const answered = now < after(askedAt, seconds(PATIENCE));
    return samePort && answered
      ? { kind: 'lived', lived: silence }
      : { kind: 'lost', lost: silence };
  }

  #learn(nat: Ipv4, lesson: NatLesson): void {
    const { lives, dies } = this.#nats.get(nat) ?? UNKNOWN;
    this.#nats.delete(nat); // to the end: most recently used
    if (this.#nats.size >= MAX_NATS) this.#nats.delete(this.#nats.keys().next().value!);
    if (lesson.kind === 'lived') {
      const now = Math.max(lives, lesson.lived);
      this.#nats.set(nat, { lives: now, dies: dies !== null && dies > now ? dies : null });
    } else {
      const { lost } = lesson;
      // What was believed is wrong: another NAT, or the request itself was lost.
      const still = lives < lost ? lives : Math.max(MIN_REFRESH - LEAD, Math.floor(lost / 2));
      this.#nats.set(nat, { lives: still, dies: Math.max(lost, still + 1) });
    }
  }
}

/** Seconds of silence: a mapping has lived as long, and has not. */
interface Bounds {
  readonly lives: number;
  readonly dies: number | null;
}

interface Probe {
  readonly mapping: Mapping;
  /** Seconds without a packet until the request. */
  readonly silence: number;
  askedAt: Instant | undefined;
}

/** Seconds from the request to the mobile node's own keep-alive. */
export const LEAD = 3;
/** Seconds between the two requests. */
const AGAIN = 1;
/** Seconds that an answer may take from the first one on; before its own keep-alive comes. */
const PATIENCE = 2.5;
/** Seconds. The shortest-lived NATs allow 30. */
const UNKNOWN: Bounds = { lives: 20, dies: null };
const STRETCH = 1.5;
/** Fraction of what it lives within which its end is known well enough. */
const CLOSE = 0.15;
export const MIN_REFRESH = 10; // seconds
export const MAX_REFRESH = 1800; // seconds; beyond, a node that vanished keeps its mapping for nothing
/** Outer addresses that are remembered. */
export const MAX_NATS = 4096;
