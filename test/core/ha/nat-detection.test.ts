import { describe, expect, it } from 'vitest';
import { TUNNEL_LINK } from '../../../src/core/datapath/model.js';
import {
  ANYCAST,
  Bench,
  COA,
  COA4,
  HA,
  HA4,
  HOA,
  HOA2,
  HOA4,
  HOA4_2,
  HOME,
  ipv4Home,
  NAT4,
  PRIVATE4,
} from './harness.js';

const NO_KEEPALIVE = 0xffffffff;

describe('NAT detection, RFC 5555 §4.2', () => {
  it.each([
    {
      what: 'no NAT: IPv4 tunnel, no keep-alive, F clear',
      options: {},
      flags: 'AH',
      source: COA4,
      careOf4: COA4,
      nat: { forceUdp: false, refresh: NO_KEEPALIVE },
      tunnel: { local: HA4, remote: COA4 },
      view: { path: 'ipv4', mapped: null, careOf: COA4 },
    },
    {
      what: 'a NAT: UDP to the address and port that arrived, keep-alives',
      options: { natRefresh: 90 },
      flags: 'AH',
      source: NAT4,
      careOf4: PRIVATE4,
      nat: { forceUdp: true, refresh: 90 },
      tunnel: { local: HA4, remote: NAT4, udp: { localPort: 4191, remotePort: 61000 } },
      view: { path: 'udp', mapped: { address: NAT4, port: 61000 }, careOf: PRIVATE4 },
    },
    {
      what: 'no NAT and F accepted: UDP without keep-alives, RFC 5555 §4.3',
      options: {},
      flags: 'AHF',
      source: COA4,
      careOf4: COA4,
      nat: { forceUdp: true, refresh: NO_KEEPALIVE },
      tunnel: { local: HA4, remote: COA4, udp: { localPort: 4191, remotePort: 61000 } },
      view: { path: 'udp', mapped: null, careOf: COA4 },
    },
    {
      what: 'no NAT and UDP forced by the home agent: F set, RFC 5555 §3.2.2',
      options: { forceUdp: true },
      flags: 'AH',
      source: COA4,
      careOf4: COA4,
      nat: { forceUdp: true, refresh: NO_KEEPALIVE },
      tunnel: { local: HA4, remote: COA4, udp: { localPort: 4191, remotePort: 61000 } },
      view: { path: 'udp', mapped: null, careOf: COA4 },
    },
  ])('$what', ({ options, flags, source, careOf4, nat, tunnel, view }) => {
    const bench = new Bench(options).updateInUdp({ flags, careOf4 }, { source, port: 61000 });
    const [ack] = bench.acks();
    expect(ack).toMatchObject({ status: 0, options: [{ kind: 'natDetection', ...nat }] });
    expect(bench.tunnels.get(HOA)).toMatchObject(tunnel);
    expect('udp' in bench.tunnels.get(HOA)!).toBe('udp' in tunnel);
    expect(bench.view().bc).toMatchObject([view]);
  });

  it('answers to the outer source, to the home address and without a routing header', () => {
    const bench = new Bench().updateInUdp({ careOf4: PRIVATE4 }, { source: NAT4, port: 61000 });
    expect(bench.take('BA')).toEqual([
      `0 BA 0 seq 15 life 420 to ${HOA} udp ${HA4}:4191→${NAT4}:61000`,
    ]);
  });

  it('says so once, not with every keep-alive', () => {
    const bench = new Bench();
    for (let sequence = 1; sequence < 5; sequence++) {
      bench.updateInUdp({ sequence, careOf4: PRIVATE4 }, { source: NAT4, port: 61000 });
    }
    expect(bench.take('event NAT_FOUND', 'event HA_BOUND')).toEqual([
      '0 event HA_BOUND',
      '0 event NAT_FOUND',
    ]);
  });

  it('keeps two mobile nodes behind one NAT apart by their ports', () => {
    const bench = new Bench()
      .updateInUdp({ careOf4: PRIVATE4 }, { source: NAT4, port: 61000 })
      .updateInUdp({ careOf4: PRIVATE4, homeAddress: HOA2 }, { source: NAT4, port: 61001 });
    expect(bench.take('datapath').at(-1)).toBe(
      `0 datapath ${HOA}→${NAT4}:61000 ${HOA2}→${NAT4}:61001`,
    );
    bench.updateInUdp(
      { careOf4: PRIVATE4, sequence: 16, lifetime: 0 },
      { source: NAT4, port: 61000 },
    );
    expect(bench.take('datapath', 'BA')).toEqual([
      `0 datapath ${HOA2}→${NAT4}:61001`,
      `0 BA 0 seq 16 life 0 to ${HOA} udp ${HA4}:4191→${NAT4}:61000`,
    ]);
  });

  it('follows a mapping that has changed', () => {
    const bench = new Bench().updateInUdp({ careOf4: PRIVATE4 }, { source: NAT4, port: 61000 });
    bench.take();
    bench.updateInUdp({ careOf4: PRIVATE4, sequence: 16 }, { source: NAT4, port: 40000 });
    expect(bench.take('datapath')).toEqual([`0 datapath ${HOA}→${NAT4}:40000`]);
  });

  it('answers a deregistration in UDP with the option as well', () => {
    const bench = new Bench().updateInUdp();
    bench.take();
    bench.updateInUdp({ sequence: 16, lifetime: 0 });
    expect(bench.acks()).toMatchObject([
      { status: 0, lifetime: 0, options: [{ kind: 'natDetection', refresh: NO_KEEPALIVE }] },
    ]);
  });
});

