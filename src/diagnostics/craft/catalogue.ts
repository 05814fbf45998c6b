/**
 * The messages that can be made: every Mobility Header of the wire's table, every type without a row as octets, and
 * the four of ICMPv6. What they hold is read from the tables that decode and encode them.
 */
import { ICMPV6 } from '../../wire/protocol.js';
import type { KnownMessage } from '../../wire/mobility/message.js';
import { messageName, messageRow, messageRows } from '../../wire/mobility/message-table.js';
import { layoutInfo, type FieldInfo } from '../layers/field-info.js';
import { ICMPV6 as ICMPV6_HEAD } from '../layers/headers.js';
import { ICMPV6_BODIES, ND_OPTION_FORMAT } from '../layers/icmpv6-layout.js';
import type { Letter } from '../layers/json.js';
import { filledFields, MH_HEAD, mobilityFields, MOBILITY_OPTIONS } from '../layers/mobility.js';
import type { Fields } from '../layers/model.js';
import { icmpv6Name } from '../layers/names.js';
import type { TlvFormat } from '../layers/tlv.js';

export interface MessageEntry {
  readonly layer: 'mh' | 'icmpv6';
  readonly type: number;
  /** As in code, `bindingUpdate`; `unknown` for a type without a row. */
  readonly kind: string;
  /** As its RFC writes it. */
  readonly name: string;
  /** As it is typed: `bu`. */
  readonly word: string;
  readonly clause: string;
}

/** All that can be set in a message. */
export interface MessageParts {
  readonly fields: readonly FieldInfo[];
  /** Every field that must be there; what nothing is said of is zero. */
  readonly defaults: Fields;
  readonly flags: readonly FlagInfo[];
  /** Null: it has no options. */
  readonly options: TlvFormat | null;
}

export interface FlagInfo {
  readonly letter: string;
  readonly name: string;
  /** Its field: a word of letters, or a field of its own. */
  readonly field: string;
  readonly own: boolean;
}

/** In the order of their types, Mobility Headers first. */
export const messageEntries = (): readonly MessageEntry[] => ENTRIES;

/** Any Mobility Header type from 0 to 255. */
export function mobilityEntry(type: number): MessageEntry {
  return (
    ENTRIES.find((entry) => entry.layer === 'mh' && entry.type === type) ?? {
      layer: 'mh',
      type,
      kind: 'unknown',
      name: messageName(type),
      word: `mh${type}`,
      clause: 'RFC 6275 §6.1.1',
    }
  );
}

export function icmpv6Entry(type: number): MessageEntry | undefined {
  return ENTRIES.find((entry) => entry.layer === 'icmpv6' && entry.type === type);
}

export const messageParts = (entry: MessageEntry): MessageParts =>
  entry.layer === 'mh' ? mobilityParts(entry) : icmpv6Parts(entry);

/** The greatest number that a field holds, such as its sequence number. */
export function greatest({ layer, type }: MessageEntry, field: string): number {
  const value = layer === 'mh' ? filledFields(type, 0xff)[field] : undefined;
  return typeof value === 'number' ? value : 0xffff;
}

function mobilityParts({ type, kind }: MessageEntry): MessageParts {
  const head = layoutInfo(MH_HEAD).filter(({ name }) => name !== 'type');
  const own = mobilityFields(type);
  return {
    fields: [...own, ...head],
    defaults: { ...filledFields(type, 0), ...DEFAULTS[kind] },
    flags: own.flatMap(({ name, letters }) => lettersOf(name, letters)),
    options: messageRow(type) && kind !== 'experimental' ? MOBILITY_OPTIONS : null,
  };
}

