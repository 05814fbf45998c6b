/** Home agents for people: the list of a home agent, what a mobile node knows, what one answer named. */
import type { HomeAgentsEntry, KnownAgentEntry, ListedAgent, Result } from '../../control/api.js';
import type { Style } from '../style.js';
import { duration } from './duration.js';
import { table, type Column } from './table.js';

export async function homeAgentsText(
  { links, homes }: Result<'agents.list'>,
  style: Style,
): Promise<string> {
  if (links.length > 0) return table(listColumns(style), links, style);
  const parts = await Promise.all(homes.map((home) => homeText(home, style)));
  return parts.length === 0 ? 'There is no home address.' : parts.join('\n\n');
}

/** Of one home address: whom it knows, and whether more can be asked for. */
export async function homeText(home: HomeAgentsEntry, style: Style): Promise<string> {
  const head = style.strong(home.homeAddress);
  const state = `home agent discovery: ${DISCOVERY[home.discovery]}${home.why === null ? '' : `; not now: ${home.why}`}`;
  const body =
    home.agents.length === 0
      ? 'No home agent is known.'
      : await table(knownColumns(style), home.agents, style);
  return [
    head,
    body,
    home.discovery === 'disabled' ? 'home agent discovery: disabled' : state,
  ].join('\n');
}

const listColumns = (style: Style): Column<ListedAgent>[] => [
  { head: 'LINK', cell: (e) => e.link },
  { head: 'ADDRESSES', cell: (e) => e.addresses.join(' ') || '-' },
  { head: 'PREFERENCE', cell: (e) => String(e.preference) },
  { head: 'LEFT', cell: (e) => (e.expiresIn === null ? '-' : duration(e.expiresIn)) },
  { head: 'HEARD FROM', cell: (e) => e.linkLocal ?? style.good('this home agent') },
];

const knownColumns = (style: Style): Column<KnownAgentEntry>[] => [
  { head: 'HOME AGENT', cell: (e) => e.address },
  { head: 'IPV4', optional: true, cell: (e) => e.address4 ?? '' },
  { head: 'STATE', cell: (e) => stateText(e, style) },
  { head: 'KNOWN FROM', cell: (e) => e.from },
  {
    head: 'WHY',
    optional: true,
    cell: (e) =>
      e.why === null
        ? ''
        : `${e.why}${e.retryIn === null ? '' : `; again in ${duration(e.retryIn)}`}`,
  },
];

function stateText({ state, why }: KnownAgentEntry, style: Style): string {
  if (state === 'failed') return style.error(state);
  if (state === 'known') return state;
  return why === null ? style.good(state) : style.error(state);
}

const DISCOVERY: Readonly<Record<HomeAgentsEntry['discovery'], string>> = {
  disabled: 'disabled',
  ready: 'enabled',
  asking: 'asking',
};
