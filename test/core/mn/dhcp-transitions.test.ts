/** Every cell of the table is entered by what causes it, and whatever the table leaves out changes nothing. */
import { describe, expect, it } from 'vitest';
import { ipv4 } from '../../../src/base/address.js';
import type { Instant } from '../../../src/base/time.js';
import type { DhcpTimer } from '../../../src/core/mn/dhcp-client.js';
import {
  DHCP_TRANSITIONS,
  type DhcpInput,
  type DhcpState,
} from '../../../src/core/mn/dhcp-transitions.js';
import { KnownNetworks } from '../../../src/core/mn/known-networks.js';
import type { DhcpType } from '../../../src/wire/dhcpv4/message.js';
import { at } from '../../helpers/drive.js';
import { knownNetwork, OWN, SECOND, STRANGER, up, type Bench, type Terms } from './dhcp-bench.js';
import { typeOf } from './say.js';

const STATES = Object.keys(DHCP_TRANSITIONS) as DhcpState[];
const CELLS = STATES.flatMap((from) =>
  Object.entries(DHCP_TRANSITIONS[from]).map(([input, to]) => [from, input, to] as const),
) as [DhcpState, DhcpInput, DhcpState][];

it.each(CELLS)('%s ─%s→ %s', (from, input, to) => {
  const walk = reach(from, input === 'carrier, lease known');
  expect(walk.state).toBe(from);
  CAUSES[input](walk);
  expect(walk.state).toBe(to);
});

/** Inputs that are made of others: what they are made of is tested by itself. */
const COMPOSED: ReadonlySet<DhcpInput> = new Set(['nak again', 'another offer', 'given up']);

describe.each(STATES)('in %s', (state) => {
  const meaningless = (Object.keys(CAUSES) as DhcpInput[]).filter(
    (input) => DHCP_TRANSITIONS[state][input] === undefined && !COMPOSED.has(input),
  );
  it.each(meaningless)('%s changes nothing', (input) => {
    const walk = reach(state, false);
    const { lease } = walk.bench.client;
    CAUSES[input](walk);
    expect(walk.state).toBe(state);
    expect(walk.bench.client.lease).toEqual(lease);
  });
});

it('has an address in bound, renewing and rebinding, and nowhere else', () => {
  const having = STATES.filter((state) => reach(state, false).bench.client.lease !== null);
  expect(having).toEqual(['bound', 'renewing', 'rebinding']);
});

/** `known`: of another network, so that the next carrier asks for it. */
function reach(state: DhcpState, known: boolean): Walk {
  const walk = new Walk(known);
  if (known) walk.fire('DHCP retransmission');
  switch (state) {
    case 'selecting':
      break;
    case 'down':
      walk.bench.client.linkDown();
      break;
    case 'released':
      walk.bench.client.release();
      break;
    case 'requesting':
      walk.reply('offer');
      break;
    case 'init':
      for (const type of ['offer', 'nak', 'offer', 'nak'] as const) walk.reply(type);
      break;
    case 'bound':
    case 'renewing':
    case 'rebinding':
    case 'rebooting':
      walk.reply('offer');
      walk.reply('ack');
      if (state === 'rebooting') walk.up(1);
      if (state === 'renewing' || state === 'rebinding') walk.fire('DHCP T1');
      if (state === 'rebinding') walk.fire('DHCP T2');
      break;
    default:
      state satisfies never;
  }
  return walk;
}

class Walk {
  readonly bench: Bench;
  now = 0;

  constructor(known: boolean) {
    const networks = new KnownNetworks();
    networks.learn(TIMED, at(0));
    networks.learn(UNTIMED, at(0));
    this.bench = up({ networks, ...(known ? { kept: '10.7.0.9 24 10.7.0.1 10.7.0.1 600' } : {}) });
    this.settle();
  }

  get state(): DhcpState {
    return this.bench.client.state;
  }

  settle(): void {
    this.bench.trace(this.now, this.now);
  }

  up(wait: number): void {
    this.now += wait;
    this.bench.client.linkUp(OWN, at(this.now));
    this.settle();
  }

