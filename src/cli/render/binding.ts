/** Binding Update List and Binding Cache for people: a row each in lists, everything in `show`. */
import type { BcEntry, BulEntry } from '../../control/api.js';
import { consequenceOf } from '../../core/mn/ack-consequence.js';
import { statusText } from '../../wire/mobility/status.js';
import type { Style } from '../style.js';
import { candidateLines } from './choice.js';
import { duration } from './duration.js';
import { pairs } from './pairs.js';
import type { Column } from './table.js';

export const bulColumns = (style: Style): Column<BulEntry>[] => [
  { head: 'HOME ADDRESS', cell: (e) => e.homeAddress },
  { head: 'IPV4 HOME', cell: ipv4HomeText, optional: true },
  { head: 'CARE-OF', cell: (e) => e.careOf ?? '-' },
  { head: 'LINK', cell: (e) => e.link ?? '-' },
  { head: 'STATE', cell: (e) => stateOf(e.state, style) },
  { head: 'PATH', cell: (e) => pathText(e.path, e.nat) },
  { head: 'DATAPATH', cell: (e) => e.datapath ?? '-' },
  { head: 'LEFT', cell: (e) => duration(e.expiresIn) },
  { head: 'SEQ', cell: (e) => String(e.sequence) },
];

export const bcColumns = (style: Style): Column<BcEntry>[] => [
  { head: 'HOME ADDRESS', cell: (e) => e.homeAddress },
  { head: 'IPV4 HOME', cell: ipv4HomeText, optional: true },
  { head: 'CARE-OF', cell: (e) => e.careOf },
  { head: 'MAPPED', cell: (e) => mappedText(e), optional: true },
  { head: 'STATE', cell: (e) => stateOf(e.state, style) },
  { head: 'PATH', cell: (e) => pathText(e.path, e.mapped !== null) },
  { head: 'DATAPATH', cell: (e) => e.datapath ?? '-' },
  { head: 'LEFT', cell: (e) => duration(e.expiresIn) },
  { head: 'FLAGS', cell: (e) => e.flags },
  { head: 'SEQ', cell: (e) => String(e.sequence) },
];

export function bulDetails(e: BulEntry, style: Style): string {
  return pairs(
    [
      ['home address', [e.homeAddress, ...ipv4Homes(e)]],
      ['home agent', e.peer],
      ['state', stateOf(e.state, style)],
      [
        'care-of address',
        e.careOf === null ? 'none' : `${e.careOf}${e.link ? ` on ${e.link}` : ''}`,
      ],
      ['because', e.reason ?? ''],
      ['not', e.choice ? candidateLines(e.choice) : []],
      ['may change', mayChange(e)],
      ['path', pathText(e.path, e.nat)],
      ['carried by', e.datapath ?? ''],
      ['keep-alive', e.natRefresh === null ? '' : `every ${duration(e.natRefresh)}`],
      [
        'lifetime',
        e.expiresIn === null ? '' : `${duration(e.expiresIn)} left of ${duration(e.lifetime)}`,
      ],
      ['sequence', String(e.sequence)],
      ['attempts', e.attempts > 0 ? String(e.attempts) : ''],
      ['last answer', e.lastStatus === null ? [] : lastAnswer(e.lastStatus)],
    ],
    style,
  );
}

export function bcDetails(e: BcEntry, style: Style): string {
  return pairs(
    [
      ['home address', [e.homeAddress, ...ipv4Homes(e)]],
      ['state', stateOf(e.state, style)],
      ['care-of address', e.careOf],
      ['mapped to', mappedText(e)],
      ['path', pathText(e.path, e.mapped !== null)],
      ['carried by', e.datapath ?? ''],
      ['lifetime', `${duration(e.expiresIn)} left of ${duration(e.lifetime)}`],
      ['flags', e.flags],
      ['sequence', String(e.sequence)],
    ],
    style,
  );
}

export function pathText(path: BulEntry['path'], nat: boolean): string {
  if (path === null) return '-';
  const name = { ipv6: 'IPv6', ipv4: 'IPv4', udp: 'UDP' }[path];
  return nat ? `${name}, NAT` : name;
}

function mayChange({ choice }: BulEntry): string {
  const next = choice?.next;
  return next ? `in ${duration(next.in)}: ${next.why}` : '';
}

type Ipv4Of = Pick<BulEntry, 'homeAddress4' | 'homePrefix4'>;

/** A prefix says more than the address that lies in it. */
const ipv4HomeText = (e: Ipv4Of): string => e.homePrefix4 ?? e.homeAddress4 ?? '';

function ipv4Homes(e: Ipv4Of & Pick<BulEntry, 'dynamic4'>): string[] {
  const given = e.dynamic4 ? ', given by the home agent' : '';
  const lines = e.homeAddress4 === null ? [] : [`${e.homeAddress4}${given}`];
  return e.homePrefix4 === null ? lines : [...lines, `${e.homePrefix4}, a prefix of ours`];
}

/** Outer address and port behind which a NAT hides the mobile node. */
export const mappedText = (e: BcEntry): string =>
  e.mapped ? `${e.mapped.address}:${e.mapped.port}` : '';

/** What it was, and what follows from it where that is not simply to go on. */
function lastAnswer(status: number): string[] {
  const answer = `${status} ${statusText(status)}`;
  const { then, sentence } = consequenceOf(status);
  return then === 'bound' ? [answer] : [answer, sentence];
}

function stateOf(state: BulEntry['state'] | BcEntry['state'], style: Style): string {
  if (state === 'bound') return style.good(state);
  if (state === 'refused') return style.error(state);
  return state === 'idle' ? style.dim(state) : style.warning(state);
}
