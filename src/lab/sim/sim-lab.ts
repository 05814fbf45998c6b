/**
 * A lab in virtual time: the same roles that run on Linux, on simulated links, from one seed. A run of half a minute
 * takes a fraction of a second, and the same seed gives the same run.
 */
import { UsageError } from '../../base/error.js';
import { formatPrefix } from '../../base/address.js';
import type { Millis } from '../../base/time.js';
import type { BcEntry, BulEntry, Status } from '../../control/api.js';
import { bcEntry, bulEntry, eventNotice, status, type CarriedBy } from '../../control/view.js';
import { HomeAgent } from '../../core/ha/home-agent.js';
import { MobileNode } from '../../core/mn/mobile-node.js';
import { AccessRouter, type AccessRouterOptions } from '../../core/router/access-router.js';
import { Network, type JournalEntry, type RunningRole } from '../../sim/network.js';
import { ETHERTYPE } from '../../wire/protocol.js';
import { findNode, forwards, prefixOn, type Lab, type LabNode, type PingSpec } from '../model.js';
import { accessRouterOptions, homeAgentOptions, mobileNodeOptions } from '../roles.js';
import { Recorder } from '../recorder.js';
import { staticRoutes } from '../routes.js';
import type { Family } from '../script.js';
import type { ExecResult, Happening, LabTime, LabWorld, PingSeries } from '../world.js';

export class SimLab implements LabWorld {
  readonly lab: Lab;
  readonly network: Network;
  readonly #roles = new Map<string, RunningRole>();
  readonly #routers = new Map<string, RunningRole<AccessRouter>>();
  readonly #listeners: ((happening: Happening) => void)[] = [];
  readonly #pcap: string | undefined;
  #recorder: Recorder | undefined;
  #down = false;

  /** `pcap`: a folder for one capture file per link. */
  constructor(lab: Lab, seed: string | number, pcap?: string) {
    this.lab = lab;
    this.#pcap = pcap;
    this.network = new Network(seed);
  }

  now(): LabTime {
    return this.network.clock.now();
  }

