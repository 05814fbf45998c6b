/** IPv4 home addresses and prefixes that a home agent gives: RFC 5555 §3.1.1, §3.2.1, §4.5. */
import { describe, expect, it } from 'vitest';
import { ipv4, ipv6, prefix, type Ipv4, type Prefix } from '../../../src/base/address.js';
import type { HomeAgentOptions } from '../../../src/core/ha/options.js';
import type { MobilityOption } from '../../../src/wire/mobility/option.js';
import { Bench, COA4, HOA, HOA2, HOA4, HOME_LINK, ipv4Home, type BuFields } from './harness.js';

const ANY = ipv4('0.0.0.0');
const POOL: Partial<HomeAgentOptions> = {
  acceptIpv4: [],
  ipv4Pool: [p('192.0.2.128/30')],
  ipv4PrefixPool: [p('203.0.113.0/24')],
  ipv4Hold: 600,
};
const any = () => ({ options: [ipv4Home(ANY)] });
const aPrefix = (prefixLength: number, address = ANY) => ({
  options: [ipv4Home(address, { prefixLength, prefixRequested: true })],
});

describe('an address of the pool', () => {
  it('is the lowest that can be a host: given, bound, routed, defended, kept', () => {
    const bench = new Bench(POOL);
    bench.take();
    expect(granted(bench.update(any()))).toEqual(['0 192.0.2.129/32']);
    expect(bench.view().bc[0]).toMatchObject({ homeAddress4: '192.0.2.129', dynamic4: true });
    expect(bench.declared).toContainEqual(
      expect.objectContaining({ destination: p('192.0.2.129/32') }),
    );
    expect(bench.take('ARP')[0]).toContain('192.0.2.129');
    expect(bench.kept.get(`home4 ${HOA}`)).toBe('192.0.2.129');
  });

  it('stays the same over refreshes, asked for by name, by 0.0.0.0, from IPv6 or IPv4', () => {
    const bench = new Bench(POOL).update(any());
    for (const [i, ask] of [ANY, ipv4('192.0.2.129'), ANY].entries()) {
      bench.take();
      bench.update({ sequence: 20 + i, options: [ipv4Home(ask)] });
      expect(granted(bench)).toEqual(['0 192.0.2.129/32']);
    }
    bench.take();
    bench.updateInUdp({ sequence: 30, careOf4: COA4, ...any() });
    expect(granted(bench)).toEqual(['0 192.0.2.129/32']);
    expect(bench.take('event HA_IPV4_GIVEN')).toEqual([]);
  });

  it('is each given once: status 132 when there is none, and IPv6 is bound all the same', () => {
    const bench = new Bench(POOL).update(any());
    bench.update({ homeAddress: HOA2, ...any() }).take();
    const third = { homeAddress: THIRD, ...any() };
    expect(granted(bench.update(third))).toEqual(['132 0.0.0.0/0']);
    expect(bench.acks()[0]).toMatchObject({ status: 0 });
    expect(bench.view().bc.map((e) => e.homeAddress4)).toEqual([
      '192.0.2.129',
      '192.0.2.130',
      null,
    ]);
    expect(bench.take('event IPV4_HOME_REFUSED')).toHaveLength(1);
  });

  it('is not ours, not the one of an access list, not one that somebody has bound', () => {
    const links = [
      { ...HOME_LINK, addresses: [{ address: ipv4('192.0.2.129'), prefixLength: 24 }] },
    ];
    const acl = [{ homeAddress: HOA2, status: 0, homeAddress4: ipv4('192.0.2.130') }];
    expect(granted(new Bench({ ...POOL, acl }, new Map(), links).update(any()))).toEqual([
      '132 0.0.0.0/0',
    ]);
    const wide = { ...POOL, acceptIpv4: [p('192.0.2.0/24')] };
    const bench = new Bench(wide).update({
      homeAddress: HOA2,
      options: [ipv4Home(ipv4('192.0.2.129'))],
    });
    bench.take();
    expect(granted(bench.update(any()))).toEqual(['0 192.0.2.130/32']);
  });

  it('that an access list has for the home address goes before the pool', () => {
    const acl = [{ homeAddress: HOA, status: 0, homeAddress4: HOA4 }];
    const bench = new Bench({ ...POOL, acl }).update(any());
    expect(granted(bench)).toEqual([`0 ${HOA4}/32`]);
    expect(bench.view().bc[0]).toMatchObject({ dynamic4: false });
  });

  it('asked for by name is given when it is free, and refused with 130 when it is not', () => {
    const bench = new Bench(POOL).update({ options: [ipv4Home(ipv4('192.0.2.130'))] });
    expect(granted(bench)).toEqual(['0 192.0.2.130/32']);
    bench.take();
    bench.update({ homeAddress: HOA2, options: [ipv4Home(ipv4('192.0.2.130'))] });
    expect(granted(bench)).toEqual(['130 192.0.2.130/0']);
  });

  it('waits for who deregistered, and is free when the time is over', () => {
    const bench = new Bench(POOL).update(any());
    bench.update({ sequence: 16, lifetime: 0 }).take();
    bench.wait(100);
    expect(granted(bench.update({ sequence: 17, ...any() }))).toEqual(['0 192.0.2.129/32']);
    bench.update({ sequence: 18, lifetime: 0 });
    bench.take();
    expect(bench.wait(599).take('event HA_IPV4_FREED')).toEqual([]);
    expect(bench.wait(2).take('event HA_IPV4_FREED', 'forget')).toEqual([
      `700 forget home4 ${HOA}`,
      '700 event HA_IPV4_FREED',
    ]);
    expect(granted(bench.update({ homeAddress: HOA2, ...any() }))).toEqual(['0 192.0.2.129/32']);
  });

  it('waits too when the binding runs out, or is refreshed without it', () => {
    const bench = new Bench(POOL).update({ lifetime: 40, ...any() });
    bench.wait(41);
    expect(bench.view().next).toMatchObject({ why: 'free an IPv4 home address', at: 640_000 });
    bench.update({ sequence: 16, ...any() }).update({ sequence: 17 });
    expect(bench.view().bc[0]).toMatchObject({ homeAddress4: null });
    expect(bench.kept.get(`home4 ${HOA}`)).toBe('192.0.2.129');
  });

  it('of the one longest gone goes to who needs it', () => {
    const bench = new Bench(POOL).update(any());
    bench.update({ homeAddress: HOA2, ...any() }).update({ sequence: 16, lifetime: 0 });
    bench.wait(10).update({ sequence: 16, homeAddress: HOA2, lifetime: 0 });
    bench.take();
    expect(granted(bench.update({ homeAddress: THIRD, ...any() }))).toEqual(['0 192.0.2.129/32']);
    expect(granted(bench.wait(20).update({ sequence: 18, ...any() }))).toEqual([
      '0 192.0.2.129/32',
      '0 192.0.2.130/32',
    ]);
  });

  it('survives a restart, with and without the binding', () => {
    const first = new Bench(POOL).update(any());
    first.update({ homeAddress: HOA2, ...any() }).update({ sequence: 16, lifetime: 0 });
    const second = new Bench(POOL, first.kept);
    expect(second.view().bc).toMatchObject([
      { homeAddress: HOA2, homeAddress4: '192.0.2.130', dynamic4: true },
    ]);
    second.take();
    expect(granted(second.update({ sequence: 17, ...any() }))).toEqual(['0 192.0.2.129/32']);
    expect(granted(second.update({ homeAddress: THIRD, ...any() }))).toContain('132 0.0.0.0/0');
  });

  it('is forgotten when the pool of this run has it no longer', () => {
    const { kept } = new Bench(POOL).update(any());
    const bench = new Bench({ ...POOL, ipv4Pool: [p('192.0.2.64/28')] }, kept);
    expect(bench.kept.has(`home4 ${HOA}`)).toBe(false);
    expect(bench.view().bc[0]).toMatchObject({ homeAddress4: null });
    expect(granted(bench.update({ sequence: 16, ...any() }))).toEqual(['0 192.0.2.65/32']);
  });

  it.each(['', 'x', '192.0.2.129 192.0.2.0/99', '10.0.0.1'])(
    'a store that says %j of it is put right',
    (value) => {
      const bench = new Bench(POOL, new Map([[`home4 ${HOA}`, value]]));
      expect(bench.kept.size).toBe(0);
    },
  );
});