describe('the datapath of a binding', () => {
  it('is a tunnel and a route, and carries the home address only, RFC 6275 §10.4.5', () => {
    const bench = new Bench({ dsmip: false, address4: null }).update();
    expect(bench.take('datapath')).toHaveLength(2);
    bench.update({ sequence: 16, careOf: HA.replace('::1', ':1::9') as typeof HA });
    const want = bench.effects.find((e) => e.kind === 'datapath')!.want;
    const home = { address: HOA, length: 128 };
    expect(want.items).toEqual([
      { kind: 'signalling', addresses: [HA, ANYCAST], udp: null, homeAddressOptionAt: [HA] },
      { kind: 'anycast', link: HOME, address: ANYCAST },
      {
        kind: 'route',
        table: 'main',
        destination: home,
        link: TUNNEL_LINK,
        tunnel: HOA,
        metric: 64,
      },
      {
        kind: 'tunnel',
        key: HOA,
        local: HA,
        remote: '2001:db8:1::9',
        send: [{ destination: home }],
        accept: [{ source: home }],
        pathMtu: 1500,
      },
    ]);
  });

  it('carries the IPv4 home address in the same tunnel, whatever family its ends have', () => {
    const options = [ipv4Home(HOA4)];
    const homes = [
      { address: HOA, length: 128 },
      { address: HOA4, length: 32 },
    ];
    for (const bench of [
      new Bench().update({ options }),
      new Bench().updateInUdp({ options }),
      new Bench().updateInUdp({ options, careOf4: PRIVATE4 }, { source: NAT4 }),
    ]) {
      expect(bench.tunnels.get(HOA)).toMatchObject({
        send: homes.map((destination) => ({ destination })),
        accept: homes.map((source) => ({ source })),
      });
      const want = bench.effects.filter((e) => e.kind === 'datapath').at(-1)!.want;
      const routes = want.items.flatMap((i) => (i.kind === 'route' ? [i.destination] : []));
      expect(routes).toEqual(homes);
      expect(want.items[0]).toEqual({
        kind: 'signalling',
        addresses: [HA, ANYCAST, HA4],
        udp: { address: null, port: 4191, endpoints: [HA4] },
        homeAddressOptionAt: [HA],
      });
    }
  });

  it('keeps the objects of what has not changed, and declares nothing for a refresh', () => {
    const bench = new Bench().update({ options: [ipv4Home(HOA4)] });
    bench.update({ homeAddress: HOA2, options: [ipv4Home(HOA4_2)] });
    const before = items(bench);
    bench.take();
    bench.update({ sequence: 16, options: [ipv4Home(HOA4)] });
    expect(bench.take('datapath')).toEqual([]);
    bench.updateInUdp({ sequence: 17, options: [ipv4Home(HOA4)] });
    const after = items(bench);
    expect(after).toHaveLength(before.length);
    const moved = before.filter((item) => !after.includes(item));
    expect(moved).toMatchObject([{ kind: 'tunnel', key: HOA, remote: COA }]);
  });
});

const items = (bench: Bench) =>
  bench.effects.filter((e) => e.kind === 'datapath').at(-1)!.want.items;