  async up(): Promise<void> {
    const { network, lab } = this;
    for (const link of lab.links) network.addLink(link.name);
    for (const node of lab.nodes) this.#build(node);
    if (this.#pcap !== undefined) this.#recorder = new Recorder(this.#pcap, lab);
    network.tap = (link, at, octets) => {
      this.#tellEvents();
      this.#recorder?.frame(link, BigInt(Math.round(at * 1e6)), octets);
      this.#tell({ kind: 'frame', at, link, octets });
    };
    for (const node of lab.nodes) this.#start(node);
    this.#tellEvents();
  }

  /** Virtual time passes as fast as it can; the real event loop gets its turn in between. */
  async wait(span: Millis): Promise<void> {
    for (let left = span; left > 0 && !this.#down; left -= SLICE) {
      this.network.runUntil(() => this.#tellEvents(), Math.min(left, SLICE));
      await new Promise((turn) => setImmediate(turn));
    }
  }

  async move(node: string, interfaceName: string, link: string | null, gap = 0): Promise<LabTime> {
    this.network.detach(node, interfaceName);
    await this.wait(Math.max(gap, REPLUG));
    if (link !== null) this.network.attach(node, interfaceName, link);
    this.#tellEvents();
    return this.now();
  }

  async carry(link: string, family: Family, passes: boolean): Promise<void> {
    for (const etherType of ETHERTYPES[family])
      this.network.link(link).setCarried(etherType, passes);
  }

  async serve(lab: Lab): Promise<void> {
    for (const [node, running] of this.#routers) {
      const options = accessRouterOptions(lab, findNode(lab, node)!) ?? NOTHING;
      running.pump.do((_, now) => running.role.configure(options, now));
    }
    this.#tellEvents();
  }

  exec(): Promise<ExecResult> {
    return Promise.reject(
      new UsageError(
        'LAB_EXEC',
        'Nodes of a simulated lab are no processes.',
        'Run the lab with --world netns.',
      ),
    );
  }

  async bul(node: string): Promise<readonly BulEntry[]> {
    const now = this.network.clock.now();
    return this.#role(node)
      .role.view(now)
      .bul.map((entry) => bulEntry(entry, now, this.#carriedBy(node)));
  }

  async bc(node: string): Promise<readonly BcEntry[]> {
    const now = this.network.clock.now();
    return this.#role(node)
      .role.view(now)
      .bc.map((entry) => bcEntry(entry, now, this.#carriedBy(node)));
  }

  async status(node: string): Promise<Status> {
    const now = this.network.clock.now();
    const context = {
      version: 'lab',
      name: node,
      pid: process.pid,
      startedAt: 0 as typeof now,
      datapath: 'sim',
      carriedBy: this.#carriedBy(node),
      protected: false,
      warnings: [],
    };
    return status(this.#role(node).role.view(now), context, now);
  }

  ping(spec: PingSpec, count?: number): PingSeries {
    const ping = this.network.ping(spec.from, { destination: spec.to, interval: spec.interval });
    ping.start();
    if (count !== undefined)
      this.network.clock.delay((count - 0.5) * spec.interval, () => ping.stop());
    return {
      spec,
      samples: () =>
        ping.sentAt.map((sentAt, sequence) => ({
          sequence,
          sentAt,
          receivedAt: ping.answeredAt[sequence] ?? null,
        })),
      stop: () => ping.close(),
    };
  }

  listen(listener: (happening: Happening) => void): void {
    this.#listeners.push(listener);
  }

  async down(): Promise<void> {
    if (this.#down) return;
    this.#down = true;
    this.network.tap = undefined;
    this.#recorder?.close();
    for (const running of [...this.#routers.values(), ...this.#roles.values()]) running.crash();
  }

  #build(node: LabNode): void {
    const { network, lab } = this;
    const host = network.addHost(node.name, { forwarding: forwards(node) });
    for (const i of node.interfaces) {
      host.addInterface(i.name, i.mac);
      const link = lab.links.find((l) => l.name === i.link);
      for (const address of i.addresses6)
        host.addAddress(i.name, address, prefixOn(link, address)?.length ?? 128);
      if (i.address4) host.addAddress(i.name, i.address4, link?.prefix4?.length ?? 32);
      if (i.link !== null) network.attach(node.name, i.name, i.link);
    }
    for (const r of staticRoutes(lab, node)) {
      network.addRoute(node.name, formatPrefix(r.destination), { link: r.interface, via: r.via });
    }
    if (node.role === 'nat') {
      const inside = node.interfaces.find((i) => i.name !== node.outside);
      if (inside) network.addNat(node.name, { inside: inside.name, outside: node.outside! });
    }
  }

  #start(node: LabNode): void {
    const { network, lab } = this;
    const routing = accessRouterOptions(lab, node);
    if (routing) {
      const running = network.run(
        node.name,
        'router',
        (random) => new AccessRouter(routing, random),
      );
      this.#routers.set(node.name, running);
    }
    if (node.role === 'mn') {
      const options = mobileNodeOptions(node);
      this.#roles.set(
        node.name,
        network.run(node.name, 'mn', (random) => new MobileNode(options, random)),
      );
    }
    if (node.role === 'ha') {
      const options = homeAgentOptions(lab, node);
      this.#roles.set(
        node.name,
        network.run(node.name, 'ha', (random) => new HomeAgent(options, random)),
      );
    }
  }

  #carriedBy(node: string): CarriedBy {
    const { datapath } = this.#role(node).world;
    return (tunnel) => datapath.carriedBy(tunnel);
  }

  #role(node: string): RunningRole {
    const running = this.#roles.get(node);
    if (running) return running;
    const known = findNode(this.lab, node);
    const why = known
      ? `${node} is a ${known.role}, it keeps no bindings.`
      : `The lab has no node ${node}.`;
    throw new UsageError('LAB_NODE', why);
  }

  /** Never true: it is looked at after every call of the clock, and events go out in their order. */
  #tellEvents(): false {
    for (const entry of this.network.journal.splice(0)) this.#tell(happening(entry));
    return false;
  }

  #tell(told: Happening): void {
    if (this.#down) return;
    for (const listener of this.#listeners) listener(told);
  }
}

function happening({ at, host, event }: JournalEntry): Happening {
  return { kind: 'event', at, node: host, notice: eventNotice(event, at, new Date(at), host) };
}

const NOTHING: AccessRouterOptions = { advertise: [], dhcp: [] };
/** IPv4 is nothing without ARP. */
const ETHERTYPES: Readonly<Record<Family, readonly number[]>> = {
  ipv6: [ETHERTYPE.ipv6],
  ipv4: [ETHERTYPE.ipv4, ETHERTYPE.arp],
};
const SLICE: Millis = 250;
/** Ours: how long the cable is out. On Linux the same takes a few milliseconds. */
const REPLUG: Millis = 10;
