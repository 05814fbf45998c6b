// Handovers of one mobile node in network namespaces of this kernel, six kinds of them, taken apart step by step: whose time was it?
// `npm run bench -- handover [--moves=50] [--json=FILE]`. Needs root. Nothing of it stays.
import { writeFileSync } from 'node:fs';
import { loadavg, release } from 'node:os';
import { ControlClient } from '../dist/src/control/client.js';
import { describeFrame } from '../dist/src/diagnostics/describe.js';
import { handoverSteps } from '../dist/src/lab/handover-steps.js';
import { summarizeHandovers } from '../dist/src/lab/handover-summary.js';
import { parseLab } from '../dist/src/lab/model.js';
import { ipBatch } from '../dist/src/lab/netns/command.js';
import { NetnsLab } from '../dist/src/lab/netns/netns-lab.js';
import { bridgeOf, plannedNode, portOf, unplugLines } from '../dist/src/lab/netns/plan.js';
import { socketOf } from '../dist/src/lab/netns/take-down.js';
import { native } from '../dist/src/linux/native.js';
import { RtNetlink } from '../dist/src/linux/netlink/rtnetlink.js';
import { table } from './measure.js';

/** All kinds, or those named by `--kinds=six-six,home`; `--trace` tells all that happened in moves that did not end well. */
export default async function handover({ moves = '50', json, kinds, trace } = {}) {
  const count = Number(moves);
  if (!Number.isInteger(count) || count < 1 || count > MAX_MOVES) {
    throw new Error(`--moves=${moves}: expected a whole number from 1 to ${MAX_MOVES}`);
  }
  if (process.getuid() !== 0) return console.log('needs root, for network namespaces: left out');
  const wanted = kinds?.split(',') ?? Object.keys(KINDS);
  const unknown = wanted.filter((kind) => !(kind in KINDS));
  if (unknown.length > 0) {
    throw new Error(
      `--kinds: no ${unknown.join(', ')}; there are ${Object.keys(KINDS).join(', ')}`,
    );
  }
  const field = new Field(trace);
  const interrupted = () => void field.down().finally(() => process.exit(130));
  process.once('SIGINT', interrupted);
  process.once('SIGTERM', interrupted);
  try {
    await field.up();
    const results = [];
    for (const kind of wanted) {
      const { title, play } = KINDS[kind];
      const lost = await play(field, count);
      const summary = summarizeHandovers(title, field.take());
      results.push(lost === undefined ? summary : { ...summary, packets: lost });
      show(results.at(-1));
    }
    const verdicts = judge(results, count);
    for (const { passed, sentence } of verdicts)
      console.log(`${passed ? 'ok  ' : 'FAIL'} ${sentence}`);
    if (verdicts.some((v) => !v.passed)) process.exitCode = 1;
    if (json !== undefined) {
      const about = { kernel: release(), node: process.version, loadavg: loadavg() };
      writeFileSync(
        json,
        `${JSON.stringify({ version: 1, ...about, results, verdicts }, null, 2)}\n`,
      );
    }
  } finally {
    process.off('SIGINT', interrupted);
    process.off('SIGTERM', interrupted);
    await field.down();
  }
}

const KINDS = {
  'six-six': {
    title: 'IPv6 → IPv6',
    play: async (field, count) => {
      for (let n = 0; n <= count; n++) await field.move('eth0', n % 2 ? 'six2' : 'six1', n > 0);
    },
  },
  'six-four': {
    title: 'IPv6 → IPv4',
    play: async (field, count) => {
      for (let n = 0; n < count; n++) {
        const link = n % 2 ? 'four2' : 'four1';
        await field.move('eth0', 'six1', false);
        await field.newGateway(link);
        await field.move('eth0', link, true);
      }
    },
  },
  'four-known': {
    title: 'IPv4 → IPv4, network known',
    play: async (field, count) => {
      for (let n = -2; n <= count; n++) await field.move('eth0', n % 2 ? 'four2' : 'four1', n > 0);
    },
  },
  'four-new': {
    title: 'IPv4 → IPv4, network new',
    play: async (field, count) => {
      for (let n = 0; n <= count; n++) {
        const link = n % 2 ? 'four2' : 'four1';
        await field.newGateway(link);
        await field.move('eth0', link, n > 0);
      }
    },
  },
  home: {
    title: '→ home',
    play: async (field, count) => {
      for (let n = 0; n < count; n++) {
        await field.move('eth0', n % 2 ? 'six1' : 'six2', false);
        await field.move('eth0', 'home', true);
      }
    },
  },
  two: {
    title: 'two interfaces, IPv6 → IPv6',
    play: async (field, count) => {
      await field.move('eth0', 'six1', false);
      await field.add('eth1', 'six2');
      await field.force('eth1');
      const counted = field.countPackets();
      for (let n = 0; n < count; n++) {
        await field.unplug('eth0');
        await field.force('auto');
        await field.move('eth0', n % 2 ? 'six1' : 'six2', true);
        await field.force('eth1');
      }
      const packets = await counted();
      await field.force('auto');
      await field.unplug('eth1');
      return packets;
    },
  },
};

