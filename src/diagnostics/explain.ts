/**
 * `mip6 explain`: every word and number of Mobile IPv6 as a person wants to know it. Names, numbers and clauses come
 * from the tables of the protocol; what is written here is who sends a thing and what to do about it.
 */
import { EVENTS, eventTemplate, type EventCode } from '../core/event.js';
import { consequenceOf } from '../core/mn/ack-consequence.js';
import { BA_FLAGS, BU_FLAGS } from '../wire/mobility/flag.js';
import { CODES } from '../wire/mobility/code.js';
import { messageRows } from '../wire/mobility/message-table.js';
import { optionRows } from '../wire/mobility/option-table.js';
import { lengthText } from '../wire/mobility/option/row.js';
import {
  bindingAckStatus,
  bindingAckStatuses,
  bindingErrorStatuses,
  FORCED_UDP_REFUSED,
  ipv4AckStatuses,
  isRefusal,
  type StatusRow,
} from '../wire/mobility/status.js';
import {
  ABBREVIATIONS,
  ERROR_TEXTS,
  EVENT_ADVICE,
  FLAG_TEXTS,
  ICMPV6_TEXTS,
  MESSAGE_TEXTS,
  OPTION_TEXTS,
  OTHER_WORDS,
} from './explain-texts.js';
import { DHCP_OPTION_FORMAT } from './layers/dhcp-options.js';
import { ND_OPTION_FORMAT, ICMPV6_BODIES } from './layers/icmpv6-layout.js';
import { ISSUES } from './layers/issues.js';
import { MESSAGE_ANNOTATIONS } from './layers/mobility.js';
import { ICMPV6_NAMES, PROTOCOL_NAMES } from './layers/names.js';

export type MeaningKind =
  | 'message'
  | 'option'
  | 'flag'
  | 'status'
  | 'code'
  | 'event'
  | 'error'
  | 'refusal'
  | 'icmpv6'
  | 'neighbour discovery option'
  | 'dhcp option'
  | 'protocol'
  | 'term';

export interface Meaning {
  readonly kind: MeaningKind;
  readonly name: string;
  /** What kind of thing, in words: `Mobility Header message type 5`. */
  readonly what: string;
  readonly number?: number;
  readonly meaning: string;
  /** Who sends it. */
  readonly sender?: string;
  /** What the mobile node does by itself, of a status that answers a home registration. */
  readonly consequence?: string;
  /** What to do. */
  readonly advice?: string;
  readonly clause: string;
}

export interface Explanation {
  readonly word: string;
  readonly meanings: readonly Meaning[];
  /** Names near a word that nobody knows. */
  readonly near: readonly string[];
}

/** Words are compared without case, spaces and signs; numbers may be hexadecimal. `more` are codes of other layers. */
export function explain(word: string, more: readonly Meaning[] = []): Explanation {
  const all = [...index(), ...more];
  const asked = word.trim();
  const number = /^(0x[0-9a-f]+|\d+)$/i.test(asked) ? Number(asked) : undefined;
  if (number !== undefined) {
    return {
      word,
      meanings: all.filter((m) => m.number === number && m.kind !== 'flag'),
      near: [],
    };
  }
  const letters = all.filter((m) => m.kind === 'flag' && letterOf(m) === asked);
  if (letters.length > 0) return { word, meanings: letters, near: [] };
  const key = normal(asked);
  if (key === '') return { word, meanings: [], near: [] };
  const target = ABBREVIATIONS[key] ?? key;
  const exact = all.filter((m) => normal(m.name) === target || normal(m.name) === key);
  if (exact.length > 0) return { word, meanings: exact, near: [] };
  const begun = words(asked);
  const within = all.filter((m) => key.length >= 3 && words(m.name).includes(begun));
  if (within.length > 0 && within.length <= MAX_LISTED) return { word, meanings: within, near: [] };
  return { word, meanings: [], near: nearNames(key, all, within) };
}

/** Everything there is, for lists and tests. */
export const meanings = (): readonly Meaning[] => index();

/** As a person reads it. */
export function explanationText(
  { meanings: found }: Explanation,
  paints: { readonly strong: (t: string) => string; readonly dim: (t: string) => string },
): string {
  return found
    .map((m) => {
      const lines = [`${paints.strong(m.name)}  ${paints.dim(m.what)}`, `  ${m.meaning}`];
      if (m.sender) lines.push(`  ${paints.dim('who')}    ${m.sender}`);
      if (m.consequence) lines.push(`  ${paints.dim('then')}   ${m.consequence}`);
      if (m.advice) lines.push(`  ${paints.dim('do')}     ${m.advice}`);
      lines.push(`  ${paints.dim('clause')} ${m.clause}`);
      return lines.join('\n');
    })
    .join('\n\n');
}

