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
const path = v.picklist(['ipv6', 'ipv4', 'udp']);
const secondsText = v.pipe(
  duration,
  v.transform((ms) => ms / 1000),
);

const LINK = v.strictObject({
  prefix6: v.optional(prefix6),
  prefix4: v.optional(prefix4),
  home: v.optional(v.boolean()),
  ra: v.optional(
    v.strictObject({
      router: v.optional(v.string()),
      minInterval: duration,
      maxInterval: duration,
      homeAgent: v.optional(v.boolean()),
    }),
  ),
  dhcp: v.optional(
    v.strictObject({
      router: v.optional(v.string()),
      from: address4,
      to: address4,
      lease: duration,
      replyDelay: v.optional(duration),
    }),
  ),
});

const NODE = v.strictObject({
  role: v.picklist(['mn', 'ha', 'router', 'nat', 'host']),
  interfaces: v.record(
    INTERFACE_NAME,
    v.strictObject({
      link: v.optional(v.nullable(v.string())),
      address6: v.optional(address6),
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
    }),
  ),
});

const CHECKS = {
  registered: v.strictObject({
    registered: v.string(),
    at: v.string(),
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
    count: v.optional(v.pipe(v.number(), v.integer(), v.minValue(1), v.maxValue(1000))),
  }),
  outage: v.strictObject({ outage: address, below: duration }),
};
export type CheckText = v.InferOutput<(typeof CHECKS)[keyof typeof CHECKS]>;

/** The key that is there says which check it is, so that an error speaks of that one. */
const CHECK = v.lazy((input): v.GenericSchema<unknown, CheckText> => {
  const kind = Object.keys(CHECKS).find(
    (key) => typeof input === 'object' && input !== null && key in input,
  );
  if (kind) return CHECKS[kind as keyof typeof CHECKS] as v.GenericSchema<unknown, CheckText>;
  const what = `a check: ${Object.keys(CHECKS).join(', ')}`;
  return text<never>(what, () => undefined);
});
const checks = v.optional(v.array(CHECK));

export const LAB = v.strictObject({
  title: v.optional(v.string()),
  links: v.record(LINK_NAME, LINK),
  nodes: v.record(NODE_NAME, NODE),
  pings: v.optional(
    v.array(v.strictObject({ from: v.string(), to: address, interval: v.optional(duration) })),
  ),
  start: v.optional(v.strictObject({ settle: v.optional(duration), checks })),
  moves: v.optional(
    v.array(
      v.strictObject({
        move: v.string(),
        interface: v.string(),
        to: v.nullable(v.string()),
        at: v.optional(duration),
        after: v.optional(duration),
        settle: v.optional(duration),
        checks,
      }),
    ),
  ),
  checks,
});
export type LabText = v.InferOutput<typeof LAB>;
