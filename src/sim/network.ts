/** A whole network in virtual time: links, hosts, roles and moves, all from one seed. */
import {
  macFromOctets,
  parseAddress,
  prefix,
  type IpAddress,
  type MacAddress,
} from '../base/address.js';
import { UsageError } from '../base/error.js';
import { after, type Instant, type Millis } from '../base/time.js';
import type { MipEvent } from '../core/event.js';
import type { LinkName } from '../core/input.js';
import type { Random } from '../core/random.js';
import type { Role } from '../core/role.js';
import { Pump } from '../ports/pump.js';
import { SimClock, type Scheduled } from './clock.js';
import { Host, type HostOptions } from './host.js';
import type { Interface } from './interface.js';
import { SimLink, type LinkFaults, type LinkTap } from './link.js';
import { Nat44, type Nat44Options } from './nat44.js';
import { Ping, type PingOptions } from './ping.js';
import { SeededRandom } from './random.js';
import { SimWorld } from './sim-world.js';

export interface JournalEntry {
  readonly at: Instant;
  readonly host: string;
  readonly role: string;
  readonly event: MipEvent;
}

/** A role that runs on a host. */
export interface RunningRole<R extends Role = Role> {
  readonly role: R;
  readonly pump: Pump;
  readonly world: SimWorld;
  /** As `kill -9`: the datapath stays. The store is kept for the next run of the same name. */
  crash(): void;
}

export class Network {
  readonly seed: string;
  readonly clock = new SimClock();
  readonly random: SeededRandom;
  readonly journal: JournalEntry[] = [];
  readonly #links = new Map<string, SimLink>();
  readonly #hosts = new Map<string, Host>();
  readonly #stores = new Map<string, Map<string, string>>();
  readonly #pings = new Map<Host, number>();
  readonly #planned = new Map<Interface, Scheduled>();
  #macs = 0;
  #tap: LinkTap | undefined;

  constructor(seed: string | number = 0) {
    this.seed = String(seed);
    this.random = new SeededRandom(this.seed);
  }

  // Building

