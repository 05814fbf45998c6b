/**
 * The composition root of a real node: configuration, role, world, pump, control socket and journal.
 *
 * Order at start: the control socket first, as it tells whether this daemon already runs and must be before anything
 * of a running one is touched; then what an earlier run left; then the role.
 */
import { parseAddress } from '../base/address.js';
import type { Instant } from '../base/time.js';
import type { BindingParams, DhcpParams, HandoverParams, Hello, Result } from '../control/api.js';
import { ControlServer, Refusal, type Handlers, type Peer } from '../control/server.js';
import {
  prefixEntries,
  bcEntry,
  bulEntry,
  choiceEntry,
  dhcpEntry,
  knownNetworkEntry,
  list,
  status,
  type CarriedBy,
} from '../control/view.js';
import { event, type MipEvent } from '../core/event.js';
import type {
  BindingCommand,
  DhcpAction,
  HandoverTarget,
  Reservation,
  Role,
} from '../core/role.js';
import type {
  BindingVerdict,
  ChoiceView,
  DhcpVerdict,
  DhcpView,
  KnownNetworkView,
  PrefixesView,
} from '../core/view.js';
import { Pump } from '../ports/pump.js';
import type { DaemonConfig } from './config/compile.js';
import { resolveHomeAgent, resolveMobileNode } from './config/resolve.js';
import { DaemonError } from './error.js';
import { discoverHomeAgents, listHomeAgents } from './home-agents.js';
import type { Host, OpenHost } from './host.js';
import { Hooks } from './hooks/hooks.js';
import { EventJournal } from './journal.js';
import { mayChange } from './peer.js';

export interface DaemonOptions {
  readonly config: DaemonConfig;
  /** Warnings of the configuration, for `status`. */
  readonly warnings?: readonly string[];
  readonly name: string;
  /** Path of the control socket. */
  readonly socket: string;
  /** Of the program. */
  readonly version: string;
  readonly logJson: boolean;
  /** Takes one line of the journal, without its end. */
  readonly write: (line: string) => void;
  readonly openHost: OpenHost;
  readonly createRole?: CreateRole;
}

export type CreateRole = (config: DaemonConfig, host: Host) => Promise<CreatedRole>;
export interface CreatedRole {
  readonly role: Role;
  readonly warnings: readonly string[];
}

export class Daemon {
  readonly #options: DaemonOptions;
  readonly #journal: EventJournal;
  readonly #warnings: string[];
  readonly #finished: Promise<void>;
  #finish: () => void = () => undefined;
  #server: ControlServer | undefined;
  #host: Host | undefined;
  #pump: Pump | undefined;
  #hooks: Hooks | undefined;
  #startedAt = 0 as Instant;
  #ending: Promise<void> | undefined;

  /** Throws `DaemonError`, `ControlError`, or what the host throws; nothing is left behind then. */
  static async start(options: DaemonOptions): Promise<Daemon> {
    const daemon = new Daemon(options);
    try {
      await daemon.#start();
      return daemon;
    } catch (error) {
      await daemon.#close();
      throw error;
    }
  }

