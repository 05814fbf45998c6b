/** What is done to the network of a lab, one thing after the other. */
import { formatPrefix, type Prefix } from '../base/address.js';
import type { Millis } from '../base/time.js';
import type { Check, Lab, LabLink } from './model.js';
import type { ActText } from './schema.js';
import {
  advertised,
  poolOnLink,
  whichOf,
  type AdvertisedPrefix,
  type DhcpServing,
  type LinkPlace,
  type Wrong,
} from './services.js';

export interface Move {
  readonly act: Act;
  /** From the start of the script; null: when the last move has settled. */
  readonly at: Millis | null;
  readonly after: Millis;
  readonly settle: Millis;
  readonly checks: readonly Check[];
}

export type Act = Readonly<
  /** The cable out, and `gap` later in at `to`; null: it stays out. */
  | { kind: 'move'; node: string; interface: string; to: string | null; gap: Millis }
  /** To and fro: `count` moves, one every `every`, the first to `between[0]`. */
  | {
      kind: 'alternate';
      node: string;
      interface: string;
      between: readonly [string, string];
      every: Millis;
      count: number;
    }
  /** A link carries nothing of a family any more, or does again. */
  | { kind: 'family'; link: string; family: Family; passes: boolean }
  /** A router advertises these prefixes from now on. */
  | { kind: 'advertise'; link: string; router: string; prefixes: readonly AdvertisedPrefix[] }
  /** A DHCP server leases so from now on; null: it answers nobody. */
  | { kind: 'dhcp'; link: string; router: string; serving: Partial<DhcpServing> | null }
>;
export type Family = 'ipv6' | 'ipv4';

/** What stands in the file, its references worked out. */
export function readAct(
  text: ActText,
  parts: {
    readonly nodes: readonly { readonly name: string; readonly interfaces: readonly Named[] }[];
    readonly links: readonly LabLink[];
    readonly place: (link: string) => LinkPlace;
  },
  wrong: Wrong,
): Act {
  const linkNames = parts.links.map((l) => l.name);
  const known = (names: readonly string[], key: string, path: (string | number)[], what: string) =>
    names.includes(key) ||
    void wrong(path, `expected one of the ${what} ${names.join(', ')}, came "${key}"`);
  const plug = (key: string, node: string, interfaceName: string) => {
    const names = parts.nodes.map((n) => n.name);
    if (!known(names, node, [key], 'nodes')) return;
    const own = parts.nodes.find((n) => n.name === node)!.interfaces.map((i) => i.name);
    known(own, interfaceName, ['interface'], 'interfaces');
  };
  if ('move' in text) {
    plug('move', text.move, text.interface);
    if (text.to !== null) known(linkNames, text.to, ['to'], 'links');
    const { move: node, interface: on, to, gap = 0 } = text;
    return { kind: 'move', node, interface: on, to, gap };
  }
  if ('alternate' in text) {
    plug('alternate', text.alternate, text.interface);
    text.between.forEach((link, i) => known(linkNames, link, ['between', i], 'links'));
    const { alternate: node, interface: on, between, every, count } = text;
    return { kind: 'alternate', node, interface: on, between, every, count };
  }
  if ('drop' in text || 'pass' in text) {
    const passes = 'pass' in text;
    const link = passes ? text.pass : text.drop;
    known(linkNames, link, [passes ? 'pass' : 'drop'], 'links');
    return { kind: 'family', link, family: text.family, passes };
  }
  const name = 'advertise' in text ? text.advertise : text.dhcp;
  known(linkNames, name, ['advertise' in text ? 'advertise' : 'dhcp'], 'links');
  const link = parts.links.find((l) => l.name === name);
  if ('advertise' in text) {
    const router = serviceOf(link?.ra.map((r) => r.from) ?? [], text.router, 'advertises', wrong);
    const prefixes = link ? advertised(text.prefixes, parts.place(name), wrong) : [];
    return { kind: 'advertise', link: name, router, prefixes };
  }
  const router = serviceOf(link?.dhcp.map((d) => d.server) ?? [], text.router, 'leases', wrong);
  if (text.off === true) return { kind: 'dhcp', link: name, router, serving: null };
  const { from, to, lease, replyDelay } = text;
  if (link) poolOnLink({ from, to }, parts.place(name), wrong);
  return {
    kind: 'dhcp',
    link: name,
    router,
    serving: {
      ...(from === undefined ? {} : { from }),
      ...(to === undefined ? {} : { to }),
      ...(lease === undefined ? {} : { lease: lease / 1000 }),
      ...(replyDelay === undefined ? {} : { replyDelay }),
    },
  };
}

