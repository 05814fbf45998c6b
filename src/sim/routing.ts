/** Routing tables and source rules: rules in order of priority, then the longest prefix, then the lowest metric. */
import { bits, type IpAddress, type Prefix } from '../base/address.js';
import type { TableName } from '../core/datapath/model.js';
import type { LinkName } from '../core/input.js';
import { addressBytes } from './octets.js';

export interface Route {
  readonly table: TableName;
  readonly destination: Prefix;
  readonly link: LinkName;
  /** Undefined: the destination is on the link. */
  readonly via?: IpAddress;
  readonly preferredSource?: IpAddress;
  readonly metric: number;
}

export interface Rule {
  readonly priority: number;
  readonly from: Prefix;
  readonly table: TableName;
}

/** Where in a buffer an address stands, and its text. */
export interface Where {
  readonly octets: Uint8Array;
  readonly at: number;
  readonly address: IpAddress;
}

export class Routing {
  readonly #tables = new Map<TableName, Table>();
  #rules: Compiled<Rule>[] = [];

  addRoute(route: Route): void {
    const table = this.#tables.get(route.table);
    if (table) table.add(route);
    else {
      const fresh = new Table();
      fresh.add(route);
      this.#tables.set(route.table, fresh);
    }
  }

  /** The very object that was added. */
  removeRoute(route: Route): void {
    this.#tables.get(route.table)?.remove(route);
  }

  addRule(rule: Rule): void {
    this.#rules.push(compile(rule, rule.from));
    this.#rules.sort((a, b) => a.value.priority - b.value.priority);
  }

  /** The very object that was added. */
  removeRule(rule: Rule): void {
    this.#rules = this.#rules.filter((r) => r.value !== rule);
  }

  /** With `link`, only routes that leave by it. */
  lookup(destination: Where, source?: Where, link?: LinkName): Route | undefined {
    if (source) {
      for (const rule of this.#rules) {
        if (!matches(rule, source)) continue;
        const route = this.#tables.get(rule.value.table)?.find(destination, link);
        if (route) return route;
      }
    }
    return this.#tables.get('main')?.find(destination, link);
  }

  *routes(): Iterable<Route> {
    for (const table of this.#tables.values()) yield* table.routes();
  }

  get rules(): readonly Rule[] {
    return this.#rules.map((r) => r.value);
  }
}

/** Host routes in a map, wider ones in a list by length: a home agent has one host route a binding. */
class Table {
  readonly #hosts = new Map<IpAddress, Route[]>();
  #wide: Compiled<Route>[] = [];

  add(route: Route): void {
    const p = route.destination;
    if (p.length === bits(p.address)) {
      const list = this.#hosts.get(p.address) ?? [];
      list.push(route);
      list.sort((a, b) => a.metric - b.metric);
      this.#hosts.set(p.address, list);
      return;
    }
    this.#wide.push(compile(route, p));
    this.#wide.sort((a, b) => b.length - a.length || a.value.metric - b.value.metric);
  }

  remove(route: Route): void {
    const p = route.destination;
    if (p.length === bits(p.address)) {
      const left = this.#hosts.get(p.address)?.filter((r) => r !== route) ?? [];
      if (left.length > 0) this.#hosts.set(p.address, left);
      else this.#hosts.delete(p.address);
      return;
    }
    this.#wide = this.#wide.filter((r) => r.value !== route);
  }

  find(destination: Where, link: LinkName | undefined): Route | undefined {
    const hosts = this.#hosts.get(destination.address);
    if (hosts) {
      for (const route of hosts) if (link === undefined || route.link === link) return route;
    }
    for (const r of this.#wide) {
      if ((link === undefined || r.value.link === link) && matches(r, destination)) return r.value;
    }
    return undefined;
  }

  *routes(): Iterable<Route> {
    for (const list of this.#hosts.values()) yield* list;
    for (const r of this.#wide) yield r.value;
  }
}

interface Compiled<T> {
  readonly value: T;
  readonly octets: Uint8Array;
  readonly length: number;
  readonly ipv6: boolean;
}

function compile<T>(value: T, p: Prefix): Compiled<T> {
  const octets = addressBytes(p.address);
  return { value, octets, length: p.length, ipv6: octets.length === 16 };
}

function matches(c: Compiled<unknown>, where: Where): boolean {
  if (c.ipv6 !== where.address.includes(':')) return false;
  const { octets, at } = where;
  const whole = c.length >> 3;
  for (let i = 0; i < whole; i++) if (c.octets[i] !== octets[at + i]) return false;
  const rest = c.length & 7;
  return rest === 0 || (c.octets[whole]! ^ octets[at + whole]!) >> (8 - rest) === 0;
}
