/** A daemon of real parts on a world that does nothing: what it is asked to do is written down. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Ipv4, Ipv6, MacAddress } from '../../src/base/address.js';
import { instant, type Instant } from '../../src/base/time.js';
import type { RoleEffect } from '../../src/core/effect.js';
import { event, type EventCode, type MipEvent } from '../../src/core/event.js';
import type { LinkState, WorldInput } from '../../src/core/input.js';
import type { Deadline } from '../../src/core/machine.js';
import type { BindingCommand, DhcpAction, HandoverTarget, Role } from '../../src/core/role.js';
import type {
  BcView,
  BindingVerdict,
  BulView,
  ChoiceView,
  DhcpVerdict,
  DhcpView,
  KnownNetworkView,
  LeaseView,
  PrefixesView,
  RoleView,
} from '../../src/core/view.js';
import { loadConfig } from '../../src/daemon/config/compile.js';
import { Daemon, type DaemonOptions } from '../../src/daemon/daemon.js';
import type { Host } from '../../src/daemon/host.js';
import type { World } from '../../src/ports/index.js';

export const MOBILE_NODE = `NodeConfig MN; UseMnHaIPsec disabled; DoRouteOptimizationMN disabled;
Interface "eth0"; MnHomeLink "eth0" { HomeAgentAddress 2001:db8:a::1; HomeAddress 2001:db8:a::100/64; }`;
export const HOME_AGENT = `NodeConfig HA; UseMnHaIPsec disabled; Interface "eth0";`;

export const CHOICE: ChoiceView = {
  homeAddress: '2001:db8:a::100' as Ipv6,
  careOf: '198.51.100.7' as Ipv4,
  link: 'eth0',
  rule: 'unanswered',
  reason: 'three Binding Updates over IPv6 had no answer',
  candidates: [
    {
      address: '198.51.100.7' as Ipv4,
      link: 'eth0',
      family: 4,
      preference: 1,
      state: 'ready',
      current: true,
      verdict: 'chosen',
      rule: 'unanswered',
      why: 'three Binding Updates over IPv6 had no answer',
    },
    {
      address: '2001:db8:b::7' as Ipv6,
      link: 'eth0',
      family: 6,
      preference: 1,
      state: 'ready',
      current: false,
      verdict: 'rejected',
      rule: 'unanswered',
      why: 'three Binding Updates over IPv6 had no answer',
    },
  ],
  without: [{ link: 'eth1', why: 'no carrier' }],
  next: { at: instant(271_000), why: 'IPv6 is tried again' },
};
export const BUL: BulView = {
  homeAddress: '2001:db8:a::100' as Ipv6,
  homeAddress4: '192.0.2.100' as Ipv4,
  homePrefix4: null,
  dynamic4: false,
  peer: '2001:db8:a::1' as Ipv6,
  peer4: '203.0.113.1' as Ipv4,
  careOf: '198.51.100.7' as Ipv4,
  link: 'eth0',
  state: 'bound',
  path: 'udp',
  nat: true,
  natRefresh: 110,
  sequence: 7,
  lifetime: 600,
  expiresAt: instant(431_500),
  attempts: 1,
  lastStatus: 0,
  reason: 'the only one there is',
  choice: CHOICE,
};
export const BC: BcView = {
  homeAddress: '2001:db8:a::100' as Ipv6,
  homeAddress4: '192.0.2.100' as Ipv4,
  homePrefix4: null,
  dynamic4: false,
  careOf: '198.51.100.7' as Ipv4,
  mapped: { address: '203.0.113.9' as Ipv4, port: 40_000 },
  path: 'udp',
  state: 'bound',
  home: true,
  flags: 'AHL',
  sequence: 7,
  lifetime: 600,
  expiresAt: instant(601_000),
};

const LEASE: LeaseView = {
  address: '10.0.0.5' as Ipv4,
  prefixLength: 24,
  router: '10.0.0.1' as Ipv4,
  routes: [
    {
      destination: { address: '10.1.0.0' as Ipv4, length: 16 },
      router: '10.0.0.2' as Ipv4,
    },
    { destination: { address: '10.2.0.0' as Ipv4, length: 24 }, router: null },
  ],
  server: '10.0.0.1' as Ipv4,
  lifetime: 3600,
  expiresAt: instant(3_001_000),
  renewAt: instant(1_201_000),
  rebindAt: instant(2_551_000),
};
export const DHCP: DhcpView = {
  link: 'eth0',
  state: 'bound',
  lease: LEASE,
  vouchedBy: 'gateway',
  gatewayMac: '02:00:00:00:00:01' as MacAddress,
  remembered: LEASE.address,
  next: { at: instant(1_201_000), why: 'DHCP T1' },
};
export const NETWORK: KnownNetworkView = {
  gateway: '10.0.0.1' as Ipv4,
  gatewayMac: '02:00:00:00:00:01' as MacAddress,
  client: '02:00:00:00:00:10' as MacAddress,
  lease: LEASE,
  timed: true,
};

export const PREFIXES: PrefixesView = {
  home: [
    {
      prefix: { address: '2001:db8:aa::' as Ipv6, length: 64 },
      link: null,
      homeAddress: '2001:db8:aa::100' as Ipv6,
      agent: '2001:db8:aa::1' as Ipv6,
      validUntil: null,
      preferredUntil: null,
      source: 'home agent',
    },
    {
      prefix: { address: '2001:db8:a::' as Ipv6, length: 64 },
      link: null,
      homeAddress: '2001:db8:a::100' as Ipv6,
      agent: null,
      validUntil: instant(7_201_000),
      preferredUntil: instant(500),
      source: 'home agent',
    },
  ],
  visited: [
    {
      link: 'eth0',
      prefix: { address: '2001:db8:b::' as Ipv6, length: 64 },
      router: 'fe80::1' as Ipv6,
      onLink: true,
      autonomous: true,
      validUntil: instant(3_601_000),
      preferredUntil: instant(1_801_000),
    },
  ],
};

export class FakeRole implements Role {
  stopped = false;
  answersSolicitations = true;
  readonly log: string[] = [];
  readonly #effects: RoleEffect[] = [];
  view_: RoleView;

  constructor(view: Partial<RoleView> = {}) {
    this.view_ = {
      role: 'mn',
      bul: [BUL],
      bc: [],
      counters: { 'mh-checksum': 2, silent: 0 },
      next: { at: instant(5000), why: 'refresh' },
      links: [
        {
          name: 'eth0',
          up: true,
          routers: ['fe80::1'],
          addresses: ['2001:db8:b::7'],
          dhcp: 'bound',
          home: false,
        },
      ],
      homes: [{ homeAddress: BUL.homeAddress, homeAddress4: BUL.homeAddress4, where: 'away' }],
      ...view,
    };
  }

  tell(code: EventCode, fields: MipEvent['fields'] = {}): void {
    this.#effects.push({ kind: 'event', event: event(code, fields) });
  }

  start(links: readonly LinkState[]): void {
    this.log.push(`start ${links.map((l) => l.name).join(' ')}`);
    this.tell('STARTED', { role: this.view_.role });
  }

  handle(input: WorldInput): void {
    this.log.push(`handle ${input.kind}`);
    if (input.kind === 'link') this.tell('LINK_UP', { link: input.link.name });
    if (input.kind === 'linkGone') this.tell('DROPPED', { reason: 'test', source: input.name });
  }

  stop(): void {
    this.log.push('stop');
    this.stopped = true;
    this.tell('STOPPING', { role: this.view_.role });
  }

  handover(target: HandoverTarget): { accepted: boolean; reason: string; careOf: Ipv6 | null } {
    this.log.push(`handover ${JSON.stringify(target)}`);
    if (target.kind === 'link' && target.link !== 'eth0')
      return { accepted: false, reason: `no interface ${target.link}`, careOf: null };
    return { accepted: true, reason: target.kind, careOf: '2001:db8:b::7' as Ipv6 };
  }

  planHandover(target: HandoverTarget | null): {
    accepted: boolean;
    reason: string;
    careOf: Ipv4 | null;
    choices: readonly ChoiceView[];
  } {
    this.log.push(`plan ${JSON.stringify(target)}`);
    const choices = [CHOICE];
    if (target?.kind === 'link' && target.link !== 'eth0')
      return { accepted: false, reason: 'no carrier', careOf: null, choices };
    return { accepted: true, reason: CHOICE.reason, careOf: '198.51.100.7' as Ipv4, choices };
  }

  dhcp(): { clients: readonly DhcpView[]; networks: readonly KnownNetworkView[] } {
    return { clients: [DHCP], networks: [NETWORK, { ...NETWORK, timed: false }] };
  }

  doDhcp(action: DhcpAction, link: string | null): DhcpVerdict {
    this.log.push(`dhcp ${action} ${link}`);
    if (link !== null && link !== 'eth0')
      return { accepted: false, reason: `${link} has no DHCP client`, link, state: null };
    return { accepted: true, reason: 'asks 10.0.0.1', link: 'eth0', state: 'renewing' };
  }

  commandBinding(
    command: BindingCommand,
    homeAddress: string | null,
    dryRun: boolean,
  ): BindingVerdict {
    this.log.push(`binding ${JSON.stringify(command)} ${homeAddress}${dryRun ? ' dry' : ''}`);
    const known = homeAddress === null || homeAddress === BUL.homeAddress;
    if (!dryRun && known && command.kind === 'solicit') {
      this.tell(this.answersSolicitations ? 'PREFIXES_LEARNT' : 'PREFIXES_UNANSWERED', {
        homeAddress: BUL.homeAddress,
      });
    }
    return {
      accepted: known,
      reason: known ? command.kind : `${homeAddress} is no home address`,
      homeAddress: known ? BUL.homeAddress : null,
      homeAgent: known ? BUL.peer : null,
      careOf: known ? BUL.careOf : null,
      before: 600,
      lifetime: command.kind === 'set' ? command.lifetime : 600,
    };
  }

  prefixes(): PrefixesView {
    return PREFIXES;
  }

  view(): RoleView {
    return this.view_;
  }

  handleTimeout(): void {}

  pollTimeout(): Deadline | undefined {
    return undefined;
  }

  pollEffect(): RoleEffect | undefined {
    return this.#effects.shift();
  }
}

export interface FakeDaemon {
  readonly daemon: Daemon;
  readonly role: FakeRole;
  /** What the world was told to do. */
  readonly log: string[];
  /** The journal. */
  readonly lines: string[];
  readonly socket: string;
  deliver(input: WorldInput): void;
  /** Ends it, and removes its folder. */
  end(): Promise<void>;
}