  addLink(name: string, faults: Partial<LinkFaults> = {}): SimLink {
    if (this.#links.has(name)) throw new UsageError('SIM_NAME', `There is a link ${name} already.`);
    const link = new SimLink(name, this.clock, this.random.fork(`link ${name}`), faults);
    link.tap = this.#tap;
    this.#links.set(name, link);
    return link;
  }

  addHost(name: string, options: HostOptions = {}): Host {
    if (this.#hosts.has(name)) throw new UsageError('SIM_NAME', `There is a host ${name} already.`);
    const host = new Host(name, this.clock, this.random.fork(`host ${name}`), options);
    this.#hosts.set(name, host);
    return host;
  }

  /** A new interface, with addresses such as `2001:db8::1/64`, plugged into `link` when one is named. */
  addInterface(
    host: string,
    name: LinkName,
    options: {
      readonly link?: string;
      readonly addresses?: readonly string[];
      readonly mtu?: number;
    } = {},
  ): Interface {
    const on = this.host(host).addInterface(name, this.#newMac(), options.mtu);
    for (const text of options.addresses ?? []) {
      const [address, length] = addressAndLength(text);
      this.host(host).addAddress(name, address, length);
    }
    if (options.link !== undefined) on.attach(this.link(options.link));
    return on;
  }

  /** `addRoute('r', '::/0', { via: '2001:db8::1', link: 'eth0' })` */
  addRoute(
    host: string,
    destination: string,
    next: { readonly link: LinkName; readonly via?: string; readonly metric?: number },
  ): void {
    const via = next.via === undefined ? undefined : addressOf(next.via);
    this.host(host).routing.addRoute({
      table: 'main',
      destination: prefix(destination),
      link: next.link,
      ...(via === undefined ? {} : { via }),
      metric: next.metric ?? DEFAULT_METRIC,
    });
  }

  addNat(
    host: string,
    options: Partial<Nat44Options> & Pick<Nat44Options, 'inside' | 'outside'>,
  ): Nat44 {
    const nat = new Nat44(options, this.random.fork(`nat ${host}`));
    this.host(host).nat = nat;
    return nat;
  }

  // Roles

  /** `make` gets the role's own random stream. The role starts at once. */
  run<R extends Role>(host: string, name: string, make: (random: Random) => R): RunningRole<R> {
    const key = `${host} ${name}`;
    let store = this.#stores.get(key);
    if (!store) this.#stores.set(key, (store = new Map()));
    const world = new SimWorld(this.host(host), {
      name,
      store,
      journal: (event, at) => this.#note({ at, host, role: name, event }),
    });
    const role = make(this.random.fork(`role ${key}`));
    const pump = new Pump(role, world);
    pump.start();
    const crash = () => {
      pump.close();
      world.close();
    };
    return { role, pump, world, crash };
  }

  ping(host: string, options: PingOptions): Ping {
    const from = this.host(host);
    const identifier = (this.#pings.get(from) ?? 0) + 1;
    this.#pings.set(from, identifier);
    return new Ping(from, identifier, options);
  }

  // Moves

  attach(host: string, on: LinkName, link: string): void {
    this.#unplanned(host, on).attach(this.link(link));
  }

  detach(host: string, on: LinkName): void {
    this.#unplanned(host, on).detach();
  }

  /** Unplugs, and plugs in again after `gap` ms, unless another move comes first. */
  move(host: string, on: LinkName, link: string, gap: Millis = 0): void {
    this.detach(host, on);
    if (gap === 0) return this.attach(host, on, link);
    const moved = this.#interface(host, on);
    this.#planned.set(
      moved,
      this.clock.delay(gap, () => this.attach(host, on, link)),
    );
  }

  // Time

  runFor(wait: Millis): void {
    this.clock.runUntil(after(this.clock.now(), wait));
  }

  /** Until `done` holds, looked at after every call. False when `limit` ms did not suffice. */
  runUntil(done: () => boolean, limit: Millis): boolean {
    const end = after(this.clock.now(), limit);
    while (!done()) if (!this.clock.step(end)) return this.#stand(end, done);
    return true;
  }

  /** Every frame of every link, as it is put on it. */
  set tap(tap: LinkTap | undefined) {
    this.#tap = tap;
    for (const link of this.#links.values()) link.tap = tap;
  }

  link(name: string): SimLink {
    return this.#links.get(name) ?? missing('link', name);
  }

  host(name: string): Host {
    return this.#hosts.get(name) ?? missing('host', name);
  }

  get links(): Iterable<SimLink> {
    return this.#links.values();
  }

  get hosts(): Iterable<Host> {
    return this.#hosts.values();
  }

  #stand(end: Instant, done: () => boolean): boolean {
    this.clock.runUntil(end);
    return done();
  }

  #interface(host: string, name: LinkName): Interface {
    return this.host(host).interface(name) ?? missing('interface', `${host} ${name}`);
  }

  /** The interface, with any move that was still to come called off. */
  #unplanned(host: string, name: LinkName): Interface {
    const on = this.#interface(host, name);
    const planned = this.#planned.get(on);
    if (planned) this.clock.cancel(planned);
    this.#planned.delete(on);
    return on;
  }

  #note(entry: JournalEntry): void {
    if (this.journal.length >= MAX_JOURNAL) this.journal.splice(0, MAX_JOURNAL / 2);
    this.journal.push(entry);
  }

  /** Locally administered, in order: the same network gets the same addresses. */
  #newMac(): MacAddress {
    const n = ++this.#macs;
    return macFromOctets(Uint8Array.of(2, 0, n >>> 24, n >>> 16, n >>> 8, n));
  }
}

function addressAndLength(text: string): [IpAddress, number] {
  const [address, length, more] = text.split('/');
  const parsed = parseAddress(address ?? '');
  if (!parsed || length === undefined || more !== undefined || !/^\d{1,3}$/.test(length)) {
    throw new UsageError('ADDRESS_SYNTAX', `Expected address/length, came "${text}".`);
  }
  return [parsed, Number(length)];
}

function addressOf(text: string): IpAddress {
  const parsed = parseAddress(text);
  if (!parsed) throw new UsageError('ADDRESS_SYNTAX', `Expected an address, came "${text}".`);
  return parsed;
}

function missing(what: string, name: string): never {
  throw new UsageError('SIM_NAME', `There is no ${what} ${name}.`);
}

const DEFAULT_METRIC = 1024;
const MAX_JOURNAL = 200_000; // ours: the older half goes
