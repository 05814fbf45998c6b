import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  BROADCAST4,
  ipv4,
  mac,
  prefix,
  UNSPECIFIED4,
  type Ipv4,
  type MacAddress,
  type Prefix,
} from '../../../src/base/address.js';
import { UsageError } from '../../../src/base/error.js';
import type { FrameEffect } from '../../../src/core/effect.js';
import type { DhcpIngress } from '../../../src/core/ingress.js';
import { DhcpServer, type DhcpServerEffect } from '../../../src/core/router/dhcp-server.js';
import type { DhcpServerOptions } from '../../../src/core/router/options.js';
import { dhcpType } from '../../../src/wire/dhcpv4/codec.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../../src/wire/dhcpv4/message.js';
import { at, drive } from '../../helpers/drive.js';
import { HOST_MAC, received } from './fixture.js';

const SERVER = ipv4('192.0.2.1');
const OPTIONS: DhcpServerOptions = {
  link: 'eth0',
  serverAddress: SERVER,
  prefix: prefix('192.0.2.0/24') as Prefix<Ipv4>,
  from: ipv4('192.0.2.50'),
  to: ipv4('192.0.2.52'),
  router: ipv4('192.0.2.254'),
  leaseTime: 3600,
  replyDelay: 0,
};
const A = mac('02:00:00:00:00:0a');
const B = mac('02:00:00:00:00:0b');
const SERVER_ID: DhcpOption = { kind: 'serverIdentifier', address: SERVER };
const wants = (address: string): DhcpOption => ({
  kind: 'requestedAddress',
  address: ipv4(address),
});

describe('a new client, RFC 2131 §3.1', () => {
  it('is offered an address and gets it', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A);
    send(server, 1, 'request', A, { options: [SERVER_ID, wants('192.0.2.50')] });
    expect(trace(server, 1)).toEqual([
      `offer 192.0.2.50 to 192.0.2.50 ${A}`,
      `ack 192.0.2.50 to 192.0.2.50 ${A}`,
      `DHCP_LEASED 192.0.2.50 ${A} 3600`,
    ]);
    expect(server.leases(at(1))).toEqual([
      { address: '192.0.2.50', hardware: A, state: 'bound', expiresAt: at(3601) },
    ]);
    expect(server.leases(at(3601))).toEqual([]);
  });

  it('is told the terms and the network, §4.3.1 and table 3', () => {
    const options = { ...OPTIONS, dnsServers: [ipv4('192.0.2.53')], mtu: 1400 };
    const server = new DhcpServer(options);
    const identifier: DhcpOption = { kind: 'clientIdentifier', data: Uint8Array.of(1, 2, 3) };
    send(server, 0, 'discover', A, { xid: 0xdeadbeef, options: [identifier] });
    const { message, source } = received('dhcp', server.pollEffect() as FrameEffect);
    expect(source).toBe(SERVER);
    expect(message).toEqual({
      op: 2,
      xid: 0xdeadbeef,
      secs: 0,
      broadcast: false,
      clientAddress: UNSPECIFIED4,
      yourAddress: '192.0.2.50',
      serverAddress: UNSPECIFIED4,
      relayAddress: UNSPECIFIED4,
      clientHardware: A,
      options: [
        { kind: 'messageType', type: 'offer' },
        SERVER_ID,
        { kind: 'leaseTime', seconds: 3600 },
        { kind: 'renewalTime', seconds: 1800 },
        { kind: 'rebindingTime', seconds: 3150 },
        { kind: 'subnetMask', mask: '255.255.255.0' },
        { kind: 'router', addresses: ['192.0.2.254'] },
        { kind: 'dnsServer', addresses: ['192.0.2.53'] },
        { kind: 'interfaceMtu', mtu: 1400 },
        identifier, // RFC 6842
      ],
    });
  });

  it('that sets the broadcast flag is answered so, §4.1', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A, { broadcast: true });
    expect(trace(server, 0)).toEqual(['offer 192.0.2.50 to 255.255.255.255 ff:ff:ff:ff:ff:ff']);
  });

  it('gets the address it asks for when that is free, §4.3.1', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A, { options: [wants('192.0.2.52')] });
    send(server, 0, 'discover', B, { options: [wants('192.0.2.52')] });
    expect(trace(server, 0)).toEqual([
      `offer 192.0.2.52 to 192.0.2.52 ${A}`,
      `offer 192.0.2.50 to 192.0.2.50 ${B}`,
    ]);
  });

  it('may ask for a shorter lease, not for a longer one', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A);
    for (const wanted of [60, 7200]) {
      const leaseTime: DhcpOption = { kind: 'leaseTime', seconds: wanted };
      send(server, 1, 'request', A, { options: [SERVER_ID, wants('192.0.2.50'), leaseTime] });
    }
    expect(trace(server, 1).filter((line) => line.startsWith('DHCP'))).toEqual([
      `DHCP_LEASED 192.0.2.50 ${A} 60`,
      `DHCP_LEASED 192.0.2.50 ${A} 3600`,
    ]);
  });

  it('is answered after the delay that the options ask for', () => {
    const server = new DhcpServer({ ...OPTIONS, replyDelay: 250 });
    send(server, 10, 'discover', A);
    expect(server.pollTimeout()).toEqual({ at: at(10.25), why: 'reply' });
    expect(trace(server, 10.2)).toEqual([]);
    expect(trace(server, 11)).toEqual([`offer 192.0.2.50 to 192.0.2.50 ${A}`]);
  });

  it('is told apart by its client identifier, not by its hardware, §4.2', () => {
    const server = new DhcpServer(OPTIONS);
    const as = (n: number): Partial<DhcpMessage> => ({
      options: [{ kind: 'clientIdentifier', data: Uint8Array.of(255, n) }],
    });
    send(server, 0, 'discover', A, as(1));
    send(server, 0, 'discover', A, as(2));
    send(server, 0, 'discover', B, as(1));
    expect(trace(server, 0)).toEqual([
      `offer 192.0.2.50 to 192.0.2.50 ${A}`,
      `offer 192.0.2.51 to 192.0.2.51 ${A}`,
      `offer 192.0.2.50 to 192.0.2.50 ${B}`,
    ]);
  });
});