  private constructor(options: DaemonOptions) {
    this.#options = options;
    this.#warnings = [...(options.warnings ?? [])];
    this.#journal = new EventJournal({
      node: options.name,
      json: options.logJson,
      minimum: options.config.settings.debugLevel > 0 ? 'debug' : 'info',
      write: options.write,
      wall: () => new Date(),
    });
    this.#finished = new Promise((done) => (this.#finish = done));
  }

  /** Resolves when the daemon has ended and everything of it is gone. */
  get finished(): Promise<void> {
    return this.#finished;
  }

  /** Deregisters, takes the datapath away, closes. Once; later calls wait for the same end. */
  stop(): Promise<void> {
    this.#ending ??= this.#stop();
    return this.#ending;
  }

  async #start(): Promise<void> {
    const { config, name, openHost, createRole = roleOf } = this.#options;
    this.#server = await this.#listen();
    this.#journal.onEvent((notice) => {
      this.#server?.publish(notice);
      this.#hooks?.handle(notice);
    });
    const host = await openHost({
      name,
      role: config.role,
      links:
        config.role === 'mn'
          ? config.options.links.map((l) => l.name)
          : config.plan.interfaces.map((i) => i.link),
      ownership: config.role === 'mn' ? config.ownership : new Map(),
      datapath: config.settings.datapath,
      udpPort: udpPortOf(config),
      journal: this.#journal,
    });
    this.#host = host;
    const { world } = host;
    const { hooks } = config.settings;
    if (hooks) {
      const report = (what: MipEvent) => this.#journal.event(what, world.clock.now());
      this.#hooks = new Hooks({ ...hooks, role: config.role, report });
    }
    if (this.#server.tookOver) this.#journal.event(event('CLEANED'), world.clock.now());
    const { role, warnings } = await createRole(config, host);
    this.#warnings.push(...warnings);
    if (!config.settings.protected) {
      this.#warnings.push('signalling is not protected by IPsec');
      this.#journal.event(event('UNPROTECTED'), world.clock.now());
    }
    this.#startedAt = world.clock.now();
    const pump = new Pump(role, world);
    pump.start();
    this.#pump = pump;
  }

  #listen(): Promise<ControlServer> {
    const { socket, config, name, version } = this.#options;
    const hello: Omit<Hello, 'version'> = { name, role: config.role, program: `mip6 ${version}` };
    return ControlServer.listen({
      path: socket,
      hello,
      handlers: this.#handlers(),
      // The host is opened later than the socket: until then nobody's credentials can be told, and nothing runs.
      peerOf: (fd) => this.#host?.peerOf?.(fd),
      mayChange: (peer) => mayChange(peer, socket),
    });
  }

  #handlers(): Handlers {
    return {
      status: () => this.#status(),
      'bul.list': (params) => {
        const { view, now } = this.#view();
        return list(
          view.bul.map((e) => bulEntry(e, now, this.#carriedBy)),
          { ...params, homeAddress: canonical(params.homeAddress) },
        );
      },
      'bul.reserve': ({ homeAddress, count }) => {
        const { role } = this.#running();
        if (!hasSequences(role)) throw new Refusal('Only a mobile node sends Binding Updates.');
        const wanted = canonical(homeAddress)!;
        const taken = this.#running().do((_, now) => role.reserveSequences(wanted, count, now));
        if (!taken.ok) throw new Refusal(`No sequence number for ${wanted}: ${taken.reason}.`);
        return { first: taken.first };
      },
      'bc.list': (params) => {
        const { view, now } = this.#view();
        return list(
          view.bc.map((e) => bcEntry(e, now, this.#carriedBy)),
          { ...params, homeAddress: canonical(params.homeAddress) },
        );
      },
      'agents.list': () => {
        const { role } = this.#running();
        return listHomeAgents(role, this.#host!.world.clock.now());
      },
      'agents.discover': ({ homeAddress }) => {
        const wanted = canonical(homeAddress) ?? null;
        return this.#running().do((role, now) => discoverHomeAgents(role, wanted, now));
      },
      handover: ({ target }, peer) => this.#handover(target, peer),
      'handover.plan': ({ target }) => this.#planHandover(target),
      'dhcp.status': (params) => this.#dhcpStatus(params),
      'dhcp.renew': (params, peer) => this.#dhcp('renew', params, peer),
      'dhcp.release': (params, peer) => this.#dhcp('release', params, peer),
      'dhcp.request': (params, peer) => this.#dhcp('request', params, peer),
      'bul.refresh': (params, peer) => this.#commandBinding({ kind: 'refresh' }, params, peer),
      'bul.set': ({ lifetime, ...params }, peer) =>
        this.#commandBinding({ kind: 'set', lifetime }, params, peer),
      'bul.delete': (params, peer) => this.#commandBinding({ kind: 'delete' }, params, peer),
      mps: (params, peer) => this.#commandBinding({ kind: 'solicit' }, params, peer),
      prefixes: () => {
        const { role } = this.#running();
        if (!hasPrefixes(role)) throw new Refusal('This node has no home prefixes.');
        const now = this.#host!.world.clock.now();
        return prefixEntries(role.prefixes(now), now);
      },
      events: ({ limit }) => ({ events: this.#journal.recent(limit) }),
      stop: () => {
        // The answer leaves before the socket goes.
        setImmediate(() => void this.stop());
        return { stopping: true };
      },
    };
  }

  /** A role's tunnels go by the home address. */
  readonly #carriedBy: CarriedBy = (home) => this.#host?.world.datapath.carriedBy(home);

  #status(): Result<'status'> {
    const { view, now } = this.#view();
    const { name, version, config } = this.#options;
    const context = {
      version,
      name,
      pid: process.pid,
      startedAt: this.#startedAt,
      datapath: this.#host!.datapath,
      carriedBy: this.#carriedBy,
      protected: config.settings.protected,
      warnings: this.#warnings,
    };
    const shown = status(view, context, now);
    const counters = { ...shown.counters, ...this.#host!.counters(), ...this.#server?.counters };
    return { ...shown, counters };
  }

  #planHandover(params: HandoverParams | undefined): Result<'handover.plan'> {
    const { role } = this.#running();
    if (!canMove(role)) throw new Refusal('This is a home agent: only a mobile node moves.');
    const now = this.#host!.world.clock.now();
    const target = params === undefined ? null : handoverTarget(params);
    const { choices, ...verdict } = role.planHandover(target, now);
    return { ...verdict, choices: choices.map((choice) => choiceEntry(choice, now)) };
  }

  #handover(params: HandoverParams, peer: Peer | undefined): Result<'handover'> {
    const { role } = this.#running();
    if (!canMove(role)) throw new Refusal('This is a home agent: only a mobile node moves.');
    const target = handoverTarget(params);
    const by = peer ? ` by uid ${peer.uid}` : '';
    const answer = this.#running().do((_, now) => role.handover(target, now));
    if (answer.accepted) {
      this.#journal.event(
        event('FORCED', { target: `${targetName(target)}${by}` }),
        this.#host!.world.clock.now(),
      );
    }
    return answer;
  }

  #dhcpStatus({ link }: DhcpParams): Result<'dhcp.status'> {
    const role = this.#leaser();
    const now = this.#host!.world.clock.now();
    const { clients, networks } = role.dhcp(now);
    const links = clients.filter((c) => link === undefined || c.link === link);
    if (link !== undefined && links.length === 0)
      throw new Refusal(`${link} has no DHCP client; ${clientNames(clients)}`);
    return {
      links: links.map((c) => dhcpEntry(c, now)),
      networks: networks.map((n) => knownNetworkEntry(n, now)),
    };
  }

  #dhcp(action: DhcpAction, { link }: DhcpParams, peer: Peer | undefined): DhcpVerdict {
    const role = this.#leaser();
    const verdict = this.#running().do((_, now) => role.doDhcp(action, link ?? null, now));
    if (verdict.accepted) {
      const by = peer ? `uid ${peer.uid}` : 'a client of unknown uid';
      const fields = { action, link: verdict.link, by };
      this.#journal.event(event('DHCP_COMMANDED', fields), this.#host!.world.clock.now());
    }
    return verdict;
  }

  #commandBinding(
    command: BindingCommand,
    { homeAddress, dryRun = false }: BindingParams,
    peer: Peer | undefined,
  ): BindingVerdict {
    const { role } = this.#running();
    if (!canCommand(role)) throw new Refusal('This is a home agent: only a mobile node registers.');
    const home = canonical(homeAddress) ?? null;
    const verdict = this.#running().do((_, now) => role.commandBinding(command, home, dryRun, now));
    if (verdict.accepted && !dryRun) {
      const by = peer ? `uid ${peer.uid}` : 'a client of unknown uid';
      const fields = { homeAddress: verdict.homeAddress, reason: verdict.reason, by };
      this.#journal.event(event('BINDING_COMMANDED', fields), this.#host!.world.clock.now());
    }
    return verdict;
  }

  #leaser(): Leaser {
    const { role } = this.#running();
    if (!canLease(role)) throw new Refusal('This is a home agent: only a mobile node has leases.');
    return role;
  }

  #view() {
    const now = this.#host?.world.clock.now() ?? (0 as Instant);
    return { view: this.#running().role.view(now), now };
  }

  #running(): Pump {
    if (!this.#pump) throw new Refusal('The daemon is still starting.');
    return this.#pump;
  }

  async #stop(): Promise<void> {
    const pump = this.#pump;
    if (pump) {
      pump.do((role, now) => role.stop(now));
      await until(() => pump.role.stopped, STOP_LIMIT);
      await within(pump.settled(), STOP_LIMIT);
    }
    await this.#close();
    this.#finish();
  }

  /** Everything that is open, also half way through a start. */
  async #close(): Promise<void> {
    this.#pump?.close();
    await this.#hooks?.close();
    const world = this.#host?.world;
    if (world) {
      // A kernel that refuses to give something up is told of, and does not keep the rest from ending.
      for (const [operation, work] of [
        ['clean', () => world.datapath.clean()],
        ['close', () => world.close()],
      ] as const) {
        try {
          await work();
        } catch (error) {
          const reason = error instanceof Error ? error.message : String(error);
          this.#journal.event(event('DATAPATH_FAILED', { operation, reason }), world.clock.now());
        }
      }
    }
    await this.#server?.close();
    this.#pump = this.#host = this.#server = undefined;
  }
}