function build(): Meaning[] {
  return [
    ...messageRows().map((row): Meaning => {
      const text = MESSAGE_TEXTS[row.kind]!;
      return {
        kind: 'message',
        name: row.name,
        what: `Mobility Header message, type ${row.type}`,
        number: row.type,
        meaning: text[0],
        sender: text[1],
        ...(text[2] ? { advice: text[2] } : {}),
        clause: row.clause,
      };
    }),
    ...optionRows().map((row): Meaning => {
      const [meaning, sender, advice] = OPTION_TEXTS[row.kind]!;
      return {
        kind: 'option',
        name: row.name,
        what: `mobility option, type ${row.type}, ${lengthText(row.length)} octets`,
        number: row.type,
        meaning,
        sender,
        ...(advice ? { advice } : {}),
        clause: row.clause,
      };
    }),
    ...flags('Binding Update', BU_FLAGS, 'the mobile node'),
    ...flags('Binding Acknowledgement', BA_FLAGS, 'the home agent or correspondent node'),
    ...otherFlags(),
    ...statuses(
      'Binding Acknowledgement',
      bindingAckStatuses(),
      'the home agent or correspondent node',
    ).map((m): Meaning => ({ ...m, consequence: consequenceOf(m.number!).sentence })),
    ...forcedUdp(),
    ...statuses('IPv4 Address Acknowledgement option', ipv4AckStatuses(), 'the home agent'),
    ...statuses('Binding Error', bindingErrorStatuses(), 'a node that got what it does not know'),
    ...Object.values(CODES).flatMap((space) =>
      Object.entries(space.codes as Readonly<Record<number, string>>).map(
        ([code, name]): Meaning => ({
          kind: 'code',
          name,
          what: `${space.name} ${code}`,
          number: Number(code),
          meaning: `${space.name}: ${name}.`,
          sender: 'the node that sends the message or option with this field',
          clause: space.clause,
        }),
      ),
    ),
    ...Object.entries(EVENTS).map(([code, row]): Meaning => ({
      kind: 'event',
      name: code,
      what: `event, ${row.severity}`,
      meaning: `${sentence(eventTemplate(code as EventCode))} Words in braces are fields of the event.`,
      sender:
        code.startsWith('HA_') || code === 'BA_SENT'
          ? 'the home agent reports it'
          : 'the node reports it, in journal and "mip6 watch"',
      advice: EVENT_ADVICE[code] ?? SEVERITY_ADVICE[row.severity]!,
      clause: 'clause' in row ? row.clause : 'ours',
    })),
    ...Object.entries(ERROR_TEXTS).map(([name, [meaning, advice, clause]]): Meaning => ({
      kind: 'error',
      name,
      what: 'error code',
      meaning,
      advice,
      clause: clause ?? 'ours',
    })),
    ...Object.entries(ISSUES)
      .filter(([name]) => !(name in ERROR_TEXTS))
      .map(([name, row]): Meaning => ({
        kind: 'refusal',
        name,
        what: row.note ? 'what "mip6 decode" notes' : 'reason for which a packet is refused',
        meaning: sentence(row.sentence),
        sender: row.note
          ? '"mip6 decode"'
          : 'counted by the node that drops the packet; "mip6 decode" says it of any packet',
        advice: row.note
          ? 'Nothing: a receiver takes it all the same.'
          : 'Look at the packet with "mip6 decode": the fault is with its sender, or something on the path changed it.',
        clause: row.clause,
      })),
    ...Object.entries(ICMPV6_NAMES).map(([type, name]): Meaning => {
      const text = ICMPV6_TEXTS[Number(type)];
      return {
        kind: 'icmpv6',
        name,
        what: `ICMPv6 message, type ${type}`,
        number: Number(type),
        meaning: text?.[0] ?? `The ICMPv6 message ${name}. No role of Mobile IPv6 reads it.`,
        ...(text ? { sender: text[1] } : {}),
        ...(text?.[2] ? { advice: text[2] } : {}),
        clause: ICMPV6_BODIES[Number(type)]?.clause ?? 'IANA ICMPv6 parameters',
      };
    }),
    ...ND_OPTION_FORMAT.rows().map((row): Meaning => ({
      kind: 'neighbour discovery option',
      name: row.name,
      what: `neighbour discovery option, type ${row.type}`,
      number: row.type,
      meaning: `The ${row.name} option of Router Advertisements and their like.`,
      sender: 'routers and hosts on the link',
      clause: row.clause,
    })),
    ...DHCP_OPTION_FORMAT.rows().map((row): Meaning => ({
      kind: 'dhcp option',
      name: row.name,
      what: `DHCPv4 option ${row.type}`,
      number: row.type,
      meaning: `The ${row.name} option of DHCPv4, by which a mobile node learns its IPv4 care-of address and what goes with it.`,
      sender: 'DHCP client or server',
      clause: row.clause,
    })),
    ...Object.entries(PROTOCOL_NAMES).map(([number, name]): Meaning => ({
      kind: 'protocol',
      name,
      what: `IP protocol number ${number}`,
      number: Number(number),
      meaning:
        number === '135'
          ? 'What carries all Mobile IPv6 signalling: an IPv6 extension header that comes last.'
          : `What follows an IP header whose Next Header or Protocol is ${number}.`,
      clause: number === '135' ? 'RFC 6275 §6.1' : 'IANA protocol numbers',
    })),
    ...OTHER_WORDS,
  ];
}