describe('a request, RFC 2131 §4.3.2', () => {
  it('to another server frees the offer', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A);
    const other: DhcpOption = { kind: 'serverIdentifier', address: ipv4('192.0.2.2') };
    send(server, 1, 'request', A, { options: [other, wants('192.0.2.99')] });
    expect(trace(server, 1)).toEqual([`offer 192.0.2.50 to 192.0.2.50 ${A}`]);
    expect(server.leases(at(1))).toEqual([]);
  });

  it.each([
    { what: 'another address than offered', address: '192.0.2.51', second: 1 },
    { what: 'an offer that ran out after 30 s', address: '192.0.2.50', second: 30 },
  ])('for $what is refused to everyone', ({ address, second }) => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A);
    trace(server, 0);
    send(server, second, 'request', A, { options: [SERVER_ID, wants(address)] });
    expect(trace(server, second)).toEqual([
      'nak 0.0.0.0 to 255.255.255.255 ff:ff:ff:ff:ff:ff',
      `DHCP_REFUSED ${address} ${A}`,
    ]);
  });

  it('after a restart of the client (INIT-REBOOT) confirms its address', () => {
    const server = bound();
    send(server, 100, 'request', A, { options: [wants('192.0.2.50')] });
    expect(trace(server, 100)).toEqual([
      `ack 192.0.2.50 to 192.0.2.50 ${A}`,
      `DHCP_LEASED 192.0.2.50 ${A} 3600`,
    ]);
  });

  it.each([
    { what: 'of another network', client: A, address: '198.51.100.7' },
    { what: 'of another network, from a stranger', client: B, address: '198.51.100.7' },
    { what: 'that is not its own', client: A, address: '192.0.2.51' },
    { what: "that is another's", client: B, address: '192.0.2.50' },
  ])('after a restart for an address $what is refused', ({ client, address }) => {
    const server = bound();
    send(server, 100, 'request', client, { options: [wants(address)] });
    expect(trace(server, 100)).toEqual([
      'nak 0.0.0.0 to 255.255.255.255 ff:ff:ff:ff:ff:ff',
      `DHCP_REFUSED ${address} ${client}`,
    ]);
  });

  it('of a client without record is left to others', () => {
    const server = bound();
    send(server, 100, 'request', B, { options: [wants('192.0.2.99')] });
    send(server, 100, 'request', B, { clientAddress: ipv4('192.0.2.51') });
    expect(trace(server, 100)).toEqual([]);
  });

  it.each([
    { state: 'RENEWING', to: SERVER },
    { state: 'REBINDING', to: BROADCAST4 },
  ])('in $state extends the lease, answered at ciaddr', ({ to }) => {
    const server = bound();
    send(server, 1800, 'request', A, { clientAddress: ipv4('192.0.2.50') }, to);
    expect(trace(server, 1800)).toEqual([
      `ack 192.0.2.50 to 192.0.2.50 ${A}`,
      `DHCP_LEASED 192.0.2.50 ${A} 3600`,
    ]);
    expect(server.leases(at(1800))).toMatchObject([{ expiresAt: at(5400) }]);
  });

  it('that names no address at all is ignored', () => {
    const server = bound();
    send(server, 100, 'request', A);
    expect(trace(server, 100)).toEqual([]);
  });
});