  /** To the newest message that it could answer. */
  reply(type: DhcpType, own: Partial<Terms> = {}): void {
    const wanted = type === 'offer' ? 'discover' : 'request';
    const to = this.bench.sent.filter((m) => typeOf(m) === wanted).at(-1) ?? this.bench.sent[0]!;
    const asked = to.options.find((o) => o.kind === 'requestedAddress')?.address;
    const named = asked ?? (to.clientAddress === '0.0.0.0' ? FRESH : to.clientAddress);
    const address = type === 'offer' ? FRESH : named;
    this.bench.reply(this.now, type, {}, { address, ...own }, to);
    this.settle();
  }

  arp(from: typeof STRANGER, sender: string): void {
    this.bench.arp(this.now, from, sender);
    this.settle();
  }

  /** Comes back to a network that is known, and the gateway answers before the server. */
  boundByGateway(): void {
    this.up(1);
    this.arp(TIMED.gatewayMac, TIMED.gateway);
    expect(this.bench.client.view().vouchedBy).toBe('gateway');
  }

  /** Lets this timer run out if it is the next but for probes of the address and requests to keep the lease. */
  fire(why: DhcpTimer): void {
    for (let next = this.bench.client.pollTimeout(); next; next = this.bench.client.pollTimeout()) {
      const keeps = this.bench.client.lease !== null && next.why === 'DHCP retransmission';
      const probes = next.why === 'address conflict probe' || next.why === 'address announcement';
      if (next.why !== why && !probes && !keeps) return;
      this.now = next.at / 1000;
      this.bench.client.handleTimeout(next.at as Instant);
      this.settle();
      if (next.why === why) return;
    }
  }
}

const FRESH = ipv4('10.0.0.6');
const TIMED = knownNetwork({}, 400_000);
const UNTIMED = knownNetwork({
  gateway: ipv4('10.5.0.1'),
  lease: { ...TIMED.lease, address: ipv4('10.5.0.7'), router: ipv4('10.5.0.1') },
  timed: false,
});

const CAUSES: Readonly<Record<DhcpInput, (walk: Walk) => void>> = {
  carrier: (w) => w.up(1e6),
  'carrier, lease known': (w) => w.up(1),
  'carrier lost': (w) => w.bench.client.linkDown(),
  offer: (w) => w.reply('offer', { address: ipv4('10.0.0.9') }),
  ack: (w) => {
    if (w.state === 'bound') w.boundByGateway();
    w.reply('ack');
    if (w.state === 'bound') expect(w.bench.client.view().vouchedBy).toBe('server');
  },
  nak: (w) => {
    if (w.state === 'bound') w.boundByGateway();
    w.reply('nak');
  },
  'nak again': (w) => {
    const first = w.state;
    w.reply('nak');
    if (first === 'rebooting') w.arp(UNTIMED.gatewayMac, UNTIMED.gateway);
    else w.reply('offer');
    w.reply('nak');
  },
  'another offer': (w) => {
    w.reply('offer', { server: SECOND, address: ipv4('10.0.0.8') });
    w.reply('nak');
    expect(w.bench.last('request').options).toContainEqual({
      kind: 'serverIdentifier',
      address: SECOND,
    });
  },
  silence: (w) => w.fire('DHCP retransmission'),
  'given up': (w) => {
    for (let i = 0; i < 4; i++) w.fire('DHCP retransmission');
  },
  'pause over': (w) => w.fire('DHCP pause'),
  gateway: (w) => w.arp(TIMED.gatewayMac, TIMED.gateway),
  'gateway, time not known': (w) => w.arp(UNTIMED.gatewayMac, UNTIMED.gateway),
  T1: (w) => w.fire('DHCP T1'),
  T2: (w) => w.fire('DHCP T2'),
  'end of lease': (w) => w.fire('end of the lease'),
  conflict: (w) => {
    w.arp(STRANGER, FRESH);
    w.arp(STRANGER, FRESH);
  },
  renew: (w) => void w.bench.client.renew(at(w.now)),
  release: (w) => void w.bench.client.release(),
};
