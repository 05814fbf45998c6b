/**
 * A lab: links, nodes, and a script of moves with checks. One YAML file, one value, any world.
 * `parseLab` accepts only what every world can build; what it refuses, it names by file, line and path.
 */
import { LineCounter, isNode, parseDocument, type Document } from 'yaml';
import * as v from 'valibot';
import {
  formatPrefix,
  inPrefix,
  mac,
  type IpAddress,
  type Ipv4,
  type Ipv6,
  type MacAddress,
  type Prefix,
} from '../base/address.js';
import { UsageError } from '../base/error.js';
import type { Millis } from '../base/time.js';
import type { TunnelPath } from '../core/view.js';
import { LAB, type CheckText, type LabText } from './schema.js';
import { readAct, type Move } from './script.js';
import {
  advertisings,
  servings,
  type DhcpServing,
  type LinkPlace,
  type RouterAdvertising,
  type Wrong,
} from './services.js';

export interface Lab {
  /** The file's name without its ending. */
  readonly name: string;
  readonly title: string;
  /** What it shows, and the clause that asks for it. */
  readonly purpose: string | null;
  readonly clause: string | null;
  /** In the order of the file. */
  readonly links: readonly LabLink[];
  readonly nodes: readonly LabNode[];
  readonly pings: readonly PingSpec[];
  /** Waited for after everything is up, before the first move. */
  readonly start: { readonly settle: Millis; readonly checks: readonly Check[] };
  readonly moves: readonly Move[];
  /** Evaluated when every move is over. */
  readonly checks: readonly Check[];
}

export interface LabLink {
  readonly name: string;
  /** The first of `prefixes6`. */
  readonly prefix6: Prefix<Ipv6> | null;
  /** All that are routed to the link, advertised or not. */
  readonly prefixes6: readonly Prefix<Ipv6>[];
  readonly prefix4: Prefix<Ipv4> | null;
  /** Mobile nodes are at home here. */
  readonly home: boolean;
  readonly ra: readonly RouterAdvertising[];
  readonly dhcp: readonly DhcpServing[];
}

export type NodeRole = 'mn' | 'ha' | 'router' | 'nat' | 'host';

export interface LabNode {
  readonly name: string;
  readonly role: NodeRole;
  readonly interfaces: readonly LabInterface[];
  /** Of a `nat`: the interface whose IPv4 address stands for all that is inside. */
  readonly outside: string | null;
  /** Of an `mn`. */
  readonly home: LabHome | null;
  readonly config: NodeConfig;
}

export interface LabInterface {
  readonly name: string;
  /** Null: no cable. */
  readonly link: string | null;
  readonly mac: MacAddress;
  /** The first of `addresses6`. */
  readonly address6: Ipv6 | null;
  readonly addresses6: readonly Ipv6[];
  readonly address4: Ipv4 | null;
}

export interface LabHome {
  readonly agent: string;
  readonly agent6: Ipv6;
  readonly agent4: Ipv4 | null;
  readonly link: string;
  readonly prefix6: Prefix<Ipv6>;
  readonly address6: Ipv6;
  /** `dynamic`: one of the home agent's `pool4`. */
  readonly address4: { readonly address: Ipv4; readonly prefixLength: number } | 'dynamic' | null;
}

/** What a lab may set of its roles; everything else is as the roles' defaults have it. */
export interface NodeConfig {
  /** Of a home agent, see `HomeAgentOptions.dadMode`. */
  readonly dad?: 'strict' | 'optimistic' | 'off' | undefined;
  /** seconds: asked for by a mobile node, granted at most by a home agent */
  readonly lifetime?: number | undefined;
  /** seconds between NAT keep-alives */
  readonly natRefresh?: number | undefined;
  readonly forceUdp?: boolean | undefined;
  /** seconds until a home agent tells of home prefixes unasked: RFC 6275 §13 MinMobPfxAdvInterval and MaxMobPfxAdvInterval */
  readonly prefixInterval?: number | undefined;
  /** Of a home agent: IPv4 home addresses to give. */
  readonly pool4?: Prefix<Ipv4> | undefined;
}