describe('the end of a lease', () => {
  it('by release frees the address and keeps it for its client, RFC 2131 §4.3.4', () => {
    const server = bound();
    send(server, 10, 'release', A, { clientAddress: ipv4('192.0.2.50') }, SERVER);
    expect(trace(server, 10)).toEqual([`DHCP_RELEASED 192.0.2.50 ${A}`]);
    expect(server.leases(at(10))).toEqual([]);
    send(server, 11, 'discover', B);
    send(server, 12, 'discover', A);
    expect(trace(server, 12)).toEqual([
      `offer 192.0.2.51 to 192.0.2.51 ${B}`,
      `offer 192.0.2.50 to 192.0.2.50 ${A}`,
    ]);
  });

  it('by release is for who holds it', () => {
    const server = bound();
    send(server, 10, 'release', B, { clientAddress: ipv4('192.0.2.50') }, SERVER);
    expect(trace(server, 10)).toEqual([]);
    expect(server.leases(at(10)).length).toBe(1);
  });

  it('by decline keeps the address out of use for an hour, §4.3.3', () => {
    const server = bound();
    send(server, 10, 'decline', A, { options: [SERVER_ID, wants('192.0.2.50')] });
    send(server, 11, 'discover', A, { options: [wants('192.0.2.50')] });
    expect(trace(server, 11)).toEqual([
      `DHCP_DECLINED 192.0.2.50 ${A}`,
      `offer 192.0.2.51 to 192.0.2.51 ${A}`,
    ]);
    expect(server.leases(at(3609))).toMatchObject([{ address: '192.0.2.50', state: 'declined' }]);
    expect(server.leases(at(3610))).toEqual([]);
  });

  it('by decline is for who holds it, and for this server', () => {
    const server = bound();
    send(server, 10, 'decline', B, { options: [SERVER_ID, wants('192.0.2.50')] });
    send(server, 10, 'decline', A, { options: [wants('192.0.2.50')] });
    expect(trace(server, 10)).toEqual([]);
    expect(server.leases(at(10))).toMatchObject([{ state: 'bound' }]);
  });

  it('by time gives the address that ended longest ago to the next, §4.3.1', () => {
    const server = new DhcpServer({ ...OPTIONS, to: ipv4('192.0.2.51') });
    lease(server, 0, A, '192.0.2.50');
    lease(server, 5, B, '192.0.2.51');
    const stranger = mac('02:00:00:00:00:0c');
    send(server, 3000, 'discover', stranger);
    send(server, 4000, 'discover', stranger);
    // Whose address it was, starts anew.
    send(server, 4001, 'discover', A);
    expect(trace(server, 4001)).toEqual([
      'DHCP_POOL_EMPTY',
      `offer 192.0.2.50 to 192.0.2.50 ${stranger}`,
      `offer 192.0.2.51 to 192.0.2.51 ${A}`,
    ]);
  });
});

describe('a new pool', () => {
  const moved = { ...OPTIONS, from: ipv4('192.0.2.60'), to: ipv4('192.0.2.61') };
  const renew = { clientAddress: ipv4('192.0.2.50') };

  it('refuses who renews an address that it no longer has, and leases another', () => {
    const server = bound();
    server.configure(moved);
    expect(server.leases(at(1))).toEqual([]);
    send(server, 1800, 'request', A, renew);
    send(server, 1801, 'request', B, renew); // without a record: left to others
    lease(server, 1802, A, '192.0.2.60');
    send(server, 1803, 'request', A, { clientAddress: ipv4('192.0.2.60') });
    expect(trace(server, 1803)).toEqual([
      `ack 192.0.2.60 to 192.0.2.60 ${A}`,
      `DHCP_LEASED 192.0.2.60 ${A} 3600`,
    ]);
  });

  it('says so with a NAK to everyone, RFC 2131 §4.3.2', () => {
    const server = bound();
    server.configure(moved);
    send(server, 1800, 'request', A, renew);
    expect(trace(server, 1800)).toEqual([
      'nak 0.0.0.0 to 255.255.255.255 ff:ff:ff:ff:ff:ff',
      `DHCP_REFUSED 192.0.2.50 ${A}`,
    ]);
  });

  it('keeps the leases that it still has', () => {
    const server = bound();
    server.configure({ ...OPTIONS, to: ipv4('192.0.2.99'), leaseTime: 60 });
    send(server, 1, 'request', A, renew);
    expect(trace(server, 1)).toEqual([
      `ack 192.0.2.50 to 192.0.2.50 ${A}`,
      `DHCP_LEASED 192.0.2.50 ${A} 60`,
    ]);
  });

  it('without an address is refused, and the old one stays', () => {
    const server = bound();
    const none = { ...OPTIONS, from: ipv4('10.0.0.1'), to: ipv4('10.0.0.9') };
    expect(() => server.configure(none)).toThrow(UsageError);
    expect(server.leases(at(1))).toHaveLength(1);
  });
});