function icmpv6Parts({ type }: MessageEntry): MessageParts {
  const { layout, tail } = ICMPV6_BODIES[type]!;
  const head = layoutInfo(ICMPV6_HEAD).filter(({ name }) => name !== 'type');
  const own = layoutInfo(layout);
  const zeros = own
    .filter(({ optional }) => !optional)
    .map(({ name, kinds }) => [name, kinds[0] === 'boolean' ? false : 0] as const);
  return {
    fields: [...own, ...(tail === 'addresses' ? [ADDRESSES] : []), ...head],
    defaults: { code: 0, ...Object.fromEntries(zeros) },
    flags: own.flatMap(({ name, kinds }) =>
      kinds[0] === 'boolean' ? [{ letter: BIT_LETTERS[name]!, name, field: name, own: true }] : [],
    ),
    options: tail === 'options' ? ND_OPTION_FORMAT : null,
  };
}

const lettersOf = (field: string, letters: readonly Letter[] = []): FlagInfo[] =>
  letters.map(({ letter, name }) => ({ letter, name, field, own: false }));

const ADDRESSES: FieldInfo = { name: 'addresses', kinds: ['json'], optional: true };

/** Letters that RFC 6275 §6.8 and RFC 3963 §7.2 draw for single bits. */
const BIT_LETTERS: Readonly<Record<string, string>> = {
  mobileRouter: 'R',
  managed: 'M',
  otherConfig: 'O',
};

const MOBILITY_WORDS: Readonly<Record<KnownMessage['kind'], string>> = {
  bindingRefreshRequest: 'brr',
  homeTestInit: 'hoti',
  careOfTestInit: 'coti',
  homeTest: 'hot',
  careOfTest: 'cot',
  bindingUpdate: 'bu',
  bindingAck: 'ba',
  bindingError: 'be',
  fastBindingUpdate: 'fbu',
  fastBindingAck: 'fback',
  fastNeighborAdvertisement: 'fna',
  experimental: 'experimental',
  homeAgentSwitch: 'has',
  heartbeat: 'hb',
  handoverInitiate: 'hi',
  handoverAck: 'hack',
  bindingRevocation: 'bri',
  localizedRoutingInitiation: 'lri',
  localizedRoutingAck: 'lra',
  updateNotification: 'upn',
  updateNotificationAck: 'upa',
  flowBinding: 'fb',
  subscriptionQuery: 'sq',
  subscriptionResponse: 'sr',
};

const ICMPV6_WORDS = {
  homeAgentDiscoveryRequest: 'dhaad',
  homeAgentDiscoveryReply: 'dhaad-reply',
  mobilePrefixSolicitation: 'mps',
  mobilePrefixAdvertisement: 'mpa',
} as const satisfies Partial<Record<keyof typeof ICMPV6, string>>;

/** Ours: what a message most often says, and short lifetimes, so that an experiment leaves no binding behind. */
const DEFAULTS: Readonly<Record<string, Fields>> = {
  bindingUpdate: { flags: 'AH', lifetime: 60 },
  bindingAck: { lifetime: 60 },
  bindingError: { status: 1 },
  fastBindingUpdate: { flags: 'AH', lifetime: 60 },
  fastBindingAck: { lifetime: 60 },
  bindingRevocation: { revocationType: 1, code: 1 },
  localizedRoutingInitiation: { lifetime: 60 },
  localizedRoutingAck: { lifetime: 60 },
  updateNotification: { reason: 1, flags: 'A' },
  flowBinding: { flowBindingType: 1, code: 1, flags: 'A' },
};

const ENTRIES: readonly MessageEntry[] = [
  ...messageRows().map(({ type, kind, name, clause }): MessageEntry => ({
    layer: 'mh',
    type,
    kind,
    name,
    word: MOBILITY_WORDS[kind],
    clause,
  })),
  ...Object.entries(ICMPV6_WORDS).map(([kind, word]): MessageEntry => {
    const type = ICMPV6[kind as keyof typeof ICMPV6_WORDS];
    const { clause } = ICMPV6_BODIES[type]!;
    return { layer: 'icmpv6', type, kind, name: icmpv6Name(type)!, word, clause };
  }),
];
