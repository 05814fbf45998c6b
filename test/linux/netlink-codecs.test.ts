/** Netlink messages of real kernels, read; and what we write, read back. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  ipv4FromOctets,
  ipv6FromOctets,
  prefixOf,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../../src/base/address.js';
import { LinuxError } from '../../src/linux/error.js';
import { addressBody, parseAddress } from '../../src/linux/netlink/address.js';
import { AttributeWriter, readAttributes } from '../../src/linux/netlink/attributes.js';
import { fouBody, parseFouPort, type FouPort } from '../../src/linux/netlink/fou.js';
import { newTunnelBody, parseLink, tunnelBody, tunnelOf } from '../../src/linux/netlink/link.js';
import { neighbourBody, parseNeighbour } from '../../src/linux/netlink/neighbour.js';
import { parseRoute, routeBody, type KernelRoute } from '../../src/linux/netlink/route.js';
import { parseRule, ruleBody, type KernelRule } from '../../src/linux/netlink/rule.js';
import {
  parseTrafficFilter,
  trafficFilterBody,
  type TrafficFilter,
} from '../../src/linux/netlink/traffic-filter.js';
import type { TunnelLink } from '../../src/linux/netlink/rtnetlink.js';
import { GOLDEN, type GoldenMessage } from './fixtures/netlink-messages.js';

describe('messages of a kernel', () => {
  it.each(GOLDEN)('$command', ({ kind, type, octets, value }) => {
    expect(PARSE[kind](type, Buffer.from(octets, 'hex'))).toEqual(value);
  });

  it.each(GOLDEN)('cut anywhere, it is no message or a lesser one: $command', (row) => {
    const whole = Buffer.from(row.octets, 'hex');
    for (let length = 0; length < whole.length; length++) {
      const read = PARSE[row.kind](row.type, whole.subarray(0, length)); // does not throw
      if (length < FIXED[row.kind]) expect(read).toBeUndefined();
    }
  });

  it('octets at random are never more than misunderstood', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...GOLDEN),
        fc.array(fc.tuple(fc.nat(), fc.nat(255)), { minLength: 1, maxLength: 8 }),
        ({ kind, type, octets }, changes) => {
          const data = Buffer.from(octets, 'hex');
          for (const [at, octet] of changes) data[at % data.length] = octet;
          PARSE[kind](type, data);
        },
      ),
    );
  });

  it('a message of another type is not taken for one of these', () => {
    for (const { kind, octets } of GOLDEN.filter((row) => row.kind !== 'fou')) {
      expect(PARSE[kind](3, Buffer.from(octets, 'hex'))).toBeUndefined();
    }
  });

  it('routes and rules that nobody here makes are left alone', () => {
    const route = golden('blackhole default');
    for (const type of [2, 3, 5, 9]) {
      const data = Buffer.from(route.octets, 'hex');
      data[7] = type; // local, broadcast, multicast, throw
      expect(parseRoute(message(route.type, data))).toBeUndefined();
    }
    const rule = golden('ipproto 135');
    const data = Buffer.from(rule.octets, 'hex');
    data[7] = 2; // goto
    expect(parseRule(message(rule.type, data))).toBeUndefined();
  });

  it('a classifier as a whole, without a filter, is none', () => {
    const data = Buffer.from(golden('src_ip 2001:db8:a::100').octets, 'hex');
    data.writeUInt32LE(0, 8);
    expect(parseTrafficFilter(message(44, data))).toBeUndefined();
  });
});

describe('what we write is what we read', () => {
  it('routes', () => check(ROUTES, (route) => parseRoute(message(24, routeBody(route)))));
  it('rules', () => check(RULES, (rule) => parseRule(message(32, ruleBody(rule)))));
  it('traffic filters', () =>
    check(FILTERS, (f) => parseTrafficFilter(message(44, trafficFilterBody(f)))));
  it('FOU ports', () => check(FOU_PORTS, (port) => parseFouPort(message(32, fouBody(1, port)))));
  it('tunnels', () =>
    check(TUNNELS, (link) => {
      const created = parseLink(message(16, newTunnelBody(link)))!;
      // A change goes by index, without the name.
      const changed = tunnelBody(link);
      expect(readAttributes(changed.subarray(16)).has(3)).toBe(false);
      const named = new AttributeWriter(changed).text(3, link.name).finish();
      expect(tunnelOf({ ...created, up: link.up })).toEqual(
        tunnelOf(parseLink(message(16, named))!),
      );
      expect(created.up).toBe(false);
      const { mtu, ...read } = tunnelOf({ ...created, up: link.up })!;
      return mtu === 0 ? read : { mtu, ...read };
    }));

  it('addresses', () => {
    fc.assert(
      fc.property(ADDRESS, fc.boolean(), fc.boolean(), (address, homeAddress, prefixRoute) => {
        const request = { index: 7, address, prefixLength: 24, prefixRoute, homeAddress };
        const body = addressBody({ ...request, protocol: 109 }, true);
        expect(parseAddress(message(20, body))).toEqual({
          index: 7,
          address,
          prefixLength: 24,
          usable: true,
          homeAddress: homeAddress && address.includes(':'),
          protocol: 109,
          autoconfigured: false,
          temporary: false,
          deprecated: false,
          validLifetime: null,
        });
      }),
    );
  });

  it('neighbours', () => {
    for (const { value } of GOLDEN.filter((row) => row.kind === 'neighbour')) {
      const neighbour = value as Parameters<typeof neighbourBody>[0];
      expect(parseNeighbour(message(28, neighbourBody(neighbour)))).toEqual(neighbour);
    }
  });
});

describe('attributes', () => {
  it('grow past the first room, nested and padded', () => {
    const long = Buffer.alloc(700, 7);
    const body = new AttributeWriter(new Uint8Array(4))
      .u8(1, 1)
      .nest(2, (inner) => inner.octets(3, long).text(4, 'name'))
      .u32(5, 5)
      .finish();
    expect(body.length % 4).toBe(0);
    const outer = readAttributes(body.subarray(4));
    expect([...outer.keys()]).toEqual([1, 2, 5]);
    expect([...readAttributes(outer.get(2)!).keys()]).toEqual([3, 4]);
    expect(Buffer.from(readAttributes(outer.get(2)!).get(3)!)).toEqual(long);
  });

  it('refuse to be longer than their length field can say', () => {
    const out = new AttributeWriter(new Uint8Array(4));
    expect(() => out.octets(1, new Uint8Array(65536))).toThrow(/65540 octets is too long/);
    expect(() =>
      out.nest(1, (inner) => {
        for (let i = 0; i < 3; i++) inner.octets(2, new Uint8Array(30000));
      }),
    ).toThrow(LinuxError);
  });

  it.each([
    ['a length below that of the head', '0300010000000000', []],
    ['a length past the end', '0500010001000000ff000200', [1]],
    ['a length of zero, which would go on for ever', '0000000000000000', []],
  ])('end at %s', (_what, hex, types) => {
    expect([...readAttributes(Buffer.from(hex, 'hex')).keys()]).toEqual(types);
  });
});

type Parser = (type: number, data: Buffer) => object | undefined;
const PARSE: Readonly<Record<GoldenMessage['kind'], Parser>> = {
  link: (type, data) => parseLink(message(type, data)),
  address: (type, data) => parseAddress(message(type, data)),
  route: (type, data) => parseRoute(message(type, data)),
  rule: (type, data) => parseRule(message(type, data)),
  neighbour: (type, data) => parseNeighbour(message(type, data)),
  filter: (type, data) => parseTrafficFilter(message(type, data)),
  fou: (type, data) => parseFouPort(message(type, data)),
};

/** Octets of the fixed structure in front of the attributes. */
const FIXED = {
  link: 16,
  address: 8,
  route: 12,
  rule: 12,
  neighbour: 12,
  filter: 20,
  fou: 4,
};