describe('an inform, RFC 2131 §4.3.5', () => {
  it('is answered at ciaddr with the network and no lease', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'inform', A, { clientAddress: ipv4('192.0.2.200') });
    const { message, destination } = received('dhcp', server.pollEffect() as FrameEffect);
    expect(destination).toBe('192.0.2.200');
    expect(message.yourAddress).toBe(UNSPECIFIED4);
    expect(message.options.map((o) => o.kind)).toEqual([
      'messageType',
      'serverIdentifier',
      'subnetMask',
      'router',
    ]);
    expect(server.leases(at(0))).toEqual([]);
  });

  it('from outside the network is ignored', () => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'inform', A, { clientAddress: ipv4('198.51.100.1') });
    expect(trace(server, 0)).toEqual([]);
  });
});

describe('what is not for this server', () => {
  it.each<{ what: string; change: Partial<DhcpMessage>; to?: Ipv4 }>([
    { what: 'through a relay', change: { relayAddress: ipv4('192.0.2.254') } },
    { what: 'to the address of another server', change: {}, to: ipv4('192.0.2.2') },
    { what: 'of a server', change: { op: 2 } },
  ])('$what is ignored', ({ change, to }) => {
    const server = new DhcpServer(OPTIONS);
    send(server, 0, 'discover', A, change, to);
    expect(trace(server, 0)).toEqual([]);
  });
});

describe('bounds', () => {
  it('a flood of clients gets what the pool has and the rest an event', () => {
    const server = new DhcpServer(OPTIONS);
    for (let n = 0; n < 10; n++) send(server, 0, 'discover', mac(`02:00:00:00:01:0${n}`));
    const lines = trace(server, 0);
    expect(lines.filter((line) => line.startsWith('offer')).length).toBe(3);
    expect(lines.filter((line) => line === 'DHCP_POOL_EMPTY').length).toBe(7);
  });

  it('holds back 256 answers and no more', () => {
    const server = new DhcpServer({ ...OPTIONS, replyDelay: 1000 });
    for (let n = 0; n < 300; n++) send(server, 0, 'discover', A);
    expect(trace(server, 1).length).toBe(256);
  });

  it('forgets what it held back when the link goes down', () => {
    const server = new DhcpServer({ ...OPTIONS, replyDelay: 1000 });
    send(server, 0, 'discover', A);
    server.handleLinkDown();
    expect(server.pollTimeout()).toBeUndefined();
    expect(trace(server, 5)).toEqual([]);
  });

  it('leaves out its own address, the router, and both ends of the prefix', () => {
    const server = new DhcpServer({
      ...OPTIONS,
      prefix: prefix('192.0.2.0/29') as Prefix<Ipv4>,
      from: ipv4('192.0.2.0'),
      to: ipv4('192.0.2.20'),
      router: ipv4('192.0.2.2'),
    });
    for (let n = 0; n < 9; n++) send(server, 0, 'discover', mac(`02:00:00:00:01:0${n}`));
    const offered = trace(server, 0)
      .filter((line) => line.startsWith('offer'))
      .map((line) => line.split(' ')[1]);
    expect(offered).toEqual(['192.0.2.3', '192.0.2.4', '192.0.2.5', '192.0.2.6']);
  });

  it.each([
    { from: '192.0.2.52', to: '192.0.2.50' },
    { from: '198.51.100.1', to: '198.51.100.9' },
    { from: '192.0.2.1', to: '192.0.2.1' },
  ])('will not serve from $from to $to', ({ from, to }) => {
    const make = () => new DhcpServer({ ...OPTIONS, from: ipv4(from), to: ipv4(to) });
    expect(make).toThrow(UsageError);
  });
});