/** In words, for people. */
export function describeMove({ act }: Pick<Move, 'act'>): string {
  switch (act.kind) {
    case 'move': {
      if (act.to === null) return `${act.node} ${act.interface} unplugged`;
      const gap = act.gap > 0 ? ` after ${act.gap} ms without carrier` : '';
      return `${act.node} ${act.interface} to ${act.to}${gap}`;
    }
    case 'alternate': {
      const [a, b] = act.between;
      return `${act.node} ${act.interface} to and fro, ${a} and ${b}, ${act.count} times every ${act.every} ms`;
    }
    case 'family':
      return `${act.link} carries ${act.passes ? FAMILY[act.family] : `no ${FAMILY[act.family]}`}${act.passes ? ' again' : ''}`;
    case 'advertise':
      return `${act.router} advertises ${act.prefixes.map(describePrefix).join(' and ')} on ${act.link}`;
    case 'dhcp':
      return `DHCP of ${act.router} on ${act.link}: ${describeServing(act.serving)}`;
    default:
      return act satisfies never;
  }
}

/** How long it takes to do it, settling not counted. */
export function spanOf(act: Act): Millis {
  if (act.kind === 'alternate') return act.every * (act.count - 1);
  return act.kind === 'move' ? act.gap : 0;
}

/** The lab as it is when routers advertise and lease as `act` has it; unchanged by what is no matter of theirs. */
export function withServices(lab: Lab, act: Act): Lab {
  if (act.kind !== 'advertise' && act.kind !== 'dhcp') return lab;
  const links = lab.links.map((link): LabLink => {
    if (link.name !== act.link) return link;
    if (act.kind === 'advertise') {
      const { router, prefixes } = act;
      return { ...link, ra: link.ra.map((r) => (r.from === router ? { ...r, prefixes } : r)) };
    }
    const { serving } = act;
    const dhcp = link.dhcp.flatMap((d) => {
      if (d.server !== act.router) return [d];
      return serving === null ? [] : [{ ...d, ...serving }];
    });
    return { ...link, dhcp };
  });
  return { ...lab, links };
}

interface Named {
  readonly name: string;
}

function serviceOf(
  names: readonly string[],
  given: string | undefined,
  does: string,
  wrong: Wrong,
): string {
  const none = `nobody ${does} on this link`;
  const several = (all: string) => `${all} both do here; say which in "router"`;
  return whichOf(names, given, { none, several }, wrong);
}

function describePrefix({ prefix, preferredLifetime, validLifetime }: AdvertisedPrefix): string {
  const told = formatPrefix(prefix as Prefix);
  return preferredLifetime === 0 ? `${told} as deprecated for ${validLifetime} s` : told;
}

function describeServing(serving: Partial<DhcpServing> | null): string {
  if (serving === null) return 'silent from now on';
  const { from, to, lease, replyDelay } = serving;
  return [
    from && `from ${from}`,
    to && `to ${to}`,
    lease !== undefined && `leases of ${lease} s`,
    replyDelay !== undefined && `answers after ${replyDelay} ms`,
  ]
    .filter(Boolean)
    .join(', ');
}

const FAMILY = { ipv6: 'IPv6', ipv4: 'IPv4' } as const;
