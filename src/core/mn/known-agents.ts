/**
 * The home agents of one home address: which are known, which one serves, which have failed. Who is asked next is
 * decided here and nowhere else.
 *
 * Spec: RFC 6275 §11.4.1: in the order of the answer, first the one that has our registration, the next one when it
 * does not answer or refuses.
 */
import { after, seconds, type Instant } from '../../base/time.js';
import type { Ipv4, Ipv6 } from '../../base/address.js';
import type { HomeAgentView } from '../view.js';

export interface Agent {
  readonly address: Ipv6;
  /** Where it takes Binding Updates in UDP; null where nobody has said. */
  readonly address4: Ipv4 | null;
}
export type AgentOrigin = HomeAgentView['from'];

export interface AgentChange {
  readonly from: Agent | undefined;
  readonly to: Agent;
}

export class KnownAgents {
  readonly #known = new Map<AgentOrigin, readonly Agent[]>();
  readonly #failed = new Map<Ipv6, { readonly until: Instant; readonly why: string }>();
  #current: Agent | undefined;

  get current(): Agent | undefined {
    return this.#current;
  }

  /** The one that serves has failed, and no other could take its place. */
  get atEnd(): boolean {
    return this.#current === undefined || this.#failed.has(this.#current.address);
  }

  /** When a home agent that failed may be asked again; undefined while the current one serves. */
  get againAt(): Instant | undefined {
    if (!this.atEnd || this.#failed.size === 0) return undefined;
    return Math.min(...[...this.#failed.values()].map(({ until }) => until)) as Instant;
  }

  originOf(agent: Agent): AgentOrigin | undefined {
    return ORIGINS.find((origin) => this.#known.get(origin)?.some((a) => same(a, agent)));
  }

  /** Takes the place of what came from there before. The one that serves goes on, listed or not. */
  learn(origin: AgentOrigin, agents: readonly Agent[], now: Instant): AgentChange | undefined {
    this.#known.set(origin, agents.slice(0, MAX_AGENTS));
    const all = this.#all();
    for (const address of this.#failed.keys()) {
      if (!all.some((agent) => agent.address === address)) this.#failed.delete(address);
    }
    const again = all.find((agent) => agent.address === this.#current?.address);
    if (again && again.address4 !== this.#current?.address4) return this.#become(again);
    return this.atEnd ? this.best(now) : undefined;
  }

  /** It has been heard: what is held against it is over. */
  alive(address: Ipv6): void {
    this.#failed.delete(address);
  }

  /** The one that had our registration before anything else is tried. */
  prefer(address: Ipv6): void {
    this.#current = this.#all().find((agent) => agent.address === address) ?? this.#current;
  }

  /** The one that serves is not to be asked for a while; undefined when there is no other. */
  fail(why: string, now: Instant): AgentChange | undefined {
    const current = this.#current;
    if (!current) return undefined;
    this.#failed.set(current.address, { until: after(now, FAILED_FOR), why });
    return this.best(now);
  }

  /** The first that has not failed lately. */
  best(now: Instant): AgentChange | undefined {
    for (const [address, { until }] of this.#failed) {
      if (until <= now) this.#failed.delete(address);
    }
    const next = this.#all().find(({ address }) => !this.#failed.has(address));
    return next && next.address !== this.#current?.address ? this.#become(next) : undefined;
  }

  list(): HomeAgentView[] {
    const all = this.#all();
    const gone = this.#current && !all.some((agent) => same(agent, this.#current!));
    return [...all, ...(gone ? [this.#current!] : [])].map((agent) => {
      const failed = this.#failed.get(agent.address);
      const current = agent.address === this.#current?.address;
      return {
        address: agent.address,
        address4: agent.address4,
        from: this.originOf(agent) ?? 'discovery',
        state: current ? 'current' : failed ? 'failed' : 'known',
        why: failed?.why ?? null,
        retryAt: failed?.until ?? null,
      };
    });
  }

  #become(to: Agent): AgentChange {
    const from = this.#current;
    this.#current = to;
    return { from, to };
  }

  #all(): Agent[] {
    const all = new Map<Ipv6, Agent>();
    for (const origin of ORIGINS) {
      for (const agent of this.#known.get(origin) ?? []) {
        if (!all.has(agent.address)) all.set(agent.address, agent);
      }
    }
    return [...all.values()];
  }
}

const same = (a: Agent, b: Agent): boolean => a.address === b.address;

/** What is written comes before what was heard. */
const ORIGINS: readonly AgentOrigin[] = ['configuration', 'name', 'discovery', 'advertisement'];
/** Ours: of one origin. An answer that fits the minimum MTU holds 77. */
export const MAX_AGENTS = 32;
const FAILED_FOR = seconds(60); // ours