function message(type: number, body: Uint8Array) {
  const data = Buffer.from(body.buffer, body.byteOffset, body.length);
  return { type, flags: 0, seq: 1, port: 0, data };
}

function golden(part: string): GoldenMessage {
  return GOLDEN.find((row) => row.command.includes(part))!;
}

function check<T>(values: fc.Arbitrary<T>, through: (value: T) => unknown): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(through(value)).toEqual(value);
    }),
  );
}

const ADDRESS6 = fc
  .uint8Array({ minLength: 16, maxLength: 16 })
  .filter((octets) => octets.some((octet) => octet !== 0))
  .map((octets): Ipv6 => ipv6FromOctets(octets));
const ADDRESS4 = fc
  .uint8Array({ minLength: 4, maxLength: 4 })
  .filter((octets) => octets.some((octet) => octet !== 0))
  .map((octets): Ipv4 => ipv4FromOctets(octets));
const ADDRESS: fc.Arbitrary<IpAddress> = fc.oneof(ADDRESS6, ADDRESS4);
const PREFIX: fc.Arbitrary<Prefix> = fc
  .tuple(ADDRESS, fc.nat(128))
  .map(([a, length]) => prefixOf(a, Math.min(length, a.includes(':') ? 128 : 32)));
const INDEX = fc.integer({ min: 1, max: 0x7fffffff });
const PORT = fc.nat(65535);
const U32 = fc.nat(0xffffffff);

