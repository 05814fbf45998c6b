/** What is known of NATs, for people: what registrations have found, and what a probe has. */
import { realmOf, type Ipv4Realm } from '../../base/ipv4-realm.js';
import type { BulEntry } from '../../control/api.js';
import { statusText } from '../../wire/mobility/status.js';
import type { NatAnswer } from '../probe-nat.js';
import type { Style } from '../style.js';
import { pathText } from './binding.js';
import { duration } from './duration.js';
import { pairs } from './pairs.js';
import type { Column } from './table.js';

export type Registration = Pick<
  BulEntry,
  'homeAddress' | 'careOf' | 'link' | 'state' | 'path' | 'nat' | 'natRefresh'
>;

export const REGISTRATION_COLUMNS: readonly Column<Registration>[] = [
  { head: 'HOME ADDRESS', cell: (e) => e.homeAddress },
  { head: 'CARE-OF', cell: (e) => e.careOf ?? '-' },
  { head: 'LINK', cell: (e) => e.link ?? '-' },
  { head: 'STATE', cell: (e) => e.state },
  { head: 'PATH', cell: (e) => pathText(e.path, e.nat) },
  { head: 'KEEP-ALIVE', cell: (e) => duration(e.natRefresh) },
];

export function natText(answer: NatAnswer, waited: number, style: Style): string {
  const { source, sourcePort, homeAgent, homeAgent4, status, rttMs } = answer;
  const rows: [string, string][] = [
    ['from', `${source}:${sourcePort}, ${REALM[realmOf(source)]}`],
    ['home agent', `${homeAgent4}, ${homeAgent}`],
    ['data goes', dataText(answer)],
    ['keep-alive', keepAliveText(answer)],
    [
      'answer',
      status === null
        ? ''
        : `${status} ${statusText(status)}${rttMs === null ? '' : `, after ${rttMs} ms`}`,
    ],
  ];
  return `${headline(answer, waited, style)}\n${pairs(rows, style)}`;
}

function headline(
  { outcome, source, homeAgent4, error }: NatAnswer,
  waited: number,
  style: Style,
): string {
  switch (outcome) {
    case 'nat':
      return style.warning(`There is a NAT between ${source} and ${homeAgent4}.`);
    case 'none':
      return style.good(
        realmOf(source) === 'public'
          ? `There is no NAT between ${source} and ${homeAgent4}.`
          : `There is no NAT between ${source} and ${homeAgent4}, which is in the same network.`,
      );
    case 'untold':
      return style.error(
        `${homeAgent4} answers, and does not say whether there is a NAT: it sends no NAT Detection option (RFC 5555 §3.2.2) with a refusal.`,
      );
    case 'error':
      return style.error(`${homeAgent4} cannot be asked: ${error}`);
    case 'silence':
      return style.error(
        `${homeAgent4} does not answer at UDP port 4191 within ${duration(waited)}. It is away, something on the path drops UDP, or it takes only what IPsec protects.`,
      );
    default:
      return outcome satisfies never;
  }
}

function dataText({ outcome, udp }: NatAnswer): string {
  if (udp === null) return '';
  if (!udp) return 'in IPv4, without UDP';
  return outcome === 'nat' ? 'in UDP' : 'in UDP, as the home agent wants it';
}

function keepAliveText({ outcome, refresh }: NatAnswer): string {
  if (outcome === 'none') return 'none';
  if (outcome !== 'nat') return '';
  return refresh === null
    ? 'as MnNatKeepalive says'
    : `every ${duration(refresh)}, as the home agent suggests`;
}

const REALM: Readonly<Record<Ipv4Realm, string>> = {
  private: 'a private address (RFC 1918)',
  shared: 'an address behind a provider’s NAT (RFC 6598)',
  'link-local': 'a link-local address (RFC 3927)',
  public: 'a public address',
};
