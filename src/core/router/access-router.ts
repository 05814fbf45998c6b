/**
 * The access router role: router advertisements and a DHCPv4 server on the links that its options name.
 * Forwarding is the world's. Machines: `router-advertiser.ts`, `dhcp-server.ts`.
 */
import type { Instant } from '../../base/time.js';
import type { RoleEffect } from '../effect.js';
import { event } from '../event.js';
import { ingressFrame } from '../ingress.js';
import type { LinkName, LinkState, ReceivedFrame, WorldInput } from '../input.js';
import { earlier, type Deadline } from '../machine.js';
import type { Random } from '../random.js';
import type { Role } from '../role.js';
import type { RoleView } from '../view.js';
import { DhcpServer, type LeaseView } from './dhcp-server.js';
import type { AccessRouterOptions } from './options.js';
import { RouterAdvertiser } from './router-advertiser.js';

export type { AccessRouterOptions, AdvertiseOptions, DhcpServerOptions } from './options.js';

export class AccessRouter implements Role {
  readonly #advertisers: Map<LinkName, RouterAdvertiser>;
  readonly #servers: Map<LinkName, DhcpServer>;
  readonly #random: Random;
  readonly #links = new Map<LinkName, LinkState>();
  readonly #counters = new Map<string, number>();
  readonly #effects: RoleEffect[] = [];
  #stopped = false;

  /** Throws `UsageError` `DHCP_POOL` for a pool without addresses. */
  constructor(options: AccessRouterOptions, random: Random) {
    this.#random = random;
    this.#advertisers = new Map(
      options.advertise.map((each) => [each.link, new RouterAdvertiser(each, random)]),
    );
    this.#servers = new Map(options.dhcp.map((each) => [each.link, new DhcpServer(each)]));
  }

  start(links: readonly LinkState[], _kept: ReadonlyMap<string, string>, now: Instant): void {
    this.#effects.push({ kind: 'event', event: event('STARTED', { role: 'router' }) });
    for (const link of links) this.#link(link, now);
  }

  /**
   * From now on as the options say, on links that it knows. Leases stay with a server that stays; advertising that
   * ends takes leave, a server that ends says nothing. Throws as the constructor does.
   */
  configure({ advertise, dhcp }: AccessRouterOptions, now: Instant): void {
    if (this.#stopped) return;
    for (const each of dhcp) {
      const server = this.#servers.get(each.link);
      if (server) server.configure(each);
      else this.#servers.set(each.link, new DhcpServer(each));
    }
    for (const each of advertise) {
      const known = this.#advertisers.get(each.link);
      if (known) {
        known.configure(each, now);
        continue;
      }
      const advertiser = new RouterAdvertiser(each, this.#random);
      this.#advertisers.set(each.link, advertiser);
      const link = this.#links.get(each.link);
      if (link) advertiser.handleLink(link, now);
    }
    for (const [link, advertiser] of this.#advertisers) {
      if (!advertise.some((each) => each.link === link)) advertiser.stop(now);
    }
    this.#collect();
    for (const link of this.#advertisers.keys()) {
      if (!advertise.some((each) => each.link === link)) this.#advertisers.delete(link);
    }
    for (const link of this.#servers.keys()) {
      if (!dhcp.some((each) => each.link === link)) this.#servers.delete(link);
    }
  }

  handle(input: WorldInput, now: Instant): void {
    if (this.#stopped) return;
    switch (input.kind) {
      case 'frame':
        return this.#frame(input.frame, now);
      case 'link':
        return this.#link(input.link, now);
      case 'linkGone':
        this.#links.delete(input.name);
        this.#advertisers.get(input.name)?.handleLinkGone();
        this.#servers.get(input.name)?.handleLinkDown();
        return;
      case 'packet':
      case 'firstPacket':
        return; // nothing of it is a router's
      default:
        input satisfies never;
    }
  }

  handleTimeout(now: Instant): void {
    for (const machine of this.#machines()) machine.handleTimeout(now);
    this.#collect();
  }

  pollTimeout(): Deadline | undefined {
    let next: Deadline | undefined;
    for (const machine of this.#machines()) next = earlier<string>(next, machine.pollTimeout());
    return next;
  }

  pollEffect(): RoleEffect | undefined {
    return this.#effects.shift();
  }

  /** Takes leave of every link at once; leases are left to run out. */
  stop(now: Instant): void {
    if (this.#stopped) return;
    this.#effects.push({ kind: 'event', event: event('STOPPING', { role: 'router' }) });
    for (const advertiser of this.#advertisers.values()) advertiser.stop(now);
    for (const server of this.#servers.values()) server.handleLinkDown();
    this.#collect();
    this.#stopped = true;
  }

  get stopped(): boolean {
    return this.#stopped;
  }

  leases(link: LinkName, now: Instant): LeaseView[] {
    return this.#servers.get(link)?.leases(now) ?? [];
  }

  view(now: Instant): RoleView {
    return {
      role: 'router',
      bul: [],
      bc: [],
      counters: Object.fromEntries(this.#counters),
      next: this.pollTimeout() ?? null,
      links: [...this.#links.values()].map((link) => {
        const server = this.#servers.get(link.name);
        return {
          name: link.name,
          up: link.up,
          routers: [],
          addresses: link.addresses.map(
            ({ address, prefixLength }) => `${address}/${prefixLength}`,
          ),
          dhcp: server ? `server, ${server.leases(now).length} leases` : null,
          home: false,
        };
      }),
      homes: [],
    };
  }

  #link(link: LinkState, now: Instant): void {
    this.#links.set(link.name, link);
    this.#advertisers.get(link.name)?.handleLink(link, now);
    if (!link.up) this.#servers.get(link.name)?.handleLinkDown();
    this.#collect();
  }

  #frame(frame: ReceivedFrame, now: Instant): void {
    const advertiser = this.#advertisers.get(frame.link);
    const server = this.#servers.get(frame.link);
    if (!advertiser && !server) return;
    const result = ingressFrame(frame);
    if (!result.ok) {
      const { reason, source } = result.refusal;
      this.#counters.set(reason, (this.#counters.get(reason) ?? 0) + 1);
      this.#effects.push({ kind: 'event', event: event('DROPPED', { reason, source }) });
      return;
    }
    const { value } = result;
    if (value.kind === 'nd') advertiser?.handleSolicitation(value, now);
    else if (value.kind === 'dhcp') server?.handleMessage(value, now);
    this.#collect();
  }

  /** Machines push what they did before the next input: the order of effects is the order of causes. */
  #collect(): void {
    for (const machine of this.#machines()) {
      for (let e = machine.pollEffect(); e; e = machine.pollEffect()) this.#effects.push(e);
    }
  }

  *#machines(): Generator<RouterAdvertiser | DhcpServer> {
    yield* this.#advertisers.values();
    yield* this.#servers.values();
  }
}