export type FakeOptions = Partial<DaemonOptions> & {
  text?: string;
  view?: Partial<RoleView>;
  links?: readonly LinkState[];
};

export async function startFake(options: FakeOptions = {}): Promise<FakeDaemon> {
  const folder = mkdtempSync(join(tmpdir(), 'mip6-'));
  const socket = options.socket ?? join(folder, 'test.sock');
  const { config, findings } = loadConfig('t.conf', {
    read: () => options.text ?? MOBILE_NODE,
    glob: () => [],
  });
  if (!config) throw new Error(JSON.stringify(findings));
  const role = new FakeRole(options.view);
  const log: string[] = [];
  const lines: string[] = [];
  let deliver: (input: WorldInput) => void = () => undefined;
  const daemon = await Daemon.start({
    config,
    name: 'test',
    socket,
    version: '9.9.9',
    logJson: false,
    write: (line) => void lines.push(line),
    openHost: async ({ journal }) =>
      fakeHost(log, journal, options.links ?? [], (listener) => (deliver = listener)),
    createRole: async () => ({ role, warnings: ['interface wlan0 is not there yet'] }),
    ...options,
  });
  return {
    daemon,
    role,
    log,
    lines,
    socket,
    deliver: (input) => deliver(input),
    end: async () => {
      await daemon.stop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** At one second, for ever. */
export const NOW = instant(1000);

export function fakeHost(
  log: string[],
  journal: World['journal'],
  links: readonly LinkState[],
  listen: World['listen'],
): Host {
  const world: World = {
    io: { sendFrame: () => undefined, sendPacket: () => undefined },
    links: { list: () => links },
    datapath: {
      apply: (want) => void log.push(`apply ${want.items.length}`),
      snapshot: () => ({ items: [] }),
      carriedBy: () => 'user space',
      clean: () => void log.push('clean'),
    },
    clock: { now: (): Instant => NOW, wake: () => () => undefined },
    journal,
    store: { entries: () => new Map(), set: () => undefined },
    listen,
    close: () => void log.push('close'),
  };
  return {
    world,
    random: { octets: (n) => new Uint8Array(n), fraction: () => 0 },
    sha256: (octets) => new Uint8Array(32).fill(octets[0] ?? 0),
    datapath: 'none at all',
    neighbourhood: () => ({ interfaces: ['lo'], addresses: [] }),
    counters: () => ({ 'send-refused': 3 }),
  };
}
