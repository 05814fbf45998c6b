/**
 * A DHCP client among servers that send anything: random octets, and proper answers with one or more things wrong.
 * What it has for an address must at every moment be one that was asked for and acknowledged.
 */
import { expect, it } from 'vitest';
import {
  BROADCAST_MAC,
  ipv4,
  ipv4FromOctets,
  ipv4Octets,
  mac,
  macOctets,
  type Ipv4,
} from '../../../src/base/address.js';
import { ByteWriter } from '../../../src/base/bytes.js';
import type { Instant } from '../../../src/base/time.js';
import { ingressFrame } from '../../../src/core/ingress.js';
import { DhcpClient } from '../../../src/core/mn/dhcp-client.js';
import { KnownNetworks } from '../../../src/core/mn/known-networks.js';
import { findDhcpOption } from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage } from '../../../src/wire/dhcpv4/message.js';
import { encodeIpv4 } from '../../../src/wire/ipv4.js';
import { ETHERTYPE, PROTOCOL } from '../../../src/wire/protocol.js';
import { encodeUdp } from '../../../src/wire/udp.js';
import { at } from '../../helpers/drive.js';
import { GATEWAY, KNOWN, knownNetwork, OWN, SERVER, STRANGER } from './dhcp-bench.js';
import { readDhcp, typeOf } from './say.js';
import { seeded } from './scripted-network.js';

const RUNS = 20;
const REPLIES = 1000;

it(`${RUNS * REPLIES} hostile replies: no crash, and no address that was not acknowledged`, () => {
  const taken = new Map<string, number>();
  for (let seed = 1; seed <= RUNS; seed++) {
    const siege = new Siege(seed);
    for (let i = 0; i < REPLIES; i++) siege.step();
    siege.relieve();
    for (const [what, count] of siege.told) taken.set(what, (taken.get(what) ?? 0) + count);
  }
  // The siege is one: every kind of lie was told, and proper answers got through between them.
  for (const lie of LIES) expect(taken.get(lie.name), lie.name).toBeGreaterThan(20);
  for (const state of ['selecting', 'requesting', 'bound', 'renewing', 'rebooting', 'init']) {
    expect(taken.get(state), state).toBeGreaterThan(20);
  }
});

it.each([
  { name: 'another transaction' },
  { name: 'another client' },
  { name: 'another client identifier' },
  { name: 'no server identifier' },
  { name: 'a server that is none' },
  { name: 'an address that is none' },
  { name: 'an address that was not asked for' },
  { name: 'a lease of no time' },
  { name: 'a message of ours' },
])('an acknowledgement with $name gives no address', ({ name }) => {
  for (let seed = 1; seed <= 20; seed++) {
    const siege = new Siege(seed);
    siege.send('offer', []);
    expect(siege.client.state).toBe('requesting');
    siege.send('ack', [lie(name)]);
    expect(siege.client.lease).toBeNull();
    siege.send('ack', []);
    expect(siege.client.lease).not.toBeNull();
  }
});

it('T1 and T2 of a hostile acknowledgement do not make the client ask at the speed of the network', () => {
  for (const [t1, t2] of [
    [0, 0],
    [0, 1],
    [1, 0],
    [0xffffffff, 0],
    [2, 1],
  ]) {
    const siege = new Siege(1);
    siege.send('offer', []);
    let requests = 0;
    for (; siege.now < 100; requests++) {
      siege.send('ack', [(r) => r.options.push(option(58, u32(t1!)), option(59, u32(t2!)))]);
      expect(siege.client.state).toBe('bound');
      do siege.wait();
      while (siege.client.state === 'bound');
    }
    expect(requests).toBeLessThan(200);
  }
});

type Kind = 'offer' | 'ack' | 'nak';

/** A reply before it is octets. */
interface Reply {
  op: number;
  xid: number;
  yiaddr: Uint8Array;
  chaddr: Uint8Array;
  server: Uint8Array | undefined;
  lease: Uint8Array | undefined;
  options: Uint8Array[];
  sname: Uint8Array;
  file: Uint8Array;
}

type Lie = (reply: Reply, siege: Siege) => void;