export interface PingSpec {
  readonly from: string;
  readonly to: IpAddress;
  readonly interval: Millis;
}

export type Check = Readonly<
  | {
      kind: 'registered';
      node: string;
      /** Null: the home address that the file gives the node. */
      home: Ipv6 | null;
      at: string;
      /** The care-of address is of this prefix. */
      within: Prefix | null;
      /** It is another address than this. */
      not: IpAddress | null;
      path: TunnelPath | null;
      nat: boolean | null;
    }
  | { kind: 'bound'; node: string; home: Ipv6; at: string | null; path: TunnelPath | null }
  | { kind: 'unbound'; node: string; home: Ipv6 }
  /** `count` pings, each answered. */
  | { kind: 'ping'; node: string; to: IpAddress; count: number }
  /** Over all moves, in a `pings` series. */
  | { kind: 'outage'; to: IpAddress; below: Millis }
  | { kind: 'lost'; to: IpAddress; atMost: number }
>;

/** Throws `UsageError` `LAB_SYNTAX` naming every problem, a line each. */
export function parseLab(text: string, file: string): Lab {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  const problems: Problem[] = document.errors.map((e) => ({
    path: [],
    offset: e.pos[0],
    what: e.message,
  }));
  if (problems.length > 0) throw syntax(problems, document, lines, file);
  const result = v.safeParse(LAB, document.toJS());
  if (!result.success) {
    throw syntax(result.issues.map(problemOfIssue), document, lines, file);
  }
  const lab = assemble(result.output, labName(file), problems);
  if (problems.length > 0) throw syntax(problems, document, lines, file);
  return lab;
}

