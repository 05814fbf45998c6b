import { describe, expect, it } from 'vitest';
import { ipv6, prefix, type Ipv6, type Prefix } from '../../../src/base/address.js';
import { encodeMobilityPacket } from '../../../src/wire/mobility-packet.js';
import {
  AT_HOME,
  Bench,
  bu,
  COA,
  COA2,
  HA,
  HOA,
  HOA2,
  HOA4,
  HOME,
  HOME_LINK,
  ipv4Home,
  ipv6Packet,
  MN_MAC,
  NAT4,
  PRIVATE4,
  solicit,
} from './harness.js';

describe('a registration', () => {
  it('declares the tunnel, then advertises, then answers, RFC 6275 §10.3.1', () => {
    expect(new Bench().update({ options: [ipv4Home(HOA4)] }).take()).toEqual([
      '0 event STARTED',
      '0 datapath',
      '0 event HA_BU_RECEIVED',
      '0 event HA_BOUND',
      `0 datapath ${HOA}→${COA}`,
      `0 NA ${HOA} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`,
      `0 ARP request ${HOA4} is 02:00:00:00:00:01, target ${HOA4} to ff:ff:ff:ff:ff:ff`,
      `0 store bc ${HOA}`,
      `0 BA 0 seq 15 life 420 to ${COA} for ${HOA}`,
      '0 event BA_SENT',
    ]);
  });

  it('moves the tunnel before it answers, and says nothing on the home link', () => {
    const bench = bound().update({ sequence: 16, careOf: COA2 });
    expect(bench.take()).toEqual([
      '10 event HA_BU_RECEIVED',
      '10 event HA_BOUND',
      `10 datapath ${HOA}→${COA2}`,
      `10 store bc ${HOA}`,
      `10 BA 0 seq 16 life 420 to ${COA2} for ${HOA}`,
      '10 event BA_SENT',
    ]);
  });

  it('binds the Alternate Care-of Address and answers to the source, RFC 6275 §9.5.4', () => {
    const bench = new Bench().update({ options: [{ kind: 'alternateCareOf', address: COA2 }] });
    expect(bench.take('datapath', 'BA')).toEqual([
      '0 datapath',
      `0 datapath ${HOA}→${COA2}`,
      `0 BA 0 seq 15 life 420 to ${COA} for ${HOA}`,
    ]);
    expect(bench.view().bc).toMatchObject([{ careOf: COA2 }]);
  });

  it.each([
    { asked: 420, most: 262140, granted: 420 },
    { asked: 262140, most: 262140, granted: 262140 },
    { asked: 420, most: 60, granted: 60 },
    { asked: 420, most: 63, granted: 60 },
    { asked: 4, most: 60, granted: 4 },
  ])('grants $granted s of $asked s where $most s are the most', ({ asked, most, granted }) => {
    const bench = new Bench({ maxBindingLifetime: most }).update({ lifetime: asked });
    expect(bench.acks()).toMatchObject([{ status: 0, lifetime: granted }]);
    expect(bench.view().bc).toMatchObject([{ lifetime: granted, expiresAt: granted * 1000 }]);
  });

  it.each([
    { advice: 200, lifetime: 420, option: [{ kind: 'bindingRefreshAdvice', interval: 200 }] },
    { advice: 203, lifetime: 420, option: [{ kind: 'bindingRefreshAdvice', interval: 200 }] },
    { advice: 420, lifetime: 420, option: [] },
    { advice: 0, lifetime: 420, option: [] },
  ])(
    'advises a refresh below the lifetime or not at all: $advice of $lifetime, RFC 6275 §10.3.1',
    ({ advice, lifetime, option }) => {
      const bench = new Bench({ refreshAdvice: advice }).update({ lifetime });
      expect(bench.acks()[0]?.options).toEqual(option);
      bench.take();
      bench.update({ sequence: 16, lifetime: 0 }); // RFC 6275 §10.3.2: omitted
      expect(bench.acks()[0]?.options).toEqual([]);
    },
  );

  it('ends with its lifetime, RFC 6275 §9.5.2', () => {
    const bench = bound().wait(409.999);
    expect(bench.take()).toEqual([]);
    expect(bench.view().next).toEqual({ at: 420000, why: 'a binding expires' });
    bench.wait(0.001);
    expect(bench.take()).toEqual(['420 event HA_UNBOUND', '420 datapath', `420 forget bc ${HOA}`]);
    expect(bench.view()).toMatchObject({ bc: [], next: null, counters: { expired: 1 } });
    // RFC 6275 §9.5.1: without an entry any number is good
    expect(bench.update({ sequence: 3 }).acks()[0]?.status).toBe(0);
  });

  it('lives on with a refresh, and takes a shorter lifetime from it', () => {
    const bench = bound().update({ sequence: 16, lifetime: 8 });
    bench.wait(7.9);
    expect(bench.view().bc).toHaveLength(1);
    expect(bench.wait(0.1).view().bc).toHaveLength(0);
  });

  it('declares once for many that end together', () => {
    const bench = new Bench();
    for (let i = 0; i < 50; i++) bench.update({ homeAddress: ipv6(`2001:db8::2:${i}`) });
    bench.wait(10);
    bench.take();
    bench.wait(420);
    expect(bench.take('datapath')).toEqual(['420 datapath']);
  });

  it.each([
    { first: 15, next: [16, 32782], stale: [15, 14, 32783] },
    { first: 32783, next: [32784, 14], stale: [32783, 32782, 15] },
    { first: 65535, next: [0, 32766], stale: [65535, 65534, 32767] },
  ])('numbered $first is followed by higher ones, RFC 6275 §9.5.1', ({ first, next, stale }) => {
    for (const sequence of stale) {
      const bench = new Bench().update({ sequence: first });
      bench.take();
      bench.update({ sequence, careOf: COA2 });
      expect(bench.acks()).toMatchObject([{ status: 135, sequence: first }]);
      expect(bench.view().bc).toMatchObject([{ careOf: COA, sequence: first }]);
    }
    for (const sequence of next) {
      const bench = new Bench().update({ sequence: first });
      bench.take();
      bench.update({ sequence, careOf: COA2 });
      expect(bench.acks()).toMatchObject([{ status: 0, sequence }]);
    }
  });
});