class Siege {
  readonly told = new Map<string, number>();
  readonly random;
  readonly client;
  readonly sent: DhcpMessage[] = [];
  now = 0;

  constructor(seed: number) {
    this.random = seeded(seed);
    const networks = new KnownNetworks();
    networks.learn(knownNetwork({}, 1e9), at(0));
    this.client = new DhcpClient('eth0', seeded(seed + 1000), undefined, networks);
    this.client.linkUp(OWN, at(0));
    this.#drain();
  }

  step(): void {
    this.#count(this.client.state);
    const dice = this.random.fraction();
    if (dice < 0.05) this.noise();
    else if (dice < 0.1) this.arp();
    else if (dice < 0.2) this.wait();
    else if (dice < 0.22) this.client.linkUp(OWN, at(this.now));
    else {
      const kinds: readonly Kind[] = ['offer', 'ack', 'ack', 'nak'];
      const count = Math.floor(this.random.fraction() * 3);
      const lies = Array.from({ length: count }, () => this.#pick(LIES));
      for (const { name } of lies) this.#count(name);
      this.send(
        this.#pick(kinds),
        lies.map(({ tell }) => tell),
      );
    }
    this.#drain();
    this.#check();
  }

  send(kind: Kind, lies: readonly Lie[]): void {
    const wanted = kind === 'offer' ? 'discover' : 'request';
    const to = this.sent.filter((m) => typeOf(m) === wanted).at(-1) ?? this.sent[0]!;
    const asked = findDhcpOption(to.options, 'requestedAddress')?.address;
    const own = to.clientAddress === '0.0.0.0' ? undefined : to.clientAddress;
    const yiaddr = kind === 'ack' ? (asked ?? own) : undefined;
    const reply: Reply = {
      op: 2,
      xid: to.xid,
      yiaddr: ipv4Octets(yiaddr ?? ipv4('10.0.0.5')),
      chaddr: macOctets(OWN),
      server: ipv4Octets(findDhcpOption(to.options, 'serverIdentifier')?.address ?? SERVER),
      lease: u32(600),
      options: [option(1, [255, 255, 255, 0]), option(3, ipv4Octets(SERVER))],
      sname: new Uint8Array(64),
      file: new Uint8Array(128),
    };
    for (const tell of lies) tell(reply, this);
    this.#deliver(encodeReply(kind, reply));
  }

  noise(): void {
    this.#count('noise');
    const octets = this.random.octets(Math.floor(this.random.fraction() * 600));
    if (octets.length > 240 && this.random.fraction() < 0.5) {
      octets.set([2, 1, 6, 0], 0);
      octets.set(macOctets(OWN), 28);
      octets.set([0x63, 0x82, 0x53, 0x63], 236);
    }
    this.#deliver(octets);
  }

  /** Never the true gateway of the known network. */
  arp(): void {
    const address = ipv4FromOctets(this.random.octets(4));
    const own = this.client.lease?.address ?? address;
    this.client.handleArp(
      {
        operation: this.random.fraction() < 0.5 ? 'request' : 'reply',
        senderMac: this.random.fraction() < 0.5 ? STRANGER : GATEWAY,
        senderAddress: this.#pick([address, own, ipv4('10.4.0.1'), SERVER, ipv4('0.0.0.0')]),
        targetMac: OWN,
        targetAddress: this.#pick([address, own]),
      },
      at(this.now),
    );
    this.#drain();
  }

  /** To the next deadline. */
  wait(): void {
    const next = this.client.pollTimeout();
    if (!next) return;
    expect(Number.isFinite(next.at)).toBe(true);
    this.now = Math.max(this.now, next.at / 1000);
    this.client.handleTimeout(next.at as Instant);
    this.#drain();
  }

  /** After all of it a proper server still gives an address. */
  relieve(): void {
    this.client.linkUp(OWN, at((this.now += 1e10)));
    this.#drain();
    expect(this.client.state).toBe('selecting');
    this.send('offer', []);
    this.send('ack', []);
    expect(this.client.lease?.address).toBe('10.0.0.5');
  }

  #deliver(octets: Uint8Array): void {
    const destination = ipv4('255.255.255.255');
    const datagram = { sourcePort: 67, destinationPort: 68, payload: octets };
    const payload = encodeIpv4({
      tos: 0,
      identification: 0,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: PROTOCOL.udp,
      source: SERVER,
      destination,
      options: new Uint8Array(0),
      payload: encodeUdp(datagram, SERVER, destination),
    });
    const etherType = ETHERTYPE.ipv4;
    const frame = { link: 'eth0', source: GATEWAY, destination: BROADCAST_MAC, etherType, payload };
    const result = ingressFrame(frame);
    const was = this.client.lease;
    if (!result.ok || result.value.kind !== 'dhcp') return;
    const { message, source } = result.value;
    const proper = isProper(message, this.sent);
    this.client.handle(message, GATEWAY, at(this.now), source);
    const { lease } = this.client;
    if (lease && lease !== was) expect(proper, JSON.stringify(message)).toBe(lease.address);
    this.#drain();
  }

