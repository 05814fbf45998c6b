import { describe, expect, it } from 'vitest';
import {
  BROADCAST4,
  BROADCAST_MAC,
  ipv4,
  prefix,
  UNSPECIFIED4,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../../src/base/address.js';
import { instant } from '../../../src/base/time.js';
import type { RoleEffect } from '../../../src/core/effect.js';
import { ingressFrame } from '../../../src/core/ingress.js';
import type { ReceivedFrame } from '../../../src/core/input.js';
import { AccessRouter, type AccessRouterOptions } from '../../../src/core/router/access-router.js';
import { dhcpType, encodeDhcp } from '../../../src/wire/dhcpv4/codec.js';
import { encodeIpv4 } from '../../../src/wire/ipv4.js';
import { ETHERTYPE } from '../../../src/wire/protocol.js';
import { encodeUdp } from '../../../src/wire/udp.js';
import { at, drive } from '../../helpers/drive.js';
import { die, HOST_MAC, link, ROUTER_MAC, solicitationFrame } from './fixture.js';

const OPTIONS: AccessRouterOptions = {
  advertise: ['eth0', 'eth1'].map((name) => ({
    link: name,
    prefixes: [
      {
        prefix: prefix('2001:db8:b::/64') as Prefix<Ipv6>,
        validLifetime: 3600,
        preferredLifetime: 3600,
      },
    ],
    homeAgent: false,
    routerLifetime: 9,
    minInterval: 3000,
    maxInterval: 4000,
    advertiseInterval: false,
    raDelay: 0,
  })),
  dhcp: [
    {
      link: 'eth0',
      serverAddress: ipv4('192.0.2.1'),
      prefix: prefix('192.0.2.0/24') as Prefix<Ipv4>,
      from: ipv4('192.0.2.50'),
      to: ipv4('192.0.2.60'),
      router: ipv4('192.0.2.1'),
      leaseTime: 600,
      replyDelay: 20,
    },
  ],
};
const NONE = new Map<string, string>();

describe('the access router', () => {
  it('advertises on each link that it was given, and answers on the one asked', () => {
    const router = new AccessRouter(OPTIONS, die(0.5));
    router.start([link(), link({ name: 'eth1' }), link({ name: 'eth9' })], NONE, at(0));
    expect(trace(router, 0, 4)).toEqual([
      '0 STARTED',
      '0 eth0 routerAdvertisement 33:33:00:00:00:01',
      '0 eth1 routerAdvertisement 33:33:00:00:00:01',
      '3.5 eth0 routerAdvertisement 33:33:00:00:00:01',
      '3.5 eth1 routerAdvertisement 33:33:00:00:00:01',
    ]);
    router.handle({ kind: 'frame', frame: { ...solicitationFrame(), link: 'eth1' } }, at(5));
    expect(trace(router, 5, 5)).toEqual([`5 eth1 routerAdvertisement ${HOST_MAC}`]);
    expect(router.pollTimeout()).toEqual({ at: at(7), why: 'advertise' });
  });

  it('leases an address on the link with a server and nothing on another', () => {
    const router = started();
    router.handle({ kind: 'frame', frame: discover('eth1') }, at(1));
    router.handle({ kind: 'frame', frame: discover('eth0') }, at(1));
    expect(router.pollTimeout()).toEqual({ at: at(1.02), why: 'reply' });
    expect(trace(router, 1, 2)).toEqual([`1.02 eth0 offer ${HOST_MAC}`]);
    expect(router.leases('eth0', at(2))).toMatchObject([
      { address: '192.0.2.50', state: 'offered' },
    ]);
    expect(router.leases('eth1', at(2))).toEqual([]);
  });

  it('counts what the door refuses, by reason', () => {
    const router = started();
    const broken = { ...solicitationFrame(), payload: new Uint8Array(7) };
    router.handle({ kind: 'frame', frame: broken }, at(1));
    router.handle({ kind: 'frame', frame: broken }, at(1));
    router.handle({ kind: 'frame', frame: { ...broken, link: 'eth9' } }, at(1));
    expect(trace(router, 1, 1)).toEqual(['1 DROPPED nd-malformed', '1 DROPPED nd-malformed']);
    expect(router.view(at(1)).counters).toEqual({ 'nd-malformed': 2 });
  });

  it('begins on a link that comes up later and ends on one that goes', () => {
    const router = new AccessRouter(OPTIONS, die(0.5));
    router.start([link({ up: false })], NONE, at(0));
    expect(trace(router, 0, 100)).toEqual(['0 STARTED']);
    router.handle({ kind: 'link', link: link({ carrierUps: 2 }) }, at(100));
    expect(trace(router, 100, 101)).toEqual(['100 eth0 routerAdvertisement 33:33:00:00:00:01']);
    router.handle({ kind: 'linkGone', name: 'eth0' }, at(102));
    expect(trace(router, 102, 500)).toEqual([]);
    expect(router.view(at(500)).links).toEqual([]);
  });

  it('takes leave of every link when it stops and is deaf from then on', () => {
    const router = started();
    router.stop(at(2));
    expect(router.stopped).toBe(true);
    expect(trace(router, 2, 100)).toEqual([
      '2 STOPPING',
      '2 eth0 routerAdvertisement 33:33:00:00:00:01 lifetime 0',
      '2 eth1 routerAdvertisement 33:33:00:00:00:01 lifetime 0',
    ]);
    router.handle({ kind: 'frame', frame: solicitationFrame() }, at(101));
    router.handle({ kind: 'link', link: link({ carrierUps: 9 }) }, at(101));
    router.stop(at(102));
    expect(trace(router, 101, 200)).toEqual([]);
  });

  it('configured anew it tells the new, takes leave of what ends, and keeps its leases', () => {
    const router = started();
    router.handle({ kind: 'frame', frame: discover('eth0') }, at(1));
    trace(router, 1, 2);
    router.configure({ ...OPTIONS, advertise: [OPTIONS.advertise[0]!] }, at(4));
    expect(trace(router, 4, 4)).toEqual([
      '4 eth0 routerAdvertisement 33:33:00:00:00:01',
      '4 eth1 routerAdvertisement 33:33:00:00:00:01 lifetime 0',
    ]);
    expect(router.leases('eth0', at(4))).toHaveLength(1);
    router.configure({ advertise: [], dhcp: [] }, at(5));
    expect(trace(router, 5, 5)).toEqual([
      '5 eth0 routerAdvertisement 33:33:00:00:00:01 lifetime 0',
    ]);
    router.handle({ kind: 'frame', frame: discover('eth0') }, at(6));
    expect(trace(router, 6, 100)).toEqual([]);
    router.configure(OPTIONS, at(100));
    expect(trace(router, 100, 100)).toEqual([
      '100 eth0 routerAdvertisement 33:33:00:00:00:01',
      '100 eth1 routerAdvertisement 33:33:00:00:00:01',
    ]);
    expect(router.leases('eth0', at(100))).toEqual([]);
  });

  it('shows itself', () => {
    const router = started();
    router.handle({ kind: 'frame', frame: discover('eth0') }, at(1));
    expect(router.view(at(1))).toEqual({
      role: 'router',
      bul: [],
      bc: [],
      counters: {},
      next: { at: at(1.02), why: 'reply' },
      links: [
        {
          name: 'eth0',
          up: true,
          routers: [],
          addresses: ['2001:db8:b::1/64', 'fe80::1/64'],
          dhcp: 'server, 1 leases',
          home: false,
        },
        {
          name: 'eth1',
          up: true,
          routers: [],
          addresses: ['2001:db8:b::1/64', 'fe80::1/64'],
          dhcp: null,
          home: false,
        },
      ],
      homes: [],
    });
  });

  it('does nothing of packets, tunnels and early time-outs', () => {
    const router = started();
    const octets = new Uint8Array(40);
    const packet = { link: 'eth0', octets, arrival: { kind: 'native' }, protected: false } as const;
    router.handle({ kind: 'packet', packet }, at(1));
    router.handle({ kind: 'firstPacket', tunnel: 'x', direction: 'in' }, at(1));
    router.handleTimeout(instant(1001));
    expect(router.pollEffect()).toBeUndefined();
  });
});

function started(): AccessRouter {
  const router = new AccessRouter(OPTIONS, die(0.5));
  router.start([link(), link({ name: 'eth1' })], NONE, at(0));
  trace(router, 0, 0.5);
  return router;
}

function discover(name: string): ReceivedFrame {
  const payload = encodeDhcp({
    op: 1,
    xid: 1,
    secs: 0,
    broadcast: false,
    clientAddress: UNSPECIFIED4,
    yourAddress: UNSPECIFIED4,
    serverAddress: UNSPECIFIED4,
    relayAddress: UNSPECIFIED4,
    clientHardware: HOST_MAC,
    options: [{ kind: 'messageType', type: 'discover' }],
  });
  const datagram = { sourcePort: 68, destinationPort: 67, payload };
  return {
    link: name,
    source: HOST_MAC,
    destination: BROADCAST_MAC,
    etherType: ETHERTYPE.ipv4,
    payload: encodeIpv4({
      tos: 0,
      identification: 0,
      dontFragment: false,
      moreFragments: false,
      fragmentOffset: 0,
      ttl: 64,
      protocol: 17,
      source: UNSPECIFIED4,
      destination: BROADCAST4,
      options: new Uint8Array(0),
      payload: encodeUdp(datagram, UNSPECIFIED4, BROADCAST4),
    }),
  };
}

function trace(router: AccessRouter, from: number, until: number): string[] {
  return [...drive(router, at(from), at(until))].map(([second, e]) => `${second} ${lineOf(e)}`);
}

function lineOf(effect: RoleEffect): string {
  if (effect.kind === 'event') {
    const { code, fields } = effect.event;
    return fields['reason'] === undefined ? code : `${code} ${fields['reason']}`;
  }
  if (effect.kind !== 'frame') return effect.kind;
  const result = ingressFrame({ ...effect, source: ROUTER_MAC });
  if (!result.ok) return result.refusal.reason;
  const { message, kind } = result.value;
  if (kind === 'dhcp') return `${effect.link} ${dhcpType(message as never)} ${effect.destination}`;
  const bye = 'routerLifetime' in message && message.routerLifetime === 0 ? ' lifetime 0' : '';
  const what = 'kind' in message ? message.kind : kind;
  return `${effect.link} ${what} ${effect.destination}${bye}`;
}