describe('a deregistration, RFC 6275 §10.3.2', () => {
  it('from home is answered to the link-layer address that it came from', () => {
    const bench = bound().updateFromHome({ sequence: 16 });
    expect(bench.take()).toEqual([
      '10 event HA_BU_RECEIVED',
      '10 event HA_UNBOUND',
      '10 datapath',
      `10 forget bc ${HOA}`,
      `10 BA 0 seq 16 life 0 to ${HOA} at ${MN_MAC}`,
      '10 event BA_SENT',
    ]);
    expect(bench.view().bc).toEqual([]);
  });

  it('from home without a known link-layer address is left to the host', () => {
    const bench = bound().updateFromHome({ sequence: 16 }, { kind: 'native' });
    expect(bench.take('BA')).toEqual([`10 BA 0 seq 16 life 0 to ${HOA}`]);
  });

  it('as the home address but by another link goes by routing: that link is not home', () => {
    const bench = bound().packet(fromHome(16), AT_HOME, 'net0');
    expect(bench.take('BA')).toEqual([`10 BA 0 seq 16 life 0 to ${HOA}`]);
  });

  it('from home with a Home Address option needs no routing header', () => {
    const bench = bound().update({ sequence: 16, lifetime: 0, careOf: HOA });
    expect(bench.take('BA')).toEqual([`10 BA 0 seq 16 life 0 to ${HOA}`]);
  });

  it('is also an update whose care-of address is the home address, RFC 3963 §6.2', () => {
    const bench = bound().updateFromHome({ sequence: 16, lifetime: 420 });
    expect(bench.take('BA')).toEqual([`10 BA 0 seq 16 life 0 to ${HOA} at ${MN_MAC}`]);
    expect(bench.view().bc).toEqual([]);
  });

  it('out of the tunnel is answered before the tunnel goes', () => {
    const bench = bound().packet(fromHome(16), { kind: 'tunnel', source: COA });
    expect(bench.take('datapath', 'BA')).toEqual([
      `10 BA 0 seq 16 life 0 to ${HOA}`,
      '10 datapath',
    ]);
  });

  it('is not what an update out of the tunnel means that asks for a lifetime', () => {
    const bench = bound().packet(fromHome(16, 420), { kind: 'tunnel', source: COA });
    expect(bench.take('datapath', 'BA')).toEqual([]);
    expect(bench.view()).toMatchObject({ bc: [{ careOf: COA }] });
  });

  it('from away is answered to the care-of address', () => {
    const bench = bound().update({ sequence: 16, lifetime: 0 });
    expect(bench.take('datapath', 'BA')).toEqual([
      '10 datapath',
      `10 BA 0 seq 16 life 0 to ${COA} for ${HOA}`,
    ]);
  });

  it('from home that is refused goes to the link-layer address too', () => {
    const bench = bound().updateFromHome({ sequence: 15 });
    expect(bench.take('BA')).toEqual([`10 BA 135 seq 15 life 0 to ${HOA} at ${MN_MAC}`]);
    expect(bench.view().bc).toHaveLength(1);
  });

  it('repeated because its answer was lost is answered with 0 again, for 10 s', () => {
    const bench = bound().updateFromHome({ sequence: 16 });
    bench.take();
    expect(bench.wait(1).updateFromHome({ sequence: 17 }).acks()[0]?.status).toBe(0);
    bench.take();
    expect(bench.view().next?.why).toBe('forget a deregistration');
    expect(bench.wait(10).updateFromHome({ sequence: 18 }).acks()[0]?.status).toBe(133);
  });

  it('shuts out updates that it overtook, for MAX_DELETE_BCE_TIMEOUT', () => {
    const bench = bound().updateFromHome({ sequence: 20 });
    bench.take();
    expect(bench.wait(9.9).update({ sequence: 19 }).acks()).toMatchObject([
      { status: 135, sequence: 20 },
    ]);
    bench.take();
    expect(bench.wait(0.1).update({ sequence: 19 }).acks()[0]?.status).toBe(0);
  });

  it('is forgotten with the next registration: once that is over, any number is good', () => {
    const bench = bound().updateFromHome({ sequence: 20 }).update({ sequence: 21, lifetime: 4 });
    bench.wait(4).take();
    expect(bench.update({ sequence: 3 }).acks()[0]?.status).toBe(0);
  });

  it('without a binding is refused each time, and still shuts out an update that it overtook', () => {
    const bench = bound().updateFromHome({ sequence: 20 }).update({ sequence: 21, lifetime: 4 });
    bench.wait(4).take();
    expect(bench.update({ sequence: 30, lifetime: 0 }).acks()[0]?.status).toBe(133);
    bench.take();
    expect(bench.update({ sequence: 30, lifetime: 0 }).acks()[0]?.status).toBe(133);
    bench.take();
    expect(bench.update({ sequence: 29 }).acks()).toMatchObject([{ status: 135, sequence: 30 }]);
    bench.take();
    expect(bench.wait(10).update({ sequence: 29 }).acks()[0]?.status).toBe(0);
  });

  it('is followed by a registration anywhere, with Duplicate Address Detection', () => {
    const bench = new Bench({ dadMode: 'strict' })
      .update()
      .wait(1)
      .updateFromHome({ sequence: 16 });
    bench.take();
    bench.update({ sequence: 17, careOf: COA2 }).wait(1);
    expect(bench.take('NS', 'BA')).toEqual([
      `1 NS ${HOA} from :: to ff02::1:ff00:100 at 33:33:ff:00:01:00`,
      `2 BA 0 seq 17 life 420 to ${COA2} for ${HOA}`,
    ]);
  });
});