  #check(): void {
    const { lease, state } = this.client;
    expect(lease !== null, state).toBe(['bound', 'renewing', 'rebinding'].includes(state));
    if (!lease) return;
    const first = ipv4Octets(lease.address)[0]!;
    expect(first > 0 && first < 224 && first !== 127).toBe(true);
    if (lease.expiresAt === null) return;
    expect(lease.renewAt).toBeLessThan(lease.rebindAt!);
    expect(lease.rebindAt).toBeLessThan(lease.expiresAt);
    expect(lease.expiresAt).toBeGreaterThan(at(this.now));
  }

  /** One input leads to a handful of frames at most. */
  #drain(): void {
    let frames = 0;
    for (let e = this.client.pollEffect(); e; e = this.client.pollEffect()) {
      if (e.kind !== 'frame') continue;
      frames++;
      if (e.etherType === ETHERTYPE.ipv4) this.sent.push(readDhcp(e));
    }
    expect(frames).toBeLessThan(8);
    this.sent.splice(0, Math.max(0, this.sent.length - 50));
  }

  #count(what: string): void {
    this.told.set(what, (this.told.get(what) ?? 0) + 1);
  }

  #pick<T>(list: readonly T[]): T {
    return list[Math.floor(this.random.fraction() * list.length)]!;
  }
}

/**
 * The address that this message gives to whom sent those; undefined for none. RFC 2131 §4.3.1 table 3, §4.4.1,
 * written down a second time.
 */
function isProper(message: DhcpMessage, sent: readonly DhcpMessage[]): Ipv4 | undefined {
  const request = sent.filter((m) => typeOf(m) === 'request').at(-1);
  if (!request) return undefined;
  const { options, yourAddress } = message;
  const server = findDhcpOption(options, 'serverIdentifier')?.address;
  const chosen = findDhcpOption(request.options, 'serverIdentifier')?.address;
  const asked = findDhcpOption(request.options, 'requestedAddress')?.address;
  const holds = [
    message.op === 2,
    message.xid === request.xid,
    message.clientHardware === OWN,
    findDhcpOption(options, 'messageType')?.type === 'ack',
    server !== undefined && !NO_HOSTS.includes(server) && (chosen ?? server) === server,
    yourAddress === (asked ?? request.clientAddress),
    findDhcpOption(options, 'leaseTime')?.seconds !== 0,
  ];
  return holds.every(Boolean) ? yourAddress : undefined;
}

function encodeReply(kind: Kind, reply: Reply): Uint8Array {
  const w = new ByteWriter(300)
    .octets(Uint8Array.of(reply.op, 1, 6, 0))
    .u32(reply.xid >>> 0)
    .zeros(8)
    .octets(reply.yiaddr)
    .zeros(8)
    .octets(reply.chaddr)
    .zeros(10)
    .octets(reply.sname)
    .octets(reply.file)
    .u32(0x63825363)
    .octets(option(53, [{ offer: 2, ack: 5, nak: 6 }[kind]]));
  if (reply.server) w.octets(option(54, reply.server));
  if (reply.lease && kind !== 'nak') w.octets(option(51, reply.lease));
  for (const octets of reply.options) w.octets(octets);
  return w.u8(255).finish();
}

const option = (type: number, data: ArrayLike<number>): Uint8Array =>
  Uint8Array.of(type, data.length, ...Array.from(data));

