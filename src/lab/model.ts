/**
 * A lab: links, nodes, and a script of moves with checks. One YAML file, one value, any world.
 * `parseLab` accepts only what every world can build; what it refuses, it names by file, line and path.
 */
import { LineCounter, isNode, parseDocument, type Document } from 'yaml';
import * as v from 'valibot';
import {
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

export interface Lab {
  /** The file's name without its ending. */
  readonly name: string;
  readonly title: string;
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
  readonly prefix6: Prefix<Ipv6> | null;
  readonly prefix4: Prefix<Ipv4> | null;
  /** Mobile nodes are at home here. */
  readonly home: boolean;
  readonly ra: RouterAdvertising | null;
  readonly dhcp: DhcpServing | null;
}

/** RFC 4861 §6.2.1 and RFC 6275 §7.5. `from` is the node that advertises. */
export interface RouterAdvertising {
  readonly from: string;
  readonly minInterval: Millis;
  readonly maxInterval: Millis;
  /** The H bit, and R with the router's whole address. RFC 6275 §7.1, §7.2 */
  readonly homeAgent: boolean;
}

export interface DhcpServing {
  /** The node that serves; its address on the link is the server's and the router's. */
  readonly server: string;
  readonly from: Ipv4;
  readonly to: Ipv4;
  /** seconds */
  readonly lease: number;
  readonly replyDelay: Millis;
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
  readonly address6: Ipv6 | null;
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
  /** Of a home agent: IPv4 home addresses to give. */
  readonly pool4?: Prefix<Ipv4> | undefined;
}

export interface PingSpec {
  readonly from: string;
  readonly to: IpAddress;
  readonly interval: Millis;
}

export interface Move {
  readonly node: string;
  readonly interface: string;
  /** Null pulls the cable. */
  readonly to: string | null;
  /** From the start of the script; null: when the last move has settled. */
  readonly at: Millis | null;
  readonly after: Millis;
  readonly settle: Millis;
  readonly checks: readonly Check[];
}

export type Check = Readonly<
  | { kind: 'registered'; node: string; at: string; path: TunnelPath | null; nat: boolean | null }
  | { kind: 'bound'; node: string; home: Ipv6; at: string | null; path: TunnelPath | null }
  | { kind: 'unbound'; node: string; home: Ipv6 }
  /** `count` pings, each answered. */
  | { kind: 'ping'; node: string; to: IpAddress; count: number }
  /** Over all moves, in a `pings` series. */
  | { kind: 'outage'; to: IpAddress; below: Millis }
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

/** Nodes that pass packets on. A NAT passes IPv4 only. */
export const forwards = (node: LabNode): boolean =>
  node.role === 'router' || node.role === 'ha' || node.role === 'nat';

/** What a move or a check says, for people. */
export function describeMove(m: Move): string {
  return m.to === null
    ? `${m.node} ${m.interface} unplugged`
    : `${m.node} ${m.interface} to ${m.to}`;
}

export function describeCheck(c: Check): string {
  switch (c.kind) {
    case 'registered': {
      const how = [
        c.path && `by ${c.path}`,
        c.nat === true && 'NAT found',
        c.nat === false && 'no NAT',
      ].filter(Boolean);
      const where = c.at === 'home' ? 'is at home, deregistered' : `is registered at ${c.at}`;
      return `${c.node} ${where}${how.length > 0 ? ` (${how.join(', ')})` : ''}`;
    }
    case 'bound':
      return `${c.node} has ${c.home} bound${c.at ? ` at ${c.at}` : ''}${c.path ? ` (by ${c.path})` : ''}`;
    case 'unbound':
      return `${c.node} has no binding of ${c.home}`;
    case 'ping':
      return `${c.node} reaches ${c.to}`;
    case 'outage':
      return `every outage of ${c.to} is below ${c.below} ms`;
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
        for (const family of ['6', '4'] as const) {
          const address = i[`address${family}`];
          const prefix = text.links[link]![`prefix${family}`];
          if (!address) continue;
          const here = [...path, 'interfaces', ifName, `address${family}`];
          if (!prefix) wrong(here, `link ${link} has no prefix${family}`);
          else if (!inPrefix(address, prefix))
            wrong(here, `${address} is not in ${prefix.address}/${prefix.length} of link ${link}`);
        }
      }
      return {
        name: ifName,
        link,
        mac: labMac(index, at),
        address6: i.address6 ?? null,
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

  const links = Object.entries(text.links).map(([linkName, link]): LabLink => {
    const path = ['links', linkName];
    const server = (given: string | undefined, family: '6' | '4', key: string): string => {
      const able = nodes.filter(
        (n) =>
          forwards(n) && n.interfaces.some((i) => i.link === linkName && i[`address${family}`]),
      );
      if (!link[`prefix${family}`]) wrong([...path, key], `the link has no prefix${family}`);
      if (given !== undefined) {
        known(
          able.map((n) => n.name),
          given,
          [...path, key, 'from'],
          'nodes',
        );
        return given;
      }
      if (able.length === 1) return able[0]!.name;
      wrong(
        [...path, key],
        able.length === 0
          ? `no router has an address${family} on this link`
          : `${able.map((n) => n.name).join(' and ')} have an address${family} here; say which in "router"`,
      );
      return '';
    };
    let ra: RouterAdvertising | null = null;
    if (link.ra) {
      const { router, minInterval, maxInterval, homeAgent } = link.ra;
      if (minInterval > maxInterval) wrong([...path, 'ra', 'minInterval'], 'is above maxInterval');
      ra = {
        from: server(router, '6', 'ra'),
        minInterval,
        maxInterval,
        homeAgent: homeAgent ?? false,
      };
    }
    let dhcp: DhcpServing | null = null;
    if (link.dhcp) {
      const d = link.dhcp;
      for (const key of ['from', 'to'] as const) {
        if (link.prefix4 && !inPrefix(d[key], link.prefix4))
          wrong([...path, 'dhcp', key], `${d[key]} is not on the link`);
      }
      dhcp = {
        server: server(d.router, '4', 'dhcp'),
        from: d.from,
        to: d.to,
        lease: d.lease / 1000,
        replyDelay: d.replyDelay ?? 0,
      };
    }
    return {
      name: linkName,
      prefix6: link.prefix6 ?? null,
      prefix4: link.prefix4 ?? null,
      home: link.home ?? false,
      ra,
      dhcp,
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
          at: c.at,
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
      if (!text.pings?.some((p) => p.to === c.outage))
        wrong([...here, 'outage'], `no series in "pings" goes to ${c.outage}`);
      return { kind: 'outage', to: c.outage, below: c.below };
    });

  const moves = (text.moves ?? []).map((m, i): Move => {
    const path = ['moves', i];
    if (known(nodeNames, m.move, [...path, 'move'], 'nodes')) {
      known(
        Object.keys(text.nodes[m.move]!.interfaces),
        m.interface,
        [...path, 'interface'],
        'interfaces',
      );
    }
    if (m.to !== null) known(linkNames, m.to, [...path, 'to'], 'links');
    if (m.at !== undefined && m.after !== undefined)
      wrong([...path, 'after'], 'give "at" or "after", not both');
    return {
      node: m.move,
      interface: m.interface,
      to: m.to,
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
