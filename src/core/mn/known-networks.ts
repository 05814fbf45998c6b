/**
 * The IPv4 networks that this host has leases of, each known by its gateway: what RFC 4436 §2 has a host keep.
 *
 * One table for all interfaces. A lease belongs to the client identifier that it was given to (§2.1 d), which is
 * made of a link-layer address: an interface sees the entries of its own.
 *
 * In the store: `network <gateway's MAC> <gateway> <client's MAC>` and a JSON value. Its times are instants of the
 * world's clock, so they hold as long as that clock runs (`CLOCK_KEY`): across a restart of the program, not of the
 * machine. After that nobody knows what is left of a lease, and it may be asked for but not used.
 */
import {
  parseIpv4,
  parseMac,
  parsePrefix,
  isIpv4,
  type Ipv4,
  type MacAddress,
  type Prefix,
} from '../../base/address.js';
import { instant, type Instant } from '../../base/time.js';
import type { StoreEffect } from '../effect.js';
import { CLOCK_KEY } from '../role.js';
import type { ProbedNetwork } from './gateway-probe.js';
import {
  canBeHost,
  isOver,
  LEAST_MTU,
  MAX_ROUTES,
  type ClasslessRoute,
  type Lease,
} from './dhcp-lease.js';

export interface KnownNetwork extends ProbedNetwork {
  readonly lease: Lease;
  /** What is left of the lease is known; else its server has to be asked first. */
  readonly timed: boolean;
}

export class KnownNetworks {
  /** Least recently used first. */
  readonly #networks = new Map<string, KnownNetwork>();
  readonly #clock: string | undefined;