const u32 = (n: number): Uint8Array => Uint8Array.of(n >>> 24, n >>> 16, n >>> 8, n);

const NO_HOSTS = ['0.0.0.0', '255.255.255.255', '224.0.0.1', '239.9.9.9', '127.0.0.1', '0.0.0.9'];

const LIES: readonly { readonly name: string; readonly tell: Lie }[] = [
  { name: 'another transaction', tell: (r) => void r.xid++ },
  { name: 'another client', tell: (r) => (r.chaddr = macOctets(mac('02:00:00:00:00:77'))) },
  {
    name: 'another client identifier',
    tell: (r) => r.options.push(option(61, [1, 2, 0, 0, 0, 0, 0x77])),
  },
  { name: 'a message of ours', tell: (r) => (r.op = 1) },
  { name: 'no server identifier', tell: (r) => (r.server = undefined) },
  { name: 'a server that is none', tell: (r, s) => (r.server = noHost(s)) },
  { name: 'another server', tell: (r) => (r.server = ipv4Octets(ipv4('10.0.0.200'))) },
  { name: 'an address that is none', tell: (r, s) => (r.yiaddr = noHost(s)) },
  {
    name: 'an address that was not asked for',
    tell: (r, s) => (r.yiaddr = Uint8Array.of(10, 0, 1, ...s.random.octets(1))),
  },
  { name: 'a lease of no time', tell: (r) => (r.lease = u32(0)) },
  { name: 'a lease of a second', tell: (r) => (r.lease = u32(1)) },
  { name: 'a lease for ever', tell: (r) => (r.lease = u32(0xffffffff)) },
  { name: 'no lease time', tell: (r) => (r.lease = undefined) },
  { name: 'a lease time of three octets', tell: (r) => (r.lease = Uint8Array.of(1, 2, 3)) },
  {
    name: 'any T1 and T2',
    tell: (r, s) => r.options.push(option(58, s.random.octets(4)), option(59, s.random.octets(4))),
  },
  {
    name: 'T1 after T2',
    tell: (r) => r.options.push(option(58, u32(500)), option(59, u32(100))),
  },
  { name: 'a mask with holes', tell: (r) => r.options.push(option(1, [255, 0, 255, 0])) },
  { name: 'a router that is none', tell: (r, s) => r.options.push(option(3, noHost(s))) },
  {
    name: 'oversized options',
    tell: (r, s) => {
      for (let i = 0; i < 5; i++) r.options.push(option(43 + i, s.random.octets(255)));
    },
  },
  {
    name: 'a hundred routes',
    tell: (r) => {
      for (let i = 0; i < 4; i++) {
        const route = [24, 10, 1, i, ...ipv4Octets(SERVER)];
        r.options.push(option(121, Array.from({ length: 25 }, () => route).flat()));
      }
    },
  },
  { name: 'routes that end too soon', tell: (r) => r.options.push(option(121, [32, 1, 2, 3, 4])) },
  {
    name: 'an option longer than the message',
    tell: (r) => r.options.push(Uint8Array.of(12, 255, 65)),
  },
  {
    name: 'options in file and sname that contradict',
    tell: (r) => {
      r.options.push(option(52, [3]));
      r.file.set(option(53, [5]));
      r.file.set([...option(54, [10, 0, 0, 222]), ...option(51, u32(0)), 255], 3);
      r.sname.set([...option(53, [6]), ...option(52, [3]), ...option(50, [1, 2, 3, 4])]);
    },
  },
  {
    name: 'overload that runs off its field',
    tell: (r) => {
      r.options.push(option(52, [1]), option(52, [2]));
      r.file.fill(1);
      r.sname.set([54, 200], 0);
    },
  },
];

const noHost = ({ random }: Siege): Uint8Array =>
  ipv4Octets(NO_HOSTS[Math.floor(random.fraction() * NO_HOSTS.length)] as Ipv4);

function lie(name: string): Lie {
  const found = LIES.find((l) => l.name === name);
  if (!found) throw new Error(`nobody tells ${name}`);
  return found.tell;
}

it('the true gateway of the known network is not among the besiegers', () => {
  expect([STRANGER, GATEWAY]).not.toContain(KNOWN);
});