describe('packets with a Home Address option that are no Mobility Headers, RFC 6275 §9.3.1', () => {
  const echo = (careOf: Ipv6) => {
    const data = Uint8Array.of(1, 2, 3);
    const message = { kind: 'echoRequest', identifier: 7, sequence: 1, data } as const;
    return ipv6Packet(careOf, HA, message, HOA);
  };

  it('are answered with a Binding Error, status 1, without a binding', () => {
    const bench = new Bench();
    bench.take();
    expect(bench.packet(echo(COA)).take()).toEqual([
      '0 event DROPPED',
      `0 BE 1 home ${HOA} to ${COA}`,
    ]);
    expect(bench.view().counters).toMatchObject({ 'hao-unbound': 1 });
  });

  it('and when they come from another care-of address than the one bound', () => {
    expect(bound().packet(echo(COA2)).take('BE')).toEqual([`10 BE 1 home ${HOA} to ${COA2}`]);
  });

  it('are taken with a binding; an echo is answered by a type 2 routing header, RFC 6275 §10.4.2', () => {
    expect(bound().packet(echo(COA)).take()).toEqual([`10 echoReply to ${COA} for ${HOA}`]);
  });

  it('draw an error again once the binding is gone', () => {
    const bench = bound().update({ sequence: 16, lifetime: 0 });
    bench.take();
    expect(bench.packet(echo(COA)).take('BE')).toHaveLength(1);
  });
});

