/** The shape of a lab file. References between its parts are `model.ts`'s. */
import * as v from 'valibot';
import {
  parseAddress,
  parseIpv4,
  parseIpv6,
  parsePrefix,
  isIpv6,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type Prefix,
} from '../base/address.js';
import type { Millis } from '../base/time.js';

/** A text that `read` understands; `what` says what was expected. */
function text<T>(what: string, read: (text: string) => T | undefined) {
  return v.pipe(
    v.unknown(),
    v.rawTransform<unknown, T>(({ dataset, addIssue, NEVER }) => {
      const value = typeof dataset.value === 'string' ? read(dataset.value) : undefined;
      if (value !== undefined) return value;
      addIssue({ expected: what, received: JSON.stringify(dataset.value) ?? 'nothing' });
      return NEVER;
    }),
  );
}

/** `20ms`, `1.5s`, `2min`, `1h`. Undefined when there is no unit. */
export function parseDuration(given: string): Millis | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*(ms|s|min|h)$/.exec(given);
  return match ? Number(match[1]) * UNIT[match[2] as keyof typeof UNIT] : undefined;
}

const UNIT = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

/** Namespaces, bridges and ports are named after these: IFNAMSIZ leaves 15 octets. */
const name = (longest: number) =>
  v.pipe(
    v.string(),
    v.regex(
      new RegExp(`^[a-z][a-z0-9-]{0,${longest - 1}}$`),
      `expected a name of at most ${longest} small letters, digits and dashes`,
    ),
  );
const LINK_NAME = name(12);
const NODE_NAME = name(8);
const INTERFACE_NAME = name(6);

const duration = text<Millis>('a time with its unit such as 20ms or 3s', parseDuration);
const address6 = text<Ipv6>('an IPv6 address such as 2001:db8::1', parseIpv6);
const address4 = text<Ipv4>('an IPv4 address such as 192.0.2.1', parseIpv4);
const home4 = text<Ipv4 | 'dynamic'>('an IPv4 address such as 192.0.2.1, or dynamic', (t) =>
  t === 'dynamic' ? t : parseIpv4(t),
);
const address = text<IpAddress>('an IP address', parseAddress);
const prefix6 = text<Prefix<Ipv6>>('an IPv6 prefix such as 2001:db8::/64', (t) => {
  const p = parsePrefix(t);
  return p && isIpv6(p.address) ? (p as Prefix<Ipv6>) : undefined;
});
const prefix4 = text<Prefix<Ipv4>>('an IPv4 prefix such as 192.0.2.0/24', (t) => {
  const p = parsePrefix(t);
  return p && !isIpv6(p.address) ? (p as Prefix<Ipv4>) : undefined;
});
const prefix = text<Prefix>('a prefix such as 2001:db8::/64', parsePrefix);
const family = v.picklist(['ipv6', 'ipv4']);
const path = v.picklist(['ipv6', 'ipv4', 'udp']);
const secondsText = v.pipe(
  duration,
  v.transform((ms) => ms / 1000),
);

/** One may stand without its list. */
const listOf = <S extends v.GenericSchema>(one: S) =>
  v.lazy((input): v.GenericSchema<unknown, v.InferOutput<S>[]> =>
    Array.isArray(input)
      ? v.array(one)
      : v.pipe(
          one as v.GenericSchema<unknown, v.InferOutput<S>>,
          v.transform((value) => [value]),
        ),
  );

/** A prefix alone, or with its lifetimes. */
const ADVERTISED = v.lazy((input): v.GenericSchema<unknown, AdvertisedText> =>
  typeof input === 'object' && input !== null
    ? v.strictObject({
        prefix: prefix6,
        preferred: v.optional(duration),
        valid: v.optional(duration),
      })
    : v.pipe(
        prefix6,
        v.transform((prefix) => ({ prefix })),
      ),
);
export interface AdvertisedText {
  readonly prefix: Prefix<Ipv6>;
  readonly preferred?: Millis | undefined;
  readonly valid?: Millis | undefined;
}

const LINK = v.strictObject({
  prefix6: v.optional(listOf(prefix6)),
  prefix4: v.optional(prefix4),
  home: v.optional(v.boolean()),
  ra: v.optional(
    listOf(
      v.strictObject({
        router: v.optional(v.string()),
        prefixes: v.optional(v.array(ADVERTISED)),
        minInterval: duration,
        maxInterval: duration,
        homeAgent: v.optional(v.boolean()),
      }),
    ),
  ),
  dhcp: v.optional(
    listOf(
      v.strictObject({
        router: v.optional(v.string()),
        from: address4,
        to: address4,
        lease: duration,
        replyDelay: v.optional(duration),
      }),
    ),
  ),
});
export type LinkText = v.InferOutput<typeof LINK>;