  /** What no version of ours has written is left out. */
  constructor(kept: ReadonlyMap<string, string> = new Map()) {
    this.#clock = kept.get(CLOCK_KEY);
    for (const [key, value] of kept) {
      if (!key.startsWith(KEY) || this.#networks.size >= MAX_NETWORKS) continue;
      const network = readNetwork(key, value, this.#clock);
      if (network) this.#networks.set(keyOf(network), network);
    }
  }

  /** Those with an unexpired lease, the most recently used first. */
  list(now: Instant): KnownNetwork[] {
    return [...this.#networks.values()].filter((n) => !n.timed || !isOver(n.lease, now)).reverse();
  }

  /** The network is there: its lease is new, or has proved good. */
  learn(network: KnownNetwork, now: Instant): StoreEffect[] {
    const effects = this.forgetExpired(now);
    const key = keyOf(network);
    this.#networks.delete(key); // to the end: most recently used
    if (this.#networks.size >= MAX_NETWORKS) {
      const [oldest] = this.#networks.keys();
      effects.push(...this.#remove(oldest!));
    }
    this.#networks.set(key, network);
    effects.push({ kind: 'store', key, value: writeNetwork(network, this.#clock) });
    return effects;
  }

  /** The lease is given back, refused or over. */
  forget(
    client: MacAddress,
    lease: Pick<Lease, 'address' | 'server' | 'serverMac'>,
  ): StoreEffect[] {
    const effects: StoreEffect[] = [];
    for (const [key, known] of this.#networks) {
      const { address, server, serverMac } = known.lease;
      if (known.client !== client || address !== lease.address) continue;
      // Elsewhere a server of the same address may have given the same address.
      if (server !== lease.server || serverMac !== lease.serverMac) continue;
      effects.push(...this.#remove(key));
    }
    return effects;
  }

  forgetExpired(now: Instant): StoreEffect[] {
    const over = [...this.#networks].filter(([, n]) => n.timed && isOver(n.lease, now));
    return over.flatMap(([key]) => this.#remove(key));
  }

  #remove(key: string): StoreEffect[] {
    this.#networks.delete(key);
    return [{ kind: 'store', key, value: undefined }];
  }
}

const keyOf = ({ gatewayMac, gateway, client }: KnownNetwork): string =>
  `${KEY}${gatewayMac} ${gateway} ${client}`;

function writeNetwork({ lease }: KnownNetwork, clock: string | undefined): string {
  const { address, prefixLength, server, serverMac, lifetime, mtu } = lease;
  const { expiresAt, renewAt, rebindAt } = lease;
  const routes = lease.routes.map(({ destination: { address: to, length }, router }) => [
    `${to}/${length}`,
    router,
  ]);
  const times = { clock, expiresAt, renewAt, rebindAt };
  const terms = { address, prefixLength, server, serverMac, lifetime, mtu, routes };
  return JSON.stringify({ ...terms, ...times });
}

function readNetwork(
  key: string,
  value: string,
  clock: string | undefined,
): KnownNetwork | undefined {
  const [mac = '', gatewayText = '', own = ''] = key.slice(KEY.length).split(' ');
  const [gatewayMac, gateway, client] = [parseMac(mac), parseIpv4(gatewayText), parseMac(own)];
  const fields = parseObject(value);
  if (!gatewayMac || !gateway || !client || !fields) return undefined;
  const { prefixLength, lifetime, mtu } = fields;
  const [address, server] = [hostOf(fields['address']), hostOf(fields['server'])];
  const serverMac = typeof fields['serverMac'] === 'string' && parseMac(fields['serverMac']);
  const routes = readRoutes(fields['routes']);
  if (!canBeHost(gateway) || !address || !server || !serverMac || !routes) return undefined;
  if (!isWhole(prefixLength, 32) || !isWhole(lifetime, 0xffffffff)) return undefined;
  const said = isWhole(mtu, 0xffff) && mtu >= LEAST_MTU ? { mtu } : {};
  const router = gateway;
  const terms = { address, prefixLength, router, routes, server, serverMac, lifetime, ...said };
  const lease = readTimes(terms, fields);
  if (!lease) return undefined;
  // A lease for ever has no clock.
  const timed = lease.expiresAt === null || (clock !== undefined && fields['clock'] === clock);
  return { gateway, gatewayMac, client, lease, timed };
}

function readTimes(
  terms: Omit<Lease, 'expiresAt' | 'renewAt' | 'rebindAt'>,
  { expiresAt, renewAt, rebindAt }: Record<string, unknown>,
): Lease | undefined {
  if (expiresAt === null) return { ...terms, expiresAt, renewAt: null, rebindAt: null };
  if (!isTime(expiresAt) || !isTime(renewAt) || !isTime(rebindAt)) return undefined;
  if (renewAt >= rebindAt || rebindAt >= expiresAt) return undefined; // RFC 2131 §4.4.5
  return {
    ...terms,
    expiresAt: instant(expiresAt),
    renewAt: instant(renewAt),
    rebindAt: instant(rebindAt),
  };
}

function readRoutes(value: unknown): ClasslessRoute[] | undefined {
  if (!Array.isArray(value) || value.length > MAX_ROUTES) return undefined;
  const routes: ClasslessRoute[] = [];
  for (const row of value as readonly unknown[]) {
    if (!Array.isArray(row)) return undefined;
    const [to, next] = row as readonly unknown[];
    const destination = typeof to === 'string' ? parsePrefix(to) : undefined;
    const router = next === null ? null : hostOf(next);
    if (!destination || !isIpv4(destination.address) || router === undefined) return undefined;
    routes.push({ destination: destination as Prefix<Ipv4>, router });
  }
  return routes;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined; // a store that was cut short
  }
}

function hostOf(value: unknown): Ipv4 | undefined {
  const address = typeof value === 'string' ? parseIpv4(value) : undefined;
  return address && canBeHost(address) ? address : undefined;
}

const isWhole = (value: unknown, most: number): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value >= 0 && value <= most;
const isTime = (value: unknown): value is number =>
  typeof value === 'number' && Number.isFinite(value) && value >= 0;

const KEY = 'network ';
/** Ours: more than one carries from place to place in the life of a lease. */
export const MAX_NETWORKS = 64;
