/** Home and visited prefixes for people: a row each. */
import type { HomePrefixEntry, Result, VisitedPrefixEntry } from '../../control/api.js';
import type { Style } from '../style.js';
import { duration } from './duration.js';
import { table, type Column } from './table.js';

export async function prefixTables(
  { home, visited }: Result<'prefixes'>,
  style: Style,
): Promise<string> {
  const tables: string[] = [];
  if (home.length > 0) tables.push(await table(homeColumns(style), home, style));
  if (visited.length > 0) tables.push(await table(visitedColumns(style), visited, style));
  return tables.join('\n\n') || 'No prefix is known.';
}

const homeColumns = (style: Style): Column<HomePrefixEntry>[] => [
  { head: 'HOME PREFIX', cell: (e) => e.prefix },
  { head: 'LINK', optional: true, cell: (e) => e.link ?? '' },
  { head: 'HOME ADDRESS', optional: true, cell: (e) => e.homeAddress ?? '' },
  { head: 'HOME AGENT', optional: true, cell: (e) => e.agent ?? '' },
  { head: 'VALID', cell: (e) => left(e.validIn) },
  { head: 'PREFERRED', cell: (e) => preferred(e, style) },
  { head: 'TOLD BY', cell: (e) => TELLERS[e.source] },
];

const visitedColumns = (style: Style): Column<VisitedPrefixEntry>[] => [
  { head: 'VISITED PREFIX', cell: (e) => e.prefix },
  { head: 'LINK', cell: (e) => e.link },
  { head: 'ROUTER', cell: (e) => e.router },
  { head: 'FLAGS', cell: (e) => `${e.onLink ? 'L' : ''}${e.autonomous ? 'A' : ''}` || '-' },
  { head: 'VALID', cell: (e) => left(e.validIn) },
  { head: 'PREFERRED', cell: (e) => preferred(e, style) },
];

const left = (seconds: number | null): string =>
  seconds === null ? 'for ever' : duration(seconds);

const preferred = ({ preferredIn }: { preferredIn: number | null }, style: Style): string =>
  preferredIn === 0 ? style.warning('deprecated') : left(preferredIn);

const TELLERS: Readonly<Record<HomePrefixEntry['source'], string>> = {
  configured: 'configuration',
  kept: 'an earlier run',
  address: 'own address',
  router: 'router of the link',
  'home agent': 'home agent',
  'home link': 'router at home',
};
