import { describe, expect, it } from 'vitest';
import { ipv4, mac } from '../../../src/base/address.js';
import { DhcpClient, MAX_OFFERS } from '../../../src/core/mn/dhcp-client.js';
import { KnownNetworks } from '../../../src/core/mn/known-networks.js';
import type { DhcpOption } from '../../../src/wire/dhcpv4/message.js';
import { decodeIpv4 } from '../../../src/wire/ipv4.js';
import { at } from '../../helpers/drive.js';
import {
  answer,
  bound,
  GATEWAY,
  KNOWN,
  knownNetwork,
  only,
  OWN,
  random,
  SECOND,
  SERVER,
  steady,
  STRANGER,
  up,
  without,
} from './dhcp-bench.js';
import { say, typeOf } from './say.js';

describe('acquiring, RFC 2131 §4.4.1', () => {
  it('discover, offer, request, acknowledgement', () => {
    const { client, trace, reply } = up({ random: steady() });
    const lines = trace(0, 0);
    reply(0.01, 'offer');
    lines.push(...trace(0.01, 0.01));
    reply(0.02, 'ack');
    lines.push(...trace(0.02, 0.9));
    expect(lines).toEqual([
      '0 DHCP eth0 discover',
      '0 DHCP_DISCOVER eth0',
      '0.01 DHCP_OFFERED eth0 10.0.0.5',
      '0.01 DHCP eth0 request 10.0.0.5',
      '0.02 store lease eth0 = 10.0.0.5 24 10.0.0.1 10.0.0.1 600',
      '0.02 DHCP_BOUND eth0 10.0.0.5',
      '0.02 ARP eth0 to all: request 10.0.0.5 from 0.0.0.0',
      '0.02 ARP eth0 to all: request 10.0.0.1 from 10.0.0.5',
    ]);
    expect(client.state).toBe('bound');
    expect(client.lease).toEqual({
      address: '10.0.0.5',
      prefixLength: 24,
      router: '10.0.0.1',
      routes: [],
      server: '10.0.0.1',
      serverMac: GATEWAY,
      lifetime: 600,
      expiresAt: at(600.01), // from the request on, §4.4.1
      renewAt: at(300.01),
      rebindAt: at(525.01),
    });
  });

  it('the request names address and server, and keeps the transaction', () => {
    const { trace, reply, sent } = up();
    trace(0, 0);
    reply(0.01, 'offer');
    trace(0.01, 0.01);
    const [discover, request] = sent;
    expect(request!.xid).toBe(discover!.xid);
    expect(request).toMatchObject({ op: 1, clientAddress: '0.0.0.0', clientHardware: OWN });
    expect(request!.options).toEqual([
      { kind: 'messageType', type: 'request' },
      { kind: 'clientIdentifier', data: Uint8Array.of(1, 2, 0, 0, 0, 0, 0x10) },
      { kind: 'requestedAddress', address: '10.0.0.5' },
      { kind: 'serverIdentifier', address: '10.0.0.1' },
      { kind: 'parameterRequest', codes: [1, 121, 3, 26, 51, 58, 59] },
      { kind: 'maximumMessageSize', size: 1500 }, // RFC 3442
    ]);
  });

  it('backs off from half a second to 64 s, give or take a tenth', () => {
    const { trace } = up();
    const times = only(trace(0, 600), 'DHCP').map((line) => Number(line.split(' ')[0]));
    const waits = times.slice(1).map((t, i) => t - times[i]!);
    for (const [i, wait] of waits.entries()) {
      const base = Math.min(0.5 * 2 ** i, 64);
      expect(wait).toBeGreaterThanOrEqual(base * 0.9 - 1e-9);
      expect(wait).toBeLessThanOrEqual(base * 1.1 + 1e-9);
    }
    expect(waits.length).toBeGreaterThan(8);
  });

  it('a request without answer is sent four times, then everything begins again', () => {
    const { trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer');
    const types = only(trace(0.01, 9), 'DHCP').map((line) => line.split(' ')[3]);
    expect(types.slice(0, 5)).toEqual(['request', 'request', 'request', 'request', 'discover']);
  });

  it('a server that took 10 s for its offer is given as long for its acknowledgement, twice', () => {
    const { client, trace, reply } = up();
    trace(0, 10);
    reply(10, 'offer');
    const times = only(trace(10, 29.9), 'DHCP').filter((line) => line.includes('request'));
    expect(times).toHaveLength(6);
    expect(client.state).toBe('requesting');
    reply(29.9, 'ack');
    expect(client.state).toBe('bound');
  });

  it('and not for ever: a minute, however long the offer was coming', () => {
    const { client, trace, reply } = up();
    trace(0, 600);
    reply(600, 'offer');
    trace(600, 659);
    expect(client.state).toBe('requesting');
    trace(659, 600 + 60 + 32);
    expect(client.state).toBe('selecting');
  });

  it.each([
    { what: 'another transaction', part: { xid: 1 } },
    { what: 'another client', part: { clientHardware: mac('02:00:00:00:00:77') } },
    { what: 'a request', part: { op: 1 as const } },
    { what: 'no address', part: { yourAddress: ipv4('0.0.0.0') } },
    { what: 'a group', part: { yourAddress: ipv4('224.0.0.5') } },
  ])('an offer for $what is none', ({ part }) => {
    const { client, trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer', part);
    expect(client.state).toBe('selecting');
  });

  it('an answer without server identifier is none, RFC 2131 table 3', () => {
    const { client, trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer', { options: [{ kind: 'messageType', type: 'offer' }] });
    expect(client.state).toBe('selecting');
  });

  it.each(['0.0.0.0', '255.255.255.255', '224.0.0.9', '127.0.0.1'])(
    'nor is one of the server %s, which is none',
    (server) => {
      const { client, trace, reply } = up();
      trace(0, 0);
      reply(0.01, 'offer', {}, { server: ipv4(server) });
      expect(client.state).toBe('selecting');
    },
  );

  it('an acknowledgement of another server is none', () => {
    const { client, trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer');
    trace(0.01, 0.01);
    reply(0.02, 'ack', {}, { server: ipv4('10.0.0.9') });
    expect(client.state).toBe('requesting');
  });

  it('a second copy of the acknowledgement changes nothing', () => {
    const { client, trace, reply } = bound();
    reply(1, 'ack');
    expect(trace(1, 1.1)).toEqual([]);
    expect(client.state).toBe('bound');
  });

  it('RFC 3442: the default route of option 121 overrules option 3', () => {
    const routes = [
      { destination: ipv4('10.1.0.0'), prefixLength: 16, router: ipv4('10.0.0.2') },
      { destination: ipv4('0.0.0.0'), prefixLength: 0, router: ipv4('10.0.0.3') },
    ];
    const { client } = bound({ more: [{ kind: 'classlessRoutes', routes }] });
    expect(client.lease?.router).toBe('10.0.0.3');
  });

  it.each([
    { mask: '255.255.255.0', length: 24 },
    { mask: '255.255.240.0', length: 20 },
    { mask: '255.255.255.255', length: 32 },
    { mask: '255.0.255.0', length: 8 },
    { mask: '0.0.0.0', length: 8 },
  ])('mask $mask is a prefix of $length', ({ mask, length }) => {
    expect(bound({ mask }).client.lease?.prefixLength).toBe(length);
  });
});

describe('keeping, RFC 2131 §4.4.5', () => {
  it('renews by unicast from half the lease on, rebinds to all from seven eighths on', () => {
    const { trace } = bound({ lease: 1600 }, { random: steady() });
    const lines = only(trace(1, 1700), 'DHCP', 'DHCP_EXPIRED');
    expect(lines.slice(0, 10)).toEqual([
      '800.01 DHCP eth0 request to 02:00:00:00:00:01',
      '1100.01 DHCP eth0 request to 02:00:00:00:00:01',
      '1250.01 DHCP eth0 request to 02:00:00:00:00:01',
      '1325.01 DHCP eth0 request to 02:00:00:00:00:01',
      '1385.01 DHCP eth0 request to 02:00:00:00:00:01', // half of what is left, but 60 s at least
      '1400.01 DHCP eth0 request',
      '1500.01 DHCP eth0 request',
      '1560.01 DHCP eth0 request',
      '1600.01 DHCP_EXPIRED eth0 10.0.0.5',
      '1600.01 DHCP eth0 discover',
    ]);
  });

  it('a renewal comes from the address and asks for none', () => {
    const { trace, sent, frames } = bound({ lease: 1600 });
    trace(1, 801);
    expect(sent.at(-1)).toMatchObject({ clientAddress: '10.0.0.5' });
    expect(sent.at(-1)!.options.some((o) => o.kind === 'requestedAddress')).toBe(false);
    expect(decodeIpv4(frames.at(-1)!.payload)).toMatchObject({
      source: '10.0.0.5',
      destination: '10.0.0.1',
    });
  });

  it('T1 and T2 of the server are taken, where they fit', () => {
    const renews = (more: DhcpOption[]) => {
      const { client, trace } = bound({ lease: 1600, more }, { random: steady() });
      trace(0.02, 20); // past the ARP probes
      return client.pollTimeout();
    };
    const t1 = (seconds: number): DhcpOption => ({ kind: 'renewalTime', seconds });
    const t2 = (seconds: number): DhcpOption => ({ kind: 'rebindingTime', seconds });
    expect(renews([t1(100), t2(200)])).toEqual({ at: at(100.01), why: 'DHCP T1' });
    expect(renews([t1(1700), t2(1600)])).toEqual({ at: at(800.01), why: 'DHCP T1' });
    // T1 comes before T2, in the proportion of their defaults.
    expect(renews([t2(350)])).toEqual({ at: at(200.01), why: 'DHCP T1' });
    expect(renews([t1(0), t2(0)])).toEqual({ at: at(800.01), why: 'DHCP T1' });
    expect(renews([t1(400), t2(300)])?.at).toBeCloseTo(at(300 / 1.75 + 0.01));
  });

  it('an acknowledged renewal starts the lease anew', () => {
    const { client, trace, reply } = bound({ lease: 1600 }, { random: steady() });
    trace(1, 801);
    reply(801, 'ack', {}, { lease: 1600 });
    expect(client.state).toBe('bound');
    expect(client.lease?.expiresAt).toBe(at(2400.01));
    expect(only(trace(801, 802), 'ARP')).toEqual([]);
  });

  it('each renewal is a transaction of its own, and the lease counts from the one that is answered', () => {
    const { client, trace, reply, sent } = bound({ lease: 1600 }, { random: steady() });
    trace(1, 1101);
    const [first, second] = sent.slice(-2);
    expect(first!.xid).not.toBe(second!.xid);
    reply(1101, 'ack', {}, {}, first);
    expect(client.state).toBe('renewing'); // too late to say of which
    reply(1102, 'ack', {}, {}, second);
    expect(client.lease?.expiresAt).toBe(at(2700.01));
  });

  it('a request that is repeated counts from the first time on', () => {
    const { client, trace, reply } = up({ random: steady() });
    trace(0, 0);
    reply(0.01, 'offer');
    trace(0.01, 1.5); // sent three times
    reply(1.5, 'ack');
    expect(client.lease?.expiresAt).toBe(at(600.01));
  });

  it('a refused renewal ends it', () => {
    const { client, trace, reply } = bound({ lease: 1600 });
    trace(1, 801);
    reply(801, 'nak');
    expect(client.lease).toBeNull();
    expect(without(trace(801, 801), 'DHCP_DISCOVER')).toEqual([
      '801 DHCP_NAK eth0 10.0.0.5',
      '801 store lease eth0 forgotten',
      '801 DHCP eth0 discover',
    ]);
  });

  it('a lease for ever is never renewed', () => {
    const { client, trace } = bound({ lease: 0xffffffff });
    trace(0.02, 20);
    expect(client.lease?.expiresAt).toBeNull();
    expect(client.pollTimeout()).toBeUndefined();
  });
});

describe('coming back, RFC 2131 §3.2', () => {
  it('a known lease is asked for, and beside it any', () => {
    const { client, trace, reply, sent } = bound();
    client.linkDown();
    expect(client.lease).toBeNull();
    client.linkUp(OWN, at(10));
    expect(only(trace(10, 10), 'DHCP')).toEqual([
      '10 DHCP eth0 request 10.0.0.5',
      '10 DHCP eth0 discover 10.0.0.5',
    ]);
    expect([client.state, client.lease]).toEqual(['rebooting', null]);
    reply(10.01, 'offer', {}, {}, sent.at(-1)); // the same address: no reason to ask once more
    expect(only(trace(10.01, 10.01), 'DHCP')).toEqual([]);
    reply(10.02, 'ack', {}, {}, sent.at(-2));
    expect(client.lease?.address).toBe('10.0.0.5');
    expect(only(trace(10.02, 12), 'DHCP')).toEqual([]);
  });

  it('that request names no server', () => {
    const { client, trace, sent } = bound();
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    const request = sent.at(-2)!;
    expect(typeOf(request)).toBe('request');
    expect(request.options.some((o) => o.kind === 'serverIdentifier')).toBe(false);
  });

  it('the offer of another address is taken without waiting for a refusal', () => {
    const { client, trace, reply, sent } = bound();
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    const discover = sent.at(-1)!;
    reply(10.01, 'offer', { yourAddress: ipv4('10.9.0.5') }, {}, discover);
    expect(only(trace(10.01, 10.01), 'DHCP')).toEqual(['10.01 DHCP eth0 request 10.9.0.5']);
    expect(sent.at(-1)!.xid).toBe(discover.xid);
    reply(10.011, 'nak', {}, {}, sent.at(-3)); // of the reboot, too late
    expect(client.state).toBe('requesting');
  });

  it('refused: the offer is waited for', () => {
    const { client, trace, reply, sent } = bound();
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    const discover = sent.at(-1)!;
    reply(10.01, 'nak', {}, {}, sent.at(-2));
    expect(only(trace(10.01, 10.4), 'DHCP')).toEqual([]);
    reply(10.4, 'offer', { yourAddress: ipv4('10.9.0.5') }, {}, discover);
    expect(only(trace(10.4, 10.4), 'DHCP')).toEqual(['10.4 DHCP eth0 request 10.9.0.5']);
  });

  it('the offer of the known address is taken when the reboot has no answer', () => {
    const { client, trace, reply, sent } = bound();
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    reply(10.01, 'offer', {}, {}, sent.at(-1));
    expect(only(trace(10.01, 10.6), 'DHCP')).toEqual(['10.5 DHCP eth0 request 10.0.0.5']);
  });

  it('no answer at all: discover goes on, backing off', () => {
    const { client, trace } = bound();
    client.linkDown();
    client.linkUp(OWN, at(10));
    const lines = only(trace(10, 12), 'DHCP').map((line) => line.split(' ').slice(3).join(' '));
    expect(lines).toEqual([
      'request 10.0.0.5',
      'discover 10.0.0.5',
      'discover 10.0.0.5',
      'discover 10.0.0.5',
    ]);
  });

  it('a lease that is over is not asked for', () => {
    const { client, trace } = bound({ lease: 600 });
    client.linkDown();
    client.linkUp(OWN, at(700));
    expect(only(trace(700, 700), 'DHCP')).toEqual(['700 DHCP eth0 discover 10.0.0.5']);
  });

  it('a lease that the store kept is asked for', () => {
    const client = new DhcpClient('eth0', random(), '10.0.0.5 24 10.0.0.1 10.0.0.1 600');
    client.linkUp(OWN, at(0));
    expect(say(client.pollEffect()!)).toBe('DHCP eth0 request 10.0.0.5');
  });

  it.each(['', 'nonsense', '300.1.1.1 24 - 10.0.0.1 600', '224.0.0.1 24 - 10.0.0.1 600'])(
    'a store that holds "%s" is as good as an empty one',
    (kept) => {
      const client = new DhcpClient('eth0', random(), kept);
      client.linkUp(OWN, at(0));
      expect(say(client.pollEffect()!)).toBe('DHCP eth0 discover');
    },
  );

  it('RFC 4436: the known gateway’s answer is enough', () => {
    const { client, trace, arp } = bound();
    arp(1, GATEWAY, '10.0.0.1'); // its link-layer address, as the host learns it
    client.linkDown();
    client.linkUp(OWN, at(10));
    expect(only(trace(10, 10), 'ARP')).toEqual([
      '10 ARP eth0 to 02:00:00:00:00:01: request 10.0.0.1 from 10.0.0.5',
    ]);
    arp(10.001, GATEWAY, '10.0.0.1');
    expect(trace(10.001, 10.001)).toEqual(['10.001 DHCP_BOUND eth0 10.0.0.5 gateway answered']);
    expect(client.lease?.address).toBe('10.0.0.5');
  });

  it('RFC 4436: a namesake of the gateway is not the gateway', () => {
    const { client, trace, arp } = bound();
    arp(1, GATEWAY, '10.0.0.1');
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    arp(10.001, mac('02:00:00:00:00:66'), '10.0.0.1');
    expect(client.lease).toBeNull();
  });

  it('RFC 4436 §2.1: a later word of the server overrules the gateway', () => {
    const { client, trace, reply, arp, sent } = bound();
    arp(1, GATEWAY, '10.0.0.1');
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    arp(10.001, GATEWAY, '10.0.0.1');
    reply(10.1, 'nak', {}, {}, sent.at(-2));
    expect([client.state, client.lease]).toEqual(['selecting', null]);
  });
});

describe('refusals and conflicts', () => {
  it('a server that offers what it refuses is not asked at the speed of the network', () => {
    const { trace, reply } = up();
    let requests = 0;
    for (let t = 0; t < 60; t += 0.01) {
      for (const line of only(trace(t, t), 'DHCP')) {
        const request = line.includes('request');
        if (request) requests++;
        reply(t, request ? 'nak' : 'offer');
      }
    }
    expect(requests).toBeLessThan(12);
  });

  it('RFC 5227: somebody has the address, so it is declined and 10 s pass', () => {
    const { client, trace, arp } = bound();
    arp(0.5, mac('02:00:00:00:00:66'), '10.0.0.5');
    expect(client.lease).toBeNull();
    expect(trace(0.5, 10.7)).toEqual([
      '0.5 ADDRESS_DUPLICATE eth0 10.0.0.5',
      '0.5 DHCP eth0 decline 10.0.0.5',
      '0.5 store lease eth0 forgotten',
      '10.5 DHCP eth0 discover',
      '10.5 DHCP_DISCOVER eth0',
    ]);
  });

  it('RFC 5227 §2.4: once the probes are over, the address is defended, and given up at a second claim', () => {
    const { client, trace, arp } = bound();
    trace(0.02, 20);
    arp(20, STRANGER, '10.0.0.5');
    expect(client.lease?.address).toBe('10.0.0.5');
    expect(trace(20, 21)).toEqual([
      '20 ARP eth0 to all: request 10.0.0.5 from 10.0.0.5',
      '20 ADDRESS_DEFENDED eth0 10.0.0.5',
    ]);
    arp(29, STRANGER, '10.0.0.5');
    expect(client.lease).toBeNull();
    expect(trace(29, 29).slice(0, 2)).toEqual([
      '29 ADDRESS_DUPLICATE eth0 10.0.0.5',
      '29 DHCP eth0 decline 10.0.0.5',
    ]);
  });

  it('RFC 2131 table 5: the refused address and its server, nothing of ours, and no parameters', () => {
    const { trace, arp, last } = bound();
    arp(0.5, STRANGER, '10.0.0.5');
    trace(0.5, 0.5);
    expect(last('decline')).toMatchObject({ clientAddress: '0.0.0.0', secs: 0 });
    expect(last('decline').options).toEqual([
      { kind: 'messageType', type: 'decline' },
      { kind: 'clientIdentifier', data: Uint8Array.of(1, 2, 0, 0, 0, 0, 0x10) },
      { kind: 'requestedAddress', address: '10.0.0.5' },
      { kind: 'serverIdentifier', address: '10.0.0.1' },
    ]);
  });

  it('RFC 5227 §2.1.1: from the tenth conflict on, a minute passes between two addresses', () => {
    const { client, trace, reply, arp } = up();
    const pauses: number[] = [];
    for (let now = 0; pauses.length < 12;) {
      trace(now, now);
      reply(now, 'offer');
      trace(now, now);
      reply(now, 'ack');
      trace(now, now);
      arp(now, STRANGER, '10.0.0.5');
      const next = client.pollTimeout()!;
      expect(next.why).toBe('DHCP pause');
      pauses.push(next.at / 1000 - now);
      now = next.at / 1000;
    }
    expect(pauses).toEqual([10, 10, 10, 10, 10, 10, 10, 10, 10, 60, 60, 60]);
  });
});

describe('the end', () => {
  it('RFC 2131 §4.4.6: releases to the server, from the address', () => {
    const { client, trace, frames } = bound();
    trace(0.02, 2);
    client.release();
    expect(trace(2, 60)).toEqual([
      '2 DHCP eth0 release to 02:00:00:00:00:01',
      '2 store lease eth0 forgotten',
      '2 LEASE_RELEASED eth0 10.0.0.5',
    ]);
    expect(decodeIpv4(frames.at(-1)!.payload)).toMatchObject({
      source: '10.0.0.5',
      destination: '10.0.0.1',
    });
    expect(client.pollTimeout()).toBeUndefined();
  });

  it('says nothing when there is nothing to release', () => {
    const { client, trace } = up();
    trace(0, 0);
    client.release();
    expect(trace(0, 60)).toEqual([]);
  });
});

describe('several offers, RFC 2131 §4.4.1', () => {
  it('the first that has a router is taken at once', () => {
    const { trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer');
    expect(only(trace(0.01, 0.01), 'DHCP')).toEqual(['0.01 DHCP eth0 request 10.0.0.5']);
    reply(0.011, 'offer', {}, { server: SECOND, address: ipv4('10.0.0.77'), lease: 9999 });
    expect(only(trace(0.011, 0.4), 'DHCP')).toEqual([]);
  });

  it('one without a router waits a fifth of a second for a better one', () => {
    const { trace, reply, last } = up();
    trace(0, 0);
    reply(0.01, 'offer', {}, { router: null });
    expect(only(trace(0.01, 0.1), 'DHCP')).toEqual([]);
    reply(0.1, 'offer', {}, { server: SECOND, address: ipv4('10.0.0.77') });
    expect(only(trace(0.1, 0.4), 'DHCP')).toEqual(['0.1 DHCP eth0 request 10.0.0.77']);
    expect(last('request').options).toContainEqual({ kind: 'serverIdentifier', address: SECOND });
  });

  it('and is taken when there is no better one', () => {
    const { client, trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer', {}, { router: null, lease: 100 });
    trace(0.01, 0.05);
    reply(0.05, 'offer', {}, { router: null, lease: 600, server: SECOND });
    expect(only(trace(0.05, 0.4), 'DHCP')).toEqual(['0.21 DHCP eth0 request 10.0.0.5']);
    expect(client.state).toBe('requesting');
  });

  it('the next best is requested when the chosen server refuses', () => {
    const { client, trace, reply, last } = up();
    trace(0, 0);
    const discover = last('discover');
    reply(0.01, 'offer');
    trace(0.01, 0.01);
    reply(0.011, 'offer', {}, { server: SECOND, address: ipv4('10.0.0.77') }, discover);
    reply(0.02, 'nak');
    expect(only(trace(0.02, 0.02), 'DHCP')).toEqual(['0.02 DHCP eth0 request 10.0.0.77']);
    reply(0.03, 'ack', {}, { server: SECOND, address: ipv4('10.0.0.77') });
    expect(client.lease).toMatchObject({ address: '10.0.0.77', server: SECOND });
  });

  it('or says nothing to two requests', () => {
    const { trace, reply, last } = up();
    trace(0, 0);
    const discover = last('discover');
    reply(0.01, 'offer');
    reply(0.011, 'offer', {}, { server: SECOND, address: ipv4('10.0.0.77') }, discover);
    const lines = only(trace(0.011, 3), 'DHCP').map((line) => line.split(' ')[4]);
    expect(lines.slice(0, 3)).toEqual(['10.0.0.5', '10.0.0.5', '10.0.0.77']);
  });

  it('another server’s refusal is not the chosen one’s', () => {
    const { client, trace, reply } = up();
    trace(0, 0);
    reply(0.01, 'offer');
    trace(0.01, 0.01);
    reply(0.02, 'nak', {}, { server: SECOND });
    expect(client.state).toBe('requesting');
  });

  it('a flood of offers is cut off', () => {
    const { trace, reply, last } = up();
    trace(0, 0);
    const discover = last('discover');
    for (let i = 0; i < 50; i++) {
      const own = { router: null, address: ipv4(`10.0.0.${100 + i}`) };
      reply(0.01, 'offer', {}, own, discover);
    }
    expect(only(trace(0.01, 0.1), 'DHCP_OFFERED')).toHaveLength(MAX_OFFERS);
  });
});

describe('known networks, RFC 4436', () => {
  const visited = (...networks: ReturnType<typeof knownNetwork>[]) => {
    const known = new KnownNetworks();
    for (const network of networks) known.learn(network, at(0));
    return known;
  };
  const other = knownNetwork({
    gateway: ipv4('10.5.0.1'),
    gatewayMac: mac('02:00:00:00:05:01'),
    lease: { ...knownNetwork().lease, address: ipv4('10.5.0.7'), server: ipv4('10.5.0.1') },
  });

  it('§2.1: all gateways are asked at once, each from its own address, beside DHCP', () => {
    const { trace } = up({ networks: visited(other, knownNetwork()), since: 10 });
    expect(trace(10, 10)).toEqual([
      '10 DHCP eth0 discover',
      '10 DHCP_DISCOVER eth0',
      '10 ARP eth0 to 02:00:00:00:04:01: request 10.4.0.1 from 10.4.0.7',
      '10 ARP eth0 to 02:00:00:00:05:01: request 10.5.0.1 from 10.5.0.7',
      '10 GATEWAYS_PROBED eth0',
    ]);
  });

  it('the one that answers tells which lease holds, and its server is told', () => {
    const { client, trace, arp } = up({ networks: visited(other, knownNetwork()), since: 10 });
    trace(10, 10);
    arp(10.001, KNOWN, '10.4.0.1');
    expect(trace(10.001, 11)).toEqual([
      '10.001 DHCP_BOUND eth0 10.4.0.7 gateway answered',
      '10.001 store lease eth0 = 10.4.0.7 24 10.4.0.1 10.4.0.1 1000',
      '10.001 DHCP eth0 request 10.4.0.7',
    ]);
    expect(client.lease).toEqual(knownNetwork().lease);
  });

  it('the lease keeps its own times', () => {
    const { client, trace, arp } = up({ networks: visited(knownNetwork()), since: 10 });
    trace(10, 10);
    arp(10.001, KNOWN, '10.4.0.1');
    const lines = only(trace(10.001, 600), 'DHCP', 'DHCP_EXPIRED');
    expect(lines.slice(0, 2)).toEqual([
      '10.001 DHCP eth0 request 10.4.0.7',
      '250 DHCP eth0 request to 02:00:00:00:04:01', // T1 of the known lease
    ]);
    expect(lines).toContain('500 DHCP_EXPIRED eth0 10.4.0.7');
    expect(client.state).toBe('selecting');
  });

  it('past T1 it is renewed at once', () => {
    const { client, trace, arp } = up({ networks: visited(knownNetwork()), since: 300 });
    trace(300, 300);
    arp(300.001, KNOWN, '10.4.0.1');
    expect(only(trace(300.001, 300.001), 'DHCP').at(-1)).toBe(
      '300.001 DHCP eth0 request to 02:00:00:00:04:01',
    );
    expect(client.state).toBe('renewing');
  });

  it('a lease that is over is neither asked after nor used, however late the answer', () => {
    const late = up({ networks: visited(knownNetwork({}, 20)), since: 10 });
    late.trace(10, 10);
    late.arp(20, KNOWN, '10.4.0.1');
    expect(late.client.lease).toBeNull();
    const over = up({ networks: visited(knownNetwork({}, 20)), since: 20 });
    expect(only(over.trace(20, 20), 'ARP')).toEqual([]);
    over.arp(20.001, KNOWN, '10.4.0.1');
    expect(over.client.lease).toBeNull();
  });

  it.each([
    { what: 'a request', part: { operation: 'request' as const } },
    { what: 'another address', part: { senderAddress: ipv4('10.5.0.1') } },
    { what: 'another sender', part: { senderMac: STRANGER } },
  ])('§2.1.1: $what is no answer', ({ part }) => {
    const { client, trace, arp } = up({ networks: visited(other, knownNetwork()), since: 10 });
    trace(10, 10);
    arp(10.001, KNOWN, '10.4.0.1', part);
    expect(client.lease).toBeNull();
  });

  it('§2.1 d: the lease of another interface is not this one’s', () => {
    const foreign = knownNetwork({ client: STRANGER });
    const { trace } = up({ networks: visited(foreign), since: 10 });
    expect(only(trace(10, 10), 'ARP')).toEqual([]);
  });

  it('an answer after an offer was taken comes too late: the server has decided', () => {
    const { client, trace, reply, arp } = up({ networks: visited(knownNetwork()), since: 10 });
    trace(10, 10);
    reply(10.001, 'offer');
    arp(10.002, KNOWN, '10.4.0.1');
    expect([client.state, client.lease]).toEqual(['requesting', null]);
  });

  it.each([SERVER, SECOND])('§2.1: after %s has refused, the gateway has no say', (server) => {
    const { client, trace, reply, arp, last } = bound({ lease: 100_000 });
    arp(0.03, GATEWAY, '10.0.0.1');
    client.linkUp(OWN, at(10));
    trace(10, 10);
    reply(10.01, 'nak', {}, { server }, last('request'));
    arp(10.02, GATEWAY, '10.0.0.1');
    expect([client.state, client.lease]).toEqual(['selecting', null]);
  });

  it('a refusal of the lease of another network does not touch the one that is proved', () => {
    const kept = '10.7.0.9 24 10.7.0.1 10.7.0.1 600';
    const { client, trace, reply, arp, last } = up({ kept, networks: visited(knownNetwork()) });
    trace(0, 0);
    const reboot = last('request');
    arp(0.001, KNOWN, '10.4.0.1');
    trace(0.001, 0.001);
    reply(0.002, 'nak', {}, {}, reboot);
    expect(client.lease?.address).toBe('10.4.0.7');
    reply(0.003, 'nak', {}, { server: ipv4('10.4.0.1') }, last('request'));
    expect([client.state, client.lease]).toEqual(['selecting', null]); // its own server overrules
  });

  it('the server’s acknowledgement of a proved lease extends it, and probes nothing', () => {
    const { client, trace, reply, arp } = up({ networks: visited(knownNetwork()), since: 10 });
    trace(10, 10);
    arp(10.001, KNOWN, '10.4.0.1');
    trace(10.001, 10.001);
    const own = { address: ipv4('10.4.0.7'), server: ipv4('10.4.0.1'), router: ipv4('10.4.0.1') };
    reply(10.01, 'ack', {}, { ...own, lease: 1000 });
    expect(client.lease?.expiresAt).toBe(at(1010.001));
    expect(client.view().vouchedBy).toBe('server');
    expect(only(trace(10.01, 20), 'ARP')).toEqual([]);
  });

  it('after a restart of the machine the lease is asked for, not used, when its gateway answers', () => {
    const networks = visited(knownNetwork({ timed: false }));
    const { client, trace, reply, arp } = up({ networks, since: 10 });
    trace(10, 10);
    arp(10.001, KNOWN, '10.4.0.1');
    expect(only(trace(10.001, 10.001), 'DHCP')).toEqual(['10.001 DHCP eth0 request 10.4.0.7']);
    expect([client.state, client.lease]).toEqual(['rebooting', null]);
    const own = { address: ipv4('10.4.0.7'), server: ipv4('10.4.0.1') };
    reply(10.01, 'ack', {}, own);
    expect(client.lease?.address).toBe('10.4.0.7');
  });

  it('asked for also after a server offered the same address, and then fell silent', () => {
    const networks = visited(knownNetwork({ timed: false }));
    const { client, trace, reply, arp } = up({ networks, since: 10 });
    trace(10, 10);
    reply(10.01, 'offer', {}, { address: ipv4('10.4.0.7') });
    const lines = only(trace(10.01, 30), 'DHCP').map((line) => line.split(' ')[3]);
    expect(lines.slice(0, 5)).toEqual(['request', 'request', 'request', 'request', 'discover']);
    expect(client.state).toBe('selecting');
    arp(30, KNOWN, '10.4.0.1');
    expect(only(trace(30, 30), 'DHCP')).toEqual(['30 DHCP eth0 request 10.4.0.7']);
  });

  it('a network is learned from the gateway’s answer, and forgotten with its lease', () => {
    const { client, trace, arp } = bound({ lease: 1600 });
    arp(0.03, GATEWAY, '10.0.0.1');
    expect(only(trace(0.03, 0.03), 'store')).toEqual([
      expect.stringMatching(
        /^0\.03 store network 02:00:00:00:00:01 10\.0\.0\.1 02:00:00:00:00:10 = \{/,
      ),
    ]);
    client.release();
    expect(only(trace(1, 1), 'store')).toEqual([
      '1 store lease eth0 forgotten',
      '1 store network 02:00:00:00:00:01 10.0.0.1 02:00:00:00:00:10 forgotten',
    ]);
  });

  it('a server that is the gateway has shown its address already: nobody is asked', () => {
    const { client, trace, reply, last } = up();
    trace(0, 0);
    reply(0.01, 'offer');
    trace(0.01, 0.01);
    client.handle(answer(last('request'), 'ack', {}, {}), GATEWAY, at(0.02), SERVER);
    expect(client.view().gatewayMac).toBe(GATEWAY);
    expect(only(trace(0.02, 0.02), 'ARP')).toEqual([
      '0.02 ARP eth0 to all: request 10.0.0.5 from 0.0.0.0',
    ]);
  });

  it('only the first link-layer address that the gateway shows is believed', () => {
    const { client, arp } = bound();
    arp(0.03, GATEWAY, '10.0.0.1');
    arp(0.04, STRANGER, '10.0.0.1');
    expect(client.view().gatewayMac).toBe(GATEWAY);
  });

  it('refused by another network’s server, a lease stays that of its own network', () => {
    const { client, trace, reply, arp, last } = bound({ lease: 100_000 });
    arp(0.03, GATEWAY, '10.0.0.1');
    client.linkDown();
    client.linkUp(OWN, at(10)); // elsewhere: a namesake of the server refuses
    trace(10, 10);
    reply(10.01, 'nak', {}, {}, last('request'), STRANGER);
    client.linkDown();
    client.linkUp(OWN, at(20)); // and back
    expect(only(trace(20, 20), 'ARP')).toEqual([
      '20 ARP eth0 to 02:00:00:00:00:01: request 10.0.0.1 from 10.0.0.5',
    ]);
    arp(20.001, GATEWAY, '10.0.0.1');
    expect(client.lease?.address).toBe('10.0.0.5');
  });

  it('refused by its own server, it is gone', () => {
    const { client, trace, reply, arp, last } = bound({ lease: 100_000 });
    arp(0.03, GATEWAY, '10.0.0.1');
    client.linkDown();
    client.linkUp(OWN, at(10));
    trace(10, 10);
    reply(10.01, 'nak', {}, {}, last('request'));
    client.linkDown();
    client.linkUp(OWN, at(20));
    expect(only(trace(20, 20), 'ARP')).toEqual([]);
  });

  it('two networks in turn: each lease holds on its own, and nobody waits for a server', () => {
    const { client, trace, reply, arp } = bound({ lease: 100_000 });
    arp(0.03, GATEWAY, '10.0.0.1');
    client.linkUp(OWN, at(1));
    trace(1, 1);
    const there = { address: ipv4('10.9.0.5'), server: ipv4('10.9.0.1') };
    const terms = { ...there, router: ipv4('10.9.0.1'), lease: 100_000 };
    reply(1.01, 'offer', {}, terms);
    trace(1.01, 1.01);
    reply(1.02, 'ack', {}, terms, undefined, KNOWN);
    arp(1.03, KNOWN, '10.9.0.1');
    trace(1.03, 1.03);
    for (let turn = 0; turn < 20; turn++) {
      const now = 2 + turn * 0.5;
      const [from, gateway, address] =
        turn % 2 === 0 ? [GATEWAY, '10.0.0.1', '10.0.0.5'] : [KNOWN, '10.9.0.1', '10.9.0.5'];
      client.linkUp(OWN, at(now));
      trace(now, now);
      arp(now + 0.001, from as typeof GATEWAY, gateway!);
      expect(client.lease?.address).toBe(address);
      trace(now + 0.001, now + 0.4);
    }
  });

  it('§2.1: link ups that come without end are not each a round of questions', () => {
    const { client, trace } = up({ networks: visited(knownNetwork({}, 1e6)), since: 0 });
    let asked = 0;
    for (let i = 0; i < 1000; i++) {
      client.linkUp(OWN, at(i / 1000));
      asked += only(trace(i / 1000, i / 1000), 'ARP').length;
    }
    expect(asked).toBeLessThanOrEqual(15);
  });
});

describe('commands', () => {
  it('renew: asks the server before T1, and the acknowledgement starts the lease anew', () => {
    const { client, trace, reply } = bound({ lease: 1600 }, { random: steady() });
    expect(client.renew(at(100))).toEqual({
      accepted: true,
      reason: 'asks 10.0.0.1 to extend 10.0.0.5',
      link: 'eth0',
      state: 'renewing',
    });
    expect(only(trace(100, 100), 'DHCP')).toEqual(['100 DHCP eth0 request to 02:00:00:00:00:01']);
    reply(100.01, 'ack');
    expect(client.lease?.expiresAt).toBe(at(1700));
  });

  it('renew of a lease for ever goes on until it is answered', () => {
    const { client, trace } = bound({ lease: 0xffffffff });
    trace(0.02, 20);
    client.renew(at(100));
    expect(only(trace(100, 230), 'DHCP').map((line) => line.split(' ')[0])).toEqual([
      '100',
      '160',
      '220',
    ]);
  });

  it('release, then request', () => {
    const { client, trace } = bound();
    trace(0.02, 20);
    expect(client.release()).toMatchObject({ accepted: true, state: 'released' });
    trace(20, 20);
    expect(client.release()).toMatchObject({ accepted: false, reason: 'nothing is leased' });
    expect(client.renew(at(21))).toMatchObject({ accepted: false });
    expect(trace(20, 1000)).toEqual([]);
    expect(client.request(at(1000))).toMatchObject({ accepted: true, state: 'selecting' });
    expect(only(trace(1000, 1000), 'DHCP')).toEqual(['1000 DHCP eth0 discover']);
  });

  it('request does not wait for the end of a pause', () => {
    const { client, trace, arp } = bound();
    arp(0.5, STRANGER, '10.0.0.5');
    trace(0.5, 0.5);
    expect(client.state).toBe('init');
    client.request(at(1));
    expect(only(trace(1, 1), 'DHCP')).toEqual(['1 DHCP eth0 discover']);
  });

  it.each([
    ['bound', '10.0.0.5 is leased already: renew it, or release it first'],
    ['down', 'the link has no carrier'],
  ])('request in %s is refused', (state, reason) => {
    const { client } = bound();
    if (state === 'down') client.linkDown();
    expect(client.request(at(1))).toEqual({ accepted: false, reason, link: 'eth0', state });
  });

  it('carrier ends a release', () => {
    const { client, trace } = bound();
    client.release();
    client.linkUp(OWN, at(10));
    expect(only(trace(10, 10), 'DHCP').at(-1)).toBe('10 DHCP eth0 discover');
  });
});