/** `labs/roam.yaml` is `roam`. */
export const labName = (file: string): string => file.replace(/^.*\//, '').replace(/\.ya?ml$/, '');

export const findNode = (lab: Lab, name: string): LabNode | undefined =>
  lab.nodes.find((n) => n.name === name);
export const findLink = (lab: Lab, name: string): LabLink | undefined =>
  lab.links.find((l) => l.name === name);

/** The prefix of a link that an address is of. */
export const prefixOn = (link: LabLink | undefined, address: IpAddress): Prefix | undefined =>
  [...(link?.prefixes6 ?? []), ...(link?.prefix4 ? [link.prefix4] : [])].find((p: Prefix) =>
    inPrefix(address, p),
  );

/** Nodes that pass packets on. A NAT passes IPv4 only. */
export const forwards = (node: LabNode): boolean =>
  node.role === 'router' || node.role === 'ha' || node.role === 'nat';

/** In words, for people. */
export function describeCheck(c: Check): string {
  switch (c.kind) {
    case 'registered': {
      const how = [
        c.within && `within ${formatPrefix(c.within)}`,
        c.not && `not ${c.not}`,
        c.path && `by ${c.path}`,
        c.nat === true && 'NAT found',
        c.nat === false && 'no NAT',
      ].filter(Boolean);
      const where = c.at === 'home' ? 'is at home, deregistered' : `is registered at ${c.at}`;
      const whose = c.home ? `${c.home} of ${c.node}` : c.node;
      return `${whose} ${where}${how.length > 0 ? ` (${how.join(', ')})` : ''}`;
    }
    case 'bound':
      return `${c.node} has ${c.home} bound${c.at ? ` at ${c.at}` : ''}${c.path ? ` (by ${c.path})` : ''}`;
    case 'unbound':
      return `${c.node} has no binding of ${c.home}`;
    case 'ping':
      return `${c.node} reaches ${c.to}`;
    case 'outage':
      return `every outage of ${c.to} is below ${c.below} ms`;
    case 'lost':
      if (c.atMost === 0) return `no ping of ${c.to} is lost`;
      return c.atMost === 1
        ? `at most one ping of ${c.to} is lost`
        : `at most ${c.atMost} pings of ${c.to} are lost`;
    default:
      return c satisfies never;
  }
}

interface Problem {
  readonly path: readonly (string | number)[];
  readonly offset?: number;
  readonly what: string;
}

function problemOfIssue(issue: v.BaseIssue<unknown>): Problem {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const came = issue.received === 'undefined' ? 'nothing' : (show(issue.input) ?? issue.received);
  if (issue.type === 'strict_object' && issue.expected === 'never') {
    return { path, what: `"${String(path.at(-1))}" is not known here` };
  }
  const expected =
    issue.expected === null || issue.type === 'regex'
      ? issue.message
      : `expected ${words(issue.expected)}`;
  return { path, what: `${expected}, came ${came}` };
}

const words = (expected: string): string =>
  expected.startsWith('"') && !expected.includes('|')
    ? expected.slice(1, -1)
    : expected.replace(/^\((.*)\)$/, '$1').replaceAll(' | ', ' or ');

const show = (input: unknown): string | undefined =>
  typeof input === 'object' && input !== null ? undefined : JSON.stringify(input);

function syntax(
  problems: readonly Problem[],
  document: Document,
  lines: LineCounter,
  file: string,
): UsageError {
  const told = problems.map((p) => {
    const line = lines.linePos(p.offset ?? offsetOf(document, p.path)).line;
    return `${file}:${line}: ${p.path.length > 0 ? `${p.path.join('.')}: ` : ''}${p.what}`;
  });
  return new UsageError('LAB_SYNTAX', told.join('\n'));
}

/** Where the value of `path` stands, or the nearest one above it that is there. */
function offsetOf(document: Document, path: readonly (string | number)[]): number {
  for (let n = path.length; n > 0; n--) {
    const node = document.getIn(path.slice(0, n), true);
    if (isNode(node) && node.range) return node.range[0];
  }
  return 0;
}

/** References between the parts, and what the file leaves to be worked out. */
function assemble(text: LabText, name: string, problems: Problem[]): Lab {
  const wrong = (path: (string | number)[], what: string) => void problems.push({ path, what });
  const linkNames = Object.keys(text.links);
  const nodeNames = Object.keys(text.nodes);
  const known = (list: readonly string[], key: string, path: (string | number)[], what: string) => {
    if (list.includes(key)) return true;
    wrong(path, `expected one of the ${what} ${list.join(', ')}, came "${key}"`);
    return false;
  };

  if ('switch' in text.nodes) wrong(['nodes', 'switch'], 'the lab takes this name for itself');
  const nodes = Object.entries(text.nodes).map(([nodeName, node], index): LabNode => {
    const path = ['nodes', nodeName];
    const interfaces = Object.entries(node.interfaces).map(([ifName, i], at): LabInterface => {
      const link = i.link ?? null;
      if (
        link !== null &&
        known(linkNames, link, [...path, 'interfaces', ifName, 'link'], 'links')
      ) {
        const at6 = text.links[link]!.prefix6 ?? [];
        const at4 = text.links[link]!.prefix4;
        for (const [family, addresses, prefixes] of [
          ['6', i.address6 ?? [], at6],
          ['4', i.address4 ? [i.address4] : [], at4 ? [at4] : []],
        ] as const) {
          for (const address of addresses as readonly IpAddress[]) {
            const here = [...path, 'interfaces', ifName, `address${family}`];
            if (prefixes.length === 0) wrong(here, `link ${link} has no prefix${family}`);
            else if (!prefixes.some((p: Prefix) => inPrefix(address, p))) {
              const those = prefixes.map((p: Prefix) => formatPrefix(p)).join(', ');
              wrong(here, `${address} is not in ${those} of link ${link}`);
            }
          }
        }
      }
      return {
        name: ifName,
        link,
        mac: labMac(index, at),
        address6: i.address6?.[0] ?? null,
        addresses6: i.address6 ?? [],
        address4: i.address4 ?? null,
      };
    });
    if (node.role === 'nat') {
      const outside = interfaces.find((i) => i.name === node.outside);
      if (!node.outside) wrong(path, 'a nat needs "outside", the interface that faces the network');
      else if (!outside) {
        const names = interfaces.map((i) => i.name);
        known(names, node.outside, [...path, 'outside'], 'interfaces');
      } else if (!outside.address4) wrong([...path, 'outside'], `${node.outside} has no address4`);
      if (interfaces.length !== 2) wrong([...path, 'interfaces'], 'a nat has two interfaces');
    } else if (node.outside) wrong([...path, 'outside'], 'only a nat has an outside');
    if (node.role === 'mn' && !node.home) wrong(path, 'an mn needs "home"');
    if (node.role !== 'mn' && node.home) wrong([...path, 'home'], 'only an mn has a home');
    if (node.role === 'mn') {
      for (const i of interfaces)
        if (i.address6 || i.address4)
          wrong([...path, 'interfaces', i.name], 'an mn finds its addresses itself');
    }
    return {
      name: nodeName,
      role: node.role,
      interfaces,
      outside: node.outside ?? null,
      home: null,
      config: node.config ?? {},
    };
  });

  const place = (linkName: string): LinkPlace => ({
    prefixes6: text.links[linkName]?.prefix6 ?? [],
    prefix4: text.links[linkName]?.prefix4 ?? null,
    able: nodes.filter(forwards).map((n) => {
      const here = n.interfaces.filter((i) => i.link === linkName);
      const addresses = here.flatMap((i) => [...i.addresses6, ...(i.address4 ? [i.address4] : [])]);
      return { name: n.name, addresses };
    }),
  });
  const links = Object.entries(text.links).map(([linkName, link]): LabLink => {
    const below =
      (key: 'ra' | 'dhcp'): Wrong =>
      (path, what) =>
        wrong(['links', linkName, key, ...path], what);
    return {
      name: linkName,
      prefix6: link.prefix6?.[0] ?? null,
      prefixes6: link.prefix6 ?? [],
      prefix4: link.prefix4 ?? null,
      home: link.home ?? false,
      ra: advertisings(link, place(linkName), below('ra')),
      dhcp: servings(link, place(linkName), below('dhcp')),
    };
  });

  const withHomes = nodes.map((node): LabNode => {
    const home = text.nodes[node.name]!.home;
    if (!home) return node;
    const path = ['nodes', node.name, 'home'];
    const link = links.find((l) => l.home && l.prefix6 && inPrefix(home.address6, l.prefix6));
    if (!link)
      return (
        wrong(
          [...path, 'address6'],
          `${home.address6} is in no prefix6 of a link with "home: true"`,
        ),
        node
      );
    const static4 = home.address4 === 'dynamic' ? undefined : home.address4;
    if (static4 && !(link.prefix4 && inPrefix(static4, link.prefix4))) {
      wrong([...path, 'address4'], `${static4} is not in prefix4 of link ${link.name}`);
    }
    const agent = nodes.find((n) => n.name === home.agent);
    if (!agent || agent.role !== 'ha') {
      known(
        nodes.filter((n) => n.role === 'ha').map((n) => n.name),
        home.agent,
        [...path, 'agent'],
        'home agents',
      );
    }
    const own6 = agent?.interfaces.find((i) => i.link === link.name)?.address6;
    const agent6 = home.agent6 ?? own6;
    if (!agent6)
      return (wrong([...path, 'agent'], `${home.agent} has no address6 on ${link.name}`), node);
    for (const key of ['agent6', 'agent4'] as const) {
      const given = home[key];
      if (
        given &&
        agent &&
        !agent.interfaces.some((i) => i.address6 === given || i.address4 === given)
      ) {
        wrong([...path, key], `${given} is not an address of ${home.agent}`);
      }
    }
    if (home.address4 === 'dynamic' && agent && !agent.config.pool4) {
      wrong([...path, 'address4'], `${home.agent} has no "pool4" in its config to give one of`);
    }
    const prefixLength = link.prefix4?.length ?? 32;
    const address4 = static4 ? { address: static4, prefixLength } : home.address4;
    const found: LabHome = {
      agent: home.agent,
      agent6,
      agent4: home.agent4 ?? null,
      link: link.name,
      prefix6: link.prefix6!,
      address6: home.address6,
      address4: (address4 as LabHome['address4'] | undefined) ?? null,
    };
    return { ...node, home: found };
  });

  const checks = (list: readonly CheckText[] | undefined, path: (string | number)[]): Check[] =>
    (list ?? []).map((c, i): Check => {
      const here = [...path, i];
      if ('registered' in c) {
        const mobiles = withHomes.filter((n) => n.role === 'mn').map((n) => n.name);
        known(mobiles, c.registered, [...here, 'registered'], 'mobile nodes');
        if (c.at !== 'home') known(linkNames, c.at, [...here, 'at'], 'links');
        return {
          kind: 'registered',
          node: c.registered,
          home: c.home ?? null,
          at: c.at,
          within: c.within ?? null,
          not: c.not ?? null,
          path: c.path ?? null,
          nat: c.nat ?? null,
        };
      }
      if ('bound' in c) {
        known(nodeNames, c.bound, [...here, 'bound'], 'nodes');
        if (c.at) known(linkNames, c.at, [...here, 'at'], 'links');
        return {
          kind: 'bound',
          node: c.bound,
          home: c.home,
          at: c.at ?? null,
          path: c.path ?? null,
        };
      }
      if ('unbound' in c) {
        known(nodeNames, c.unbound, [...here, 'unbound'], 'nodes');
        return { kind: 'unbound', node: c.unbound, home: c.home };
      }
      if ('ping' in c) {
        known(nodeNames, c.ping, [...here, 'ping'], 'nodes');
        return { kind: 'ping', node: c.ping, to: c.to, count: c.count ?? DEFAULT_PINGS };
      }
      const key = 'outage' in c ? 'outage' : 'lost';
      const to = 'outage' in c ? c.outage : c.lost;
      if (!text.pings?.some((p) => p.to === to))
        wrong([...here, key], `no series in "pings" goes to ${to}`);
      return 'outage' in c
        ? { kind: 'outage', to, below: c.below }
        : { kind: 'lost', to, atMost: c.atMost };
    });

  const moves = (text.moves ?? []).map((m, i): Move => {
    const path = ['moves', i];
    if (m.at !== undefined && m.after !== undefined)
      wrong([...path, 'after'], 'give "at" or "after", not both');
    return {
      act: readAct(m, { nodes, links, place }, (at, what) => wrong([...path, ...at], what)),
      at: m.at ?? null,
      after: m.after ?? 0,
      settle: m.settle ?? DEFAULT_SETTLE,
      checks: checks(m.checks, [...path, 'checks']),
    };
  });

  const pings = (text.pings ?? []).map((p, i): PingSpec => {
    known(nodeNames, p.from, ['pings', i, 'from'], 'nodes');
    return { from: p.from, to: p.to, interval: p.interval ?? DEFAULT_SPACING };
  });

  return {
    name,
    title: text.title ?? name,
    purpose: text.purpose ?? null,
    clause: text.clause ?? null,
    links,
    nodes: withHomes,
    pings,
    start: {
      settle: text.start?.settle ?? DEFAULT_SETTLE,
      checks: checks(text.start?.checks, ['start', 'checks']),
    },
    moves,
    checks: checks(text.checks, ['checks']),
  };
}

/** Locally administered, the same in every world and every run, so that two traces compare. */
function labMac(node: number, port: number): MacAddress {
  const hex = (n: number) => n.toString(16).padStart(2, '0');
  return mac(`02:00:00:00:${hex(node + 1)}:${hex(port)}`);
}

const DEFAULT_SETTLE: Millis = 3000;
const DEFAULT_SPACING: Millis = 20;
const DEFAULT_PINGS = 5;