const ROUTES: fc.Arbitrary<KernelRoute> = fc
  .record({
    destination: PREFIX,
    type: fc.constantFrom('unicast' as const, 'blackhole' as const, 'unreachable' as const),
    table: U32.filter((table) => table > 0),
    protocol: fc.nat(255),
    index: INDEX,
    metric: U32,
    via: fc.tuple(ADDRESS6, ADDRESS4),
    has: fc.record({ via: fc.boolean(), source: fc.boolean(), encapsulation: fc.boolean() }),
    outer: fc.record({ source: ADDRESS6, destination: ADDRESS6, hopLimit: fc.nat(255) }),
  })
  .map(({ destination, type, index, via, has, outer, ...rest }) => {
    const unicast = type === 'unicast';
    const mate = via[destination.address.includes(':') ? 0 : 1];
    return {
      ...rest,
      type,
      destination,
      index: unicast ? index : 0,
      via: unicast && has.via ? mate : undefined,
      preferredSource: unicast && has.source ? mate : undefined,
      ...(unicast && has.encapsulation ? { encapsulation: outer } : {}),
    };
  });

const RULES: fc.Arbitrary<KernelRule> = fc
  .tuple(PREFIX, PREFIX, fc.nat(255), U32, U32, fc.nat(255))
  .map(([from, to, ipProtocol, priority, table, protocol]) => ({
    priority,
    from,
    ...(to.length > 0 && to.address.includes(':') === from.address.includes(':') ? { to } : {}),
    ...(ipProtocol > 0 ? { ipProtocol } : {}),
    table,
    protocol,
  }));

const FILTERS: fc.Arbitrary<TrafficFilter> = fc.oneof(
  INDEX.map((link) => ({ kind: 'drop' as const, link })),
  fc.record({
    kind: fc.constant('source' as const),
    link: INDEX,
    handle: fc.integer({ min: 1, max: 0xffffffff }),
    outerSource: ADDRESS6,
    innerSource: PREFIX,
  }),
);

const FOU_PORTS: fc.Arbitrary<FouPort> = fc
  .tuple(PORT, ADDRESS, fc.boolean(), fc.boolean(), fc.nat(255))
  .map(([port, local, bound, gue, protocol]) => ({
    port,
    family: local.includes(':') ? 6 : 4,
    ...(bound ? { local } : {}),
    ...(gue ? { kind: 'gue' } : { kind: 'fou', protocol }),
  }));

const TUNNELS: fc.Arbitrary<TunnelLink> = fc
  .record({
    type: fc.constantFrom('ip6tnl' as const, 'sit' as const, 'ipip' as const),
    mode: fc.nat(2),
    up: fc.boolean(),
    hopLimit: fc.nat(255),
    encapLimit: fc.option(fc.nat(255), { nil: 'none' as const }),
    pathMtuDiscovery: fc.boolean(),
    ends: fc.tuple(ADDRESS6, ADDRESS4),
    has: fc.record({ local: fc.boolean(), remote: fc.boolean(), external: fc.boolean() }),
    common: fc.record(
      {
        mtu: fc.integer({ min: 68, max: 65535 }),
        link: INDEX,
        encapsulation: fc.record({
          kind: fc.constantFrom('fou' as const, 'gue' as const),
          sourcePort: PORT,
          destinationPort: PORT,
          checksum: fc.boolean(),
        }),
      },
      { requiredKeys: [] },
    ),
  })
  .map(({ type, mode, up, hopLimit, encapLimit, pathMtuDiscovery, ends, has, common }) => {
    const end = ends[type === 'ip6tnl' ? 0 : 1];
    const modes = MODES[type];
    return {
      ...{ name: 'mip6x', index: 0x6d0000, group: 109, up, hopLimit, type, ...common },
      mode: modes[mode % modes.length],
      ...(has.local ? { local: end } : {}),
      ...(has.remote ? { remote: end } : {}),
      ...(type === 'ip6tnl' ? { encapLimit } : { pathMtuDiscovery }),
      ...(type === 'ip6tnl' && has.external ? { external: true } : {}),
    } as TunnelLink;
  });

const MODES = {
  ip6tnl: ['any', 'ip6ip6', 'ipip6'],
  sit: ['any', 'ip6ip', 'ipip'],
  ipip: ['any', 'ipip'],
};