const NODE = v.strictObject({
  role: v.picklist(['mn', 'ha', 'router', 'nat', 'host']),
  interfaces: v.record(
    INTERFACE_NAME,
    v.strictObject({
      link: v.optional(v.nullable(v.string())),
      address6: v.optional(listOf(address6)),
      address4: v.optional(address4),
    }),
  ),
  outside: v.optional(v.string()),
  home: v.optional(
    v.strictObject({
      agent: v.string(),
      agent6: v.optional(address6),
      agent4: v.optional(address4),
      address6,
      address4: v.optional(home4),
    }),
  ),
  config: v.optional(
    v.strictObject({
      dad: v.optional(v.picklist(['strict', 'optimistic', 'off'])),
      lifetime: v.optional(secondsText),
      natRefresh: v.optional(secondsText),
      pool4: v.optional(prefix4),
      forceUdp: v.optional(v.boolean()),
      prefixInterval: v.optional(secondsText),
    }),
  ),
});

const count = (least: number) =>
  v.pipe(v.number(), v.integer(), v.minValue(least), v.maxValue(1000));

const CHECKS = {
  registered: v.strictObject({
    registered: v.string(),
    home: v.optional(address6),
    at: v.string(),
    within: v.optional(prefix),
    not: v.optional(address),
    path: v.optional(path),
    nat: v.optional(v.boolean()),
  }),
  bound: v.strictObject({
    bound: v.string(),
    home: address6,
    at: v.optional(v.string()),
    path: v.optional(path),
  }),
  unbound: v.strictObject({ unbound: v.string(), home: address6 }),
  ping: v.strictObject({
    ping: v.string(),
    to: address,
    count: v.optional(count(1)),
  }),
  outage: v.strictObject({ outage: address, below: duration }),
  lost: v.strictObject({ lost: address, atMost: count(0) }),
};
export type CheckText = v.InferOutput<(typeof CHECKS)[keyof typeof CHECKS]>;

/** The key that is there says which of them it is, so that an error speaks of that one. */
function keyed<R extends Readonly<Record<string, v.GenericSchema>>>(what: string, rows: R) {
  type Output = v.InferOutput<R[keyof R]>;
  return v.lazy((input): v.GenericSchema<unknown, Output> => {
    const kind = Object.keys(rows).find(
      (key) => typeof input === 'object' && input !== null && key in input,
    );
    if (kind) return rows[kind] as v.GenericSchema<unknown, Output>;
    return text<never>(`${what}: ${Object.keys(rows).join(', ')}`, () => undefined);
  });
}
const checks = v.optional(v.array(keyed('a check', CHECKS)));

/** When it happens, how long it takes to settle, what is so then. */
const WHEN = {
  at: v.optional(duration),
  after: v.optional(duration),
  settle: v.optional(duration),
  checks,
};
const ACTS = {
  move: v.strictObject({
    move: v.string(),
    interface: v.string(),
    to: v.nullable(v.string()),
    gap: v.optional(duration),
    ...WHEN,
  }),
  alternate: v.strictObject({
    alternate: v.string(),
    interface: v.string(),
    between: v.tuple([v.string(), v.string()]),
    every: duration,
    count: count(2),
    ...WHEN,
  }),
  drop: v.strictObject({ drop: v.string(), family, ...WHEN }),
  pass: v.strictObject({ pass: v.string(), family, ...WHEN }),
  advertise: v.strictObject({
    advertise: v.string(),
    router: v.optional(v.string()),
    prefixes: v.array(ADVERTISED),
    ...WHEN,
  }),
  dhcp: v.strictObject({
    dhcp: v.string(),
    router: v.optional(v.string()),
    off: v.optional(v.literal(true)),
    from: v.optional(address4),
    to: v.optional(address4),
    lease: v.optional(duration),
    replyDelay: v.optional(duration),
    ...WHEN,
  }),
};
export type ActText = v.InferOutput<(typeof ACTS)[keyof typeof ACTS]>;

export const LAB = v.strictObject({
  title: v.optional(v.string()),
  purpose: v.optional(v.string()),
  clause: v.optional(v.string()),
  links: v.record(LINK_NAME, LINK),
  nodes: v.record(NODE_NAME, NODE),
  pings: v.optional(
    v.array(v.strictObject({ from: v.string(), to: address, interval: v.optional(duration) })),
  ),
  start: v.optional(v.strictObject({ settle: v.optional(duration), checks })),
  moves: v.optional(v.array(keyed('a move', ACTS))),
  checks,
});
export type LabText = v.InferOutput<typeof LAB>;