/** The role that the configuration asks for. Throws `DaemonError` `CONFIG` when this host has not what it takes. */
export const roleOf: CreateRole = async (config, host) => {
  const links = host.world.links.list();
  if (config.role === 'mn') {
    const { MobileNode } = await import('../core/mn/mobile-node.js');
    return {
      role: new MobileNode(config.options, host.random, host.sha256),
      warnings: resolveMobileNode(config.options, links),
    };
  }
  const resolved = resolveHomeAgent(config.plan, links, host.neighbourhood());
  if (!resolved.ok) throw new DaemonError('CONFIG', resolved.sentence);
  const { HomeAgent } = await import('../core/ha/home-agent.js');
  return { role: new HomeAgent(resolved.value, host.random), warnings: resolved.warnings };
};

interface Mover extends Role {
  handover(target: HandoverTarget, now: Instant): Result<'handover'>;
  planHandover(
    target: HandoverTarget | null,
    now: Instant,
  ): Result<'handover'> & { readonly choices: readonly ChoiceView[] };
}
interface Sequencer extends Role {
  reserveSequences(homeAddress: string, count: number, now: Instant): Reservation;
}
const hasSequences = (role: Role): role is Sequencer => 'reserveSequences' in role;
const canMove = (role: Role): role is Mover => 'handover' in role;