function flags(
  message: string,
  rows: readonly {
    readonly letter: string;
    readonly name: string;
    readonly bit: number;
    readonly clause: string;
  }[],
  sender: string,
): Meaning[] {
  return rows.map((row): Meaning => {
    const [meaning, advice] = FLAG_TEXTS[`${message} ${row.letter}`] ?? [
      sentence(row.name),
      undefined,
    ];
    return {
      kind: 'flag',
      name: `${row.letter}: ${row.name}`,
      what: `flag of the ${message}, 0x${row.bit.toString(16)}`,
      number: row.bit,
      meaning,
      sender,
      ...(advice ? { advice } : {}),
      clause: row.clause,
    };
  });
}

/** Of the other messages. */
function otherFlags(): Meaning[] {
  return messageRows().flatMap((row) => {
    const rule = MESSAGE_ANNOTATIONS[row.kind]?.['flags'];
    if (!rule || !('letters' in rule) || row.kind === 'bindingUpdate' || row.kind === 'bindingAck')
      return [];
    return rule.letters.map((l): Meaning => ({
      kind: 'flag',
      name: `${l.letter}: ${l.name}`,
      what: `flag of the ${row.name}, 0x${l.bit.toString(16)}`,
      number: l.bit,
      meaning: `${sentence(l.name)} Set in a ${row.name}.`,
      sender: MESSAGE_TEXTS[row.kind]![1],
      clause: row.clause,
    }));
  });
}

function statuses(where: string, rows: readonly StatusRow[], sender: string): Meaning[] {
  return rows.map((row): Meaning => {
    const refused = where === 'Binding Error' || isRefusal(row.code);
    const { meaning = `${refused ? 'Refused' : 'Accepted'}: ${row.name}.`, advice } = row;
    return {
      kind: 'status',
      name: row.name,
      what: `${where} status ${row.code}, ${refused ? 'refused' : 'accepted'}`,
      number: row.code,
      meaning,
      sender,
      advice:
        advice ??
        (refused ? `See ${row.clause}, and the log of the peer.` : 'Nothing: the binding stands.'),
      clause: row.clause,
    };
  });
}

/** The other reading of 144, RFC 5555 §4.5. */
function forcedUdp(): Meaning[] {
  const row = bindingAckStatus(FORCED_UDP_REFUSED, { forceUdp: true });
  if (!row) return [];
  const [meaning] = statuses('Binding Acknowledgement', [row], 'the home agent');
  const consequence = consequenceOf(row.code, { forceUdp: true }).sentence;
  const what = `${meaning!.what}, when the Binding Update had F set`;
  return [{ ...meaning!, what, consequence }];
}

/** Names that a misspelt word may have meant, the nearest first. */
function nearNames(key: string, all: readonly Meaning[], within: readonly Meaning[]): string[] {
  const names = [...new Set([...within, ...all].map((m) => m.name))];
  const scored = names
    .map((name) => ({
      name,
      distance: within.some((m) => m.name === name) ? 0 : distance(key, normal(name)),
    }))
    .filter(({ distance: d }) => d <= Math.max(1, Math.floor(key.length / 3)));
  return scored
    .sort((a, b) => a.distance - b.distance)
    .slice(0, MAX_NEAR)
    .map(({ name }) => name);
}

/** Insertions, deletions and replacements. */
function distance(a: string, b: string): number {
  let last = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      row.push(
        Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)),
      );
    }
    last = row;
  }
  return last[b.length]!;
}

const normal = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
/** With a space before each, so that only whole beginnings of words are found in others. */
const words = (text: string): string =>
  ` ${text
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, ' ')
    .trim()}`;
const letterOf = (m: Meaning): string => m.name.slice(0, 1);
function sentence(text: string): string {
  const upper = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?]$/.test(upper) ? upper : `${upper}.`;
}

let built: readonly Meaning[] | undefined;
const index = (): readonly Meaning[] => (built ??= build());

const SEVERITY_ADVICE: Readonly<Record<string, string>> = {
  debug: 'Nothing: it is told for people who follow every step.',
  info: 'Nothing: it is how things should go.',
  notice: 'Nothing, unless you did not expect it.',
  warning: 'Look at what came before it in "mip6 watch".',
  error: 'Look at the fields of the event: they name what failed and why.',
};
const MAX_LISTED = 12; // more meanings than these are a list to choose from
const MAX_NEAR = 5;
