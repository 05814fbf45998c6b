import { describe, expect, it } from 'vitest';
import { ipv4, mac, type Ipv4, type MacAddress } from '../../../src/base/address.js';
import { DhcpClient } from '../../../src/core/mn/dhcp-client.js';
import type { DhcpMessage, DhcpOption, DhcpType } from '../../../src/wire/dhcpv4/message.js';
import { decodeIpv4 } from '../../../src/wire/ipv4.js';
import { at, drive } from '../../helpers/drive.js';
import { readDhcp, say, typeOf } from './say.js';

describe('acquiring, RFC 2131 §4.4.1', () => {
  it('discover, offer, request, acknowledgement', () => {
    const { client, trace, reply } = up();
    const lines = trace(0, 0);
    reply(0.01, 'offer');
    lines.push(...trace(0.01, 0.01));
    reply(0.02, 'ack');
    lines.push(...trace(0.02, 2));
    expect(lines).toEqual([
      '0 DHCP eth0 discover',
      '0 DHCP_DISCOVER eth0',
      '0.01 DHCP_OFFERED eth0 10.0.0.5',
      '0.01 DHCP eth0 request 10.0.0.5',
      '0.02 store lease eth0 = 10.0.0.5 24 10.0.0.1 10.0.0.1 600',
      '0.02 DHCP_BOUND eth0 10.0.0.5',
      '0.02 ARP eth0 to all: request 10.0.0.5 from 0.0.0.0',
    ]);
    expect(client.state).toBe('bound');
    expect(client.lease).toEqual({
      address: '10.0.0.5',
      prefixLength: 24,
      router: '10.0.0.1',
      server: '10.0.0.1',
      lifetime: 600,
      expiresAt: at(600.01), // from the request on, §4.4.5
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
    const { trace } = bound({ lease: 1600 });
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
      const { client, trace } = bound({ lease: 1600, more });
      trace(0.02, 2); // past the ARP probe
      return client.pollTimeout();
    };
    const t1 = (seconds: number): DhcpOption => ({ kind: 'renewalTime', seconds });
    const t2 = (seconds: number): DhcpOption => ({ kind: 'rebindingTime', seconds });
    expect(renews([t1(100), t2(200)])).toEqual({ at: at(100.01), why: 'DHCP T1' });
    expect(renews([t1(1700), t2(1600)])).toEqual({ at: at(800.01), why: 'DHCP T1' });
    expect(renews([t2(300)])).toEqual({ at: at(300.01), why: 'DHCP T1' });
  });

  it('an acknowledged renewal starts the lease anew', () => {
    const { client, trace, reply } = bound({ lease: 1600 });
    trace(1, 801);
    reply(801, 'ack', {}, { lease: 1600 });
    expect(client.state).toBe('bound');
    expect(client.lease?.expiresAt).toBe(at(2400.01));
    expect(only(trace(801, 802), 'ARP')).toEqual([]);
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
    trace(0.02, 2);
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
    expect(trace(0.5, 11)).toEqual([
      '0.5 ADDRESS_DUPLICATE eth0 10.0.0.5',
      '0.5 DHCP eth0 decline 10.0.0.5',
      '0.5 store lease eth0 forgotten',
      '10.5 DHCP eth0 discover',
      '10.5 DHCP_DISCOVER eth0',
    ]);
  });

  it('once the probe is over, the stack defends the address', () => {
    const { client, trace, arp } = bound();
    trace(0.02, 2);
    arp(2, mac('02:00:00:00:00:66'), '10.0.0.5');
    expect(client.lease?.address).toBe('10.0.0.5');
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

const OWN = mac('02:00:00:00:00:10');
const GATEWAY = mac('02:00:00:00:00:01');

interface Terms {
  server: Ipv4;
  lease: number;
  mask: string;
  more: readonly DhcpOption[];
}

function random() {
  let n = 0;
  return {
    octets: (count: number) => Uint8Array.from({ length: count }, () => ++n & 0xff),
    fraction: () => (++n * 0.37) % 1,
  };
}

function up(terms: Partial<Terms> = {}) {
  const client = new DhcpClient('eth0', random());
  client.linkUp(OWN, at(0));
  const sent: DhcpMessage[] = [];
  const frames: { payload: Uint8Array }[] = [];
  const trace = (from: number, until: number): string[] =>
    [...drive(client, at(from), at(until))].map(([t, e]) => {
      if (e.kind === 'frame' && e.etherType === 0x0800) {
        sent.push(readDhcp(e));
        frames.push(e);
      }
      return `${t} ${say(e)}`;
    });
  const reply = (
    second: number,
    type: DhcpType,
    part: Partial<DhcpMessage> = {},
    own: Partial<Terms> = {},
    to = sent.at(-1)!,
  ): void => {
    client.handle(answer(to, type, { ...terms, ...own }, part), GATEWAY, at(second));
  };
  const arp = (second: number, from: MacAddress, sender: string): void =>
    client.handleArp(
      {
        operation: 'reply',
        senderMac: from,
        senderAddress: ipv4(sender),
        targetMac: OWN,
        targetAddress: ipv4('10.0.0.5'),
      },
      at(second),
    );
  return { client, sent, frames, trace, reply, arp };
}

function bound(terms: Partial<Terms> = {}) {
  const world = up(terms);
  world.trace(0, 0);
  world.reply(0.01, 'offer');
  world.trace(0.01, 0.01);
  world.reply(0.02, 'ack');
  world.trace(0.02, 0.02);
  expect(typeOf(world.sent.at(-1)!)).toBe('request');
  return world;
}

function answer(
  to: DhcpMessage,
  type: DhcpType,
  terms: Partial<Terms>,
  part: Partial<DhcpMessage>,
): DhcpMessage {
  const server = terms.server ?? ipv4('10.0.0.1');
  const none = ipv4('0.0.0.0');
  const options: DhcpOption[] = [
    { kind: 'messageType', type },
    { kind: 'serverIdentifier', address: server },
  ];
  if (type !== 'nak') {
    options.push(
      { kind: 'subnetMask', mask: ipv4(terms.mask ?? '255.255.255.0') },
      { kind: 'router', addresses: [ipv4('10.0.0.1')] },
      { kind: 'leaseTime', seconds: terms.lease ?? 600 },
      ...(terms.more ?? []),
    );
  }
  return {
    op: 2,
    xid: to.xid,
    secs: 0,
    broadcast: false,
    clientAddress: none,
    yourAddress: type === 'nak' ? none : ipv4('10.0.0.5'),
    serverAddress: none,
    relayAddress: none,
    clientHardware: OWN,
    options,
    ...part,
  };
}

const only = (lines: readonly string[], ...words: string[]): string[] =>
  lines.filter((line) => words.includes(line.split(' ')[1]!));
const without = (lines: readonly string[], ...words: string[]): string[] =>
  lines.filter((line) => !words.includes(line.split(' ')[1]!));
