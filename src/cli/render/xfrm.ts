/** XFRM entries with their meaning: what it serves, whose it is and how it is used, what is wrong, and on demand all. */
import type { PolicyMeaning, StateMeaning, XfrmNote } from '../../diagnostics/xfrm/meaning.js';
import { xfrmJson, type Json } from '../../diagnostics/xfrm/json.js';
import {
  describePolicy,
  describeState,
  printable,
  type DescribeOptions,
} from '../../linux/netlink/xfrm/describe.js';
import type { XfrmUsage } from '../../linux/netlink/xfrm/model.js';
import type { Style } from '../style.js';
import { duration } from './duration.js';

export interface XfrmShown {
  /** Seconds since 1970. */
  readonly now: number;
  /** Absent: without the entry itself. */
  readonly describe?: DescribeOptions | undefined;
}

export function policyText(meaning: PolicyMeaning, shown: XfrmShown, style: Style): string {
  const { policy, owner, states } = meaning;
  const details = [
    owner,
    policy.ptype,
    `priority ${policy.priority}`,
    policy.templates.length > 0 && counted(states, 'state'),
    ...usageWords(policy.usage, policy.usage?.useTime ?? 0, shown.now),
  ];
  const whole = shown.describe && describePolicy(policy, shown.describe);
  return entryText(policy.direction.padEnd(DIRECTION_WIDTH), meaning, details, whole, style);
}

export function stateText(meaning: StateMeaning, shown: XfrmShown, style: Style): string {
  const { state, owner, policies } = meaning;
  const failed = state.statistics;
  const details = [
    owner,
    state.spi !== 0 && `spi 0x${state.spi.toString(16).padStart(8, '0')}`,
    ...algorithms(meaning),
    counted(policies, 'policy', 'policies'),
    ...usageWords(state.usage, lastUse(meaning), shown.now),
    failed && failed.integrityFailed > 0 && `${failed.integrityFailed} failed the integrity check`,
    failed &&
      failed.replay + failed.replayWindow > 0 &&
      `${failed.replay + failed.replayWindow} were replayed`,
  ];
  const whole = shown.describe && describeState(state, shown.describe);
  return entryText(`${state.protocol}`.padEnd(PROTOCOL_WIDTH), meaning, details, whole, style);
}

export interface XfrmEntryJson {
  readonly serves: string;
  readonly owner: string;
  readonly notes: readonly XfrmNote[];
  readonly ageSeconds: number | null;
  /** Null: never used. */
  readonly idleSeconds: number | null;
  readonly [field: string]: Json | readonly XfrmNote[];
}

/** All that the kernel tells of it stands beside what it means. */
export function policyJson(meaning: PolicyMeaning, now: number): XfrmEntryJson {
  const { policy, serves, owner, notes, states } = meaning;
  const times = timesJson(policy.usage, policy.usage?.useTime ?? 0, now);
  return { serves, owner, notes, states, ...times, ...xfrmJson(policy) };
}

export function stateJson(meaning: StateMeaning, now: number): XfrmEntryJson {
  const { state, serves, owner, notes, policies } = meaning;
  const times = timesJson(state.usage, lastUse(meaning), now);
  return { serves, owner, notes, policies, ...times, ...xfrmJson(state) };
}

function entryText(
  mark: string,
  { serves, notes }: { readonly serves: string; readonly notes: readonly XfrmNote[] },
  details: readonly (string | false | undefined)[],
  whole: string | undefined,
  style: Style,
): string {
  const indent = ' '.repeat(mark.length + 2);
  return [
    `${style.heading(mark)}  ${serves}`,
    `${indent}${style.dim(details.filter(Boolean).join(', '))}`,
    ...notes.map(({ sentence }) => `${indent}${style.warning(sentence)}`),
    ...(whole === undefined ? [] : whole.split('\n').map((line) => `${indent}${line}`)),
  ].join('\n');
}

function usageWords(
  usage: XfrmUsage | undefined,
  lastUsed: number,
  now: number,
): (string | false)[] {
  if (!usage) return [];
  const { packets, bytes, addTime } = usage;
  return [
    packets > 0 && `${counted(packets, 'packet')} of ${counted(bytes, 'octet')}`,
    `${duration(since(addTime, now))} old`,
    lastUsed === 0 ? 'never used' : `used ${duration(since(lastUsed, now))} ago`,
  ];
}

const timesJson = (usage: XfrmUsage | undefined, lastUsed: number, now: number) => ({
  ageSeconds: usage ? since(usage.addTime, now) : null,
  idleSeconds: lastUsed === 0 ? null : since(lastUsed, now),
});

/** Whole seconds; clocks are set back sometimes. */
const since = (then: number, now: number): number => Math.max(0, Math.floor(now - then));

const lastUse = ({ state }: StateMeaning): number => state.lastUsed ?? state.usage?.useTime ?? 0;

const algorithms = ({ state }: StateMeaning): string[] =>
  [state.aead, state.encryption, state.authentication, state.compression].flatMap((a) =>
    a ? [printable(a.name)] : [],
  );

const counted = (n: number, one: string, many = `${one}s`): string =>
  `${n} ${n === 1 ? one : many}`;

const DIRECTION_WIDTH = 3;
const PROTOCOL_WIDTH = 6;