describe('a restart', () => {
  it('brings bindings back: datapath at once, then claims on the home link', () => {
    const { kept } = new Bench()
      .update({ options: [ipv4Home(HOA4)], flags: 'AHL' })
      .updateInUdp({ homeAddress: HOA2, careOf4: PRIVATE4 }, { source: NAT4, port: 61000 })
      .wait(400)
      .stop();
    const again = new Bench({ dadMode: 'strict' }, kept).wait(0.5);
    expect(again.take()).toEqual([
      '0 event STARTED',
      `0 datapath ${HOA}→${COA} ${HOA2}→${NAT4}:61000`,
      `0 NA ${HOA} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`,
      `0 NA fe80::100 flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`,
      `0 ARP request ${HOA4} is 02:00:00:00:00:01, target ${HOA4} to ff:ff:ff:ff:ff:ff`,
      `0.001 NA ${HOA2} flags O from 2001:db8::1 to ff02::1 at 33:33:00:00:00:01`,
    ]);
    expect(again.view().bc).toMatchObject([
      {
        homeAddress: HOA,
        homeAddress4: HOA4,
        careOf: COA,
        path: 'ipv6',
        sequence: 15,
        flags: 'AHL',
      },
      { homeAddress: HOA2, careOf: PRIVATE4, path: 'udp', mapped: { address: NAT4, port: 61000 } },
    ]);
    expect(again.nd(solicit(HOA)).take('NA')).toHaveLength(1);
    // The granted lifetime runs from the start; sequence numbers go on.
    expect(again.update().acks()).toMatchObject([{ status: 135, sequence: 15 }]);
    expect(again.update({ sequence: 16 }).acks()[1]).toMatchObject({ status: 0 });
    again.wait(419.4);
    expect(again.view().bc).toHaveLength(2);
    again.wait(0.2);
    expect(again.view().bc).toMatchObject([{ homeAddress: HOA }]);
  });

  it('drops what this configuration does not allow, and what cannot be read', () => {
    const { kept } = new Bench()
      .update()
      .update({ homeAddress: HOA2 })
      .updateInUdp({ homeAddress: ipv6('2001:db8::300') });
    kept.set('bc 2001:db8::400', '{"careOf":"2001:db8:f::9"');
    kept.set('bc nonsense', '{}');
    kept.set('bc 2001:db8::500', 'null');
    kept.set('mn something', 'of another');
    const acl = [{ homeAddress: HOA2, status: 129, homeAddress4: null }];
    const again = new Bench({ acl, dsmip: false }, kept);
    expect(again.view().bc).toMatchObject([{ homeAddress: HOA }]);
    expect([...again.kept.keys()]).toEqual([`bc ${HOA}`, 'mn something']);
    expect(again.view().counters).toMatchObject({ 'kept-refused': 5 });
    const homeLinks = [{ link: HOME, prefix: prefix('2001:db8:5::/64') as Prefix<Ipv6> }];
    expect(new Bench({ homeLinks }, new Map(kept)).view().bc).toEqual([]);
    expect(new Bench({ maxBindings: 0 }, new Map(kept)).view().bc).toEqual([]);
  });

  const good = {
    homeAddress4: null,
    careOf: COA,
    flags: 0xc000,
    sequence: 15,
    lifetime: 420,
    attachment: { path: 'ipv6', local: HA, remote: COA },
  };

  it('takes up the address that the home agent has now', () => {
    const kept = new Map([[`bc ${HOA}`, JSON.stringify(good)]]);
    const address = ipv6('2001:db8::2');
    const again = new Bench({ address }, kept);
    expect(again.tunnels.get(HOA)).toMatchObject({ local: address, remote: COA });
  });

  it.each([
    ['sequence', 65536],
    ['sequence', '15'],
    ['flags', -1],
    ['lifetime', 262144],
    ['lifetime', 1.5],
    ['careOf', 'elsewhere'],
    ['homeAddress4', '2001:db8::1'],
    ['homeAddress4', undefined],
    ['attachment', null],
    ['attachment', { path: 'ipv6', local: '192.0.2.1', remote: COA }],
    ['attachment', { path: 'ipv4', local: '192.0.2.1', remote: COA }],
    ['attachment', { path: 'gre', local: '192.0.2.1', remote: '192.0.2.2' }],
    ['attachment', { path: 'udp', local: '192.0.2.1', remote: '192.0.2.2', nat: true }],
  ])('does not believe a kept %s of %j', (field, value) => {
    const kept = new Map([[`bc ${HOA}`, JSON.stringify({ ...good, [field]: value })]]);
    expect(new Bench({}, kept).view().bc).toEqual([]);
    expect([...kept]).toEqual([]);
  });

  it('does not give one IPv4 home address to two', () => {
    const { kept } = new Bench().update({ options: [ipv4Home(HOA4)] });
    kept.set(`bc ${HOA2}`, kept.get(`bc ${HOA}`)!);
    const again = new Bench({}, kept);
    expect(again.view().bc.map((b) => b.homeAddress4)).toEqual([HOA4, null]);
    const other = { homeAddress: ipv6('2001:db8::300'), options: [ipv4Home(HOA4)] };
    expect(again.update(other).acks()[0]?.options).toMatchObject([{ status: 130 }]);
  });

  it('survives every cut and every flipped character of what was kept', () => {
    const { kept } = new Bench().updateInUdp({ careOf4: PRIVATE4, options: [ipv4Home(HOA4)] });
    const [[key, value]] = [...kept] as [[string, string]];
    for (let i = 0; i < value.length; i++) {
      const flipped = String.fromCharCode(value.charCodeAt(i) ^ 1);
      const changed = value.slice(0, i) + flipped + value.slice(i + 1);
      for (const text of [value.slice(0, i), changed]) {
        const bench = new Bench({}, new Map([[key, text]]));
        for (const binding of bench.view().bc) {
          expect(binding.lifetime).toBeGreaterThanOrEqual(0);
          expect(bench.update({ sequence: binding.sequence + 1 }).acks()).toHaveLength(1);
        }
      }
    }
  });
});