interface Leaser extends Role {
  dhcp(now: Instant): {
    readonly clients: readonly DhcpView[];
    readonly networks: readonly KnownNetworkView[];
  };
  doDhcp(action: DhcpAction, link: string | null, now: Instant): DhcpVerdict;
}

interface Registrar extends Role {
  commandBinding(
    command: BindingCommand,
    homeAddress: string | null,
    dryRun: boolean,
    now: Instant,
  ): BindingVerdict;
}
const canCommand = (role: Role): role is Registrar => 'commandBinding' in role;
const hasPrefixes = (role: Role): role is Role & { prefixes(now: Instant): PrefixesView } =>
  'prefixes' in role;

const canLease = (role: Role): role is Leaser => 'doDhcp' in role;

const clientNames = (clients: readonly DhcpView[]): string =>
  clients.length === 0
    ? 'no link has one (`UseDhcp enabled;`).'
    : `these have one: ${clients.map((c) => c.link).join(', ')}.`;

function handoverTarget(params: HandoverParams): HandoverTarget {
  if (params.kind !== 'address') return params;
  const address = parseAddress(params.address);
  if (address === undefined) throw new Refusal(`"${params.address}" is not an address.`);
  return { kind: 'address', address };
}

function targetName(target: HandoverTarget): string {
  switch (target.kind) {
    case 'link':
      return target.link;
    case 'family':
      return `IPv${target.family}`;
    case 'address':
      return target.address;
    default:
      return target.kind;
  }
}

/** Addresses are compared as they are written: RFC 5952. */
function canonical(text: string | undefined): string | undefined {
  if (text === undefined) return undefined;
  const address = parseAddress(text);
  if (address === undefined) throw new Refusal(`"${text}" is not an address.`);
  return address;
}

/** Resolves when `ready` or after `limit` ms. */
async function until(ready: () => boolean, limit: number): Promise<void> {
  const end = performance.now() + limit;
  while (!ready() && performance.now() < end) await new Promise((done) => setTimeout(done, POLL));
}

function udpPortOf(config: DaemonConfig): number | null {
  if (config.role === 'mn') return config.options.dsmip ? config.options.udpPort : null;
  return config.plan.dsmip ? UDP_PORT : null;
}

function within(work: Promise<void>, limit: number): Promise<void> {
  return Promise.race([work, new Promise<void>((done) => setTimeout(done, limit).unref())]);
}

const UDP_PORT = 4191; // RFC 5555 §4.1: DSMIPv6
const STOP_LIMIT = 2500; // ms; a role is done within 2 s
const POLL = 10; // ms
