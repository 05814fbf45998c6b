/**
 * A lab on this kernel: namespaces, bridges, a real NAT, and the daemon that people run, one process per mobile node
 * and home agent. Routers' advertisements and DHCP are the core's own role, in this process, on sockets in theirs.
 */
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { UsageError } from '../../base/error.js';
import type { Millis } from '../../base/time.js';
import type { BcEntry, BulEntry, EventNotice, Status } from '../../control/api.js';
import { Capture } from '../../linux/capture.js';
import { native } from '../../linux/native.js';
import { findNode, type Lab, type LabNode, type PingSpec } from '../model.js';
import { Recorder } from '../recorder.js';
import type { Family } from '../script.js';
import type { ExecResult, Happening, LabTime, LabWorld, PingSeries } from '../world.js';
import { LabClock } from './clock.js';
import { ipBatch, tryRun } from './command.js';
import { daemonConfig, type DatapathAsked } from './config.js';
import { DaemonChild } from './daemon-child.js';
import { dropFamilies, type Dropped } from './families.js';
import { setUpNat } from './nat.js';
import { Pinger } from './pinger.js';
import {
  namespaceLines,
  namespacesOf,
  nodeLines,
  planLab,
  plannedNode,
  plugLines,
  portOf,
  switchLines,
  SWITCH_SYSCTLS,
  sysctls,
  unplugLines,
  type NetnsPlan,
} from './plan.js';
import { RouterHost } from './router-host.js';
import {
  LAB_FILE,
  makeRunFolder,
  removeRunFolder,
  startOf,
  writeState,
  type LabState,
} from './state.js';
import { namespacePath, removeNamespaces, socketOf } from './take-down.js';

export interface NetnsLabOptions {
  readonly file: string;
  /** Of the lab file: kept for those who come later, whatever becomes of the file. */
  readonly text: string;
  /** One pcapng file per link goes there. */
  readonly pcap?: string | undefined;
  /** Asked of every daemon; undefined: each takes what it finds possible. */
  readonly datapath?: DatapathAsked;
  /** How many times as long things may take; 1 by default. */
  readonly patience?: number;
  readonly userNamespace: boolean;
  readonly purpose: LabState['purpose'];
}

export class NetnsLab implements LabWorld {
  readonly lab: Lab;
  readonly plan: NetnsPlan;
  /** Where its files are. */
  readonly folder: string;
  readonly #options: NetnsLabOptions;
  readonly #clock = new LabClock();
  readonly #listeners: ((happening: Happening) => void)[] = [];
  readonly #daemons = new Map<string, DaemonChild>();
  readonly #routers: RouterHost[] = [];
  readonly #captures: { readonly link: string; readonly capture: Capture }[] = [];
  readonly #pingers = new Set<Pinger>();
  #dropped: readonly Dropped[] = [];
  #recorder: Recorder | undefined;
  #rising: Promise<void> | undefined;
  #taken: Promise<void> | undefined;

  /** Makes the folder, and nothing else yet. */
  constructor(lab: Lab, options: NetnsLabOptions) {
    this.lab = lab;
    this.#options = options;
    const { id, path } = makeRunFolder();
    this.folder = path;
    this.plan = planLab(lab, id);
  }

  now(): LabTime {
    return this.#clock.now();
  }

  async up(): Promise<void> {
    this.#rising = this.#up();
    try {
      await this.#rising;
    } catch (error) {
      await this.down();
      throw error;
    }
  }

  wait(span: Millis): Promise<void> {
    return new Promise((done) => setTimeout(done, span));
  }

  async move(node: string, interfaceName: string, link: string | null, gap = 0): Promise<LabTime> {
    const port = portOf(this.plan, node, interfaceName);
    const plug = link === null ? [] : plugLines(this.plan, port, link);
    if (gap > 0) {
      await ipBatch(unplugLines(port), this.plan.switch);
      await this.wait(gap);
    }
    await ipBatch([...(gap > 0 ? [] : unplugLines(port)), ...plug], this.plan.switch);
    return this.now();
  }