it('never lets two clients hold one address, whatever they send', () => {
  const hosts = [1, 2, 3, 4, 5].map((n) => mac(`02:00:00:00:02:0${n}`));
  const addresses = ['192.0.2.50', '192.0.2.51', '192.0.2.52', '192.0.2.99'].map(ipv4);
  const step = fc.record({
    wait: fc.constantFrom(0, 0, 1, 1, 20, 40, 1800, 4000),
    host: fc.constantFrom(...hosts),
    // The first two more often: without leases there is nothing to be wrong about.
    type: fc.constantFrom<DhcpType>(
      ...(['discover', 'request', 'discover', 'request', 'request'] as const),
      ...(['decline', 'release', 'inform'] as const),
    ),
    address: fc.constantFrom(...addresses),
    named: fc.boolean(),
    mine: fc.constantFrom(true, true, true, false),
  });
  let leased = 0;
  fc.assert(
    fc.property(fc.array(step, { minLength: 5, maxLength: 60 }), (steps) => {
      const server = new DhcpServer(OPTIONS);
      const holders = new Map<Ipv4, { host: MacAddress; until: number }>();
      let now = 0;
      for (const { wait, host, type, address, named, mine } of steps) {
        now += wait;
        const own = server.leases(at(now)).find((l) => l.hardware === host)?.address ?? address;
        const options: DhcpOption[] = named ? [SERVER_ID] : [];
        const about = mine ? own : address;
        const change =
          type === 'release' || type === 'inform'
            ? { clientAddress: about }
            : { options: [...options, wants(about)] };
        const held = holders.get(about);
        if (type === 'release' && held?.host === host) holders.delete(about);
        send(server, now, type, host, change);
        for (let e = server.pollEffect(); e; e = server.pollEffect()) {
          if (e.kind === 'event') {
            if (e.event.code === 'DHCP_DECLINED') holders.delete(e.event.fields['address'] as Ipv4);
            continue;
          }
          const { message } = received('dhcp', e);
          if (dhcpType(message) !== 'ack' || message.yourAddress === UNSPECIFIED4) continue;
          leased++;
          const before = holders.get(message.yourAddress);
          if (before && before.until > now) expect(before.host).toBe(host);
          holders.set(message.yourAddress, { host, until: now + OPTIONS.leaseTime });
        }
      }
    }),
    { numRuns: 400, seed: 2131 },
  );
  expect(leased).toBeGreaterThan(100);
});

function send(
  server: DhcpServer,
  second: number,
  type: DhcpType,
  client: MacAddress = HOST_MAC,
  { options = [], ...change }: Partial<DhcpMessage> = {},
  destination: Ipv4 = BROADCAST4,
): void {
  const message: DhcpMessage = {
    op: 1,
    xid: 1,
    secs: 0,
    broadcast: false,
    clientAddress: UNSPECIFIED4,
    yourAddress: UNSPECIFIED4,
    serverAddress: UNSPECIFIED4,
    relayAddress: UNSPECIFIED4,
    clientHardware: client,
    options: [{ kind: 'messageType', type }, ...options],
    ...change,
  };
  const source = message.clientAddress;
  const on = { kind: 'dhcp', link: 'eth0', linkSource: client } as const;
  const ingress: DhcpIngress = { ...on, source, destination, message };
  server.handleMessage(ingress, at(second));
}

function lease(server: DhcpServer, second: number, client: MacAddress, address: string): void {
  send(server, second, 'discover', client);
  send(server, second, 'request', client, { options: [SERVER_ID, wants(address)] });
  trace(server, second);
}

/** A holds 192.0.2.50 since second 0. */
function bound(): DhcpServer {
  const server = new DhcpServer(OPTIONS);
  lease(server, 0, A, '192.0.2.50');
  return server;
}

/** What has come out by then, each effect as a line. */
function trace(server: DhcpServer, until: number): string[] {
  return [...drive(server, at(0), at(until))].map(([, effect]) => lineOf(effect));
}

function lineOf(effect: DhcpServerEffect): string {
  if (effect.kind === 'event') {
    const { code, fields } = effect.event;
    const shown = [fields['address'], fields['client'], fields['lifetime']];
    return [code, ...shown.filter((field) => field !== undefined)].join(' ');
  }
  const { message, destination } = received('dhcp', effect);
  return `${dhcpType(message)} ${message.yourAddress} to ${destination} ${effect.destination}`;
}