describe('its end', () => {
  it('takes the datapath down, keeps the bindings in the store and tells nobody', () => {
    const bench = bound().stop();
    expect(bench.take()).toEqual(['10 event STOPPING', '10 datapath']);
    expect(bench.agent.stopped).toBe(true);
    expect([...bench.kept.keys()]).toEqual([`bc ${HOA}`]);
    expect(bench.update({ sequence: 16 }).wait(1000).stop().take()).toEqual([]);
    expect(bench.agent.pollTimeout()).toBeUndefined();
  });

  it('declares no signalling either', () => {
    const [effect] = bound()
      .stop()
      .effects.filter((e) => e.kind === 'datapath');
    expect(effect?.want).toEqual({ items: [] });
  });
});

it('shows its links and which of them are home', () => {
  const away = { ...HOME_LINK, name: 'net0', index: 3, addresses: [] };
  const bench = new Bench({}, new Map(), [HOME_LINK, away]);
  expect(bench.view().links).toMatchObject([
    { name: HOME, up: true, home: true, addresses: ['2001:db8::1/64', '192.0.2.1/24'] },
    { name: 'net0', home: false },
  ]);
  bench.linkGone('net0').link({ ...HOME_LINK, up: false });
  expect(bench.view().links).toMatchObject([{ name: HOME, up: false }]);
  expect(bench.take('event')).toEqual(['0 event STARTED', '0 event LINK_DOWN']);
});

it('gives a home address away that was given up, IPv4 too', () => {
  const bench = bound({ options: [ipv4Home(HOA4)] }).wait(420);
  bench.take();
  bench.update({ homeAddress: HOA2, options: [ipv4Home(HOA4)] });
  expect(bench.acks()[0]?.options).toMatchObject([{ kind: 'ipv4AddressAck', status: 0 }]);
});

it('has room again after a deregistration', () => {
  const bench = new Bench({ maxBindings: 1 }).update().update({ sequence: 16, lifetime: 0 });
  bench.take();
  expect(bench.update({ homeAddress: HOA2 }).acks()[0]?.status).toBe(0);
});

/** Bound over IPv6, all claims made, nothing to take; at 10 s. */
function bound(fields: Parameters<Bench['update']>[0] = {}): Bench {
  const bench = new Bench().update(fields).wait(10);
  bench.take();
  return bench;
}

function fromHome(sequence: number, lifetime = 0): Uint8Array {
  const message = bu({ sequence, lifetime });
  return encodeMobilityPacket({ source: HOA, destination: HA, message });
}