  async carry(link: string, family: Family, passes: boolean): Promise<void> {
    const others = this.#dropped.filter((d) => d.link !== link || d.family !== family);
    this.#dropped = passes ? others : [...others, { link, family }];
    await dropFamilies(this.plan, this.#dropped);
  }

  async serve(lab: Lab): Promise<void> {
    for (const router of this.#routers) router.configure(lab);
  }

  exec(node: string, command: readonly string[]): Promise<ExecResult> {
    const { namespace } = plannedNode(this.plan, this.#known(node).name);
    return tryRun(['ip', 'netns', 'exec', namespace, ...command]);
  }

  async bul(node: string): Promise<readonly BulEntry[]> {
    return (await this.#daemon(node).client.call('bul.list', {})).entries;
  }

  async bc(node: string): Promise<readonly BcEntry[]> {
    return (await this.#daemon(node).client.call('bc.list', {})).entries;
  }

  status(node: string): Promise<Status> {
    return this.#daemon(node).client.call('status', {});
  }

  ping(spec: PingSpec, count?: number): PingSeries {
    const pinger = new Pinger(
      namespacePath(plannedNode(this.plan, spec.from).namespace),
      spec,
      this.#clock,
      count,
    );
    this.#pingers.add(pinger);
    return pinger;
  }

  listen(listener: (happening: Happening) => void): void {
    this.#listeners.push(listener);
  }

  down(): Promise<void> {
    this.#taken ??= this.#take();
    return this.#taken;
  }

  async #up(): Promise<void> {
    const { lab, plan } = this;
    const hosts = lab.nodes.filter((n) => n.role === 'mn' || n.role === 'ha');
    // Written before anything is made: what a crash leaves behind can be found.
    writeFileSync(join(this.folder, LAB_FILE), this.#options.text, { mode: 0o600 });
    writeState(this.folder, this.#state(hosts));
    await this.#step(ipBatch(namespaceLines(plan)));
    setSysctls(plan.switch, SWITCH_SYSCTLS);
    for (const node of lab.nodes) {
      setSysctls(plannedNode(plan, node.name).namespace, sysctls(node));
    }
    await this.#step(ipBatch(switchLines(lab, plan), plan.switch));
    await this.#step(Promise.all(lab.nodes.map((node) => this.#configure(node))));
    this.#capture();
    for (const node of lab.nodes) {
      const router = await RouterHost.open(lab, node, {
        netns: namespacePath(plannedNode(plan, node.name).namespace),
        stateFile: join(this.folder, `${node.name}.router.json`),
        event: (notice) => this.#event(node.name, notice),
      });
      if (router) this.#routers.push(router);
    }
    await this.#step();
    const started = hosts.map((node) => this.#startDaemon(node));
    writeState(this.folder, this.#state(hosts));
    await this.#step(Promise.all(started.map((daemon) => daemon.ready())));
  }

  /** Nothing new is begun once it is being taken down. */
  async #step(work?: Promise<unknown>): Promise<void> {
    await work;
    if (this.#taken) throw new Error('the lab is being taken down');
  }

  async #configure(node: LabNode): Promise<void> {
    const { namespace } = plannedNode(this.plan, node.name);
    await ipBatch(nodeLines(this.lab, node), namespace);
    await setUpNat(node, namespace);
  }

  #capture(): void {
    const { pcap } = this.#options;
    if (pcap !== undefined) this.#recorder = new Recorder(pcap, this.lab);
    for (const { link, bridge } of this.plan.bridges) {
      const netns = namespacePath(this.plan.switch);
      const capture = Capture.open({ netns, link: bridge }, (frame) => {
        const wall = BigInt(frame.seconds) * 1_000_000_000n + BigInt(frame.nanoseconds);
        this.#recorder?.frame(link, wall, frame.octets, frame.wireLength);
        this.#tell({ kind: 'frame', at: this.#clock.ofWall(wall), link, octets: frame.octets });
      });
      this.#captures.push({ link, capture });
    }
  }

  /** What a capture missed is said, so that nobody takes its silence for the network's. */
  #closeCaptures(): void {
    for (const { link, capture } of this.#captures.splice(0)) {
      capture.flush();
      const { dropped } = capture;
      capture.close();
      if (dropped === 0) continue;
      const text = `${dropped} frames of ${link} were not seen`;
      for (const listener of this.#listeners) listener({ kind: 'trouble', at: this.now(), text });
    }
  }

  #startDaemon(node: LabNode): DaemonChild {
    const config = join(this.folder, `${node.name}.conf`);
    writeFileSync(config, daemonConfig(this.lab, node, this.#options.datapath), { mode: 0o600 });
    const daemon = new DaemonChild(
      {
        node: node.name,
        name: `${this.lab.name}-${this.plan.id}-${node.name}`,
        namespace: plannedNode(this.plan, node.name).namespace,
        socket: socketOf(this.folder, node.name),
        config,
        folder: this.folder,
        patience: this.#options.patience ?? 1,
      },
      {
        event: (notice) => this.#event(node.name, notice),
        trouble: (text) => this.#tell({ kind: 'trouble', at: this.now(), text }),
      },
    );
    this.#daemons.set(node.name, daemon);
    return daemon;
  }

  #state(hosts: readonly LabNode[]): LabState {
    return {
      version: 1,
      lab: this.lab.name,
      id: this.plan.id,
      file: resolve(this.#options.file),
      pid: process.pid,
      startedAt: startOf(process.pid),
      userNamespace: this.#options.userNamespace,
      purpose: this.#options.purpose,
      switch: this.plan.switch,
      namespaces: namespacesOf(this.plan),
      daemons: hosts.map((n) => {
        const pid = this.#daemons.get(n.name)?.pid;
        const socket = socketOf(this.folder, n.name);
        return {
          node: n.name,
          socket,
          ...(pid === undefined ? {} : { pid, startedAt: startOf(pid) }),
        };
      }),
    };
  }

  #event(node: string, notice: EventNotice): void {
    this.#tell({ kind: 'event', at: this.#clock.ofMonotonic(notice.monotonic), node, notice });
  }

  #tell(happening: Happening): void {
    if (this.#taken) return;
    for (const listener of this.#listeners) listener(happening);
  }

  #daemon(node: string): DaemonChild {
    const daemon = this.#daemons.get(node);
    if (daemon) return daemon;
    throw new UsageError(
      'LAB_NODE',
      `${node} is a ${this.#known(node).role}, it keeps no bindings.`,
    );
  }

  #known(node: string): LabNode {
    const known = findNode(this.lab, node);
    if (known) return known;
    throw new UsageError(
      'LAB_NODE',
      `The lab has no node ${node}.`,
      `It has ${this.lab.nodes.map((n) => n.name).join(', ')}.`,
    );
  }

  async #take(): Promise<void> {
    for (const pinger of this.#pingers) pinger.stop();
    await Promise.all([...this.#daemons.values()].map((daemon) => daemon.stop()));
    // It ends at its next step, or when the daemons that it waits for have ended.
    await this.#rising?.catch(() => {});
    for (const router of this.#routers) await router.close();
    this.#closeCaptures();
    this.#recorder?.close();
    await removeNamespaces(namespacesOf(this.plan));
    removeRunFolder(this.folder);
  }
}

/** `/proc/sys/net` shows the namespace of who opens it. */
function setSysctls(namespace: string, settings: readonly (readonly [string, string])[]): void {
  native().inNamespace(namespacePath(namespace), () => {
    for (const [name, value] of settings) writeFileSync(`/proc/sys/net/${name}`, value);
  });
}