describe('a prefix, P set', () => {
  it('of the length asked for, with the first host as home address, goes through the tunnel whole', () => {
    const bench = new Bench(POOL).update(aPrefix(28));
    expect(granted(bench)).toEqual(['0 203.0.113.1/28']);
    expect(bench.view().bc[0]).toMatchObject({
      homeAddress4: '203.0.113.1',
      homePrefix4: p('203.0.113.0/28'),
    });
    const tunnel = bench.tunnels.get(HOA)!;
    expect(tunnel.accept).toEqual([{ source: p(`${HOA}/128`) }, { source: p('203.0.113.0/28') }]);
    expect(tunnel.send.at(-1)).toEqual({ destination: p('203.0.113.0/28') });
    expect(bench.declared).toContainEqual(
      expect.objectContaining({ kind: 'route', destination: p('203.0.113.0/28'), tunnel: HOA }),
    );
    // Routed to the home agent: no link is told of it.
    expect(bench.take('ARP')).toEqual([]);
  });

  it.each([
    { what: 'larger than is given', asked: 24, given: '0 203.0.113.1/28' },
    { what: 'smaller than a network', asked: 32, given: '0 203.0.113.1/30' },
    { what: 'of length zero', asked: 0, given: '131 0.0.0.0/0' },
  ])('$what', ({ asked, given }) => {
    expect(granted(new Bench(POOL).update(aPrefix(asked)))).toEqual([given]);
  });

  it('of the next longer length where there is none as large', () => {
    const pool = { ...POOL, ipv4PrefixPool: [p('203.0.113.0/28')] };
    const bench = new Bench(pool).update({ homeAddress: HOA2, ...aPrefix(29) });
    bench.take();
    expect(granted(bench.update(aPrefix(28)))).toEqual(['0 203.0.113.9/29']);
    bench.take();
    expect(granted(bench.update({ homeAddress: THIRD, ...aPrefix(28) }))).toEqual([
      '132 0.0.0.0/0',
    ]);
  });

  it('is refused with 133 where none are given', () => {
    const bench = new Bench({ ...POOL, ipv4PrefixPool: [] });
    expect(granted(bench.update(aPrefix(28)))).toEqual(['133 0.0.0.0/0']);
  });

  it('stays in refreshes: by any address in it, P or not, and over a restart', () => {
    const first = new Bench(POOL).update(aPrefix(28));
    const own = ipv4('203.0.113.5');
    const refresh = (sequence: number, prefixRequested: boolean): BuFields => ({
      sequence,
      options: [ipv4Home(own, { prefixLength: 28, prefixRequested })],
    });
    first.take();
    expect(granted(first.update(refresh(16, true)))).toEqual(['0 203.0.113.5/28']);
    first.take();
    expect(granted(first.update(refresh(17, false)))).toEqual(['0 203.0.113.5/28']);
    const second = new Bench(POOL, first.kept);
    expect(second.view().bc[0]).toMatchObject({
      homePrefix4: p('203.0.113.0/28'),
      homeAddress4: own,
    });
    second.take();
    expect(granted(second.update(refresh(18, true)))).toEqual(['0 203.0.113.5/28']);
    expect(second.take('datapath')).toEqual([]);
  });

  it('of another, or of nobody we know, is refused with 130', () => {
    const bench = new Bench(POOL).update({ homeAddress: HOA2, ...aPrefix(28) });
    for (const taken of ['203.0.113.1', '198.18.0.1']) {
      bench.take();
      bench.update({ sequence: bench.now + 20, ...aPrefix(28, ipv4(taken)) });
      expect(granted(bench)).toEqual([`130 ${taken}/0`]);
      bench.wait(1);
    }
  });

  it('and an address, by two options, are both bound', () => {
    const options: MobilityOption[] = [...any().options, ...aPrefix(29).options];
    const bench = new Bench(POOL).update({ options });
    expect(granted(bench)).toEqual(['0 192.0.2.129/32', '0 203.0.113.1/29']);
    expect(bench.view().bc[0]).toMatchObject({
      homeAddress4: '192.0.2.129',
      homePrefix4: p('203.0.113.0/29'),
    });
    expect(bench.tunnels.get(HOA)!.send).toHaveLength(3);
    expect(bench.kept.get(`home4 ${HOA}`)).toBe('192.0.2.129 203.0.113.0/29');
    bench.take();
    expect(granted(bench.update({ sequence: 16, options: [...options].reverse() }))).toEqual([
      '0 203.0.113.1/29',
      '0 192.0.2.129/32',
    ]);
  });

  it('of one who is gone gives way to who needs it', () => {
    const pool = { ...POOL, ipv4PrefixPool: [p('203.0.113.0/28')] };
    const bench = new Bench(pool).update(aPrefix(28)).update({ sequence: 16, lifetime: 0 });
    bench.take();
    expect(granted(bench.update({ homeAddress: HOA2, ...aPrefix(30) }))).toEqual([
      '0 203.0.113.1/30',
    ]);
    expect(bench.take('event HA_IPV4')).toEqual(['0 event HA_IPV4_FREED', '0 event HA_IPV4_GIVEN']);
  });
});

/** IPv4 Address Acknowledgements since the last `take`. */
function granted(bench: Bench): string[] {
  return bench
    .acks()
    .flatMap(({ options }) =>
      options.flatMap((o) =>
        o.kind === 'ipv4AddressAck' ? [`${o.status} ${o.address}/${o.prefixLength}`] : [],
      ),
    );
}

function p(text: string): Prefix<Ipv4> {
  return prefix(text) as Prefix<Ipv4>;
}

const THIRD = ipv6('2001:db8::300');