/** The network, and what one does in it. */
class Field {
  #happenings = [];
  #steps = [];
  #world;
  #requests;
  #control;
  #pings = [];
  #mac = 0;
  #trace;

  constructor(trace) {
    this.#trace = trace;
  }

  async up() {
    const text = LAB;
    const lab = parseLab(text, 'handover.yaml');
    this.#world = new NetnsLab(lab, {
      file: 'handover.yaml',
      text,
      userNamespace: false,
      purpose: 'run',
    });
    this.#world.listen((h) => this.#happenings.push(h));
    await this.#world.up();
    this.#requests = new RtNetlink(this.#switch());
    this.#control = await ControlClient.connect(socketOf(this.#world.folder, 'mn'));
    this.#pings = lab.pings.map((spec) => this.#world.ping(spec));
    await this.#world.wait(START);
  }

  async down() {
    this.#requests?.close();
    this.#control?.close();
    await this.#world?.down();
  }

  /** The account of the moves so far, which is then forgotten. */
  take() {
    return this.#steps.splice(0);
  }

  /** Cable out, a moment later into `link`; waits until packets flow. */
  async move(name, link, measured) {
    const world = this.#world;
    await this.unplug(name);
    const port = portOf(world.plan, 'mn', name);
    await ipBatch([`link set ${port} master ${bridgeOf(world.plan, link)}`], world.plan.switch);
    this.#happenings.length = 0;
    const from = world.now();
    await this.#requests.setLink(native().linkIndex(this.#switch(), port), { up: true });
    const bound = await this.#heard((e) =>
      ['BINDING_ACCEPTED', 'BINDING_REMOVED'].includes(e.code),
    );
    await world.wait(bound ? SETTLE : 0);
    if (!measured) return;
    const mac = world.lab.nodes
      .find((n) => n.name === 'mn')
      .interfaces.find((i) => i.name === name).mac;
    const agentLink = link === 'home' ? 'home' : 'core';
    const account = handoverSteps(this.#happenings, {
      node: 'mn',
      link,
      mac,
      agentLink,
      from,
      until: world.now(),
    });
    this.#steps.push(account);
    if (this.#trace && account.missing !== null)
      tell(account.missing, this.#happenings, link, from);
  }

  async unplug(name) {
    await ipBatch(unplugLines(portOf(this.#world.plan, 'mn', name)), this.#world.plan.switch);
    await this.#world.wait(OUT);
  }

  /** One more interface, until it has an address. */
  async add(name, link) {
    this.#happenings.length = 0;
    await this.#world.move('mn', name, link);
    await this.#heard((e) => e.code === 'ADDRESS_READY' && e.fields.link === name);
  }

  /** What `mip6 handover` does. */
  async force(link) {
    const target = link === 'auto' ? { kind: 'auto' } : { kind: 'link', link };
    this.#happenings.length = 0;
    await this.#control.call('handover', { target });
    if (link === 'auto') return;
    await this.#heard((e) => e.code === 'BINDING_ACCEPTED');
    await this.#world.wait(SETTLE);
  }

  /** Another router has come to the link: nobody knows its address. */
  async newGateway(link) {
    const { lab, plan } = this.#world;
    const nat = lab.nodes.find(
      (n) => n.role === 'nat' && n.interfaces.some((i) => i.link === link),
    );
    const { name } = nat.interfaces.find((i) => i.link === link);
    const low = (++this.#mac).toString(16).padStart(4, '0');
    const address = `02:00:00:aa:${low.slice(0, 2)}:${low.slice(2)}`;
    await ipBatch([`link set ${name} address ${address}`], plannedNode(plan, nat.name).namespace);
  }

  /** From now until the answer is asked for. */
  countPackets() {
    const from = this.#world.now();
    return async () => {
      const until = this.#world.now();
      await this.#world.wait(SETTLE);
      const sent = this.#pings
        .flatMap((p) => p.samples())
        .filter((s) => s.sentAt >= from && s.sentAt < until);
      return { sent: sent.length, lost: sent.filter((s) => s.receivedAt === null).length };
    };
  }

  async #heard(is) {
    const found = () =>
      this.#happenings.some((h) => h.kind === 'event' && h.node === 'mn' && is(h.notice));
    for (let waited = 0; waited < PATIENCE; waited += POLL) {
      if (found()) return true;
      await this.#world.wait(POLL);
    }
    return false;
  }

  #switch() {
    return `/run/netns/${this.#world.plan.switch}`;
  }
}

function tell(what, happenings, link, from) {
  console.log(`\n${what}`);
  for (const h of [...happenings].sort((a, b) => a.at - b.at)) {
    if (h.kind === 'frame' && h.link !== link) continue;
    const text =
      h.kind === 'frame'
        ? describeFrame(h.octets)
        : h.kind === 'event'
          ? `* ${h.node} ${h.notice.code} ${h.notice.sentence}`
          : h.text;
    console.log(`${ms(h.at - from).padStart(9)} ${text}`);
  }
}

function show({ kind, moves, steps, own, whole, incomplete, packets }) {
  const line = (name, owner, { median, p95 }) => [name, owner, ms(median), ms(p95)];
  console.log(`\n${kind}, ${moves} moves`);
  table([
    ['step', 'whose', 'median ms', 'p95 ms'],
    ...steps.map((s) => line(s.name, s.owner, s)),
    line('OURS', 'ours', own),
    line('whole', '', whole),
  ]);
  for (const { missing, moves: n } of incomplete) console.log(`incomplete: ${n} moves: ${missing}`);
  if (packets) console.log(`packets: ${packets.sent} sent, ${packets.lost} lost`);
}

function judge(results, count) {
  return results.flatMap(({ kind, moves, own, packets }) => [
    { passed: moves === count, sentence: `${kind}: ${moves} of ${count} moves complete` },
    {
      passed: own.p95 < OWN_LIMIT,
      sentence: `${kind}: ours ${ms(own.p95)} ms at p95, limit ${OWN_LIMIT} ms`,
    },
    ...(packets
      ? [
          {
            passed: packets.lost === 0,
            sentence: `${kind}: ${packets.lost} of ${packets.sent} packets lost`,
          },
        ]
      : []),
  ]);
}

const ms = (value) => value.toFixed(2);

const OWN_LIMIT = 20; // ms
const MAX_MOVES = 1000;
const START = 3000; // ms until the mobile node is at home
const SETTLE = 350; // ms after a binding: for the first packets, and RFC 6275 §11.8 allows three updates a second
const OUT = 60; // ms that a cable is out
const PATIENCE = 5000; // ms for a move
const POLL = 5; // ms

const LAB = `
title: Handovers to be measured
links:
  home:
    prefix6: 2001:db8:a::/64
    prefix4: 192.0.2.0/24
    home: true
    ra: { minInterval: 30ms, maxInterval: 70ms, homeAgent: true }
    dhcp: { from: 192.0.2.150, to: 192.0.2.199, lease: 1h, replyDelay: 50ms }
  core: { prefix6: '2001:db8:f::/64', prefix4: 198.51.100.0/24 }
  six1: { prefix6: '2001:db8:b::/64', ra: { minInterval: 30ms, maxInterval: 70ms } }
  six2: { prefix6: '2001:db8:c::/64', ra: { minInterval: 30ms, maxInterval: 70ms } }
  four1:
    prefix4: 10.1.0.0/24
    dhcp: { from: 10.1.0.100, to: 10.1.0.199, lease: 1h, replyDelay: 50ms }
  four2:
    prefix4: 10.2.0.0/24
    dhcp: { from: 10.2.0.100, to: 10.2.0.199, lease: 1h, replyDelay: 50ms }
nodes:
  ha:
    role: ha
    config: { dad: optimistic }
    interfaces:
      eth0: { link: home, address6: '2001:db8:a::1', address4: 192.0.2.1 }
      eth1: { link: core, address6: '2001:db8:f::1', address4: 198.51.100.1 }
  r1:
    role: router
    interfaces:
      eth0: { link: core, address6: '2001:db8:f::11' }
      eth1: { link: six1, address6: '2001:db8:b::1' }
      eth2: { link: six2, address6: '2001:db8:c::1' }
  nat1:
    role: nat
    outside: eth0
    interfaces:
      eth0: { link: core, address4: 198.51.100.3 }
      eth1: { link: four1, address4: 10.1.0.1 }
  nat2:
    role: nat
    outside: eth0
    interfaces:
      eth0: { link: core, address4: 198.51.100.4 }
      eth1: { link: four2, address4: 10.2.0.1 }
  cn:
    role: host
    interfaces:
      eth0: { link: core, address6: '2001:db8:f::c', address4: 198.51.100.12 }
  mn:
    role: mn
    interfaces:
      eth0: { link: home }
      eth1: { link: null }
    home:
      agent: ha
      agent6: 2001:db8:a::1
      agent4: 198.51.100.1
      address6: 2001:db8:a::100
      address4: 192.0.2.100
pings:
  - { from: cn, to: '2001:db8:a::100', interval: 10ms }
  - { from: cn, to: 192.0.2.100, interval: 10ms }
`;
