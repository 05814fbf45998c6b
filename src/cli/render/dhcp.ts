/** DHCP clients and known networks for people: a row each in lists, everything of one interface. */
import type { DhcpEntry, KnownNetworkEntry, LeaseEntry, Result } from '../../control/api.js';
import type { Style } from '../style.js';
import { duration } from './duration.js';
import { pairs } from './pairs.js';
import { table, type Column } from './table.js';

export async function dhcpTables(
  { links, networks }: Result<'dhcp.status'>,
  style: Style,
): Promise<string> {
  if (links.length === 0) return 'No interface has a DHCP client.';
  const clients = await table(clientColumns(style), links, style);
  if (networks.length === 0) return clients;
  return `${clients}\n\n${await table(NETWORK_COLUMNS, networks, style)}`;
}

export function dhcpDetails(entry: DhcpEntry, style: Style): string {
  const { link, state, lease, vouchedBy, gatewayMac, remembered, next } = entry;
  return pairs(
    [
      ['interface', style.strong(link)],
      ['state', stateText(state, style)],
      ['address', lease ? addressText(lease) : ''],
      ['because', vouchedBy === null ? '' : VOUCHERS[vouchedBy]],
      ['router', lease ? [routerText(lease), gatewayMac ?? ''].filter(Boolean).join(' at ') : ''],
      ['routes', lease ? lease.routes.map((r) => `${r.destination} by ${r.router ?? link}`) : []],
      ['server', lease?.server ?? ''],
      ['lease', lease ? leaseText(lease) : ''],
      ['renewal', lease ? renewalText(lease) : ''],
      ['asks for', lease || remembered === null ? '' : remembered],
      ['next', next ? `${next.why} in ${duration(next.in)}` : ''],
    ],
    style,
  );
}

/** What `mip6 dhcp discover` prints of one offer; times in seconds, `after` in milliseconds. */
export interface OfferEntry {
  readonly server: string;
  readonly serverMac: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly router: string | null;
  readonly routes: LeaseEntry['routes'];
  /** 4294967295: for ever. */
  readonly lifetime: number;
  readonly t1: number;
  readonly t2: number;
  readonly after: number;
}

export const OFFER_COLUMNS: Column<OfferEntry>[] = [
  { head: 'SERVER', cell: (e) => e.server },
  { head: 'AT', cell: (e) => e.serverMac },
  { head: 'ADDRESS', cell: (e) => `${e.address}/${e.prefixLength}` },
  { head: 'ROUTER', cell: (e) => e.router ?? '-' },
  {
    head: 'ROUTES',
    optional: true,
    cell: (e) => e.routes.map((r) => `${r.destination} by ${r.router ?? 'link'}`).join(', '),
  },
  { head: 'LEASE', cell: (e) => (e.lifetime === FOR_EVER ? 'for ever' : duration(e.lifetime)) },
  { head: 'T1', cell: (e) => (e.lifetime === FOR_EVER ? '-' : duration(e.t1)) },
  { head: 'T2', cell: (e) => (e.lifetime === FOR_EVER ? '-' : duration(e.t2)) },
  { head: 'AFTER', cell: (e) => `${e.after} ms` },
];

/** What `mip6 dhcp dna` prints of one network. */
export interface TestedEntry {
  readonly gateway: string;
  readonly gatewayMac: string;
  readonly address: string;
  /** Seconds left of the lease; null: for ever, or not known. */
  readonly expiresIn: number | null;
  /** Milliseconds to the answer; null: none has come. */
  readonly after: number | null;
}

export const testedColumns = (style: Style): Column<TestedEntry>[] => [
  { head: 'GATEWAY', cell: (e) => e.gateway },
  { head: 'AT', cell: (e) => e.gatewayMac },
  { head: 'ADDRESS', cell: (e) => e.address },
  { head: 'LEFT', cell: (e) => duration(e.expiresIn) },
  {
    head: 'ANSWER',
    cell: (e) => (e.after === null ? style.dim('none') : style.good(`after ${e.after} ms`)),
  },
];

const clientColumns = (style: Style): Column<DhcpEntry>[] => [
  { head: 'LINK', cell: (e) => e.link },
  { head: 'STATE', cell: (e) => stateText(e.state, style) },
  { head: 'ADDRESS', cell: (e) => (e.lease ? addressText(e.lease) : '-') },
  { head: 'ROUTER', cell: (e) => e.lease?.router ?? '-' },
  { head: 'SERVER', cell: (e) => e.lease?.server ?? '-' },
  { head: 'LEFT', cell: (e) => (e.lease ? leftText(e.lease) : '-') },
  { head: 'NEXT', cell: (e) => (e.next ? `${e.next.why} in ${duration(e.next.in)}` : '-') },
];

const NETWORK_COLUMNS: Column<KnownNetworkEntry>[] = [
  { head: 'KNOWN GATEWAY', cell: (e) => e.gateway },
  { head: 'AT', cell: (e) => e.gatewayMac },
  { head: 'ADDRESS', cell: (e) => addressText(e.lease) },
  { head: 'OF', cell: (e) => e.client },
  { head: 'LEFT', cell: (e) => (e.timed ? leftText(e.lease) : 'not known') },
];

function stateText(state: string, style: Style): string {
  if (state === 'bound') return style.good(state);
  return state === 'down' || state === 'released' ? style.dim(state) : style.warning(state);
}

const addressText = ({ address, prefixLength }: LeaseEntry): string => `${address}/${prefixLength}`;

const routerText = ({ router }: LeaseEntry): string => router ?? 'none';

const leftText = ({ expiresIn }: LeaseEntry): string =>
  expiresIn === null ? 'for ever' : duration(expiresIn);

const leaseText = (lease: LeaseEntry): string =>
  lease.expiresIn === null
    ? 'for ever'
    : `${duration(lease.expiresIn)} left of ${duration(lease.lifetime)}`;

const renewalText = ({ renewIn, rebindIn }: LeaseEntry): string =>
  renewIn === null || rebindIn === null
    ? ''
    : `by its server in ${duration(renewIn)}, by any in ${duration(rebindIn)}`;

const VOUCHERS: Readonly<Record<NonNullable<DhcpEntry['vouchedBy']>, string>> = {
  server: 'the server acknowledged it',
  gateway: 'the gateway is the known one',
};

const FOR_EVER = 0xffffffff; // RFC 2131 §3.3
